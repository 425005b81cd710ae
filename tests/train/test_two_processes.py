"""Two processes over gloo train as one does with the same batch, and one of them speaks."""

import json
import socket
from pathlib import Path

import pytest
from dataset import magnetc
from safetensors.torch import load_file
from small import QUICK, changed, furthest, started
from two_processes import main

pytestmark = pytest.mark.train
SETTINGS = [*QUICK, "sft.steps=4", "mdpo.steps=4", "sft.packing=false"]


def launched(*arguments, status=0):
    """Both processes' output, once they are done."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = started(["-m", "torch.distributed.run", "--nproc-per-node", 2, "--master-addr", "127.0.0.1",
                       "--master-port", port, *arguments], GLOO_SOCKET_IFNAME="lo", PYTHONPATH=str(Path(__file__).parent))
    try:
        out, err = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == status, err
    return out, err


def test_the_trainer(library, tmp_path):
    (tmp_path / "two").mkdir()
    launched(Path(__file__).with_name("two_processes.py"), library, tmp_path / "two", 2, 2)
    (tmp_path / "one").mkdir()
    main(library, tmp_path / "one", 4, 1)
    one, two = (load_file(tmp_path / name / "weights.safetensors") for name in ("one", "two"))
    assert one["figures"].tolist() == pytest.approx(two["figures"].tolist(), abs=1e-3)
    del one["figures"], two["figures"]
    assert furthest(one, two) < 1e-5


def test_a_batch_that_two_cannot_share(library, tmp_path):
    _, err = launched("-m", "magnetc", "train", library, "-o", tmp_path / "two", *changed(*SETTINGS, "sft.batch=3"), status=1)
    assert "error[MG716]: a batch of 3 cannot be shared by 2 processes of 1 sequences" in err


def test_a_run(library, tmp_path):
    out, err = launched("-m", "magnetc", "train", library, "-o", tmp_path / "two", "--json", *changed(*SETTINGS))
    assert list(json.loads(out)["stages"]) == ["sft", "mdpo"]
    for line in ("sft 4/4: loss", "mdpo 4/4: loss", "sft: 22 sequences"):
        assert err.count(line) == 1, err
    assert "RANK" not in err
    result = magnetc("train", library, "-o", tmp_path / "one", *changed(*SETTINGS))
    assert result.exit_code == 0, result.output
    one, two = (load_file(tmp_path / name / "final" / "model.safetensors") for name in ("one", "two"))
    assert furthest(one, load_file(tmp_path / "one" / "base" / "model.safetensors")) > 1e-2
    assert furthest(one, two) < 1e-5

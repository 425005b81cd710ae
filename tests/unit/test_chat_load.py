"""A model that cannot be loaded, or an extra that is not installed, is a diagnostic."""

import sys

import pytest

from magnetc.diagnostics import MagnetError
from magnetc.models import load


def test_a_missing_extra_is_MG710(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MagnetError, match="MG710") as raised:
        load.load_tokenizer("x/y")
    assert raised.value.diagnostics[0].help == 'pip install "magnetc[train]"'


@pytest.mark.train
@pytest.mark.parametrize("loader", [load.load_tokenizer, load.load_model, load.load_chat])
@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/at/all", "nobody/nothing", "empty"])
def test_a_model_that_is_not_there_is_MG712(loader, name, tmp_path, monkeypatch):
    pytest.importorskip("transformers")
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(MagnetError, match="MG712") as raised:
        loader(tmp_path / "empty" if name == "empty" else name)
    assert raised.value.diagnostics[0].notes[0]

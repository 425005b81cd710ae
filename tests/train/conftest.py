"""Training needs the extra `train`; without it these tests are left out. The dataset and the base that they share."""

from importlib.util import find_spec
from pathlib import Path

import pytest

collect_ignore_glob = [] if find_spec("torch") and find_spec("trl") else ["test_*.py"]


@pytest.fixture(scope="session", autouse=True)
def isolated(own_home: None):
    """Without what the user has trusted or cached, and in one thread: sums are the same each time."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def data(library: Path):
    from small import Data

    return Data(library)


@pytest.fixture(scope="session")
def base(data, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model in a folder, with its tokenizer."""
    folder = tmp_path_factory.mktemp("base")
    data.tokenizer.save_pretrained(folder)
    data.model().save_pretrained(folder)
    return folder

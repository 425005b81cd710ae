"""Training needs the extra `train`; without it these tests are skipped."""

import pytest

pytest.importorskip("torch", reason='pip install "magnetc[train]"')
pytest.importorskip("trl", reason='pip install "magnetc[train]"')

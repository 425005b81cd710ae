"""The built wheel holds everything that runs: grammars, schemas, standard library, benchmark recipe."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.wheel
def test_an_installed_wheel_checks_and_builds(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "-q"]
    subprocess.run([*pip, "wheel", "--no-deps", "-w", str(tmp_path), str(ROOT)], check=True)
    (wheel,) = tmp_path.glob("magnetc-*.whl")
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([str(python), "-m", "pip", "-q", "install", str(wheel)], check=True)
    command = [str(python), "-m", "magnetc"]
    recipe = ROOT / "tests" / "data" / "recipes" / "library"
    for arguments in (["check", str(recipe)], ["build", str(recipe), "--trust", "--paths", "3", "-o", str(tmp_path / "out")],
                      ["verify", str(tmp_path / "out"), "--trust"], ["explain", "MG101"]):
        subprocess.run([*command, *arguments], check=True, cwd=tmp_path, capture_output=True)
    listed = subprocess.run([str(python), "-c", "import magnetc, pathlib; print(*sorted(p.name for p in "
                             "(pathlib.Path(magnetc.__file__).parent / '_data').rglob('*')))"],
                            check=True, capture_output=True, text=True, cwd=tmp_path).stdout
    for name in ("magnet.lark", "template.lark", "recipe.schema.json", "en.yaml", "fr.yaml", "types.magnet", "magnetc.lock"):
        assert name in listed

"""The built wheel holds everything that runs: grammars, schemas, standard library, benchmark recipe."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def recipe_beside(recipe: Path, folder: Path) -> Path:
    """A recipe that extends a copy of another, and includes what is shipped by name."""
    shutil.copytree(recipe, folder / "base")
    own = folder / "own"
    own.mkdir()
    (own / "recipe.yaml").write_text("kind: recipe\nname: own\nextend: ../base\ninclude: [std/types, std/frames/en]\n")
    return own


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
    extending = recipe_beside(recipe, tmp_path)
    for arguments in (["check", str(recipe)], ["check", str(extending)], ["fmt", "--check", str(extending)], ["build", str(recipe), "--trust", "--paths", "3", "-o", str(tmp_path / "out")],
                      ["verify", str(tmp_path / "out"), "--trust"], ["explain", "MG101"]):
        subprocess.run([*command, *arguments], check=True, cwd=tmp_path, capture_output=True)
    listed = subprocess.run([str(python), "-c", "import magnetc, pathlib; print(*sorted(p.name for p in "
                             "(pathlib.Path(magnetc.__file__).parent / '_data').rglob('*')))"],
                            check=True, capture_output=True, text=True, cwd=tmp_path).stdout
    for name in ("magnet.lark", "template.lark", "recipe.schema.json", "en.yaml", "fr.yaml", "types.magnet", "magnetc.lock"):
        assert name in listed

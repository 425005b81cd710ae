"""The travel recipe with a teacher behind an endpoint: `teacher:` is the one line that is another."""

from __future__ import annotations

import shutil
from pathlib import Path

from dataset import TRAVEL, magnetc


def point(folder: Path, url: str, **more: object) -> Path:
    """The recipe in `folder` as it is in the example, but with its teacher at `url`."""
    options = "".join(f", {key}: {value}" for key, value in more.items())
    recipe = TRAVEL.joinpath("recipe.yaml").read_text(encoding="utf-8")
    assert recipe.count("teacher: offline") == 1
    line = f'teacher: {{openai: {{model: small, endpoint: "{url}"{options}}}}}'
    (folder / "recipe.yaml").write_text(recipe.replace("teacher: offline", line), encoding="utf-8")
    return folder


def hosted(folder: Path, url: str, **more: object) -> Path:
    """A copy of the recipe, or what is new in it where there is one, with its teacher at `url`."""
    shutil.copytree(TRAVEL, folder, ignore=shutil.ignore_patterns("out*", ".magnetc"), dirs_exist_ok=True)
    return point(folder, url, **more)


def said_offline(out: Path, paths: int) -> Path:
    """The recipe built by the offline teacher: what a teacher that makes no mistakes may say."""
    assert magnetc("build", TRAVEL, "--trust", "--paths", paths, "-o", out).exit_code == 0
    return out

"""The corpus of broken recipes: each case holds what it breaks of the sound recipe, and what is shown for it."""

import shutil
from pathlib import Path

GOLDEN = Path(__file__).parents[1] / "golden"
SOUND = GOLDEN / "sound"
BROKEN = GOLDEN / "broken"
SHOWN = {"expected.txt", "fixed.diff"}
CASES = sorted(path.name for path in BROKEN.iterdir() if path.is_dir())

ALONE = {"no_root"}
"""Cases that have nothing of the sound recipe."""


def assembled(case: str, into: Path) -> Path:
    """The folder `into/case`: the sound recipe, with the files of the case in place of those of the same stem."""
    folder, own = into / case, BROKEN / case
    files = [path.relative_to(own) for path in sorted(own.rglob("*")) if path.is_file() and path.name not in SHOWN]
    replaced = {path.stem for path in files if path.parent == Path()}
    folder.mkdir(parents=True)
    for path in () if case in ALONE else SOUND.iterdir():
        if path.stem not in replaced:
            shutil.copy(path, folder)
    for path in files:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(own / path, folder / path)
    return folder

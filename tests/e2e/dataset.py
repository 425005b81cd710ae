"""Datasets in tests: read a build's rows, and write a changed copy whose digests are right again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner, Result

from magnetc.build.output import file_digest
from magnetc.cli.main import main
from magnetc.distill.proofs.intact import row_digest
from magnetc.ir.json import wire

Row = dict[str, Any]
RECIPES = Path(__file__).parents[1] / "data" / "recipes"
LIBRARY = RECIPES / "library"
TRAVEL = Path(__file__).parents[2] / "examples" / "travel"


def magnetc(*arguments: object) -> Result:
    """Run a command line as a user types it; a traceback fails the test."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "error[MG900]" not in result.output, result.output
    assert "Traceback" not in result.output, result.output
    return result


def files(out: Path) -> dict[str, bytes]:
    """All that a folder holds, by path."""
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def data_files(out: Path) -> list[str]:
    return list(yaml.safe_load((out / "manifest.yaml").read_text())["files"])


def rows(out: Path, name: str = "") -> Iterator[Row]:
    """The rows of every data file, or of those whose name starts with `name`."""
    for file in data_files(out):
        if file.startswith(name):
            with (out / file).open(encoding="utf-8") as lines:
                yield from map(json.loads, lines)


def sides(row: Row) -> list[list[dict[str, Any]]]:
    """The conversations of a row: one, or a pair's chosen and rejected one."""
    if "messages" in row:
        return [row["messages"]]
    return [row["prompt"] + row["chosen"], row["prompt"] + row["rejected"]]


def verify(out: Path) -> dict[str, Any]:
    """What `magnetc verify OUT --json` says; its exit status must agree."""
    result = magnetc("verify", out, "--trust", "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == (1 if found["failures"] else 0)
    return found


def failing(out: Path) -> dict[str, set[int]]:
    """The numbers of the proofs that fail, by row."""
    by_row: dict[str, set[int]] = {}
    for failure in verify(out)["failures"]:
        by_row.setdefault(failure["row"], set()).add(failure["proof"])
    return by_row


def sealed(row: Row) -> Row:
    """The row with its own digest in its certificate."""
    row["certificate"]["row"] = row_digest(row)
    return row


def forge(source: Path, out: Path, change: Callable[[Row], Iterable[Row]]) -> list[str]:
    """A copy of a dataset with each row replaced by what `change` makes of it, all digests recomputed.

    Returns:
        The new rows' ids: each has a number of its own, so that a failure tells which change was found.
    """
    shutil.copytree(source, out)
    manifest = yaml.safe_load((out / "manifest.yaml").read_text())
    ids: list[str] = []
    for name, entry in manifest["files"].items():
        made = []
        for row in rows(source, name):
            for number, other in enumerate(change(row)):
                other["id"] = f"{row['id']}#{number}"
                made.append(sealed(other))
        listed = entry["digests"]["file"]
        (out / name).write_text("".join(wire(row) + "\n" for row in made), encoding="utf-8")
        (out / listed).write_text("".join(f"{row['id']} {row['certificate']['row']}\n" for row in made))
        entry |= {"rows": len(made), "sha256": file_digest(out / name)}
        entry["digests"]["sha256"] = file_digest(out / listed)
        ids += [row["id"] for row in made]
    (out / "manifest.yaml").write_text(yaml.safe_dump(manifest, sort_keys=False))
    return ids

"""An output made of another one: its rows are new or changed, and what is beside them goes along."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from magnetc.build.audit.card import with_audit
from magnetc.build.manifest import VERSION, stages
from magnetc.build.opened import Opened
from magnetc.build.output import Output
from magnetc.build.report import FIGURES, NAME, report
from magnetc.distill.proofs.clean import INDEX
from magnetc.emit.exports.bfcl import initial_configs
from magnetc.emit.exports.dataset import Dataset
from magnetc.emit.exports.write import RecipeExports

Row = dict[str, Any]


class Derived:
    """What is written into `output` in place of the output that `opened` is. Rows are put into `output` by the caller; `card` is the one of
    the output that is read, without what an audit found there."""

    def __init__(self, opened: Opened, output: Output):
        self._opened, self._output = opened, output
        self._exports = RecipeExports(opened.spec, output.partial / "exports")
        self._initial = initial_configs(opened.folder / "exports/bfcl") if "bfcl" in opened.spec.recipe.emit else {}
        readme = opened.folder / "README.md"
        self.card = with_audit(readme.read_text(encoding="utf-8"), None) if readme.is_file() else ""

    @property
    def takes_conversations(self) -> bool:
        """Whether `export` is to be given the rows."""
        return bool(self._initial)

    def export(self, rows: Sequence[Row]) -> None:
        """Give conversations to the exports that are written as conversations are made: SFT rows, those of one conversation together."""
        for own in conversations(rows):
            if (initial := self._initial.get(own[-1]["id"])) is not None:
                self._exports.take(own, initial)

    def finish(self, card: str, more: Mapping[str, Any], figures: Mapping[str, Any] | None = None) -> None:
        """Write all that is beside the rows. `more` goes into the manifest; `figures` are the dataset's, where they are others."""
        opened, output, manifest = self._opened, self._output, self._opened.manifest
        made_anew = {NAME} | ({FIGURES} if figures is not None else set())
        kept = [name for name in manifest["others"] if not name.startswith("exports/") and name not in made_anew]
        for name in [*kept, *(f"states/{each}.json" for each in manifest["states"])]:
            target = output.partial / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(opened.folder / name, target)
        files = output.data_files()
        exports = self._exports.finish(Dataset(output.partial, tuple(files)))
        spec = replace(opened.spec, recipe=replace(opened.spec.recipe, seed=manifest.get("seed", opened.spec.recipe.seed)))
        if figures is not None:
            told = {**figures, "files": {name: entry["rows"] for name, entry in files.items()}}
            output.text(FIGURES, json.dumps(told, indent=1, ensure_ascii=False) + "\n")
        output.text(NAME, report(output.partial, files, spec))
        others = output.digests("recipe", "exports", "graph.json", "coverage.json", INDEX, FIGURES, NAME)
        train = {**manifest.get("train", {}), "stages": stages(files)}
        output.manifest({**manifest, "version": VERSION, "files": files, "others": others, **({"exports": exports} if exports else {}),
                         "train": train, **more})
        output.text("README.md", card)

    def close(self) -> None:
        """Close what is open; after `finish` nothing is."""
        self._exports.close()


def conversations(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """The rows of each conversation, the one that holds all of it last: its id is theirs without the number of turns."""
    ids = {row["id"] for row in rows}
    pending: list[Row] = []
    for row in rows:
        pending.append(row)
        whole, _, turns = row["id"].rpartition(".")
        if not (turns.isdecimal() and whole in ids):
            yield pending
            pending = []

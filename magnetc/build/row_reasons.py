"""Why a row of a dataset is as it is: what drew it, what each operation made of it, and where each value comes from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from magnetc.build.read_manifest import read_manifest
from magnetc.diagnostics import Diagnostic, Label, MagnetError, Sink
from magnetc.diagnostics.render.place import place
from magnetc.diagnostics.suggest import closest
from magnetc.distill.proofs.mixed import TAG, is_mixed
from magnetc.ir.spec import Spec
from magnetc.source import Origin

_NONE = Origin("", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A line of the reasons: what it says, how deep it stands, and the place that it rests on, `file:line:column`."""

    text: str
    depth: int = 0
    at: str = ""


def find_rows(out: Path, unit: str) -> list[tuple[str, dict[str, Any]]]:
    """(file, row) of each row with the id `unit`, or of the unit that it names: the base, its copies and pairs; in the files' order.

    Raises:
        MagnetError: MG620 where `out` is no dataset, MG622 where it has no such row.
    """
    found, ids = [], []
    for name, entry in read_manifest(out)["files"].items():
        listed = [line.rpartition(" ")[0] for line in (out / entry["digests"]["file"]).read_text(encoding="utf-8").splitlines()]
        ids += listed
        if not any(_is_of(each, unit) for each in listed):
            continue
        with (out / name).open(encoding="utf-8") as file:
            found += [(name, json.loads(line)) for each, line in zip(listed, file) if _is_of(each, unit)]
    exact = [each for each in found if each[1]["id"] == unit and each[0].startswith("sft/")]
    if found:
        return exact or found
    near = closest(unit, ids)
    raise MagnetError(Diagnostic(code="MG622", message=f"`{out}` has no row `{unit}`",
                                 help=f"did you mean `{near}`?" if near else "ids stand in its `digests/`, for example " + (f"`{ids[0]}`" if ids else "nowhere")))


def _is_of(row: str, unit: str) -> bool:
    return row == unit or row.startswith(unit + ".")


@dataclass(frozen=True, slots=True)
class RowReasons:
    """Tells why. `sink` knows the files of the recipe in `folder`, which the places are in."""

    spec: Spec
    sink: Sink
    folder: str

    def facts(self, file: str, row: Mapping[str, Any]) -> Iterator[Fact]:
        """The reasons for a row of `file`, line by line."""
        tags, certificate = row["tags"], row["certificate"]
        path = next((path for path in self.spec.paths if path.name == tags["path"]), None)
        yield Fact(text=f"{row['id']}, in {file}")
        if is_mixed(row):
            mix = next((mix for mix in self.spec.recipe.mix if mix.name == tags[TAG]), None)
            yield Fact(text=f"mixed in from {f'`{mix.file}`' if mix else 'a file'}: nothing is proven of it", depth=1, at=self._at(mix.origin if mix else _NONE))
            return
        yield Fact(text=f"drawn from path `{tags['path']}` in locale {tags['locale']}", depth=1, at=self._at(path.origin if path else _NONE))
        if tags.get("copy_of"):
            yield Fact(text=f"a copy of {tags['copy_of']}: the same user, values and words but for what its operations change", depth=1)
        yield from self._operations(tags["operations"])
        world = certificate["world"]
        yield Fact(text=f"its world begins as states/{world['initial']}.json and mints by seed {world['seed']}; replays are {world['replay']}", depth=1)
        for number, message in enumerate(_messages(row)):
            yield from self._message(number, message, certificate)

    def _operations(self, made: list[str]) -> Iterator[Fact]:
        asked = {operation.name: operation for operation in self.spec.operations}
        for name in made:
            operation = asked.get(name.partition("@")[0].partition(".")[0])
            yield Fact(text=f"operation {name.partition('@')[0]} on turn {name.partition('@')[2] or 'all'}", depth=1,
                       at=self._at(operation.origin if operation else _NONE))

    def _message(self, number: int, message: Mapping[str, Any], certificate: Mapping[str, Any]) -> Iterator[Fact]:
        if message["role"] == "user":
            yield Fact(text=f"user: {_short(message['content'])}", depth=1)
        for call in message.get("tool_calls", ()):
            function = call["function"]
            tool = self.spec.tool.get(function["name"])
            slip = certificate.get("slips", {}).get(call["id"])
            note = f", a slip that {slip['repair']} sets right" if slip else ", which an insertion added" if call["id"] in certificate.get("inserted", ()) else ""
            yield Fact(text=f"{call['id']} {function['name']}{note}", depth=2, at=self._at(tool.origin if tool else _NONE))
            for pointer, entry in certificate["arguments"].get(call["id"], {}).items():
                yield Fact(text=f"{pointer}: {_source(entry)}", depth=3)
        refused = certificate.get("refused", {}).get(str(number))
        if refused:
            yield Fact(text=f"the agent declines: {', '.join(f'`{name}`' for name in refused)} is not offered", depth=2)
        abstains = certificate.get("abstains", {}).get(str(number))
        if abstains:
            yield Fact(text=f"nothing is to be called: {abstains['kind']}", depth=2)

    def _at(self, origin: Origin) -> str:
        if not origin.file:
            return ""
        found = place(Label(origin, at_key=True), self.sink, "" if origin.file.startswith("std/") else self.folder)
        return f"{found.path}:{found.line}:{found.column}" if found else ""


def _messages(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return row["messages"] if "messages" in row else [*row["prompt"], *row["chosen"]]


def _source(entry: Mapping[str, Any]) -> str:
    """Where a value comes from, by its entry in the certificate."""
    if "user" in entry:
        said = f"the user's turn {entry['user'] + 1} says `{entry['said']}`" + (", which was said before" if entry.get("again") else "")
        taken = entry.get("superseded", {})
        return said + (f", taking `{taken['said']}` back" if "said" in taken else "")
    if "output" in entry:
        needed = {True: ", and needed: another value would fail or come to something else", "context": ", the only place where it stands",
                  False: ""}.get(entry.get("necessary"), "")
        return f"the result of {entry['output']} at {entry['at'] or 'its root'}{needed}"
    if "system" in entry:
        return f"the system message, {entry['system']}: `{entry['said']}`"
    return "unknown"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 120 else line[:119] + "…"

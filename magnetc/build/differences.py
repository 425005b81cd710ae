"""Differences between two recipes, or between two datasets and the recipes that they were built of, in the words of the domain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from magnetc.build.output import MANIFEST
from magnetc.build.read_manifest import read_manifest
from magnetc.diagnostics import Sink
from magnetc.frontend import load
from magnetc.frontend.type_syntax import show_type
from magnetc.ir.literal import print_literal
from magnetc.ir.signature import FunctionSignature
from magnetc.ir.spec import Spec
from magnetc.tools.importers import IMPORTERS

_SHORT = 60
"""Characters of a value that is shown; of longer ones, that they changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A thing of the recipe that is `added`, `removed` or `changed` in the second; `details` say how."""

    kind: str
    name: str
    change: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChanges:
    """Rows of one kind of one path (`sft booking`), by whether both datasets have them and have them alike."""

    rows: str
    same: int
    changed: int
    only_first: int
    only_second: int


def differences(first: Spec, second: Spec) -> Iterator[Change]:
    """What is other in the second recipe, kind by kind, in its order; what only the first has comes last of its kind."""
    before, after = dict(_things(first)), dict(_things(second))
    for kind, theirs in after.items():
        ours = before[kind]
        for name, thing in theirs.items():
            if name not in ours:
                yield Change(kind=kind, name=name, change="added")
            elif ours[name] != thing:
                yield Change(kind=kind, name=name, change="changed", details=tuple(_details(ours[name], thing)))
        for name in ours:
            if name not in theirs:
                yield Change(kind=kind, name=name, change="removed")


def row_differences(first: Path, second: Path) -> list[RowChanges]:
    """Rows of two datasets compared by their digests, which cover all of a row.

    Raises:
        MagnetError: MG620 when one of them is no dataset.
    """
    ours, theirs = _rows(first), _rows(second)
    counts: dict[str, Counter[str]] = {}
    for key in {**ours, **theirs}:
        kind, name = key
        found = "only_first" if key not in theirs else "only_second" if key not in ours else "same" if ours[key] == theirs[key] else "changed"
        counts.setdefault(f"{kind} {name.partition('.')[0].rpartition('-')[0]}", Counter())[found] += 1
    return [RowChanges(rows=rows, same=each["same"], changed=each["changed"], only_first=each["only_first"], only_second=each["only_second"])
            for rows, each in sorted(counts.items())]


def is_dataset(folder: Path) -> bool:
    """Whether a folder is what `magnetc build` wrote."""
    return (folder / MANIFEST).is_file()


def read_spec(folder: Path, sink: Sink) -> Spec | None:
    """The recipe in a folder, or that of the dataset in it; None when it has errors, which are in `sink`."""
    return load(folder / "recipe" if is_dataset(folder) else folder, sink, IMPORTERS)


def _rows(out: Path) -> dict[tuple[str, str], str]:
    """Digest by kind of file (`sft`, `preference`) and id of the row, whatever partition it is in."""
    found: dict[tuple[str, str], str] = {}
    for name, entry in read_manifest(out)["files"].items():
        for line in (out / entry["digests"]["file"]).read_text(encoding="utf-8").splitlines():
            row, _, digest = line.rpartition(" ")
            found[name.partition("/")[0], row] = digest
    return found


def _things(spec: Spec) -> Iterator[tuple[str, Mapping[str, Any]]]:
    recipe = {field.name: getattr(spec.recipe, field.name) for field in fields(spec.recipe) if field.compare}
    yield "recipe", recipe
    yield "type", {entity.name: entity for entity in spec.types}
    yield "set", {each.name: each for each in spec.sets}
    yield "tool", dict(spec.tool)
    yield "graph", {field.name: getattr(spec.graph, field.name) for field in fields(spec.graph) if field.compare}
    yield "path", {path.name: path for path in spec.paths}
    yield "operation", {operation.name: operation for operation in spec.operations}
    yield "turn", _grouped((" then ".join(name for name, _ in each.chain), each.phrases) for each in spec.turns)
    yield "refer", _grouped((f"{each.type} {each.pick} {each.by}".strip(), each.phrases) for each in spec.refers)
    yield "reply", _grouped((" then ".join(name for name, _ in each.chain), each.phrases) for each in spec.replies)
    yield "ask", _grouped((each.of, each.phrases) for each in spec.asks)
    yield "capability", _grouped((each.tool, each.phrases) for each in spec.capabilities)
    yield "frames", {frames.locale: _Texts(tuple(f"{group}: {text}" for group, texts in frames.texts.items() for text in texts))
                     for frames in spec.frames}


@dataclass(frozen=True, slots=True)
class _Texts:
    """Phrases, of which what counts is which there are."""

    texts: tuple[str, ...]


def _grouped(phrases: Iterable[tuple[str, Sequence[Any]]]) -> dict[str, _Texts]:
    """Phrases by what they are about: a recipe may have several statements on one thing."""
    found: dict[str, list[str]] = {}
    for name, group in phrases:
        found.setdefault(name, []).extend(print_literal(phrase) for phrase in group)
    return {name: _Texts(tuple(texts)) for name, texts in found.items()}


def _details(ours: Any, theirs: Any) -> Iterator[str]:
    match ours, theirs:
        case FunctionSignature(), FunctionSignature():
            yield from _tool_details(ours, theirs)
        case _Texts(before), _Texts(after):
            gone, new = Counter(before) - Counter(after), Counter(after) - Counter(before)
            yield from (f"{sum(count.values())} {'phrase' if sum(count.values()) == 1 else 'phrases'} {word}"
                        for count, word in ((new, "added"), (gone, "removed")) if count)
            if not gone and not new:
                yield "in another order"
        case _ if type(ours) is type(theirs) and hasattr(ours, "__dataclass_fields__"):
            for field in fields(ours):
                if field.compare and getattr(ours, field.name) != getattr(theirs, field.name):
                    yield _from_to(field.name, getattr(ours, field.name), getattr(theirs, field.name))
        case _:
            yield _from_to("", ours, theirs)


def _tool_details(ours: FunctionSignature, theirs: FunctionSignature) -> Iterator[str]:
    before, after = ({parameter.name: parameter for parameter in tool.parameters} for tool in (ours, theirs))
    for name in after:
        if name not in before:
            yield f"parameter `{name}` added"
        elif before[name] != after[name]:
            changed = [field.name for field in fields(before[name]) if field.compare and getattr(before[name], field.name) != getattr(after[name], field.name)]
            yield f"parameter `{name}`: {', '.join(changed)} changed"
    yield from (f"parameter `{name}` removed" for name in before if name not in after)
    if list(before) != list(after) and before.keys() == after.keys():
        yield "parameters in another order"
    if ours.returns != theirs.returns:
        yield _from_to("result", show_type(ours.returns), show_type(theirs.returns))
    for field in fields(ours):
        if field.compare and field.name not in ("name", "parameters", "returns") and getattr(ours, field.name) != getattr(theirs, field.name):
            yield _from_to(field.name, getattr(ours, field.name), getattr(theirs, field.name))


def _from_to(name: str, before: Any, after: Any) -> str:
    texts = [each if isinstance(each, str) else print_literal(each).strip() for each in (before, after)]
    if any(len(text) > _SHORT or "\n" in text for text in texts):
        return f"{name} changed".strip()
    return f"{name}: {texts[0] or 'nothing'} to {texts[1] or 'nothing'}".removeprefix(": ")

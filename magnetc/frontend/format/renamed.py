"""`include` of a recipe whose files get other names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from magnetc.diagnostics import Sink
from magnetc.frontend.format.source import read_documents
from magnetc.frontend.format.to_dsl_values import value_text
from magnetc.frontend.format.to_yaml import yaml_scalar
from magnetc.frontend.include import expand_include
from magnetc.source import Origin, SourceFile
from magnetc.source.origin import escape

_SUFFIX = {"yaml": (".magnet", ".yaml"), "dsl": (".yaml", ".magnet")}


def renamed_includes(source: SourceFile, folder: Path, moved: Mapping[Path, Sequence[Path]], to: str) -> str:
    """The text of the recipe `source` in `folder`, with the files of `moved` by their new names.

    A glob stays one where it finds the new files, and no others; else the files are named one by one.
    """
    recipe = next((each for each in read_documents(source, Sink()) if each.kind == "recipe"), None)
    include = recipe.data.get("include") if recipe else None
    if not recipe or not isinstance(include, list):
        return source.text
    text = source.text
    for index in reversed(range(len(include))):
        names = _renamed(str(include[index]), folder, moved, to)
        if names != [include[index]]:
            span = recipe.spans[f"/include/{escape(str(index))}"][1]
            show = yaml_scalar if source.name.endswith(".yaml") else lambda name: value_text(name, "")
            text = text[: span.start] + ", ".join(map(show, names)) + text[span.end :]
    return text


def _renamed(pattern: str, folder: Path, moved: Mapping[Path, Sequence[Path]], to: str) -> list[str]:
    found = expand_include(folder, [pattern], Origin("", ""), Sink())
    paths = [file.path.absolute() for file in found]
    if not any(path in moved for path in paths):
        return [pattern]
    after = [target for path in paths for target in moved.get(path, (path,))]
    if any(mark in pattern for mark in "*?["):
        before, suffix = _SUFFIX[to]
        wider = pattern.removesuffix(before) + suffix if pattern.endswith(before) else pattern
        there = {path.absolute() for path in folder.glob(wider)} - set(moved)
        new = {target for path in paths for target in moved.get(path, ()) if target.relative_to(folder).match(wider)}
        if sorted(there | new) == after:
            return [wider]
    return [path.relative_to(folder).as_posix() for path in after]

"""The files of a recipe as an output carries them: what it extends lies inside its own folder."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path, PurePosixPath

from magnetc.diagnostics import Sink
from magnetc.frontend.include import SHIPPED
from magnetc.frontend.layers import Layer, read_layers
from magnetc.frontend.snapshot import LOCK
from magnetc.ir.spec import WorldSpec
from magnetc.tools.trust import code_files
from magnetc.tools.worlds.kind import world_kind


def recipe_files(folder: Path, world: WorldSpec, read: Mapping[str, object]) -> dict[str, bytes]:
    """Contents by name, below the folder of the copy: of the documents in `read`, of the world's code, and of the lock.

    Each recipe that is extended moves to a folder of its own, and `extend` names it there.
    """
    sink = Sink()
    layers = read_layers(folder, sink, None) or []
    moved = _folders(folder, layers)
    names = [name for name in read if (folder / name).is_file()]
    home = f"{world.folder}/" if world.folder else ""
    names += [f"{home}{path.as_posix()}" for path in code_files(folder / world.folder)]
    names += [f"{home}{name}" for name in world_kind(world).files(world, folder / world.folder)]
    names += [name for layer in layers for each in ("NOTICE", "LICENSE") if (folder / (name := layer.prefix + each)).is_file()]
    names += [LOCK] if (folder / LOCK).is_file() else []
    found = {_moved(name, moved): (folder / name).read_bytes() for name in sorted(set(names))}
    for base, layer in pairwise(layers):
        if base.prefix in moved:
            name = _moved(layer.recipe.file, moved)
            found[name] = _naming(layer, _moved(base.recipe.file, moved), name, sink).encode("utf-8")
    return found


def _folders(folder: Path, layers: Sequence[Layer]) -> dict[str, str]:
    """Where the files of each base go, by what their names begin with here."""
    moved: dict[str, str] = {}
    number = 0
    for layer in reversed(layers[:-1]):
        if layer.prefix and layer.prefix not in moved and not layer.prefix.startswith(f"{SHIPPED}/"):
            number += 1
            while (folder / f"extended-{number}").exists():
                number += 1
            moved[layer.prefix] = f"extended-{number}/"
    return moved


def _moved(name: str, moved: Mapping[str, str]) -> str:
    prefix = max((each for each in moved if name.startswith(each)), key=len, default="")
    return moved[prefix] + name[len(prefix) :] if prefix else name


def _naming(layer: Layer, base: str, name: str, sink: Sink) -> str:
    """The text of a recipe's root file, called `name`, with its base at `base`."""
    text = sink.files[layer.recipe.file].text
    span = layer.recipe.spans["/extend"][1]
    place = os.path.relpath(base, PurePosixPath(name).parent).replace(os.sep, "/")
    return text[: span.start] + json.dumps(place, ensure_ascii=False) + text[span.end :]

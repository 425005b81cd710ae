"""Layers: the recipe and those that it extends, one folder each, the base of all first."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from magnetc.diagnostics import Sink
from magnetc.diagnostics.edits import renamed
from magnetc.frontend.document import Document
from magnetc.frontend.include import ROOT, ROOTS, SHIPPED, SUFFIXES, Included, leaves
from magnetc.frontend.read_file import read_file
from magnetc.frontend.schema import validate
from magnetc.source import Origin
from magnetc.source.resources import resource


@dataclass(frozen=True, slots=True)
class Layer:
    """One recipe: `folder` on disk, `prefix` before the names of its files, and what its root file holds, the recipe first."""

    folder: Path
    prefix: str
    roots: tuple[Document, ...]

    @property
    def recipe(self) -> Document:
        return self.roots[0]


def read_layers(folder: Path, sink: Sink, texts: Mapping[str, str] | None) -> list[Layer] | None:
    """The recipe in `folder` behind those that it extends; None where its own root file cannot be read.

    A base lies in the folder that holds the recipe's own, or among the shipped specs: what a recipe is made of has to be
    found wherever the two are kept together. Errors: MG001 for a base that is not there, MG005 for one outside, MG008 for
    recipes that extend one another in a circle.
    """
    root = find_root(folder, sink)
    layers: list[Layer] = []
    seen: dict[Path, str] = {}
    while root:
        seen[sink.disk.real(root.path)] = root.name
        layer = _read_root(root, sink, texts)
        if layer:
            layers.insert(0, layer)
        root = _base(layer, folder, seen, sink) if layer and "extend" in layer.recipe.data else None
    return layers or None


def find_root(folder: Path, sink: Sink) -> Included | None:
    """The root file of the recipe in `folder`; None after an error."""
    if not sink.disk.is_folder(folder):
        sink.error("MG001", f"there is no folder `{folder}`", help="name the folder that holds `recipe.yaml`")
        return None
    names = [name for name in ROOTS if sink.disk.is_file(folder / name)]
    if not names:
        sink.error("MG001", f"`{folder}` is not a recipe: it has no `{ROOT}`",
                   help=f"name the folder that holds `{ROOT}`, or run `magnetc init`")
        return None
    if len(names) > 1:
        sink.error("MG007", f"`{folder}` has two roots, `{names[0]}` and `{names[1]}`", help="remove one of the two")
        return None
    root = Included(names[0], folder / names[0])
    return None if leaves(folder, root, sink) else root


def _read_root(root: Included, sink: Sink, texts: Mapping[str, str] | None) -> Layer | None:
    documents = read_file(root, sink, texts)
    if not documents:
        return None
    recipe = documents[0]
    if recipe.kind != "recipe":
        at = Origin(recipe.file, f"{recipe.root}/kind")
        is_yaml = not recipe.root
        sink.error("MG007", f"`{recipe.file}` is of kind `{recipe.kind}`", at,
                   help="write `kind: recipe`" if is_yaml else "write `recipe NAME { … }`",
                   fix=renamed(sink, at, recipe.kind, "recipe", safe=False) if is_yaml else None)
        return None
    validate(recipe, sink)
    prefix = root.name.rpartition("/")[0]
    return Layer(root.path.parent, prefix and prefix + "/", tuple(documents))


def _base(layer: Layer, folder: Path, seen: Mapping[Path, str], sink: Sink) -> Included | None:
    """The root file of the recipe that a layer extends; None after an error."""
    name = layer.recipe.data["extend"]
    at = Origin(layer.recipe.file, layer.recipe.root).child("extend")
    if not isinstance(name, str):
        return None
    path = PurePosixPath(name)
    if not path.parts:
        sink.error("MG008", "this recipe extends itself", at, help="name the folder of another recipe, or leave `extend` out")
        return None
    if path.is_absolute() or "\\" in name or "\0" in name:
        return _outside(name, at, sink)
    shipped = path.parts[0] == SHIPPED
    around = resource("specs", SHIPPED) if shipped else sink.disk.real(folder).parent
    place = around.joinpath(*path.parts[1:]) if shipped else layer.folder / path
    if not sink.disk.real(place).is_relative_to(sink.disk.real(around)):
        return _outside(name, at, sink)
    found = _root_at(place, sink)
    if found is None:
        what = "is no recipe" if sink.disk.is_there(place) else "is not there"
        sink.error("MG001", f"`{name}`, which this recipe extends, {what}", at,
                   help=f"name a folder that holds `{ROOT}`, or a recipe's file")
        return None
    if not sink.disk.real(found).is_relative_to(sink.disk.real(around)):
        return _outside(name, at, sink)
    if sink.disk.real(found) in seen:
        sink.error("MG008", f"`{name}` extends this recipe in turn", at, help="a recipe extends another that does not extend it; "
                   "put what both need in a third")
        return None
    if shipped:
        return Included(f"{path}/{found.name}" if sink.disk.is_folder(place) else str(path), found)
    return Included(PurePosixPath(os.path.relpath(found, folder)).as_posix(), found)


def _root_at(place: Path, sink: Sink) -> Path | None:
    if sink.disk.is_folder(place):
        return next((place / name for name in ROOTS if sink.disk.is_file(place / name)), None)
    return place if sink.disk.is_file(place) and place.suffix in SUFFIXES else None


def _outside(name: str, at: Origin, sink: Sink) -> None:
    sink.error("MG005", f"`{name}` leads outside the folder that this recipe's own lies in", at,
               help="keep the base inside the recipe or beside it, or extend what is shipped: `std/…`")

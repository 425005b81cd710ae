"""AgentBoard's nets of papers and authors, read from its pickles without running anything that is in them.

A pickle names what its objects are made of. Here only plain values, and graphs of `networkx` as bare records, can be: whatever else one names is
refused. So neither `networkx` nor trust in the files is needed.
"""

from __future__ import annotations

import io
import pickle
from collections import OrderedDict, defaultdict
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

from magnetc.eval.toolquery.tasks import unusable
from magnetc.ir.json import Json

NETS = ("paper_net", "author_net", "title2id_dict", "author2id_dict", "id2title_dict", "id2author_dict")
"""The files that are read, at `academia/raw/NAME.pkl`."""

LOADS = {"PaperNet": "loadPaperNet", "AuthorNet": "loadAuthorNet"}
_PLAIN = {("collections", "OrderedDict"): OrderedDict, ("collections", "defaultdict"): defaultdict, ("builtins", "dict"): dict, ("builtins", "list"): list,
          ("builtins", "set"): set, ("builtins", "frozenset"): frozenset, ("builtins", "tuple"): tuple, ("builtins", "int"): int, ("builtins", "str"): str,
          ("builtins", "float"): float, ("builtins", "bool"): bool}


class _Record:
    """Stands for an object of networkx: it holds the state that a pickle gives it, and does nothing."""

    def __init__(self, *_: Any, **__: Any):
        pass

    def __setstate__(self, state: Any) -> None:
        if isinstance(state, dict):
            self.__dict__.update(state)


class _Inert(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if module == "networkx" or module.startswith("networkx."):
            return _Record
        if (module, name) in _PLAIN:
            return _PLAIN[module, name]
        raise pickle.UnpicklingError(f"it names `{module}.{name}`, which is no plain value")


class _Unusable(Exception):
    """A call that AgentBoard's toolkit answers in words."""


class AcademiaNets:
    """What AgentBoard's academia tools answer, in its own words."""

    def __init__(self, files: Mapping[str, Any]):
        self._titles, self._authors = files["title2id_dict"], files["author2id_dict"]
        self._by_id, self._names = files["id2title_dict"], files["id2author_dict"]
        self._papers, self._people = _nodes_and_edges(files["paper_net"]), _nodes_and_edges(files["author_net"])

    def call(self, name: str, arguments: Mapping[str, Json], loaded: Set[str]) -> tuple[Json, bool]:
        """A call's result and whether it failed. `loaded`: the tools that were called before."""
        try:
            return self._call(name, arguments, loaded), False
        except _Unusable as error:
            return str(error), True
        except (LookupError, TypeError, AttributeError) as error:
            return f"ERROR | {type(error).__name__}({error})", True

    def _call(self, name: str, given: Mapping[str, Any], loaded: Set[str]) -> Json:
        match name:
            case "loadPaperNet" | "loadAuthorNet":
                return f"{name.removeprefix('load')} is loaded."
            case "check_valid_actions":
                return ["loadPaperNet", "loadAuthorNet", "neighbourCheck", "paperNodeCheck", "authorNodeCheck", "authorEdgeCheck", "paperEdgeCheck",
                        "check_valid_actions", "finish"]
            case "finish":
                return sorted(given["answer"]) if isinstance(given["answer"], list) else given["answer"]
            case "neighbourCheck":
                net = given["graph"]
                if net not in LOADS:
                    raise _Unusable(f"{net} is not a valid graph name.")
                return [self._said(net, number) for number in self._adjacent(net, given["node"], loaded)]
            case "paperNodeCheck" | "authorNodeCheck":
                net = "PaperNet" if name == "paperNodeCheck" else "AuthorNet"
                return plain(self._net(net)[0][self._number(net, given["node"], loaded)])
            case _:
                return self._edge("PaperNet" if name == "paperEdgeCheck" else "AuthorNet", given["node1"], given["node2"], loaded)

    def _edge(self, net: str, one: str, other: str, loaded: Set[str]) -> Json:
        end = self._number(net, other, loaded)
        near = self._adjacent(net, one, loaded)
        if end not in near:
            raise _Unusable(f"There is no edge between {one} and {other}.")
        edge = dict(near[end])
        for key in ("collaborative_papers", "papers"):
            if net == "AuthorNet" and key in edge:
                edge[key] = [self._by_id[number] for number in edge[key]]
        return plain(edge)

    def _adjacent(self, net: str, node: str, loaded: Set[str]) -> Mapping[Any, Any]:
        return self._net(net)[1][self._number(net, node, loaded)]

    def _number(self, net: str, node: str, loaded: Set[str]) -> Any:
        if LOADS[net] not in loaded:
            raise _Unusable(f"Please load the {net} first.")
        numbers = self._titles if net == "PaperNet" else self._authors
        if node not in numbers:
            raise _Unusable(f"There is no node named {node} in the {net}.")
        return numbers[node]

    def _net(self, net: str) -> tuple[Mapping[Any, Any], Mapping[Any, Any]]:
        return self._papers if net == "PaperNet" else self._people

    def _said(self, net: str, number: Any) -> str:
        return self._by_id[number] if net == "PaperNet" else self._names[number]


def read_nets(folder: Path) -> AcademiaNets:
    """The nets of AgentBoard's data in `folder`. Raises MagnetError: MG707 where they are not there, or cannot be read."""
    found = {path.stem: path for path in sorted(folder.rglob("*.pkl")) if path.parent.name == "raw" and path.parent.parent.name == "academia"}
    missing = [name for name in NETS if name not in found]
    if missing:
        raise unusable(folder, f"`academia/raw/{missing[0]}.pkl` is not in it", "unpack all of AgentBoard's data: the tasks of academia are asked of its nets")
    files: dict[str, Any] = {}
    for name in NETS:
        try:
            files[name] = _Inert(io.BytesIO(found[name].read_bytes())).load()
        except Exception as error:  # a pickle that is none can fail in any way
            raise unusable(folder, f"`{found[name].name}` cannot be read: {error}") from None
    try:
        return AcademiaNets(files)
    except (LookupError, TypeError, AttributeError) as error:
        raise unusable(folder, f"the nets are not as `networkx` keeps graphs: {error}") from None


def _nodes_and_edges(graph: Any) -> tuple[Mapping[Any, Any], Mapping[Any, Any]]:
    """Attributes by node, and by node those of its edges by their other end."""
    nodes, edges = vars(graph)["_node"], vars(graph)["_adj"]
    if not isinstance(nodes, Mapping) or not isinstance(edges, Mapping):
        raise TypeError("`_node` and `_adj` are no mappings")
    return nodes, edges


def plain(value: Any) -> Json:
    """What of a value JSON has: records as objects, sets and tuples as lists."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted((plain(item) for item in value), key=str)
    return value if isinstance(value, (str, int, float, bool)) or value is None else str(value)

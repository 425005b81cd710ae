"""Judges' votes on edges, read from the lock's key `judged`, a line for each pair of tools, and written there.

    "judged": [
     {"from": "get_zipcode", "to": "get_distance", "full": 3, "none": 1, "values": {"origin": "/zipcode"}}]

`values` says, for each parameter to which a value flows, at which pointer of the source's result it stands, as a graph prints
it. A line may be edited by hand: it is checked as a link is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from magnetc.diagnostics import Label, Sink
from magnetc.frontend.names import unknown
from magnetc.frontend.resolve_graph import flows, is_volatile
from magnetc.frontend.snapshot import LOCK
from magnetc.frontend.type_syntax import show_type
from magnetc.ir.json import Json
from magnetc.ir.pointer import tokens
from magnetc.ir.spec import Spec, Votes
from magnetc.ir.types import at_pointer, leaves
from magnetc.source import Origin

KINDS = ("full", "partial", "prerequisite", "none")
_FORM = '{"from": TOOL, "to": TOOL, "full": 3, "none": 1, "values": {PARAMETER: POINTER}}'


def read_votes(lock: Mapping[str, Any] | None, spec: Spec, sink: Sink) -> tuple[Votes, ...]:
    """The votes on edges between the tools of `spec`, in the order of the lock; none when the recipe infers none from them.

    Reports a line that has not the form of one (MG503), names what there is not (MG203, MG204), joins types that no link may
    (MG305), or has judges say that a value flows, but not which (MG309).
    """
    if spec.graph.inference("judged") is None:
        return ()
    lines = (lock or {}).get("judged", [])
    place = Origin(LOCK, "/judged")
    if not isinstance(lines, list):
        _unreadable("it is no list", place, sink)
        return ()
    found: dict[tuple[str, str], Votes] = {}
    for index, line in enumerate(lines):
        votes = _read(line, place.child(index), spec, sink)
        if votes and (votes.source, votes.target) in found:
            _unreadable(f"there are two lines from `{votes.source}` to `{votes.target}`", place.child(index), sink)
        elif votes:
            found[votes.source, votes.target] = votes
    return tuple(found.values())


def votes_section(votes: Iterable[Votes]) -> list[dict[str, Json]]:
    """The lock's key, by source and target, as `read_votes` reads it."""
    return [
        {"from": each.source, "to": each.target, **{kind: getattr(each, kind) for kind in KINDS if getattr(each, kind)},
         **({"values": {parameter: pointer for pointer, parameter in each.values}} if each.values else {})}
        for each in sorted(votes, key=lambda each: (each.source, each.target))
    ]


def _read(line: Any, origin: Origin, spec: Spec, sink: Sink) -> Votes | None:
    if problem := _misshapen(line):
        known = ("from", "to", "values", *KINDS)
        strange = [key for key in line if key not in known] if isinstance(line, dict) else []
        _unreadable(problem, origin.child(strange[0]) if strange else origin, sink, at_key=bool(strange))
        return None
    strange = [key for key in ("from", "to") if line[key] not in spec.tool]
    for key in strange:
        unknown("MG203", "tool", line[key], spec.tool, origin.child(key), sink)
    if strange:
        return None
    votes = Votes(source=line["from"], target=line["to"], origin=origin, **{kind: line.get(kind, 0) for kind in KINDS},
                  values=tuple(sorted((pointer, parameter) for parameter, pointer in line.get("values", {}).items())))
    sound = [_is_sound(votes, pointer, parameter, spec, sink) for pointer, parameter in votes.values]
    if votes.kind in ("full", "partial") and not votes.values:
        sink.error("MG309", f"most judges say that a value flows from `{votes.source}` to `{votes.target}`, but not which", origin,
                   help='add `"values": {PARAMETER: POINTER}`, or count them as `prerequisite` where only the order matters')
        return None
    return votes if all(sound) else None


def _misshapen(line: Any) -> str:
    """What keeps a line from being votes on an edge, in words."""
    if isinstance(line, dict) and (strange := [key for key in line if key not in ("from", "to", "values", *KINDS)]):
        return f"a line has the unknown key `{strange[0]}`"
    if not isinstance(line, dict) or not all(isinstance(line.get(key), str) for key in ("from", "to")):
        return "a line names no two tools"
    counts = [line.get(kind, 0) for kind in KINDS]
    if not all(type(count) is int and count >= 0 for count in counts) or not any(counts):
        return "a line counts no votes"
    values = line.get("values", {})
    if not isinstance(values, dict) or not all(isinstance(pointer, str) for pointer in values.values()):
        return "the values of a line are no pointers by parameter"
    return ""


def _is_sound(votes: Votes, pointer: str, parameter: str, spec: Spec, sink: Sink) -> bool:
    giver, taker = spec.tool[votes.source], spec.tool[votes.target]
    into, place = taker.parameter(parameter), votes.origin.child("values", parameter)
    if into is None:
        unknown("MG204", "parameter", parameter, (each.name for each in taker.parameters), place, sink, at_key=True,
                within=f" of `{taker.name}`")
        return False
    expr = at_pointer(giver.returns, tokens(pointer)) if pointer.startswith("/") or not pointer else None
    if expr is None:
        unknown("MG204", "field", pointer, (at for at, _ in leaves(giver.returns)), place, sink,
                within=f" in the result of `{giver.name}`")
        return False
    if is_volatile(expr, spec.type_table):
        sink.error("MG229", f"`{giver.name}` is volatile at {pointer}: no argument comes from it", place,
                   help="take the value out, or count the votes as `none`")
        return False
    if not flows(expr, into.type, spec.type_table):
        sink.error("MG305", f"`{giver.name}` has the type `{show_type(expr)}` at {pointer}, "
                            f"`{taker.name}.{parameter}` takes `{show_type(into.type)}`", place,
                   secondary=(Label(into.origin, f"`{parameter}` is declared here", at_key=True),),
                   help="take the value out, or count the votes as `none`")
        return False
    return True


def _unreadable(why: str, origin: Origin, sink: Sink, *, at_key: bool = False) -> None:
    sink.error("MG503", f"`judged` of `{LOCK}` cannot be read: {why}", origin, at_key=at_key, help=f"a line is {_FORM}")

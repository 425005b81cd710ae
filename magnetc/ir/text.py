"""The text form of the IR: what `--emit` prints and tests parse back. `parse_x(print_x(value)) == value`.

    graph {
      node get_zipcode
      edge get_zipcode -> get_distance full typed 1.0 { /zipcode -> destination, /zipcode -> origin }
    }

    path booking-000017 of booking base booking-000017 locale en variant 3 attempt 0
    turn t0 normal [insert.short@t0]
      c0 = get_distance(/origin: user t0, /destination: output c9 /zips/*/zip, /unit: default, /who: system /profile/id)
      c1 = convert_unit(/value: output c0 /distance) for c0
    turn t1 miss_params withheld c2/date
      says c2 = book_flight(/date: user t1+)
    turn t2 correct [correct.before@t2] corrects: c3/date
      c3 = book_flight(/date: user t2)
    turn t3 recover [recover.slip@t3] slips: c4
      c4 = cancel_booking(/booking_id: output c3 /booking_id)
    turn t4~ correct [correct.after@t4] amends: c5~ c5/date
      c5 = change_date(/booking_id: output c3 /booking_id, /date: user t4~)

A copy that stops before its base does says so behind its head (`cut book_flight`, `offers hold_seat`), as do all copies of a base
some turns of which one does not serve (`twins t1`); and of a turn that calls
nothing why, `-` where there is nothing to say: `turn t1 no_tool because near - -`, `because context t0 -`, `because value
c2/nights 14`.

A script prints its path, then `script` and its turns:

    turn t0 normal
      offered get_distance convert_unit
      goal c0 c1
      round c0
      round c1
      hole c1 /value c0 /distance Miles

`offered` stands where the offered tools change. Before the turns stands what the world has more of, how the system message reads and how tools are shown,
where that is anything else than usual:

    clutter state
    system policy
    shown order get_distance destination origin
    shown tool get_distance func_kav
    shown parameter origin arg_tol
    shown result distance key_rus

Words are bare; one with a space, quote or bracket in it is a JSON string. Goals and rounds name calls of the path, and
lines may be indented at will.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import takewhile

from magnetc.ir.graph import Edge, EdgeKind, LocalDependencyGraph, ValueFlow
from magnetc.ir.path import (
    Abstention,
    AbstentionKind,
    Argument,
    ArgumentSource,
    Call,
    DefaultSource,
    OutputSource,
    SignaturePath,
    SystemSource,
    Turn,
    TurnKind,
    UserSource,
)
from magnetc.ir.presentation import Presentation
from magnetc.ir.script import Goal, Hole, Script, ScriptTurn, SystemKind

_BARE = re.compile(r"[^\s\"()\[\]{},:=]+")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[()\[\]{},:=]|[^\s"()\[\]{},:=]+')


def _word(text: str) -> str:
    return text if _BARE.fullmatch(text) else json.dumps(text)


def _line(*words: str) -> str:
    return " ".join(_word(word) for word in words)


class _Words:
    """The words of one line, read from the left. Raises ValueError where something else is expected."""

    def __init__(self, line: str):
        self.line = line
        self.items = _TOKEN.findall(line)
        self.at = 0

    def peek(self) -> str:
        return self.items[self.at] if self.at < len(self.items) else ""

    def next(self) -> str:
        if self.at >= len(self.items):
            raise ValueError(f"the line ends early: {self.line!r}")
        self.at += 1
        item = self.items[self.at - 1]
        return json.loads(item) if item.startswith('"') else item

    def take(self, mark: str) -> bool:
        """Whether the next word is `mark`; it is read if so."""
        if self.peek() != mark:
            return False
        self.at += 1
        return True

    def heads(self, keyword: str) -> bool:
        """Whether the line starts with `keyword`, and not with a call of that id; the keyword is read if so."""
        return self.items[1:2] != ["="] and self.take(keyword)

    def expect(self, mark: str) -> None:
        if not self.take(mark):
            raise ValueError(f"expected {mark!r}, found {self.peek()!r}: {self.line!r}")

    def until_mark(self) -> tuple[str, ...]:
        """The words up to the next one that a colon follows."""
        found = []
        while self.peek() and self.items[self.at + 1 : self.at + 2] != [":"]:
            found.append(self.next())
        return tuple(found)

    def rest(self) -> tuple[str, ...]:
        return tuple(self.next() for _ in range(len(self.items) - self.at))


def print_graph(graph: LocalDependencyGraph) -> str:
    lines = ["graph {", *(f"  node {_word(node)}" for node in graph.nodes)]
    for edge in graph.edges:
        flows = ", ".join(f"{_word(flow.pointer)} -> {_word(flow.parameter)}" for flow in edge.values)
        origins = "+".join((edge.origin, *edge.also))
        head = _line("edge", edge.source, "->", edge.target, edge.kind, origins, repr(edge.confidence),
                     *(() if edge.proven is None else ("proven" if edge.proven else "refuted",)))
        lines.append(f"  {head} {{ {flows} }}")
    return "\n".join([*lines, "}"]) + "\n"


def parse_graph(text: str) -> LocalDependencyGraph:
    """Inverse of `print_graph`. Raises ValueError."""
    nodes, edges = [], []
    for words in _lines(text):
        match words.next():
            case "node":
                nodes.append(words.next())
            case "edge":
                edges.append(_parse_edge(words))
            case "graph" | "}":
                pass
            case other:
                raise ValueError(f"expected `node` or `edge`, found {other!r}")
    return LocalDependencyGraph.of(nodes, edges)


def _parse_edge(words: _Words) -> Edge:
    source = words.next()
    words.expect("->")
    target, kind, origins, confidence = (words.next() for _ in range(4))
    origin, *also = origins.split("+")
    proven = True if words.take("proven") else False if words.take("refuted") else None
    words.expect("{")
    flows = []
    while not words.take("}"):
        pointer = words.next()
        words.expect("->")
        flows.append(ValueFlow(pointer, words.next()))
        words.take(",")
    return Edge(source=source, target=target, kind=EdgeKind(kind), values=tuple(flows), origin=origin,
                also=tuple(also), confidence=float(confidence), proven=proven)


def print_path(path: SignaturePath) -> str:
    head = _line("path", path.id, "of", path.name, "base", path.base, "locale", path.locale, "variant", str(path.variant),
                 "attempt", str(path.attempt))
    lines = [head, *(_line(name, *getattr(path, name)) for name in _HEADS if getattr(path, name))]
    for turn in path.turns:
        operations = f" [{' '.join(map(_word, turn.operations))}]" if turn.operations else ""
        why = _print_abstention(turn.abstains)
        marks = f" {_line('withheld', *turn.withheld)}" if turn.withheld else ""
        marks += "".join(f" {name}: {_line(*getattr(turn, name))}" for name in _MARKS if getattr(turn, name))
        lines.append(f"{_line('turn', turn.key, turn.kind)}{why}{operations}{marks}")
        lines += [f"  {_print_call(call)}" for call in turn.calls]
        lines += [f"  says {_print_call(call)}" for call in turn.says]
    return "\n".join(lines) + "\n"


_HEADS = ("cut", "offers", "twins")
"""What stands behind the head of a path, a line each, where there is something to say."""

_MARKS = ("corrects", "slips", "amends")
"""What a turn's line may have at its end: each word and a colon, then leaves or calls."""


def _print_abstention(why: Abstention | None) -> str:
    return " " + _line("because", why.kind, why.at or "-", why.value or "-") if why else ""


def _print_call(call: Call) -> str:
    arguments = ", ".join(f"{_word(a.pointer)}: {_print_source(a.source)}" for a in call.arguments)
    helps = f" for {_word(call.goal)}" if call.goal != call.id else ""
    return f"{_word(call.id)} = {_word(call.function)}({arguments}){helps}"


def _print_source(source: ArgumentSource) -> str:
    match source:
        case UserSource(turn):
            return _line("user", turn)
        case SystemSource(pointer):
            return _line("system", pointer)
        case OutputSource(call, pointer):
            return _line("output", call, pointer)
        case DefaultSource():
            return "default"


def parse_path(text: str) -> SignaturePath:
    """Inverse of `print_path`. Raises ValueError."""
    head, *body = _lines(text)
    values = {}
    for key in ("path", "of", "base", "locale", "variant", "attempt"):
        head.expect(key)
        values[key] = head.next()
    lists: dict[str, tuple[str, ...]] = {}
    while body and (word := body[0].peek()) in _HEADS:
        lists[word] = body.pop(0).rest()[1:]
    turns: list[Turn] = []
    for words in body:
        if words.heads("turn"):
            turns.append(_parse_turn(words))
        elif turns:
            turns[-1] = _with_call(turns[-1], words)
        else:
            raise ValueError(f"a call before the first turn: {words.line!r}")
    return SignaturePath(id=values["path"], base=values["base"], name=values["of"], locale=values["locale"],
                         variant=int(values["variant"]), attempt=int(values["attempt"]), turns=tuple(turns),
                         **lists)


def _parse_turn(words: _Words) -> Turn:
    key, kind = words.next(), TurnKind(words.next())
    why = _parse_abstention(words) if words.take("because") else None
    operations = []
    if words.take("["):
        while not words.take("]"):
            operations.append(words.next())
    withheld = words.until_mark() if words.take("withheld") else ()
    marks: dict[str, tuple[str, ...]] = {}
    while words.peek():
        name = words.next()
        words.expect(":")
        if name not in _MARKS:
            raise ValueError(f"expected one of {', '.join(_MARKS)}, found {name!r}: {words.line!r}")
        marks[name] = words.until_mark()
    return Turn(key=key, kind=kind, operations=tuple(operations), withheld=withheld, abstains=why,
                corrects=marks.get("corrects", ()), slips=marks.get("slips", ()), amends=marks.get("amends", ()))


def _parse_abstention(words: _Words) -> Abstention:
    kind, at, value = words.next(), words.next(), words.next()
    return Abstention(kind=AbstentionKind(kind), at="" if at == "-" else at, value="" if value == "-" else value)


def _with_call(turn: Turn, words: _Words) -> Turn:
    says = turn.says
    calls = turn.calls
    if words.heads("says"):
        says = (*says, _parse_call(words))
    else:
        calls = (*calls, _parse_call(words))
    return replace(turn, calls=calls, says=says)


def _parse_call(words: _Words) -> Call:
    call_id = words.next()
    words.expect("=")
    function = words.next()
    words.expect("(")
    arguments = []
    while not words.take(")"):
        pointer = words.next()
        words.expect(":")
        arguments.append(Argument(pointer=pointer, source=_parse_source(words)))
        words.take(",")
    goal = words.next() if words.take("for") else call_id
    return Call(id=call_id, function=function, goal=goal, arguments=tuple(arguments))


def _parse_source(words: _Words) -> ArgumentSource:
    match words.next():
        case "user":
            return UserSource(words.next())
        case "system":
            return SystemSource(words.next())
        case "output":
            return OutputSource(words.next(), words.next())
        case "default":
            return DefaultSource()
        case other:
            raise ValueError(f"expected a source, found {other!r}: {words.line!r}")


def print_script(script: Script) -> str:
    system = [_line("system", script.system)] if script.system is not SystemKind.PLAIN else []
    clutter = [_line("clutter", *script.clutter)] if script.clutter else []
    lines = ["script", *clutter, *system, *_print_shown(script.shown)]
    known: tuple[str, ...] | None = None
    for turn, offered in zip(script.turns, script.offered):
        operations = f" [{' '.join(map(_word, turn.operations))}]" if turn.operations else ""
        lines.append(f"{_line('turn', turn.key, turn.kind)}{operations}")
        if offered != known:
            lines.append("  " + _line("offered", *offered))
        known = offered
        for name in ("withheld", "answers", "announces", "slips", "corrects", "amends"):
            if getattr(turn, name):
                lines.append("  " + _line(name, *getattr(turn, name)))
        lines += ["  " + _line("goal", *(call.id for call in goal.calls)) for goal in turn.goals]
        lines += ["  " + _line("round", *(call.id for call in group)) for group in turn.rounds]
        lines += ["  " + _line("hole", h.call, h.pointer, h.producer, h.output, h.type) for h in turn.holes]
    return print_path(script.path) + "\n".join(lines) + "\n"


_SHOWN = {"tool": "tools", "parameter": "parameters", "result": "results"}
"""Members of a presentation, by the word that a line has for one of their names."""


def _print_shown(shown: Presentation) -> Iterator[str]:
    yield from (_line("shown", "order", tool, *order) for tool, order in shown.orders)
    for word, member in _SHOWN.items():
        yield from (_line("shown", word, name, other) for name, other in getattr(shown, member))


def _parse_shown(lines: Iterable[_Words]) -> Presentation:
    orders: list[tuple[str, tuple[str, ...]]] = []
    names: dict[str, list[tuple[str, str]]] = {member: [] for member in _SHOWN.values()}
    for words in lines:
        words.expect("shown")
        word, name = words.next(), words.next()
        if word == "order":
            orders.append((name, words.rest()))
        elif word in _SHOWN:
            names[_SHOWN[word]].append((name, words.next()))
        else:
            raise ValueError(f"expected `order`, `tool`, `parameter` or `result`, found {word!r}: {words.line!r}")
    return Presentation(orders=tuple(orders), **{member: tuple(found) for member, found in names.items()})


def parse_script(text: str) -> Script:
    """Inverse of `print_script`. Raises ValueError."""
    above, mark, below = text.partition("\nscript\n")
    if not mark:
        raise ValueError("no line `script`")
    path = parse_path(above)
    turns: list[ScriptTurn] = []
    offered: list[tuple[str, ...]] = []
    block: list[_Words] = []
    lines = list(_lines(below))
    clutter = lines.pop(0).rest()[1:] if lines and lines[0].peek() == "clutter" else ()
    system = _parse_system(lines.pop(0)) if lines and lines[0].peek() == "system" else SystemKind.PLAIN
    head = list(takewhile(lambda words: words.peek() == "shown", lines))
    shown = _parse_shown(head)
    for words in [*lines[len(head) :], None]:
        if block and (words is None or words.peek() == "turn"):
            if len(turns) == len(path.turns):
                raise ValueError(f"the path has {len(path.turns)} turns, and the script more")
            turn, tools = _parse_script_turn(block, path.turns[len(turns)])
            if tools is None and not offered:
                raise ValueError("the first turn says nothing of what is offered")
            turns.append(turn)
            offered.append(tools if tools is not None else offered[-1])
            block = []
        if words is not None:
            block.append(words)
    return Script(path=path, turns=tuple(turns), offered=tuple(offered), shown=shown, system=system, clutter=clutter)


def _parse_system(words: _Words) -> SystemKind:
    words.expect("system")
    return SystemKind(words.next())


def _named(calls: Mapping[str, Call], names: Iterable[str]) -> tuple[Call, ...]:
    names = tuple(names)
    if strange := [name for name in names if name not in calls]:
        raise ValueError(f"the turn has no call {strange[0]!r}")
    return tuple(calls[name] for name in names)


def _parse_script_turn(block: list[_Words], source: Turn) -> tuple[ScriptTurn, tuple[str, ...] | None]:
    """A turn, and the tools offered from it on, where they change."""
    head, *body = block
    head.expect("turn")
    turn = _parse_turn(head)
    calls = {call.id: call for call in (*source.says, *source.calls)}
    lists: dict[str, tuple[str, ...]] = {}
    goals, groups, holes = [], [], []
    for words in body:
        match words.next():
            case "goal":
                goals.append(Goal(calls=_named(calls, words.rest())))
            case "round":
                groups.append(_named(calls, words.rest()))
            case "hole":
                call, pointer, producer, output, kind = words.rest()
                holes.append(Hole(call=call, pointer=pointer, producer=producer, output=output, type=kind))
            case name:
                lists[name] = words.rest()
    made = ScriptTurn(key=turn.key, kind=turn.kind, goals=tuple(goals), rounds=tuple(groups), holes=tuple(holes),
                      operations=turn.operations, withheld=lists.get("withheld", ()), answers=lists.get("answers", ()),
                      announces=lists.get("announces", ()), slips=lists.get("slips", ()), corrects=lists.get("corrects", ()),
                      amends=lists.get("amends", ()), abstains=source.abstains)
    return made, lists.get("offered")


def _lines(text: str) -> Iterator[_Words]:
    lines: Iterable[str] = text.split("\n")
    return (_Words(line) for line in lines if line.strip())

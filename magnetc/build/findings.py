"""What a build finds out about its recipe: warnings that only a world or many drawn paths can give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from magnetc.build.partitions import COMPOSITION, PHRASE, STATE, TOOL
from magnetc.diagnostics import Diagnostic, Severity, Sink
from magnetc.emit.difficulty import Difficulties
from magnetc.ir.conform import violations
from magnetc.ir.json import Json
from magnetc.ir.pointer import expand
from magnetc.ir.signature import FunctionSignature, StateEntry
from magnetc.ir.spec import Spec
from magnetc.ir.types import EntityType, Ref
from magnetc.passes.chances import KINDS, SEVERAL, chances, mixture_of
from magnetc.passes.mixture import DECLINES, Kind
from magnetc.teachers.shown_form import is_sayable
from magnetc.translate.scenario import Scenario

ENOUGH = 5
"""How often a thing should have happened by the recipe's own numbers before its absence is worth a warning."""

SHARE = 0.9
"""Of a path's count: a path that gives less is told."""

DETERMINISM = ("the same calls from the same state have to give the same results: take randomness from `seed` alone, restore "
               "everything from `state`, and let `snapshot` copy all that tools change")

NEEDED = {
    "merge": "two turns merge when both can be said before either is served: `refer ... least`, or values",
    "insert.short": "it needs turn templates of chains: `turn a then b { ... }`",
    "insert.long": "it needs edges along which a value flows, and `refer` phrases that point at it",
    "parallel": "it needs tools that read and take a value from the user, and `calls: as_needed`",
    "correct.before": "it needs turns of one goal, with a value of the user's whose type has others",
    "correct.after": "it needs `undo` statements, and values of the user's with which such a tool can be called and undone; no "
                     "constraint of the path may forbid the calls",
    "recover.slip": "it needs calls that take an id, or a value that users say in other words, and a world that refuses wrong ones",
    "recover.environment": "it needs `ask` phrases, and values of the user's that the world refuses and leaves no trace of",
    "split.miss_func": "it needs a `capability` phrase for each tool, in each locale",
    "split.miss_params": "it needs `ask` phrases, and turn templates in which a required slot is optional: `[ {date:on}]`",
    "no_tool.near": "it needs a `capability` phrase for each tool, and tools that come near it and do not do what it does",
    "no_tool.none": "it needs a `capability` phrase for each tool, and tools that do not come near it",
    "no_tool.chitchat": "it needs frames `chitchat`, in each locale",
    "no_tool.context": "it needs tools that read, with `ask` phrases and a `reply`, and paths of two turns or more",
    "no_tool.value": "it needs parameters that the user gives, of types with an enum, a range or a pattern: a type that refines "
                     "another is asked for the values that the other has words for (`said`) and it lacks",
}
"""What a kind of operation needs to be applied."""


MIXED = {
    Kind.MULTI_TURN: "it needs paths of two turns or more (`turns 2..5`), whose turns are not all merged into one",
    Kind.SINGLE_TURN: "ask for fewer copies (`split`, `no_tool`), each of which has a turn more, or for more paths",
    Kind.ABSTAIN: "it needs a `capability` phrase for each tool, in each locale, or parameters with values that cannot be (`no_tool` in "
                  "docs/language.md); or ask for fewer",
}
"""What a kind of conversation needs."""


HARDER = {
    "chain": "let paths be longer (`turns 4..8`), insert more (`insert(short=…, long=…)`), link results to arguments, or ask for less",
    "long": "let paths be longer, insert more (`insert(long=…, gap=1..3)`), or ask for less",
    "implicit": "insert more (`insert(short=…)`), for which chains need templates (`turn a then b`), or ask for less",
}
"""What may bring in more of what makes conversations difficult."""


@dataclass(slots=True)
class Yield:
    """What one path gave: units kept, calls by tool, operations applied, and what was dropped, by reason."""

    kept: int = 0
    called: Counter[str] = field(default_factory=Counter)
    applied: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)


def report_deaths(died: Sequence[Diagnostic], sink: Sink) -> None:
    """MG602 as a warning for each thing that the world died of, with what it cost."""
    for message, count in Counter(diagnostic.message for diagnostic in died).items():
        first = next(diagnostic for diagnostic in died if diagnostic.message == message)
        cost = f"it cost {count} {'conversation or pair' if count == 1 else 'conversations and pairs'}"
        sink.emit(replace(first, severity=Severity.WARNING, notes=(cost, *first.notes)))


def report_states(spec: Spec, scenarios: Sequence[Scenario], sink: Sink) -> None:
    """MG608 where initial states and profiles hold none of the values that the recipe draws from them.

    An error where a pattern ends at a list or an object: no argument can be that.
    """
    if "profile" in spec.recipe.show and not any(scenario.profile for scenario in scenarios):
        sink.warning("MG608", f"`system` shows the profile, and the world `{spec.recipe.world.title}` has none",
                     spec.recipe.world.origin.child(spec.recipe.world.kind),
                     help="give the class a method `profile` that returns a dictionary, or show only the date")
    documents = {"state": [scenario.state for scenario in scenarios],
                 "system": [{"date": "", "profile": scenario.profile} for scenario in scenarios]}
    for entity in spec.types:
        for source, found in documents.items():
            pattern = getattr(entity, source)
            parent = spec.type_table.get(entity.parent or "")
            if pattern and pattern != (parent and getattr(parent, source)) and not pattern.startswith("/date"):
                _report_values(entity, source, pattern, found, spec, sink)
        parent = spec.type_table.get(entity.parent or "")
        if entity.beside and not (parent and parent.shown == entity.shown):
            _report_forms(entity, documents["state"], sink)
    for tool in spec.tools:
        for entry in tool.entries:
            _report_entry(tool, entry, documents["state"], spec, sink)


def _report_forms(entity: EntityType, documents: Sequence[Json], sink: Sink) -> None:
    """`shown as` that gives no form anywhere."""
    pattern = entity.shown or ""
    found = [value for document in documents for _, value in expand(document, pattern)]
    if not any(map(is_sayable, found)):
        problem = "has no text that can be said" if found else "matches nothing"
        sink.warning("MG608", f"`{pattern}` {problem} in the world's initial states", entity.origin.child("shown_as"),
                     help=_nearest(pattern, documents[0]) if not found else "point at a text, such as a name")


def _report_entry(tool: FunctionSignature, entry: StateEntry, documents: Sequence[Json], spec: Spec, sink: Sink) -> None:
    """What an entry of the state does not give, or gives in another type than a parameter has."""
    found = [each for document in documents for _, each in expand(document, entry.pattern)]
    if not found:
        sink.warning("MG608", f"`{entry.pattern}` matches nothing in the world's initial states", entry.origin.child("at"),
                     help=_nearest(entry.pattern, documents[0]))
        return
    for name, pointer in entry.fields:
        values = [value for each in found for _, value in expand(each, pointer)]
        parameter = tool.parameter(name)
        wrong = [violations(value, parameter.type, spec.type_table) for value in values] if parameter else []
        at = entry.origin.child("fields", name)
        if not values:
            sink.warning("MG608", f"no entry of `{entry.pattern}` has `{pointer}`", at, help=_nearest(pointer, found[0]))
        elif all(wrong):
            problem = wrong[0][0].partition("` ")[2]
            sink.warning("MG608", f"what entries of `{entry.pattern}` have at `{pointer}` is no value of `{name}`: it {problem}", at,
                         help="name a field with values of the parameter's type")


def _report_values(entity: EntityType, source: str, pattern: str, documents: Sequence[Json], spec: Spec, sink: Sink) -> None:
    values = [value for document in documents for _, value in expand(document, pattern)]
    wrong = [violations(value, Ref(entity.name), spec.type_table) for value in values]
    nested = any(isinstance(value, (list, dict)) for value in values)
    where = "the world's initial states" if source == "state" else "what the system message shows"
    at = entity.origin.child(source)
    if not values:
        sink.warning("MG608", f"`{pattern}` matches nothing in {where}", at, help=_nearest(pattern, documents[0]))
    elif nested or all(wrong):
        tell = sink.error if nested else sink.warning
        problem = next(found[0] for found in wrong if found).partition("` ")[2]
        tell("MG608", f"what stands at `{pattern}` in {where} is no `{entity.name}`: it {problem}", at,
             help="point at the value itself: `*` stands for every item of a list, or every key of an object")


def _nearest(pattern: str, document: Json) -> str:
    """How far the pattern leads, and what stands there instead."""
    tokens = pattern.split("/")[1:]
    for length in range(len(tokens) - 1, -1, -1):
        prefix = "".join(f"/{token}" for token in tokens[:length])
        for _, value in expand(document, prefix) if prefix else [("", document)]:
            if isinstance(value, dict) and value:
                return f"`{prefix or '/'}` has {', '.join(f'`{key}`' for key in list(value)[:8])}"
            if isinstance(value, list) and value:
                return f"`{prefix}` is a list: `{prefix}/*` stands for its items"
    return "the document is empty there"


def report_results(misfits: Mapping[str, Counter[str]], spec: Spec, sink: Sink) -> None:
    """MG612 for tools whose results are not what they declare: no conversation with such a result is kept."""
    for name in sorted(misfits):
        first, count = misfits[name].most_common(1)[0]
        sink.warning("MG612", f"`{name}` returned what it does not declare, so conversations were dropped: {first}",
                     spec.tool[name].origin, at_key=True, notes=(f"{count} times",),
                     help="change the method, or what the tool returns")


def report_replies(wordless: Counter[str], spec: Spec, sink: Sink) -> None:
    """MG616 for tools that were asked for something, and of whose results the agent said nothing."""
    for name in sorted(wordless):
        known = any(template.chain[-1][0] == name for template in spec.replies)
        text = "no `reply` fits what it returned" if known else "it has no `reply`"
        sink.warning("MG616", f"asked for `{name}`, the agent only says that it is done: {text}", spec.tool[name].origin,
                     at_key=True, notes=(f"{wordless[name]} times",),
                     help="a phrase with an empty list or an absent field does not fit: add another `reply`, or let the world "
                          "answer with an error" if known else f"add one: `reply {name} {{ ... }}`")


def report_yields(spec: Spec, yields: Mapping[str, Yield], misfits: Iterable[str], sink: Sink) -> None:
    """MG613 to MG615: tools that nothing calls, operations that never apply, paths that give less than they should.

    Tools among `misfits` are reported already. A build that gives nothing at all is an error.
    """
    dropped: Counter[str] = Counter()
    called: Counter[str] = Counter()
    applied: Counter[str] = Counter()
    for each in yields.values():
        dropped, called, applied = dropped + each.dropped, called + each.called, applied + each.applied
    kept = sum(each.kept for each in yields.values())
    for path in spec.paths:
        asked, made = dict(spec.recipe.paths).get(path.name, 0), yields.get(path.name, Yield())
        if (asked and not kept) or (asked - made.kept >= ENOUGH and made.kept < SHARE * asked):
            why = _why(made.dropped, ("path redrawn", "conversation dropped", "assign-sources rejected"))
            tell = sink.warning if kept else sink.error
            tell("MG615", f"path `{path.name}` gave {made.kept} of {asked} conversations", path.origin, at_key=True, notes=why,
                 help=DETERMINISM if any("does not replay" in reason for reason in why) else
                 "see to the most frequent reason: a phrase, a constraint, or what the world answers")
    if kept >= ENOUGH * len(spec.tools):
        for tool in spec.tools:
            if tool.name not in called and tool.name not in misfits:
                sink.warning("MG613", f"no conversation calls `{tool.name}`", tool.origin, at_key=True,
                             notes=_why(dropped, (), about=tool.name),
                             help="see whether a path allows it, a phrase fits it and its arguments have sources; "
                                  "or remove it")
    origins = {operation.name: operation.origin for operation in spec.operations}
    several = 1 - mixture_of(spec).single
    for name, chance in chances(spec).items():
        if name not in applied and KINDS[name][0] in origins and chance * kept * (several if name in SEVERAL else 1) >= ENOUGH:
            sink.warning("MG614", f"`{name}` was never applied", origins[KINDS[name][0]],
                         notes=_why(dropped, (f"{name} refused",)), help=NEEDED[name])


def report_difficulty(spec: Spec, found: Difficulties, sink: Sink) -> None:
    """MG619 for each of what the recipe's `difficulty` asks for that is rarer among base conversations of several turns."""
    said = {"chain": f"a chain of {found.least} calls", "long": "a long dependency", "implicit": "an implicit helper"}
    for thing, share in found.asked:
        asked, made = round(share * found.bases), found.reached[thing]
        if asked - made >= ENOUGH and made < SHARE * asked:
            sink.warning("MG619", f"the recipe asks for {said[thing]} in {share:.0%} of the conversations of several turns, {made:,} of {found.bases:,} have one",
                         spec.recipe.origin.child("difficulty", thing), help=HARDER[thing])


def report_mixture(spec: Spec, made: Mapping[str, Mapping[str, float]], yields: Mapping[str, Yield], sink: Sink) -> None:
    """MG618 for each kind of conversation that is rarer than the recipe's mixture asks for. `made`: by kind, as `emit/made.py` has it."""
    whole = sum(each["times"] for each in made.values())
    dropped: Counter[str] = Counter()
    for each in yields.values():
        dropped.update(each.dropped)
    for kind, found in made.items():
        asked = round(found["asked"] * whole)
        if asked - found["times"] < ENOUGH or found["times"] >= SHARE * asked:
            continue
        kinds = [f"no_tool.{each} refused" for each in DECLINES] if kind == Kind.ABSTAIN else ["mixture rejected", "merge refused"]
        sink.warning("MG618", f"the mixture asks for {found['asked']:.1%} `{kind}`, {found['made']:.1%} were made: {found['times']:,.0f} of {asked:,}",
                     spec.recipe.origin.child("mixture"), notes=_why(dropped, [*kinds, "copy dropped"] if kind == Kind.ABSTAIN else kinds), help=MIXED[Kind(kind)])


def report_held_out(spec: Spec, files: Collection[str], sink: Sink) -> None:
    """MG637 for a held-out set that the recipe asks for and no conversation is in, and where they leave nothing to train on."""
    asked = spec.recipe.held_out
    if asked is None:
        return
    place = spec.recipe.origin.child("partitions", "held_out")
    for name, wants, what in ((TOOL, asked.tools or asked.count, "calls a tool that is held out"), (COMPOSITION, asked.compositions, "has a held-out composition"),
                              (STATE, asked.states, "begins in a held-out state"), (PHRASE, asked.phrases, "is said with held-out phrases")):
        if wants and f"sft/{name}.jsonl" not in files:
            sink.warning("MG637", f"`sft/{name}.jsonl` is empty: no conversation {what}", place,
                         help="build more paths, or hold out tools that paths call" if name == TOOL else "build more paths, or hold out more")
    if "sft/train.jsonl" not in files:
        sink.warning("MG637", "no conversation is left to train on: all have something that is held out, or are in other partitions", place,
                     help="hold out less, or build more paths")


def _why(dropped: Counter[str], kinds: Iterable[str], about: str = "") -> tuple[str, ...]:
    """The most frequent reasons of some kinds, or about a tool: `12 times: no phrase fits ...`."""
    kinds = tuple(kinds)
    mine = [(reason, count) for reason, count in dropped.most_common()
            if (not kinds or reason.partition(":")[0] in kinds) and (not about or f"`{about}`" in reason or f"`{about}." in reason)]
    return tuple(f"{count} times: {reason}" for reason, count in mine[:3])

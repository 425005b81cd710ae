"""The words of one turn: a phrase for each goal, its slots said, wrapped in frames."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from magnetc.ir import draw
from magnetc.ir.conform import violations
from magnetc.ir.json import Json
from magnetc.ir.path import (
    ATTEMPT,
    AbstentionKind,
    Call,
    DefaultSource,
    OutputSource,
    SystemSource,
    UserSource,
)
from magnetc.ir.pointer import expand, get, tokens
from magnetc.ir.script import Goal, ScriptTurn
from magnetc.ir.signature import Effect, StateEntry
from magnetc.ir.template import Choice, Part, Phrase, Slot, Text
from magnetc.ir.template import Optional as Fragment
from magnetc.ir.trajectory import Reference, Value, Words
from magnetc.ir.types import EntityType, Ref
from magnetc.passes.fit import fit, phrases_for
from magnetc.surface import elide_parts, lower_first, say, say_list
from magnetc.surface.impossible import say_impossible
from magnetc.teachers.conversation import (
    Binding,
    Bindings,
    Conversation,
    Given,
    Pending,
    Seen,
    arguments_of,
    entity_of,
    is_stale,
)
from magnetc.teachers.offline.constraints import satisfied
from magnetc.teachers.offline.corrections import Place, superseded
from magnetc.teachers.offline.entries import agreeing, draw_entry, some_entry_fits
from magnetc.teachers.offline.frames import Parts, merge_words
from magnetc.teachers.offline.references import references
from magnetc.teachers.offline.values import draw_argument
from magnetc.teachers.shown_form import resolution, shown_form

STANDING_ALONE = {"fr": "on"}
"""The case of a value that is said alone, where it is not the bare one: a French date keeps its article, "le 6 avril"."""

_QUOTED = re.compile(r"(“|« |「|\")\{(\w[\w.]*)\}(”| »|」|\")")


@dataclass(frozen=True, slots=True)
class GoalWords:
    """A phrase filled for one goal, and what all leaves of the goal's calls are bound to.

    `superseded`: the values that the phrase says for leaves which the user corrects in the same message. `forms`: the
    phrase inflected, by the name that frames ask for. `alike`: what leaves stand for that are bound to what people say."""

    mood: str
    parts: Parts
    bindings: Bindings
    said: tuple[tuple[str, Json], ...]
    superseded: Mapping[Place, Json] = field(default_factory=dict)
    forms: Mapping[str, Parts] = field(default_factory=dict)
    alike: Mapping[Place, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Leaf:
    """An argument leaf of a goal under its slot name."""

    call: Call
    pointer: str
    source: UserSource | SystemSource | OutputSource


def goal_words(goal: Goal, turn: ScriptTurn, conversation: Conversation, said: tuple[tuple[str, Json], ...],
               attempt: int, *, as_said: bool = False) -> GoalWords | None:
    """Bind the leaves of `goal` and say it. None when these values do not fit, or no phrase can say them uniquely.

    `as_said`: values that nothing has told are bound to what people call them, where the tool may know that.
    """
    again = turn.abstains.at if turn.abstains and turn.abstains.kind is AbstentionKind.CONTEXT else ""
    key = (conversation.spec.recipe.seed, conversation.path.base, conversation.path.attempt, again or turn.key,
           meant_id(goal.calls[0]))
    leaves = _leaves(goal, conversation)
    bound = _bind_known(leaves, conversation, said, (*key, attempt))
    if bound is None or not _meets_constraints(goal, bound, conversation) or _says_one_twice(leaves, bound, conversation):
        return None
    user = {name for name, leaf in leaves.items() if isinstance(leaf.source, UserSource)}
    spoken = {name for name in user if f"{leaves[name].call.id}{leaves[name].pointer}" not in turn.withheld}
    outputs = {name for name, leaf in leaves.items() if isinstance(leaf.source, OutputSource)}
    chain = goal.chain
    phrases = phrases_for(conversation.spec, chain, conversation.locale)
    if not phrases:
        return _generic(goal, leaves, spoken, outputs, bound, conversation)
    # Goals that ask the same tool for different things are worded alike, so that one phrase can say them all.
    like = (*key[:-1], meant_id(next(other for other in turn.goals if other.chain == chain).calls[0]))
    taken = _superseded(turn, leaves, bound, conversation)
    for phrase in draw.shuffle(phrases, *like, "phrase", name=lambda p: p.text, weight=lambda p: p.weight):
        if again and phrase.mood != "ask":
            continue
        words = _try_phrase(phrase, leaves, spoken, outputs, bound, conversation, (*like, phrase.text), taken, again=bool(again), as_said=as_said)
        if words and (instead := impossible(turn)):
            return _with_impossible(words, phrase, leaves, spoken, outputs, instead, conversation, (*like, phrase.text))
        if words:
            return words
    return None


def meant_id(call: Call) -> str:
    """The id of what the user means: a call that comes to nothing is asked for in the words of the one it stands for."""
    return call.id.removesuffix(ATTEMPT)


def impossible(turn: ScriptTurn) -> Bindings:
    """What the user's words give in place of what can be given."""
    if turn.abstains is None or turn.abstains.kind is not AbstentionKind.VALUE:
        return {}
    call, _, rest = turn.abstains.at.partition("/")
    return {(call, "/" + rest): Given(json.loads(turn.abstains.value))}


def _with_impossible(words: GoalWords, phrase: Phrase, leaves: dict[str, _Leaf], spoken: set[str], outputs: set[str],
                     instead: Bindings, conversation: Conversation, key: tuple) -> GoalWords | None:
    """The words with a value that cannot be given. What is bound stays: it is what could be asked for."""
    said = _try_phrase(phrase, leaves, spoken, outputs, {**words.bindings, **instead}, conversation, key, {})
    return replace(words, parts=said.parts, forms=said.forms) if said else None


def _superseded(turn: ScriptTurn, leaves: dict[str, _Leaf], bound: Bindings,
                conversation: Conversation) -> dict[Place, Json]:
    """What the words say first for the leaves that the turn corrects, where there is another value to say."""
    wanted = [leaf for leaf in leaves.values() if leaf.call.id + leaf.pointer in turn.corrects]
    found = {(leaf.call.id, leaf.pointer): superseded(leaf.call, leaf.pointer, bound, conversation) for leaf in wanted}
    return {place: value for place, value in found.items() if value is not None}


def _leaves(goal: Goal, conversation: Conversation) -> dict[str, _Leaf]:
    leaves: dict[str, _Leaf] = {}
    aliases = _aliases(goal, conversation)
    for call, alias in zip(goal.calls, aliases):
        for argument in call.arguments:
            if not isinstance(argument.source, DefaultSource):
                name = ".".join(tokens(argument.pointer))
                leaves[f"{alias}.{name}" if alias else name] = _Leaf(call, argument.pointer, argument.source)
    return leaves


def _aliases(goal: Goal, conversation: Conversation) -> tuple[str, ...]:
    templates = conversation.spec.turn_templates.get(goal.chain)
    return tuple(alias for _, alias in templates[0].chain) if templates else ("", *goal.chain[1:])


def _bind_known(leaves: dict[str, _Leaf], conversation: Conversation, said: tuple[tuple[str, Json], ...],
                key: tuple) -> Bindings | None:
    """Bindings of user and system leaves: values already bound in an earlier turn, else drawn; those that belong together, together."""
    bound: Bindings = {}
    for leaf in leaves.values():
        if isinstance(leaf.source, UserSource) and _entry_of(leaf, conversation) and (leaf.call.id, leaf.pointer) not in conversation.bindings:
            continue
        place = (leaf.call.id, leaf.pointer)
        value: Json
        match leaf.source:
            case UserSource():
                if place in conversation.bindings:
                    bound[place] = conversation.bindings[place]
                    continue
                expr = conversation.parameter_type(leaf.call, leaf.pointer)
                value = draw_argument(expr, conversation, said, *key, leaf.call.id, leaf.pointer) if expr else None
                if value is None:
                    return None
                bound[place] = Given(value)
            case SystemSource(pointer):
                try:
                    value = get({"date": conversation.now[:10], "profile": conversation.profile}, pointer)
                except LookupError:
                    return None
                bound[place] = Given(value, pointer)
            case OutputSource():
                if place in conversation.bindings:
                    bound[place] = conversation.bindings[place]
    waiting = [leaf for leaf in leaves.values() if isinstance(leaf.source, UserSource) and (leaf.call.id, leaf.pointer) not in bound]
    return bound if all(_bind_entry(leaf, leaves, bound, conversation, key) for leaf in waiting) else None


def _entry_of(leaf: _Leaf, conversation: Conversation) -> StateEntry | None:
    return conversation.spec.tool[leaf.call.function].entry_of(tokens(leaf.pointer)[0])


def _bind_entry(leaf: _Leaf, leaves: dict[str, _Leaf], bound: Bindings, conversation: Conversation, key: tuple) -> bool:
    """Bind all that the user gives of one entry of the world's state; False when there is no entry that agrees with what is bound."""
    entry = _entry_of(leaf, conversation)
    assert entry is not None, "other leaves are bound one by one"
    if (leaf.call.id, leaf.pointer) in bound:
        return True
    places = {tokens(other.pointer)[0]: (other.call.id, other.pointer) for other in leaves.values()
              if other.call is leaf.call and isinstance(other.source, UserSource)}
    given = {name: b.value for name, place in places.items() if isinstance(b := bound.get(place), Given)}
    found = agreeing(conversation.spec.tool[leaf.call.function], entry, given, conversation.state)
    if not found:
        return False
    drawn = draw_entry(found, *key, leaf.call.id, "entry", entry.alias)
    bound.update({places[name]: Given(value) for name, value in drawn.items() if name in places and name not in given})
    return True


def _meets_constraints(goal: Goal, bound: Bindings, conversation: Conversation) -> bool:
    for call in goal.calls:
        given = arguments_of(call.id, bound)
        tool = conversation.spec.tool[call.function]
        if not satisfied(tool, given) or not some_entry_fits(tool, given, conversation.state):
            return False
    return True


def _says_one_twice(leaves: dict[str, _Leaf], bound: Bindings, conversation: Conversation) -> bool:
    """Whether two arguments of one goal have one name for one type: what is compared with itself, or copied over itself."""
    named: list[tuple[str, Json]] = []
    for leaf in leaves.values():
        binding = bound.get((leaf.call.id, leaf.pointer))
        entity = entity_of(conversation.parameter_type(leaf.call, leaf.pointer), conversation.spec)
        if not isinstance(leaf.source, UserSource) or not isinstance(binding, Given) or entity is None:
            continue
        if entity.base == "string" and not entity.enum and not entity.format:
            named.append((entity.name, binding.value))
    table = conversation.spec.type_table
    return any(
        value == other and (table.unify(name, other_name) or table.unify(other_name, name))
        for index, (name, value) in enumerate(named)
        for other_name, other in named[index + 1 :]
    )


def _is_repeated(call: Call, bindings: Bindings, conversation: Conversation) -> bool:
    """Whether the same was asked before with the same values: nobody asks again for what they were just told."""
    own = [binding for (owner, _), binding in bindings.items() if owner == call.id]
    if not own or not all(isinstance(binding, Given) for binding in own):
        return False
    given = arguments_of(call.id, bindings)
    return any(done.call.function == call.function and done.arguments == given for done in conversation.executed)


def _try_phrase(phrase: Phrase, leaves: dict[str, _Leaf], spoken: set[str], outputs: set[str], bound: Bindings,
                conversation: Conversation, key: tuple, taken: dict[Place, Json], *, again: bool = False, as_said: bool = False) -> GoalWords | None:
    """`taken`: what the phrase says for leaves that are corrected. `again`: the user may ask for what they were told."""
    parts = fit(phrase.parts, frozenset(spoken), frozenset(outputs))
    if parts is None:
        return None
    bindings = dict(bound)
    writer = _Writer(leaves, bindings, conversation, key, taken, as_said=as_said)
    filled = writer.fill(parts)
    if filled is None:
        return None
    for name in outputs:
        leaf = leaves[name]
        if (leaf.call.id, leaf.pointer) not in bindings:
            implicit = _implicit(leaf, conversation)
            if implicit is None or not (_is_pointed_at(leaf, leaves, writer) or _is_last(leaf, conversation)):
                return None
            bindings[leaf.call.id, leaf.pointer] = implicit
    calls = {leaf.call.id: leaf.call for leaf in leaves.values()}
    if not again and any(_is_repeated(call, bindings, conversation) for call in calls.values()):
        return None
    said = tuple(writer.said)
    forms = {name: writer.fill(fit(form, frozenset(spoken), frozenset(outputs)) or ()) for name, form in phrase.forms}
    inflected = {name: form for name, form in forms.items() if form}
    return GoalWords(phrase.mood, filled, bindings, said, taken, inflected, writer.alike)


def _implicit(leaf: _Leaf, conversation: Conversation) -> Binding | None:
    """The binding of an output that no words point at: it must be the only value at its place."""
    source = leaf.source
    assert isinstance(source, OutputSource)
    done = conversation.result_of(source.call)
    if done is None:
        return Pending(source.call, source.pointer, "only" if "*" in source.pointer else "")
    items = [(at, value) for at, value in expand(done.result, source.pointer) if value is not None]
    if len({repr(value) for _, value in items}) != 1:
        return None
    if is_stale(Seen(items[0][1], done, items[0][0], source.pointer), conversation):
        return None
    return Given(items[0][1], items[0][0])


def _is_pointed_at(leaf: _Leaf, leaves: dict[str, _Leaf], writer: _Writer) -> bool:
    """Whether words of this goal point at another value of the result that the leaf takes its own from."""
    return any(
        isinstance(other.source, OutputSource)
        and isinstance(leaf.source, OutputSource)
        and other.source.call == leaf.source.call
        and (other.call.id, other.pointer) in writer.pointed
        for other in leaves.values()
    )


def _is_last(leaf: _Leaf, conversation: Conversation) -> bool:
    """Whether no later result had a value of the type: without words, the user means the last they were told."""
    entity = entity_of(conversation.parameter_type(leaf.call, leaf.pointer), conversation.spec)
    assert isinstance(leaf.source, OutputSource)
    done = conversation.result_of(leaf.source.call)
    if entity is None or done is None:
        return True
    seen = list(conversation.seen(entity.name))
    return not seen or seen[-1].executed is done


class _Writer:
    """Fills the slots of one phrase, collecting bindings of references and what was said.

    `key` ends in the phrase. What a reference points at is drawn without it: a copy that withholds a value may need another
    phrase, and still means the same thing.
    """

    def __init__(self, leaves: dict[str, _Leaf], bindings: Bindings, conversation: Conversation, key: tuple, taken: dict[Place, Json],
                 *, as_said: bool = False):
        self.as_said = as_said
        self.alike: dict[Place, Json] = {}
        self.leaves, self.bindings, self.conversation, self.key, self.taken = leaves, bindings, conversation, key, taken
        self.said: list[tuple[str, Json]] = []
        self.pointed: set[tuple[str, str]] = set()

    def fill(self, parts: tuple[Part, ...]) -> Parts | None:
        filled: list = []
        for part in parts:
            match part:
                case Text(text):
                    filled.append(Words(text))
                case Slot():
                    said = self._slot(part)
                    if said is None:
                        return None
                    filled.append(said)
                case Choice(options):
                    inner = self.fill(options[draw.integer(0, len(options) - 1, *self.key, "choice", len(filled))])
                    if inner is None:
                        return None
                    filled.extend(inner)
                case Fragment(inner_parts):
                    inner = self.fill(inner_parts)
                    if inner is None:
                        return None
                    filled.extend(inner)
                case _:
                    return None
        return merge_words(elided(tuple(filled), self.conversation))

    def _slot(self, slot: Slot) -> Value | Reference | None:
        leaf = self.leaves[slot.name]
        place = (leaf.call.id, leaf.pointer)
        if isinstance(leaf.source, OutputSource):
            for pointed in references(leaf.call, leaf.pointer, leaf.source, self.conversation, *self.key[:-1], slot.name):
                if place in self.bindings and self.bindings[place] != pointed.binding:
                    continue
                self.bindings[place] = pointed.binding
                self.pointed.add(place)
                return pointed.reference
            return None
        binding = self.bindings[place]
        assert isinstance(binding, Given)
        value = self.taken.get(place, binding.value)
        entity = entity_of(self.conversation.parameter_type(leaf.call, leaf.pointer), self.conversation.spec)
        form = self._form(value, entity, leaf) if entity and place not in self.taken else None
        text = form or said_form(value, leaf.call, leaf.pointer, self.conversation, slot.case, self.key)
        if text is None or entity is None:
            return None
        self.said.append((entity.name, binding.value))
        return Value(text, leaf.call.id, leaf.pointer, superseded=place in self.taken)


    def _form(self, value: Json, entity: EntityType, leaf: _Leaf) -> str | None:
        """What people call the value, where an earlier result tells which is meant, or the tool is tried with it."""
        if leaf.call.id.endswith(ATTEMPT):
            return None
        if told := resolution(value, entity, self.conversation):
            return told.form
        reads = self.conversation.spec.tool[leaf.call.function].effect is Effect.READS
        form = shown_form(value, entity, self.conversation) if self.as_said and reads else None
        if form is None or violations(form, Ref(entity.name), self.conversation.spec.type_table):
            return None
        self.alike[leaf.call.id, leaf.pointer] = value
        self.bindings[leaf.call.id, leaf.pointer] = Given(form)
        return form


def said_form(value: Json, call: Call, pointer: str, conversation: Conversation, case: str, key: tuple) -> str | None:
    """One way to say an argument: the likelier forms first, drawn."""
    expr = conversation.parameter_type(call, pointer)
    entity = entity_of(expr, conversation.spec)
    if isinstance(value, list):
        forms = say_list(value, entity, conversation.locale, conversation.now)
    else:
        forms = say(value, entity, conversation.locale, conversation.now, case)
    if entity and not isinstance(value, list) and violations(value, Ref(entity.name), conversation.spec.type_table):
        forms = say_impossible(value, entity, conversation.spec.type_table, conversation.locale, conversation.now, case)
    if not forms:
        return None
    ranked = [(form.text, 1.0 / (rank + 1)) for rank, form in enumerate(forms)]
    return draw.choose(ranked, *key, pointer, "form", name=lambda item: item[0], weight=lambda item: item[1])[0]


def answered(value: Json, goal: Goal, call: Call, pointer: str, conversation: Conversation, key: tuple) -> Parts | None:
    """A value as it stands alone: in the quotes that phrases of the goal put it in, a date in the form that needs no other word."""
    text = said_form(value, call, pointer, conversation, STANDING_ALONE.get(conversation.locale, ""), key)
    if text is None:
        return None
    named = [name for name, leaf in _leaves(goal, conversation).items() if (leaf.call.id, leaf.pointer) == (call.id, pointer)]
    for phrase in phrases_for(conversation.spec, goal.chain, conversation.locale):
        for before, name, after in _QUOTED.findall(phrase.text):
            if name in named:
                return Words(before), Value(text, call.id, pointer), Words(after)
    return (Value(text, call.id, pointer),)


def elided(parts: Parts, conversation: Conversation) -> Parts:
    """Elision and contraction where words meet a slot: "de " before a vowel becomes "d'" in French."""
    frames = conversation.spec.frame.get(conversation.locale)
    return elide_parts(parts, frames.elide) if frames and frames.elide else parts


def _generic(goal: Goal, leaves: dict[str, _Leaf], spoken: set[str], outputs: set[str], bound: Bindings,
             conversation: Conversation) -> GoalWords | None:
    """What a user says to a tool that has no template: what it is for, and the values by their names in words."""
    described = conversation.spec.tool[goal.calls[0].function].description.strip().rstrip(".") or "do this"
    parts: list = [Words(lower_first(described, conversation.locale))]
    bindings = dict(bound)
    said: list[tuple[str, Json]] = []
    for index, name in enumerate(sorted(spoken)):
        leaf = leaves[name]
        binding = bindings[leaf.call.id, leaf.pointer]
        assert isinstance(binding, Given)
        text = said_form(binding.value, leaf.call, leaf.pointer, conversation, "", (name,))
        entity = entity_of(conversation.parameter_type(leaf.call, leaf.pointer), conversation.spec)
        if text is None or entity is None:
            return None
        label = f"{' (' if index == 0 else ', '}{name.replace('_', ' ').replace('.', ' ')}: "
        parts += [Words(label), Value(text, leaf.call.id, leaf.pointer)]
        said.append((entity.name, binding.value))
    if spoken:
        parts.append(Words(")"))
    for name in outputs:
        implicit = _implicit(leaves[name], conversation)
        if implicit is None or not _is_last(leaves[name], conversation):
            return None
        bindings[leaves[name].call.id, leaves[name].pointer] = implicit
    return GoalWords("say", merge_words(tuple(parts)), bindings, tuple(said))

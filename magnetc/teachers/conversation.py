"""What a teacher sees when it writes a turn: the spec, what was said, what was executed, what the world offers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from magnetc.ir import draw
from magnetc.ir.argument_leaf import argument_leaves
from magnetc.ir.json import Json
from magnetc.ir.path import Call, SignaturePath
from magnetc.ir.pointer import expand, get, put, tokens
from magnetc.ir.script import SystemKind
from magnetc.ir.signature import Effect
from magnetc.ir.spec import Recipe, Spec
from magnetc.ir.template import Pick
from magnetc.ir.trajectory import Message, MessagePart
from magnetc.ir.types import EntityType, ListOf, Ref, TypeExpr, at_pointer


@dataclass(frozen=True, slots=True)
class Given:
    """A leaf whose value is known before the turn is executed. `at` is its place when it is an earlier output."""

    value: Json
    at: str = ""


@dataclass(frozen=True, slots=True)
class Pending:
    """A leaf that waits for a call of the same turn: its output at `pattern`, picked by a sibling field if it is a list."""

    call: str
    pattern: str
    pick: Pick = ""
    by: str = ""


Binding = Given | Pending
Bindings = dict[tuple[str, str], Binding]
"""(call id, argument pointer) to what it is bound to."""


def arguments_of(call: str, bindings: Bindings) -> dict[str, Json]:
    """The arguments of a call, as far as their values are known."""
    arguments: dict[str, Json] = {}
    for (owner, pointer), binding in bindings.items():
        if owner == call and isinstance(binding, Given):
            put(arguments, pointer, binding.value)
    return arguments


@dataclass(frozen=True, slots=True)
class Executed:
    """A call that was made: its arguments and result as they were."""

    call: Call
    turn: int
    arguments: Mapping[str, Json]
    result: Json


@dataclass(frozen=True, slots=True)
class Seen:
    """A value of some entity type in an earlier result."""

    value: Json
    executed: Executed
    pointer: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """Words for one turn and what its leaves are bound to. The session executes proposals until one succeeds.

    `superseded`: values of leaves that the words say first and take back. `alike`: what leaves that are given as people say
    them stand for; the proposal holds where their tools answer both alike.
    """

    parts: tuple[MessagePart, ...]
    bindings: Bindings
    superseded: Mapping[tuple[str, str], Json] = field(default_factory=dict)
    alike: Mapping[tuple[str, str], Json] = field(default_factory=dict)


@dataclass(slots=True)
class Conversation:
    """Grows turn by turn. `messages` are those so far. `state` holds the world's values by pattern at the start of the turn. `taken_back` has the values
    that the user said and took back, by call: (entity type, value). `undone`: calls whose results hold no more."""

    spec: Spec
    path: SignaturePath
    now: str
    profile: Json
    state: Mapping[str, list[Json]] = field(default_factory=dict)
    executed: list[Executed] = field(default_factory=list)
    bindings: Bindings = field(default_factory=dict)
    said: list[tuple[str, Json]] = field(default_factory=list)
    system: SystemKind = SystemKind.PLAIN
    taken_back: dict[str, tuple[str, Json]] = field(default_factory=dict)
    undone: set[str] = field(default_factory=set)
    messages: Sequence[Message] = ()

    @property
    def locale(self) -> str:
        return self.path.locale

    @property
    def style(self) -> str:
        """How this user speaks, from the first word to the last; copies by Split have the same user."""
        return style_of(self.spec.recipe, self.path.base)

    def result_of(self, call: str) -> Executed | None:
        return next((done for done in self.executed if done.call.id == call), None)

    def entity(self, name: str) -> EntityType | None:
        return self.spec.type_table.get(name)

    def parameter_type(self, call: Call, pointer: str) -> TypeExpr | None:
        """Type of an argument leaf of `call`."""
        return self.spec.argument_type(call.function, pointer)

    def seen(self, type_name: str, *, undone: bool = False) -> Iterator[Seen]:
        """Each value in earlier results whose entity type unifies with `type_name`, oldest first; what is `undone` on request."""
        for done in self.executed:
            if done.call.id in self.undone and not undone:
                continue
            for pattern in self.spec.outputs(done.call.function, type_name):
                for pointer, value in expand(done.result, pattern):
                    if value is not None:
                        yield Seen(value, done, pointer, pattern)


def style_of(recipe: Recipe, base: str) -> str:
    """The style of the user of a base path."""
    return draw.choose(recipe.styles, recipe.seed, base, "style", name=lambda item: item[0], weight=lambda item: item[1])[0]


def is_stale(seen: Seen, conversation: Conversation) -> bool:
    """Whether a later write acted on the thing that the value describes: what was said of it may no longer hold.

    The thing is known by the minted ids beside the value in its result and among the arguments of its call.
    """
    done, spec = seen.executed, conversation.spec
    later = conversation.executed[conversation.executed.index(done) + 1 :]
    touched = {
        value
        for call in later
        if spec.tool[call.call.function].effect is Effect.WRITES
        for value in call.arguments.values()
        if isinstance(value, str)
    }
    if not touched:
        return False
    ids = _ids_beside(seen, spec)
    return seen.value not in ids and not touched.isdisjoint(ids)


def _ids_beside(seen: Seen, spec: Spec) -> set[str]:
    tool = spec.tool[seen.executed.call.function]
    place, _, _ = seen.pattern.rpartition("/")
    record = get(seen.executed.result, seen.pointer.rpartition("/")[0])
    beside = record.items() if isinstance(record, dict) else ()
    ids = {v for key, v in beside if _is_id(at_pointer(tool.returns, tokens(f"{place}/{key}")), v, spec)}
    given = seen.executed.arguments.items()
    return ids | {v for key, v in given if (p := tool.parameter(key)) and _is_id(p.type, v, spec)}


def _is_id(expr: TypeExpr | None, value: Json, spec: Spec) -> bool:
    entity = entity_of(expr, spec)
    return entity is not None and entity.minted and isinstance(value, str)


def entity_of(expr: TypeExpr | None, spec: Spec) -> EntityType | None:
    """The entity type of a scalar, or of a list's items; None for primitives and records."""
    match expr:
        case Ref(name):
            return spec.type_table.get(name)
        case ListOf(items):
            return entity_of(items, spec)
        case _:
            return None


def state_patterns(spec: Spec, functions: Iterable[str]) -> tuple[str, ...]:
    """The state patterns that user-given arguments of these tools draw from."""
    found: dict[str, None] = {}
    for function in functions:
        found.update(dict.fromkeys(entry.pattern for entry in spec.tool[function].entries))
        for leaf in (leaf for parameter in spec.tool[function].parameters for leaf in argument_leaves(parameter)):
            entity = entity_of(leaf.type, spec)
            if entity and entity.state:
                found[entity.state] = None
            if entity and entity.beside:
                found[entity.beside[0]] = None
    return tuple(found)

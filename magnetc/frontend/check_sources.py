"""Whether each required argument can come from somewhere, and whether the templates can say what users must give."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from magnetc.diagnostics import Label, Sink
from magnetc.frontend.check_phrases import check_phrases, check_replies
from magnetc.frontend.resolve_types import has_values
from magnetc.frontend.slots import named
from magnetc.frontend.type_syntax import show_type
from magnetc.ir.argument_leaf import argument_leaves
from magnetc.ir.signature import FunctionSignature
from magnetc.ir.spec import Spec
from magnetc.ir.types import EntityType, ListOf, Ref, TypeExpr, leaves
from magnetc.source import Origin


@dataclass(frozen=True, slots=True)
class _Orphan:
    """A required argument, or field of one, that no tool returns."""

    name: str
    type: TypeExpr
    origin: Origin


def check_sources(spec: Spec, sink: Sink, *, phrases: bool) -> None:
    """MG229 for volatile arguments; MG210 and MG211 for arguments that nothing gives; with `phrases`, MG411, MG412 and MG421 for what is not said."""
    _check_volatile(spec, sink)
    produced = _produced(spec)
    linked = {(link.target, link.parameter) for link in spec.graph.links if link.parameter}
    reported: set[str] = set()
    sampled = _sampled(spec)
    only_user: dict[str, tuple[str, ...]] = {}
    for tool in spec.tools:
        orphans = [_Orphan(leaf.name, leaf.type, p.origin) for p in tool.parameters if (tool.name, p.name) not in linked
                   for leaf in argument_leaves(p) if leaf.required and not _has_producer(leaf.type, produced)]
        for orphan in orphans:
            _check_minted(tool, orphan, spec, produced, reported, sink)
        if tool.name in sampled:
            _check_valueless(tool, [p for p in orphans if not tool.entry_of(p.name) and _is_valueless(p.type, spec)], sink)
            said = [p for p in orphans if tool.entry_of(p.name) or _must_be_said(p.type, spec)]
            only_user[tool.name] = tuple(p.name for p in said)
            if phrases:
                _check_said(tool, said, spec, sink)
    if phrases:
        check_phrases(spec, only_user, sink)
        check_replies(spec, sink)


def _check_volatile(spec: Spec, sink: Sink) -> None:
    """MG229 for parameters of a type that no argument has."""
    for tool in spec.tools:
        for parameter in tool.parameters:
            names = [ref.name for _, ref in leaves(parameter.type)]
            for entity in (spec.type_table.get(name) for name in names):
                if entity is not None and entity.volatile:
                    sink.error("MG229", f"`{parameter.name}` of `{tool.name}` is a volatile `{entity.name}`, which no argument is",
                               parameter.origin, at_key=True, secondary=(Label(entity.origin, "volatile: another value each time", at_key=True),),
                               help="give the parameter another type")


def _produced(spec: Spec) -> frozenset[str]:
    """Entity types of which some tool returns a value, the types that they refine included."""
    table = spec.type_table
    returned = {ref.name for tool in spec.tools for _, ref in leaves(tool.returns)}
    return frozenset(ancestor for name in returned for ancestor in table.stands_for(name))


def _sampled(spec: Spec) -> frozenset[str]:
    """Tools that some counted path can hold; all of them when the recipe counts no path."""
    counted = dict(spec.recipe.paths)
    limits = [path.within for path in spec.paths if path.name in counted]
    if not limits or not all(limits):
        return frozenset(spec.tool)
    return frozenset(tool for within in limits for tool in within)


def _entity(expr: TypeExpr, spec: Spec) -> EntityType | None:
    """The entity type of a scalar, or of the items of a list."""
    match expr:
        case Ref(name) | ListOf(Ref(name)):
            return spec.type_table.get(name)
        case _:
            return None


def _has_producer(expr: TypeExpr, produced: frozenset[str]) -> bool:
    return isinstance(expr, (Ref, ListOf)) and any(ref.name in produced for _, ref in leaves(expr))


def _minted_in(expr: TypeExpr, spec: Spec) -> Iterator[EntityType]:
    for _, ref in leaves(expr):
        entity = spec.type_table.get(ref.name)
        if entity and entity.minted and not entity.system:
            yield entity


def _check_minted(tool: FunctionSignature, parameter: _Orphan, spec: Spec, produced: frozenset[str],
                  reported: set[str], sink: Sink) -> None:
    """One error for each minted type, at its first use."""
    for entity in _minted_in(parameter.type, spec):
        if entity.name not in produced and entity.name not in reported:
            reported.add(entity.name)
            sink.error("MG210", f"`{parameter.name}` of `{tool.name}` is a minted `{entity.name}`, which no tool returns",
                       parameter.origin, at_key=True,
                       secondary=(Label(entity.origin, "minted: only a tool may produce it", at_key=True),),
                       help=f"give a field of some result the type `{entity.name}`, or link a field to this parameter")


def _is_valueless(expr: TypeExpr, spec: Spec) -> bool:
    """Whether neither a user nor the system message can give a value. Minted types have an error of their own."""
    entity = _entity(expr, spec)
    if entity is None:
        return not any(True for _ in _minted_in(expr, spec))
    return not (entity.minted or entity.system or has_values(entity))


def _check_valueless(tool: FunctionSignature, parameters: list[_Orphan], sink: Sink) -> None:
    if parameters:
        names = _listed(f"`{p.name}` (`{show_type(p.type)}`)" for p in parameters)
        sink.warning("MG211", f"`{tool.name}` can never be called: nothing gives {names}", parameters[0].origin, at_key=True,
                     help="give it an entity type with values (`examples`, `one of`, `range`, `from state`, ...), or link a "
                          "result to it")


def _must_be_said(expr: TypeExpr, spec: Spec) -> bool:
    entity = _entity(expr, spec)
    return entity is not None and not entity.minted and not entity.system and has_values(entity)


def _check_said(tool: FunctionSignature, parameters: list[_Orphan], spec: Spec, sink: Sink) -> None:
    spoken = [template for template in spec.turns if any(name == tool.name for name, _ in template.chain)]
    if not spoken:
        sink.warning("MG411", f"`{tool.name}` has no turn template: users will ask for it in a generic phrase", tool.origin,
                     at_key=True, help=f"add one: `turn {tool.name} {{ ... }}`")
        return
    for locale, _ in spec.recipe.locales:
        said: set[str] = set()
        phrases = 0
        for template in spoken:
            aliases = [alias for name, alias in template.chain if name == tool.name]
            for phrase in template.phrases:
                if phrase.locale == locale:
                    phrases += 1
                    said |= {bare for each in named(phrase.parts) for alias in aliases if (bare := _bare(each.name, alias))}
        if not phrases:
            sink.warning("MG411", f"`{tool.name}` has no turn template in `{locale}`: nobody will ask for it there",
                         tool.origin, at_key=True, help=f"add phrases for `{locale}` to `turn {tool.name}`")
            continue
        silent = [p for p in parameters if p.name not in said]
        if silent:
            sink.warning("MG412", f"no phrase for `{tool.name}` in `{locale}` says "
                                  f"{_listed(f'`{p.name}`' for p in silent)}, which only the user can give",
                         spoken[0].origin,
                         help="add " + _listed(f"`{{{p.name}}}`" for p in silent) + " to a phrase")


def _bare(slot: str, alias: str) -> str:
    """The argument that a slot names for a tool under `alias`; empty when it names another tool's."""
    if not alias:
        return slot
    head, _, rest = slot.partition(".")
    return rest if head == alias else ""


def _listed(parts: Iterable[str]) -> str:
    parts = list(parts)
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"

"""CompileContext: everything that follows from a spec alone, worked out once a run and shared by all units."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from magnetc.ir.argument_leaf import ArgumentLeaf, argument_leaves, whole
from magnetc.ir.graph import LocalDependencyGraph, ValueFlow
from magnetc.ir.path import SignaturePath
from magnetc.ir.pointer import tokens
from magnetc.ir.signature import Parameter
from magnetc.ir.spec import PathSpec, Spec
from magnetc.ir.types import Ref, TypeExpr, at_pointer
from magnetc.passes.apply_probes import ApplyProbes, left_out
from magnetc.passes.automaton import Automaton
from magnetc.passes.build_graph import BuildGraph
from magnetc.passes.chains import Chains
from magnetc.passes.chances import mixture_of
from magnetc.passes.constraints import Constraints, Need, Order, prerequisites, rules
from magnetc.passes.hardness import Hardness
from magnetc.passes.held_out_words import Wording, held_out_words
from magnetc.passes.mixture import Mixture
from magnetc.passes.options import can_ever_say
from magnetc.passes.producers import Producers
from magnetc.passes.product import Product
from magnetc.passes.speech import Speech
from magnetc.source import Origin

if TYPE_CHECKING:
    from magnetc.passes.coverage import Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterInfo:
    """What is known of a parameter before any walk, or of a field of one that is an object (`ir/argument_leaf.py`).

    `system` is the pointer of the system message that shows it, or "". `outputs` maps each tool that may produce it to
    the pointer patterns of the values. `given` holds the locales in which a user can give it.
    """

    name: str
    pointer: str
    required: bool
    type: TypeExpr
    entity: str
    system: str
    outputs: Mapping[str, tuple[str, ...]]
    given: frozenset[str]
    origin: Origin
    group: str = ""
    needed: bool = True
    objects: tuple[tuple[str, str], ...] = ()


class _OnDemand(dict[str, tuple[ParameterInfo, ...]]):
    """Values made of their keys, once."""

    def __init__(self, make: Callable[[str], tuple[ParameterInfo, ...]]):
        super().__init__()
        self._make = make

    def __missing__(self, key: str) -> tuple[ParameterInfo, ...]:
        self[key] = made = self._make(key)
        return made


class CompileContext:
    """A spec, its graph, and indexes over both. `plans` are the walks planned so far of paths sampled by coverage."""

    def __init__(self, spec: Spec, graph: LocalDependencyGraph | None = None):
        self.spec = spec
        self.graph = graph or ApplyProbes().run(spec, BuildGraph().run(spec))
        self.speech = Speech(spec)
        self.locales = tuple(name for name, _ in spec.recipe.locales)
        self.path = {path.name: path for path in spec.paths}
        self.mixture: Mixture = mixture_of(spec)
        self.hardness = Hardness(spec.recipe.seed, spec.recipe.difficulty, spec.recipe.chain)
        self._producers = Producers(spec)
        self._left_out = left_out(spec)
        self._products: dict[tuple[str, str], Product] = {}
        self.plans: dict[str, Coverage] = {}
        self._chains: dict[tuple[str, str], Chains] = {}
        self._sayable: dict[tuple[str, str], bool] = {}

    @cached_property
    def parameters(self) -> Mapping[str, tuple[ParameterInfo, ...]]:
        """The argument leaves of each tool, in its order, made when they are asked for: most tools are on no path that is counted.

        An object that a declared link gives as a whole is one leaf.
        """
        return _OnDemand(lambda name: tuple(self._parameter(name, p, leaf) for p in self.spec.tool[name].parameters
                                            for leaf in self._leaves(name, p)))

    @cached_property
    def whole_parameters(self) -> Mapping[str, tuple[ParameterInfo, ...]]:
        """The parameters of each tool as they are declared, objects as a whole."""
        return _OnDemand(lambda name: tuple(self._parameter(name, p, whole(p)) for p in self.spec.tool[name].parameters))

    def _leaves(self, tool: str, parameter: Parameter) -> tuple[ArgumentLeaf, ...]:
        flows = (flow.parameter for edge in self.graph.predecessors.get(tool, ()) for flow in edge.values)
        leaves = tuple(argument_leaves(parameter))
        return leaves if (len(leaves) == 1 and leaves[0].name == parameter.name) or parameter.name not in flows else (whole(parameter),)

    def _parameter(self, tool: str, parameter: Parameter, leaf: ArgumentLeaf) -> ParameterInfo:
        entity = self.speech.entity(leaf.type)
        outputs: dict[str, list[str]] = defaultdict(list)
        if entity and entity.minted:
            for producer, pointer in self._producers.typed(tool, leaf.type):
                if (producer, tool, ValueFlow(pointer, leaf.name)) not in self._left_out:
                    outputs[producer].append(pointer)
        for edge in self.graph.predecessors.get(tool, ()):
            for flow in edge.values:
                if flow.parameter == leaf.name and flow.pointer not in outputs[edge.source]:
                    outputs[edge.source].append(flow.pointer)
        entry = self.spec.tool[tool].entry_of(parameter.name)
        shown = entity.system if entity and entity.system else ""
        return ParameterInfo(
            name=leaf.name,
            pointer=leaf.pointer,
            required=leaf.required,
            type=leaf.type,
            entity=entity.name if entity else "",
            system=shown if shown and tokens(shown)[0] in self.spec.recipe.show else "",
            outputs={source: tuple(sorted(pointers)) for source, pointers in outputs.items() if pointers},
            given=frozenset(name for name in self.locales if entry or self.speech.user_can_give(leaf.type, name)),
            origin=parameter.origin,
            group=leaf.group,
            needed=leaf.needed,
            objects=leaf.objects,
        )

    @cached_property
    def operations(self) -> dict[str, dict]:
        """The options of each operation that the recipe asks for."""
        return {operation.name: dict(operation.options) for operation in self.spec.operations}

    @cached_property
    def prerequisites(self) -> tuple[Order, ...]:
        """The declared links along which no value flows."""
        return prerequisites(self.spec)

    @cached_property
    def ordered(self) -> frozenset[tuple[str, str]]:
        """The prerequisite links as pairs of tools."""
        return frozenset((order.before, order.after) for order in self.prerequisites)

    @cached_property
    def held_out_tools(self) -> frozenset[str]:
        """The tools that no conversation to train on has, those that are drawn among them."""
        from magnetc.passes.held_out import held_out_tools  # it looks at what the paths can reach

        return held_out_tools(self)

    def hidden(self, path: SignaturePath) -> frozenset[str]:
        """The tools that conversations of a path may not even be offered: those that are held out, where the path calls none of them."""
        held = self.held_out_tools
        return held if held and held.isdisjoint((*path.functions(), *path.cut)) else frozenset()

    @cached_property
    def wording(self) -> Wording | None:
        """What users may say, where the recipe holds phrases out."""
        return held_out_words(self.spec)

    def worded(self, base: str) -> Spec:
        """The spec that the words of a base path are written from."""
        return self.wording.of(base) if self.wording else self.spec

    def product(self, path: str, locale: str) -> Product:
        """The walks of a path in a locale."""
        key = (path, locale)
        if key not in self._products:
            self._products[key] = Product(Automaton(self.constraints(self.path[path], locale)), self.graph)
        return self._products[key]

    def chains(self, path: str, locale: str) -> Chains:
        """The walks of a path in a locale of which each step follows the last call."""
        key = (path, locale)
        if key not in self._chains:
            self._chains[key] = Chains(self.product(path, locale).automaton, self.graph)
        return self._chains[key]

    def lengths(self, path: str, locale: str) -> tuple[int, ...]:
        """The lengths of walks that the path's sampler can draw in a locale."""
        walks = self.product(path, locale) if self.path[path].sample == "walk" else self.chains(path, locale)
        return walks.lengths()

    def constraints(self, path: PathSpec, locale: str) -> Constraints:
        """What the walks of `path` in `locale` must satisfy."""
        within = frozenset(self._expand(path.within)) or frozenset(self.spec.tool)
        tools = tuple(sorted(tool for tool in within if self.sayable(tool, locale)))
        declared = rules(self.spec, path)
        return replace(
            declared,
            tools=tools,
            within=within,
            start=self._expand(path.start),
            require=tuple(order for order in declared.require if not order.link or order.after in within),
            needs=tuple(need for tool in sorted(within) for need in self.needs(tool, locale)),
            pattern=path.pattern,
            chained=path.sample != "walk",
        )

    def needs(self, tool: str, locale: str) -> list[Need]:
        """The required parameters of `tool` that only an earlier result can give."""
        return [
            Need(tool, p.name, p.entity or "value", tuple(sorted(self._usable(p, locale))), p.origin)
            for p in self.parameters[tool]
            if p.required and not p.system and locale not in p.given
        ]

    def _usable(self, parameter: ParameterInfo, locale: str) -> list[str]:
        """Producers of values that can be taken without words, or pointed at in words."""
        return [
            source
            for source, pointers in parameter.outputs.items()
            if any("*" not in tokens(at) or self.points(parameter, source, at, locale) for at in pointers)
        ]

    def points(self, parameter: ParameterInfo, source: str, pointer: str, locale: str, *, known: bool = True,
               unique: bool = True) -> bool:
        """Whether words can point at the value that `source` has at `pointer`, as an argument for `parameter`."""
        if not parameter.entity or not self._holds(parameter, source, pointer):
            return False
        return self.speech.points(parameter.entity, source, pointer, locale, known=known, unique=unique)

    def _holds(self, parameter: ParameterInfo, source: str, pointer: str) -> bool:
        """Whether that place is one value of the parameter's entity type: a link may also join what does not unify."""
        place = at_pointer(self.spec.tool[source].returns, tokens(pointer))
        return isinstance(place, Ref) and self.spec.type_table.unify(place.name, parameter.entity)

    def sayable(self, tool: str, locale: str) -> bool:
        """Whether a user can ask for `tool` at all in `locale`, earlier results permitting."""
        key = (tool, locale)
        if key not in self._sayable:
            self._sayable[key] = can_ever_say(self, tool, locale)
        return self._sayable[key]

    def _expand(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Tools, with sets replaced by their members."""
        members = {item.name: item.tools for item in self.spec.sets}
        return tuple(tool for name in names for tool in ((name,) if name in self.spec.tool else members.get(name, (name,))))

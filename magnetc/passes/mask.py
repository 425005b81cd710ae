"""Mask: a share of conversations shows tools, parameters and result fields by invented names, their descriptions kept.

Before:

    turn t1 normal
      offered get_distance convert_unit
      goal c1

After:

    shown tool convert_unit nirom_besta
    shown tool get_distance tolva_rukid
    shown parameter destination kelno
    shown parameter origin vasti_dore
    shown result distance mibul
    turn t1 normal
      offered get_distance convert_unit
      goal c1

What a tool does is then only known from its description, so names cannot be learnt by heart (Hammer, arXiv 2410.04587). A
name means the same wherever it stands in a row: a parameter and a result field of one name are shown by one name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from keyword import iskeyword
from typing import TYPE_CHECKING, ClassVar

from magnetc.ir import draw
from magnetc.ir.presentation import KEPT, Names, real_names, result_fields
from magnetc.ir.script import Script
from magnetc.ir.spec import Spec
from magnetc.passes.operation import Stage

if TYPE_CHECKING:
    from magnetc.passes.context import CompileContext

ONSETS = ("b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "br", "dr", "gl", "kr", "pl", "st", "tr")
VOWELS = ("a", "e", "i", "o", "u")
CODAS = ("", "", "l", "m", "n", "r", "s", "x")
PREFIXES = {"tool": ("func", "tool", "op", "fn"), "field": ("field", "attr", "key", "slot")}


@dataclass(frozen=True, slots=True)
class Mask:
    """With chance `p` per base path, other names for `tools`, `parameters` and fields of `results`.

    Half of these conversations have names like words (`tolva_rukid`), the others names like placeholders (`func_kav`).
    """

    p: float = 0.2
    tools: bool = True
    parameters: bool = True
    results: bool = True
    stage: ClassVar[Stage] = Stage.SCRIPT
    name: str = "mask"
    version: str = "1"

    def run(self, context: CompileContext, script: Script) -> Script:
        spec, base = context.spec, script.path.base
        key = (spec.recipe.seed, "mask", base)
        if draw.fraction(*key) >= self.p:
            return script
        offered = {tool for tools in script.offered for tool in tools}
        own = (offered if self.tools else set(), _parameters(spec, offered) if self.parameters else set(),
               _fields(spec, offered) if self.results else set())
        tools, parameters, results = own
        ambiguous = real_names(spec)[0] & (real_names(spec)[1] | real_names(spec)[2])
        names = _Names(spec, key)
        made = names.of("tool", tools - ambiguous), names.of("field", (parameters | results) - ambiguous - KEPT)
        shown = replace(script.shown, tools=_of(made[0], tools), parameters=_of(made[1], parameters), results=_of(made[1], results))
        return replace(script, shown=shown)


def _parameters(spec: Spec, tools: Iterable[str]) -> set[str]:
    return {parameter.name for tool in tools for parameter in spec.tool[tool].parameters}


def _fields(spec: Spec, tools: Iterable[str]) -> set[str]:
    return {name for tool in tools for name in result_fields(spec.tool[tool].returns)}


def _of(shown: dict[str, str], names: set[str]) -> Names:
    return tuple((name, shown[name]) for name in sorted(names) if name in shown)


class _Names:
    """Invents names, each by a draw of its own; one that is taken is drawn again."""

    def __init__(self, spec: Spec, key: tuple[object, ...]):
        self._key = key
        self._words = draw.fraction(*key, "style") < 0.5
        self._taken = set().union(*real_names(spec))

    def of(self, what: str, names: Iterable[str]) -> dict[str, str]:
        made = {}
        for name in sorted(names):
            made[name] = next(each for each in self._drawn(what, name) if each not in self._taken and not iskeyword(each))
            self._taken.add(made[name])
        return made

    def _drawn(self, what: str, name: str) -> Iterator[str]:
        attempt = 0
        while True:
            yield self._invented(what, (*self._key, what, name, attempt))
            attempt += 1

    def _invented(self, what: str, key: tuple[object, ...]) -> str:
        """No digits: one could be taken for a value that a result says."""
        if not self._words:
            prefix = draw.choose(PREFIXES[what], *self._key, what, "prefix")
            return f"{prefix}_{_syllable(*key, 0)}{_syllable(*key, 1)}"
        words = 2 if what == "tool" else draw.integer(1, 2, *key, "words")
        return "_".join(_syllable(*key, word, 0) + _syllable(*key, word, 1) for word in range(words))


def _syllable(*key: object) -> str:
    parts = (ONSETS, VOWELS, CODAS)
    return "".join(part[draw.integer(0, len(part) - 1, *key, at)] for at, part in enumerate(parts))

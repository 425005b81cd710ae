"""Policy: rules that an action is seen to break in the calls alone, whatever comes of it. Declared ones, and one that holds everywhere: make up nothing.

Where the world tells two executions apart, their difference is the evidence; policy is for calls that leave no trace, such as reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from magnetc.ir.json import Json
from magnetc.ir.pointer import tokens
from magnetc.ir.spec import Spec
from magnetc.passes.constraints import rules, violations
from magnetc.surface import occurs
from magnetc.teachers.conversation import entity_of

EVIDENCE = "policy"


def broken_rules(spec: Spec, path: str, reference: Sequence[str], made: Sequence[str]) -> list[str]:
    """What the recipe declares of the order and number of calls in `path`, prerequisites too, that the tools `made` break and the reference keeps.

    Both are tools in the order of their calls, from the beginning of the conversation.
    """
    declared = next((each for each in spec.paths if each.name == path), None)
    if declared is None:
        return []
    held = rules(spec, declared)
    kept = set(violations(held, reference))
    return [broken for broken in violations(held, made) if broken not in kept]


def is_made_up(value: Json, function: str, pointer: str, spec: Spec, locale: str, now: str, texts: Iterable[str]) -> bool:
    """Whether an argument derives from nothing: it stands in none of `texts`, all that the agent has seen, in any of its forms (proof 3), and
    is neither what its tool takes by default nor the only value there is."""
    tool = spec.tool.get(function)
    parameter = tool.parameter(tokens(pointer)[0]) if tool else None
    if parameter is None or value is None or isinstance(value, (bool, dict, list)) or value == parameter.default:
        return False
    entity = entity_of(spec.argument_type(function, pointer), spec)
    if entity is not None and len(entity.enum) == 1:
        return False
    return not any(occurs(value, entity, locale, now, text) for text in texts)

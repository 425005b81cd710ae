"""Whether arguments meet what their tool demands of them: its `where` conditions, and its schema."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from operator import ge, gt, le, lt
from typing import Any

from magnetc.ir.json import Json
from magnetc.ir.schema_conform import schema_violations
from magnetc.ir.signature import Constraint, FunctionSignature

_ORDERS: dict[str, Callable[[Any, Any], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}


def compares(left: Json, op: str, right: Json) -> bool:
    """Whether `left op right` holds; values of different sorts are never ordered."""
    if op in ("==", "!="):
        return (left == right) is (op == "==")
    numbers = (int, float)
    if not (isinstance(left, str) and isinstance(right, str)) and not (isinstance(left, numbers) and isinstance(right, numbers)):
        return False
    return _ORDERS[op](left, right)


def satisfied(tool: FunctionSignature, arguments: Mapping[str, Json]) -> bool:
    """Whether the arguments meet the tool's conditions on each other, as far as both sides are there, and each its schema.

    Conditions on entries of the world's state are for who knows the state (`entries.py`).
    """
    return all(_holds(constraint, arguments) for constraint in tool.where if not constraint.entry) and not schema_violations(
        tool, arguments, each_alone=True)


def _holds(constraint: Constraint, arguments: Mapping[str, Json]) -> bool:
    left = arguments.get(constraint.left)
    right = json.loads(constraint.right) if constraint.literal else arguments.get(constraint.right)
    return left is None or right is None or compares(left, constraint.op, right)

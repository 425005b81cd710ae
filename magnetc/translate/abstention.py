"""The certificate's entry for a turn in which nothing is called."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from magnetc.ir.json import Json
from magnetc.ir.path import AbstentionKind, Call
from magnetc.ir.script import ScriptTurn
from magnetc.ir.spec import Spec
from magnetc.ir.trajectory import MessagePart, Value
from magnetc.tools.worlds.protocol import Outcome
from magnetc.translate.program import in_schema_order


def abstention(turn: ScriptTurn, calls: Sequence[Call], run: Outcome, parts: Sequence[MessagePart], spec: Spec,
               wire_ids: Mapping[str, str], said_at: Mapping[tuple[str, str], tuple[int, str]]) -> dict[str, Json]:
    """`run` is what the twin's `calls` do, `parts` what the agent says in their place."""
    assert turn.abstains is not None
    entry: dict[str, Json] = {"kind": str(turn.abstains.kind)}
    match turn.abstains.kind:
        case AbstentionKind.NEAR | AbstentionKind.NONE:
            made = zip(calls, run.args)
            entry["would"] = [{"call": c.function, "arguments": in_schema_order(spec, c.function, args)} for c, args in made]
        case AbstentionKind.CONTEXT:
            entry["calls"] = [wire_ids[call.id] for call in calls]
        case AbstentionKind.VALUE:
            name, _, rest = turn.abstains.at.partition("/")
            entry |= {"call": next(call.function for call in calls if call.id == name), "at": "/" + rest,
                      "value": json.loads(turn.abstains.value), "said": said_at[name, "/" + rest][1],
                      "says": [part.text for part in parts if isinstance(part, Value)]}
    return entry

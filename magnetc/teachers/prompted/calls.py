"""Forward translation: a reader who sees the conversation alone makes the calls, and has to come to those of the script.

What it answers is checked in itself first: tools that are offered and asked for, arguments of their types, each leaf said in the
conversation or a default. Then it is compared with what the script calls, leaf by leaf.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from magnetc.ir.conform import violations
from magnetc.ir.json import Json, canonical
from magnetc.ir.path import Call
from magnetc.ir.schema import tool_schema
from magnetc.ir.spec import Spec
from magnetc.teachers.teacher import Arguments

Made = tuple[str, Mapping[str, Json]]
"""A call by name and arguments."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader is to come to: one round of `calls`, with the `arguments` that they take. `offered`: the tools to choose from."""

    calls: Sequence[Call]
    arguments: Arguments
    offered: Sequence[str]
    spec: Spec

    def tools(self) -> list[Json]:
        """The offered tools as a model is shown them."""
        return [tool_schema(self.spec.tool[name], self.spec.type_table)["function"] for name in self.offered]

    def read(self, said: Any) -> list[Made]:
        """The calls of an answer. Raises ValueError, in words for the reader, where they cannot be made."""
        made: list[Made] = []
        for each in said["calls"]:
            name, arguments = each["name"], each["arguments"]
            if name not in self.offered:
                raise ValueError(f"there is no tool `{name}`")
            tool = self.spec.tool[name]
            for key, value in arguments.items():
                parameter = tool.parameter(key)
                if parameter is None:
                    raise ValueError(f"`{name}` has no parameter `{key}`")
                if found := violations(value, parameter.type, self.spec.type_table):
                    raise ValueError(f"`{key}` of `{name}`: {found[0]}")
            if missing := [p.name for p in tool.parameters if p.required and p.name not in arguments]:
                raise ValueError(f"`{name}` needs `{missing[0]}`")
            made.append((name, arguments))
        return made

    def difference(self, made: Sequence[Made]) -> str:
        """How the calls of a reader differ from those of the script, in words for who wrote the words; empty where they do not."""
        wanted = [(call.function, dict(self.arguments[call.id])) for call in self.calls]
        ours, theirs = Counter(name for name, _ in wanted), Counter(name for name, _ in made)
        if ours != theirs:
            other = ", ".join(f"`{name}`" for name in theirs - ours) or "nothing"
            return f"whoever reads it calls {other} where {', '.join(f'`{name}`' for name in ours - theirs) or 'no more'} is wanted"
        left = [self._whole(*each) for each in wanted]
        for name, arguments in made:
            mine = self._whole(name, arguments)
            if mine in left:
                left.remove(mine)
                continue
            meant = next(each for each in left if json.loads(each)[0] == name)
            return self._leaf(json.loads(meant)[1], json.loads(mine)[1], name)
        return ""

    def _whole(self, name: str, arguments: Mapping[str, Json]) -> str:
        """A call with the defaults that it leaves out."""
        defaults = {p.name: p.default for p in self.spec.tool[name].parameters if not p.required and p.default is not None}
        return canonical([name, {**defaults, **arguments}])

    def _leaf(self, meant: Mapping[str, Json], read: Mapping[str, Json], name: str) -> str:
        key = next(key for key in (*meant, *read) if meant.get(key) != read.get(key))
        return f"whoever reads it calls `{name}` with `{key}` = {json.dumps(read.get(key))}, and {json.dumps(meant.get(key))} is meant"

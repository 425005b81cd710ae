"""Words of the student that execution says nothing of, judged by a model: the prompt program `judge_turn`, several votes each."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from magnetc.build.mine.rollout import Rollout
from magnetc.ir.json import Json
from magnetc.teachers.ask import Asker, Unanswered
from magnetc.teachers.prompt_program import PromptProgram

PROGRAM = "judge_turn"


@dataclass(slots=True)
class TurnJudge:
    """Asks `votes` times whether words are right. `unanswered` counts why there was no vote."""

    asker: Asker
    program: PromptProgram
    votes: int
    unanswered: Counter[str]

    async def verdict(self, rollout: Rollout) -> dict[str, Json] | None:
        """What a certificate has of words that most votes call wrong (`distill/judged.py`); None where they do not, or too few voted.

        Raises:
            MagnetError: what the model raises that concerns all questions.
        """
        inputs = _inputs(rollout)
        said = await asyncio.gather(*(self._vote(inputs, sample) for sample in range(self.votes)))
        wrong = sum(vote is False for vote in said)
        if wrong <= self.votes // 2:
            return None
        return {"model": self.asker.model.name(PROGRAM), "votes": self.votes, "wrong": wrong}

    async def _vote(self, inputs: Mapping[str, Json], sample: int) -> bool | None:
        try:
            return await self.asker.answer(self.program, inputs, lambda said: bool(said["right"]), sample=sample)
        except Unanswered as error:
            self.unanswered[str(error)] += 1
            return None


def _inputs(rollout: Rollout) -> dict[str, Json]:
    asked = rollout.asked
    _, at = rollout.apart()
    return {"now": str(asked.row["certificate"]["world"]["now"])[:10], "tools": json.loads(asked.row["tools"]),
            "history": _history(asked.row["messages"][:at]), "right": asked.row["messages"][at]["content"], "said": rollout.words()}


def _history(messages: Sequence[Mapping[str, Any]]) -> list[Json]:
    """Messages as prompt programs are shown a conversation."""
    results = {message["tool_call_id"]: message["content"] for message in messages if message["role"] == "tool"}
    told: list[Json] = []
    for message in messages:
        if message["role"] in ("user", "assistant") and message["content"]:
            told.append({"who": "user" if message["role"] == "user" else "agent", "text": message["content"]})
        told += [{"who": "tool", "call": call["function"]["name"], "arguments": json.loads(call["function"]["arguments"]),
                  "result": json.loads(results[call["id"]])} for call in message.get("tool_calls") or ()]
    return told

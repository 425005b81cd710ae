"""Words: what names in figures and rows mean, for readers of a page."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from magnetc.distill.controls import RANDOM
from magnetc.distill.taxonomy import taxonomy

FAULTS = {**{name: each.means for name, each in taxonomy().items()}, RANDOM: "control: calls other tools, with any values; no single fault"}
"""What the rejected side of a pair does."""

OPERATIONS = {
    "merge": "two goals in one user turn",
    "insert.short": "a helper call that no word names",
    "insert.long": "a later turn that points back at a result",
    "parallel": "one goal for several things at once",
    "correct.before": "the user corrects a value within the turn",
    "correct.after": "the user changes their mind when it is done",
    "recover.slip": "the agent's own wrong call, refused and repaired",
    "recover.environment": "the world refuses, and the user says another value",
    "split.miss_func": "the tool is missing at first: the agent declines",
    "split.miss_params": "a value is missing at first: the agent asks",
    "no_tool.near": "only a tool that comes near is offered: the agent declines",
    "no_tool.none": "no tool would do: the agent declines",
    "no_tool.chitchat": "small talk, no call",
    "no_tool.context": "the answer stands in an earlier result",
    "no_tool.value": "a value that the tool does not take",
    "distract": "tools beside those that are needed",
    "shuffle": "tools in a drawn order",
    "mask": "tools and parameters under other names",
    "system": "what the system message shows",
    "clutter": "more records in the world's state",
}
"""What an operation makes of a conversation."""

REJECTIONS = {
    "unit abandoned": "no draw of it could be kept",
    "path redrawn": "drawn anew: it could not be said or executed",
    "conversation dropped": "complete, and failed a proof, or said what an earlier one says",
    "copy dropped": "a copy that came out otherwise than its base, or failed, or whose base was dropped",
    "pair dropped": "a pair that failed a proof, or whose conversation was dropped",
    "mutation dropped": "a fault whose effect cannot be seen",
    "control dropped": "a control that does nothing wrong that can be seen",
    "mislead dropped": "a hint that misled nobody, or came to nothing that can be shown",
    "act left out": "the teacher did otherwise than the script: the script's form is kept",
}
"""What kinds of rejection mean; others are operations that were not applied, or draws that did not fit."""

DEPENDENCIES = {"none": "none is taken", "nested": "of the same user turn", "short": "of the turn before", "long": "of an earlier turn"}
"""How far a result is that a value is taken from."""

SOURCES = {
    "user": "said by the user", "system": "shown by the system message", "output": "results of earlier calls", "other": "elsewhere",
}
NECESSARY = {
    "true": "changed, they change what happens", "context": "no other value could be tried", "false": "they also stand elsewhere, or change nothing",
    "other": "not examined",
}
_CODE = re.compile(r"`([^`]+)`")


def coded(text: str) -> Markup:
    """Text with what stands in backquotes as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))

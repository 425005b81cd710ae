"""The prompt programs of a build, and what each has to take and give: checked before anything is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from magnetc.diagnostics import MagnetError
from magnetc.ir.json import Json, wire
from magnetc.ir.spec import Recipe
from magnetc.teachers.prompt_program import PromptProgram, broken


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """`inputs` are what the compiler gives; `answers` examples that it can use, which the program's schema has to allow."""

    inputs: frozenset[str]
    answers: tuple[Json, ...]


PROGRAMS: Mapping[str, Contract] = {
    "back_translate": Contract(
        inputs=frozenset({"language", "style", "history", "operation", "goals", "values", "references", "hidden", "tools", "plain", "objections"}),
        answers=({"words": "Book it."},)),
    "forward_translate": Contract(
        inputs=frozenset({"now", "profile", "tools", "history"}),
        answers=({"calls": []}, {"calls": [{"name": "book", "arguments": {"seat": 1}}]})),
    "reply": Contract(inputs=frozenset({"language", "style", "history", "situation", "results", "plain"}), answers=({"words": "Done."},)),
}
"""What a build asks a model."""

ACTING: Mapping[str, Contract] = {
    "act": Contract(inputs=frozenset({"language", "system", "tools", "history", "situation", "hint", "plain", "reasoning"}),
                    answers=({"calls": [{"name": "book", "arguments": {"seat": 1}}]}, {"reasoning": "They want a seat.", "calls": [], "content": "Done."})),
}
"""What a build asks where the recipe's `positives` are the teacher's."""

MISLEADING: Mapping[str, Contract] = {
    "mislead": Contract(inputs=frozenset({"language", "system", "tools", "history", "hint"}),
                        answers=({"calls": [{"name": "book", "arguments": {"seat": 1}}]}, {"calls": [], "content": "Done."})),
}
"""What a build asks where the recipe's `negatives` are a model's that is misled."""

RESTYLING: Mapping[str, Contract] = {
    "restyle": Contract(inputs=frozenset({"language", "style", "who", "history", "text", "held", "objections"}), answers=({"words": "Book it."},)),
    "forward_translate": PROGRAMS["forward_translate"],
}
"""What `magnetc restyle` asks a model."""

DRAFTING: Mapping[str, Contract] = {
    "draft_turn": Contract(inputs=frozenset({"language", "tool", "slots", "required", "examples", "known", "wanted"}),
                           answers=({"phrases": [{"mood": "do", "text": "book a seat"}]},)),
    "draft_type": Contract(
        inputs=frozenset({"tools", "places", "types", "state"}),
        answers=({"types": [{"name": "Seat", "definition": {"base": "string", "minted": True}, "leaves": ["book(seat)"], "reason": "An id."}],
                  "plain": {"book -> /note": "Free text."}},
                 {"types": [{"name": "Seat", "leaves": ["book(seat)"], "reason": "It is there."}], "plain": {}})),
    "judge_dependency": Contract(
        inputs=frozenset({"source", "target"}),
        answers=({"kind": "none"}, {"reason": "They share it.", "kind": "full", "values": {"seat": "/seat"}}, {"kind": "prerequisite"})),
}
"""What `magnetc draft` asks a model, and `magnetc lock --judge`."""

JUDGING: Mapping[str, Contract] = {
    "judge_turn": Contract(inputs=frozenset({"now", "tools", "history", "right", "said"}),
                           answers=({"right": True}, {"reason": "It says another price.", "right": False})),
}
"""What `magnetc mine --judge` asks a model."""


def programs_of(recipe: Recipe) -> tuple[str, ...]:
    """The programs that a build of `recipe` asks."""
    return (*PROGRAMS, *(ACTING if recipe.acts else ()), *(MISLEADING if dict(recipe.negatives).get("mislead") else ()))


def check_program(program: PromptProgram) -> None:
    """Hold a program, of the recipe's or shipped, to its contract.

    Raises:
        MagnetError: MG420 when it takes what it is not given, or its schema forbids every answer that can be used.
    """
    contract = {**PROGRAMS, **ACTING, **MISLEADING, **RESTYLING, **DRAFTING, **JUDGING}[program.name]
    problems = []
    if strange := sorted(program.inputs.keys() - contract.inputs):
        problems.append(f"it takes `{strange[0]}`, which it is never given; there is {', '.join(f'`{name}`' for name in sorted(contract.inputs))}")
    elif missing := sorted(contract.inputs - program.inputs.keys()):
        problems.append(f"its head does not name the input `{missing[0]}`")
    if unknown := sorted(program.variables() - program.inputs.keys()):
        problems.append(f"its text asks for `{unknown[0]}`, which its head does not name")
    for answer in contract.answers:
        try:
            program.read(wire(answer))
        except ValueError as error:
            problems.append(f"its `output` forbids {wire(answer)}, which is what is made of its answers: {error}")
    if problems:
        raise MagnetError(*(broken(program.name, problem) for problem in problems))

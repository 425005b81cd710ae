"""The worlds that the conformance suite runs on, each with calls that show what it can do."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from magnetc.diagnostics import Sink
from magnetc.frontend import load
from magnetc.ir.spec import WorldSpec
from magnetc.source import Origin
from magnetc.tools.worlds.protocol import Ref, Step

DATA = Path(__file__).parents[1] / "data"
NOW = "2026-03-02T09:00:00Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One world. `write` and `other` change its state, in ways that differ; `read` does not; `wrong` is refused.

    `chain` is a program whose last step takes a value from an earlier result; `pattern` is in the state, and not empty. A world
    without state has no `write`, and none of what needs one is tested. `behind` runs what the world needs to be there.
    """

    name: str
    spec: WorldSpec
    folder: Path = DATA / "worlds"
    read: Step
    wrong: Step
    chain: tuple[Step, ...]
    write: Step | None = None
    other: Step | None = None
    pattern: str = ""
    behind: Callable[[], AbstractContextManager[None]] | None = None


def python_spec(target: str) -> WorldSpec:
    return WorldSpec(python=target, now=NOW, origin=Origin("recipe.yaml", "/world"))


_SEARCH = Step(call="search_flights", args={"destination": "Lyon"})

PYTHON = (
    Case(
        name="python",
        spec=python_spec("travel:TravelWorld"),
        read=_SEARCH,
        wrong=Step(call="book_flight", args={"flight_id": "none"}),
        chain=(_SEARCH, Step(call="book_flight", args={"seats": 2},
                             refs={"/flight_id": Ref(step=0, at="/flights/*/flight_id", pick="least", by="price")})),
        write=Step(call="book_flight", args={"flight_id": "F0"}),
        other=Step(call="book_flight", args={"flight_id": "F1"}),
        pattern="/flights/*/flight_id",
    ),
)


def recipe_spec(name: str) -> WorldSpec:
    """The world of a recipe of the tests."""
    sink = Sink()
    spec = load(DATA / "recipes" / name, sink, {})
    assert spec is not None, sink.diagnostics
    return spec.recipe.world


_LOW = Step(call="list_tasks", args={"priority": "low"})
_ADD = Step(call="add_task", args={"subject": "pay the rent", "priority": "low"})

SIMULATED = (
    Case(
        name="simulated",
        spec=recipe_spec("errands"),
        folder=DATA / "recipes" / "errands",
        read=_LOW,
        wrong=Step(call="get_task", args={"task_id": "none"}),
        chain=(_LOW, Step(call="set_priority", args={"new_priority": "high"},
                          refs={"/task_id": Ref(step=0, at="/tasks/*/task_id", pick="least")})),
        write=_ADD,
        other=Step(call="order_delivery", args={"goods": "flowers", "parcels": 2, "day": "2026-05-09"}),
        pattern="/entities/TaskId/*/subject",
    ),
)

"""How ToolQuery scores, as AgentBoard computes it: subgoals are results that an agent has to have seen, the answer among them.

The progress rate of a task is the share of its subgoals that some call has given so far; a task succeeds when the agent ended it and all of them
were given. Written anew from AgentBoard's environments (`academia_env.py`, `movie_env.py`, `weather_env.py`) and its task `tool.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import asin, cos, radians, sin, sqrt
from typing import Any

from magnetc.ir.json import Json

MOST_STEPS = 30
"""Of a task, as `eval_configs/main_results_all_tasks.yaml` of AgentBoard has it."""

_EARTH_KM, _NEAR_KM = 6371, 50
_MOVIE = frozenset({"overview", "biography", "vote_average", "genres", "revenue", "budget", "release_date"})
_TEMPERATURE = ("temperature_2m_max", "temperature_2m_min", "temperature_2m_mean")


def cleaned(family: str, result: Json) -> Json:
    """What of a result is compared: without fields that may change from day to day in the services behind the tools."""
    match family, result:
        case "weather", {"daily": {"temperature_2m_max": _} as daily}:
            return {**result, "daily": {key: value for key, value in daily.items() if key not in _TEMPERATURE}}
        case "movie", dict():
            return _less(result)
        case "movie", list():
            return [_less(item) if isinstance(item, dict) else item for item in result]
        case _:
            return result


def _less(record: dict[str, Json]) -> dict[str, Json]:
    return {key: value for key, value in record.items() if key not in _MOVIE}


def reached(family: str, subgoals: Sequence[Json], given: Sequence[Json]) -> int:
    """How many subgoals are among what calls have given, each used once; `given` is cleaned."""
    left, count = list(given), 0
    for subgoal in subgoals:
        found = next((number for number, value in enumerate(left) if _same(family, subgoal, value)), None)
        if found is not None:
            del left[found]
            count += 1
    return count


def _same(family: str, subgoal: Json, value: Json) -> bool:
    """Equality, but that weather of a place within 50 kilometers is that of the place."""
    if family == "weather" and _has_place(subgoal):
        return _has_place(value) and _rest(subgoal) == _rest(value) and _near(subgoal, value)
    return subgoal == value


def _has_place(value: Json) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(key), (int, float)) for key in ("latitude", "longitude"))


def _rest(value: dict[str, Any]) -> dict[str, Any]:
    return {key: item for key, item in value.items() if key not in ("latitude", "longitude")}


def _near(one: dict[str, Any], other: dict[str, Any]) -> bool:
    first, second = radians(one["latitude"]), radians(other["latitude"])
    wide = radians(other["longitude"] - one["longitude"])
    half = sin((second - first) / 2) ** 2 + cos(first) * cos(second) * sin(wide / 2) ** 2
    return 2 * _EARTH_KM * asin(min(1.0, sqrt(half))) < _NEAR_KM


class Progress:
    """Of one task: told of calls in their order, it knows the progress rate (the highest so far)."""

    def __init__(self, family: str, subgoals: Sequence[Json]):
        self._family, self._subgoals = family, subgoals
        self._given: list[Json] = []
        self.rate = 0.0

    def add(self, result: Json, *, failed: bool = False) -> None:
        """A call was executed. One that failed reaches nothing; nor does AgentBoard look at what says "Invalid" before the next call."""
        if not failed:
            self._given.append(cleaned(self._family, result))
        if self._subgoals and "Invalid" not in str(result):
            self.rate = max(self.rate, reached(self._family, self._subgoals, self._given) / len(self._subgoals))


def ends(name: str, arguments: Json) -> bool:
    """Whether a call ends its task: for AgentBoard, one in whose text "finish" occurs, be it in an argument."""
    text = f"{name} {arguments}"
    return "finish" in text or "Finish" in text

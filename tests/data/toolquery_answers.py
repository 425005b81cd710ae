"""The answer of a task, worked out anew from results by what the task says of it (`how`), and what of a result is a subgoal: apart from the code that scores."""

from __future__ import annotations

from typing import Any

NO_SUBGOALS = {"movie": {"overview", "biography", "vote_average", "genres", "revenue", "budget", "release_date"},
               "weather": {"temperature_2m_max", "temperature_2m_min", "temperature_2m_mean"}}


def cleaned(family: str, result: Any) -> Any:
    """A result without the fields that ToolQuery does not compare."""
    if family == "movie" and isinstance(result, dict):
        return {key: value for key, value in result.items() if key not in NO_SUBGOALS["movie"]}
    if family == "weather" and isinstance(result, dict) and "temperature_2m_max" in result.get("daily", {}):
        return {**result, "daily": {key: value for key, value in result["daily"].items() if key not in NO_SUBGOALS["weather"]}}
    return result


def values(results: list[Any], place: list[Any]) -> list[Any]:
    """What stands at [number of the call, pointer]; `*` for each item of a list."""
    found = [results[place[0]]]
    for part in place[1].split("/")[1:]:
        found = [item for value in found for item in (value if part == "*" else [value[int(part)] if isinstance(value, list) else value[part]])]
    return found


def derive(how: dict[str, Any], results: list[Any]) -> Any:
    def get(name: str = "of") -> list[Any]:
        return values(results, how[name])

    def each() -> list[float | str]:
        groups = [values(results, place) for place in how["each"]]
        return [group[0] if len(group) == 1 else sum(group) for group in groups]

    def names() -> list[str]:
        return [name if isinstance(name, str) else values(results, name)[0] for name in how["names"]]

    def chosen() -> list[dict[str, Any]]:
        return [item for item in get()[0] if item[how["field"]] == how["is"]]

    def days() -> list[tuple[str, float]]:
        return [day for name in ("of", "and") if name in how for day in zip(results[how[name][0]]["daily"]["time"], get(name))]

    match how["do"]:
        case "at":
            (value,) = get()
        case "all":
            value = sorted(get())
        case "sum":
            value = round(sum(get()), 1)
        case "most":
            value = max(get())
        case "least":
            value = min(get())
        case "count":
            value = len(get())
        case "when most":
            most = max(amount for _, amount in days())
            (value,) = [day for day, amount in days() if amount == most]
        case "days above":
            value = sum(amount > how["than"] for _, amount in days())
        case "days with":
            value = [day for day, amount in days() if amount > how["than"]]
        case "difference":
            value = round(get()[0] - get("and")[0], 1)
        case "common":
            value = sorted(set(get()) & set(get("and")))
        case "greater":
            (first,), (second,) = get(), get("and")
            assert first != second
            value = how["names"][first < second]
        case "which most" | "which least":
            found = each()
            best = (max if how["do"] == "which most" else min)(found)
            (value,) = [name for name, amount in zip(names(), found) if amount == best]
        case "where":
            (value,) = [item[how["take"]] for item in chosen()]
        case "count where":
            value = len(chosen())
        case "all where":
            value = sorted(item[how["take"]] for item in chosen())
        case "each":
            value = sorted(each())
        case "sum of":
            value = sum(each())
        case "count all":
            value = len({item for place in how["each"] for item in values(results, place)})
        case other:
            raise ValueError(other)
    return value

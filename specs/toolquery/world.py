"""ToolQueryWorld: weather, movies and papers of our own behind tools that are called as those of AgentBoard's ToolQuery are.

Deterministic: what the weather is like on a day follows from the place and the day, by whole numbers alone. Ids are minted from the seed.
"""

from __future__ import annotations

from typing import Any

from academia import Academia
from cinema import Cinema
from weather import Weather

FAMILIES = {"weather": Weather, "movie": Cinema, "academia": Academia}


class ToolQueryWorld(Weather, Cinema, Academia):
    """`today`, `city` and `family` (whose tools are offered, none: all) are of the state; so is what the nets and `finish` leave behind."""

    def __init__(self, state: dict[str, Any] | None, seed: int, now: str):
        state = state if state is not None else initial_state(seed, now)
        self.seed, self.now, self.given = seed, now, state
        self.today, self.city, self.family = state["today"], state["city"], state["family"]
        self.loaded: tuple[str, ...] = tuple(state["loaded"])
        self.answer: Any = state["answer"]

    def state(self) -> dict[str, Any]:
        """Everything, as JSON; `cities`, `stations`, `movies`, `people`, `papers`, `authors`,
        `pairs`, `citations` and `nodes` are what a person can name."""
        return {**self.given, **self.observe()}

    def observe(self) -> dict[str, Any]:
        """What tools change: which nets are loaded, what was answered."""
        return {"loaded": list(self.loaded), "answer": self.answer}

    def snapshot(self) -> ToolQueryWorld:
        """Nothing that a tool changes is shared: both are replaced as a whole."""
        other = object.__new__(ToolQueryWorld)
        other.__dict__.update(self.__dict__)
        return other

    def check_valid_actions(self) -> dict[str, list[str]]:
        offered = [FAMILIES[self.family]] if self.family else list(FAMILIES.values())
        return {"actions": [name for tools in offered for name in vars(tools) if not name.startswith("_")] + ["check_valid_actions", "finish"]}

    def finish(self, answer: Any) -> Any:
        """The answer of the task; the order of a list does not count."""
        self.answer = sorted(answer) if isinstance(answer, list) else answer
        return self.answer


def initial_state(seed: int, now: str) -> dict[str, Any]:
    """Of each seed another city is the user's, another part of everything is what they speak of."""
    cities = Weather._city_names()
    return {
        "today": now[:10], "city": cities[seed % len(cities)]["name"], "family": "", "loaded": [], "answer": None,
        "cities": _part(cities, seed), "stations": _part(Weather._station_places(), seed), "movies": _part(Cinema._movie_titles(), seed),
        "people": _part(Cinema._person_names(), seed), "papers": _part(Academia._paper_titles(), seed), "authors": _part(Academia._author_names(), seed),
        "pairs": _part(Academia._author_pairs(), seed), "citations": _part(Academia._paper_pairs(), seed),
        "nodes": _part(Academia._nodes_with_neighbors(), seed),
    }


def _part(rows: list[dict[str, Any]], seed: int) -> list[dict[str, Any]]:
    """Some of the rows, others for each seed: two of three."""
    return [row for number, row in enumerate(rows) if (number + seed) % 3]

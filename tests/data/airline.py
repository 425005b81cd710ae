"""A small airline for tests of equivalence: it mints ids by a rule that is given, and quotes them in keys and in texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any

from magnetc.tools.worlds.equivalence import Execution, Made

Step = tuple[str, ...]
"""("search", flight, city), ("book", booking, flight), ("cancel", booking), ("read", booking) or ("budget", amount): flights
and bookings by names of the program's own."""


class Airline:
    """Runs programs. `mint` says the n-th id."""

    def __init__(self, mint: Callable[[int], str]):
        self.mint, self.count = mint, 0
        self.ids: dict[str, str] = {}
        self.made: list[Made] = []
        self.state: dict[str, Any] = {"log": [], "flights": {}, "bookings": {}, "latest": None, "budget": 0}

    def run(self, program: Iterable[Step]) -> Execution:
        for kind, *arguments in program:
            getattr(self, kind)(*arguments)
        return Execution(list(self.made), deepcopy(self.state))

    def _mint(self, name: str) -> str:
        self.count += 1
        self.ids[name] = self.mint(self.count)
        return self.ids[name]

    def _made(self, function: str, arguments: dict[str, Any], result: dict[str, Any]) -> None:
        self.made.append(Made(function, arguments, deepcopy(result)))

    def search(self, flight: str, city: str) -> None:
        found = self._mint(flight)
        self.state["flights"][found] = city
        self._made("search_flights", {"destination": city}, {"flights": [{"flight_id": found, "price": 90, "departs": "2026-03-04"}]})

    def book(self, booking: str, flight: str) -> None:
        chosen, made = self.ids[flight], self._mint(booking)
        self.state["bookings"][made] = {"flight": chosen, "seats": 1}
        self.state["latest"] = made
        self.state["log"].append(f"{made}: booked on {chosen}.")
        self._made("book_flight", {"flight_id": chosen}, {"note": f"Your reference is {made}.", "booking_id": made, "price": 90})

    def cancel(self, booking: str) -> None:
        del self.state["bookings"][self.ids[booking]]
        self.state["log"].append(f"{self.ids[booking]}: cancelled.")
        self._made("cancel_booking", {"booking_id": self.ids[booking]}, {"refund": 80})

    def read(self, booking: str) -> None:
        flight = self.state["bookings"][self.ids[booking]]["flight"]
        self._made("get_booking", {"booking_id": self.ids[booking]}, {"date": "2026-03-04", "origin": self.state["flights"][flight]})

    def budget(self, amount: str) -> None:
        self.state["budget"] = int(amount)
        self._made("set_budget", {"amount": int(amount)}, {})

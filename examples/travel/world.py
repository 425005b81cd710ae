"""TravelWorld: one person, their trips, money, messages and calendar. Deterministic; its tools take microseconds."""

from __future__ import annotations

from office import Office
from trips import Trips


class TravelWorld(Trips, Office):
    """The tools are in `trips` and `office`, the state in `tables`, where it comes from in `persona`."""

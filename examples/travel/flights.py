"""The flight schedule: what flies from one city to another on a day, worked out from the route and the day.

Nothing is stored: a flight is five small numbers, and its id is those numbers in code. `salt` is part of the world's
state, so that prices and times stay the same when the world's seed, and with it every id, is another one.
"""

from __future__ import annotations

from hashlib import blake2b
from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple

from data import AIRCRAFT, CABINS, CARRIERS

PARTS = ("morning", "afternoon", "evening")
CABIN_NAMES = tuple(CABINS)
_FIRST_DEPARTURE = (360, 540, 745, 905, 1065, 1200)  # minutes after midnight, two slots to each part of the day
_DAYS, _SLOTS, _CITIES = 2048, 8, 24


class City(NamedTuple):
    """A place one can fly to. `index` is its place in the world's list."""

    index: int
    name: str
    airport: str
    airport_name: str
    country: str
    currency: str
    latitude: float
    longitude: float
    utc: int


class Flight(NamedTuple):
    """`day` counts from the world's first day; `price` is in the origin's currency; `departs` counts from midnight."""

    origin: City
    destination: City
    day: int
    slot: int
    cabin: str
    departs: int
    minutes: int
    price: float
    carrier: str
    aircraft: str
    seats_left: int

    @property
    def number(self) -> int:
        """The flight as one number below 2**25, for its id."""
        route = self.origin.index * _CITIES + self.destination.index
        return ((route * _DAYS + self.day) * _SLOTS + self.slot) * len(CABINS) + CABIN_NAMES.index(self.cabin)

    @property
    def departure(self) -> str:
        return clock(self.departs)

    @property
    def arrival(self) -> str:
        """Local time at the destination."""
        return clock(self.departs + self.minutes + 60 * (self.destination.utc - self.origin.utc))


def unpack(number: int) -> tuple[int, int, int, int, str]:
    """Origin, destination, day, slot and cabin of a flight's number."""
    number, cabin = divmod(number, len(CABINS))
    number, slot = divmod(number, _SLOTS)
    number, day = divmod(number, _DAYS)
    origin, destination = divmod(number, _CITIES)
    return origin, destination, day, slot, CABIN_NAMES[cabin]


def clock(minutes: int) -> str:
    hours, rest = divmod(minutes % 1440, 60)
    return f"{hours:02d}:{rest:02d}"


def kilometers(a: City, b: City) -> float:
    """Great-circle distance."""
    north, south = radians(a.latitude), radians(b.latitude)
    half = sin((south - north) / 2) ** 2 + cos(north) * cos(south) * sin(radians(b.longitude - a.longitude) / 2) ** 2
    return 12742.0 * asin(sqrt(half))


def flights_on(salt: int, origin: City, destination: City, day: int, weekday: int, cabin: str, rate: float) -> list[Flight]:
    """Three or four flights, one or two in each part of the day, with prices that differ, in order of departure.

    `rate` is how much of the origin's currency a US dollar buys.
    """
    noise = blake2b(f"{salt}/{origin.name}/{destination.name}/{day}".encode(), digest_size=32).digest()
    distance = kilometers(origin, destination)
    minutes = 5 * round((35 + distance / 13.3) / 5)
    fare = (42 + 0.078 * distance) * (1.18 if weekday >= 4 else 1.0) * (1.35 if day < 7 else 1.12 if day < 14 else 1.0)
    flights: list[Flight] = []
    prices: set[int] = set()
    for slot in range(6):
        part = slot // 2
        if noise[30] % 4 != part and slot % 2 != noise[part] % 2:  # this slot does not fly today
            continue
        draw = noise[3 + 4 * slot : 7 + 4 * slot]
        price = round(fare * (0.72 + 0.66 * draw[0] / 255) * CABINS[cabin] * rate)
        while price in prices:
            price += 3
        prices.add(price)
        flights.append(Flight(
            origin, destination, day, slot, cabin, _FIRST_DEPARTURE[slot] + 5 * (draw[1] % 25), minutes, float(price),
            CARRIERS[draw[2] % len(CARRIERS)], AIRCRAFT[draw[3] % len(AIRCRAFT)], 2 + draw[3] // 8,
        ))
    return flights

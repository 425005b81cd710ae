"""A module that must not be run when its functions are imported."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import date as day_of
from typing import Annotated, Literal, NamedTuple, NewType, NotRequired, Optional, TypedDict

from places import City, Place
from pydantic import BaseModel, Field

raise SystemExit("executed")

BookingId = NewType("BookingId", str)
LIMIT = 10


class Cabin(enum.StrEnum):
    ECONOMY = enum.auto()
    FIRST = "first-class"


class Flight(TypedDict):
    """A flight.

    Attributes:
        id: Its code.
    """

    id: str
    price: NotRequired[float]


class Comment(BaseModel):
    text: str = Field(min_length=1, description="What it says.")
    stars: int | None = Field(None, ge=1, le=5)
    replies: list[Comment] = []


@dataclass
class Base:
    when: day_of


@dataclass
class Trip(Base):
    stops: list[City] = field(default_factory=list)
    cabin: Cabin = Cabin.ECONOMY


class Spot(NamedTuple):
    latitude: float
    longitude: float


def search(origin: City, destination: str, /, day: day_of, cabin: Cabin = Cabin.FIRST, *, limit: int = LIMIT,
           near: Spot | None = None) -> list[Flight]:
    """Search flights.

    Of all carriers.

    Args:
        origin: Where from.
        destination (str): Where to.

    Returns:
        The flights, cheapest first.
    """


async def plan(trip: Trip, mode: Literal["fast", "cheap"] = "fast", speed: Annotated[float, Field(gt=0), "In knots."] = 1.5,
               tags: Optional[dict[str, str]] = None, *args, **kwargs) -> BookingId:
    """:param mode: How.
    :returns: Its id."""


def old(name, kind="x", size=3):
    """Do it the old way.

    Parameters
    ----------
    name : {'a', 'b'}
        Which.
    kind : string, optional
        Of what kind.

    Returns
    -------
    list of int
        Sizes.
    """


def comment(comment: "Comment", at: Place) -> None: ...


def _hidden(): ...


def main(): ...

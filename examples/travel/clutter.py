"""A fuller world: more to choose from, more mail, a past, and results that say more than was asked."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

from data import FIRST_NAMES, HOTEL_FIRST, HOTEL_LAST, LAST_NAMES, RATES
from persona import contact_row


def fuller(state: dict[str, Any], now: str, *, things: bool, details: bool) -> dict[str, Any]:
    """The state with more `things` in it, and with results that give `details`."""
    rng = Random(f"travel/clutter/{state['salt']}")
    if things:
        state = {**state, **_people(state, rng), "hotels": state["hotels"] + _hotels(state, rng)}
        state |= _mail(state, rng) | _past(state, rng, date.fromisoformat(now[:10]))
        state["next"] = {**state["next"], "bookings": len(state["bookings"]), "messages": len(state["messages"])}
    return {**state, "details": True} if details else state


def _people(state: dict[str, Any], rng: Random) -> dict[str, Any]:
    """Twelve more contacts, each with a first name of its own."""
    known = {state["profile"]["first_name"], *(row["first_name"] for row in state["contacts"].values())}
    names = rng.sample([name for name in FIRST_NAMES if name not in known], 12)
    made = {str(n): {**contact_row(name, rng.choice(LAST_NAMES)), "city": rng.choice(state["cities"])["name"]}
            for n, name in enumerate(names, len(state["contacts"]))}
    return {"contacts": {**state["contacts"], **made}}


def _hotels(state: dict[str, Any], rng: Random) -> list[dict[str, Any]]:
    """Two more hotels in each city, at rates that no other there has."""
    taken = {hotel["name"] for hotel in state["hotels"]}
    names = [name for first in HOTEL_FIRST for last in HOTEL_LAST if (name := last.format(first)) not in taken]
    rng.shuffle(names)
    made = []
    for city in state["cities"]:
        rates = {hotel["rate"] for hotel in state["hotels"] if hotel["city"] == city["name"]}
        for stars in rng.sample((3, 4, 5), 2):
            rate = float(round(rng.uniform(60, 90) * (stars - 1.2) * RATES[city["currency"]]))
            while rate in rates:
                rate += 1
            rates.add(rate)
            made.append({"name": names.pop(), "city": city["name"], "stars": stars, "rate": rate})
    return made


def _mail(state: dict[str, Any], rng: Random) -> dict[str, Any]:
    """Nine more messages received."""
    places = ("Gate", "Platform", "Hall", "Desk", "Zone")
    texts = [f"{place} {letter}{rng.randrange(2, 60)}, {rng.randrange(7, 22):02d}:{rng.randrange(1, 12) * 5:02d}"
             for place in places for letter in "DEF"]
    made = {str(n): {"contact": rng.choice(sorted(state["contacts"])), "text": text, "sent": False}
            for n, text in enumerate(rng.sample(texts, 9), len(state["messages"]))}
    return {"messages": {**state["messages"], **made}}


def _past(state: dict[str, Any], rng: Random, today: date) -> dict[str, Any]:
    """Thirty trips of the last two years, as bookings that were flown."""
    first = len(state["bookings"])
    made = {}
    for number in range(first, first + 30):
        origin, destination = rng.sample(state["cities"], 2)
        made[str(number)] = {
            "origin": origin["name"], "destination": destination["name"], "date": (today - timedelta(rng.randrange(20, 700))).isoformat(),
            "departs": f"{rng.randrange(6, 21):02d}:{rng.randrange(0, 12) * 5:02d}", "slot": 0, "cabin": "economy", "bags": rng.randrange(3),
            "price": float(round(rng.uniform(60, 400) * RATES[origin["currency"]])), "currency": origin["currency"],
            "passenger": state["profile"]["name"], "status": "flown"}
    return {"bookings": {**state["bookings"], **made}}

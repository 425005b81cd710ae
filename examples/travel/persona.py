"""The initial state of a variant: who the user is, whom they know, what they have planned, where one can go."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

from data import (
    CITIES,
    EVENT_TITLES,
    FIRST_NAMES,
    HOTEL_FIRST,
    HOTEL_LAST,
    LAST_NAMES,
    NOTES,
    RATES,
    SEATS,
    SERVICE,
    TIERS,
)
from flights import City, Flight, flights_on


def make_state(seed: int, now: str) -> dict[str, Any]:
    """A state for TravelWorld, fixed by `seed`: about 8 KB of JSON. Tables are keyed by row number, without ids."""
    rng = Random(f"travel/{seed}")
    today = date.fromisoformat(now[:10])
    cities = sorted(rng.sample(CITIES, 14))
    first_names = rng.sample(FIRST_NAMES, 8)
    people = [(first, rng.choice(LAST_NAMES)) for first in first_names]
    home = rng.choice(cities)
    contacts = {str(n): {**contact_row(*person), "city": rng.choice(cities)[0]} for n, person in enumerate(people[1:])}
    rates = {code: round(rate * rng.uniform(0.97, 1.03), 4) if code != "USD" else rate for code, rate in RATES.items()}
    salt = rng.randrange(1 << 30)
    bookings = _bookings(rng, salt, cities, home, rates, today, people[0])
    titles = rng.sample(EVENT_TITLES, 4)
    return {
        "salt": salt,
        "profile": {**contact_row(*people[0]), "home_city": home[0], "currency": home[4]},
        "account": {"phone": f"+1 617 555 {rng.randrange(1000, 9999)}", "seat": rng.choice(SEATS), "tier": rng.choice(TIERS),
                    "main": rng.choice(("checking", "savings"))},
        "balances": {name: float(round(rng.uniform(4000, 12000) * RATES[home[4]])) for name in ("checking", "savings")},
        "map_unit": "mi" if home[4] in ("USD", "GBP") else "km",
        "rates": rates,
        "cities": [dict(zip(City._fields[1:], row)) for row in cities],
        "hotels": _hotels(rng, cities),
        "contacts": contacts,
        "events": {str(n): {"title": title, "date": (today + timedelta(rng.randrange(1, 18))).isoformat(),
                            "time": f"{rng.randrange(8, 20):02d}:{rng.choice(('00', '30'))}",
                            "with": rng.choice(first_names[1:]), "reminder": None}
                   for n, title in enumerate(titles)},
        "messages": {str(n): {"contact": contact, "text": text, "sent": False}
                     for n, (contact, text) in enumerate(zip(rng.sample(sorted(contacts), 3), rng.sample(NOTES, 3)))},
        "bookings": bookings, "holds": {}, "reservations": {}, "transfers": {},
        "next": {"bookings": len(bookings), "holds": 0, "reservations": 0, "transfers": 0, "events": 4, "messages": 3},
    }


def contact_row(first: str, last: str) -> dict[str, str]:
    return {"first_name": first, "name": f"{first} {last}", "email": f"{first}.{last}@example.org".lower()}


def _hotels(rng: Random, cities: list[tuple]) -> list[dict[str, Any]]:
    """Three hotels in each city, one of each of three standards, with rates that differ."""
    names = [pattern.format(first) for first in HOTEL_FIRST for pattern in HOTEL_LAST]
    rng.shuffle(names)
    hotels = []
    for city in cities:
        standards = rng.sample((3, 4, 5), 3)
        for stars in standards:
            dollars = rng.uniform(62, 88) * (stars - 1.4)
            rate = round(dollars * RATES[city[4]])
            hotels.append({"name": names.pop(), "city": city[0], "stars": stars, "rate": float(rate)})
    return hotels


def _bookings(rng: Random, salt: int, rows: list[tuple], home: tuple, rates: dict[str, float], today: date,
              person: tuple[str, str]) -> dict[str, dict[str, Any]]:
    """Two flights from home that the user has booked before, to different cities on different days."""
    cities = [City(index, *row) for index, row in enumerate(rows)]
    origin = cities[rows.index(home)]
    bookings = {}
    for number, destination in enumerate(rng.sample([city for city in cities if city is not origin], 2)):
        day = rng.randrange(5, 20) + 20 * number
        schedule = flights_on(salt, origin, destination, day, (today + timedelta(day)).weekday(), "economy", rates[origin.currency])
        flight = rng.choice(schedule)
        price = flight.price + round(SERVICE * rates[origin.currency])
        bookings[str(number)] = booking_row(flight, (today + timedelta(day)).isoformat(), price, " ".join(person))
    return bookings


def booking_row(flight: Flight, day: str, price: float, passenger: str) -> dict[str, Any]:
    """A confirmed booking as the table has it. `price` is the fare with the service charge."""
    return {"origin": flight.origin.name, "destination": flight.destination.name, "date": day,
            "departs": flight.departure, "slot": flight.slot, "cabin": flight.cabin, "bags": 0, "price": price,
            "currency": flight.origin.currency, "passenger": passenger, "status": "confirmed"}

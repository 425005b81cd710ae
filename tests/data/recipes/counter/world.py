"""A box office: one signs in before one books; shows sell out, money runs out."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from hashlib import sha256

TITLES = ("Marigold", "Nine Doors", "Tin Moon", "Harlequin", "Low Tide", "Orchard", "Paper Kings", "Velvet")
GENRES = ("comedy", "drama", "opera", "circus")


def _code(*key: object) -> str:
    return sha256(repr(key).encode()).hexdigest()[:6].upper()


class Counter:
    def __init__(self, state, seed, now):
        self.seed, self.today = seed, date.fromisoformat(now[:10])
        if state is None:
            shows = {str(i): {"title": title, "genre": GENRES[i % 4], "price": 12.0 + 9 * ((i * 5 + seed) % 7), "left": 2 + (seed + i) % 5}
                     for i, title in enumerate(TITLES)}
            state = {"signed_in": False, "funds": 160.0, "shows": shows, "bookings": {}, "minted": 0,
                     "profile": {"name": "Ada Berg", "passcode": f"P-{seed % 9000 + 1000}"}}
        self.data = deepcopy(state)

    def state(self):
        return self.data

    def observe(self):
        return {name: value for name, value in self.data.items() if name != "minted"}

    def profile(self):
        return self.data["profile"]

    def snapshot(self):
        copy = object.__new__(Counter)
        copy.seed, copy.today, copy.data = self.seed, self.today, deepcopy(self.data)
        return copy

    def _show(self, show_id):
        for number, show in self.data["shows"].items():
            if "SH" + _code(self.seed, number) == show_id:
                return show
        raise ValueError(f"There is no show {show_id}.")

    def sign_in(self, passcode):
        if passcode != self.data["profile"]["passcode"]:
            raise ValueError("That is not the passcode.")
        self.data["signed_in"] = True
        return {"name": self.data["profile"]["name"]}

    def find_shows(self, genre):
        found = [{"show_id": "SH" + _code(self.seed, number), "title": show["title"], "price": show["price"]}
                 for number, show in self.data["shows"].items() if show["genre"] == genre]
        if not found:
            raise ValueError(f"Nothing of the genre {genre} is on.")
        return {"shows": found}

    def book_seats(self, show_id, day, seats):
        show = self._show(show_id)
        if not self.data["signed_in"]:
            raise ValueError("Sign in first.")
        if date.fromisoformat(day).weekday() == 0:
            raise ValueError("There is no show on Mondays.")
        if seats > show["left"]:
            raise ValueError("There are not enough seats left.")
        if seats * show["price"] > self.data["funds"]:
            raise ValueError("There is not enough on the account.")
        self.data["minted"] += 1
        booking_id = "BK" + _code(self.seed, "booking", self.data["minted"])
        total = seats * show["price"]
        show["left"] -= seats
        self.data["funds"] -= total
        self.data["bookings"][booking_id] = {"title": show["title"], "day": day, "seats": seats, "total": total}
        return {"booking_id": booking_id, "title": show["title"], "day": day, "total": total}

    def cancel_seats(self, booking_id):
        if booking_id not in self.data["bookings"]:
            raise ValueError(f"There is no booking {booking_id}.")
        booking = self.data["bookings"].pop(booking_id)
        show = next(show for show in self.data["shows"].values() if show["title"] == booking["title"])
        show["left"] += booking["seats"]
        self.data["funds"] += booking["total"]
        return {"refund": booking["total"]}

    def get_funds(self):
        return {"funds": self.data["funds"]}

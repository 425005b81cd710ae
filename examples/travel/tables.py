"""The world's tables: what is read, what changes, and how both become JSON, a copy, or a row behind an id."""

from __future__ import annotations

from datetime import date, timedelta
from hashlib import blake2b
from typing import Any, Self

from clutter import fuller
from flights import City
from ids import mint, number_of
from persona import make_state

MUTABLE = ("account", "balances", "events", "messages", "bookings", "holds", "reservations", "transfers", "next")
"""Tables that tools change. Their rows never change: a tool puts a new row in the place of the old one, so that a
snapshot copies these nine small dictionaries and shares everything else."""

TABLE = {"booking": "bookings", "event": "events", "hold": "holds", "message": "messages",
         "reservation": "reservations", "transfer": "transfers", "contact": "contacts"}


class Tables:
    def __init__(self, state: dict[str, Any] | None, seed: int, now: str):
        initial = state if state is not None else make_state(seed, now)
        self.seed, self.now = seed, now
        self.fixed = {name: table for name, table in initial.items() if name not in MUTABLE}
        self.today = date.fromisoformat(now[:10])
        self.cities = {row["name"]: City(index, **row) for index, row in enumerate(initial["cities"])}
        self.contacts, self.hotels, self.rates = initial["contacts"], initial["hotels"], initial["rates"]
        for name in MUTABLE:
            setattr(self, name, dict(initial[name]))

    def state(self) -> dict[str, Any]:
        """Everything, as JSON."""
        return {**self.fixed, **self.observe()}

    def observe(self) -> dict[str, Any]:
        """What tools can change. No ids: two executions that differ in the world's seed alone look alike."""
        return {name: dict(getattr(self, name)) for name in MUTABLE}

    def snapshot(self) -> Self:
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        for name in MUTABLE:
            setattr(twin, name, getattr(self, name).copy())
        return twin

    def profile(self) -> dict[str, str]:
        """What the system message shows of the user."""
        shown = self.fixed["profile"]
        return {name: shown[name] for name in ("name", "email", "home_city")}

    def clutter(self, state: bool, results: bool) -> None:
        """Have more in the world, say more in results; before anything is called."""
        Tables.__init__(self, fuller(self.state(), self.now, things=state, details=results), self.seed, self.now)

    # What tools share. Names start with an underscore: these are no tools.

    def _id(self, kind: str, number: int | str) -> str:
        return mint(self.seed, kind, int(number))

    def _add(self, kind: str, row: dict[str, Any]) -> str:
        """Put a row at the end of a table and mint its id."""
        table = TABLE[kind]
        number = self.next[table]
        self.next[table] = number + 1
        getattr(self, table)[str(number)] = row
        return self._id(kind, number)

    def _find(self, kind: str, code: str) -> tuple[str, dict[str, Any]]:
        """The key and row behind an id."""
        key = str(number_of(self.seed, kind, code))
        row = getattr(self, TABLE[kind]).get(key)
        if row is None:
            raise ValueError(f"There is no {kind} with the id {code}.")
        return key, row

    def _more(self, key: object, **details: Any) -> dict[str, Any]:
        """Further fields of a result's row in a world that gives details: a reference of it, and `details`."""
        if not self.fixed.get("details"):
            return {}
        reference = blake2b(f"{self.fixed['salt']}/{key}".encode(), digest_size=6).hexdigest()
        return {"reference": f"ref-{reference}", "source": "reservations", "verified": True, **details}

    def _pay(self, amount: float, currency: str) -> str:
        """Take an amount from the account that the user pays from; a negative one is paid back. The account's name."""
        own, account = self.fixed["profile"]["currency"], self.account["main"]
        charged = amount if currency == own else self._exchange(amount, currency, own)
        if charged > self.balances[account]:
            raise ValueError(f"The {account} account has only {self.balances[account]:.2f} {own}.")
        self.balances[account] = round(self.balances[account] - charged, 2)
        return account

    def _exchange(self, amount: float, source: str, target: str) -> float:
        for code in (source, target):
            if code not in self.rates:
                raise ValueError(f"{code} is not a currency on offer; use {', '.join(self.rates)}.")
        return round(amount / self.rates[source] * self.rates[target], 0 if target == "JPY" else 2)

    def _city(self, name: str) -> City:
        if name not in self.cities:
            raise ValueError(f"{name} is not a city in this network.")
        return self.cities[name]

    def _day(self, text: str) -> int:
        """Days from the world's today to a date that must not be past."""
        try:
            day = (date.fromisoformat(text) - self.today).days
        except (ValueError, TypeError):
            raise ValueError(f"{text} is not a date; write YYYY-MM-DD.") from None
        if day < 0:
            raise ValueError(f"{text} is in the past.")
        if day > 360:
            raise ValueError(f"{text} is too far ahead; bookings open 360 days before.")
        return day

    def _date(self, day: int) -> str:
        return (self.today + timedelta(days=day)).isoformat()

"""Everything around a trip: the account, money, maps, messages and the calendar."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from data import METERS, SEATS
from flights import kilometers
from tables import Tables

Result = dict[str, Any]
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_PHONE = re.compile(r"\+?[\d ]{7,18}")


class Office(Tables):
    # account

    def get_profile(self) -> Result:
        return {"phone": self.account["phone"], "seat": self.account["seat"], "tier": self.account["tier"],
                "account": self.account["main"], "emergency_contact": self.contacts["0"]["first_name"]}

    def update_phone(self, phone: str) -> Result:
        if not _PHONE.fullmatch(phone):
            raise ValueError(f"{phone} is not a phone number.")
        if phone == self.account["phone"]:
            raise ValueError("That number is on file already.")
        self.account["phone"] = phone
        return {"phone": phone}

    def set_seat_preference(self, seat: str) -> Result:
        if seat not in SEATS:
            raise ValueError(f"{seat} is not a kind of seat; use window, middle or aisle.")
        self.account["seat"] = seat
        return {"seat": seat}

    # money

    def get_balance(self, account: str) -> Result:
        if account not in self.balances:
            raise ValueError(f"There is no account called {account}; use checking or savings.")
        return {"balance": self.balances[account], "currency": self.fixed["profile"]["currency"]}

    def convert_currency(self, amount: float, source: str, target: str) -> Result:
        if source == target:
            raise ValueError(f"The amount is in {source} already.")
        return {"amount": self._exchange(amount, source, target), "currency": target}

    def send_money(self, contact_id: str, amount: float, currency: str) -> Result:
        key, contact = self._find("contact", contact_id)
        if amount <= 0:
            raise ValueError("The amount must be above zero.")
        account = self._pay(amount, currency)
        self._add("transfer", {"contact": key, "amount": amount, "currency": currency})
        return {"recipient": contact["first_name"], "amount": amount, "currency": currency, "account": account}

    # maps and units

    def get_distance(self, origin: str, destination: str) -> Result:
        start, end = self._city(origin), self._city(destination)
        if start is end:
            raise ValueError("Both places are the same city.")
        unit = self.fixed["map_unit"]
        return {"distance": round(kilometers(start, end) * 1000 / METERS[unit], 1), "unit": unit}

    def convert_unit(self, value: float, source: str, target: str) -> Result:
        for unit in (source, target):
            if unit not in METERS:
                raise ValueError(f"{unit} is not a unit of length; use mi, km or nmi.")
        if source == target:
            raise ValueError(f"The value is in {source} already.")
        return {"value": round(value * METERS[source] / METERS[target], 1), "unit": target}

    # messages

    def find_contact(self, name: str) -> Result:
        wanted = name.strip().lower()
        found = [(number, row) for number, row in self.contacts.items()
                 if wanted in (row["first_name"].lower(), row["name"].lower())]
        if not found:
            raise ValueError(f"No contact is called {name}.")
        number, row = found[0]
        return {"contact_id": self._id("contact", number), "first_name": row["first_name"], "email": row["email"],
                "city": row["city"]}

    def send_message(self, contact_id: str, body: str) -> Result:
        key, contact = self._find("contact", contact_id)
        if not body.strip():
            raise ValueError("The message is empty.")
        self._add("message", {"contact": key, "text": body, "sent": True})
        return {"recipient": contact["first_name"]}

    def list_messages(self, sender: str | None = None) -> Result:
        received = [(number, row) for number, row in self.messages.items()
                    if not row["sent"] and sender in (None, self.contacts[row["contact"]]["first_name"])]
        if not received:
            raise ValueError(f"There are no messages from {sender}.")
        return {"messages": [{
            "message_id": self._id("message", number), "contact_id": self._id("contact", row["contact"]),
            "sender": self.contacts[row["contact"]]["first_name"], "text": row["text"],
            **self._more(f"message {number}", folder="inbox", flagged=False, attachments=[]),
        } for number, row in received]}

    def reply_to_message(self, message_id: str, body: str) -> Result:
        _, message = self._find("message", message_id)
        if message["sent"]:
            raise ValueError("This message is one of yours.")
        return self.send_message(self._id("contact", message["contact"]), body)

    def share_booking(self, booking_id: str, contact_id: str) -> Result:
        number, booking = self._find("booking", booking_id)
        key, contact = self._find("contact", contact_id)
        if booking["status"] != "confirmed":
            raise ValueError("This booking is cancelled.")
        self._add("message", {"contact": key, "booking": number, "sent": True,
                              "text": f"{booking['origin']} - {booking['destination']}, {booking['date']} {booking['departs']}"})
        return {"recipient": contact["first_name"], "destination": booking["destination"]}

    # calendar

    def create_event(self, title: str, guest: str, date: str, time: str) -> Result:
        self._day(date)
        self.find_contact(guest)
        if any(row["title"].lower() == title.lower() for row in self.events.values()):
            raise ValueError(f"{title} is in the calendar already.")
        event_id = self._add("event", {"title": title, "date": date, "time": self._time(time), "with": guest,
                                       "reminder": None})
        return {"event_id": event_id, "title": title, "date": date, "time": time}

    def list_events(self) -> Result:
        coming = sorted(self.events.items(), key=lambda item: (item[1]["date"], item[1]["time"], int(item[0])))
        if not coming:
            raise ValueError("The calendar is empty.")
        return {"events": [{"event_id": self._id("event", number), "title": row["title"], "date": row["date"],
                            "time": row["time"], "with": row["with"],
                            **self._more(f"event {number}", calendar="personal", repeats=False, visibility="private")}
                           for number, row in coming[:4]]}

    def find_event(self, title: str) -> Result:
        for number, row in self.events.items():
            if row["title"].lower() == title.strip().lower():
                return {"event_id": self._id("event", number), "title": row["title"], "date": row["date"],
                        "time": row["time"], "with": row["with"]}
        raise ValueError(f"There is no event called {title}.")

    def move_event(self, event_id: str, date: str, time: str) -> Result:
        key, row = self._find("event", event_id)
        self._day(date)
        self._time(time)
        if (date, time) == (row["date"], row["time"]):
            raise ValueError("The event is at that time already.")
        self.events[key] = {**row, "date": date, "time": time}
        return {"title": row["title"], "date": date, "time": time}

    def delete_event(self, event_id: str) -> Result:
        key, row = self._find("event", event_id)
        del self.events[key]
        return {"title": row["title"]}

    def set_reminder(self, event_id: str, minutes: int) -> Result:
        key, row = self._find("event", event_id)
        if not 5 <= minutes <= 1440:
            raise ValueError("A reminder is 5 to 1440 minutes before the event.")
        self.events[key] = {**row, "reminder": minutes}
        at = datetime.fromisoformat(f"{row['date']}T{row['time']}") - timedelta(minutes=minutes)
        return {"title": row["title"], "date": at.date().isoformat(), "time": f"{at:%H:%M}"}

    def _time(self, text: str) -> str:
        if not _TIME.fullmatch(text):
            raise ValueError(f"{text} is not a time; write HH:MM.")
        return text

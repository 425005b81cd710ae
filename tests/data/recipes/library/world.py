"""A lending library: books, loans, opening hours. Ids are minted from the seed."""

from __future__ import annotations

from copy import deepcopy
from datetime import date, timedelta
from hashlib import sha256

TOPICS = ("gardening", "astronomy", "sailing", "bread", "chess", "trains")
WORDS = ("quiet", "complete", "brief", "wild", "patient", "northern", "hidden", "practical")


def _code(*key: object) -> str:
    return sha256(repr(key).encode()).hexdigest()[:6].upper()


class Library:
    def __init__(self, state, seed, now):
        self.seed, self.today = seed, date.fromisoformat(now[:10])
        if state is None:
            state = {"topics": [t for i, t in enumerate(TOPICS) if (seed >> i) % 4], "books": {}, "loans": {}, "minted": 0,
                     "profile": {"name": "Ada Berg", "card": f"LC-{seed % 9000 + 1000}"}}
            state["topics"] = state["topics"] or list(TOPICS)
            for topic in state["topics"]:
                for i in range(3):
                    number = int(_code(seed, topic, i), 16)
                    state["books"]["BK" + _code(seed, topic, i, "id")] = {
                        "title": f"The {WORDS[number % 8]} book of {topic}", "topic": topic, "pages": 90 + number % 500,
                        "branch": ("north", "harbour", "old town")[i]}
        self.data = deepcopy(state)

    def state(self):
        return self.data

    def profile(self):
        return self.data["profile"]

    def snapshot(self):
        copy = object.__new__(Library)
        copy.seed, copy.today, copy.data = self.seed, self.today, deepcopy(self.data)
        return copy

    def _mint(self, kind):
        self.data["minted"] += 1
        return kind + _code(self.seed, kind, self.data["minted"])

    def _loan(self, loan_id):
        if loan_id not in self.data["loans"]:
            raise ValueError(f"there is no loan {loan_id}")
        return self.data["loans"][loan_id]

    def find_books(self, topic, branch=None):
        lent = {loan["book_id"] for loan in self.data["loans"].values()}
        found = [{"book_id": key, "title": b["title"], "pages": b["pages"]} for key, b in self.data["books"].items()
                 if b["topic"] == topic and branch in (None, b["branch"]) and key not in lent]
        if not found:
            raise ValueError(f"nothing on {topic} is on the shelf")
        return {"books": found}

    def borrow_book(self, book_id, card, weeks):
        if book_id not in self.data["books"]:
            raise ValueError(f"there is no book {book_id}")
        loan_id = self._mint("LN")
        due = (self.today + timedelta(weeks=weeks)).isoformat()
        self.data["loans"][loan_id] = {"book_id": book_id, "card": card, "due": due}
        return {"loan_id": loan_id, "title": self.data["books"][book_id]["title"], "due": due}

    def renew_loan(self, loan_id, weeks):
        loan = self._loan(loan_id)
        loan["due"] = (date.fromisoformat(loan["due"]) + timedelta(weeks=weeks)).isoformat()
        return {"title": self.data["books"][loan["book_id"]]["title"], "due": loan["due"]}

    def return_book(self, loan_id):
        title = self.data["books"][self._loan(loan_id)["book_id"]]["title"]
        del self.data["loans"][loan_id]
        return {"title": title, "returned": True}

    def opening_hours(self, branch, day):
        weekday = date.fromisoformat(day).weekday()
        if weekday == 6:
            raise ValueError(f"the {branch} branch is closed that day")
        return {"opens": "09:00" if weekday < 5 else "10:00", "closes": "18:30" if branch == "harbour" else "17:00"}

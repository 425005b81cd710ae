"""A house: some of its tools use what they are given, some do not."""

from hashlib import blake2b

NAMES = ["Ada", "Ben", "Cleo", "Dev", "Eva", "Finn"]


class House:
    def __init__(self, state, seed, now):
        made = state or {"people": [{"name": NAMES[(seed + n) % 6], "room": f"R{n}", "floor": n + 1} for n in range(4)],
                         "rooms": ["R0", "R1", "R2", "R3"], "visits": [], "guests": [], "signed_in": False}
        self.seed, self.data = seed, {**made, "visits": list(made["visits"]), "guests": list(made["guests"])}

    def state(self):
        return self.data

    def _code(self, kind, *rest):
        return kind + blake2b(repr((self.seed, kind, rest)).encode(), digest_size=4).hexdigest()

    def _person(self, person_id):
        for person in self.data["people"]:
            if self._code("p", person["name"]) == person_id:
                return person
        raise ValueError(f"nobody is {person_id}")

    def sign_in(self):
        self.data["signed_in"] = True
        return {"ready": True}

    def find_person(self, name):
        person = next(each for each in self.data["people"] if each["name"] == name)
        return {"person_id": self._code("p", name), "room": person["room"], "floor": person["floor"]}

    def list_people(self):
        return {"people": [{"person_id": self._code("p", each["name"]), "name": each["name"]} for each in self.data["people"]]}

    def greet(self, person_id):
        if not self.data["signed_in"]:
            raise ValueError("sign in first")
        return {"text": f"Hello, {self._person(person_id)['name']}"}

    def ring(self, person_id, loud=False):
        return {"text": "DING" if loud else "ding"}

    def visit(self, person_id, room):
        """The room is forgotten, yet the id hangs on it."""
        self.data["visits"].append(self._person(person_id)["name"])
        return {"visit_id": self._code("v", len(self.data["visits"]), room)}

    def end_visit(self, visit_id):
        raise ValueError("visits do not end")

    def issue_badge(self, visit_id):
        if not self.data["visits"] or visit_id not in [self._code("v", len(self.data["visits"]), r) for r in self.data["rooms"]]:
            raise ValueError("no such visit")
        return {"badge_id": self._code("b", visit_id)}

    def open_door(self, badge_id, floor):
        return {"text": f"The door on floor {min(floor, 9)} is open to {badge_id[:1]}"}

    def log_note(self, author, person_id):
        return {"logged": True}

    def count_visits(self):
        return {"count": len(self.data["visits"])}

    def product(self, a, b):
        return {"product": a * b}

    def invite(self, person_ids):
        self.data["guests"] = [self._person(each)["name"] for each in person_ids]
        return {"guests": len(person_ids)}

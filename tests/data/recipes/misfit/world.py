"""Tools that are not what `tools.json` says of them; `right` is."""

import os


class Misfit:
    def __init__(self, state, seed, now):
        self.data = dict(state or {"left": 9, "read": 0})

    def state(self):
        return dict(self.data)

    def flat(self, place):
        return {"rain": 0.5, "wind": 3}

    def listed(self):
        return ["Oslo", "Rome"]

    def right(self, place, count):
        if place not in ("Oslo", "Rome", "Lima"):
            raise ValueError(f"There is no {place}.")
        self.data["left"] -= 1
        return {"left": self.data["left"]}

    def silent(self, place):
        return {"temperature": 21, "day": "2026-05-04"}

    def reader(self, place):
        self.data["read"] += 1
        return {"seen": 1}

    def moody(self):
        return {"process": os.getpid(), "fixed": 1}

    def broken(self):
        raise RuntimeError("out of order")

    def declared(self, place):
        return {"found": "none"}

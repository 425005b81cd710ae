"""A world with a snapshot() of its own, which shares what never changes; and worlds that break the contract."""

import threading


class CountingWorld:
    copies = 0

    def __init__(self, state, seed, now):
        self.count = seed

    def snapshot(self):
        CountingWorld.copies += 1
        copy = CountingWorld(None, self.count, None)
        return copy

    def add(self, amount):
        self.count += amount
        return {"count": self.count, "copies": CountingWorld.copies}


class RaisesInInit:
    def __init__(self, state, seed, now):
        raise ValueError("no such depot")


class RaisesInObserve:
    def __init__(self, state, seed, now):
        pass

    def observe(self):
        return self.missing

    def look(self):
        return {}


class HoldsALock:
    def __init__(self, state, seed, now):
        self.lock = threading.Lock()

    def look(self):
        return {}

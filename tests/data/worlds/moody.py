"""A world in which calls can go wrong in every way, and which cannot always say what it shows."""

import os
import time


class MoodyWorld:
    def __init__(self, state, seed, now):
        self.notes = (state or {"notes": []})["notes"]

    def state(self):
        return {"notes": self.notes}

    def observe(self):
        if "secret" in self.notes:
            raise RuntimeError("cannot look")
        return {"notes": self.notes}

    def note(self, text):
        self.notes = [*self.notes, text]
        return {"notes": self.notes}

    def fail(self):
        raise ValueError("no")

    def hang(self):
        self.notes = [*self.notes, "half done"]
        time.sleep(60)

    def die(self):
        os._exit(4)

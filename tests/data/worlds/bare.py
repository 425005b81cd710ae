"""A world without any optional method: private state, a random.Random, objects that point at each other."""

import random


class Folder:
    def __init__(self, name, parent=None):
        self.name, self.parent, self.entries = name, parent, {}


class BareWorld:
    limit = 3

    def __init__(self, state, seed, now):
        self.root = Folder("/")
        self.names = ["b", "a"]
        self._draw = random.Random(seed)

    def make_folder(self, name):
        self.root.entries[name] = Folder(name, self.root)
        return {"made": name}

    def draw(self):
        return {"number": self._draw.randrange(10**9)}

    def _hidden(self):
        return {}

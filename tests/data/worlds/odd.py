# ruff: noqa: T201
"""A world that tests the worker: odd results, prints, hangs and exits."""

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Point:
    x: int
    y: float


class OddWorld:
    def __init__(self, state, seed, now):
        print("made", flush=True)
        self.items = (state or {}).get("items", [])
        self.hook = lambda: None  # no pickle takes this

    def state(self):
        return {"items": self.items}

    def echo(self, value):
        return value

    def keep(self, items):
        self.items = items
        return {"items": self.items}

    def grow(self):
        self.items.append(len(self.items))
        return self.items

    def odd(self):
        return {"tuple": (1, 2), "set": {"b", "a"}, "nan": float("nan"), 7: "key", "point": Point(1, 2.5),
                "object": object(), "lone": "\ud800", None: True}

    def loop(self):
        result = []
        result.append(result)
        return result

    def fail(self):
        raise KeyError("nothing")

    def speak(self):
        print("to Python's stdout")
        os.write(1, b'{"ok": "to the descriptor"}\n')
        sys.stderr.write("to stderr\n")
        return {"said": True, "read": sys.stdin.read()}

    def large(self, size):
        return {"text": "é" * size}

    def environment(self):
        return {"names": sorted(os.environ), "cwd": [str(path) for path in Path().iterdir()],
                "hash": hash("stable"), "session": os.getsid(0) == os.getpid()}

    def hang(self):
        while True:
            try:
                time.sleep(60)
            except Exception:
                pass

    def hang_for_good(self):
        import signal

        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
        time.sleep(60)

    def leave(self):
        sys.exit(3)

    def drop_dead(self):
        print("last words", flush=True)
        os._exit(4)

"""Names that `trips.py` imports."""

from typing import TypeAlias

City: TypeAlias = str


class Place:
    """No record: what it holds is not known."""

    def __init__(self, name: str): ...


class Registry:
    """Methods as tools; what is inherited too."""

    def __init__(self, state, seed, now): ...

    def find(self, name: str) -> Place: ...

    def state(self) -> dict: ...

    @property
    def size(self) -> int: ...

    @staticmethod
    def measure(self: str) -> int: ...


class Large(Registry):
    def find(self, name: str, limit: int = 3) -> list[Place]: ...

    def count(self, ctx: "Context", name: str) -> int: ...

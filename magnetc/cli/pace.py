"""How long a play will take: measured at its first messages, told before the rest; and a bar while a terminal watches."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from magnetc.cli.report import announce, counted, progress


class Pace:
    """A watch (`magnetc.agent.watch`) that says once how long the play takes, and then moves a bar."""

    def __init__(self, advance: Callable[..., None], clock: Callable[[], float] = time.monotonic, tell: Callable[[str], None] = announce):
        self._advance, self._clock, self._tell = advance, clock, tell
        self._messages = self._conversations = self._at_once = self._said = 0
        self._began = 0.0
        self._is_told = False

    def begin(self, messages: int, conversations: int, at_once: int) -> None:
        """As `Watch`."""
        self._messages, self._conversations, self._at_once = messages, conversations, max(1, at_once)
        self._began, self._said, self._is_told = self._clock(), 0, False
        self._advance(messages, by=0)

    def said(self, messages: int) -> None:
        """As `Watch`. The first that are said together tell how long all take."""
        self._said += messages
        if not self._is_told and self._said >= self._at_once:
            self._is_told = True
            seconds = (self._clock() - self._began) * self._messages / self._said
            self._tell(f"about {duration(seconds)}: {counted(self._messages, 'message')} of the agent in {counted(self._conversations, 'conversation')}")
        self._advance(by=messages)


def duration(seconds: float) -> str:
    """"20 s", "3 min", "2 h 10 min": rounded, never less than a second."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, left = divmod(round(minutes / 10) * 10, 60)
    return f"{hours} h" + (f" {left} min" if left else "")


@contextmanager
def pace(what: str) -> Iterator[Pace]:
    """Watches a play for a command that does `what`."""
    with progress(what) as advance:
        yield Pace(advance)

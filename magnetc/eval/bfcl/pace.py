"""How long an evaluation takes: measured on the first messages, told before the rest."""

from __future__ import annotations

import time
from collections.abc import Callable

_TENTHS = 10


class Pace:
    """Told of messages and entries as they come, it tells `announce` how long the rest takes: when `first` messages are there, then at each tenth.

    `messages`: how many are expected in all, one for each call of the ground truth and one for the end of each turn. Models that call more
    or less take longer or shorter, so that what is left is told by entries once some are done.
    """

    def __init__(self, entries: int, messages: int, first: int, announce: Callable[[str], None], clock: Callable[[], float] = time.monotonic):
        self._entries, self._messages, self._first, self._announce, self._clock = entries, messages, first, announce, clock
        self._began, self._said, self._done, self._told = clock(), 0, 0, False

    def acted(self, count: int) -> None:
        self._said += count
        if not self._told and self._said >= min(self._first, self._messages):
            self._told = True
            rate = self._said / max(self._clock() - self._began, 1e-9)
            self._announce(f"{self._entries} entries, about {self._messages:,} messages of the model at {rate:.3g} a second: "
                           f"about {spoken(max(0, self._messages - self._said) / rate)}")

    def finished(self) -> None:
        self._done += 1
        tenth = self._done * _TENTHS // self._entries
        if tenth > (self._done - 1) * _TENTHS // self._entries and self._done < self._entries:
            left = (self._clock() - self._began) / self._done * (self._entries - self._done)
            self._announce(f"{self._done} of {self._entries} entries answered, about {spoken(left)} left")


def spoken(seconds: float) -> str:
    """"40 seconds", "12 minutes", "3.5 hours"."""
    if seconds < 90:
        return f"{max(1, round(seconds))} second{'s' * (round(seconds) > 1)}"
    return f"{round(seconds / 60)} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"

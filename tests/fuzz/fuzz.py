"""Fuzz every parser: texts changed at random, a diagnostic or a documented error for each, nothing else.

    python tests/fuzz/fuzz.py [--inputs N] [--seed N] [--only NAME[:INDEX]]

Input I of a parser depends on the seed, its name and I alone: `--only NAME:INDEX` repeats one. Ends with 1 after a failure.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import time
import traceback
import warnings
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from fuzz_mutations import mutated
from fuzz_parsers import PARSERS, Parser

PATIENCE = 60
"""Seconds after which an input counts as one that does not end."""
SHOWN = 3
"""Failures shown of each kind."""


@dataclass
class Tally:
    """What came of a parser's inputs. `failures`: by what was raised and where, the indices of the inputs."""

    parser: str
    inputs: int = 0
    seconds: float = 0.0
    slowest: tuple[float, int] = (0.0, 0)
    failures: dict[str, list[int]] = field(default_factory=dict)


class TooSlow(Exception):
    """An input is not done with after `PATIENCE` seconds."""


def text_of(parser: Parser, seed: int, index: int) -> str:
    """Input `index` of a parser."""
    chance = random.Random(f"{seed}/{parser.name}/{index}")
    seeds = parser.seeds()
    return mutated(chance.choice(seeds), seeds, chance)


def run(parser: Parser, seed: int, indices: range) -> Tally:
    """Read so many inputs and count what happens."""
    tally = Tally(parser.name)
    for index in indices:
        text = text_of(parser, seed, index)
        start = time.perf_counter()
        try:
            parser.read(text)
        except Exception as error:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            what = f"{type(error).__name__} in {Path(frame.filename).name}:{frame.lineno} {frame.name}"
            tally.failures.setdefault(what, []).append(index)
        took = time.perf_counter() - start
        tally.inputs += 1
        tally.seconds += took
        tally.slowest = max(tally.slowest, (took, index))
    return tally


def share(parser: Parser, inputs: int) -> int:
    """How many of all inputs are a parser's."""
    return round(inputs * parser.share / sum(each.share for each in PARSERS))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--inputs", type=int, default=2000)
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--only", default="")
    options = arguments.parse_args()
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, _too_slow)
    name, _, index = options.only.partition(":")
    if index:
        parser = next(each for each in PARSERS if each.name == name)
        text = text_of(parser, options.seed, int(index))
        print(text.encode("utf-8", "backslashreplace").decode())
        parser.read(text)
        return
    total, failed = 0, 0
    for parser in PARSERS:
        if name and parser.name != name:
            continue
        count = options.inputs if name else share(parser, options.inputs)
        tally = run_watched(parser, options.seed, count)
        total += tally.inputs
        failed += sum(map(len, tally.failures.values()))
        print(f"{tally.parser:22}{tally.inputs:8,} inputs {tally.seconds:8.1f} s   slowest {tally.slowest[0]:6.2f} s (:{tally.slowest[1]})", flush=True)
        for what, indices in sorted(tally.failures.items()):
            print(f"    {len(indices)} × {what}: {', '.join(f':{each}' for each in indices[:SHOWN])}")
    print(f"{total:,} inputs, {failed} failures, seed {options.seed}")
    sys.exit(bool(failed))


def run_watched(parser: Parser, seed: int, count: int) -> Tally:
    whole = Tally(parser.name)
    for start in range(0, count, 50):
        signal.alarm(PATIENCE)
        part = run(parser, seed, range(start, min(count, start + 50)))
        signal.alarm(0)
        whole.inputs += part.inputs
        whole.seconds += part.seconds
        whole.slowest = max(whole.slowest, part.slowest)
        for what, indices in part.failures.items():
            whole.failures.setdefault(what, []).extend(indices)
    return whole


def _too_slow(number: int, frame: object) -> None:
    raise TooSlow


if __name__ == "__main__":
    main()

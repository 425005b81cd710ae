"""The index of benchmarks: digests of what their tasks say, call and begin with, and which rows overlap with them.

Words overlap where their shingles are alike enough: MinHash finds candidates, their exact Jaccard similarity decides. Calls and states
overlap where they are equal in normal form. The index holds no text of a benchmark, and comes to the same after it was written and read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from magnetc.distill.contamination.content import Content, contents
from magnetc.distill.contamination.minhash import Candidates, bands_for
from magnetc.distill.contamination.normal import SHINGLE, parts, sequence_digest, shingles, weight, words
from magnetc.distill.contamination.source import Benchmark
from magnetc.ir.json import Json, digest
from magnetc.ir.spec import NEAR

FORMAT = 1

FEWEST_WORDS = 5
"""Of one message among several: fewer say nothing of a task ("Thanks!"). What users say in a whole conversation always counts."""

FEWEST_NEAR = 10
"""Of a text that overlaps without being the same: one word of fewer is too much of it."""

LEAST_CALLED, LEAST_CALLED_IN_ALL = 6, 4
"""Calls and values of the calls of one turn among several, and of a whole conversation: fewer are the same by chance."""

KINDS = {"words": "words of a user", "calls": "calls in their order", "state": "where the world begins, and all calls"}
"""What may overlap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """A row has this of a benchmark: `source` and the name of its `task`, a kind of `KINDS`, the Jaccard similarity (1 of what is equal), and
    the user turn, from 0, or None for the whole conversation."""

    source: str
    task: str
    kind: str
    similarity: float
    turn: int | None

    def __str__(self) -> str:
        where = "the conversation" if self.turn is None else f"the user's turn {self.turn + 1}"
        how = {"words": "has the words", "calls": "has the calls", "state": "has the initial state and the calls"}[self.kind]
        alike = f" (Jaccard similarity {self.similarity:.2f})" if self.similarity < 1 else ""
        return f"{where} {how} of `{self.task}` in `{self.source}`{alike}"


@dataclass(frozen=True, slots=True)
class Text:
    """Words of a task: how many, their shingles, and the numbers of the tasks that have them."""

    count: int
    shingles: frozenset[str]
    tasks: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedSource:
    """A benchmark as the index knows it: its name, where its data is from, how many tasks, and digests of its tools."""

    name: str
    version: str
    tasks: int
    tools: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Index:
    """What rows are compared with. `tasks` are (number of the source, name); `calls` has the tasks by the digest of a sequence, `states` by
    the digest of all calls the parts of the state before them, each with its task."""

    near: float
    sources: tuple[IndexedSource, ...]
    tasks: tuple[tuple[int, str], ...] = ()
    texts: tuple[Text, ...] = ()
    calls: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    states: Mapping[str, tuple[tuple[frozenset[str], int], ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, benchmarks: Sequence[Benchmark], near: float = NEAR) -> Index:
        """The index of benchmarks, for words that are at least as alike as `near` (above 0, at most 1)."""
        tasks: list[tuple[int, str]] = []
        texts: dict[tuple[int, frozenset[str]], list[int]] = {}
        calls: dict[str, list[int]] = {}
        states: dict[str, list[tuple[frozenset[str], int]]] = {}
        for number, benchmark in enumerate(benchmarks):
            for name, content in benchmark.tasks:
                task = len(tasks)
                tasks.append((number, name))
                for key in {(count, runs) for _, count, runs in _texts(content)}:
                    texts.setdefault(key, []).append(task)
                for key in {found for _, found in _sequences(content)}:
                    calls.setdefault(key, []).append(task)
                if begin := _beginning(content):
                    states.setdefault(begin[0], []).append((begin[1], task))
        return cls(
            near=near, sources=tuple(_indexed(benchmark) for benchmark in benchmarks), tasks=tuple(tasks),
            texts=tuple(sorted((Text(count, runs, tuple(own)) for (count, runs), own in texts.items()),
                               key=lambda text: (text.tasks[0], sorted(text.shingles), text.count))),
            calls={key: tuple(own) for key, own in sorted(calls.items())}, states={key: tuple(own) for key, own in sorted(states.items())})

    def overlaps(self, row: Mapping[str, Any], state: Json = None) -> list[Overlap]:
        """What a row has in common with the benchmarks: of each source, kind and turn the task that is most alike.

        Args:
            row: In a form of TRL, OpenAI or ShareGPT, or with a question; of a pair, both sides count.
            state: Where its world begins, if that is known and the row does not say so.
        """
        return self.overlaps_of(contents(row, state))

    def overlaps_of(self, sides: Iterable[Content]) -> list[Overlap]:
        """As `overlaps`, of content that is read already."""
        best: dict[tuple[int, str, int], tuple[float, int]] = {}
        for content in sides:
            alike = ((kind, turn, similarity, task) for kind, turn, similarity, text in self._alike(content) for task in self._first_of_sources(text))
            for kind, turn, similarity, task in (*alike, *self._equal(content)):
                key = (self.tasks[task][0], kind, -1 if turn is None else turn)
                if (-similarity, task) < (-best[key][0], best[key][1]) if key in best else True:
                    best[key] = (similarity, task)
        return [Overlap(source=self.sources[source].name, task=self.tasks[task][1], kind=kind, similarity=similarity, turn=None if turn < 0 else turn)
                for (source, kind, turn), (similarity, task) in sorted(best.items())]

    def tasks_of(self, sides: Iterable[Content]) -> dict[str, set[str]]:
        """The names of all tasks that something is in common with, by kind."""
        found: dict[str, set[str]] = {}
        for content in sides:
            for kind, _, _, text in self._alike(content):
                found.setdefault(kind, set()).update(self.tasks[task][1] for task in text.tasks)
            for kind, _, _, task in self._equal(content):
                found.setdefault(kind, set()).add(self.tasks[task][1])
        return found

    def native(self, tools: Iterable[tuple[str, tuple[str, ...]]]) -> dict[str, set[str]]:
        """By source, which of these tools (name, names of parameters) are the benchmark's own."""
        named = {digest([name, list(parameters)]): name for name, parameters in tools}
        return {source.name: {named[key] for key in source.tools & named.keys()} for source in self.sources}

    def make_ready(self) -> Index:
        """The index, its sketches made. Raises MagnetError (MG710) where `rensa` is not installed; else that is told with the first row."""
        _ = self._candidates
        return self

    @cached_property
    def _candidates(self) -> Candidates:
        return Candidates([text.shingles for text in self.texts], self.near)

    def _alike(self, content: Content) -> Iterator[tuple[str, int | None, float, Text]]:
        said = list(_texts(content)) if self.texts else []
        for (turn, count, runs), numbers in zip(said, self._candidates.of([runs for _, _, runs in said]) if said else []):
            for text in map(self.texts.__getitem__, numbers):
                similarity = len(runs & text.shingles) / len(runs | text.shingles)
                if similarity >= (self.near if min(count, text.count) >= FEWEST_NEAR else 1):
                    yield "words", turn, similarity, text

    def _first_of_sources(self, text: Text) -> Iterator[int]:
        """The first task of each source that has a text."""
        seen: set[int] = set()
        for task in text.tasks:
            if self.tasks[task][0] not in seen:
                seen.add(self.tasks[task][0])
                yield task

    def _equal(self, content: Content) -> Iterator[tuple[str, int | None, float, int]]:
        for turn, key in _sequences(content):
            for task in self.calls.get(key, ()):
                yield "calls", turn, 1.0, task
        if self.states and (begin := _beginning(content)):
            for needed, task in self.states.get(begin[0], ()):
                if needed <= begin[1]:
                    yield "state", None, 1.0, task

    def document(self) -> dict[str, Json]:
        """The index as JSON, without a word of the benchmarks; `read` is the inverse."""
        known = sorted({run for text in self.texts for run in text.shingles})
        place = {run: number for number, run in enumerate(known)}
        bands = bands_for(self.near)
        return {
            "format": FORMAT, "near": self.near, "shingle": SHINGLE,
            "minhash": {"bands": bands.bands, "rows": bands.rows, "recall": round(bands.recall(self.near), 6),
                        "algorithm": self._candidates.algorithm},
            "sources": [{"name": each.name, "version": each.version, "tasks": each.tasks, "tools": sorted(each.tools)} for each in self.sources],
            "tasks": [list(each) for each in self.tasks],
            "shingles": known,
            "texts": [[text.count, sorted(place[run] for run in text.shingles), list(text.tasks)] for text in self.texts],
            "calls": {key: list(own) for key, own in self.calls.items()},
            "states": {key: [[sorted(needed), task] for needed, task in own] for key, own in self.states.items()},
        }

    @classmethod
    def read(cls, document: Any) -> Index:
        """Inverse of `document`. Raises LookupError, TypeError or ValueError for what is none."""
        if document["format"] != FORMAT or document["shingle"] != SHINGLE:
            raise ValueError("it is of another version of magnetc")
        known = document["shingles"]
        tasks = tuple((int(source), str(name)) for source, name in document["tasks"])
        sources = tuple(IndexedSource(name=each["name"], version=each["version"], tasks=each["tasks"], tools=frozenset(each["tools"]))
                        for each in document["sources"])
        if not all(0 <= source < len(sources) for source, _ in tasks):
            raise ValueError("a task is of no source")
        texts = tuple(Text(count, frozenset(known[place] for place in places), _numbers(own, tasks)) for count, places, own in document["texts"])
        states = {key: tuple((frozenset(needed), _numbers([task], tasks)[0]) for needed, task in own) for key, own in document["states"].items()}
        return cls(near=float(document["near"]), sources=sources, tasks=tasks, texts=texts,
                   calls={key: _numbers(own, tasks) for key, own in document["calls"].items()}, states=states)


def _numbers(listed: Sequence[int], tasks: Sequence[object]) -> tuple[int, ...]:
    if not all(type(each) is int and 0 <= each < len(tasks) for each in listed):
        raise ValueError("it names a task that it has not")
    return tuple(listed)


def _indexed(benchmark: Benchmark) -> IndexedSource:
    return IndexedSource(name=benchmark.name, version=benchmark.version, tasks=len(benchmark.tasks),
                         tools=frozenset(digest([name, list(parameters)]) for name, parameters in benchmark.tools))


def _texts(content: Content) -> Iterator[tuple[int | None, int, frozenset[str]]]:
    """Turn, number of words and shingles of each message that says enough, and of all that users say."""
    said = [words(text) for text in content.users]
    for turn, each in enumerate(said):
        if len(each) >= FEWEST_WORDS and len(said) > 1:
            yield turn, len(each), shingles(each)
    if whole := [word for each in said for word in each]:
        yield None, len(whole), shingles(whole)


def _sequences(content: Content) -> Iterator[tuple[int | None, str]]:
    """Turn and digest of the calls of each turn that are enough, and of all."""
    made = [calls for calls in content.turns if calls]
    for turn, calls in enumerate(content.turns):
        if len(made) > 1 and weight(calls) >= LEAST_CALLED:
            yield turn, sequence_digest(calls)
    whole = [call for calls in made for call in calls]
    if weight(whole) >= LEAST_CALLED_IN_ALL:
        yield None, sequence_digest(whole)


def _beginning(content: Content) -> tuple[str, frozenset[str]] | None:
    """The digest of all calls, and the parts of the state before them; None where either is not there."""
    whole = [call for calls in content.turns for call in calls]
    known = parts(content.state)
    return (sequence_digest(whole), known) if whole and known else None

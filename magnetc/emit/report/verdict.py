"""The verdict on a dataset, for a reader with a minute: is it right, is it varied, what does it lack."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from magnetc.emit.report.figures import Covered, Diversity, Figures, Proofs, Rejected, Share

OPENINGS, SKELETONS, MOST_REPEATED, TWINS = 0.9, 250, 0.01, 0.1
"""Varied: this share of first turns is distinct, so many skeletons of 1,000 user turns are, the most frequent one has at most this
share of them, and at most so many openings are nearly the same as another."""

NAMED = 3
"""What is lacking, of a kind, by name."""


_PROOF = re.compile(r"proof (\d+) ")


class Holds(StrEnum):
    """How far the answer to a question is yes."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to a question: in a word, in sentences with their figures, and the section that has more."""

    question: str
    holds: Holds
    word: str
    sentences: tuple[str, ...]
    section: str


def verdict(figures: Figures) -> tuple[Answer, Answer, Answer]:
    """Right, varied, lacking."""
    return _right(figures), _varied(figures.diversity), _lacking(figures)


def _right(figures: Figures) -> Answer:
    question, proofs = "Is it right?", figures.proofs
    if proofs is None:
        return Answer(question=question, holds=Holds.UNKNOWN, word="Not proven", section="proofs", sentences=(
            f"None of {_count(figures.shape.rows + figures.shape.pairs, 'row')} carries a certificate, so nothing says where its values come from.", *_linted(figures)))
    good, rows = proofs.intact
    if figures.found is not None and good == rows:
        return Answer(question=question, holds=Holds.UNKNOWN, word="Certified", section="proofs", sentences=(
            f"Every one of {_count(rows, 'row')} has the digest that its certificate carries. Nothing was executed: `magnetc verify` does that for an output.",
            *_linted(figures)))
    removed = sum(each.times for each in figures.rejected or () if is_proof(each))
    sentences = [_intact(good, rows), *_from_results(proofs)]
    if removed:
        sentences.append(f"{_count(removed, 'candidate')} that failed a proof or came out otherwise {'was' if removed == 1 else 'were'} left out.")
    holds = Holds.YES if good == rows else Holds.NO
    return Answer(question=question, holds=holds, word="Proven" if good == rows else "Not as it was built", sentences=tuple(sentences), section="proofs")


def _linted(figures: Figures) -> Iterator[str]:
    """What a linter says where nothing is proven."""
    if figures.found is not None:
        errors = [each for each in figures.found if each.severity == "error"]
        most = max(errors, key=lambda each: each.rows[0], default=None)
        yield (f"Linted, {percent(most.rows)} of its lines have the most frequent error: {most.title}; {_count(sum(each.times for each in errors), 'error')} in all."
               if most else "Linted, it has no errors.")


def _intact(good: int, rows: int) -> str:
    if good == rows:
        return f"Every one of {_count(rows, 'row')} was executed and proven when it was built, and its content has the digest that its certificate carries."
    return f"{rows - good:,} of {_count(rows, 'row')} {'does' if rows - good == 1 else 'do'} not have the digest of a certificate."


def _from_results(proofs: Proofs) -> Iterator[str]:
    necessary, total = dict(proofs.necessary).get("true", 0), sum(count for _, count in proofs.necessary)
    if total:
        yield (f"Of {_count(total, 'value')} taken from results, {percent((necessary, total))} "
               f"{'is' if total == 1 else 'are'} shown to be necessary by changing them.")


def is_proof(rejected: Rejected) -> bool:
    """Whether this kind of rejection threw a finished conversation or pair away, and not just an operation or a draw."""
    return rejected.kind in ("conversation dropped", "pair dropped", "copy dropped", "mutation dropped", "control dropped")


def removed_by_proof(figures: Figures) -> dict[int, int]:
    """How many finished candidates were thrown away because of a proof, by its number: the first that failed."""
    found: Counter[int] = Counter()
    for each in filter(is_proof, figures.rejected or ()):
        for reason, times in each.reasons:
            if number := _PROOF.match(reason):
                found[int(number[1])] += times
    return dict(found)


def _varied(diversity: Diversity | None) -> Answer:
    question = "Is it varied?"
    if diversity is None:
        return Answer(question=question, holds=Holds.UNKNOWN, word="Not known", sentences=("No user says anything in it.",), section="diversity")
    turns, most = diversity.skeletons[1], diversity.repeated[0][1] if diversity.repeated else 0
    per_thousand = 1000 * diversity.skeletons[0] / turns
    faults = [
        share(diversity.first_turns) < OPENINGS, per_thousand < SKELETONS,
        most / turns > MOST_REPEATED and most > 1, share(diversity.twins) > TWINS]
    holds = Holds.YES if not any(faults) else Holds.PARTLY if sum(faults) == 1 else Holds.NO
    sentences = (
        f"{diversity.first_turns[0]:,} of {_count(diversity.first_turns[1], 'opening')} differ, and {percent(diversity.twins)} "
        "of those compared have one that is nearly the same.",
        f"With values masked, {per_thousand:.0f} of 1,000 user turns are worded differently; the most frequent wording is {percent((most, turns))} of them.",
        f"{diversity.sequences[0]:,} of {_count(diversity.sequences[1], 'conversation')} call their tools in an order of their own.")
    words = {Holds.YES: "Varied", Holds.PARTLY: "Varied in part", Holds.NO: "It repeats itself"}
    return Answer(question=question, holds=holds, word=words[holds], sentences=sentences, section="diversity")


def _lacking(figures: Figures) -> Answer:
    question = "What does it lack?"
    if not figures.coverage:
        return Answer(question=question, holds=Holds.UNKNOWN, word="Not known", section="coverage", sentences=(
            "No recipe says what it should cover; " + _never_called(figures),))
    missed = [each for each in figures.coverage if each.missed]
    short = [f"gate on {each.thing}: {each.gate:.0%} asked, {percent(each.covered)} reached" for each in figures.coverage
             if each.gate is not None and share(each.covered) < each.gate - 1e-9]
    fewer = [f"{path.made:,} of {path.asked:,} conversations of `{path.name}`" for path in figures.asked.paths if path.made < path.asked] if figures.asked else []
    sentences = [*([f"A gate of the recipe is missed: {'; '.join(short)}."] if short else []), *map(_missing, missed),
                 *([f"Made are only {', '.join(fewer[:NAMED])}{_more(len(fewer))}."] if fewer else [])]
    whole = [each.thing for each in figures.coverage if not each.missed and each.covered[1]]
    if whole:
        sentences.append(f"Nothing is missing of its {_listed(whole)}.")
    holds = Holds.NO if short else Holds.PARTLY if missed or fewer else Holds.YES
    words = {Holds.YES: "Nothing that was asked", Holds.PARTLY: "Some of what is possible", Holds.NO: "What a gate asks for"}
    return Answer(question=question, holds=holds, word=words[holds], sentences=tuple(sentences), section="coverage")


def _missing(each: Covered) -> str:
    have, of = each.covered
    names = ", ".join(f"`{name}`" for name, _ in each.missed[:NAMED])
    return f"{of - have:,} of {of:,} {each.thing} {'is' if of - have == 1 else 'are'} in no conversation: {names}{_more(of - have)}."


def _more(count: int) -> str:
    return f" and {count - NAMED:,} more" if count > NAMED else ""


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _never_called(figures: Figures) -> str:
    tools = figures.shape.tools
    never = [tool.name for tool in tools if not tool.calls]
    if not tools:
        return "it offers no tools."
    return f"{len(never):,} of {_count(len(tools), 'tool')} offered are never called." if never else f"each of {_count(len(tools), 'tool')} offered is called."


def share(part: Share) -> float:
    return part[0] / part[1] if part[1] else 1.0


def percent(part: Share) -> str:
    """A share for people: never 100 % or 0 % of what is not all or none."""
    have, of = part
    if have == of or have == 0:
        return "100 %" if have == of else "0 %"
    return f"{min(max(100 * have / of, 0.1), 99.9):.1f} %"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"

"""A user with a goal: says the row's messages, and between them answers what the agent asks, as far as the goal goes.

The goal of a user turn is its message and the values of the user's that the row's calls take there; where the row's user leaves one out
(`miss_params`), those of the calls that follow. The user answers a question about values of the goal with these, says of anything else that
they do not know, says the turn's message once more where the agent neither asks nor does what was asked for, and goes on. All
that is said is drawn by key from the frames `answer`, `unknown` and `insist` of the row's language: the same agent hears the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property

from magnetc.agent.reference import Need, Reference, Want
from magnetc.agent.user import User, Users
from magnetc.agent.verdict import is_question, spoken
from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.ir import draw
from magnetc.ir.argument_leaf import argument_leaves
from magnetc.ir.pointer import tokens
from magnetc.ir.spec import Spec
from magnetc.ir.template import Text
from magnetc.ir.trajectory import Value, Words
from magnetc.surface import is_unspaced, join_parts
from magnetc.teachers.conversation import entity_of
from magnetc.teachers.offline.frames import fill, finish
from magnetc.tools.worlds.equivalence import Made, matched, texts_in

MOST = 4
"""Answers of the user in one turn, those that do not know among them."""

_SPACED = re.compile(r"[^\W\d_]+|\d+")
_UNSPACED = re.compile(r"[\u3400-\u9fff々]+|[\u30a0-\u30ff]+|[a-z]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def goal_users(spec: Spec) -> Users:
    """Makes users with goals, of rows of an output of `spec`."""
    known: dict[str, Vocabulary] = {}

    def user(reference: Reference) -> User:
        locale = reference.locale
        if locale not in known:
            known[locale] = Vocabulary(spec, locale)
        return GoalUser(reference, known[locale])

    return user


class Vocabulary:
    """What the arguments of a recipe's tools are called in a language, and the frames of it."""

    def __init__(self, spec: Spec, locale: str):
        self.spec, self.locale = spec, locale
        frames = spec.frame.get(locale)
        if frames is None or not {"answer", "unknown", "insist"} <= frames.of.keys():
            raise MagnetError(Diagnostic(code="MG721", message=f"the frames of `{locale}` do not say how a user with a goal speaks",
                                         help="add the groups `answer`, `unknown` and `insist` to the frames of the recipe, or let `--user recorded` speak"))
        self.frames = frames
        texts = (text for group in frames.texts.values() for text in group)
        self._common = frozenset(word for text in texts for word in self.words(re.sub(r"\{[^}]*\}", " ", text))) | self._usual()
        self._called: dict[tuple[str, str, str], frozenset[str]] = {}

    def _usual(self) -> frozenset[str]:
        """Words that questions have for whatever they ask for."""
        words = [set(self.words(" ".join(found))) for ask in self.spec.asks if (found := self.questions([ask.of]))]
        counts = Counter(word for each in words for word in each)
        return frozenset(word for word, count in counts.items() if count >= max(3, len(words) / 4))

    def questions(self, of: Collection[str]) -> list[str]:
        """The recipe's questions for things, without the mark."""
        phrases = (phrase for ask in self.spec.asks if ask.of in of for phrase in ask.phrases if phrase.locale == self.locale)
        return ["".join(part.text for part in phrase.parts if isinstance(part, Text)) for phrase in phrases]

    def words(self, text: str) -> Iterator[str]:
        """The words of a text, without endings of the plural; where no spaces stand between words, runs of signs that carry meaning."""
        for word in (_UNSPACED if is_unspaced(self.locale) else _SPACED).findall(text.casefold()):
            yield word.removesuffix("s") if len(word) > 3 else word

    def called(self, want: Want, shown: Callable[[str], str]) -> frozenset[str]:
        """What an argument is called: the words of its name as declared and as `shown`, of its type's, of its description and of questions for
        it; and these questions, as texts."""
        key = want.tool, want.pointer, shown(tokens(want.pointer)[0])
        if key not in self._called:
            self._called[key] = frozenset(self._words_for(want, key[2]))
        return self._called[key]

    def _words_for(self, want: Want, shown: str) -> Iterator[str]:
        tool, path = self.spec.tool[want.tool], [str(each) for each in tokens(want.pointer)]
        parameter = tool.parameter(path[0])
        leaf = next((leaf for leaf in argument_leaves(parameter) if leaf.pointer == want.pointer), None) if parameter else None
        entity = entity_of(leaf.type, self.spec) if leaf else None
        types = list(self.spec.type_table.ancestry(entity.name)) if entity else []
        for name in (*path, shown, *types):
            yield from self.words(_HUMP.sub(" ", name).replace("_", " "))
        questions = self.questions({*types, f"{want.tool}.{'.'.join(path)}"})
        for text in (*questions, parameter.description if parameter else ""):
            yield from (word for word in self.words(text) if word not in self._common)
        yield from (question.casefold() for question in questions)

    def mentions(self, text: str, called: Iterable[str]) -> frozenset[str]:
        """What of `called` a text has."""
        text = text.casefold()
        if is_unspaced(self.locale):
            return frozenset(each for each in called if each in text)
        words = set(self.words(text))
        return frozenset(each for each in called if each in words or (" " in each and each in text))


class GoalUser:
    """As the module says, for one conversation."""

    def __init__(self, reference: Reference, vocabulary: Vocabulary):
        self._reference, self._vocabulary = reference, vocabulary
        self._answers: Counter[int] = Counter()
        self._insisted: set[int] = set()

    def answer(self, turn: int, said: str, made: Sequence[Made]) -> str | None:
        """As `User`."""
        plan = self._reference.turns[turn]
        if plan.needs in (Need.DECLINE, Need.ANSWER) or self._answers[turn] == MOST:
            return None
        if plan.needs is Need.ACT and self._is_done(turn, made):
            return None
        if not is_question(said, self._reference.locale):
            return None if plan.needs is Need.ASK else self._insist(turn)
        asked = self.asked(turn, said)
        if plan.needs is Need.ASK and (not asked or any(want.turn > turn for want in asked)):
            return None   # the row's next message gives what this one has left out
        if asked:
            return self._say(turn, "answer", " ".join(dict.fromkeys(want.said for want in asked)), asked)
        return self._say(turn, "unknown")

    def goal(self, turn: int) -> tuple[Want, ...]:
        """The values that the user has in mind in a turn."""
        turns = self._reference.turns
        follows = turns[turn + 1].wants if turns[turn].needs is Need.ASK and turn + 1 < len(turns) else ()
        return (*turns[turn].wants, *follows)

    def asked(self, turn: int, question: str) -> tuple[Want, ...]:
        """The values of the goal that a question is about: those that it has words for, but those that it has more words for another one than."""
        shown = self._reference.shown.parameter
        found = {want: words for want in dict.fromkeys(self.goal(turn))
                 if (words := self._vocabulary.mentions(question, self._vocabulary.called(want, shown)))}
        return tuple(want for want, words in found.items() if not any(words < others for others in found.values()))

    def _insist(self, turn: int) -> str | None:
        if turn in self._insisted:
            return None
        self._insisted.add(turn)
        return self._say(turn, "insist")

    def _say(self, turn: int, group: str, key: str = "", asked: Sequence[Want] = ()) -> str:
        self._answers[turn] += 1
        frames, locale = self._vocabulary.frames, self._reference.locale
        text = draw.choose(frames.texts[group], self._reference.tags.get("base", ""), turn, group, key, self._answers[turn])
        values = tuple((Value(said),) for said in dict.fromkeys(want.said for want in asked))
        parts = fill(text, {"value": join_parts(values, locale), "s": (Words(self._reference.turns[turn].user["content"]),)}, locale)
        return "".join(part.text for part in finish(parts, frames) if isinstance(part, (Words, Value)))

    def _is_done(self, turn: int, made: Sequence[Made]) -> bool:
        """Whether each call that the row makes in a turn was made."""
        spec = self._vocabulary.spec
        plans = self._reference.turns[: turn + 1]
        reference = [spoken(call, spec) for plan in plans for call in plan.made]
        found = {index for index, _ in matched(reference, [spoken(call, spec) for call in made], spec, self._existing)}
        return all(index in found for index in range(len(reference) - len(plans[-1].made), len(reference)))

    @cached_property
    def _existing(self) -> frozenset[str]:
        return texts_in(self._reference.start.state)

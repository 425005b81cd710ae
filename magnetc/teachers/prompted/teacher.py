"""PromptedTeacher: a model writes the words, through prompt programs; values, results and what is called are the compiler's.

What a user wants, and with which values, is proposed as the offline teacher proposes it, and has been executed before a model is
asked. The model then says it (`back_translate`), and where the recipe wants it a reader, who sees no more than the agent does,
finds the calls in it (`forward_translate`); replies are written from results (`reply`). Every answer is checked; one that cannot be
used is asked for again with the reason, in the same local question. Words that carry a proof themselves, a value that is
taken back or cannot be, stay those of the frames.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from magnetc.ir import draw
from magnetc.ir.json import Json
from magnetc.ir.path import AbstentionKind, Call, TurnKind
from magnetc.ir.script import Script, ScriptTurn, SystemKind
from magnetc.ir.shown import Shown
from magnetc.ir.trajectory import MessagePart, text_of
from magnetc.teachers.acted import Acted, Did, Step
from magnetc.teachers.ask import Asker, Unanswered
from magnetc.teachers.conversation import Bindings, Conversation, Executed, Proposal
from magnetc.teachers.offline import OfflineTeacher
from magnetc.teachers.prompt_program import PromptProgram
from magnetc.teachers.prompted.acting import Acting, Move
from magnetc.teachers.prompted.answer import Answering, facts
from magnetc.teachers.prompted.calls import Reading
from magnetc.teachers.prompted.questions import is_framed, is_read
from magnetc.teachers.prompted.words import Saying, history
from magnetc.teachers.rehearsal import NOTHING, MadeCall, Rehearsal
from magnetc.teachers.teacher import OF_THE_TEACHER, Wordless

Parts = tuple[MessagePart, ...]

OBJECTIONS = 2
"""How often words are written again because a reader did not find the calls in them."""


@dataclass(slots=True)
class PromptedTeacher:
    """`programs` by name, those of `programs.py`. `asker` asks the model."""

    asker: Asker
    programs: Mapping[str, PromptProgram]
    plain: OfflineTeacher = field(default_factory=OfflineTeacher)

    def system(self, conversation: Conversation) -> Parts:
        return self.plain.system(conversation)

    def propose(self, turn: ScriptTurn, conversation: Conversation) -> Iterator[Proposal]:
        return self.plain.propose(turn, conversation)

    def others(self, call: Call, pointer: str, bindings: Bindings, conversation: Conversation) -> Iterator[Json]:
        return self.plain.others(call, pointer, bindings, conversation)

    async def say(self, turn: ScriptTurn, proposal: Proposal, rehearsal: Rehearsal, conversation: Conversation) -> Parts:
        if is_framed(turn):
            return proposal.parts
        saying = Saying(turn, proposal, rehearsal.arguments, conversation)
        objections: list[Json] = []
        for _ in range(1 + OBJECTIONS):
            parts = await self._ask("back_translate", {**self._common(conversation), **saying.inputs(), "objections": list(objections)},
                                    lambda said: saying.read(said["words"]), turn, conversation)
            objection = await self._objection(parts, turn, rehearsal, conversation)
            if not objection:
                return parts
            objections.append({"words": "".join(map(text_of, parts)), "problem": objection})
        raise Wordless(f"{OF_THE_TEACHER}a reader comes to other calls")

    async def reply(self, turn: ScriptTurn, executed: dict[str, Executed], conversation: Conversation) -> Parts:
        answering = await self._telling(turn, executed, conversation)
        if any(isinstance(done.result, dict) and "error" in done.result for done in answering.executed):
            return answering.plain
        return await self._agent("told", answering, turn, facts(answering.executed))

    async def without_calls(self, turn: ScriptTurn, conversation: Conversation) -> Parts | None:
        found = await self._calling_nothing(turn, conversation)
        if found is None or is_framed(turn):
            return found[1].plain if found else None
        situation, answering = found
        return await self._agent(situation, answering, turn, facts(answering.executed))

    async def act(self, script: Script, index: int, executed: dict[str, Executed], rehearsal: Rehearsal, conversation: Conversation) -> Acted:
        turn, told = script.turns[index], history(conversation, Shown(conversation.spec, script.shown))
        acting = self._acting(script, index, told, executed, conversation, reasons=conversation.spec.recipe.reasons,
                              rounds=turn.rounds if turn.kind.acts else (), rehearsal=rehearsal)
        steps: list[Step] = []
        while acting.left:
            move = await self._move(acting, turn, conversation)
            acting.take(move)
            steps += [Step(calls=move.calls, reasoning=move.reasoning)] if move.calls else []
        parts, reasoning = await self._last_words(acting, turn, executed, conversation)
        if acting.detours:
            return Acted(steps=tuple(replace(step, reasoning="") for step in steps), parts=parts, detours=acting.detours)
        return Acted(steps=tuple(steps), parts=parts, reasoning=reasoning)

    async def mislead(self, script: Script, index: int, told: Sequence[Mapping[str, Json]], hint: Sequence[MadeCall], executed: Sequence[Executed],
                      conversation: Conversation) -> Did:
        acting = self._acting(script, index, told, {}, conversation, reasons=False)
        answering = Answering(executed, (), conversation)
        inputs = {name: value for name, value in acting.inputs().items() if name != "reasoning"}
        inputs |= {"hint": acting.hinted(hint), "language": language_of(conversation.locale)}
        return await self._ask("mislead", inputs, lambda said: acting.read_anything(said, answering.read), script.turns[index], conversation)

    def _acting(self, script: Script, index: int, told: Sequence[Mapping[str, Json]], executed: Mapping[str, Executed], conversation: Conversation, *,
                reasons: bool, rounds: Sequence[Sequence[Call]] = (), rehearsal: Rehearsal = NOTHING) -> Acting:
        shown, recipe = Shown(conversation.spec, script.shown), conversation.spec.recipe
        system = "".join(message.text for message in conversation.messages if message.role == "system" and script.system is not SystemKind.NONE)
        return Acting(shown, script.offered[index], system, list(told), executed, reasons, recipe.calls == "sequential", rounds, rehearsal)

    async def _move(self, acting: Acting, turn: ScriptTurn, conversation: Conversation) -> Move:
        inputs = {**acting.inputs(), "situation": "calls", "plain": "", "language": language_of(conversation.locale)}
        return await self._ask("act", inputs, acting.read_move, turn, conversation, acting.settled)

    async def _last_words(self, acting: Acting, turn: ScriptTurn, executed: dict[str, Executed], conversation: Conversation) -> tuple[Parts, str]:
        """The agent's words when it calls nothing more, or nothing at all: held against what `reply` would be held against."""
        found = ("told", await self._telling(turn, executed, conversation)) if turn.kind.acts else await self._calling_nothing(turn, conversation)
        if found is None:
            raise Wordless("no words: what the agent says in place of calls cannot be said in this locale")
        situation, answering = found
        read = answering.question if situation == "asks" else answering.read
        inputs = {**acting.inputs(), "situation": situation, "plain": "".join(map(text_of, answering.plain)), "language": language_of(conversation.locale)}
        return await self._ask("act", inputs, lambda said: acting.read_words(said, read), turn, conversation)

    async def _telling(self, turn: ScriptTurn, executed: dict[str, Executed], conversation: Conversation) -> Answering:
        """What words after the calls of a turn are held against."""
        made = [executed[call.id] for goal in turn.goals for call in goal.calls if call.id in executed]
        return Answering(made, await self.plain.reply(turn, executed, conversation), conversation)

    async def _calling_nothing(self, turn: ScriptTurn, conversation: Conversation) -> tuple[str, Answering] | None:
        """Why nothing is called in a turn, and what the words for it are held against. None where there are no plain ones."""
        plain = await self.plain.without_calls(turn, conversation)
        if plain is None:
            return None
        if turn.abstains and turn.abstains.kind is AbstentionKind.CONTEXT:
            known = [done for goal in turn.goals for call in goal.calls if (done := conversation.result_of(call.id))]
            return "known", Answering(known, plain, conversation)
        chat = turn.abstains is not None and turn.abstains.kind is AbstentionKind.CHITCHAT
        return "asks" if turn.kind is TurnKind.MISS_PARAMS else "chats" if chat else "declines", Answering((), plain, conversation)

    async def _agent(self, situation: str, answering: Answering, turn: ScriptTurn, results: Sequence[Mapping[str, Json]]) -> Parts:
        read = answering.question if situation == "asks" else answering.read
        inputs = {**self._common(answering.conversation), "situation": situation, "results": list(results),
                  "plain": "".join(map(text_of, answering.plain))}
        return await self._ask("reply", inputs, lambda said: read(said["words"]), turn, answering.conversation)

    async def _objection(self, parts: Parts, turn: ScriptTurn, rehearsal: Rehearsal, conversation: Conversation) -> str:
        """What a reader of the words gets wrong; empty where nothing, or where there is nothing to be called."""
        if not is_read(turn) or any(call.id not in rehearsal.results for calls in turn.rounds for call in calls):
            return ""
        offered = tuple(dict.fromkeys(call.function for other in conversation.path.turns for call in other.calls))
        reading = Reading(turn.rounds, rehearsal, offered, conversation.spec)
        inputs = {"now": conversation.now[:10], "profile": conversation.profile, "tools": reading.tools()}
        before = [*history(conversation), {"who": "user", "text": "".join(map(text_of, parts))}]

        async def ask(told: list[Json]) -> list[MadeCall]:
            return await self._ask("forward_translate", {**inputs, "history": [*before, *told]}, reading.read, turn, conversation)

        return await reading.objection(ask)

    def _common(self, conversation: Conversation) -> dict[str, Any]:
        return {"language": language_of(conversation.locale), "style": conversation.style, "history": history(conversation)}

    async def _ask(self, name: str, inputs: Mapping[str, Json], read, turn: ScriptTurn, conversation: Conversation, settle=None):
        """What `read` makes of the program's answer. Raises Wordless where none can be used."""
        recipe, path = conversation.spec.recipe, conversation.path
        sample = draw.integer(0, (1 << 31) - 1, recipe.seed, name, path.base, path.attempt, turn.key.removesuffix("+"))
        try:
            return await self.asker.answer(self.programs[name], inputs, read, settle=settle, sample=sample)
        except Unanswered as error:
            raise Wordless(f"{OF_THE_TEACHER}{error}") from None


def language_of(locale: str) -> str:
    """`French`, for `fr`."""
    from babel import Locale

    return Locale.parse(locale.replace("-", "_")).get_display_name("en") or locale

"""Words with which a user gives a value anew, of a call that was made and is to be undone, or that the world has refused."""

from __future__ import annotations

from magnetc.ir.path import Call, OutputSource, SystemSource, TurnKind
from magnetc.ir.pointer import get
from magnetc.ir.script import ScriptTurn
from magnetc.ir.trajectory import Value
from magnetc.teachers.conversation import Bindings, Conversation, Given, Proposal
from magnetc.teachers.offline.corrections import marked
from magnetc.teachers.offline.frames import fill, finish, user_frame
from magnetc.teachers.offline.words import answered


def amend(turn: ScriptTurn, conversation: Conversation) -> Proposal | None:
    """The user's words for a turn that amends another, and what its calls are bound to; both values are known by then."""
    attempt, leaf = turn.amends
    goal = turn.goals[-1]
    call, pointer = goal.calls[0], leaf.removeprefix(goal.calls[0].id)
    key = (conversation.spec.recipe.seed, conversation.path.base, conversation.path.attempt, turn.key, call.id, pointer)
    texts = {}
    for name, place in (("old", (attempt, pointer)), ("new", (call.id, pointer))):
        meant = conversation.bindings.get(place)
        text = answered(meant.value, goal, call, pointer, conversation, (*key, name)) if isinstance(meant, Given) else None
        if text is None:
            return None
        texts[name] = marked(text) if name == "old" else text
    frames = conversation.spec.frame[conversation.locale]
    group = "correct_after" if turn.kind is TurnKind.CORRECT else "amend"
    parts = finish(fill(user_frame(conversation, group, *key), texts, conversation.locale), frames)
    bindings = {place: bound for place, bound in conversation.bindings.items() if place[0] == call.id}
    for undo in (call for goal in turn.goals[:-1] for call in goal.calls):
        bindings.update(_undoing(undo, attempt, conversation))
    return Proposal(parts, bindings) if any(isinstance(part, Value) for part in parts) else None


def _undoing(undo: Call, attempt: str, conversation: Conversation) -> Bindings:
    """What the call that undoes another takes from its result, or from what the system message shows."""
    done = conversation.result_of(attempt)
    assert done is not None
    bound: Bindings = {}
    for argument in undo.arguments:
        match argument.source:
            case OutputSource(_, pointer):
                bound[undo.id, argument.pointer] = Given(get(done.result, pointer), pointer)
            case SystemSource(pointer):
                shown = {"date": conversation.now[:10], "profile": conversation.profile}
                bound[undo.id, argument.pointer] = Given(get(shown, pointer), pointer)
    return bound

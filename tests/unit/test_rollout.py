"""What a student did in one turn, as mining sees it."""

import pytest
from scripted import call
from test_play_moody_world import ROWS, SPEC, scores

from magnetc.agent.policy import Action
from magnetc.build.mine.asked import asked_turns
from magnetc.build.mine.rollout import DEADLY, NoPair, RolloutPair, rollouts


def rollout(*actions):
    """The turn of row `b`, answered by these."""
    turn = next(asked_turns(ROWS[1]))
    played, _ = scores(lambda row, script: [list(actions)], [turn.playable()])
    (found,) = rollouts([turn], played)
    return found


@pytest.mark.parametrize("name", ["hang", "die"])
def test_a_call_that_stops_the_world_makes_no_pair(name):
    found = rollout(call(name), Action(content="I noted it"))
    assert found.wrong(SPEC)
    with pytest.raises(NoPair, match=DEADLY):
        RolloutPair(found, SPEC).row("b.pair", found.wrong(SPEC))


def test_the_same_words_in_another_place_are_another_action():
    """A judge's word on the one is none on the other, which execution shows to be wrong."""
    early, late = rollout(Action(content="Noted!")), rollout(call("note", text="1"), Action(content="Noted!"))
    assert early.wrong(SPEC)
    assert late.wrong(SPEC) is None
    assert early.action() != late.action()
    assert early.action() == rollout(Action(content="Noted!")).action()

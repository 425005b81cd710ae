"""ToolQuery's scores, against cases that were worked out by hand from AgentBoard's code."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toolquery import call, finish

from magnetc.agent.policy import Action
from magnetc.build.interval import clopper_pearson, of_mean, wilson
from magnetc.eval.toolquery.episode import REMINDER, Episode
from magnetc.eval.toolquery.scoring import Progress, cleaned, ends, reached
from magnetc.eval.toolquery.tasks import Task

RAIN = {"latitude": 50.0, "longitude": 8.0, "daily": {"time": ["2024-01-01"], "rain_sum": [1.5]}}


def test_fields_that_services_change_are_no_part_of_a_subgoal():
    assert cleaned("movie", {"title": "A", "budget": 5, "genres": [], "release_date": "2001-01-01", "vote_average": 7}) == {"title": "A"}
    assert cleaned("movie", [{"id": 1, "overview": "…"}, "x"]) == [{"id": 1}, "x"]
    warm = {"daily": {"time": ["2024-01-01"], "temperature_2m_max": [3], "temperature_2m_min": [1], "temperature_2m_mean": [2]}, "latitude": 1.0}
    assert cleaned("weather", warm) == {"daily": {"time": ["2024-01-01"]}, "latitude": 1.0}
    assert cleaned("weather", RAIN) == RAIN
    assert cleaned("academia", {"budget": 5}) == {"budget": 5}


def test_each_result_reaches_one_subgoal():
    assert reached("movie", ["a", "a", "b"], ["a", "c"]) == 1
    assert reached("movie", ["a", "a", "b"], ["b", "a", "a", "a"]) == 3
    assert reached("academia", [7], ["7"]) == 0
    assert reached("academia", [7.0, [1, 2]], [7, [1, 2]]) == 2
    assert reached("academia", [["a", "b"]], [["b", "a"]]) == 0


@pytest.mark.parametrize(("moved", "same"), [(0.3, True), (0.44, True), (0.46, False)])
def test_weather_within_fifty_kilometers_is_weather_of_the_place(moved, same):
    """A degree of latitude is 111.19 km on a sphere of 6371 km."""
    there = RAIN | {"latitude": 50.0 + moved}
    assert reached("weather", [RAIN], [there]) == same
    assert reached("movie", [RAIN], [there]) == 0
    assert reached("weather", [RAIN], [there | {"daily": {}}]) == 0


def test_the_progress_rate_is_the_share_of_subgoals_so_far():
    progress = Progress("academia", ["PaperNet is loaded.", {"year": 2019}, 2019])
    assert progress.rate == 0
    progress.add("PaperNet is loaded.")
    assert progress.rate == 1 / 3
    progress.add("There is no node named X in the PaperNet.", failed=True)
    progress.add({"year": 2018})
    assert progress.rate == 1 / 3
    progress.add(2019)
    assert progress.rate == 2 / 3
    progress.add({"year": 2019})
    assert progress.rate == 1


def test_what_says_invalid_is_looked_at_with_the_next_call():
    progress = Progress("movie", ["Invalid Love", "b"])
    progress.add("Invalid Love")
    assert progress.rate == 0
    progress.add("c")
    assert progress.rate == 0.5


values = st.recursive(st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["a", "b"]), lambda inner: st.lists(inner, max_size=2), max_leaves=3)


@given(st.lists(values, min_size=1, max_size=5), st.lists(values, max_size=8))
def test_progress_only_grows_and_is_what_all_results_together_reach(subgoals, results):
    progress, rates = Progress("academia", subgoals), []
    for result in results:
        progress.add(result)
        rates.append(progress.rate)
    assert rates == sorted(rates)
    assert all(0 <= rate <= 1 for rate in rates)
    assert progress.rate == (reached("academia", subgoals, results[::-1]) / len(subgoals) if results else 0)


def test_the_word_finish_in_a_call_ends_a_task():
    assert ends("finish", {"answer": 1})
    assert ends("get_search_movie", {"movie_name": "The Finish Line"})
    assert not ends("get_search_movie", {"movie_name": "FINISH"})


TASK = Task(id="t", family="movie", difficulty="easy", goal="Who?", answer="b", subgoals=("a", "b"))
TOOLS = {"look": frozenset({"name"}), "finish": frozenset({"answer"}), "check_valid_actions": frozenset[str]()}


def play(*actions, results, most_steps=30, task=TASK):
    """An episode in which the world answers `results`, in order; errors of the world are `{"error": …}`."""
    episode, left = Episode(task, TOOLS, "[]", most_steps), list(results)
    for action in actions:
        assert not episode.over
        for attempt in episode.take(action):
            attempt.result = left.pop(0)
            attempt.failed = isinstance(attempt.result, dict) and "error" in attempt.result
        episode.settle()
    return episode


def outcome(episode):
    return episode.progress.rate, episode.ended, episode.over, episode.steps, episode.grounded


def test_a_task_ends_with_its_answer():
    episode = play(call("look", name="x"), finish("b"), results=["a", "b"])
    assert outcome(episode) == (1.0, True, True, 2, 2)
    assert episode.answer == "b"
    assert [message["role"] for message in episode.messages] == ["system", "user", "assistant", "tool", "assistant", "tool"]
    assert outcome(play(call("look", name="x"), finish("c"), results=["a", "c"])) == (0.5, True, True, 2, 2)


def test_words_alone_are_a_step_and_the_agent_is_reminded():
    episode = play(Action(content="It is b."), call("look", name="x"), results=["a"])
    assert outcome(episode) == (0.5, False, False, 2, 1)
    assert episode.messages[3] == {"role": "user", "content": REMINDER}


def test_a_task_is_over_after_its_steps_without_an_end():
    assert outcome(play(*[Action(content="…")] * 3, results=[], most_steps=3)) == (0.0, False, True, 3, 0)
    both = Action(calls=(("look", {"name": "x"}), ("look", {"name": "y"}), ("finish", {"answer": "b"})))
    assert outcome(play(both, results=["a", "c"], most_steps=2)) == (0.5, False, True, 2, 2)


def test_several_calls_of_a_message_are_a_step_each_and_none_follows_the_end():
    both = Action(calls=(("look", {"name": "x"}), ("finish", {"answer": "b"}), ("look", {"name": "y"})))
    assert outcome(play(both, results=["a", "b"])) == (1.0, True, True, 2, 2)


def test_calls_that_are_none_are_told_and_end_nothing():
    nonsense = [call("finish"), call("look"), Action(malformed='finish {"answer": '), call("\ud800", name="x"), call("look", name=float("nan")),
                Action(calls=(("peek", {}),), malformed="{")]
    episode = play(*nonsense, results=[])
    assert outcome(episode) == (0.0, False, False, 7, 0)
    told = [json.loads(message["content"])["error"] for message in episode.messages if message["role"] == "tool"]
    assert told == ["`finish`: `answer` is missing", "`look`: `name` is missing", "malformed call", "unknown tool `?`", "malformed call",
                    "unknown tool `peek`", "malformed call"]


def test_an_unknown_tool_of_that_name_ends_a_task_as_it_does_in_agentboard():
    assert outcome(play(call("finish_task", answer="b"), results=[])) == (0.0, True, True, 1, 0)


def test_further_arguments_are_dropped_and_tools_that_fail_reach_nothing():
    episode = Episode(TASK, TOOLS, "[]", 30)
    (attempt,) = episode.take(call("look", name="x", also="y"))
    assert attempt.arguments == {"name": "x"}
    assert outcome(play(call("look", name="x"), finish([1, "a"]), results=[{"error": "a"}, {"error": "no order"}])) == (0.0, False, False, 2, 2)


def test_asking_what_can_be_done_reaches_nothing():
    assert outcome(play(call("check_valid_actions"), results=["a"])) == (0.0, False, False, 1, 1)


def test_intervals():
    assert wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)
    assert wilson(60, 60)[1] == 1.0
    assert wilson(0, 0) == (0.0, 1.0)
    assert clopper_pearson(5, 10) == pytest.approx((0.1871, 0.8129), abs=1e-4)
    assert of_mean([0.0, 1.0] * 50) == pytest.approx((0.4015, 0.5985), abs=1e-4)
    assert of_mean([0.5]) == (0.0, 1.0)


@given(st.integers(1, 200).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_an_interval_has_the_share_in_it(sample):
    hits, of = sample
    low, high = wilson(hits, of)
    assert 0 <= low <= hits / of <= high <= 1

"""A user with a goal: answers what it is asked as far as its goal goes, repeats it once, and says nothing else."""

import asyncio
import re

import pytest
from dataset import TRAVEL, rows
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted import Reactive, Scripted, marked, script_of

from magnetc.agent.goal_user import MOST, GoalUser, Vocabulary, goal_users
from magnetc.agent.play import play
from magnetc.agent.policy import Action
from magnetc.agent.reference import Need, Want, read_reference
from magnetc.agent.score import score, summarize
from magnetc.agent.user import recorded
from magnetc.build.opened import open_output
from magnetc.diagnostics import Sink
from magnetc.frontend import load
from magnetc.teachers.conversation import entity_of
from magnetc.tools.importers import IMPORTERS


@pytest.fixture(scope="module")
def opened(library):
    return open_output(library, Sink(), trust=True)


@pytest.fixture(scope="module")
def data(library):
    return marked(list(rows(library, "sft/")))


@pytest.fixture(scope="module")
def references(opened, data):
    return [read_reference(row, opened.states, opened.spec) for row in data]


@pytest.fixture(scope="module")
def words(opened):
    return Vocabulary(opened.spec, "en")


def played(opened, data, policy, users):
    async def body():
        pool = opened.pool(1)
        try:
            return await play(data, policy, pool, opened.spec, opened.states, users=users)
        finally:
            await pool.close()

    return asyncio.run(body())


def total(found, opened):
    return summarize(score(one, opened.spec) for one in found).total


def heard(found):
    """What the users said between the messages of the rows, by conversation and turn."""
    return {(one.row, turn.number): said for one in found for turn in one.turns
            if (said := [message["content"] for message in turn.messages[1:] if message["role"] == "user"])}


class Stubborn(Scripted):
    """As the script says, but in each user turn of the row it says some words first."""

    def __init__(self, rows, words):
        super().__init__(rows)
        self.words, self.users = words, {row["id"]: [m["content"] for m in row["messages"] if m["role"] == "user"] for row in rows}

    def _next(self, messages):
        name = messages[0]["content"].rpartition("#")[2]
        own = [index for index, message in enumerate(messages) if message["role"] == "user" and message["content"] in self.users[name]]
        said = [message["content"] for message in messages[own[-1]:] if message["role"] == "assistant"]
        if len(said) < len(self.words):
            return Action(content=self.words[len(said)])
        turn = self.scripts[name][len(own) - 1]
        at = len(said) - len(self.words)
        return turn[at] if at < len(turn) else Action(content="done")


def test_who_does_what_the_row_does_succeeds_with_both_users_and_hears_nothing_more(opened, data):
    by_goal = played(opened, data, Scripted(data), goal_users(opened.spec))
    assert heard(by_goal) == {}
    assert total(by_goal, opened) == total(played(opened, data, Scripted(data), recorded), opened)
    assert total(by_goal, opened).success_rate == 1.0


def test_a_question_about_a_value_of_the_goal_is_answered_with_it(opened, data, references):
    found = played(opened, data, Stubborn(data, ["For how many weeks?"]), goal_users(opened.spec))
    said = heard(found)
    answered = 0
    for reference in references:
        for number, turn in enumerate(reference.turns):
            weeks = [want.said for want in turn.wants if want.pointer == "/weeks"]
            texts = said.get((reference.row, number), [])
            if number >= reference.first and turn.needs is Need.ACT:
                assert len(texts) == 1
                assert all(re.search(rf"\b{each}\b", texts[0], re.IGNORECASE) for each in weeks)
                answered += bool(weeks)
    assert answered > 10
    sums = total(found, opened)
    assert sums.asked_needlessly == sums.acts > 0
    assert sums.success_rate == 1.0, "who is answered goes on"
    assert total(played(opened, data, Stubborn(data, ["For how many weeks?"]), recorded), opened).success_rate < 0.2


def test_the_goal_is_said_once_more_and_then_no_more(opened, data):
    policy = Reactive(lambda request: Action(content="Lovely weather."))
    found = played(opened, data, policy, goal_users(opened.spec))
    for one in found:
        for turn, plan in zip(one.turns, one.reference.played):
            said = heard([one]).get((one.row, turn.number), [])
            assert len(said) == (plan.needs is Need.ACT)
            assert all(plan.user["content"] in text for text in said)
    assert total(found, opened).success_rate == total(found, opened).call_recall == 0


def test_a_user_does_not_answer_for_ever(opened, data):
    policy = Reactive(lambda request: Action(content="What is the meaning of life?"))
    for one in played(opened, data[:6], policy, goal_users(opened.spec)):
        for turn, plan in zip(one.turns, one.reference.played):
            assert sum(m["role"] == "user" for m in turn.messages) - 1 == (MOST if plan.needs is Need.ACT else 0)


def test_values_are_told_apart_by_name(references, words):
    reference = next(r for r in references if any({w.pointer for w in t.wants} >= {"/topic", "/branch"} for t in r.turns))
    number = next(n for n, t in enumerate(reference.turns) if {w.pointer for w in t.wants} >= {"/topic", "/branch"})
    user = GoalUser(reference, words)
    pointers = {question: [want.pointer for want in user.asked(number, question)]
                for question in ("Which branch?", "Which topic would you like?", "What branch, and what topic?", "How are you?")}
    assert pointers == {"Which branch?": ["/branch"], "Which topic would you like?": ["/topic"],
                        "What branch, and what topic?": ["/topic", "/branch"], "How are you?": []}


WORDS = st.sampled_from(["which", "branch", "topic", "weeks", "day", "card", "for how many", "find_books", "borrow_book", "loan", "yes", "book", "title"])


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_user_says_no_value_but_those_of_its_goal_and_names_no_tool(opened, references, words, data):
    reference = data.draw(st.sampled_from(references))
    number = data.draw(st.integers(reference.first, len(reference.turns) - 1))
    user, twin, plan = GoalUser(reference, words), GoalUser(reference, words), reference.turns[number]
    goal = {want.said.casefold() for want in user.goal(number)}   # a sentence that begins with a value has it with a capital
    others = {want.said.casefold() for each in references for turn in each.turns for want in turn.wants} - goal
    others -= {value for value in others if any(value in mine for mine in goal)}
    said, repeated = [], 0
    for _ in range(MOST + 2):
        text = " ".join(data.draw(st.lists(WORDS, min_size=1, max_size=5))) + data.draw(st.sampled_from(["?", "."]))
        answer = user.answer(number, text, [])
        assert twin.answer(number, text, []) == answer
        if answer is None:
            continue
        said.append(answer)
        repeated += text.endswith(".")   # no question: only the goal can follow
        rest = answer.replace(plan.user["content"], "")
        assert not [tool for tool in opened.spec.tool if tool in rest]
        assert not [value for value in others if re.search(rf"(?<!\w){re.escape(value)}(?!\w)", rest.casefold())]
    assert len(said) <= MOST
    assert repeated <= 1


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_each_question_of_a_recipe_is_about_what_it_asks_for(locale):
    spec = load(TRAVEL, Sink(), IMPORTERS)
    assert spec is not None
    words, tried = Vocabulary(spec, locale), 0
    for tool in spec.tools:
        for parameter in tool.parameters:
            entity = entity_of(parameter.type, spec)
            names = {f"{tool.name}.{parameter.name}", *(spec.type_table.ancestry(entity.name) if entity else ())}
            called = words.called(Want(tool=tool.name, pointer=f"/{parameter.name}", said="", turn=0), str)
            for question in (f"{question} ?" for question in words.questions(names)):
                assert words.mentions(question, called), question
                tried += 1
    assert tried > 50
    assert not words.mentions({"en": "What would you like to do?", "fr": "Que puis-je faire pour vous ?"}[locale],
                              words.called(Want(tool="book_flight", pointer="/flight_id", said="", turn=0), str))


def test_what_is_asked_rightly_is_answered_by_the_row_s_next_message(opened, data):
    copies = [row for row in data if any(o.startswith("split.miss_params") for o in row["tags"]["operations"])]
    assert copies
    assert heard(played(opened, copies, Scripted(copies), goal_users(opened.spec))) == {}
    script = script_of(copies[0])
    assert any(len(turn) == 1 and turn[0].content.endswith("?") for turn in script)

"""What a model says is held against what it has to say, and refused in words that it can use."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from spec_small import small_spec

from magnetc.diagnostics import MagnetError
from magnetc.ir.path import Argument, Call, OutputSource, SignaturePath, Turn, TurnKind, UserSource
from magnetc.ir.script import Goal, ScriptTurn
from magnetc.ir.shown import Shown
from magnetc.ir.trajectory import Reference, Value, Words, text_of
from magnetc.source.resources import resource
from magnetc.teachers.conversation import Conversation, Executed, Given, Proposal
from magnetc.teachers.prompt_program import load_program, parse_program
from magnetc.teachers.prompted.acting import Acting
from magnetc.teachers.prompted.answer import Answering
from magnetc.teachers.prompted.calls import Reading
from magnetc.teachers.prompted.language import is_in
from magnetc.teachers.prompted.placed import place
from magnetc.teachers.prompted.programs import DRAFTING, PROGRAMS, RESTYLING, check_program
from magnetc.teachers.prompted.words import Saying, named_tools
from magnetc.teachers.rehearsal import Recorded, Rehearsed


@pytest.mark.parametrize(("text", "locale"), [
    ("Could you book it for me?", "en"), ("Pouvez-vous le réserver pour moi ?", "fr"), ("予約してください。", "ja"),
    ("Boston", "en"), ("Boston", "fr"), ("March 4, please.", "en"), ("Oui.", "fr"), ("OK", "ja"), ("", "en"),
])
def test_a_language_is_known_by_its_words(text, locale):
    assert is_in(text, locale)


@pytest.mark.parametrize(("text", "locale"), [
    ("Pourriez-vous me dire quels vols il y a pour Boston ?", "en"), ("Could you tell me which flights there are?", "fr"),
    ("申し訳ございませんが、もう一度お願いします。", "en"), ("申し訳ございません", "fr"), ("Could you book it for me?", "ja"),
])
def test_another_language_is_told(text, locale):
    assert not is_in(text, locale)


def no_forms(part):
    return ()


def test_each_value_has_a_place_of_its_own():
    placed = place("From 4 March to 14 March, for 4 people.", [Value("4", "c"), Value("4 March", "a"), Value("14 March", "b")], no_forms)
    assert placed.parts == (Words("From "), Value("4 March", "a"), Words(" to "), Value("14 March", "b"), Words(", for "), Value("4", "c"),
                            Words(" people."))
    assert placed.missing == ()
    assert not any(char.isdigit() for char in placed.rest)


def test_a_reference_stands_as_it_is_and_may_begin_a_sentence():
    first = Reference((Words("the flight at "), Value("9 am")), "c")
    placed = place("The flight at 9 am, please.", [first], no_forms)
    assert "".join(map(text_of, placed.parts)) == "The flight at 9 am, please."
    assert isinstance(placed.parts[0], Reference)
    assert place("The flight, please.", [first], no_forms).missing == (first,)


CALLS = (Call(id="c0", function="get_zipcode", goal="c0", arguments=(Argument(pointer="/city", source=UserSource("t0")),)),
         Call(id="c1", function="get_distance", goal="c1", arguments=(Argument(pointer="/origin", source=OutputSource("c0", "/zipcode")),)))


def saying(call, plain, bindings, arguments):
    turn = ScriptTurn(key="t0", kind=TurnKind.NORMAL, goals=(Goal(calls=(call,)),), rounds=((call,),))
    path = SignaturePath(id="p-0", base="p-0", name="p", locale="en", variant=0, turns=(Turn(key="t0", kind=TurnKind.NORMAL, calls=(call,)),))
    talk = Conversation(small_spec(), path, "2026-03-02T09:00:00Z", {})
    return Saying(turn, Proposal(plain, bindings), {call.id: arguments}, talk)


CITY = saying(CALLS[0], (Words("What is the zip code of "), Value("Paris", "c0", "/city"), Words("?")), {("c0", "/city"): Given("Paris")},
              {"city": "Paris"})
ZIP = saying(CALLS[1], (Words("How far is it from "), Reference((Words("there"),), "c1", "/origin"), Words("?")),
             {("c1", "/origin"): Given("75001", "/zipcode")}, {"origin": "75001"})


def test_words_that_say_it_become_the_parts_of_the_message():
    assert CITY.read("I need to write to someone in  Paris. Which zip code\nis that?") == (
        Words("I need to write to someone in "), Value("Paris", "c0", "/city"), Words(". Which zip code is that?"))


@pytest.mark.parametrize(("made", "text", "reason"), [
    (CITY, "What is the zip code of London?", "does not say `Paris`"),
    (CITY, "What are the 2 zip codes of Paris?", "it says `2`"),
    (CITY, "Use get_zipcode for Paris.", "names the tool `get_zipcode`"),
    (CITY, "Quel est le code postal de Paris, et pourquoi n'est-il pas dans la liste ?", "not in the language"),
    (ZIP, "How far is it?", "point at the earlier result with the words `there`"),
])
def test_words_that_do_not_are_refused_with_the_reason(made, text, reason):
    with pytest.raises(ValueError, match=reason):
        made.read(text)


def test_a_result_is_pointed_at_and_never_told():
    with pytest.raises(ValueError, match="75001"):
        ZIP.read("How far is it from there, from 75001?")


def test_names_that_are_words_are_no_names_of_tools():
    assert list(named_tools("Please search and book it.", ["search", "book"])) == []
    assert len(list(named_tools("Call bookFlight or list.all now.", ["bookFlight", "list.all", "now"]))) == 2


DONE = Executed(CALLS[0], 0, {"city": "Paris"}, {"zipcode": "75001"})


def test_an_answer_says_values_of_results_and_no_other():
    answering = Answering((DONE,), (), CITY.conversation)
    assert answering.read("The zip code of Paris is 75001, so write 75001.") == (
        Words("The zip code of "), Value("Paris", "c0", "#/city"), Words(" is "), Value("75001", "c0", "/zipcode"), Words(", so write "),
        Value("75001", "c0", "/zipcode"), Words("."))
    with pytest.raises(ValueError, match="states `75002"):
        answering.read("It is 75002.")
    with pytest.raises(ValueError, match="says nothing"):
        answering.read(" \n")


def test_who_is_misled_does_not_tell_the_user_of_a_hint():
    acting = Acting(Shown(CITY.conversation.spec), ("get_zipcode",), "", [], {}, reasons=False, one_at_once=False)
    read = Answering((), (), CITY.conversation).read
    assert acting.read_anything({"calls": [], "content": "Which city?"}, read).parts == (Words("Which city?"),)
    with pytest.raises(ValueError, match="speaks of `hint`"):
        acting.read_anything({"calls": [], "content": "The hint says to ask for the city."}, read)


def test_a_question_asks():
    answering = Answering((), (Words("Which city?"),), CITY.conversation)
    assert answering.question("Which city do you mean?") == (Words("Which city do you mean?"),)
    with pytest.raises(ValueError, match="does not ask"):
        answering.question("I need the city.")


ZIPCODE = Recorded(arguments={"c0": {"city": "Paris"}}, results={"c0": {"zipcode": "75001"}})
READING = Reading(((CALLS[0],),), ZIPCODE, ("get_zipcode", "get_distance"), CITY.conversation.spec)


@pytest.mark.parametrize(("calls", "reason"), [
    ([{"name": "fly", "arguments": {}}], "there is no tool `fly`"),
    ([{"name": "get_zipcode", "arguments": {"town": "Paris"}}], "no parameter `town`"),
    ([{"name": "get_zipcode", "arguments": {"city": 4}}], "`city` of `get_zipcode`"),
    ([{"name": "get_zipcode", "arguments": {}}], "needs `city`"),
])
def test_calls_that_cannot_be_made_are_refused(calls, reason):
    with pytest.raises(ValueError, match=reason):
        READING.read({"calls": calls})


@pytest.mark.parametrize(("made", "said"), [
    ([("get_zipcode", {"city": "Paris"})], ""),
    ([("get_zipcode", {"city": "London"})], 'with `city` = "London", and "Paris" is meant'),
    ([], "calls nothing where `get_zipcode` is wanted"),
    ([("get_zipcode", {"city": "Paris"}), ("get_distance", {})], "calls `get_distance` where no more is wanted"),
])
def test_a_reader_comes_to_the_calls_or_it_is_said_how_not(made, said):
    assert said in READING.difference(READING.rounds[0], made)
    assert bool(READING.difference(READING.rounds[0], made)) is bool(said)


FAR = {"origin": "75001", "destination": "10001"}
TWO = Recorded(arguments={"c0": {"city": "Paris"}, "c1": FAR}, results={"c0": {"zipcode": "75001"}, "c1": {"distance": 4}})


@dataclass
class Rehearsing:
    """A rehearsal in which other calls come to what is listed, one after the other."""

    outcomes: list[Rehearsed | None]
    arguments: Mapping[str, Any]
    results: Mapping[str, Any]
    asked: list[Any] = field(default_factory=list)

    async def other(self, made):
        self.asked.append(list(made))
        return self.outcomes.pop(0)


def objection(rehearsal, *answers):
    """What a reader who answers so gets wrong, and what it was told before each answer."""
    said, told = list(answers), []

    async def ask(so_far):
        told.append([each["call"] for each in so_far])
        return said.pop(0)

    reading = Reading(((CALLS[0],), (CALLS[1],)), rehearsal, ("get_zipcode", "get_distance"), CITY.conversation.spec)
    return asyncio.run(reading.objection(ask)), told


PARIS, LONDON, DISTANCE = ("get_zipcode", {"city": "Paris"}), ("get_zipcode", {"city": "London"}), ("get_distance", FAR)


def test_a_reader_goes_through_every_round():
    assert objection(TWO, [PARIS], [DISTANCE]) == ("", [[], ["get_zipcode"]])
    said, told = objection(TWO, [PARIS], [("get_distance", {**FAR, "origin": "75002"})])
    assert "`origin` = \"75002\", and \"75001\" is meant" in said
    assert told == [[], ["get_zipcode"]]
    assert "calls nothing where `get_distance` is wanted" in objection(TWO, [PARIS], [])[0]


def test_other_calls_are_an_objection_unless_they_come_to_the_same():
    def rehearsal(*outcomes):
        return Rehearsing([Rehearsed(results=({}, {}, {}), fails=fails, is_equivalent=same) for fails, same in outcomes], TWO.arguments, TWO.results)

    assert objection(rehearsal((False, False), (False, True)), [LONDON], [PARIS, DISTANCE])[0] == "", "a read that was not needed"
    assert "London" in objection(rehearsal((True, False)), [LONDON])[0], "it errs"
    assert "London" in objection(TWO, [LONDON])[0], "nothing can be executed beside a record"
    lost = rehearsal(*[(False, False)] * 4)
    assert "does not come to `get_zipcode`" in objection(lost, *[[LONDON]] * 4)[0]
    assert lost.asked == [[LONDON] * n for n in (1, 2, 3, 4)]


def move(acting, *calls):
    """What comes of an answer with these calls: a move that has been taken, or why it is none."""
    said = {"calls": [{"name": name, "arguments": arguments} for name, arguments in calls]}
    try:
        made = asyncio.run(acting.settled(acting.read_move(said)))
    except ValueError as error:
        return str(error)
    acting.take(made)
    return made


THERE = Call(id="c2", function="get_zipcode", goal="c2", arguments=(Argument(pointer="/city", source=UserSource("t0")),))


def in_turn(*outcomes, also=(), **given):
    done = {"c2": Executed(THERE, 0, {"city": "New York"}, {"zipcode": "10001"}),
"c0": Executed(CALLS[0], 0, {"city": "Paris"}, {"zipcode": "75001"}),
            "c1": Executed(CALLS[1], 0, FAR, {"distance": 4})}
    rehearsal = Rehearsing(list(outcomes), TWO.arguments, TWO.results)
    return Acting(Shown(CITY.conversation.spec), ("get_zipcode", "get_distance"), "", [], done, reasons=False, one_at_once=False,
                  rounds=((CALLS[0], *also), (CALLS[1],)), rehearsal=rehearsal, **given), rehearsal


def came_to(*results, same=True):
    return Rehearsed(results=results, fails=False, is_equivalent=same)


def test_who_acts_makes_the_calls_of_the_script_and_nothing_is_executed_again():
    acting, rehearsal = in_turn()
    assert "`get_zipcode` comes first" in move(acting, DISTANCE)
    assert "`get_zipcode` comes first" in move(acting, PARIS, DISTANCE)
    assert move(acting, PARIS).calls == (CALLS[0],)
    assert [call["name"] for call in acting.inputs()["hint"]] == ["get_distance"]
    assert move(acting, DISTANCE).calls == (CALLS[1],)
    assert not acting.left
    assert not rehearsal.asked


def test_calls_may_come_in_another_order_that_comes_to_the_same():
    given = {"zipcode": "75001"}, {"distance": 4}, {"zipcode": "10001"}
    acting, rehearsal = in_turn(came_to(*given), also=(THERE,))
    assert move(acting, PARIS).calls == (CALLS[0],)
    assert move(acting, DISTANCE).calls == (CALLS[1],)
    assert rehearsal.asked == [[PARIS, DISTANCE, ("get_zipcode", {"city": "New York"})]]
    assert acting.left == [THERE]
    for other in (None, came_to(*given, same=False), came_to(given[0], {"distance": 5}, given[2])):
        acting, _ = in_turn(other, also=(THERE,))
        move(acting, PARIS)
        assert "`get_zipcode` comes first" in move(acting, DISTANCE)


def test_a_look_that_was_not_needed_is_executed_and_shown():
    acting, rehearsal = in_turn(came_to({"zipcode": "EC1"}, {"zipcode": "75001"}, {"distance": 4}), came_to({"zipcode": "EC1"}, {"zipcode": "75001"}, {"distance": 4}),
                                came_to({"zipcode": "EC1"}, {"zipcode": "75001"}, {"distance": 4}))
    looked = move(acting, LONDON)
    assert (looked.calls, looked.gave) == ((), ({"zipcode": "EC1"},))
    assert acting.told[-1] == {"who": "tool", "call": "get_zipcode", "arguments": {"city": "London"}, "result": {"zipcode": "EC1"}}
    assert move(acting, PARIS).calls == (CALLS[0],)
    assert rehearsal.asked[-1] == [LONDON, PARIS, DISTANCE]
    assert move(acting, DISTANCE).calls == (CALLS[1],)
    assert acting.detours == 1


@pytest.mark.parametrize(("outcome", "calls"), [
    (None, [LONDON]), (came_to({}, {}, {}, same=False), [LONDON]), (came_to({}, {"zipcode": "75002"}, {"distance": 4}), [LONDON]), (None, [LONDON, PARIS]),
], ids=["not executed", "something else", "other results", "with a call of the script"])
def test_a_look_that_comes_to_something_else_is_refused(outcome, calls):
    acting, _ = in_turn(outcome)
    assert isinstance(move(acting, *calls), str)
    assert not acting.told


def test_who_only_looks_is_told_to_go_on():
    acting, _ = in_turn(*[came_to({}, {}, {"zipcode": "75001"}, {"distance": 4})] * 2, detours=1)
    acting.made.append((LONDON, None))
    assert not isinstance(move(acting, LONDON), str)
    assert "enough has been looked at" in move(acting, LONDON)


@pytest.mark.parametrize("name", {**PROGRAMS, **RESTYLING, **DRAFTING})
def test_shipped_programs_hold_their_contract(name):
    check_program(load_program(name))


@pytest.mark.parametrize(("change", "why"), [
    (("inputs:\n", "inputs:\n  colour: string\n"), "takes `colour`, which it is never given"),
    (("  plain: string ", "  # plain: string "), "does not name the input `plain`"),
    (("{{ plain | tojson }}", "{{ plane }}"), "asks for `plane`"),
    (("words: {type: string, minLength: 1}", "words: {type: integer}"), "`output` forbids"),
])
def test_a_program_that_cannot_be_used_says_why_before_anything_is_asked(change, why):
    program = load_program("reply")
    text = resource("specs", "std", "prompts", "reply.md.j2").read_text(encoding="utf-8")
    assert change[0] in text
    with pytest.raises(MagnetError) as raised:
        check_program(parse_program(program.name, text.replace(*change)))
    assert why in raised.value.diagnostics[0].message

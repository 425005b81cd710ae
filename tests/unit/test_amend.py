"""A call that comes to nothing and is made anew: what Correct and Recover share, on hand-written paths."""

from dataclasses import replace

import pytest
from spec_small import record, small_spec, tool, with_tools

from magnetc.ir.path import Call, DefaultSource, OutputSource, SystemSource, TurnKind
from magnetc.ir.spec import PathSpec, Undo
from magnetc.ir.text import parse_path, print_path
from magnetc.ir.undo import undo_call
from magnetc.ir.verify import verify_path, verify_script
from magnetc.passes.amend import amended
from magnetc.passes.context import CompileContext
from magnetc.passes.correct import Correct
from magnetc.passes.lower import Lower
from magnetc.passes.manager import Log
from magnetc.passes.recover import Recover

HEAD = "path free-000000 of free base free-000000 locale en variant 0 attempt 0\n"
BOOKED = HEAD + """\
turn t0 normal
  c0 = sign_in(/email: system /profile/email)
turn t1 normal
  c1 = search_flights(/origin: user t1, /destination: user t1, /date: user t1)
turn t2 normal
  c2 = book_flight(/flight_id: output c1 /flights/*/flight_id, /session: output c0 /session, /passenger: system /profile/email, /cabin: user t2)
turn t3 normal
  c3 = get_booking(/booking_id: output c2 /booking_id)
"""
UNDONE = """\
turn t2 normal [correct.after@t2]
  c2~ = book_flight(/flight_id: output c1 /flights/*/flight_id, /session: output c0 /session, /passenger: system /profile/email, /cabin: user t2)
turn t2~ correct [correct.after@t2] amends: c2~ c2/cabin
  c2~undo = cancel_booking(/booking_id: output c2~ /booking_id)
  c2 = book_flight(/flight_id: output c1 /flights/*/flight_id, /session: output c0 /session, /passenger: system /profile/email, /cabin: user t2~)
"""


def context_of(**limits):
    spec = small_spec()
    return CompileContext(replace(spec, paths=(*spec.paths, PathSpec(name="free", **limits))))


def undone(context, path):
    return amended(context, path, path.turns[2], "c2/cabin", TurnKind.CORRECT, "correct.after@t2")


def test_what_follows_stays_as_it_was():
    context, path = context_of(), parse_path(BOOKED)
    made = undone(context, path)
    assert UNDONE in print_path(made)
    assert [turn for turn in made.turns if turn.key in ("t0", "t1", "t3")] == [*path.turns[:2], path.turns[3]]
    assert verify_path(context.spec, context.graph, made) == []
    script = Lower().run(context, made)
    assert verify_script(context.spec, script) == []
    assert [[call.id for call in round_] for round_ in script.turns[3].rounds] == [["c2~undo"], ["c2"]]
    assert [script.amending(index) for index in range(5)] == [None, None, 3, None, None]
    assert script.unamended(3) == Lower().run(context, path)


@pytest.mark.parametrize("limits", [
    {"at_most": ((1, "book_flight"),)}, {"at_most": ((0, "cancel_booking"),)}, {"forbid": (("cancel_booking", "get_booking"),)},
    {"within": ("sign_in", "search_flights", "book_flight", "get_booking")}])
def test_added_calls_keep_the_constraints(limits):
    context, path, log = context_of(**limits), parse_path(BOOKED), Log()
    assert isinstance(undone(context, path), str)
    kept = Correct(before=0, after=1, cap=9).run(context, path, log)
    assert "c2~" not in {call.id for call in kept.calls()}
    assert [tally.outcome for tally in log.tallies() if tally.operation == "correct.after" and tally.reason] == ["refused"]


def test_a_copy_that_stops_is_held_to_what_its_base_goes_on_with():
    context = context_of(at_most=((1, "cancel_booking"),))
    path = parse_path(BOOKED.replace("turn t0", "cut cancel_booking\nturn t0", 1))
    assert undone(context, path) == "more than 1 of `cancel_booking`"


def test_what_is_not_offered_undoes_nothing():
    context = context_of()
    path = parse_path(BOOKED + "turn t4 miss_func withheld cancel_booking\n  says c4 = cancel_booking(/booking_id: output c2 /booking_id)\n"
                               "turn t4+ normal\n  c4 = cancel_booking(/booking_id: output c2 /booking_id)\n")
    assert undone(context, path) == "`cancel_booking` is not offered"


def test_the_turn_that_asks_again_asks_for_what_was_made_in_the_end():
    context = context_of()
    call = "get_zipcode(/city: user t0)"
    path = parse_path(f"{HEAD}turn t0 normal\n  c0 = {call}\nturn t1 no_tool because context t0 -\n  says c0 = {call}\n")
    made = amended(context, path, path.turns[0], "c0/city", TurnKind.CORRECT, "correct.after@t0")
    assert verify_path(context.spec, context.graph, made) == []
    assert made.turns[2].says == made.turns[1].calls
    assert Lower().run(context, made).unamended(1) == Lower().run(context, path)


def test_no_turn_is_touched_by_both():
    context, path = context_of(), parse_path(BOOKED)
    corrected = Correct(before=0, after=1, cap=9).run(context, path, Log())
    both = Recover(slip=1, environment=1, cap=9).run(context, corrected, Log())
    keys = {turn.key for turn in corrected.turns if turn.amends} | {turn.key.rstrip("~") for turn in corrected.turns if turn.amends}
    assert keys
    assert [turn for turn in both.turns if turn.key in keys] == [turn for turn in corrected.turns if turn.key in keys]


@pytest.mark.parametrize(("old", "new"), [
    ("amends: c2~ c2/cabin", "amends: c9 c2/cabin"), ("amends: c2~ c2/cabin", "amends: c2~ c2/passenger"), ("/cabin: user t2~", "/cabin: user t2"),
    ("t2~ correct", "t2~ recover"), ("t2~ correct", "t2~ normal"),
    ("  c2~undo = cancel_booking(/booking_id: output c2~ /booking_id)\n", ""),
    ("cancel_booking(/booking_id: output c2~", "get_booking(/booking_id: output c2~")])
def test_the_verifier_knows_a_broken_amendment(old, new):
    context = context_of()
    text = print_path(undone(context, parse_path(BOOKED)))
    assert old in text
    assert verify_path(context.spec, context.graph, parse_path(text.replace(old, new, 1))) != []


def test_where_the_undoing_call_has_its_arguments_from():
    spec = with_tools(small_spec(), tool("swap", record(old="BookingId", booking_id="BookingId"), "writes"),
                      tool("drop", record(), "writes", booking_id="BookingId", owner="Email", note="City?"))
    made = undo_call(spec, Call(id="c0", function="swap", goal="c0"), "drop", "c1")
    assert [a.source for a in made.arguments] == [OutputSource("c0", "/booking_id"), SystemSource("/profile/email"), DefaultSource()]
    assert undo_call(spec, Call(id="c0", function="list_bookings", goal="c0"), "drop", "c1") == "booking_id"
    assert spec.graph.undoing("book_flight") == "cancel_booking"
    assert replace(spec.graph, undos=(Undo(tool="swap", by="swap"),)).undoing("book_flight") is None

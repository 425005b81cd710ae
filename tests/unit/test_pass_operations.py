"""Merge, Insert, AssignSources, Split, rounds and Lower on hand-written paths."""

from collections import Counter
from dataclasses import replace
from math import log

import pytest
from spec_small import pattern, phrase, record, small_spec, tool, turn, with_tools

from magnetc.diagnostics import MagnetError
from magnetc.ir.path import DefaultSource, OutputSource, SystemSource, TurnKind, UserSource
from magnetc.ir.presentation import Presentation
from magnetc.ir.script import SystemKind
from magnetc.ir.spec import GraphSpec, OperationSpec, PathSpec
from magnetc.ir.template import ReferTemplate
from magnetc.ir.text import parse_path
from magnetc.ir.types import EntityType
from magnetc.ir.verify import verify_path, verify_script
from magnetc.passes.assign_sources import AssignSources
from magnetc.passes.clutter import Clutter
from magnetc.passes.context import CompileContext
from magnetc.passes.distract import Distract, estimated_tokens, log_uniform
from magnetc.passes.insert import Insert
from magnetc.passes.lower import Lower
from magnetc.passes.manager import Log, Manager
from magnetc.passes.mask import Mask
from magnetc.passes.merge import Merge
from magnetc.passes.parallel import Parallel
from magnetc.passes.pipeline import compile_unit
from magnetc.passes.recover import Recover
from magnetc.passes.rounds import rounds
from magnetc.passes.shuffle import Shuffle
from magnetc.passes.split import Split
from magnetc.passes.system import System


def context_of(spec=None):
    spec = spec or small_spec()
    return CompileContext(replace(spec, paths=(*spec.paths, PathSpec(name="free"))))


def path_of(*turns, locale="en"):
    """One turn for each word; `a+b` is a merged turn."""
    lines, number = [f"path free-000000 of free base free-000000 locale {locale} variant 0 attempt 0"], 0
    for tools in turns:
        lines.append(f"turn t{number} normal")
        for name in tools.split("+"):
            lines.append(f"c{number} = {name}()")
            number += 1
    return parse_path("\n".join(lines))


def assigned(*turns, context=None, locale="en"):
    log = Log()
    path = AssignSources().run(context or context_of(), path_of(*turns, locale=locale), log)
    assert path is not None, log.rejected
    return path


def sources(path, call_id):
    call = next(call for call in path.calls() if call.id == call_id)
    return {argument.parameter: argument.source for argument in call.arguments}


def test_each_argument_has_the_source_that_the_agent_can_see():
    path = assigned("sign_in", "search_flights", "book_flight")
    found = sources(path, "c2")
    assert found["passenger"] == SystemSource("/profile/email")
    assert found["session"] == OutputSource("c0", "/session")
    assert found["flight_id"] == OutputSource("c1", "/flights/*/flight_id")
    assert found["cabin"] in (UserSource("t2"), DefaultSource())
    assert sources(path, "c1")["date"] == UserSource("t1")


def test_what_the_system_message_does_not_show_is_no_source():
    context = context_of(small_spec(show=("date",)))
    log = Log()
    assert AssignSources().run(context, path_of("sign_in", "list_cities"), log) is None
    assert log.rejected == "`sign_in.email` has no source that can be said"


def test_an_item_of_a_list_needs_words_that_pick_it():
    spec = small_spec()
    mute = replace(spec, refers=tuple(r for r in spec.refers if r.type != "FlightId"))
    log = Log()
    assert AssignSources().run(context_of(mute), path_of("sign_in", "search_flights", "book_flight"), log) is None
    assert log.rejected == "`book_flight.flight_id` has no source that can be said"


def test_a_reference_without_slots_needs_the_only_value_of_its_type():
    spec = small_spec()
    one = assigned("sign_in", "search_flights", "book_flight", "get_booking", locale="fr", context=context_of(spec))
    assert sources(one, "c3")["booking_id"] == OutputSource("c2", "/booking_id")
    log = Log()
    two = path_of("sign_in", "search_flights", "book_flight", "search_flights", "book_flight", "get_booking", locale="fr")
    assert AssignSources().run(context_of(spec), two, log) is None
    assert log.rejected == "no phrase fits `get_booking`"


def test_a_call_that_only_repeats_is_not_made():
    log = Log()
    assert AssignSources().run(context_of(), path_of("list_cities", "get_zipcode", "list_cities"), log) is None
    assert log.rejected == "`list_cities` would repeat an earlier call"
    assert assigned("list_cities", "set_budget", "list_cities")


def test_a_tool_in_no_template_is_said_generically():
    context = context_of(with_tools(small_spec(), tool("ping", record(), city="City")))
    assert sources(assigned("ping", context=context), "c0")["city"] == UserSource("t0")


def test_merge_joins_two_turns_and_keeps_the_first_key():
    merged = Merge(p=1.0).run(context_of(), path_of("list_cities", "get_zipcode", "set_budget"), Log())
    assert [(t.key, len(t.calls), t.operations) for t in merged.turns] == [("t0", 2, ("merge@t0",)), ("t2", 1, ())]
    three = Merge(p=1.0, goals=3).run(context_of(), path_of("list_cities", "get_zipcode", "set_budget"), Log())
    assert [len(t.calls) for t in three.turns] == [3]


def test_merge_is_refused_where_the_words_need_a_result():
    """The item of a list has to be told by its date, which no one knows before the list is there."""
    log = Log()
    path = path_of("list_bookings", "get_booking")
    assert AssignSources().run(context_of(), path, log) is not None
    assert Merge(p=1.0).run(context_of(), path, log) == path
    (tally,) = log.tallies()
    assert (tally.operation, tally.outcome) == ("merge", "refused")


def test_short_insert_adds_an_implicit_helper_fed_by_the_head():
    path = Insert(short=1.0, long=0.0).run(context_of(), path_of("get_distance", "list_cities"), Log())
    helper = path.turns[0].calls[1]
    assert (helper.function, helper.goal) == ("convert_unit", "c0")
    assert helper.arguments[0].source == OutputSource("c0", "/distance")
    assert path.turns[0].operations == ("insert.short@t0",)
    whole = AssignSources().run(context_of(), path, Log())
    assert sources(whole, helper.id)["to"] == UserSource("t0")


def test_short_insert_needs_a_phrase_of_the_locale():
    path = path_of("get_distance", "list_cities", locale="fr")
    assert Insert(short=1.0, long=0.0).run(context_of(), path, Log()) == path


def test_long_insert_comes_after_a_gap_and_points_back():
    path = path_of("sign_in", "search_flights", "book_flight", "list_cities", "get_zipcode")
    found = {Insert(short=0.0, long=1.0, cap=1, gap=(1, 1)).run(context_of(), replace(path, base=f"free-{i}"), Log()) for i in range(40)}
    inserted = [p for p in found if any("insert.long@t2" in t.operations for t in p.turns)]
    assert inserted
    for changed in inserted:
        assert changed.turns[4].operations == ("insert.long@t2",)
        assert changed.turns[4].calls[0].arguments[0].source == OutputSource("c2", "/booking_id")


def test_an_insert_that_breaks_a_constraint_is_counted_and_not_made():
    spec = small_spec()
    context = CompileContext(replace(spec, paths=(PathSpec(name="free", at_most=((0, "cancel_booking"), (0, "get_booking"), (0, "set_budget"))),)))
    log = Log()
    path = path_of("sign_in", "search_flights", "book_flight", "list_cities", "get_zipcode")
    for index in range(20):
        changed = Insert(short=0.0, long=1.0).run(context, replace(path, base=f"free-{index}"), log)
        assert not {"cancel_booking", "get_booking", "set_budget"} & set(changed.functions())
    assert ("insert.long", "refused", "more than 0 of `cancel_booking`") in {(t.operation, t.outcome, t.reason) for t in log.tallies()}


def test_split_makes_one_copy_of_each_kind():
    context = context_of()
    path = assigned("search_flights", "get_zipcode", context=context)
    copies = {copy.id: copy for copy in Split(miss_func=1.0, miss_params=1.0).run(context, path, Log())}
    assert set(copies) == {"free-000000.miss_func", "free-000000.miss_params"}

    asked, supplied = copies["free-000000.miss_params"].turns[:2]
    assert (asked.kind, asked.calls, asked.withheld) == (TurnKind.MISS_PARAMS, (), ("c0/date",))
    assert supplied.key == "t0+"
    given = {a.parameter: a.source for a in supplied.calls[0].arguments}
    assert given == {"origin": UserSource("t0"), "destination": UserSource("t0"), "date": UserSource("t0+")}

    refused, served = copies["free-000000.miss_func"].turns[1:]
    assert (refused.kind, refused.withheld) == (TurnKind.MISS_FUNC, ("get_zipcode",))
    assert served.calls == refused.says == path.turns[1].calls
    for copy in copies.values():
        assert verify_path(context.spec, context.graph, copy) == []


def test_a_tool_is_withheld_only_where_no_other_turn_needs_it():
    context = context_of()
    path = assigned("get_zipcode", "search_flights", "get_zipcode", context=context)
    log = Log()
    assert Split(miss_func=1.0, miss_params=0.0).run(context, path, log) == ()
    assert [t.reason for t in log.tallies()] == ["no turn can be split"]


def test_rounds_follow_values_and_keep_writes_in_place():
    spec = small_spec()

    def layers(path, ordered=frozenset()):
        return [[call.id for call in group] for group in rounds(spec, path.turns[0].calls, ordered)]

    assert layers(path_of("list_cities+get_zipcode+get_zipcode+get_zipcode")) == [["c0", "c1", "c2"], ["c3"]]
    assert layers(path_of("get_zipcode+set_budget+list_cities")) == [["c0"], ["c1"], ["c2"]]
    assert layers(path_of("list_cities+get_zipcode"), frozenset({("list_cities", "get_zipcode")})) == [["c0"], ["c1"]]
    assert layers(assigned("get_distance+list_cities")) == [["c0", "c1"]]
    short = Insert(short=1.0, long=0.0).run(context_of(), path_of("get_distance"), Log())
    assert layers(short) == [["c0"], ["c1"]]
    sequential = small_spec(calls="sequential")
    assert [len(g) for g in rounds(sequential, path_of("list_cities+get_zipcode").turns[0].calls, frozenset())] == [1, 1]


def test_lower_offers_no_withheld_tool_until_it_arrives():
    context = context_of()
    path = assigned("search_flights", "get_zipcode", "set_budget", context=context)
    (copy,) = Split(miss_func=1.0, miss_params=0.0).run(context, path, Log())
    script = Lower().run(context, copy)
    at = next(i for i, t in enumerate(script.turns) if t.kind is TurnKind.MISS_FUNC)
    (tool_name,) = script.turns[at].withheld
    assert [tool_name in offered for offered in script.offered] == [i > at for i in range(len(script.turns))]
    assert script.turns[at].rounds == ()
    assert script.turns[at + 1].announces == (tool_name,)


def test_lower_names_the_answer_and_the_holes():
    context = context_of()
    path = assigned("sign_in", "search_flights", "book_flight", context=context)
    (copy,) = Split(miss_func=0.0, miss_params=1.0).run(context, path, Log())
    script = Lower().run(context, copy)
    assert script.turns[2].answers == ("c1/date",)
    holes = {(hole.call, hole.pointer, hole.producer, hole.type) for hole in script.turns[3].holes}
    assert holes == {("c2", "/flight_id", "c1", "FlightId"), ("c2", "/session", "c0", "Session")}


def offered(path, context=None, **options):
    """What is offered in each turn of an assigned path, after Distract with these options."""
    context = context or context_of()
    return Distract(**options).run(context, Lower().run(context, path)).offered


def test_distract_offers_called_tools_and_a_drawn_number_of_others_in_the_recipes_order():
    path, spec = assigned("get_zipcode", "set_budget"), small_spec()
    order = [tool.name for tool in spec.tools]
    sizes = set()
    for index in range(60):
        first, second = offered(replace(path, base=f"free-{index}"), count=(0, 3))
        assert first == second == tuple(sorted(first, key=order.index))
        assert {"get_zipcode", "set_budget"} <= set(first)
        sizes.add(len(first))
    assert sizes == {2, 3, 4, 5}
    assert offered(path, count=(99, 99)) == (tuple(order),) * 2
    assert offered(path, count=(0, 0)) == (("get_zipcode", "set_budget"),) * 2


def test_distract_caps_what_is_offered_but_not_what_is_called():
    path = assigned("get_zipcode", "set_budget", "list_cities")
    assert {len(tools) for tools in offered(path, count=(5, 5), most=4)} == {4}
    assert offered(path, count=(1, 1), most=2) == (("list_cities", "get_zipcode", "set_budget"),) * 3


def test_near_distractors_take_the_arguments_of_a_called_tool_or_are_like_it():
    path, fits = assigned("sign_in"), {"list_bookings"}
    for index in range(20):
        drawn = replace(path, base=f"free-{index}")
        (near,), (far,) = offered(drawn, count=(1, 1), near=1.0), offered(drawn, count=(1, 1), near=0.0)
        assert set(near) == fits | {"sign_in"}
        assert fits.isdisjoint(far)
        assert len(far) == 2
        (most,) = offered(drawn, count=(9, 9), near=1.0)
        assert len(most) == 10


def test_half_of_the_distractors_are_near():
    path, near = assigned("get_zipcode"), 0
    for index in range(400):
        (tools,) = offered(replace(path, base=f"free-{index}"), count=(1, 1))
        near += not {"search_flights", "book_flight", "set_budget", "cancel_booking"} & set(tools)
    assert 140 < near < 320


def test_many_distractors_are_rarer_than_few():
    drawn = [log_uniform(0, 128, "many", index) for index in range(4000)]
    assert {0, 1, 2, 3} < set(drawn) <= set(range(129))
    assert max(drawn) > 100
    for low, high in ((0, 0), (1, 3), (4, 10), (11, 30), (31, 128)):
        expected = log((high + 2) / (low + 1)) / log(130) * len(drawn)
        assert 0.9 * expected < sum(low <= n <= high for n in drawn) < 1.1 * expected
    assert {log_uniform(3, 5, "few", index) for index in range(200)} == {3, 4, 5}
    assert log_uniform(7, 7, "one") == 7


def test_distractors_keep_to_a_budget_of_tokens_but_called_tools_stay():
    path, spec = assigned("get_zipcode", "set_budget"), small_spec()
    cost = {name: estimated_tokens(text) for name, text in spec.tool_texts.items()}
    called, every = cost["get_zipcode"] + cost["set_budget"], sum(cost.values())
    sizes = set()
    for tokens in range(1, every + 1, 40):
        (tools, _) = offered(path, count=(99, 99), tokens=tokens)
        assert {"get_zipcode", "set_budget"} <= set(tools)
        assert sum(cost[name] for name in tools) <= max(tokens, called)
        assert all(sum(cost[name] for name in (*tools, more)) > tokens for more in cost.keys() - set(tools))
        sizes.add(len(tools))
    assert sizes >= {2, 5, 8}
    assert len(offered(path, count=(99, 99), tokens=every)[0]) == len(spec.tools)
    assert offered(path, count=(0, 3), tokens=every) == offered(path, count=(0, 3))
    assert estimated_tokens("é") == estimated_tokens("abcd") == 1


def test_a_copy_has_the_distractors_of_its_base():
    context = context_of()
    path = assigned("search_flights", "get_zipcode", "set_budget", context=context)
    for index in range(20):
        base = replace(path, base=f"free-{index}")
        (tools, *_) = offered(base, context, count=(0, 4))
        for copy in Split(miss_func=1.0, miss_params=1.0).run(context, base, Log()):
            turns = offered(copy, context, count=(0, 4))
            at = next(i for i, turn in enumerate(copy.turns) if turn.kind is not TurnKind.NORMAL)
            missing = set(copy.turns[at].withheld) if copy.turns[at].kind is TurnKind.MISS_FUNC else set()
            assert list(turns) == [tuple(name for name in tools if i > at or name not in missing) for i in range(len(turns))]


def test_a_script_that_offers_what_it_may_not_is_broken():
    context = context_of()
    (copy,) = Split(miss_func=1.0, miss_params=0.0).run(context, assigned("list_cities", "get_zipcode", context=context), Log())
    script = Lower().run(context, copy)
    assert verify_script(context.spec, script) == []
    at = next(turn.key for turn in copy.turns if turn.kind is TurnKind.MISS_FUNC)
    (missing,) = next(turn.withheld for turn in copy.turns if turn.key == at)
    shown = replace(script, offered=(script.offered[-1],) * len(script.turns))
    assert f"turn {at} offers {missing}, which is withheld" in verify_script(context.spec, shown)
    odd = replace(script, offered=((*script.offered[0], "fly", "sign_in"), *script.offered[1:]))
    assert verify_script(context.spec, odd) == ["turn t0 offers fly, which is no tool", "turn t0 offers sign_in twice"]
    nothing = verify_script(context.spec, replace(script, offered=((),) * len(script.turns)))
    assert f"turn {copy.turns[-1].key} calls {copy.turns[-1].calls[0].function}, which it does not offer" in nothing


def test_a_broken_path_blames_the_pass():
    context = context_of()
    good = assigned("sign_in", "search_flights", context=context)

    class Swap:
        name = "swap"
        version = "1"

        def run(self, context, path, log):
            return path.with_turns((path.turns[0], path.turns[0]))

    with pytest.raises(MagnetError) as caught:
        Manager(context).run((Swap(),), good, Log())
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.message) == ("MG901", "pass `swap` broke `free-000000`")
    assert "two turns have the key t0" in diagnostic.notes


def test_patterns_bound_the_sampled_path_only():
    spec = small_spec()
    path = PathSpec(name="free", turns=(2, 2), pattern=pattern("get_distance list_cities"))
    context = CompileContext(replace(spec, paths=(path,), turns=(*spec.turns, turn("ping", en="ping"))))
    changed = Insert(short=1.0, long=0.0).run(context, path_of("get_distance", "list_cities"), Log())
    assert changed.functions() == ["get_distance", "convert_unit", "list_cities"]


def money_context():
    """Two tools that return an amount and its currency, one that converts what they return."""
    spec = small_spec()
    pair = record(amount="Amount", currency="Currency")
    types = (EntityType(name="Amount", base="number"), EntityType(name="Currency", base="string"))
    tools = (tool("fare", pair), tool("fee", pair), tool("convert", amount="Amount", currency="Currency", into="Cabin"))
    refers = (ReferTemplate(type="Amount", phrases=(phrase("en", "the amount in {currency}"),)),)
    return context_of(replace(spec, types=(*spec.types, *types), tools=(*spec.tools, *tools), refers=refers,
                              graph=GraphSpec(),
                              turns=(*spec.turns, turn("fare", en="get the fare"), turn("fee", en="get the fee"),
                                     turn("convert", en="convert {amount} into {into}"))))


def test_values_that_belong_together_come_from_one_result():
    context = money_context()
    found = {(taken["amount"].call, taken["currency"].call) for taken in (
        sources(AssignSources().run(context, replace(path_of("fare", "fee", "convert"), base=f"free-{i}"), Log()), "c2")
        for i in range(40))}
    assert found == {("c0", "c0"), ("c1", "c1")}


def shuffled(path, context, **options):
    return Shuffle(**options).run(context, Lower().run(context, path))


def test_shuffle_draws_the_order_of_tools_and_parameters_for_each_base_path():
    context = context_of()
    path, plain = assigned("get_zipcode", "set_budget", context=context), Lower().run(context, assigned("get_zipcode", context=context))
    orders, tools = set(), set()
    for index in range(60):
        script = shuffled(replace(path, base=f"free-{index}"), context)
        assert verify_script(context.spec, script) == []
        assert script.offered[0] == script.offered[1]
        assert set(script.offered[0]) == set(plain.offered[0])
        tools.add(script.offered[0].index("sign_in"))
        orders.add(dict(script.shown.orders).get("search_flights"))
    assert len(tools) == len(context.spec.tools)
    assert len(orders) == 6
    assert None in orders, "the declared order is not written down"


def test_shuffle_is_turned_off():
    context = context_of()
    path = assigned("get_zipcode", "set_budget", context=context)
    plain = Lower().run(context, path)
    assert shuffled(path, context, tools=False, properties=False) == plain
    assert shuffled(path, context, tools=False).offered == plain.offered
    assert shuffled(path, context, properties=False).shown == plain.shown


def test_shuffle_is_on_unless_a_recipe_turns_it_off():
    spec = small_spec()
    off = replace(spec, operations=(OperationSpec(name="shuffle", options=(("tools", False), ("properties", False))),))
    declared = tuple(tool.name for tool in spec.tools)
    on = [compile_unit(CompileContext(replace(spec, operations=())), "errands", ordinal).scripts[0] for ordinal in range(5)]
    assert all(script.offered[0] != declared and script.shown.orders for script in on)
    for ordinal in range(5):
        (script,) = compile_unit(CompileContext(off), "errands", ordinal).scripts
        assert (script.offered[0], script.shown.orders) == (declared, ())


def test_a_copy_is_shuffled_as_its_base():
    context = context_of()
    base = assigned("search_flights", "get_zipcode", "set_budget", context=context)
    whole = shuffled(base, context)
    for copy in Split(miss_func=1.0, miss_params=1.0).run(context, base, Log()):
        script = shuffled(copy, context)
        assert script.shown == whole.shown
        assert all(tools == tuple(name for name in whole.offered[0] if name in tools) for tools in script.offered)


@pytest.mark.parametrize(("changed", "problem"), [
    ({"orders": (("fly", ()),)}, None),
    ({"orders": (("get_distance", ("origin",)),)}, "the parameters of get_distance are not origin"),
    ({"orders": (("get_distance", ("origin", "destination")),)}, "the parameters of get_distance are shown in the order in which they are declared"),
    ({"orders": (("get_zipcode", ("city",)), ("get_distance", ("destination", "origin")))}, None),
    ({"tools": (("sign_in", "book_flight"),)}, "sign_in is shown as book_flight, which is the name of something else"),
    ({"tools": (("sign_in", "price"),)}, "sign_in is shown as price, which is the name of something else"),
    ({"tools": (("sign_in", "a b"),)}, "a b is no name for a tool"),
    ({"tools": (("sign_in", "class"),)}, "class is no name for a tool"),
    ({"tools": (("fly", "f1"),)}, "fly is no tool that can be shown by another name"),
    ({"tools": (("get_booking", "f1"), ("sign_in", "f1"))}, "sign_in is shown as f1, and so is get_booking"),
    ({"tools": (("sign_in", "f1"), ("get_booking", "f2"))}, None),
    ({"parameters": (("date", "f1"), ("origin", "f1"))}, "origin is shown as f1, and so is date"),
    ({"parameters": (("date", "f1"),), "results": (("origin", "f1"),)}, "origin is shown as f1, and so is date"),
    ({"results": (("error", "f1"),)}, "error is no result field that can be shown by another name"),
])
def test_a_presentation_that_does_not_lead_back_is_broken(changed, problem):
    context = context_of()
    script = Lower().run(context, assigned("get_zipcode", context=context))
    found = verify_script(context.spec, replace(script, shown=Presentation(**changed)))
    assert found
    assert problem is None or problem in found


def test_one_name_may_be_shown_alike_as_a_parameter_and_in_results():
    context = context_of()
    script = Lower().run(context, assigned("get_zipcode", context=context))
    shown = Presentation(parameters=(("date", "f1"),), results=(("date", "f1"), ("price", "f2")))
    assert verify_script(context.spec, replace(script, shown=shown)) == []


def test_parallel_asks_a_tool_that_reads_for_more_in_one_round():
    context, log = context_of(), Log()
    path = Parallel(p=1.0, calls=(3, 3)).run(context, path_of("sign_in", "search_flights"), log)
    (widened,) = [turn for turn in path.turns if len(turn.calls) > 1]
    assert {call.function for call in widened.calls} == {"search_flights"}
    assert len({call.goal for call in widened.calls}) == 3
    assert widened.operations == (f"parallel@{widened.key}",)
    done = AssignSources().run(context, path, log)
    assert not verify_path(context.spec, context.graph, done)
    script = Lower().run(context, done)
    assert [len(group) for group in next(t for t in script.turns if t.key == widened.key).rounds] == [3]


@pytest.mark.parametrize("tools", ["sign_in", "book_flight", "sign_in+search_flights"])
def test_parallel_leaves_writes_and_other_turns_alone(tools):
    path = path_of(tools)
    assert Parallel(p=1.0).run(context_of(), path, Log()) == path


def test_parallel_is_refused_where_a_path_or_the_recipe_forbids_it():
    log = Log()
    spec = small_spec()
    limited = replace(spec, paths=(*spec.paths, PathSpec(name="free", at_most=((1, "search_flights"),))))
    path = path_of("search_flights")
    assert Parallel(p=1.0).run(CompileContext(limited), path, log) == path
    assert Parallel(p=1.0).run(context_of(replace(spec, recipe=replace(spec.recipe, calls="sequential"))), path, log) == path
    assert [tally.reason for tally in log.tallies()] == ["more than 1 of `search_flights`", "the recipe's calls are sequential"]


def masked(path, context, **options):
    return Mask(**{"p": 1.0, **options}).run(context, Lower().run(context, path))


def test_mask_gives_other_names_to_everything_a_conversation_shows_or_to_what_it_is_asked():
    context = context_of()
    base, shapes = assigned("search_flights", "set_budget", context=context), set()
    for index in range(40):
        path = replace(base, base=f"free-{index}")
        script = masked(path, context)
        assert verify_script(context.spec, script) == []
        assert {name for name, _ in script.shown.tools} == {tool for tools in script.offered for tool in tools}
        assert dict(script.shown.parameters)["date"] == dict(script.shown.results)["date"]
        assert not any(char.isdigit() for _, shown in script.shown.parameters for char in shown)
        assert masked(path, context, tools=False).shown == replace(script.shown, tools=())
        assert masked(path, context, results=False, parameters=False).shown == replace(script.shown, results=(), parameters=())
        shapes.add({shown.partition("_")[0] for _, shown in script.shown.tools} <= {"func", "tool", "op", "fn"})
    assert shapes == {True, False}


def test_mask_applies_to_a_share_of_base_paths_and_their_copies():
    context = context_of()
    base = assigned("search_flights", "get_zipcode", "set_budget", context=context)
    hit = [index for index in range(400) if masked(replace(base, base=f"free-{index}"), context, p=0.25).shown.tools]
    assert 70 < len(hit) < 130
    whole = masked(base, context)
    for copy in Split(miss_func=1.0, miss_params=1.0).run(context, base, Log()):
        assert masked(copy, context).shown == whole.shown


def test_a_masked_name_does_not_move_when_a_tool_comes_to_the_recipe():
    spec, ping = small_spec(), tool("ping", record(pong="City"), city="City")
    plain, grown = context_of(spec), context_of(with_tools(spec, ping))
    path = assigned("get_zipcode", "set_budget", context=plain)
    before, after = masked(path, plain).shown, masked(path, grown).shown
    assert set(before.tools) == {pair for pair in after.tools if pair[0] != "ping"}
    assert before.parameters == after.parameters
    assert set(before.results) == {pair for pair in after.results if pair[0] != "pong"}


def test_a_tool_that_is_called_like_a_field_keeps_its_name():
    context = context_of(with_tools(small_spec(), tool("price", record(amount="Price")), tool("check", record(error="City", note="City"))))
    shown = masked(assigned("get_zipcode", context=context), context).shown
    assert "price" not in {name for names in (shown.tools, shown.parameters, shown.results) for name, _ in names}
    assert {"check", "note"} <= {name for names in (shown.tools, shown.results) for name, _ in names}
    assert "error" not in dict(shown.results)


def test_system_is_drawn_by_share_and_left_out_only_where_nothing_comes_from_it():
    context = context_of()
    free = assigned("get_zipcode", "set_budget", context=context)
    bound = assigned("sign_in", "get_zipcode", context=context)
    kinds = Counter()
    for index in range(600):
        for path in (free, bound):
            script = System(none=0.3, paraphrased=0.2, policy=0.1).run(context, Lower().run(context, replace(path, base=f"free-{index}")))
            assert verify_script(context.spec, script) == []
            kinds[path is free, str(script.system)] += 1
    assert 130 < kinds[True, "none"] < 230
    assert kinds[False, "none"] == 0
    assert kinds[False, "plain"] == kinds[True, "none"] + kinds[True, "plain"]
    for kind, share in (("paraphrased", 0.2), ("policy", 0.1)):
        assert 0.7 * share < kinds[True, kind] / 600 < 1.4 * share


def test_a_script_without_the_system_message_that_it_needs_is_broken():
    context = context_of()
    script = replace(Lower().run(context, assigned("sign_in", context=context)), system=SystemKind.NONE)
    assert verify_script(context.spec, script) == ["there is no system message, yet an argument comes from it"]


def test_clutter_draws_what_a_world_has_more_of():
    context = context_of()
    plain, kinds = Lower().run(context, assigned("get_zipcode", context=context)), Counter()
    for index in range(400):
        script = Clutter(state=0.5, results=0.2).run(context, replace(plain, path=replace(plain.path, base=f"free-{index}")))
        assert verify_script(context.spec, script) == []
        kinds[script.clutter] += 1
    assert 160 < kinds["state",] + kinds["state", "results"] < 240
    assert 55 < kinds["results",] + kinds["state", "results"] < 110
    assert kinds["state", "results"]
    assert verify_script(context.spec, replace(plain, clutter=("results", "state"))) == ["a world cannot be cluttered with results state"]


def test_recover_slips_where_a_text_can_be_given_wrongly():
    context = context_of()
    path = assigned("sign_in", "search_flights", "book_flight", context=context)
    log = Log()
    changed = Recover(slip=1.0, most=3, cap=9).run(context, path, log)
    slips = {turn.key: turn.slips for turn in changed.turns}
    assert set(slips["t2"]) == {"c2"}
    assert 1 <= len(slips["t2"]) <= 3
    assert all(turn.kind is (TurnKind.RECOVER if turn.slips else TurnKind.NORMAL) for turn in changed.turns)
    assert len([turn for turn in Recover(slip=1.0).run(context, path, Log()).turns if turn.slips]) == 1
    assert Recover(slip=0.0).run(context, path, Log()) == path


def test_a_slip_is_of_a_call_in_a_turn_that_recovers():
    context = context_of()
    path = Recover(slip=1.0).run(context, assigned("sign_in", "search_flights", "book_flight", context=context), Log())
    at = next(index for index, turn in enumerate(path.turns) if turn.slips)
    for change, problem in (({"kind": TurnKind.NORMAL}, "has slips but is normal"), ({"slips": ("c9",)}, "gets c9 wrong, which it does not call")):
        broken = path.with_turns(tuple(replace(t, **change) if i == at else t for i, t in enumerate(path.turns)))
        assert verify_path(context.spec, context.graph, broken) == [f"turn {path.turns[at].key} {problem}"]

"""Names and types: what each check finds, where it points, and what it suggests."""

from pathlib import Path

import pytest
import yaml

from magnetc.diagnostics import Severity, Sink
from magnetc.frontend import load
from magnetc.frontend.resolve_types import has_values
from magnetc.ir.signature import Constraint
from magnetc.ir.spec import Link
from magnetc.ir.types import Field, ListOf, MapOf, Record, Ref
from magnetc.source import Origin

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parents[1] / "golden" / "resolve"
RECIPE = """kind: recipe
name: trips
version: 1.0.0
seed: 7
world: {python: "world:Trips", now: "2026-03-02T09:00:00Z"}
include: [std/types, trips.magnet]
"""
CITY = 'type Town = string examples "Boston", "Chicago"\ntool book(town: Town, to: Town) -> {price: number} writes\n'
FLIGHTS = "type Code = string minted\ntool search() -> {flights: [{code: Code, price: number}]} reads\n"


def run(folder, text, recipe=RECIPE):
    (folder / "recipe.yaml").write_text(recipe, encoding="utf-8")
    (folder / "trips.magnet").write_text(text, encoding="utf-8")
    sink = Sink()
    return load(folder, sink, {}), sink


def spec_of(folder, text, recipe=RECIPE):
    spec, sink = run(folder, text, recipe)
    assert spec, [d.message for d in sink.diagnostics]
    return spec


def test_frames_for_system_messages_are_needed_only_by_the_operation(tmp_path):
    frames = yaml.safe_load((ROOT / "specs" / "std" / "frames" / "en.yaml").read_text(encoding="utf-8"))
    frames = {name: group for name, group in frames.items() if not name.startswith("system_pol")} | {"locale": "sco"}
    (tmp_path / "sco.yaml").write_text(yaml.safe_dump(frames, sort_keys=False), encoding="utf-8")
    recipe = RECIPE.replace("trips.magnet]", "trips.magnet, sco.yaml]") + "locales: {sco: 1.0}\n"
    assert spec_of(tmp_path, "operations { merge(0.3) }", recipe).frame["sco"].texts["system"]
    _, sink = run(tmp_path, "operations { system(policy=0.3) }", recipe)
    (problem,) = sink.diagnostics
    assert (problem.code, problem.message) == ("MG413", "the frames of `sco` lack `system_policy`")


@pytest.mark.parametrize(("asked", "lacks"), [
    ("correct(before=0.3)", ""), ("correct(after=0)", ""), ("correct(after=0.3)", "`correct_after`"),
    ("recover(slip=0.3)", ""), ("recover(environment=0.3)", "`refused`, `amend`")])
def test_frames_for_what_is_asked_anew_are_needed_only_by_its_chance(asked, lacks, tmp_path):
    frames = yaml.safe_load((ROOT / "specs" / "std" / "frames" / "en.yaml").read_text(encoding="utf-8"))
    frames = {name: group for name, group in frames.items() if name not in ("correct_after", "refused", "amend")} | {"locale": "sco"}
    (tmp_path / "sco.yaml").write_text(yaml.safe_dump(frames, sort_keys=False), encoding="utf-8")
    recipe = RECIPE.replace("trips.magnet]", "trips.magnet, sco.yaml]") + "locales: {sco: 1.0}\n"
    _, sink = run(tmp_path, f"operations {{ {asked} }}", recipe)
    assert [d.message for d in sink.diagnostics] == ([f"the frames of `sco` lack {lacks}"] if lacks else [])


def source(sink, label):
    span = sink.span(label)
    return sink.files[span.file].text[span.start : span.end]


CASES = [
    (f"{CITY}graph {{ undo boook with book }}", "MG203", "boook", "did you mean `book`?"),
    (f"{CITY}graph {{ undo book with bok }}", "MG203", "bok", "did you mean `book`?"),
    (f"{FLIGHTS}tool drop(code: Code) writes\ngraph {{ undo search with drop }}", "MG310", "drop", "return a single value"),
    (f"{CITY}graph {{\n  undo book with book\n  undo book with book\n}}", "MG311", "undo book with book", "leave one"),
    ("type A = Datee", "MG202", "Datee", "did you mean `Date`?"),
    ("type Date = string", "MG201", "Date", "rename"),
    ("type A = B\ntype B = C\ntype C = A", "MG205", "B", "primitive base"),
    ('type A = string matching "a("', "MG206", '"a("', None),
    ('type A = string one of "x", "y" examples "z"', "MG207", '"z"', None),
    ('type A = Date examples "tomorrow"', "MG207", '"tomorrow"', None),
    ("type A = integer range 1..9 examples 12", "MG207", "12", None),
    ('type A = integer one of 1, "two"', "MG207", '"two"', None),
    ("tool f(n: integer = 1.5) reads", "MG207", "1.5", None),
    ('said Count 99 { en "ninety-nine" }', "MG207", "99", None),
    ("type A = string days 1..4", "MG208", "days", "Date"),
    ('type A = integer matching "1"', "MG208", "matching", "string types"),
    ('type A = string shown as "/a/*/b"', "MG208", '"/a/*/b"', "another field"),
    ('type A = string from state "/a/*/c" shown as "/b/*/c"', "MG208", '"/b/*/c"', "another field"),
    ('type A = string from state "/a/b" shown as "/a/c"', "MG208", '"/a/c"', "another field"),
    ("type A = Date days 9..3", "MG209", "9..3", "lower bound first"),
    ('type A = string from system "/email"', "MG212", '"/email"', "/profile"),
    ('type A = string faker "nope"', "MG219", '"nope"', "first_name"),
    ("type A = string minted examples \"x\"\ntype B = A from state \"/xs/*\"", "MG224", "from state", "minted"),
    ("tool f(a: Dat) reads", "MG202", "Dat", "did you mean `Date`?"),
    ("tool f() -> {a: [Dat]} reads", "MG202", "Dat", "did you mean `Date`?"),
    ("tool f(a: Count) reads {\n where b >= 1\n}", "MG204", "b", None),
    ("tool f(a: Count, d: Date) reads {\n where a < d\n}", "MG216", "a < d", None),
    ("tool f(d: [Date]) reads {\n where d > 1\n}", "MG216", "d > 1", None),
    ("set s = [bok]\n" + CITY, "MG203", "bok", "did you mean `book`?"),
    ("set book = [book]\n" + CITY, "MG201", "book", "rename"),
    ("refine bok() writes\n" + CITY, "MG203", "bok", "did you mean `book`?"),
    ("refine book(twn: Date) writes\n" + CITY, "MG204", "twn", "did you mean `town`?"),
    ("refine book(town: Count) writes\n" + CITY, "MG215", "Count", None),
    ("graph { link bok ~> book }\n" + CITY, "MG203", "bok", "did you mean `book`?"),
    ("graph { unlink book -> bok }\n" + CITY, "MG203", "bok", "did you mean `book`?"),
    ("graph { link search.flights.cod -> book.town }\n" + CITY + FLIGHTS, "MG204", "flights.cod", "flights.code"),
    ("graph { link search.flights.code -> book.twn }\n" + CITY + FLIGHTS, "MG204", "twn", "did you mean `town`?"),
    ("graph { link search.flights.price -> book.town }\n" + CITY + FLIGHTS, "MG305",
     "link search.flights.price -> book.town", "converts"),
    ("graph { link search.flights -> book.town }\n" + CITY + FLIGHTS, "MG305", "link search.flights -> book.town", None),
    ("path p { require bok before book }\n" + CITY, "MG203", "bok", "did you mean `book`?"),
    ("path p { forbid book before bok }\n" + CITY, "MG203", "bok", "did you mean `book`?"),
    ("path p { at most 1 of bok }\n" + CITY, "MG203", "bok", "did you mean `book`?"),
    ("path p { start in [bok] }\n" + CITY, "MG203", "bok", "did you mean `book`?"),
    ("path p { pattern bok+ }\n" + CITY, "MG203", "bok", "did you mean `book`?"),
    ("path p { within [search]\n start in [book] }\n" + CITY + FLIGHTS, "MG303", "book", "add `book` to `within`"),
    ("path p { turns 4..2 }\n" + CITY, "MG209", "4..2", "lower bound first"),
    ("operations { insert(short=0.5, gap=3..1) }", "MG209", "3..1", "lower bound first"),
    ("operations { distract(5..2) }", "MG209", "5..2", "lower bound first"),
    ("operations { system(none=0.6, policy=0.6) }", "MG220", None, None),
    ("operations { system() }", "MG131", None, None),
    ("operations { clutter(state=1.5) }", "MG130", "1.5", None),
    ("operations { mask(1.2) }", "MG130", "1.2", None),
    ("operations { mask(0.2, names=true) }", "MG125", "names", None),
    ("operations { shuffle(tools=0) }", "MG127", "0", None),
    ("operations { shuffle(order=true) }", "MG125", "order", None),
    ("operations { distract(0..6, near=1.5) }", "MG130", "1.5", None),
    ("operations { distract(0..6, tokens=0) }", "MG130", "0", None),
    ("operations { distract(4..6, most=4) }", "MG209", "4", "at least 5"),
    ("operations { insert(short=0.5, long=0.7) }", "MG220", None, None),
    ('turn bok { en do "x" }\n' + CITY, "MG203", "bok", "did you mean `book`?"),
    ('turn book { en do "a trip to {twn}" }\n' + CITY, "MG410", "{twn}", "did you mean `{town}`?"),
    ('turn book { en do "a trip[ to ({town}|{c.town})]" }\n' + CITY, "MG410", "{c.town}", "did you mean `{town}`?"),
    ('turn book then book as to { en do "a trip" }\n' + CITY, "MG414", "to", "another alias"),
    ('turn book { en do "{#town}x{/town}" }\n' + CITY, "MG415", "{#town}", "reply"),
    ('reply book { en "It costs {prise}." }\n' + CITY, "MG410", "{prise}", "did you mean `{price}`?"),
    ('reply search { en "{#flights}{prise}{/flights}" }\n' + FLIGHTS, "MG410", "{prise}", "did you mean `{price}`?"),
    ('reply search { en "{price}" }\n' + FLIGHTS, "MG410", "{price}", "{flights}"),
    ('reply search { en "{flights}" }\n' + FLIGHTS, "MG415", "{flights}", "{#flights}"),
    ('refer Cod { en "that one" }\n' + FLIGHTS, "MG202", "Cod", "did you mean `Code`?"),
    ('refer Code least prise { en "the cheapest" }\n' + FLIGHTS, "MG204", "prise", "did you mean `price`?"),
    ('refer Code { en "the {prise} one" }\n' + FLIGHTS, "MG410", "{prise}", "did you mean `{price}`?"),
    ('ask Datee { en "When" }', "MG202", "Datee", "did you mean `Date`?"),
    ('ask book.twn { en "Where" }\n' + CITY, "MG204", "twn", "did you mean `town`?"),
    ('capability bok { en "book" }\n' + CITY, "MG203", "bok", "did you mean `book`?"),
    ('capability book { en "book {town}" }\n' + CITY, "MG410", "{town}", None),
]


@pytest.mark.parametrize(("text", "code", "place", "advice"), CASES, ids=[f"{c[1]}-{i}" for i, c in enumerate(CASES)])
def test_error(text, code, place, advice, tmp_path):
    spec, sink = run(tmp_path, text)
    errors = [d for d in sink.diagnostics if d.severity is Severity.ERROR]
    assert spec is None
    assert [d.code for d in errors] == [code], [d.message for d in errors]
    if place:
        assert source(sink, errors[0].primary) == place
    if advice:
        assert advice in (errors[0].help or "")


def test_a_duplicate_points_at_both_definitions(tmp_path):
    _, sink = run(tmp_path, "type Date = string")
    (found,) = sink.diagnostics
    assert sink.span(found.primary).file == "trips.magnet"
    assert sink.span(found.secondary[0]).file == "std/types.magnet"


def test_one_run_reports_all_and_no_error_makes_another(tmp_path):
    _, sink = run(tmp_path, "type A = Datee\ntool f(a: A) -> {b: Nope} reads\ntool g(c: A) reads {\n where c > 1\n}\n"
                            'turn f { en do "x {a} {z}" }\ngraph { link f.b -> g.c }\n')
    assert sorted(d.code for d in sink.diagnostics) == ["MG202", "MG202", "MG410"]


def test_both_syntaxes_give_equal_specs():
    specs = [load(GOLDEN / syntax, Sink(), {}) for syntax in ("dsl", "yaml")]
    assert specs[0] is not None
    assert specs[0] == specs[1]


def test_resolved_nodes():
    spec = load(GOLDEN / "dsl", Sink(), {})
    search = spec.tool["search_flights"]
    flight = Record((Field("flight_id", Ref("FlightId")), Field("price", Ref("Usd")), Field("departs", Ref("string"), True)))
    assert search.returns == Record((Field("flights", ListOf(flight)), Field("by_day", MapOf(Ref("Usd")))))
    assert [p.required for p in search.parameters] == [True, True, True, False]
    assert search.where == (Constraint("origin", "!=", "destination", False),)
    assert spec.tool["book_flight"].where == (Constraint("bags", "<=", "3", True),)
    assert spec.graph.links[0] == Link(source="search_flights", target="book_flight", pointer="/flights/*/flight_id",
                                       parameter="flight_id")
    assert spec.paths[0].within == ("search_flights", "book_flight", "cancel_booking")
    assert spec.types[0].origin == Origin("trips.magnet", "/types:/types/Date")


def test_a_subtype_inherits_what_it_does_not_set(tmp_path):
    spec = spec_of(tmp_path, 'type Day = Date days 3..9\ntype Mail = Email from system "/profile/email"\n'
                             'type Few = Count range 2..3\ntype Number = integer range 1..9 examples 1, 2, 8\n'
                             'type Small = Number range 1..4\nsaid Number 2 { en "a couple" }\nsaid Number 8 { en "eight" }\n')
    table = spec.type_table
    assert (table.get("Day").format, table.get("Day").days, table.get("Day").parent) == ("date", (3, 9), "Date")
    assert table.get("Day").base == "string"
    assert (table.get("Mail").faker, table.get("Mail").format) == (None, "email")
    assert (table.get("Few").minimum, table.get("Few").maximum) == (2, 3)
    assert table.get("Small").examples == (1, 2)
    assert [said.value for said in table.get("Small").said] == [2]
    assert table.unify("Day", "Date")
    assert not table.unify("Date", "Day")


def test_every_shipped_type_has_values(tmp_path):
    spec = spec_of(tmp_path, "")
    assert len(spec.types) >= 18
    assert [entity.name for entity in spec.types if not has_values(entity)] == []


def test_a_link_descends_to_items_where_one_value_is_wanted(tmp_path):
    spec = spec_of(tmp_path, "tool a() -> {ids: [string], by: {*: [string]}} reads\ntool b(id: string) reads\n"
                             "tool c(ids: [string]) reads\ngraph {\n link a.ids -> b.id\n link a.by -> b.id\n link a.ids -> c.ids\n}\n")
    assert [link.pointer for link in spec.graph.links] == ["/ids/*", "/by/*/*", "/ids"]


def test_warnings_name_what_no_phrase_says(tmp_path):
    recipe = RECIPE + "locales: {en: 1.0}\npaths: {p: 3}\n"
    spec, sink = run(tmp_path, 'type Town = string examples "Boston"\ntool book(town: Town, on: Date, name: string) writes\n'
                               'tool idle() reads\npath p { within [book] }\nturn book { en do "a trip to {town}" }\n', recipe)
    assert spec
    assert {(d.code, d.severity) for d in sink.diagnostics} == {("MG211", Severity.WARNING), ("MG412", Severity.WARNING)}
    messages = [d.message for d in sink.diagnostics]
    assert any("`on`" in m and "`town`" not in m for m in messages if "no phrase" in m)
    assert any("`name` (`string`)" in m for m in messages)


def test_recipe_shares_and_paths(tmp_path):
    recipe = RECIPE + "locales: {en: 0.5}\npartitions: {train: 0.9, test: 0.2}\npaths: {pp: 3}\n"
    _, sink = run(tmp_path, CITY + "path p { turns 1..2 }\n", recipe)
    assert [d.code for d in sink.diagnostics if d.code != "MG411"] == ["MG220", "MG220", "MG301", "MG302"]


def test_frames_of_the_recipe_replace_shipped_groups(tmp_path):
    (tmp_path / "own.yaml").write_text('kind: frames\nlocale: en\ndone: [{text: "That is settled."}]\n', encoding="utf-8")
    spec = spec_of(tmp_path, "", RECIPE.replace("trips.magnet", "trips.magnet, own.yaml"))
    assert spec.frame["en"].texts["done"] == ("That is settled.",)
    assert len(spec.frame["en"].texts["do"]) >= 1

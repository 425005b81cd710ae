"""A small travel spec, built in Python: what the tests of passes compile. No file, no front end but its parsers."""

from __future__ import annotations

from dataclasses import replace

from magnetc.diagnostics import Sink
from magnetc.frontend.pattern import parse_pattern
from magnetc.frontend.templates import parse_template
from magnetc.ir.signature import Effect, FunctionSignature, Parameter
from magnetc.ir.spec import GraphSpec, Link, OperationSpec, PathSpec, Pattern, Recipe, Spec, Undo, WorldSpec
from magnetc.ir.template import AskTemplate, CapabilityTemplate, Phrase, ReferTemplate, TurnTemplate
from magnetc.ir.types import EntityType, Field, ListOf, Record, Ref, TypeExpr
from magnetc.source import Origin

NOWHERE = Origin("", "")
NOTHING = Record(())


def small_spec(**recipe) -> Spec:
    """The spec; keyword arguments replace fields of its recipe."""
    base = Recipe(name="small", version="1.0.0", seed=7, world=WorldSpec(python="world:World", now="2026-03-02T09:00:00Z"),
                  show=("date", "profile"), locales=(("en", 0.8), ("fr", 0.2)), paths=(("booking", 40), ("errands", 20)))
    return Spec(
        recipe=replace(base, **recipe),
        types=TYPES,
        tools=TOOLS,
        graph=GraphSpec(links=(Link(source="sign_in", target="book_flight"),), unlinks=(("convert_unit", "set_budget"),),
                        undos=tuple(Undo(tool=name, by=by) for name, by in UNDOS)),
        paths=PATHS,
        operations=(
            OperationSpec(name="merge", options=(("p", 0.3),)),
            OperationSpec(name="insert", options=(("short", 0.5), ("long", 0.5), ("gap", [1, 3]))),
            OperationSpec(name="split", options=(("miss_func", 0.5), ("miss_params", 0.5))),
        ),
        turns=TURNS,
        refers=REFERS,
        asks=ASKS,
        capabilities=CAPABILITIES,
    )


def with_tools(spec: Spec, *tools: FunctionSignature) -> Spec:
    return replace(spec, tools=(*spec.tools, *tools))


def with_path(spec: Spec, path: PathSpec) -> Spec:
    return replace(spec, paths=(*(p for p in spec.paths if p.name != path.name), path))


def tool(name: str, returns: TypeExpr = NOTHING, effect: str = "reads", /, **parameters: str) -> FunctionSignature:
    """A tool; a parameter type that ends in `?` is optional, one in brackets a list."""
    made = []
    for parameter, kind in parameters.items():
        optional, kind = kind.endswith("?"), kind.rstrip("?")
        expr = ListOf(Ref(kind[1:-1])) if kind.startswith("[") else Ref(kind)
        made.append(Parameter(name=parameter, type=expr, required=not optional))
    return FunctionSignature(name=name, parameters=tuple(made), returns=returns, effect=Effect(effect))


def record(**fields: str | TypeExpr) -> Record:
    return Record(tuple(Field(name, Ref(kind) if isinstance(kind, str) else kind) for name, kind in fields.items()))


def phrase(locale: str, text: str, mood: str = "") -> Phrase:
    sink = Sink()
    parts = parse_template(text, None, sink, NOWHERE)
    assert parts is not None, sink.diagnostics
    return Phrase(locale=locale, parts=parts, text=text, mood=mood)


def pattern(text: str) -> Pattern:
    sink = Sink()
    made = parse_pattern(text, sink, NOWHERE, {item.name: (item.name,) for item in TOOLS})
    assert made is not None, sink.diagnostics
    return made


def turn(*chain: str, **phrases: str | list[str]) -> TurnTemplate:
    """A turn template: `tool` or `tool as alias`, head first; phrases by locale, all requests."""
    pairs = tuple((part.partition(" as ")[0], part.partition(" as ")[2]) for part in chain)
    made = [phrase(locale, text, "do") for locale, texts in phrases.items()
            for text in ([texts] if isinstance(texts, str) else texts)]
    return TurnTemplate(chain=pairs, phrases=tuple(made))


TYPES = (
    EntityType(name="City", base="string", state="/cities/*/name"),
    EntityType(name="ZipCode", base="string", examples=("94103", "94401"), pattern="^[0-9]{5}$"),
    EntityType(name="Miles", base="number", unit="mi"),
    EntityType(name="Unit", base="string", enum=("km", "mi")),
    EntityType(name="Date", base="string", format="date", days=(1, 30)),
    EntityType(name="Price", base="number", unit="USD", minimum=20, maximum=900),
    EntityType(name="FlightId", base="string", minted=True),
    EntityType(name="BookingId", base="string", minted=True),
    EntityType(name="Session", base="string", minted=True),
    EntityType(name="Email", base="string", system="/profile/email"),
    EntityType(name="Cabin", base="string", enum=("economy", "business")),
)

TOOLS = (
    tool("sign_in", record(session="Session"), email="Email"),
    tool("list_cities", record(cities=ListOf(Ref("City")))),
    tool("get_zipcode", record(zipcode="ZipCode"), city="City"),
    tool("get_distance", record(distance="Miles"), origin="ZipCode", destination="ZipCode"),
    tool("convert_unit", record(value="Miles"), value="Miles", to="Unit"),
    tool("search_flights", record(flights=ListOf(record(flight_id="FlightId", price="Price", departs="Date"))),
         origin="City", destination="City", date="Date"),
    tool("book_flight", record(booking_id="BookingId", price="Price"), "writes",
         flight_id="FlightId", session="Session", passenger="Email", cabin="Cabin?"),
    tool("cancel_booking", record(refund="Price"), "writes", booking_id="BookingId"),
    tool("get_booking", record(date="Date", origin="City"), booking_id="BookingId"),
    tool("set_budget", record(), "writes", amount="Price"),
    tool("list_bookings", record(bookings=ListOf(record(booking_id="BookingId", date="Date"))), passenger="Email"),
)

UNDOS = (("book_flight", "cancel_booking"), ("set_budget", "set_budget"), ("search_flights", "search_flights"), ("get_zipcode", "get_zipcode"))

PATHS = (
    PathSpec(name="booking", turns=(3, 7), start=("sign_in", "search_flights"), forbid=(("cancel_booking", "book_flight"),),
             at_most=((1, "cancel_booking"),), require=(("search_flights", "get_booking"),)),
    PathSpec(name="errands", turns=(2, 5), within=("list_cities", "get_zipcode", "get_distance", "search_flights", "convert_unit")),
)

TURNS = (
    turn("sign_in", en="sign me in", fr="me connecter"),
    turn("list_cities", en="list the cities you serve", fr="lister les villes"),
    turn("get_zipcode", en="find the zip code of {city}", fr="trouver le code postal de {city}"),
    turn("get_distance", en=["tell me how far it is[ from {origin}][ to {destination}]"],
         fr="dire la distance[ de {origin}][ à {destination}]"),
    turn("get_distance", "convert_unit as c", en="tell me how many {c.to} it is[ from {origin}][ to {destination}]"),
    turn("search_flights", en=["find a flight[ from {origin}][ to {destination}][ {date:on}]", "look for flights to {destination}"],
         fr="chercher un vol[ de {origin}][ à {destination}][ {date:on}]"),
    turn("book_flight", en="book {flight_id}[ in {cabin} class]", fr="réserver {flight_id}[ en {cabin}]"),
    turn("cancel_booking", en="cancel [{booking_id}]", fr="annuler [{booking_id}]"),
    turn("get_booking", en="show me {booking_id}", fr="montrer {booking_id}"),
    turn("list_bookings", en="list my bookings"),
    turn("set_budget", en="set my budget to {amount}", fr="fixer mon budget à {amount}"),
)

REFERS = (
    ReferTemplate(type="FlightId", pick="least", by="price",
                  phrases=(phrase("en", "the cheapest one"), phrase("fr", "le moins cher"))),
    ReferTemplate(type="BookingId", phrases=(phrase("en", "that booking"), phrase("en", "the booking on {date}"),
                                             phrase("fr", "cette réservation"))),
    ReferTemplate(type="ZipCode", phrases=(phrase("en", "that zip code"), phrase("en", "the zip code of {city}"))),
)

ASKS = (
    AskTemplate(of="Date", phrases=(phrase("en", "What date"), phrase("fr", "Quel jour"))),
    AskTemplate(of="get_distance.destination", phrases=(phrase("en", "Where to"),)),
)

CAPABILITIES = (
    CapabilityTemplate(tool="get_zipcode", phrases=(phrase("en", "look up zip codes"),)),
    CapabilityTemplate(tool="cancel_booking", phrases=(phrase("en", "cancel bookings"),)),
    CapabilityTemplate(tool="set_budget", phrases=(phrase("en", "set budgets"), phrase("fr", "fixer des budgets"))),
)

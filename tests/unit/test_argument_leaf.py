"""Objects as arguments: their fields are said one by one, and what is said makes whole objects."""

from hypothesis import given
from hypothesis import strategies as st
from test_schema_types import loaded

from magnetc.ir.argument_leaf import argument_leaves, whole
from magnetc.ir.conform import violations
from magnetc.ir.path import DefaultSource, UserSource
from magnetc.ir.pointer import put
from magnetc.ir.signature import Parameter
from magnetc.ir.types import Field, ListOf, MapOf, Record, Ref, TypeTable
from magnetc.passes.context import ParameterInfo
from magnetc.passes.options import Leaf, Option, _are_whole

TEXT = Ref("string")
SCALARS = st.sampled_from([TEXT, ListOf(TEXT), MapOf(TEXT), Record(())])
NAMES = st.sampled_from(["a", "b", "c/d"])


def records(inner):
    fields = st.builds(Field, NAMES, inner, st.booleans())
    return st.lists(fields, min_size=1, max_size=3, unique_by=lambda field: field.name).map(lambda some: Record(tuple(some)))


TYPES = st.recursive(SCALARS, records, max_leaves=6)


def test_the_leaves_of_an_object():
    trip = Record((Field("from", TEXT), Field("seat", Record((Field("row", TEXT), Field("a/b", TEXT, True))), True), Field("to", ListOf(TEXT), True)))
    found = [(leaf.name, leaf.pointer, leaf.group, leaf.needed, leaf.required) for leaf in argument_leaves(Parameter(name="trip", type=trip))]
    assert found == [
        ("trip.from", "/trip/from", "", True, True),
        ("trip.seat.row", "/trip/seat/row", "/trip/seat", True, False),
        ("trip.seat.a/b", "/trip/seat/a~1b", "/trip/seat", False, False),
        ("trip.to", "/trip/to", "", False, False),
    ]
    assert [leaf.group for leaf in argument_leaves(Parameter(name="trip", type=trip, required=False))] == ["/trip", "/trip/seat", "/trip/seat", "/trip"]
    plain = Parameter(name="a", type=TEXT, required=False)
    assert list(argument_leaves(plain)) == [whole(plain)]


@given(expr=TYPES, required=st.booleans(), data=st.data())
def test_what_is_said_makes_whole_objects_and_only_such(expr, required, data):
    parameter = Parameter(name="p", type=expr, required=required)
    leaves, picks, arguments = [], [], {}
    for leaf in argument_leaves(parameter):
        said = leaf.required or data.draw(st.booleans())
        info = ParameterInfo(name=leaf.name, pointer=leaf.pointer, required=leaf.required, type=leaf.type, entity="", system="", outputs={},
                             given=frozenset(), origin=parameter.origin, group=leaf.group, needed=leaf.needed,
                                 objects=leaf.objects)
        leaves.append(Leaf((0, leaf.name), info, ()))
        picks.append(Option(UserSource("t") if said else DefaultSource()))
        if said:
            put(arguments, leaf.pointer, {"string": "x"}.get(getattr(leaf.type, "name", ""), [] if isinstance(leaf.type, ListOf) else {}))
    holds = not violations(arguments, Record((Field("p", expr, not required),)), TypeTable({}))
    assert _are_whole(leaves, picks) == holds


TOOL = """type City = string examples "Oslo", "Rome"
tool go(trip: {from: City, to: City, days?: integer}, note?: {text: City}) -> {fare: number} reads { "Go." }
turn go { en do "go from {trip.from}[, {note.text}]" }
ask go.trip.to { en "Where to" }
"""


def test_fields_that_only_a_user_can_give_must_be_said(tmp_path):
    spec, sink = loaded(tmp_path, ("a.magnet", TOOL))
    assert spec
    assert [each.message for each in sink.diagnostics] == ["no phrase for `go` in `en` says `trip.to`, which only the user can give"]
    assert [ask.of for ask in spec.asks] == ["go.trip.to"]
    _, sink = loaded(tmp_path, ("a.magnet", TOOL.replace("trip.to {", "trip.too {")))
    assert [each.code for each in sink.diagnostics if each.severity.name == "ERROR"] == ["MG203"]


def test_an_object_with_a_field_that_nobody_gives_can_never_be_called(tmp_path):
    _, sink = loaded(tmp_path, ("a.magnet", TOOL.replace("days?: integer", "days: integer")))
    assert [each.message for each in sink.diagnostics if each.code == "MG211"] == ["`go` can never be called: nothing gives `trip.days` (`integer`)"]

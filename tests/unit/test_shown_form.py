"""What people call a value is said where one earlier result tells which value is meant, and only there."""

from hypothesis import given, settings
from hypothesis import strategies as st
from test_schema_types import loaded

from magnetc.ir.path import Call, SignaturePath
from magnetc.teachers.conversation import Conversation, Executed
from magnetc.teachers.shown_form import Resolution, places_beside, resolution, shown_form, unmeant

SPEC = """type Port = string from state "/ports/*/code" shown as "/ports/*/name"
tool list_ports() -> {ports: [{code: Port, name: string, old?: string}]} reads { "Ports." }
"""
CODES = st.sampled_from(["A", "B", "C"])
NAMES = st.sampled_from(["Oslo", "oslo", "Bergen", "", " x", 3])
PORTS = st.lists(st.fixed_dictionaries({"code": CODES, "name": NAMES}, optional={"old": NAMES}), max_size=4)


def conversation(folder, state, results, undone=()):
    spec, sink = loaded(folder, ("a.magnet", SPEC))
    assert spec, sink.diagnostics
    path = SignaturePath(id="p", base="p", name="p", locale="en", variant=0, attempt=0, turns=())
    executed = [Executed(Call(id=f"c{n}", function="list_ports", goal=f"c{n}"), n, {}, {"ports": ports}) for n, ports in enumerate(results)]
    return Conversation(spec, path, "2026-01-01T00:00:00Z", {}, {"/ports/*": state}, executed, undone=set(undone))


@given(state=PORTS, results=st.lists(PORTS, max_size=3), value=CODES)
@settings(deadline=None, max_examples=60)
def test_a_form_is_resolved_by_a_result_that_has_it_beside_one_value_alone(state, results, value, tmp_path_factory):
    known = conversation(tmp_path_factory.mktemp("shown"), state, results)
    entity = known.spec.type_table.get("Port")
    form, found = shown_form(value, entity, known), resolution(value, entity, known)
    texts = [(each["code"], each["name"].casefold()) for each in state if isinstance(each["name"], str) and each["name"].strip() == each["name"] != ""]
    if form is None:
        assert found is None
        return
    assert {code for code, text in texts if text == form.casefold()} == {value}
    told = [(number, index, each["code"], key) for number, ports in enumerate(results) for index, each in enumerate(ports)
            for key in ("name", "old") if isinstance(each.get(key), str) and each[key].casefold() == form.casefold()]
    assert (found is not None) == ({code for _, _, code, _ in told} == {value})
    if found:
        assert (int(found.call[1:]), int(found.at.split("/")[2]), value, found.by.split("/")[3]) in told


def test_what_was_undone_resolves_nothing_but_can_confuse(tmp_path):
    oslo, other = {"code": "A", "name": "Oslo"}, {"code": "B", "name": "OSLO"}
    known = conversation(tmp_path, [oslo], [[oslo]])
    entity = known.spec.type_table.get("Port")
    assert resolution("A", entity, known) == Resolution("Oslo", "c0", "/ports/0/code", "/ports/0/name")
    assert resolution("A", entity, conversation(tmp_path, [oslo], [[oslo]], ["c0"])) is None
    assert resolution("A", entity, conversation(tmp_path, [oslo], [[oslo], [other]], ["c1"])) is None


def test_a_form_is_found_in_fields_beside_a_value_alone():
    result = {"name": "Oslo", "ports": [{"code": "Oslo", "a/b": "oslo", "n": 3}]}
    assert list(places_beside(result, "/ports/0/code", "Oslo")) == ["/ports/0/a~1b"]
    assert list(places_beside(["Oslo"], "/0", "Oslo")) == []
    assert unmeant("Oslo") != "Oslo"

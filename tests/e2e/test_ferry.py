"""A recipe with the whole of the types: tools in JSON Schema, nullable results, lists; built and verified from the command line."""

import json
import shutil
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from dataset import failing, forge

from magnetc.cli.main import main

pytestmark = pytest.mark.slow

FERRY = Path(__file__).parents[1] / "data" / "recipes" / "ferry"


def run(*arguments):
    result = CliRunner().invoke(main, list(map(str, arguments)))
    assert result.exit_code == 0, result.stderr
    return result


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ferry")
    shutil.copytree(FERRY, folder / "ferry")
    run("build", folder / "ferry", "-o", folder / "out", "--trust")
    return folder


def rows(folder, out="out"):
    return [json.loads(line) for file in sorted((folder / out / "sft").glob("*.jsonl")) for line in file.read_text().splitlines()]


def calls(row, tool):
    return [json.loads(call["function"]["arguments"]) for message in row["messages"] for call in message.get("tool_calls", ())
            if call["function"]["name"] == tool]


def test_every_row_is_proven(built):
    assert len(rows(built)) >= 12
    assert "every proof holds" in run("verify", built / "out", "--trust").output


def test_rows_show_the_schemas_as_they_are_declared(built):
    declared = yaml.safe_load((FERRY / "tools.yaml").read_text())["tools"]["book_sailing"]["parameters"]
    shown = {tool["function"]["name"]: tool["function"]["parameters"] for row in rows(built) for tool in json.loads(row["tools"])}
    contact = declared["properties"]["contact"]["properties"]
    for each in (declared["properties"]["sailing_id"], declared["properties"]["passengers"]["items"], contact["email"], contact["phone"]):
        del each["x-entity"]
    assert shown["book_sailing"] == declared
    assert shown["find_sailings"]["$defs"] == {"Vehicle": {"type": "string", "enum": ["car", "van", "bicycle"], "title": "Vehicle"}}


def test_arguments_satisfy_what_only_the_schema_says(built):
    booked = [made for row in rows(built) for made in calls(row, "book_sailing")]
    assert {len(made["passengers"]) for made in booked} == {2, 3}
    assert {made["bags"] for made in booked if "bags" in made} <= {2, 4, 6, 8}


def test_what_a_user_asks_for_together_is_of_one_entry_that_meets_the_condition(built):
    seen = 0
    for row in rows(built):
        state = json.loads((built / "out" / "states" / f"{row['certificate']['world']['initial']}.json").read_text())
        lines = [(each["from"], each["to"], each["left"]) for each in state["sailings"].values()]
        for made in calls(row, "find_sailings"):
            assert any((made["origin"], made["destination"]) == line[:2] and made["travellers"] <= line[2] for line in lines)
            seen += 1
        for made in calls(row, "get_pier"):
            named = {port["name"]: port["code"] for port in state["ports"].values()}
            assert (named.get(made["origin"], made["origin"]), named.get(made["destination"], made["destination"])) in [line[:2] for line in lines]
    assert seen >= 12


def sources(row, tool):
    """Of each call of a tool: (arguments, where they come from)."""
    named = {call["id"]: call["function"] for message in row["messages"] for call in message.get("tool_calls", ())}
    return [(json.loads(function["arguments"]), row["certificate"]["arguments"][name]) for name, function in named.items()
            if function["name"] == tool]


def test_a_user_says_the_form_where_a_result_or_the_tool_resolves_it_and_else_the_code(built):
    codes = {"BGO": "Bergen", "STV": "Stavanger", "HIR": "Hirtshals", "KRS": "Kristiansand", "LAR": "Larvik"}
    said = {"resolved": 0, "alike": 0, "code": 0}
    for row in rows(built):
        listed = bool(calls(row, "list_ports"))
        for arguments, entries in sources(row, "find_sailings"):
            for name in ("origin", "destination"):
                entry, code = entries[f"/{name}"], arguments[name]
                assert ("resolved" in entry) == listed
                assert entry["said"] == (codes[code] if listed else code)
                said["resolved" if listed else "code"] += 1
        for arguments, entries in sources(row, "get_pier"):
            entry = entries["/origin"]
            assert entry["said"] == arguments["origin"] == codes[entry["alike"]] if "alike" in entry else "resolved" in entry
            said["alike"] += "alike" in entry
    assert all(said.values()), said


def test_objects_are_said_field_by_field_and_given_whole(built):
    contacts = [(made["contact"], entries) for row in rows(built) for made, entries in sources(row, "book_sailing") if "contact" in made]
    trips = [(made["trip"], entries) for row in rows(built) for made, entries in sources(row, "get_fare")]
    assert all(set(contact) <= {"email", "phone"} and entries["/contact/email"]["said"] == contact["email"] for contact, entries in contacts)
    assert {"phone" in contact for contact, _ in contacts} == {True, False}
    assert all({"origin", "destination"} <= set(trip) and entries["/trip/origin"]["user"] is not None for trip, entries in trips)
    assert any("day" in trip for trip, _ in trips)
    asked = [row for row in rows(built) if any(name.startswith("split.miss_params") for name in row["tags"]["operations"])]
    assert any("Where would you leave from?" in message["content"] for row in asked for message in row["messages"])


def test_what_does_not_resolve_a_form_is_found(built, tmp_path):
    def change(row):
        if "messages" not in row:
            return
        for call, entries in row["certificate"]["arguments"].items():
            for pointer, entry in entries.items():
                others = {"at": "/ports/0/name", "by": "/ports/1/name" if entry.get("resolved", {}).get("by") != "/ports/1/name" else "/ports/2/name",
                          "call": call} if "resolved" in entry else {"alike": "BGO" if entry["alike"] != "BGO" else "LAR"} if "alike" in entry else {}
                for key, value in others.items():
                    changed = json.loads(json.dumps(row))
                    place = changed["certificate"]["arguments"][call][pointer]
                    (place if key == "alike" else place["resolved"])[key] = value
                    yield changed
    forged = forge(built / "out", tmp_path / "out", change)
    assert len(forged) > 10
    found = failing(tmp_path / "out")
    assert {name for name in forged if 3 not in found.get(name, ())} == set()


def test_an_argument_outside_the_schema_is_found(built, tmp_path):
    out = shutil.copytree(built / "out", tmp_path / "out")
    file = next(file for file in sorted((out / "sft").glob("*.jsonl")) if '\\"passengers\\":[' in file.read_text())
    text = file.read_text()
    first = json.loads(text.splitlines()[0])["messages"]
    passenger = next(json.loads(call["function"]["arguments"])["passengers"][0] for message in first for call in message.get("tool_calls", ())
                     if call["function"]["name"] == "book_sailing")
    start = text.index('\\"passengers\\":[')
    end = text.index("]", start)
    file.write_text(text[:start] + f'\\"passengers\\":[\\"{passenger}\\"' + text[end:])
    result = CliRunner().invoke(main, ["verify", str(out), "--trust"])
    assert result.exit_code == 1
    assert "`/passengers` does not satisfy `minItems` of the tool's schema" in result.output


def test_the_recipe_in_the_other_syntax_makes_the_same_rows(built):
    folder = shutil.copytree(built / "ferry", built / "converted")
    run("fmt", "--to", "dsl", folder / "tools.yaml")
    run("build", folder, "-o", built / "again", "--trust")
    assert rows(built, "again") == rows(built)

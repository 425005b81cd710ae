"""Why a row is as it is: every call and value of it, with the place in the recipe that it rests on."""

import json
import re

from dataset import magnetc, rows


def test_a_row_is_traced_to_the_recipe(library):
    row = next(row for row in rows(library, "sft/") if row["tags"]["operations"] and not row["tags"]["copy_of"])
    told = magnetc("why", library, row["id"]).stdout
    assert told.startswith(f"{row['id']}, in sft/")
    assert f"drawn from path `{row['tags']['path']}`" in told
    for message in row["messages"]:
        for call in message.get("tool_calls", ()):
            line = next(line for line in told.splitlines() if line.strip().startswith(f"{call['id']} {call['function']['name']}"))
            file, number = re.search(r"(\S+):(\d+):\d+$", line).groups()
            with open(file, encoding="utf-8") as source:
                assert call["function"]["name"] in source.read().splitlines()[int(number) - 1]
    for operation in row["tags"]["operations"]:
        assert f"operation {operation.partition('@')[0]} on turn" in told
    for entries in row["certificate"]["arguments"].values():
        for pointer, entry in entries.items():
            assert f"{pointer}: " in told
            assert str(entry.get("said", entry.get("at"))) in told


def test_all_rows_can_be_told(library):
    for row in rows(library):
        assert json.loads(magnetc("why", library, row["id"], "--json").stdout)


def test_an_unknown_row_is_told_with_the_nearest(library):
    row = next(rows(library, "sft/"))
    result = magnetc("why", library, row["id"][:-1] + "x")
    assert result.exit_code == 1
    assert "error[MG622]" in result.output

"""TRL's prompt and completion: each trained message is the completion of an example, and so trained exactly, where TRL knows no weights.

    {"id": "booking-000017#4", "prompt": [{"role": "user", …}, …], "completion": [{"role": "assistant", …}], "tools": […]}
"""

from __future__ import annotations

from magnetc.emit.exports.dataset import Dataset, read_json
from magnetc.emit.exports.hub import hub_page
from magnetc.emit.exports.sharegpt import UNTRAINED
from magnetc.emit.exports.sheet import Sheet
from magnetc.emit.exports.trl_objects import with_objects
from magnetc.ir.json import wire

_OURS = frozenset({"weight", "credit"})


def trl_completions(dataset: Dataset, sheet: Sheet) -> None:
    """Conversations alone, in files as those of the dataset. Pairs have their prompt and sides in `trl-objects`."""
    for name in dataset.files("sft"):
        for row in dataset.rows(name):
            messages = [with_objects({key: value for key, value in message.items() if key not in _OURS}) for message in row["messages"]]
            trained = [index for index, message in enumerate(row["messages"]) if message.get("weight")]
            if not trained:
                sheet.dropped[UNTRAINED] += 1
            for index in trained:
                sheet.row(name, wire({"id": f"{row['id']}#{index}", "prompt": messages[:index], "completion": [messages[index]],
                                      "tools": read_json(row["tools"])}))
    sheet.text("README.md", hub_page(dataset, sheet, "What the rows train, as TRL's prompts and completions: one for each trained message."))

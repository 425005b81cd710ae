"""The rows as Parquet files, a column a key: `tools` and `arguments` stay JSON strings, and a certificate becomes one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.distill.proofs.mixed import TAG
from magnetc.emit.exports.dataset import Dataset, Row
from magnetc.emit.exports.hub import hub_page
from magnetc.emit.exports.sheet import Sheet
from magnetc.extras import required
from magnetc.ir.json import wire
from magnetc.teachers.reasoned import KEY

if TYPE_CHECKING:
    import pyarrow

TAGS = ("path", "base", "operations", "locale", "copy_of")
FAULT = ("kind", "turn", "shows", "dependency", "made")

GROUP = 1_000
"""Rows of a row group: what is in memory at once."""


def parquet(dataset: Dataset, sheet: Sheet) -> None:
    """A file for each of the dataset's. Raises MagnetError MG710 without pyarrow."""
    (pq,) = required("pyarrow.parquet", extra="parquet")
    for kind in ("sft", "preference"):
        schema = _schema(kind, dataset.thinks, dataset.mixes)
        for name in dataset.files(kind):
            file = name.replace(".jsonl", ".parquet")
            rows = dataset.rows(name)
            with pq.ParquetWriter(sheet.place(file), schema, compression="zstd") as writer:
                for table in _tables(rows, schema):
                    writer.write_table(table)
                    sheet.rows[file] += table.num_rows
    sheet.text("README.md", hub_page(dataset, sheet, "The rows in TRL's conversational form; tools, arguments and certificates are JSON strings."))


def _tables(rows: Iterator[Row], schema: pyarrow.Schema) -> Iterator[pyarrow.Table]:
    from pyarrow import Table

    while group := list(islice(rows, GROUP)):
        yield Table.from_pylist([_columns(row, schema) for row in group], schema=schema)


def _columns(row: Row, schema: pyarrow.Schema) -> Row:
    """The row with a JSON string for its certificate. Arrow would leave out what the schema lacks without a word: MG620 says so."""
    for place, keys, known in (("keys", row.keys(), schema.names), ("tags", row["tags"].keys(), (*TAGS, TAG)), ("fault", row.get("fault", {}).keys(), FAULT)):
        if unknown := sorted(keys - set(known)):
            raise MagnetError(Diagnostic(code="MG620", message=f"in the {place} of `{row['id']}` is `{unknown[0]}`, for which there is no column",
                                         help="export it with the version of magnetc that built it: `compiler` of the manifest"))
    return {**row, "certificate": wire(row["certificate"])}


def _schema(kind: str, thinks: bool, mixes: bool) -> pyarrow.Schema:
    """The columns. What a message lacks is null in Arrow: `weight` of what users say, `tool_calls` of words. `thinks`: some think aloud.
    `mixes`: some rows were mixed in."""
    import pyarrow as pa

    text, number = pa.string(), pa.int64()
    call = pa.struct([("id", text), ("type", text), ("function", pa.struct([("name", text), ("arguments", text)]))])
    message = [("role", text), ("content", text), ("tool_calls", pa.list_(call)), ("tool_call_id", text), ("name", text), ("weight", number)]
    tags = pa.struct([(name, pa.list_(text) if name == "operations" else text) for name in (*TAGS, *([TAG] if mixes else []))])
    message += [(KEY, text)] if thinks and kind == "sft" else []
    messages = pa.list_(pa.struct(message if kind == "sft" else [*message, ("credit", number)]))
    if kind == "sft":
        own = [("messages", messages), ("tools", text)]
    else:
        own = [("prompt", messages), ("chosen", messages), ("rejected", messages), ("tools", text),
               ("fault", pa.struct([(name, number if name == "turn" else text) for name in FAULT]))]
    return pa.schema([("id", text), *own, ("tags", tags), ("certificate", text)])

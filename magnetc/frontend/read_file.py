"""Read one file of a recipe into its documents, whatever its syntax."""

from __future__ import annotations

from collections.abc import Mapping

from magnetc.diagnostics import Sink
from magnetc.frontend.document import Document
from magnetc.frontend.dsl import read_dsl
from magnetc.frontend.include import Included
from magnetc.frontend.read_text import read_text
from magnetc.frontend.yaml_events import read_yaml


def read_file(file: Included, sink: Sink, texts: Mapping[str, str] | None = None) -> list[Document]:
    """The documents of a file; none after an error that leaves its structure in doubt. `texts` stand in for files."""
    source = read_text(file.path, file.name, sink, texts)
    if source is None:
        return []
    if file.path.suffix == ".magnet":
        return read_dsl(source, sink)
    document = read_yaml(source, sink)
    return [document] if document else []

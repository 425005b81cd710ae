"""Which files `magnetc fmt` looks at: those named, and in a folder all of a recipe's."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import yaml

from magnetc.diagnostics import Sink
from magnetc.frontend.include import SUFFIXES
from magnetc.frontend.schema import KINDS


def files_to_format(paths: Iterable[Path], sink: Sink) -> list[Path]:
    """The files at `paths`, each once: of a folder those that end as a recipe's do, and in YAML name a kind.

    Hidden folders, links and built datasets are passed over. Errors: MG001 for a path that is not there, MG006 for a file
    in neither syntax.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            found.update(dict.fromkeys(_below(path)))
        elif not path.exists():
            sink.error("MG001", f"there is no file or folder `{path}`", help="name a recipe's folder, or files of one")
        elif path.suffix not in SUFFIXES:
            sink.error("MG006", f"`{path}` is neither YAML nor DSL",
                       help=f"files end in {' or '.join(f'`{suffix}`' for suffix in SUFFIXES)}")
        else:
            found[path] = None
    return list(found)


def _below(folder: Path) -> list[Path]:
    found = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.is_symlink():
            continue
        if path.is_dir():
            found += [] if (path / "manifest.yaml").is_file() else _below(path)
        elif path.suffix == ".magnet" or (path.suffix == ".yaml" and _names_a_kind(path)):
            found.append(path)
    return found


def _names_a_kind(path: Path) -> bool:
    """Whether a YAML file is a document of a recipe: any other is not ours to change."""
    try:
        events = yaml.parse(path.read_text(encoding="utf-8-sig"), Loader=yaml.CSafeLoader)
        values, depth = [], 0
        for event in events:
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth == 1 and isinstance(event, yaml.ScalarEvent):
                values.append(event.value)
                if len(values) > 1 and values[-2] == "kind":
                    return values[-1] in KINDS
    except (yaml.YAMLError, UnicodeDecodeError, OSError):
        return True
    return False

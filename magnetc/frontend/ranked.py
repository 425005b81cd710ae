"""How alike tools read to a model, read from the lock's key `semantic` and written there by `magnetc lock`.

    "semantic": {"by": "all-minilm", "digest": ..., "top": 30, "tools": {"book_hotel": {"find_hotel": 0.81}}}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any

from magnetc.diagnostics import Sink
from magnetc.frontend.snapshot import LOCK
from magnetc.ir.json import Json, canonical
from magnetc.ir.signature import FunctionSignature
from magnetc.ir.spec import Inference, Spec

Ranked = tuple[tuple[str, str, float], ...]
"""(tool, other, likeness in [0, 1])"""


def read_ranked(lock: Mapping[str, Any] | None, spec: Spec, sink: Sink) -> Ranked:
    """What the model that the recipe names made of these very tools; nothing when it names none, or after MG506."""
    inference = spec.graph.inference("semantic")
    if inference is None or not inference.by:
        return ()
    section = (lock or {}).get("semantic")
    try:
        if isinstance(section, dict) and section["by"] == inference.by and section["digest"] == ranked_digest(spec.tools) \
                and section["top"] >= inference.top:
            return tuple((source, target, float(score)) for source, others in section["tools"].items()
                         for target, score in others.items() if source in spec.tool and target in spec.tool)
    except (LookupError, TypeError, ValueError, AttributeError):
        pass
    sink.error("MG506", f"`{LOCK}` does not hold how alike these tools read to `{inference.by}`", inference.origin,
               help="run `magnetc lock DIR` to have the model rank them")
    return ()


def ranked_section(ranked: Iterable[tuple[str, str, float]], spec: Spec, inference: Inference) -> dict[str, Json]:
    """The lock's key, as `read_ranked` reads it. Scores have four digits."""
    tools: dict[str, Json] = {}
    for source, target, score in ranked:
        others = tools.setdefault(source, {})
        assert isinstance(others, dict)
        others[target] = round(score, 4)
    return {"by": inference.by, "digest": ranked_digest(spec.tools), "top": inference.top, "tools": tools}


def ranked_digest(tools: Iterable[FunctionSignature]) -> str:
    """A digest of all that decides the ranking but the model: names, descriptions and categories."""
    said = sorted([tool.name, tool.description, tool.category] for tool in tools)
    return blake2b(canonical(said).encode(), digest_size=16).hexdigest()

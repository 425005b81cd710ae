"""The findings of `magnetc lock --probe`, read from the lock's key `probes`.

    "probes": {"world": DIGEST, "flows": [{"source": "find_person", "target": "greet", "pointer": "/person_id",
               "parameter": "person_id", "finding": "proven", "tries": 1, "declares": DIGEST}]}

A finding holds for what its two tools declared; one of tools that have changed is left out and counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from magnetc.diagnostics import Sink
from magnetc.frontend.snapshot import LOCK
from magnetc.ir.graph import ValueFlow
from magnetc.ir.json import Json
from magnetc.ir.probed import Finding, ProbedFlow, Probes, declared_digest
from magnetc.ir.spec import Spec
from magnetc.source import Origin


def read_probes(lock: Mapping[str, Any] | None, spec: Spec, sink: Sink) -> Probes:
    """The findings that still hold for the tools of `spec`; none without a lock, or after MG503."""
    written = probes_in(lock or {})
    if written is None:
        if lock and "probes" in lock:
            sink.error("MG503", f"`probes` of `{LOCK}` cannot be read", Origin(LOCK, "/probes"), at_key=True, help="run `magnetc lock DIR --probe` to write it anew")
        return Probes()
    digests: dict[tuple[str, str], str] = {}
    holding = []
    for probed in written.flows:
        pair = probed.source, probed.target
        if pair not in digests:
            known = all(name in spec.tool for name in pair)
            digests[pair] = declared_digest(spec.tool[pair[0]], spec.tool[pair[1]], spec.type_table) if known else ""
        if probed.declares == digests[pair]:
            holding.append(probed)
    return Probes(world=written.world, flows=tuple(holding), stale=len(written.flows) - len(holding))


def probes_in(lock: Mapping[str, Any]) -> Probes | None:
    """All findings of a lock; None when it has none that can be read."""
    try:
        section = lock["probes"]
        return Probes(world=str(section["world"]), flows=tuple(_flow(entry) for entry in section["flows"]))
    except (LookupError, TypeError, ValueError):
        return None


def probes_section(probes: Probes) -> Json:
    """The lock's key, as `read_probes` reads it."""
    return {"world": probes.world, "flows": [
        {"source": probed.source, "target": probed.target, "pointer": probed.flow.pointer, "parameter": probed.flow.parameter,
         "finding": probed.finding.value, "tries": probed.tries, **({"reason": probed.reason} if probed.reason else {}),
         "declares": probed.declares}
        for probed in probes.flows]}


def _flow(entry: Mapping[str, Any]) -> ProbedFlow:
    names = {key: entry[key] for key in ("source", "target", "pointer", "parameter", "declares")}
    if not all(isinstance(name, str) for name in names.values()) or not names["declares"]:
        raise ValueError(names)
    return ProbedFlow(source=names["source"], target=names["target"], flow=ValueFlow(names["pointer"], names["parameter"]),
                      finding=Finding(entry["finding"]), tries=int(entry["tries"]), reason=str(entry.get("reason", "")),
                      declares=names["declares"])

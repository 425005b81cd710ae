"""Current probes: findings of the lock hold for the code that ran, and no other."""

from __future__ import annotations

from pathlib import Path

from magnetc.diagnostics import Sink
from magnetc.ir.graph import ValueFlow
from magnetc.ir.probed import Finding, Probes
from magnetc.ir.spec import Spec
from magnetc.tools.trust import code_digest


def current_probes(spec: Spec, folder: Path, sink: Sink) -> Probes:
    """The findings that hold for the recipe's code as it is. MG504 for those that do not, MG307 for refuted links."""
    probes = spec.graph.probes
    # What the code is stands in files that no fact of the disk names.
    sink.disk.is_whole &= not probes.flows
    if probes.flows and probes.world != code_digest(folder, spec.recipe.world):
        probes = Probes(stale=probes.stale + len(probes.flows))
    asked = spec.graph.inference("probed") is not None and not probes.flows
    if probes.stale or asked:
        text = (f"{probes.stale} value flows were probed with other tools or another world" if probes.stale
                else "`infer probed` leaves out what probing refutes, and nothing was probed")
        sink.warning("MG504", text, spec.recipe.world.origin.child(spec.recipe.world.kind),
                     help="run `magnetc lock DIR --probe` to probe the graph as it is")
    _report_links(spec, probes, sink)
    return probes


def _report_links(spec: Spec, probes: Probes, sink: Sink) -> None:
    refuted = {probed.place: probed for probed in probes.flows if probed.finding is Finding.REFUTED}
    for link in spec.graph.links:
        found = refuted.get((link.source, link.target, ValueFlow(link.pointer, link.parameter)))
        if found is not None:
            sink.warning("MG307", f"`{link.target}` does the same whatever its `{link.parameter}` is, so the link from "
                                  f"`{link.source}` carries nothing", link.origin,
                         notes=(f"executed with the linked value and with others in {found.tries} tries",),
                         help="drop the link, or let the tool use what it is given")

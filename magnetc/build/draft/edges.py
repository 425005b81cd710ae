"""Drafting edges: `link` statements for tools that read alike and have no edge between them, voted for and checked as an author's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from magnetc.build.draft.bench import Bench
from magnetc.build.draft.drafted import Drafted, DraftOptions, planned, require_drafter
from magnetc.build.draft.written import append, comment, include, statement
from magnetc.build.judge import candidates
from magnetc.build.poll import Pair, poll
from magnetc.build.teacher import answering
from magnetc.diagnostics import Sink
from magnetc.frontend import load
from magnetc.frontend.document import Document
from magnetc.frontend.dotted import join_dotted
from magnetc.frontend.format.rows import Inexpressible
from magnetc.frontend.resolve_graph import field_at
from magnetc.ir.graph import ORIGINS
from magnetc.ir.json import Json
from magnetc.ir.pointer import tokens
from magnetc.ir.spec import Inference, Spec, Votes
from magnetc.passes.pipeline import build_graph
from magnetc.teachers.judge import PROGRAM, Vote, tally
from magnetc.tools.importers import IMPORTERS

FILE = "graph/draft.magnet"

_HEAD = "Edges that a teacher proposed: keep those that hold."


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedLink:
    """A link, as `from` and `to` of a graph document. `path` leads to the field of the result that flows, empty for an order; `votes` are what
    it was made of, `reason` that of the first who voted so."""

    source: str
    target: str
    path: tuple[str, ...]
    votes: Votes
    reason: str

    @property
    def data(self) -> dict[str, Json]:
        return {"from": self.source, "to": self.target}

    @property
    def share(self) -> str:
        said = getattr(self.votes, self.votes.kind)
        return f"{said} of {round(said / self.votes.confidence)} votes"


async def draft_edges(options: DraftOptions, sink: Sink) -> Drafted | None:
    """Ask what tools that read alike do for each other where the graph has no edge, and write links into the recipe's folder.

    The question is that of `magnetc lock --judge`: a vote that was paid for there is not paid for here. None when the recipe has errors.

    Raises:
        MagnetError: MG515 when the recipe names no teacher to ask, or lacks a tool of `options`; MG420 for a prompt program; what the
            endpoint raises.
    """
    spec = load(options.folder, sink, IMPORTERS)
    bench = Bench.open(options.folder, Sink())
    if spec is None or bench is None:
        return None
    require_drafter(spec.recipe, list(spec.tool), options.tools)
    pairs = [pair for pair in unjoined(spec) if not options.tools or set(pair) & set(options.tools)]
    drafted = planned(options, spec.recipe, PROGRAM, len(pairs) * options.votes)
    if options.plan_only or not pairs:
        return drafted
    options.announce(f"asking for {options.votes} votes on {len(pairs)} pairs of tools")
    async with answering(spec.recipe, options.folder, (PROGRAM,), budget=options.budget) as (asker, programs, drafted.asked):
        polled = await poll(asker, programs[PROGRAM], spec, pairs, options.votes, options.progress)
    drafted.failures = polled.failures
    drafted.lost.update(f"`{source}` and `{target}`: no vote could be read: {why}" for (source, target), why in polled.why.items()
                        if not polled.heard[source, target])
    proposed = [link for pair, votes in polled.heard.items() for link in _links(pair, votes)]
    unlinkable = {link: problem for link in proposed if (problem := _unlinkable(link, spec))}
    links, refused = bench.sound([link for link in proposed if link not in unlinkable], _documents)
    drafted.lost.update(f"`{each.source}` and `{each.target}`: {why}" for each, why in (*unlinkable.items(), *refused))
    drafted.made = [{**each.data, "kind": each.votes.kind, "votes": each.share, "reason": each.reason} for each in links]
    if links:
        append(options.folder, FILE, _HEAD, _lines(links))
        drafted.file, drafted.included = FILE, include(options.folder, FILE)
    return drafted


def unjoined(spec: Spec) -> list[Pair]:
    """The pairs of tools that read alike and have no edge but for that: none that is declared, judged or typed, and no `unlink`."""
    found = next((each for name in ("judged", "semantic") if (each := spec.graph.inference(name))), Inference("semantic"))
    ranked = {(source, target) for source, target, _ in spec.graph.ranked} - {(votes.source, votes.target) for votes in spec.graph.votes}
    graph = build_graph(spec)
    joined = {(edge.source, edge.target) for edge in graph.edges if edge.origin != ORIGINS[-1]} | set(spec.graph.unlinks)
    return sorted({*candidates(spec, found), *ranked} - joined)


def _links(pair: Pair, votes: Sequence[Vote]) -> Iterator[ProposedLink]:
    """The links that most votes on a pair come to: one for each value that flows, or one for the order."""
    counted = tally(*pair, votes) if votes else None
    if counted is None or counted.kind == "none":
        return
    reason = next((vote.reason for vote in votes if vote.kind == counted.kind and vote.reason), "no reason was given")
    if counted.kind == "prerequisite":
        yield ProposedLink(source=join_dotted([pair[0]]), target=join_dotted([pair[1]]), path=(), votes=counted, reason=reason)
    for pointer, parameter in counted.values:
        path = tuple(token for token in tokens(pointer) if token != "*")
        yield ProposedLink(source=join_dotted([pair[0], *path]), target=join_dotted([pair[1], parameter]), path=path, votes=counted, reason=reason)


def _unlinkable(link: ProposedLink, spec: Spec) -> str:
    """Why the language has no link for what was voted, or nothing."""
    if link.votes.kind != "prerequisite" and (not link.path or field_at(spec.tool[link.votes.source].returns, link.path) is None):
        return "a link names a field of the result, and the value is in none"
    try:
        statement(_documents([link])[0])
    except Inexpressible as error:
        return error.why
    return ""


def _documents(links: Iterable[ProposedLink]) -> list[Document]:
    return [Document(kind="graph", file=FILE, data={"kind": "graph", "links": [link.data for link in links]}, spans={}, root="/graph:")]


def _lines(links: Sequence[ProposedLink]) -> Iterator[str]:
    yield "graph {"
    for link in links:
        yield comment(f"{link.share}: {link.reason}", "  ")
        yield from statement(_documents([link])[0])[1:-1]
    yield "}"

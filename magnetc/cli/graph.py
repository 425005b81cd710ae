"""`magnetc graph DIR`: the edges of a recipe's graph, why each is there, and pictures of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from magnetc.cli.report import announce, counted, diagnosed, fail
from magnetc.diagnostics import Sink

if TYPE_CHECKING:
    from magnetc.ir.graph import Edge
    from magnetc.passes.context import CompileContext

KINDS = ("full", "partial", "prerequisite")
ORIGINS = ("declared", "judged", "typed", "semantic")
"""As in `magnetc.ir.graph`, which would be slow to import for `--help`."""


class _Listing(click.Group):
    """`graph DIR` lists: what does not begin with the name of a command is for `list`, whose options are this page's."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["list", *args]
        return super().parse_args(ctx, args)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(ctx.command_path, "FOLDER [OPTIONS]")
        formatter.write_usage(ctx.command_path, "why FOLDER SOURCE TARGET", prefix="       ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        listing = self.commands["list"]
        click.Command.format_options(listing, ctx, formatter)
        self.format_commands(ctx, formatter)


@click.group("graph", cls=_Listing)
def command() -> None:
    """List the edges of the recipe in FOLDER, or explain one with `why`. Nothing of the recipe is run."""


@command.command("list", short_help="List edges; `magnetc graph FOLDER` is short for this.")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--from", "sources", multiple=True, metavar="TOOL", help="Edges from this tool only.")
@click.option("--to", "targets", multiple=True, metavar="TOOL", help="Edges to this tool only.")
@click.option("--kind", "kinds", multiple=True, type=click.Choice(KINDS), help="Edges of this kind only.")
@click.option("--origin", "origins", multiple=True, type=click.Choice(ORIGINS), help="Edges found in this way, whether in others too or not.")
@click.option("--min-confidence", "confidence", type=click.FloatRange(0, 1), default=0.0, help="Leave out edges that are less sure.")
@click.option("--path", "path", metavar="NAME", help="Only between tools that this path may use.")
@click.option("--dot", "dot_file", type=click.Path(path_type=Path, allow_dash=True), metavar="FILE",
              help="Write the graph for Graphviz instead; `-` is stdout.")
@click.option("--html", "page", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write a page to look into instead; it needs no server or network.")
@click.option("--json", "as_json", is_flag=True, help="As node-link data, which networkx and D3 read.")
def listing(folder: Path, sources: tuple[str, ...], targets: tuple[str, ...], kinds: tuple[str, ...], origins: tuple[str, ...],
            confidence: float, path: str | None, dot_file: Path | None, page: Path | None, as_json: bool) -> None:
    """List the edges of the recipe in FOLDER: which tool may follow which, and which value flows. `list` may be left out."""
    sink = Sink()
    with diagnosed(sink, folder=folder):
        context = _compiled(folder, sink)
        for name, option in (*((name, "--from") for name in sources), *((name, "--to") for name in targets)):
            _known(name, "tool", context.spec.tool, option)
        within = _within(context, path)
        edges = [edge for edge in context.graph.edges
                 if (not sources or edge.source in sources) and (not targets or edge.target in targets)
                 and (not kinds or edge.kind in kinds) and (not origins or not {edge.origin, *edge.also}.isdisjoint(origins))
                 and edge.confidence >= confidence and edge.source in within and edge.target in within]
        is_part = bool(sources or targets or kinds or origins or confidence)
        touched = {*sources, *targets, *(end for edge in edges for end in (edge.source, edge.target))} if is_part else within
        nodes = [node for node in context.graph.nodes if node in touched]
        if as_json:
            from magnetc.emit.graph import node_link_data

            click.echo(json.dumps(node_link_data(nodes, edges), indent=1, ensure_ascii=False))
        if dot_file is not None:
            _write_dot(dot_file, context, nodes, edges)
        if page is not None:
            _write_page(page, context, nodes, edges)
        if not as_json and dot_file is None and page is None:
            _print(edges)
        announce(_counts(context, nodes, edges))


@command.command("why", short_help="Explain why there is an edge, or why there is none.")
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("source")
@click.argument("target")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def why(folder: Path, source: str, target: str, as_json: bool) -> None:
    """Explain why there is an edge from tool SOURCE to tool TARGET, or why there is none."""
    sink = Sink()
    with diagnosed(sink, folder=folder):
        context = _compiled(folder, sink)
        for name, argument in ((source, "SOURCE"), (target, "TARGET")):
            _known(name, "tool", context.spec.tool, argument)
        from magnetc.emit.edge_reasons import edge_reasons
        from magnetc.emit.why import Places, why_document, why_text

        reasons = edge_reasons(context.spec, context.graph, source, target)
        prefix = folder.as_posix()
        places = Places(sink, "" if prefix == "." else prefix)
        if as_json:
            click.echo(json.dumps(why_document(reasons, places), indent=1, ensure_ascii=False))
        else:
            click.echo(why_text(reasons, places), nl=False)


def _compiled(folder: Path, sink: Sink) -> CompileContext:
    """The recipe's context; leaves with its errors when it has any. Warnings are for `check` to say."""
    from magnetc.build.compile import compile_graph

    context = compile_graph(folder, sink)
    return context if context is not None else fail(sink, folder=folder)


def _known(name: str, sort: str, names: Iterable[str], param: str) -> None:
    """Refuse a name that the recipe does not define, as click refuses a value: exit 2."""
    names = list(names)
    if name not in names:
        from magnetc.diagnostics.suggest import closest

        near = closest(name, names)
        raise click.BadParameter(f"the recipe has no {sort} `{name}`" + (f"; did you mean `{near}`?" if near else ""), param_hint=param)


def _within(context: CompileContext, path: str | None) -> frozenset[str]:
    if path is None:
        return frozenset(context.graph.nodes)
    _known(path, "path", context.path, "--path")
    return context.constraints(context.path[path], context.locales[0]).within


def _print(edges: list[Edge]) -> None:
    """A table with a line an edge, whatever the width of the terminal: what `grep` and `awk` can read."""
    from magnetc.emit.why import flow_text, probed_text

    is_probed = any(edge.proven is not None for edge in edges)
    rows = [("source", "target", "kind", "origin", "confidence", *["probed"] * is_probed, "values")]
    rows += [(edge.source, edge.target, edge.kind.value, "+".join((edge.origin, *edge.also)), f"{edge.confidence:g}",
              *[probed_text(edge)] * is_probed, flow_text(edge)) for edge in edges]
    widths = [max(map(len, column)) for column in zip(*rows)]
    if edges:
        click.echo("\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows))


def _write_dot(file: Path, context: CompileContext, nodes: list[str], edges: list[Edge]) -> None:
    from magnetc.emit.dot import dot

    text = dot(context.spec.recipe.name, nodes, edges, {tool.name: tool.category for tool in context.spec.tools})
    if str(file) == "-":
        click.echo(text, nl=False)
    else:
        file.write_text(text, encoding="utf-8", newline="\n")
        announce(f"written to {file}")


def _write_page(file: Path, context: CompileContext, nodes: list[str], edges: list[Edge]) -> None:
    from magnetc.emit.graph_page import graph_page
    from magnetc.emit.graph_picture import picture

    shown = picture(context.spec.recipe.name, nodes, edges)
    file.write_text(graph_page(shown, context.spec.tool), encoding="utf-8", newline="\n")
    announce(f"written to {file}: {shown.title}")


def _counts(context: CompileContext, nodes: list[str], edges: list[Edge]) -> str:
    """How many edges are shown, of how many, by kind and origin."""
    whole = len(context.graph.edges)
    of = f"of {counted(whole, 'edge')}" if len(edges) < whole else f"between {counted(len(nodes), 'tool')}"
    head = f"{len(edges)} {of}" if len(edges) < whole else f"{counted(len(edges), 'edge')} {of}"
    kinds, origins = Counter(edge.kind.value for edge in edges), Counter(edge.origin for edge in edges)
    parts = [", ".join(f"{count:,} {name}" for name, count in sorted(counts.items())) for counts in (kinds, origins) if counts]
    return "; ".join([head, *parts])

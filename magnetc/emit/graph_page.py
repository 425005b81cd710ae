"""A dependency graph as one page to look into: pan, zoom, search, filter, hover and click, without a server or a network.

Bokeh draws, and embeds its own JavaScript; networkx lays out. Both come with the extra `view`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from html import escape
from typing import Any

from magnetc.emit.dot import ORIGINS
from magnetc.emit.graph_layout import layout
from magnetc.emit.graph_picture import DASHES, LABELS, OPACITY, Picture, edge_columns, node_columns
from magnetc.extras import required
from magnetc.ir.graph import EdgeKind
from magnetc.ir.signature import FunctionSignature
from magnetc.source.resources import resource

FAINT = 0.07
"""How opaque what is no neighbour of a clicked tool stays."""

NOTE = "Scroll to zoom, drag to pan, hover over an edge for the values that may flow, click a tool for its neighbours."


def graph_page(shown: Picture, tool: Mapping[str, FunctionSignature]) -> str:
    """The page, HTML text that loads nothing. Raises MagnetError MG710 without the extra `view`."""
    required("bokeh", "networkx", extra="view")
    from bokeh.embed import file_html
    from bokeh.resources import INLINE
    from jinja2 import Environment

    template = Environment().from_string(_shipped("graph.html.j2"))
    return file_html(_document(shown, tool), INLINE, shown.title, template=template, suppress_callback_warning=True,
                     template_variables={"sheet": _shipped("graph.css"), "note": NOTE})


def _shipped(name: str) -> str:
    return resource("specs", "std", "graph", name).read_text(encoding="utf-8")


def _document(shown: Picture, tool: Mapping[str, FunctionSignature]) -> Any:
    """The plot, its controls and the panel about a tool, joined by callbacks."""
    from bokeh.document import Document
    from bokeh.layouts import column, row
    from bokeh.models import BooleanFilter, ColumnDataSource, Div, InlineStyleSheet
    from bokeh.palettes import Category20_20

    places = layout(shown.nodes, shown.edges, {name: tool[name].category for name in shown.nodes})
    nodes = ColumnDataSource(node_columns(shown, tool, places, Category20_20))
    edges, arrows = (ColumnDataSource(columns) for columns in edge_columns(shown, places))
    filters = {"edge_filter": BooleanFilter(), "arrow_filter": BooleanFilter()}
    plot = _plot(nodes, edges, arrows, filters["edge_filter"], filters["arrow_filter"])
    sheet = InlineStyleSheet(css=_shipped("panel.css"))
    widgets = _widgets(shown)
    panel = Div(width=320, sizing_mode="stretch_height", disable_math=True, stylesheets=[sheet])
    document = Document(title=shown.title)
    _connect(document, plot, {**widgets, **filters, "panel": panel, "nodes": nodes, "edges": edges, "arrows": arrows,
                              "x_range": plot.x_range, "y_range": plot.y_range})
    legend = Div(text=_legend(widgets["origins"].labels), disable_math=True, stylesheets=[sheet])
    document.add_root(column(row(*widgets.values(), legend), row(plot, panel, sizing_mode="stretch_both"), sizing_mode="stretch_both"))
    return document


def _widgets(shown: Picture) -> dict[str, Any]:
    """What searches and filters. Kinds and origins that do not occur have no button."""
    from bokeh.models import AutocompleteInput, CheckboxButtonGroup, InlineStyleSheet, Slider

    sheets: Any = [InlineStyleSheet(css=_shipped("widgets.css"))]
    kinds = [kind.value for kind in EdgeKind if any(edge.kind is kind for edge in shown.edges)]
    found = Counter(name for edge in shown.edges for name in (edge.origin, *edge.also))
    origins = [name for name in ORIGINS if name in found]
    return {
        "search": AutocompleteInput(completions=sorted(shown.nodes), placeholder="find a tool", search_strategy="includes",
                                    case_sensitive=False, min_characters=1, max_completions=20, width=220, stylesheets=sheets),
        "kinds": CheckboxButtonGroup(labels=kinds, active=list(range(len(kinds))), stylesheets=sheets),
        "origins": CheckboxButtonGroup(labels=origins, active=list(range(len(origins))), stylesheets=sheets),
        "sure": Slider(start=0, end=1, step=0.05, value=0, title="least confidence", width=180, stylesheets=sheets,
                       visible=any(edge.confidence < 1 for edge in shown.edges)),
    }


def _plot(nodes: Any, edges: Any, arrows: Any, edge_filter: Any, arrow_filter: Any) -> Any:
    """The figure: edges below their heads, tools and names."""
    from bokeh.models import CDSView, HoverTool, Range1d, TapTool, WheelZoomTool
    from bokeh.plotting import figure

    plot = figure(sizing_mode="stretch_both", tools="pan,reset", x_range=Range1d(start=-1.15, end=1.15), y_range=Range1d(start=-1.15, end=1.15),
                  toolbar_location="right", background_fill_color=None, border_fill_color=None, outline_line_color=None)
    plot.axis.visible = False
    plot.grid.visible = False
    plot.toolbar.logo = None
    hovered: dict[str, Any] = {"hover_line_alpha": 1, "hover_line_width": 4, "hover_line_color": "color"}
    lines = plot.multi_line("xs", "ys", source=edges, view=CDSView(filter=edge_filter), line_color="color", line_dash="dash",
                            line_width="width", line_alpha="alpha", **hovered)
    plot.scatter("x", "y", source=arrows, view=CDSView(filter=arrow_filter), marker="triangle", angle="angle", size=7,
                 fill_color="color", line_color=None, fill_alpha="alpha")
    dots = plot.scatter("x", "y", source=nodes, size="size", fill_color="color", fill_alpha="alpha", line_color="#808080",
                        line_alpha="alpha")
    names = plot.text("x", "y", text="name", source=nodes, text_align="center", text_baseline="top", y_offset=9,
                      text_font_size="11px", text_color="ink", text_alpha="label_alpha")
    for renderer in (lines, dots, names):
        renderer.selection_glyph = renderer.nonselection_glyph = None  # `page.js` fades what is not chosen
    wheel = WheelZoomTool()
    plot.add_tools(wheel, TapTool(renderers=[dots]), HoverTool(renderers=[dots], tooltips=_shipped("node.html")),
                   HoverTool(renderers=[lines], tooltips=_shipped("edge.html"), line_policy="interp"))
    plot.toolbar.active_scroll = wheel
    return plot


def _connect(document: Any, plot: Any, models: dict[str, Any]) -> None:
    """Let what is touched change what is shown: `specs/std/graph/page.js`."""
    from bokeh.events import DocumentReady
    from bokeh.models import CustomJS

    code = _shipped("page.js")

    def on(event: str) -> Any:
        return CustomJS(args={**models, "event": event, "FAINT": FAINT, "LABELS": LABELS, "OPACITY": OPACITY}, code=code)

    update = on("update")
    for name, property in (("kinds", "active"), ("origins", "active"), ("sure", "value")):
        models[name].js_on_change(property, update)
    models["nodes"].selected.js_on_change("indices", update)
    models["search"].js_on_change("value", on("search"))
    plot.x_range.js_on_change("start", on("range"))
    plot.js_on_event("reset", update)
    document.js_on_event(DocumentReady, on("ready"))


def _legend(origins: list[str]) -> str:
    """What lines and colours mean."""
    styles = [(kind.value, "currentColor", *DASHES[kind]) for kind in EdgeKind]
    styles += [(origin, ORIGINS[origin], "solid", 2.4) for origin in origins]
    dashes = {"solid": "", "dashed": ' stroke-dasharray="4 3"'}
    return "<p>" + " ".join(
        f'<svg width="26" height="10"><line x1="1" y1="5" x2="25" y2="5" stroke="{color}" stroke-width="{width}"{dashes[dash]}/></svg>'
        f"&nbsp;{escape(name)}" for name, color, dash, width in styles) + "</p>"

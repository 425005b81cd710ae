"""`magnetc graph --html`: one page that loads nothing, copes with many tools, and answers to a mouse."""

import json
import re
import sys
from pathlib import Path

import pytest
from dataset import LIBRARY, magnetc
from hypothesis import given
from hypothesis import strategies as st

from magnetc.emit.graph_layout import curve, layout
from magnetc.emit.graph_picture import picture
from magnetc.ir.graph import Edge, EdgeKind, ValueFlow
from magnetc.ir.signature import FunctionSignature

TRAVEL = Path(__file__).parents[2] / "examples" / "travel"
HOSTILE = "</script><script>window.broken = 1</script><img src=x onerror='window.broken = 2'> $$x$$ {{ 1 }} & \"quoted\""

CHOOSE = """name => {
  for (const model of Bokeh.documents[0]._all_models.values())
    if (model.type === "ColumnDataSource" && model.data.name) model.selected.indices = [model.data.name.indexOf(name)]
}"""
"""Clicks a tool, without the mouse."""

PLACE = """name => {
  const models = [...Bokeh.documents[0]._all_models.values()]
  const {data} = models.find((model) => model.type === "ColumnDataSource" && model.data.name)
  const at = data.name.indexOf(name)
  const find = (view) => view.model.type === "Figure" ? view : [...view.children()].map(find).find(Boolean)
  const plot = [...Bokeh.index.roots].map(find).find(Boolean)
  const box = plot.canvas_view.el.getBoundingClientRect(), frame = plot.frame
  return [box.x + frame.x_scale.compute(data.x[at]), box.y + frame.y_scale.compute(data.y[at])]
}"""
"""Where a tool stands in the window, in pixels."""


@pytest.fixture(scope="module")
def drawn(own_home, tmp_path_factory) -> Path:
    """The page of the travel example."""
    pytest.importorskip("bokeh", reason="the extra `view` is not installed")
    file = tmp_path_factory.mktemp("page") / "travel.html"
    result = magnetc("graph", TRAVEL, "--html", file)
    assert (result.exit_code, result.stdout) == (0, "")
    assert f"written to {file}: travel: 36 tools, " in result.stderr
    return file


@pytest.fixture
def opened(page):
    """Opens a page; what it asks for besides itself fails the test."""
    asked = []
    page.on("request", lambda request: asked.append(request.url))

    def open_(file: Path):
        page.goto(file.as_uri())
        page.locator("p", has_text="edges shown").wait_for()
        return page

    yield open_
    assert len(asked) == 1


def test_the_page_loads_nothing(drawn):
    text = drawn.read_text(encoding="utf-8")
    assert not re.findall(r"<(?:script|link|img|iframe)[^<>]*(?:src|href)\s*=\s*[\"']?(?:https?:)?//", text)
    assert not re.findall(r"url\(\s*[\"']?(?:https?:)?//", text)
    assert "<title>travel: 36 tools, " in text


def test_what_is_filtered_out_is_not_on_the_page(tmp_path):
    pytest.importorskip("bokeh", reason="the extra `view` is not installed")
    assert magnetc("graph", LIBRARY, "--from", "find_books", "--html", tmp_path / "part.html").exit_code == 0
    text = (tmp_path / "part.html").read_text(encoding="utf-8")
    assert "<title>library: 2 tools, 1 edge</title>" in text
    assert "opening_hours" not in text


@pytest.mark.parametrize("module", ["bokeh", "networkx"])
def test_without_the_extra(tmp_path, monkeypatch, module):
    pytest.importorskip("bokeh", reason="the extra `view` is not installed")
    monkeypatch.setitem(sys.modules, module, None)
    result = magnetc("graph", LIBRARY, "--html", tmp_path / "page.html")
    assert result.exit_code == 1
    assert f"error[MG710]: `{module}` is not installed" in result.stderr
    assert 'pip install "magnetc[view]"' in result.stderr
    assert not (tmp_path / "page.html").exists()


def edges_of(pairs) -> list[Edge]:
    return [Edge(source=a, target=b, kind=EdgeKind.FULL, values=(ValueFlow("/id", "id"),)) for a, b in sorted(pairs)]


@given(st.sets(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh")).filter(lambda pair: pair[0] != pair[1])),
       st.integers(1, 9), st.integers(1, 60))
def test_a_picture_is_a_part_and_says_so(pairs, tools, most):
    edges = edges_of(pairs)
    shown = picture("x", "abcdefgh", edges, tools=tools, most=most)
    assert len(shown.nodes) == min(tools, 8)
    assert len(shown.edges) <= most
    assert set(shown.edges) <= set(edges)
    assert all(edge.source in shown.nodes and edge.target in shown.nodes for edge in shown.edges)
    assert (" of 8 tools" in shown.title) is (tools < 8)
    assert (f" of {len(edges)} edge" in shown.title) is (len(shown.edges) < len(edges))


def test_five_thousand_tools():
    pytest.importorskip("bokeh", reason="the extra `view` is not installed")
    from magnetc.emit.graph_page import graph_page

    names = [f"tool_{number:04}" for number in range(5000)]
    edges = edges_of({(names[i], names[(i * k + k * k) % 5000]) for i in range(5000) for k in range(2, 12) if i != (i * k + k * k) % 5000})
    shown = picture("many", names, edges)
    assert re.fullmatch(r"many: 300 of 5,000 tools, [\d,]+ of [\d,]+ edges", shown.title)
    text = graph_page(shown, {name: FunctionSignature(name=name) for name in names})
    assert f"<title>{shown.title}</title>" in text
    assert len(text) < 4_000_000


def test_the_layout_is_the_same_each_time():
    pytest.importorskip("networkx", reason="the extra `view` is not installed")
    edges = edges_of([("a", "b"), ("b", "c"), ("d", "a")])
    places = [layout("abcde", edges, dict.fromkeys("abcde", "")) for _ in range(2)]
    assert places[0] == places[1]
    assert all(-1 <= value <= 1 for place in places[0].values() for value in place)
    assert layout(["alone"], [], {"alone": ""}) == {"alone": (0.0, 0.0)}
    assert curve((0, 0), (1, 0)).ys != curve((1, 0), (0, 0)).ys


@pytest.mark.browser
def test_a_click_shows_neighbours(drawn, opened):
    page = opened(drawn)
    x, y = page.evaluate(PLACE, "find_contact")
    page.mouse.click(x, y)
    page.locator("h2", has_text="find_contact").wait_for()
    follows = json.loads(magnetc("graph", TRAVEL, "--from", "find_contact", "--json").stdout)["edges"]
    assert page.locator("h3").all_inner_texts()[0] == f"may follow it: {len(follows)}"
    assert page.locator("ul").first.locator("b").all_inner_texts() == [edge["target"] for edge in follows]
    page.mouse.move(*page.evaluate(PLACE, "search_flights"))
    page.locator("b", has_text="search_flights").last.wait_for()


@pytest.mark.browser
def test_filters_and_search(drawn, opened):
    page = opened(drawn)
    every = json.loads(magnetc("graph", TRAVEL, "--json").stdout)["edges"]
    page.get_by_role("button", name="full").click()
    page.locator("p", has_text=f"{sum(edge['kind'] != 'full' for edge in every)} edges shown").wait_for()
    page.get_by_role("button", name="typed").click()
    page.locator("p", has_text=f"{sum(edge['kind'] != 'full' and edge['origin'] == 'declared' for edge in every)} edges shown").wait_for()
    page.get_by_placeholder("find a tool").press_sequentially("reply_to")
    page.get_by_placeholder("find a tool").press("Enter")
    page.locator("h2", has_text="reply_to_message").wait_for()
    assert page.locator("h2").count() == 1


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_names_are_text_on_any_paper(tmp_path, opened, scheme):
    pytest.importorskip("bokeh", reason="the extra `view` is not installed")
    from magnetc.emit.graph_page import graph_page

    tool = {name: FunctionSignature(name=name, description=HOSTILE, category=HOSTILE) for name in (HOSTILE, "a.b")}
    edges = [Edge(source=HOSTILE, target="a.b", kind=EdgeKind.PARTIAL, values=(ValueFlow("/" + HOSTILE.replace("/", "~1"), HOSTILE),))]
    file = tmp_path / "hostile.html"
    file.write_text(graph_page(picture(HOSTILE, list(tool), edges), tool), encoding="utf-8")
    page = opened(file)
    page.emulate_media(color_scheme=scheme)
    assert HOSTILE in page.title()
    page.evaluate(CHOOSE, HOSTILE)
    page.locator("h2", has_text="onerror").wait_for()
    page.mouse.move(*page.evaluate(PLACE, HOSTILE))
    page.wait_for_timeout(300)
    assert page.evaluate("window.broken") is None
    assert page.locator("h2").inner_text().startswith("</script><script>")

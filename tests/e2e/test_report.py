"""report.html of a build: what it says is what is in the data, it loads nothing, and it answers to mouse and keys."""

import json
import re
import shutil
import zlib
from base64 import b64decode
from collections import Counter
from html import unescape
from pathlib import Path

import pytest
import yaml
from dataset import LIBRARY, TRAVEL, files, magnetc, rows, verify

from magnetc.emit.report.embed import Embedded
from magnetc.emit.report.measure import Measure
from magnetc.emit.report.page import report_page
from magnetc.ir.json import wire

HOSTILE = "</script><script>window.broken = 1</script><img src=x onerror='window.broken = 2'> {{ 1 }} ]]> & \"quoted\""


@pytest.fixture(scope="module")
def travel(own_home, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("travel") / "out"
    assert magnetc("build", TRAVEL, "--trust", "--paths", 40, "-o", out).exit_code == 0
    return out


@pytest.fixture
def opened(page):
    """Opens a page of one file; what it asks for besides itself fails the test."""
    asked = []
    page.on("request", lambda request: asked.append(request.url))

    def open_(file: Path):
        page.goto(file.as_uri())
        page.locator("html[data-ready]").wait_for()
        return page

    yield open_
    assert len(asked) == 1


def packed(text: str) -> dict:
    """What the page has of rows, as its script unpacks it."""
    return json.loads(zlib.decompress(b64decode(re.search(r'id="packed">([^<]*)<', text)[1])))


def plain(text: str) -> str:
    """The words of a page, without its marks, script and style."""
    text = re.sub(r"<(script|style)[^>]*>.*?</\1>", "", text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", re.sub(r"</?code>", "", text))))


def page_of(data: list[tuple[str, dict]], name: str = "rows", most: int = 2000) -> str:
    """The page of rows that no build of ours has made."""
    measure, embedded = Measure(), Embedded(most)
    for number, (file, row) in enumerate(data):
        measure.add(file, row)
        embedded.add(file, row, str(number))
    return report_page(measure.figures(name), embedded)


def test_figures_are_those_of_the_build(travel):
    summary = json.loads((travel / "figures.json").read_text(encoding="utf-8"))
    words = plain((travel / "report.html").read_text(encoding="utf-8"))
    data = list(rows(travel))
    pairs = [row for row in data if "chosen" in row]
    for noun, number in (("conversations", summary["conversations"]), ("rows", len(data) - len(pairs)), ("preference pairs", len(pairs)),
                         ("user turns", summary["turns"]), ("tool calls", summary["calls"])):
        assert f"{noun} {number:,} " in words
    assert f"Every one of {len(data):,} rows was executed and proven" in words
    for kind, count in Counter(row["fault"]["kind"] for row in pairs).items():
        assert f" {kind} {count} " in words
    for name, made in summary["made"]["operations"].items():
        assert f" {name} {made['times']} " in words
    for reason, times in summary["dropped"].items():
        assert f"{times:,} {reason.partition(': ')[2] or 'no reason given'}".replace("`", "") in words
    for thing in summary["coverage"].values():
        assert f" {thing['covered']} {thing['possible']} " in words


def test_figures_are_what_build_prints(tmp_path):
    printed = json.loads(magnetc("build", LIBRARY, "--trust", "-o", tmp_path / "out", "--json").stdout)
    assert json.loads((tmp_path / "out" / "figures.json").read_text(encoding="utf-8")) == {key: value for key, value in printed.items() if key != "out"}


def test_every_row_is_in_the_page(travel):
    made = packed((travel / "report.html").read_text(encoding="utf-8"))
    whole = {row["id"]: row for row in rows(travel)}
    assert {entry["id"] for entry in made["rows"]} == set(whole)
    for entry in made["rows"]:
        tools = "[" + ",".join(made["tools"][number] for number in entry["row"]["tools"]) + "]"
        assert {**entry["row"], "id": entry["id"], "tools": tools} == whole[entry["id"]]


def test_the_page_loads_nothing_and_tells_no_machine(travel):
    text = (travel / "report.html").read_text(encoding="utf-8")
    assert not re.findall(r"<(?:script|link|img|iframe)[^<>]*(?:src|href)\s*=\s*[\"']?(?:https?:)?//", text)
    assert not re.findall(r"url\(\s*[\"']?(?:https?:)?//", text)
    assert "default-src 'none'" in text
    assert str(travel.parent) not in text


def test_again_the_same_bytes(library, tmp_path):
    assert magnetc("build", LIBRARY, "--trust", "-o", tmp_path / "again", "--jobs", 1).exit_code == 0
    assert files(tmp_path / "again")["report.html"] == files(library)["report.html"]


def test_a_changed_page_is_noticed(library, tmp_path):
    others = yaml.safe_load((library / "manifest.yaml").read_text())["others"]
    assert {"report.html", "figures.json"} <= others.keys()
    changed = tmp_path / "changed"
    shutil.copytree(library, changed)
    assert verify(changed)["failures"] == []
    with (changed / "report.html").open("a", encoding="utf-8") as file:
        file.write("<p>All of it is fine.</p>")
    assert [failure["row"] for failure in verify(changed)["failures"]] == ["report.html"]


def test_a_missed_gate_is_what_it_lacks(tmp_path):
    recipe = tmp_path / "recipe"
    shutil.copytree(LIBRARY, recipe)
    text = (recipe / "recipe.yaml").read_text()
    assert "gates" not in text
    (recipe / "recipe.yaml").write_text(f"{text}gates: {{coverage: {{edges: 1.0, operations: 1.0}}}}\n")
    made = magnetc("build", recipe, "--trust", "-o", tmp_path / "out")
    words = plain((tmp_path / "out" / "report.html").read_text(encoding="utf-8"))
    assert ("A gate of the recipe is missed" in words) is (made.exit_code == 3)
    coverage = json.loads((tmp_path / "out" / "coverage.json").read_text())
    coverage.pop("difficulty")
    for thing in coverage.values():
        for each in thing["missed"]:
            assert each["name"] in words
            assert each["why"].replace("`", "") in words


def test_a_draw_is_said_and_does_not_depend_on_order():
    data = [("a.jsonl", {"id": f"row-{number}", "messages": [{"role": "user", "content": f"Words {number}"}]}) for number in range(30)]
    made = packed(page_of(data, most=10))
    assert len(made["rows"]) == 10
    assert [entry["id"] for entry in made["rows"]] == sorted((entry["id"] for entry in made["rows"]), key=lambda name: int(name[4:]))
    assert 'data-seen="30"' in page_of(data, most=10)


def test_rows_of_others_have_the_parts_that_rows_tell():
    call = {"id": "c", "type": "function", "function": {"name": "find", "arguments": {"q": "x"}}}
    messages = [{"role": "user", "content": "Find x."}, {"role": "assistant", "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "c", "content": "not JSON"}, {"role": "assistant", "content": None}]
    tools = [{"type": "function", "function": {"name": "find"}}, {"type": "function", "function": {"name": "never"}}]
    data = [("train.jsonl", {"messages": messages, "tools": tools})] * 3 + [("train.jsonl", {"messages": [], "tools": "no tools"})]
    text = page_of(data)
    words = plain(text)
    assert "Not proven None of 4 rows carries a certificate" in words
    assert "1 of 2 tools offered are never called" in words
    assert "It repeats itself 1 of 3 openings differ" in words
    assert 'id="asked"' not in text
    assert 'id="rejected"' not in text
    assert len(packed(text)["rows"]) == 4


@pytest.mark.browser
def test_filters_choose_rows(travel, opened):
    page = opened(travel / "report.html")
    data = list(rows(travel))
    page.locator("#count", has_text=f"{len(data)} rows").wait_for()
    fault, count = Counter(row["fault"]["kind"] for row in data if "fault" in row).most_common(1)[0]
    page.get_by_label("fault", exact=True).select_option(fault)
    page.locator("#count", has_text=re.compile(rf"^{count} rows?$")).wait_for()
    french = sum(row["tags"]["locale"] == "fr" and row.get("fault", {}).get("kind") == fault for row in data)
    page.get_by_label("locale", exact=True).select_option("fr")
    page.locator("#count", has_text=re.compile(rf"^{french} rows?$" if french else "No row")).wait_for()
    page.get_by_role("button", name="Clear").click()
    page.locator("#count", has_text=f"{len(data)} rows").wait_for()
    page.keyboard.press("/")
    page.keyboard.type("CONVERT_currency")
    called = sum("convert_currency" in wire([row.get(side) for side in ("messages", "prompt", "chosen", "rejected")]) for row in data)
    page.locator("#count", has_text=re.compile(rf"^{called} rows?$")).wait_for()


@pytest.mark.browser
def test_a_tool_of_the_graph_lists_its_conversations(travel, opened):
    page = opened(travel / "report.html")
    spoke = page.locator('.spoke[data-tool="search_flights"]')
    spoke.scroll_into_view_if_needed()
    spoke.hover()
    assert page.locator("#wheel-said").inner_text().startswith("search_flights gives to ")
    assert page.locator(".chords path.gives").count() > 0
    spoke.focus()
    page.keyboard.press("Enter")
    assert page.get_by_label("tool", exact=True).input_value() == "search_flights"
    page.keyboard.press("j")
    page.locator("#row .call .name", has_text="search_flights").first.wait_for()


@pytest.mark.browser
def test_an_argument_shows_where_it_comes_from(travel, opened):
    page = opened(travel / "report.html")
    row = next(row for row in rows(travel, "sft/train") if any("output" in entry for entries in row["certificate"]["arguments"].values() for entry in entries.values())
               and any("user" in entry for entries in row["certificate"]["arguments"].values() for entry in entries.values()))
    page.evaluate("id => { location.hash = '#row=' + id }", row["id"])
    page.locator("#row h3", has_text=row["id"]).wait_for()
    sources = {(call, pointer): entry for call, entries in row["certificate"]["arguments"].items() for pointer, entry in entries.items()}
    (call, pointer), entry = next((place, entry) for place, entry in sources.items() if "user" in entry)
    value = page.locator(f'[data-call="{call}"] [data-at="{pointer}"]')
    value.hover()
    assert page.locator("#row mark").inner_text() == entry["said"]
    assert page.locator("#row .message.user").nth(entry["user"]).locator("mark").count() == 1
    assert page.locator("#origin").inner_text().startswith(f"User turn {entry['user'] + 1} says “{entry['said']}”")
    (call, pointer), entry = next((place, entry) for place, entry in sources.items() if "output" in entry)
    page.locator(f'[data-call="{call}"] [data-at="{pointer}"]').focus()
    lit = page.locator(f'[data-result="{entry["output"]}"] .lit-source')
    assert lit.get_attribute("data-at") == entry["at"]
    assert page.locator("#row mark").count() == 0
    page.locator("#text").focus()
    assert page.locator(".lit, .lit-source").count() == 0
    assert not page.locator("#origin").is_visible()


@pytest.mark.browser
def test_what_is_trained_is_seen(travel, opened):
    page = opened(travel / "report.html")
    row = next(row for row in rows(travel) if "messages" in row and {m["weight"] for m in row["messages"] if "weight" in m} == {0, 1})
    page.evaluate("id => { location.hash = '#row=' + id }", row["id"])
    page.locator("#row h3", has_text=row["id"]).wait_for()
    agent = [message["weight"] for message in row["messages"] if message["role"] == "assistant"]
    seen = ["trained" in name.split() for name in page.locator("#row .message.assistant").evaluate_all("all => all.map((each) => each.className)")]
    assert seen == [bool(weight) for weight in agent]


@pytest.mark.browser
def test_the_sides_of_a_pair_stand_side_by_side(travel, opened):
    page = opened(travel / "report.html")
    row = next(row for row in rows(travel, "preference/train") if row["fault"]["kind"] in ("wrong_value", "invented_value", "stale_reference"))
    page.evaluate("id => { location.hash = '#row=' + id }", row["id"])
    good, bad = page.locator(".side.chosen"), page.locator(".side.rejected")
    bad.locator(".message.fault").wait_for()
    assert row["fault"]["kind"] in bad.locator("h4").inner_text()
    boxes = [side.bounding_box() for side in (good, bad)]
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]
    assert abs(boxes[0]["y"] - boxes[1]["y"]) < 1
    assert good.locator(".differs").first.inner_text() != bad.locator(".differs").first.inner_text()
    assert bad.locator("small.credit").count() == sum(message.get("credit", 0) for message in row["rejected"])
    assert page.locator("#row .message.trained").count() == sum(message.get("weight", 0) for message in [*row["prompt"], *row["chosen"], *row["rejected"]])


@pytest.mark.browser
def test_keys_are_enough(travel, opened):
    page = opened(travel / "report.html")
    listed = page.locator(".option")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert listed.nth(1).get_attribute("aria-selected") == "true"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("k")
    assert listed.nth(1).get_attribute("aria-selected") == "true"
    assert page.locator("#list").get_attribute("aria-activedescendant") == "option-1"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.locator("#row .arg:focus").wait_for()
    assert page.locator("#origin").is_visible()
    page.keyboard.press("Escape")
    page.locator("#list:focus").wait_for()
    page.keyboard.press("/")
    page.keyboard.type("zzzz")
    page.locator("#count", has_text="No row").wait_for()
    page.keyboard.press("Escape")
    page.locator("#count", has_text="rows").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.locator("dialog[open]").wait_for()
    page.keyboard.press("Enter")
    assert page.locator("dialog[open]").count() == 0


@pytest.mark.browser
def test_light_and_dark(travel, opened):
    page = opened(travel / "report.html")
    paper = "getComputedStyle(document.body).backgroundColor"
    page.emulate_media(color_scheme="light")
    light = page.evaluate(paper)
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(paper)
    assert light != dark
    page.get_by_role("button", name="Colours").click()
    assert page.evaluate(paper) == light
    page.keyboard.press("t")
    page.emulate_media(color_scheme="light")
    assert page.evaluate(paper) == dark


@pytest.mark.browser
def test_nothing_is_wider_than_a_telephone(travel, opened):
    page = opened(travel / "report.html")
    page.set_viewport_size({"width": 390, "height": 800})
    page.keyboard.press("j")
    page.locator("#row .message").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.browser
def test_values_are_text(tmp_path, opened):
    call = {"id": HOSTILE, "type": "function", "function": {"name": HOSTILE, "arguments": wire({HOSTILE: HOSTILE})}}
    messages = [{"role": "user", "content": HOSTILE}, {"role": "assistant", "content": "", "tool_calls": [call], "weight": 1},
                {"role": "tool", "tool_call_id": HOSTILE, "name": HOSTILE, "content": wire([HOSTILE])}, {"role": "assistant", "content": HOSTILE}]
    certificate = {"arguments": {HOSTILE: {"/" + HOSTILE.replace("/", "~1"): {"output": HOSTILE, "at": "/0"}}}, "replies": {"3": [{"said": "quoted", "call": HOSTILE, "at": "/0"}]}}
    row = {"id": HOSTILE, "messages": messages, "tools": [{"name": HOSTILE, "description": HOSTILE}], "tags": {"path": HOSTILE, "operations": [HOSTILE], "locale": HOSTILE},
           "certificate": certificate}
    pair = {"id": HOSTILE + "2", "prompt": messages[:1], "chosen": messages[1:], "rejected": messages[1:], "fault": {"kind": HOSTILE, "turn": 0}, "certificate": certificate}
    file = tmp_path / "page.html"
    file.write_text(page_of([(HOSTILE, row), (HOSTILE, pair)], HOSTILE), encoding="utf-8")
    page = opened(file)
    assert HOSTILE in page.title()
    page.keyboard.press("j")
    page.locator("#row .arg").first.wait_for()
    page.locator("#row .arg").first.hover()
    assert page.locator(".lit-source").count() == 1
    page.locator("#row details").first.click()
    page.keyboard.press("j")
    page.locator(".side.rejected").wait_for()
    page.wait_for_timeout(200)
    assert page.evaluate("window.broken") is None
    assert HOSTILE in page.locator("#row h3").inner_text()

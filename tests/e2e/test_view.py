"""`magnetc view`: every row of a dataset in a browser, read where it is needed, for this machine alone."""

import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
import yaml
from dataset import magnetc, rows

ROOT = Path(__file__).parents[2]


class Server:
    """A running `magnetc view`."""

    def __init__(self, process: subprocess.Popen, address: str):
        self.process, self.address = process, address

    def get(self, path: str, host: str | None = None, method: str = "GET") -> tuple[int, str, dict[str, str]]:
        """Status, text and headers of an answer."""
        at = urlsplit(self.address)
        connection = http.client.HTTPConnection(at.hostname, at.port, timeout=30)
        connection.request(method, path, headers={"Host": host or at.netloc})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), {name.lower(): value for name, value in answer.getheaders()}

    def json(self, path: str):
        status, text, _ = self.get(path)
        assert status == 200, text
        return json.loads(text)

    def whole(self) -> dict:
        """What there is to choose by, once all rows are read."""
        while not (found := self.json("/api/facets"))["whole"]:
            pass
        return found

    def every(self, query: str) -> list[dict]:
        """The entries of all pages."""
        found, after = [], 0
        while after is not None:
            page = self.json(f"/api/rows?{query}&after={after}&limit=7")
            found += page["rows"]
            after = page["next"]
        return found


@contextmanager
def viewing(out: Path) -> Iterator[Server]:
    command = [sys.executable, "-m", "magnetc", "view", str(out), "--no-browser"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
                               preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))  # a shell's background jobs ignore it, and so would this
    try:
        line = process.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", line), process.stderr.read()
        yield Server(process, line)
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def server(library) -> Iterator[Server]:
    with viewing(library) as running:
        yield running


def test_every_row_is_there_as_its_file_has_it(server, library):
    server.whole()
    found = server.every("text=")
    data = {row["id"]: row for row in rows(library)}
    assert len(found) == len(data)
    assert {entry["id"] for entry in found} == set(data)
    for entry in found[::11]:
        assert server.json(f"/api/row/{entry['number']}") == data[entry["id"]]


def test_facets_and_filters_are_counts_of_the_rows(server, library):
    facets = server.whole()["facets"]
    data = list(rows(library))
    assert facets["path"] == Counter(row["tags"]["path"] for row in data)
    assert facets["fault"] == Counter(row["fault"]["kind"] for row in data if "fault" in row)
    for facet, value in (("fault", next(iter(facets["fault"]))), ("tool", next(iter(facets["tool"])))):
        assert len(server.every(f"{facet}={quote(value)}")) == facets[facet][value]
    operation = next(iter(facets["operation"]))
    both = server.every(f"operation={operation}&fault={next(iter(facets['fault']))}")
    assert {entry["id"] for entry in both} == {
        row["id"] for row in data if row.get("fault", {}).get("kind") == next(iter(facets["fault"]))
        and operation in {each.partition("@")[0] for each in row["tags"]["operations"]}}
    assert server.every("path=none") == []
    assert server.every("unknown=x") != []


def test_a_search_finds_what_is_said_called_and_returned(server, library):
    server.whole()
    data = list(rows(library))
    message = next(message for row in data for message in row.get("messages", ()) if message["role"] == "user")
    said = message["content"][3:24]
    assert {entry["id"] for entry in server.every(f"text={quote(said.upper())}")} == {
        row["id"] for row in data if any(said.lower() in (each.get("content") or "").lower() for side in ("messages", "prompt", "chosen", "rejected") for each in row.get(side, ()))}
    call = next(call for row in data for message in row.get("messages", ()) for call in message.get("tool_calls", ()))
    for text in (call["function"]["name"], call["function"]["arguments"]):
        assert server.every(f"text={quote(text)}")
    assert server.every("text=certificate") == []
    name = data[0]["id"]
    assert server.json(f"/api/find?id={quote(name)}")["row"]["id"] == name
    assert server.json("/api/find?id=nothing")["row"] is None


def test_for_this_machine_and_for_reading_alone(server):
    at = urlsplit(server.address)
    assert server.get("/", host=f"localhost:{at.port}")[0] == 200
    for host in ("evil.test", f"evil.test:{at.port}", f"127.0.0.1.evil.test:{at.port}", "0.0.0.0"):
        status, text, _ = server.get("/api/rows", host=host)
        assert status == 403
        assert "id" not in text
    status, _, headers = server.get("/")
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in headers
    for method in ("POST", "PUT", "DELETE"):
        assert server.get("/api/rows", method=method)[0] == 405
    for path in ("/../manifest.yaml", "/manifest.yaml", "/%2e%2e/manifest.yaml", "/api/row/..", "/recipe/world.py"):
        assert server.get(path)[0] == 404
    assert server.get("/api/row/99999999")[0] == 404
    assert server.get("/api/rows?after=-1")[0] == 400
    assert server.get("/api/rows?limit=x")[0] == 400


def test_an_interrupt_ends_it(library):
    with viewing(library) as running:
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(20) == 130
        assert "Traceback" not in running.process.stderr.read()


def test_a_port_that_is_taken(server, library):
    result = magnetc("view", library, "--no-browser", "--port", urlsplit(server.address).port)
    assert result.exit_code == 2
    assert re.search(r"port \d+ cannot be listened on", result.stderr)


def test_what_is_no_output(tmp_path):
    result = magnetc("view", tmp_path, "--no-browser")
    assert result.exit_code == 1
    assert "error[MG620]" in result.stderr


def test_lines_that_are_no_rows_are_shown_as_such(library, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(library, out)
    secret = tmp_path / "secret.jsonl"
    secret.write_text('{"id": "secret", "messages": []}\n')
    manifest = yaml.safe_load((out / "manifest.yaml").read_text())
    manifest["files"]["../secret.jsonl"] = next(iter(manifest["files"].values()))
    (out / "manifest.yaml").write_text(yaml.dump(manifest))
    bad = ['not JSON', '[1]', '{"id": "odd", "messages": 3}', '{"id": 5, "messages": [{"role": "user", "content": null}], "tags": {"path": 7, "operations": [1]}}', '{"id": "mixed", "messages": ["x"]}']
    with (out / "sft" / "test.jsonl").open("a") as file:
        file.write("\n".join(bad) + "\n")
    with viewing(out) as running:
        found = running.whole()
        assert found["rows"] == sum(1 for _ in rows(library)) + len(bad)
        listed = running.every("partition=sft/test")
        assert sum(entry["says"] == "This line is no row that can be read." for entry in listed) == 4
        assert running.get(f"/api/row/{next(entry['number'] for entry in listed if entry['id'] == '')}")[0] == 422
        assert running.json("/api/find?id=secret")["row"] is None
        assert running.json("/api/rows?text=zzzz&limit=5")["rows"] == []


@pytest.mark.browser
def test_the_same_browser_as_the_report(server, library, page):
    server.whole()
    data = list(rows(library))
    page.goto(server.address)
    page.locator("html[data-ready]").wait_for()
    page.locator("#count", has_text=f"{len(data)} rows").wait_for()
    fault, count = Counter(row["fault"]["kind"] for row in data if "fault" in row).most_common(1)[0]
    page.get_by_label("fault", exact=True).select_option(fault)
    page.locator("#count", has_text=re.compile(rf"^{count} rows?$")).wait_for()
    page.locator("#list").focus()
    page.keyboard.press("j")
    page.locator(".side.rejected").wait_for()
    page.locator("#row .arg.user, #row .arg.output").first.hover()
    assert page.locator("#origin").is_visible()
    page.get_by_role("button", name="Clear").click()
    page.keyboard.press("/")
    page.keyboard.type(data[-1]["id"])
    named = sorted(row["id"] for row in data if data[-1]["id"] in row["id"])
    page.locator("#count", has_text=re.compile(rf"^{len(named)} rows?$")).wait_for()
    assert sorted(page.locator(".option .id span:first-child").all_inner_texts()) == named
    page.goto(f"{server.address}#row={quote(data[3]['id'])}")
    page.locator("#row h3", has_text=data[3]["id"]).wait_for()
    page.get_by_role("link", name="Report").click()
    page.locator("html[data-ready]").wait_for()
    assert "Every one of" in page.locator("#verdict").inner_text()


@pytest.mark.browser
def test_a_long_list_comes_as_it_is_read(library, tmp_path, page):
    out = tmp_path / "long"
    shutil.copytree(library, out)
    train = out / "sft" / "train.jsonl"
    train.write_text(train.read_text(encoding="utf-8") * 200, encoding="utf-8")
    with viewing(out) as running:
        page.goto(running.address)
        page.locator("html[data-ready]").wait_for()
        listed = page.locator(".option")
        assert listed.count() == 60
        page.locator("#list").evaluate("list => list.scrollTo(0, list.scrollHeight)")
        listed.nth(60).wait_for()
        page.keyboard.press("j")
        page.keyboard.press("End")
        page.keyboard.press("j")
        listed.nth(120).wait_for()
        page.locator('.option[aria-selected="true"]:is([data-place="120"], [data-place="180"])').wait_for()
        count = running.whole()["rows"]
        assert count > 4000
        page.locator("#count", has_text=f"{count:,} rows").wait_for()

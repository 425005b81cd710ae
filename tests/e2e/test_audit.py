"""A person reads a sample of rows, at a terminal or by a script; nothing that was said is lost, and the card says what it came to."""

import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import termios
import time

import pytest
from click.testing import CliRunner
from dataset import LIBRARY, magnetc, rows, verify

from magnetc.cli.main import main

SCREEN = 30.0
"""Seconds that a terminal is waited for."""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = shutil.copytree(LIBRARY, tmp_path_factory.mktemp("audit") / "recipe", ignore=shutil.ignore_patterns("out*", ".magnetc"))
    out = folder.parent / "out"
    assert magnetc("build", folder, "--trust", "--paths", 8, "-o", out).exit_code == 0
    return out


@pytest.fixture
def out(built, tmp_path):
    return shutil.copytree(built, tmp_path / "out")


def audit(out, lines, *options):
    result = CliRunner().invoke(main, ["audit", str(out), *options], input="".join(f"{line}\n" for line in lines))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


def report(out):
    return json.loads(magnetc("audit", out, "--report", "--json").stdout)


def verdicts(out):
    path = out / "audit.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []


class Terminal:
    """The command at a real terminal: a pseudo-terminal of 24 by 100, a key at a time."""

    def __init__(self, out, *options):
        self._end, inner = pty.openpty()
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "LINES": "40"}
        self.process = subprocess.Popen([sys.executable, "-m", "magnetc", "audit", str(out), *options], stdin=inner, stdout=inner, stderr=inner,
                                        env=environment, start_new_session=True)
        os.close(inner)
        self.seen = ""

    def wait_for(self, text, after=0):
        """What was shown, once `text` is in it behind `after`."""
        until = time.monotonic() + SCREEN
        while text not in self.seen[after:]:
            assert time.monotonic() < until, f"`{text}` was not shown: {self.seen[-2000:]}"
            if select.select([self._end], [], [], 0.2)[0]:
                try:
                    self.seen += os.read(self._end, 65536).decode(errors="replace")
                except OSError:  # the other end is closed
                    assert text in self.seen[after:], self.seen[-2000:]
        return self.seen

    def press(self, key, then):
        """Press a key once one is waited for, and wait for what it shows: what was pressed before a row is shown counts for nothing."""
        until, after = time.monotonic() + SCREEN, len(self.seen)
        while len(key) == 1 and termios.tcgetattr(self._end)[3] & termios.ICANON:
            assert time.monotonic() < until, "no key is waited for"
            time.sleep(0.01)
        os.write(self._end, key.encode())
        self.wait_for(then, after)
        return self.seen[after:]

    def close(self):
        code = self.process.wait(timeout=SCREEN)
        os.close(self._end)
        return code


def test_one_key_a_verdict_at_a_terminal(out):
    terminal = Terminal(out, "-n", "6")
    terminal.wait_for("1 of 6")
    terminal.wait_for("? help")
    assert "\x1b[" in terminal.seen, "in colour"
    terminal.press("g", "2 of 6")
    assert len(verdicts(out)) == 1, "written before the next row is shown"
    terminal.press("?", "nobody would say so")
    terminal.press("x", "says nothing")
    terminal.press("w", "3 of 6")
    assert "said before: wording" in terminal.press("b", "2 of 6") + terminal.press("C", "noted: call")
    terminal.press("n", "note: ")
    terminal.press("wrong day\r", "noted: call")
    terminal.press("r", "3 of 6")
    terminal.press("q", "of the sample are left")
    assert terminal.close() == 0
    first, second, again = verdicts(out)
    assert first["defects"] == []
    assert (second["row"], second["defects"]) == (again["row"], ["wording"])
    assert (again["defects"], again["note"]) == (["call", "reply"], "wrong day")
    terminal = Terminal(out, "-n", "6")
    terminal.wait_for("3 of 6")
    for place in range(4, 7):
        terminal.press("g", f"{place} of 6")
    terminal.press("g", "the sample is read")
    assert terminal.close() == 0
    assert report(out)["judged"] == 6
    assert verify(out)["failures"] == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_nothing_is_lost_when_it_is_interrupted(out, number):
    terminal = Terminal(out, "-n", "5")
    terminal.wait_for("? help")
    terminal.press("g", "2 of 5")
    terminal.press("c", "3 of 5")
    if number is signal.SIGINT:
        terminal.press("\x03", "interrupted")
    else:
        terminal.process.send_signal(number)
    assert terminal.close() == (130 if number is signal.SIGINT else -number)
    assert [each["defects"] for each in verdicts(out)] == [[], ["call"]]
    assert report(out)["rates"]["call"]["defects"] == 1
    assert ("## Audit" in (out / "README.md").read_text(encoding="utf-8")) is (number is signal.SIGINT)
    again = audit(out, ["q"], "-n", "5")
    assert re.search(r"^3 of 5 ", again.output, re.MULTILINE)
    assert "## Audit" in (out / "README.md").read_text(encoding="utf-8")


def test_a_script_says_a_verdict_a_line(out):
    before = {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}
    first = audit(out, ["g", "cw the date is wrong", "", "b", "r", "g"], "-n", "8", "--json")
    assert first.exit_code == 0, first.output
    told = json.loads(first.stdout)
    assert (told["sample"], told["judged"], told["left"], told["good"]) == (8, 3, 5, 2)
    assert [each["defects"] for each in verdicts(out)] == [[], ["call", "wording"], ["reply"], []]
    assert "1 of 8" in first.stderr
    rest = audit(out, ["g"] * 9, "-n", "8")
    assert "the sample is read" in rest.stderr
    assert "unread" not in rest.output
    found = report(out)
    assert (found["judged"], found["rates"]["reply"]["defects"]) == (8, 1)
    low, high = found["rates"]["reply"]["low"], found["rates"]["reply"]["high"]
    assert low < found["rates"]["reply"]["rate"] < high
    table = magnetc("audit", out, "--report").stdout
    assert re.search(rf"^reply +8 +1 +{found['rates']['reply']['rate']:.1%} +{low:.1%} to {high:.1%}$", table, re.MULTILINE)
    card = (out / "README.md").read_text(encoding="utf-8")
    assert f"| replies are wrong | 8 | 1 | {100 * found['rates']['reply']['rate']:.1f} % | {100 * low:.1f} % to {100 * high:.1f} % |" in card
    assert {name for name, content in before.items() if (out / name).read_bytes() != content} == {"README.md"}
    assert verify(out)["failures"] == [], "the dataset is what it was"


def test_what_is_no_verdict_ends_the_audit_and_keeps_those_before(out):
    result = audit(out, ["g", "good", "g"])
    assert result.exit_code == 1
    assert "error[MG624]: line 2 of the verdicts, `good`" in result.stderr
    assert len(verdicts(out)) == 1
    kinds = [each["row"].endswith(".pair") for each in verdicts(out)]
    while True:
        result = audit(out, ["d"])
        if "error[MG624]" in result.stderr:
            break
        kinds.append(True)
    assert "none of the row" in result.stderr, "direction is asked of pairs alone"
    with (out / "audit.jsonl").open("a", encoding="utf-8") as file:
        file.write("nonsense\n")
    for options in (("--report",), ()):
        assert "error[MG623]" in magnetc("audit", out, *options).stderr


def test_verdicts_outlive_a_build_and_rows_that_change_are_asked_about_again(built, tmp_path):
    folder, out = shutil.copytree(built.parent / "recipe", tmp_path / "recipe"), tmp_path / "out"
    assert magnetc("build", folder, "--trust", "--paths", 8, "-o", out).exit_code == 0
    total = sum(1 for _ in rows(out))
    assert json.loads(audit(out, ["g"] * 100, "--json").stdout)["left"] == 0
    turns = folder / "turns.yaml"
    turns.write_text(turns.read_text(encoding="utf-8").replace("I'm done with {loan_id}", "I no longer need {loan_id}"), encoding="utf-8")
    assert magnetc("build", folder, "--trust", "--paths", 8, "-o", out).exit_code == 0
    found = report(out)
    assert found["stale"] > 0
    assert 0 < found["judged"] < total, "what is as it was stays judged"
    assert f"A person read {found['judged']} of the" in (out / "README.md").read_text(encoding="utf-8")
    asked = audit(out, ["w"] * 100, "--json")
    assert json.loads(asked.stdout)["rates"]["wording"]["defects"] == found["rows"] - found["judged"]
    assert verify(out)["failures"] == []


@pytest.mark.parametrize("damage", [lambda text: text.replace("user", "usher", 40), lambda text: text[: len(text) // 2], lambda text: "[" * 100_000 + "\n" + text,
                                    lambda text: text.replace('"tags"', '"labels"')])
def test_rows_that_are_not_as_they_were_built_are_not_read(out, damage):
    for name in ("sft/train.jsonl", "preference/train.jsonl"):
        path = out / name
        path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")
    result = audit(out, ["g"] * 100)
    assert result.exit_code == 1
    assert "error[MG620]" in result.stderr


def test_what_is_no_dataset_is_told(tmp_path):
    assert "error[MG620]" in magnetc("audit", tmp_path).stderr

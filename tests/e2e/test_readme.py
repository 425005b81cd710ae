"""The README's conversation is one that the build of the travel example makes, word for word."""

from __future__ import annotations

import json
import re
from pathlib import Path

from click.testing import CliRunner

from magnetc.cli.main import main
from magnetc.emit.transcript import transcript

ROOT = Path(__file__).parents[2]
SHOWN = "care-000000"


def shown_conversation(row: dict) -> str:
    """As the README shows it, tool results cut short."""
    return "```\n" + transcript(row["messages"], shown=110) + "\n```\n"


def test_the_conversation_is_the_one_that_the_build_makes(tmp_path, request):
    out = tmp_path / "out"
    result = CliRunner().invoke(main, ["build", str(ROOT / "examples" / "travel"), "--trust", "--paths", "12", "-o", str(out)])
    assert result.exit_code == 0, result.output
    rows = [json.loads(line) for path in sorted((out / "sft").glob("*.jsonl")) for line in path.open(encoding="utf-8")]
    conversation = shown_conversation(next(row for row in rows if row["id"] == SHOWN))
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    pattern = re.compile(r"(<!-- conversation -->\n).*?(<!-- /conversation -->)", re.DOTALL)
    if request.config.getoption("--update-golden"):
        readme.write_text(pattern.sub(lambda m: m[1] + conversation + m[2], text), encoding="utf-8")
    else:
        assert pattern.search(text)[0] == "<!-- conversation -->\n" + conversation + "<!-- /conversation -->"

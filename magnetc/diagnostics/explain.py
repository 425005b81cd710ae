"""`magnetc explain`: the page of each diagnostic code (`codes/MG*.md`)."""

from __future__ import annotations

from pathlib import Path

_PAGES = Path(__file__).parent / "codes"


def explain(code: str) -> str | None:
    """The page of `code` in Markdown, whatever its case; None when there is no such code."""
    return (_PAGES / f"{code.upper()}.md").read_text(encoding="utf-8") if code.upper() in codes() else None


def codes() -> list[str]:
    """All codes that have a page, in order."""
    return sorted(path.stem for path in _PAGES.glob("MG[0-9][0-9][0-9].md"))

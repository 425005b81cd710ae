"""Docstrings in the styles of Google, NumPy, reST and Epydoc: what they say of a function, its parameters and its result."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from docstring_parser import DocstringStyle, ParseError, parse

STYLES = (DocstringStyle.GOOGLE, DocstringStyle.NUMPYDOC, DocstringStyle.REST, DocstringStyle.EPYDOC)
_CHOICES = re.compile(r"^\{(.+)\}$")
_LIST = re.compile(r"^(?:list|List|sequence|iterable)(?: of |\[)(\w+)s?\]?$")
_WORDS = {"string": "str", "integer": "int", "boolean": "bool", "number": "float", "dictionary": "dict"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Documented:
    """`type` is the text of an annotation, where the docstring has one that reads as such."""

    description: str = ""
    type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Documentation:
    description: str = ""
    parameters: Mapping[str, Documented] = field(default_factory=dict)
    returns: Documented = field(default_factory=Documented)


def documentation(text: str) -> Documentation:
    """What `text` says. The style is the one in which most is found; text in none is a description."""
    found = []
    for style in STYLES:
        try:
            found.append(parse(text, style=style))
        except (ParseError, ValueError, IndexError, AttributeError):
            continue
    if not found:
        return Documentation(description=text.strip())
    best = max(found, key=lambda each: len(each.meta))
    words = "\n\n".join(part for part in (best.short_description, best.long_description) if part)
    returns = best.returns
    return Documentation(
        description=words.strip(),
        parameters={each.arg_name.lstrip("*"): Documented(description=_line(each.description), type=_annotation(each.type_name))
                    for each in best.params},
        returns=Documented(description=_line(returns.description), type=_annotation(returns.type_name)) if returns else Documented())


def _line(text: str | None) -> str:
    return " ".join((text or "").split())


def _annotation(text: str | None) -> str:
    """The text of a type in a docstring as an annotation: `list of str` is `list[str]`, `{'a', 'b'}` a Literal."""
    text = re.sub(r",?\s*(optional|default.*)$", "", (text or "").strip()).strip()
    choices = _CHOICES.match(text)
    if choices:
        return f"Literal[{choices.group(1)}]"
    items = _LIST.match(text)
    if items:
        word = items.group(1).removesuffix("s")
        return f"list[{_WORDS.get(word, word)}]"
    return re.sub(r"\w+", lambda word: _WORDS.get(word.group(), word.group()), text.replace(" or ", " | "))

"""First phrases for tools that nobody has written for: from their names, so that conversations can be read at once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from magnetc.frontend.dotted import quote_name
from magnetc.tools.guesses.effects import READS, WRITES, EffectGuess
from magnetc.tools.guesses.entities import Guesses, Placed
from magnetc.tools.guesses.leaf import Leaf, kind_of, leaves_of, plain
from magnetc.tools.guesses.words import singular, unit_of, words

_BEFORE = {
    "origin": "from",
    "source": "from",
    "from": "from",
    "departure": "from",
    "sender": "from",
    "destination": "to",
    "target": "to",
    "to": "to",
    "recipient": "to",
    "city": "in",
    "country": "in",
    "location": "in",
    "place": "in",
    "currency": "in",
    "language": "in",
    "query": "for",
    "keyword": "for",
    "term": "for",
    "topic": "about",
    "subject": "about",
    "duration": "for",
    "minutes": "for",
    "email": "to",
    "attendee": "with",
}
_SETTERS = ("update", "set", "change", "record")
_LEADING = ("of", "for", "in", "to", "by", "with", "from")
_NAMING = ("title", "name", "label", "subject")


def phrases_text(tools: Iterable[Mapping[str, Any]], guesses: Guesses, effects: Mapping[str, EffectGuess], skipped: frozenset[str]) -> str:
    """A `.magnet` file with a phrase, a capability and where possible a reply for each tool, and a reference for each minted type."""
    lines = ["# First phrases, made from names: good enough to read what happens, not to train on. Say them as your users would.", ""]
    tools = tuple(tools)
    leaves = [leaf for tool in tools for leaf in leaves_of(tool)]
    minted = {each.name for each in guesses.types if each.definition.get("minted")}
    for tool in tools:
        if tool["name"] in skipped:
            continue
        own = {
            each.leaf.pointer[1:].split("/")[0]: each
            for each in guesses.places
            if each.leaf.tool == tool["name"] and not each.leaf.is_result and each.leaf.pointer.count("/") <= 1 + each.leaf.is_list
        }
        name = quote_name(tool["name"])
        effect = effects[tool["name"]].effect
        lines += [
            f"turn {name} {{ en do {_string(_request(tool, effect, own, minted))} }}",
            f"capability {name} {{ en {json.dumps(_spoken(tool, effect))} }}",
        ]
        lines += [*(f"reply {name} {{ en {_string(each)} }}" for each in _replies(tool)), ""]
    for minted_type in sorted(minted):
        lines += list(_references(minted_type, guesses, leaves))
    return "\n".join(lines) + "\n"


def _string(text: str) -> str:
    """A template as a string of the DSL: its backslashes stand for themselves before brackets."""
    return '"' + text.replace('"', '\\"') + '"'


def _spoken(tool: Mapping[str, Any], effect: str) -> str:
    """A tool as a verb phrase: its name, with the article that its description gives its noun, or how its description begins."""
    parts = words(tool["name"])
    if not parts:
        return "do this"
    if parts[0] not in READS | WRITES:
        described = re.match(r"([A-Za-z]+)((?: [A-Za-z'-]+){1,7})(?=[.,;(]|$)", tool["description"])
        if described and described[1].lower() in READS | WRITES:
            return described[1].lower() + described[2]
        if effect == "reads":
            return " ".join(("look up", *parts))
    noun = " ".join(parts[1:])
    article = re.search(rf"\b(an?|the|all)\s+{re.escape(noun)}\b", tool["description"], re.IGNORECASE) if noun else None
    return f"{parts[0]} {article[1].lower()} {noun}" if article else " ".join(parts)


def _request(tool: Mapping[str, Any], effect: str, own: Mapping[str, Placed], minted: set[str]) -> str:
    """The verb phrase with a slot for each required argument, and a fragment for each optional one."""
    schema = tool["parameters"]
    fields = [name for name in schema.get("properties", {}) if name.isidentifier()]
    required = [name for name in fields if name in (schema.get("required") or ()) and "default" not in _of(schema, name)]
    text = _spoken(tool, effect)
    noun, labelled, target = text.split()[-1], [], ""
    for name in required:
        slot, is_labelled = _slot(name, own.get(name), minted)
        replaced = _in_place_of_noun(text, name, own.get(name), minted)
        if is_labelled and text.split()[0] in _SETTERS and words(name)[:1] == (noun,):
            target = f" to {slot.partition(' ')[2]}"
        elif replaced:
            text = replaced
        elif is_labelled and text.split()[-1] in _LEADING and not labelled:
            text += f" {{{name}}}"
        elif is_labelled:
            labelled.append(slot)
        else:
            text += f" {slot.removeprefix('on ') if text.endswith(' on') else slot}"
    text += target
    if labelled:
        text += f" with {', '.join(labelled[:-1])}{' and ' if labelled[1:] else ''}{labelled[-1]}"
    for name in fields:
        if name in own and name not in required and own[name].type not in minted:
            slot, is_labelled = _slot(name, own[name], minted)
            text += f"[{' with ' if is_labelled else ' '}{slot}]"
    return _without_double_preposition(text)


def _without_double_preposition(text: str) -> str:
    """`visits on {day:on}` says `on` twice."""
    return re.sub(r" on \{(\w+):on\}", r" {\1:on}", re.sub(r"\b(for|of|in|to|from|with|at) \1\b", r"\1", text))


def _of(schema: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return plain(schema["properties"][name], schema.get("$defs") or {})


def _in_place_of_noun(text: str, name: str, placed: Placed | None, minted: set[str]) -> str:
    """A value takes the place of the noun that it is: `delete a note` is `delete {note_id}`. Empty where it does not."""
    entity = words(placed.type)[:-1] if placed and placed.type in minted else words(name)
    spoken = text.split()
    if not entity or len(spoken) < 2 or singular(spoken[-1]) != singular(entity[-1]):
        return ""
    kept = spoken[:-1] if spoken[-2] not in ("a", "an", "the") else spoken[:-2]
    return " ".join([*kept, f"{{{name}}}"])


def _slot(name: str, placed: Placed | None, minted: set[str]) -> tuple[str, bool]:
    """How an argument is said, and whether by its name: then several stand together behind one `with`."""
    parts = words(name)
    if placed and placed.type == "Date":
        return f"{{{name}:on}}", False
    if placed and placed.type in ("DateTime", "Time"):
        return f"at {{{name}}}", False
    if placed and placed.type in minted:
        return f"for {{{name}}}", False
    word = _BEFORE.get(parts[0]) or _BEFORE.get(singular(parts[-1])) if parts else None
    if word:
        return f"{word} {{{name}}}", False
    unit = unit_of(name)
    label = " ".join(parts[:-1] if unit else parts) or name
    return f"{label} {{{name}}}{f' {unit}' if unit and len(unit) < 3 and unit != '%' else ''}", True


def _replies(tool: Mapping[str, Any]) -> list[str]:
    """What a result says: itself, its first few scalars, or the names of what it lists; the last one for lists that are empty."""
    returns = tool.get("returns")
    if not isinstance(returns, dict):
        return []
    definitions = returns.get("$defs") or {}
    schema = plain(returns, definitions)
    kind = kind_of(schema)
    if kind in ("string", "integer", "number"):
        return [f"{_heading(tool)}: {{.}}."]
    if kind == "array":
        listed = _listed(".", schema, definitions)
        return [f"I found {listed}.", "There are none."] if listed else []
    said = list(_scalars(schema, definitions))[:3]
    if said:
        return ["; ".join(f"{' '.join(words(name))}: {{{name}}}" for name in said).capitalize() + "."]
    for name, inner in (schema.get("properties") or {}).items():
        listed = _listed(name, plain(inner, definitions), definitions) if name.isidentifier() else ""
        if listed:
            return [f"{' '.join(words(name)).capitalize()}: {listed}.", "There are none."]
    return []


def _heading(tool: Mapping[str, Any]) -> str:
    """The noun of a tool's name."""
    parts = words(tool["name"])
    return " ".join(parts[1:] if parts[0] in READS | WRITES and parts[1:] else parts).capitalize()


def _listed(name: str, schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """A section over a list of things with names; empty for any other list."""
    items = plain(schema.get("items", {}), definitions)
    if kind_of(items) in ("string", "integer", "number"):
        return f"{{{name}}}"
    naming = next((each for each in _scalars(items, definitions) if each in _NAMING), None)
    return f"{{#{name}}}{{{naming}}}{{/{name}}}" if naming else ""


def _scalars(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[str]:
    """Required fields that are texts or numbers."""
    for name, inner in (schema.get("properties") or {}).items():
        if (
            name in (schema.get("required") or ())
            and name.isidentifier()
            and kind_of(plain(inner, definitions)) in ("string", "integer", "number")
        ):
            yield name


def _references(minted_type: str, guesses: Guesses, leaves: Sequence[Leaf]) -> Iterator[str]:
    """How users point at what only tools name: as the only one, or by what it is called."""
    noun = " ".join(words(minted_type)[:-1] or words(minted_type))
    yield f'refer {minted_type} {{ en "that {noun}" }}'
    around = {
        (each.leaf.tool, each.leaf.pointer.rpartition("/")[0])
        for each in guesses.places
        if each.leaf.is_result and each.type == minted_type
    }
    beside = {leaf.name for leaf in leaves if leaf.is_result and leaf.required and (leaf.tool, leaf.pointer.rpartition("/")[0]) in around}
    yield from (f'refer {minted_type} {{ en "the {noun} {{{naming}}}" }}' for naming in _NAMING if naming in beside)
    days = dict.fromkeys(
        each.leaf.name
        for each in guesses.places
        if each.leaf.is_result
        and each.type == "Date"
        and each.leaf.name.isidentifier()
        and (each.leaf.tool, each.leaf.pointer.rpartition("/")[0]) in around
    )
    yield from (f'refer {minted_type} {{ en "the {noun} {{{day}:on}}" }}' for day in days)

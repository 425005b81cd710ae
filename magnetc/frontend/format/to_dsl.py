"""Write a document in the DSL, statement by statement."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from magnetc.frontend.document import Document
from magnetc.frontend.dotted import join_dotted, split_dotted
from magnetc.frontend.dsl.lower_graph import unnamed_option
from magnetc.frontend.format.rows import Inexpressible, Row
from magnetc.frontend.format.to_dsl_tools import tools_rows
from magnetc.frontend.format.to_dsl_types import types_rows
from magnetc.frontend.format.to_dsl_values import (
    SHORT,
    Places,
    body,
    json_text,
    name,
    number_text,
    value_rows,
    value_text,
)
from magnetc.frontend.string_literal import encode_string


def dsl_rows(document: Document, is_commented: Callable[[int, int], bool]) -> list[Row]:
    """The rows of a DSL file that says what `document` does. Raises Inexpressible."""
    places = Places(document, is_commented)
    return list(_WRITERS[document.kind](document.data, places))


def _recipe(data: dict[str, Any], places: Places) -> Iterable[Row]:
    yield Row(f"recipe {name(data['name'], '/name')} {{", places.at("/name"))
    for key, value in data.items():
        if key not in ("kind", "name"):
            yield from value_rows(f"  {name(key, '/' + key)}", value, f"/{key}", 1, places)
    yield Row("}")


def _graph(data: dict[str, Any], places: Places) -> Iterable[Row]:
    rows = []
    for key, value in data.items():
        if key == "infer":
            ways = [_way(way, f"/infer/{number}") for number, way in enumerate(value)]
            rows.append(Row(f"  infer {', '.join(ways) or 'none'}", places.at("/infer")))
        elif key in ("links", "unlinks"):
            rows += [Row(f"  {_link(key, link, f'/{key}/{number}')}", places.at(f"/{key}/{number}")) for number, link in enumerate(value)]
        elif key == "undos":
            rows += [Row(f"  undo {name(undo['tool'], f'/undos/{number}')} with {name(undo['with'], f'/undos/{number}')}",
                         places.at(f"/undos/{number}")) for number, undo in enumerate(value)]
    return [Row("graph {", places.at("/kind")), *rows, Row("}")]


def _way(way: Any, pointer: str) -> str:
    if isinstance(way, str):
        return name(way, pointer)
    ((word, options),) = way.items()
    settings = [f"{key} {options[key] if key == 'top' else encode_string(options[key])}" for key in ("top", "by") if key in options]
    if not settings or set(options) - {"top", "by"}:
        raise Inexpressible(pointer, "a way to find edges has `top` and `by` in the DSL")
    return " ".join([name(word, pointer), *settings])


def _link(key: str, link: dict[str, str], pointer: str) -> str:
    source, target = split_dotted(link["from"]), split_dotted(link["to"])
    if key == "links" and (len(source) > 1) != (len(target) > 1):
        raise Inexpressible(pointer, "a value flows from a field to a parameter, and the order is between two tools")
    arrow = "->" if key == "unlinks" or len(source) > 1 else "~>"
    return f"{key[:-1]} {dotted(link['from'], pointer)} {arrow} {dotted(link['to'], pointer)}"


def dotted(text: str, pointer: str) -> str:
    """A dotted name, each part as the DSL writes names."""
    parts = split_dotted(text)
    if join_dotted(parts) != text or not parts:
        raise Inexpressible(pointer, f"`{text}` is no dotted name")
    return ".".join(name(part, pointer) for part in parts)


def _paths(data: dict[str, Any], places: Places) -> Iterable[Row]:
    for key, path in data["paths"].items():
        pointer = places.child("/paths", key)
        rows = [Row(f"  {text}", places.at(place)) for attribute, value in path.items()
                for text, place in _path_items(attribute, value, places.child(pointer, attribute))]
        yield from body(f"path {name(key, pointer)}", rows, places.at(pointer), several=True)


def _path_items(attribute: str, value: Any, pointer: str) -> Iterable[tuple[str, str]]:
    match attribute:
        case "turns" | "distance":
            yield f"{attribute} {value[0]}..{value[1]}", pointer
        case "start" | "within":
            listed = ", ".join(name(each, pointer) for each in value)
            yield f"{'start in' if attribute == 'start' else 'within'} [{listed}]", pointer
        case "sample":
            yield f"sample {name(value, pointer)}", pointer
        case "pattern":
            yield f"pattern {' '.join(value.split())}", pointer
        case "at_most":
            for number, each in enumerate(value):
                yield f"at most {each['count']} of {name(each['tool'], pointer)}", f"{pointer}/{number}"
        case "require" | "forbid":
            for number, each in enumerate(value):
                yield f"{attribute} {name(each['before'], pointer)} before {name(each['after'], pointer)}", f"{pointer}/{number}"
        case _:
            raise Inexpressible(pointer, f"a path has no `{attribute}` in the DSL")


def _operations(data: dict[str, Any], places: Places) -> Iterable[Row]:
    rows = []
    for number, operation in enumerate(data["operations"]):
        ((key, options),) = operation.items()
        pointer = places.child(f"/operations/{number}", key)
        settings = ", ".join(_option(key, option, value, pointer) for option, value in options.items())
        rows.append(Row(f"  {name(key, pointer)}({settings})", places.at(f"/operations/{number}")))
    return [Row("operations {", places.at("/operations")), *rows, Row("}")]


def _option(operation: str, option: str, value: Any, pointer: str) -> str:
    is_span = isinstance(value, list) and len(value) == 2 and all(type(each) in (int, float) for each in value)
    shown = f"{number_text(value[0])}..{number_text(value[1])}" if is_span else json_text(value, pointer)
    return shown if option == unnamed_option(operation) else f"{name(option, pointer)}={shown}"


def _turns(data: dict[str, Any], places: Places) -> Iterable[Row]:
    for key, statements in data.items():
        if key != "kind":
            for number, each in enumerate(statements):
                pointer = f"/{key}/{number}"
                known = {*_HEADS[key], "phrases"}
                if extra := set(each) - known:
                    raise Inexpressible(pointer, f"a {_STATEMENTS[key]} has no `{min(extra)}` in the DSL")
                rows = list(_phrases(each["phrases"], f"{pointer}/phrases", places))
                head = f"{_STATEMENTS[key]} {_turn_head(key, each, pointer)}"
                yield from body(head, rows, places.at(pointer))


_STATEMENTS = {"turns": "turn", "refers": "refer", "replies": "reply", "asks": "ask", "capabilities": "capability"}
_HEADS = {"turns": ("chain",), "refers": ("type", "pick", "by"), "replies": ("chain",), "asks": ("of",), "capabilities": ("tool",)}


def _turn_head(key: str, data: dict[str, Any], pointer: str) -> str:
    match key:
        case "turns" | "replies":
            return " then ".join(_step(step, number, f"{pointer}/chain/{number}") for number, step in enumerate(data["chain"]))
        case "refers":
            pick = data.get("pick", "")
            by = f" {name(data['by'], pointer)}" if pick in ("least", "most") else ""
            return f"{name(data['type'], pointer)}{' ' * bool(pick)}{pick}{by}"
        case "asks":
            return dotted(data["of"], pointer)
        case _:
            return name(data["tool"], pointer)


def _step(step: Any, number: int, pointer: str) -> str:
    if isinstance(step, str) and not number:
        return name(step, pointer)
    if isinstance(step, str) or not number:
        raise Inexpressible(pointer, "each helper of a chain has an alias, and its head has none")
    return f"{name(step['tool'], pointer)} as {name(step['as'], pointer)}"


def _phrases(phrases: list[dict[str, Any]], pointer: str, places: Places) -> Iterable[Row]:
    """A row for each run of phrases of one locale and mood that fits, and no comment stands in."""
    row: Row | None = None
    before: tuple[str, ...] = ()
    for number, phrase in enumerate(phrases):
        place = f"{pointer}/{number}"
        if extra := set(phrase) - {"locale", "mood", "text", "weight", "forms"}:
            raise Inexpressible(place, f"a phrase has no `{min(extra)}` in the DSL")
        head = (name(phrase["locale"], place), *([phrase["mood"]] if "mood" in phrase else []))
        text = _variant(phrase, place)
        at = places.at(place)
        if row and head == before:
            if len(row.text) + len(text) <= SHORT and not places.is_commented(row.at, at):
                row.text += f" | {text}"
                continue
            yield row
            row = Row(f"       | {text}", at)
        else:
            if row:
                yield row
            row = Row(f"  {' '.join(head)} {text}", at)
        before = head
    if row:
        yield row


def _variant(phrase: dict[str, Any], pointer: str) -> str:
    """The text of a phrase with its weight and its forms."""
    weight = f" weight {number_text(phrase['weight'])}" if "weight" in phrase else ""
    forms = (f" form {name(form, pointer)} {encode_string(text)}" for form, text in phrase.get("forms", {}).items())
    return encode_string(phrase["text"]) + weight + "".join(forms)


def _frames(data: dict[str, Any], places: Places) -> Iterable[Row]:
    yield Row(f"frames {name(data['locale'], '/locale')} {{", places.at("/locale"))
    for key, value in data.items():
        if key in ("kind", "locale"):
            continue
        if isinstance(value, list) and value and all(_is_frame(each) for each in value):
            yield from _group(key, value, places)
        elif isinstance(value, (dict, list)):
            yield from value_rows(f"  {name(key, '/' + key)}", value, f"/{key}", 1, places)
        else:
            yield Row(f"  {name(key, '/' + key)} = {value_text(value, '/' + key)}", places.at(f"/{key}"))
    yield Row("}")


def _is_frame(each: Any) -> bool:
    return isinstance(each, dict) and "text" in each and set(each) <= {"style", "text", "answer"} and all(
        isinstance(value, str) for value in each.values())


def _group(key: str, frames: list[dict[str, str]], places: Places) -> Iterable[Row]:
    style: str | None = ""
    for number, frame in enumerate(frames):
        pointer = f"/{key}/{number}"
        answer = f" answer {encode_string(frame['answer'])}" if "answer" in frame else ""
        text = encode_string(frame["text"]) + answer
        if number and frame.get("style") == style:
            yield Row(f"    | {text}", places.at(pointer))
        else:
            style = frame.get("style")
            head = f"{name(key, pointer)}{'' if style is None else ' ' + name(style, pointer)}"
            yield Row(f"  {head} {text}", places.at(pointer))


_WRITERS: dict[str, Callable[[dict[str, Any], Places], Iterable[Row]]] = {
    "recipe": _recipe, "types": types_rows, "tools": tools_rows, "graph": _graph, "paths": _paths, "operations": _operations,
    "turns": _turns, "frames": _frames,
}

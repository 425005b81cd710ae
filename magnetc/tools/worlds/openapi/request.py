"""An operation with arguments as a request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from magnetc.ir.json import Json, wire
from magnetc.tools.importers.openapi import Operation
from magnetc.tools.worlds.openapi.parameters import in_header, in_path, in_query, plain

SAFE = ("get", "head", "options", "trace")
"""Methods that change nothing (RFC 9110, 9.2.1)."""


class Refused(Exception):
    """No request can be made of these arguments, with words that say why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`path` begins behind the server's URL; it and `query` are encoded. `fields` are those of a body of several parts."""

    method: str
    path: str
    query: tuple[str, ...] = ()
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    media: str = ""
    body: str | None = None
    fields: tuple[tuple[str, str], ...] = ()


def request_of(operation: Operation, arguments: Mapping[str, Any]) -> Request:
    """The request of a call. Optional arguments that are null are left out, but in a body.

    Raises:
        Refused: for an argument that the operation does not have, and for one without which there is no place to send it to.
    """
    unknown = [name for name in arguments if name not in operation.inputs]
    if unknown:
        raise Refused(f"there is no parameter `{unknown[0]}`")
    path, query, fields = operation.path, [], {}
    headers: dict[str, str] = {}
    cookies: dict[str, str] = {}
    whole: list[Json] = []
    for key, (place, name) in operation.inputs.items():
        parameter, value = operation.declared.get((place, name), {}), arguments.get(key)
        if place == "path":
            path = path.replace(f"{{{name}}}", _segment(parameter, key, value))
        elif place == "body" and key in arguments:
            whole.append(value) if not name else fields.update({name: value})
        elif value is None or place == "body":
            continue
        elif place == "query":
            query += in_query(parameter, value)
        else:
            text = in_header(parameter, value)
            if re.search(r"[\r\n\0]", text):
                raise Refused(f"`{key}` has a line break, which no {place} can have")
            (headers if place == "header" else cookies)[name] = text
    media, body, parts = _body(operation, whole, fields)
    return Request(method=operation.method, path=path, query=tuple(query), headers=headers, cookies=cookies, media=media, body=body,
                   fields=parts)


def _segment(parameter: Mapping[str, Any], key: str, value: Json) -> str:
    if value is None:
        raise Refused(f"`{key}` is missing")
    text = in_path(parameter, value)
    if text in ("", ".", ".."):
        raise Refused(f"`{key}` cannot be `{text}`: it is a part of the path")
    return text


def _body(operation: Operation, whole: list[Json], fields: dict[str, Json]) -> tuple[str, str | None, tuple[tuple[str, str], ...]]:
    """The content type, the text of the body, or its parts."""
    if not whole and not fields and not operation.needs_body:
        return "", None, ()
    content: Json = whole[0] if whole else fields
    media = operation.media.partition(";")[0].strip()
    form = [(name, plain(value)) for name, value in content.items() if value is not None] if isinstance(content, dict) else []
    if media == "application/x-www-form-urlencoded":
        return media, urlencode(form), ()
    if media == "multipart/form-data":
        return media, None, tuple(form)
    return ("application/json" if "*" in media else media), wire(content), ()

"""A response as the result of a tool."""

from __future__ import annotations

import base64
import json
from http import HTTPStatus

from magnetc.ir.json import Json

_WORDS = ("detail", "message", "error_description", "error", "errors", "msg", "title", "reason")
"""Where bodies say what went wrong; `detail` and `title` are those of RFC 9457."""

_LONGEST = 500


def result_of(status: int, media: str, body: bytes) -> Json:
    """The JSON of a body; text that is none under `text`, bytes under `base64`; nothing as null. An error as `{"error": words}`."""
    content = _content(media, body)
    if status < 400:
        return content
    said = _said(content)
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "error"
    return {"error": (said or f"{status} {phrase}")[:_LONGEST]}


def _content(media: str, body: bytes) -> Json:
    if not body:
        return None
    kind = media.partition(";")[0].strip().lower()
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return {"media": kind, "base64": base64.b64encode(body).decode()}
    if kind in ("", "application/json") or kind.endswith("+json"):
        try:
            return json.loads(text, parse_constant=_refuse)
        except (ValueError, RecursionError):
            pass
    return {"text": text}


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


def _said(content: Json) -> str:
    """The words of an error's body: of several problems each, with the place that it names."""
    if isinstance(content, str):
        return content.strip()
    if isinstance(content, list):
        return "; ".join(filter(None, map(_said, content)))
    if not isinstance(content, dict):
        return ""
    if set(content) == {"text"}:
        return "" if content["text"].lstrip().startswith("<") else content["text"].strip()
    for key in _WORDS:
        words = _said(content.get(key))
        if words:
            place = content.get("loc") or content.get("field") or content.get("path")
            where = ".".join(map(str, place)) if isinstance(place, list) else str(place or "")
            return f"{where}: {words}" if where and isinstance(place, (list, str)) and key in ("msg", "message") else words
    return ""

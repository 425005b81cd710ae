"""How parameter values are written in a request: the styles of OpenAPI 3, exploded or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from magnetc.ir.json import Json, wire

_RESERVED = ":/?#[]@!$&'()*+,;="
_DELIMITERS = {"form": ",", "spaceDelimited": "%20", "pipeDelimited": "%7C"}


def plain(value: Json) -> str:
    """A value as text: a string as it is, all else as JSON."""
    return value if isinstance(value, str) else wire(value)


def in_path(parameter: Mapping[str, Any], value: Json) -> str:
    """What stands for a parameter in a path, encoded: `simple`, `label` or `matrix`."""
    name, style, explode = quote(parameter["name"], safe=""), parameter.get("style", "simple"), parameter.get("explode", False)
    value = _content(parameter, value)
    prefix, between = {"label": (".", "."), "matrix": (";", ";")}.get(style, ("", ","))
    if style == "matrix":
        if isinstance(value, list):
            return "".join(f";{name}={_encoded(item)}" for item in value) if explode else f";{name}={_joined(value)}"
        if isinstance(value, dict) and explode:
            return "".join(f";{_encoded(key)}={_encoded(item)}" for key, item in value.items())
        return f";{name}={_joined(value)}"
    if not explode:
        return prefix + _joined(value)
    if isinstance(value, dict):
        return prefix + between.join(f"{_encoded(key)}={_encoded(item)}" for key, item in value.items())
    return prefix + (between.join(map(_encoded, value)) if isinstance(value, list) else _encoded(value))


def in_query(parameter: Mapping[str, Any], value: Json) -> list[str]:
    """The `name=value` parts of a parameter in a query, encoded: `form`, `spaceDelimited`, `pipeDelimited` or `deepObject`."""
    style = parameter.get("style", "form")
    explode = parameter.get("explode", style in ("form", "deepObject"))
    safe = _RESERVED.replace("&", "").replace("#", "").replace("+", "") if parameter.get("allowReserved") else ""
    value, name = _content(parameter, value), quote(parameter["name"], safe="")
    if style == "deepObject" and isinstance(value, dict):
        return [f"{name}%5B{_encoded(key)}%5D={_encoded(item, safe)}" for key, item in value.items()]
    if isinstance(value, dict) and explode:
        return [f"{_encoded(key)}={_encoded(item, safe)}" for key, item in value.items()]
    if isinstance(value, list) and explode:
        return [f"{name}={_encoded(item, safe)}" for item in value]
    if value in ([], {}):
        return []
    return [f"{name}={_joined(value, _DELIMITERS.get(style, ','), safe)}"]


def in_header(parameter: Mapping[str, Any], value: Json) -> str:
    """The text of a header, `simple`, or of a cookie: items behind commas."""
    value = _content(parameter, value)
    if isinstance(value, list):
        return ",".join(map(plain, value))
    if isinstance(value, dict):
        explode = parameter.get("explode", False)
        return ",".join(f"{key}{'=' if explode else ','}{plain(item)}" for key, item in value.items())
    return plain(value)


def _content(parameter: Mapping[str, Any], value: Json) -> Json:
    """A value whose parameter is described by a content type is JSON in one text."""
    return wire(value) if parameter.get("content") else value


def _joined(value: Json, between: str = ",", safe: str = "") -> str:
    if isinstance(value, list):
        return between.join(_encoded(item, safe) for item in value)
    if isinstance(value, dict):
        return between.join(_encoded(part, safe) for pair in value.items() for part in pair)
    return _encoded(value, safe)


def _encoded(value: Json, safe: str = "") -> str:
    return quote(plain(value), safe=safe)

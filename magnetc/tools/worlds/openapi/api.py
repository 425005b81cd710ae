"""One API as its document describes it, and as the recipe uses it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from magnetc.diagnostics.suggest import closest
from magnetc.ir.spec import WorldSpec
from magnetc.tools.importers.openapi import Operation, operations, parse_document
from magnetc.tools.importers.openapi_schema import References
from magnetc.tools.worlds.openapi.request import SAFE
from magnetc.tools.worlds.openapi.settings import ApiSettings
from magnetc.tools.worlds.servers.settings import Settings, wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """Its operations by the names of their tools, the schemes of its security, and where its server is: `{port}` for a port."""

    operations: Mapping[str, Operation]
    schemes: Mapping[str, Mapping[str, Any]]
    settings: Settings
    url: str

    @property
    def schemas(self) -> dict[str, Mapping[str, Any]]:
        """The schemas of parameters, by tool."""
        return {name: operation.tool["parameters"] for name, operation in self.operations.items()}


def api_of(spec: WorldSpec, folder: Path, settings: ApiSettings) -> Api:
    """The API of a world whose recipe lies in `folder`.

    Raises:
        MagnetError: MG502 when the document cannot be read, MG650 when the recipe says what is not in it.
    """
    document = parse_document(settings.document, folder)
    found: dict[str, Operation] = {}
    for operation in operations(document):
        found.setdefault(operation.name, operation)
    references = References(document)
    schemes = {name: references.resolved(each) for name, each in ((document.get("components") or {}).get("securitySchemes") or {}).items()}
    url = _url(document, settings, spec)
    writes = frozenset(name for name, operation in found.items() if operation.method not in SAFE)
    (server,) = settings.servers.servers
    servers = replace(settings.servers, servers=(replace(server, url=url),), writes=writes)
    _check(spec, settings, found, schemes, writes)
    return Api(operations=found, schemes=schemes, settings=servers, url=url)


def _url(document: Mapping[str, Any], settings: ApiSettings, spec: WorldSpec) -> str:
    """Where the server is: as the recipe says, else as the document does; of one that is started here, its path there."""
    if settings.url:
        return settings.url
    listed = document.get("servers") or [{}]
    told = str(listed[0].get("url", ""))
    for name, variable in (listed[0].get("variables") or {}).items():
        told = told.replace(f"{{{name}}}", str(variable.get("default", "")))
    if settings.starts:
        return "http://127.0.0.1:{port}" + urlsplit(told).path.rstrip("/")
    if not told.startswith(("http://", "https://")):
        raise wrong(f"`{settings.document}` does not say where its server is", spec, help='add `url: "http://…"`')
    return told


def _check(spec: WorldSpec, settings: ApiSettings, found: Mapping[str, Operation], schemes: Mapping[str, Any],
           writes: frozenset[str]) -> None:
    """Operations and schemes that the recipe names are there."""
    def known(name: str, among: Mapping[str, Any], what: str, *place: str) -> None:
        if name not in among:
            near = closest(name, among)
            raise wrong(f"`{settings.document}` has no {what} `{name}`", spec, *place,
                        help=f"did you mean `{near}`?" if near else f"it has {', '.join(f'`{each}`' for each in among) or 'none'}")

    for name, _ in settings.servers.observe:
        known(name, found, "operation", "observe", name)
        if name in writes:
            raise wrong(f"`{name}` may change what it shows", spec, "observe", name, help="name operations that only read (GET)")
    if settings.reset is not None and settings.reset.call:
        known(settings.reset.call, found, "operation", "reset", "call")
    for name in settings.security:
        known(name, schemes, "security scheme", "security", name)

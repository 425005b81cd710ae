"""Secrets that requests carry: named in the recipe by the variable of the environment that holds them, and never written anywhere."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from magnetc.diagnostics import Diagnostic, Label, MagnetError
from magnetc.ir.json import Json
from magnetc.ir.spec import WorldSpec
from magnetc.tools.importers.openapi import Operation

REDACTED = "[redacted]"


@dataclass(slots=True)
class Carried:
    """What a request carries beside its own."""

    headers: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Credentials:
    """Schemes of the document by name, and the secrets of those that the recipe has a variable for."""

    schemes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, schemes: Mapping[str, Mapping[str, Any]], variables: Mapping[str, str], spec: WorldSpec) -> Credentials:
        """The secrets from the environment.

        Raises:
            MagnetError: MG654 when a variable is not set.
        """
        missing = [name for name in variables.values() if not os.environ.get(name)]
        if missing:
            primary = Label(spec.origin.child(spec.kind, "security")) if spec.origin.file else None
            raise MagnetError(Diagnostic(code="MG654", message=f"the variable `{missing[0]}` of the environment is not set", primary=primary,
                                         notes=("a secret of the world's server is expected there",),
                                         help=f"set it for this one command: `{missing[0]}=… magnetc …`"))
        return cls(schemes, {scheme: os.environ[name] for scheme, name in variables.items()})

    def carried(self, operation: Operation) -> Carried:
        """What the first of the alternatives asks for that we have all secrets of."""
        found = Carried()
        wanted = next((each for each in operation.security if all(name in self.secrets for name in each)), {})
        for name in wanted:
            scheme, secret = self.schemes[name], self.secrets[name]
            if scheme.get("type") == "apiKey":
                {"header": found.headers, "query": found.query, "cookie": found.cookies}[scheme["in"]][scheme["name"]] = secret
            elif str(scheme.get("scheme", "")).lower() == "basic":
                found.headers["Authorization"] = "Basic " + base64.b64encode(secret.encode()).decode()
            else:
                found.headers["Authorization"] = f"Bearer {secret}"
        return found

    def redacted(self, value: Json) -> Json:
        """`value` without any secret, wherever it stands in it."""
        if isinstance(value, str):
            for secret in self.secrets.values():
                value = value.replace(secret, REDACTED)
            return value
        if isinstance(value, list):
            return [self.redacted(item) for item in value]
        if isinstance(value, dict):
            return {self.redacted(key): self.redacted(item) for key, item in value.items()}
        return value

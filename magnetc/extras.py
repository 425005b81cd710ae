"""Packages that are not installed with magnetc itself: those of its extras, imported when they are needed."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from magnetc.diagnostics import Diagnostic, MagnetError


def required(*names: str, extra: str = "train") -> tuple[ModuleType, ...]:
    """The modules of an extra, imported when they are needed. Raises MagnetError MG710 when one is missing."""
    try:
        return tuple(import_module(name) for name in names)
    except ImportError as error:
        raise not_installed(error.name or ", ".join(names), extra) from error


def not_installed(package: str, extra: str) -> MagnetError:
    """MG710: what is asked for needs a package of an extra."""
    return MagnetError(Diagnostic(code="MG710", message=f"`{package}` is not installed", help=f'pip install "magnetc[{extra}]"'))

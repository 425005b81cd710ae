"""Diagnostics: what is wrong, where, and what to do."""

from magnetc.diagnostics.model import Diagnostic, Fix, Label, MagnetError, Severity
from magnetc.diagnostics.sink import Sink

__all__ = ["Diagnostic", "Fix", "Label", "MagnetError", "Severity", "Sink"]

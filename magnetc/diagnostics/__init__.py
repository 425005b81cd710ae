"""Diagnostics: what is wrong, where, and what to do."""

from magnetc.diagnostics.model import Applicability, Diagnostic, Edit, Fix, Label, MagnetError, Severity
from magnetc.diagnostics.sink import Sink

__all__ = ["Applicability", "Diagnostic", "Edit", "Fix", "Label", "MagnetError", "Severity", "Sink"]

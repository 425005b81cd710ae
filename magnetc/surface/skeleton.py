"""The skeleton of a sentence: what stays when its values are masked. Diversity is counted in these."""

from __future__ import annotations

from magnetc.ir.trajectory import MessagePart, Reference, Value, Words

MASK = "<v>"


def skeleton(parts: tuple[MessagePart, ...]) -> str:
    """The words of a message with every value replaced by `<v>`; a reference keeps its words."""
    return " ".join("".join(map(_mask, parts)).split())


def _mask(part: MessagePart) -> str:
    match part:
        case Words(text):
            return text
        case Value():
            return MASK
        case Reference(inner):
            return "".join(map(_mask, inner))

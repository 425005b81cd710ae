"""Source text, spans and origins: where things stand, before anyone asks what they mean."""

from magnetc.source.disk import Disk
from magnetc.source.excerpt import Excerpt
from magnetc.source.origin import Origin
from magnetc.source.text import SourceFile, Span

__all__ = ["Disk", "Excerpt", "Origin", "SourceFile", "Span"]

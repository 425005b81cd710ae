"""`magnetc fmt`: both syntaxes laid out in one style, and each written in the other.

A formatter keeps the author's lines, order and comments; it decides blanks, indentation and quotes, and breaks what is too
long. `layout.py` has what both syntaxes share, `dsl_layout.py` and `yaml_layout.py` how their lexemes stand side by side.
"""

from magnetc.frontend.format.source import Formatted, format_source

__all__ = ["Formatted", "format_source"]

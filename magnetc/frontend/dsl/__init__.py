"""The DSL front end: `.magnet` files to the documents that YAML files make.

One file makes at most one document of each kind: all its `type` and `said` statements together are one document of kind
types, and so on. The sink has one index from pointer to span for a file, so each document of a DSL file has a `root`,
`/<kind>:`, that stands before its pointers there: the type `City` of a file is at `Origin(file, "/types:/types/City")`,
its first example at `/types:/types/City/examples/0`. `Document.spans` holds the pointers without the root.

A definition (type, tool, set, path, turn, ...) has the span of its name; attributes have their keyword as key and their
value as value; phrases and their texts have the span of the string literal, quotes included.
"""

from magnetc.frontend.dsl.reader import read_dsl

__all__ = ["read_dsl"]

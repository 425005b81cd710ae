"""Documents of every kind, drawn from the schemas themselves: what a schema gains, the tests of both syntaxes see."""

import json
from math import ceil, floor
from string import ascii_letters

from hypothesis import strategies as st

from magnetc.source.resources import resource

NAMES = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,5}", fullmatch=True) | st.sampled_from(
    ["get-user", "a.b", "type", "default", "true", "null", "then", "yes", "é à", "infer", "none", "answer", "optional"])
TEXTS = st.text(alphabet=st.sampled_from(ascii_letters + "   {}[]()|\\/#:.,'\"`é東\n\t-~&*!%@=\x7f\u2028\U0001f600"), min_size=1, max_size=12)
CONDITIONS = st.sampled_from(["a != b", "a>=3", '`a-b` == "x # y"', "a == true", "a < -2.5", "a  !=  `b c`", "a <= s.left", "a == `s t`.`b c`"])
PATTERNS = st.sampled_from(["a+", "a  b | c", "(a|b)* _?", "`get-user` ( a | b )+ _*", "type pattern | turns"])
TOOLS = st.sampled_from(["a", "b", "get-user", "`a.b`"])
FIELDS = st.builds(lambda tool, fields: ".".join([tool, *fields]), TOOLS, st.lists(st.sampled_from(["x", "y z", "`c.d`"]), min_size=1, max_size=2))
LINKS = st.builds(lambda a, b: {"from": a, "to": b}, TOOLS, TOOLS) | st.builds(lambda a, b: {"from": a, "to": b}, FIELDS, FIELDS)
CHAINS = st.builds(lambda head, rest: [head, *rest], NAMES, st.lists(st.fixed_dictionaries({
    "tool": NAMES, "as": st.sampled_from(["c", "reply", "h"])}), max_size=2))
INLINE = st.sampled_from(['"a" | "b c"', '"a"|"é\\n"', "1..9", "0.5 .. 2", "-3..4?", '"x" | null', "3", "1 | 2.5", 'matching "^[0-9]+$"', 'matching "a"?', '"q'])
"""Inline types, and one that is none."""
TYPES = st.recursive(NAMES | NAMES.map("{}?".format) | INLINE, lambda inner: st.lists(inner, min_size=1, max_size=1) | st.builds(lambda each: {"*": each}, inner)
                     | st.builds(lambda each: {"?": each}, inner.filter(lambda each: not isinstance(each, str) and "?" not in each))
                     | st.dictionaries((NAMES | TEXTS.filter(lambda text: text != "*")).map(lambda name: name.rstrip("?") or "q")
                                       | NAMES.map("{}?".format), inner, max_size=3).filter(
                                           lambda each: len({name.removesuffix("?") for name in each}) == len(each)), max_leaves=4)
SCALARS = st.booleans() | st.integers(-(1 << 63), (1 << 63) - 1) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
VALUES = st.recursive(SCALARS | st.none(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS | NAMES, inner, max_size=3), max_leaves=4)
SCHEMAS = st.recursive(
    st.fixed_dictionaries({"type": st.sampled_from(["string", "integer", ["number", "null"]])}, optional={
        "x-entity": NAMES, "enum": st.lists(SCALARS | st.none(), min_size=1, max_size=3), "description": TEXTS, "default": VALUES})
    | st.builds(lambda name: {"$ref": f"#/$defs/{name}"}, NAMES),
    lambda inner: st.builds(lambda each: {"type": "array", "items": each}, inner) | st.builds(lambda each: {"anyOf": [each, {"type": "null"}]}, inner)
    | st.builds(lambda known: {"type": "object", "properties": known, "required": [*known][:1], "additionalProperties": False},
                st.dictionaries(NAMES, inner, max_size=2)), max_leaves=3)
PARAMETERS = st.builds(lambda known, defs, more: {"type": "object", "properties": known, **more, **defs}, st.dictionaries(NAMES, SCHEMAS, max_size=2),
                       st.just({}) | st.builds(lambda defs: {"$defs": defs}, st.dictionaries(NAMES, SCHEMAS, max_size=1)),
                       st.fixed_dictionaries({}, optional={"title": TEXTS, "required": st.lists(NAMES, max_size=2)}))
"""JSON Schemas that declare a tool's parameters."""
WRITTEN = {"description", "text", "answer", "matching", "unit", "forms", "examples", "enum", "value", "elide", "prepositions", "include"}
"""Keys whose texts are text; others are names."""


def _drawn(schema, definitions, key=""):
    """A strategy for values that a schema allows. `key` is the property that they stand under."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return TYPES if name == "type" and key != "names" else CHAINS if name == "chain" else _drawn(definitions[name], definitions, key)
    if key == "parameters" and "else" in schema:
        return PARAMETERS | _mappings(schema["else"], definitions, key)
    if key == "returns" and "$ref" not in schema:
        return TYPES
    special = {"where": st.lists(CONDITIONS, min_size=1, max_size=2), "links": st.lists(LINKS, max_size=3)}
    if key in special:
        return special[key]
    if key == "fields":
        return st.dictionaries(NAMES, NAMES | TEXTS.map("/{}".format), min_size=1, max_size=3)
    if key == "unlinks":
        return st.lists(st.builds(lambda a, b: {"from": a, "to": b}, TOOLS, TOOLS), max_size=2)
    if key == "undos":
        return st.lists(st.builds(lambda a, b: {"tool": a, "with": b}, TOOLS, TOOLS), max_size=2)
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    sorts = schema.get("type", "any")
    return st.one_of([_of_sort(sort, schema, definitions, key) for sort in ([sorts] if isinstance(sorts, str) else sorts)])


def _of_sort(sort, schema, definitions, key):
    match sort:
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case "integer" | "number":
            low, high = schema.get("minimum", schema.get("exclusiveMinimum", -1000)), schema.get("maximum", 1000)
            least, most = ceil(low) + ("exclusiveMinimum" in schema and low == ceil(low)), floor(high)
            whole = st.integers(least, most) if least <= most else st.nothing()
            return whole if sort == "integer" else whole | st.floats(low, high, exclude_min="exclusiveMinimum" in schema)
        case "string":
            if key == "pattern":
                return PATTERNS
            return _matching(schema["pattern"]) if "pattern" in schema else TEXTS if key in WRITTEN else NAMES
        case "array":
            return st.lists(_drawn(schema.get("items", {}), definitions, key), min_size=schema.get("minItems", 0),
                            max_size=schema.get("maxItems", 3), unique_by=json.dumps if schema.get("uniqueItems") else None)
        case "object":
            return _mappings(schema, definitions, key)
    return VALUES


def _matching(pattern):
    more = "" if pattern.endswith("$") else "[a-z/*]{0,6}"
    return st.from_regex(pattern.removeprefix("^").removesuffix("$") + more, fullmatch=True).filter(lambda text: len(text) < 40)


def _mappings(schema, definitions, key):
    known = schema.get("properties", {})
    required = {name: _drawn(known[name], definitions, name) for name in schema.get("required", ())}
    if schema.get("minProperties") == schema.get("maxProperties") == 1:
        return st.one_of([_drawn(inner, definitions, name).map(lambda value, name=name: {name: value}) for name, inner in known.items()])
    rest = {name: _drawn(inner, definitions, name) for name, inner in known.items() if name not in required}
    fixed = st.fixed_dictionaries(required, optional=rest)
    others = schema.get("additionalProperties", {})
    if others is False or (known and others == {}):
        return fixed
    names = _drawn(schema["propertyNames"] | {"type": "string"}, definitions, "names") if "propertyNames" in schema else NAMES
    return st.builds(lambda own, more: own | more, fixed, st.dictionaries(names.filter(lambda name: name not in known),
                                                                           _drawn(others, definitions, key), max_size=3))


def documents(kind):
    """Data of documents of a kind, as their schema allows them."""
    schema = json.loads(resource("grammar", "schema", f"{kind}.schema.json").read_text(encoding="utf-8"))
    return _drawn(schema, schema.get("definitions", {}))

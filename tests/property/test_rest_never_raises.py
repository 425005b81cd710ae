"""However a recipe is malformed, a check ends in diagnostics that stand somewhere, and says no less than its files alone do."""

import json

import yaml
from corpus import SOUND
from hypothesis import given, settings
from hypothesis import strategies as st

from magnetc.build.compile import compile_recipe
from magnetc.diagnostics import Sink
from magnetc.frontend.load import read_recipe

FILES = {path.name: yaml.safe_load(path.read_text(encoding="utf-8")) for path in SOUND.iterdir()}
ODD = st.sampled_from([None, True, 0, -1.5, "", "x", "find_shop", "Goods", [], ["find_shop"], {}, {"type": "Goods"}, {"x": 1}, [None], [[1]]])


def places(value, path=()):
    """Every path into a JSON value, and its keys' names."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from places(each, (*path, key))


PLACES = [(name, path) for name, data in sorted(FILES.items()) for path in places(data) if path]


def changed(value, path, how, odd):
    """`value` with what stands at `path` replaced, taken out, or put under another key."""
    key, *rest = path
    value = dict(value) if isinstance(value, dict) else list(value)
    if rest:
        value[key] = changed(value[key], rest, how, odd)
    elif how == "replace":
        value[key] = odd
    elif how == "remove" or isinstance(value, list):
        del value[key]
    else:
        value[f"{key}s"] = value.pop(key)
    return value


def reachable(value, path):
    for key in path[:-1]:
        try:
            value = value[key]
        except (LookupError, TypeError):
            return False
    return (isinstance(value, dict) and path[-1] in value) or (isinstance(value, list) and isinstance(path[-1], int) and path[-1] < len(value))


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(["replace", "remove", "rename"]), ODD), min_size=1, max_size=4),
       st.sampled_from(["", "types.yaml", "tools.yaml", "turns.yaml"]))
def test_any_shape_of_any_part(edits, cut):
    data = dict(FILES)
    for (name, path), how, odd in edits:
        if reachable(data[name], path):
            data[name] = changed(data[name], path, how, odd)
    texts = {name: json.dumps(each) for name, each in data.items()}
    if cut:
        texts[cut] = texts[cut][: len(texts[cut]) * 2 // 3]
    sink, files = Sink(), Sink()
    context = compile_recipe(SOUND, sink, texts=texts)
    read_recipe(SOUND, files, texts)
    assert (context is None) == sink.has_errors
    assert all(sink.span(each.primary) for each in sink.diagnostics if each.primary)
    assert {(each.code, each.message) for each in files.diagnostics} <= {(each.code, each.message) for each in sink.diagnostics}

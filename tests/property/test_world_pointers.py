"""The worker's own JSON functions say what `magnetc.ir` says; it cannot import them."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from magnetc.ir import json as ir_json
from magnetc.ir import pointer as ir_pointer
from magnetc.source.origin import escape
from magnetc.tools.worlds import worker

keys = st.sampled_from(["a", "b", "0", "1", "*", "~", "/", "~1", "", "é", "01"])
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=12)
pointers = st.lists(keys, max_size=4).map(lambda path: "".join("/" + escape(key) for key in path))


def outcome(function, *arguments):
    try:
        return function(*arguments)
    except LookupError:
        return LookupError


@given(documents, pointers)
@example([0], "/²")
def test_patterns_and_pointers_agree(document, pointer):
    assert worker.tokens(pointer) == list(ir_pointer.tokens(pointer))
    assert outcome(worker.get, document, pointer) == outcome(ir_pointer.get, document, pointer)
    assert worker.expand(document, pointer) == list(ir_pointer.expand(document, pointer))


@given(documents)
def test_digests_and_texts_agree(document):
    assert worker.digest(document) == ir_json.digest(document)
    assert worker.encode(document) == ir_json.wire(document)
    assert worker.plain(document, ()) == document


@given(documents, pointers.filter(bool))
def test_a_value_put_is_there(value, pointer):
    document = {}
    worker.put(document, pointer, value)
    assert worker.get(document, pointer) == value


def test_put_appends_to_a_list_and_no_further():
    document = {"list": [1]}
    worker.put(document, "/list/1", 2)
    worker.put(document, "/list/0", 0)
    assert document == {"list": [0, 2]}
    with pytest.raises(IndexError):
        worker.put(document, "/list/3", 3)


@given(documents, pointers.filter(bool))
@example([None, False], "/01")
def test_what_is_pruned_is_gone_and_the_rest_as_it_was(document, pattern):
    pruned = ir_pointer.pruned(document, ir_pointer.tokens(pattern))
    assert all(value is None for _, value in ir_pointer.expand(pruned, pattern))
    left_out = {at for at, _ in ir_pointer.expand(document, pattern)}
    scalars = [(at, value) for at, value in scalars_of(document) if not any(at == each or at.startswith(each + "/") for each in left_out)]
    assert [(at, ir_pointer.get(pruned, at)) for at, _ in scalars] == scalars


def scalars_of(document, at=""):
    """Pointer and value of each place that holds neither an object nor a list."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield from scalars_of(value, f"{at}/{escape(key)}")
    elif isinstance(document, list):
        for index, value in enumerate(document):
            yield from scalars_of(value, f"{at}/{index}")
    else:
        yield at, document

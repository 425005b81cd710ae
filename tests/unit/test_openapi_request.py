"""Requests of operations: every style of OpenAPI 3, bodies, what cannot be sent; and answers as results."""

import json
from urllib.parse import parse_qsl, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from magnetc.tools.importers.openapi import operations
from magnetc.tools.worlds.openapi.credentials import Credentials
from magnetc.tools.worlds.openapi.parameters import in_header, in_path, in_query
from magnetc.tools.worlds.openapi.request import Refused, request_of
from magnetc.tools.worlds.openapi.response import result_of

COLORS, RGB = ["blue", "black", "brown"], {"R": 100, "G": 200}

# The examples of the specification (OpenAPI 3.1, "Style Examples"), with its parameter `color`.
STYLES = [
    (in_path, "simple", False, "blue", "blue"), (in_path, "simple", False, COLORS, "blue,black,brown"),
    (in_path, "simple", False, RGB, "R,100,G,200"), (in_path, "simple", True, RGB, "R=100,G=200"),
    (in_path, "label", False, "blue", ".blue"), (in_path, "label", False, COLORS, ".blue,black,brown"),
    (in_path, "label", True, COLORS, ".blue.black.brown"), (in_path, "label", True, RGB, ".R=100.G=200"),
    (in_path, "matrix", False, "blue", ";color=blue"), (in_path, "matrix", False, COLORS, ";color=blue,black,brown"),
    (in_path, "matrix", True, COLORS, ";color=blue;color=black;color=brown"), (in_path, "matrix", False, RGB, ";color=R,100,G,200"),
    (in_path, "matrix", True, RGB, ";R=100;G=200"),
    (in_query, "form", True, "blue", ["color=blue"]), (in_query, "form", True, COLORS, ["color=blue", "color=black", "color=brown"]),
    (in_query, "form", False, COLORS, ["color=blue,black,brown"]), (in_query, "form", False, RGB, ["color=R,100,G,200"]),
    (in_query, "form", True, RGB, ["R=100", "G=200"]), (in_query, "spaceDelimited", False, COLORS, ["color=blue%20black%20brown"]),
    (in_query, "pipeDelimited", False, COLORS, ["color=blue%7Cblack%7Cbrown"]),
    (in_query, "deepObject", True, RGB, ["color%5BR%5D=100", "color%5BG%5D=200"]),
    (in_header, "simple", False, COLORS, "blue,black,brown"), (in_header, "simple", False, RGB, "R,100,G,200"),
    (in_header, "simple", True, RGB, "R=100,G=200"),
]


@pytest.mark.parametrize(("written", "style", "explode", "value", "expected"), STYLES)
def test_the_styles_are_those_of_the_specification(written, style, explode, value, expected):
    assert written({"name": "color", "style": style, "explode": explode}, value) == expected


def test_defaults_of_style_and_explode():
    assert in_query({"name": "a"}, [1, True]) == ["a=1", "a=true"]
    assert in_query({"name": "a"}, []) == in_query({"name": "a", "explode": False}, []) == []
    assert in_path({"name": "a"}, [1.5, "x y"]) == "1.5,x%20y"
    assert in_query({"name": "q", "content": {"application/json": {}}}, {"a": [1]}) == ["q=%7B%22a%22%3A%5B1%5D%7D"]
    assert in_query({"name": "q", "allowReserved": True}, "a/b?c&d") == ["q=a/b?c%26d"]


@given(st.text(), st.lists(st.text(), min_size=1))
def test_texts_survive_a_query_and_a_path(text, texts):
    assert unquote(in_path({"name": "a"}, text)) == text
    assert "/" not in in_path({"name": "a"}, text)
    assert [value for _, value in parse_qsl("&".join(in_query({"name": "a b&"}, texts)), keep_blank_values=True)] == texts


DOCUMENT = {
    "openapi": "3.1.0", "security": [{"key": []}],
    "paths": {"/shelves/{shelf}/books": {
        "parameters": [{"name": "shelf", "in": "path", "required": True, "schema": {"type": "integer"}}],
        "get": {"operationId": "find", "parameters": [
            {"name": "tag", "in": "query", "schema": {"type": "array"}}, {"name": "X-Trace", "in": "header", "schema": {}},
            {"name": "session", "in": "cookie", "schema": {}}]},
        "post": {"operationId": "add", "security": [{"nobody": []}, {"login": []}], "requestBody": {"required": True, "content": {"application/json": {"schema": {
            "type": "object", "properties": {"title": {"type": "string"}, "shelf": {"type": "string"}}}}}}},
        "put": {"operationId": "note", "security": [], "requestBody": {"content": {"application/json": {"schema": {"type": "string"}}}}},
        "patch": {"operationId": "fill", "requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": {
            "type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}}}}}},
        "delete": {"operationId": "scan", "requestBody": {"content": {"multipart/form-data": {"schema": {
            "type": "object", "properties": {"a": {"type": "string"}}}}}}}}},
}
OPERATIONS = {operation.name: operation for operation in operations(DOCUMENT)}


@pytest.mark.parametrize(("name", "arguments", "expected"), [
    ("find", {"shelf": 3, "tag": ["a", "b"], "X-Trace": "t", "session": "s"},
     {"path": "/shelves/3/books", "query": ("tag=a", "tag=b"), "headers": {"X-Trace": "t"}, "cookies": {"session": "s"}, "body": None}),
    ("find", {"shelf": 3, "tag": None}, {"query": (), "headers": {}, "body": None}),
    ("add", {"shelf": 3, "title": "Ü", "body_shelf": "x"}, {"path": "/shelves/3/books", "media": "application/json", "body": '{"title":"Ü","shelf":"x"}'}),
    ("add", {"shelf": 3}, {"body": "{}"}),
    ("note", {"shelf": 3, "body": "hello"}, {"body": '"hello"'}),
    ("note", {"shelf": 3}, {"body": None, "media": ""}),
    ("fill", {"shelf": 3, "a": "x&y", "b": 2}, {"media": "application/x-www-form-urlencoded", "body": "a=x%26y&b=2"}),
    ("scan", {"shelf": 3, "a": "x"}, {"media": "multipart/form-data", "body": None, "fields": (("a", "x"),)}),
])
def test_arguments_go_where_the_document_says(name, arguments, expected):
    request = request_of(OPERATIONS[name], arguments)
    assert {key: getattr(request, key) for key in expected} == expected


@pytest.mark.parametrize(("arguments", "words"), [
    ({}, "`shelf` is missing"), ({"shelf": ".."}, "part of the path"), ({"shelf": ""}, "part of the path"), ({"shelf": 1, "tags": []}, "no parameter `tags`"),
    ({"shelf": 1, "X-Trace": "a\r\nHost: b"}, "line break")])
def test_what_cannot_be_sent_is_refused(arguments, words):
    with pytest.raises(Refused, match=words):
        request_of(OPERATIONS["find"], arguments)


def test_secrets_go_where_their_scheme_says_and_nowhere_else():
    schemes = {"key": {"type": "apiKey", "in": "query", "name": "k"}, "login": {"type": "http", "scheme": "Basic"},
               "nobody": {"type": "http", "scheme": "bearer"}, "cookie": {"type": "apiKey", "in": "cookie", "name": "c"}}
    credentials = Credentials(schemes, {"key": "K", "login": "ada:pw", "cookie": "C"})
    assert credentials.carried(OPERATIONS["find"]).query == {"k": "K"}
    assert credentials.carried(OPERATIONS["add"]).headers == {"Authorization": "Basic YWRhOnB3"}
    assert not any((note := credentials.carried(OPERATIONS["note"])).headers or note.query or note.cookies)
    assert Credentials(schemes, {"nobody": "T"}).carried(OPERATIONS["add"]).headers == {"Authorization": "Bearer T"}
    assert "pw" not in repr(credentials)


@pytest.mark.parametrize(("status", "media", "body", "expected"), [
    (200, "application/json", b'{"a": 1.0}', {"a": 1.0}), (200, "application/hal+json; charset=utf-8", b"[1]", [1]), (204, "", b"", None),
    (200, "text/plain", b"hello", {"text": "hello"}), (200, "application/json", b"{", {"text": "{"}), (200, "application/json", b"NaN", {"text": "NaN"}),
    (200, "image/png", b"\xff\xd8", {"media": "image/png", "base64": "/9g="}),
    (404, "application/json", b'{"detail": "no such pet"}', {"error": "no such pet"}),
    (400, "application/problem+json", b'{"title": "Bad", "detail": "too many"}', {"error": "too many"}),
    (400, "application/json", b'{"error": {"code": 7, "message": "not now"}}', {"error": "not now"}),
    (422, "application/json", b'{"detail": [{"loc": ["query", "limit"], "msg": "too small"}, {"loc": ["body"], "msg": "missing"}]}',
     {"error": "query.limit: too small; body: missing"}),
    (400, "application/json", b'{"errors": [{"field": "day", "message": "in the past"}]}', {"error": "day: in the past"}),
    (500, "text/html", b"<html>oops</html>", {"error": "500 Internal Server Error"}), (503, "text/plain", b" later \n", {"error": "later"}),
    (599, "", b"", {"error": "599 error"}), (403, "application/json", b"{}", {"error": "403 Forbidden"})])
def test_answers_as_results(status, media, body, expected):
    assert result_of(status, media, body) == expected


@given(st.integers(400, 599), st.one_of(st.binary(), st.recursive(st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(
    st.sampled_from(["detail", "message", "errors", "loc", "msg", "x"]), inner)).map(lambda value: json.dumps(value).encode())))
def test_an_error_always_has_words(status, body):
    result = result_of(status, "application/json", body)
    assert set(result) == {"error"}
    assert result["error"].strip()

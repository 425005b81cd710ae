"""References replaced by what they name."""

from magnetc.ir.inlined import inlined


def test_a_reference_that_leads_to_itself_ends():
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}, "size": {"type": "integer"}}}
    assert inlined({"type": "array", "items": {"$ref": "#/$defs/Node", "description": "One."}, "$defs": {"Node": node}}) == {
        "type": "array", "items": {"title": "Node", "type": "object", "description": "One.",
                                   "properties": {"next": {}, "size": {"type": "integer"}}}}


def test_what_is_not_defined_is_anything():
    assert inlined({"$ref": "#/$defs/Gone"}) == {}
    assert inlined({"anyOf": [{"$ref": "#/definitions/A"}, True], "definitions": {"A": {"type": "string"}}}) == {"anyOf": [{"type": "string"}, True]}

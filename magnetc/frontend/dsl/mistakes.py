"""Common mistakes, each given by examples: an error at the same place of the grammar as an example gets its message.

This is the idea of Lark's `match_examples`, but an example stands for its parser state alone, so that one example serves
for the first and the tenth parameter, and the table is built once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from magnetc.frontend.dsl.parser import dsl_parser

if TYPE_CHECKING:
    from lark.exceptions import UnexpectedInput


@dataclass(frozen=True, slots=True)
class Mistake:
    """`message` and `help` may hold `{found}` and `{before}`: the lexeme at the error and the one before it, in backquotes.

    With `anything`, whatever stands there is this mistake; otherwise only the sort of token that the example has. `needs`
    is a terminal that would have to be accepted there, since one parser state can serve several statements. `insert` is the
    text that repairs it right after the lexeme before; `replace` is written for the one found, `{found}` within it.
    """

    code: str
    message: str
    help: str
    examples: tuple[str, ...]
    anything: bool = True
    needs: str = ""
    insert: str = ""
    replace: str = ""


MISTAKES = (
    Mistake("MG144", "`:` and a type are missing after {before}",
            "write `name: Type`, or `name?: Type` when it may be left out",
            ("tool f(a string)", "tool f(a? string)", "tool f() -> {a}", "tool f() -> {a?}")),
    Mistake("MG144", "a type is missing after {before}", "a type is a name, `[T]`, `{{field: T}}` or `{{*: T}}`",
            ("tool f(a: )", "tool f() ->", "tool f() -> []", "tool f() -> {*: }")),
    Mistake("MG145", "`=` is missing after {before}", "a definition is `type Name = base` or `set name = [tools]`",
            ("type X string", "set s [a]"), insert=" ="),
    Mistake("MG143", "`(` is missing after {before}", "a tool has its parameters in `( )`, even when there are none",
            ("tool f -> T",)),
    Mistake("MG143", "`[` is missing after {before}", "write the names in `[ ]`, with commas between them",
            ("set s = a", "path p { within a }", "path p { start in a }")),
    Mistake("MG143", "`{{` is missing after {before}", "write the statement's body in `{{ }}`",
            ('said X "a" fr "b"', "graph infer typed", "path p turns 1..2", "operations merge(0.3)",
             'reply f en "a"', 'capability f en "a"',
             'ask f.a en "a"', 'refer X least y en "a"', 'refer X only en "a"', "refer X 3"), needs="LBRACE"),
    Mistake("MG141", "`,` is missing before {found}", "put `,` between the items of a list",
            ('type X = string examples "a" "b"', "set s = [a b]", "tool f(a: T b: T)",
             "tool f(a: T) -> {a: T b: T}", "tool f(a: [T] b: T)",
             "tool f(a: T = 3 b: T)", "operations { merge(p=3 q=4) }"), anything=False, needs="COMMA", insert=","),
    Mistake("MG155", "unknown word {found}",
            "`least field`, `most field` or `only` may stand here, then `{{` and the phrases",
            ("refer X dearest y",), anything=False),
    Mistake("MG148", "a mood is missing after the locale {before}",
            'write `do`, `say` or `ask` before the text: `en do "…"`',
            ('turn f { en "a" }',)),
    Mistake("MG146", "the text of a phrase is missing after {before}",
            'write it in double quotes: `"…"`; only a `turn` has moods',
            ("turn f { en do a }", "turn f { en do }", "reply f { en }", 'said X "a" { fr }',
             'reply f { en "a" | }', 'turn f { en do "a" | }',
             'said X "a" { fr "b" | }')),
    Mistake("MG147", "a phrase begins with its locale", 'write the locale before the text: `en "…"`',
            ('turn f { "a" }', "turn f { }", 'reply f { "a" }', "reply f { }", 'said X "a" { "b" }',
             'said X "a" { }')),
    Mistake("MG141", "`|` is missing between two texts", "put `|` between phrases that say the same",
            ('reply f { en "a" "b" }', 'turn f { en do "a" "b" }', 'said X "a" { fr "b" "c" }'), anything=False, insert=" |"),
    Mistake("MG156", "an alias is missing after {before}", "write `then tool as alias`; its slots are `{{alias.parameter}}`",
            ('turn f then g { en do "a" }', 'turn f then g as { en do "a" }')),
    Mistake("MG153", "a range has two bounds", "write `3..7`",
            ("type X = Date days 3", "type X = Date days 3.. unit", "type X = integer range 1 step 2",
             "type X = integer range 1.. step",
             "path p { turns 3 }", "path p { turns 3.. }", "type X = Date days x", "type X = integer range x",
             "path p { turns x }",
             "operations { merge(a=1..) }")),
    Mistake("MG154", "this is no pattern: {found} cannot stand after {before}",
            "a pattern has names of tools and sets, `_` for any tool, `|`, `*`, `+`, `?` and `( )`",
            ("path p { pattern }", "path p { pattern | }", "path p { pattern (a | | b) }",
             "path p { pattern a** }", "path p { pattern () }",
             "path p { pattern a, b }", "path p { pattern (a)+* }")),
    Mistake("MG159", "text in double quotes belongs after {before}", 'write `"…"`',
            ("type X = string unit mi", "type X = string matching a", "type X = string faker a",
             "type X = string from state a",
             "type X = string from system a", "type X = string description a", "tools from bfcl a"), replace='"{found}"'),
    Mistake("MG159", "a value belongs after {before}", 'text stands in double quotes: `"…"`',
            ("type X = string examples a", "type X = string one of a", 'type X = string one of "a", b', "said X a { }", "tool f(a: T = x)",
             "operations { merge(p=x) }"), replace='"{found}"'),
    Mistake("MG141", "`=` is no comparison", "write `==`", ("tool f(a: T) { where a = 1 }",), anything=False,
            replace="=="),
)


@lru_cache(maxsize=1)
def _table() -> dict[tuple[int, str | None], list[Mistake]]:
    """Mistakes by parser state and token; without a token where anything is the mistake. The first one wins."""
    from lark.exceptions import UnexpectedInput

    table: dict[tuple[int, str | None], list[Mistake]] = {}
    for mistake in MISTAKES:
        for example in mistake.examples:
            try:
                dsl_parser().parse(example, start="start")
            except UnexpectedInput as error:
                table.setdefault((state_of(error), None if mistake.anything else token_of(error)),
             []).append(mistake)
            else:
                raise AssertionError(f"no mistake: {example}")
    return table


def find_mistake(error: UnexpectedInput, accepts: set[str]) -> Mistake | None:
    """The common mistake that stands at this place of the grammar, where `accepts` are the terminals that could."""
    table = _table()
    found = table.get((state_of(error), token_of(error)), []) + table.get((state_of(error), None), [])
    return next((mistake for mistake in found if not mistake.needs or mistake.needs in accepts), None)


def state_of(error: UnexpectedInput) -> int:
    """The parser state that an error was found in."""
    return error.state.position


def token_of(error: UnexpectedInput) -> str:
    """The terminal that was found; empty for a character that begins none."""
    return getattr(getattr(error, "token", None), "type", "")

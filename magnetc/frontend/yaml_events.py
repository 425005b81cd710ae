"""Read YAML: libyaml's events become plain values and the spans of every key and value, in one pass.

The builder keeps its own stack, so that no input can exhaust Python's. It collects all errors of a file that parses;
where libyaml itself gives up, what was found before that stands too.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

import yaml

from magnetc.diagnostics import Fix, Label, Sink
from magnetc.diagnostics.edits import inserted, quoted, removed, renamed
from magnetc.diagnostics.suggest import closest
from magnetc.frontend.document import Document, SpanIndex
from magnetc.frontend.read_text import MAX_BYTES, check_nul
from magnetc.frontend.yaml_errors import syntax_error
from magnetc.frontend.yaml_scalar import NUMERIC_START, SPECIAL, Rejected, plain
from magnetc.ir.json import Json
from magnetc.source import SourceFile, Span

MAX_DEPTH = 50
"""Deepest nesting of lists and mappings. Schema validation recurses, and no recipe needs a tenth of what it bears."""

MAX_VALUES = 2_000_000
"""Keys, values, lists and mappings of all files of a recipe: 30,000 tools have so many. Each takes hundreds of bytes of memory."""

MAX_ALIASED = 200
"""Longest value that a fix writes in place of an alias: aliases of aliases grow by powers."""

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_CONFLICT = re.compile(r"^(?:<{7}|>{7}) .*$", re.MULTILINE)


class _Stop(Exception):
    """The rest of the file is not worth reading."""


def read_yaml(file: SourceFile, sink: Sink) -> Document | None:
    """The document in `file`; None after an error that leaves its structure in doubt.

    An ambiguous scalar is an error too, but the document is still returned, with the scalar as text, so that the rest
    can be checked in the same run. Registers the file, and the spans of its nodes, in the sink. Raises nothing, whatever
    the text.
    """
    if file.text.startswith("\ufeff"):
        file = SourceFile(file.name, file.text[1:])
    sink.add_file(file)
    if not _readable(file, sink):
        return None
    builder = _Builder(file, sink)
    try:
        builder.build()
    except _Stop:
        return None
    except yaml.YAMLError as error:
        sink.emit(syntax_error(file, error, builder.bracket))
        return None
    builder.settle_anchors()
    spans = SpanIndex(file.name, builder.spans)
    sink.add_file(file, spans)
    return None if builder.failed else _document(file, builder.root, spans, sink)


def span_index(file: SourceFile) -> SpanIndex | None:
    """The spans of the nodes of a file that is no document of a recipe; None where it cannot be read as YAML or JSON."""
    builder = _Builder(file, Sink())
    try:
        builder.build()
    except (_Stop, yaml.YAMLError):
        return None
    return SpanIndex(file.name, builder.spans)


def _readable(file: SourceFile, sink: Sink) -> bool:
    """Check what libyaml would report without a place, or not at all."""
    if len(file.text) > MAX_BYTES:
        sink.error(
            "MG003",
            f"`{file.name}` has {len(file.text):,} characters, and {MAX_BYTES:,} is the most a recipe file may have",
            help="split it into several files and name them in `include`",
        )
        return False
    if not check_nul(file, sink):
        return False
    if found := _UNPRINTABLE.search(file.text):
        sink.error(
            "MG108",
            f"the character U+{ord(found[0]):04X} is not allowed in YAML",
            Span(file.name, *found.span()),
            help="remove it, or write it as an escape in double quotes",
            fix=Fix.of(Span(file.name, *found.span()), "", safe=False),
        )
        return False
    if "<<<<<<< " in file.text and (found := _CONFLICT.search(file.text)):
        sink.error(
            "MG117",
            "the file holds a merge conflict",
            Span(file.name, *found.span()),
            label="left by version control",
            help="keep one side and delete the lines `<<<<<<<`, `=======` and `>>>>>>>`",
        )
        return False
    return True


def _document(file: SourceFile, data: Json, spans: SpanIndex, sink: Sink) -> Document | None:
    """Check that the root is a mapping that names its kind."""
    if not isinstance(data, dict):
        what = "is empty" if data is None else "is not a mapping"
        sink.error(
            "MG119",
            f"`{file.name}` {what}",
            spans[""][1] if "" in spans else Span(file.name, 0, 0),
            help="start it with `kind: …`, then one key a line",
        )
        return None
    kind = data.get("kind")
    if isinstance(kind, str):
        return Document(kind, file.name, data, spans)
    if "kind" in data:
        sink.error(
            "MG120",
            "`kind` has to be a word",
            spans["/kind"][1],
            help="write `kind: recipe`, or another kind",
        )
        return None
    near = closest("kind", data)
    place = spans["/" + _token(near)][0] if near else Span(file.name, 0, 0)
    kind = kind_of(file.name, data)
    sink.error(
        "MG120",
        f"`{file.name}` does not say what it is: `kind` is missing",
        place,
        help="did you mean `kind`?" if near else f"write `kind: {kind or 'recipe'}`{'' if kind else ', or another kind,'} first",
        fix=renamed(sink, place, near, "kind") if near else inserted(file.name, 0, f"kind: {kind}\n") if kind and is_block(file) else None,
    )
    return None


_KEYS = {"types": "types", "said": "types", "tools": "tools", "sets": "tools", "refine": "tools", "links": "graph", "unlinks": "graph",
         "undos": "graph", "infer": "graph", "operations": "operations", "turns": "turns", "refers": "turns", "replies": "turns",
         "asks": "turns", "capabilities": "turns", "include": "recipe", "seed": "recipe", "world": "recipe"}


def kind_of(name: str, data: dict[str, Json]) -> str | None:
    """The kind that a document without one has by its keys; None where they do not agree, or its name says otherwise."""
    if name == "recipe.yaml":
        return "recipe"
    kinds = {_KEYS[key] for key in data if key in _KEYS} or ({"paths"} if "paths" in data else set())
    return kinds.pop() if len(kinds) == 1 else None


def is_block(file: SourceFile) -> bool:
    """Whether a line may be put in front of the document: it is no flow mapping, and no `---` comes first."""
    return not file.text.lstrip().startswith(("{", "-", "%"))


class _Builder:
    """Builds values from events. `spans` maps a pointer to (key start, key end, value start, value end)."""

    def __init__(self, file: SourceFile, sink: Sink):
        self.root: Json = None
        self.spans: dict[str, tuple[int, int, int, int]] = {}
        self.failed = False
        self._file = file
        self._sink = sink
        # Of the innermost open container: itself, its pointer, where its bracket is (-1 in block style).
        self._container: Any = None
        self._pointer = ""
        self._bracket = -1
        self._key: str | None = None
        self._key_start = self._key_end = self._end = 0
        self._stack: list[tuple[Any, str, int]] = []
        self._skipping = self._skipped = 0
        self._documents = 0
        # By pointer: the source of a value whose key is given again. By anchor: the pointer of its node, and where it stands.
        self._again: dict[str, str] = {}
        self._anchors: dict[str, tuple[str, Span]] = {}
        self._aliased: set[str] = set()
        self._on_event = {
            yaml.ScalarEvent: self._scalar,
            yaml.AliasEvent: self._alias,
            yaml.MappingStartEvent: self._mapping,
            yaml.SequenceStartEvent: self._sequence,
            yaml.MappingEndEvent: self._close,
            yaml.SequenceEndEvent: self._close,
            yaml.DocumentStartEvent: self._document_start,
            yaml.DocumentEndEvent: self._ignore,
            yaml.StreamStartEvent: self._ignore,
            yaml.StreamEndEvent: self._ignore,
        }

    @property
    def bracket(self) -> int | None:
        """Offset of the innermost `[` or `{` that is still open."""
        return self._bracket if self._bracket >= 0 else None

    def build(self) -> None:
        """Consume all events. Raises yaml.YAMLError where the syntax is wrong, _Stop where reading on is no use."""
        on_event = self._on_event
        left = max(0, MAX_VALUES - self._sink.values)
        events = yaml.parse(self._file.text, Loader=yaml.CSafeLoader)
        for event in islice(events, left):
            if self._skipping:
                self._skip(event)
            else:
                on_event[type(event)](event)
        self._sink.values += len(self.spans)
        if next(events, None) is not None:
            self._error(
                "MG003",
                f"the files of this recipe hold more than {MAX_VALUES:,} keys and values",
                self._end,
                self._end + 1,
                label="not read from here on",
                help="include fewer files, or make recipes of their parts",
            )
            raise _Stop

    def _scalar(self, event: Any) -> None:
        text = event.value
        start, end = event.start_mark.index, event.end_mark.index
        if event.anchor is not None or event.tag is not None:
            self._decorated(event)
        is_plain = not event.style
        if self._key is None and type(self._container) is dict:
            self._set_key(text, start, end, is_plain)
            return
        if is_plain and (text in SPECIAL or text[0] in NUMERIC_START):
            value = plain(text)
            if type(value) is Rejected:
                span = self._span(start, end)
                fix = Fix.of(span, value.fix, safe=value.is_sure) if value.fix else None
                self._sink.error(value.code, value.message, span, help=value.help, fix=fix)
                if self._sink.is_full:
                    raise _Stop
                value = text
        else:
            value = text
        self._place(value, start, end)

    def _set_key(self, text: str, start: int, end: int, is_plain: bool) -> None:
        self._key, self._key_start, self._key_end = text, start, end
        if is_plain and (text in SPECIAL or text[0] in NUMERIC_START or text == "<<"):
            value = (
                plain(text)
                if text != "<<"
                else Rejected(
                    "MG110",
                    "merge keys (`<<`) are not read",
                    'write the keys out, or quote `"<<"` if it is meant as a name',
                )
            )
            if type(value) is Rejected:
                quotes = f'put it in quotes: `"{text}"`' if value.fix else value.help
                self._error(value.code, value.message, start, end, help=quotes, fix=Fix.of(self._span(start, end), value.fix) if value.fix else None)
            elif not isinstance(value, str):
                self._error(
                    "MG114",
                    f"the key `{text}` is not text" if text else "a key is missing before `:`",
                    start,
                    end,
                    help=f'put it in quotes: `"{text}"`' if text else "write the key, or quote the text that begins with `:`",
                    fix=Fix.of(self._span(start, end), f'"{text}"') if text else None,
                )
        if text in self._container:
            first = self.spans[f"{self._pointer}/{_token(text)}"]
            self._again[f"{self._pointer}/{_token(text)}"] = self._file.text[first[2] : first[3]]
            self._error(
                "MG112",
                f"the key `{text}` is given twice",
                start,
                end,
                label="given again",
                secondary=(Label(self._span(first[0], first[1]), "first defined here"),),
                help="remove one of the two",
            )

    def _place(self, value: Json, start: int, end: int) -> str:
        """Put a value where it belongs and return its pointer."""
        container = self._container
        self._end = end
        if type(container) is list:
            pointer = f"{self._pointer}/{len(container)}"
            container.append(value)
            self.spans[pointer] = (start, end, start, end)
        elif container is not None:
            key, self._key = self._key, None
            assert key is not None, "a mapping's events are keys and values in turn"
            pointer = f"{self._pointer}/{_token(key)}"
            if self._again and pointer in self._again:
                self._repeat(pointer, start, end)
            container[key] = value
            self.spans[pointer] = (self._key_start, self._key_end, start, end)
        else:
            pointer = ""
            self.root = value
            self.spans[pointer] = (start, end, start, end)
        return pointer

    def _repeat(self, pointer: str, start: int, end: int) -> None:
        """A key that is given twice with the same value says nothing new: the second can go."""
        first = self._again.pop(pointer)
        if start < end and self._file.text[start:end] == first:
            key = self._span(self._key_start, self._key_end)
            fix = removed(self._file, self._key_start, end)
            if fix:
                self._sink.repair(key, ("MG112",), fix)

    def _mapping(self, event: Any) -> None:
        self._open({}, event)

    def _sequence(self, event: Any) -> None:
        self._open([], event)

    def _open(self, value: Json, event: Any) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        if event.anchor is not None or event.tag is not None:
            self._decorated(event)
        if self._key is None and type(self._container) is dict:
            self._skipping, self._skipped = 1, start
            return
        if len(self._stack) >= MAX_DEPTH:
            self._error(
                "MG116",
                f"lists and mappings are nested more than {MAX_DEPTH} deep",
                start,
                max(end, start + 1),
                help="write it with fewer levels",
            )
            raise _Stop
        pointer = self._place(value, start, end)
        self._stack.append((self._container, self._pointer, self._bracket))
        self._container, self._pointer = value, pointer
        if not event.flow_style:
            self._bracket = -1
        elif self._file.text[end - 1 : end] in ("[", "{"):
            # behind an anchor or a tag; a pair in a list, `[? a: b]`, has no bracket of its own
            self._bracket = end - 1

    def _close(self, event: Any) -> None:
        # A block ends only where the next token starts: its last value is what people see as its end.
        if self._bracket >= 0:
            self._end = event.end_mark.index
        key_start, key_end, start, _ = self.spans[self._pointer]
        in_list = key_start == start
        self.spans[self._pointer] = (
            (start, self._end, start, self._end) if in_list else (key_start, key_end, start, self._end)
        )
        self._container, self._pointer, self._bracket = self._stack.pop()

    def _skip(self, event: Any) -> None:
        """Pass over a container that stands where a key should, then go on with a key that nothing looks at."""
        end = event.end_mark.index
        if isinstance(event, yaml.CollectionStartEvent):
            self._skipping += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            self._skipping -= 1
            if not self._skipping:
                self._error("MG114", "a list or mapping cannot be a key", self._skipped, min(end, self._line_end(self._skipped)),
                            help="keys are plain text; quote it if it is meant as text")
                self._key, self._key_start, self._key_end = f"\0{end}", end, end

    def _alias(self, event: Any) -> None:
        start = event.start_mark.index
        self._aliased.add(event.anchor)
        self._error(
            "MG109",
            f"aliases (`*{event.anchor}`) are not read",
            start,
            event.end_mark.index,
            help=f'write the value out, or quote `"*{event.anchor}"` if it is meant as text',
            fix=self._written_out(event.anchor, start, event.end_mark.index),
            secondary=(Label(self._anchors[event.anchor][1], "the value is here"),) if event.anchor in self._anchors else (),
        )
        if self._key is None and type(self._container) is dict:
            self._key, self._key_start, self._key_end = f"\0{start}", start, start
        else:
            self._place(None, start, event.end_mark.index)

    def _written_out(self, anchor: str, start: int, end: int) -> Fix | None:
        """An alias replaced by the value that it stands for, where that is one line and has no alias of its own."""
        pointer = self._anchors[anchor][0] if anchor in self._anchors else None
        if pointer is None or pointer not in self.spans or pointer == self._pointer or self._pointer.startswith(pointer + "/"):
            return None
        _, _, low, high = self.spans[pointer]
        source = self._file.text[low:high].partition(f"&{anchor}")[2].strip()
        if not source or len(source) > MAX_ALIASED or "\n" in source or set("*&#") & set(source):
            return None
        return Fix.of(self._span(start, end), source)

    def settle_anchors(self) -> None:
        """Let go of the anchors that no alias asks for: the others stay until their aliases are written out."""
        for anchor, (_, span) in self._anchors.items():
            if anchor not in self._aliased:
                text = self._file.text
                end = span.end + (text[span.end : span.end + 1] == " ")
                self._sink.repair(span, ("MG109",), Fix.of(Span(span.file, span.start, end), ""))

    def _decorated(self, event: Any) -> None:
        """Refuse the anchor or tag in front of a node."""
        start = event.start_mark.index
        if event.anchor is not None:
            at = self._file.text.find("&" + event.anchor, start)
            self._anchors[event.anchor] = (self._next_pointer(), self._span(at, at + len(event.anchor) + 1))
            self._error(
                "MG109",
                f"anchors (`&{event.anchor}`) are not read",
                at,
                at + len(event.anchor) + 1,
                help="write the value out where it is used, or quote it if `&` is part of the text",
            )
        if event.tag is not None:
            at = max(start, self._file.text.find("!", start))
            found = re.compile(r"[^\s,\]}]+").match(self._file.text, at)
            self._error(
                "MG111",
                f"tags (`{found[0] if found else event.tag}`) are not read",
                at,
                found.end() if found else at + 1,
                help="remove it: the type of a value follows from how it is written; or quote it if `!` is part of the text",
                fix=self._untagged(at, found.end()) if found else None,
            )

    def _untagged(self, start: int, end: int) -> Fix | None:
        """A tag of YAML taken away, or text that begins with `!` in quotes: a guess."""
        text = self._file.text
        if text.startswith("!!", start):
            return Fix.of(self._span(start, end + (text[end : end + 1] == " ")), "", safe=False)
        line = text[start : self._line_end(start)]
        item = line.partition(" #")[0].rstrip() if self._bracket < 0 else re.split(r"[,\]}]", line)[0].rstrip()
        return quoted(self._span(start, start + len(item)), item, safe=False) if '"' not in item else None

    def _next_pointer(self) -> str:
        """The pointer that the node which begins here will have."""
        if type(self._container) is list:
            return f"{self._pointer}/{len(self._container)}"
        return "" if self._container is None else f"{self._pointer}/{_token(self._key or '')}"

    def _document_start(self, event: Any) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        self._documents += 1
        if self._documents > 1:
            self._error(
                "MG113",
                "a second document starts here",
                start,
                end,
                help="one file holds one document: move this one to its own file",
            )
            raise _Stop
        if event.tags or (event.version and event.version < (1, 2)):
            self._error(
                "MG118",
                "directives such as `%YAML` are not read",
                start,
                self._line_end(start),
                help="remove the line: recipes are always YAML 1.2",
                fix=Fix.of(self._span(start, end + (self._file.text[end : end + 1] == "\n")), "") if start == 0 else None,
            )

    def _ignore(self, event: Any) -> None:
        """Nothing to build."""

    def _line_end(self, at: int) -> int:
        end = self._file.text.find("\n", at)
        return len(self._file.text) if end < 0 else end

    def _span(self, start: int, end: int) -> Span:
        return Span(self._file.name, start, end)

    def _error(
        self,
        code: str,
        message: str,
        start: int,
        end: int,
        *,
        help: str | None = None,
        label: str = "",
        secondary: tuple[Label, ...] = (),
        fix: Fix | None = None,
    ) -> None:
        self.failed = True
        self._sink.error(code, message, self._span(start, end), help=help, label=label, secondary=secondary, fix=fix)
        if self._sink.is_full:
            raise _Stop


def _token(key: str) -> str:
    """`magnetc.source.origin.escape`, inlined for the keys that need nothing: almost all."""
    return key.replace("~", "~0").replace("/", "~1") if "/" in key or "~" in key else key

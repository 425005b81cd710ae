"""Drafting types: what the bare places of tools mean, proposed a handful of tools at a time, each seeing the types before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from magnetc.build.draft.bare import BareLeaf, bare_leaves, refinements
from magnetc.build.draft.bench import Bench
from magnetc.build.draft.drafted import Drafted, DraftOptions, planned, require_drafter
from magnetc.build.draft.proposed_types import FILE, Judgement, ProposedType, documents_of, judge
from magnetc.build.draft.state_shown import initial_state, shown_state
from magnetc.build.draft.written import append, comment, file_without, include, short, statement
from magnetc.build.teacher import answering
from magnetc.diagnostics import Sink
from magnetc.frontend.document import Document
from magnetc.frontend.type_syntax import show_type
from magnetc.ir.json import Json
from magnetc.ir.signature import FunctionSignature
from magnetc.ir.types import EntityType, TypeTable
from magnetc.teachers.ask import Asker, GivenUp, Unusable
from magnetc.teachers.prompt_program import PromptProgram
from magnetc.tools.guesses.words import words

PROGRAM = "draft_type"

MOST_LEAVES = 24
"""Places that one question is about, unless a single tool has more."""

MOST_TYPES = 60
"""Types that a question shows of those that are there: the ones that read most like its places."""

_PLAIN = "# plain: "
_HEAD = "Entity types that a teacher proposed, and the places that have them: keep what your tools mean."


async def draft_types(options: DraftOptions, sink: Sink) -> Drafted | None:
    """Ask what the bare places of the recipe's tools mean, and write the types that the compiler takes into its folder.

    None when the recipe cannot be read; names and types may be wrong in it, since types that are missing are often why. Places that a draft
    leaves plain are not asked about again while its comment says so.

    Raises:
        MagnetError: MG515 when the recipe names no teacher to ask, or lacks a tool of `options`; MG420 for a prompt program; what the
            endpoint raises.
    """
    bench = Bench.open(options.folder, sink)
    if bench is None:
        return None
    tools, table = bench.declared()
    require_drafter(bench.recipe, list(tools), options.tools)
    settled = _left_plain(options.folder)
    leaves = [leaf for tool in tools.values() if not options.tools or tool.name in options.tools
              for leaf in bare_leaves(tool, table) if leaf.text not in settled]
    questions = list(_questions(leaves))
    drafted = planned(options, bench.recipe, PROGRAM, len(questions))
    if options.plan_only or not questions:
        return drafted
    options.announce(f"asking what {len(leaves)} places of tools mean, in {len(questions)} questions")
    state = await initial_state(bench, options)
    accepted: list[ProposedType] = []
    plain: list[tuple[BareLeaf, str]] = []
    async with answering(bench.recipe, options.folder, (PROGRAM,), budget=options.budget) as (asker, programs, drafted.asked):
        for question in questions:
            await _one(asker, programs[PROGRAM], question, bench, accepted, plain, state, drafted)
            options.progress(len(questions))
    drafted.made = [{"type": each.name, "definition": dict(each.definition), "places": [leaf.text for leaf in each.leaves], "reason": each.reason}
                    for each in accepted]
    drafted.plain = {leaf.text: reason for leaf, reason in plain}
    if accepted or plain:
        drafted.file = _write(options.folder, accepted, plain, tools)
        drafted.included = include(options.folder, drafted.file)
    return drafted


async def _one(asker: Asker, program: PromptProgram, question: Sequence[BareLeaf], bench: Bench, accepted: list[ProposedType],
               plain: list[tuple[BareLeaf, str]], state: Json, drafted: Drafted) -> None:
    """Ask one question. Where no answer is sound as a whole, what is sound of the last one counts, and the rest is told."""
    last: list[Judgement] = []

    def read(text: str) -> Judgement:
        judged = judge(program.read(text), question, accepted, bench, state)
        last[:] = [judged]
        if judged.problems:
            raise ValueError("; ".join(judged.problems))
        return judged

    try:
        await asker.ask(program, _inputs(question, accepted, bench, state), read)
    except Unusable as error:
        about = ", ".join(dict.fromkeys(f"`{leaf.tool}`" for leaf in question))
        drafted.lost.update(f"{about}: {problem}" for problem in (last[0].problems if last else (error.reason,)))
    except GivenUp as error:
        drafted.failures.extend(error.diagnostics)
        return
    if last:
        accepted += last[0].sound.types
        plain += last[0].sound.plain


def _questions(leaves: Iterable[BareLeaf]) -> Iterator[list[BareLeaf]]:
    """Places by question: those of a tool together, as many tools as are few enough."""
    made: list[BareLeaf] = []
    for _, each in groupby(leaves, lambda leaf: leaf.tool):
        own = list(each)
        if made and len(made) + len(own) > MOST_LEAVES:
            yield made
            made = []
        made = made + own
    if made:
        yield made


def _inputs(question: Sequence[BareLeaf], accepted: Sequence[ProposedType], bench: Bench, state: Json) -> dict[str, Json]:
    tools, table = bench.declared(documents_of(accepted, bench))
    shown = [tools[name] for name in dict.fromkeys(leaf.tool for leaf in question)]
    return {
        "tools": [_shown(tool) for tool in shown],
        "places": [{"place": leaf.text, "kind": leaf.kind, "description": leaf.description} for leaf in question],
        "types": _types(question, table, bench),
        "state": shown_state(state),
    }


def _shown(tool: FunctionSignature) -> dict[str, Json]:
    parameters: list[Json] = [f"{each.name}{'' if each.required else '?'}: {show_type(each.type)}" + (f" ({each.description})" if each.description else "")
                              for each in tool.parameters]
    return {"name": tool.name, "description": tool.description, "parameters": parameters, "returns": show_type(tool.returns)}


def _types(question: Sequence[BareLeaf], table: TypeTable, bench: Bench) -> list[Json]:
    """The types that there are, as the language writes them, the most alike to the places in their words."""
    wanted = {word for leaf in question for word in words(f"{leaf.tool} {leaf.parameter} {leaf.pointer}")}
    named = [each for each in table.types.values() if not each.inline]
    named.sort(key=lambda each: -len(wanted & set(words(each.name))))
    return [_type_line(each) for each in named[:MOST_TYPES]]


def _type_line(entity: EntityType) -> str:
    data: dict[str, Json] = {"base": entity.parent or entity.base}
    values = {"matching": entity.pattern, "format": entity.format, "unit": entity.unit, "state": entity.state, "system": entity.system,
              "faker": entity.faker, "minted": entity.minted, "volatile": entity.volatile, "enum": list(entity.enum[:8]), "examples": list(entity.examples[:3]),
              "range": [entity.minimum, entity.maximum] if None not in (entity.minimum, entity.maximum) else None}
    data |= {key: value for key, value in values.items() if value}
    document = Document(kind="types", file=FILE, data={"kind": "types", "types": {entity.name: data}}, spans={})
    return statement(document)[0]


def _left_plain(folder: Path) -> frozenset[str]:
    """The places that drafts leave as they are, by the comments that say so."""
    lines = (line for path in sorted(folder.glob("types/draft*.magnet")) for line in path.read_text(encoding="utf-8").splitlines())
    return frozenset(line.removeprefix(_PLAIN).partition("  (")[0].strip() for line in lines if line.startswith(_PLAIN))


def _write(folder: Path, accepted: Sequence[ProposedType], plain: Sequence[tuple[BareLeaf, str]], tools: dict[str, FunctionSignature]) -> str:
    """Write what was accepted, each type with the places that have it and why; returns the file's name in the recipe."""
    refine = refinements(((leaf, each.name) for each in accepted for leaf in each.leaves), tools)
    lines: list[str] = []
    for each in accepted:
        lines.append(comment(f"{each.name}{'' if each.definition else ', as it stands'}: {each.reason}"))
        if each.definition:
            lines += statement(Document(kind="types", file=FILE, data={"kind": "types", "types": {each.name: dict(each.definition)}}, spans={}))
    for name, data in refine.items():
        lines += ["", *statement(Document(kind="tools", file=FILE, data={"kind": "tools", "refine": {name: data}}, spans={}))]
    if plain:
        lines += ["", comment("Left as they are. Remove a line to have it asked about again.")]
        lines += [f"{_PLAIN}{leaf.text}  ({short(reason)})" for leaf, reason in plain]
    file = file_without(folder, FILE, refine)
    append(folder, file, _HEAD, lines)
    return file

"""Drafting phrases: for each tool that has few in a locale, as the front end takes them in a recipe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from babel import Locale

from magnetc.build.draft.drafted import Drafted, DraftOptions, planned, require_drafter
from magnetc.build.draft.written import append, include
from magnetc.build.teacher import answering
from magnetc.diagnostics import Severity, Sink
from magnetc.frontend import load
from magnetc.frontend.document import Document
from magnetc.frontend.dotted import quote_name
from magnetc.frontend.names import Definitions
from magnetc.frontend.resolve_turns import resolve_turns
from magnetc.frontend.slots import turn_slots
from magnetc.frontend.type_syntax import show_type
from magnetc.ir.schema import tool_schema
from magnetc.ir.signature import FunctionSignature
from magnetc.ir.spec import Spec
from magnetc.ir.template import Phrase
from magnetc.ir.template import slots as slots_of
from magnetc.teachers.ask import Asker, GivenUp, Unusable
from magnetc.teachers.gathered import gathered
from magnetc.teachers.prompt_program import PromptProgram
from magnetc.teachers.prompted.words import named_tools
from magnetc.tools.importers import IMPORTERS

PROGRAM = "draft_turn"

_EXAMPLES = 6
_FILE = "turns/draft.magnet"
_HEAD = "Phrases that a teacher proposed: keep what your users would say."

Phrases = dict[tuple[str, str], tuple[Phrase, ...]]
"""By tool and locale."""


async def draft_turns(options: DraftOptions, sink: Sink) -> Drafted | None:
    """Ask for phrases of each tool that has fewer than enough in a locale of the recipe, and write them into its folder.

    None when the recipe cannot be read.

    Raises:
        MagnetError: MG515 when the recipe names no teacher to ask, or lacks a tool of `options`; MG420 for a prompt program; what the
            endpoint raises.
    """
    spec = load(options.folder, sink, IMPORTERS)
    if spec is None:
        return None
    require_drafter(spec.recipe, list(spec.tool), options.tools)
    assert spec.recipe.model is not None, "the recipe has a model"
    wanted = [(tool, locale) for tool in spec.tools if not options.tools or tool.name in options.tools
              for locale, _ in spec.recipe.locales if len(_known(spec, tool.name, locale)) < options.enough]
    drafted, phrases = planned(options, spec.recipe, PROGRAM, len(wanted)), Phrases()
    if options.plan_only or not wanted:
        return drafted

    async def one(asker: Asker, program: PromptProgram, tool: FunctionSignature, locale: str) -> None:
        try:
            phrases[tool.name, locale] = await _asked(asker, program, spec, tool, locale, options.enough)
        except Unusable as error:
            drafted.lost[f"`{tool.name}` in {locale}: {error.reason}"] += 1
        except GivenUp as error:
            drafted.failures.extend(error.diagnostics)
        options.progress(len(wanted))

    async with answering(spec.recipe, options.folder, (PROGRAM,), budget=options.budget) as (asker, programs, drafted.asked):
        await gathered([one(asker, programs[PROGRAM], tool, locale) for tool, locale in wanted], spec.recipe.model.concurrency)
    phrases = {(tool.name, locale): phrases[tool.name, locale] for tool, locale in wanted if (tool.name, locale) in phrases}
    drafted.made = [{"tool": tool, "locale": locale, "phrases": [_shown(phrase) for phrase in each]} for (tool, locale), each in phrases.items()]
    if phrases:
        append(options.folder, _FILE, _HEAD, _statements(phrases))
        drafted.file, drafted.included = _FILE, include(options.folder, _FILE)
    return drafted


async def _asked(asker: Asker, program: PromptProgram, spec: Spec, tool: FunctionSignature, locale: str, enough: int) -> tuple[Phrase, ...]:
    slots = turn_slots(((tool.name, ""),), spec.tool)
    known = _known(spec, tool.name, locale)
    required = [name for name in slots if (own := tool.parameter(name.partition(".")[0])) and own.required]
    inputs = {"language": Locale.parse(locale.replace("-", "_")).get_display_name("en") or locale,
              "tool": tool_schema(tool, spec.type_table)["function"], "slots": {name: _meaning(tool, name, show_type(expr)) for name, expr in slots.items()},
              "required": required, "known": [_shown(phrase) for phrase in known], "wanted": enough - len(known),
              "examples": [_shown(phrase) for phrase in _others(spec, tool.name, locale)]}
    return await asker.ask(program, inputs, lambda text: checked(program.read(text)["phrases"], spec, tool, locale, known))


def checked(said: Sequence[Mapping[str, str]], spec: Spec, tool: FunctionSignature, locale: str, known: Sequence[Phrase]) -> tuple[Phrase, ...]:
    """The phrases of an answer, as the front end reads them in a recipe.

    Raises:
        ValueError: in words for the model, where one is none, or none says all that has to be said.
    """
    sink, definitions = Sink(), Definitions()
    for each in spec.tools:
        definitions.tools.define(each.name, each.origin, sink)
    data = {"chain": [tool.name], "phrases": [{"locale": locale, **each} for each in said]}
    document = Document(kind="turns", file="", data={"kind": "turns", "turns": [data]}, spans={})
    templates = resolve_turns([document], definitions, spec.tool, spec.type_table, sink)
    for diagnostic in sink.diagnostics:
        if diagnostic.severity is Severity.ERROR:
            raise ValueError(" ".join(filter(None, [diagnostic.message, diagnostic.help])))
    taken = {phrase.text for phrase in known}
    phrases = tuple({phrase.text: phrase for template in templates.turns for phrase in template.phrases if phrase.text not in taken}.values())
    for phrase in phrases:
        for problem in named_tools(phrase.text, spec.tool):
            raise ValueError(f"`{phrase.text}`: {problem}")
        if phrase.text.rstrip().endswith((".", "?", "!")):
            raise ValueError(f"`{phrase.text}` ends in a stop: frames put it there")
    required = {p.name for p in tool.parameters if p.required}
    if not phrases:
        raise ValueError("there is no phrase that is new")
    if required and not any(required <= {slot.name.partition(".")[0] for slot in slots_of(phrase.parts)} for phrase in (*phrases, *known)):
        raise ValueError(f"no phrase says all that has to be said: {', '.join(f'`{{{name}}}`' for name in sorted(required))}")
    return phrases


def _known(spec: Spec, tool: str, locale: str) -> list[Phrase]:
    """The phrases that a recipe has for a tool alone."""
    return [phrase for template in spec.turns if [name for name, _ in template.chain] == [tool] for phrase in template.phrases if phrase.locale == locale]


def _others(spec: Spec, tool: str, locale: str) -> list[Phrase]:
    found = [phrase for template in spec.turns if template.chain[0][0] != tool for phrase in template.phrases[:1] if phrase.locale == locale]
    return found[:_EXAMPLES]


def _shown(phrase: Phrase) -> dict[str, str]:
    return {"mood": phrase.mood, "text": phrase.text}


def _meaning(tool: FunctionSignature, slot: str, kind: str) -> str:
    parameter = tool.parameter(slot.partition(".")[0])
    return f"{kind}: {parameter.description}" if parameter and parameter.description else kind


def _statements(phrases: Mapping[tuple[str, str], Sequence[Phrase]]) -> Iterator[str]:
    for name in dict.fromkeys(tool for tool, _ in phrases):
        yield f"turn {quote_name(name)} {{"
        for (tool, locale), each in phrases.items():
            if tool == name:
                for mood in dict.fromkeys(phrase.mood for phrase in each):
                    texts = [_string(phrase.text) for phrase in each if phrase.mood == mood]
                    yield f"  {locale} {mood} " + " | ".join(texts)
        yield "}"


def _string(text: str) -> str:
    """A template as a string of the DSL: its backslashes stand for themselves before brackets."""
    return '"' + text.replace('"', '\\"') + '"'

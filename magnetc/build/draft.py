"""Drafting: a hosted teacher proposes phrases, the compiler checks them, and the user reviews a file of the recipe.

One paid pass at authoring time; the builds that follow need no model. What the recipe says already stays as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from babel import Locale

from magnetc.build.teacher import recipe_model
from magnetc.diagnostics import Diagnostic, Label, MagnetError, Severity, Sink
from magnetc.engine.journal import NAME, Journal
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
from magnetc.teachers.openai.budget import Budget
from magnetc.teachers.prompt_program import PromptProgram, load_program
from magnetc.teachers.prompted.words import named_tools
from magnetc.tools.importers import IMPORTERS

PROGRAM = "draft_turn"
ENOUGH = 6
"""Phrases of a tool in a locale: who has so many is not drafted for."""

_EXAMPLES = 6
_FILE = "turns/draft.magnet"


@dataclass(slots=True)
class Drafted:
    """What was drafted: phrases by tool and locale; `lost` are tools whose answers could not be used, by reason. `file`: where it was
    written, empty where nothing was."""

    phrases: dict[tuple[str, str], tuple[Phrase, ...]] = field(default_factory=dict)
    lost: Counter[str] = field(default_factory=Counter)
    failures: list[Diagnostic] = field(default_factory=list)
    budget: Budget | None = None
    file: str = ""


async def draft_turns(folder: Path, sink: Sink, *, enough: int = ENOUGH, tools: Sequence[str] = ()) -> Drafted | None:
    """Ask for phrases of each tool that has fewer than `enough` in a locale of the recipe, and write them into its folder.

    None when the recipe cannot be read. `tools`: only these.

    Raises:
        MagnetError: MG515 when the recipe names no teacher to ask, or lacks a tool of `tools`; MG420 for a prompt program; what the
            endpoint raises.
    """
    spec = load(folder, sink, IMPORTERS)
    if spec is None:
        return None
    if spec.recipe.model is None:
        raise MagnetError(_problem(spec, "the recipe names no teacher that could draft", "name one: `teacher: {openai: {model: …, endpoint: …}}` or `{transformers: {model: …}}`"))
    if strange := sorted(set(tools) - spec.tool.keys()):
        raise MagnetError(_problem(spec, f"the recipe has no tool `{strange[0]}`", "`magnetc paths DIR` lists those that it uses"))
    program = load_program(PROGRAM, folder)
    drafted = Drafted()
    wanted = [(tool, locale) for tool in spec.tools if not tools or tool.name in tools
              for locale, _ in spec.recipe.locales if len(_known(spec, tool.name, locale)) < enough]
    async with recipe_model(spec.recipe.model, folder) as model, Journal(folder / NAME) as journal:
        drafted.budget = model.budget
        asker = Asker(model, journal)
        await gathered([_one(asker, program, spec, tool, locale, enough, drafted) for tool, locale in wanted], spec.recipe.model.concurrency)
    if drafted.phrases:
        drafted.file = _write(folder, drafted.phrases)
    return drafted


async def _one(asker: Asker, program: PromptProgram, spec: Spec, tool: FunctionSignature, locale: str, enough: int, drafted: Drafted) -> None:
    slots = turn_slots(((tool.name, ""),), spec.tool)
    known = _known(spec, tool.name, locale)
    required = [name for name in slots if (own := tool.parameter(name.partition(".")[0])) and own.required]
    inputs = {"language": Locale.parse(locale.replace("-", "_")).get_display_name("en") or locale,
              "tool": tool_schema(tool, spec.type_table)["function"], "slots": {name: _meaning(tool, name, show_type(expr)) for name, expr in slots.items()},
              "required": required, "known": [_shown(phrase) for phrase in known], "wanted": enough - len(known),
              "examples": [_shown(phrase) for phrase in _others(spec, tool.name, locale)]}

    def read(text: str) -> tuple[Phrase, ...]:
        return checked(program.read(text)["phrases"], spec, tool, locale, known)

    try:
        drafted.phrases[tool.name, locale] = await asker.ask(program, inputs, read)
    except Unusable as error:
        drafted.lost[f"`{tool.name}` in {locale}: {error.reason}"] += 1
    except GivenUp as error:
        drafted.failures.extend(error.diagnostics)


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


def _write(folder: Path, phrases: Mapping[tuple[str, str], Sequence[Phrase]]) -> str:
    """Write the phrases beside what was drafted before, in the order of their tools; returns the file's name in the recipe."""
    path = folder / _FILE
    path.parent.mkdir(exist_ok=True)
    before = path.read_text(encoding="utf-8") if path.is_file() else "# Phrases that a teacher proposed: keep what your users would say.\n"
    path.write_text(before + "\n" + "\n".join(_statements(phrases)) + "\n", encoding="utf-8")
    return _FILE


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


def _problem(spec: Spec, message: str, help: str) -> Diagnostic:
    return Diagnostic(code="MG515", message=message, primary=Label(spec.recipe.origin), help=help)

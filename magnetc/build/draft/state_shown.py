"""The state in which a recipe's world begins, and what of it a teacher is shown: where values stand, and a few of each."""

from __future__ import annotations

from collections.abc import Iterator

from magnetc.build.draft.bench import Bench
from magnetc.build.draft.drafted import DraftOptions
from magnetc.diagnostics import MagnetError, Sink
from magnetc.frontend.resolve import resolve
from magnetc.ir.json import Json
from magnetc.ir.pointer import expand
from magnetc.source.origin import escape
from magnetc.tools.trust import require_trust
from magnetc.tools.worlds.kind import world_pool
from magnetc.translate.scenario import make_scenario

MOST_PATTERNS = 40
_VALUES = 3
_DEEP = 6
_LONGEST = 40


async def initial_state(bench: Bench, options: DraftOptions) -> Json:
    """The state of the world's first variant. None where the recipe has errors, or its code is not trusted: it is not run then.

    Raises:
        MagnetError: what a world raises that does not start.
    """
    spec = None if bench.before else resolve(bench.document, bench.documents, bench.imported, Sink())
    if spec is None:
        return None
    try:
        require_trust(options.folder, spec.recipe.world, options.trust)
    except MagnetError:
        options.announce("the teacher is not shown the world's state, since its code is not trusted: `--trust` lets it begin")
        return None
    pool = world_pool(spec.recipe.world, options.folder, options.announce)
    try:
        async with pool.world() as world:
            return (await make_scenario(world, spec, 0)).state
    finally:
        await pool.close()


def shown_state(state: Json) -> list[Json]:
    """Patterns that types may be bound to, each with a few of its values."""
    patterns = list(dict.fromkeys(_patterns(state, "", 0)))[:MOST_PATTERNS]
    return [{"pattern": pattern, "values": _some(state, pattern)} for pattern in patterns]


def _patterns(value: Json, at: str, depth: int) -> Iterator[str]:
    """Where several values stand that are alike: items of lists, and of mappings whose values have one shape."""
    if depth > _DEEP:
        return
    if isinstance(value, list):
        inner = list(value)
    elif isinstance(value, dict) and _is_map(value):
        inner = list(value.values())
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _patterns(each, f"{at}/{escape(key)}", depth + 1)
        return
    else:
        if "*" in at and isinstance(value, str | int | float) and not isinstance(value, bool):
            yield at
        return
    for each in inner:
        yield from _patterns(each, f"{at}/*", depth + 1)


def _is_map(value: dict[str, Json]) -> bool:
    """Whether a mapping's keys are names of things: all its values are mappings that have the same keys."""
    shapes = {tuple(sorted(each)) if isinstance(each, dict) else None for each in value.values()}
    return len(value) > 1 and len(shapes) == 1 and None not in shapes


def _some(state: Json, pattern: str) -> list[Json]:
    distinct = dict.fromkeys(value for _, value in expand(state, pattern) if isinstance(value, str | int | float))
    return [value[:_LONGEST] if isinstance(value, str) else value for value in list(distinct)[:_VALUES]]

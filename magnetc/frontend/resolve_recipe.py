"""The recipe document: what to build, how much of it, and for whom."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from math import isclose
from typing import Any

from magnetc.diagnostics import Sink
from magnetc.frontend.document import Document
from magnetc.frontend.names import Definitions, unknown
from magnetc.ir.checkpoint import Checkpoint
from magnetc.ir.endpoint import Endpoint
from magnetc.ir.json import canonical
from magnetc.ir.limits import Limits
from magnetc.ir.spec import NEAR, STYLES, Decontamination, HeldOut, Mix, Recipe, WorldSpec
from magnetc.ir.types import TypeTable
from magnetc.source import Origin
from magnetc.source.origin import escape

DEFAULT_LOSS = {"calls": 1, "clarifications": 1, "refusals": 1, "replies": 0}
KINDS = ("multi_turn", "single_turn", "abstain")
"""Kinds of conversation that a mixture has shares of."""

MOST_ABSTENTIONS = 3
"""Of one conversation: one of each kind that ends it (`passes/mixture.py`)."""

OF_EVERY_WORLD = ("now", "variants", "packages", "limits", "normalise")
OF_PYTHON = ("packages", "limits", "normalise")
MOST_PAIRS = 2
"""Pairs of a conversation."""

DEFAULT_PARTITIONS = {"train": 0.9, "validation": 0.05, "test": 0.05}


def resolve_recipe(document: Document, definitions: Definitions, sink: Sink) -> Recipe:
    """The recipe node, defaults filled in. Problems go to the sink; what they touch is kept as written."""
    data, origin = document.data, Origin(document.file, document.root)
    locales = data.get("locales") or {"en": 1.0}
    partitions = {name: share for name, share in (data.get("partitions") or {}).items() if name != "held_out"} or DEFAULT_PARTITIONS
    styles: dict[str, float] = data.get("styles") or dict.fromkeys(STYLES, 1 / len(STYLES))
    _check_shares("locales", locales, origin, sink)
    _check_shares("styles", styles, origin, sink)
    _check_shares("partitions", partitions, origin, sink)
    _check_pairs(data.get("negatives") or {}, origin, sink)
    _check_paths(data.get("paths") or {}, origin, definitions, sink)
    teacher = data.get("teacher", "offline")
    positives = data.get("positives", "reference")
    acting = positives["act"] if isinstance(positives, dict) else {}
    _check_model(data, origin, sink)
    return Recipe(
        name=data["name"],
        version=data["version"],
        seed=data["seed"],
        world=_world(data["world"], _folder(document), origin.child("world"), definitions, sink),
        show=tuple((data.get("system") or {}).get("show", ("date",))),
        teacher=teacher if isinstance(teacher, str) else next(iter(teacher)),
        model=_model(teacher) if isinstance(teacher, dict) else None,
        locales=tuple((name, float(share)) for name, share in locales.items()),
        styles=tuple((name, float(share)) for name, share in styles.items()),
        paths=tuple((data.get("paths") or {}).items()),
        mixture=_mixture(data["mixture"], origin.child("mixture"), sink) if "mixture" in data else (),
        difficulty=tuple((thing, float(least["share"] if isinstance(least, dict) else least)) for thing, least in (data.get("difficulty") or {}).items()),
        chain=((data.get("difficulty") or {}).get("chain") or {}).get("least", 0),
        negatives=tuple((name, float(rate)) for name, rate in (data.get("negatives") or {}).items()),
        acts=isinstance(positives, dict),
        reasons=acting.get("reasoning", False),
        calls=data.get("calls", "as_needed"),
        loss=tuple({**DEFAULT_LOSS, **(data.get("loss") or {})}.items()),
        partitions=tuple((name, float(partitions.get(name, 0))) for name in DEFAULT_PARTITIONS),
        held_out=_held_out((data.get("partitions") or {}).get("held_out"), origin.child("partitions", "held_out"), definitions, sink),
        coverage=tuple((thing, float(share)) for thing, share in (data.get("gates") or {}).get("coverage", {}).items()),
        shortcut=(data.get("gates") or {}).get("shortcut"),
        decontaminate=_decontamination(document, origin.child("decontaminate")) if "decontaminate" in data else None,
        deduplicate=float(data["deduplicate"]) if "deduplicate" in data else None,
        mix=tuple(_mix(document, origin.child("mix"), sink)) if "mix" in data else (),
        emit=tuple(data.get("emit", ("trl",))),
        train=canonical(data.get("train") or {}),
        description=data.get("description", ""),
        origin=origin,
    )


def _mixture(ratio: Mapping[str, float], origin: Origin, sink: Sink) -> tuple[tuple[str, float], ...]:
    """The shares of a ratio, in the order of `KINDS`. MG230 where no conversations can have them."""
    given = {kind: float(ratio.get(kind, 0)) for kind in KINDS}
    *served, abstain = given.values()
    if not sum(served):
        sink.error("MG230", "the mixture has abstentions alone" if abstain else "each part of the mixture is 0", origin,
                   help="each abstention is the copy of a conversation in which the same is done: give `multi_turn` or `single_turn` a share"
                   if abstain else "give `multi_turn` or `single_turn` a share above 0")
        return ()
    if abstain > MOST_ABSTENTIONS * sum(served):
        sink.error("MG230", f"the mixture asks for {abstain / sum(served):.3g} abstentions of each other conversation", origin.child("abstain"),
                   help=f"at most {MOST_ABSTENTIONS} can be made of one: {MOST_ABSTENTIONS * sum(served):g}, or less")
    return tuple((kind, share / sum(given.values())) for kind, share in given.items())


def _held_out(data: Mapping[str, Any] | None, origin: Origin, definitions: Definitions, sink: Sink) -> HeldOut | None:
    if data is None:
        return None
    tools = data.get("tools", 0)
    named = tuple(tools) if isinstance(tools, list) else ()
    known = tuple(name for index, name in enumerate(named) if definitions.tools.check(name, origin.child("tools", index), sink))
    return HeldOut(tools=known, count=0 if isinstance(tools, list) else int(tools), compositions=float(data.get("compositions", 0)),
                   states=data.get("states", 0), phrases=float(data.get("phrases", 0)), origin=origin)


def _decontamination(document: Document, origin: Origin) -> Decontamination:
    """What the recipe names, each as the command line does: `toolquery: FOLDER` is `toolquery=FOLDER`."""
    data = document.data["decontaminate"]
    listed_below = isinstance(data, dict)
    data = data if listed_below else {"against": data}
    named = [[each] if isinstance(each, str) else [f"{name}={path}" for name, path in each.items()] for each in data["against"]]
    most = data.get("most")
    return Decontamination(against=tuple(name for names in named for name in names), near=float(data.get("near", NEAR)),
                           most=None if most is None else float(most), origin=origin, listed_below=listed_below,
                           folder=document.span("/decontaminate", at_key=True).file.rpartition("/")[0])


def _mix(document: Document, origin: Origin, sink: Sink) -> Iterator[Mix]:
    """The files that are mixed in, each under its name, or what its path ends with. MG231 where two have the same."""
    folder = document.span("/mix", at_key=True).file.rpartition("/")[0]
    places: dict[str, str] = {}
    for number, each in enumerate(document.data["mix"]):
        file, at = each["file"], origin.child(str(number))
        name = each.get("name") or re.sub(r"[^a-z0-9_-]+", "-", file.rstrip("/").rpartition("/")[2].removesuffix(".jsonl").lower()).strip("-") or "mix"
        if name in places:
            sink.error("MG231", f"`{file}` would be called `{name}`, as `{places[name]}` is", at.child("name" if "name" in each else "file"), help="give each a `name` of its own")
        places[name] = file
        yield Mix(name=name, file=file, weight=float(each["weight"]), folder=folder, origin=at)


def _model(teacher: Mapping[str, Any]) -> Endpoint | Checkpoint:
    if "transformers" in teacher:
        return _checkpoint(teacher["transformers"])
    return _endpoint(teacher["openai"])


def _checkpoint(data: Mapping[str, Any]) -> Checkpoint:
    named = {"revision": "revision", "dtype": "dtype", "device": "device", "batch": "batch", "most_tokens": "max_tokens"}
    given: dict[str, Any] = {field: data[key] for field, key in named.items() if key in data}
    return Checkpoint(model=data["model"], models=tuple((data.get("models") or {}).items()), template=canonical(data.get("template") or {}), **given)


def _endpoint(data: Mapping[str, Any]) -> Endpoint:
    named = {"url": "endpoint", "key": "key", "dialect": "dialect", "concurrency": "concurrency", "timeout": "timeout",
             "requests": "requests_per_minute", "tokens": "tokens_per_minute"}
    given: dict[str, Any] = {field: data[key] for field, key in named.items() if key in data}
    price, budget = data.get("price") or {}, data.get("budget") or {}
    return Endpoint(model=data["model"], models=tuple((data.get("models") or {}).items()), most_tokens=budget.get("tokens", 0),
                    most_money=float(budget.get("money", 0)), price=(float(price.get("input", 0)), float(price.get("output", 0))), **given)


def _folder(document: Document) -> str:
    """The folder of the file that says of which kind the world is."""
    named = [document.span("/world/" + escape(key), at_key=True).file for key in document.data["world"] if key not in OF_EVERY_WORLD]
    return named[0].rpartition("/")[0] if named else ""


def _world(data: Mapping[str, Any], folder: str, origin: Origin, definitions: Definitions, sink: Sink) -> WorldSpec:
    try:
        datetime.fromisoformat(data["now"])
    except ValueError:
        sink.error("MG222", f"`{data['now']}` is not an instant: there is no such day or time", origin.child("now"),
                   help="write a day of the calendar and a time up to `23:59:59`")
    kinds = [key for key in data if key not in OF_EVERY_WORLD]
    if len(kinds) != 1:
        also = f"`{kinds[0]}` and `{kinds[1]}`" if kinds else "nothing that says of which kind it is"
        sink.error("MG226", f"`world` has {also}", origin.child(kinds[1]) if kinds else origin, at_key=True,
                   help="keep one of them" if kinds else 'name a class beside the recipe: `python: "world:MyWorld"`')
    kind = kinds[0] if kinds else "python"
    python = data.get("python", "") if kind == "python" else ""
    own = {"normalise": data["normalise"]} if "normalise" in data else {}
    settings = canonical(own if kind == "python" else data[kind])
    for key in [each for each in OF_PYTHON if each in data] if kind != "python" else ():
        sink.error("MG226", f"`{key}` are those of a `python` world; this one is `{kind}`", origin.child(key), at_key=True,
                   help=f"leave them out, or say what `{kind}` needs under its own keys")
    if kind == "simulated":
        _check_simulated(data[kind], origin.child(kind), definitions, sink)
    return WorldSpec(kind=kind, python=python, settings=settings, now=data["now"], variants=data.get("variants", 8),
                     limits=Limits(**data.get("limits") or {}),
                     packages=tuple(data.get("packages") or ()), folder=folder, origin=origin)


def _check_simulated(settings: Mapping[str, Any], origin: Origin, definitions: Definitions, sink: Sink) -> None:
    """What the recipe says of simulated tools is said of tools and types that there are."""
    for name, said in (settings.get("tools") or {}).items():
        definitions.tools.check(name, origin.child("tools", name), sink, at_key=True)
        if "of" in said:
            definitions.check_type(said["of"], origin.child("tools", name, "of"), sink)


def _check_shares(key: str, shares: Mapping[str, float], origin: Origin, sink: Sink) -> None:
    total = sum(shares.values())
    if isclose(total, 1, abs_tol=1e-6):
        return
    scaled = ", ".join(f"{name}: {share / total:.3g}" for name, share in shares.items()) if total else ""
    sink.error("MG220", f"the shares in `{key}` add up to {total:g}, not to 1", origin.child(key),
               help=f"in the same proportions: `{{{scaled}}}`" if scaled else "give at least one a share above 0")


def _check_pairs(rates: Mapping[str, float], origin: Origin, sink: Sink) -> None:
    total = sum(rates.values())
    if total > MOST_PAIRS:
        sink.error("MG221", f"the rates in `negatives` add up to {total:g} pairs per conversation; there are {MOST_PAIRS} at the most", origin.child("negatives"),
                   help="in the same proportions: `{" + ", ".join(f"{name}: {MOST_PAIRS * rate / total:.3g}" for name, rate in rates.items()) + "}`")


def _check_model(data: Mapping[str, Any], origin: Origin, sink: Sink) -> None:
    """What only a model can do needs one."""
    if isinstance(data.get("teacher", "offline"), dict):
        return
    wanted = [("positives", "act")] if isinstance(data.get("positives"), dict) else []
    wanted += [("negatives", "mislead")] if "mislead" in (data.get("negatives") or {}) else []
    for key, name in wanted:
        sink.error("MG223", f"`{key}: {{{name}: …}}` is done by a model, and the recipe's teacher is none", origin.child(key, name), at_key=True,
                   help="name one: `teacher: {openai: {model: …, endpoint: …}}`, or `teacher: {transformers: {model: …}}`")


def _check_paths(counts: Mapping[str, int], origin: Origin, definitions: Definitions, sink: Sink) -> None:
    """Each path that the recipe counts must be defined; one that is defined but not counted is built nowhere."""
    for name in counts:
        if name not in definitions.paths:
            unknown("MG301", "path", name, definitions.paths.origins, origin.child("paths", name), sink, at_key=True, taken=counts.keys())
    for name, where in definitions.paths.origins.items():
        if name not in counts:
            sink.warning("MG302", f"path `{name}` is never sampled: the recipe gives it no count", where, at_key=True,
                         help=f"add `{name}: COUNT` to `paths` of the recipe, or leave the path out")


def check_shown(table: TypeTable, show: tuple[str, ...], sink: Sink) -> None:
    """MG213: a type whose values the system message would give, in a recipe whose system message does not show them."""
    for name, entity in table.types.items():
        part = entity.system.split("/")[1] if entity.system else None
        if part and part not in show:
            sink.warning("MG213", f"`{name}` comes from `{entity.system}`, but the system message does not show the {part}",
                         entity.origin.child("system"), help=f"add `{part}` to `system: {{show: [...]}}` of the recipe")

"""The settings of a run: the manifest's `train`, what the command line changes of it, and defaults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from typing import Any, TypeVar

import yaml

from magnetc.diagnostics import Diagnostic, MagnetError, Sink
from magnetc.frontend.document import Document
from magnetc.frontend.read_text import decode
from magnetc.frontend.schema import conforms
from magnetc.frontend.yaml_events import read_yaml
from magnetc.models.scratch import ScratchSettings

Made = TypeVar("Made")

NAME = "train settings"
"""What diagnostics call the settings, which are no file of the user's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoraSettings:
    """Adapters; Magnet's for 14B (§4.1)."""

    rank: int = 32
    alpha: float = 64.0
    dropout: float = 0.0
    targets: str | list[str] = "all-linear"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageSettings:
    """What both stages have. `batch` counts sequences of a step over all processes, `micro_batch` those of a forward."""

    epochs: float = 1.0
    steps: int | None = None
    lr: float = 1e-5
    schedule: str = "cosine"
    warmup: float = 0.1
    weight_decay: float = 0.0
    batch: int = 64
    micro_batch: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SFTSettings(StageSettings):
    packing: bool | int = True


@dataclass(frozen=True, slots=True, kw_only=True)
class MDPOSettings(StageSettings):
    """See `MDPOConfig`; `preference` is the manifest's `lambda`."""

    lr: float = 5e-7
    beta: float = 0.1
    preference: float = 1.0
    likelihood: float = 1.0
    credit: str = "turn"
    discount: float | None = None
    floor: float | None = None
    attention: str = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectSettings:
    """A look every `every` steps (None: four a stage) at `conversations` of the validation partition."""

    every: int | None = None
    conversations: int = 32
    recall_margin: float = 0.02
    most_tokens: int = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainSettings:
    """All of a run. `base` is a hub name or a folder, or the sizes of a model from nothing."""

    base: str | ScratchSettings
    seed: int = 0
    length: int = 8192
    over: str = "drop"
    dtype: str = "auto"
    gradient_checkpointing: bool = False
    lora: LoraSettings | None = None
    template: dict[str, Any] = field(default_factory=dict)
    report_to: str | list[str] = "none"
    sft: SFTSettings = field(default_factory=SFTSettings)
    mdpo: MDPOSettings = field(default_factory=MDPOSettings)
    select: SelectSettings | None = field(default_factory=SelectSettings)

    def document(self) -> dict[str, Any]:
        """As JSON, to keep with a run and to compare."""
        return asdict(self)


def read_settings(manifest: Mapping[str, Any], changes: Sequence[str], sink: Sink) -> TrainSettings | None:
    """The settings that a manifest and `KEY=VALUE` changes come to. None when they have errors, which are in `sink`.

    Raises:
        MagnetError: MG716 when a change is not of the form `KEY=VALUE`, or no base model is named.
    """
    given = {key: value for key, value in dict(manifest.get("train") or {}).items() if key != "stages"}
    for change in changes:
        _apply(given, change)
    document = _document(given, sink)
    if document is None or not conforms(document, sink, "train"):
        return None
    if "base" not in given:
        raise MagnetError(Diagnostic(
            code="MG716", message="no base model is named",
            help="add `train: {base: …}` to the recipe and build it again, or give `--set base=NAME`: a folder, a name on the "
                 "Hugging Face hub, or `scratch`"))
    return _settings({"seed": manifest.get("seed", 0), **given})


def _apply(settings: dict[str, Any], change: str) -> None:
    """`mdpo.beta=0.3` into {"mdpo": {"beta": 0.3}}."""
    key, equals, text = change.partition("=")
    names = key.strip().split(".")
    if not equals or not all(names):
        raise MagnetError(Diagnostic(code="MG716", message=f"`--set {change}` does not say what to set",
                                     help="write `--set KEY=VALUE`, such as `--set mdpo.beta=0.3`"))
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        value = text
    if isinstance(value, str):
        value = _number(value)
    *outer, last = names
    for name in outer:
        inner = settings.get(name)
        settings[name] = dict(inner) if isinstance(inner, dict) else {}
        settings = settings[name]
    settings[last] = value


def _number(text: str) -> str | float:
    """`1e-5` is a number in YAML 1.2, and a word to a reader of YAML 1.1."""
    try:
        return float(text)
    except ValueError:
        return text


def _document(given: Mapping[str, Any], sink: Sink) -> Document | None:
    text = yaml.safe_dump({"kind": "recipe", **given}, sort_keys=False, allow_unicode=True)
    file = decode(text.encode(), NAME, sink)
    document = file and read_yaml(file, sink)
    if not document:
        return None
    return replace(document, data={key: value for key, value in document.data.items() if key != "kind"})


def _settings(given: Mapping[str, Any]) -> TrainSettings:
    values = dict(given)
    base = values["base"]
    if base == "scratch" or isinstance(base, dict):
        values["base"] = ScratchSettings(**({} if base == "scratch" else base["scratch"] or {}))
    if "lora" in values:
        values["lora"] = _known(LoraSettings, values["lora"])
    values["sft"] = _known(SFTSettings, values.get("sft", {}))
    preference = dict(values.get("mdpo", {}))
    if "lambda" in preference:
        preference["preference"] = preference.pop("lambda")
    values["mdpo"] = _known(MDPOSettings, preference)
    select = values.get("select", True)
    values["select"] = None if select is False else _known(SelectSettings, {} if select is True else select)
    return _known(TrainSettings, values)


def _known(kind: type[Made], given: Mapping[str, Any]) -> Made:
    assert is_dataclass(kind)
    names = {each.name for each in fields(kind)}
    return kind(**{name: value for name, value in given.items() if name in names})  # pyright: ignore[reportReturnType]


def differences(before: Mapping[str, Any], after: Mapping[str, Any], place: str = "") -> list[str]:
    """What two settings disagree in, as `mdpo.beta: 0.1, not 0.3`."""
    found = []
    for key in sorted({*before, *after}):
        old, new = before.get(key), after.get(key)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            found += differences(old, new, f"{place}{key}.")
        elif old != new:
            found.append(f"{place}{key}: {old}, not {new}")
    return found


def per_step(batch: int, micro_batch: int, processes: int) -> int:
    """Forwards of one process in an optimiser step.

    Raises:
        MagnetError: MG716 when `batch` cannot be divided like that.
    """
    forwards, rest = divmod(batch, micro_batch * processes)
    if rest or not forwards:
        raise MagnetError(Diagnostic(
            code="MG716", message=f"a batch of {batch} cannot be shared by {processes} processes of {micro_batch} sequences",
            help=f"set `batch` to a multiple of {micro_batch * processes}"))
    return forwards

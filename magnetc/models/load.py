"""Tokenizers and models from a folder or the Hugging Face hub, with diagnostics for what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from magnetc.diagnostics import Diagnostic, MagnetError
from magnetc.extras import required
from magnetc.models.chat import Chat


def load_tokenizer(path: str | Path, **settings: Any) -> Any:
    """The tokenizer of a model folder or hub name; `settings` such as `revision` go to transformers.

    Raises:
        MagnetError: MG710 without the extra `train`, MG712 when it cannot be loaded.
    """
    (transformers,) = required("transformers")
    return _loaded(transformers.AutoTokenizer.from_pretrained, path, **settings)


def load_chat(path: str | Path, options: Mapping[str, Any] | None = None) -> Chat:
    """The chat template of a model, with its tokenizer; `options` are passed to the template.

    Raises:
        MagnetError: as `load_tokenizer`, and MG713 when the tokenizer has no chat template.
    """
    return Chat(load_tokenizer(path), options)


def load_model(path: str | Path, *, dtype: str = "float32", device: str = "cpu", **settings: Any) -> Any:
    """The causal language model of a folder or hub name; `dtype` is torch's name for it (`bfloat16`), or `auto`: as it was saved.

    Raises:
        MagnetError: MG710 without the extra `train`, MG712 when it cannot be loaded, or has no place on `device`.
    """
    torch, transformers = required("torch", "transformers")
    load = transformers.AutoModelForCausalLM.from_pretrained
    with _without_bar(transformers.utils.logging):
        model = _loaded(load, path, dtype=dtype if dtype == "auto" else getattr(torch, dtype), **settings)
    try:
        return model.to(device)
    except (RuntimeError, AssertionError) as error:  # no such device, or no room on it
        raise _not_loaded(str(path), f"`{device}`: {_first_line(error)}") from error


@contextmanager
def _without_bar(bars: Any) -> Iterator[None]:
    """A command has one bar, of its own; that of the library's loading is left out, and is there again for others."""
    enabled = bars.is_progress_bar_enabled()
    bars.disable_progress_bar()
    try:
        yield
    finally:
        if enabled:
            bars.enable_progress_bar()


def load_encoder(name: str) -> Any:
    """The `SentenceTransformer` of a folder, a hub name, or an installed package that holds one, on the CPU.

    Raises:
        MagnetError: MG710 without the extra `embed`, MG712 when it cannot be loaded.
    """
    (library,) = required("sentence_transformers", extra="embed")
    return _loaded(library.SentenceTransformer, _of_package(name) or name, device="cpu")


def _of_package(name: str) -> str | None:
    """The folder of the model that an installed package of this name holds."""
    found = find_spec(name) if name.isidentifier() else None
    folders = found.submodule_search_locations if found else None
    marks = (mark for folder in folders or () for mark in sorted(Path(folder).rglob("modules.json")))
    return next((str(mark.parent) for mark in marks), None)


def _loaded(load: Any, path: str | Path, **settings: Any) -> Any:
    name = str(path)
    if _is_folder(name) and not Path(name).is_dir():
        raise _not_loaded(name, "there is no such folder")
    try:
        return load(name, **settings)
    except (OSError, ValueError, KeyError, TypeError, ImportError) as error:
        raise _not_loaded(name, _first_line(error)) from error


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


def _is_folder(name: str) -> bool:
    """Whether a name can only be a path: hub names have at most one slash and no dot or slash in front."""
    return name.startswith((".", "/", "~")) or name.count("/") > 1 or "\\" in name


def _not_loaded(name: str, why: str) -> MagnetError:
    return MagnetError(
        Diagnostic(
            code="MG712",
            message=f"the model `{name}` cannot be loaded",
            notes=(why,),
            help="name a folder that holds a model in Hugging Face's form, or a hub name that can be downloaded or is cached",
        )
    )

"""Stand-ins for what the package imports and these programs never use: clients of vendors, parsers of prompted models, tables of a leaderboard.

Each takes the place of a package that is not installed; one that is installed is imported as ever. So the environment is two packages, not
a hundred and fifty.
"""

import importlib.abc
import importlib.machinery
import os
import sys
import tempfile
import types

PACKAGES = frozenset(["dotenv", "filelock", "numpy", "openai", "overrides", "pandas", "requests", "tenacity", "tqdm", "tree_sitter",
                      "tree_sitter_java", "tree_sitter_javascript"])
MODELS = "bfcl_eval.constants.model_config"
"""Imports the client of every vendor; what is asked of it is whether a model was offered names with `_` for `.`."""


class Anything:
    """Whatever is asked of it: a decorator, a class, a lock, a constant."""

    def __call__(self, *given, **named):
        return given[0] if len(given) == 1 and isinstance(given[0], types.FunctionType) else self

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __mro_entries__(self, bases):
        return ()

    def __or__(self, other):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        return None


class Module(types.ModuleType):
    __path__ = []  # noqa: RUF012

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything()


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Asked last: for what nothing else has found."""

    def find_spec(self, fullname, path=None, target=None):
        return importlib.machinery.ModuleSpec(fullname, self) if fullname.partition(".")[0] in PACKAGES else None

    def create_module(self, spec):
        return Module(spec.name)

    def exec_module(self, module):
        return None


class Models(dict):
    """Every model: one that calls functions as OpenAI's chat completions have them."""

    def __missing__(self, name):
        return types.SimpleNamespace(underscore_to_dot=True, is_fc_model=True)


def install():
    """Make the package importable. It makes folders where it is told that its project is: in a directory that is removed at the end."""
    place = tempfile.TemporaryDirectory()
    os.environ["BFCL_PROJECT_ROOT"] = place.name
    sys.meta_path.append(Finder())
    models = types.ModuleType(MODELS)
    models.MODEL_CONFIG_MAPPING = Models()  # pyright: ignore[reportAttributeAccessIssue]
    sys.modules[MODELS] = models
    return place

"""What the journal calls a model: the same while its answers are, and another as soon as they may differ."""

import json

import pytest

from magnetc.build.model_names import REMEMBERED, checkpoint_place, model_names
from magnetc.diagnostics import MagnetError
from magnetc.ir.checkpoint import Checkpoint
from magnetc.ir.endpoint import Endpoint


@pytest.fixture
def recipe(tmp_path):
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text("{}")
    (model / "model.safetensors").write_bytes(b"weights")
    (model / "README.md").write_text("of no matter")
    (tmp_path / "recipe").mkdir()
    return tmp_path / "recipe"


def name(recipe, program="p", **settings):
    return model_names(Checkpoint(**{"model": "../model", **settings}), recipe)(program)


def test_a_hosted_model_is_called_as_the_recipe_calls_it(recipe):
    assert model_names(Endpoint(model="a", models=(("q", "b"),)), recipe)("q") == "b"


def test_a_checkpoint_is_what_its_answers_come_from(recipe):
    first = name(recipe)
    assert first.startswith("model@")
    assert name(recipe, device="cuda", batch=3) == first, "where it runs, and with how many, is no part of it"
    assert name(recipe, model=str(recipe.parent / "model")) == first
    (recipe.parent / "model" / "README.md").write_text("another")
    assert name(recipe) == first
    others = [name(recipe, dtype="bfloat16"), name(recipe, most_tokens=9), name(recipe, template='{"enable_thinking":false}')]
    (recipe.parent / "model" / "model.safetensors").write_bytes(b"WEIGHTS")
    others.append(name(recipe))
    (recipe.parent / "model" / "chat_template.jinja").write_text("{{ messages }}")
    others.append(name(recipe))
    assert len({first, *others}) == 6


def test_a_name_on_the_hub_has_its_revision(recipe):
    hub = {"model": "some/model"}
    assert name(recipe, **hub).startswith("some/model@")
    assert name(recipe, **hub) == name(recipe, **hub, revision="main") != name(recipe, **hub, revision="1f2e")
    assert not (recipe / REMEMBERED).exists()


def test_a_program_may_have_a_model_of_its_own(recipe):
    models = (("q", "some/model"),)
    assert name(recipe, "q", models=models).startswith("some/model@")
    assert name(recipe, "p", models=models).startswith("model@")


def test_a_folder_that_is_gone_has_its_name_still(recipe):
    first = name(recipe)
    (recipe.parent / "model").rename(recipe.parent / "moved")
    assert name(recipe) == first
    (recipe / REMEMBERED).unlink()
    with pytest.raises(MagnetError, match="MG712"):
        name(recipe)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"x": 1}', '{"x": {"files": []}}', "[" * 100_000])
def test_a_memory_that_is_none_is_made_anew(recipe, text):
    first = name(recipe)
    (recipe / REMEMBERED).write_text(text)
    assert name(recipe) == first
    assert json.loads((recipe / REMEMBERED).read_text()).keys() == {str(recipe.parent / "model")}


def test_files_are_read_again_only_when_they_have_changed(recipe, monkeypatch):
    from magnetc.build import model_names as module

    read = []
    monkeypatch.setattr(module, "_digest", lambda file: read.append(file.name) or "x")
    first = name(recipe)
    assert read == ["config.json", "model.safetensors"]
    assert name(recipe) == first
    assert len(read) == 2
    (recipe.parent / "model" / "config.json").write_text("{ }")
    name(recipe)
    assert len(read) == 4


def test_where_a_model_is(tmp_path):
    (tmp_path / "own" / "model").mkdir(parents=True)
    assert checkpoint_place("own/model", tmp_path) == tmp_path / "own" / "model"
    assert checkpoint_place("./there", tmp_path) == tmp_path / "there"
    assert checkpoint_place("a/b/c", tmp_path) == tmp_path / "a" / "b" / "c"
    assert checkpoint_place("org/name", tmp_path) is None
    assert checkpoint_place("gpt2", tmp_path) is None

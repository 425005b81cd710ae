"""`extend` as authors use it: a recipe says what differs, and the rest comes from its base."""

import json
import shutil

import pytest
import yaml
from dataset import LIBRARY, magnetc

from magnetc.diagnostics import Label, Sink
from magnetc.frontend import load
from magnetc.source import Origin
from magnetc.tools.importers import IMPORTERS

pytestmark = [pytest.mark.usefixtures("own_home"), pytest.mark.slow]


@pytest.fixture
def own(tmp_path):
    """A recipe beside a copy of the library, which it extends."""
    shutil.copytree(LIBRARY, tmp_path / "library")
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "recipe.yaml").write_text("kind: recipe\nname: branch\nextend: ../library\n")
    return folder


def write(folder, **files):
    include = [name.replace("_", ".") for name in files if name != "recipe"]
    recipe = files.pop("recipe", "")
    text = f"kind: recipe\nname: branch\nextend: ../library\ninclude: [{', '.join(include)}]\n{recipe}"
    (folder / "recipe.yaml").write_text(text)
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_text(content)


def loaded(folder):
    sink = Sink()
    spec = load(folder, sink, IMPORTERS)
    assert spec, [(each.code, each.message) for each in sink.diagnostics]
    return spec, sink


def codes(folder):
    sink = Sink()
    load(folder, sink, IMPORTERS)
    return sorted(each.code for each in sink.diagnostics), sink


def test_a_recipe_that_says_nothing_else_is_its_base_by_another_name(own):
    spec, _ = loaded(own)
    base, _ = loaded(own.parent / "library")
    assert spec.recipe.name == "branch"
    assert spec.recipe.world.folder == "../library"
    assert (spec.types, spec.tools, spec.graph, spec.paths, spec.operations, spec.turns, spec.replies, spec.asks) == (
        base.types, base.tools, base.graph, base.paths, base.operations, base.turns, base.replies, base.asks)


def test_keys_of_the_recipe_override_and_maps_are_merged_but_for_shares(own):
    write(own, recipe="seed: 3\nworld: {variants: 5}\npaths: {loan: 7}\npartitions: {train: 1}\nloss: {replies: 1}\n")
    recipe = loaded(own)[0].recipe
    assert (recipe.seed, recipe.version, recipe.world.variants, recipe.world.now) == (3, "0.1.0", 5, "2026-05-04T10:00:00Z")
    assert recipe.paths == (("loan", 7),)
    assert recipe.partitions == (("train", 1.0), ("validation", 0.0), ("test", 0.0))
    assert dict(recipe.loss) == {"calls": 1, "clarifications": 1, "refusals": 1, "replies": 1}


def test_things_are_replaced_by_name_and_added(own):
    write(own, more_magnet="""
type Weeks = integer range 1..3
type Shelf = string one of "left", "right"
tool opening_hours(branch: Branch) -> {opens: string, closes: string} reads { "When it opens." }
path loan { turns 2..2 }
graph {
  unlink find_books -> borrow_book
  link borrow_book ~> return_book
}
operations { insert(long=0.1)  merge(0.4) }
turn opening_hours { en ask "is {branch} open" }
ask Weeks { en "How long" }
refer BookId { en "that book" }
""")
    spec, _ = loaded(own)
    base, _ = loaded(own.parent / "library")
    assert (spec.type_table.types["Weeks"].minimum, spec.type_table.types["Weeks"].maximum) == (1, 3)
    assert {each.name for each in spec.types} == {each.name for each in base.types} | {"Shelf"}
    assert [each.name for each in spec.tool["opening_hours"].parameters] == ["branch"]
    assert len(spec.tools) == len(base.tools)
    assert spec.paths[0].turns == (2, 2)
    assert spec.paths[0].start == ()
    assert [(link.source, link.target) for link in spec.graph.links] == [("borrow_book", "return_book")]
    assert spec.graph.unlinks == (("find_books", "borrow_book"),)
    options = {operation.name: dict(operation.options) for operation in spec.operations}
    assert options == {"split": {"miss_func": 0.3, "miss_params": 0.5}, "insert": {"short": 0, "long": 0.1, "gap": (1, 2)}, "merge": {"p": 0.4}}
    assert [phrase.text for each in spec.turns if each.chain[0][0] == "opening_hours" for phrase in each.phrases] == ["is {branch} open"]
    assert [phrase.text for each in spec.asks if each.of == "Weeks" for phrase in each.phrases] == ["How long"]
    assert [phrase.text for each in spec.refers if each.type == "BookId" and not each.pick for phrase in each.phrases] == ["that book"]
    assert len([each for each in spec.refers if each.type == "BookId"]) == 3


def test_a_locale_is_added_beside_the_phrases_of_the_base(own):
    write(own, french_magnet='turn opening_hours { fr ask "quand ouvre {branch}" }\n')
    texts = [(phrase.locale, phrase.text[:4]) for each in loaded(own)[0].turns if each.chain[0][0] == "opening_hours" for phrase in each.phrases]
    assert texts == [("en", "when"), ("fr", "quan")]


def test_what_is_inherited_is_said_of_the_file_it_stands_in(own):
    write(own, more_magnet="type Weeks = integer range 1..3\n", recipe="seed: 3\n")
    spec, sink = loaded(own)
    for pointer, file, text in (("/world/now", "../library/recipe.yaml", '"2026-05-04T10:00:00Z"'), ("/seed", "recipe.yaml", "3")):
        span = sink.span(Label(Origin("recipe.yaml", pointer)))
        assert (span.file, sink.files[span.file].text[span.start : span.end]) == (file, text)
    days = spec.type_table.types["Day"].origin
    assert (days.file, sink.files[days.file].text[slice(*(lambda span: (span.start, span.end))(sink.span(Label(days, at_key=True)))) ]) == (
        "../library/types.yaml", "Day")


def test_an_error_in_the_base_is_shown_there(own):
    tools = own.parent / "library" / "turns.yaml"
    tools.write_text(tools.read_text().replace("{book_id}", "{bok_id}", 1))
    write(own, more_magnet='turn find_books { en do "find a book about {topic}" }\n')
    result = magnetc("check", own)
    assert result.exit_code == 1
    assert "own/../library/turns.yaml:" in result.stderr
    assert "check out {bok_id}" in result.stderr


def test_bases_of_bases_and_recipes_in_the_dsl(own):
    leaf = own.parent / "leaf"
    leaf.mkdir()
    (leaf / "recipe.magnet").write_text('recipe leaf {\n  extend "../own/recipe.yaml"\n  seed 99\n  paths {loan: 2}\n}\ntype Weeks = integer range 1..2\n')
    write(own, more_magnet="type Weeks = integer range 1..3\n", recipe="seed: 3\npaths: {loan: 5}\n")
    spec, _ = loaded(leaf)
    assert (spec.recipe.name, spec.recipe.seed, spec.recipe.paths, spec.type_table.types["Weeks"].maximum) == ("leaf", 99, (("loan", 2),), 2)
    assert (leaf / spec.recipe.world.folder / "world.py").is_file()


@pytest.mark.parametrize(("base", "code", "says"), [
    ("../nowhere", "MG001", "is not there"), ("../library/world.py", "MG001", "is no recipe"), ("../../library", "MG005", "leads outside"),
    ("/library", "MG005", "leads outside"), ("std/types", "MG001", "is not there"), ("../own", "MG008", "in turn"),
    ("recipe.yaml", "MG008", "in turn"),
])
def test_a_base_that_cannot_be_extended_is_told_with_its_place(own, base, code, says):
    (own / "recipe.yaml").write_text(f"kind: recipe\nname: branch\nextend: {base}\n")
    found, sink = codes(own)
    assert found == [code]
    assert says in sink.diagnostics[0].message
    span = sink.span(sink.diagnostics[0].primary)
    assert sink.files[span.file].text[span.start : span.end] == base


def test_a_link_out_of_the_tree_is_outside(own, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "library"
    shutil.copytree(LIBRARY, elsewhere)
    (own / "base").symlink_to(elsewhere)
    (own / "recipe.yaml").write_text("kind: recipe\nname: branch\nextend: base\n")
    assert codes(own)[0] == ["MG005"]


def test_a_dataset_carries_its_bases_and_verifies_without_them(own, tmp_path):
    write(own, more_magnet="type Weeks = integer range 2..3\n", recipe="paths: {loan: 4}\n")
    result = magnetc("build", own, "--trust", "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    shutil.rmtree(own)
    shutil.rmtree(own.parent / "library")
    recipe = tmp_path / "out" / "recipe"
    assert yaml.safe_load((recipe / "recipe.yaml").read_text())["extend"] == "extended-1/recipe.yaml"
    assert (recipe / "extended-1" / "world.py").is_file()
    result = magnetc("verify", tmp_path / "out", "--trust")
    assert result.exit_code == 0, result.output


def test_trusting_a_recipe_trusts_the_code_of_its_base_wherever_it_is(own, tmp_path):
    assert magnetc("trust", own).exit_code == 0
    result = magnetc("build", own, "--paths", "2", "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert magnetc("verify", tmp_path / "out").exit_code == 0
    world = own.parent / "library" / "world.py"
    world.write_text(world.read_text() + "\n# changed\n")
    result = magnetc("build", own, "--paths", "2", "-o", tmp_path / "other")
    assert "MG606" in result.stderr


@pytest.mark.parametrize("name", ["std/types", "std/types.magnet", "std/frames/en", "std/frames/fr.yaml"])
def test_shipped_files_are_included_by_name(own, name):
    write(own, recipe="")
    (own / "recipe.yaml").write_text(f"kind: recipe\nname: branch\nextend: ../library\ninclude: [{name}]\n")
    assert codes(own)[0] == []


def test_a_misspelt_shipped_file_is_told_with_the_nearest(own):
    (own / "recipe.yaml").write_text("kind: recipe\nname: branch\nextend: ../library\ninclude: [std/frames/eng]\n")
    result = magnetc("check", own, "--format", "json")
    assert json.loads(result.stdout)[0]["help"] == "did you mean `std/frames/en`?"

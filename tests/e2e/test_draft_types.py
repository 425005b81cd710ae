"""Types that a teacher proposes: checked by the front end, written for review, and used by builds that ask nobody."""

import json
import shutil

import pytest
import yaml
from dataset import LIBRARY, magnetc
from running import teacher

from magnetc.teachers.openai import client as client_module

pytestmark = pytest.mark.slow

DRAFT = ("types", "draft.magnet")


@pytest.fixture
def bare(own_home, tmp_path, monkeypatch):
    """The library with ids, titles and weeks as bare as an import leaves them, and phrases that speak of types which are not there."""
    monkeypatch.setattr(client_module, "_growing", lambda state: 0.01)
    folder = shutil.copytree(LIBRARY, tmp_path / "recipe", ignore=shutil.ignore_patterns("out*", ".magnetc"))
    tools = (folder / "tools.yaml").read_text(encoding="utf-8")
    for name, base in (("BookId", "string"), ("LoanId", "string"), ("Title", "string"), ("Weeks", "integer")):
        tools = tools.replace(f": {name}", f": {base}")
    (folder / "tools.yaml").write_text(tools, encoding="utf-8")
    types = [line for line in (folder / "types.yaml").read_text(encoding="utf-8").splitlines() if not line.strip().startswith(("BookId", "LoanId", "Weeks"))]
    (folder / "types.yaml").write_text("\n".join(types) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def linked(bare):
    """The bare library, sound: its types are there, and links say what its tools give each other."""
    shutil.copy(LIBRARY / "types.yaml", bare / "types.yaml")
    links = [("find_books.books.book_id", "borrow_book.book_id"), ("borrow_book.loan_id", "renew_loan.loan_id")]
    text = "".join(f"  - {{from: {source}, to: {target}}}\n" for source, target in links)
    (bare / "graph.yaml").write_text(f"kind: graph\ninfer: [typed]\nlinks:\n{text}", encoding="utf-8")
    return bare


def set_teacher(folder, line):
    path = folder / "recipe.yaml"
    kept = [each for each in path.read_text(encoding="utf-8").splitlines() if not each.startswith("teacher:")]
    path.write_text("\n".join([*kept, f"teacher: {line}"]) + "\n", encoding="utf-8")


def ask(folder, url, **more):
    options = "".join(f", {key}: {value}" for key, value in more.items())
    set_teacher(folder, f'{{openai: {{model: small, endpoint: "{url}"{options}}}}}')


def errors(folder):
    return magnetc("check", folder, "--format", "concise", "--no-cache").stderr.count("error[")


def typed_edges(folder):
    """How many edges types find, declared ones among them."""
    out = magnetc("graph", folder, "--origin", "typed", "--json")
    assert out.exit_code == 0, out.output
    return len(json.loads(out.stdout)["edges"])


@pytest.mark.parametrize("faults", [0.0, 0.4])
def test_a_recipe_that_lacks_its_types_is_given_them(bare, tmp_path, faults):
    assert errors(bare) > 0
    with teacher(faults=faults) as server:
        ask(bare, server.url)
        drafted = magnetc("draft", "types", bare, "--json")
        assert drafted.exit_code == 0, drafted.output
        paid = server.stats()["requests"]
        again = magnetc("draft", "types", bare)
        assert "every place has a type or is left plain" in again.stderr
        assert server.stats()["requests"] == paid, "what is settled is not asked about"
    made = {each["type"]: each for each in json.loads(drafted.stdout)["drafted"]}
    assert made["LoanId"]["definition"] == {"base": "string", "minted": True}
    assert made["Title"]["definition"] == {}, "a type that is there is used"
    assert "renew_loan(loan_id)" in made["LoanId"]["places"]
    text = bare.joinpath(*DRAFT).read_text(encoding="utf-8")
    assert "# LoanId: they are all called LoanId\ntype LoanId = string minted" in text
    assert "# plain: opening_hours -> /opens  (nothing takes it)" in text
    assert yaml.safe_load((bare / "recipe.yaml").read_text(encoding="utf-8"))["include"][-1] == "/".join(DRAFT)
    assert errors(bare) == 0
    assert magnetc("fmt", bare / "types" / "draft.magnet", "--check").exit_code in (0, 1)
    set_teacher(bare, "offline")
    assert magnetc("build", bare, "--trust", "--paths", 4, "-o", tmp_path / "out").exit_code == 0


def test_there_are_more_typed_edges_than_before_and_the_users_words_stay(linked, tmp_path):
    before, own = typed_edges(linked), {path.name: path.read_bytes() for path in linked.glob("*.yaml") if path.name != "recipe.yaml"}
    (linked / "types").mkdir()
    mine = "# mine\ntype Mine = string\nrefine return_book -> {title: Mine}\n"
    linked.joinpath(*DRAFT).write_text(mine, encoding="utf-8")
    recipe = linked / "recipe.yaml"
    recipe.write_text(recipe.read_text(encoding="utf-8").replace("types.yaml,", "types.yaml, types/*.magnet,"), encoding="utf-8")
    with teacher() as server:
        ask(linked, server.url)
        drafted = magnetc("draft", "types", linked)
        assert drafted.exit_code == 0, drafted.output
    assert linked.joinpath(*DRAFT).read_text(encoding="utf-8") == mine, "a file that refines the same tools is left alone"
    assert "refine return_book(loan_id: LoanId)\n" in (linked / "types" / "draft-2.magnet").read_text(encoding="utf-8")
    assert typed_edges(linked) > before
    assert own == {path.name: path.read_bytes() for path in linked.glob("*.yaml") if path.name != "recipe.yaml"}
    assert "types/*.magnet, tools.yaml" in recipe.read_text(encoding="utf-8")
    assert "draft-2" not in recipe.read_text(encoding="utf-8"), "a glob reads it"
    assert errors(linked) == 0


def test_what_the_front_end_refuses_is_told_and_what_is_sound_stays(linked):
    with teacher(faults=1.0, only=("invented",)) as server:
        ask(linked, server.url)
        result = magnetc("draft", "types", linked)
        stats = server.stats()
    assert result.exit_code == 1
    assert stats["requests"] == 4, "asked again three times, with the reasons"
    assert '`MadeUp`: `"abc"` in `examples` does not match' in result.stderr
    text = linked.joinpath(*DRAFT).read_text(encoding="utf-8")
    assert "MadeUp" not in text
    assert "refine borrow_book(weeks: Weeks) -> {loan_id: LoanId, title: Title}\n" in text
    assert errors(linked) == 0


def test_one_tool_alone_a_plan_and_a_budget(linked):
    with teacher() as server:
        ask(linked, server.url, price="{input: 1000, output: 1000}")
        planned = magnetc("draft", "types", linked, "--tool", "renew_loan", "--plan", "--json")
        assert json.loads(planned.stdout)["asking"]["questions"] == 1
        assert "requests" not in server.stats()
        poor = magnetc("draft", "types", linked, "--tool", "renew_loan", "--budget", "0.000001")
        assert poor.exit_code == 0, "what is under way is answered"
        assert server.stats()["requests"] == 1
        places = [line for line in linked.joinpath(*DRAFT).read_text(encoding="utf-8").splitlines() if line.startswith("refine")]
        assert places == ["refine renew_loan(loan_id: LoanId, weeks: Weeks) -> {title: Title}"]
        strange = magnetc("draft", "types", linked, "--tool", "renew_lone")
        assert "error[MG515]" in strange.output


def test_the_state_is_shown_where_code_may_run(linked):
    with teacher() as server:
        ask(linked, server.url)
        told = magnetc("draft", "types", linked, "--tool", "borrow_book")
        assert "is not shown the world's state" in told.stderr
        shown = magnetc("draft", "types", linked, "--tool", "renew_loan", "--trust")
        assert "is not shown" not in shown.stderr
        asked = magnetc("journal", "show", linked).output
        assert "Where the world's state has values" in asked
        assert "- /topics/*: " in asked

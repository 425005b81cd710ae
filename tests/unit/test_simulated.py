"""Simulated tools: what they are taken to do, and that what is written is there to be read."""

import re

import pytest
from simulated import NOW, plan_of, simulation

TOOLS = """
type BookId = string minted
type LoanId = string matching "^LN[0-9]{4}$" minted
type CopyId = integer minted
type Genre  = string one of "novel", "poetry"
type Status = string one of "open", "returned", "renewed"
type Title  = string
type Weeks  = integer range 1..4
type Late   = Date days 1..30
type Reader = string from system "/profile/reader"

tool find_books(genre: Genre, words?: string) -> {books: [{book_id: BookId, title: Title, genre: Genre, pages: integer}]} reads { "Books of a genre." }
tool open_book(book_id: BookId) -> {title: Title, pages: integer, shelf: {room: string, row: integer}} reads { "A book." }
tool lend_book(book_id: BookId, reader: Reader, weeks: Weeks = 2) -> {loan_id: LoanId, due: Late} writes {
  "Lend a book."
}
tool list_loans() -> {loans: [{loan_id: LoanId, book_id: BookId, due: Late, status: Status}]} reads { "What is lent." }
tool get_loan(loan_id: LoanId) -> {book_id: BookId, weeks: Weeks, due: Late, status: Status} reads { "A loan." }
tool renew_loan(loan_id: LoanId) -> {due: Late, status: Status} writes { "Renew a loan." }
tool change_loan(loan_id: LoanId, new_weeks: Weeks) -> {weeks: Weeks} writes { "Another number of weeks." }
tool cancel_loan(loan_id: LoanId) -> {cancelled: boolean, book_id: BookId} writes { "End a loan." }
tool weigh_copy(copy_id: CopyId) -> {grams: integer} reads { "What a copy weighs." }
tool new_copy(title: Title) -> {copy_id: CopyId} writes { "One more." }
tool greet(name: Title) -> {text: string} reads { "A greeting." }
tool note(name: Title, other: Title) -> {done: boolean} writes {
  "Note something."
  where name != other
}
"""
PLAN = plan_of(TOOLS)


@pytest.fixture
def world():
    return simulation(PLAN)(None, 7, NOW)


def test_what_tools_do_is_found_in_their_types():
    assert {name: (tool["does"], tool["of"], tool["by"]) for name, tool in PLAN["tools"].items()} == {
        "find_books": ("list", "BookId", None), "open_book": ("read", "BookId", "book_id"), "lend_book": ("create", "LoanId", None),
        "list_loans": ("list", "LoanId", None), "get_loan": ("read", "LoanId", "loan_id"), "renew_loan": ("update", "LoanId", "loan_id"),
        "change_loan": ("update", "LoanId", "loan_id"), "cancel_loan": ("delete", "LoanId", "loan_id"),
        "weigh_copy": ("read", "CopyId", "copy_id"), "new_copy": ("create", "CopyId", None), "greet": ("answer", None, None),
        "note": ("answer", None, None)}
    assert PLAN["tools"]["renew_loan"]["sets"] == {"status": "renewed"}
    assert PLAN["tools"]["change_loan"]["stores"] == {"new_weeks": "weeks"}
    assert PLAN["tools"]["find_books"]["filters"] == {"genre": "genre"}


def test_the_recipe_says_otherwise():
    plan = plan_of(TOOLS, {"entities": 3, "tools": {"cancel_loan": {"does": "update"}, "greet": {"does": "list", "of": "BookId"}}})
    assert plan["tools"]["cancel_loan"]["does"] == "update"
    assert plan["tools"]["cancel_loan"]["by"] == "loan_id"
    assert plan["tools"]["greet"]["of"] == "BookId"
    assert len(simulation(plan)(None, 7, NOW).state()["entities"]["BookId"]) == 3


def test_lists_find_something_for_each_value(world):
    for genre in ("novel", "poetry"):
        books = world.find_books(genre=genre)["books"]
        assert books
        assert {book["genre"] for book in books} == {genre}
        assert world.find_books(genre=genre, words="sea") == world.find_books(genre=genre)
        opened = world.open_book(book_id=books[0]["book_id"])
        assert {name: opened[name] for name in ("title", "pages")} == {name: books[0][name] for name in ("title", "pages")}


def test_what_is_created_is_read_listed_changed_and_ended(world):
    (book, *_) = world.find_books(genre="novel")["books"]
    lent = world.lend_book(book_id=book["book_id"], reader="R1")
    loan = {"loan_id": lent["loan_id"]}
    assert re.fullmatch("LN[0-9]{4}", lent["loan_id"])
    got = world.get_loan(**loan)
    assert got == {"book_id": book["book_id"], "weeks": 2, "due": lent["due"], "status": "open"}
    assert {**loan, "book_id": book["book_id"], "due": lent["due"], "status": "open"} in world.list_loans()["loans"]
    assert world.renew_loan(**loan) == {"due": lent["due"], "status": "renewed"}
    assert world.change_loan(**loan, new_weeks=4) == {"weeks": 4}
    assert world.get_loan(**loan) == {**got, "weeks": 4, "status": "renewed"}
    assert world.cancel_loan(**loan)["book_id"] == book["book_id"]
    with pytest.raises(Exception, match=f"there is no loan {lent['loan_id']}"):
        world.get_loan(**loan)
    assert lent["loan_id"] not in str(world.list_loans())


@pytest.mark.parametrize(("tool", "arguments", "words"), [
    ("open_book", {"book_id": "?"}, "there is no book ?"), ("find_books", {"genre": "drama"}, "`genre` is none of novel, poetry"),
    ("find_books", {}, "`genre` is missing"), ("greet", {"name": 3}, "`name` is not of the type string"),
    ("greet", {"name": "a", "more": 1}, "there is no parameter `more`"), ("note", {"name": "a", "other": "a"}, "`name` has to be != `other`"),
    ("weigh_copy", {"copy_id": 5}, "there is no copy 5"), ("lend_book", {"book_id": "?", "reader": "x"}, "there is no book ?")])
def test_what_cannot_be_is_refused_and_changes_nothing(world, tool, arguments, words):
    before = str(world.state())
    with pytest.raises(Exception, match=re.escape(words)):
        getattr(world, tool)(**arguments)
    assert str(world.state()) == before


def test_ids_of_numbers_stay_numbers(world):
    made = world.new_copy(title="Tides")
    assert isinstance(made["copy_id"], int)
    assert world.weigh_copy(**made) == world.weigh_copy(**made)


def test_answers_differ_with_their_arguments_and_writes_leave_a_trace(world):
    assert world.greet(name="a") == world.greet(name="a") != world.greet(name="b")
    seen = str(world.observe())
    world.note(name="a", other="b")
    assert str(world.observe()) != seen


def test_the_seed_decides_ids_and_nothing_else():
    state = simulation(PLAN)(None, 7, NOW).state()
    (book, *_) = state["entities"]["BookId"]
    made = []
    for seed in (1, 2):
        world = simulation(PLAN)(None, 7, NOW)
        world = type(world)(world.state(), seed, NOW)
        lent = world.lend_book(book_id=book, reader="R1")
        made.append((lent["loan_id"], lent["due"], world.renew_loan(loan_id=lent["loan_id"])))
    assert made[0][0] != made[1][0]
    assert made[0][1:] == made[1][1:]


def test_the_profile_has_what_types_take_from_it(world):
    assert set(world.profile()) == {"reader"}

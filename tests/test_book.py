"""The book index: every row has a place that exists, and the pages that go with it."""

import functools
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sources import markdown_of, path_of

from workshop import book, syllabus
from workshop.classroom import notebooks
from workshop.core.files import DataError

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "notebooks" / "reference"
ROWS = book.rows()
by_id = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)


@functools.cache
def prose_of(lesson):
    return markdown_of(path_of(lesson))


def section_under(heading, prose):
    """The text from a heading to the next one of its level or above."""
    found = re.search(rf"^(#+) {re.escape(heading)}$", prose, re.MULTILINE)
    assert found, f"there is no heading {heading!r}"
    rest = prose[found.end() :]
    end = re.search(rf"^#{{1,{len(found[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


# --- the rows ------------------------------------------------------------------------------------


def test_all_that_the_book_numbers_has_a_row():
    """Its own numbers have no gaps but those of the book."""
    ids = [row.id for row in ROWS]
    assert len(set(ids)) == len(ids)
    expected = {
        *(f"fig-1.{n}" for n in range(1, 15)),
        *(f"fig-2.{n}" for n in range(1, 25)),
        *(f"eq-1.{n}" for n in range(1, 26)),
        *(f"eq-2.{n}" for n in range(1, 21)),
        *(f"note-{n}" for n in range(1, 21)),
        *(f"ex-{n}" for n in range(1, 6)),
        *(f"q-{n}" for n in range(1, 4)),
        "alg-1",
        "alg-2",
        "tab-1.1",
        "tab-2.1",
        "tab-2.3",
        "app-a",
        "app-b",
    }
    assert expected <= set(ids)
    assert all(id.startswith(("sec-", "note-logistic", "eq-mse")) for id in set(ids) - expected)


def test_the_sections_of_the_rows_are_those_of_the_lessons():
    """But for the headings of chapters, about which the book numbers nothing.

    A lesson without sections is about something that the book does not have.
    """
    taught = {section for lesson in syllabus.lessons() for section in lesson.sections}
    assert taught - {"2.1", "2.2", "2.7"} == {row.section for row in ROWS if row.lesson}
    assert {row.lesson for row in ROWS if row.lesson} == {
        one.name for one in syllabus.lessons() if one.sections
    }


@by_id
def test_its_place_exists(row):
    assert row.says
    assert row.shown
    if row.lesson:
        section_under(row.heading, prose_of(row.lesson))
    assert (notebooks.notebooks_dir() / row.notebook).is_file()


@by_id
def test_a_test_is_marked_with_it(row):
    assert row.tests


def test_tests_are_marked_with_rows_that_exist():
    assert set(book._marked_tests()) == {row.id for row in ROWS}


@pytest.mark.parametrize(
    ("id", "prose"),
    [
        pytest.param("note-9", "the same for all hidden layers", marks=pytest.mark.book("note-9")),
        pytest.param("sec-2.4", "Pictures are a **grid**", marks=pytest.mark.book("sec-2.4")),
    ],
)
def test_prose_is_where_the_index_says(id, prose):
    (row,) = book.find(id)
    text = " ".join(section_under(row.heading, prose_of(row.lesson)).split())
    assert prose in text


# --- finding -------------------------------------------------------------------------------------


def test_a_section_comes_with_those_within_it():
    assert {row.section for row in book.find("2.6")} == {"2.6", "2.6.1", "2.6.2", "2.6.3", "2.6.4"}
    assert {row.section for row in book.find("2.6.3")} == {"2.6.3"}
    assert {row.section for row in book.find(" 1. ")} == {
        row.section for row in ROWS if row.section.startswith("1.")
    }
    assert [row.id for row in book.find("a")] == ["app-a"]


def test_an_id_is_found_in_any_case_with_its_erratum():
    (row,) = book.find("EQ-1.12")
    assert row.lesson == "neuron"
    assert "0.94785" in row.erratum


@pytest.mark.parametrize(("wanted", "near"), [("eq-1.111", "eq-1.11"), ("fig2.12", "fig-2.12")])
def test_an_unknown_id_is_answered_with_the_nearest(wanted, near):
    with pytest.raises(KeyError, match=rf"The book has no '{wanted}'. Did you mean '{near}'"):
        book.find(wanted)


@pytest.mark.parametrize("content", ["", "id\tsection\n", "\t".join(book.FIELDS) + "\neq-1.1\t1\n"])
def test_a_damaged_index_is_named(content, tmp_path, monkeypatch):
    (tmp_path / "book").mkdir()
    (tmp_path / "MANIFEST.toml").write_text("", encoding="utf-8")
    (tmp_path / "book" / "index.tsv").write_text(content, encoding="utf-8")
    monkeypatch.setenv("WORKSHOP_DATA", str(tmp_path))
    with pytest.raises(DataError, match=r"index\.tsv cannot be read"):
        book.rows()


def test_reading_it_imports_no_torch():
    code = "import sys; from workshop import book; book.rows(); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# --- the pages -----------------------------------------------------------------------------------


@pytest.mark.book("app-a")
def test_the_notation_page_has_every_letter_of_the_book():
    """Appendix A: (i), [l], m, n_x, n_y, n_h, L; and all that the sequences need."""
    page = (PAGES / "notation.md").read_text(encoding="utf-8")
    for letter in (
        "$x^{(i)}$",
        "$W^{[l]}$",
        "$m$",
        "$n_x$",
        "$n_y$",
        "$n_h^{[l]}$",
        "$L$",
        "$a^{<t>}$",
        r"$\hat y$",
        "$J$",
        r"$\alpha$",
        r"$\Gamma_r$",
    ):
        assert f"| {letter}" in page or f", {letter}" in page, letter


@pytest.mark.book("app-b")
def test_further_reading_is_live_and_says_what_each_is_for():
    """Appendix B's three, each with an address that is not a printed edition's, and a word about it."""
    page = (PAGES / "further_reading.md").read_text(encoding="utf-8")
    for name, address in (
        ("Deep Learning", "https://www.deeplearningbook.org"),
        ("Dive into Deep Learning", "https://d2l.ai"),
        ("Deep Learning Specialization", "https://www.coursera.org/specializations/deep-learning"),
    ):
        assert re.search(rf"\*\*{name}\*\*, by [^<]+<{re.escape(address)}>", page), name


def glossary():
    """(term, text, lesson) of each entry."""
    page = (PAGES / "glossary.md").read_text(encoding="utf-8")
    for term, text in re.findall(r"^### (.+)\n\n((?:.+\n)+)", page, re.MULTILINE):
        (lesson,) = re.findall(r"\[Lesson\s+\d+\]\(\S+/\d+_(\w+)\.ipynb\)", text)
        yield term, text, lesson


def test_the_glossary_is_sorted_and_says_where_words_are_used():
    terms = [term for term, _, _ in glossary()]
    assert terms == sorted(terms, key=str.lower)
    assert len(terms) == len(set(terms)) > 80
    for term, _, lesson in glossary():
        prose = " ".join(prose_of(lesson).split()).lower()
        stem = re.sub(r"(ting|ing|e| set| sequence)$", "", term.lower())
        assert stem in prose, f"{term}: lesson {lesson} does not have it"


@pytest.mark.parametrize("lesson", syllabus.lessons(), ids=lambda lesson: lesson.name)
def test_every_notebook_links_to_the_pages(lesson):
    prose = prose_of(lesson.name)
    assert "[glossary](../reference/glossary.md)" in prose
    assert "[notation](../reference/notation.md)" in prose

"""The words: spelling, one English, no walls of text, and links that lead somewhere."""

import ast
import io
import json
import re
import subprocess
import sys
import tokenize
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sources import cells_of, path_of

from workshop import syllabus

ROOT = Path(__file__).parents[1]
SOURCES = [path_of(lesson.name) for lesson in syllabus.lessons()]
PAPERS = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "data").glob("*.md")),
    *sorted((ROOT / "notebooks" / "reference").glob("*.md")),
]
# codespell does not know that these are meant.
MEANT = "empress,fro,nd,ba,te,hist,parth,ans"
# American spellings, of words that the workshop needs. Optimizer and tokenizer are the field's names.
AMERICAN = re.compile(
    r"(?<![\w.])(\w*(colou?r(?<!colour)|gr[a]y|center|behavior|favor(?!i)|neighbor|"
    r"(normal|general|regular|recogn|organ|visual|initial|standard|minim|maxim|summar|local|real|"
    r"token(?!izers?\b)|special|emphas|memor|optim(?!izers?\b))iz(e|ed|es|ing|ation)|analyz|labeled|labeling|"
    r"modeling|modeled|traveled|canceled|fulfill)\w*)",
    re.IGNORECASE,
)
LONGEST = 150  # words in a row without code or a picture


def prose(text):
    """Markdown without code, formulas and addresses."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"\{([Ll]esson):\w+\}", r"\1 1", text)
    text = re.sub(
        r"`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]*\$|<https?:[^>]*>|\]\([^)]*\)", " ", text, flags=re.S
    )
    return text


def all_prose():
    """(where, text): the notebooks' prose and what the papers say."""
    for source in SOURCES:
        yield source, "\n".join(prose(t) for kind, t, _ in cells_of(source) if kind == "markdown")
    for paper in PAPERS:
        yield paper, prose(paper.read_text(encoding="utf-8"))


def docstrings(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            yield ast.get_docstring(node) or ""


# --- spelling ------------------------------------------------------------------------------------


def misspelled(*paths):
    command = [
        sys.executable,
        "-m",
        "codespell_lib",
        "--ignore-words-list",
        MEANT,
        *map(str, paths),
    ]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    assert not done.stderr.strip(), done.stderr
    return [line for line in done.stdout.splitlines() if line]


def test_nothing_is_misspelled():
    library = list((ROOT / "workshop").rglob("*.py"))
    assert misspelled(*SOURCES, *PAPERS, *library, ROOT / "data" / "MANIFEST.toml") == []


def test_a_misspelling_would_be_seen(tmp_path):
    (tmp_path / "page.md").write_text("We recieve a gradient.", encoding="utf-8")
    (line,) = misspelled(tmp_path / "page.md")
    assert "receive" in line


def test_the_spelling_is_british_throughout():
    found = [
        f"{path.name}: {match[1]}"
        for path, text in all_prose()
        if path.name != "further_reading.md"  # titles are written as their authors wrote them
        for match in AMERICAN.finditer(text)
    ]
    library = [
        f"{path.relative_to(ROOT)}: {match[1]}"
        for path in sorted((ROOT / "workshop").rglob("*.py"))
        for text in docstrings(path)
        for match in AMERICAN.finditer(prose(text))
    ]
    assert found + library == []


@pytest.mark.parametrize("word", ["color", "gray", "generalize", "normalization", "labeled"])
def test_an_american_spelling_would_be_seen(word):
    assert AMERICAN.search(f"the {word} of it")
    assert not AMERICAN.search("colour, grey, generalise, the optimizer, normalisation, labelled")


# --- lessons by name -----------------------------------------------------------------------------


def test_no_source_has_the_number_of_a_lesson():
    """Numbers change when a lesson is added: a name does, `{lesson:cnn}` in a notebook."""
    found = [
        f"{path.relative_to(ROOT)}: {match[0]!r}"
        for path in [*SOURCES, *sorted((ROOT / "workshop").rglob("*.py"))]
        for match in re.finditer(r"\b[Ll]essons?\s+(# )?\d+", path.read_text(encoding="utf-8"))
    ]
    assert found == []


# --- one word for one thing ----------------------------------------------------------------------

CODE = [
    path
    for folder in ("workshop", "tests", "benchmarks", "data/build")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if path != Path(__file__)
]
# Words of our own where the field has one (DESIGN: sandbox, pool, class progress, fix, max_, ...).
ANYWHERE = {
    "kitchen": "SandboxFiles",
    "station": "SandboxPool",
    "shut in": "isolated",
    "mend(s|ed|ing)?": "fix, fixed, corrected",
    "unshippable": "NotPicklable",
    "dealt": "split by position, shuffled",
    "strays?": "shuffle_seed, or what it is",
    "door": "what it is",
    "recipes?": "fit_options, or what it is",
    "numbers for each word": "embedding size",
    "MOST_": "MAX_",
}
# These are English in a sentence, of which the name of a test is one, and were private in a name.
IN_NAMES = {
    "said": "stderr, or what it is",
    "told": "alt_text",
    "standing": "class_progress",
    "course": "history",
    "Odd": "UnsupportedValue",
}
THEIRS = {"course": "benchmarks/grade.py"}  # nbgrader's own word


def private_words(path, word, names_only):
    """file:line: word, for each place where `word` is, on its own or as a part of a name."""
    # A part of a name ends at an underscore or, in CamelCase, at a capital.
    pattern = re.compile(rf"(?<![A-Za-z])(?:{word})(?![a-z])", 0 if names_only else re.IGNORECASE)
    where, text = path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
    pieces = list(enumerate(text.splitlines(), start=1))
    if names_only and pattern.search(text):
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        names = (token for token in tokens if token.type == tokenize.NAME)
        pieces = [(one.start[0], one.string) for one in names if not one.string.startswith("test_")]
    return [
        f"{where}:{line}: {match[0]}" for line, piece in pieces for match in pattern.finditer(piece)
    ]


# Still in use somewhere. Take a word out of this list as soon as its test passes.
PENDING = ("mend(s|ed|ing)?",)


@pytest.mark.parametrize(
    "word",
    [
        pytest.param(word, marks=[pytest.mark.xfail(strict=False)] if word in PENDING else [])
        for word in (*ANYWHERE, *IN_NAMES)
    ],
)
def test_code_uses_the_words_of_the_field(word):
    found = [
        place
        for path in CODE
        if THEIRS.get(word) != path.relative_to(ROOT).as_posix()
        for place in private_words(path, word, word in IN_NAMES)
    ]
    assert found == [], f"better: {({**ANYWHERE, **IN_NAMES})[word]}"


# --- how much at once ----------------------------------------------------------------------------


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_no_wall_of_text(source):
    """At most 150 words between two things to run or to look at; a recap is a list of its own."""
    words = 0
    for kind, text, line in cells_of(source):
        if kind == "code":
            words = 0
            continue
        if "Test yourself" in text:  # questions, each followed by an answer to open
            text = text.partition("Test yourself")[0]
        for part in re.split(
            r"^\|.*\||^```.*?^```|!\[|^## Recap$", text, flags=re.MULTILINE | re.DOTALL
        ):
            count = len(re.findall(r"\w[\w'’.-]*", prose(part)))
            words = words + count if part is text else count
            assert words <= LONGEST, f"{source.name}, line {line}: {words} words in a row"


# --- links ---------------------------------------------------------------------------------------


def anchors(path):
    """What can follow the # in a link to this page: its headings, as GitHub and Jupyter write them."""
    text = path.read_text(encoding="utf-8")
    heads = re.findall(r"^(?:# )?#{1,6} (.+)$", text, re.MULTILINE)
    github = {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
    return github | {head.replace(" ", "-") for head in heads}


def links_of(text):
    text = re.sub(r"^```.*?^```|`[^`\n]*`", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"\]\(([^()\s]+)\)|<(https?://[^>\s]+)>", text)


def pages():
    for source in SOURCES:  # as built: with links where the source has names of lessons
        cells = json.loads(source.with_suffix(".ipynb").read_text(encoding="utf-8"))["cells"]
        prose = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
        yield source, "\n".join(prose)
    for paper in PAPERS:
        yield paper, paper.read_text(encoding="utf-8")


@pytest.mark.parametrize(("page", "text"), list(pages()), ids=lambda x: getattr(x, "name", ""))
def test_links_lead_somewhere(page, text):
    """Those to files are followed; of others only the form is looked at, for tests are offline."""
    for pair in links_of(text):
        link = "".join(pair)
        if link.startswith(("http:", "https:")):
            assert "." in urlsplit(link).netloc, link
            assert " " not in link
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), f"{page.name}: {link}"
        if anchor:
            source = target.with_suffix(".py") if target.suffix == ".ipynb" else target
            assert anchor in anchors(source), f"{page.name}: {link}"

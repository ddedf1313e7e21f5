"""Named entities (fig-2.18): tags, names, the tagger, and the list it has to beat."""

import json
import random
from pathlib import Path

import pytest
import torch
from torch import nn

from workshop.day2.recurrent import entities
from workshop.day2.recurrent.entities import figures as entity_figures
from workshop.day2.recurrent.entities import spans, tagger
from workshop.day2.recurrent.entities.data import TAGS, Sentence, cased_tokens

GOLDEN = Path(__file__).parent / "golden_spans.json"


# --- names and tags ------------------------------------------------------------------------------


def test_names_are_those_that_seqeval_finds():
    """1,000 random tag sequences, malformed ones among them; seqeval 1.2.2 (made by the script in it)."""
    golden = json.loads(GOLDEN.read_text())
    assert golden["made_with"].startswith("seqeval 1.2.2")
    assert len(golden["cases"]) == 1000
    for tags, expected in golden["cases"]:
        tags = [TAGS[int(c)] for c in tags]
        assert [list(span) for span in spans.spans_of(tags)] == expected, tags


def test_f1_is_that_of_seqeval():
    golden = json.loads(GOLDEN.read_text())
    cases = [[TAGS[int(c)] for c in tags] for tags, _ in golden["cases"]]
    wanted, found = cases[:500], [list(tags) for tags in cases[:500]]
    draw = random.Random(5)  # as in the script
    for tags in found:
        for i in range(len(tags)):
            if draw.random() < 0.1:
                tags[i] = draw.choice(TAGS)
    for kind, (precision, recall, f1) in golden["scores"].items():
        counts = spans.count_spans(
            [spans.spans_of(t) for t in wanted],
            [spans.spans_of(t) for t in found],
            "" if kind == "all" else kind,
        )
        assert counts.precision == pytest.approx(precision, abs=1e-12)
        assert counts.recall == pytest.approx(recall, abs=1e-12)
        assert counts.f1 == pytest.approx(f1, abs=1e-12)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("O O", []),
        ("B-PER", [(0, 1, "PER")]),
        ("B-PER B-PER I-PER", [(0, 1, "PER"), (1, 3, "PER")]),
        ("O I-LOC I-LOC O", [(1, 3, "LOC")]),
        ("B-LOC I-PER I-PER", [(0, 1, "LOC"), (1, 3, "PER")]),
        ("B-LOC I-PER I-LOC", [(0, 1, "LOC"), (1, 2, "PER"), (2, 3, "LOC")]),
        ("O B-ORG I-ORG", [(1, 3, "ORG")]),
    ],
)
def test_written_out_cases(tags, expected):
    assert spans.spans_of(tags.split()) == expected


def test_counts_and_the_zeros():
    one = [[(0, 1, "PER"), (2, 4, "LOC")], []]
    two = [[(0, 1, "PER"), (2, 3, "LOC")], [(0, 1, "ORG")]]
    assert spans.count_spans(one, two) == (1, 3, 2)
    assert spans.count_spans(one, two, "PER").f1 == 1
    assert spans.count_spans(one, two).f1 == pytest.approx(2 / 5)
    nothing = spans.count_spans([[]], [[]])
    assert (nothing.precision, nothing.recall, nothing.f1) == (0, 0, 0)
    with pytest.raises(ValueError, match="got 1 sentences, expected 2"):
        spans.count_spans(one, two[:1])


# --- the list ------------------------------------------------------------------------------------


def sentence(text, tags):
    return Sentence(tuple(text.split()), tuple(tags.split()), "an article")


def test_gazetteer_takes_the_longest_name_and_commonest_class():
    known = [
        sentence("New York is large", "B-LOC I-LOC O O"),
        sentence("York is not", "B-LOC O O"),
        sentence("the New York Times", "O B-ORG I-ORG I-ORG"),
        sentence("Lincoln spoke", "B-ORG O"),
        sentence("Lincoln spoke of Lincoln", "B-PER O O B-PER"),
        sentence("the Albedo of Albedo", "O B-ORG O O"),
        sentence("Albedo rises", "O O"),
    ]
    listed = entities.Gazetteer(known)
    assert listed.spans(["In", "New", "York", "the", "New", "York", "Times", "met", "Lincoln"]) == [
        (1, 3, "LOC"),
        (4, 7, "ORG"),
        (8, 9, "PER"),
    ]
    assert listed.spans(["Albedo"]) == []  # more often no name than one
    assert listed.spans([]) == []
    assert listed.spans(["new", "york"]) == []


def test_gazetteer_finds_no_new_name():
    known = [sentence("Ada met Bob", "B-PER O B-PER")]
    test = [sentence("Eve met Bob", "B-PER O B-PER")]
    found = [entities.Gazetteer(known).spans(test[0].tokens)]
    seen = entities.texts_of(known)
    assert seen == {"ada", "bob"}
    assert entities.only_new(entities.names_in(test), test, seen) == [[(0, 1, "PER")]]
    assert entities.only_new(found, test, seen) == [[]]


# --- the tagger ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reader():
    torch.manual_seed(0)
    return tagger.Reader(8)


@pytest.mark.book("fig-2.18")
def test_a_tag_for_every_token(reader):
    """T_x = T_y, for sentences of any length."""
    for text in ("Ada .", "Ada Lovelace lived in London .", "a " * 80):
        tokens, tags = reader.read(text)
        assert len(tags) == len(tokens) > 0
        assert set(tags) <= set(TAGS)


def test_the_state_does_not_run_through_padding(reader):
    """A sentence gets the same logits alone and beside a longer one; equal to the GRU by hand."""
    reader.model.eval()
    short, long = ["Ada", "wrote"], ["Ada", "Lovelace", "wrote", "to", "Charles", "Babbage"]
    with torch.no_grad():
        alone = reader.model(tagger.features([short], reader.rows))
        both = reader.model(tagger.features([short, long, []], reader.rows))
        assert torch.allclose(both[0, :2], alone[0], atol=1e-6)
        x = tagger.features([short], reader.rows)
        word, shape, begin, end = x.unbind(2)
        m = reader.model
        inputs = torch.cat([m.words(word), m.shapes(shape), m.ends(begin), m.ends(end)], dim=2)
        by_hand = []
        for suffix, order in (("", (0, 1)), ("_reverse", (1, 0))):
            cell = nn.GRUCell(inputs.shape[2], 8)
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
                getattr(cell, name).copy_(getattr(m.hidden, f"{name}_l0{suffix}"))
            a, states = torch.zeros(1, 8), {}
            for t in order:
                a = states[t] = cell(inputs[:, t], a)
            by_hand.append(torch.stack([states[0], states[1]], dim=1))
        expected = m.linear(torch.cat(by_hand, dim=2))
    assert torch.allclose(alone, expected, atol=1e-6)


def test_without_context_a_token_has_its_logits_anywhere():
    torch.manual_seed(0)
    alone = tagger.Reader(8, context=False)
    torch.manual_seed(0)
    reading = tagger.Reader(8)
    one, two = (tagger.features([t.split()], alone.rows) for t in ("x Ada left", "x Ada Lovelace"))
    with torch.no_grad():
        for reader, same in ((alone, True), (reading, False)):
            a, b = (reader.model.eval()(x)[0, 1] for x in (one, two))
            assert torch.allclose(a, b, atol=1e-7) is same


def test_the_loss_is_the_mean_over_real_tokens():
    logits = torch.randn(2, 3, 9, requires_grad=True)
    y = torch.tensor([[1, 2, -100], [0, -100, -100]])
    loss = tagger.tag_loss(logits, y)
    rows = [(0, 0, 1), (0, 1, 2), (1, 0, 0)]
    expected = -sum(logits[i, t].log_softmax(0)[c] for i, t, c in rows) / 3
    assert loss.item() == pytest.approx(expected.item(), abs=1e-6)
    loss.backward()
    assert logits.grad[y == -100].abs().max() == 0


@pytest.mark.parametrize(
    ("token", "shape"),
    [
        ("cat", "small"),
        ("Cat", "Capital"),
        ("A", "Capital"),
        ("NASA", "CAPITALS"),
        ("U.S.", "with a dot"),
        ("McKay", "miXed"),
        ("1,300", "number"),
        ("19th", "with a number"),
        (",", "sign"),
        ("😀", "sign"),
    ],
)
def test_shapes_of_words(token, shape):
    assert tagger.SHAPES[tagger.shape_of(token)] == shape


def test_features_are_the_same_everywhere_and_padding_is_zero(reader):
    x = tagger.features([["The", "cat"], ["Zzyzx-cat"], []], reader.rows)
    assert x.shape == (3, 2, 4)
    assert x[0, 0, 0] == reader.rows["the"]
    assert x[1, 0, 0] == reader.rows["cat"]  # a compound that GloVe does not have: its last part
    assert x[2].abs().sum() == 0
    assert x[1, 1].abs().sum() == 0
    assert len({tagger.bucket(t) for t in ("a", "b", "c", "d")}) > 1
    assert 0 < tagger.bucket("") < tagger.BUCKETS


# --- bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "qzxv wqzk zzyzx",
        "😀 👩‍👩‍👧 Ada 🇫🇷",
        "Cafe\u0301 Zoe\u0308",
        "\u0301\u0302",
        "\ud83d",
        "word " * 10_000,
    ],
    ids=["empty", "spaces", "unknown", "emoji", "combining", "only marks", "surrogate", "10,000"],
)
def test_any_text_gives_a_tag_for_every_token_and_no_nan(reader, text):
    tokens, tags = reader.read(text)
    assert len(tokens) == len(tags)
    x = tagger.features([tokens], reader.rows)
    with torch.no_grad():
        logits = reader.model(x)
    assert logits.shape == (1, max(1, len(tokens)), len(TAGS))
    assert logits.isfinite().all()


def test_an_empty_sentence_in_a_batch_trains_without_nan():
    torch.manual_seed(0)
    reader = tagger.Reader(4)
    x, y = reader.examples([sentence("Ada met Bob", "B-PER O B-PER"), Sentence((), (), "nothing")])
    loss = tagger.tag_loss(reader.model(x), y)
    loss.backward()
    assert loss.isfinite()
    nothing = tagger.tag_loss(reader.model(x[1:]), y[1:])  # a batch of that one alone
    assert nothing.item() == 0
    nothing.backward()
    assert reader.tag([(), ("Ada",), ()])[::2] == [[], []]
    assert reader.tag([]) == []
    learned = [p for p in reader.model.parameters() if p.requires_grad]
    assert all(p.grad is None or p.grad.isfinite().all() for p in learned)


@pytest.mark.parametrize("wrong", [[], ["Ada met Bob"], "Ada"])
def test_what_is_no_list_of_sentences_is_refused(wrong):
    with pytest.raises(ValueError, match="expected a list of sentences, each a list of tokens"):
        tagger.features(wrong, {})


def test_tokens_keep_capitals_and_compose_letters():
    assert cased_tokens("Dr. A. Turing's U.S. trip, 1,300 km.") == [
        "Dr.",
        "A.",
        "Turing",
        "'s",
        "U.S.",
        "trip",
        ",",
        "1,300",
        "km",
        ".",
    ]
    assert cased_tokens("Cafe\u0301") == ["Café"]
    assert cased_tokens("") == []


# --- what a run measures -------------------------------------------------------------------------


def test_all_o_is_accurate_and_finds_no_name():
    from sklearn.metrics import accuracy_score

    some = [sentence("Ada lived in London .", "B-PER O O B-LOC O")]
    outside = [["O"] * 5]
    measured = entities.accuracy("a", some, outside)
    assert (measured.correct, measured.total) == (3, 5)
    assert measured.value == accuracy_score(some[0].tags, outside[0])
    assert spans.count_spans(entities.names_in(some), [spans.spans_of(outside[0])]).f1 == 0


# --- the picture ---------------------------------------------------------------------------------


def test_a_drawn_sentence_says_in_words_what_is_in_it():
    tokens = ["Ada", "met", "Bob", "."]
    rows = {"gold": ["B-PER", "O", "B-PER", "O"], "tagger": ["O"] * 4}
    figure = entity_figures.draw_tags(tokens, rows, title="One")
    words = figure.get_label()
    assert "gold: Ada (PER), Bob (PER). tagger: no names" in words
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert texts.count("B-PER") == 2  # the class in letters, not in colour alone
    assert texts.count("O") == 6
    assert all(token in texts for token in tokens)
    assert entity_figures.draw_tags([], {"tagger": []}).get_label().endswith("tagger: no names.")
    with pytest.raises(ValueError, match="tagger: got 3 tags, expected 4, one a token"):
        entity_figures.draw_tags(tokens, {"tagger": ["O"] * 3})
    with pytest.raises(ValueError, match="at most 400"):
        entity_figures.draw_tags(["a"] * 401, {"tagger": ["O"] * 401})

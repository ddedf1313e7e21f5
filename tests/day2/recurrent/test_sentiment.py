"""Many to one: the reader of film reviews, the probe of word order, strange input."""

import pytest
import torch
from torch import nn

from workshop.core.data import reviews
from workshop.core.training import train_epochs
from workshop.day2.recurrent import figures, sentiment
from workshop.day2.recurrent.sentiment import negation
from workshop.day2.text import bag, pipeline
from workshop.figures.style import alt_text

WORDS = ["film", "good", "bad", "not", "a"]
VOCABULARY = {word: i for i, word in enumerate([*pipeline.SPECIALS, *WORDS])}
CONFIG = sentiment.Config(dim=3, hidden=4)
STRANGE = {
    "empty": "",
    "white space": " \n\t",
    "unknown words": "xqzv wfft",
    "emoji": "\U0001f3ac\U0001f468\u200d\U0001f469\u200d\U0001f467 good",
    "combining": "cafe\u0301 e\u0301\u0302 good",
    "half a character": "\ud800 film",
    "long": "good " * 10_000,
    "one long word": "x" * 5_000,
}


@pytest.fixture
def reader():
    table = torch.randn(len(VOCABULARY), 50)
    table[:4] = 0
    return sentiment.Reader(table, CONFIG).eval()


def logits(model, *texts):
    with torch.no_grad():
        return model(pipeline.batch_of(texts, VOCABULARY, longest=20_000)[0])


# --- the reader ----------------------------------------------------------------------------------


@pytest.mark.book("fig-2.16")
def test_one_logit_per_review_from_both_directions(
    reader,
):
    """Worked out once more, one review at a time, without padding or packing."""
    texts = ["a good film", "not a bad film", "film"]
    with torch.no_grad():
        for text, logit in zip(texts, logits(reader, *texts), strict=True):
            ids = torch.tensor([[VOCABULARY[word] for word in text.split()]])
            vectors = torch.cat([reader.glove.weight[ids], reader.own.weight[ids]], dim=2)
            states = reader.cell(vectors)[0][0]
            seen = torch.cat([states.max(dim=0).values, states.mean(dim=0)])
            expected = seen @ reader.head.weight[0] + reader.head.bias[0]
            torch.testing.assert_close(logit, expected)


def test_padding_and_company_change_nothing(reader):
    alone = logits(reader, "a good film")
    together = logits(reader, "a good film", "not " * 50, "")
    torch.testing.assert_close(together[0], alone[0])
    ids, _ = pipeline.batch_of(["a good film"], VOCABULARY)
    wide = nn.functional.pad(ids, (0, 500))
    with torch.no_grad():
        torch.testing.assert_close(reader(wide), alone)


def test_order_matters_to_the_reader_and_not_to_a_bag(reader):
    one, other = logits(reader, "a good film not bad", "a bad film not good")
    assert (one - other).abs() > 1e-4
    simple = bag.Bag(len(VOCABULARY)).eval()
    nn.init.normal_(simple.embedding.weight)
    one, other = logits(simple, "a good film not bad", "a bad film not good")
    torch.testing.assert_close(one, other)


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
def test_strange_texts_get_a_probability_alone_and_in_a_batch(reader, text):
    alone = logits(reader, text)
    assert alone.isfinite().all()
    torch.testing.assert_close(logits(reader, "a good film", text)[1], alone[0], atol=1e-5, rtol=0)
    assert 0 < sentiment.judge(reader, VOCABULARY, text) < 1
    assert sentiment.judge(reader, VOCABULARY, text) == pytest.approx(
        alone.sigmoid().item(), abs=1e-5
    )


def test_an_empty_review_has_the_head_s_bias_and_no_nan(reader):
    assert logits(reader, "").item() == pytest.approx(reader.head.bias.item())
    assert logits(reader, "", "", "").unique().numel() == 1
    reader.train()
    reader(torch.zeros(3, 4, dtype=torch.long)).sum().backward()
    assert all(p.grad.isfinite().all() for p in reader.parameters() if p.grad is not None)


def test_ten_thousand_words_are_all_read(reader):
    words = "good " * 10_000
    with torch.no_grad():
        for p in reader.parameters():
            p.mul_(2)  # so that one word can be told among many
    assert logits(reader, words + "bad").item() != logits(reader, words + "good").item()


def test_words_become_unknown_in_training_only(reader):
    reader.dropout.p, reader.unknown = 0.0, 0.999999
    reader.train()
    every = logits(reader, "good film bad", "a")
    reader.eval()
    torch.testing.assert_close(every, logits(reader, "xq xq xq", "xq"))
    assert not torch.allclose(every, logits(reader, "good film bad", "a"))


def test_glove_stays_and_the_own_vectors_learn(reader):
    x = pipeline.batch_of(["a good film", "bad", "not good"], VOCABULARY)[0]
    glove, own = reader.glove.weight.clone(), reader.own.weight.clone()
    options = sentiment.fit_options(reader, 3, sentiment.Config(epochs=3))
    list(train_epochs(reader, (x, torch.tensor([1.0, 0.0, 0.0])), **options))
    assert torch.equal(reader.glove.weight, glove)
    changed = (reader.own.weight != own).any(dim=1)
    assert changed[VOCABULARY["good"]]
    assert reader.own.weight[0].abs().max() == 0  # padding


def test_the_vocabulary_has_glove_s_and_the_reviews_words():
    part = reviews().validation
    vocabulary, table = sentiment.vocabulary_of(part)
    assert list(vocabulary)[:4] == list(pipeline.SPECIALS)
    assert list(vocabulary.values()) == list(range(len(table)))
    assert table[:4].abs().max() == 0
    words, vectors = sentiment.word_vectors()
    for word in ("film", "the", words[-1]):
        assert torch.equal(table[vocabulary[word]], vectors[words.index(word)])
    split = sentiment.as_split(part, vocabulary)
    assert torch.equal(split.y > 0.5, part.mean > 0)


# --- watching it read ----------------------------------------------------------------------------


def test_as_read_judges_each_beginning_of_the_text(reader):
    tokens, steps, chances = sentiment.as_read(reader, VOCABULARY, "A good film!")
    assert tokens == ["a", "good", "film"]
    assert steps == [0, 1, 2, 3]
    expected = [logits(reader, t).sigmoid().item() for t in ("", "a", "a good", "a good film")]
    assert chances.tolist() == pytest.approx(expected)


@pytest.mark.parametrize("count", [0, 1, 59, 60, 61, 1000])
def test_as_read_begins_with_nothing_and_ends_with_all(reader, count):
    tokens, steps, chances = sentiment.as_read(reader, VOCABULARY, "good " * count)
    assert len(tokens) == steps[-1] == count
    assert steps[0] == 0
    assert len(steps) == len(chances) == min(count, 60) + 1
    assert chances.isfinite().all()


def test_the_curve_has_a_point_for_each_word_and_says_so():
    tokens, steps, chances = ["a", "$" * 40], [0, 1, 2], torch.tensor([0.5, 0.4, 0.9])
    figure = figures.probabilities(
        {"one": (tokens, steps, chances), "": ([], [0], torch.tensor([0.3]))}
    )
    (line, _), names = (
        figure.axes[0].lines,
        [t.get_text() for t in figure.axes[0].get_xticklabels()],
    )
    assert line.get_ydata().tolist() == pytest.approx([0.5, 0.4, 0.9])
    assert names[:2] == ["(nothing)", "a"]
    assert "one: (nothing) 0.5, a 0.4" in alt_text(figure)
    assert figure._repr_mimebundle_()  # it can be drawn, dollars and all


# --- the probe -----------------------------------------------------------------------------------


def test_probe_pairs_have_the_same_words_in_another_order():
    pairs, _ = negation.probe()
    assert len(pairs) == 4 * 8 * 8
    for (praise, yes), (blame, no) in pairs:
        assert yes
        assert not no
        assert praise != blame
        assert sorted(pipeline.tokenize(praise)) == sorted(pipeline.tokenize(blame))
        assert "not" in pipeline.tokenize(praise)


def test_fours_are_two_opposites_with_and_without_not():
    fours = negation.fours([("it is {a}", "it is not {a}")], ["good"], ["bad"])
    assert fours == [
        (
            ("it is good", True),
            ("it is not good", False),
            ("it is bad", False),
            ("it is not bad", True),
        )
    ]


def test_training_sentences_share_nothing_with_the_probe():
    made_up = {*negation.TRAIN_GOOD, *negation.TRAIN_BAD}
    probe = {*negation.PROBE_GOOD, *negation.PROBE_BAD}
    assert len(made_up) == len(negation.TRAIN_GOOD) + len(negation.TRAIN_BAD)
    assert not made_up & probe
    vocabulary, _ = sentiment.vocabulary_of(reviews().development)
    assert made_up | probe <= set(vocabulary)
    words = list(vocabulary)
    sentences = {
        " ".join(words[i] for i in row if i)
        for row in negation.training_sentences(vocabulary).x.tolist()
    }
    for group in (group for groups in negation.probe() for group in groups):
        for text, _ in group:
            assert " ".join(pipeline.tokenize(text)) not in sentences
    frames = [" ".join(pipeline.tokenize(f.format(a="x", b="x"))) for f in negation.PROBE_FRAMES]
    for sentence in sentences:
        blank = " ".join("x" if word in made_up else word for word in sentence.split())
        assert blank not in frames


def test_half_of_the_training_sentences_praise():
    vocabulary, _ = sentiment.vocabulary_of(reviews().validation)
    lessons = negation.training_sentences(vocabulary)
    assert lessons.y.mean() == 0.5
    assert len(lessons) == 6 * 4 * 18 + 3 * 18 * 6 * 2


class Fixed(nn.Module):
    """Says what it is told for each sentence, found by its ids."""

    def __init__(self, answers):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.answers = {tuple(k): v for k, v in answers}

    def forward(self, ids):
        rows = [tuple(i for i in row if i) for row in ids.tolist()]
        return torch.tensor([self.answers[row] for row in rows])


def test_a_group_counts_only_when_all_of_it_is_right():
    texts = ["good", "bad", "good film", "bad film", "a good", "a bad"]
    ids = [[VOCABULARY[w] for w in t.split()] for t in texts]
    groups = [((a, True), (b, False)) for a, b in zip(texts[::2], texts[1::2], strict=True)]
    model = Fixed(zip(ids, [1.0, -1.0, 1.0, 0.5, 0.0, -1.0], strict=True))
    result = negation.all_right(model, VOCABULARY, groups, "x")
    assert (result.correct, result.total) == (1, 3)


def test_no_bag_can_pass_however_its_words_weigh():
    pairs, fours = negation.probe()
    vocabulary, _ = sentiment.vocabulary_of(reviews().validation)
    model = bag.Bag(len(vocabulary), dim=4)
    for _ in range(20):
        nn.init.normal_(model.embedding.weight)
        nn.init.normal_(model.linear.bias)
        for groups in (pairs, fours):
            assert negation.all_right(model, vocabulary, groups, "x").correct == 0


def test_a_rule_that_reads_passes_the_probe():
    """The probe can be passed: by a rule that turns a word round when `not` stands before it."""
    vocabulary, _ = sentiment.vocabulary_of(reviews().development)

    class Rule(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(1))
            self.words = list(vocabulary)

        def forward(self, ids):
            return torch.tensor([float(self.score(row)) for row in ids.tolist()])

        def score(self, row):
            sign, total = 1, 0
            for word in (self.words[i] for i in row if i):
                sign = -1 if word == "not" else sign
                value = (word in negation.PROBE_GOOD) - (word in negation.PROBE_BAD)
                total += sign * value
                sign = 1 if value else sign
            return total

    for groups in negation.probe():
        assert negation.all_right(Rule(), vocabulary, groups, "x").value == 1


@pytest.mark.parametrize("repeats", [1, 3])
def test_negations_are_added_as_often_as_set(repeats):
    vocabulary, _ = sentiment.vocabulary_of(reviews().validation)
    train = sentiment.as_split(reviews().validation, vocabulary)
    mixed = sentiment.with_negation(train, vocabulary, sentiment.Config(repeats=repeats))
    made_up = negation.training_sentences(vocabulary)
    assert len(mixed) == len(train) + repeats * len(made_up)
    assert torch.equal(mixed.x[: len(train), : train.x.shape[1]], train.x)
    assert torch.equal(mixed.y[: len(train)], train.y)
    for i in range(repeats):
        rows = slice(
            len(train) + i * len(made_up),
            len(train) + (i + 1) * len(made_up),
        )
        assert torch.equal(mixed.x[rows, : made_up.x.shape[1]], made_up.x)
        assert torch.equal(mixed.y[rows], made_up.y)
    assert mixed.x[len(train) :, made_up.x.shape[1] :].abs().max() == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [("epochs", 0), ("hidden", 0), ("dropout", 1.0), ("limit", 3.0), ("lr", 0.0)],
)
def test_settings_out_of_range_are_refused(field, value):
    with pytest.raises(ValueError, match=f"{field}: got {value}"):
        sentiment.Config(**{field: value})

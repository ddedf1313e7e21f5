"""Every step from a string to a batch, pieces of words, word vectors, a bag of them."""

import dataclasses
import math
import random
from collections import Counter
from itertools import chain, pairwise

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import workshop.text as torchtext
from workshop.core.data import reviews, word_vectors
from workshop.day2 import text
from workshop.day2.text import bag, bpe, pipeline, skipgram, vectors
from workshop.figures import plots

STRANGE = [
    "",
    " ",
    "\n\t ",
    "a\u0301 e\u0301",
    "\U0001f3ac",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 ok",
    "\ud800",
    "!!!",
    "it's  o'clock",
    "word " * 10_000,
    "\u0928\u092e\u0938\u094d\u0924\u0947",
    "x" * 5_000,
]


@pytest.fixture(scope="module")
def glove():
    return word_vectors()


@pytest.fixture(scope="module")
def train():
    return reviews().train.texts


# --- tokens and ids ------------------------------------------------------------------------------


@pytest.mark.book("sec-2.5.1", "eq-2.7")
def test_the_book_s_sentence_has_five_tokens():
    tokens = pipeline.tokenize("The movie was terrible! terrible!")
    assert tokens == ["the", "movie", "was", "terrible", "terrible"]
    assert pipeline.encode(tokens, pipeline.BOOK_VOCABULARY) == [3, 1, 2, 4, 4]


@pytest.mark.book("eq-2.7")
def test_basic_english_finds_seven():
    """The exclamation mark, twice."""
    tokens = torchtext.get_tokenizer("basic_english")(pipeline.SENTENCE)
    assert tokens == ["the", "movie", "was", "terrible", "!", "terrible", "!"]


def test_an_accent_is_part_of_its_letter_however_it_was_typed():
    assert pipeline.tokenize("Na\u00efve caf\u00e9") == ["na\u00efve", "caf\u00e9"]
    assert pipeline.tokenize("Nai\u0308ve cafe\u0301") == ["na\u00efve", "caf\u00e9"]
    assert pipeline.tokenize("x\u0301y") == ["x\u0301y"]  # there is no composed form of this one
    assert pipeline.tokenize("It's 'good' -- isn\u2019t it_ 3D?") == (
        ["it's", "good", "isn\u2019t", "it", "3d"]
    )
    assert pipeline.tokenize("\U0001f3ac!") == pipeline.tokenize("") == []


@pytest.mark.book("sec-2.5.5")
def test_four_special_tokens_in_one_vocabulary():
    """Pad, unknown, start, end; an unknown word gets <unk>."""
    vocabulary = pipeline.build_vocabulary([["b", "a", "b"], ["c", "a", "b"]])
    assert list(vocabulary) == ["<pad>", "<unk>", "<sos>", "<eos>", "b", "a", "c"]
    assert list(vocabulary.values()) == list(range(7))
    ids = pipeline.with_ends(pipeline.encode(["b", "zzyzx"], vocabulary), vocabulary)
    assert ids == [2, 4, 1, 3]
    assert "c" not in pipeline.build_vocabulary([["b", "a", "b"], ["c", "a", "b"]], least=2)


@pytest.mark.book("sec-2.5")
def test_the_vocabulary_is_torchtext_s(train):
    """The same words in the same order, and the same ids."""
    tokens = [pipeline.tokenize(sentence) for sentence in train[:2000]]
    ours = pipeline.build_vocabulary(tokens, least=2)
    specials = list(pipeline.SPECIALS)
    library = torchtext.vocab.build_vocab_from_iterator(tokens, min_freq=2, specials=specials)
    library.set_default_index(library["<unk>"])
    assert library.get_itos() == list(ours)
    for sentence in reviews().test.texts[:200]:
        new = pipeline.tokenize(sentence)
        assert pipeline.encode(new, ours) == library(new)


def test_without_unk_an_unknown_token_is_an_error():
    with pytest.raises(KeyError, match="got the token 'gem', expected one of the vocabulary"):
        pipeline.encode(["movie", "gem"], pipeline.BOOK_VOCABULARY)


# --- one-hot and embeddings ----------------------------------------------------------------------


@pytest.mark.book("eq-2.8")
def test_the_one_hot_matrix_by_columns_and_by_rows():
    """(V, T) as printed, (T, V) as used; id k is row k - 1, raw ids would make five classes."""
    ids = torch.tensor(pipeline.BOOK_IDS)
    rows = pipeline.one_hot(ids - 1, 4)
    printed = [[0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [1, 0, 0, 0, 0], [0, 0, 0, 1, 1]]
    assert rows.T.tolist() == printed
    assert rows.shape == (5, 4)
    assert torch.equal(rows, F.one_hot(ids - 1).float())
    assert F.one_hot(ids).shape == (5, 5)


def test_one_hot_equals_the_library_s_and_refuses_other_ids():
    ids = torch.randint(50, (200,), generator=torch.Generator().manual_seed(0))
    assert torch.equal(pipeline.one_hot(ids, 50), F.one_hot(ids, 50).float())
    assert pipeline.one_hot(torch.tensor([], dtype=torch.long), 3).shape == (0, 3)
    assert pipeline.one_hot(torch.tensor([0]), 1).tolist() == [[1.0]]
    for wrong in ([0, 3], [-1, 2]):
        with pytest.raises(ValueError, match=r"ids: got .* to .*, expected 0 to 2"):
            pipeline.one_hot(torch.tensor(wrong), 3)


@pytest.mark.book("sec-2.5.2")
def test_one_hot_words_are_all_equally_far_apart(glove):
    """Large and huge are as far apart as any two; in GloVe they are not."""
    words, table = glove
    assert pipeline.one_hot(torch.arange(20), 10_000).shape == (20, 10_000)
    ids = torch.tensor([words.index(word) for word in ("large", "huge", "banana")])
    apart = torch.pdist(pipeline.one_hot(ids, len(words)))
    assert apart.unique().numel() == 1
    cosine = F.cosine_similarity(table[ids[0]], table[ids[1:]], dim=1)
    assert cosine[0] > cosine[1] + 0.3


@pytest.mark.book("sec-2.5.3", "eq-2.9")
def test_a_lookup_is_one_hot_times_the_table():
    """As nn.Embedding with 4 rows, and one-hot times table, in value and gradient."""
    ids = torch.tensor(pipeline.BOOK_IDS) - 1
    layer = nn.Embedding(4, 3)
    layer.load_state_dict({"weight": pipeline.BOOK_VECTORS})
    expected = [[0, 0, 1], [0.4, 0, 0.2], [0.1, 1, 0.3], [0.3, 0.3, 1], [0.3, 0.3, 1]]
    torch.testing.assert_close(layer(ids), torch.tensor(expected, dtype=torch.float32))
    table = pipeline.BOOK_VECTORS.clone().requires_grad_()
    product = pipeline.one_hot(ids, 4) @ table
    torch.testing.assert_close(product, layer(ids))
    weights = torch.arange(15.0).reshape(5, 3)
    (layer(ids) * weights).sum().backward()
    (product * weights).sum().backward()
    torch.testing.assert_close(table.grad, layer.weight.grad)


# --- batches -------------------------------------------------------------------------------------


@pytest.mark.book("sec-2.5.4")
def test_padding_and_truncation_are_torchtext_s():
    """200 random batches, against Truncate, PadTransform and ToTensor."""
    draws = random.Random(0)
    for _ in range(200):
        batch = [[draws.randrange(1, 99) for _ in range(draws.randrange(9))] for _ in range(4)]
        length, value = draws.randrange(1, 10), draws.randrange(3)
        rows = torchtext.functional.truncate(batch, length)
        padder = torchtext.transforms.PadTransform(length, value)
        expected = torch.stack([padder(torch.tensor(row, dtype=torch.long)) for row in rows])
        assert torch.equal(pipeline.pad(batch, length, value), expected)


@pytest.mark.book("sec-2.5.4")
def test_a_packed_sequence_holds_the_real_tokens():
    batch = pipeline.pad([[5, 6], [7, 8, 9, 10], [11]], 4, 0)
    lengths = (batch != 0).sum(dim=1)
    packed = pack_padded_sequence(batch, lengths, batch_first=True, enforce_sorted=False)
    assert packed.data.numel() == 7
    assert torch.equal(pad_packed_sequence(packed, batch_first=True)[0], batch)


def test_masked_mean_is_each_sentence_s_own_mean():
    g = torch.Generator().manual_seed(0)
    x = torch.randn(6, 7, 3, generator=g, requires_grad=True)
    mask = torch.rand(6, 7, generator=g) < 0.5
    mask[0], mask[1], mask[:, 3] = False, True, mask[:, 3]
    ours = pipeline.masked_mean(x, mask)
    weights = torch.randn(6, 3, generator=g)
    (gradient,) = torch.autograd.grad((ours * weights).sum(), x)
    alone = torch.stack(
        [v[m].mean(dim=0) if m.any() else v.new_zeros(3) for v, m in zip(x, mask, strict=True)]
    )
    (expected,) = torch.autograd.grad((alone * weights).sum(), x)
    torch.testing.assert_close(ours, alone)
    torch.testing.assert_close(gradient, expected)
    assert ours[0].tolist() == [0, 0, 0]


@pytest.mark.parametrize("pool", [None, 1, 20])
def test_buckets_hold_every_sequence_once_and_little_padding(pool):
    lengths = [1 + i % 9 for i in range(500)]
    sampler = pipeline.BucketBatchSampler(lengths, 16, seed=3, pool=pool)
    first, second = list(sampler), list(sampler)
    assert sorted(chain(*first)) == list(range(500)) == sorted(chain(*second))
    assert first != second
    assert len(first) == len(sampler) == 32
    assert list(pipeline.BucketBatchSampler(lengths, 16, seed=3, pool=pool)) == first
    spread = [max(lengths[i] for i in b) - min(lengths[i] for i in b) for b in first]
    assert (sum(spread) / len(spread) < 1.5) == (pool != 1)  # a pool of one batch sorts nothing


def test_any_text_goes_the_whole_way_and_comes_out_finite():
    """Bad input: empty, unknown words only, 10,000 tokens, emoji, combining characters."""
    vocabulary = pipeline.build_vocabulary([["word", "ok"]])
    ids, mask = pipeline.batch_of(STRANGE, vocabulary, longest=60)
    assert ids.shape == mask.shape == (len(STRANGE), 60)
    assert mask.sum(dim=1).tolist()[:3] == [0, 0, 0]
    assert mask[STRANGE.index("word " * 10_000)].all()
    model = bag.Bag(len(vocabulary), 8)
    for batch in (
        ids,
        pipeline.batch_of([""], vocabulary)[0],
        pipeline.batch_of(["zzyzx"], vocabulary)[0],
    ):
        logits = model(batch)
        assert logits.isfinite().all()
        logits.sum().backward()
    assert all(weight.grad.isfinite().all() for weight in model.parameters())
    with pytest.raises(ValueError, match=r"texts: got .*, expected a list of at least one string"):
        pipeline.batch_of([], vocabulary)
    with pytest.raises(ValueError, match="texts: got 'one text', expected a list"):
        pipeline.batch_of("one text", vocabulary)


# --- pieces of words -----------------------------------------------------------------------------


def counted_anew(texts, number):
    """BPE as slow as it can be: all pairs of all words are counted again for each merge."""
    counts = Counter(piece for sentence in texts for piece in bpe.split_text(sentence))
    words = {piece: list(piece.encode()) for piece in counts}
    merges = []
    for new in range(256, 256 + number):
        pairs = Counter()
        for piece, ids in words.items():
            for pair in pairwise(ids):
                pairs[pair] += counts[piece]
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        for piece, ids in words.items():
            out = []
            for i in ids:
                if out and (out[-1], i) == best:
                    out[-1] = new
                else:
                    out.append(i)
            words[piece] = out
    return merges


def test_merges_are_those_of_counting_everything_anew(train):
    texts = [*train[:150], "aaaa aaaaa aaaaaaa", "abababab"]
    assert bpe.learn_merges(texts, 120) == counted_anew(texts, 120)


def test_merges_stop_where_no_pair_occurs_twice():
    assert bpe.learn_merges([], 5) == []
    assert bpe.learn_merges(["abc"], 5) == []
    assert bpe.learn_merges(["ab ab"], 5) == [(97, 98)]  # " ab" and "ab" share that pair alone


def test_pieces_equal_those_of_the_tokenizers_library(train):
    tokenizers = pytest.importorskip("tokenizers", reason="the library tokenizers is not installed")
    merges = bpe.learn_merges(train[:1500], 300)
    ours = bpe.BytePairs(merges)
    names = [chr(0x4E00 + i) for i in range(256)]  # a letter for each byte
    for left, right in merges:
        names.append(names[left] + names[right])
    if len(set(names)) != len(names):
        pytest.skip("two merges give the same bytes, which that library cannot tell apart")
    pairs = [(names[a], names[b]) for a, b in merges]
    theirs = tokenizers.models.BPE(vocab={name: i for i, name in enumerate(names)}, merges=pairs)
    for sentence in reviews().validation.texts[:300]:
        for piece in bpe.split_text(sentence):
            written = "".join(chr(0x4E00 + b) for b in piece.encode())
            assert [token.id for token in theirs.tokenize(written)] == ours.encode(piece)


def test_every_text_comes_back(train):
    pieces = bpe.BytePairs(bpe.learn_merges(train[:1000], 200))
    draws = random.Random(0)
    made = [
        "".join(
            chr(draws.choice((draws.randrange(128), draws.randrange(0x110000))))
            for _ in range(draws.randrange(40))
        )
        for _ in range(300)
    ]
    for sentence in [*STRANGE, *made]:
        ids = pieces.encode(sentence)
        assert pieces.decode(ids) == sentence
        assert max(ids, default=0) < len(pieces.tokens)
    assert pieces.encode("") == []
    assert len(pieces.encode("the film")) < len("the film") / 2
    assert pieces.decode([255]) == "\ufffd"


# --- word vectors --------------------------------------------------------------------------------


@pytest.mark.book("sec-2.5.3")
def test_neighbours_and_analogies_by_brute_force(glove):
    """King - man + woman is nearest to queen."""
    words, table = glove
    assert vectors.analogy("man", "king", "woman", words, table) == "queen"
    assert vectors.analogy("france", "paris", "italy", words, table) == "rome"
    few, small = ["a", "b", "c", "d"], torch.tensor([[1.0, 0], [3, 0.1], [0, 1], [-1, 0]])
    assert [word for word, _ in vectors.neighbours("a", few, small, 9)] == ["b", "c", "d"]
    assert vectors.neighbours("a", few, small, 1)[0][1] == pytest.approx(3 / math.hypot(3, 0.1))
    with pytest.raises(KeyError, match=r"no vector for 'kingg'\. Did you mean 'king'"):
        vectors.neighbours("kingg", words, table)


def test_the_plane_is_scikit_learn_s_pca(glove):
    decomposition = pytest.importorskip("sklearn.decomposition")
    table = glove[1][:40]
    ours = vectors.flatten_to_plane(table)
    theirs = torch.tensor(decomposition.PCA(2).fit_transform(table.numpy()))
    torch.testing.assert_close(ours.abs(), theirs.abs().float(), rtol=1e-3, atol=1e-3)
    assert torch.equal(vectors.flatten_to_plane(table), ours)


def test_skip_gram_loss_is_binary_cross_entropy():
    g = torch.Generator().manual_seed(0)
    for b, k, d, scale in ((7, 5, 4, 1.0), (1, 1, 1, 1.0), (3, 2, 6, 20.0)):
        given = [scale * torch.randn(s, generator=g) for s in ((b, d), (b, d), (b, k, d))]
        ours, theirs = ([t.clone().requires_grad_() for t in given] for _ in range(2))
        loss = skipgram.skip_gram_loss(*ours)
        center, context, negatives = theirs
        scores = torch.cat([context[:, None], negatives], dim=1) @ center[:, :, None]
        labels = torch.zeros(b, k + 1)
        labels[:, 0] = 1
        expected = F.binary_cross_entropy_with_logits(scores[..., 0], labels, reduction="sum") / b
        torch.testing.assert_close(loss, expected)
        loss.backward()
        expected.backward()
        for one, other in zip(ours, theirs, strict=True):
            torch.testing.assert_close(one.grad, other.grad)


def test_pairs_are_all_near_words_of_one_speech_both_ways():
    g = torch.Generator().manual_seed(0)
    ids = torch.randint(9, (60,), generator=g)
    speech = torch.randint(2, (60,), generator=g).cumsum(dim=0)
    expected = Counter(
        (int(ids[i]), int(ids[j]))
        for i in range(60)
        for j in range(60)
        if i != j and abs(i - j) <= 3 and speech[i] == speech[j]
    )
    centers, contexts = skipgram.window_pairs(ids, speech, 3)
    assert Counter(zip(centers.tolist(), contexts.tolist(), strict=True)) == expected


def test_negatives_are_drawn_by_counts_to_the_three_quarters():
    counts = torch.tensor([1, 16, 81, 256])
    model = skipgram.SkipGram(counts, 4, negatives=5)
    drawn = []
    model.context.register_forward_hook(lambda _, given, __: drawn.append(given[0]))
    ids = torch.zeros(8000, dtype=torch.long)
    first = model(ids, ids)
    assert first.item() == pytest.approx(6 * math.log(2), rel=1e-5)  # all scores are 0 at first
    share = drawn[1].flatten().bincount(minlength=4) / 40_000
    torch.testing.assert_close(share, torch.tensor([1.0, 8, 27, 64]) / 100, rtol=0, atol=0.01)


def test_the_neighbour_score_knows_the_right_answer_and_chance(glove):
    words, table = glove
    assert skipgram.neighbour_score(words[:3000], table[:3000], "itself").value > 0.99
    noise = torch.randn(3000, 50, generator=torch.Generator().manual_seed(0))
    assert abs(skipgram.neighbour_score(words[:3000], noise, "noise").value - 0.5) < 0.03


# --- the bag -------------------------------------------------------------------------------------


def test_the_bag_is_nn_embeddingbag():
    torch.manual_seed(0)
    model = bag.Bag(30, 6).eval()
    library = nn.EmbeddingBag(30, 6, mode="mean", padding_idx=0)
    library.load_state_dict({"weight": model.embedding.weight.detach().clone()})
    ids = torch.randint(1, 30, (8, 5))
    ids[0], ids[1, 2:], ids[2, 4:] = 0, 0, 0
    ours, theirs = model(ids), model.linear(library(ids))[:, 0]
    torch.testing.assert_close(ours, theirs)
    weights = torch.randn(8)
    (one,) = torch.autograd.grad((ours * weights).sum(), model.embedding.weight)
    (other,) = torch.autograd.grad((theirs * weights).sum(), library.weight)
    torch.testing.assert_close(one, other)
    assert not one[0].any()


def test_the_bag_does_not_see_padding_or_order():
    torch.manual_seed(0)
    model = bag.Bag(30, 6).eval()
    ids = torch.randint(1, 30, (8, 5))
    torch.testing.assert_close(model(F.pad(ids, (0, 7))), model(ids))
    mixed = bag.shuffle_words(ids, seed=1)
    assert not torch.equal(mixed, ids)
    assert torch.equal(mixed.sort(dim=1).values, ids.sort(dim=1).values)
    torch.testing.assert_close(model(mixed), model(ids))


def test_glove_s_bag_learns_in_its_layer_only(glove):
    vocabulary, model = bag.glove_bag(bag.Config())
    assert torch.equal(model.embedding.weight[vocabulary["king"]], glove[1][glove[0].index("king")])
    assert [name for name, w in model.named_parameters() if w.requires_grad] == (
        ["linear.weight", "linear.bias"]
    )
    assert not model.embedding.weight[:4].any()


# --- settings and pictures -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "change", "message"),
    [
        (bpe.Config, {"merges": -1}, "merges: got -1, expected at least 0"),
        (skipgram.Config, {"window": 0}, "window: got 0, expected at least 1"),
        (bag.Config, {"dropout": 1.0}, "dropout: got 1.0, expected less than 1"),
    ],
)
def test_settings_out_of_range_are_refused(part, change, message):
    with pytest.raises(ValueError, match=message):
        part(**change)


def test_settings_are_grouped_by_task():
    assert [f.name for f in dataclasses.fields(text.Config)] == list(text.TASKS)


def test_words_are_drawn_and_listed_by_group():
    figure = plots.words(
        {"one": {"king": (0, 1), "queen": (1, 1)}, "two": {"dog": (3, 0)}}, title="W"
    )
    (ax,) = figure.axes
    assert [note.get_text() for note in ax.texts] == ["king", "queen", "dog"]
    assert figure.get_label().startswith("W: words as points. one (king, queen) around 0.5, 1; two")
    with pytest.raises(ValueError, match=r"one: got shape \(1, 3\), expected \(N, 2\)"):
        plots.words({"one": {"king": (0, 1, 2)}})

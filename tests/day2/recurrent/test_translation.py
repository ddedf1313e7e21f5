"""Translation: attention and search against references, padding, bad input (fig-2.19)."""

import itertools
import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from workshop.day2.recurrent import translation
from workshop.day2.recurrent.translation import Config, Translator, attention, search, vocabulary
from workshop.day2.recurrent.translation import figures as translation_figures
from workshop.day2.recurrent.translation.phrases import Phrases, phrases
from workshop.day2.recurrent.translation.vocabulary import (
    EOS_ID,
    PAD_ID,
    SOS_ID,
    UNK_ID,
    Dictionary,
    PhraseError,
)
from workshop.day2.text import pipeline
from workshop.figures.style import alt_text

KINDS = ("plain", "dot", "additive")


@pytest.fixture(scope="module")
def dictionary():
    return Dictionary.of(phrases().train)


@pytest.fixture
def tiny():
    """Five pairs of made-up words: 4 special tokens and 3 words in each language."""
    return Dictionary.of(Phrases(("a", "b c", "a b"), ("x", "y z", "x y"), ("number",) * 3))


def some(B, Q, T, H, lengths, seed=0, scale=1.0):
    g = torch.Generator().manual_seed(seed)
    sizes = ((B, Q, H), (B, T, H), (B, T, H))
    parts = [(scale * torch.randn(size, generator=g)).requires_grad_() for size in sizes]
    return (*parts, torch.arange(T) < torch.tensor(lengths)[:, None])


# --- attention -----------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(3, 2, 5, 4), (1, 1, 1, 1), (2, 7, 3, 1), (4, 1, 6, 16)])
@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_attend_equals_torch_in_value_and_gradient(shape, scale):
    B, Q, T, H = shape
    lengths = [1 + (i * 2) % T for i in range(B)]
    *inputs, mask = some(B, Q, T, H, lengths, scale=scale)
    ours, weights = attention.attend(*inputs, mask)
    theirs = F.scaled_dot_product_attention(*inputs, attn_mask=mask[:, None, :])
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(B, Q))
    g = torch.randn(ours.shape)
    for a, b in zip(
        torch.autograd.grad(ours, inputs, g),
        torch.autograd.grad(theirs, inputs, g),
        strict=True,
    ):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-3 * scale)


def test_attend_equals_the_formula_in_numpy():
    query, keys, values, mask = some(2, 3, 4, 5, [4, 2])
    _, weights = attention.attend(query, keys, values, mask)
    for b, n in enumerate((4, 2)):
        q, k = query[b].detach().double().numpy(), keys[b, :n].detach().double().numpy()
        e = np.exp(q @ k.T / np.sqrt(5))
        np.testing.assert_allclose(
            weights[b, :, :n].detach(), e / e.sum(axis=1, keepdims=True), atol=1e-6
        )


def test_additive_attention_equals_the_formula_word_by_word():
    query, keys, values, mask = some(2, 3, 4, 5, [4, 2])
    g = torch.Generator().manual_seed(1)
    w_q, w_k, v = (torch.randn(s, generator=g) for s in ((6, 5), (6, 5), (6,)))
    context, weights = attention.attend_additively(query, keys, values, mask, w_q, w_k, v)
    for b, n in enumerate((4, 2)):
        for q in range(3):
            scores = torch.stack(
                [v @ torch.tanh(w_q @ query[b, q] + w_k @ keys[b, t]) for t in range(n)]
            )
            share = scores.softmax(dim=0)
            torch.testing.assert_close(weights[b, q, :n], share)
            torch.testing.assert_close(context[b, q], share @ values[b, :n])


@pytest.mark.parametrize("kind", ["dot", "additive"])
def test_padding_gets_exactly_nothing_and_padding_alone_no_nan(kind):
    torch.manual_seed(0)
    layer = attention.Attention(kind, 4)
    query, _, states, mask = some(3, 2, 5, 4, [5, 2, 0])
    context, weights = layer(query, states, mask)
    assert (weights[~mask[:, None].expand_as(weights)] == 0).all()
    assert (weights[2] == 0).all()
    assert (context[2] == 0).all()
    assert torch.isfinite(context).all()
    context.sum().backward()
    for t in (query, states, *layer.parameters()):
        assert torch.isfinite(t.grad).all()
    # What stands in the padding changes nothing.
    other = torch.where(mask[:, :, None], states, torch.full_like(states, 1e3))
    torch.testing.assert_close(layer(query, other, mask)[0], context)


def test_self_attention_is_one_head_of_torch_s():
    torch.manual_seed(0)
    head = nn.MultiheadAttention(6, 1, bias=False, batch_first=True)
    x, mask = torch.randn(3, 5, 6), torch.arange(5) < torch.tensor([5, 3, 1])[:, None]
    w_q, w_k, w_v = head.in_proj_weight.chunk(3)
    ours, weights = attention.self_attention(x, w_q, w_k, w_v, mask)
    theirs, their_weights = head(x, x, x, key_padding_mask=~mask)
    torch.testing.assert_close(ours @ head.out_proj.weight.T, theirs)
    torch.testing.assert_close(weights, their_weights)


def test_without_positions_self_attention_ignores_order():
    torch.manual_seed(0)
    x, mask = torch.randn(2, 6, 8), torch.ones(2, 6, dtype=torch.bool)
    w = torch.randn(3, 8, 8)
    order = torch.randperm(6)
    plain = attention.self_attention(x, *w, mask)[0]
    torch.testing.assert_close(attention.self_attention(x[:, order], *w, mask)[0], plain[:, order])
    placed = attention.positions(6, 8)
    there = attention.self_attention(x + placed, *w, mask)[0]
    moved = attention.self_attention(x[:, order] + placed, *w, mask)[0]
    assert not torch.allclose(moved, there[:, order], atol=1e-2)


def test_positions_are_the_papers_sines_and_cosines():
    table = attention.positions(50, 8)
    for place, i in itertools.product((0, 1, 17, 49), range(4)):
        angle = place / 10_000 ** (2 * i / 8)
        assert table[place, 2 * i].item() == pytest.approx(math.sin(angle), abs=1e-5)
        assert table[place, 2 * i + 1].item() == pytest.approx(math.cos(angle), abs=1e-5)
    assert len({tuple(row) for row in table.tolist()}) == 50
    with pytest.raises(ValueError, match=r"got \(3, 5\), expected .* even size"):
        attention.positions(3, 5)


# --- encoder and decoder: fig-2.19 ---------------------------------------------------------------


def model_of(dictionary, kind, seed=0):
    return translation.build(dictionary, kind, Config(dim=6, hidden=8), seed=seed)


@pytest.mark.book("fig-2.19")
@pytest.mark.parametrize("kind", KINDS)
def test_lengths_differ_and_padding_changes_no_logit(tiny, kind):
    model = model_of(tiny, kind)
    rows = [[4, 5, 6, 4], [5], [6, 4]]
    given = torch.tensor([[SOS_ID, 4], [SOS_ID, 5], [SOS_ID, 6]])
    together = model(vocabulary.padded(rows), given)
    assert together.shape == (3, 2, len(tiny.target))  # T_x is 4, T_y is 2
    wider = model(F.pad(vocabulary.padded(rows), (0, 3), value=PAD_ID), given)
    torch.testing.assert_close(wider, together)
    for i, row in enumerate(rows):
        torch.testing.assert_close(model(torch.tensor([row]), given[i : i + 1])[0], together[i])


def test_the_last_state_is_that_of_packed_sequences(tiny):
    model = model_of(tiny, "plain")
    source = vocabulary.padded([[4, 5, 6, 4], [5], [6, 4]])
    packed = nn.utils.rnn.pack_padded_sequence(
        model.source(source), [4, 1, 2], batch_first=True, enforce_sorted=False
    )
    states, mask, last = model.encode(source)
    torch.testing.assert_close(last, model.encoder(packed)[1][0])
    assert not torch.allclose(
        states[1, -1], last[1], atol=1e-3
    )  # the padding would have wrecked it


def test_plain_uses_the_last_state_and_attention_all(tiny):
    for kind, expected in (("plain", False), ("dot", True), ("additive", True)):
        model = model_of(tiny, kind)
        states, mask, last = model.encode(torch.tensor([[4, 5, 6]]))
        word = torch.tensor([[SOS_ID]])
        there = model.decode(word, last, states, mask)[0]
        changed = states.clone()
        changed[:, 0] += 1
        assert (not torch.allclose(model.decode(word, last, changed, mask)[0], there)) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_empty_and_very_long_phrases_give_no_nan(tiny, kind):
    model = model_of(tiny, kind)
    source = torch.zeros(2, 10_000, dtype=torch.long)
    source[0] = 5
    logits = model(source, torch.tensor([[SOS_ID, 4], [SOS_ID, 5]]))
    assert torch.isfinite(logits).all()
    translation.loss_of(logits, torch.tensor([[4, EOS_ID], [5, EOS_ID]])).backward()
    assert all(torch.isfinite(p.grad).all() for p in model.parameters() if p.grad is not None)
    assert (model.encode(source)[2][1] == 0).all()


def test_the_loss_does_not_count_padding(tiny):
    g = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 3, 7, generator=g)
    wanted = torch.tensor([[4, 5, EOS_ID], [6, EOS_ID, PAD_ID]])
    terms = [
        -logits[b, u].log_softmax(dim=0)[wanted[b, u]]
        for b, u in ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1))
    ]
    torch.testing.assert_close(translation.loss_of(logits, wanted), torch.stack(terms).mean())


def test_teacher_forcing_shifts_the_target_by_one():
    source, given, wanted = vocabulary.batch_of([([7, 8], [4, 5, 6]), ([9], [4])])
    assert source.tolist() == [[7, 8], [9, PAD_ID]]
    assert given.tolist() == [[SOS_ID, 4, 5, 6], [SOS_ID, 4, PAD_ID, PAD_ID]]
    assert wanted.tolist() == [[4, 5, 6, EOS_ID], [4, EOS_ID, PAD_ID, PAD_ID]]


def test_five_pairs_are_memorised_and_seeds_repeat(tiny):
    pairs = vocabulary.ids_of(tiny, Phrases(("a", "b c", "a b"), ("x", "y z", "x y"), ("",) * 3))
    settings = Config(dim=8, hidden=16, batch_size=3)
    states = []
    for _ in range(2):
        model = translation.build(tiny, "dot", settings, seed=1)
        for history in translation.train(model, pairs, settings, epochs=150, seed=1):
            pass
        states.append(model.state_dict())
    assert history["loss"][-1] < 0.05 < history["loss"][0]
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])
    assert translation.translate(model, tiny, "b c")[0] == "y z"
    weights = translation.translate(model, tiny, "b c", width=3)[1]
    assert weights.shape == (3, 2)
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(3))


def test_evenly_spread_attention_is_a_mean_of_the_words(tiny):
    model = model_of(tiny, "dot")
    states, mask, last = model.encode(torch.tensor([[4, 5, 6], [4, 6, PAD_ID]]))
    word = torch.full((2, 1), SOS_ID)
    weights = model.decode(word, last, states, mask, even=True)[2]
    torch.testing.assert_close(weights[:, 0], torch.tensor([[1 / 3] * 3, [0.5, 0.5, 0.0]]))


# --- search --------------------------------------------------------------------------------------


@pytest.fixture
def sources():
    return vocabulary.padded([[4, 5, 6], [5], [6, 6, 4, 5], [4, 4]])


@torch.no_grad()
def score_of(model, source, ids):
    """The score of a whole phrase, <eos> at its end, all steps at once: source (1, T)."""
    logits = model.eval()(source, torch.tensor([[SOS_ID, *ids]]))
    logits[..., search.NEVER] = -torch.inf
    wanted = torch.tensor([[*ids, EOS_ID]])
    return torch.log_softmax(logits, dim=-1).gather(2, wanted[..., None]).sum().item()


def sharpened(dictionary, kind, seed):
    """A model with random, large weights in its head: words differ in their probability."""
    model = model_of(dictionary, kind, seed)
    with torch.no_grad():
        model.head.weight.mul_(12)
    return model


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_a_beam_of_one_is_greedy(tiny, sources, kind, seed):
    model = sharpened(tiny, kind, seed)
    together = search.greedy(model, sources, limit=8)
    for row, ids in zip(sources, together, strict=True):
        one = row[row != PAD_ID][None]
        best = search.beam(model, one, width=1, limit=8)
        assert [list(h.ids) for h in best] == [ids]
        if best[0].ended:
            assert best[0].score == pytest.approx(score_of(model, one, best[0].ids), abs=1e-4)


def test_greedy_takes_the_most_probable_word_each_time(tiny, sources):
    model = sharpened(tiny, "dot", 2)
    for row, ids in zip(sources, search.greedy(model, sources, limit=8), strict=True):
        one, so_far = row[row != PAD_ID][None], [SOS_ID]
        for i in [*ids, EOS_ID][:8]:
            logits = model(one, torch.tensor([so_far]))[0, -1]
            assert logits.argmax().item() in (i, *search.NEVER)
            logits[list(search.NEVER)] = -torch.inf
            assert logits.argmax().item() == i
            so_far.append(i)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_a_wide_beam_finds_the_best_of_all_phrases(tiny, kind, seed):
    """All phrases of up to 3 words, tried one by one; a narrow beam may miss the best."""
    model, one = sharpened(tiny, kind, seed), torch.tensor([[4, 5, 6]])
    words = range(4, len(tiny.target))
    every = [ids for n in range(4) for ids in itertools.product(words, repeat=n)]
    scores = {ids: score_of(model, one, ids) for ids in every}
    found = [h for h in search.beam(model, one, width=1000, limit=4) if h.ended]
    assert {h.ids for h in found} == set(every)
    for h in found:
        assert h.score == pytest.approx(scores[h.ids], abs=1e-4)
    best = max(scores.values())
    assert found[0].score == pytest.approx(best, abs=1e-4)
    for width in (1, 2, 3):
        kept = search.beam(model, one, width=width, limit=4)
        assert len(kept) <= width
        assert [h.score for h in kept] == sorted((h.score for h in kept), reverse=True)
        assert all(h.score <= best + 1e-4 for h in kept if h.ended)


@pytest.mark.parametrize("width", [2, 3])
@pytest.mark.parametrize("seed", range(3))
def test_a_narrow_beam_equals_one_without_states(tiny, seed, width):
    """Written again, word by word from the start each time."""
    model, one = sharpened(tiny, "dot", seed), torch.tensor([[4, 5, 6]])
    kept = [((), 0.0, False)]
    for _ in range(5):
        tried = [entry for entry in kept if entry[2]]
        for ids, score, ended in kept:
            if not ended:
                logits = model(one, torch.tensor([[SOS_ID, *ids]]))[0, -1]
                logits[list(search.NEVER)] = -torch.inf
                for i, value in enumerate(logits.log_softmax(dim=0).tolist()):
                    tried.append((ids if i == EOS_ID else (*ids, i), score + value, i == EOS_ID))
        kept = sorted(tried, key=lambda entry: -entry[1])[:width]
    found = search.beam(model, one, width=width, limit=5)
    assert [(h.ids, h.ended) for h in found] == [(ids, ended) for ids, _, ended in kept]
    assert [h.score for h in found] == pytest.approx([score for _, score, _ in kept], abs=1e-4)


def test_the_mean_makes_long_phrases_no_worse_for_their_length():
    short, long = search.Hypothesis((4,), -2.0, True), search.Hypothesis((4,) * 5, -3.0, True)
    assert short.score > long.score
    assert short.mean() == -1.0 < long.mean() == -0.5


def test_by_mean_compares_the_mean_of_a_word(tiny):
    model, one = sharpened(tiny, "dot", 1), torch.tensor([[4, 5, 6]])
    found = search.beam(model, one, width=1000, limit=4, by_mean=True)
    means = [h.mean() for h in found]
    assert means == sorted(means, reverse=True)
    every = search.beam(model, one, width=1000, limit=4)
    assert found[0].mean() == pytest.approx(max(h.mean() for h in every), abs=1e-6)


def test_a_decoder_that_never_ends_is_stopped(tiny):
    model = model_of(tiny, "dot")
    with torch.no_grad():
        model.head.bias[EOS_ID] = -1e6
        model.head.bias[[PAD_ID, UNK_ID, SOS_ID]] = 1e6
    one = torch.tensor([[4, 5]])
    assert [len(row) for row in search.greedy(model, one, limit=7)] == [7]
    (best,) = search.beam(model, one, width=1, limit=7)
    assert len(best.ids) == 7
    assert not best.ended
    assert min(best.ids) > EOS_ID
    with torch.no_grad():
        model.head.bias[EOS_ID] = 1e6
        model.head.bias[[PAD_ID, UNK_ID, SOS_ID]] = 0
    assert search.greedy(model, one.expand(2, -1)) == [[], []]
    with pytest.raises(ValueError, match=r"source: got shape \(2, 2\), expected \(1, T\)"):
        search.beam(model, one.expand(2, -1))
    with pytest.raises(ValueError, match=r"width, limit: got .*0.*expected 1 or more"):
        search.beam(model, one, width=0)


# --- phrases -------------------------------------------------------------------------------------


def test_tokens_put_together_again_are_the_phrase():
    parts = phrases()
    everything = parts.development + parts.test
    for language in ("english", "french"):
        for text in getattr(everything, language):
            assert vocabulary.join(vocabulary.tokenize(text), language) == text


def test_a_phrase_may_be_typed_in_other_ways(dictionary):
    assert dictionary.read("  TUESDAY,March 5 ,  2024 ") == dictionary.read(
        "tuesday, march 5, 2024"
    )
    back = Dictionary.of(phrases().train, "fr-en")
    assert back.read("5 fe\u0301vrier") == back.read("5 février")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"got a phrase of 0 words and signs, expected 1 to 40"),
        (" \n\t", r"got a phrase of 0 words"),
        ("one " * 10_000, r"got a phrase of 10,000 words and signs"),
        ("the moon", r"no training phrase had 'the', 'moon'\..*Known are .* names of days"),
        ("tusday", r"'tusday'\. Did you mean 'tuesday'\?"),
        (
            "\U0001f642 \U0001f468\u200d\U0001f469\u200d\U0001f467",
            "no training phrase had '\U0001f642'",
        ),
        ("marc\u0327h 5", r"no training phrase had"),
        ("march 5, 1873", r"'1873'.*1900 to 2099"),
        ("___", r"no training phrase had '_'"),
        (None, r"got None, expected a phrase such as"),
    ],
)
def test_a_phrase_that_cannot_be_translated_says_why(dictionary, text, message):
    model = model_of(dictionary, "dot")
    with pytest.raises(PhraseError, match=message):
        translation.translate(model, dictionary, text)


def test_words_of_tests_play_no_part_in_the_dictionary():
    parts = phrases()
    known = Dictionary.of(parts.train)
    seen = set(itertools.chain(*map(vocabulary.tokenize, parts.train.english)))
    assert set(known.source) == seen | set(pipeline.SPECIALS)
    with pytest.raises(ValueError, match=r"direction: got 'en-de', expected 'en-fr' or 'fr-en'"):
        Dictionary.of(parts.train, "en-de")


def test_shuffled_deal_every_source_out_to_another_target(dictionary):
    part = phrases().validation
    right, shuffled = (
        vocabulary.ids_of(dictionary, part),
        vocabulary.ids_of(dictionary, part, shuffle_seed=0),
    )
    assert [b for _, b in right] == [b for _, b in shuffled]
    assert sorted(a for a, _ in right) == sorted(a for a, _ in shuffled)
    assert sum(a == b for a, b in zip(right, shuffled, strict=True)) < 0.02 * len(part)


def test_exact_counts_phrases_that_are_right_to_the_last_sign(tiny, monkeypatch):
    part = Phrases(("a", "b c", "a b"), ("x", "y z", "x y"), ("",) * 3)
    x, y, z = (tiny.target[word] for word in "xyz")
    monkeypatch.setattr(search, "greedy", lambda *_, **__: [[x], [y], [x, z]])
    assert translation.exact(model_of(tiny, "plain"), tiny, part).tolist() == [True, False, False]


# --- figures -------------------------------------------------------------------------------------


@pytest.mark.book("fig-2.19")
def test_encoder_decoder_is_drawn_with_a_cell_per_word():
    figure = translation_figures.encoder_decoder(["5", ":", "30", "pm"], ["17", ":", "30"])
    words = alt_text(figure)
    assert "4 words in, 3 words and <eos> out" in words
    assert "says 17 : 30 <eos>" in words
    drawn = [text.get_text() for text in figure.axes[0].texts]
    assert drawn.count("<eos>") == 1
    assert drawn.count("<sos>") == 1
    assert len(figure.axes[0].patches) >= 8
    with pytest.raises(ValueError, match="source, target: got 0 and 1 words"):
        translation_figures.encoder_decoder([], ["x"])


def test_the_attention_map_says_where_each_word_looks():
    weights = torch.tensor([[0.9, 0.1, 0.0], [0.2, 0.1, 0.7]])
    figure = translation_figures.attention_map(weights, ["a", "b", "c"], ["x", "<eos>"])
    assert "x looks most at a (0.90); <eos> looks most at c (0.70)" in alt_text(figure)
    assert [t.get_text() for t in figure.axes[0].get_xticklabels()] == ["a", "b", "c"]
    with pytest.raises(ValueError, match=r"weights: got shape \(2, 3\), expected \(1, 3\)"):
        translation_figures.attention_map(weights, ["a", "b", "c"], ["x"])


def test_settings_out_of_range_are_refused():
    with pytest.raises(ValueError, match="kind: got 'cosine', expected one of 'dot', 'additive'"):
        Config(kind="cosine")
    with pytest.raises(ValueError, match="kind: got 'none', expected plain, dot or additive"):
        Translator(Dictionary("en-fr", {"a": 0}, {"b": 0}), "none")

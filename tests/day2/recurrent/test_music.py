"""Music: tokens, counts, sampling, and what is heard, seen and saved (fig-2.17, note-18)."""

import math
from collections import Counter

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from workshop.day2.recurrent import music
from workshop.day2.recurrent.music import language_model, ngrams, notes, sound
from workshop.day2.recurrent.music.tunes import TICKS, Tune, tunes
from workshop.figures.style import alt_text

JIG = [
    "<jig>",
    "D5 1/8",
    "|",
    "F#5 1/4",
    "E5 1/8",
    "D5 3/8",
    "|",
    "rest 3/4",
    "|",
    "A4 1/2",
    "||",
    "D4 3/4",
    "<eos>",
]


@pytest.fixture(scope="module")
def small():
    """A vocabulary, and an untrained network over it: it writes nonsense, by the same rules."""
    vocabulary = notes.vocabulary_of(tunes().validation, least=1)
    torch.manual_seed(0)
    return language_model.Composer(vocabulary, embedding=8, hidden=8), vocabulary


def tune(notes_, *, sharps=2, metre=(4, 4)):
    return Tune("A", "reel", metre, sharps, np.array(notes_, np.int16))


# --- tokens --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pitch", "ticks", "name"),
    [
        (60, 24, "C4 1/4"),
        (69, 12, "A4 1/8"),
        (78, 18, "F#5 3/16"),
        (74, 8, "D5 1/12"),
        (0, 96, "rest 1"),
    ],
)
def test_a_note_has_a_name_and_the_name_is_the_note(pitch, ticks, name):
    assert notes.note_name(pitch, ticks) == name
    assert notes.read_note(name) == (pitch, ticks)


@pytest.mark.parametrize("token", ["|", "||", "<slip jig>", "<eos>", "<pad>"])
def test_what_is_no_note(token):
    assert notes.read_note(token) is None


@pytest.mark.parametrize("sharps", range(-3, 6))
def test_every_key_becomes_d_major_and_keeps_its_melody(sharps):
    scale = [62 + 7 * (sharps - 2) % 12 + step for step in (0, 2, 4, 5, 7, 9, 11)]
    moved = notes.to_common_key(tune([(p, 12) for p in scale], sharps=sharps))[:, 0]
    assert {p % 12 for p in moved.tolist()} == {2, 4, 6, 7, 9, 11, 1}
    assert np.diff(moved).tolist() == [2, 2, 1, 2, 2, 2]
    shift = moved[0] - scale[0]  # less than an octave, and not the worse way
    assert -12 <= shift < 12
    other = moved.mean() + (12 if shift < 0 else -12)
    assert abs(moved.mean() - notes.MIDDLE) <= abs(other - notes.MIDDLE)


def test_two_four_is_written_like_four_four_and_marks_stay():
    made = notes.to_common_key(tune([(74, 6), (1, 0), (0, 12), (2, 0), (74, 6)], metre=(2, 4)))
    assert made.tolist() == [[74, 12], [1, 0], [0, 24], [2, 0], [74, 12]]
    assert notes.tokens_of(tune([(74, 12), (1, 0), (0, 24)])) == [
        "<sos>",
        "<reel>",
        "D5 1/8",
        "|",
        "rest 1/4",
        "<eos>",
    ]


def test_inputs_and_answers_are_one_step_apart():
    x, y = notes.table([[2, 5, 6, 3], [2, 3]], {"<pad>": 0})
    assert x.tolist() == [[2, 5, 6], [2, 3, 0]]
    assert y.tolist() == [[5, 6, 3], [3, 0, 0]]
    with pytest.raises(ValueError, match="rows: got 0, expected one tune or more"):
        notes.table([], {"<pad>": 0})


def test_bars_are_counted_by_hand():
    assert notes.bars_full([JIG]) == (2, 2)  # a dotted half note fills six eighths
    assert notes.bars_full([["<reel>", *JIG[1:]]]) == (0, 2)  # but not eight
    assert notes.bars_full([["<eos>"]]) == (0, 0)


def test_variety_and_copies_are_counted_by_hand():
    same, other = ["A4 1/8"] * 8, [f"{p}4 1/8" for p in "ABCDEFG"]
    assert notes.variety(same) == 1 / 5
    assert notes.variety(other) == 1.0
    assert notes.variety(["A4 1/8"]) == 0.0
    assert notes.windows(["A4 1/8", "|", "B4 1/8"], 2) == [("A4 1/8", "B4 1/8")]
    assert notes.copied(other, set(notes.windows(other[:5], 4)), 4) == 2 / 4
    assert music.different([same, other, same]) == 2


def test_shuffled_tunes_have_the_same_tokens():
    rows = [[2, 4, *range(10, 30), 3]]
    (mixed,) = notes.shuffled(rows, seed=0)
    assert Counter(mixed) == Counter(rows[0])
    assert mixed != rows[0]
    assert (mixed[:2], mixed[-1]) == ([2, 4], 3)


# --- counts --------------------------------------------------------------------------------------


def test_a_smoothed_bigram_by_hand():
    model = ngrams.Ngram([[0, 1, 1, 2], [0, 1, 2]], 2, 4)
    model.strengths = [2.0, 3.0]
    unigram = (3 + 2 / 4) / (5 + 2)  # token 1 occurs 3 times among 5
    assert model.probability([0], 1) == pytest.approx((2 + 3 * unigram) / (2 + 3))
    assert model.probability([3], 1) == pytest.approx(unigram)  # 3 was never seen
    assert model.probability([], 1) == pytest.approx(unigram)
    for history in ([], [0], [1], [3]):
        p = model.distribution(history)
        assert p.sum() == pytest.approx(1)
        assert p.tolist() == pytest.approx([model.probability(history, i) for i in range(4)])
    surprise = [-math.log(model.probability([0], 1)), -math.log(model.probability([1], 2))]
    assert model.perplexity([[0, 1, 2]]) == pytest.approx(math.exp(sum(surprise) / 2))


def test_strengths_are_the_best_on_validation():
    rows = [[0, *np.random.default_rng(i).integers(1, 6, 30).tolist()] for i in range(12)]
    model = ngrams.Ngram(rows[:8], 2, 6)
    model.choose_strengths(rows[8:])
    chosen, best = list(model.strengths), model.perplexity(rows[8:])
    for strength in ngrams.STRENGTHS:
        model.strengths = [chosen[0], strength]
        assert model.perplexity(rows[8:]) >= best - 1e-12
    refit = ngrams.fitted(rows[:8], rows[8:], 2, 6)
    assert refit.strengths == chosen
    assert sum(refit.counts[0][()].values()) == 12 * 30


def test_pairs_are_drawn_from_their_distribution():
    model = ngrams.Ngram([[0, 1, 2]] * 9 + [[0, 2]], 2, 3)
    model.strengths = [1e-9, 1e-9]
    drawn = [model.sample([0], 2, limit=5, seed=seed) for seed in range(200)]
    assert 150 < drawn.count([0, 1, 2]) < 200
    assert drawn.count([0, 1, 2]) + drawn.count([0, 2]) == 200
    with pytest.raises(ValueError, match="order: got 0, expected 1"):
        ngrams.Ngram([], 0, 3)


# --- the network ---------------------------------------------------------------------------------


def test_step_by_step_is_the_same_as_all_at_once(small):
    model, vocabulary = small
    ids = torch.randint(len(vocabulary), (3, 9))
    state, steps = None, []
    for t in range(9):
        logits, state = model.step(ids[:, t : t + 1], state)
        steps.append(logits)
    torch.testing.assert_close(torch.cat(steps, dim=1), model(ids))


def test_without_memory_only_the_last_token_counts(small):
    _, vocabulary = small
    plain = language_model.Composer(vocabulary, embedding=8, hidden=8, memory=False)
    one, other = torch.tensor([[5, 9, 7]]), torch.tensor([[8, 6, 7]])
    torch.testing.assert_close(plain(one)[:, -1], plain(other)[:, -1])
    with_memory = language_model.Composer(vocabulary, embedding=8, hidden=8)
    assert not torch.allclose(with_memory(one)[:, -1], with_memory(other)[:, -1])


def test_perplexity_is_over_tokens_not_over_padding(small):
    model, vocabulary = small
    rows = [[2, 9, 8, 7, 6, 3], [2, 3], [2, 9, 3]]
    surprise = torch.cat(
        [
            F.cross_entropy(
                model(torch.tensor([row[:-1]]))[0], torch.tensor(row[1:]), reduction="none"
            )
            for row in rows
        ]
    )
    expected = surprise.mean().exp().item()
    assert language_model.perplexity(model, rows, vocabulary) == pytest.approx(expected, rel=1e-5)
    # a model that knows nothing hesitates among all tokens
    blank = language_model.Composer(vocabulary, embedding=8, hidden=8)
    torch.nn.init.zeros_(blank.head.weight)
    torch.nn.init.zeros_(blank.head.bias)
    assert language_model.perplexity(blank, rows, vocabulary) == pytest.approx(
        len(vocabulary), rel=1e-5
    )


# --- sampling ------------------------------------------------------------------------------------


@pytest.mark.book("note-18")
@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.5])
def test_shares_of_picks_are_the_softmax_with_temperature(temperature):
    logits = torch.tensor([2.0, 0.5, -1.0, 0.0, 1.5])
    u = (torch.arange(20_000) + 0.5) / 20_000  # all of [0, 1)
    ids = language_model.pick(logits.expand(20_000, -1), temperature, u)
    shares = ids.bincount(minlength=5) / 20_000
    torch.testing.assert_close(shares, F.softmax(logits / temperature, 0), atol=1e-4, rtol=0)


@pytest.mark.book("note-18")
@pytest.mark.parametrize("temperature", [0, 1e-300, 1e-9, 1e-3])
def test_low_temperatures_take_the_most_likely(temperature):
    logits = 300 * torch.randn(50, 7, dtype=torch.double)
    logits[:, 3] = -math.inf
    ids = language_model.pick(logits, temperature, torch.rand(50, dtype=torch.double))
    assert torch.equal(ids, logits.argmax(dim=1))


def test_pick_at_the_ends_of_the_line():
    logits = torch.tensor([[-math.inf, 0.0, 0.0]]).repeat(3, 1)
    u = torch.tensor([0.0, 0.5, 1.0 - 2**-24])
    assert language_model.pick(logits, 1.0, u).tolist() == [1, 2, 2]
    assert language_model.pick(logits, 1e30, u)[0] == 1  # what has no chance is never picked


@pytest.mark.book("fig-2.17")
def test_a_tune_is_written_until_eos_or_the_limit(small):
    model, vocabulary = small
    some = language_model.compose(model, vocabulary, count=30, limit=60, seed=1)
    assert some == language_model.compose(model, vocabulary, count=30, limit=60, seed=1)
    assert some != language_model.compose(model, vocabulary, count=30, limit=60, seed=2)
    for one in some:
        assert "<eos>" not in one[:-1]
        assert one[-1] == "<eos>" or len(one) == 60
        assert not {"<pad>", "<unk>", "<sos>"} & set(one)
    with torch.no_grad():  # one that always wants to end
        stop = language_model.Composer(vocabulary, embedding=8, hidden=8)
        stop.head.bias[vocabulary["<eos>"]] = 1e4
    assert language_model.compose(stop, vocabulary, count=2) == [["<eos>"]] * 2


@pytest.mark.book("note-18")
def test_greedy_is_the_same_for_every_seed_and_samples_differ(small):
    model, vocabulary = small
    greedy = [
        language_model.compose(model, vocabulary, temperature=0, limit=40, seed=seed)
        for seed in (1, 2, 3)
    ]
    assert greedy[0] == greedy[1] == greedy[2]
    assert music.different(language_model.compose(model, vocabulary, count=20, limit=40)) == 20


def test_a_start_is_kept_and_heard(small):
    model, vocabulary = small
    start = ["<jig>", "D5 1/8", "|"]
    (one,) = language_model.compose(model, vocabulary, start=start, limit=4, temperature=0)
    assert one[:3] == start
    ids = torch.tensor([[vocabulary[t] for t in ("<sos>", *start)]])
    logits = model(ids)[0, -1].detach()
    logits[[vocabulary[t] for t in ("<pad>", "<unk>", "<sos>")]] = -math.inf
    assert one[3] == list(vocabulary)[logits.argmax()]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"start": ["<waltz>"]}, r"start: got '<waltz>', expected tokens of the vocabulary"),
        (
            {"start": ["D5 1/7"]},
            r"start: got 'D5 1/7', .* Did you mean 'D5 1/8'\?|start: got 'D5 1/7'",
        ),
        ({"start": ["<eos>"]}, r"start: got '<eos>'"),
        ({"start": "<jig>"}, r"start: got '<jig>', expected a list of tokens"),
        ({"temperature": -1.0}, r"temperature: got -1.0, expected 0 \(always the most likely\)"),
        ({"temperature": math.nan}, r"temperature: got nan"),
        ({"temperature": math.inf}, r"temperature: got inf"),
        ({"count": 0}, r"count: got 0, expected 1 tune or more"),
        ({"limit": 1, "start": ["<jig>"]}, r"limit: got 1, expected more than the 1 tokens"),
    ],
)
def test_bad_input_is_refused(small, options, message):
    with pytest.raises(ValueError, match=message):
        language_model.compose(*small, **options)


# --- heard, saved, seen --------------------------------------------------------------------------


@pytest.mark.book("fig-2.17")
def test_the_sound_has_the_pitches_and_no_clicks():
    rate = 16_000
    for name, frequency in (("A4", 440.0), ("D5", 587.33), ("A3", 220.0)):
        samples = sound.wave([f"{name} 1"], tempo=120, rate=rate)
        assert samples.dtype == np.float32
        assert np.abs(samples).max() == pytest.approx(0.9, abs=1e-3)
        assert len(samples) / rate == pytest.approx(2.35, abs=0.01)  # 4 quarters of half a second
        spectrum = np.abs(np.fft.rfft(samples[: 2 * rate]))
        assert spectrum.argmax() / 2 == pytest.approx(frequency, abs=1)
    tune_ = sound.wave([*JIG[:-1], "A4 1/12"])
    assert np.isfinite(tune_).all()
    assert abs(tune_[0]) < 0.01
    assert abs(tune_[-1]) < 0.01
    # A click would be a jump: nothing is steeper than the tone itself.
    highest = 2 * math.pi * 740 * 7 / rate
    assert np.abs(np.diff(tune_)).max() < highest
    quiet = sound.wave(["rest 1"])
    assert not quiet.any()


def parse_midi(content):
    """Header and events (time, bytes) of a format 0 file, read byte by byte."""
    assert content[:8] == b"MThd\0\0\0\6"
    head = [int.from_bytes(content[i : i + 2], "big") for i in (8, 10, 12)]
    assert content[14:18] == b"MTrk"
    assert int.from_bytes(content[18:22], "big") == len(content) - 22
    at, now, events = 22, 0, []
    while at < len(content):
        wait = 0
        while True:
            byte = content[at]
            at, wait = at + 1, wait << 7 | byte & 127
            if byte < 128:
                break
        now += wait
        sizes = {0xFF: 3 + content[at + 2], 0x80: 3, 0x90: 3, 0xC0: 2}
        size = sizes[content[at]]
        events.append((now, content[at : at + size]))
        at += size
    return head, events


def test_the_midi_file_read_back_byte_by_byte(tmp_path):
    file = sound.save_midi(JIG, tmp_path / "jig.mid", tempo=200, title="A jig")
    head, events = parse_midi(file.read_bytes())
    assert head == [0, 1, 24]
    assert events[0] == (0, b"\xff\x03\x05A jig")
    assert events[1] == (0, b"\xff\x51\x03" + (300_000).to_bytes(3, "big"))
    assert events[2] == (0, bytes([0xC0, 40]))
    assert events[-1][1] == b"\xff\x2f\0"
    on = [(t, e[1]) for t, e in events if e[0] == 0x90]
    off = [(t, e[1]) for t, e in events if e[0] == 0x80]
    sounding = [note for note in sound.timed(JIG) if note.pitch]
    assert on == [(note.start, note.pitch) for note in sounding]
    assert off == [(note.start + note.ticks, note.pitch) for note in sounding]
    assert max(t for t, _ in off) == 12 + 72 + 72 + 48 + 72


@pytest.mark.parametrize(
    ("number", "expected"),
    [(0, "00"), (127, "7f"), (128, "8100"), (8192, "c000"), (16383, "ff7f"), (16384, "818000")],
)
def test_times_are_written_as_the_standard_s_own_examples(number, expected):
    assert sound._varying(number).hex() == expected


@pytest.mark.book("fig-2.17")
def test_the_staff_shows_every_note():
    figure = sound.staff(JIG, title="A jig")
    assert alt_text(figure).startswith("A jig, 5 bars on a staff: D5 1/8 | F#5 1/4")
    from matplotlib.patches import Ellipse

    heads = [p for ax in figure.axes for p in ax.patches if isinstance(p, Ellipse)]
    assert len(heads) == sum(1 for note in sound.timed(JIG) if note.pitch)
    # D5 is on the fourth line from below, three spaces up: 6 steps above E4.
    assert heads[0].center[1] == 6
    assert heads[1].center[1] == 8  # F#5, the highest line
    hollow = [head.get_facecolor()[:3] == (1, 1, 1) for head in heads]
    assert hollow == [False, False, False, False, True, True]
    assert len(figure.axes) == 2


@pytest.mark.parametrize("use", [sound.wave, sound.midi, sound.staff])
def test_a_tune_without_notes_is_refused(use):
    with pytest.raises(ValueError, match=r"tokens: got no note in .*, expected one note or more"):
        use(["<reel>", "|", "<eos>"])
    with pytest.raises(ValueError, match="tempo: got 0, expected 4 to 1000"):
        sound.midi(JIG, tempo=0)


def test_a_bar_of_each_kind_has_its_length():
    assert notes.WHOLE_BAR == {"jig": TICKS * 6 // 8, "slip jig": TICKS * 9 // 8}

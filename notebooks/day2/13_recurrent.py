# %% [markdown]
# # Recurrent networks
#
# *About 120 minutes.* {Lesson:text}'s bag of embeddings cannot tell *not bad, good* from *not good, bad*. To read, a network must
# take one word after the other, and remember. At the end you can
#
# - write a **recurrent cell**, walk along a batch of sequences with it, and show what it remembers;
# - read a sentence and say one thing about it: is this review positive? (**many to one**)
# - start from nothing and write until the end: a tune (**one to many**);
# - say something about every word: which ones are names? (**many to many**)
# - turn one sequence into another of any length: English into French (**encoder-decoder**).

# %%
# %matplotlib inline
import math
import tempfile
from collections import Counter
from pathlib import Path

import torch
from IPython.display import Audio, display
from ipywidgets import Dropdown, FloatSlider, IntSlider, Text, interact
from torch import Tensor, nn
from torch.nn import functional as F

from workshop.classroom.show import show_source
from workshop.figures import plots
from workshop.core.data import reviews
from workshop.core.device import seed_everything
from workshop.day2.recurrent.entities.data import CLASSES
from workshop.day2.recurrent.entities.data import entities as wikipedia_names
from workshop.day2.recurrent.translation.phrases import phrases
from workshop.core.training import count_correct, evaluate, fit, train_epochs
from workshop.day2.recurrent.music.tunes import KINDS, tunes
from workshop.day2.recurrent.translation import (
    attention,
    search,
    figures as translation_figures,
    vocabulary,
)
from workshop.day2.recurrent import (
    cell as by_hand,
    figures as diagram,
    entities,
    music,
    sentiment,
    translation,
)
from workshop.day2.recurrent.music import language_model, ngrams, notes, sound
from workshop.day2.recurrent.entities import figures as entity_figures, spans, tagger
from workshop.day2.recurrent.sentiment import negation
from workshop.day2.text import bag, pipeline
from workshop.exercises import answer, check, hint

device = torch.device("cpu")  # and one thread: the steps of these networks are small
threads_before = torch.get_num_threads()
torch.set_num_threads(1)

# %% [markdown]
# ## A network with a memory
#
# The networks so far take all of their input at once, and always as much of it. A sentence comes word by
# word, and ends when it ends. So let the network take one word at a time, and let it keep notes: a row of
# numbers, its **state** $a$. At every step $t$ it makes a new state out of the old one and the word
# $x^{<t>}$. At the left, as a loop; at the right the same, drawn once for every step, or **unrolled**:

# %%
diagram.unrolled(["it", "was", "not", "bad"])

# %% [markdown]
# All of these are *one* cell, with one set of weights. It begins with a state of zeros, $a^{<0>}$. Whatever
# it says at a step, $y^{<t>}$, may depend on every word so far, for the state has come past them all.
#
# ## The cell
#
# Inside is what you know: a layer with two inputs, and a bend.
#
# $$a^{<t>} = \tanh(W_{aa}\, a^{<t-1>} + W_{ax}\, x^{<t>} + b_a)$$

# %%
diagram.cell()

# %% [markdown]
# **Exercise 1.** Write it, by hand, without `nn.RNNCell`; gradients must flow. `x` has a row for each of $B$
# sequences, `a` a row of $h$ numbers for each.


# %% exercise="rnn_cell"
def rnn_cell(x, a, w_ax, w_aa, b):
    """x (B, n), a (B, h), w_ax (h, n), w_aa (h, h), b (h,) -> the new state (B, h)."""
    raise NotImplementedError("write rnn_cell, then run this cell")


# hint(rnn_cell)
check(rnn_cell)

# %%
torch_cell, x, a = nn.RNNCell(3, 5), torch.randn(2, 3), torch.randn(2, 5)
w_ax, w_aa, b = by_hand.weights_of(torch_cell)
ours = by_hand.rnn_cell(x, a, w_ax, w_aa, b)
print("equal to nn.RNNCell:", torch.allclose(ours, torch_cell(x, a), atol=1e-6))

# %% [markdown]
# *Where the book differs:* it has one bias $b_a$, torch has two. They are only ever added up, so we hand
# over their sum.
#
# What the network *says* at a step is read off the state by a linear layer,
# $y^{<t>} = g_2(W_{ya}\, a^{<t>} + b_y)$. As in {lesson:losses}, $g_2$, a softmax or a sigmoid, is left to the loss:

# %%
show_source(by_hand.read_out)

# %%
head = nn.Linear(5, 2)
logits = by_hand.read_out(ours, head.weight, head.bias)
print("logits of two classes, a row for each sequence:\n", logits.detach())
print("equal to nn.Linear:", torch.allclose(logits, head(ours), atol=1e-6))

# %% [markdown]
# ## Along a sentence
#
# Now walk. Every word gets numbers, here at random, and the same cell takes them one by one. Two sentences of
# the same words; each picture has a line for each word read, and a column for each unit of the state.
# **Your bet:** will they end in the same state?

# %%
torch.manual_seed(3)
toy = nn.RNN(6, 12, batch_first=True)
toy_weights = [w.detach() for w in by_hand.weights_of(toy)]
lookup = {word: torch.randn(6) for word in ("not", "bad", "good")}
sentences = (["not", "bad", "good"], ["not", "good", "bad"])
toy_x = torch.stack([torch.stack([lookup[word] for word in words]) for words in sentences])
states = by_hand.unroll(toy_x, torch.tensor([3, 3]), *toy_weights)
plots.images(
    states,
    titles=[" ".join(words) for words in sentences],
    signed=True,
    columns=2,
    title="The state after each word",
)

# %%
print(
    "largest difference of the last states:", f"{(states[0, -1] - states[1, -1]).abs().max():.3f}"
)
print(
    "largest difference of the bags:       ",
    f"{(toy_x[0].mean(dim=0) - toy_x[1].mean(dim=0)).abs().max():.6f}",
)

# %% [markdown]
# The first lines are the same, the last ones are not: order leaves its mark, before anything was learned.
#
# ## Sentences of different lengths
#
# A batch is padded ({lesson:text}), so some sequences are over before the last column. The cell must not read on
# into the padding: what counts is the state after each sequence's **own** last word. And a sequence
# without words? It still has the zeros that it began with.
#
# **Exercise 2.** Read a padded batch, by hand, with a loop over its columns; gradients must flow.
# `torch.where(condition, new, old)` chooses.


# %% exercise="last_states"
def last_states(x, lengths, w_ax, w_aa, b):
    """x (B, T, n), lengths (B,), each 0 to T, weights -> the last real states (B, h)."""
    raise NotImplementedError("write last_states, then run this cell")


# hint(last_states)
check(last_states)

# %% [markdown]
# torch does it with a **packed** batch, which holds real steps only. It refuses to pack a sequence of length
# 0, so we take care of that:

# %%
show_source(by_hand.read_packed)

# %%
lengths = torch.tensor([4, 2, 0])
batch = torch.randn(3, 4, 6)
last = by_hand.last_states(batch, lengths, *toy_weights)
packed_states, packed_last = by_hand.read_packed(toy, batch, lengths)
print(
    "packed = padded, every state:",
    torch.allclose(packed_states, by_hand.unroll(batch, lengths, *toy_weights), atol=1e-6),
)
print("packed = padded, last states:", torch.allclose(packed_last, last, atol=1e-6))
rubbish = torch.cat([batch, 100 * torch.randn(3, 50, 6)], dim=1)  # 50 more columns of padding
again = by_hand.last_states(rubbish, lengths, *toy_weights)
print("same with 50 columns of rubbish behind:", torch.allclose(again, last, atol=1e-6))
print("the sequence of length 0:", last[2].tolist()[:4], "...")

# %% [markdown]
# ### Any length, the same weights
#
# A fully connected network has weights for every place. This one has one cell, however far it walks. The price:
# step 10,000 has to wait for step 9,999. What that costs, {lesson:gated} measures.

# %%
for steps in (1, 100, 10_000):
    with torch.no_grad():
        far, _ = by_hand.read_packed(toy, torch.randn(1, steps, 6), torch.tensor([steps]))
    count = sum(p.numel() for p in toy.parameters())
    print(f"{steps:6,} steps: {count} weights, all states finite: {bool(far.isfinite().all())}")

# %% [markdown]
# ## What is left of the first word?
#
# The state *may* carry the first word on to the end. Does it? Change the first word a little, and see by how
# much each later state changes: that is a derivative, $\partial a^{<t>} / \partial x^{<1>}$. By the chain
# rule, every step multiplies it by $W_{aa}$ and by the slope of the tanh:

# %%
show_source(by_hand.influence)

# %% [markdown]
# **Your bet:** after 20 words, what is left? And what if $W_{aa}$ is 0?

# %%
walk = torch.randn(1, 20, 6)
w_ax, w_aa, b = toy_weights
felt = by_hand.influence(walk, w_ax, w_aa, b)[0]
stuck = by_hand.influence(walk, w_ax, torch.zeros_like(w_aa), b)[0]
print("first word on state 1, 2, 5, 20:", [f"{felt[t - 1]:.2g}" for t in (1, 2, 5, 20)])
print("the same with W_aa = 0:         ", [f"{stuck[t - 1]:.2g}" for t in (1, 2, 5, 20)])


# %%
def fading(factor):
    """The influence of the first word when W_aa is larger or smaller by a factor."""
    size = by_hand.influence(walk, w_ax, factor * w_aa, b)[0]
    return plots.functions(
        torch.arange(1, 21),
        {"influence of the first word": size.clamp(min=1e-12).log10()},
        xlabel="step",
        ylabel="powers of ten",
        title=f"W_aa times {factor}",
    )


fading(1.0)

# %%
_ = interact(fading, factor=FloatSlider(1.0, min=0.25, max=4, step=0.25))

# %% [markdown]
# It is not zero, so the network can learn to use its memory; without $W_{aa}$ it is zero from the second
# step on, and nothing is remembered at all. But it fades. *Where the book differs:* sequences may be of
# almost any length, it says. In memory, yes; what a plain cell remembers of them is another matter.
# {Lesson:gated} deals with it. Until then we use `nn.GRU` and `nn.LSTM` as what they are: recurrent cells that
# keep things for longer.
#
# ## Backwards through time
#
# Training needs gradients, and these go back through every step: **backpropagation through time**. For a very
# long sequence that means to keep all of its states in memory. **Truncated** backpropagation cuts the
# sequence into chunks: the state goes on from chunk to chunk, its gradient does not.

# %%
show_source(by_hand.unroll_in_chunks)

# %%
long_x = torch.randn(1, 12, 6, requires_grad=True)
whole = by_hand.unroll_in_chunks(long_x, 12, *toy_weights)
cut = by_hand.unroll_in_chunks(long_x, 4, *toy_weights)
print("same states:", torch.equal(whole, cut))
reach = {
    name: torch.autograd.grad(run[:, -1].square().sum(), long_x)[0].norm(dim=2)[0].clamp(min=1e-6)
    for name, run in (("whole", whole), ("chunks of 4", cut))
}
plots.functions(
    torch.arange(1, 13),
    {name: size.log10() for name, size in reach.items()},
    xlabel="step",
    ylabel="size of the gradient, powers of ten",
    title="What the last state tells each step (nothing at all: drawn at −6)",
)

# %% [markdown]
# Forwards nothing changes. Backwards, steps of earlier chunks hear nothing at all. What is further apart than
# a chunk can be carried along, but the network is not taught to.
#
# ## Four types
#
# When is something read, when is something said? That makes four types of networks out of one cell, and the
# map for the rest of this lesson:

# %%
diagram.types()

# %% [markdown]
# ## Many to one: did they like the film?
#
# The film reviews of {lesson:text}, with the same three parts. A bag of embeddings got about four out of five.
# Our reader has, for each word, GloVe's 50 numbers, which stay as they are, and some of its own, which are
# learned. A GRU reads the review from left to right, another one from right to left. The book takes the
# output at the last word; we take, of each unit, the largest number and the mean over all words, so that
# nothing fades on the way. One linear layer decides.

# %%
show_source(sentiment.Reader)

# %% [markdown]
# One more thing: the bag learned from clear reviews only. The lukewarm ones say something too, so this reader's
# label is not 0 or 1 but between, the sigmoid of the mean rating. It is judged on the clear ones, like the bag.
#
# All settings were chosen on the validation reviews, before. So learn from training and validation reviews
# together, as the bag did for its test:

# %%
parts = reviews()
settings = sentiment.Config()
known, clear = parts.development, parts.development.beyond(1)
reader_words, glove_table = sentiment.vocabulary_of(known, settings)
reader_train = sentiment.as_split(known, reader_words)
print(f"{len(reader_train):,} reviews to learn from, {len(clear):,} of them clear")
print(f"{len(reader_words):,} words")

# %%
torch.manual_seed(0)
reader = sentiment.Reader(glove_table, settings)
history = plots.live(
    train_epochs(
        reader, reader_train, **sentiment.fit_options(reader, len(reader_train), settings)
    ),
    ("loss", "accuracy"),
    title="A GRU reads film reviews",
)

# %% [markdown]
# The bag again, from the same parts, and both on the same test reviews. **Your bet:** by how much does the reader
# win?

# %%
bag_settings = bag.Config()
bag_words = bag.vocabulary_of(clear, bag_settings)
bag_train = bag.as_split(clear, bag_words)
torch.manual_seed(0)
the_bag = bag.Bag(len(bag_words))
fit(the_bag, bag_train, **bag.fit_options(the_bag, len(bag_train), bag_settings))
for name, model, words in (("bag", the_bag, bag_words), ("reader", reader, reader_words)):
    test = bag.as_split(parts.test.beyond(1), words)
    result = evaluate(model, test, metrics={"accuracy": count_correct})
    print(f"{name:6}: {result.sums['accuracy']:.0f} of {result.total} test reviews right")

# %% [markdown]
# The one that reads is ahead, by a little, for many times the work. And whether it owes that to the order of words
# we cannot tell: it also has GloVe's vectors, more numbers to learn, and the lukewarm reviews. In most reviews
# the words alone give the verdict away. To see whether a network *reads*, ask what words alone do not answer.
#
# ### A probe that no bag can pass
#
# Pairs of sentences, made from the same words. One praises, the other does not, and a pair counts only if both
# are judged rightly:

# %%
probe_pairs, probe_fours = negation.probe()
for group in (probe_pairs[0], probe_pairs[70], probe_pairs[140], probe_fours[0]):
    print(*(f"{'+' if praise else '-'} {text}" for text, praise in group), sep="   ")
print(f"{len(probe_pairs)} pairs, {len(probe_fours)} groups of four")

# %% [markdown]
# The groups of four are a puzzle you know: *good* and *not bad* above 0, *bad* and *not good* below. That is XOR
# of {lesson:representation}, and a bag is a linear model of its words. **Your bet:** how many pairs does the reader get,
# which has seen thousands of reviews?

# %%
for name, model, words in (("bag", the_bag, bag_words), ("reader", reader, reader_words)):
    for kind, groups in (("pairs", probe_pairs), ("fours", probe_fours)):
        found = negation.all_right(model, words, groups, kind)
        print(f"{name:6} {kind}: {found.correct} of {found.total}")

# %% [markdown]
# What hardly ever decides is hardly learned. So put a course among the reviews: sentences from *other* frames with
# *other* adjectives. And begin anew, for the bag as well.

# %%
lessons = negation.training_sentences(reader_words)
print(f"{len(lessons)} sentences in the course, such as")
id_to_word = list(reader_words)
for row in (0, 1, 2, 3, 500, 501):
    words = " ".join(id_to_word[i] for i in lessons.x[row].tolist() if i)
    print("+" if lessons.y[row] else "-", words)

# %%
torch.manual_seed(0)
taught = sentiment.Reader(glove_table, settings)
more = sentiment.with_negation(reader_train, reader_words, settings)
history = plots.live(
    train_epochs(taught, more, **sentiment.fit_options(taught, len(more), settings)),
    ("loss", "accuracy"),
    title="A GRU reads film reviews, and a course in 'not'",
)

# %%
torch.manual_seed(0)
taught_bag = bag.Bag(len(bag_words))
more = sentiment.with_negation(bag_train, bag_words, settings)
fit(taught_bag, more, **bag.fit_options(taught_bag, len(more), bag_settings))
print(f"{'':20}{'test reviews':>15}{'pairs':>12}{'fours':>10}")
pairs_right = {}
for name, model, words in (
    ("bag", the_bag, bag_words),
    ("bag, course", taught_bag, bag_words),
    ("reader", reader, reader_words),
    ("reader, course", taught, reader_words),
):
    test = bag.as_split(parts.test.beyond(1), words)
    result = evaluate(model, test, metrics={"accuracy": count_correct})
    counts = [result.measured("accuracy")]
    counts += [negation.all_right(model, words, g, "") for g in (probe_pairs, probe_fours)]
    shown = [f"{m.correct}/{m.total}" for m in counts]
    print(f"{name:20}{shown[0]:>15}{shown[1]:>12}{shown[2]:>10}")
    pairs_right[name] = counts[1].value
plots.bars(pairs_right, title="Pairs that differ in nothing but order", ylabel="both right")

# %% [markdown]
# The bag took the same course and gets not one pair: it *cannot*. The reader gets most of them, once it has been
# shown, with words and frames that neither the course nor we, when we made the course, had looked at.

# %% [markdown]
# ### Watch it read
#
# What does the taught reader think after the first word, the first two, and so on?


# %%
def reading(text="The acting is not bad, it is good"):
    """The curve of one text; of two, if there is a | between them."""
    texts = text.split("|")
    readings = {part.strip()[:60]: sentiment.as_read(taught, reader_words, part) for part in texts}
    return diagram.probabilities(readings, title="Positive?")


reading("The acting is not bad, it is good | The acting is not good, it is bad")

# %% [markdown]
# Your own sentence:

# %%
_ = interact(reading, text=Text("A slow start, but what a lovely ending!"))

# %% [markdown]
# And whatever else people type. **Your bet:** what does it make of nothing?

# %%
for text in (
    "",
    "xqzv wfft",
    "\U0001f3ac\U0001f37f",
    "cafe\u0301 d\u00e9ja\u0300 vu",
    "good " * 10_000,
):
    chance = sentiment.judge(taught, reader_words, text)
    print(f"{chance:6.1%} positive: {text[:40]!r}")

# %% [markdown]
# On ordinary reviews a simple bag comes within a few points of a network that costs many times as much: always
# try the simple one first. Where order decides, only the one that reads can answer.

# %% [markdown]
# ## One to many: a network that writes tunes
#
# No sequence comes in now, but one goes out. Each step gives a softmax over the possible next tokens. One
# of them is *drawn by chance*, and becomes the input of the next step. So it goes on until the network
# draws the token `<eos>`, end of sequence: then it is done.
#
# Something to listen to while we learn that: dances for the fiddle, printed in Boston in 1883.

# %%
book = tunes()
tune = next(t for t in book.train if t.title == "Irish Wash-woman")
print(
    f"{len(book.train)} / {len(book.validation)} / {len(book.test)} tunes;",
    f"'{tune.title}', a {tune.kind} in {tune.metre[0]}/{tune.metre[1]}",
)
tune_tokens = notes.tokens_of(tune)
display(Audio(sound.wave(tune_tokens), rate=16_000))
sound.staff(tune_tokens, title=tune.title)

# %% [markdown]
# Notes become tokens just as words did in {lesson:text}. A token is a pitch (D5: the D in the fifth octave) and
# its length, as a part of a whole note. `|` is a bar line, `||` ends a part. All tunes are moved into one
# key, so that they share their tokens.

# %%
print(tune_tokens[:20], "...", tune_tokens[-3:])
tune_vocabulary = notes.vocabulary_of(book.train)
tune_words = list(tune_vocabulary)
tune_rows = {
    name: notes.ids_of(part, tune_vocabulary)
    for name, part in (("train", book.train), ("validation", book.validation), ("test", book.test))
}
print(f"{len(tune_vocabulary)} tokens:", *tune_words[:12])
print(f"{sum(map(len, tune_rows['train'])):,} of them, one after the other, to learn from")

# %% [markdown]
# Where is the input, if nothing goes in? The first token is always `<sos>`, start of sequence, and the
# state begins with zeros. Tunes differ because of the draws.
#
# *Where the book differs:* it starts the network with a random input. A start token (or zeros) is enough:
# the chance is in the sampling.
#
# ### What is there to beat?
#
# A model of sequences gives every next token a probability $P$. Over tunes that it has never seen, we take
# the mean of its surprise, $-\log P$, and of that the exponential: the **perplexity**. It says among how
# many equally likely tokens the model hesitates. Who knows nothing hesitates among all of them.
#
# No network is needed for that. Count how often each token occurs (**unigram**), or each after each
# (**bigram**), or after the last two:

# %%
tune_counts = {
    f"{n} token{'s' * (n > 1)}\nbefore" if n else "no token\nbefore": ngrams.fitted(
        tune_rows["train"], tune_rows["validation"], n + 1, len(tune_vocabulary)
    )
    for n in range(3)
}
tune_perplexity = {
    name: counts.perplexity(tune_rows["test"]) for name, counts in tune_counts.items()
}
plots.bars(tune_perplexity, ylabel="perplexity", title="Counting, on new tunes")

# %% [markdown]
# More context helps less and less: most runs of several tokens have hardly ever been seen. (What is rare
# borrows from the shorter run. How much, was chosen on the validation tunes.)
#
# ### The network
#
# Instead of a table for the last few tokens, a *state*, which may carry anything from the whole tune so far.
# We take a GRU, a recurrent cell that keeps things for longer ({lesson:gated} opens it):

# %%
show_source(language_model.Composer)

# %% [markdown]
# In training all tokens are known. So the whole tune goes in at once, and at each place the right answer is
# the token one place further on. **Your bet:** the perplexity of the network on new tunes?

# %%
seed_everything(0)
settings = music.Config()
writer = language_model.Composer(
    tune_vocabulary, hidden=settings.hidden, embedding=settings.embedding
)
tune_options = music.fit_options(
    writer, tune_rows["train"] + tune_rows["validation"], tune_vocabulary, settings
)
_ = plots.live(train_epochs(writer, **tune_options), title="Learning to continue a tune")

# %%
tune_perplexity["GRU"] = language_model.perplexity(writer, tune_rows["test"], tune_vocabulary)
plots.bars(tune_perplexity, ylabel="perplexity", title="The same new tunes")

# %% [markdown]
# Is it the state? Take it away: a network of the same size whose state is set to zero before each step sees
# one token only. And is it the melody? Ask the trained network about new tunes whose notes are shuffled.

# %%
seed_everything(0)
forgetful = language_model.Composer(
    tune_vocabulary, hidden=settings.hidden, embedding=settings.embedding, memory=False
)
for _ in train_epochs(
    forgetful,
    **music.fit_options(
        forgetful, tune_rows["train"] + tune_rows["validation"], tune_vocabulary, settings
    ),
):
    pass
mixed = notes.shuffled(tune_rows["test"], seed=0)
for name, value in {
    "GRU": tune_perplexity["GRU"],
    "without its state": language_model.perplexity(forgetful, tune_rows["test"], tune_vocabulary),
    "one token before, counted": tune_perplexity["1 token\nbefore"],
    "GRU, new tunes shuffled": language_model.perplexity(writer, mixed, tune_vocabulary),
}.items():
    print(f"{name:27}{value:7.1f}")

# %% [markdown]
# Without its state the network is a bigram, no better than counting pairs. And shuffled notes surprise
# the GRU far more than they would a model that knows nothing of order, the unigram: it expects melodies.
#
# ### Let it write
#
# The plainest way: always take the most likely token. Try it twice:

# %%
first, second = (
    language_model.compose(writer, tune_vocabulary, temperature=0, start=["<reel>"], seed=seed)[0]
    for seed in (1, 2)
)
print("twice the same:", first == second)
print("ended by itself:", first[-1] == "<eos>", "after", len(first), "tokens")
display(Audio(sound.wave(first[:160]), rate=16_000))
sound.staff(first, title="Always the most likely token")

# %% [markdown]
# Always the same tune, whatever the seed, and most often one that repeats itself. So we *draw* the token: a
# likely one often, an unlikely one now and then. How often, can be set by a **temperature** $\tau$:
#
# $$P(\text{token } i) = \mathrm{softmax}(z / \tau)_i$$
#
# Cold, below 1, likely tokens become likelier still. Hot, above 1, all become more alike. Here are the
# most likely tokens at the start of a reel:

# %%
with torch.no_grad():
    begun = torch.tensor([[tune_vocabulary["<sos>"], tune_vocabulary["<reel>"]]])
    z = writer(begun)[0, -1]
likely = z.topk(6).indices
plots.functions(
    torch.arange(1, 7),
    {f"temperature {t}": torch.softmax(z / t, 0)[likely] for t in (0.5, 1.0, 2.0)},
    xlabel="rank of the token: 1 is the most likely",
    ylabel="probability",
    title="How a reel may begin",
)

# %% [markdown]
# **Exercise 3.** Write the draw. `u` is a random number between 0 and 1 for each row. Lay the row's
# probabilities side by side on the line from 0 to 1: the token on which `u` falls is the one. Temperature 0
# shall mean: the most likely. (`.cumsum(dim=1)` makes running sums. A `u` exactly on the border between two
# falls on the second.)


# %% exercise="pick"
def pick(logits, temperature, u):
    """logits (B, V), a temperature of 0 or more, draws u (B,) in [0, 1) -> ids (B,)."""
    raise NotImplementedError("write pick, then run this cell")


# hint(pick)
check(pick)

# %% [markdown]
# With that, the loop that writes is short:

# %%
show_source(language_model.compose)

# %%
reel = language_model.compose(writer, tune_vocabulary, temperature=0.8, start=["<reel>"], seed=5)[0]
print("ended by itself:", reel[-1] == "<eos>", "after", len(reel), "tokens")
display(Audio(sound.wave(reel), rate=16_000))
sound.staff(reel, title="A reel by a network")

# %% [markdown]
# Which temperature is best? **Your bet:** what will happen at 0.3, and at 1.5? We let it write 36 tunes
# at each temperature, three kinds of dance, and measure: do they end by themselves (in 300 tokens), do they
# fill their bars, how many are different, and how much is new *within* a tune (of all runs of four notes,
# the share that is different)?


# %%
def many_tunes(temperature):
    """Twelve reels, twelve hornpipes, twelve jigs."""
    return [
        one
        for kind in ("<reel>", "<hornpipe>", "<jig>")
        for one in language_model.compose(
            writer, tune_vocabulary, count=12, temperature=temperature, start=[kind], limit=300
        )
    ]


temperatures = (0.0, 0.3, 0.5, 0.7, 1.0, 1.5)
measured = {"ends by itself": [], "bars filled": [], "different tunes": [], "new within a tune": []}
for t in temperatures:
    many = many_tunes(t)
    full, all_bars = notes.bars_full(many)
    measured["ends by itself"].append(sum(one[-1] == "<eos>" for one in many) / len(many))
    measured["bars filled"].append(full / max(all_bars, 1))
    measured["different tunes"].append(music.different(many) / len(many))
    measured["new within a tune"].append(sum(map(notes.variety, many)) / len(many))
plots.functions(
    torch.tensor(temperatures),
    measured,
    xlabel="temperature",
    ylabel="share",
    title="36 tunes at each temperature",
)

# %%
printed = [notes.tokens_of(t) for t in book.test]
full, all_bars = notes.bars_full(printed)
print(
    f"printed tunes: bars filled {full / all_bars:.2f},",
    f"new within a tune {sum(map(notes.variety, printed)) / len(printed):.2f}",
)
pairs = tune_counts["1 token\nbefore"]
ends = tune_vocabulary["<eos>"]
paired = [
    pairs.sample([tune_vocabulary["<sos>"]], ends, limit=300, seed=seed) for seed in range(40)
]
full, all_bars = notes.bars_full([[tune_words[i] for i in ids[1:]] for ids in paired])
print(f"drawn from counted pairs: bars filled {full / all_bars:.2f}")

# %% [markdown]
# At 0 each kind of dance has one tune, and at low temperatures they are short of ideas. Too hot, and the bars
# no longer add up. In between the network keeps time far better than counted pairs do: it was told how long
# each note is, never what a bar is. But nearly all bars of printed tunes are full, and their phrases come
# back because somebody meant them to.
#
# Does it compose or copy? Look for runs of eight notes that stand in a tune it has learned from:

# %%
known_runs = {
    run
    for part in (book.train, book.validation)
    for t in part
    for run in notes.windows(notes.tokens_of(t), 8)
}
many = many_tunes(0.7)
for name, some in (("written by the network", many), ("new printed tunes", printed)):
    share = sum(notes.copied(one, known_runs, 8) for one in some) / len(some)
    print(f"{name:23} {share:.3f} of their runs of eight notes are in a tune it has seen")

# %% [markdown]
# Compare the two lines before you call it a copyist: printed tunes share their phrases, too.
#
# Your turn: choose a dance and a temperature. Another seed is another tune.


# %%
def write(kind="jig", temperature=0.7, seed=1):
    """A new tune, to be heard and seen."""
    new = language_model.compose(
        writer, tune_vocabulary, start=[f"<{kind}>"], temperature=temperature, seed=seed, limit=300
    )[0]
    display(Audio(sound.wave(new), rate=16_000))
    display(sound.staff(new, title=f"A {kind}, temperature {temperature:.1f}"))
    return new


jig = write()

# %%
_ = interact(
    lambda kind, temperature, seed: write(kind, temperature, seed) and None,
    kind=Dropdown(options=KINDS, value="hornpipe"),
    temperature=FloatSlider(0.7, min=0, max=2, step=0.1, continuous_update=False),
    seed=IntSlider(1, min=1, max=50, continuous_update=False),
)

# %% [markdown]
# To take a tune home, save it as MIDI, the notes without the sound. Every music program opens it.

# %%
with tempfile.TemporaryDirectory() as folder:  # or any name you like, such as "my_jig.mid"
    file = sound.save_midi(jig, Path(folder) / "jig.mid", title="A jig by a network")
    print(file.name, file.stat().st_size, "bytes, beginning with", file.read_bytes()[:4])

# %% [markdown]
# ## Many to many: the names in a sentence
#
# One output for every input: a tag for each token, so $T_x = T_y$. The task is as old as reading by machine:
# who, what and where is a text about? People (PER), organisations (ORG), places (LOC), and what else has a
# name, such as peoples, wars and books (MISC). A name may have several tokens, so the tags say more than the
# class: **B** begins a name, **I** goes on with it, **O** is outside of all names.

# %%
wiki = wikipedia_names()
shown = next(s for s in wiki.test if "Grant" in s.tokens and "Appomattox" in s.tokens)
entity_figures.draw_tags(
    shown.tokens, {"tags": shown.tags}, title=f"From the article {shown.article}"
)

# %% [markdown]
# The sentences are from Wikipedia, no article in two parts. Where do the tags come from? Those to learn
# from are **silver**: another program wrote them, with its errors, and a few rules took some of them out.
# Those of the test are **gold**: read and corrected one by one, by rules that were written first
# (data/entities/RULES.md). The reader was a language model, as the data's manifest says.

# %%
for name in ("train", "validation", "test"):
    part = getattr(wiki, name)
    kinds = Counter(kind for row in entities.names_in(part) for *_, kind in row)
    counts = ", ".join(f"{kinds[kind]} {kind}" for kind in CLASSES)
    print(f"{name:10} {len(part):5,} sentences, {sum(kinds.values()):5,} names: {counts}")

# %% [markdown]
# ### From tags to names
#
# What counts in the end are names, not tags. A network gives tags that no person would write, such as an I
# with no B before it. Then the usual agreement is that such an I begins a name.
# **Exercise 4.** Read the names off the tags, in plain Python:
#
# | tags | names |
# |---|---|
# | `B-PER I-PER O` | (0, 2, PER) |
# | `B-LOC B-LOC O` | (0, 1, LOC), (1, 2, LOC) |
# | `O I-ORG I-ORG` | (1, 3, ORG) |
# | `B-LOC I-PER O` | (0, 1, LOC), (1, 2, PER) |


# %% exercise="spans_of"
def spans_of(tags):
    """The tags of a sentence -> its names in their order: a list of (start, end, class), end exclusive."""
    raise NotImplementedError("write spans_of, then run this cell")


# hint(spans_of)
check(spans_of)

# %% [markdown]
# ### What is a good tagger?
#
# **Your bet:** a program that says O for every token. What share of the tokens does it get right?

# %%
outside = [["O"] * len(s.tokens) for s in wiki.test]
lazy = entities.accuracy("lazy", wiki.test, outside)
there = entities.names_in(wiki.test)
found = spans.count_spans(there, [spans.spans_of(tags) for tags in outside])
print(
    f"right tokens: {lazy.value:.3f}    names found: {found.right} of {found.wanted}    F1: {found.f1}"
)

# %% [markdown]
# Accuracy over tokens hides that nothing was found. So count names: a name is **right** if its first token, its
# last and its class are right. **Precision** is the share of the found names that are right, **recall** the share of
# the names that were found, and **F1** is their harmonic mean:
#
# $$F_1 = \frac{2 \cdot \text{right}}{\text{found} + \text{there}}$$

# %%
show_source(spans.count_spans)

# %% [markdown]
# ### First without a network
#
# The simplest tagger that finds something is a list (a *gazetteer*): all names of the training sentences, each
# with its most frequent class. At each place it takes the longest name that fits.

# %%
known = wiki.train + wiki.validation
listed = entities.Gazetteer(known)
test_tokens = [s.tokens for s in wiki.test]
by_list = [listed.spans(tokens) for tokens in test_tokens]
list_score = spans.count_spans(there, by_list)
seen_names = entities.texts_of(known)
new_names = entities.only_new(there, wiki.test, seen_names)
print(f"{len(listed.names):,} names in the list")
print(
    f"precision {list_score.precision:.3f}, recall {list_score.recall:.3f}, F1 {list_score.f1:.3f}"
)
print(f"{sum(map(len, new_names))} of {found.wanted} names in the test were never seen in training")

# %% [markdown]
# Whatever is new, a list cannot find. But a reader can: *in 1842 she wrote to ... about it* says that somebody's
# name comes, whoever it is, and a capital says more. So the network gets for each token its GloVe vector, how
# it is written (small, Capital, number, ...), its first and its last three letters. A recurrent network reads them
# from the left, another from the right (a **bidirectional** network: both neighbours matter), and one linear
# layer turns the two states of each token into nine logits. The cell is a GRU, one that keeps
# things for longer; {lesson:gated} opens it. *Where the book differs:* its figure reads from the left only.

# %%
show_source(tagger.Tagger.forward)

# %%
config = entities.Config()
readers = {}


def teach(context: bool):
    torch.manual_seed(0)
    reader = tagger.Reader(config.hidden, config.dropout, context=context)
    x, y = (part.to(device) for part in reader.examples(known))
    reader.model.to(device)
    run = train_epochs(
        reader.model, (x, y), seed=0, **entities.fit_options(reader.model, len(x), config)
    )
    return reader, run


readers["reads both ways"], run = teach(context=True)
_ = plots.live(run, ("loss",), title="Learning from silver tags")

# %% [markdown]
# And the control: the same network with each token by itself, a plain layer instead of the GRU. **Your bet:** how
# much does it lose?

# %%
readers["each token alone"], run = teach(context=False)
for _ in run:
    pass
names_f1 = {"list": list_score.f1}
tagged = {}
for name, reader in readers.items():
    tagged[name] = reader.tag(test_tokens)
    names = [spans.spans_of(tags) for tags in tagged[name]]
    counts = spans.count_spans(there, names)
    names_f1[name] = counts.f1
    new = spans.count_spans(new_names, entities.only_new(names, wiki.test, seen_names))
    right = entities.accuracy(name, wiki.test, tagged[name])
    print(
        f"{name:17} F1 {counts.f1:.3f}   of new names found: {new.recall:.3f}   right tokens: {right.value:.3f}"
    )
plots.bars(
    {name.replace(" ", "\n", 1): score for name, score in names_f1.items()},
    title="Names in the gold sentences",
    ylabel="F1",
)

# %% [markdown]
# Look at the last column again: in right tokens, all of these are close to each other and to the program that
# always says O. In names found they are not.
#
# ### Your own sentence

# %%
best = readers["reads both ways"]


def look(text):
    tokens, tags = best.read(text)
    return entity_figures.draw_tags(tokens[:200], {"tagger": tags[:200]})


look("In 1843 Ada Lovelace sent her notes from London to Charles Babbage.")

# %%
typed = Text("Write a sentence with names from Paris to Peru.", continuous_update=False)
_ = interact(look, text=typed)

# %% [markdown]
# ### What it gets wrong
#
# The sentences with most errors, and the tags of all three: gold, silver, and ours. Read them. Whose error is it?

# %%
ours = tagged["reads both ways"]
errors = [len(set(a) ^ set(spans.spans_of(tags))) for a, tags in zip(there, ours, strict=True)]
worst = sorted(range(len(errors)), key=lambda i: -errors[i])[:3]


def compare(i):
    rows = {"gold": wiki.test[i].tags, "silver": wiki.test_silver[i].tags, "tagger": ours[i]}
    return entity_figures.draw_tags(wiki.test[i].tokens, rows, title=f"{wiki.test[i].article}")


compare(worst[0])

# %%
compare(worst[1])

# %% [markdown]
# How good are the silver tags themselves? They are what we learned from.

# %%
silver_names = entities.names_in(wiki.test_silver)
our_names = [spans.spans_of(tags) for tags in ours]
rows = {"silver": silver_names, "tagger": our_names}
for name, names in rows.items():
    by_class = {kind: spans.count_spans(there, names, kind).f1 for kind in CLASSES}
    print(f"{name:7} F1 on gold: {spans.count_spans(there, names).f1:.3f}  ", end="")
    print("  ".join(f"{kind} {f1:.3f}" for kind, f1 in by_class.items()))
agree = spans.count_spans(silver_names, our_names).f1
print(f"our F1 if silver were the truth: {agree:.3f}")
rows = list(zip(there, silver_names, our_names, strict=True))
invented = sum(len(set(ours) - set(gold)) for gold, _, ours in rows)
taught = sum(len((set(ours) - set(gold)) & set(silver)) for gold, silver, ours in rows)
print(f"{invented} names that we found are wrong; {taught} of these are in silver, word for word")

# %% [markdown]
# Errors in the labels are learned like everything else, and who learns from a teacher seldom gets far beyond
# it. Better labels are a question of data, not of the model: {lesson:practice} comes back to it. And had we tested on
# silver, we would have measured how well we copy another program, its errors included.

# %% [markdown]
# ## Many to many, when the lengths differ: translation
#
# A tagger says one thing for each word that it reads. A translator cannot: `5:30 pm` is four tokens,
# `17:30` is three, and their order may change as well. So there are two networks. The **encoder** reads
# the whole phrase and says nothing. The **decoder** begins with the encoder's last state and writes, a word
# at a time: each word that it has said is its next input, until it says `<eos>`.

# %%

translation_figures.encoder_decoder(["5", ":", "30", "pm"], ["17", ":", "30"])

# %% [markdown]
# $a$ are the encoder's states, $d$ the decoder's. All that the decoder ever learns about the phrase goes
# through the thick arrow. The signs count as words, and so does `<eos>`; the dashes say: what comes out goes
# in next.
#
# What shall it translate? Something with one right answer, so that we can count: dates, times, amounts and
# numbers, in English and French. The pairs are made from Unicode's tables of how people all over the world
# write these things.

# %%

pairs = phrases()
for i in (3, 4, 5, 7, 14, 17, 20, 25):
    print(f"{pairs.train.kinds[i]:14} {pairs.train.english[i]:52} {pairs.train.french[i]}")
print(
    f"{len(pairs.train):,} to learn from, {len(pairs.validation)} to choose by, "
    f"{len(pairs.test):,} for the test"
)

# %% [markdown]
# French is full of traps. 81 is *four-twenty-one*, and 80 has an s that 81 has not. The first of a month is
# `1er`, all other days are plain numbers. The clock runs to 24. And 1.5 is still singular: `1,5 mètre`.
#
# Each word, number or sign is a token, as in {lesson:text}, and each language has a vocabulary of its own:

# %%
dictionary = vocabulary.Dictionary.of(pairs.train)
known_pairs = vocabulary.ids_of(dictionary, pairs.train)
print(vocabulary.tokenize("Tuesday, March 5, 2024"))
print("ids:", dictionary.read("Tuesday, March 5, 2024"))
print(f"{len(dictionary.source)} English tokens, {len(dictionary.target)} French ones")
source_lengths = [len(source) for source, _ in known_pairs]
target_lengths = [len(target) for _, target in known_pairs]
differ = sum(a != b for a, b in zip(source_lengths, target_lengths, strict=True))
print(f"T_x and T_y differ in {differ:,} of {len(known_pairs):,} pairs")

# %% [markdown]
# While it learns, the decoder is not given what it said itself but the right word of the step before. This
# is **teacher forcing**: one early mistake does not spoil all that follows, and all steps are trained in
# one go. What it is given and what it has to say are the same words, one step apart:

# %%
show_source(vocabulary.batch_of)

# %%
source_batch, given_batch, wanted_batch = vocabulary.batch_of(known_pairs[:3])
french_words = list(dictionary.target)
for given_row, wanted_row in zip(given_batch.tolist(), wanted_batch.tolist(), strict=True):
    print("given: ", *[f"{french_words[i]:>10}" for i in given_row])
    print("wanted:", *[f"{french_words[i]:>10}" for i in wanted_row], "\n")

# %% [markdown]
# Short phrases are filled up with `<pad>`, and here lies a trap. The last state must be the state after the
# last *word*. A cell that goes on through the padding ends in another state:

# %%
show_source(translation.last_state)

# %%
fresh = translation.build(dictionary, "plain", translation.Config())
short_phrase = vocabulary.padded([dictionary.read("5:30 pm")])
with torch.no_grad():
    right_state = fresh.encode(short_phrase)[2]
    longer = F.pad(short_phrase, (0, 8))  # eight times <pad> at its end
    states_with_padding, _, still_right = fresh.encode(longer)
print("with the mask, the padding changes nothing:", torch.allclose(right_state, still_right))
drift = (states_with_padding[:, -1] - right_state).norm() / right_state.norm()
print(f"without it, the state is off by {drift:.0%} of its size")

# %% [markdown]
# Both networks are GRUs. The decoder's state and the encoder's last state go through a layer together, and out come logits for all
# words. (Look at `decode`: `attention` is what comes later.)

# %%
show_source(translation.Translator)

# %% [markdown]
# **Your bet:** how many of the phrases that it has never seen will it translate right to the last sign?

# %%
settings = translation.Config()
plain_translator = translation.build(dictionary, "plain", settings).to(device)
run = translation.train(plain_translator, known_pairs, settings, epochs=settings.plain_epochs)
plain_history = plots.live(run, title="Encoder and decoder")


# %%
def share_right(model, part=pairs.validation):
    return translation.exact(model, dictionary, part)


plain_right = share_right(plain_translator)
print(f"right to the last sign: {plain_right.float().mean():.3f} of {len(plain_right)} new phrases")

# %% [markdown]
# Never trust a number alone. What does it get wrong?

# %%
wrong = (~plain_right).nonzero()[:, 0].tolist()
for i in wrong[:8]:
    english, french = pairs.validation.english[i], pairs.validation.french[i]
    said, _ = translation.translate(plain_translator, dictionary, english)
    print(f"{english}\n    should be  {french}\n    says       {said}")

# %%
by_kind = {}
for kind in dict.fromkeys(pairs.validation.kinds):
    rows = [i for i, k in enumerate(pairs.validation.kinds) if k == kind]
    by_kind[kind.replace(" ", "\n", 1)] = plain_right[rows].float().mean().item()
plots.bars(by_kind, title="Encoder and decoder, by kind of phrase", ylabel="exactly right")

# %% [markdown]
# Mostly it writes good French, with a wrong number or name in it. Grammar is in the weights; but *which*
# day, minute and year must all fit into one state of 128 numbers.
#
# ## Attention
#
# The encoder has a state for every word. Let the decoder look at all of them, and choose itself what
# matters now. For a state of the decoder, the **query** $q$, and each state of the encoder, a **key**
# $k_t$ (of $H$ numbers each):
#
# $$s_t = \frac{q \cdot k_t}{\sqrt{H}} \qquad w = \mathrm{softmax}(s) \qquad
# \mathrm{context} = \sum_t w_t\, v_t$$
#
# The score $s_t$ says how well word $t$ fits; the softmax makes weights of the scores, which add up to 1;
# the context is the mean of the **values** $v_t$ with these weights (here the values are the states again).
# Padding must not get any weight, so it is hidden in the scores, before the softmax.
#
# **Exercise 5.** Write it, by hand; gradients must flow. `mask` is `True` at words, `False` at padding.
# `scores.masked_fill(condition, number)` writes a number where the condition is true.


# %% exercise="attend"
def attend(query, keys, values, mask):
    """query (B, Q, H), keys and values (B, T, H), mask (B, T) -> context (B, Q, H), weights (B, Q, T).

    Weights of padding are 0, also in a phrase that is all padding. `math` is Python's, not torch's.
    """
    raise NotImplementedError("write attend, then run this cell")


# hint(attend)
check(attend)

# %% [markdown]
# PyTorch has the same in one function, quick on any device:

# %%


torch.manual_seed(0)
query, keys, values = torch.randn(2, 3, 8), torch.randn(2, 5, 8), torch.randn(2, 5, 8)
mask = torch.tensor([[True] * 5, [True, True, False, False, False]])
context, weights = attention.attend(query, keys, values, mask)
theirs = F.scaled_dot_product_attention(query, keys, values, attn_mask=mask[:, None, :])
print("equal to torch's:", torch.allclose(context, theirs, atol=1e-6))
print("weights of a phrase of two words:", [round(w, 2) for w in weights[1, 0].tolist()])

# %% [markdown]
# Why divide by $\sqrt{H}$? A sum of $H$ products grows with $H$, and softmax of large scores looks at one
# word only, with hardly a gradient for the others. (The first attention, by Bahdanau and others in 2015,
# had a small network for the score. It is in the library, too: kind `"additive"`.)
#
# The same encoder, decoder and settings; only the context is new. **Your bet:** how many right now, after
# half of the training?

# %%
looking_translator = translation.build(dictionary, "dot", settings).to(device)
run = translation.train(looking_translator, known_pairs, settings, epochs=settings.epochs)
looking_history = plots.live(run, title="With attention")

# %%
looking_right = share_right(looking_translator)
print(f"last state alone: {plain_right.float().mean():.3f}, {settings.plain_epochs} epochs")
print(f"with attention:   {looking_right.float().mean():.3f}, {settings.epochs} epochs")

# %%
lengths = torch.tensor([len(vocabulary.tokenize(text)) for text in pairs.validation.english])
groups = [(lengths >= low) & (lengths <= high) for low, high in ((1, 3), (4, 5), (6, 8), (9, 14))]
plots.functions(
    torch.stack([lengths[rows].float().mean() for rows in groups]),
    {
        "last state": torch.stack([plain_right[rows].float().mean() for rows in groups]),
        "attention": torch.stack([looking_right[rows].float().mean() for rows in groups]),
    },
    xlabel="tokens to read",
    ylabel="exactly right",
    title="Long phrases do not fit into one state",
)

# %% [markdown]
# ### Where does it look?
#
# The weights can be seen. Each row is a word that the decoder says, each column a word that it has read:


# %%
def look(text):
    """Translate, and draw where each word of the translation looked."""
    try:
        said, weights = translation.translate(looking_translator, dictionary, text)
    except vocabulary.PhraseError as problem:
        print(problem)
        return None
    print(f"{text}  ->  {said}")
    return translation_figures.attention_map(
        weights, vocabulary.tokenize(text), [*vocabulary.tokenize(said), "<eos>"]
    )


look("tuesday, march 5 at 5:30 pm")

# %% [markdown]
# Nobody told it which French word belongs to which English one. It need not look at a word itself: the
# encoder's state at the next word still knows it, and the decoder begins with the last state, which knows
# `pm`. So a map of attention is a hint at what a model does, no proof. Now a number, in which French counts in another way:

# %%
look("eighty-one")

# %% [markdown]
# Your turn. Anything the training phrases had words for; what it has no words for, it says:

# %%

_ = interact(look, text=Text("friday, may 1, 2048", continuous_update=False))

# %%
for text in (
    "three hundred and eighty",
    "1.5 kilometers",
    "May 1, 1873",
    "in 3 hous",
    "\U0001f642",
):
    try:
        print(f"{text}  ->  {translation.translate(looking_translator, dictionary, text)[0]}")
    except vocabulary.PhraseError as problem:
        print(f"{text}  ->  {problem}")

# %% [markdown]
# Is it the attention that does it? Take it out: give every word the same weight, in the trained model.

# %%
evenly = translation.exact(looking_translator, dictionary, pairs.validation, even=True)
print(f"attention spread evenly: {evenly.float().mean():.3f} right")

# %% [markdown]
# ### Greedy, or with a beam
#
# So far the decoder took the most probable word at each step: **greedy**. But the most probable *phrase*
# may begin with a word that was not. **Beam search** keeps the best few beginnings instead of one, tries
# each with every next word, and keeps the best few of these. (What is printed is the logarithm of a phrase's
# probability: the sum of those of its words. Nearer to 0 is more probable.)

# %%
best_four = search.beam(
    plain_translator,
    vocabulary.padded([dictionary.read(pairs.validation.english[wrong[0]])]),
    width=4,
)
print(pairs.validation.english[wrong[0]], " should be ", pairs.validation.french[wrong[0]])
for hypothesis in best_four:
    print(f"  log-probability {hypothesis.score:7.3f}  {dictionary.write(hypothesis.ids)}")

# %% [markdown]
# A wider beam finds phrases that the model thinks more probable (mostly: it is not guaranteed, since it may
# drop a beginning that would have ended well). Whether they are *right* more often is another question.
# **Your bet?** On the phrases that the plain translator got wrong, and as many that it got right:

# %%
some_right = plain_right.nonzero()[:, 0].tolist()[: len(wrong)]
rows = wrong + some_right
greedy_score = beam_score = higher = lower = 0
for i in rows:
    source = vocabulary.padded([dictionary.read(pairs.validation.english[i])])
    one, four = (search.beam(plain_translator, source, width=width)[0] for width in (1, 4))
    greedy_score += dictionary.write(one.ids) == pairs.validation.french[i]
    beam_score += dictionary.write(four.ids) == pairs.validation.french[i]
    higher += four.score > one.score + 1e-4
    lower += four.score < one.score - 1e-4
print(
    f"of {len(rows)} phrases, the beam's is more probable for {higher}, less probable for {lower}"
)
print(f"exactly right: greedy {greedy_score}, beam of four {beam_score}")

# %% [markdown]
# A beam finds what the model believes, and if the model is wrong about the number, so is the beam. It pays
# where there are many good phrases to choose from, less where there is one.
#
# ### The test, and the way back
#
# All choices are made, so once on the test set. And the same pairs give a translator from French, without
# a line of new code (trained half as long here, to spare your time):

# %%
way_back = vocabulary.Dictionary.of(pairs.train, "fr-en")
back_translator = translation.build(way_back, "dot", settings).to(device)
run = translation.train(
    back_translator, vocabulary.ids_of(way_back, pairs.train), settings, epochs=settings.epochs // 2
)
_ = plots.live(run, title="From French to English")
tested = {
    "last state\nEnglish-French": translation.exact(plain_translator, dictionary, pairs.test),
    "attention\nEnglish-French": translation.exact(looking_translator, dictionary, pairs.test),
    "attention\nFrench-English": translation.exact(back_translator, way_back, pairs.test),
}
plots.bars(
    {name: right.float().mean().item() for name, right in tested.items()},
    title=f"{len(pairs.test):,} test phrases",
    ylabel="exactly right",
)

# %%
print(translation.translate(back_translator, way_back, "quatre-vingt-dix-neuf")[0])
print(translation.translate(back_translator, way_back, "lundi 1er avril à 00:05")[0])

# %% [markdown]
# The first of these is 99. If it says something else, think of what it has read: *four-twenty-ten-nine*.
#
# ## Bonus: attention, the bridge to Transformers
#
# If looking works so well, why still walk through the phrase step by step? In a **Transformer** no cell is
# left. Each word of a sentence asks all words of the same sentence: **self-attention**. Three matrices make
# of each word a query, a key and a value; the rest you have written already:

# %%
show_source(attention.self_attention)

# %%
torch.manual_seed(1)
bridge_words = ["mardi", "5", "mars", "à", "17", ":", "30"]
bridge_x = torch.randn(1, len(bridge_words), 8)  # a vector for each word
w_q, w_k, w_v = torch.randn(3, 8, 8) / math.sqrt(8)
no_padding = torch.ones(1, len(bridge_words), dtype=torch.bool)
mixed, bridge_weights = attention.self_attention(bridge_x, w_q, w_k, w_v, no_padding)
head = nn.MultiheadAttention(8, num_heads=1, bias=False, batch_first=True)
with torch.no_grad():
    head.in_proj_weight.copy_(torch.cat([w_q, w_k, w_v]))
    head.out_proj.weight.copy_(torch.eye(8))  # it has one more matrix at its end
    theirs, _ = head(bridge_x, bridge_x, bridge_x)
print("equal to one head of nn.MultiheadAttention:", torch.allclose(mixed, theirs, atol=1e-5))
translation_figures.attention_map(
    bridge_weights[0],
    bridge_words,
    bridge_words,
    title="Self-attention, before any training",
    axes=("is asked", "asks"),
)

# %% [markdown]
# Every word reaches every other in *one* step, however far apart they are, and all words are worked out at
# once: nothing waits for the step before. In a recurrent network the first word has to survive every step
# in between, as {lesson:gated} will show.
#
# The price: nothing in the formula knows order. **Your bet:** shuffle the words. What changes?

# %%
order = torch.randperm(len(bridge_words))
shuffled, _ = attention.self_attention(bridge_x[:, order], w_q, w_k, w_v, no_padding)
print("shuffled in, the same shuffled out:", torch.allclose(shuffled, mixed[:, order], atol=1e-5))

# %% [markdown]
# Each word gets just what it got before: "5 mars" and "mars 5" are the same to it. So Transformers add to
# each word's vector a row of numbers that says where it stands. One way, from the first paper: waves, from
# quick to slow, so that each place has a pattern of its own:

# %%
place = attention.positions(len(bridge_words), 8)
there, _ = attention.self_attention(bridge_x + place, w_q, w_k, w_v, no_padding)
moved, _ = attention.self_attention(bridge_x[:, order] + place, w_q, w_k, w_v, no_padding)
print("with positions, still the same:", torch.allclose(moved, there[:, order], atol=1e-5))
table = attention.positions(60, 16)
plots.functions(
    torch.arange(60),
    {f"number {i + 1} of 16": table[:, i] for i in (0, 4, 6)},
    xlabel="place",
    ylabel="is added",
    title="Positions as waves",
)

# %% [markdown]
# Several such **heads** side by side, a small network for each word, a way past both ({lesson:design}'s skips) and
# a normalisation (of each word by itself, not over a batch), a few times over: that is a Transformer, and `nn.Transformer` and `nn.MultiheadAttention`
# have it ready. The models behind translation services and chat programs are of this kind.
#
# *Where the book differs:* it stops at recurrent networks. They are still a good way to understand
# sequences, and small ones run anywhere, but most translation today is done by Transformers.

# %%
torch.set_num_threads(threads_before)

# %% [markdown]
# ## Recap
#
# - A recurrent network is one cell, used at every step: new state from old state and input. Unrolled, it is
#   a deep network whose layers share their weights.
# - Padding must not be read: keep the state of each sequence's own last step, or pack the batch.
# - The gradient goes back through time, step by step. It may be cut into chunks; and it fades.
# - Many to one: read, then judge. One to many: say, and read what you said, until the end. Many to many: say
#   something at every step. Encoder-decoder: read first, then write, as long as it takes.
# - Measure beside a simple rival, on data made so that the simple rival must fail where it should.
#
# Words and symbols: [glossary](../reference/glossary.md), [notation](../reference/notation.md).
#
# ### Test yourself
#
# **1.** A cell has $n = 50$ inputs and $h = 64$ units. How many weights does it need for sentences of 10 words,
# and for those of 1,000?
#
# <details><summary>Answer</summary>
#
# $64 \cdot 50 + 64 \cdot 64 + 64 = 7{,}360$ (with torch's second bias 7,424), for both. The same cell is used
# at every step; a long sentence costs time, not weights.
# </details>
#
# **2.** Which of the four types: (a) a summary of an article; (b) is this heartbeat, recorded over a minute,
# normal? (c) the part of speech of each word; (d) a made-up name for a village?
#
# <details><summary>Answer</summary>
#
# (a) encoder-decoder: the lengths differ, and all has to be read before the first word is written; (b) many
# to one; (c) many to many; (d) one to many, letter by letter until the end.
# </details>
#
# **3.** An encoder reads padded sentences without a mask or packing, and the last column is handed on. Training
# looks fine, and in use, one sentence at a time, it does badly. Why?
#
# <details><summary>Answer</summary>
#
# In training, the cell went on over the padding after each short sentence, and what was handed on was the state
# after that. One sentence alone has no padding, so its state is another one. Lengths or packing make both
# the same.
# </details>
#
# **4.** A network that writes tunes always takes the most likely token. You give it another seed. What changes?
#
# <details><summary>Answer</summary>
#
# Nothing: no number is drawn, so no seed matters. The start token and the weights decide everything.
# </details>
#
# **5.** The gold name is (3, 6, ORG), *Bank of England*. The tagger finds (5, 6, LOC), *England*. How many names are
# right, how many found, and how many are there?
#
# <details><summary>Answer</summary>
#
# None is right, one was found, one is there. F1 is 0, though a third of the name was found: it is strict on
# purpose.
# </details>
#
# **6.** Your translator scores well while it trains and writes nonsense when it is used: its first word is
# often right, then it goes astray. What did training never show it?
#
# <details><summary>Answer</summary>
#
# Its own mistakes. With teacher forcing it was always given the right word before. In use, it is given
# what it said itself, so one wrong word leads to places it has never been to.
# </details>
#
# **Next:** {lesson:gated} opens `nn.GRU` and `nn.LSTM`: gates, which let a cell keep what it has
# read.

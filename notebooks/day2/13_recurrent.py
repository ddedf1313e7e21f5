# %% [markdown]
# # 13. Recurrent networks
#
# *About 90 minutes.* A bag of words cannot tell *not bad, good* from *not good, bad*. To read, a network must
# take one word after the other, and remember. At the end you can
#
# - write a **recurrent cell**, walk along a batch of sequences with it, and show what it remembers;
# - read a sentence and say one thing about it: is this review positive? (**many to one**)
# - start from nothing and write until the end: a tune (**one to many**);
# - say something about every word: which ones are names? (**many to many**)
# - turn one sequence into another of any length: English into French (**encoder-decoder**).

# %%
# %matplotlib inline
import torch
from ipywidgets import FloatSlider, Text, interact
from torch import Tensor, nn

from workshop.classroom.show import show_source
from workshop.core import plots
from workshop.core.data import reviews
from workshop.core.training import count_correct, evaluate, fit, train_epochs
from workshop.day2.recurrent import by_hand, diagram, negation, sentiment
from workshop.day2.text import bag, pipeline
from workshop.exercises import answer, check, hint

threads_before = torch.get_num_threads()
torch.set_num_threads(1)  # the steps of these cells are small: one thread is fastest

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
# **Exercise 1.** Write it. `x` has a row for each of $B$ sequences, `a` a row of $h$ numbers for each.


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
# $y^{<t>} = g_2(W_{ya}\, a^{<t>} + b_y)$. As in lesson 5, $g_2$, a softmax or a sigmoid, is left to the loss:

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
print("largest difference of the bags:       ",
      f"{(toy_x[0].mean(dim=0) - toy_x[1].mean(dim=0)).abs().max():.6f}")  # fmt: skip

# %% [markdown]
# The first lines are the same, the last ones are not: order leaves its mark, before anything was learned.
#
# ## Sentences of different lengths
#
# A batch is padded (lesson 12), so some sequences are over before the last column. The cell must not read on
# into the padding: what counts is the state after each sequence's **own** last word. And a sequence
# without words? It still has the zeros that it began with.
#
# **Exercise 2.** Read a padded batch, with a loop over its columns.


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
print("packed = padded, every state:", torch.allclose(
    packed_states, by_hand.unroll(batch, lengths, *toy_weights), atol=1e-6))  # fmt: skip
print("packed = padded, last states:", torch.allclose(packed_last, last, atol=1e-6))
rubbish = torch.cat([batch, 100 * torch.randn(3, 50, 6)], dim=1)  # 50 more columns of padding
again = by_hand.last_states(rubbish, lengths, *toy_weights)
print("same with 50 columns of rubbish behind:", torch.allclose(again, last, atol=1e-6))
print("the sequence of length 0:", last[2].tolist()[:4], "...")

# %% [markdown]
# ### Any length, the same weights
#
# A fully connected network has weights for every place. This one has one cell, however far it walks. The price:
# step 10,000 has to wait for step 9,999. What that costs, lesson 14 measures.

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
# Lesson 14 deals with it. Until then we use `nn.GRU` and `nn.LSTM` as what they are: recurrent cells that
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
# The film reviews of lesson 12, with the same three parts. A bag of embeddings got about four out of five.
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
    train_epochs(reader, reader_train, **sentiment.recipe(reader, len(reader_train), settings)),
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
fit(the_bag, bag_train, **bag.recipe(the_bag, len(bag_train), bag_settings))
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
# of lesson 7, and a bag is a linear model of its words. **Your bet:** how many pairs does the reader get,
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
lessons = negation.course(reader_words)
print(f"{len(lessons)} sentences in the course, such as")
id_to_word = list(reader_words)
for row in (0, 1, 2, 3, 500, 501):
    words = " ".join(id_to_word[i] for i in lessons.x[row].tolist() if i)
    print("+" if lessons.y[row] else "-", words)

# %%
torch.manual_seed(0)
taught = sentiment.Reader(glove_table, settings)
more = sentiment.with_course(reader_train, reader_words, settings)
history = plots.live(
    train_epochs(taught, more, **sentiment.recipe(taught, len(more), settings)),
    ("loss", "accuracy"),
    title="A GRU reads film reviews, and a course in 'not'",
)

# %%
torch.manual_seed(0)
taught_bag = bag.Bag(len(bag_words))
more = sentiment.with_course(bag_train, bag_words, settings)
fit(taught_bag, more, **bag.recipe(taught_bag, len(more), bag_settings))
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
    return diagram.judged(readings, title="Positive?")


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
# JOIN: music, entities, translation

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
# **Next:** [lesson 14](14_gated.ipynb) opens `nn.GRU` and `nn.LSTM`: gates, which let a cell keep what it has
# read.

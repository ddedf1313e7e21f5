# %% [markdown]
# # 1. A better way to look at it
#
# *About 50 minutes.* Welcome! Two days from now you will have built networks that see, read and
# compose, and you will know what happens inside. At the end of this first lesson you can
#
# - say what a perceptron computes, teach it from its mistakes, and show a problem that it can never
#   solve;
# - make a hard problem easy by looking at it in another way;
# - explain what "deep" learning does differently: it finds its own way of looking.
#
# **How these notebooks work.** Click a grey cell and press *Shift-Enter*: it runs, and the answer
# appears below. Go from top to bottom. Some cells are yours to write; `check(...)` tells you at once
# what is right and what is not, `hint(...)` gives a nudge, and `answer(...)` shows one solution. What
# you solve is remembered in the folder of your notebooks. Nothing you do here can break anything.

# %%
# %matplotlib inline
import torch
from ipywidgets import FloatSlider, interact
from torch import Tensor, nn

from workshop.classroom.show import show_source
from workshop.core import plots
from workshop.core.data import Split, load
from workshop.core.training import train_epochs
from workshop.day1 import representation
from workshop.exercises import answer, check, hint

# %% [markdown]
# ## The old dream
#
# In the 1770s a machine in a Turkish costume, the Mechanical Turk, beat the players of Europe at
# chess. It was a fraud, with a person hidden inside; but people *wanted* to believe in a machine that
# thinks. Real work on **artificial intelligence**, machines that do what seems to need intelligence,
# began in the 1950s, and soon met with a surprise: what is hard for us, such as long sums, is easy
# for a computer, and what is easy for us is hard for it. Seeing, for instance.

# %%
digits = load("digits")
plots.images(
    digits.train.x[:1] * 16, titles=["What a person sees, and what a computer has"], values=True
)

# %% [markdown]
# You see a nought. The machine has 64 numbers. How would *you* tell it which numbers make a nought?
#
# ### Rules written by hand
#
# The first idea was to write down rules. Here is ours for the nought: no ink in the middle, ink to
# the left and to the right of it.

# %%
show_source(representation.rule_for_zero)

# %%
images, labels = digits.test.x[:, 0], digits.test.y
is_zero = (labels == 0).long()
by_rule = representation.rule_for_zero(images)
found = (by_rule[is_zero == 1] == 1).sum().item()
false_alarms = (by_rule[is_zero == 0] == 1).sum().item()
print(f"the rule finds {found} of {is_zero.sum().item()} noughts, with {false_alarms} false alarms")
missed = torch.cat(
    [images[(is_zero == 1) & (by_rule == 0)], images[(is_zero == 0) & (by_rule == 1)]]
)
plots.images(missed[:8], title="Some that fool the rule")

# %% [markdown]
# Every exception asks for another rule, and that rule has exceptions of its own. **Machine learning**
# turns the question round: let the machine find the rule in examples. The cell below gives it 1,442
# images with their labels and a model that starts out knowing nothing. The curve shows its **loss**,
# how wrong it is, while it goes through the examples again and again:

# %%
torch.manual_seed(0)
known = digits.development
learned = nn.Linear(64, 2)
history = plots.live(
    train_epochs(
        learned,
        (known.x.flatten(1), (known.y == 0).long()),
        loss_fn=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(learned.parameters(), lr=0.2),
        epochs=30,
        batch_size=32,
    )
)
by_learning = learned(images.flatten(1)).argmax(dim=1)
print(f"right by the rule:  {(by_rule == is_zero).sum().item()} of {len(labels)}")
print(f"right by learning:  {(by_learning == is_zero).sum().item()} of {len(labels)}")

# %% [markdown]
# Nobody told it about middles and sides. How it learns is the subject of lesson 6; until then,
# `train_epochs` is a machine you may use without opening it.
#
# ## The perceptron
#
# One of the first machines that learned was the **perceptron** (1958). It multiplies each input by a
# **weight**, adds the products and a number of its own, the **bias**, and says 1 if the sum is above
# 0, and 0 otherwise.
#
# **Exercise 1.** What does a perceptron answer for each row of `x`?


# %% exercise="perceptron_predict"
def perceptron_predict(x, w, b):
    """1 where w . x + b > 0, else 0: x (N, n), w (n,), b () -> (N,), whole numbers."""
    raise NotImplementedError("write perceptron_predict, then run this cell")


# Stuck? Take the '#' away: hint(perceptron_predict) gives a nudge, answer(...) the solution.
# hint(perceptron_predict)
check(perceptron_predict)

# %% [markdown]
# It learns from its mistakes only. After a wrong answer each weight moves a little, in proportion to
# its input, in the direction that would have been better:
#
# $$w \leftarrow w + \eta\,(y - \hat y)\,x \qquad b \leftarrow b + \eta\,(y - \hat y)$$
#
# Here $y$ is the right answer, $\hat y$ the perceptron's, and $\eta$ (`lr` in code, the **learning
# rate**) says how large a step is.
#
# **Exercise 2.** Write one such step, for one example.


# %% exercise="perceptron_update"
def perceptron_update(w, b, x, y, lr):
    """The new w and b after one example: w (n,), b (), x (n,), y () 0 or 1 -> w (n,), b ()."""
    raise NotImplementedError("write perceptron_update, then run this cell")


# hint(perceptron_update)
check(perceptron_update)

# %% [markdown]
# Let it learn three small tables. In each, the four corners of a square are marked 0 or 1: with AND
# only the corner (1, 1) is a 1, with OR all but (0, 0), and with XOR, "one or the other but not
# both", the two corners (0, 1) and (1, 0). **Before you run it:** which of the three can be divided by
# a straight line?

# %%
corners = representation.XOR.x
tables = {"AND": [0, 0, 0, 1], "OR": [0, 1, 1, 1], "XOR": [0, 1, 1, 0]}
for name, table in tables.items():
    y = torch.tensor(table)
    w, b = representation.train_perceptron(corners, y, epochs=100)
    right = (representation.perceptron_predict(corners, w, b) == y).sum().item()
    print(f"{name:4} after 100 rounds: {right} of 4 right")

# %% [markdown]
# XOR defeats it, and more rounds would not help: whatever straight line you draw, at least one corner
# is on the wrong side, so three of four is the most there is. Try it:

# %%
attempts = {
    "x1 + x2 > 0.5": (1.0, 1.0, -0.5),
    "x1 + x2 < 1.5": (-1.0, -1.0, 1.5),
    "x1 > x2": (1.0, -1.0, 0.0),
}


def line(w1, w2, b):
    return lambda grid: torch.sigmoid(8 * (grid @ torch.tensor([w1, w2]) + b))


plots.boundaries({name: line(*values) for name, values in attempts.items()}, *representation.XOR)


# %%
@interact(
    w1=FloatSlider(1.0, min=-3, max=3),
    w2=FloatSlider(1.0, min=-3, max=3),
    b=FloatSlider(-0.5, min=-3, max=3),
)
def draw(w1, w2, b):
    return plots.boundary(line(w1, w2, b), *representation.XOR)


# %% [markdown]
# In 1969 this was a serious blow to the field. The way out: put several such units side by side and
# others behind them. That is a **multi-layer perceptron** (MLP), the first neural network, and it
# solves XOR:

# %%
torch.manual_seed(0)
mlp = representation.network(inputs=2, hidden=16)
history, score = representation.learn(
    mlp, representation.XOR, representation.XOR, epochs=500, lr=0.5
)
print(f"MLP on XOR: {score.sums['accuracy']} of {score.total} right")
plots.boundary(mlp, *representation.XOR, title="An MLP's answer to XOR")

# %% [markdown]
# ## What is easy depends on how you look
#
# Add 9 and 10. Easy. Now add IX and X, *without* turning them into our numerals first. It is the same
# problem in another **representation**. Even a computer must change the representation before it can
# begin:

# %%
values = {"I": 1, "V": 5, "X": 10}


def from_roman(text):
    """A numeral before a larger one is taken away: IX is 10 - 1."""
    numbers = [values[letter] for letter in text]
    after = [*numbers[1:], 0]
    return sum(-n if n < later else n for n, later in zip(numbers, after, strict=True))


print("9 + 10 =", 9 + 10)
print("IX + X =", from_roman("IX") + from_roman("X"))

# %% [markdown]
# The same with data. Two rings of points, one around the other: no straight line divides them. But
# describe each point by its distance from the middle and its angle (**polar coordinates**) instead of
# by $x_1$ and $x_2$, and look again:

# %%
rings = representation.rings(800, seed=0)
plots.boundary(
    lambda grid: torch.full((len(grid),), 0.5), *rings, title="Two rings: where is the line?"
)

# %% [markdown]
# **Exercise 3.** Turn $(x_1, x_2)$ into distance and angle. `torch.atan2(y, x)` gives the angle.


# %% exercise="to_polar"
def to_polar(x):
    """Distance from the origin and angle in radians of each point: (N, 2) -> (N, 2)."""
    raise NotImplementedError("write to_polar, then run this cell")


# hint(to_polar)
check(to_polar)

# %%
polar = Split(representation.to_polar(rings.x), rings.y)
held_out = representation.rings(800, seed=1)
polar_held_out = Split(representation.to_polar(held_out.x), held_out.y)

torch.manual_seed(0)
settings = {"epochs": 300, "lr": 0.5}
models, scores = {}, {}
for name, model, data, test in (
    ("linear on x1, x2", representation.linear(2), rings, held_out),
    ("linear on polar", representation.linear(2), polar, polar_held_out),
    ("network on x1, x2", representation.network(2, 16), rings, held_out),
):
    _, score = representation.learn(model, data, test, **settings)
    models[name], scores[name] = model, score["accuracy"]
plots.bars(
    scores, title="Two rings, on 800 points never seen", ylabel="accuracy", line=(0.5, "guessing")
)

# %%
plots.boundaries(
    {name: models[name] for name in ("linear on x1, x2", "network on x1, x2")}, *held_out
)

# %% [markdown]
# The linear model is no better than guessing on the first representation and almost perfect on the
# second. In the third bar nobody changed the representation: the network found a useful one by
# itself, in its hidden layer. This is **representation learning**.

# %% [markdown]
# ## Traditional machine learning against deep learning
#
# For decades, people designed the representation (the **features**) by hand and gave it to a simple
# model. Deep learning gives the raw data to a network and lets it find the features. Let both read
# digits. Our hand-made features are eight numbers for each image:

# %%
show_source(representation.hand_made_features)

# %%
torch.manual_seed(0)
raw, raw_test = (Split(part.x.flatten(1), part.y) for part in (digits.development, digits.test))
made, made_test = (
    Split(representation.hand_made_features(part.x[:, 0]), part.y)
    for part in (digits.development, digits.test)
)
settings = {"epochs": 60, "lr": 0.2, "batch_size": 32}
_, by_hand = representation.learn(representation.linear(8, 10), made, made_test, **settings)
_, linear = representation.learn(representation.linear(64, 10), raw, raw_test, **settings)
_, deep = representation.learn(representation.network(64, 64, 10), raw, raw_test, **settings)
plots.bars(
    {
        "8 features by hand,\nlinear model": by_hand["accuracy"],
        "64 pixels,\nlinear model": linear["accuracy"],
        "64 pixels,\nnetwork": deep["accuracy"],
    },
    title=f"Reading digits: accuracy on {deep.total} held-out images",
    ylabel="accuracy",
)

# %% [markdown]
# Our features lose. To be fair, somebody with more patience could make better ones, and digits this
# small are easy enough for a linear model on pixels to come close to the network. On photographs that
# gap is wide, and lessons 10 and 11 measure it.
#
# ## A hierarchy of features
#
# In a network with many layers the early ones see small things, such as edges, and the later ones put
# them together. Here is a look ahead at lesson 10: a small convolutional network, trained for a few
# seconds on larger digits. You need not understand it yet; look at what it looks at.

# %%
torch.manual_seed(0)
mnist = load("mnist5k")
cnn = representation.small_cnn()
history, score = representation.learn(
    cnn, mnist.train, mnist.validation, epochs=6, lr=0.1, batch_size=32
)
print(f"right on {score.sums['accuracy']} of {score.total} validation digits")
plots.images(
    cnn[0].weight.detach(), signed=True, title="The 8 filters of its first layer: spots and edges"
)

# %%
picture = mnist.validation.x[:1]
with torch.no_grad():
    early = cnn[:2](picture)[0]
    late = cnn[:5](picture)[0]
plots.images(
    torch.cat([picture[0], early]),
    columns=9,
    title="A digit, and where each of the 8 filters fires",
)

# %%
plots.images(late, title="The second layer: 16 combinations of them, coarser and sparser")

# %% [markdown]
# ## What it is good for
#
# Networks of many layers that improve by doing a task over and over: that is **deep learning**. You
# meet it in pictures (what is on it? lessons 10 and 11), in text (is this review kind? who is named
# in it? lessons 12 and 13), in translation (lesson 13) and in music (lesson 13 composes some). Beyond
# this workshop it recognises speech and speaks, finds objects and faces, plays games by trial and
# error (reinforcement learning), and makes pictures that never existed (generative models).
#
# ## Recap
#
# - A perceptron draws a straight line. It learns from mistakes, but XOR is beyond it.
# - The right representation can make a hard problem easy.
# - Traditional machine learning has its features made by hand; a network learns them.
#
# ### Test yourself
#
# **1.** A perceptron is right on every training example. What does its rule do next?
#
# <details><summary>Answer</summary>
#
# Nothing, ever again: the error is 0 for each example, so neither weights nor bias change.
# </details>
#
# **2.** The inner ring is moved far away, beside the outer one. Which representation is good now?
#
# <details><summary>Answer</summary>
#
# The plain $x_1$ and $x_2$: a straight line fits between two rings that lie side by side.
# </details>
#
# **3.** Why is a high score on the examples the model learned from not enough?
#
# <details><summary>Answer</summary>
#
# It might know them by heart. We want it to be right on new ones, so we count on examples it has never
# seen: the held-out, or test, set.
# </details>
#
# **Next:** [Lesson 2](02_neuron.ipynb) takes the smallest part of every network apart, one neuron.

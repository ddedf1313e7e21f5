# %% [markdown]
# # Layers, and networks of them
#
# *About 50 minutes.* One neuron draws one line. Now many look at the same input, and others look at
# what those have found. At the end you can
#
# - compute a layer for a whole batch with one product, and a network layer by layer;
# - say how many numbers a network has to learn, and what width and depth do to it;
# - build a block that its input can skip;
# - choose the output layer: for classes, for yes or no, for a number.

# %%
# %matplotlib inline
import torch
from ipywidgets import IntSlider, interact
from torch import Tensor, nn

from workshop.classroom.show import show_source
from workshop.figures import plots
from workshop.core.data import Split, load
from workshop.core.training import count_correct, evaluate, train_epochs
from workshop.day1 import layers
from workshop.day1.neuron import sigmoid
from workshop.exercises import answer, check, hint

# %% [markdown]
# ## Two neurons side by side
#
# A **layer** is a set of neurons, now called **units**, that all see the same inputs. Each has
# weights and a bias of its own. Here is a layer of two units; the yellow circle is an input that is
# always 1, and the weights on its lines are the biases.

# %%
torch.manual_seed(4)
real = nn.Linear(3, 2)
plots.network(
    [3, 2],
    weights=[real.weight],
    biases=[real.bias],
    labels=["input", "layer"],
    activations=["sigmoid"],
)

# %% [markdown]
# Each unit is a neuron of {lesson:neuron} (ours have a sigmoid for $g$). For one example we can ask them one
# after the other, or all at once. **Before you run it:** how many numbers come out?

# %%
x = torch.tensor([1.0, -2.0, 0.5])
W, b = real.weight.detach(), real.bias.detach()
print("unit 1:           ", layers.unit(x, W[0], b[0]).item())
print("unit 2:           ", layers.unit(x, W[1], b[1]).item())
print("one after another:", layers.layer_unit_by_unit(x, W, b).tolist())
print("all at once:      ", sigmoid(W @ x + b).tolist())
print("nn.Linear:        ", torch.sigmoid(real(x)).tolist())

# %% [markdown]
# The weights of each unit are a row of the matrix $W$, so that one product does the work of all:
#
# $$Z = Wx + b, \qquad A = g(Z)$$
#
# **Exercise 1.** Do it for a batch, with an example in each row of `x`. The shapes are the difficulty:
# `x` is $(B, n_{in})$ and `W` is $(n_{out}, n_{in})$. Stop at $Z$.


# %% exercise="layer"
def layer(x, W, b):
    """Z of a batch: x (B, n_in), W (n_out, n_in), b (n_out,) -> (B, n_out)."""
    raise NotImplementedError("write layer, then run this cell")


# hint(layer)
check(layer)

# %% [markdown]
# ## Input, hidden, output
#
# The **input layer** computes nothing: it is where the data are put, one unit for each number. A grey
# image of 28 by 28 pixels needs 784 of them, a table with 7 columns needs 7:

# %%
image = load("mnist5k").train.x[:1]  # (1, 1, 28, 28)
table = load("breast_cancer").train.x[:1, :7]  # seven measurements of one tumour
for name, example in (("an image", image), ("a row of a table", table)):
    flat = example.flatten(1)  # (1, n): all numbers of an example in one row
    first = nn.Linear(flat.shape[1], 5)
    print(f"{name:16} {tuple(example.shape)!s:15} -> {flat.shape[1]:3} input units", end=" ")
    print(f"-> a layer of {first(flat).shape[1]}")

# %% [markdown]
# Behind it come **hidden layers**, as many as you like, and at the end the **output layer**. Each
# layer works on what the one before it has made, so the network is a composition of functions,
# $f_3(f_2(f_1(x)))$. This one has three layers (the input does not count, since it computes nothing):

# %%
torch.manual_seed(0)
network = layers.MLP((4, 5, 3, 2))
plots.network(
    [4, 5, 3, 2],
    weights=[part.weight for part in network.layers],
    labels=["input", "hidden", "hidden", "output"],
    activations=["sigmoid", "sigmoid", "none"],
)

# %%
x = torch.randn(6, 4)
step = x
for number, part in enumerate(network.layers, start=1):
    step = part(step)
    if number < len(network.layers):
        step = torch.sigmoid(step)
    print(f"after layer {number}: {tuple(step.shape)}")
print("equal to the whole network:", torch.equal(step, network(x)))

# %% [markdown]
# ### How large is a network?
#
# A layer's number of units is its **width**, the number of layers the network's **depth**. With one
# hidden layer it is called shallow, with many deep. What must be learned, the **parameters**, are the
# weights, one for each line in the picture, and the biases.
#
# **Exercise 2.** Count them.


# %% exercise="count_parameters"
def count_parameters(sizes):
    """How many weights and biases: sizes, a list such as [64, 32, 10] -> a whole number."""
    raise NotImplementedError("write count_parameters, then run this cell")


# hint(count_parameters)
check(count_parameters)

# %%
for sizes in ([64, 10], [64, 16, 10], [64, 64, 10], [64, 32, 32, 10], [784, 128, 64, 10]):
    counted = sum(p.numel() for p in layers.MLP(tuple(sizes)).parameters())
    print(
        f"{sizes!s:20} {layers.count_parameters(sizes):8,} parameters; PyTorch counts {counted:,}"
    )

# %%
plots.network([64, 16, 10], labels=["input", "hidden", "output"], title="Reading 8 x 8 digits")

# %% [markdown]
# **Exercise 3.** Write the whole network for any number of layers, with a sigmoid between the layers.
# (Why there must be something between them is the story of {lesson:activations}.)


# %% exercise="forward"
def forward(x, weights, biases):
    """x (B, n_in), weights[l] (n_l, n_l-1), biases[l] (n_l,) -> logits (B, n_out)."""
    raise NotImplementedError("write forward, then run this cell")


# hint(forward)
check(forward)

# %% [markdown]
# ### Layers that can be skipped
#
# Layers need not stand in one line. In a **residual block** the input takes a second way round two
# layers, and is added to what they make of it: $x + f(x)$. *Where the book differs:* it says that such
# skip connections avoid overfitting (to know the examples by heart; {lesson:generalization}); what they avoid is that
# the *training* error of very deep networks rises. {Lesson:design} measures it.
#
# **Exercise 4.** Write one, with a sigmoid after the first of the two layers and none after the second.


# %% exercise="residual"
def residual(x, W1, b1, W2, b2):
    """x (B, n), W1 (h, n), b1 (h,), W2 (n, h), b2 (n,) -> (B, n): x plus what two layers make of it."""
    raise NotImplementedError("write residual, then run this cell")


# hint(residual)
check(residual)

# %% [markdown]
# Why is it worth having? Send a signal through 1, 10 and 50 fresh layers (with the random weights they
# are made with), or through as many blocks, and look at how much of the difference between two inputs
# arrives. **Your bet?**

# %%
torch.manual_seed(0)
pair = torch.randn(2, 16)
for depth in (1, 10, 50):
    plain = blocks = pair
    for _ in range(depth):
        plain = torch.sigmoid(nn.Linear(16, 16)(plain))
        blocks = layers.Residual(width=16, hidden=16)(blocks)
    for name, signal in (("layers", plain), ("blocks", blocks)):
        share = ((signal[0] - signal[1]).norm() / (pair[0] - pair[1]).norm()).item()
        print(f"{depth:3} {name}: {share:.2g} of the difference arrives")

# %% [markdown]
# Layer after layer of sigmoids makes all inputs alike, until nothing is left to tell them apart. A
# block hands its input on, and only adds something.
#
# ## It reads
#
# Ten classes need ten output units; the largest wins. We train one hidden layer of 64 units on the
# digits. `train_epochs` is still a machine for us; {lesson:gradient_descent} opens it.

# %%
digits = (
    layers.flat_digits()
)  # the 8 x 8 digits of {lesson:representation}, each a row of 64 numbers
torch.manual_seed(0)
reader = layers.MLP((64, 64, 10))
history = plots.live(
    train_epochs(
        reader,
        digits.development,
        loss_fn=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(reader.parameters(), lr=0.5),
        epochs=60,
        batch_size=32,
    ),
    title="A network learns to read digits",
)
score = evaluate(reader, digits.test, metrics={"accuracy": count_correct})
print(f"right on {score.sums['accuracy']} of {score.total} digits never seen")

# %% [markdown]
# ### Why "hidden"?
#
# The data say what goes in and what should come out. About what happens between they say nothing: no
# label tells a hidden unit what it ought to be. Still we may look. Here are the 64 hidden units for
# twelve images, each time laid out as a square, black for 1 and white for 0:

# %%
chosen = torch.cat([digits.test.x[digits.test.y == label][:3] for label in (0, 1, 2, 3)])
with torch.no_grad():
    hidden = torch.sigmoid(reader.layers[0](chosen))
plots.images(
    hidden.reshape(12, 8, 8),
    columns=6,
    titles=[f"a {label}" for label in (0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3)],
    title="What 64 hidden units make of twelve digits",
)

# %% [markdown]
# What belongs together looks a little alike. Can that be measured? Compare each test image with all
# others: how far apart are two of the same digit, in proportion to two of different digits? (The
# smaller the number, the better sorted they are.)


# %%
def sorted_by_digit(table, y):
    """Mean distance within a digit over mean distance between digits: table (N, n), y (N,)."""
    apart = torch.cdist(table, table)  # (N, N): from every row to every row
    same = y[:, None] == y
    others = ~torch.eye(len(y), dtype=torch.bool)
    return (apart[same & others].mean() / apart[~same].mean()).item()


with torch.no_grad():
    stages = {
        "pixels": digits.test.x,
        "hidden units": torch.sigmoid(reader.layers[0](digits.test.x)),
        "output": reader(digits.test.x),
    }
plots.bars(
    {name: sorted_by_digit(table, digits.test.y) for name, table in stages.items()},
    title="Distance within a digit, in proportion to that between digits",
    ylabel="ratio",
)

# %% [markdown]
# Step by step the digits are sorted. The hidden layer has found a representation of its own; nobody
# told it which.
#
# ### How wide, how deep?
#
# The widths and the number of the hidden layers are yours to choose. **Predict** before you run: what
# does a single hidden unit achieve, and what do three hidden layers? (Accuracy on the validation part;
# the test part is not for choosing.)

# %%
scores = {}
for sizes in ((1,), (4,), (16,), (64,), (64, 64), (64, 64, 64)):
    torch.manual_seed(0)
    model, _ = layers.train(
        digits.train, (64, *sizes, 10), nn.CrossEntropyLoss(), lr=0.5, epochs=40, seed=0
    )
    right = evaluate(model, digits.validation, metrics={"accuracy": count_correct})["accuracy"]
    count = layers.count_parameters([64, *sizes, 10])
    scores[f"{', '.join(map(str, sizes))}\n({count:,})"] = right
plots.bars(
    scores,
    title="Units of the hidden layers (and parameters), validation part",
    ylabel="accuracy",
    line=(0.1, "guessing"),
)

# %% [markdown]
# One number cannot hold what tells ten digits apart. A few units already can, and from then on more of
# them gain little here. And three hidden layers, trained in the same way, do not learn at all! One
# reason we have just seen: so many sigmoids in a row make all inputs alike. "Deeper is better" needs
# tools that come later: another bend ({lesson:activations}), better starting weights and blocks like yours
# ({lesson:design}).
#
# Try a width yourself, with less training:


# %%
@interact(width=IntSlider(8, min=1, max=64, continuous_update=False))
def try_width(width):
    torch.manual_seed(0)
    model, run = layers.train(
        digits.train, (64, width, 10), nn.CrossEntropyLoss(), lr=0.5, epochs=15, seed=0
    )
    right = evaluate(model, digits.validation, metrics={"accuracy": count_correct})["accuracy"]
    return plots.curves(run, title=f"{width} hidden units: {right:.3f} right")


# %% [markdown]
# ## A head for every task
#
# Only the output layer, the **head**, depends on the task:
#
# | task | output units | what they say |
# |---|---|---|
# | one of ten digits | 10 | a score each; the largest wins |
# | yes or no | 1 | a logit: above 0 means yes |
# | one number | 1 | the number itself, without any squashing |
# | a box in a picture | 4 | two corners, with two coordinates each |
#
# The first has been trained above. Here are a yes or no ({lesson:neuron}'s tumours) and a number (how far
# diabetes has progressed after a year, in hundreds of points, from ten measurements). Each kind of task
# has a loss of its own, `nn.BCEWithLogitsLoss` and `nn.MSELoss` here; {lesson:losses} takes them apart.

# %%
tumours, number = load("breast_cancer").standardized(), layers.disease_progression()
known = Split(
    tumours.development.x, tumours.development.y[:, None].float()
)  # y (N, 1), like logits
torch.manual_seed(0)
yes_or_no, _ = layers.train(known, (30, 64, 1), nn.BCEWithLogitsLoss(), lr=0.5, epochs=60, seed=0)
how_far, _ = layers.train(
    number.development, (10, 64, 1), nn.MSELoss(), lr=0.005, epochs=60, seed=0
)

box = layers.MLP((784, 32, 4))  # not trained: it only shows its shape
for name, head, example in (
    ("ten digits", reader, digits.test.x[:1]),
    ("yes or no", yes_or_no, tumours.test.x[:1]),
    ("a number", how_far, number.test.x[:1]),
    ("a box", box, image.flatten(1)),
):
    print(f"{name:10} -> {[round(v, 1) for v in head(example)[0].tolist()]}")

# %% [markdown]
# How good are the two new ones? For a number, accuracy makes no sense: nearly right counts too. $R^2$
# is 0 for always guessing the mean, and 1 for a perfect prediction.

# %%
score = evaluate(
    yes_or_no, (tumours.test.x, tumours.test.y[:, None]), metrics={"accuracy": count_correct}
)
print(f"yes or no: right on {score.sums['accuracy']} of {score.total} tumours never seen")
with torch.no_grad():
    guess = how_far(number.test.x)
print(f"a number:  R2 {layers.r2(guess, number.test.y, number.development.y):.2f} on new patients")
line = torch.tensor([0.3, 3.4])
plots.scatter(
    number.test.y[:, 0],
    guess[:, 0],
    line=(line, line),
    label="perfect",
    xlabel="measured",
    ylabel="predicted",
    title="Progression of diabetes, patients never seen",
)

# %% [markdown]
# Ten measurements say something about the year to come, but far from everything.

# %% [markdown]
# ## Recap
#
# - A layer is $A = g(Wx + b)$: a row of $W$ per unit. For a batch: `x @ W.T + b`.
# - A network is layers behind one another; what is between input and output is hidden.
# - Its size is counted in weights and biases. Too narrow, and nothing gets through; too many sigmoids
#   behind each other, and nothing gets through either.
# - A residual block adds to its input instead of replacing it.
# - The task decides the output layer.
#
# Words and symbols: [glossary](../reference/glossary.md), [notation](../reference/notation.md).
#
# ### Test yourself
#
# **1.** A layer turns 100 numbers into 20. What is the shape of `W`, and how many parameters are there?
#
# <details><summary>Answer</summary>
#
# $(20, 100)$, so 2,000 weights, and 20 biases: 2,020 parameters.
# </details>
#
# **2.** How many output units for telling cats from dogs? And for the corners of a box in a picture?
#
# <details><summary>Answer</summary>
#
# One for a yes or no. Two corners have two coordinates each: four units, for four numbers.
# </details>
#
# **3.** Two units of a layer start with exactly the same weights. Why is that a waste?
#
# <details><summary>Answer</summary>
#
# They compute the same and are corrected in the same way, so they stay twins. This is why weights start
# at random.
# </details>
#
# **Next:** {Lesson:activations} asks what must stand between two layers, and why.

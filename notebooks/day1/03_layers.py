# %% [markdown]
# # 3. Layers, and networks of them
#
# *About 45 minutes.* One neuron draws one line. Now many look at the same input, and others look at
# what those have found. At the end you can
#
# - compute a layer for a whole batch with one product, and a network layer by layer;
# - say how many numbers a network has to learn;
# - choose the output layer: for classes, for yes or no, for a number.

# %%
# %matplotlib inline
import torch
from ipywidgets import IntSlider, interact
from torch import Tensor, nn

from workshop.classroom.show import show_source
from workshop.core import plots
from workshop.core.data import load
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
plots.network([3, 2], weights=[real.weight], biases=True, labels=["input", "layer"])

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
# $Z = Wx + b$ and then $A = g(Z)$.
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
image = load("mnist5k").train.x[:1]
print("an image:", tuple(image.shape[-2:]), "->", image.flatten(1).shape[1], "input units")
print("a row of a table with 7 columns ->", torch.zeros(1, 7).shape[1], "input units")

# %% [markdown]
# Behind it come **hidden layers**, as many as you like, and at the end the **output layer**. Each
# layer works on what the one before it has made, so the network is a composition of functions,
# $f_3(f_2(f_1(x)))$:

# %%
torch.manual_seed(0)
network = layers.MLP((4, 5, 3, 2))
plots.network(
    [4, 5, 3, 2],
    weights=[part.weight for part in network.layers],
    labels=["input", "hidden", "hidden", "output"],
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
# **Exercise 2.** Write the whole network for any number of layers, with a sigmoid between the layers.
# (Why there must be something between them is the story of lesson 4.)


# %% exercise="forward"
def forward(x, weights, biases):
    """x (B, n_in), weights[l] (n_l, n_l-1), biases[l] (n_l,) -> logits (B, n_out)."""
    raise NotImplementedError("write forward, then run this cell")


# hint(forward)
check(forward)

# %% [markdown]
# (Layers need not be connected in one line. In a **residual block** the input skips two layers and is
# added to what they make of it. With this trick very deep networks can be trained; lesson 7 measures
# it. *Where the book differs:* it says that skip connections avoid overfitting; what they avoid is
# that the *training* error of very deep networks rises.)

# %%
block = layers.Residual(width=4)
print("x + f(x):", torch.allclose(block(x), x + block.inside(x)))
show_source(layers.Residual)

# %% [markdown]
# ## How large is a network?
#
# A layer's number of units is its **width**, the number of layers the network's **depth**. With one
# hidden layer it is called shallow, with many deep. What must be learned are the weights, one for
# each line in the picture, and the biases.
#
# **Exercise 3.** Count them.


# %% exercise="count_parameters"
def count_parameters(sizes):
    """How many weights and biases: sizes, a list such as [64, 32, 10] -> a whole number."""
    raise NotImplementedError("write count_parameters, then run this cell")


# hint(count_parameters)
check(count_parameters)

# %%
for sizes in ([64, 10], [64, 16, 10], [64, 64, 10], [64, 32, 32, 10], [784, 128, 64, 10]):
    counted = sum(p.numel() for p in layers.MLP(tuple(sizes)).parameters())
    assert counted == layers.count_parameters(sizes)
    print(f"{sizes!s:20} {counted:8,} parameters")

# %%
plots.network([64, 16, 10], labels=["input", "hidden", "output"], title="Reading 8 x 8 digits")

# %% [markdown]
# ## It reads
#
# Ten classes need ten output units; the largest wins. We train one hidden layer of 64 units on the
# digits. `train_epochs` is still a machine for us; lesson 6 opens it.

# %%
digits = layers.flat_digits()
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
    )
)
score = evaluate(reader, digits.test, metrics={"accuracy": count_correct})
print(f"right on {score.sums['accuracy']} of {score.total} digits never seen")

# %% [markdown]
# ### Why "hidden"?
#
# The data say what goes in and what should come out. About what happens between they say nothing: no
# label tells a hidden unit what it ought to be. Still we may look. A row for each of eight images, a
# column for each hidden unit:

# %%
chosen = torch.cat([digits.test.x[digits.test.y == label][:2] for label in (0, 1, 2, 3)])
with torch.no_grad():
    hidden = torch.sigmoid(reader.layers[0](chosen))
plots.images(hidden[None], title="Activations of 64 hidden units: rows 0, 0, 1, 1, 2, 2, 3, 3")

# %% [markdown]
# The two rows of each digit resemble each other: the hidden layer has found a representation in which
# what belongs together looks alike.
#
# ### How wide, how deep?
#
# **Predict** before you run: what does a single hidden unit achieve? (Accuracy on the validation part;
# the test part is not for choosing.)

# %%
scores = {}
for hidden_sizes in ((1,), (4,), (16,), (64,), (64, 64)):
    torch.manual_seed(0)
    model, _ = layers.train(
        digits.train, (64, *hidden_sizes, 10), nn.CrossEntropyLoss(), lr=0.5, epochs=40, seed=0
    )
    scores[" + ".join(map(str, hidden_sizes))] = evaluate(
        model, digits.validation, metrics={"accuracy": count_correct}
    )["accuracy"]
plots.bars(
    scores, title="Validation accuracy by hidden layers", ylabel="accuracy", line=(0.1, "guessing")
)


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
# Only the output layer, the **head**, depends on the task: ten units for ten classes, one unit for yes
# or no, and one unit for each number to predict, without any squashing, since a number may be
# anything. Here are all three, trained:

# %%
result = layers.run(layers.Config(), seed=0)
for metric in result.metrics:
    print(f"{metric.name:18} {metric.value:.3f}")

# %% [markdown]
# For the number (how far diabetes has progressed after a year) accuracy makes no sense. $R^2$ is 0 for
# always guessing the mean, and 1 for a perfect prediction.
#
# ## Recap
#
# - A layer is $A = g(Wx + b)$: a row of $W$ per unit. For a batch: `x @ W.T + b`.
# - A network is layers behind one another; what is between input and output is hidden.
# - Its size is counted in weights and biases.
# - The task decides the output layer.
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
# **Next:** [Lesson 4](04_activations.ipynb) asks what must stand between two layers, and why.

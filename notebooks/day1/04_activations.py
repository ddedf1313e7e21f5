# %% [markdown]
# # The bend that makes it deep
#
# *About 50 minutes.* A network of many layers can do what one neuron cannot. But only if something
# stands between the layers. At the end you can
#
# - prove that without activation functions a deep network is no better than a single layer;
# - write ReLU and softmax, and know where each activation belongs;
# - build curves out of straight pieces, and say what the universal approximation theorem promises and
#   what it does not.

# %%
# %matplotlib inline
import torch
from ipywidgets import IntSlider, interact
from torch import Tensor, nn

from workshop.classroom.show import show_source
from workshop.figures import plots
from workshop.core.training import fit, train_epochs
from workshop.day1 import activations, representation
from workshop.exercises import answer, check, hint

# %% [markdown]
# ## A tower of layers that is no taller than one
#
# Put three layers behind each other with nothing in between: the activation function is $g(z) = z$.
# **Predict:** what can this tower do that a single layer cannot?

# %%
torch.manual_seed(0)
tower = nn.Sequential(nn.Linear(2, 4), nn.Linear(4, 4), nn.Linear(4, 1))
plots.network(
    [2, 4, 4, 1],
    weights=[layer.weight for layer in tower],
    activations=["g(z) = z"] * 3,
    title="Three layers, no bend",
)

# %%
W, b = activations.collapse([(layer.weight, layer.bias) for layer in tower])
x = torch.randn(5, 2)
for name, count, y in (
    ("tower", sum(p.numel() for p in tower.parameters()), tower(x)),
    ("layer", W.numel() + b.numel(), x @ W.T + b),
):
    print(f"{name} of {count:2} parameters says", [f"{v:.4f}" for v in y[:, 0].tolist()])

# %% [markdown]
# Nothing. Multiply it out: $W_2(W_1x + b_1) + b_2 = (W_2W_1)x + (W_2b_1 + b_2)$, which is one layer
# again. An "activation" that is a straight line itself, such as $g(z) = \tfrac12 z + 5$, does not help
# either: it is one more layer of the same kind.
#
# **Exercise 1.** Turn any stack of layers into the one that does the same.


# %% exercise="collapse"
def collapse(layers):
    """layers: a list of (W, b), first to last, W (out, in), b (out,) -> the W and b of one layer."""
    raise NotImplementedError("write collapse, then run this cell")


# hint(collapse)
check(collapse)

# %%
half = (0.5 * torch.eye(4), torch.full((4,), 5.0))  # g(z) = z / 2 + 5, written as a layer
W, b = activations.collapse(
    [(tower[0].weight, tower[0].bias), half, (tower[2].weight, tower[2].bias)]
)
print("largest difference:", (tower[2](tower[0](x) / 2 + 5) - (x @ W.T + b)).abs().max().item())

# %% [markdown]
# A straight line is not useless everywhere. At the *output* of a network that predicts a number it is
# just right, because a number can be anything. **Your bet:** three models with a single weight and bias
# learn $y = 3x$; the output of the first stays as it is, that of the second goes through a sigmoid,
# that of the third through the ReLU, which cuts off what is below 0. Which can follow? (The loss is the
# mean squared error, `nn.MSELoss`, of which more in {lesson:losses}.)

# %%
x = torch.linspace(-1, 1, 101)[:, None]
lines = {"y = 3x": 3 * x[:, 0]}
for name, bend in {"linear": nn.Identity(), "sigmoid": nn.Sigmoid(), "ReLU": nn.ReLU()}.items():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(1, 1), bend)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.3)
    # fit is train_epochs without the picture
    history = fit(model, (x, 3 * x), loss_fn=nn.MSELoss(), optimizer=optimizer, epochs=200)
    print(f"{name:8} loss {history['loss'][-1]:.4f}")
    with torch.no_grad():
        lines[f"{name} output"] = model(x)[:, 0]
plots.functions(x[:, 0], lines, xlabel="x", ylabel="y", title="Only one output is free")

# %% [markdown]
# ## ReLU: the smallest bend there is
#
# The **rectified linear unit** leaves what is above zero and cuts the rest off: $\max(0, z)$.
# (*Where the book differs:* it prints $\max\{0, x\}$; the argument is $z$.)
#
# **Exercise 2.** Write it for tensors of any shape, without torch's own.


# %% exercise="relu"
def relu(z):
    """max(0, z) of each element: any shape -> the same shape."""
    raise NotImplementedError("write relu, then run this cell")


# hint(relu)
check(relu)

# %%
z = torch.linspace(-4, 4, 400)
curves = {"ReLU": activations.relu, "sigmoid": activations.sigmoid, "tanh": activations.tanh}
drawn = []
for name, g in curves.items():
    at = z.clone().requires_grad_()
    g(at).sum().backward()  # {lesson:gradient_descent} explains how PyTorch finds the slope
    drawn.append((name, z, {"g(z)": g(z), "its slope": at.grad}))
plots.panels(drawn)

# %% [markdown]
# ReLU is flat below 0 and has slope 1 above (at 0 itself, PyTorch takes 0). The slope of the sigmoid is
# never more than a quarter, at $z = 0$, and hardly anything far from there. **Tanh**, the bend in
# {lesson:representation}'s networks, is a sigmoid stretched to run from -1 to 1.
#
# Two straight pieces: isn't ReLU linear? For a linear function, the value of a sum is the sum of the
# values. Look:

# %%
two, minus_two = torch.tensor(2.0), torch.tensor(-2.0)
print("relu(2) + relu(-2) =", (activations.relu(two) + activations.relu(minus_two)).item())
print("relu(2 + -2)       =", activations.relu(two + minus_two).item())

# %% [markdown]
# ## Curves out of straight pieces
#
# That one bend is enough. A sum of ReLUs has a bend for each of them, and straight pieces between.
# Three of them make a hat:

# %%
x = torch.linspace(-3, 3, 301)
ramps = {"ReLU(x + 1)": (1, 1, 1), "-2 ReLU(x)": (1, 0, -2), "ReLU(x - 1)": (1, -1, 1)}
w, b, v = torch.tensor(list(ramps.values())).float().T
pieces = {name: v[i] * activations.relu(w[i] * x + b[i]) for i, name in enumerate(ramps)}
plots.panels(
    [("three ReLUs", x, pieces), ("their sum: a hat", x, {"sum": sum(pieces.values())})],
    xlabel="x",
)

# %% [markdown]
# **Exercise 3.** Write such a sum for any number $n$ of units:
# $\sum_i v_i\,\mathrm{ReLU}(w_i x + b_i)$, for many $x$ at once. It is a network with one hidden layer.


# %% exercise="sum_of_relus"
def sum_of_relus(x, w, b, v):
    """v_1 relu(w_1 x + b_1) + ... + v_n relu(w_n x + b_n): x (N,), w, b and v (n,) -> (N,)."""
    raise NotImplementedError("write sum_of_relus, then run this cell")


# hint(sum_of_relus)
check(sum_of_relus)

# %% [markdown]
# The book builds the parabola $x^2$ out of four ReLUs,
# $a(x) = \mathrm{ReLU}(5x) + \mathrm{ReLU}(-5x) + \mathrm{ReLU}(7x - 24) + \mathrm{ReLU}(-7x - 24)$:

# %%
x = torch.linspace(-7, 7, 1401)
plots.functions(
    x,
    {"x squared": x**2, "four ReLUs": activations.four_relus(x)},
    xlabel="x",
    title="The book's approximation",
)

# %%
for value in (0, 1, 2, 4, 5, 6, 7):
    at = torch.tensor(float(value))
    print(f"x = {value}: x^2 = {value**2:2}, four ReLUs {activations.four_relus(at).item():4.0f}")
error = (activations.four_relus(x) - x**2).abs()
at = abs(x[error.argmax()])
print(f"largest error on [-7, 7]: {error.max():.1f}, at x = {at:.1f} and x = {-at:.1f}")

# %% [markdown]
# Somebody chose those numbers. Let training choose them: one hidden layer of 32 ReLUs, on $[-5, 5]$.
# Before training, the bends stand at even distances. Here they are for fewer units, just added up:

# %%
points = torch.linspace(-1, 1, 200)[:, None]  # x / 5: a network learns best from numbers near 1
start = {}
for hidden in (2, 4, 10):
    first = activations.curve_model(hidden)[0]
    w, b = first.weight[:, 0].detach(), first.bias.detach()
    start[f"{hidden} units"] = activations.sum_of_relus(points[:, 0], w, b, torch.ones(hidden))
plots.functions(points[:, 0], start, xlabel="x / 5", title="The raw material")

# %% [markdown]
# Training turns all of these pieces. Watch the loss (on an axis where each step down is a tenth), then
# the curve:

# %%
torch.manual_seed(0)
model = activations.curve_model(hidden=32)
history = plots.live(
    train_epochs(
        model,
        (points, points**2),
        loss_fn=nn.MSELoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.3),
        epochs=400,
        batch_size=20,
    ),
    logy=True,
    title="32 ReLUs learn the square",
)

# %%
x = torch.linspace(-5, 5, 1001)
with torch.no_grad():
    learned = 25 * model(x[:, None] / 5)[:, 0]  # the model works on x / 5 and x^2 / 25
by_book = activations.four_relus(x)
for name, y in (("the book's four", by_book), ("32 trained", learned)):
    print(f"largest error on [-5, 5], {name:16} {(y - x**2).abs().max():6.2f}")
plots.panels(
    [
        (
            "the curves",
            x,
            {"x squared": x**2, "the book's four ReLUs": by_book, "32 trained ReLUs": learned},
        ),
        ("error", x, {"the book's": by_book - x**2, "trained": learned - x**2}),
    ],
    xlabel="x",
)

# %% [markdown]
# Is it training that makes the difference, or that there are 32? Here are other numbers of units, each
# trained for a shorter time. **Your bet:** how good are four, when they may choose?

# %%
errors = {}
for hidden in (2, 4, 8, 16, 32):
    torch.manual_seed(0)
    model = activations.curve_model(hidden)
    _, at, y = activations.fit_square(model, epochs=150, lr=0.3)
    errors[f"{hidden} units"] = (y - at**2).abs().max().item()
plots.bars(errors, title="Largest error on [-5, 5]", ylabel="error")

# %% [markdown]
# Both. Four well-chosen ReLUs are much better than the book's, and the error falls with every doubling.
# The **universal approximation theorem** says that this goes on: one hidden layer with enough units
# comes as close as you like to any continuous function, on a bounded stretch. It says that good weights
# *exist*. It does not say that training finds them.
#
# (*Where the book differs:* it promises this for any non-linear activation. It must not be a polynomial
# either: Cybenko 1989; Leshno and others 1993.) What goes wrong with a polynomial, $g(z) = z^2$ say?
# Take the very best output weights there are (for a squared error there is a formula for them, so
# nothing is trained), for hidden layers of ReLUs and of squares, and a wave:

# %%
x = torch.linspace(-1, 1, 401, dtype=torch.float64)
wave = torch.sin(5 * x + 1)
generator = torch.Generator().manual_seed(0)
lines = {"the wave": wave}
for hidden in (3, 10, 100):
    w, b = torch.randn(2, hidden, generator=generator, dtype=torch.float64)
    for name, g in (("ReLUs", activations.relu), ("squares", torch.square)):
        layer = g(x[:, None] * w + b)  # (401, hidden)
        best = layer @ (torch.linalg.pinv(layer) @ wave)  # pinv, the pseudo-inverse: that formula
        print(f"{hidden:3} {name:8} largest error {(best - wave).abs().max():.3f}")
        if hidden == 100:
            lines[f"100 {name}"] = best
plots.functions(x, lines, xlabel="x", title="A hundred units of two kinds")

# %% [markdown]
# A sum of parabolas is a parabola, be it of three or of a hundred. ReLUs have no such limit.
#
# Back to the square: how many units do you need?


# %%
@interact(hidden=IntSlider(4, min=1, max=24, continuous_update=False))
def try_units(hidden):
    torch.manual_seed(0)
    model = activations.curve_model(hidden)
    _, at, y = activations.fit_square(model, epochs=60, lr=0.3)
    return plots.functions(at, {"x squared": at**2, f"{hidden} units": y}, xlabel="x")


# %% [markdown]
# ## The same network, with the bend and without
#
# The rings of {lesson:representation}, twice with the same network. The only difference is what stands between its
# two layers:

# %%
known, held_out = representation.rings(800, seed=0), representation.rings(1000, seed=1)
models, scores = {}, {}
for name, activation in {"with ReLU": nn.ReLU, "without": nn.Identity}.items():
    torch.manual_seed(0)
    model = activations.network((2, 32, 2), activation)
    _, score = representation.train(model, known, held_out, epochs=300, lr=0.5)
    models[name], scores[name] = model, score
    print(f"{name:10} right on {score.sums['accuracy']} of {score.total} points never seen")
plots.boundaries(models, *held_out)

# %% [markdown]
# ## Sigmoid and softmax: probabilities at the end
#
# The **sigmoid** of {lesson:neuron} was once the usual bend inside networks too. Today its place is the
# output: it turns one score into the probability of a yes, somewhere between 0 and 1. (*Where the
# book differs:* it gives the range as $[0, 1]$; the ends are never reached, only approached.)
#
# With more than two classes there is a score for each, and the probabilities must add up to 1.
# **Softmax** makes every score positive with `exp` and shares out the whole:
#
# $$\mathrm{softmax}(z)_j = \frac{e^{z_j}}{\sum_k e^{z_k}}$$

# %%
p = activations.softmax(activations.SCORES)
for score, share in zip(activations.SCORES.tolist(), p.tolist(), strict=True):
    print(f"score {score:5.2f}   probability {share:.8f}")
print(f"sum {p.sum().item():.8f}")
plots.bars(
    {
        f"score\n{score:g}": share
        for score, share in zip(activations.SCORES.tolist(), p, strict=True)
    },
    ylabel="probability",
    title="Six scores share out one whole",
)

# %% [markdown]
# **Exercise 4.** Write softmax over the last dimension, so that each row adds up to 1, without
# torch's own. One test has scores of 1,000, which must not end in `nan`. (What happens to the shares
# when you subtract the same number from every score?)


# %% exercise="softmax"
def softmax(z):
    """exp(z_j) / sum_k exp(z_k) over the last dimension: (..., C) -> (..., C)."""
    raise NotImplementedError("write softmax, then run this cell")


# hint(softmax)
check(softmax)

# %%
show_source(activations.softmax)

# %% [markdown]
# Subtracting the largest score changes no share and keeps `exp` small. For two classes, by the way,
# softmax is nothing new: with the scores $z$ and 0 it is the sigmoid of $z$.

# %%
z = torch.tensor([-1000.0, -2.0, 0.0, 2.9, 1000.0])
pairs = torch.stack([z, torch.zeros_like(z)], dim=1)
print("softmax of (z, 0):", [f"{v:.5f}" for v in activations.softmax(pairs)[:, 0].tolist()])
print("sigmoid of z:     ", [f"{v:.5f}" for v in activations.sigmoid(z).tolist()])
print(
    "without the subtraction:", (pairs.exp() / pairs.exp().sum(dim=1, keepdim=True))[:, 0].tolist()
)

# %% [markdown]
# *Where the book differs:* it puts sigmoid or softmax into the network, as its last step. In PyTorch
# the model returns the scores (logits), and the loss has them inside, where they can be computed more
# safely; we apply them ourselves only when we want to read probabilities.

# %% [markdown]
# ## Recap
#
# - Without a bend between them, many linear layers are one linear layer.
# - ReLU, $\max(0, z)$, is the usual bend inside a network.
# - Sums of ReLUs are made of straight pieces, and enough pieces follow any continuous curve.
# - At the output: nothing for a number, sigmoid for a yes or no, softmax for one class of many.
#
# Words and symbols: [glossary](../reference/glossary.md), [notation](../reference/notation.md).
#
# ### Test yourself
#
# **1.** A network has 50 layers and $g(z) = 3z$ between them. How many layers would do the same?
#
# <details><summary>Answer</summary>
#
# One. Multiplying by 3 is linear, so the whole tower collapses.
# </details>
#
# **2.** You add 10 to all scores. What happens to their softmax?
#
# <details><summary>Answer</summary>
#
# Nothing: above and below the fraction line everything is multiplied by the same $e^{10}$.
# </details>
#
# **3.** How many bends can a sum of $n$ ReLUs of one input have, at most?
#
# <details><summary>Answer</summary>
#
# $n$, one for each: every unit $\mathrm{ReLU}(wx + b)$ bends once, at $x = -b/w$.
# </details>
#
# **Next:** {Lesson:losses} says how wrong an answer is, in one number: the loss.

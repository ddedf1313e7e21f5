# %% [markdown]
# # 4. The bend that makes it deep
#
# *About 45 minutes.* A network of many layers can do what one neuron cannot. But only if something
# stands between the layers. At the end you can
#
# - prove that without activation functions a deep network is no better than a single layer;
# - write ReLU and softmax, and know where each of them belongs;
# - build curves out of straight pieces, and say what the universal approximation theorem promises and
#   what it does not.

# %%
# %matplotlib inline
import torch
from ipywidgets import IntSlider, interact
from torch import Tensor, nn

from workshop.classroom.show import show_source
from workshop.core import plots
from workshop.core.training import count_correct, evaluate, train_epochs
from workshop.day1 import activations, representation
from workshop.exercises import answer, check, hint

# %% [markdown]
# ## A tower of layers that is no taller than one
#
# A **layer** is many neurons side by side that see the same input: $z = Wx + b$, one row of $W$ for
# each. Put three of them behind each other with nothing in between. **Predict:** what can this tower
# do that a single layer cannot?

# %%
torch.manual_seed(0)
tower = nn.Sequential(nn.Linear(2, 4), nn.Linear(4, 4), nn.Linear(4, 1))
plots.network(
    [2, 4, 4, 1], weights=[layer.weight for layer in tower], title="Three layers, no bend"
)

# %%
W, b = activations.collapse([(layer.weight, layer.bias) for layer in tower])
x = torch.randn(5, 2)
print(
    "the tower of", sum(p.numel() for p in tower.parameters()), "numbers:", tower(x)[:, 0].tolist()
)
print("one layer of", W.numel() + b.numel(), "numbers:  ", (x @ W.T + b)[:, 0].tolist())

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
# (A straight line is not useless everywhere: at the *output* of a network that predicts a number, a
# price say, it is just right, because a price can be any number.)
#
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
    g(at).sum().backward()  # lesson 6 explains how PyTorch finds the slope
    drawn.append((name, z, {"g(z)": g(z), "its slope": at.grad}))
plots.panels(drawn)

# %% [markdown]
# Two straight pieces: isn't that linear? For a linear function, the value of a sum is the sum of the
# values. Look:

# %%
two, minus_two = torch.tensor(2.0), torch.tensor(-2.0)
print("relu(2) + relu(-2) =", (activations.relu(two) + activations.relu(minus_two)).item())
print("relu(2 + -2)       =", activations.relu(two + minus_two).item())

# %% [markdown]
# ## Curves out of straight pieces
#
# That one bend is enough. The book builds the parabola $x^2$ out of four ReLUs,
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
print(
    f"largest error {error.max():.1f}, at x = {abs(x[error.argmax()]):.1f} and at {-abs(x[error.argmax()]):.1f}"
)

# %% [markdown]
# Somebody chose those numbers. Let training choose them: one hidden layer of 32 ReLUs, on $[-5, 5]$.
# Each unit starts flat and bends at a place of its own. Watch the loss, then the curve:

# %%
torch.manual_seed(0)
model = activations.curve_model(hidden=32)
points = torch.linspace(-1, 1, 200)[:, None]
history = plots.live(
    train_epochs(
        model, (points, points**2), loss_fn=nn.MSELoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.3), epochs=400, batch_size=20,
    ),
    logy=True,
)  # fmt: skip

# %%
x = torch.linspace(-5, 5, 1001)
with torch.no_grad():
    learned = 25 * model(x[:, None] / 5)[:, 0]  # the model works on x / 5 and x^2 / 25
print(f"largest error on [-5, 5]: trained {(learned - x**2).abs().max():.2f}, "
      f"the book's four {(activations.four_relus(x) - x**2).abs().max():.2f}")  # fmt: skip
plots.functions(
    x,
    {"x squared": x**2, "32 trained ReLUs": learned},
    xlabel="x",
    title="Bends where they are needed",
)

# %% [markdown]
# More units, smaller error:

# %%
errors = {}
for hidden in (2, 4, 8, 16, 32):
    torch.manual_seed(0)
    model = activations.curve_model(hidden)
    _, at, y = activations.fit_square(model, epochs=150, lr=0.3)
    errors[f"{hidden} units"] = (y - at**2).abs().max().item()
plots.bars(errors, title="Largest error on [-5, 5]", ylabel="error")

# %% [markdown]
# The **universal approximation theorem** says that this goes on: one hidden layer with enough units
# comes as close as you like to any continuous function, on a bounded stretch. (*Where the book
# differs:* the activation must not be a polynomial; any non-linear one is a little too much to
# promise. Cybenko 1989; Leshno and others 1993.) It says that good weights *exist*. It does not say
# that training finds them.

# %%
three = {}
for hidden in (1, 3, 9):
    start = activations.curve_model(hidden)
    with torch.no_grad():
        start[2].weight.fill_(1.0)
        three[f"{hidden} units"] = start(points)[:, 0]
plots.functions(
    points[:, 0], three, xlabel="x / 5", title="The raw material: bends at even distances"
)


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
# The rings of lesson 1, twice with the same network. The only difference is what stands between its
# two layers:

# %%
known, held_out = representation.rings(800, seed=0), representation.rings(1000, seed=1)
models, scores = {}, {}
for name, activation in {"with ReLU": nn.ReLU, "without": nn.Identity}.items():
    torch.manual_seed(0)
    model = activations.network((2, 32, 2), activation)
    _, score = representation.learn(model, known, held_out, epochs=300, lr=0.5)
    models[name], scores[name] = model, score
    print(f"{name:10} right on {score.sums['accuracy']} of {score.total} points never seen")
plots.boundaries(models, *held_out)

# %% [markdown]
# ## Sigmoid and softmax: probabilities at the end
#
# The **sigmoid** of lesson 2 was once the usual bend inside networks too. Today its place is the
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

# %% [markdown]
# **Exercise 3.** Write softmax over the last dimension, so that each row adds up to 1. The last test
# has scores of 1,000. (What happens to the shares when you subtract the same number from every
# score?)


# %% exercise="softmax"
def softmax(z):
    """exp(z_j) / sum_k exp(z_k) over the last dimension: (..., C) -> (..., C)."""
    raise NotImplementedError("write softmax, then run this cell")


# hint(softmax)
check(softmax)

# %%
show_source(activations.softmax)

# %% [markdown]
# ## Recap
#
# - Without a bend between them, many linear layers are one linear layer.
# - ReLU, $\max(0, z)$, is the usual bend inside a network.
# - Sums of ReLUs are made of straight pieces, and enough pieces follow any curve.
# - At the output: nothing for a number, sigmoid for a yes or no, softmax for one class of many.
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

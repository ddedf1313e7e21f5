# %% [markdown]
# # Downhill in the dark
#
# *About 60 minutes.* The loss of {lesson:losses} says how wrong a network is. How does it become less wrong?
# `train_epochs` has done it for us since the first lesson; today the lid comes off. At the end you can
#
# - find the slope of any function in two ways, and walk down it step by step;
# - say what the learning rate does, and what goes wrong when it is too small or too large;
# - compute every gradient of a network by hand, and know what PyTorch does for you instead;
# - write the whole training procedure, and read a training loop that others have written.

# %%
# %matplotlib inline
from collections.abc import Callable

import torch
from ipywidgets import FloatLogSlider, FloatSlider, IntSlider, interact
from torch import Tensor, nn

from workshop.classroom import climb
from workshop.classroom.show import show_source
from workshop.figures import plots
from workshop.core.training import count_correct, evaluate, fit, train_epochs
from workshop.day1 import gradient_descent, layers
from workshop.day1.gradient_descent import backprop, downhill
from workshop.day1.gradient_descent.backprop import initialise, loss_and_gradients
from workshop.exercises import answer, check, hint

# %% [markdown]
# ## Why not just try?
#
# We look for the weights and biases with the smallest loss. A modest network for MNIST, 128 hidden
# units, has this many of them:

# %%
count = layers.count_parameters([784, 128, 10])
print(f"{count:,} numbers to find; ten values for each make 10^{count} combinations to try")

# %% [markdown]
# Trying is hopeless, and no formula gives the answer. So do what you would do if you were lost in the
# hills on a moonless night with nothing but a weak lamp. You cannot see the valley, but you can see how
# the ground slopes at your feet. Take a small step down, look again, and step again.
#
# Here is the simplest landscape there is, with one number to find, $x$. You start at $x = -1$.
# **Your bet:** is the slope there above or below zero, and which way will you walk?

# %%
start = torch.tensor(-1.0)
path = downhill.descend(downhill.valley_slope, start, lr=0.3, steps=12)
plots.descent(
    downhill.valley, (-2, 6), path, title="f(x), a start, and steps to the minimum", xlabel="x"
)

# %% [markdown]
# Below zero: the curve falls to the right, so walk to the right. The rule is *go against the slope*.
# For that we need the slope.
#
# ## The slope, by trying
#
# The **derivative** $\frac{dy}{dx}$ says how much $y$ changes for a small change of $x$. For $y = 2x$
# it is 2 everywhere: one step to the right, two steps up. For a curve, take a small step $h$, see how
# much the curve rises, and divide:

# %%
at = torch.tensor(-1.0, dtype=torch.float64)  # 64 bits: small differences need more digits
f = downhill.two_valleys
exact = downhill.two_valleys_slope(at).item()  # x^3 - 4x + 1/2, by the rules of calculus
print(f"exact slope {exact}\n\n     h   to one side   to both sides")
for h in (0.5, 0.1, 0.01, 0.001):
    one = (f(at + h) - f(at)) / h
    both = (f(at + h) - f(at - h)) / (2 * h)
    print(f"{h:6}{one.item():14.6f}{both.item():16.6f}")

# %% [markdown]
# A step to *both* sides comes much closer. With several inputs there is a slope for each: move one of
# them, keep the others where they are. That is a **partial derivative**, written
# $\frac{\partial y}{\partial x_i}$. All of them together, in the order of the inputs, are the
# **gradient**, $\nabla f$.
#
# **Exercise 1.** Write it: for each input, $\big(f(x + h) - f(x - h)\big) / 2h$, moving only that
# one, and without autograd.


# %% exercise="numerical_gradient"
def numerical_gradient(f, x, h):
    """All partial derivatives by a step h to both sides: f (n,) -> (), x (n,) -> (n,)."""
    raise NotImplementedError("write numerical_gradient, then run this cell")


# hint(numerical_gradient)
check(numerical_gradient)

# %% [markdown]
# ## The slope, by PyTorch
#
# PyTorch needs no trying. A tensor with `requires_grad=True` is watched: torch notes every operation
# it goes into. `.backward()` then goes through these notes from the end to the beginning, and leaves
# the gradient in `.grad`. This is **autograd**; below we shall do the same by hand.

# %%
p = torch.tensor([3.0, -1.0], requires_grad=True)
height = downhill.bowl(p)  # (w^2 + 10 b^2) / 2
height.backward()
print("height", height.item(), "  gradient", p.grad.tolist())

# %%
show_source(downhill.bowl, downhill.gradient)


# %%
def line(x):
    return (2 * x).sum()  # y = 2x


spots = {
    "derivative of y = 2x": (line, [0.7]),
    "derivative of f(x)": (lambda x: downhill.valley(x).sum(), [-1.0]),
    "gradient of the bowl": (downhill.bowl, [3.0, -1.0]),
    "gradient, 3 inputs": (downhill.ripples, [0.5, -1.0, 2.0]),
}
for name, (f, place) in spots.items():
    x = torch.tensor(place, dtype=torch.float64)
    for how, slope in (
        ("by trying", downhill.numerical_gradient(f, x, 1e-4)),
        ("autograd ", downhill.gradient(f, x)),
    ):
        print(f"{name:21} {how}", "".join(f"{s:11.5f}" for s in slope.tolist()))

# %% [markdown]
# Two numbers make a map: $w$ to the right, $b$ upwards, the height as colour. At a point of it the
# gradient is an arrow. Where does it point? Walk a little way in every direction from
# $(w, b) = (3, -1)$, all round the compass, and see how much you rise:

# %%
here, angle = torch.tensor([3.0, -1.0]), torch.linspace(-180, 180, 361)
around = 0.05 * torch.stack([angle.deg2rad().cos(), angle.deg2rad().sin()], dim=1)  # (361, 2)
rise = downhill.bowl(here + around) - downhill.bowl(here)
g = downhill.gradient(downhill.bowl, here)
towards = torch.atan2(g[1], g[0]).rad2deg()
print(
    f"steepest up: {angle[rise.argmax()].item():.0f} degrees, steepest down: "
    f"{angle[rise.argmin()].item():.0f}; the gradient points to {towards.item():.0f}"
)
opposite = towards - 180 * towards.sign()
plots.functions(
    angle,
    {"rise": rise},
    points=[
        (towards.item(), rise.max().item(), "the gradient"),
        (opposite.item(), rise.min().item(), "against it"),
    ],
    xlabel="direction in degrees",
    ylabel="rise",
    title="Which way is up?",
)

# %% [markdown]
# The gradient points where it goes **up** most steeply; straight against it, it goes down most
# steeply. (*Where the book differs:* it calls the gradient the direction of steepest descent. It is
# that of steepest ascent, which is why the rule has a minus.)
#
# ## One step, and another
#
# $$x \leftarrow x - \alpha\,\frac{dy}{dx}$$
#
# This is **gradient descent**. The **learning rate** $\alpha$, in code `lr`, says how far to go: it is
# multiplied by the slope, so steps are long where it is steep and short where it is flat.
#
# **Exercise 2.** Write down the whole path, the start first.


# %% exercise="descend"
def descend(slope, start, lr, steps):
    """Every place on the way down: slope, a function of x; start (...) -> (steps + 1, ...)."""
    raise NotImplementedError("write descend, then run this cell")


# hint(descend)
check(descend)

# %% [markdown]
# Press the play button:

# %%
plots.animate_descent(downhill.valley, (-2, 6), path, title="Gradient descent on f(x)")

# %% [markdown]
# `torch.optim.SGD` is the same rule, ready-made: an **optimizer**, which takes the steps. (The S is for
# *stochastic*; it will get its meaning below.) With autograd for the slope and SGD for the step:

# %%
show_source(downhill.descend_with_torch)

# %%
theirs = downhill.descend_with_torch(downhill.valley, start, lr=0.3, steps=12)
print("by hand ", [round(x, 4) for x in path.tolist()][:7])
print("with SGD", [round(x, 4) for x in theirs.tolist()][:7])
print("largest difference on the way:", (path - theirs).abs().max().item())

# %% [markdown]
# ### How far?
#
# The same valley and start with four learning rates, 12 steps each. **Your bet:** which gets nearest
# to the minimum? And what does the last one do?

# %%
rates = {
    f"lr = {lr}": downhill.descend(downhill.valley_slope, start, lr, 12)
    for lr in (0.02, 0.5, 1.9, 2.05)
}
for name, walk in rates.items():
    print(
        f"{name}: ends at x = {walk[-1].item():.3f}, height {downhill.valley(walk[-1]).item():.3f}"
    )
plots.descent(downhill.valley, (-3, 7), rates, title="Too short, good, too long, far too long")

# %% [markdown]
# Too small a rate hardly gets anywhere. A large one jumps to the other side, and beyond a limit each
# jump is longer than the one before: it climbs. How large is too large depends on the landscape. In a
# valley that is steep to the sides and nearly flat along its floor, one rate must serve both:


# %%
def walk_in_the_bowl(lr, steps=25):
    w, b = torch.arange(-50, 51) / 10, torch.arange(-40, 41) / 20
    grid = torch.stack(torch.meshgrid(w, b, indexing="xy"), dim=-1)  # (81, 101, 2)
    walk = downhill.descend(downhill.bowl_slope, torch.tensor([-4.5, 1.5]), lr, steps)
    return plots.surface(
        downhill.bowl(grid),
        w,
        b,
        path=walk,
        minimum=(0.0, 0.0),
        title=f"lr = {lr:.3g}: the height falls from {downhill.bowl(walk[0]).item():.3g} "
        f"to {downhill.bowl(walk[-1]).item():.3g}"
        if downhill.bowl(walk[-1]) < downhill.bowl(walk[0])
        else f"lr = {lr:.3g}: the height grows to {downhill.bowl(walk[-1]).item():.3g}",
    )


walk_in_the_bowl(0.18)

# %% [markdown]
# It zigzags from side to side and creeps along the floor. Find the best rate, and the one at which it
# flies off:

# %%


@interact(
    lr=FloatLogSlider(0.05, min=-3, max=-0.6, step=0.05, readout_format=".3f"),
    steps=IntSlider(25, min=1, max=60),
)
def try_rate(lr, steps):
    return walk_in_the_bowl(lr, steps)


# %% [markdown]
# ### Where do you end up?
#
# Now a landscape with two valleys. Two walkers start close to each other, at $x = 0$ and $x = 0.3$,
# with the same rate. **Your bet:** do they meet?

# %%
slope = downhill.two_valleys_slope
both = {
    f"from {x}": downhill.descend(slope, torch.tensor(x), lr=0.05, steps=40) for x in (0.0, 0.3)
}
plots.animate_descent(downhill.two_valleys, (-3, 3), both, title="Two starts, two valleys")

# %%
plots.descent(downhill.two_valleys, (-3, 3), both, title="The start decides")

# %% [markdown]
# Each walks to the bottom of its own valley and stays, though one valley is deeper. Such a bottom is a
# **local minimum**: all places near it are higher, but far away there may be lower ones. How does it
# look from where you stand? The slope is zero, to the left and to the right it goes up:

# %%
f = downhill.two_valleys
for name, walk in both.items():
    x = walk[-1:].double()
    for _ in range(200):  # a little further, right to the bottom
        x = x - 0.05 * downhill.gradient(f, x)
    tried = downhill.numerical_gradient(lambda x: f(x).sum(), x, 1e-4)
    print(
        f"{name}: at x = {x.item():.4f} the height is {f(x).item():.4f}; 0.1 to the left "
        f"{f(x - 0.1).item():.4f}, to the right {f(x + 0.1).item():.4f};"
    )
    print(
        f"          slope by autograd {abs(downhill.gradient(f, x).item()):.6f}, "
        f"by trying {abs(tried.item()):.6f}"
    )


# %%
@interact(
    start=FloatSlider(0.12, min=-3, max=3, step=0.01),
    lr=FloatLogSlider(0.05, min=-3, max=-0.6, step=0.1, readout_format=".3f"),
)
def try_start(start, lr):
    walk = downhill.descend(downhill.two_valleys_slope, torch.tensor(start), lr, steps=40)
    return plots.descent(downhill.two_valleys, (-3, 3), walk, title=f"from {start}, lr = {lr:.3f}")


# %% [markdown]
# ## From one number to a hundred thousand
#
# A network's loss is a landscape too, with a direction for every weight and every bias. The rule stays
# as it is. For each layer $l$,
#
# $$W^{[l]} \leftarrow W^{[l]} - \alpha\,\nabla_{W^{[l]}} \qquad
# b^{[l]} \leftarrow b^{[l]} - \alpha\,\nabla_{b^{[l]}}$$
#
# where $\nabla_{W^{[l]}}$ holds the partial derivative of the loss with respect to each weight of the
# layer. But finding them by trying costs two forward passes (from the input to the loss) for every single
# parameter:

# %%
print(f"by trying: {2 * count:,} forward passes for one step, and there are thousands of steps")

# %% [markdown]
# What we want is *all* of them from one pass forward and one back. The key is the **chain rule**. When
# $x$ goes into $g$, and what comes out goes into $f$, the slopes multiply:
#
# $$\frac{d}{dx} f(g(x)) = f'(g(x))\; g'(x)$$
#
# An example, $\log(x^2)$. Inside is $g(x) = x^2$ with slope $2x$; outside is $\log$, with slope
# 1 over whatever it is given, here $x^2$. Together: $\frac{1}{x^2} \cdot 2x = \frac{2}{x}$.

# %%
show_source(downhill.log_square_slope)

# %%
x = torch.tensor([-3.0, -0.5, 0.1, 1.0, 20.0], dtype=torch.float64)
ways = {
    "x": x,
    "2 / x": 2 / x,
    "f'(g(x)) g'(x)": downhill.log_square_slope(x),
    "autograd": downhill.gradient(lambda x: torch.log(x**2), x),
    "by trying": downhill.numerical_gradient(lambda x: torch.log(x**2).sum(), x, 1e-5),
}
for name, values in ways.items():
    print(f"{name:15}", "".join(f"{value:10.4f}" for value in values.tolist()))

# %% [markdown]
# ## Backpropagation
#
# A network is such a chain: $x \to z_1 \to a_1 \to z_2 \to$ loss. Start at the loss and go back,
# layer by layer, multiplying slopes. What has been found for one layer is used for the one before, so
# nothing is computed twice. That is **backpropagation**.

# %%
plots.network([3, 4, 2], title="Forward: left to right. Backward: right to left.")

# %% [markdown]
# Write $dz$ for the gradient of the loss with respect to $z$; it has the shape of $z$. For $B$
# examples, softmax and cross-entropy ({lesson:losses}) give a very simple start at the logits:
#
# $$dz_2 = \tfrac1B\,(\mathrm{softmax}(z_2) - \text{one-hot}(y))$$
#
# A layer $z = a W^\top + b$ hands it on to its weights, its biases and its input:
#
# $$dW = dz^\top a \qquad db = \textstyle\sum_{\text{examples}} dz \qquad da = dz\,W$$
#
# And ReLU lets it through where it was open: $dz_1 = da_1$ where $z_1 > 0$, and 0 elsewhere. You need
# not memorise these: the shapes leave little choice.

# %%
g = torch.Generator().manual_seed(0)
logits = torch.randn(1, 4, generator=g, dtype=torch.float64, requires_grad=True)
y = torch.tensor([2])
nn.functional.cross_entropy(logits, y).backward()
print("softmax         ", [round(v, 4) for v in logits.softmax(dim=1)[0].tolist()])
print("gradient        ", [round(v, 4) for v in logits.grad[0].tolist()])
print("right class:", y.item(), "- only there the two differ, by 1")

# %% [markdown]
# **Exercise 3.** Now all of it by hand, without autograd: forward, keeping what you need, then
# backward. `nn.functional.one_hot(y, classes)` gives each label a row with a single 1, and ReLU can be
# written `z1.clamp(min=0)`. Paper helps: note the shape beside each letter.


# %% exercise="backward"
def backward(x, y, W1, b1, W2, b2):
    """The gradients of the mean cross-entropy: dW1, db1, dW2, db2, each shaped as its parameter.

    x (B, D), y (B,) class ids, W1 (H, D), b1 (H,), W2 (C, H), b2 (C,); ReLU after the first layer.
    """
    raise NotImplementedError("write backward, then run this cell")


# hint(backward)
check(backward)

# %% [markdown]
# Three ways, one answer? The library's version of your function, autograd, and trying each of a small
# network's parameters in turn:

# %%
params = [p.double() for p in backprop.initialise((3, 4, 2), seed=1)]
x, y = torch.randn(6, 3, generator=g).double(), torch.randint(2, (6,), generator=g)


def loss_of(numbers):
    """The loss as a function of all parameters in one row."""
    sizes = [p.numel() for p in params]
    parts = [n.view_as(p) for n, p in zip(numbers.split(sizes), params, strict=True)]
    return backprop.loss_and_gradients(x, y, parts)[0]


flat = torch.cat([p.flatten() for p in params])
by_hand = torch.cat([g.flatten() for g in backprop.backward(x, y, *params)])
for name, other in (
    ("autograd", downhill.gradient(loss_of, flat)),
    ("by trying", downhill.numerical_gradient(loss_of, flat, 1e-5)),
):
    print(
        f"{len(flat)} gradients, by hand against {name:9}: largest difference "
        f"{(by_hand - other).abs().max().item():.0e}"
    )

# %% [markdown]
# Drawn into the network, the gradient says for each connection how the loss would change with it: blue
# where more weight makes it grow, red and dashed where more weight makes it shrink, thick where it
# matters most.

# %%
dW1, _, dW2, _ = backprop.backward(x, y, *params)
plots.network([3, 4, 2], weights=[dW1, dW2], title="The gradient of each weight")

# %% [markdown]
# From here on, PyTorch may do it: nobody writes `backward` by hand at work, for any network there is
# `loss.backward()`. But it is no longer a mystery, and when a gradient is zero where it should not be,
# you know where to look.
#
# What does a gradient look like for real digits? One batch of 32, and the first layer of a network that
# has learned nothing yet. Each picture belongs to a hidden unit. Orange pixels: their weights are
# about to go down; purple: up.

# %%
mnist = (
    gradient_descent.flat_mnist()
)  # the larger digits of {lesson:representation}, each a row of 784 numbers
params = backprop.initialise((784, 128, 10), seed=0)
loss, (dW1, *_) = backprop.loss_and_gradients(mnist.train.x[:32], mnist.train.y[:32], params)
print(f"loss {loss.item():.3f}; guessing among ten gives {torch.tensor(10.0).log().item():.3f}")
plots.weights_as_images(dW1[:8], (28, 28), columns=4, title="Gradients of eight hidden units")

# %% [markdown]
# ## The whole procedure
#
# Now everything comes together. First, a start: biases may be 0, but the weights must differ. Look what
# happens to four hidden units that begin alike:

# %%
alike = [torch.full((4, 3), 0.5), torch.zeros(4), torch.full((2, 4), 0.5), torch.zeros(2)]
alike[2][1] = -0.5  # the two outputs differ, the hidden units do not
print(backprop.backward(x.float(), y, *alike)[0])

# %% [markdown]
# Four equal rows: they get the same correction, and so they stay twins for ever. Hence the procedure:
#
# 1. Weights at random, biases 0.
# 2. For each **epoch**, one pass over all training examples, and for each batch of it:
#    forward, loss, backward; then update every layer: one **iteration**.
#
# (*Where the book differs:* it calls an epoch another word for iteration, and makes one update from
# all examples at once. With batches an epoch has many updates.) A batch gives an estimate of the true
# slope, from examples drawn at random. That makes it *stochastic*; how large a batch should be is a
# question for {lesson:optimizers}.
#
# **Exercise 4.** Write the procedure. `initialise(sizes, seed)` gives the four parameters,
# `loss_and_gradients(x, y, params)` the loss and their four gradients; both were imported at the top.
# The update is yours, without `torch.optim`.
# The check reads examples that your network has never seen.


# %% exercise="train_by_hand"
def train_by_hand(x, y, sizes, lr, epochs, batch_size, seed):
    """Train an MLP of sizes (D, H, C) on x (N, D), y (N,): return its [W1, b1, W2, b2].

    Shuffle in each epoch with torch.randperm(len(x), generator=order).split(batch_size), where
    order = torch.Generator().manual_seed(seed) is made once, at the start.
    """
    raise NotImplementedError("write train_by_hand, then run this cell")


# hint(train_by_hand)
check(train_by_hand)

# %%
show_source(backprop.train_by_hand)

# %% [markdown]
# ## The lid comes off
#
# And this is `train_epochs`, which you have used since {lesson:representation}. It is longer, since it keeps a
# history, validates, and notices when the loss is no longer a number. But look for the lines marked 1
# to 4:

# %%
show_source(train_epochs)

# %% [markdown]
# One thing is new: `zero_grad()`. (What `schedule` does, {lesson:optimizers} tells.) Why is it there?

# %%
p = torch.tensor([3.0, -1.0], requires_grad=True)
for _ in range(2):
    downhill.bowl(p).backward()
    print(p.grad.tolist())

# %% [markdown]
# PyTorch *adds* each new gradient to what is in `.grad` already, so it must be emptied before every
# step. Apart from that, the two should be the same procedure. If they are, then from the same start and
# in the same order they arrive at the same weights:

# %%
some = mnist.train.x[:600].double(), mnist.train.y[:600]
ours = backprop.train_by_hand(*some, (784, 32, 10), lr=0.5, epochs=3, batch_size=32, seed=4)
# as_module puts our four parameters into two nn.Linear with a ReLU between
model = backprop.as_module([p.double() for p in backprop.initialise((784, 32, 10), seed=4)])
fit(
    model,
    some,
    loss_fn=nn.CrossEntropyLoss(),
    optimizer=torch.optim.SGD(model.parameters(), lr=0.5),
    epochs=3,
    batch_size=32,
    seed=4,
)
for name, mine, theirs in zip(["W1", "b1", "W2", "b2"], ours, model.parameters(), strict=True):
    print(f"{name}: largest difference {(mine - theirs).abs().max().item():.0e}")

# %% [markdown]
# ## MNIST, by plain gradient descent
#
# Our part of it, MNIST-5k, has 5,000 handwritten digits: 3,500 to train on, 500 to choose with (the
# validation part), and 1,000 for one test at the end.
# First the rate has to be chosen, on the validation part. **Your bet** for each bar?

# %%
chosen = {}
for lr in (0.0, 0.01, 0.1, 0.5, 5.0):
    model = backprop.as_module(backprop.initialise((784, 128, 10), seed=0))
    _, score = gradient_descent.train(
        model, mnist.train, mnist.validation, lr=lr, epochs=8, batch_size=32
    )
    chosen[f"lr = {lr}"] = score["accuracy"]
    with torch.no_grad():
        awake = (model[0](mnist.validation.x) > 0).any(dim=0).sum().item()
    print(f"lr = {lr}: {awake:3} of 128 hidden units are ever above 0")
plots.bars(
    chosen, title="MLP, 8 epochs: validation accuracy", ylabel="accuracy", line=(0.1, "guessing")
)

# %% [markdown]
# Rate 0 learns nothing, as it must. At 5 the first steps are so wild that the network is ruined. The
# printed lines tell how: a hidden unit whose ReLU is shut for every digit passes no gradient on, so
# nothing can ever open it again (more of this in {lesson:design}). Between the two lies a wide range where it
# works. We take 0.5:

# %%
model = backprop.as_module(backprop.initialise((784, 128, 10), seed=0))
history = plots.live(
    train_epochs(
        model,
        mnist.train,
        loss_fn=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.5),
        epochs=20,
        batch_size=32,
        validation=mnist.validation,
        metrics={"accuracy": count_correct},
    ),
    keys=("loss", "accuracy"),
)
updates = len(history) * -(-len(mnist.train) // 32)  # batches in an epoch, rounded up
print(
    f"{len(history)} epochs, {updates:,} iterations: training accuracy "
    f"{history['accuracy'][-1]:.3f}, validation {history['val_accuracy'][-1]:.3f}"
)

# %% [markdown]
# The training loss goes almost to zero, the validation loss does not. Why, and what to do about it, is
# {lesson:generalization}. For now look at what the first layer has become, from noise and small steps:

# %%
plots.weights_as_images(
    model[0].weight[:16], (28, 28), columns=8, title="Weights of sixteen hidden units, trained"
)

# %% [markdown]
# ### The first rungs of a climb
#
# All choices are made. So train once more, on the training and the validation part together, and test
# once: a linear model (its rate, 0.1, was chosen in the same way beforehand) and the MLP. What they
# reach is kept in your folder. It is the start of a climb on these 1,000 digits that goes on until
# {lesson:transfer}.

# %%
config = gradient_descent.Config()
for name, sizes, lr in (
    ("linear model", (784, 10), config.linear_lr),
    ("MLP, plain SGD", (784, config.hidden, 10), config.lr),
):
    model = backprop.as_module(backprop.initialise(sizes, seed=0))
    _, score = gradient_descent.train(
        model, mnist.development, mnist.test, lr=lr, epochs=config.epochs, batch_size=32
    )
    print(f"{name:15} right on {score.sums['accuracy']} of {score.total} digits never seen")
    climb.add(name, lesson="gradient_descent", correct=score.sums["accuracy"], total=score.total)

# %%
climb.show()

# %% [markdown]
# The hidden layer leaves far fewer errors. Nobody told it what to look for: small steps against the
# gradient did.
#
# ## Recap
#
# - The gradient holds a partial derivative for each parameter and points uphill; we step against it.
# - Learning rate too small: nothing happens; too large: it flies off.
# - The start decides which minimum we end in; it need not be the lowest.
# - Backpropagation is the chain rule, from the loss back to the first layer: all gradients in one pass.
# - Training: forward, loss, backward, update; batch after batch, epoch after epoch.

# %% [markdown]
# **That was Day 1.** You know why a representation matters (1), what neurons (2) and layers (3) do, why
# there is a bend between them (4), how to say how wrong a network is (5), and how it becomes less so
# (6): a whole neural network, each part of it written by you.

# %% [markdown]
# Words and symbols: [glossary](../reference/glossary.md), [notation](../reference/notation.md).
#
# ### Test yourself
#
# **1.** $f(x) = x^2$, you stand at $x = 4$, and the learning rate is 0.25. Where are you after one
# step? And after many?
#
# <details><summary>Answer</summary>
#
# The slope is $2x = 8$, so $4 - 0.25 \cdot 8 = 2$. Each step halves $x$; it comes as near to 0 as you
# like.
# </details>
#
# **2.** 4,000 examples, batches of 32, 20 epochs. How many iterations?
#
# <details><summary>Answer</summary>
#
# $4000 / 32 = 125$ in each epoch, 2,500 in all.
# </details>
#
# **3.** The loss of your network rises and soon is `nan`. What do you try first?
#
# <details><summary>Answer</summary>
#
# A learning rate a tenth as large. The steps were too long: each landed higher than the one before.
# </details>
#
# **Next:** {Lesson:design} begins Day 2. How many layers, how wide, which bend, and
# what happens to gradients in a network that is really deep?

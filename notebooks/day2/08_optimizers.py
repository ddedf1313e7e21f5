# %% [markdown]
# # Downhill, faster
#
# *About 60 minutes.* {Lesson:gradient_descent} went downhill in plain steps: compute the gradient, step against it,
# repeat. Three questions were left open: how many examples to look at before a step, in which
# direction exactly to step, and how far. At the end you can
#
# - choose a batch size, and say what it costs and what it buys;
# - write momentum and Adam yourself, equal to PyTorch's to the last digits that matter;
# - tell from a loss curve that a learning rate is too low or too high, and find a good one;
# - recognise a plateau, and get off it;
# - change the rate while the network learns, and measure whether that pays.

# %%
# %matplotlib inline
import math
import time
from functools import partial

import torch
from ipywidgets import FloatSlider, interact
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from workshop.classroom import climb
from workshop.classroom.show import show_source
from workshop.figures import plots
from workshop.core.device import threads
from workshop.core.training import count_correct, train_epochs
from workshop.day1.gradient_descent import flat_mnist
from workshop.day2.optimizers import batches, common, plateaus, rates, schedules, steps
from workshop.exercises import answer, check, hint

# %% [markdown]
# Everything here is tried on one task and one network, so that whatever changes comes from the
# question we ask: 28 by 28 digits, one hidden layer of 128 ReLUs. All comparisons are scored on the
# **validation** digits, which are set apart for making choices; the test digits stay shut until the
# end. (What `schedule` is for, in the code below, comes in the last part of this lesson.)

# %%
data = flat_mnist()
print(f"{len(data.train)} digits to train on, {len(data.validation)} to compare with")
show_source(common.mlp, common.train)

# %% [markdown]
# ## How many examples before a step?
#
# The gradient of the loss is a mean over examples. It can be taken over
#
# - **all** $m$ examples, then one step: **batch** gradient descent, the plain one;
# - a **mini-batch** of, say, 64, then a step, then the next 64;
# - a **single** example, then a step at once: **stochastic** gradient descent (SGD). *Stochastic* means
#   by chance: which example comes next is drawn at random.
#
# Fewer examples make a worse gradient, but more steps for the same work. To see it, fit a line
# $y = wx + b$ to 200 points. The map shows the loss over $w$ and $b$; each path takes 80 steps. (The
# legend says how many points a path has looked at.)

# %%
points = batches.line_data()
paths = {
    f"{size} a step, {80 * size} in all": batches.line_path(
        points, size, updates=80, lr=0.02, seed=1
    )
    for size in (1, 20, 200)
}
plots.descent(
    lambda w: batches.line_loss(w, points),
    ((-1.5, 6.5), (-2.6, 2.6)),
    paths,
    title="Eighty steps, by batch size",
    xlabel="w",
    ylabel="b",
)

# %% [markdown]
# All batches at once: straight down the slope. One example at a time: a stagger, each example pulling
# in its own direction, but on the whole downhill, for a tiny part of the work. The mini-batch is
# nearly as straight as the full batch and looks at a tenth of the examples.
#
# One pass over all examples is an **epoch**. The last batch of an epoch is smaller where it does not
# come out even.
#
# **Exercise 1.** How many updates are there in some epochs? (`math.ceil` rounds up.)


# %% exercise="count_updates"
def count_updates(examples, batch_size, epochs):
    """Updates in all the epochs together: three whole numbers -> a whole number."""
    raise NotImplementedError("write count_updates, then run this cell")


# hint(count_updates)
check(count_updates)

# %% [markdown]
# In PyTorch the batch size belongs to the **DataLoader**, which shuffles the examples and deals them
# out (`TensorDataset` puts each image beside its label for it); the optimizer called `SGD` does not know how large a batch was. (*Where the book differs:* it has
# the batch size set in the optimizer.)

# %%
loader = DataLoader(TensorDataset(*data.train), batch_size=64, shuffle=True)
x, y = next(iter(loader))  # the first batch it deals out
print("one batch:", tuple(x.shape), tuple(y.shape), " batches in an epoch:", len(loader))
print("by our count:", batches.count_updates(len(data.train), 64, epochs=1))

# %% [markdown]
# Now the network. Five batch sizes, three epochs each, all with the same learning rate. Every run looks
# at the same examples three times. **Your bet:** which reads the validation digits best, and which
# takes longest?

# %%
histories, accuracies = {}, {}
print("batch   updates   seconds   loss at the end   validation accuracy")
# partial(SGD, lr=0.05) is SGD with its rate filled in; the network's weights are still to come.
for name, size in batches.SIZES.items():
    start = time.perf_counter()
    model, histories[f"batch {name}"] = common.train(
        data.train, partial(torch.optim.SGD, lr=0.05), epochs=3, batch_size=size
    )
    seconds = time.perf_counter() - start
    accuracies[f"batch {name}"] = common.score(model, data.validation)["accuracy"]
    count = batches.count_updates(len(data.train), size or len(data.train), epochs=3)
    print(
        f"{name:>5} {count:9} {seconds:9.2f} {histories[f'batch {name}']['loss'][-1]:17.3f}"
        f" {accuracies[f'batch {name}']:21.3f}"
    )

# %%
plots.bars(accuracies, title="Three epochs at one rate", ylabel="accuracy", line=(0.1, "guessing"))

# %% [markdown]
# Small batches win by accuracy, large ones by time. With all digits in one batch there were three
# updates in all, and the network has hardly begun. With one digit a batch there were thousands, and it
# took by far the longest: for a processor, 64 rows at once are nothing like 64 times the work of one.
# That is why nearly everyone uses mini-batches, and why everyone says "SGD" and means those. A second
# reason is memory: only one batch has to be worked on at a time.
#
# Was it fair, though, to give them all the same rate? A larger batch has a more reliable gradient,
# so it can afford larger steps. Here are batches of 512 with 8 times the rate that 64 had:

# %%
model, history = common.train(
    data.train, partial(torch.optim.SGD, lr=8 * 0.05), epochs=3, batch_size=512
)
scaled = common.score(model, data.validation)["accuracy"]
plots.bars(
    {
        "batch 64,\nrate 0.05": accuracies["batch 64"],
        "batch 512,\nrate 0.05": accuracies["batch 512"],
        "batch 512,\nrate 0.4": scaled,
    },
    ylabel="accuracy",
    title="A larger batch with a larger step",
)

# %% [markdown]
# Most of the gap is closed. Batch size and learning rate belong together: change one, and look at
# the other again.
#
# ### Must it be a power of two?
#
# 32, 64, 128: so it is nearly always written, and the reason given is that processors like it. Let us
# measure. Two powers of two, each beside its two neighbours; the time for one *example*, the best of
# several rounds. **Your bet?**

# %%
with threads(1):
    taken = batches.seconds_per_example(data.train)
plots.bars(
    {f"{size}": 1e6 * seconds for size, seconds in taken.items()},
    title="Time for an example, by batch size",
    ylabel="millionths of a second",
)

# %% [markdown]
# Read your own bars; run the cell again and see how much of the difference stays. What a larger batch
# saves is usually there to see, but does 64 stand out between 63 and 65? (*Where the book differs:* it
# says that powers of two run faster. On the special units of some GPUs multiples of 8 do matter; on a
# CPU it is mostly a habit.)
#
# ## Which way? Momentum
#
# The next picture is the worst kind of ground for plain gradient descent: a long, narrow valley, a
# hundred times as steep across as along. The steep sides allow only a small rate, and with a small rate
# the way along the valley takes for ever. Meanwhile the steps go from one side to the other and back.

# %%
valley = {"limits": ((-10.8, 2.5), (-1.3, 1.3)), "xlabel": "along the valley", "ylabel": "across"}
plain = steps.walk(partial(steps.sgd_step, lr=0.0195), 60)
plots.descent(steps.bowl, paths={"plain": plain}, title="Sixty plain steps", **valley)

# %% [markdown]
# A heavy ball would do better. It has **momentum**: what it does now depends on where it was going. The
# pushes across, now left, now right, cancel; those along add up. In a formula, the ball's velocity $v$
# keeps a part $\beta$ of itself and gains the new gradient $g$ ($\alpha$ is the learning rate, as in
# {lesson:gradient_descent}):
#
# $$v \leftarrow \beta v + g \qquad w \leftarrow w - \alpha\, v$$
#
# **Exercise 2.** Write this step.


# %% exercise="momentum_step"
def momentum_step(w, g, v, lr, beta=0.9):
    """The new w and the new v: w, g, v of one shape, lr and beta numbers -> w, v."""
    raise NotImplementedError("write momentum_step, then run this cell")


# hint(momentum_step)
check(momentum_step)

# %% [markdown]
# **Predict** before you run it: sixty steps with the same rate, once without momentum, once with it.

# %%
zero = torch.zeros(2)
heavy = steps.walk(partial(steps.momentum_step, lr=0.0195, beta=0.8), 60, zero)
both = {"without momentum": plain, "with momentum": heavy}
plots.descent(steps.bowl, paths=both, title="A narrow valley, sixty steps", **valley)

# %%
for name, path in both.items():
    print(
        f"{name:17} height {steps.bowl(path[0]):.0f} at the start, {steps.bowl(path[-1]):.2g} at the end"
    )
plots.animate_descent(steps.bowl, paths=both, title="Step by step", **valley)

# %% [markdown]
# Play with both numbers. How high can the rate go before plain SGD (momentum 0) flies off? And what does
# too much momentum do?


# %%
@interact(
    beta=FloatSlider(0.8, min=0, max=0.99, step=0.01, description="momentum"),
    lr=FloatSlider(
        0.0195, min=0.0005, max=0.024, step=0.0005, readout_format=".4f", description="rate"
    ),
)
def roll(beta, lr):
    path = steps.walk(partial(steps.momentum_step, lr=lr, beta=beta), 60, torch.zeros(2))
    title = f"momentum {beta:.2f}, rate {lr:g}: height {steps.bowl(path[-1]):.2g} after 60 steps"
    return plots.descent(steps.bowl, paths={"path": path}, title=title, **valley)


# %%
ends = {}
for beta in (0.0, 0.5, 0.8, 0.9, 0.97):
    path = steps.walk(partial(steps.momentum_step, lr=0.0195, beta=beta), 60, zero)
    ends[f"momentum {beta:g}"] = steps.bowl(path).log10()
plots.functions(
    torch.arange(61),
    ends,
    xlabel="step",
    ylabel="height, as a power of ten",
    title="How fast down, by momentum",
)

# %% [markdown]
# More is not always better: a ball that is too heavy overshoots and swings for long. On networks 0.9 is
# the usual start.
#
# ## A rate for each weight: RMSprop and Adam
#
# The valley was hard because one direction is steep and the other flat, and there is one rate for both.
# What if each weight had a step of its own size? **RMSprop** remembers how large each weight's gradient
# usually is, as a **running mean** $s$ of its square (a mean in which what is long past counts less and
# less), and divides by the root of it. Where gradients are large the step shrinks; where they are small
# it grows.

# %%
show_source(steps.rmsprop_step)

# %% [markdown]
# (Torch's name `alpha` is for the part of $s$ that is kept; it is not our learning rate $\alpha$.)
#
# **Adam** (Kingma and Ba 2015) puts both ideas together: $m$, a running mean of the gradient, is the
# heavy ball; $s$, a running mean of its square, sets the step for each weight.
#
# $$m \leftarrow \beta_1 m + (1-\beta_1)\, g \qquad s \leftarrow \beta_2 s + (1-\beta_2)\, g^2$$
# $$\hat m = \frac{m}{1-\beta_1^t} \qquad \hat s = \frac{s}{1-\beta_2^t} \qquad
# w \leftarrow w - \alpha\, \frac{\hat m}{\sqrt{\hat s} + \epsilon}$$
#
# Both means begin at 0, so at first they are too small; dividing by $1-\beta^t$ at update $t$ mends
# that. The tiny $\epsilon$ keeps us from dividing by 0. (*Where the book differs:* the name stands for
# adaptive *moment* estimation; $m$ and $s$ estimate the first two moments, the mean and the mean square.)
#
# **Exercise 3.** Write Adam's step. Return the new $w$, and $m$ and $s$ as they are to be remembered.


# %% exercise="adam_step"
def adam_step(w, g, m, s, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    """Update number t (from 1): w, g, m, s of one shape, the rest numbers -> the new w, m, s."""
    raise NotImplementedError("write adam_step, then run this cell")


# hint(adam_step)
check(adam_step)

# %%
show_source(steps.adam_step, steps.adamw_step)

# %% [markdown]
# The second of these is **AdamW**, today's most common choice. Letting weights shrink a little at every
# step, **weight decay**, is a remedy of the next lesson. In Adam it must not go through the gradient,
# where it would be divided away again.
#
# The same valley with Adam, which was made for it. Mind the first steps: the valley is a hundred times
# as steep across as along, and Adam sets out as fast along as across.

# %%
t = iter(range(1, 100))
adam_path = steps.walk(
    lambda w, g, m, s: steps.adam_step(w, g, m, s, next(t), lr=0.5), 60, zero, zero
)
three = {"SGD": plain, "momentum": heavy, "Adam": adam_path}
plots.descent(steps.bowl, paths=three, title="Three ways down a narrow valley", **valley)

# %% [markdown]
# ### As PyTorch has them
#
# Our steps drive a real network through `ByHand`, which keeps the memory for all its weights. The same
# start and the same 50 batches, once by hand and once with `torch.optim`:

# %%
show_source(steps.ByHand)

# %%
for name in steps.RATES:
    far = steps.difference(data.train, name, updates=50, seed=0)
    print(
        f"{name:9} largest difference of any of {784 * 128 + 128 * 10 + 138:,} weights: {far:.1e}"
    )
far = steps.difference(data.train, "Adam, uncorrected", against="Adam", updates=50, seed=0)
print(f"Adam without its correction:                      {far:.1e}")

# %% [markdown]
# Rounding errors, and nothing else; whereas leaving out the correction leads somewhere else entirely.
# From here on we use PyTorch's.
#
# ## How far? The learning rate
#
# The most important number of all. Four rates for plain SGD, three epochs each, everything else the
# same. **Your bet:** what will a rate of 3 do?

# %%
updates = batches.count_updates(len(data.train), 64, epochs=3)
tried = {
    f"rate {lr:g}": rates.losses_with(
        data.train, partial(torch.optim.SGD, lr=lr), torch.full((updates,), lr)
    )
    for lr in (0.01, 0.1, 0.5, 3.0)
}
plots.functions(
    torch.arange(1, updates + 1),
    {name: rates.smooth(losses) for name, losses in tried.items()},
    xlabel="update",
    ylabel="loss of the last few batches",
    title="Too low, low, right, too high",
)

# %% [markdown]
# The faces of a loss curve. Too low: it falls, but crawls. Low: the same, less so. Right: it falls fast
# and goes on falling.
# Too high: it leaps up at once, since each step is so large that it lands higher on another slope, and
# then it stays up, about where guessing is. Now the accuracies, and the same for Adam. Its steps are
# measured otherwise, so its good rates are far smaller:

# %%
accuracies = {}
for kind, tried_rates in {"sgd": (0.01, 0.1, 0.5, 3.0), "adam": (1e-5, 0.01, 0.1, 1.0)}.items():
    for lr in tried_rates:
        model, _ = rates.trained_with(data, kind, lr, epochs=3, seed=0)
        name = {"sgd": "SGD", "adam": "Adam"}[kind]
        accuracies[f"{name}\n{lr:g}"] = common.score(model, data.validation)["accuracy"]
plots.bars(
    accuracies, title="Three epochs with each rate", ylabel="accuracy", line=(0.1, "guessing")
)

# %% [markdown]
# From guessing to nine of ten, by a single number. (*Where the book differs:* a small rate is
# no guarantee of reaching a minimum. It is slow, and it may stop on a plateau, as we shall see.)
#
# ### A test that suggests a rate
#
# Must you try them all? A **range test** (Smith 2017) sweeps them in one short run: begin with a tiny
# rate, make it larger by a factor with each update, write down the loss (smoothed by a running mean,
# since single batches jump about). At first nothing happens, then the loss falls, and then it explodes.
# The best rates are shortly before.

# %%
swept, losses = rates.range_test(data.train, partial(torch.optim.SGD, lr=0.0))
lowest = losses.argmin()
plots.functions(
    swept.log10(),
    {"smoothed loss": losses},
    xlabel="learning rate, as a power of ten",
    ylabel="loss",
    title="A range test for SGD",
    points=[
        (swept[lowest].log10().item(), losses[lowest].item(), f"lowest at {swept[lowest]:.2g}")
    ],
)

# %% [markdown]
# Where the loss is lowest, the rate is just about to be too high. A common rule is to step back from
# there by a factor; ours is 3.
#
# **Exercise 4.** Suggest a rate: a third of the one with the lowest loss. Careful: a test may end in
# `nan`, not-a-number, which `argmin` takes for the lowest of all; `nan_to_num` can replace it.


# %% exercise="suggest_rate"
def suggest_rate(rates, losses):
    """A third of the rate with the lowest loss: rates (T,), losses (T,) -> a rate, ()."""
    raise NotImplementedError("write suggest_rate, then run this cell")


# hint(suggest_rate)
check(suggest_rate)

# %%
suggested = rates.suggest_rate(swept, losses).item()
print(f"suggested: {suggested:.2g}")
torch.manual_seed(0)
model = common.mlp()
history = plots.live(
    train_epochs(
        model,
        data.train,
        loss_fn=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=suggested),
        epochs=6,
        batch_size=64,
        validation=data.validation,
        metrics={"accuracy": count_correct},
    ),
    ("loss", "accuracy"),
    title="With the rate that the range test suggests",
)

# %% [markdown]
# ## A plateau, and the ways off it
#
# Here is another network for the same digits: two hidden layers with sigmoids between them, as everyone
# built them until about 2010, and beside it the same with ReLUs. Plain SGD, a rate of 0.1, eight epochs.
# The second picture is the length of the **gradient** of the first layer's weights, on all training
# digits.

# %%
config = plateaus.Config()
makers = plateaus.ways_off(config)


def train_on_plateau(make, epochs=config.epochs, activation=nn.Sigmoid):
    run = plateaus.train_on_plateau(data.train, make, epochs=epochs, activation=activation)
    for model, history in run:  # `run` yields after each epoch; the last counts
        pass
    return history, common.score(model, data.validation)["accuracy"]


flat, accuracy = train_on_plateau(makers["sgd"])
with_relu, _ = train_on_plateau(makers["sgd"], activation=nn.ReLU)
print(f"validation accuracy {accuracy:.3f}; guessing has a loss of ln 10 = {math.log(10):.3f}")
plots.curves(
    {"sigmoids": flat, "ReLUs": with_relu},
    ("loss", "first_gradient"),
    title="Is it done, or is it stuck?",
)

# %% [markdown]
# With sigmoids the loss stands where it started, about at that of guessing, and one might think that the
# network cannot do better. This is a **plateau**: the ground is almost level, the gradient is next to
# nothing, so the steps are too. It is small, though, not zero, so one way off is patience.
#
# **Predict:** which of these leaves it within the eight epochs? A rate ten times as high;
# momentum; Adam.

# %%
off, scores = {"SGD": flat}, {"SGD": accuracy}
for name, key in (("rate 1", "high_rate"), ("momentum", "momentum"), ("Adam", "adam")):
    off[name], scores[name] = train_on_plateau(makers[key])
plots.curves(off, ("loss",), title="What gets it off the plateau")

# %%
patient, scores["SGD,\n40 epochs"] = train_on_plateau(makers["sgd"], epochs=40)
plots.bars(scores, title="After the plateau", ylabel="accuracy", line=(0.1, "guessing"))

# %%
plots.curves(patient, ("loss", "first_gradient"), title="Plain SGD, with patience")

# %% [markdown]
# All of them do. A higher rate takes larger steps on level ground. Momentum adds up many small pushes in
# one direction. And Adam divides by the usual size of the gradient: small, divided by small, is a step
# as large as anywhere else. The last picture shows what patience buys: a flat stretch, on which the
# gradient slowly grows, and then a fall as in any other run. Best of all is not to get on a plateau: with
# ReLUs there was none ({lesson:design} says why).
#
# ## A rate that changes
#
# Large steps are good for getting there, small ones for settling. So why not both? A **schedule** changes
# the rate at every update. Three of the best known, and then beside them the rate that stays as it is:

# %%
show_source(schedules.step_decay, schedules.cosine, schedules.one_cycle)

# %%
total = 100
at = torch.arange(total)
plots.functions(
    at,
    {
        name.replace("_", "-"): torch.tensor([schedule(t, total) for t in range(total)])
        for name, schedule in schedules.SCHEDULES.items()
    },
    xlabel="update",
    ylabel="part of the full rate",
    title="Four schedules",
)

# %% [markdown]
# One-cycle does not begin with the full rate: it **warms up**, so that a new network gets it only later.
# PyTorch has all of these in `torch.optim.lr_scheduler` (`StepLR`, `CosineAnnealingLR`, `OneCycleLR`).
#
# Do they pay? A fair comparison gives each schedule, and the constant rate, a choice of several
# rates, and scores them on the validation digits. **Your bet:** who likes the highest rate?

# %%
table, with_schedule, without = schedules.choose_schedules(data, schedules.Config(), seed=0)
columns = schedules.Config().rates
print("validation accuracy      " + "".join(f"rate {lr:<8g}" for lr in columns))
for name in schedules.SCHEDULES:
    print(f"{name:24} " + "".join(f"{table[name, lr]:<13.3f}" for lr in columns))
print("best with a schedule:", *with_schedule, "  best constant:", *without)

# %% [markdown]
# Look along the rows: schedules tend to put up with a higher rate than a constant one does, for they end
# low anyway. Now the choice is made, for both sides. Only now do we open the test digits, once: both winners,
# trained again on training and validation digits together, with five seeds. Pair by pair both start
# from the same weights and see the same batches.

# %%
ours, theirs = schedules.compare_on_test(data, (with_schedule, without), schedules.Config(), seed=0)
gains = torch.tensor(ours) - torch.tensor(theirs)
for pair, gain in enumerate(gains.tolist(), start=1):
    print(
        f"pair {pair}: {ours[pair - 1]} right with a schedule, {theirs[pair - 1]} without: {gain:+}"
    )
error = gains.float().std() / len(gains) ** 0.5
print(
    f"mean gain {gains.float().mean():+.1f} of {len(data.test)} digits, standard error {error:.1f}"
)

# %% [markdown]
# The standard error is how far a mean of five may well be off by chance: believe a gain that is more than
# twice as large. Either way it is small beside what the *right rate* had brought. First find a good rate;
# then let a schedule polish. The first network with a schedule is our next rung:

# %%
climb.add(
    f"MLP, Adam, {with_schedule[0].replace('_', '-')}",
    lesson="optimizers",
    correct=ours[0],
    total=len(data.test),
)
climb.show()

# %% [markdown]
# ## Recap
#
# - Mini-batches: almost as good a direction as all examples, for a fraction of the work.
# - Momentum cancels what goes to and fro and adds up what goes one way. Adam also gives each weight a step
#   of its own size. Start with Adam or AdamW.
# - The learning rate matters most. Too low crawls, too high never settles; a range test suggests one.
# - On a plateau the gradient is next to nothing: momentum, Adam or a higher rate leave it.
# - A schedule lets you begin with a higher rate, and ends with a low one. Measure whether it pays.
#
# Words and symbols: [glossary](../reference/glossary.md), [notation](../reference/notation.md).
#
# ### Test yourself
#
# **1.** 10,000 examples, batches of 100, 5 epochs. How many updates? And with batches of 10,000?
#
# <details><summary>Answer</summary>
#
# 100 in an epoch, so 500. With all in one batch, one an epoch: 5.
# </details>
#
# **2.** The gradient of one weight is always 0.001, that of another always 10. How large are the steps of
# SGD, and those of Adam, at a rate of 0.01?
#
# <details><summary>Answer</summary>
#
# SGD: 0.00001 and 0.1. Adam: about 0.01 for both, since $\hat m / \sqrt{\hat s}$ is 1 for a gradient that
# never changes. Which way it points counts, not how large it is.
# </details>
#
# **3.** Your loss has stood still for ten epochs, at the value it began with. What do you look at, and what
# do you try?
#
# <details><summary>Answer</summary>
#
# At the gradient. If it is next to nothing, it is a plateau: try Adam or momentum or a higher rate. If
# the loss jumps about instead, the rate is too high: try a tenth of it.
# </details>
#
# **Next:** {Lesson:generalization}: a network can read its training digits perfectly and still
# be bad at new ones.

# %% [markdown]
# # How wrong am I?
#
# *About 50 minutes.* Until now the right weights were given, or a machine that you were not allowed to
# open found them. From here on you will see how they are found. It begins with a number that says how
# wrong a model is. At the end you can
#
# - find a weight by trial and error, and say what the machine does in your place;
# - write the loss of each kind of task, and choose the right one for a new task;
# - say what goes wrong with the wrong one;
# - explain why a network cannot learn from accuracy, although accuracy is what you care about.

# %%
# %matplotlib inline
import torch
from ipywidgets import FloatSlider, interact
from scipy.stats import wasserstein_distance
from torch import Tensor, nn

from workshop.classroom.show import show_source
from workshop.figures import plots
from workshop.core.data import Split
from workshop.core.training import count_correct, evaluate, train_epochs
from workshop.day1 import activations, losses
from workshop.day1.layers import disease_progression, flat_digits, r2, tumours
from workshop.day1.losses import clamped_log, converter, critic, kinds, same_shape
from workshop.exercises import answer, check, hint

# %% [markdown]
# ## Guess, look, correct
#
# Here is the smallest network there is: one neuron, one weight, no bend. It turns kilometres into
# miles, $\hat y = w x$, if only $w$ is right.

# %%
plots.neuron(
    [converter.MILES_PER_KM],
    0.0,
    x=[100.0],
    names=["km"],
    activation="linear",
    title="A machine that converts units",
)

# %% [markdown]
# Suppose nobody knows the factor. All we have is a training set of two rows:
#
# | kilometres | miles |
# |---|---|
# | 0 | 0 |
# | 100 | 62.137 |
#
# Start with any weight, 0.5 say. It predicts 50 miles for 100 km: 12.137 too few. The error is above
# zero, so $w$ is too small; add 0.1. **Your bet:** what happens at the third guess?

# %%
tried = converter.trial_and_error(100, 62.137)
for w, yhat, error in tried[:4]:
    print(f"w = {w:.2f}   100 km are {yhat:6.3f} miles   error {error:7.3f}")

# %% [markdown]
# Overshot: now the error is below zero. So go back, in smaller steps, and go on like that:

# %%
print(f"after {len(tried)} guesses: w = {tried[-1][0]:.5f}, error {abs(tried[-1][2]):.3f}")
plots.functions(
    torch.arange(len(tried)),
    {"guess": [w for w, _, _ in tried], "0.62137": [converter.MILES_PER_KM] * len(tried)},
    xlabel="guess number",
    ylabel="w",
    title="Trial and error",
)

# %% [markdown]
# We never solved for $w$. We guessed, looked how wrong the guess was, and let the error tell us which
# way to go. That is all that training is, for a network with a million weights too.
#
# Two things have to be made precise. *How wrong* is a model that makes many predictions? And *how far*
# should each of a million weights go? The first answer is a **loss function** (this lesson), the second
# **gradient descent** (the next). Here are both at work on our one weight:

# %%
show_source(converter.train_by_hand)

# %% [markdown]
# Four steps, over and over: predict, measure how wrong, find the slope, go against it. (*Where the book
# differs:* it calls an epoch an iteration. An **epoch** is one pass over the training set, an iteration
# is one update. Here they are the same, as both rows are taken at once.) The library's loop does the
# same four steps:

# %%
table = Split(converter.TABLE.x[:, None], converter.TABLE.y[:, None])
model = converter.converter(start=0.5)
history = plots.live(
    train_epochs(
        model,
        table,
        loss_fn=losses.mse,
        optimizer=torch.optim.SGD(model.parameters(), lr=2e-5),
        epochs=100,
    ),
    logy=True,
    title="Kilometres to miles",
)
by_hand = converter.train_by_hand(*converter.TABLE, 0.5, lr=2e-5, epochs=100)
print(f"the loop: w = {model.weight.item():.5f}   by hand: w = {by_hand[-1]:.5f}")

# %% [markdown]
# ## A number: the mean squared error
#
# With many examples there are many errors, some above zero, some below. The most common way to make one
# number of them is to square each and take the mean:
#
# $$J(y, \hat y) = \frac{1}{N} \sum_{i=1}^{N} (y_i - \hat y_i)^2$$
#
# **Exercise 1.** Write it, by hand as all losses of this notebook, without the ready-made ones of
# `torch.nn`. Training will need its slope, which the check looks at too: stay with tensors, for
# `.item()` and `float()` lose it.


# %% exercise="mse"
def mse(yhat, y):
    """The mean squared error of predictions yhat and labels y, of one shape -> one number, ()."""
    raise NotImplementedError("write mse, then run this cell")


# hint(mse)
check(mse)

# %% [markdown]
# Learning has become a search: **find the weights for which this number is least**, in symbols
# $\arg\min_{W,b} J(y, \hat y)$. With two parameters we can look at the whole landscape. Patients with
# diabetes were measured and examined again a year later. One measurement is their body mass index $x$;
# from it we predict how far the disease has come (in hundreds of points), as $\hat y = wx + b$. Each
# point of the map is one choice of $w$ and $b$, its shade says how wrong that choice is.

# %%
patients = disease_progression()
bmi, progress = patients.train.x[:, 2], patients.train.y[:, 0]  # (N,) each, bmi standardised
ws, bs = torch.linspace(-1, 2, 61), torch.linspace(0, 3, 61)
height = torch.stack(
    [torch.stack([losses.mse(w * bmi + b, progress) for w in ws]) for b in bs]
)  # (61, 61), a row for each b

columns = torch.stack([bmi, torch.ones_like(bmi)], dim=1)
best = torch.linalg.lstsq(columns, progress[:, None]).solution[:, 0]  # the exact answer
plots.surface(height, ws, bs, minimum=tuple(best.tolist()), title="How wrong is each line?")

# %% [markdown]
# A bowl with a single lowest point, the star. Try to find it by hand: move $w$ and $b$ until the loss
# will not fall any more. What do you go by?


# %%
@interact(w=FloatSlider(0.0, min=-1, max=2, step=0.05), b=FloatSlider(0.5, min=0, max=3, step=0.05))
def try_line(w, b):
    loss = losses.mse(w * bmi + b, progress).item()
    xs = torch.linspace(-2.5, 3.5, 2)
    return plots.scatter(
        bmi,
        progress,
        line=(xs, w * xs + b),
        label=f"loss {loss:.3f}",
        xlabel="body mass index, standardised",
        ylabel="progression / 100",
    )


# %%
w, b = best.tolist()
xs = torch.linspace(-2.5, 3.5, 2)
print(f"least of all: {losses.mse(w * bmi + b, progress).item():.3f} at w = {w:.2f}, b = {b:.2f}")
plots.scatter(
    bmi,
    progress,
    line=(xs, w * xs + b),
    label="the best line",
    xlabel="body mass index, standardised",
    ylabel="progression / 100",
    title="The line of least loss",
)

# %% [markdown]
# With all ten measurements there are eleven parameters and no map, but the search is the same. Is the
# result any good? An everyday yardstick is to compare with somebody who knows nothing about a patient
# and always says the mean. $R^2$ ({lesson:layers}) is 0 for that person and 1 for a perfect prediction. And as
# a **control**, the same training once more with the labels dealt out at random, so that there is
# nothing to learn:

# %%
known, test = patients.development, patients.test
scores = {}
shuffled = known.y[torch.randperm(len(known), generator=torch.Generator().manual_seed(0))]
for name, y in {"true labels": known.y, "shuffled labels": shuffled}.items():
    model, _ = kinds.train((10, 1), Split(known.x, y), losses.mse, lr=0.1, epochs=300, seed=0)
    with torch.no_grad():
        scores[name] = r2(model(test.x), test.y, known.y)
plots.bars(scores, ylabel="$R^2$ on patients never seen", line=(0, "the mean"))

# %% [markdown]
# ### A trap
#
# Networks return a column, $(N, 1)$; labels often come as a row, $(N,)$. Look at what subtraction makes
# of that:

# %%
column, row = torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([1.0, 2.0, 3.0])
print("three perfect predictions, all their differences:\n", column - row)
print("their mean square:", (column - row).square().mean().item())
try:
    losses.mse(column, row)
except ValueError as error:
    print("the library's mse:", error)

# %% [markdown]
# Each prediction was compared with every label, and PyTorch's subtraction raised no error. (What a
# model learns from such a loss, the clinic of {lesson:practice} shows.) Compare shapes before you compare
# numbers.
#
# ## When labels are wrong: squares or sizes?
#
# The **mean absolute error** takes the size of each error in place of its square. Does it matter? On 20
# road signs the distances stand in km and in miles; on three, somebody wrote the km twice. The same
# machine learns from these 20 signs, once by each loss. **Your bet:** which finds 0.62137?

# %%
signs = converter.road_signs(typos=3, seed=0)
by_squares, _ = converter.train(signs, losses.mse, start=0.5, lr=0.1, epochs=500)
by_sizes, _ = converter.train(signs, losses.mae, start=0.5, lr=1e-4, epochs=2500)
print(f"squared error: w = {by_squares:.5f}   absolute error: w = {by_sizes:.5f}")
plots.scatter(
    100 * signs.x[:, 0],
    100 * signs.y[:, 0],
    line=(100 * signs.x[:, 0], 100 * by_sizes * signs.x[:, 0]),
    label="by the absolute error",
    xlabel="km",
    ylabel="miles",
    title="Three signs are wrong",
)

# %% [markdown]
# Squared, a large error outweighs many small ones, so the three wrong signs pull hard. Here is the same
# in its purest form: which single number $c$ is nearest to 1, 2, 3, 4 and 90?

# %%
values, c = torch.tensor([1.0, 2, 3, 4, 90]), torch.linspace(0, 40, 401)
curves = {
    name: torch.stack([loss(at.expand(5), values) for at in c])
    for name, loss in (("squared", losses.mse), ("absolute", losses.mae))
}
lowest = {name: c[curve.argmin()].item() for name, curve in curves.items()}
print(f"squared: {lowest['squared']:.1f}, absolute: {lowest['absolute']:.1f}")
print(f"mean: {values.mean().item():.1f}, median: {values.median().item():.1f}")
plots.panels(
    [
        (f"{name} error, lowest at {lowest[name]:.0f}", c, {name: curve})
        for name, curve in curves.items()
    ],
    xlabel="c",
)

# %% [markdown]
# Squares lead to the **mean**, which a single outlier drags along; sizes lead to the **median**, which
# does not care how far away it is. Neither is right in itself: if a large error is much worse than a
# small one, squares say just that.
#
# ## Yes or no: binary cross-entropy
#
# A classifier, a model that chooses between classes, gives a probability $p$ for "yes". How wrong is
# 0.9? It depends on the truth. If it was a yes, the cost is $-\log p$; if it was a no, $-\log(1 - p)$:

# %%
p = torch.linspace(0.005, 0.995, 199)
plots.functions(
    p,
    {"it was a yes (y = 1)": -p.log(), "it was a no (y = 0)": -(1 - p).log()},
    xlabel="p, the probability that the model gives to yes",
    ylabel="cost",
    title="The surer you are of something wrong, the more it costs",
)

# %% [markdown]
# Multiplying by $y$ and by $1 - y$ chooses between the two without an "if":
#
# $$J = -\frac{1}{N} \sum_i \big[\, y_i \log p_i + (1 - y_i) \log(1 - p_i) \,\big]$$
#
# (*Where the book differs:* the square bracket is missing there. Read literally, the second term would
# lose its minus, and a sure wrong "yes" would be a gain.)
#
# One difficulty is left: $\log 0 = -\infty$. PyTorch's `nn.BCELoss` lets no logarithm fall below
# $-100$, so that a certain error costs 100 instead of destroying everything.
#
# **Exercise 2.** Write this loss with that floor. `x.clamp(min=...)` raises what is lower.


# %% exercise="binary_cross_entropy"
def binary_cross_entropy(p, y):
    """BCE with logarithms of -100 or more: p in [0, 1] and y of 0 and 1, one shape -> ()."""
    raise NotImplementedError("write binary_cross_entropy, then run this cell")


# hint(binary_cross_entropy)
check(binary_cross_entropy)

# %%
p, y = torch.tensor([0.9, 0.5, 0.0, 1.0]), torch.tensor([1.0, 1.0, 1.0, 0.0])
for each_p, each_y in zip(p, y, strict=True):
    ours, theirs = (f(each_p, each_y).item() for f in (losses.binary_cross_entropy, nn.BCELoss()))
    print(f"p = {each_p:.1f}, y = {each_y:.0f}: ours {ours:8.4f}   nn.BCELoss {theirs:8.4f}")

# %% [markdown]
# A floor is a makeshift: below it the loss is flat. Better not to make the probability at all. From the
# **logit** $z$ (the score before the sigmoid) the same loss is $\log(1 + e^z) - yz$, which never
# overflows when written with care. That is why models in this workshop return logits, and why
# `nn.BCEWithLogitsLoss` is what you will use:

# %%
show_source(losses.bce_with_logits)
z = torch.tensor([-1000.0, -200.0, 2.9], requires_grad=True)
loss = losses.bce_with_logits(z, torch.ones(3))
loss.backward()  # {lesson:gradient_descent} explains how PyTorch finds the slopes
print("loss from logits:      ", loss.item())
print("from probabilities:    ", losses.binary_cross_entropy(z.sigmoid(), torch.ones(3)).item())
print("slopes from the logits:", [round(slope, 4) for slope in z.grad.tolist()])

# %% [markdown]
# The tumours of {lesson:neuron}, with this loss:

# %%
cells = tumours()
model, history = kinds.train(
    (30, 1), cells.development, losses.bce_with_logits, lr=0.5, epochs=300, seed=0
)
score = evaluate(model, cells.test, metrics={"accuracy": count_correct})
print(f"right on {score.sums['accuracy']} of {score.total} tumours never seen")
plots.curves(history, title="Binary cross-entropy")

# %% [markdown]
# ## Metric and loss
#
# What a doctor wants to know is the **accuracy**: how many are right. That is a **metric**, a number
# for people. So why not train on accuracy itself? `losses.misses` is the share of wrong answers,
# written so that PyTorch can take its slope. **Your bet:** what will the curves look like?

# %%
show_source(losses.misses)
stuck, not_learned = kinds.train(
    (30, 1), cells.development, losses.misses, lr=0.5, epochs=300, seed=0
)
plots.curves({"cross-entropy": history, "share of misses": not_learned}, title="Two losses")

# %% [markdown]
# Nothing moves. Let us look at why. Take the trained model, turn one of its thirty weights slowly, and
# watch both numbers:

# %%
with torch.no_grad():
    z_of, y_of = model(cells.train.x)[:, 0], cells.train.y[:, 0]  # (N,) each
change = torch.linspace(-3, 3, 601)
turned = [z_of + step * cells.train.x[:, 7] for step in change]
plots.panels(
    [
        (
            "share of misses: steps",
            change,
            {"misses": torch.stack([losses.misses(z, y_of) for z in turned])},
        ),
        (
            "cross-entropy: a slope everywhere",
            change,
            {"BCE": torch.stack([losses.bce_with_logits(z, y_of) for z in turned])},
        ),
    ],
    xlabel="change of one weight",
)

# %%
for name, loss_fn in (("misses", losses.misses), ("cross-entropy", losses.bce_with_logits)):
    weight = torch.zeros(30, requires_grad=True)
    noise = torch.randn(30, generator=torch.Generator().manual_seed(1))
    loss_fn(
        cells.train.x @ (weight + noise / 10), y_of
    ).backward()  # finds slopes: {lesson:gradient_descent}
    print(f"{name:14} largest slope of 30 weights: {weight.grad.abs().max().item():.4f}")

# %% [markdown]
# Accuracy is a staircase. On a step its slope is exactly zero, and between two steps there is none: a
# tiny change of a weight changes no decision at all. Nothing says which way is better. Cross-entropy
# changes with every change of a weight, and whoever makes it small ends up being right more often: it
# is a **proxy**, a stand-in for the metric. (Some numbers serve as both: the squared error, for one.)
#
# ## Several labels at once
#
# Which digits are in this picture? There may be one, two, or none. Each of the ten labels is a yes or
# no of its own: **multi-label** classification, ten logits and ten times binary cross-entropy.

# %%
digits = flat_digits()
pictures = kinds.two_places(digits.development, 8000, seed=0)
new = kinds.two_places(digits.test, 1000, seed=1)  # of digits that are in no training picture
shown = pictures.x[:8].reshape(8, 8, 16)
names = [
    " and ".join(map(str, row.nonzero()[:, 0].tolist())) or "nothing" for row in pictures.y[:8]
]
print("the labels of the first:", pictures.y[0].int().tolist())
plots.images(shown, titles=names, columns=4)

# %%
torch.manual_seed(0)
several = activations.network((128, 128, 10), nn.ReLU)
history = plots.live(
    train_epochs(
        several,
        pictures,
        loss_fn=losses.bce_with_logits,
        optimizer=torch.optim.SGD(several.parameters(), lr=3.0),
        epochs=20,
        batch_size=64,
        metrics={"exact": kinds.count_exact},
    ),
    ("loss", "exact"),
)
score = evaluate(several, new, metrics={"exact": kinds.count_exact})
print(f"all ten labels right on {score.sums['exact']} of {score.total} new pictures")

# %% [markdown]
# A hard count: one wrong label of ten, and the picture counts as wrong.
#
# ## One class of many: categorical cross-entropy
#
# When exactly one of the classes is right, they compete. Softmax ({lesson:activations}) shares out one whole among
# them, and the cost is $-\log$ of the share of the right class. Labels like $(0, 0, 1, 0)$ are called
# **one-hot**; with them it is a sum over the classes, of which only one counts:

# %%
show_source(losses.cce)

# %% [markdown]
# (The book writes it as two loops over examples and classes; you will too, in {lesson:design}.) As before, it
# is safer to start from the scores: $\log \mathrm{softmax}(z)_k = z_k - \log \sum_j e^{z_j}$. PyTorch's
# `nn.CrossEntropyLoss` does just that, and takes the number of the right class instead of a one-hot
# row. (*Where the book differs:* it lists one-hot labels only; both work.)
#
# **Exercise 3.** Write it from scores, by hand and with a slope; one test has scores of 1,000.
# `logits.logsumexp(dim=1, keepdim=True)` is $\log \sum_j e^{z_j}$ of each row, without overflow.


# %% exercise="cross_entropy"
def cross_entropy(logits, y):
    """Mean of -log softmax(z)_k at the right class: logits (N, C), y (N,) class ids -> ()."""
    raise NotImplementedError("write cross_entropy, then run this cell")


# hint(cross_entropy)
check(cross_entropy)

# %%
scores, ids = torch.tensor([[2.0, 0.5, -1.0], [0.1, 0.2, 3.0]]), torch.tensor([0, 1])
onehot, shares = nn.functional.one_hot(ids, 3).float(), activations.softmax(scores)
for name, value in {
    "two loops, one-hot": losses.cce_loops(shares, onehot),
    "sums, one-hot": losses.cce(shares, onehot),
    "from scores, ids": losses.cross_entropy(scores, ids),
    "nn.CrossEntropyLoss, ids": nn.CrossEntropyLoss()(scores, ids),
    "nn.CrossEntropyLoss, one-hot": nn.CrossEntropyLoss()(scores, onehot),
}.items():
    print(f"{name:30} {value.item():.6f}")

# %%
reader, _ = kinds.train(
    (64, 64, 10), digits.development, losses.cross_entropy, lr=0.5, epochs=40, batch_size=32, seed=0
)
score = evaluate(reader, digits.test, metrics={"accuracy": count_correct})
print(f"right on {score.sums['accuracy']} of {score.total} digits never seen")

# %% [markdown]
# ## The wrong loss
#
# What if you take a loss that was made for another task? Two mistakes that people make:
#
# 1. Digits are numbers, so let the network return *one number* and train it by the squared error. Round
#    what comes out.
# 2. There are ten labels, so use softmax and categorical cross-entropy, although two of them may be
#    right at the same time.
#
# Neither raises an error. **Your bet?**

# %%
known, test = digits.development, digits.test
number, _ = kinds.train(
    (64, 64, 1),
    Split(known.x, known.y[:, None] / 10),
    losses.mse,  # in tenths: numbers near 1
    lr=0.3,
    epochs=40,
    batch_size=32,
    seed=0,
)
nearest = evaluate(
    number, Split(test.x, test.y[:, None]), metrics={"accuracy": kinds.count_nearest}
)
one_whole = Split(pictures.x, pictures.y / pictures.y.sum(dim=1, keepdim=True).clamp(min=1))
softmax, _ = kinds.train(
    (128, 128, 10), one_whole, losses.soft_cross_entropy, lr=0.3, epochs=20, batch_size=64, seed=0
)
shared = evaluate(softmax, new, metrics={"exact": kinds.count_shares})
plots.bars(
    {
        "digits,\ncross-entropy": score["accuracy"],
        "digits,\nsquared error": nearest["accuracy"],
        "two places,\nten sigmoids": evaluate(several, new, metrics={"e": kinds.count_exact})["e"],
        "two places,\none softmax": shared["exact"],
    },
    ylabel="share that is right, new examples",
)

# %% [markdown]
# For the squared error a 3 taken for a 4 is nearly right and a 3 taken for an 8 is very wrong; but as
# shapes, 3 and 8 are neighbours. And one softmax has one whole to give away: two labels cannot both
# have more than half. Is it only the limit of one half that is unfair? Here is every other:

# %%
limits = torch.linspace(0.02, 0.98, 49)
with torch.no_grad():
    p_softmax, p_sigmoid = softmax(new.x).softmax(dim=1), several(new.x).sigmoid()
exact = {
    name: torch.stack(
        [((p > limit) == (new.y > 0.5)).all(dim=1).float().mean() for limit in limits]
    )
    for name, p in (("ten sigmoids", p_sigmoid), ("one softmax", p_softmax))
}
plots.functions(
    limits,
    exact,
    xlabel="a label holds if its probability is above",
    ylabel="pictures all right",
    title="Other limits than one half",
)

# %% [markdown]
# A lower limit helps the softmax, but its best one, picked with the answers in hand, still stays behind
# ten sigmoids, which need no such search: their half means what it says.
#
# ## Two heaps of numbers: the Wasserstein distance
#
# Some networks make things: faces, voices. In a **generative adversarial network** (GAN) a forger makes
# fakes, and a **critic** says how far they still are from the real ones. There is no label for a single
# fake; two whole heaps are compared. A good measure is how far the numbers of one heap have to be
# moved, on average, to turn it into the other. In one dimension it is easy: the smallest goes to the
# smallest, the next to the next.
#
# **Exercise 4.** Write it for two heaps of the same size, with tensors, so that it has a slope.


# %% exercise="wasserstein_1d"
def wasserstein_1d(a, b):
    """The mean way from a (N,) to b (N,), smallest to smallest and so on -> ()."""
    raise NotImplementedError("write wasserstein_1d, then run this cell")


# hint(wasserstein_1d)
check(wasserstein_1d)

# %% [markdown]
# Here are the radii of 569 real tumours, and as many forged ones, drawn from a bell curve and brought
# to the mean and the standard deviation of the real. Compared by these two numbers they are the same:

# %%
real, fake = critic.radii_and_forgeries(569, seed=0)
distance = losses.wasserstein_1d(real, fake).item()
print(f"mean: {real.mean():.3f} and {fake.mean():.3f} mm")
print(f"standard deviation: {real.std(correction=0):.3f} and {fake.std(correction=0):.3f} mm")
print(
    f"Wasserstein distance: {distance:.3f} mm, SciPy's: {wasserstein_distance(real, fake):.3f} mm"
)
plots.histogram({"real": real, "forged": fake}, xlabel="radius in mm")

# %% [markdown]
# In an image there are thousands of dimensions, and nobody can sort. But the same distance can be
# *learned*: a network, the critic, gives high marks to real numbers and low marks to forged ones. The
# largest difference between its mean marks **is** the distance, provided that its curve is nowhere
# steeper than 1. Its loss is minus that difference. Ours is made of 60 straight pieces, as in {lesson:activations},
# and the slope of each is cut off at $\pm 1$:

# %%
show_source(critic.Critic.forward, critic.critic_loss)
judge, reported, history = critic.train_critic(real, fake)
print(f"exact: {distance:.4f} mm, the critic: {reported:.4f} mm")
plots.curves(history, title="The critic's loss: minus the distance it reports")

# %%
x = torch.linspace(real.min(), real.max(), 500)
with torch.no_grad():
    marks = judge(x[:, None])
plots.functions(
    x,
    {"the critic's mark": marks},
    xlabel="radius in mm",
    ylabel="mark",
    title="The critic's curve: up or down, never steeper than 1",
)

# %% [markdown]
# And without the limit? Then it can multiply its marks by any number, and report what it likes:

# %%
for epochs in (50, 100, 200):
    settings = critic.Config(epochs=epochs)
    _, limited, _ = critic.train_critic(real, fake, settings)
    _, free, _ = critic.train_critic(real, fake, settings, clip=False)
    print(f"{epochs:3} steps: with the limit {limited:.3f} mm, without it {free:.3f} mm")

# %% [markdown]
# ## Which loss for which task?
#
# | task | last layer | loss, from logits | a label |
# |---|---|---|---|
# | a number | 1 unit | mean squared (or absolute) error | `[1.3]` |
# | yes or no | 1 unit, sigmoid | binary cross-entropy | `[0]` or `[1]` |
# | several labels | a unit each, sigmoid | binary cross-entropy | `[0, 1, 1]` |
# | one class of many | a unit each, softmax | categorical cross-entropy | `2`, or `[0, 0, 1]` |
# | fakes against real | 1 unit, slope limited | Wasserstein | which heap |

# %% [markdown]
# ## Recap
#
# - Training is trial and error: predict, measure how wrong, correct, again.
# - A loss is one number for "how wrong", with a slope. Training looks for the weights that make it least.
# - Squares lead to the mean, sizes to the median; each kind of task has its loss.
# - A metric is for people, a loss for the machine. Accuracy is flat, so cross-entropy stands in for it.
# - From logits, losses stay exact where probabilities would be rounded to 0 or 1.

# %% [markdown]
# Words and symbols: [glossary](../reference/glossary.md), [notation](../reference/notation.md).
#
# ### Test yourself
#
# **1.** A photo app tags pictures with "beach", "people", "night". Which loss?
#
# <details><summary>Answer</summary>
#
# Binary cross-entropy, one sigmoid a tag: a picture can have all of them, or none.
# </details>
#
# **2.** A model with ten classes gives each a probability of 0.1. How large is its cross-entropy?
#
# <details><summary>Answer</summary>
#
# $-\log 0.1 = \log 10 \approx 2.3$, whatever the labels are. That is what an untrained network starts
# near to; if yours starts far above, look for a mistake.
# </details>
#
# **3.** The loss on the training set falls, the accuracy stays the same. Is something broken?
#
# <details><summary>Answer</summary>
#
# Not necessarily: the model may be getting surer of answers that were right already. The loss sees
# that, the accuracy does not.
# </details>
#
# **Next:** {Lesson:gradient_descent} answers the second question, which way and how far to
# go, and opens the loop that you have been using.

# %% [markdown]
# # One neuron
#
# *About 45 minutes.* The smallest part of every network, taken apart completely. At the end you can
#
# - compute a neuron's output by hand, for one example and for a whole table of them;
# - write the sigmoid so that it survives very large numbers;
# - say what a single neuron can decide and what it cannot, and draw the line where it changes its
#   mind;
# - bring inputs of very different sizes to one scale, without cheating;
# - train a neuron on real medical data and recognise it as an old friend, logistic regression.
#
# (*The book*, here and later, is *An Introduction to Deep Learning* by Oh and Wong, 2021, which this
# workshop goes with. *Where the book differs* marks what it has wrong, or what has changed since.)

# %%
# %matplotlib inline
import time

import torch
from ipywidgets import FloatSlider, interact
from torch import Tensor, nn

from workshop.classroom.show import show_source
from workshop.figures import plots
from workshop.core.data import Split, load
from workshop.core.training import count_correct, evaluate, train_epochs
from workshop.day1 import neuron
from workshop.exercises import answer, check, hint

# %% [markdown]
# ## Two stages: mix, then squash
#
# A bank asks a neuron about a loan. The neuron sees three numbers, the applicant's age, income and
# bank balance, and it has an opinion on each of them: a **weight**. It multiplies every input by its
# weight, adds the products up, and adds a number of its own, the **bias**. That sum is called $z$:
#
# $$z = x_1 w_1 + x_2 w_2 + x_3 w_3 + b$$
#
# In the second stage $z$ goes through an **activation function** $g$, and what comes out, $a = g(z)$,
# is the neuron's **activation**. The book's example 1 has these numbers (a blue line is a weight above
# 0, a red and dashed one is below, and the yellow circle is an input that is always 1):

# %%
x = torch.tensor([29.0, 4000.0, 10000.0])  # age, income, balance
w = torch.tensor([0.1, 0.02, 0.01])  # what the neuron makes of each
b = torch.tensor(-180.0)

plots.neuron(w, b, x=x, names=["age", "income", "balance"])

# %% [markdown]
# ### Stage one: the weighted sum
#
# Term by term. Before you run the cell: which of the three inputs moves $z$ the most?

# %%
for name, x_i, w_i in zip(["age", "income", "balance"], x, w, strict=True):
    print(f"{name:8} {x_i:8.0f} * {w_i:.2f} = {x_i * w_i:6.1f}")
print(f"{'bias':8} {'':17} {b:6.1f}")
print(f"{'z':8} {'':17} {neuron.weighted_sum_loop(x, w, b):6.1f}")

# %% [markdown]
# The balance adds 100 although its weight is the smallest: a weight says little until you know how
# large its input is. Keep this in mind; it comes back when we train.
#
# Multiplying in pairs and adding up is a **dot product**, so the same sum can be written without a
# loop, $z = w^\top x + b$, and PyTorch has a ready-made layer that does just this:

# %%
layer = nn.Linear(3, 1)
with torch.no_grad():  # put the bank's weights into it
    layer.weight.copy_(w[None])  # [None] makes a table of one row
    layer.bias.copy_(b)

print("term by term   ", neuron.weighted_sum_loop(x, w, b).item())
print("dot product    ", (w @ x + b).item())  # w @ x multiplies in pairs and adds up
print("nn.Linear(3, 1)", layer(x).item())

# %% [markdown]
# (Not quite 2.9? Torch's usual numbers have 32 bits, enough for about seven digits. When 80, 100 and
# -180 have cancelled, only the last few of them are left.)
#
# ### Stage two: the activation
#
# A sum of 2.9 means little to a banker. The **sigmoid** turns it into a number between 0 and 1 that
# can be read as a probability:
#
# $$g(z) = \frac{1}{1 + e^{-z}}$$

# %%
z = torch.linspace(-8, 8, 200)
plots.functions(
    z,
    {"g(z) = 1 / (1 + exp(-z))": neuron.sigmoid(z)},
    points=[(2.9, neuron.sigmoid(torch.tensor(2.9)).item(), "the loan: z = 2.9")],
    title="The sigmoid squashes any number into (0, 1)",
    xlabel="z",
    ylabel="a",
)

# %%
a = neuron.neuron(x[None], w, b)
print(f"a = g(2.9) = {a.item():.5f}")
plots.neuron(w, b, x=x, names=["age", "income", "balance"], activation="sigmoid")

# %% [markdown]
# But the probability of what? Suppose the applicant earned more. **Your bet:** does $a$ rise or fall?

# %%
for income in (3700.0, 3800.0, 3900.0, 4000.0, 4100.0):
    a = neuron.neuron(torch.tensor([[29.0, income, 10000.0]]), w, b)
    print(f"income {income:.0f}: probability {a.item():.3f}")

# %% [markdown]
# It rises, so this is the probability that the loan is **approved**. *Where the book differs:* it says
# approval in one place and default in another, and it cuts the number to 0.947 (rounded it is 0.948).
#
# Notice how the probability changes: quickly around one half, slowly near 1. The sigmoid is steep in
# the middle and flat at its ends.

# %% [markdown]
# ## A whole table at once
#
# A bank has more than one applicant. Put $B$ of them, a **batch**, into the rows of a table `x` of
# shape $(B, n)$, one column per feature, and ask for all $B$ sums at once.
#
# **Exercise 1.** Return `z` for every row: shape $(B,)$, one number per example. Run the cell when
# you have an idea; `check` tells you what it makes of your answer, as often as you like.


# %% exercise="weighted_sum"
def weighted_sum(x, w, b):
    """z of each example: x (B, n), w (n,), b () -> (B,)."""
    raise NotImplementedError("write weighted_sum, then run this cell")


# Stuck? Take the '#' away: hint(weighted_sum) gives a nudge, answer(weighted_sum) the solution.
# hint(weighted_sum)
check(weighted_sum)

# %% [markdown]
# ### Why nobody writes the loop
#
# Three ways to get the same 200 sums of 1,000 products each: a loop over tensors, a loop over plain
# Python numbers, and one matrix product. **Your bet:** how many times as long do the loops take?

# %%
generator = torch.Generator().manual_seed(0)  # random numbers, the same ones each time
many = torch.randn(200, 1000, generator=generator)
weights = torch.randn(1000, generator=generator)
bias = torch.tensor(0.5)
rows, numbers = many.tolist(), weights.tolist()


def seconds(function):
    """The best time of three, which is the one that was disturbed least."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def plain_loop():
    return [sum(x_i * w_i for x_i, w_i in zip(row, numbers, strict=True)) + 0.5 for row in rows]


# Life is short: the loop over tensors gets 5 of the 200 examples, and its time is multiplied by 40.
over_tensors = 40 * seconds(
    lambda: [neuron.weighted_sum_loop(row, weights, bias) for row in many[:5]]
)
over_numbers = seconds(plain_loop)
product = seconds(lambda: neuron.weighted_sum(many, weights, bias))
print(f"loop over tensors:        {over_tensors / product:8,.0f} times as long as the product")
print(f"loop over Python numbers: {over_numbers / product:8,.0f} times as long as the product")

# %% [markdown]
# One matrix product hands all the work to optimised code in a single call. This is why deep learning
# is written in matrices, and why graphics cards, which are built for such products, are so good at it.

# %% [markdown]
# ## A sigmoid that survives
#
# **Exercise 2.** Write the sigmoid with `torch.exp`, without torch's own, for tensors of any shape.
# One test feeds it $z = \pm 1000$: no answer may be `nan`, "not a number".


# %% exercise="sigmoid"
def sigmoid(z):
    """1 / (1 + exp(-z)) of each element: any shape -> the same shape."""
    raise NotImplementedError("write sigmoid, then run this cell")


# hint(sigmoid)
check(sigmoid)

# %% [markdown]
# Two formulas that are equal on paper can differ in a computer, because `exp(1000)` is larger than
# the largest number that fits into 32 bits:

# %%
large = torch.tensor(1000.0)
print("exp(1000)                   =", torch.exp(large).item())
print("exp(1000) / (1 + exp(1000)) =", (torch.exp(large) / (1 + torch.exp(large))).item())
print("1 / (1 + exp(-1000))        =", (1 / (1 + torch.exp(-large))).item())

# %% [markdown]
# The library goes one step further. Training needs the *slope* of the sigmoid too, and there the
# short formula still fails at $z = -1000$. So our version only ever takes `exp` of numbers below
# zero:

# %%
show_source(neuron.sigmoid)

# %%
for name, g in {
    "short formula": lambda z: 1 / (1 + torch.exp(-z)),
    "library": neuron.sigmoid,
}.items():
    z = torch.tensor(-1000.0, requires_grad=True)
    g(z).backward()  # PyTorch computes the slope; {lesson:gradient_descent} shows how
    print(f"{name:14} slope at z = -1000: {z.grad.item()}")

# %% [markdown]
# ## What one neuron can decide
#
# Say yes when $a > 0.5$. Since $g(0) = 0.5$ and the sigmoid only rises, that is the same as $z > 0$.
# The border between yes and no is where $z$ is exactly zero. For two inputs,
#
# $$w_1 x_1 + w_2 x_2 + b = 0,$$
#
# which is the equation of a **straight line**. Here are three neurons. The second has other weights,
# which turn the line, and a bias, which moves it. The weights of the third are those of the first,
# five times as long: same line, but look at the shading.


# %%
def undecided(w1: float, w2: float, b: float):
    """The picture of one neuron over two inputs."""
    points = torch.tensor([[-2.0, -1.0], [1.0, 2.0], [2.0, -1.0], [-1.0, 1.5]])
    w = torch.tensor([w1, w2])
    side = (neuron.weighted_sum(points, w, torch.tensor(b)) > 0).long()
    return lambda grid: neuron.neuron(grid, w, torch.tensor(b)), points, side


three = {
    "w = (1, 1), b = 0": (1.0, 1.0, 0.0),
    "w = (1, -2), b = 2": (1.0, -2.0, 2.0),
    "w = (5, 5), b = 0": (5.0, 5.0, 0.0),
}
points = undecided(1.0, 1.0, 0.0)[1]
plots.boundaries(
    {title: undecided(*values)[0] for title, values in three.items()},
    points,
    torch.tensor([0, 1, 1, 1]),
    limits=((-3, 3), (-3, 3)),
)

# %% [markdown]
# The longer the weights, the more certain the neuron. Try it yourself (here the points take the colour
# that the neuron gives them). Can you make it say yes to exactly the two points on the right?


# %%
@interact(
    w1=FloatSlider(1.0, min=-10, max=10),
    w2=FloatSlider(1.0, min=-10, max=10),
    b=FloatSlider(0.0, min=-10, max=10),
)
def explore(w1, w2, b):
    predict, points, side = undecided(w1, w2, b)
    return plots.boundary(predict, points, side, limits=((-3, 3), (-3, 3)))


# %% [markdown]
# **Exercise 3.** Where exactly is the line? Solve the equation for $x_2$ and return it for each given
# $x_1$. (In the tests `w[1]` is never zero. What would the line look like if it were?)


# %% exercise="boundary_x2"
def boundary_x2(x1, w, b):
    """x2 of the points where z = 0: x1 (N,), w (2,), b () -> (N,)."""
    raise NotImplementedError("write boundary_x2, then run this cell")


# hint(boundary_x2)
check(boundary_x2)

# %% [markdown]
# ## A neuron that learns
#
# So far somebody chose the weights. Now they come from data: 569 tumours, each measured under the
# microscope in 30 ways, and the question whether it is malignant (0) or benign (1). A fifth of the
# rows is the **test set**: we look at it at the very end, when nothing is left to be chosen.

# %%
raw = load("breast_cancer")
print(f"{len(raw.development)} examples to learn from, {len(raw.test)} for the test")
for column in (3, 0, 4):
    values = raw.train.x[:, column]
    print(
        f"{raw.feature_names[column]:16} mean {values.mean():8.3f}, deviation {values.std():8.3f}"
    )

# %% [markdown]
# Remember the balance: an input in the hundreds moves $z$ far more than one that is always near 0.1.
# It does the same to training, as we shall see. So each column is **standardised**: shifted and scaled
# to mean 0 and standard deviation 1.
#
# **Exercise 4.** Do it. One trap: the mean and deviation must be those of the *training* examples, for
# new ones too. Otherwise the model would learn something about data it is not meant to have seen, and
# one new example alone could not be measured at all.


# %% exercise="standardize"
def standardize(x, train):
    """x (M, n), train (N, n) -> (M, n): by mean and deviation (correction=0) of train's columns.

    A column that is the same in all of train is only shifted.
    """
    raise NotImplementedError("write standardize, then run this cell")


# hint(standardize)
check(standardize)

# %%
data = raw.standardized()  # the library's, for all three parts at once
known = data.development  # the training and the validation part, to learn from
print("area before:", [round(v, 1) for v in raw.train.x[:5, 3].tolist()])
print("area after: ", [round(v, 2) for v in data.train.x[:5, 3].tolist()])

# %% [markdown]
# The neuron below returns $z$, not $g(z)$. Models in this workshop always do; $z$ has a name of its
# own, the **logit**, and the loss (here `nn.BCEWithLogitsLoss`, which {lesson:losses} takes apart) applies the
# sigmoid inside. `train_epochs` is still the machine of {lesson:representation} that turns the weights, little by
# little, so that the loss goes down:

# %%
show_source(neuron.Neuron)

# %%
torch.manual_seed(0)
model = neuron.Neuron(features=30)
history = plots.live(
    train_epochs(
        model,
        (known.x, known.y.float()),  # this loss wants 0.0 and 1.0, not 0 and 1
        loss_fn=nn.BCEWithLogitsLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.5),
        epochs=200,
    ),
    title="A neuron learns to tell tumours apart",
)

# %% [markdown]
# And without one scale? The same neuron and the same learning rate, on the raw measurements:

# %%
torch.manual_seed(0)
unscaled = neuron.Neuron(features=30)
history = plots.live(
    train_epochs(
        unscaled,
        (raw.development.x, raw.development.y.float()),
        loss_fn=nn.BCEWithLogitsLoss(),
        optimizer=torch.optim.SGD(unscaled.parameters(), lr=0.5),
        epochs=200,
    ),
    title="The same on raw measurements",
)

# %% [markdown]
# Mind the scale of that axis: the large columns throw the weights to and fro, and the loss stays far
# above that of the first neuron.
#
# Now the test of the first neuron. How do we know it has learned anything about tumours? A neuron that
# learned from **shuffled labels**, where every tumour got the answer of another, cannot have: it shows
# what is to be had for nothing. **Your bet** for both?

# %%
shuffled = Split(known.x, known.y[torch.randperm(len(known), generator=generator)])
luck, _ = neuron.train(shuffled, neuron.Config(epochs=200), seed=0)
for name, tested in (("learned from the labels", model), ("from shuffled labels", luck)):
    score = evaluate(tested, data.test, metrics={"accuracy": count_correct})
    print(f"{name:24} right on {score.sums['accuracy']} of {score.total} tumours never seen")
print(f"always 'benign':         right on {data.test.y.sum().item()} of {len(data.test)}")

# %% [markdown]
# ### An old friend
#
# One sigmoid neuron, trained with this loss, is **logistic regression**, the classic of statistics.
# If that is true, a library for statistics must find the same weights. scikit-learn's
# `LogisticRegression` always pulls the weights a little towards zero (L2 regularisation; {lesson:generalization}
# calls it weight decay), so we train once more with an equal pull, and for long enough to arrive:

# %%
config = neuron.Config()  # 1,200 epochs, and a pull of 0.01
torch.manual_seed(0)
model, _ = neuron.train(known, config, seed=0)
theirs, their_bias = neuron.sklearn_weights(known, config.l2)
ours = model.linear.weight[0].detach()  # just the numbers, without what PyTorch keeps for training

print("           neuron  scikit-learn")
for name, mine, other in list(zip(raw.feature_names, ours, theirs, strict=True))[:6]:
    print(f"{mine:17.4f} {other:13.4f}   {name}")
print(f"{model.linear.bias.item():17.4f} {their_bias.item():13.4f}   bias")
print(f"largest difference of all 30: {(ours - theirs).abs().max():.1e}")
plots.scatter(
    theirs,
    ours,
    line=(theirs.sort().values, theirs.sort().values),
    label="equal",
    xlabel="scikit-learn's weights",
    ylabel="the neuron's weights",
    title="Thirty weights, found in two ways",
)

# %% [markdown]
# And its boundary is a straight line, on real data as on four points. In 30 dimensions nobody can draw
# it; with two of the measurements we can:

# %%
radius, texture = 20, 21  # of each tumour's largest cells
two = Split(known.x[:, [radius, texture]], known.y)
torch.manual_seed(0)
small, _ = neuron.train(two, config, seed=0)
plots.boundary(
    lambda grid: torch.sigmoid(small(grid)),
    *two,
    names=["malignant", "benign"],
    title="$x_1$: radius, $x_2$: texture, both standardised",
)

# %%
w, b = small.linear.weight[0].detach(), small.linear.bias[0].detach()
their_w, their_b = neuron.sklearn_weights(two, config.l2)
x1 = torch.tensor([-1.0, 0.0, 1.0])
print("the neuron's line:", [f"{v:.3f}" for v in neuron.boundary_x2(x1, w, b).tolist()])
print("scikit-learn's:   ", [f"{v:.3f}" for v in neuron.boundary_x2(x1, their_w, their_b).tolist()])

# %% [markdown]
# A few tumours are on the wrong side. No training will mend that; a line cannot go round them.
#
# Why did we insist on that little pull? Without it this task has no best answer at all. Watch what
# happens when the pull gets weaker and weaker: scikit-learn's neuron is wrong on fewer and fewer of the
# examples it has seen, and its weights get longer and longer.

# %%
for l2 in (1e-1, 1e-3, 1e-5, 1e-7):
    w, b = neuron.sklearn_weights(known, l2)
    wrong = ((neuron.weighted_sum(known.x.double(), w, b) > 0) != known.y.bool()).sum()
    print(f"pull {l2:.0e}: length of w {w.norm():8.1f}, wrong on {wrong.item()} of {len(known)}")

# %% [markdown]
# In the end a hyperplane, the straight line's big sister in 30 dimensions, separates all of them. From
# then on, longer weights are always a little better, without end.

# %% [markdown]
# ## Recap
#
# - A neuron takes a weighted sum of its inputs, adds a bias, and passes the result through an
#   activation function: $a = g(w^\top x + b)$.
# - For a batch it is one matrix product, which is far faster than a loop.
# - The sigmoid turns any number into a probability; written with care, it does so for all numbers.
# - Inputs are brought to one scale before training, with the numbers of the training part.
# - One sigmoid neuron is logistic regression: its boundary is a straight line, and no training can
#   bend it.
#
# Words and symbols: [glossary](../reference/glossary.md), [notation](../reference/notation.md).
#
# ### Test yourself
#
# **1.** All inputs are zero. What does the sigmoid neuron answer?
#
# <details><summary>Answer</summary>
#
# $z = b$, so $a = g(b)$. The bias is the neuron's opinion before it has seen anything; with $b = 0$ it
# answers 0.5.
# </details>
#
# **2.** Income is entered in thousands of dollars instead of dollars. What must happen to its weight
# for the loan neuron to answer as before?
#
# <details><summary>Answer</summary>
#
# The input is a thousand times smaller, so the weight must be a thousand times larger: 20 instead
# of 0.02.
# </details>
#
# **3.** You multiply all weights and the bias by 10. Which decisions change?
#
# <details><summary>Answer</summary>
#
# None: $10z$ has the sign of $z$, so the line stays where it is. Only the probabilities move closer to
# 0 and 1, and the neuron sounds more certain than before.
# </details>
#
# **Next:** one neuron draws one line. {Lesson:layers} puts many side by side, and then
# behind each other.

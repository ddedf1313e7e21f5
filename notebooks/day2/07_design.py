# %% [markdown]
# # How deep, how wide, and which loss
#
# *About 75 minutes.* Welcome to Day 2! You know the parts now: neurons and layers, activations,
# losses, and the loop that trains them. Today you put them together: first how to design, train and
# tame a network, then networks that see, read and write. At the end of this lesson you can
#
# - say what depth buys, and show where more layers do harm;
# - see gradients vanish, and keep them alive with ReLU, a good start, BatchNorm and skip connections;
# - find dead units and revive them;
# - choose output, loss, label format and metric for a task, and see what a wrong choice costs.

# %%
# %matplotlib inline
import torch
from ipywidgets import Dropdown, IntSlider, interact
from torch import Tensor, nn

from workshop.classroom import climb
from workshop.classroom.show import show_source
from workshop.figures import plots
from workshop.core.data import Split, load
from workshop.core.training import History, count_correct, evaluate, train_epochs
from workshop.day1 import activations, losses
from workshop.day2.design import chooser, degradation, dying, heads, parity, vanishing, width
from workshop.exercises import answer, check, hint, markdown

torch.set_num_threads(1)  # small networks are fastest on one thread
mnist = load("mnist5k")

# %% [markdown]
# ## Three decisions
#
# The **architecture** of a network is its build: how many layers (the **depth**), how many units in
# each (the **width**), and how the layers are connected.

# %%
plots.network([4, 6, 6, 6, 3], title="Depth: the layers. Width: the units of a layer")

# %% [markdown]
# So far, and in this lesson, every unit looks at *all* units of the layer before: such layers are
# called **dense**, or fully connected. That costs a lot of parameters. A **convolution** ({lesson:cnn})
# connects sparsely: each of its units looks through a small window, and all windows share their
# weights. For one image of 28 by 28 pixels:

# %%
pixels = 28 * 28
print(f"dense, {pixels} inputs -> {pixels} units:      {width.dense_parameters(pixels, pixels):7,}")
print(f"convolution, a 3 x 3 window, 1 map:  {width.convolution_parameters(1, 1, 3):7,}")
print(f"convolution, a 3 x 3 window, 8 maps: {width.convolution_parameters(1, 8, 3):7,}")
print(f"PyTorch agrees: {sum(p.numel() for p in nn.Conv2d(1, 8, 3).parameters())}")

# %% [markdown]
# ## What depth buys
#
# One hidden layer can come close to any continuous function ({lesson:activations}). Why have more? One answer is
# {lesson:representation}'s: each layer builds its features from simpler ones. Another: what a deep network says
# briefly may take a shallow one very many units. The classic example is **parity**: is the number of
# ones among $n$ bits odd?

# %%
x, y = parity.patterns(8)
for row in (0, 1, 3, 100, 255):
    bits = "".join("1" if bit > 0 else "0" for bit in x[row])
    print(bits, "odd" if y[row] else "even")

# %% [markdown]
# Change any one bit, and the answer changes. Write the bits as -1 and 1 and add them up: along that
# sum the answer goes up and down like the teeth of a saw. One hidden layer needs a bend at every
# turn. But **fold** the line in the middle, and half of the teeth lie on the other half. Fold again.
# Each fold is $|z| = \mathrm{ReLU}(z) + \mathrm{ReLU}(-z)$, a layer of two units:

# %%
show_source(parity.parity_by_folding)

# %%
wrong = (parity.parity_by_folding(x) != y).sum().item()
print(f"{len(x)} patterns of 8 bits, wrong: {wrong}")
sizes = [2, 4, 8, 16, 32, 64]
plots.functions(
    sizes,
    {"one layer, a bend per tooth": sizes, "folded": [parity.folding_units(n) for n in sizes]},
    xlabel="bits",
    ylabel="hidden units",
    title="Units for the parity of n bits",
)

# %% [markdown]
# Those weights were put in by hand. Can such a network be *learned*? A deep net of three layers, each
# of which makes one number out of every pair of neighbours, against a single hidden layer with as
# many parameters. Both learn from half of the 256 patterns and are tested on the other half. (They
# are started 40 times each, and the start that fits its *training* half best is kept. The optimizer,
# Adam, comes in {lesson:optimizers}.) **Your bet?**

# %%
torch.manual_seed(0)
config = parity.Config()
known, new = parity.halves(config.bits, seed=0)
scores = {}
for name, model in parity.equal_pair(config).items():
    _, best = parity.train(model, known, config)
    title = f"{name}, {parity.numbers_per_net(model)} numbers"
    for part, patterns in (("known", known), ("new", new)):
        measured = parity.score(model, patterns, best, name)
        scores[f"{name},\n{part}\npatterns"] = measured.value
        print(f"{title}: {measured.correct} of {measured.total} {part} patterns")
plots.bars(scores, ylabel="accuracy", title="Parity of 8 bits", line=(0.5, "guessing"))

# %% [markdown]
# Both fit what they have seen, and only the deep one has understood. Depth alone does not do it: the
# layers of pairs also tell it *how* the problem comes apart, and all pairs of a layer share their
# weights. Depth pays when a problem is made of parts that are made of parts.
#
# ## Where more layers do harm
#
# So the deeper the better? Twenty layers against 56, on MNIST-5k at half its size. Both have
# **BatchNorm** after each layer (it keeps the numbers at a steady scale; {lesson:generalization} opens it) and
# **Kaiming's start**: weights drawn with variance $2/n_{in}$, so that a signal keeps its size on its
# way through ReLUs. **Your bet:** which has the lower error on its own *training* digits?

# %%
small = degradation.half_size(mnist)
brief = degradation.Config(epochs=5)  # a shorter run than that of `workshop run design`
errors, finals, nets = {}, {}, {}


def compare(kind, skip):
    for depth in (20, 56):
        nets[depth, kind], history = degradation.train(small.train, brief, depth, skip=skip, seed=0)
        errors[f"{depth} layers, {kind}"] = History(
            [{"epoch": row["epoch"], "training error": 1 - row["accuracy"]} for row in history.rows]
        )
        for part, data in (("training", small.train), ("validation", small.validation)):
            score = evaluate(nets[depth, kind], data, metrics={"right": count_correct})
            finals[f"{depth} {kind},\n{part}"] = 1 - score["right"]


compare("plain", skip=False)
plots.curves(errors, ("training error",), title="Deeper, and worse")

# %%
plots.bars(finals, title="Error after training", ylabel="share of digits read wrong")

# %% [markdown]
# The deeper network is worse on the digits it is *trained* on. That is no overfitting: it is
# called **degradation**. And yet 56 layers contain 20: if the
# other 36 only passed on what comes in, the two would be equal. Passing on is just what stacked layers
# find hard to learn.
#
# So make it the default. A **residual block** adds its input to what its layers make of it (as in
# {lesson:layers}, now with a ReLU on the sum):
#
# $$\mathrm{out} = \mathrm{ReLU}(x + f(x))$$
#
# With weights and biases of 0 it passes on $x$ (which is never below 0 behind another ReLU). The path
# past the layers is called a **skip connection**. (*Where the book differs:* its Day 1 says that skip
# connections avoid overfitting. They fix degradation.)
#
# **Exercise 1.** Write a residual block of two layers, $f(x) = W_2\,\mathrm{ReLU}(W_1x + b_1) + b_2$, with
# tensors all the way: gradients must flow through it.


# %% exercise="residual_block"
def residual_block(x, w1, b1, w2, b2):
    """relu(x + f(x)): x (B, H), w1 and w2 (H, H), b1 and b2 (H,) -> (B, H)."""
    raise NotImplementedError("write residual_block, then run this cell")


# Stuck? Take the '#' away: hint(residual_block) gives a nudge, answer(...) the solution.
# hint(residual_block)
check(residual_block)

# %% [markdown]
# The same two networks again, with a skip past every two layers and nothing else changed:

# %%
compare("residual", skip=True)
plots.curves(errors, ("training error",), title="With skip connections")

# %%
for name, error in finals.items():
    print(f"{' '.join(name.split()):30} error {error:.3f}")

# %% [markdown]
# The residual pair trains at both depths. (Nothing is gained by 56 layers over 20 here: digits do not
# need that depth. Residual networks of 152 layers, called ResNets, earned
# their keep on photographs.)
#
# Why do plain layers fail? Let us look at what training lives on: the gradient.
#
# ## The gradient on its way back
#
# By the chain rule, the gradient of an early weight is a *product*, with a factor for each layer
# behind it. The book's example is one unit: $\partial J/\partial z = 0.3$ and
# $\partial z/\partial W = 0.5$, at learning rate 0.1.

# %%
gradient, w = vanishing.one_update(w=1.0, dj_dz=0.3, dz_dw=0.5, lr=0.1)
print(f"dJ/dW = 0.3 * 0.5 = {gradient:.2f}, so W goes from 1 to {w:.3f}: a step of {1 - w:.3f}")
z = torch.tensor(0.3, requires_grad=True)  # the same by autograd: z = 0.5 W, J = 0.3 z
weight = torch.tensor(1.0, requires_grad=True)
(0.3 * (0.5 * weight)).backward()
print(f"autograd: {weight.grad.item():.2f}")

# %% [markdown]
# A step of 0.015 is small, but it is a step. (*Where the book differs:* it calls this vanishing; one
# layer does not vanish. Many do.) Look at the sigmoid's slope, which every sigmoid layer puts into
# the product:

# %%
z = torch.linspace(-8, 8, 401)
s = activations.sigmoid(z)
plots.functions(
    z,
    {"sigmoid": s, "its slope": s * (1 - s)},
    points=[(0.0, 0.25, "at most 0.25")],
    title="Flat at both ends: the sigmoid saturates",
)

# %%
for layers in (1, 2, 5, 10, 20, 56):
    print(f"{layers:2} sigmoid layers: at most 0.25^{layers} = {0.25**layers:.1e}")

# %% [markdown]
# (Times the weights, which may make up for some of it.) ReLU's slope is 1 wherever it is on. Now
# measure it: six networks of ten layers, *before* training, and for each layer the size of its
# gradient, $\lVert\partial J/\partial W\rVert$, as a power of ten.

# %%
show_source(vanishing.gradient_norms)

# %%
NAMES = {
    "sigmoid": "sigmoid",
    "relu": "ReLU, PyTorch's start",
    "kaiming": "ReLU, Kaiming's start",
    "batchnorm": "+ BatchNorm",
    "residual": "+ skips",
    "both": "+ both",
}


def powers_of_ten(depth, variant):
    torch.manual_seed(0)
    model = vanishing.deep_network(784, 128, depth, **vanishing.VARIANTS[variant])
    norms = vanishing.gradient_norms(model, mnist.train.x[:256], mnist.train.y[:256])
    return torch.tensor(norms).clamp(min=1e-40).log10()


layers = range(1, 11)
plots.panels(
    [
        (NAMES[variant], layers, {"log10 of the norm": powers_of_ten(10, variant)})
        for variant in vanishing.VARIANTS
    ],
    xlabel="layer",
    ylabel="power of ten",
)

# %% [markdown]
# (Mind the scales.) With sigmoids the gradient fades by many powers of ten from the last layer to the
# first: the first layers will hardly move. Try other depths:


# %%
@interact(
    variant=Dropdown(options={name: key for key, name in NAMES.items()}),
    depth=IntSlider(20, min=4, max=56, step=2, continuous_update=False),
)
def fade(variant, depth):
    return plots.functions(
        range(1, depth + 1),
        {NAMES[variant]: powers_of_ten(depth, variant)},
        xlabel="layer",
        ylabel="power of ten",
        title="Size of the gradient, layer by layer",
    )


# %% [markdown]
# And the 56 plain layers above, which had BatchNorm? Look at the fresh networks, first layer against
# last:

# %%
for depth in (20, 56):
    for kind, skip in (("plain", False), ("residual", True)):
        torch.manual_seed(0)
        model = vanishing.deep_network(196, 32, depth, norm=True, skip=skip)
        norms = vanishing.gradient_norms(model, small.train.x[:256], small.train.y[:256])
        print(f"{depth} layers, {kind:9} first {norms[0]:9.1f}   last {norms[-1]:6.2f}")

# %% [markdown]
# There it does not vanish at all. In our deep plain net it *grows* on its way back, layer by layer,
# until the first layer's is thousands of times the last one's: one learning rate can hardly suit both.
# (*Where the book differs:* it lists vanishing gradients as a cause of the degradation. He and others,
# whose figure it is, thought that unlikely, since their nets had BatchNorm.) Skips keep it in bounds.
#
# ### Does it matter for learning?
#
# Ten layers, five epochs, six ways. First the sigmoid, live, then all of them. **Your bet** for each?

# %%
torch.manual_seed(0)
model = vanishing.deep_network(784, 128, 10, **vanishing.VARIANTS["sigmoid"])
history = plots.live(
    train_epochs(
        model,
        mnist.train,
        loss_fn=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.1),
        epochs=5,
        batch_size=64,
        validation=mnist.validation,
        metrics={"accuracy": count_correct},
    ),
    ("loss", "accuracy"),
    title="Ten sigmoid layers",
)

# %%
config = vanishing.Config()
validation = {}
for variant, options in vanishing.VARIANTS.items():
    torch.manual_seed(0)
    model = vanishing.deep_network(784, config.width, config.depth, **options)
    vanishing.train(model, mnist.train, config, seed=0)
    score = evaluate(model, mnist.validation, metrics={"right": count_correct})
    validation[variant] = score["right"]
plots.bars(
    {NAMES[v].replace(", ", ",\n"): a for v, a in validation.items()},
    title="Ten layers after five epochs",
    ylabel="accuracy on validation digits",
    line=(0.1, "guessing"),
)

# %% [markdown]
# Two of them have learned nothing. For the best on *validation*, one refit on training and validation
# digits together, and one look at the test digits. It goes on your **climb**:

# %%
best = max(validation, key=validation.get)
torch.manual_seed(0)
model = vanishing.deep_network(784, config.width, config.depth, **vanishing.VARIANTS[best])
vanishing.train(model, mnist.development, config, seed=0)
score = evaluate(model, mnist.test, metrics={"right": count_correct})
climb.add("ten layers", lesson="design", correct=score.sums["right"], total=score.total)
print(f"{NAMES[best]}: {score.sums['right']} of {score.total} test digits right")
climb.show()

# %% [markdown]
# Ten layers for digits is more than it takes; the point was that they *can* be trained.
#
# ## How wide?
#
# More units are like more features: the network can fit more. Will it also overfit more? 500 training
# digits, one hidden layer. **Your bet:** where is the best width?

# %%
few = width.few_digits(500)
config = width.Config(epochs=40)
sweep = width.sweep(few, config, seed=0)
accuracies = {
    "training": [train for train, _ in sweep.values()],
    "validation": [validation for _, validation in sweep.values()],
}
plots.functions(
    torch.tensor(list(sweep)).log2(),
    accuracies,
    xlabel="log2 of the number of units",
    ylabel="accuracy",
    title="Two units to 256",
)

# %%
for units, (on_training, on_validation) in sweep.items():
    print(f"{units:4} units: training {on_training:.3f}, validation {on_validation:.3f}")

# %% [markdown]
# Two units cannot even learn the training digits: high **bias** (too simple; not a neuron's bias). More
# width brings the training score to the top, and a gap to the validation score: **overfitting**, of
# which more in {lesson:generalization}. But once all training digits are fit, still wider nets are hardly worse on new
# ones. (*Where the book differs:* wider means more overfitting, it says, and deeper generalises better.
# Mostly; counterexamples are wide residual networks and very wide nets that get better again, **double
# descent**.)
#
# ## Which bend?
#
# In hidden layers: ReLU, the same for all hidden layers unless there is a reason. At the output it
# depends on the task. ReLU has one flaw: a unit that is off, with slope 0, for *every* example gets no
# gradient and stays off for good: it is **dead**. A learning rate too high can do it in a few steps:

# %%
killed = {f"rate {lr:g}": dying.dead_after(lr, mnist.train, seed=0) for lr in (0.1, 0.5, 1, 2, 5)}
plots.bars(killed, title="Dead ReLUs after 100 updates", ylabel="dead, of 64 units")

# %% [markdown]
# **LeakyReLU** lets a little through below zero, with a slope of 0.01 as a rule:
#
# $$\mathrm{LeakyReLU}(z) = z \text{ where } z \ge 0, \text{ else } 0.01\,z$$
#
# **Exercise 2.** Write it by hand, without torch's own, with the slope (of any size) as an argument.
# Gradients must flow through it.


# %% exercise="leaky_relu"
def leaky_relu(z, slope=0.01):
    """z where z >= 0, else slope * z, elementwise: any shape -> the same."""
    raise NotImplementedError("write leaky_relu, then run this cell")


# hint(leaky_relu)
check(leaky_relu)

# %%
z = torch.linspace(-4, 4, 400)
torch.manual_seed(0)
plots.panels(
    [
        ("LeakyReLU, slope 0.1 to be seen", z, {"g(z)": dying.leaky_relu(z, 0.1)}),
        ("PReLU: the slope is learned", z, {"g(z)": nn.PReLU(init=0.25)(z)}),
        ("RReLU: a random slope, in training", z, {"g(z)": nn.RReLU()(z)}),
    ]
)

# %% [markdown]
# **PReLU** has a slope that is trained like a weight; **RReLU** draws it at random while training and
# takes the middle afterwards.
#
# **Exercise 3.** Find the dead units: given what each unit gets for each example, before the ReLU.


# %% exercise="dead_units"
def dead_units(z):
    """Units at or below 0 for every example: z (N, H), before the ReLU -> True or False (H,)."""
    raise NotImplementedError("write dead_units, then run this cell")


# hint(dead_units)
check(dead_units)

# %% [markdown]
# Now we kill a whole hidden layer on purpose: all of its biases are pushed to -1.5. Then it is trained
# on, once with ReLU and three times, from the very same weights, with something else in its place.

# %%
config = dying.Config(epochs=10)
torch.manual_seed(0)
model = dying.network(64)
dying.kill(model, config.bias)
print("dead before training:", dying.count_dead(model, mnist.train.x), "of 64")
model(mnist.train.x[:256]).logsumexp(dim=1).sum().backward()
print("gradient of the hidden weights:", model[1].weight.grad.abs().max().item())

after = {}
for name, activation in dying.RECTIFIERS.items():
    model, history = dying.train(activation, mnist.train, config, seed=0)
    score = evaluate(model, mnist.validation, metrics={"right": count_correct})
    after[activation.__name__] = score["right"]
plots.bars(
    after,
    title="A dead layer, trained on",
    ylabel="accuracy on validation digits",
    line=(0.1, "guessing"),
)

# %% [markdown]
# The gradient is exactly 0, and with ReLU nothing ever changes. A small leak is enough to come back.
#
# ## Which output, which loss?
#
# That is decided by the task. Here is the whole choice in one table, and in code. (**F1** says how well
# the yeses are found, 1 at best; {lesson:recurrent} opens it.)

# %%
rows = ["| task | such as | read by | loss | labels | metric |", "|---|---|---|---|---|---|"]
for head in heads.HEADS:
    reads = {"Identity": "linear (nothing)"}.get(
        type(head.activation).__name__, type(head.activation).__name__
    )
    rows.append(
        f"| {head.task} | {head.example} | {reads} | nn.{type(head.loss).__name__} | "
        f"`{head.label_format}` | {head.metric} |"
    )
markdown("\n".join(rows))

# %% [markdown]
# ReLU belongs in hidden layers, so it is not in the table. (*Where the book differs:* it puts softmax
# or sigmoid into the output layer and the loss behind it; PyTorch's two losses take **logits** and
# have them inside, which is safe at any score. It gives one-hot labels for many classes; class ids
# are the usual form in PyTorch. The sigmoid's range is $(0, 1)$: the ends are only approached. And
# its `[6,6]` is meant to be `[6.6]`.)

# %%
print(heads.head_for("regression").labels([1.3, 5.7, 6.6]).tolist())
print(heads.head_for("binary").labels([0, 1]).tolist())
print(heads.head_for("multi-class").labels([0, 1]).tolist())
print(heads.one_hot(heads.class_ids([0, 1]), 3).tolist())
print(heads.head_for("multi-label").labels([[1, 2], [0, 2]]).tolist())

# %% [markdown]
# ### The losses, once by hand
#
# With $m$ examples. For a number: the **mean squared error** $\frac1m\sum(\hat y - y)^2$, or the mean
# absolute error, which is less impressed by a few large misses. For yes or no: **binary
# cross-entropy**.
#
# $$-\frac1m\sum\,[\,y\log\hat y + (1-y)\log(1-\hat y)\,]$$
#
# (*Where the book differs:* the square bracket is missing there, as {lesson:losses} said.) One of its two
# terms is always 0, so it is two curves:

# %%
p = torch.linspace(0.005, 0.995, 400)
plots.functions(
    p,
    {"label 1: -log p": -p.log(), "label 0: -log(1 - p)": -(1 - p).log()},
    xlabel="predicted probability of yes",
    ylabel="loss",
    title="Sure and wrong is expensive",
)

# %% [markdown]
# At $p = 0$ or 1, sure and wrong would cost infinity. nn.BCELoss stops the logarithm at -100. With
# logits, nothing has to be stopped:

# %%
sure, label = torch.tensor([0.0, 1.0]), torch.tensor([1.0, 0.0])
print("BCELoss at p = 0 and 1, both wrong:", nn.BCELoss()(sure, label).item())
print("by hand:                           ", losses.binary_cross_entropy(sure, label).item())
scores = torch.tensor([-200.0, 200.0])
print("from logits of -200 and 200:       ", nn.BCEWithLogitsLoss()(scores, label).item())
guess, price = torch.tensor([1.0, 6.0, 6.0]), torch.tensor([1.3, 5.7, 6.6])
print(
    f"MSE {losses.mse(guess, price):.3f}, torch {nn.MSELoss()(guess, price):.3f};"
    f" MAE {losses.mae(guess, price):.3f}, torch {nn.L1Loss()(guess, price):.3f}"
)

# %% [markdown]
# For one class of many: **categorical cross-entropy**,
# $-\frac1m\sum_i\sum_k y_{ik}\log\hat y_{ik}$. With a one-hot row only the right class counts: the
# loss is minus the logarithm of the probability it was given.
#
# **Exercise 4.** Write it with two loops, over examples and classes, and with `torch.log`, through which
# gradients flow. Mind a probability of 0: where the label is 0 too, $0\cdot\log 0$ is 0 on paper; where
# it is 1, the loss is infinite, as it should be.


# %% exercise="cce_loops"
def cce_loops(p, y):
    """-1/m sum_i sum_k y[i, k] log p[i, k]: p and y (m, K) -> ()."""
    raise NotImplementedError("write cce_loops, then run this cell")


# hint(cce_loops)
check(cce_loops)

# %%
logits, ids = torch.tensor([[2.0, 0.5, -1.0], [0.1, 0.2, 3.0]]), torch.tensor([0, 1])
one_hot = heads.one_hot(ids, 3)
print("two loops     ", losses.cce_loops(logits.softmax(dim=1), one_hot).item())
print("on class ids  ", nn.CrossEntropyLoss()(logits, ids).item())
print("on one-hot    ", nn.CrossEntropyLoss()(logits, one_hot).item())

# %% [markdown]
# ### One class, or several at once?
#
# **Multi-class**: each image shows exactly one of $C$ things. **Multi-label**: it may show several.
# Here are both for $C = 3$, composed from small handwritten digits 1, 2 and 3:

# %%
one_known, one_new = chooser.composed(2000, most=1, seed=0)
any_known, any_new = chooser.composed(2000, most=3, seed=0)


def label_text(y):
    return [str([int(v) for v in row]) for row in y]


plots.images(
    torch.cat([one_known.x[:6], any_known.x[:6]]),
    titles=label_text(one_known.y[:6]) + label_text(any_known.y[:6]),
    columns=6,
    title="One label each (above), several labels (below): is there a 1, a 2, a 3?",
)

# %% [markdown]
# The same network for both, with three outputs. Softmax shares out one whole among the classes, so it
# says "one of these"; three sigmoids each say yes or no. What if we take the wrong one, softmax where
# several answers may be true? **Your bet?**

# %%
config = chooser.Config(epochs=25)
model, _ = chooser.train(
    Split(one_known.x, one_known.y.argmax(dim=1)),  # one-hot rows become class ids
    3,
    nn.CrossEntropyLoss(),
    config,
    seed=0,
)
right = evaluate(model, (one_new.x, one_new.y.argmax(dim=1)), metrics={"right": count_correct})[
    "right"
]
results = {"one label,\nsoftmax": right}
shares = Split(any_known.x, any_known.y / any_known.y.sum(dim=1, keepdim=True))
for title, task, data in (
    ("several labels,\nsigmoids", "multi-label", any_known),
    ("several labels,\nsoftmax", "multi-class", shares),
):
    head = heads.head_for(task)
    model, _ = chooser.train(data, 3, head.loss, config, seed=0)
    with torch.no_grad():
        p = head.activation(model(any_new.x))
    results[title] = (losses.kinds.count_exact(p - 0.5, any_new.y) / len(p)).item()
    print(f"{' '.join(title.split()):27} F1 {chooser.f1(p, any_new.y):.3f}")
    print("   probabilities", [round(v, 2) for v in p[0].tolist()], "labels", any_new.y[0].tolist())
plots.bars(results, title="Images with all labels right", ylabel="share of 1,000 new images")

# %% [markdown]
# Softmax can put only one of its shares above one half, so it never says that two digits are there.
#
# ### What other wrong choices cost
#
# Each row of the table on a small real task, and beside it the row of another task on the same data.
# **Your bet:** which of the wrong choices is the worst?

# %%
result = chooser.run(chooser.Config(epochs=20), seed=0, device=torch.device("cpu"), progress=False)
found = {m.name.removeprefix("chooser_"): m.value for m in result.metrics}
for task, metric, sound, mistaken, what in (
    ("diabetes", "R2", "regression_r2", "regression_sigmoid_r2", "a sigmoid at the output"),
    ("tumours", "accuracy", "binary_accuracy", "binary_softmax_accuracy", "softmax, one output"),
    (
        "digits",
        "accuracy",
        "multiclass_accuracy",
        "multiclass_as_number_accuracy",
        "the digit as a number, MSE",
    ),
    ("composed", "all right", "multilabel_all_right", "multilabel_softmax_all_right", "softmax"),
):
    print(f"{task:9} {metric:9} {found[sound]:6.3f}   but with {what}: {found[mistaken]:6.3f}")

# %% [markdown]
# - A sigmoid cannot say a number above 1, however long it is trained: worse than always saying the mean.
# - Softmax over a single output is always 1: the net says yes to everything and has no gradient.
# - As a number, a 9 is "far" from a 0 and an 8 is "nearly" a 9. Class ids have no such order.
#
# No error message in any of these cases! It is the table that saves you.
#
# ## Recap
#
# - Depth pays when a problem is made of parts; a deep net can say briefly what takes a shallow one many
#   units.
# - Plain nets that are very deep do worse even in training; skip connections mend it.
# - Gradients are products over the layers: sigmoids make them vanish, a careless stack may let them
#   grow. ReLU, Kaiming's start, BatchNorm and skips keep them alive.
# - Too narrow is high bias; choose the width on validation data.
# - A ReLU that is off for all examples is dead; leaky ones come back.
# - The task decides on output, loss, labels and metric.
#
# Words and symbols: [glossary](../reference/glossary.md), [notation](../reference/notation.md).
#
# ### Test yourself
#
# **1.** A 56-layer net has a higher training error than a 20-layer one. Why is that no overfitting?
#
# <details><summary>Answer</summary>
#
# An overfitted net is good on its training data and bad on new data. This one is bad on its training
# data already: it could not be optimised well.
# </details>
#
# **2.** You want to tell which of 20 instruments play in a recording. Output, loss, labels?
#
# <details><summary>Answer</summary>
#
# Several may play at once, so it is multi-label: 20 logits, each read by a sigmoid, with
# nn.BCEWithLogitsLoss, and a row of 20 zeros and ones for each recording.
# </details>
#
# **3.** Half of the units of a ReLU layer are off for one image. Are they dead?
#
# <details><summary>Answer</summary>
#
# No, that is how ReLU works: other images turn them on. A unit is dead if *no* example does.
# </details>
#
# **Next:** {Lesson:optimizers} is about the step itself: better ways downhill than plain
# gradient descent.

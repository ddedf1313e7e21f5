# %% [markdown]
# # Right on what it has never seen
#
# *About 75 minutes.* A network that knows its examples by heart is worth nothing. What counts is what
# it does with new ones: how well it **generalises**. At the end of this lesson you can
#
# - tell from two curves what ails a model: too simple, too attached to its examples, or both;
# - try the remedies for each, and *measure* whether they help (some will not);
# - write dropout, early stopping and batch normalisation yourself, and say what they do in training
#   and what in use;
# - make more data out of the data you have, and bring a plain MLP further up the climb than anyone
#   would have bet this morning.

# %%
# %matplotlib inline
import textwrap
import time

import torch
from ipywidgets import Checkbox, FloatSlider, IntSlider, interact
from torch import Tensor, nn

from workshop.classroom import climb
from workshop.classroom.show import show_source
from workshop.figures import plots
from workshop.core.data import Split, load
from workshop.core.training import count_correct, evaluate
from workshop.day1.representation import rings
from workshop.day2.generalization import (
    augmentation,
    batchnorm,
    diagnosis,
    dropout,
    networks,
    regularization,
    remedies,
)
from workshop.day2.generalization import climb as together
from workshop.exercises import answer, check, hint

mnist = load("mnist5k")

# %% [markdown]
# ## Two ways to be wrong
#
# **Bias** is the error of a model that assumes too much: a straight line where the world is curved. It
# shows on the training examples already. We say the model **underfits**.
#
# **Variance** is the error of a model that follows its examples too closely: had it been given other
# examples, it would say something else. It is fine on what it was trained on and worse on what is new.
# It **overfits**.
#
# Neither can be seen in one number. It takes two: the error on the training part and the error on the
# **validation** part, which took no part in the training. Here are four real runs on digits. **Your
# bet:** which one underfits, which one overfits, and what are the other two?

# %%
config = diagnosis.Config()
runs = diagnosis.four_runs(config, mnist, seed=0)

letters = dict(zip("ABCD", ("overfit", "a good fit", "underfit", "both at once"), strict=True))
epochs = torch.arange(1, config.epochs + 1)
plots.panels(
    [
        (f"run {letter}", epochs, dict(zip(("training", "validation"), runs[name], strict=True)))
        for letter, name in letters.items()
    ],
    columns=2,
    xlabel="epoch",
    ylabel="error",
)

# %% [markdown]
# Mind the scales of the four panels. (Both errors are measured after each epoch in *evaluation mode*, as
# the model would be used; the part on dropout, below, says what that means. The accuracy that the training loop notes down as it goes is no fair partner for a validation error: it is
# taken while the weights still move and, as you will see, with handicaps switched on.)
#
# Looking is good; a rule is better, and two questions make one:
#
# - Is the training error above what we want, the `goal`? That is **high bias**.
# - Is the validation error above the *training* error by more than some `gap`? That is **high variance**.
#
# **Exercise 1.** Answer both, for two curves. Curves jitter, so read each one at its end as the mean of
# its last five epochs (`curve[-5:]` takes fewer when there are fewer).


# %% exercise="diagnose"
def diagnose(train, validation, goal, gap):
    """(high bias?, high variance?): errors after each epoch, (E,) and (E,) -> two of True, False."""
    raise NotImplementedError("write diagnose, then run this cell")


# hint(diagnose)
check(diagnose)

# %%
for letter, name in letters.items():
    train, validation = (curve[-5:].mean().item() for curve in runs[name])
    high = diagnosis.diagnose(*runs[name], config.goal, config.gap)
    print(
        f"run {letter}: training error {train:.3f}, validation {validation:.3f} "
        f"-> high bias {high[0]!s:5}, high variance {high[1]!s:5}: {diagnosis.NAMES[high]}"
    )

# %% [markdown]
# Four models, four answers. Underfit: a network with 2 hidden units and all the digits. Overfit: two
# layers of 256 units and 500 digits. Both at once: 4 hidden units and only 100 digits, too small to
# learn even those, and what it does learn holds for little else. The fourth comes from the end of this
# lesson.
#
# *Where the book differs:* it describes "both" as a high error on both sets. An underfit model has that
# too. What gives it away is a high training error *and* a large gap on top.
#
# ## Against high bias: more of everything
#
# The easy half: more units, more layers, another kind of network ({lesson:cnn}'s CNN), more time. We start with 2 hidden
# units, 10 epochs and 500 digits, change one thing at a time, and measure on other digits. **Your bet:** does each of them help?

# %%
few = remedies.first(mnist.train, 500)
unseen = Split(
    torch.cat([mnist.train.x[500:], mnist.validation.x]),
    torch.cat([mnist.train.y[500:], mnist.validation.y]),
)  # 3,500 digits: many enough to see small differences


def attempt(recipes):
    """Name -> scores on the 500 and on the 3,500, for each recipe."""
    return {
        name: remedies.train_and_score(
            recipe, few, {"unseen": unseen}, seed=0, validation=mnist.validation
        )
        for name, recipe in recipes.items()
    }


def bars(scores, **options):
    """Accuracy on unseen digits; +- is two standard errors, what chance alone may do."""
    accuracy = {name: s["unseen"]["accuracy"] for name, s in scores.items()}
    doubt = {name: 2 * (a * (1 - a) / len(unseen)) ** 0.5 for name, a in accuracy.items()}
    broken = {name: textwrap.fill(name, 13) for name in accuracy}
    return plots.bars(
        {broken[name]: a for name, a in accuracy.items()},
        errors={broken[name]: d for name, d in doubt.items()},
        ylabel="accuracy on unseen digits",
        **options,
    )


against_bias = attempt(remedies.against_high_bias())
bars(against_bias, title="Against high bias", line=(0.1, "guessing"))

# %% [markdown]
# More units, another kind of network and more time all help. More layers do not: three layers of 2
# units are no better than one. Whatever the first layer squeezes into two numbers, no later layer can
# win back. Depth helps where there is something to build on; here width was the bottleneck.
#
# In practice networks are seldom too small, and today's often have more weights than they have
# examples. So the other half is where the work is.
#
# ## Against high variance: a model that learns by heart
#
# Two hidden layers of 256 units, 500 digits. How good is their memory? To find out, deal the labels of
# the 500 out **at random**, so that there is nothing whatever to understand. **Your bet:** what does
# the network reach on those 500? And on new digits?

# %%
plain = remedies.Setup()
scores = {
    name: remedies.train_and_score(plain, data, {"unseen": unseen}, seed=0)
    for name, data in (("true labels", few), ("random labels", remedies.shuffled(few, seed=0)))
}
for name, score in scores.items():
    for part in ("train", "unseen"):
        right = score[part].sums["accuracy"]
        print(f"{name:14} {part:7} right on {right:4} of {score[part].total}")

# %% [markdown]
# It learns noise by heart as readily as it learns digits. So a low training error proves nothing, and
# nobody asked this network to prefer a rule to a list. The remedies that follow do ask, in four ways:
# be simpler, stop in time, do not rely on any one unit, see more. Together they are called
# **regularisation**.
#
# ### Be simpler: fewer units, smaller weights
#
# **Weight decay** pulls each weight towards 0 a little at every step, so that only those stay large
# which the data keep pushing. It is plain gradient descent on the loss plus
# $\frac{\lambda}{2}\sum w^2$, where $\lambda$ (`decay` in code) says how hard it pulls:

# %%
show_source(regularization.weight_decay_step)

# %%
w, gradient = torch.randn(5), torch.randn(5)
parameter = nn.Parameter(w.clone())  # a tensor that an optimizer may change
parameter.grad = gradient
torch.optim.SGD([parameter], lr=0.1, weight_decay=0.3).step()
print(
    "as torch does:",
    torch.allclose(parameter, regularization.weight_decay_step(w, gradient, 0.1, 0.3)),
)

# %% [markdown]
# Does it do what it says? Here are the weights of the first layer after training, with decay and
# without. (With Adam the pull is kept apart from the gradient's running means; that is AdamW.)

# %%
weights = {}
for decay in (0.0, 0.5, 3.0):
    torch.manual_seed(0)
    model = networks.mlp(256, 256)
    for _ in networks.training(model, few, epochs=40, weight_decay=decay):
        pass
    weights[f"decay {decay}"] = model[1].weight
    right = evaluate(model, unseen, metrics={"accuracy": count_correct})["accuracy"]
    print(f"decay {decay}: mean size {model[1].weight.abs().mean():.4f}, unseen {right:.3f} right")
plots.histogram(weights, bins=60, xlabel="weight of the first layer")

# %% [markdown]
# The weights shrink, just as promised, and the digits do not care. We shall count this remedy with the
# others below; elsewhere it may well earn its place.
#
# ### Stop in time
#
# Watch the same network for long: loss and accuracy, on the 500 and on validation digits.

# %%
torch.manual_seed(0)
model = networks.mlp(256, 256)
history = plots.live(
    networks.training(model, few, epochs=60, validation=mnist.validation), ("loss", "accuracy")
)

# %% [markdown]
# The validation loss falls, turns, and rises again while the training loss goes to 0: the network grows
# ever more certain, also of its mistakes. **Early stopping** ends training when the validation loss has
# had no new lowest value for some epochs in a row, the `patience`, and goes back to the weights of the
# lowest.
#
# **Exercise 2.** When does it stop, and where does it go back to? Epochs are counted from 1.


# %% exercise="early_stopping"
def early_stopping(losses, patience):
    """(last epoch trained, epoch to go back to): losses, a list of numbers -> two whole numbers."""
    raise NotImplementedError("write early_stopping, then run this cell")


# hint(early_stopping)
check(early_stopping)

# %%
for patience in (1, 3, 5, 10):
    stop, best = regularization.early_stopping(history["val_loss"], patience)
    print(
        f"patience {patience:2}: stops after epoch {stop:2}, goes back to epoch {best:2}, "
        f"validation loss {history['val_loss'][best - 1]:.3f} "
        f"(at the end of all 60: {history['val_loss'][-1]:.3f})"
    )

# %% [markdown]
# ### Do not rely on any one unit: dropout
#
# In each training step, let every hidden unit be missing with probability $p$. No unit can count on a
# certain other one being there, so each has to be of use by itself. Here is a small network, and what
# three real masks leave of it:

# %%
torch.manual_seed(1)
layer = dropout.Dropout(p=0.5)
masks = [layer(torch.ones(6)) != 0 for _ in range(3)]
inputs, outputs = torch.ones(4), torch.ones(3)
plots.thinned(
    [(inputs, mask, outputs) for mask in (torch.ones(6), *masks)],
    titles=["the whole network", "step 1", "step 2", "step 3"],
    title="Dropout: another network in every step",
)

# %% [markdown]
# *Where the book differs:* it speaks of removing connections. `nn.Dropout` silences *units*, and with a
# unit all its connections; removing single connections is another method, DropConnect.
#
# One detail: with half of its inputs missing, a later unit would get half of what it is used to. So
# those that stay are made up for it, divided by $1 - p$, and the *expected* input is as before. That is
# done **in training only**. In use every unit is there, and nothing needs to be scaled: this form is
# called inverted dropout.
#
# **Exercise 3.** Write it by hand, without torch's own dropout; gradients must flow through it. The random
# numbers come from outside, as `u`, so that we can compare: a unit is dropped where its `u` is below `p`.


# %% exercise="inverted_dropout"
def inverted_dropout(x, u, p, training):
    """Dropout: x and u (random, 0 to 1) of one shape, p < 1, training True or False -> like x."""
    raise NotImplementedError("write inverted_dropout, then run this cell")


# hint(inverted_dropout)
check(inverted_dropout)

# %% [markdown]
# A layer must know whether it is being trained. That is what `model.train()` and `model.eval()` are
# for: they set a flag, `training`, in every layer. The same input twice, in either mode:

# %%
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 1))
x = torch.ones(1, 3)
for mode in (model.train, model.eval):
    mode()
    print(f"{mode.__name__ + '()':8}", [round(model(x).item(), 3) for _ in range(5)])

ones = torch.ones(100_000)
for drop in (dropout.Dropout(0.3), nn.Dropout(0.3)):
    out = drop(ones)
    print(
        f"{type(drop).__module__:40} dropped {(out == 0).float().mean():.3f}, "
        f"mean {out.mean():.3f}, others {out.max():.3f}"
    )

# %% [markdown]
# Forget `eval()`, and your predictions are a lottery. (The last two lines: ours and torch's drop the
# same share and keep the mean.)
#
# ### Why it helps: one network is many
#
# A network with $n$ units that may be missing contains $2^n$ smaller ones, which share their weights.
# With two inputs and two hidden units, all of which may drop out, there are sixteen. (*Where the book
# differs:* its text sends you to figure 2.10 for this picture; it is figure 2.9.)

# %%
sixteen = dropout.all_masks(4).flip(0)
plots.thinned(
    [(mask[:2], mask[2:], torch.ones(1)) for mask in sixteen],
    titles=["".join("x" if kept == 0 else "o" for kept in mask) for mask in sixteen.tolist()],
    columns=4,
    title="All sub-networks of a network with 2 + 2 units",
)

# %% [markdown]
# Dropout trains one of them in each step. In use we would like to ask them *all* and average, as one
# asks a committee. With 10 hidden units that is still possible: 1,024 sub-networks, trained together on
# the two rings of {lesson:representation}. The committee's probability is the mean of its members', or their **geometric
# mean** (of $n$ numbers, the $n$-th root of their product). **Your bet:** how good are the members one by
# one, how good is the committee, and how good is the one whole network in evaluation mode?

# %%
settings = dropout.Config()
tiny, _ = dropout.trained_tiny_network(settings, rings(400, seed=0), seed=0)
new = rings(400, seed=1)
members = dropout.subnetwork_logits(tiny, new.x, dropout.all_masks(settings.hidden))
each = (members.argmax(dim=2) == new.y).float().mean(dim=1)
committee = dropout.ensemble(tiny, new.x)
for name, p in committee.items():
    print(f"{name:15} {(p.argmax(dim=1) == new.y).sum().item()} of {len(new)} right")
gap = (committee["geometric mean"] - committee["whole network"]).abs().max()
print(f"largest difference of geometric mean and whole network: {gap:.1e}")
plots.histogram(
    {"members": each}, title="1,024 sub-networks, each on its own", xlabel="accuracy on new points"
)

# %% [markdown]
# The members are a mixed lot; all together they are excellent. And the whole network, asked *once*,
# gives the committee's answer: for one layer of dropout before the last layer it is exactly the
# geometric mean of all members' probabilities. With several such layers it is an approximation,
# no more than that. Still: a thousand opinions for the price of one.
#
# ### See more: new data, or more from the old
#
# The surest remedy is the dullest: more examples. The same network, the same number of updates:

# %%
counts = (100, 250, 500, 1000, 3500)
curve = remedies.learning_curve(
    remedies.Setup(), mnist.train, mnist.validation, counts, updates=400, seed=0
)
errors = {
    part: [1 - curve[n][key]["accuracy"] for n in counts]
    for part, key in (("training", "train"), ("validation", "held out"))
}
plots.functions(
    torch.tensor(counts).log10(),
    errors,
    xlabel="digits to learn from: 2 is 100, 3 is 1,000",
    ylabel="error",
    title="A learning curve: the gap closes",
)

# %% [markdown]
# Where new examples cannot be had, change those you have so that they look different and *mean the
# same*: **data augmentation**. `torchvision.transforms.v2` has all one could wish for. One photo, nine
# ways:

# %%
photo = augmentation.photo()
pictures = augmentation.gallery(photo)
plots.photos(
    torch.stack(list(pictures.values())),
    titles=list(pictures),
    title="One flower, from torchvision.transforms.v2",
)

# %%
show_source(augmentation.gallery)

# %% [markdown]
# (Photo: flickr.com/photos/vultilion, Creative Commons BY 2.0.)
#
# For digits we turn, move and resize each a little (together, an *affine* change). One pitfall: given a
# whole batch, a transform of torchvision draws *once*, and treats all images alike. PyTorch's `Dataset`,
# which holds examples one by one, and {lesson:optimizers}'s `DataLoader` call it image by image, which is right, but
# slow for small networks. So here is the same for a batch, each image in its
# own way. It is a layer that comes first, and, like dropout, works in training only:

# %%
show_source(augmentation.affine, augmentation.Augment.forward)

# %%
digit = mnist.train.x[few.y.tolist().index(5)]
torch.manual_seed(0)
augment = augmentation.Augment()
plots.images(
    torch.cat([digit[None], augment(digit.expand(15, 1, 28, 28))]),
    titles=["as it was", *range(1, 16)],
    title="One digit, as fifteen epochs see it",
)

# %% [markdown]
# How much is too much? Take the limits up until *you* cannot read it any more. And what do mirrored
# digits teach?


# %%
@interact(
    degrees=IntSlider(12, min=0, max=180),
    shift=FloatSlider(0.08, min=0, max=0.5, step=0.02),
    scale=FloatSlider(0.12, min=0, max=0.9, step=0.02),
    mirror=Checkbox(False),
)
def draw(degrees, shift, scale, mirror):
    torch.manual_seed(0)
    change = augmentation.Augment(degrees, shift, scale, mirror=mirror)
    return plots.images(change(few.x[:16]), titles=few.y[:16].tolist())


# %% [markdown]
# An augmentation must **keep the label**. A mirrored flower is a flower; a mirrored 5 is not a digit at
# all, and a 6 turned by half a circle is a 9.
#
# ## The contest
#
# The same 500 digits, one remedy at a time, 60 epochs each. First those that hold the network back,
# and BatchNorm, which comes next. **Your bet**, before you run: which helps most?

# %%
recipes = remedies.against_high_variance()
names = list(recipes)
held_back = attempt({name: recipes[name] for name in names[:6]})
bars(held_back, title="500 digits: remedies that hold back", line=(0.1, "guessing"))

# %% [markdown]
# Look at the ± before you crown a winner: it is what chance alone may do. An honest reading: on these 500
# digits **none** of them makes the accuracy better by more than that. Fewer units cost some, and so can
# stopping early. Is accuracy all, though? The loss also looks at how *sure* the network was of its wrong
# answers:

# %%
for name, score in held_back.items():
    print(
        f"{name:16} on its 500: {score['train']['accuracy']:.3f}, unseen: "
        f"{score['unseen']['accuracy']:.3f}, unseen loss {score['unseen']['loss']:.3f}"
    )

# %% [markdown]
# By the loss, every one of them helps: a network that is held back is not so sure where it is wrong. That
# matters as soon as somebody acts on its probabilities. So remedies are no laws. They are things to
# try, each with a number to show for it, and the number has to be the one you care about.
#
# Now those that show the network more, or suit images better. What is your bet for the mirror?

# %%
more = attempt({name: recipes[name] for name in names[6:]})
bars(
    {"no remedy": held_back["256 + 256 units"], **more},
    title="500 digits: remedies that show more",
    line=(0.1, "guessing"),
)

# %% [markdown]
# That is another matter. Turning and moving digits removes a good part of the error; mirrored
# ones take most of that away again. Together with the next thing, BatchNorm, and a one-cycle
# schedule it gets better still, and a network made for images ({lesson:cnn}) does best: the 500 digits are
# the same in all of these.
#
# ## Batch normalisation
#
# Inputs are standardised, so that all are on one scale. But only the first layer gets those. What do the
# units of the second layer have before their activation, in a network that has learned?

# %%
torch.manual_seed(0)
model = networks.mlp(256, 256)
for _ in networks.training(model, few, epochs=20):
    pass
with torch.no_grad():
    z = model[:4](few.x)  # (500, 256): the second layer's sums
mean, spread = z.mean(dim=0), z.std(dim=0)
print(
    f"means from {mean.min():.2f} to {mean.max():.2f}, spreads {spread.min():.2f} to {spread.max():.2f}"
)

# %% [markdown]
# Each unit has a scale of its own, and it moves with every step. **Batch normalisation** standardises
# there too: each unit, over the examples of the batch, before the activation.
#
# $$y = \gamma\,\frac{z - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta$$
#
# Here $\mu$ and $\sigma^2$ are the unit's mean and variance over the batch, and $\varepsilon$ is tiny, as in
# Adam. $\gamma$ and $\beta$, one of each per unit, are learned: the network can undo the whole thing if that
# is better. And in use? A single example has no spread. So while training, the layer remembers a running
# mean and variance, and in evaluation mode it takes those.
#
# **Exercise 4.** Write both halves, by hand. In training: mean and variance of the batch (for $y$, the variance
# divided by $B$: `correction=0`), and the new running ones, which move towards those of the batch by the
# share `momentum` (what is kept, torch divides by $B - 1$: plain `z.var(dim=0)`). In evaluation: the
# running ones, which stay.


# %% exercise="batch_norm"
def batch_norm(z, gamma, beta, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    """y (B, n), running mean (n,), running variance (n,): z (B, n), the others (n,) or numbers."""
    raise NotImplementedError("write batch_norm, then run this cell")


# hint(batch_norm)
check(batch_norm)

# %% [markdown]
# As a layer, beside torch's own: five batches in training, then one in evaluation.

# %%
ours, theirs = batchnorm.BatchNorm(4), nn.BatchNorm1d(4)
for _ in range(5):
    z = 3 * torch.randn(32, 4) + 2
    same = torch.allclose(ours(z), theirs(z), atol=1e-5)
z = torch.randn(1, 4)
print("in training:  ", same)
print("remembered:   ", torch.allclose(ours.running_var, theirs.running_var))
print("in evaluation:", torch.allclose(ours.eval()(z), theirs.eval()(z), atol=1e-6))
show_source(batchnorm.BatchNorm)

# %% [markdown]
# ### Faster?
#
# A network of three hidden layers, plain SGD, eight passes over the digits, with BatchNorm
# and without. And since a step with it costs more, we look at the clock too. **Your bet?**

# %%
histories, models = {}, {}
for name, with_it in (("with BatchNorm", True), ("without", False)):
    torch.manual_seed(0)
    models[name] = networks.mlp(100, 100, 100, batch_norm=with_it)
    start = time.process_time()
    for history in batchnorm.descent(
        models[name], mnist.train, lr=0.1, epochs=8, validation=mnist.validation
    ):
        histories[name] = history
    print(f"{name:15} {(time.process_time() - start) / 8:.2f} CPU seconds an epoch")
plots.curves(histories, ("loss", "accuracy"))

# %% [markdown]
# With it, the network is about where the other one ends after a pass or two; a step costs more, but by
# far not so much more. Perhaps the other one just needs another learning rate? Let us be fair and try
# six of them, two passes each:

# %%
rates = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
reached = {"with BatchNorm": [], "without": []}
for rate in rates:
    for name in reached:
        torch.manual_seed(0)
        model = networks.mlp(100, 100, 100, batch_norm=name != "without")
        try:
            for history in batchnorm.descent(
                model, mnist.train, lr=rate, epochs=2, validation=mnist.validation
            ):
                pass
            reached[name].append(history["val_accuracy"][-1])
        except FloatingPointError:  # the loss is no longer a number
            reached[name].append(float("nan"))
plots.functions(
    torch.tensor(rates).log10(),
    reached,
    xlabel="learning rate: -2 is 0.01, 0 is 1",
    ylabel="validation accuracy after 2 epochs",
    title="BatchNorm forgives the learning rate",
)

# %% [markdown]
# *Where the book differs:* it explains the effect by less *internal covariate shift*, the drifting of
# each layer's inputs. The effect is real, as you see, but that cause is disputed: Santurkar and others
# (2018) added drift on purpose *after* BatchNorm and it trained as fast. Their account is a smoother loss
# surface, on which large steps are safe; the picture above fits that. (Where the dashed line ends, the loss
# was no longer a number.)
#
# ### The price: neighbours matter
#
# In training mode, an example's answer hangs on who else is in the batch. Say you forget `eval()` and
# ask about digits that someone has sorted, so that a batch is all of one kind:

# %%
trained = models["with BatchNorm"]
ordinary = evaluate(trained, mnist.validation, metrics={"a": count_correct}).sums["a"]
forgotten = batchnorm.count_in_training_mode(trained, mnist.validation, batch_size=50)
print(f"eval():  {ordinary} of 500 right")
print(f"train(): {forgotten} of 500 right, sorted by class, in batches of 50")
try:
    trained.train()(mnist.validation.x[:1])
except ValueError as problem:
    print("train(), a batch of one:", problem)
finally:
    trained.eval()

# %% [markdown]
# What all digits of a batch share is taken away as if it were the mean of the world, and with a batch
# of one there is nothing left at all; torch refuses it. `evaluate` calls `eval()` for you; your own code
# must.
#
# ## All of it: up the climb
#
# Now with all 3,500 training digits, and two recipes. *Regularised*: BatchNorm, dropout, one-cycle.
# *Augmented*: BatchNorm, one-cycle, digits turned, moved and resized, and **label smoothing**, which takes
# a tenth of the certainty that is asked for and shares it out among all ten classes. **Your bet:** how
# many of 1,000 new digits will an MLP read? Here is the augmented one, on validation digits:

# %%
settings = together.Config()
torch.manual_seed(0)
model = together.network(settings, "augmented")
history = plots.live(
    together.epochs_of(
        settings, "augmented", model, mnist.train, seed=0, validation=mnist.validation
    ),
    ("loss", "accuracy"),
)
print(f"validation accuracy {history['val_accuracy'][-1]:.3f}")

# %% [markdown]
# Look: validation is *better* than training for most of the run! No miracle. In training the network
# sees digits turned and shifted; in validation it gets them as they are. This is why the four runs at
# the top were measured in evaluation mode.
#
# All choices are made, so fit once more on training and validation digits together, and test, once.

# %%
final = {}
for kind in ("regularised", "augmented"):
    torch.manual_seed(0)
    final[kind] = together.network(settings, kind)
    for _ in together.epochs_of(settings, kind, final[kind], mnist.development, seed=0):
        pass
    score = evaluate(final[kind], mnist.test, metrics={"accuracy": count_correct})
    right = score.sums["accuracy"]
    climb.add(f"MLP, {kind}", lesson="generalization", correct=right, total=score.total)
    print(f"MLP, {kind}: {right} of {score.total} test digits right")

# %%
climb.show()

# %%
with torch.no_grad():
    guess = final["augmented"].eval()(mnist.test.x).argmax(dim=1)
wrong = (guess != mnist.test.y).nonzero()[:, 0][:16]
plots.images(
    mnist.test.x[wrong],
    titles=[f"{mnist.test.y[i].item()} read as {guess[i].item()}" for i in wrong],
    columns=6,
    title="What it still gets wrong",
)

# %% [markdown]
# Would you have read them all? It is still an MLP, built from the layers of day 1. What has changed is
# what it was shown, and how it was trained.
#
# ## Recap
#
# - Training error above the goal: high bias. Validation above training: high variance. Both can be.
# - Against bias: more units, another kind of network, more time; depth only where width allows.
# - Against variance: more data, or augmentation that keeps the label. Dropout, weight decay and early
#   stopping are worth a try, and a measurement.
# - Dropout trains many networks in one; it is off in use. So is augmentation.
# - BatchNorm standardises inside the network: faster, and forgiving. Never forget `eval()`.
#
# Words and symbols: [glossary](../reference/glossary.md), [notation](../reference/notation.md).
#
# ### Test yourself
#
# **1.** Training error 0.01, validation error 0.12, people's error 0.01. A colleague wants to add
# layers. What do you say?
#
# <details><summary>Answer</summary>
#
# That is variance, not bias: the network already fits its examples. More data or augmentation first;
# more layers treat an illness it does not have.
# </details>
#
# **2.** Your validation accuracy is higher than the training accuracy in the log. Is something broken?
#
# <details><summary>Answer</summary>
#
# Not if dropout or augmentation is on: training accuracy is then measured on a harder task, and while
# the weights still move. Measure both in evaluation mode before you worry.
# </details>
#
# **3.** With BatchNorm and dropout, a model gives two answers to one picture asked twice. Why?
#
# <details><summary>Answer</summary>
#
# It is in training mode: dropout draws anew each time, and BatchNorm looks at the batch. Call
# `model.eval()`.
# </details>
#
# **Next:** {Lesson:cnn} opens the network that did best on 500 digits: the CNN.

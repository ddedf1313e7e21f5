# %% [markdown]
# # Standing on other networks' shoulders
#
# *About 50 minutes.* A handful of examples is all you have. Everything from {lesson:design} to {lesson:cnn} would
# tell you to find more. This one finds a network instead that has already learned something. At the end you can
#
# - take a trained network apart into a **backbone**, which you keep, and a **head**, which you replace;
# - freeze the backbone, fine-tune its last blocks, or all of it, with rates that fit each layer;
# - say when a frozen backbone wins, and when its lead is gone;
# - split photos so that a test is fair, and save the finished model as one file.

# %%
# %matplotlib inline
import tempfile
from pathlib import Path

import torch
from IPython.display import display
from ipywidgets import IntSlider, interact
from torch import Tensor, nn

from workshop.classroom import climb
from workshop.classroom.show import show_source
from workshop.figures import plots
from workshop.core.device import seed_everything
from workshop.day2.transfer.pictures import KINDS, PictureError, cut_outs, read_image
from workshop.core.training import count_correct, evaluate, train_epochs
from workshop.day2.transfer import Config, backbones, digits, export, lite0, photos, regimes, scenes
from workshop.exercises import answer, check, hint

# %% [markdown]
# ## Moving house with five digits
#
# Imagine that MNIST had only the digits 0 to 4. We train the small CNN of {lesson:cnn} on 2,000 of them.
# Then somebody brings the digits 5 to 9: **1, 5, 10 or 50 examples of each**. There are two ways to go
# on:
#
# - **from scratch**: the same CNN, random weights, trained on the new digits alone;
# - **frozen**: keep all the windows that 0 to 4 have shaped, throw away the output layer, and train a
#   new one, a single linear layer, on what they find.
#
# Nobody ever showed the frozen windows a 7. **Your bet:** which way wins with 5 examples of each digit?
# And with 50?

# %%
result = digits.run(digits.Config(), seed=0, device=torch.device("cpu"), progress=False)
shots = digits.Config().shots
plots.functions(
    list(shots),
    {name: [result[f"digits_{name}_{k}"] for k in shots] for name in ("scratch", "frozen")},
    title="Digits 5 to 9, by a network that knows 0 to 4",
    xlabel="examples of each new digit",
    ylabel="accuracy on new digits",
)

# %%
for k in shots:
    lead = result[f"digits_lead_{k}"]
    verdict = "frozen is ahead" if lead > 0.01 else "nothing gained"
    print(f"{k:3} of each: {lead:+.3f}  {verdict}")

# %% [markdown]
# Strokes and bends are the same in all digits, so windows for 0 to 4 serve 5 to 9 as well. With few
# examples that is worth a lot. With fifty of each there is **nothing left to gain**: the data can now
# shape windows of their own, and the borrowed ones, made for other digits, may even be in the way.
#
# What we did has a name: **transfer learning**. The first phase, on the old task, is
# **pre-training**.

# %% [markdown]
# ## A network that has seen a million photos
#
# Most backbones on offer were pre-trained on **ImageNet**: 1.28 million photos of 1,000 kinds of things.
# Ours is EfficientNet-Lite0, made for telephones. Its main building block widens the channels, looks
# around in each channel on its own (the `groups` of {lesson:cnn}), and narrows them again:

# %%
show_source(lite0.InvertedResidual)

# %%
network = lite0.pretrained()
parts = {
    "early blocks": network.blocks[: -lite0.LAST],
    "last blocks": network.blocks[-lite0.LAST :],
    "head": network.head,
}
for name, part in parts.items():
    print(f"{name:13} {sum(weight.numel() for weight in part.parameters()):10,} weights")

# %% [markdown]
# One trap is hidden in weights from elsewhere: they fit only a network that computes *exactly* the
# same. These were trained in TensorFlow, another library like PyTorch, whose padding called `same` is uneven where a stride of 2
# meets an even size. Pad as torch does, and every map is shifted by a pixel.
#
# **Exercise 1.** `size / stride` places, rounded up, must fit on the padded side. How many zeros go
# before, how many behind? An odd one goes behind.


# %% exercise="same_padding"
def same_padding(size, kernel, stride):
    """(before, behind): the zeros TensorFlow's `same` adds; all whole numbers."""
    raise NotImplementedError("write same_padding, then run this cell")


# hint(same_padding)
check(same_padding)

# %% [markdown]
# What does the network say, with its old head, to photos that it has never seen? They are cut-outs
# from Tux Paint, a drawing program for children. (The names of the classes come with torchvision.)

# %%
from torchvision.models import EfficientNet_B0_Weights

classes = EfficientNet_B0_Weights.DEFAULT.meta["categories"]
cuts = {cut.name: cut for cut in cut_outs()}
names = ["zebra", "pineapple", "penguin", "elephant", "daffodil", "giraffe", "broccoli", "rose"]
white = torch.ones(3, 160, 160)
look = torch.stack(
    [
        scenes.paste(
            scenes.resize(cuts[name].colour, *cuts[name].mask.shape),
            cuts[name].mask / 255,
            white,
            16,
            16,
        )
        for name in names
    ]
)
with torch.no_grad():
    says = network(look).argmax(dim=1)
plots.photos(
    look,
    columns=4,
    titles=[f"{name}:\n{classes[i]}" for name, i in zip(names, says, strict=True)],
    title="What it is, and what the old head says",
)

# %% [markdown]
# Impressive where ImageNet has a class for it. Where it has none, such as for a giraffe, the old head
# must say something else, for it knows nothing else. *We* want other classes anyway: **bird, mammal,
# fruit or vegetable, flower**. So that head goes.
#
# ## The task
#
# We have 169 photos. To make it hard, each is pasted on backgrounds: textures of ours, or pieces of a
# landscape. Each pasting is a **view** of the photo.
#
# **Exercise 2.** Paste. The `mask` is 1 on the thing, 0 beside it, and between at its edge, where both
# mix.


# %% exercise="paste"
def paste(colour, mask, background, top, left):
    """colour (3, h, w), mask (h, w), background (3, H, W); first row top, first column left."""
    raise NotImplementedError("write paste, then run this cell")


# hint(paste)
check(paste)

# %%
config = Config().photos
backbone = backbones.load_backbone("lite0")
prepared = photos.prepare(config, backbone, seed=0, device="cpu")
some = torch.arange(0, 169, 22)
plots.photos(
    torch.cat([prepared.scenes.train[some, 0], prepared.scenes.test[some]]),
    columns=8,
    title="Eight photos as training scenes (above) and as test scenes (below)",
)

# %% [markdown]
# Before any training: how could a test flatter us here?
#
# 1. **The same photo on both sides.** Three views of one zebra are not three zebras. We deal out
#    *photos*, and the views follow.
# 2. **The same background on both sides.** Training scenes get the left part of the landscape, test
#    scenes the right, and other textures.
#
# And one more: in a sixth of 169 photos one photo is more than three percentage points. So we deal them
# into six parts, the **folds**, and do it six times over, each time with another fold for the test, until
# every photo was tested once: **cross-validation**.

# %%
split = scenes.folds(prepared.y, config.folds, seed=0)
for number, (train, test) in enumerate(split, start=1):
    shared = set(train.tolist()) & set(test.tolist())
    print(
        f"fold {number}: {len(train)} photos to learn, {len(test)} to test, {len(shared)} on both sides"
    )

# %% [markdown]
# ## Frozen
#
# A frozen backbone gives the same numbers for the same photo, every time. So we send each scene through it
# **once** and keep the 1,280 features. What is left to train is one linear layer, and that takes a
# moment:

# %%
train, test = split[0]
known, asked = prepared.inputs["features"]  # (169, 3, 1280) of the views, (169, 1280) of the tests
y = prepared.y
seed_everything(0)
head = nn.Linear(1280, len(KINDS))
history = plots.live(
    train_epochs(
        head,
        (known[train].flatten(0, 1), y[train].repeat_interleave(config.views)),
        loss_fn=nn.CrossEntropyLoss(),
        optimizer=torch.optim.AdamW(head.parameters(), lr=0.001),
        epochs=15,
        batch_size=32,
    ),
    title="A new head on frozen features",
)

# %%
score = evaluate(head, (asked[test], y[test]), metrics={"accuracy": count_correct})
print(f"right on {score.sums['accuracy']} of {score.total} photos of the first fold")

# %% [markdown]
# **Exercise 3.** Write one such training step by hand, for a backbone of one layer: the head moves, the
# backbone does not. (The gradient at the logits is that of softmax and cross-entropy in {lesson:gradient_descent}:
# probabilities minus what was wanted, divided by $B$.)


# %% exercise="frozen_step"
def frozen_step(backbone, head, x, y, lr):
    """backbone (P, D), head (D, K), x (B, P), y (B,), features relu(x @ backbone) -> both after."""
    raise NotImplementedError("write frozen_step, then run this cell")


# hint(frozen_step)
check(frozen_step)

# %% [markdown]
# ### What "frozen" must also mean
#
# `requires_grad_(False)` stops the gradients. It does not stop **BatchNorm**: in training mode it
# normalises with the mean of the *batch*, and it moves its running statistics, with no gradient at all.
# Send one photo through the backbone in two different batches:

# %%
one, two = prepared.scenes.test[:8], prepared.scenes.test[[0, *range(100, 107)]]  # photo 0 in both
trial = lite0.pretrained()
before = trial.blocks[0][1][1].running_mean.clone()
for mode in ("evaluation", "training"):
    trial.train(mode == "training")
    with torch.no_grad():
        a, b = trial.features(one)[0], trial.features(two)[0]
    moved = (trial.blocks[0][1][1].running_mean - before).abs().max().item()
    print(
        f"{mode:10} mode: features differ by {(a - b).abs().max():.5f}, statistics moved by {moved:.5f}"
    )

# %% [markdown]
# In training mode a photo's features depend on its neighbours, and the statistics of a million photos
# are overwritten by those of a few. So what is frozen stays in evaluation mode. `train_epochs` calls
# `model.train()` at each epoch; our model lets that reach its head alone:

# %%
show_source(regimes.Transfer)

# %% [markdown]
# ## Four ways
#
# | | backbone starts with | backbone is trained |
# |---|---|---|
# | **scratch** | random weights (a small CNN) | all of it |
# | **frozen** | ImageNet | no |
# | **last** | ImageNet | its last blocks: *fine-tuning* |
# | **all** | ImageNet | all of it |
#
# Fine-tuning should not wreck what it is built on. Two habits help: begin with a head that is trained
# already, and take **smaller steps in early layers**, which see edges and colours that all photos
# share, than in late ones.
#
# **Exercise 4.** Learning rates for groups of layers: the last group gets `lr`, each group before it
# `factor` times the rate of the one behind it.


# %% exercise="layer_rates"
def layer_rates(lr, groups, factor):
    """A list of `groups` rates, from the first group to the last."""
    raise NotImplementedError("write layer_rates, then run this cell")


# hint(layer_rates)
check(layer_rates)

# %%
print([f"{rate:.6f}" for rate in regimes.layer_rates(0.0003, groups=4, factor=config.factor)])

# %% [markdown]
# Now all four, on the first fold. *Scratch* is given a CNN with few weights, which can be trained from
# random ones in the time we have here. **Your bet?** Put the four in order.

# %%
models, first_fold = {}, {}
for regime in regimes.REGIMES:
    models[regime], _ = photos.train(prepared, regime, train, config, seed=0)
    guess = photos.predict(prepared, models[regime], test)
    right = (guess == y[test]).sum().item()
    trained = sum(w.numel() for w in models[regime].parameters() if w.requires_grad)
    print(f"{regime:8} {trained:10,} weights trained: {right} of {len(test)} right")
    first_fold[regime] = right / len(test)
plots.bars(first_fold, ylabel=f"accuracy on {len(test)} photos", title="Four ways, the first fold")

# %% [markdown]
# One photo more or less is no difference. Three of the four are cheap enough for all six folds, so that
# each photo is tested once:

# %%
right = dict.fromkeys(("scratch", "frozen", "last"), 0)
for train_rows, test_rows in split:
    for regime in right:
        model, _ = photos.train(prepared, regime, train_rows, config, seed=0)
        right[regime] += (photos.predict(prepared, model, test_rows) == y[test_rows]).sum().item()
most = y.bincount().max().item() / len(y)
plots.bars(
    {name: count / len(y) for name, count in right.items()},
    line=(most, "always 'mammal'"),
    ylabel="accuracy on 169 photos",
)

# %% [markdown]
# The borrowed backbone is far ahead. And fine-tuning? The differences are a few photos, and on another seed
# they may point the other way: with fewer than 150 photos to learn from, the head alone takes most of
# what is there. The usual advice, and the book's: the more data you have, the more of the backbone you
# can afford to train; and on a photo task of your own, measure it as we did here.
#
# *Where the book differs:* it calls the last way, all weights trained from a borrowed start,
# "pre-training". That is **full fine-tuning**; pre-training is what came before, on ImageNet.
#
# ## How few are enough?
#
# Now with 5, 10 or 20 photos of each kind, on three of the folds. **Your bet:** will *scratch* with 20 of
# each come up to *frozen* with 5?

# %%
counts = {"frozen": [], "scratch": []}
for shots_each in config.shots:
    for regime, line in counts.items():
        hits = []
        for train_rows, test_rows in split[:3]:
            few = photos.few_photos(y, train_rows, shots_each)
            model, _ = photos.train(prepared, regime, few, config, seed=0)
            hits.append(photos.predict(prepared, model, test_rows) == y[test_rows])
        line.append(torch.cat(hits).float().mean())
plots.functions(
    list(config.shots),
    counts,
    title=f"Three folds, {len(torch.cat(hits))} test photos",
    xlabel="training photos of each kind",
    ylabel="accuracy",
)

# %% [markdown]
# ## Where it errs
#
# Look at what it gets wrong before you trust what it gets right.

# %%
guesses = photos.predict(prepared, models["frozen"], test)
order = torch.cat([(guesses != y[test]).nonzero()[:, 0], (guesses == y[test]).nonzero()[:, 0]])[:8]
plots.photos(
    prepared.scenes.test[test[order]],
    columns=4,
    titles=[
        f"{prepared.scenes.names[test[i]]}:\n{KINDS[guesses[i]]}"
        + ("" if guesses[i] == y[test[i]] else "  (wrong)")
        for i in order
    ],
    title="Test photos of the first fold, the wrong ones first",
)

# %% [markdown]
# Leaf through all of its test photos:

# %%
model = export.whole(models["frozen"])


@interact(number=IntSlider(0, min=0, max=len(test) - 1))
def show(number):
    row = test[number]
    shares = export.classify(model, prepared.scenes.test[row], size=config.size)
    said = ", ".join(f"{kind} {share:.0%}" for kind, share in shares.items())
    photo, name = prepared.scenes.test[row][None], prepared.scenes.names[row]
    return plots.photos(photo, titles=[said], title=name)


# %% [markdown]
# ## Your own picture
#
# First the model becomes one file. `torch.export` writes down the computation together with the
# weights: whoever loads it needs torch, but none of our code.

# %%
with tempfile.TemporaryDirectory() as folder:
    file = export.save(models["frozen"], Path(folder) / "photos.pt2", size=config.size)
    print(f"{file.name}: {file.stat().st_size / 1e6:.0f} MB")
    loaded = torch.export.load(file).module()
with torch.no_grad():
    inputs = prepared.scenes.test[test[:5]]
    print("largest difference:", (loaded(inputs) - model(inputs)).abs().max().item())

# %% [markdown]
# Press the button and take a photo of a bird, another animal, a fruit or a flower. (It stays on this
# machine.)

# %%
export.upload_box(model, size=config.size)

# %% [markdown]
# Try a picture of something that is none of the four, too: the model *has* to choose. And files are not
# always pictures:

# %%
from io import BytesIO

from PIL import Image

tiny = BytesIO()
Image.new("RGB", (1, 1)).save(tiny, "PNG")
for content in (b"this is a letter, not a picture", tiny.getvalue()):
    try:
        read_image(content)
    except PictureError as problem:
        print(problem, end="\n\n")

# %% [markdown]
# ## Another backbone
#
# Any classifier of torchvision will do: `workshop run transfer --set photos.backbone=resnet18` fetches its
# weights once, where there is a network. A name that does not exist is told apart:

# %%
try:
    backbones.load_backbone("resnet81")
except ValueError as problem:
    print(problem)

# %% [markdown]
# ## The climb
#
# This lesson adds no rung to it: MNIST-5k has examples enough to learn from scratch, as the digits
# showed above. Here is how far you came:

# %%
if climb.rungs():
    display(climb.show())
else:
    print("Every lesson from {lesson:gradient_descent} to {lesson:cnn} adds a rung.")

# %% [markdown]
# ## Recap
#
# - A trained network is a **backbone** that finds features and a **head** that uses them. Keep the first,
#   replace the second.
# - **Frozen** comes first: features are computed once, a head is trained in a moment. Then try the last
#   blocks, then all, each with smaller steps for early layers.
# - What is frozen stays in evaluation mode, or BatchNorm moves it.
# - The gain is large with few examples and fades with many.
# - Deal out photos, not views, and count the examples of a test before you believe its digits.
#
# Words and symbols: [glossary](../reference/glossary.md), [notation](../reference/notation.md).
#
# ### Test yourself
#
# **1.** You have 200 X-ray images and a backbone that learned ImageNet. What do you try first, and what would
# make you go further?
#
# <details><summary>Answer</summary>
#
# Frozen with a new head. If more images come, or if the features do not fit (X-rays look little like
# holiday photos), fine-tune the last blocks, then all, and compare on validation images.
# </details>
#
# **2.** A colleague makes 20 views of each photo, shuffles them all, and keeps a tenth for the test. What
# is wrong with the fine result?
#
# <details><summary>Answer</summary>
#
# Views of nearly every test photo are in training. The model may know the photo, not the kind.
# </details>
#
# **3.** All weights have `requires_grad=False`, and still the features of the backbone change during training.
# Why?
#
# <details><summary>Answer</summary>
#
# It is in training mode: BatchNorm normalises by the batch and goes on updating its running statistics.
# </details>
#
# **Next:** {Lesson:text} turns from pictures to words.

# %% [markdown]
# # A window that slides
#
# *About 60 minutes.* So far every unit looked at every pixel. Now it looks through a small window, and
# the window moves. At the end you can
#
# - compute a convolution by hand, with stride, padding, channels and filters, and say what size comes out;
# - name the three stages of a convolutional layer and show what each does to a picture;
# - build and train a **convolutional neural network** (CNN), and look inside;
# - say what a CNN takes for granted, where pooling forgives a shift, and where it does not.

# %%
# %matplotlib inline
import torch
from ipywidgets import IntSlider, interact
from torch import Tensor, nn
from torch.nn import functional as F  # layers without weights of their own, as functions

from workshop.classroom import climb
from workshop.classroom.show import show_source
from workshop.figures import plots
from workshop.core.data import load
from workshop.core.training import count_correct, evaluate, train_epochs
from workshop.day2.cnn import by_hand, invariance, model
from workshop.day2.generalization.augmentation import Augment
from workshop.exercises import answer, check, hint

mnist = load("mnist5k")

# %% [markdown]
# ## Two things a fully connected layer does not know
#
# Which digits are these? (The same shuffle for all six: pixel 17 always goes to the same new place.)

# %%
mixed = invariance.shuffle_pixels(mnist.train, seed=0)
plots.images(
    torch.cat([mixed.x[:6], mnist.train.x[:6]]),
    titles=["?"] * 6 + mnist.train.y[:6].tolist(),
    columns=6,
)

# %% [markdown]
# For you the upper row is hopeless, the lower one easy. To a fully connected layer they are **the same
# task**: each pixel has a weight of its own, and whether two pixels are neighbours is nowhere written
# down. It also has to learn a stroke anew at every place where it may appear. And it is expensive:

# %%
side, units = 224, 1000  # a small photo in three colours, and a modest hidden layer
print(f"fully connected: {3 * side * side * units:>12,} weights")
print(f"1,000 windows:   {3 * 3 * 3 * units:>12,} weights (3 x 3 pixels, 3 colours each)")

# %% [markdown]
# Pictures are a **grid**: what is near belongs together, and a thing stays the same thing when it moves.
# A layer made for grids should look at small neighbourhoods, with the *same* weights everywhere. The
# operation that does it is called **convolution**, and it gave these networks their name.
#
# ## Stage one: convolution
#
# Take an image $I$ of 7 by 7 pixels, and a **kernel** (or filter) $K$ of 3 by 3 weights. Put the kernel
# on the upper left corner of the image, multiply each weight with the pixel below it, and add up the nine
# products:

# %%
image, kernel = by_hand.IMAGE, by_hand.KERNEL
patch = image[0:3, 0:3]
for name, table in (("patch", patch), ("kernel", kernel), ("product", patch * kernel)):
    print(f"{name:8}", *table.int().tolist())
print("sum     ", int((patch * kernel).sum()))

# %% [markdown]
# Move it by one pixel and do it again. Where the sum is large, the pixels resemble the kernel. **Your
# bet:** what is the sum one step to the right? Slide to see it, and all the others:


# %%
def place(row, column):
    """The image with the window's pixels marked, and the sum there."""
    seen = torch.full((7, 7), float("nan"))
    seen[row : row + 3, column : column + 3] = image[row : row + 3, column : column + 3]
    total = int((image[row : row + 3, column : column + 3] * kernel).sum())
    found = torch.full((7, 7), float("nan"))
    found[1:6, 1:6] = by_hand.correlate(image, kernel) / 4
    ring = torch.full((7, 7), float("nan"))
    ring[row + 1, column + 1] = total / 4
    return plots.images(
        torch.stack([image, seen, ring, found]),
        titles=["the image", "under the kernel", f"the sum here: {total}", "all the sums"],
        columns=4,
    )


place(1, 2)

# %%
_ = interact(place, row=IntSlider(1, min=0, max=4), column=IntSlider(2, min=0, max=4))

# %% [markdown]
# **Exercise 1.** Write it by hand, without `conv2d`: slide the kernel (of any height and width) over the
# image, multiply and add up. The result is called a **feature map**; gradients must flow through it.


# %% exercise="correlate"
def correlate(image, kernel):
    """image (H, W), kernel (k, l) -> feature map (H - k + 1, W - l + 1)."""
    raise NotImplementedError("write correlate, then run this cell")


# hint(correlate)
check(correlate)

# %%
feature_map = by_hand.correlate(image, kernel)
plots.images(feature_map[None], titles=["The feature map of figure 2.12"], values=True)

# %% [markdown]
# ### It is not quite a convolution
#
# What mathematicians call convolution turns the kernel round first. Without the turn it is
# **cross-correlation**, and that is what deep learning libraries compute and call convolution. Does it
# matter? The kernel above equals its own half turn, so it cannot tell. One that does not:

# %%
from scipy import signal

lopsided = torch.tensor([[1.0, 2, 0], [0, 1, 0], [0, 0, 3]])
ours, turned = by_hand.correlate(image, lopsided), by_hand.true_convolution(image, lopsided)
print(
    "ours and scipy's correlate2d:",
    (ours.numpy() == signal.correlate2d(image, lopsided, "valid")).all(),
)
print(
    "turned and its convolve2d:   ",
    (turned.numpy() == signal.convolve2d(image, lopsided, "valid")).all(),
)
print("ours and turned:             ", torch.equal(ours, turned))

# %% [markdown]
# To a network it makes no difference: its kernels are learned, and it would simply learn them the other
# way round.
#
# ### What kernels can find
#
# A photograph, and five kernels that people thought up long before networks learned them:

# %%
from sklearn.datasets import load_sample_image

photo = torch.tensor(load_sample_image("china.jpg")).float().mean(dim=2) / 255
ink = 1 - F.avg_pool2d(photo[None, None], 3)[0, 0]  # smaller, and dark = 1, like our digits
kernels = {
    "blur": torch.full((3, 3), 1 / 9),
    "sharpen": torch.tensor([[0.0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
    "outlines": torch.tensor([[-1.0, -1, -1], [-1, 8, -1], [-1, -1, -1]]) / 4,
    "upright edges": torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 4,
    "level edges": torch.tensor([[-1.0, -2, -1], [0, 0, 0], [1, 2, 1]]) / 4,
}
# F.conv2d slides each kernel over the picture; exercise 3 will do the same.
maps = F.conv2d(ink[None, None], torch.stack(list(kernels.values()))[:, None])[0]
plots.images(
    torch.cat([ink[None, 1:-1, 1:-1], maps.abs().clamp(max=1)]),
    titles=["the photograph", *kernels],
    columns=3,
)

# %% [markdown]
# Nobody will think up kernels for us from now on. They are the weights, and gradient descent finds them.
#
# ### Stride, padding, dilation: what size comes out?
#
# A kernel of 3 has only 5 places on 7 pixels, so every layer shrinks the picture. Three numbers change
# that:
#
# - **padding** $p$: so many zeros are put around the image;
# - **stride** $s$: how many pixels the window moves at each step;
# - **dilation** $d$: the kernel's cells are spread, $d$ pixels from one to the next.

# %%
for layer in (0, 1, 2, 5, 10, 13):
    print(f"after {layer:2} layers without padding: {28 - 2 * layer:2} by {28 - 2 * layer} pixels")

# %% [markdown]
# **Exercise 2.** At how many places does the kernel fit along one side of the image?


# %% exercise="output_size"
def output_size(size, kernel, stride, padding, dilation):
    """Pixels along one side of the feature map: five whole numbers -> a whole number."""
    raise NotImplementedError("write output_size, then run this cell")


# hint(output_size)
check(output_size)

# %%
for kernel_size, stride, padding, dilation in (
    (3, 1, 0, 1),
    (3, 1, 1, 1),
    (5, 1, 2, 1),
    (4, 1, 2, 1),
    (3, 2, 1, 1),
    (3, 1, 2, 2),
):
    real = nn.Conv2d(1, 1, kernel_size, stride, padding, dilation)(torch.zeros(1, 1, 28, 28))
    counted = by_hand.output_size(28, kernel_size, stride, padding, dilation)
    assert counted == real.shape[-1]
    print(
        f"28 pixels, kernel {kernel_size}, stride {stride}, padding {padding}, dilation {dilation}:",
        counted,
    )

# %% [markdown]
# The second and third line keep the size: at stride 1, an odd kernel of $k$ needs $p = (k - 1) / 2$. (So
# does the last: with dilation 2 a kernel of 3 covers 5 pixels.)
#
# *Where the book differs:* stride is the size of a step, not the number of steps, and padding keeps the
# dimensions only if it is chosen as above.
#
# ### Channels and filters
#
# A colour picture has three numbers for each pixel: three **channels**. A filter has a kernel for *each*
# channel, and adds up what they find. A layer has many filters, each with a bias and a feature map of its
# own; these maps are the channels of the next layer. $x$ is $(B, C, H, W)$, the weights are
# $(F, C, k, k)$, and out come $(B, F, H', W')$.
#
# **Exercise 3.** A whole convolution layer by hand, without `conv2d` and `F.unfold`; its kernels may be
# higher than wide, and gradients must flow through it. (`F.pad(x, (p, p, p, p))` adds zeros on four sides.)


# %% exercise="convolve"
def convolve(x, weight, bias, stride, padding):
    """x (B, C, H, W), weight (F, C, k, l), bias (F,) -> (B, F, H', W')."""
    raise NotImplementedError("write convolve, then run this cell")


# hint(convolve)
check(convolve)

# %%
layer = nn.Conv2d(in_channels=3, out_channels=8, kernel_size=3, stride=2, padding=1)
x = torch.randn(2, 3, 10, 10)
ours = by_hand.convolve(x, layer.weight, layer.bias, stride=2, padding=1)
print("out:", tuple(ours.shape), "  equal to nn.Conv2d:", torch.allclose(ours, layer(x), atol=1e-5))
print(
    "weights:",
    tuple(layer.weight.shape),
    "  numbers to learn:",
    sum(p.numel() for p in layer.parameters()),
)

# %% [markdown]
# It would be the same 224 numbers for a picture of any size. With **groups** the channels are dealt out
# among the filters, and with as many groups as channels every channel is filtered by itself. Networks for
# phones are built that way, since it takes so few weights:

# %%
for groups in (1, 2, 4, 16):
    layer = nn.Conv2d(16, 16, 3, padding=1, groups=groups)
    x = torch.randn(1, 16, 6, 6)
    same = torch.allclose(
        by_hand.conv2d(x, layer.weight, layer.bias, padding=1, groups=groups), layer(x), atol=1e-5
    )
    print(f"{groups:2} groups: {layer.weight.numel():5,} weights, equal to nn.Conv2d: {same}")
show_source(by_hand.conv2d)

# %% [markdown]
# ## Stages two and three: detector and pooling
#
# Convolutions behind one another melt into a single one, as all linear layers do ({lesson:activations}). So after
# each comes a bend, the **detector stage**: a ReLU keeps what is found and drops what is the opposite.

# %%
g = torch.Generator().manual_seed(0)
one, two = torch.randn(3, 3, generator=g), torch.randn(3, 3, generator=g)
both = torch.tensor(signal.convolve2d(one, two))  # a single kernel of 5 by 5
for bend in (lambda z: z, torch.relu):
    z = by_hand.correlate(bend(by_hand.correlate(image, one)), two)
    melted = torch.allclose(z, by_hand.correlate(image, both), atol=1e-5)
    print(
        f"two layers {'with a' if bend is torch.relu else 'without'} bend are a single one: {melted}"
    )

# %% [markdown]
# The third stage, **pooling**, sums up. It cuts the map into small squares and keeps one number of each:
# the largest (*max pooling*) or the average (*average pooling*). That something was found stays, and
# roughly where; exactly where does not, and the map becomes smaller.
#
# **Exercise 4.** Max pooling with squares that lie side by side, by hand, without torch's `max_pool2d`;
# gradients must flow through it.


# %% exercise="max_pool"
def max_pool(x, size):
    """x (B, C, H, W) -> (B, C, H // size, W // size): the largest number of each square."""
    raise NotImplementedError("write max_pool, then run this cell")


# hint(max_pool)
check(max_pool)

# %%
x = torch.randn(2, 3, 9, 8)
print("max:    ", torch.equal(by_hand.max_pool(x, 2), nn.MaxPool2d(2)(x)))
print("average:", torch.allclose(by_hand.avg_pool(x, 2), nn.AvgPool2d(2)(x)))

# %% [markdown]
# All three stages on the photograph, with the kernel for upright edges (orange: dark on the right,
# purple: dark on the left):

# %%
found = by_hand.conv2d(ink[None, None], kernels["upright edges"][None, None])
detected = torch.relu(found)
pooled = by_hand.max_pool(detected, 4)
drawn = F.interpolate(pooled, size=found.shape[2:])  # as large as the others, only for the eye
plots.images(
    torch.cat([ink[None, None, 1:-1, 1:-1], found, detected, drawn]),
    signed=True,
    columns=2,
    titles=[
        "the image",
        "1. convolution",
        "2. detector",
        f"3. pooling: {pooled.shape[2]} x {pooled.shape[3]}",
    ],
    title="The three stages of a convolutional layer",
)

# %% [markdown]
# For the maximum, stages two and three can change places: ReLU never alters which of two numbers is the
# larger one. Pooling first leaves the bend a quarter of the work, and that is how we build it.

# %%
x = torch.randn(4, 8, 28, 28)
first, last = by_hand.max_pool(x, 2).relu(), by_hand.max_pool(x.relu(), 2)
print("max pooling, then ReLU equals ReLU, then max pooling:", torch.equal(first, last))

# %% [markdown]
# ## The network
#
# A block is a convolution, its pooling, BatchNorm ({lesson:generalization}) and the bend. Three blocks, then one
# linear layer that decides:

# %%
show_source(model.Block, model.CNN)

# %%
cnn = model.build("cnn", seed=0)
z = mnist.train.x[:1]
print(f"image:         {tuple(z.shape)}")
for number, block in enumerate(cnn.blocks.eval(), start=1):
    z = block(z)
    print(f"after block {number}: {tuple(z.shape)}")
print(
    f"numbers to learn: {sum(p.numel() for p in cnn.parameters()):,}, "
    f"and in a fully connected network for the same: {sum(p.numel() for p in model.mlp().parameters()):,}"
)

# %% [markdown]
# The picture gets smaller and the number of features larger: less *where*, more *what*. `model.fit_options`
# puts together what you know: cross-entropy with label smoothing ({lesson:generalization}), AdamW and a one-cycle
# schedule ({lesson:optimizers}); the two stars hand all of it over as named arguments. **Your bet:** how many of 500 validation digits does it read after six epochs?

# %%
epochs, lr = 6, 0.01
history = plots.live(
    train_epochs(
        cnn,
        mnist.train,
        **model.fit_options(cnn, len(mnist.train), epochs=epochs, lr=lr),
        validation=mnist.validation,
    ),
    ("loss", "accuracy"),
    title="A CNN learns to read",
)

# %% [markdown]
# Enough was chosen. A last training on training and validation digits together, beside a fully connected
# network with the same means (BatchNorm, the same optimizer and schedule), and the one test:


# %%
def learn(kind, data, seed=0, **options):
    """A new network of that kind, trained as in the lesson's `run`."""
    net = model.build(kind, seed=seed, augment=options.pop("augment", False))
    rate = lr if kind == "cnn" else 0.003
    model.train(net, data, lr=rate, seed=seed, **{"epochs": epochs} | options)
    return net


def score(net, data):
    return evaluate(net, data, metrics={"accuracy": count_correct})


nets = {"CNN": learn("cnn", mnist.development), "fully connected": learn("mlp", mnist.development)}
results = {name: score(net, mnist.test) for name, net in nets.items()}
for name, result in results.items():
    print(f"{name:16} {result.sums['accuracy']:.0f} of {result.total} test digits right")
climb.add("CNN", lesson="cnn", correct=results["CNN"].sums["accuracy"], total=results["CNN"].total)

# %% [markdown]
# ### A look inside
#
# {Lesson:representation} showed a hierarchy of features in a network we had not opened. Now we have. Its first filters,
# and what they find in one digit:

# %%
plots.images(
    cnn.blocks[0][0].weight, signed=True, title="The first block's filters, 3 by 3 pixels each"
)

# %%
digit = mnist.validation.x[3:4]
cnn.eval()
with torch.no_grad():
    stages = [cnn.blocks[: depth + 1](digit)[0] for depth in range(3)]
plots.images(stages[0], title="After block 1: strokes, edge by edge")

# %%
plots.images(stages[1], title="After block 2: pieces of strokes, coarser and choosier")

# %%
plots.images(stages[2], title="After block 3: what is left is mostly 'what', hardly 'where'")

# %% [markdown]
# What is a unit of block 3 looking for? Search the validation digits for those that excite it most. There
# is a row for each of four units. Often it is not one digit, but a shape that several share:

# %%
with torch.no_grad():
    excited = cnn.blocks(mnist.validation.x).amax(dim=(2, 3))  # (500, 32)
chosen = excited.std(dim=0).argsort(descending=True)[:4]
best = excited[:, chosen].argsort(dim=0, descending=True)[:8].T.flatten()
plots.images(mnist.validation.x[best], columns=8, title="What four units of block 3 like best")

# %% [markdown]
# ### How much does a unit see?
#
# A unit of block 1 looks at few pixels. One of block 2 looks at units that each look at several: its
# **receptive field** grows, and with every pooling it grows faster.

# %%
show_source(by_hand.receptive_field)

# %%
masks, titles = [], ["the image"]
for depth, (row, column) in enumerate([(4, 4), (3, 3), (1, 1)], start=1):
    masks.append(invariance.pixels_seen(cnn.blocks[:depth], 28, row, column))
    side = by_hand.receptive_field([(3, 1), (2, 2)] * depth)
    titles.append(f"block {depth}: {side} by {side}")
background = torch.stack([torch.zeros(28, 28), *(0.35 * mask for mask in masks)])
plots.images(torch.maximum(background, digit[0]), titles=titles, columns=4)

# %% [markdown]
# The grey squares are measured: they are the pixels through which a gradient flows back from that unit.
# The formula gives the same sizes.
#
# ## What a CNN takes for granted
#
# It has far fewer weights and reads better. What did it know in advance? **Your bet:** all
# pixels of all digits get the shuffle from above, in training and in test. What happens to either network?

# %%
mixed, mixed_test = (
    invariance.shuffle_pixels(part, seed=0) for part in (mnist.development, mnist.test)
)
scores = {
    "CNN": results["CNN"]["accuracy"],
    "fully connected": results["fully connected"]["accuracy"],
    "CNN,\nshuffled": score(learn("cnn", mixed), mixed_test)["accuracy"],
    "fully connected,\nshuffled": score(learn("mlp", mixed), mixed_test)["accuracy"],
}
plots.bars({name: 1000 * (1 - s) for name, s in scores.items()}, ylabel="errors per 1,000 digits")

# %% [markdown]
# The fully connected one hardly notices. The CNN falls back: its lead came from the grid, *neighbours
# belong together*, and the shuffle has taken it away. Such built-in knowledge is called an
# **inductive bias**. It helps as far as it is true.
#
# ## The letter L, and where invariance ends
#
# A CNN with one filter looks for the corner of an L: ink above and to the right, and none between. Its
# bias is such that only a perfect find remains after the ReLU. In the second row the L is one pixel lower:


# %%
def stages_of_l(rows):
    """The image and the three stages, for an L at each of the rows; all drawn 10 by 10."""
    pictures = []
    for row in rows:
        letter = invariance.letter_l(row=row)
        _, detected, pooled = invariance.find_corner(letter)
        wide = pooled.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
        pictures += [letter, F.pad(detected, (1, 1, 1, 1)), F.pad(wide, (1, 1, 1, 1))]
    titles = [n for row in rows for n in (f"L at row {row}", "detected", "pooled, 2 by 2")]
    return plots.images(torch.cat(pictures), titles=titles, columns=3)


print(
    "pooled maps equal:",
    torch.equal(*(invariance.find_corner(invariance.letter_l(r))[2] for r in (1, 2))),
)
stages_of_l([1, 2])

# %% [markdown]
# The detected point has moved, the pooled map has not: this is **translation invariance**. Does it hold
# for one more pixel? **Your bet**, then try:

# %%
start = invariance.find_corner(invariance.letter_l(row=1))[2]
for row in range(7):
    now = invariance.find_corner(invariance.letter_l(row=row))[2]
    print(f"row {row}: pooled map {'as at row 1' if torch.equal(now, start) else 'another one'}")

# %%
_ = interact(lambda row: stages_of_l([1, row]), row=IntSlider(3, min=0, max=6))

# %% [markdown]
# Two different things:
#
# - the convolution is **equivariant**: the L moves, and the find moves along;
# - pooling is **invariant** to shifts that stay inside of a square. One pixel over its edge, and the map
#   has changed.
#
# *Where the book differs:* it says that through pooling a cat is a cat in any corner. Not by itself:
# only a pooling over the whole map would forgive every shift.
#
# So how do our networks do when all test digits are moved? They were trained on centred ones.


# %%
def by_shift(net):
    return [invariance.score_shifted(net, mnist.test, pixels)["accuracy"] for pixels in range(8)]


shifted = {name: by_shift(net) for name, net in nets.items()}
plots.functions(
    range(8),
    shifted,
    xlabel="shifted by pixels",
    ylabel="accuracy",
    title="Test digits moved up, down, left and right",
)

# %% [markdown]
# The CNN holds out longer, and then it falls too: its last layer has a weight for each place. If shifts
# matter, show them in training.
#
# ### Augmentation
#
# {Lesson:generalization}'s layer turns, moves and resizes all images of a batch, each in its own way:

# %%
torch.manual_seed(0)
one = mnist.train.x[4:5].repeat(16, 1, 1, 1)
plots.images(Augment().train()(one), title="One digit, sixteen ways")

# %% [markdown]
# Before the network it acts in training only, like dropout. Nothing repeats exactly, so it pays to
# train for longer: 20 epochs.

# %%
augmented = model.build("cnn", seed=0, augment=True)
history = plots.live(
    train_epochs(
        augmented,
        mnist.development,
        **model.fit_options(augmented, len(mnist.development), epochs=20, lr=lr),
    ),
    ("loss", "accuracy"),
    title="Accuracy here is on augmented digits",
)

# %%
result = score(augmented, mnist.test)
climb.add("CNN, augmented", lesson="cnn", correct=result.sums["accuracy"], total=result.total)
shifted["CNN, augmented"] = by_shift(augmented)
print(f"{result.sums['accuracy']:.0f} of {result.total} test digits right")
plots.functions(
    range(8),
    shifted,
    xlabel="shifted by pixels",
    ylabel="accuracy",
    title="Test digits moved up, down, left and right",
)

# %%
climb.table()

# %%
climb.show()

# %% [markdown]
# ## Clothes
#
# Digits are easy. **Fashion-MNIST** has ten kinds of clothing in the same format, and was made to be
# harder. The workshop brings 6,000 of its 70,000 pictures. What a CNN makes of them goes into a
# **confusion matrix**: a row for what a thing is, a column for what the network calls it, and in each
# square how often. Right answers are on the diagonal.

# %%
fashion = load("fashion_mnist")
first_of_each = torch.tensor([fashion.train.y.tolist().index(label) for label in range(10)])
plots.images(fashion.train.x[first_of_each], titles=fashion.class_names, columns=5)

# %%
clothes_cnn = learn("cnn", fashion.development)
with torch.no_grad():
    guess = clothes_cnn.eval()(fashion.test.x).argmax(dim=1)
matrix = torch.zeros(10, 10, dtype=torch.long)
# one more at (what it is, what was said), for each picture
matrix.index_put_((fashion.test.y, guess), torch.tensor(1), accumulate=True)
print(f"{matrix.trace().item()} of {len(guess)} right")
plots.confusion(matrix, fashion.class_names, title="Clothes")

# %% [markdown]
# Most confusion is among the things for the upper body. Would you always know, at 28 by 28 pixels?
#
# The same CNN can learn from all 70,000 pictures, if they are on your machine (torchvision downloads them,
# and Debian and Ubuntu have a package `dataset-fashion-mnist`) and you have a few minutes:
# `workshop run cnn --set full=true`. Where the code looks for them:

# %%
from workshop.day2.cnn import full_size

print(full_size.find_fashion_mnist() or "not on this machine; looked in:")
print(*full_size.places(), sep="\n")

# %% [markdown]
# ## Recap
#
# - A convolution slides a small kernel over the image: multiply, add up. Few weights, shared by all
#   places.
# - Size along a side: $\lfloor (n + 2p - d(k - 1) - 1) / s \rfloor + 1$, where $\lfloor\;\rfloor$ rounds down.
# - A filter has a kernel for each channel; a layer has many filters, each with a map.
# - Three stages: convolution, detector, pooling. Blocks of them see more and more of the picture.
# - A CNN knows in advance that neighbours belong together and that things may move. On shuffled pixels
#   this is worth nothing.
# - Convolution is equivariant; pooling forgives small shifts only. Augmentation does the rest.
#
# Words and symbols: [glossary](../reference/glossary.md), [notation](../reference/notation.md).
#
# ### Test yourself
#
# **1.** A layer has 32 filters of 5 by 5 for pictures in three colours. How many numbers does it learn?
# And if the pictures are twice as large?
#
# <details><summary>Answer</summary>
#
# $32 \cdot 3 \cdot 5 \cdot 5 = 2400$ weights and 32 biases: 2,432. The size of the pictures does not
# matter, since the weights are the same at all places.
# </details>
#
# **2.** What does a convolution with a kernel of 1 by 1 do, if anything?
#
# <details><summary>Answer</summary>
#
# It mixes the channels of each pixel, without looking at neighbours: a fully connected layer applied to
# every pixel. It is often used to change the number of channels.
# </details>
#
# **3.** Rows are patients, columns are measurements: age, weight, pulse. Is a CNN a good idea?
#
# <details><summary>Answer</summary>
#
# No. The columns could stand in any order, so "neighbours belong together" is not true of them, as it was
# not of shuffled pixels.
# </details>
#
# **Next:** {Lesson:transfer} lets a network that has seen a million pictures help where there
# are only few.

# %% [markdown]
# # A better way to look at it
#
# *About 50 minutes.* Welcome! Two days from now you will have built networks that see, read and
# compose, and you will know what happens inside. At the end of this first lesson you can
#
# - say why seeing is hard for a computer, and what is new when it *learns* to see;
# - teach a perceptron from its mistakes, and show a problem that it can never solve;
# - make a hard problem easy by looking at it in another way;
# - explain what "deep" learning does differently: it finds its own way of looking.
#
# **How these notebooks work.** Click a grey cell and press *Shift-Enter*: it runs, and the answer
# appears below. Go from top to bottom. Some cells are yours to write: `check(...)` tells you what is
# right, `hint(...)` gives a nudge, `answer(...)` shows one solution. You cannot break anything.

# %%
# %matplotlib inline
import torch
from ipywidgets import FloatSlider, interact
from torch import Tensor, nn

# Our own tools: figures, data, training. What each of them does is told where it is first used.
from workshop.classroom.show import show_source
from workshop.figures import plots
from workshop.core.data import Split, load
from workshop.core.training import count_correct, evaluate, train_epochs
from workshop.day1 import representation
from workshop.exercises import answer, check, hint

# %% [markdown]
# ## The old dream
#
# In 1770 a machine in a Turkish costume was shown to the empress in Vienna: the Mechanical Turk. For
# decades it beat players all over Europe at chess. It was a fraud, with a person hidden inside; but
# people *wanted* to believe in a machine that thinks. Real work on **artificial intelligence**,
# machines that do what seems to need intelligence, began in the 1950s, and soon met with a surprise:
# what is hard for us, such as long sums, is easy for a computer, and what is easy for us is hard for
# it. Seeing, for instance.
#
# ## What a machine sees
#
# Here is a picture, just as a computer has it: 64 numbers, 0 for white paper and 16 for black ink.
# What does it show? Take a minute before you run the cell after it.

# %%
digits = load("digits")
# .x holds the pictures ([:, 0] takes their only colour, grey), .y the digit that each one shows
images, labels = digits.train.x[:, 0], digits.train.y  # (N, 8, 8) between 0 and 1, and (N,)
picture = images[labels == 2][0]

for row in (16 * picture).int().tolist():
    print("".join(f"{number:4}" for number in row))

# %%
plots.images(16 * picture[None], titles=["What you see, and what the computer has"], values=True)

# %% [markdown]
# With the picture before you it takes no effort at all. It is the same with a photograph of a cat,
# only with millions of numbers. How would you tell a machine which numbers make a cat? Or, for a
# start, which make a 2?
#
# (PyTorch keeps numbers in **tensors**. A tensor's **shape** says how many there are in each
# direction: `(8, 8)` is a table of 8 rows and 8 columns, `(N, 8, 8)` is N such tables, `(N,)` a row of
# N numbers, and `()` a single one.)
#
# ### Rules written by hand
#
# The first idea was to write down rules. Look at a few more. How would *you* describe a 2?

# %%
plots.images(images[labels == 2][:16], title="Sixteen times a 2, each by another hand")

# %% [markdown]
# Here is our attempt: there is a dark line at the foot, and on the right just above it, nothing.

# %%
show_source(representation.clues_to_two, representation.rule_for_two)

# %% [markdown]
# How dark is dark, and how much is nothing? Every image has become a point with two numbers, so we
# can draw what a rule accepts. Three attempts:

# %%
clues = representation.clues_to_two(images)
is_two = (labels == 2).long()  # True and False become 1 and 0


def attempt(dark, light):
    # .item() makes a plain Python number of a tensor that holds only one
    right = (representation.rule_for_two(images, dark, light) == is_two).sum().item()
    title = f"dark > {dark}, light < {light}:\n{right} of {len(images)} right"
    return title, lambda points: ((points[:, 0] > dark) & (points[:, 1] < light)).float()


plots.boundaries(
    dict([attempt(0.5, 0.3), attempt(0.65, 0.1), attempt(0.8, 0.05)]),
    clues,
    is_two,
    limits=((0, 1.02), (-0.03, 1)),
    names=["no 2", "a 2"],
)

# %% [markdown]
# ($x_1$ is the ink at the foot, $x_2$ the ink above it.) The one in the middle is the best there is
# with these two clues: we tried them all. That sounds like a good score, until you ask what a rule
# would get that never says "2" at all:

# %%
print(f"always 'no': {(is_two == 0).sum().item()} of {len(images)} right")

# %% [markdown]
# Every exception asks for one more clue, and that one has exceptions of its own. And then there are
# nine more digits, and cats.
#
# ### Rules that are learned
#
# **Machine learning** turns the question round: do not tell the machine the rule, show it examples,
# and let it find the rule. One of the first machines that did so was the **perceptron** (1958). It
# multiplies each input by a **weight**, adds the products and a number of its own, the **bias** $b$,
# and answers 1 if the sum is above 0, and 0 otherwise.
#
# **Exercise 1.** What does a perceptron answer for each row of `x`? (Your first exercise: write in
# place of the line with `raise`, run the cell, and read what `check` says.)


# %% exercise="perceptron_predict"
def perceptron_predict(x, w, b):
    """1 where w . x + b > 0, else 0: x (N, n), w (n,), b () -> (N,), whole numbers."""
    raise NotImplementedError("write perceptron_predict, then run this cell")


# Stuck? Take the '#' away: hint(perceptron_predict) gives a nudge, answer(...) the solution.
# hint(perceptron_predict)
check(perceptron_predict)

# %% [markdown]
# It learns from its mistakes, and from nothing else. After a wrong answer each weight moves a little,
# in proportion to its input, in the direction that would have been better:
#
# $$w \leftarrow w + \alpha\,(y - \hat y)\,x \qquad b \leftarrow b + \alpha\,(y - \hat y)$$
#
# Here $y$ is the right answer, the example's **label**, $\hat y$ is the perceptron's, and $\alpha$
# (`lr` in code, the **learning rate**) says how large a step is.
#
# **Exercise 2.** Write one such step, for one example.


# %% exercise="perceptron_update"
def perceptron_update(w, b, x, y, lr):
    """The new w and b after one example: w (n,), b (), x (n,), y () 0 or 1 -> w (n,), b ()."""
    raise NotImplementedError("write perceptron_update, then run this cell")


# hint(perceptron_update)
check(perceptron_update)

# %% [markdown]
# That is all there is to it. Take the 64 numbers of an image as inputs, start with all weights at
# zero, go through the examples again and again (once through all of them is an **epoch**), and
# correct every mistake:

# %%
show_source(representation.train_perceptron)

# %% [markdown]
# Now the contest. Each of our data sets is divided, once and for all, into three parts: a **training
# set** to learn from, a **validation set** to compare on while something is still to be chosen, and a
# **test set**, kept apart for the end. `development` is the first two together. So here are test
# images, which neither of the two has seen before. What is your bet?

# %%
known, test = digits.development, digits.test
# flatten(1) writes each image as one row of 64 numbers
w, b = representation.train_perceptron(known.x.flatten(1), (known.y == 2).long(), epochs=20)

right = test.y == 2
for name, guess in (
    ("the rule by hand  ", representation.rule_for_two(test.x[:, 0]) == 1),
    ("the learned one   ", representation.perceptron_predict(test.x.flatten(1), w, b) == 1),
):
    missed, false = (right & ~guess).sum().item(), (~right & guess).sum().item()
    print(f"{name} right on {(right == guess).sum().item()} of {len(right)}:", end=" ")
    print(f"{missed} of {right.sum().item()} missed, {false} false alarms")

# %% [markdown]
# Nobody told it about feet. What does it look for, then? Its 64 weights can be drawn as an image: ink
# on orange speaks for a 2, ink on purple against it. Beside it, the weights times the ink of a 2 and
# of a 7; added up, together with the bias, they decide.

# %%
seven = images[labels == 7][0]
votes = [w.reshape(8, 8) * ink for ink in (torch.ones(8, 8), picture, seven)]
sums = [vote.sum().item() + b.item() for vote in votes]
plots.images(
    torch.stack(votes),
    signed=True,
    titles=["weights", f"a 2: {sums[1]:+.1f}", f"a 7: {sums[2]:+.1f}"],
)

# %% [markdown]
# To be fair to rules: we chose the 2 because it is hard to describe. Here is one for the 0, with
# nothing in the middle and ink on both sides, against a perceptron that learned the 0:

# %%
middle, left, right = (test.x[:, 0, 3:5, at : at + 2].mean(dim=(1, 2)) for at in (3, 1, 5))
by_rule = (middle < 0.2) & (left > 0.3) & (right > 0.3)
w, b = representation.train_perceptron(known.x.flatten(1), (known.y == 0).long(), epochs=20)
learned = representation.perceptron_predict(test.x.flatten(1), w, b) == 1
for name, guess in (("rule", by_rule), ("learned", learned)):
    print(f"{name:8} right on {((test.y == 0) == guess).sum().item()} of {len(test)}")

# %% [markdown]
# Close! But somebody has to find such a rule, for every digit, and for every cat.
#
# ## What a perceptron can never learn
#
# Two inputs, each 0 or 1: the four corners of a square. Mark each corner 0 or 1. There are 16 ways to
# do that. AND, for one, marks only the corner (1, 1); XOR, "one or the other but not both", marks
# (0, 1) and (1, 0). **Before you run it:** how many of the 16 can a perceptron learn?

# %%
corners = representation.XOR.x
learned = 0
for number in range(16):
    y = torch.tensor([number >> place & 1 for place in (3, 2, 1, 0)])
    w, b = representation.train_perceptron(corners, y, epochs=100)
    right = (representation.perceptron_predict(corners, w, b) == y).sum().item()
    learned += right == 4
    if right < 4:
        print(f"corners marked {y.tolist()}: {right} of 4 right after 100 rounds")
print(f"learned without a mistake: {learned} of 16")

# %% [markdown]
# The two that fail are XOR and its opposite, and more rounds would not help. A perceptron says 1 on
# one side of a **straight line** and 0 on the other. Whatever line you draw, at least one corner of
# XOR is on the wrong side, so three of four is the most there is:


# %%
def line(w1, w2, b):
    return lambda grid: (grid @ torch.tensor([w1, w2]) + b > 0).float()


plots.boundaries(
    {
        "$x_1 + x_2 > 0.5$": line(1.0, 1.0, -0.5),
        "$x_1 + x_2 < 1.5$": line(-1.0, -1.0, 1.5),
        "$x_1 - x_2 > 0.5$": line(1.0, -1.0, -0.5),
    },
    *representation.XOR,
    limits=((-0.5, 1.5), (-0.5, 1.5)),
)

# %% [markdown]
# Do not take our word for it. Move the line:


# %%
@interact(
    w1=FloatSlider(1.0, min=-3, max=3),
    w2=FloatSlider(1.0, min=-3, max=3),
    b=FloatSlider(-0.5, min=-3, max=3),
)
def draw(w1, w2, b):
    guess = representation.perceptron_predict(corners, torch.tensor([w1, w2]), torch.tensor(b))
    right = (guess == representation.XOR.y).sum().item()
    return plots.boundary(
        line(w1, w2, b),
        *representation.XOR,
        title=f"{right} of 4 right",
        limits=((-0.5, 1.5), (-0.5, 1.5)),
    )


# %% [markdown]
# ## Layers
#
# In 1969 a book spelt this out, and it was a serious blow to the field. The way out is to put several
# perceptrons, from now on **units**, side by side in a **layer**, and to let further units look at what
# those have found. That is a **multi-layer perceptron** (MLP), a neural network. Two things are new in
# ours: between its layers there is a bend ({lesson:activations} says which and why), and it learns by turning all
# its weights at once, each a little, so that a number called the **loss**, how wrong it is, goes down.
# {Lesson:gradient_descent} opens `train_epochs`; until then it is a machine you may use without looking inside.

# %%
# nn.Linear is a layer, nn.Tanh the bend, and nn.Sequential puts them one after the other
show_source(representation.network)

# %%
torch.manual_seed(0)  # the same "random" start each time you run this
mlp = representation.network(inputs=2, hidden=16)  # hidden: units between input and output
history = plots.live(
    train_epochs(
        mlp,
        representation.XOR,
        loss_fn=nn.CrossEntropyLoss(),  # how wrong is it? ({lesson:losses})
        optimizer=torch.optim.SGD(
            mlp.parameters(), lr=0.5
        ),  # what turns the weights ({lesson:gradient_descent})
        epochs=500,
    ),
    title="A network learns XOR",
)

# %%
# evaluate asks the network about each example and counts
score = evaluate(mlp, representation.XOR, metrics={"accuracy": count_correct})
print(f"right on {score.sums['accuracy']} of {score.total}")
plots.boundary(
    mlp, *representation.XOR, title="The network's answer to XOR", limits=((-0.5, 1.5), (-0.5, 1.5))
)

# %% [markdown]
# The falling curve is the whole idea of **deep learning** in one picture: a network of layers does a
# task over and over, and each time it changes a little so as to do it better. *Deep* only means that
# there are many layers.
#
# ## What is easy depends on how you look
#
# Add 9 and 10. Easy. Now add IX and X, *without* turning them into our numerals first. The problem is
# the same, its **representation** is not. A computer is no better off: given the letters, it merely
# puts them side by side. All the work is in changing the representation; then it is one addition.

# %%
values = {"I": 1, "V": 5, "X": 10}


def from_roman(text):
    """A numeral before a larger one is taken away: IX is 10 - 1."""
    numbers = [values[letter] for letter in text]
    after = [*numbers[1:], 0]
    return sum(-n if n < later else n for n, later in zip(numbers, after, strict=True))


print("9 + 10 =", 9 + 10)
print("IX + X =", "IX" + "X", "(so says Python)")
print("IX + X =", from_roman("IX") + from_roman("X"), "(in another representation)")

# %% [markdown]
# The same with data. Two rings of points, one around the other. Could any straight line divide them?

# %%
rings, held_out = representation.rings(800, seed=0), representation.rings(800, seed=1)
plots.boundary(
    lambda grid: torch.full((len(grid),), 0.5), *rings, title="Two rings: where is the line?"
)

# %% [markdown]
# Describe each point in another way: by its distance from the middle and by its angle (**polar
# coordinates**), instead of by $x_1$ and $x_2$.
#
# **Exercise 3.** Turn $(x_1, x_2)$ into distance and angle. `torch.atan2(y, x)` gives the angle.


# %% exercise="to_polar"
def to_polar(x):
    """Distance from the origin and angle in radians of each point: (N, 2) -> (N, 2)."""
    raise NotImplementedError("write to_polar, then run this cell")


# hint(to_polar)
check(to_polar)

# %%
polar = Split(representation.to_polar(rings.x), rings.y)
plots.boundary(
    lambda points: (points[:, 0] > 1.5).float(),
    *polar,
    title="The same points: $x_1$ is now the distance, $x_2$ the angle",
)

# %% [markdown]
# One upright line, drawn by eye, is enough. Can a machine draw it? Three models learn from these 800
# points and are tested on 800 new ones; their **accuracy** is the share of these that they get right. A
# *linear* model is one layer without a bend: like the
# perceptron, it can only divide with a straight line. **Your bet** for each of them?

# %%
torch.manual_seed(0)
polar_held_out = Split(representation.to_polar(held_out.x), held_out.y)
models = {
    "linear,\non $x_1$ and $x_2$": (nn.Linear(2, 2), rings, held_out),
    "linear,\non distance and angle": (nn.Linear(2, 2), polar, polar_held_out),
    "network,\non $x_1$ and $x_2$": (representation.network(2, 16), rings, held_out),
}
scores = {
    name: representation.train(model, data, new, epochs=500, lr=0.5)[1]["accuracy"]
    for name, (model, data, new) in models.items()
}
plots.bars(scores, ylabel="accuracy on 800 new points", line=(0.5, "guessing"))

# %%
flat, in_polar, deep = (model for model, _, _ in models.values())
plots.boundaries(
    {
        "linear, on $x_1$ and $x_2$": flat,
        "linear, on distance and angle": lambda grid: in_polar(representation.to_polar(grid)),
        "network, on $x_1$ and $x_2$": deep,
    },
    *held_out,
)

# %% [markdown]
# The same linear model is no better than guessing in one representation and all but perfect in the
# other: seen from $x_1$ and $x_2$, its straight line has become a circle. And for the third bar nobody
# changed anything: the network was given $x_1$ and $x_2$.
#
# ### What did it find?
#
# Its last layer is a linear model, so the layer before must have made the problem easy. Here is what
# the last layer sees, drawn over the distance from the middle, which nobody ever told the network:

# %%
distance = held_out.x.norm(dim=1)
with torch.no_grad():  # only look: PyTorch need not prepare for training
    says = {  # a model has a score for each ring: the outer one's minus the inner one's
        name: model(held_out.x) @ torch.tensor([-1.0, 1.0])
        for name, model in (("linear", flat), ("network", deep))
    }
for name, opinion in says.items():
    together = torch.corrcoef(torch.stack([distance, opinion]))[0, 1].item()
    print(f"{name:8} correlation of its opinion with the distance: {together:5.2f}")
plots.scatter(
    distance,
    says["network"],
    xlabel="distance from the middle",
    ylabel="how much for the outer ring",
    title="The network's opinion of each new point",
)

# %% [markdown]
# It has found the distance, or something as good. A network that makes its own representation from
# raw data: this is **representation learning**.

# %% [markdown]
# ## Two ways to read a digit
#
# For decades, people made the representation by hand. The numbers they measured are called
# **features**.
#
# | | made by people | learned |
# |---|---|---|
# | traditional machine learning | the features | a simple model on top of them |
# | deep learning | nothing but the task | the features *and* the model on top |
#
# Let us try both on larger digits, of 28 by 28 pixels: 5,000 from **MNIST**, the best-known collection
# of handwritten digits (MNIST-5k, for short). A person might measure the ink in each row and
# in each column, and how symmetrical a digit is.
#
# **Exercise 4.** Make one of these features: compare every image with its mirror image, and return 1
# minus the mean absolute difference of their pixels, one number per image. (With
# `images.flip(dims=(k,))` you turn dimension `k` round.)


# %% exercise="left_right_symmetry"
def left_right_symmetry(images):
    """How alike an image is to its mirror image: (N, H, W) in [0, 1] -> (N,), 1 when equal."""
    raise NotImplementedError("write left_right_symmetry, then run this cell")


# hint(left_right_symmetry)
check(left_right_symmetry)

# %%
mnist = load("mnist5k")
ten = torch.cat([mnist.train.x[mnist.train.y == digit][:1, 0] for digit in range(10)])
symmetry = representation.left_right_symmetry(ten)
plots.images(
    ten, titles=[f"{s:.2f}" for s in symmetry], columns=10, title="Symmetry, left to right"
)

# %% [markdown]
# Useful, but not enough on its own. All the features together are 58 numbers for each image:

# %%
show_source(representation.hand_made_features)

# %% [markdown]
# Three contestants: a linear model on our features (`standardized` brings them to one scale, for a fair
# start; {lesson:neuron} says why), the same kind of model on the 784 raw pixels, and a network on the raw
# pixels. **Your bet?**

# %%
torch.manual_seed(0)
features = representation.represent(
    mnist, lambda x: representation.hand_made_features(x[:, 0])
).standardized()
pixels = representation.represent(mnist, lambda x: x.flatten(1))
settings = {
    "epochs": 20,
    "lr": 0.1,
    "batch_size": 32,
}  # 32 examples for each small step ({lesson:gradient_descent})
contest = {
    "58 features by hand,\nlinear model": (nn.Linear(58, 10), features),
    "784 pixels,\nlinear model": (nn.Linear(784, 10), pixels),
    "784 pixels,\nnetwork": (representation.network(784, 64, 10), pixels),
}
scores = {
    name: representation.train(model, data.development, data.test, **settings)[1]["accuracy"]
    for name, (model, data) in contest.items()
}
plots.bars(scores, title="Accuracy on 1,000 digits never seen", ylabel="accuracy")

# %% [markdown]
# Our features lose, although we gave them thought and the others none. Somebody with more patience
# could make better ones, and people did, for years. Notice the second bar too: centred digits are easy
# enough for a linear model on raw pixels to get most of the way. On photographs it would not;
# {lesson:cnn} and {lesson:transfer} go there.
#
# ## A hierarchy of features
#
# To recognise a face we put together eyes and a nose, and those from lines and edges. Do networks
# find such a hierarchy too? Here is a look ahead: a small **convolutional network**, which {lesson:cnn}
# opens. All you need to know is that each unit of its first layer looks through a window of 5 by 5
# pixels, that the window is moved over the whole image, and that the second layer looks in the same
# way at what the first has found.

# %%
torch.manual_seed(0)
cnn = representation.small_cnn()
history = plots.live(
    train_epochs(
        cnn,
        mnist.train,
        loss_fn=nn.CrossEntropyLoss(),
        optimizer=torch.optim.SGD(cnn.parameters(), lr=0.1),
        epochs=5,
        batch_size=32,
        validation=mnist.validation,
        metrics={"accuracy": count_correct},
    ),
    ("loss", "accuracy"),
)
print(f"accuracy on the validation images: {history['val_accuracy'][-1]:.3f}")

# %%
plots.images(cnn[0].weight, signed=True, title="The eight windows of the first layer")

# %% [markdown]
# Where a window is orange it likes ink, where it is purple it does not. Some have an orange side and a
# purple side: they look for an **edge**. What they find in one digit:

# %%
with torch.no_grad():
    # cnn[:2] is only the beginning of the network: its first layer and the bend after it
    first = cnn[:2](mnist.validation.x)  # (500, 8, 28, 28): what each window finds, everywhere
    second = cnn[:5](mnist.validation.x)  # (500, 16, 14, 14): the second layer, on a coarser grid

one = 3  # any of the 500 validation images
plots.images(
    torch.cat([first[one].max() * mnist.validation.x[one], first[one]]),
    columns=9,
    titles=["image", *range(1, 9)],
    title="First layer: where each window has found something",
)

# %%
plots.images(second[one], titles=range(1, 17), title="Second layer: coarser, sparser, choosier")

# %% [markdown]
# To see *what* a unit looks for, search all validation images for the pieces that excite it most. A
# unit of the second layer sees 14 by 14 pixels, since it looks at what several windows have found.


# %%
def favourites(maps, unit, size, step, count=8):
    """The pieces of the validation images that excite a unit most, the strongest first."""
    width = maps.shape[-1]
    strongest, place = maps[:, unit].flatten(1).max(dim=1)  # one place per image
    padded = nn.functional.pad(mnist.validation.x[:, 0], (size,) * 4)
    pieces = []
    for n in strongest.argsort(descending=True)[:count].tolist():
        top, left = (step * at - (size - step) // 2 + size for at in divmod(place[n].item(), width))
        pieces.append(padded[n, top : top + size, left : left + size])
    return torch.stack(pieces)


plots.images(
    torch.cat([favourites(first, unit, size=5, step=1) for unit in range(4)]),
    title="First layer: what four of its units like best, a row each",
)

# %%
plots.images(
    torch.cat([favourites(second, unit, size=14, step=2) for unit in range(4)]),
    title="Second layer: what four of its units like best, a row each",
)

# %%
with torch.no_grad():
    likely = cnn(mnist.validation.x)  # (500, 10): what the last layer says of each digit
plots.images(
    mnist.validation.x[likely.argmax(dim=0)],
    titles=range(10),
    columns=10,
    title="Last layer: the image that looks most like a 0, a 1, ...",
)

# %% [markdown]
# Edges first, then strokes, corners and curves, and in the end whole digits: each layer builds its
# representation from that of the layer before. Nobody designed any of it.
#
# ## What it is good for
#
# | field | what it does there | in this workshop |
# |---|---|---|
# | seeing | image recognition | {lesson:cnn} and {lesson:transfer}; mistakes examined in {lesson:practice} |
# | | reading handwriting and print | digits, all of day 1 and {lesson:cnn} |
# | | finding objects, outlining them, recognising faces | not here; they build on {lesson:cnn} |
# | language | sentiment, names in a text | {lesson:text} and {lesson:recurrent} |
# | | translation | {lesson:recurrent} |
# | | answering questions, chatting | not here; they build on {lesson:text}, {lesson:recurrent} and {lesson:gated} |
# | | understanding speech, speaking | not here; both are sequences, as in 13 and 14 |
# | acting | reinforcement learning: games, robots, by trial and error | not here |
# | inventing | music | {lesson:recurrent} |
# | | pictures: faked faces, a photo in a painter's style | not here |
#
# ## Recap
#
# - To a machine an image is a table of numbers. Rules for them are hard to write; learned ones win.
# - A perceptron learns from its mistakes, but it only draws straight lines: XOR is beyond it.
# - The right representation can make a hard problem easy.
# - Traditional machine learning has its features made by hand; a deep network learns them, layer by
#   layer, from edges to whole digits.
#
# Words and symbols: [glossary](../reference/glossary.md), [notation](../reference/notation.md).
#
# ### Test yourself
#
# **1.** A perceptron is right on every training example. What does its rule do next?
#
# <details><summary>Answer</summary>
#
# Nothing, ever again: the error is 0 for each example, so neither weights nor bias change.
# </details>
#
# **2.** The inner ring is moved far away, beside the outer one. Which representation is good now?
#
# <details><summary>Answer</summary>
#
# The plain $x_1$ and $x_2$: a straight line fits between two rings that lie side by side. Whether a
# representation is good depends on the task.
# </details>
#
# **3.** Why is a high score on the examples the model learned from not enough?
#
# <details><summary>Answer</summary>
#
# It might know them by heart. We want it to be right on new ones, so we count on examples it has never
# seen: the held-out, or test, set.
# </details>
#
# **Next:** {Lesson:neuron} takes the smallest part of every network apart, one neuron.

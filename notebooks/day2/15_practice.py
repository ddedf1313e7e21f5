# %% [markdown]
# # Deep learning in practice
#
# *About 75 minutes.* The network trains, and it is not good enough. What now? Most people change the
# network. In this last lesson you look first: at its mistakes, at its labels, at the run itself. You can
# then
#
# - sort a model's mistakes by cause, and say which cause is worth your week;
# - say how far a model's "90 % sure" can be trusted, and mend it;
# - find wrong labels with a model that was trained on them, and compare better data with a better model;
# - tell nine broken training runs apart from a few numbers, and mend each.

# %%
# %matplotlib inline
import torch
from ipywidgets import Dropdown, FloatSlider, interact
from torch import Tensor, nn
from torch.nn import functional as F

from workshop.classroom import climb, tags
from workshop.classroom.show import show_source
from workshop.figures import plots
from workshop.core.data import Split, load
from workshop.core.training import count_correct, evaluate
from workshop.day2.generalization import networks
from workshop.day2.practice import (
    calibration,
    clinic,
    comparison,
    disagreement,
    errors,
    labels,
    training,
    step,
    symptoms,
    table,
)
from workshop.exercises import answer, check, hint

before = torch.get_num_threads()
torch.set_num_threads(1)  # these networks are small: one thread is fastest
mnist = load("mnist5k")
digits = mnist.development  # training and validation digits; the test set stays shut

# %% [markdown]
# ## Error analysis: look at the mistakes
#
# To look at mistakes you need examples that the model has not learned, and never those of the test set:
# whoever studies those will end up fitting them. Our 500 validation digits would give us a few dozen
# mistakes. There is a thriftier way. Deal all 4,000 digits into five **folds** (as in {lesson:transfer}), train five models, each
# on four of the folds, and let each answer for the fold it has not seen. Now *every* digit is a
# validation digit once. These answers are called **out of fold**.

# %%
show_source(training.out_of_fold)

# %%
config = errors.Config()
logits, mistakes = errors.out_of_fold_mistakes(config, mnist, seed=0)
right = len(digits) - len(mistakes)
print(f"an MLP with 128 hidden units: {right} of {len(digits)} right, {len(mistakes)} mistakes")

# %% [markdown]
# One number. Which digits does it know, and what does it take the others for? The **confusion matrix**
# ({lesson:cnn}) tells:

# %%
matrix = errors.confusion_matrix(digits.y, logits.argmax(dim=1), 10)
plots.confusion(matrix, mnist.class_names, title="Rows: what it is. Columns: what the model says")

# %%
precision, recall, f1 = errors.per_class(matrix)
print("digit  precision  recall     F1")
for k in f1.argsort().tolist():
    print(f"{k:5}  {precision[k]:9.3f}  {recall[k]:6.3f}  {f1[k]:5.3f}")

# %% [markdown]
# As for the names in {lesson:recurrent}, **precision**: of all it calls a 5, how many are; **recall**: of all 5s, how
# many it finds; **F1**: their harmonic mean. The list begins with the digit that needs help most.
#
# Scores do not tell *why*. Pictures may. Here are the worst mistakes first: those where the model gave the
# right answer the least probability. **Your bet** before you look: is it the model's fault, or the writer's?

# %%
worst = mistakes.rows[:16]
plots.images(
    digits.x[worst],
    titles=[
        f"a {digits.y[i]}, read as {k}"
        for i, k in zip(worst.tolist(), mistakes.guess.tolist(), strict=False)
    ],
    columns=8,
    title="The worst mistakes",
)

# %% [markdown]
# ## A table of causes
#
# Now do it systematically: a row for each mistake, a column for each cause that may be behind it, and
# below them how many of all mistakes have it. A mistake may have several causes, so the shares need not
# add up to 100 %.
#
# For a start, seven causes that can be measured without asking the model. How thick are the strokes, how
# much do they lean, how broad is the digit? And: what do its **neighbours** say, the five pictures that
# are nearest to it, pixel by pixel?

# %%
show_source(errors.find_causes)

# %%
table.error_table(mistakes)

# %% [markdown]
# Sort it as you like: by label, by what the model said, by a cause.

# %%
_ = interact(
    lambda sort, rows: table.error_table(mistakes, sort=sort, rows=rows),
    sort=Dropdown(options=[*table.ORDERS, *mistakes.names]),
    rows=Dropdown(options=[12, 24, 48]),
)

# %% [markdown]
# A column full of ones is not yet a cause. If every third digit leaned to the left, every third *mistake*
# would, too, by chance alone. So put beside each share what it is among **all** digits, right or wrong.

# %%
everywhere = dict(zip(mistakes.names, mistakes.everywhere.tolist(), strict=True))
print(f"{'cause':26}  of mistakes  of all digits   times")
for name, share in mistakes.shares().items():
    times = share / everywhere[name]
    print(f"{name:26}  {share:11.1%}  {everywhere[name]:13.1%}  {times:6.1f}")

# %% [markdown]
# A thick pen is about as frequent among the mistakes as anywhere: mending it would mend nothing in
# particular. Digits that look like another one are a different matter.
#
# What would it be *worth* to do away with a cause? At best, every mistake that has it would come right.
# That is a **ceiling**: it says how much you could gain, not that you will.
#
# **Exercise 1.** Work it out for every cause at once: the accuracy over all `total` examples, a share.


# %% exercise="accuracy_ceilings"
def accuracy_ceilings(causes, total):
    """causes (M, K) bool, a row for each mistake; total examples -> accuracy without each, (K,)."""
    raise NotImplementedError("write accuracy_ceilings, then run this cell")


# hint(accuracy_ceilings)
check(accuracy_ceilings)

# %%
ceilings = errors.accuracy_ceilings(mistakes.causes, len(digits))
best_first = ceilings.argsort(descending=True).tolist()
plots.bars(
    {
        mistakes.names[k].replace(" ", "\n"): ceilings[k].item() - right / len(digits)
        for k in best_first
    },
    ylabel="accuracy gained, at most",
    title="What would it be worth if a cause were gone?",
)

# %% [markdown]
# Read this with the pictures in mind. "Looks like another digit" has the highest ceiling, and is the
# hardest to do away with. Leaning is a small cause, but you know the cure from {lesson:generalization}: augmentation. Worth
# times ease is what counts.
#
# *Where the book differs:* it looks at mistakes on the test set. We took validation examples: what you
# have studied and mended cannot judge you any more.
#
# ### Your turn: what do you see?
#
# No rule above knows what you know at a glance: that a loop is open, that a stroke was cut off, that the
# label must be wrong. Tick what you see. Every tick is saved at once, in your own folder. (These ten are
# spread over all the mistakes. The ten worst would be a poor sample.)

# %%
choices = ["badly written", "stroke missing", "stroke too much", "label is wrong", "clear to me"]
places = torch.linspace(0, len(mistakes) - 1, 10).long().tolist()
numbers = [int(mistakes.rows[i]) for i in places]
pictures = table.error_table(mistakes, rows=len(mistakes)).pictures
tags.tagger(numbers, [pictures[i] for i in places], choices)

# %% [markdown]
# No boxes to be seen? A dictionary does the same: the number of a digit, and what you see in it. Either
# way, run this cell when you have looked at some. It counts, and says what each cause would be worth if all
# mistakes were like these.

# %%
mine = {}  # such as {numbers[0]: ["badly written"], numbers[1]: []}; [] means: looked at, nothing found
kept = tags.put(mine)
seen = [kept[n] for n in numbers if n in kept]
print("numbers:", numbers)
print(f"{len(seen)} of {len(numbers)} looked at")
for choice in choices:
    count = sum(choice in causes for causes in seen)
    gain = count / max(len(seen), 1) * len(mistakes) / len(digits)
    print(f"{choice:16} {count:3}   accuracy gained at most: {gain:.3f}")

# %%
plots.images(
    digits.x[numbers],
    titles=[f"{n}: {pictures[i][1]}" for n, i in zip(numbers, places, strict=True)],
    columns=5,
    title="The ten, for the dictionary",
)

# %% [markdown]
# ## How sure, how right?
#
# A model says "90 % sure". Is it right nine times of ten then? If so, it is **calibrated**, and whoever acts
# upon it knows the risk. We ask a network for clothes, Fashion-MNIST, trained for 30 epochs. **Your bet:**
# too sure, or too modest?

# %%
clothes = load("fashion_mnist")
torch.manual_seed(0)
model = networks.mlp(128)
run = networks.training(
    model,
    clothes.train,
    epochs=30,
    lr=1e-2,
    one_cycle=True,
    batch_size=250,
    validation=clothes.validation,
)
history = plots.live(run, ("loss", "accuracy"))

# %% [markdown]
# Training goes up and up, validation does not follow. To see what that does to its confidence, sort the
# validation examples into five bins by how sure the model is, and compare in each bin how sure it was with
# how often it was right. This is a **reliability diagram**:

# %%
val_logits = training.predict(model, clothes.validation.x)


def diagram(temperature):
    sure, correct = calibration.confidence(val_logits / temperature, clothes.validation.y)
    said, was, _ = calibration.reliability(sure, correct, 5)
    error = calibration.calibration_error(sure, correct, 5).item()
    return plots.functions(
        said,
        {"as sure as right": said, "this model": was},
        xlabel="how sure, on average",
        ylabel="how often right",
        title=f"Temperature {temperature:.2f}: calibration error {error:.3f}",
    )


diagram(1.0)

# %% [markdown]
# Below the straight line it is surer than it should be. (Most of the examples are in the last bin, so that
# is where it counts.) One number sums that up: the **expected calibration
# error**, the average over the bins of the gap between the two, each bin weighted by how many examples are
# in it.
#
# **Exercise 2.** Write it. Bin $k$ of $n$ goes from $(k-1)/n$ to $k/n$, the upper end included.
# Bins without examples add nothing. `.ceil()` rounds up.


# %% exercise="calibration_error"
def calibration_error(sure, right, bins):
    """sure (N,) in (0, 1], right (N,) bool, how many bins -> the calibration error, a number."""
    raise NotImplementedError("write calibration_error, then run this cell")


# hint(calibration_error)
check(calibration_error)

# %% [markdown]
# The cure costs one number. Divide all logits by a **temperature** $T$ (in {lesson:recurrent} it was $\tau$). Above 1 it makes every answer
# less sure and changes none, for the largest logit stays the largest. Find the best by hand:

# %%
_ = interact(diagram, temperature=FloatSlider(1.0, min=0.5, max=4, step=0.1))

# %%
T = calibration.best_temperature(val_logits, clothes.validation.y)
test_logits = training.predict(model, clothes.test.x)
for name, t in (("as trained", 1.0), ("cooled down", T)):
    sure, correct = calibration.confidence(test_logits / t, clothes.test.y)
    error = calibration.calibration_error(sure, correct, 5)
    print(
        f"{name:12} T = {t:.2f}: says {sure.mean():.3f}, is right {correct.float().mean():.3f}, "
        f"calibration error {error:.3f}"
    )

# %% [markdown]
# Chosen on validation, tested on the test set: just as right as before, and a good deal more honest.
#
# ## Better data or a better model?
#
# Changing the network, its rate, its regularisation is the **model-centric** way. The **data-centric** way
# leaves the model alone and improves what it learns from. The book quotes Andrew Ng's talk on three
# inspections in factories:

# %%
print(f"{'accuracy in %':14}  baseline  model improved  data improved")
for task, (base, by_model, by_data) in comparison.BOOK.items():
    print(
        f"{task:14}  {base:8.2f}  {by_model:6.2f} ({by_model - base:+.2f})  {by_data:6.2f} ({by_data - base:+.2f})"
    )

# %% [markdown]
# *Where the book differs:* it calls the model-centric way the new trend. The data-centric one is what it
# means. And three examples from one talk are an invitation to measure, not a law. So let us measure.
#
# We take the training digits and make 30 % of the labels wrong: each of those now says some other digit. The
# validation and test labels stay right.

# %%
settings = comparison.Config()
wrong_y = labels.with_wrong_labels(mnist.train.y, settings.share, seed=0)
plots.images(
    mnist.train.x[:16],
    titles=[
        f"labelled {y}" + ("" if y == t else " (!)")
        for y, t in zip(wrong_y[:16].tolist(), mnist.train.y[:16].tolist(), strict=True)
    ],
    columns=8,
    title="30 % of the labels are wrong: those with (!)",
)

# %% [markdown]
# ### Who finds the wrong labels?
#
# A model does, if it has not learned them by heart: ask it out of fold. Where it contradicts the label, one
# of the two is wrong. But an unsure model contradicts too many. **Confident learning** asks for more:
#
# 1. For each class $j$ a threshold $t_j$: how sure the model is of $j$, on average, where the label says
#    $j$.
# 2. Which classes reach their thresholds, $p_j \ge t_j$? Take the likeliest of them.
# 3. If that is not the label, the label is suspect. If no class reaches its threshold, nothing is said.
#
# **Exercise 3.** Find the suspects.


# %% exercise="suspected_labels"
def suspected_labels(p, labels):
    """p (N, C) out-of-fold probabilities, labels (N,) -> which labels are suspect, (N,) bool."""
    raise NotImplementedError("write suspected_labels, then run this cell")


# hint(suspected_labels)
check(suspected_labels)

# %%
trial = comparison.make_trial(settings, mnist, seed=0)
p, noisy_y = trial.logits.softmax(dim=1), trial.noisy.y
for name, marked in (
    ("confident learning", trial.suspected),
    ("any contradiction", labels.disagreeing_labels(p, noisy_y)),
):
    hits, suspects, wrong = labels.found(marked, trial.wrong)
    print(
        f"{name:19} {suspects:4} suspects: {hits / suspects:.3f} of them are wrong (precision), "
        f"{hits / wrong:.3f} of the {wrong} wrong labels found (recall)"
    )

# %% [markdown]
# Careful or thorough, the old bargain. If a person looks at each suspect, a false alarm costs seconds; if
# suspects are thrown away unseen, it costs an example. Here are some, with what the model thinks:

# %%
guess = labels.confident_guess(p, noisy_y)
show = trial.suspected.nonzero()[:16, 0]
plots.images(
    mnist.train.x[show],
    titles=[f"labelled {noisy_y[i]}\nmodel: {guess[i]}" for i in show],
    columns=8,
    title="Suspected labels",
)

# %% [markdown]
# The book's authors found roast chickens among their chickens. Are there any in MNIST itself? These are
# the suspects among the *original* labels, the surest first. Nobody has tampered with those:

# %%
p = logits.softmax(dim=1)
guess = labels.confident_guess(p, digits.y)
doubt = labels.suspected_labels(p, digits.y).nonzero()[:, 0]
doubt = doubt[p[doubt, guess[doubt]].argsort(descending=True)][:16]
plots.images(
    digits.x[doubt],
    titles=[f"labelled {digits.y[i]}\nmodel: {guess[i]}" for i in doubt],
    columns=8,
    title="Suspects among MNIST's own labels",
)

# %% [markdown]
# Some of these are the model's mistakes, and some you may not be able to read yourself.
#
# ### The race
#
# All of them from the same wrong labels, three times with other wrong labels and other weights:
#
# - the baseline; the **model** changed: trained longer, label smoothing, dropout;
# - the **data** changed: suspects *dropped* unseen, or bluntly all that a model contradicts; or suspects
#   *corrected* by a person who looks at them (and only at them);
# - both; and what could be had if all labels were right.
#
# **Your bet:** which one wins, dropping suspects or dropout? And what does longer training do?

# %%
raced = comparison.Config(splits=3)
entrants = tuple(name for name in comparison.CHOICES if name != "wider")
splits = []
for _, score in comparison.try_all(raced, mnist, seed=0, choices=entrants):
    splits.append(score)
    print(
        f"split {len(splits)}: baseline {score['baseline'][1]}, all correct {score['all correct'][1]}"
    )

# %%
total = len(mnist.test)
wrong_answers = {
    name: torch.tensor([1000 - 1000 * score[name][1] / total for score in splits])
    for name in entrants
}
plots.bars(
    {name.replace(" ", "\n"): each.mean().item() for name, each in wrong_answers.items()},
    errors={
        name.replace(" ", "\n"): each.std().item() / len(splits) ** 0.5
        for name, each in wrong_answers.items()
    },
    ylabel="errors per 1,000 test digits",
    title="30 % of the labels wrong: means of three splits, the lower the better",
)

# %%
models = tuple(name for name in comparison.MODEL if name in entrants)
by_model = comparison.best(models, splits)
by_data = comparison.best(comparison.DATA, splits)
by_both = comparison.best(comparison.BOTH, splits)
unseen = comparison.best(comparison.DATA[:2], splits)
print("chosen on validation:", by_model, "|", by_data, "|", by_both, "|", unseen)
for text, one, other in (
    ("model-centric gain", by_model, "baseline"),
    ("data-centric gain", by_data, "baseline"),
    ("  labels dropped unseen", unseen, "baseline"),
    ("both", by_both, "baseline"),
    ("data - model", by_data, by_model),
    ("dropped unseen - model", unseen, by_model),
):
    mean, doubt = comparison.gain(one, other, splits, total)
    print(f"{text:26} {mean:+.3f}   standard error {doubt:.3f}")

# %% [markdown]
# Look at the standard errors ({lesson:optimizers}) before you crown anybody. Over more splits we found
# (`workshop run practice`):
#
# - Longer training is worst: the network learns the wrong labels by heart.
# - Throwing labels away unseen does *not* beat dropout: good examples go too.
# - Correcting the suspects is worth about as much as the best change of the model, and takes somebody's
#   afternoon. Both together are best, and still short of labels that were right from the start.
#
# So "better data beat a better model" is no law. It depends on what is wrong with the labels: ours are wrong
# at random, just what dropout withstands.

# %% [markdown]
# ### When people disagree
#
# Labels also differ because *people* differ. Each film review of {lesson:text} was rated by 15 to 29
# people; the label is the sign of their mean. How often is a single rater on the other side?

# %%
show_source(disagreement.rater_disagreement)

# %%
new, wrong = disagreement.model_on_validation(disagreement.Config(), seed=0, device="cpu")
doubt = disagreement.rater_disagreement(new.mean, new.spread)
print(f"one rater, chosen at random, agrees with the mean: {1 - doubt.mean():.3f}")
print(f"the bag of embeddings does:                        {1 - wrong.float().mean():.3f}")
for i in doubt.argsort(descending=True)[:3].tolist():
    print(f"\nmean {new.mean[i]:+.2f}, spread {new.spread[i]:.2f}: {new.texts[i][:110]}")

# %% [markdown]
# Nobody, model or human, can agree with single raters more often than the side of the mean does: that is
# a ceiling. The model is still well below. **Your bet:** does it err where people disagree?

# %%
quarters = disagreement.by_quarter(doubt, wrong)
plots.bars(
    {
        f"one rater in {1 / d:.0f}\ndisagrees" if d > 0.001 else "nearly\nnobody": w / n
        for d, w, n in quarters
    },
    ylabel="the model's error",
    title="Reviews in four parts, by how much people disagree",
)

# %% [markdown]
# It does. Part of what looks like the model's error is a question without an answer. But even where
# people agree, the model errs; that part is its own, and worth your work.
#
# ## The clinic
#
# The last part is about runs that are broken. None of them raises an error: they run, and are bad. Here is
# one healthy run, and nine that each have a single fault. **Your bet**, before you go on: write down what
# ails A to I. (The loss is that of training. The accuracy is what the run *says* of itself on validation.)

# %%
patients = {"healthy": clinic.train(clinic.Setup(), mnist, seed=0)}
order = [
    "eval forgotten",
    "labels of the wrong shape",
    "learning rate too high",
    "validation digits in training",
    "dead ReLUs",
    "zero_grad forgotten",
    "softmax twice",
    "inputs not normalised",
    "learning rate too low",
]
ward = dict(zip("ABCDEFGHI", order, strict=True))
for letter, fault in ward.items():
    patients[letter] = clinic.train(clinic.FAULTS[fault], mnist, seed=0)


def chart(values, title, ylabel):
    """Each patient's curve, beside the healthy one."""
    panels = []
    for letter in ward:
        both = {"this run": values(patients[letter]), "healthy": values(patients["healthy"])}
        length = min(map(len, both.values()))
        lines = {name: torch.tensor(curve[:length]) for name, curve in both.items()}
        panels.append((letter, torch.arange(1, length + 1), lines))
    return plots.panels(panels, columns=3, xlabel="epoch", ylabel=ylabel, title=title)


chart(
    lambda run: [min(value, 4.0) for value in run.loss],
    "Training loss (what is above 4 is drawn at 4)",
    "loss",
)

# %%
chart(lambda run: run.accuracy, "Accuracy that each run reports", "accuracy")

# %% [markdown]
# Curves alone will not do. B, E and I are flat at about $\log 10 = 2.30$, what guessing among ten classes
# costs, for three different reasons. So a doctor measures. Nine numbers, each a line or two in any
# training loop:

# %%
names = ["loss before", "input", "losses", "sum", "gradient", "update", "dead", "asked", "shared"]
print(" " * 8, *(f"{name:>11}" for name in names))
for letter, run in patients.items():
    numbers = [float(value) for value in vars(run.evidence).values()]
    print(f"{letter:8}", *(f"{value:11.3g}" for value in numbers))

# %% [markdown]
# - **loss before** the first step: about $\log C$ if the outputs are of a sensible size;
# - **input**: root mean square (the typical size) of what goes in; **losses**: numbers in the loss, per example; **sum**: do
#   the outputs add up to 1, though they should be logits?
# - **gradient**: size of the gradient used, by that of this batch alone; **update**: the largest step, by
#   the size of the weights;
# - **dead**: share of hidden units that are 0 for every digit at the start; **asked**: how much the outputs
#   differ when validation is asked twice; **shared**: validation pictures that are in training, too.
#
# With healthy values beside them, most of the nine can be read off. Change your bets, then compare with
# these rules:

# %%
show_source(symptoms.diagnose)

# %%
for letter, fault in ward.items():
    run = patients[letter]
    diagnosis = symptoms.diagnose(run.evidence)
    cured = clinic.train(clinic.treat(run.setup, diagnosis), mnist, seed=1)
    (sick, total), (well, _) = clinic.held_out(run, mnist), clinic.held_out(cured, mnist)
    print(
        f"{letter}: {diagnosis:30} says {run.accuracy[-1]:.3f}, new digits {sick / total:.3f}, "
        f"mended {well / total:.3f}"
    )

# %% [markdown]
# Two are of a special kind. Whoever forgets `eval` has a good model and reports a bad one. Whoever has
# validation digits in training reports a model that does not exist. No loss curve shows that.
#
# **Exercise 4.** Here is a training step that runs and learns next to nothing. It has three of the faults.
# Mend it, for labels of both shapes, `(B,)` and `(B, 1)`.

# %%
show_source(step.broken_steps)


# %% exercise="mended_steps"
def mended_steps(w, x, y, lr, steps):
    """w (D, C), x (B, D), y (B,) or (B, 1), rate, steps -> w after so many steps, (D, C)."""
    raise NotImplementedError("write mended_steps, then run this cell")


# hint(mended_steps)
check(mended_steps)

# %%
x, y = mnist.train.x[:500].flatten(1), mnist.train.y[:500]
new_x, new_y = mnist.validation.x.flatten(1), mnist.validation.y
for name, steps in (("broken", step.broken_steps), ("mended", step.mended_steps)):
    w = steps(torch.zeros(784, 10), x, y[:, None], 0.5, 100)
    hits = (new_x @ w).argmax(dim=1) == new_y
    print(f"{name}: {hits.float().mean():.3f} of the validation digits right")

# %% [markdown]
# ## A last look at the climb
#
# The MLP of this lesson, all labels right, with dropout, fitted once on training and validation digits and
# tested once, beside what you have reached in the other lessons:

# %%
last = training.train(digits, seed=0, dropout=0.5)
score = evaluate(last, mnist.test, metrics={"right": count_correct})
climb.add("MLP, dropout", lesson="practice", correct=score.sums["right"], total=score.total)
climb.show()

# %%
torch.set_num_threads(before)

# %% [markdown]
# ## Recap
#
# - Look at mistakes before you change anything. Count causes, compare with all examples, ask what the
#   ceiling is. On validation examples, out of fold if they are few.
# - Accuracy is one number. Precision, recall, and calibration are others; a temperature mends the last.
# - A model that has not seen a label can judge it. Suspects are for people to look at.
# - Better data or a better model? Measure both, on the same test set, more than once.
# - A broken run rarely says so. Measure: first loss, shapes, gradients, updates, dead units, twice the
#   same question, shared examples.
#
# Words and symbols: [glossary](../reference/glossary.md), [notation](../reference/notation.md).
#
# ### Test yourself
#
# **1.** 60 % of the mistakes are on blurred pictures. Is blur the cause to work on?
#
# <details><summary>Answer</summary>
#
# Not before you know how many of *all* pictures are blurred. If it is 60 %, blur has nothing to do with
# it. If it is 5 %, it has, and the ceiling says what mending it may bring.
# </details>
#
# **2.** After temperature scaling, the calibration error has fallen and the accuracy is exactly as before.
# Suspicious?
#
# <details><summary>Answer</summary>
#
# No: all logits of an example are divided by one number, so the largest stays the largest.
# </details>
#
# **3.** The loss begins at 2.30 with ten classes and stays there. Name three possible faults, and the number
# that tells each.
#
# <details><summary>Answer</summary>
#
# Dead units (share of units at 0 for all examples), labels that broadcast (numbers in the loss per
# example), a rate that is much too low (size of the updates by size of the weights).
# </details>
#
# ## The end, and what next
#
# Two days ago a digit was a table of numbers. Since then you have written neurons, losses, gradients,
# optimizers, convolutions, gates, and seen each equal torch's own; you have trained them, broken them, and
# measured what helped. That habit, *your bet, then the measurement*, is worth more than any of them.
#
# What next? Take a question of your own, with a few hundred examples. Begin with the simplest model, put
# aside a test set, look at the mistakes, and climb. The loop you wrote here is the loop that trains the
# large models too. Books and courses that go on from here are in
# [further reading](../reference/further_reading.md).

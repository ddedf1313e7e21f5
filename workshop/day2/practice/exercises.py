"""Exercises of `practice`: ceilings, calibration, suspected labels, a step to fix."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from workshop.core.exercise import Case, Exercise, Mistake
from workshop.day2.practice import calibration, errors, labels, step


def _ceiling_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)
    few = torch.tensor([[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 1, 1]]).bool()
    return [
        Case((few, 20), "four mistakes among 20, three causes"),
        Case((torch.rand(30, 5, generator=g) < 0.3, 500), "thirty mistakes, five causes"),
        Case((torch.tensor([[True], [False]]), 2), "nothing was right"),
        Case((torch.zeros(3, 2).bool(), 10), "causes that no mistake has"),
        Case((few[:, :2].T.contiguous(), 7), "two mistakes, four causes"),
        Case((torch.ones(4, 4).bool(), 9), "as many causes as mistakes, each has all"),
    ]


CEILINGS = Exercise(
    name="accuracy_ceilings",
    lesson="practice",
    title="What would it be worth?",
    reference=errors.accuracy_ceilings,
    cases=_ceiling_cases,
    mistakes=(
        Mistake(
            "share of the mistakes",
            "This is the share of the mistakes that has each cause, '% of total' in the table. Asked "
            "for is the accuracy over all examples if those mistakes were right.",
            lambda causes, total: causes.float().mean(dim=0),
        ),
        Mistake(
            "the gain alone",
            "This is what each cause would add to the accuracy. Add what is right already: total "
            "minus the number of mistakes.",
            lambda causes, total: causes.sum(dim=0) / total,
        ),
        Mistake(
            "the error instead of the accuracy",
            "This is the error that would remain, the mistakes without the cause. Asked for is the "
            "accuracy: 1 minus it.",
            lambda causes, total: (~causes).sum(dim=0) / total,
        ),
        Mistake(
            "causes counted as mistakes",
            "The number of causes is taken for the number of mistakes. The mistakes are the rows: "
            "len(causes).",
            lambda causes, total: (total - causes.shape[1] + causes.sum(dim=0)) / total,
        ),
        Mistake(
            "entries counted as mistakes",
            "The number of mistakes is wrong: a mistake may have several causes, or none, so they are the "
            "rows of the table, not what is True in it.",
            lambda causes, total: (total - causes.sum() + causes.sum(dim=0)) / total,
        ),
        Mistake(
            "mistakes with a cause only",
            "Mistakes that have no cause at all are taken to be right. They stay mistakes: there are "
            "len(causes).",
            lambda causes, total: (total - causes.any(dim=1).sum() + causes.sum(dim=0)) / total,
        ),
        Mistake(
            "whole-number division",
            "// rounds down to whole numbers, so nearly everything becomes 0. Divide with /.",
            lambda causes, total: (total - len(causes) + causes.sum(dim=0)) // total,
        ),
        Mistake(
            "divided by the mistakes",
            "This is divided by the number of mistakes. An accuracy is a share of all examples: total.",
            lambda causes, total: (total - len(causes) + causes.sum(dim=0)) / len(causes),
        ),
        Mistake(
            "brackets",
            "Only the last part is divided by total. Put brackets around the whole sum.",
            lambda causes, total: total - len(causes) + causes.sum(dim=0) / total,
        ),
        Mistake(
            "mistakes taken off the total",
            "The examples that are wrong now are left out of the divisor. Divide by all of them: total.",
            lambda causes, total: (total - len(causes) + causes.sum(dim=0)) / (total - len(causes)),
        ),
        Mistake(
            "cause subtracted",
            "The mistakes that have the cause are subtracted. They would come right: add them.",
            lambda causes, total: (total - len(causes) - causes.sum(dim=0)) / total,
        ),
        Mistake(
            "accuracy as it is",
            "This is the accuracy as it is now. Add, for each cause, the mistakes that would come right.",
            lambda causes, total: torch.full((causes.shape[1],), (total - len(causes)) / total),
        ),
        Mistake(
            "all causes at once",
            "This is the accuracy with all causes gone, one number. Each cause has one of its own: sum "
            "over dim=0.",
            lambda causes, total: (total - len(causes) + causes.sum()) / total,
        ),
        Mistake(
            "all examples right but for one cause",
            "The mistakes are not taken off: before anything is fixed, total - len(causes) are right.",
            lambda causes, total: (total + causes.sum(dim=0)) / total,
        ),
        Mistake(
            "in percent",
            "This is in percent. An accuracy is a share, 0 to 1.",
            lambda causes, total: 100 * (total - len(causes) + causes.sum(dim=0)) / total,
        ),
        Mistake(
            "mean of the causes added",
            "The shares are of different things: the accuracy is a share of all examples, the mean of a "
            "column a share of the mistakes. Count first, divide by total at the end.",
            lambda causes, total: (total - len(causes)) / total + causes.float().mean(dim=0),
        ),
        Mistake(
            "what would be left",
            "This is the error that would be left if all but this cause were fixed: the other way "
            "round. Take the right ones, and add the mistakes with the cause.",
            lambda causes, total: (total - causes.sum(dim=0)) / total,
        ),
        Mistake(
            "only without another cause",
            "Only mistakes that have this cause and no other are counted. If the cause were gone, all "
            "mistakes that have it are taken to be right.",
            lambda causes, total: (
                (total - len(causes) + (causes & (causes.sum(dim=1, keepdim=True) == 1)).sum(dim=0))
                / total
            ),
        ),
        Mistake(
            "one cause after another",
            "The gains are added up over the causes. Each cause stands by itself here: a mistake with "
            "two causes would be counted twice.",
            lambda causes, total: (total - len(causes) + causes.sum(dim=0).cumsum(dim=0)) / total,
        ),
        Mistake(
            "along the rows",
            "This counts the causes of each mistake. A column belongs to a cause: sum over dim=0.",
            lambda causes, total: (total - len(causes) + causes.sum(dim=1)) / total,
        ),
    ),
    hints=(
        "How many examples are right now? There are `total`, and `causes` has a row for each mistake.",
        "If cause k were gone, that many more would be right: causes.sum(dim=0)[k].",
        "return (total - len(causes) + causes.sum(dim=0)) / total",
    ),
    alternatives=(
        lambda causes, total: 1 - (~causes).sum(dim=0) / total,
        lambda causes, total: torch.stack(
            [(total - (~column).sum()) / total for column in causes.unbind(dim=1)]
        ),
    ),
)


def _calibration_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)

    def case(n: int, bins: int, note: str) -> Case:
        sure = 0.3 + 0.7 * torch.rand(n, generator=g) ** 0.5
        return Case((sure, torch.rand(n, generator=g) < sure**2, bins), note)

    edges = torch.tensor([0.5, 0.4, 0.8, 1.0, 0.7])
    return [
        Case(
            (torch.tensor([0.9, 0.8, 0.6, 0.95]), torch.tensor([True, False, True, True]), 2),
            "four examples, all in the upper of two bins",
        ),
        case(200, 10, "200 examples, ten bins, the lowest of them empty"),
        case(60, 7, "seven bins"),
        Case((edges, torch.tensor([True, True, False, True, False]), 2), "on the bins' upper ends"),
        Case((1 - edges / 2, edges > 0.6, 4), "three quarters is the end of a bin too"),
        Case((torch.tensor([0.1, 0.2, 0.9]), torch.tensor([False, True, True]), 5), "low ones too"),
        Case((torch.tensor([0.7, 0.7, 0.7]), torch.tensor([True, True, False]), 3), "all equal"),
        Case(
            (torch.tensor([0.4]), torch.tensor([True]), 1), "one example, one bin: not sure enough"
        ),
    ]


def _calibration(sure: Tensor, right: Tensor, bins: int, way: str) -> Tensor:
    scaled = sure * bins
    place = (scaled.floor() + 1) if way == "lower end" else scaled.ceil()
    terms, weights = [], []
    for k in range(1, bins + 1):
        inside = place == k
        if inside.any() or way == "empty":
            gap = right[inside].float().mean() - (
                (k - 0.5) / bins if way == "middle" else sure[inside].mean()
            )
            terms.append(gap if way == "sign" else gap**2 if way == "squared" else gap.abs())
            weights.append(inside.float().mean())
    gaps, shares = torch.stack(terms), torch.stack(weights)
    return {
        "mean": gaps.mean(),
        "sum": gaps.sum(),
        "per bin": gaps.sum() / bins,
        "largest": gaps.max(),
        "bins": (gaps * shares).sum() / bins,
        "counts": (gaps * shares).sum() * len(sure),
    }.get(way, (gaps * shares).sum())


CALIBRATION = Exercise(
    name="calibration_error",
    lesson="practice",
    title="As sure as it may be?",
    reference=calibration.calibration_error,
    cases=_calibration_cases,
    mistakes=(
        Mistake(
            "sign kept",
            "Too sure in one bin and not sure enough in another cancel here. Take the size of each "
            "gap: .abs().",
            lambda s, r, b: _calibration(s, r, b, "sign"),
        ),
        Mistake(
            "bins weigh the same",
            "Every bin counts the same here. A bin with one example must not weigh like one with a "
            "hundred: multiply each gap by the share of the examples that is in its bin.",
            lambda s, r, b: _calibration(s, r, b, "mean"),
        ),
        Mistake(
            "gaps added up",
            "The gaps of the bins are added up as they are. Each counts by the share of the examples that "
            "is in its bin: inside.float().mean().",
            lambda s, r, b: _calibration(s, r, b, "sum"),
        ),
        Mistake(
            "divided by the number of bins",
            "The gaps are divided by the number of bins, so every bin weighs the same. Multiply each by the "
            "share of the examples that is in its bin.",
            lambda s, r, b: _calibration(s, r, b, "per bin"),
        ),
        Mistake(
            "weighted and divided",
            "The sum is divided by the number of bins as well. The weights add up to 1 already.",
            lambda s, r, b: _calibration(s, r, b, "bins"),
        ),
        Mistake(
            "numbers of examples for shares",
            "The gaps are weighted by numbers of examples. Divide by how many there are, so that the "
            "weights add up to 1.",
            lambda s, r, b: _calibration(s, r, b, "counts"),
        ),
        Mistake(
            "empty bins",
            "An empty bin gives 0 / 0, and one nan spoils the sum. Skip the bins without examples: "
            "if inside.any().",
            lambda s, r, b: _calibration(s, r, b, "empty"),
        ),
        Mistake(
            "middle of the bin",
            "How sure the model is, is taken to be the middle of the bin. Take the mean of `sure` over the "
            "examples that are in it.",
            lambda s, r, b: _calibration(s, r, b, "middle"),
        ),
        Mistake(
            "last bin only",
            "This is the part of the last bin alone. Add the bins up: error = error + ..., and begin with "
            "0 before the loop.",
            lambda s, r, b: (
                _calibration(s[s * b > b - 1], r[s * b > b - 1], b, "right")
                * (s * b > b - 1).float().mean()
                if (s * b > b - 1).any()
                else torch.zeros(())
            ),
        ),
        Mistake(
            "last bin left out",
            "The last bin is missing. range(1, bins) ends before bins: range(1, bins + 1).",
            lambda s, r, b: (
                _calibration(s, r, b, "right")
                - ((r.float() - s) * (s * b > b - 1)).sum().abs() / len(s)
            ),
        ),
        Mistake(
            "no bins",
            "This compares the two averages over all examples. A model may be too sure here and too "
            "modest there and still come out at 0: go bin by bin.",
            lambda s, r, b: (r.float().mean() - s.mean()).abs(),
        ),
        Mistake(
            "example by example",
            "This is the gap of each single example, averaged. One example is right or wrong, never 70 "
            "% right: average within each bin first, then take the gap.",
            lambda s, r, b: (r.float() - s).abs().mean(),
        ),
        Mistake(
            "squared",
            "The gaps are squared. Take their absolute values.",
            lambda s, r, b: _calibration(s, r, b, "squared"),
        ),
        Mistake(
            "largest gap",
            "This is the largest gap, the maximum calibration error. Here the gaps are averaged, each "
            "weighted by its share of the examples.",
            lambda s, r, b: _calibration(s, r, b, "largest"),
        ),
        Mistake(
            "lower ends",
            "Nearly: a value that lies exactly on the edge between two bins belongs to the lower one, "
            "so that 1.0 is in the last. (sure * bins).ceil() gives 1 to bins.",
            lambda s, r, b: _calibration(s, r, b, "lower end"),
        ),
    ),
    hints=(
        "For each bin: which examples are in it? (sure * bins).ceil() says, counting from 1.",
        "In a bin, the gap is right[inside].float().mean() - sure[inside].mean(); skip empty bins.",
        "Add up inside.float().mean() * gap.abs() over the bins k = 1 ... bins, where inside is "
        "(sure * bins).ceil() == k.",
    ),
    alternatives=(
        lambda s, r, b: _calibration(s, r, b, "right"),
        lambda s, r, b: torch.stack(
            [
                ((r.float() - s) * ((s * b).ceil() == k)).sum().abs() / len(s)
                for k in range(1, b + 1)
            ]
        ).sum(),
    ),
)


def _suspect_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)

    def case(n: int, classes: int, note: str, sharp: float = 2.0) -> Case:
        truth = torch.arange(n) % classes
        logits = torch.randn(n, classes, generator=g) + sharp * F.one_hot(truth, classes)
        y = truth.clone()
        moved = torch.arange(classes, n, 3)  # the first of each class keeps its label
        y[moved] = (y[moved] + 1) % classes
        return Case((logits.softmax(dim=1), y), note)

    small = torch.tensor([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.1, 0.9], [0.45, 0.55], [0.2, 0.8]])
    uneven = torch.tensor(  # a class that the model always underrates
        [[0.9, 0.1], [0.95, 0.05], [0.6, 0.4], [0.65, 0.35], [0.62, 0.38], [0.7, 0.3]]
    )
    return [
        Case((small, torch.tensor([0, 0, 0, 1, 1, 1])), "six examples, two classes"),
        Case((uneven, torch.tensor([0, 0, 0, 1, 1, 0])), "a class that is underrated throughout"),
        case(60, 4, "a third of the labels wrong"),
        case(90, 6, "six classes, an unsure model", 1.0),
        case(3, 3, "as many examples as classes"),
        case(40, 3, "a very unsure model", 0.3),
        Case((uneven[:2], torch.tensor([0, 1])), "each exactly at its threshold"),
    ]


def _suspect(p: Tensor, y: Tensor, way: str) -> Tensor:
    classes = p.shape[1]
    if way == "all":
        t = p.mean(dim=0)
    elif way == "half":
        t = torch.full((classes,), 0.5)
    elif way == "single":
        t = p[torch.arange(len(y)), y].mean().expand(classes)
    elif way == "predicted":
        top = p.argmax(dim=1)
        t = torch.stack([p[top == j, j].mean() for j in range(classes)])
    else:
        t = torch.stack([p[y == j, j].mean() for j in range(classes)])
    reached = p > t if way == "strict" else p <= t if way == "below" else p >= t
    guess = torch.where(reached, p, torch.zeros_like(p)).argmax(dim=1)
    suspected = reached.any(dim=1) & (guess != y)
    rows = torch.arange(len(y))
    first = reached.float().argmax(dim=1)
    return {
        "first": reached.any(dim=1) & (first != y),
        "margin": reached.any(dim=1) & ((p - t).argmax(dim=1) != y),
        "ratio": reached.any(dim=1) & ((p / t).argmax(dim=1) != y),
        "top must reach": reached[rows, p.argmax(dim=1)] & (p.argmax(dim=1) != y),
        "top or none": reached.any(dim=1) & (p.argmax(dim=1) != y),
        "inverted": ~suspected,
        "nobody": guess != y,
        "own": p[rows, y] < t[y],
        "agreed": reached.any(dim=1) & (guess == y),
        "joint": ((reached.sum(dim=1) - reached[rows, y].long()) > 0),
    }.get(way, suspected)


SUSPECTS = Exercise(
    name="suspected_labels",
    lesson="practice",
    title="Which labels are wrong?",
    reference=labels.suspected_labels,
    cases=_suspect_cases,
    mistakes=(
        Mistake(
            "first choice",
            "This suspects every label that is not the model's first choice. Compare each probability "
            "with the threshold of its class first: where none reaches it, the model is too unsure to "
            "suspect a label.",
            lambda p, y: p.argmax(dim=1) != y,
        ),
        Mistake(
            "one threshold for all",
            "The threshold is 0.5 for every class. Each class has one of its own: the mean of p[:, j] "
            "over the examples labelled j.",
            lambda p, y: _suspect(p, y, "half"),
        ),
        Mistake(
            "mean over everybody",
            "The threshold of a class is its mean probability over all examples. Take the mean over "
            "those that are labelled with it: p[labels == j, j].mean().",
            lambda p, y: _suspect(p, y, "all"),
        ),
        Mistake(
            "unsure ones too",
            "Nearly: where no class reaches its threshold, the label must not be suspected. Ask for "
            "reached.any(dim=1) as well.",
            lambda p, y: _suspect(p, y, "nobody"),
        ),
        Mistake(
            "low for its own label",
            "This marks examples whose own label is below its threshold. That alone is no reason: some "
            "other class must reach its own threshold.",
            lambda p, y: _suspect(p, y, "own"),
        ),
        Mistake(
            "the confirmed ones",
            "These are the labels that the model confirms. Suspected are those where the likeliest "
            "class that reaches its threshold is another: guess != labels.",
            lambda p, y: _suspect(p, y, "agreed"),
        ),
        Mistake(
            "first class that reaches",
            "This takes the first class that reaches its threshold, not the likeliest: argmax of True and "
            "False gives the first True. Compare their probabilities: torch.where(reached, p, 0.0).",
            lambda p, y: _suspect(p, y, "first"),
        ),
        Mistake(
            "above instead of at the threshold",
            "Right but for a probability that is exactly its threshold: it reaches it, so >= and not >.",
            lambda p, y: _suspect(p, y, "strict"),
        ),
        Mistake(
            "below the threshold",
            "These are the classes that stay below their thresholds. Reached is p >= threshold.",
            lambda p, y: _suspect(p, y, "below"),
        ),
        Mistake(
            "farthest above its threshold",
            "The class that lies farthest above its threshold is taken. Of those that reach theirs, take "
            "the likeliest: the largest p.",
            lambda p, y: _suspect(p, y, "margin"),
        ),
        Mistake(
            "largest ratio to its threshold",
            "The class with the largest p / threshold is taken. Of those that reach theirs, take the one "
            "with the largest p.",
            lambda p, y: _suspect(p, y, "ratio"),
        ),
        Mistake(
            "likeliest of all classes",
            "The likeliest of all classes is compared with the label, though it may not reach its "
            "threshold when another does. Take the likeliest among those that reach theirs.",
            lambda p, y: _suspect(p, y, "top or none"),
        ),
        Mistake(
            "threshold of the first choice only",
            "Only the model's first choice is compared with its threshold. Where that one does not reach "
            "its own, another class still may: choose among those that do.",
            lambda p, y: _suspect(p, y, "top must reach"),
        ),
        Mistake(
            "one mean for all classes",
            "All classes have the same threshold, the mean over all examples of p of their label. Each "
            "class needs a mean of its own.",
            lambda p, y: _suspect(p, y, "single"),
        ),
        Mistake(
            "grouped by the prediction",
            "The thresholds are means over the examples that the model gives to a class. Take those that "
            "are labelled with it: labels == j.",
            lambda p, y: _suspect(p, y, "predicted"),
        ),
        Mistake(
            "inverted",
            "True and False have changed places: True means that the label is suspect.",
            lambda p, y: _suspect(p, y, "inverted"),
        ),
        Mistake(
            "any other class",
            "This suspects a label as soon as some other class reaches its threshold, even where the "
            "label's own class reaches its own and is likelier. Take the likeliest of those that do.",
            lambda p, y: _suspect(p, y, "joint"),
        ),
    ),
    hints=(
        "First the thresholds: for each class j, the mean of p[labels == j, j].",
        "reached = p >= thresholds is a table (N, C). Among those that reach it, the likeliest class "
        "is torch.where(reached, p, 0.0).argmax(dim=1).",
        "thresholds = torch.stack([p[labels == j, j].mean() for j in range(p.shape[1])]); then "
        "reached.any(dim=1) & (guess != labels).",
    ),
    alternatives=(
        lambda p, y: _suspect(p, y, "right"),
        lambda p, y: (
            lambda t: (p >= t).any(dim=1) & (p.masked_fill(p < t, -torch.inf).argmax(dim=1) != y)
        )(torch.tensor([p[:, j][y == j].sum() / (y == j).sum() for j in range(p.shape[1])])),
    ),
)


def _step_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)

    def case(shape: tuple[int, int, int], steps: int, note: str, *, column: bool = False) -> Case:
        B, D, C = shape
        x, w = torch.randn(B, D, generator=g), torch.randn(D, C, generator=g)
        y = torch.randint(C, (B,), generator=g)
        return Case((w, x, y[:, None] if column else y, 0.5, steps), note)

    return [
        case((6, 4, 3), 1, "one step, labels (B,)"),
        case((6, 4, 3), 1, "one step, labels (B, 1)", column=True),
        case((8, 3, 5), 4, "four steps: gradients must not pile up"),
        case((1, 2, 2), 2, "a single example"),
        case((5, 3, 4), 3, "three steps, labels (B, 1)", column=True),
        case((3, 3, 3), 2, "as many examples as inputs and classes"),
        case((4, 3, 2), 0, "no step"),
    ]


def _steps(w: Tensor, x: Tensor, y: Tensor, lr: float, steps: int, *, fault: str) -> Tensor:
    held = torch.zeros_like(w)
    for _ in range(steps):
        w = w.detach().requires_grad_()
        logits = (x @ w).softmax(dim=1) if "softmax" in fault else x @ w
        log_p, rows = logits.log_softmax(dim=1), torch.arange(len(x))
        chosen = log_p[rows, y if fault in ("shape", "shape and pile") else y.flatten()]
        loss = -(chosen.sum() if fault == "sum" else chosen.mean())
        (gradient,) = torch.autograd.grad(loss, w)
        held = gradient + (held if "pile" in fault else 0)
        w = w + lr * held if fault == "uphill" else w - (1 if fault == "rate" else lr) * held
        if fault == "once":
            break
    return w.detach()


def _over_the_batch(w: Tensor, x: Tensor, y: Tensor, lr: float, steps: int) -> Tensor:
    for _ in range(steps):
        w = w.detach().requires_grad_()
        loss = -(x @ w).log_softmax(dim=0)[torch.arange(len(x)), y.flatten()].mean()
        w = w - lr * torch.autograd.grad(loss, w)[0]
    return w.detach()


STEPS = Exercise(
    name="mended_steps",
    lesson="practice",
    title="Fix a training step",
    reference=step.mended_steps,
    cases=_step_cases,
    mistakes=(
        Mistake(
            "all three faults",
            "All three faults are still there. Look at what goes into log_softmax, at the shape "
            "of the losses when y is (B, 1), and at what w.grad holds in the second round.",
            step.broken_steps,
        ),
        Mistake(
            "softmax twice",
            "There are still two softmaxes: log_softmax (or cross_entropy) takes logits, so give it "
            "x @ w itself.",
            lambda *a: _steps(*a, fault="softmax"),
        ),
        Mistake(
            "labels broadcast",
            "Right for labels (B,), but labels (B, 1) make (B, B) losses, every example against every "
            "label. Flatten them first: y.flatten().",
            lambda *a: _steps(*a, fault="shape"),
        ),
        Mistake(
            "gradients pile up",
            "The first step is right; after it, old gradients are added to new ones. Empty them "
            "before each backward pass.",
            lambda *a: _steps(*a, fault="pile"),
        ),
        Mistake(
            "softmax twice, gradients pile up",
            "The shape is right now; two faults are left: a softmax before log_softmax, and gradients that "
            "are added to the old ones.",
            lambda *a: _steps(*a, fault="softmax and pile"),
        ),
        Mistake(
            "labels broadcast, gradients pile up",
            "The softmax is right now; two faults are left: labels (B, 1), which make (B, B) losses, and "
            "gradients that are added to the old ones.",
            lambda *a: _steps(*a, fault="shape and pile"),
        ),
        Mistake(
            "w never moves",
            "w comes back as it was. Is the gradient emptied between backward() and the step, or the new "
            "w not kept? Empty it before the backward pass.",
            lambda w, x, y, lr, steps: w.clone(),
        ),
        Mistake(
            "one step only",
            "Only one step was done. Is the `return` inside the loop?",
            lambda *a: _steps(*a, fault="once"),
        ),
        Mistake(
            "no rate",
            "The learning rate is not used: subtract lr times the gradient.",
            lambda *a: _steps(*a, fault="rate"),
        ),
        Mistake(
            "gradient of the first w",
            "Every step uses the gradient at the first w. Work it out again in each step, from the w that "
            "the one before has made.",
            lambda w, x, y, lr, steps: w + steps * (_steps(w, x, y, lr, 1, fault="none") - w),
        ),
        Mistake(
            "softmax over the batch",
            "The softmax runs over the batch (dim=0). The classes of an example compete: dim=1.",
            _over_the_batch,
        ),
        Mistake(
            "summed",
            "The losses are summed, so the step grows with the batch. Take their mean.",
            lambda *a: _steps(*a, fault="sum"),
        ),
        Mistake(
            "uphill",
            "The step goes along the gradient, uphill. Subtract it.",
            lambda *a: _steps(*a, fault="uphill"),
        ),
    ),
    hints=(
        "Go through the clinic's list: is there a softmax too many? What shape have the losses if y is "
        "(B, 1)? What is in w.grad when the second backward() begins?",
        "Loss: torch.nn.functional.cross_entropy(x @ w, y.flatten()). Gradients: "
        "torch.autograd.grad(loss, w) keeps nothing from the step before.",
        "for _ in range(steps): w = w.detach().requires_grad_(); the loss; (g,) = "
        "torch.autograd.grad(loss, w); w = w - lr * g. At the end return w.detach().",
    ),
    alternatives=(
        lambda *a: _steps(*a, fault="none"),
        lambda w, x, y, lr, steps: _by_formula(w, x, y, lr, steps),
    ),
)


def _by_formula(w: Tensor, x: Tensor, y: Tensor, lr: float, steps: int) -> Tensor:
    """The same with the gradient written out: x.T @ (p - one-hot) / B."""
    wanted = F.one_hot(y.flatten(), w.shape[1]).float()
    for _ in range(steps):
        w = w - lr * x.T @ ((x @ w).softmax(dim=1) - wanted) / len(x)
    return w


EXERCISES = (CEILINGS, CALIBRATION, SUSPECTS, STEPS)

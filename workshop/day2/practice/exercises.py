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
        if inside.any():
            gap = right[inside].float().mean() - sure[inside].mean()
            terms.append(gap if way == "sign" else gap**2 if way == "squared" else gap.abs())
            weights.append(inside.float().mean())
    gaps, shares = torch.stack(terms), torch.stack(weights)
    return {"mean": gaps.mean(), "largest": gaps.max(), "bins": (gaps * shares).sum() / bins}.get(
        way, (gaps * shares).sum()
    )


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
    ]


def _suspect(p: Tensor, y: Tensor, way: str) -> Tensor:
    classes = p.shape[1]
    if way == "all":
        t = p.mean(dim=0)
    elif way == "half":
        t = torch.full((classes,), 0.5)
    else:
        t = torch.stack([p[y == j, j].mean() for j in range(classes)])
    reached = p >= t
    guess = torch.where(reached, p, torch.zeros_like(p)).argmax(dim=1)
    suspected = reached.any(dim=1) & (guess != y)
    rows = torch.arange(len(y))
    return {
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
    ]


def _steps(w: Tensor, x: Tensor, y: Tensor, lr: float, steps: int, *, fault: str) -> Tensor:
    held = torch.zeros_like(w)
    for _ in range(steps):
        w = w.detach().requires_grad_()
        logits = (x @ w).softmax(dim=1) if fault == "softmax" else x @ w
        log_p, rows = logits.log_softmax(dim=1), torch.arange(len(x))
        chosen = log_p[rows, y if fault == "shape" else y.flatten()]
        loss = -(chosen.sum() if fault == "sum" else chosen.mean())
        (gradient,) = torch.autograd.grad(loss, w)
        held = gradient + (held if fault == "pile" else 0)
        w = w + lr * held if fault == "uphill" else w - lr * held
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

"""Exercises of `losses`: squared error, two cross-entropies, the Wasserstein distance."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from workshop.core.exercise import Case, Exercise, Mistake
from workshop.day1 import losses


def _mse_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)

    def pair(*shape: int) -> tuple[Tensor, Tensor]:
        return torch.randn(shape, generator=g), torch.randn(shape, generator=g)

    return [
        Case((torch.tensor([0.0, 50.0]), torch.tensor([0.0, 62.137])), "the book's table, w = 0.5"),
        Case(pair(6), "six predictions"),
        Case(pair(4, 1), "predictions as a column, as a network gives them"),
        Case(pair(3, 2), "two numbers for each example"),
        Case(pair(1), "a single prediction"),
        Case((torch.tensor([1.0, -1.0]), torch.zeros(2)), "errors of +1 and -1"),
        Case(pair(2, 3, 4), "three dimensions"),
        Case((torch.tensor([3.0, 3.0, 3.0]), torch.tensor([1.0, 1.0, 1.0])), "equal errors"),
    ]


MSE = Exercise(
    name="mse",
    lesson="losses",
    title="The mean squared error",
    reference=losses.mse,
    cases=_mse_cases,
    gradients=(0,),
    without=("torch.nn.functional.mse_loss", "torch.nn.MSELoss.forward"),
    mistakes=(
        Mistake(
            "absolute",
            "This is the mean absolute error: square the differences instead of taking their size.",
            lambda yhat, y: (yhat - y).abs().mean(),
        ),
        Mistake(
            "summed",
            "The squares are added up, so twice as many examples would look twice as wrong. Take "
            "their mean.",
            lambda yhat, y: (yhat - y).square().sum(),
        ),
        Mistake(
            "signs cancel",
            "The differences are averaged as they are, so +1 and -1 cancel and look like no error "
            "at all. Square them first.",
            lambda yhat, y: (yhat - y).mean(),
        ),
        Mistake(
            "squared too late",
            "The mean is taken first and squared afterwards, so errors of +1 and -1 still cancel. "
            "Square each difference, then take the mean.",
            lambda yhat, y: (yhat - y).mean().square(),
        ),
        Mistake(
            "root",
            "This is the root of the mean squared error. Leave the root out.",
            lambda yhat, y: (yhat - y).square().mean().sqrt(),
        ),
        Mistake(
            "half",
            "This is half of it. Some books put 1/2 in front to make the slope look nicer; here it "
            "is the plain mean.",
            lambda yhat, y: (yhat - y).square().mean() / 2,
        ),
        Mistake(
            "one for each",
            "There is a squared error for each prediction. A loss is one number: take the mean over "
            "all of them.",
            lambda yhat, y: (yhat - y).square(),
        ),
        Mistake(
            "each with each",
            "Each prediction was compared with every label: a column minus a row is a whole table. "
            "Keep both in the shape they come in.",
            lambda yhat, y: (yhat.reshape(-1, 1) - y.reshape(1, -1)).square().mean(),
        ),
        Mistake(
            "divided by the examples",
            "The sum is divided by len(y), the number of rows. Where there are several numbers in a row, that "
            "is too few: take the mean over all.",
            lambda yhat, y: (yhat - y).square().sum() / len(y),
        ),
        Mistake(
            "mean over the examples only",
            "The mean is taken over the examples only, so a number for each column is left. A loss is one "
            "number: the mean over everything.",
            lambda yhat, y: (yhat - y).square().mean(dim=0),
        ),
        Mistake(
            "squares subtracted",
            "Predictions and labels are squared first and then subtracted. Subtract first, then square.",
            lambda yhat, y: (yhat.square() - y.square()).mean(),
        ),
        Mistake(
            "doubled",
            "The differences are doubled. Squared means times itself: ** 2.",
            lambda yhat, y: (2 * (yhat - y)).mean(),
        ),
        Mistake(
            "added",
            "Predictions and labels are added. The error is their difference.",
            lambda yhat, y: (yhat + y).square().mean(),
        ),
        Mistake(
            "the labels are forgotten",
            "These are the predictions, squared. How far are they from the labels? Subtract y first.",
            lambda yhat, y: yhat.square().mean(),
        ),
        Mistake(
            "multiplied by the labels",
            "Predictions and labels are multiplied. The error is their difference.",
            lambda yhat, y: (yhat * y).square().mean(),
        ),
        Mistake(
            "the length of the error",
            "This is the root of the sum of the squares. Take their mean, without a root.",
            lambda yhat, y: (yhat - y).square().sum().sqrt(),
        ),
        Mistake(
            "half the sum",
            "This is half the sum of the squares. Take their mean.",
            lambda yhat, y: (yhat - y).square().sum() / 2,
        ),
        Mistake(
            "the largest",
            "The largest error decides alone. Take the mean of all of them.",
            lambda yhat, y: (yhat - y).square().max(),
        ),
        Mistake(
            "only the first",
            "Only the first prediction counts. Is the return inside the loop, or the index fixed?",
            lambda yhat, y: (yhat - y).flatten()[0].square(),
        ),
        Mistake(
            "only the last",
            "Only the last prediction counts: each round of the loop overwrites the sum. Add to it, with +=.",
            lambda yhat, y: (yhat - y).flatten()[-1].square(),
        ),
        Mistake(
            "sum squared",
            "The differences are added up and then squared, so +1 and -1 cancel. Square each of them, then "
            "take the mean.",
            lambda yhat, y: (yhat - y).sum().square(),
        ),
    ),
    hints=(
        "Three steps, in the order in which the name says it backwards: error, squared, mean.",
        "yhat - y holds all errors at once. .square() squares each, .mean() makes one number.",
        "(yhat - y).square().mean()",
    ),
    alternatives=(
        lambda yhat, y: ((y - yhat) ** 2).sum() / y.numel(),
        lambda yhat, y: torch.mean((yhat - y) * (yhat - y)),
        lambda yhat, y: (
            sum((p - q) ** 2 for p, q in zip(yhat.flatten(), y.flatten(), strict=True)) / y.numel()
        ),
    ),
)


def _bce_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)

    def pair(*shape: int) -> tuple[Tensor, Tensor]:
        p = 0.02 + 0.96 * torch.rand(shape, generator=g)
        return p, (torch.rand(shape, generator=g) < 0.5).float()

    return [
        Case((torch.tensor([0.9]), torch.tensor([1.0])), "90 % sure of a yes, and it is one"),
        Case((torch.tensor([0.9]), torch.tensor([0.0])), "90 % sure of a yes, and it is a no"),
        Case(pair(7), "seven examples"),
        Case(pair(3, 4), "three examples with four labels each"),
        Case((torch.tensor([1.0, 0.0, 0.5]), torch.tensor([1.0, 0.0, 1.0])), "certain and right"),
        Case((torch.tensor([0.0, 1.0]), torch.tensor([1.0, 0.0])), "certain and wrong: log of 0"),
        Case((torch.tensor([0.0]), torch.tensor([1.0])), "certain of a no, and it is a yes"),
        Case((torch.tensor([1.0]), torch.tensor([0.0])), "certain of a yes, and it is a no"),
    ]


def _log(p: Tensor) -> Tensor:
    return p.log().clamp(min=-100)


def _bce(p: Tensor, y: Tensor, log: Callable[[Tensor], Tensor]) -> Tensor:
    return -(y * log(p) + (1 - y) * log(1 - p)).mean()


BCE = Exercise(
    name="binary_cross_entropy",
    lesson="losses",
    title="How wrong is a probability?",
    reference=losses.binary_cross_entropy,
    cases=_bce_cases,
    without=(
        "torch.nn.functional.binary_cross_entropy",
        "torch.nn.functional.binary_cross_entropy_with_logits",
        "torch.nn.BCELoss.forward",
        "torch.nn.BCEWithLogitsLoss.forward",
    ),
    mistakes=(
        Mistake(
            "log of 0",
            "Right wherever 0 < p < 1. But the logarithm of 0 is minus infinity, and 0 times that "
            "is not a number. Put a floor under it: p.log().clamp(min=-100), and the same for 1 - p.",
            lambda p, y: -(y * p.log() + (1 - y) * (1 - p).log()).mean(),
        ),
        Mistake(
            "bracket",
            "The minus stands before the first term only, as the formula in the book is printed. "
            "It belongs to both: put the whole sum in brackets.",
            lambda p, y: (-y * _log(p) + (1 - y) * _log(1 - p)).mean(),
        ),
        Mistake(
            "sign",
            "The sign is missing: logarithms of probabilities are below 0, and a loss should be "
            "above it. Put a minus before the mean.",
            lambda p, y: (y * _log(p) + (1 - y) * _log(1 - p)).mean(),
        ),
        Mistake(
            "only the yes",
            "Examples with y = 0 cost nothing, so always saying 'yes' would be perfect. Add the "
            "second term, (1 - y) log(1 - p).",
            lambda p, y: -(y * _log(p)).mean(),
        ),
        Mistake(
            "labels exchanged",
            "A right answer costs much and a wrong one little: y and 1 - y have changed places.",
            lambda p, y: -((1 - y) * _log(p) + y * _log(1 - p)).mean(),
        ),
        Mistake(
            "summed",
            "The terms are added up. Take their mean, so that the loss does not grow with the "
            "number of examples.",
            lambda p, y: -(y * _log(p) + (1 - y) * _log(1 - p)).sum(),
        ),
        Mistake(
            "other logarithm",
            "This is the logarithm to base 2. torch.log is the natural one, to base e.",
            lambda p, y: -(y * _log(p) + (1 - y) * _log(1 - p)).mean() / 0.6931471805599453,
        ),
        Mistake(
            "p taken for a logit",
            "p has gone through a sigmoid once more. It is a probability already.",
            lambda p, y: losses.bce_with_logits(p, y),
        ),
        *(
            Mistake(
                "a tiny number added",
                f"The tiny number ({tiny:g}) keeps log away from 0, but gives another floor: the exercise asks "
                f"for logarithms of -100 or more. Take the logarithm first, then .clamp(min=-100).",
                lambda p, y, tiny=tiny: _bce(p, y, lambda q: (q + tiny).log()),
            )
            for tiny in (1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15)
        ),
        Mistake(
            "logarithm to base 2, with the floor",
            "torch.log2 is the logarithm to base 2. torch.log is the natural one, to base e.",
            lambda p, y: _bce(p, y, lambda q: q.log2().clamp(min=-100)),
        ),
        Mistake(
            "logarithm to base 10",
            "torch.log10 is the logarithm to base 10. torch.log is the natural one, to base e.",
            lambda p, y: _bce(p, y, lambda q: q.log10().clamp(min=-100)),
        ),
        Mistake(
            "p and y exchanged",
            "The logarithms are taken of the labels. Take them of the probabilities p, and choose with y.",
            lambda p, y: _bce(y, p, _log),
        ),
        Mistake(
            "p in both terms",
            "Both terms have the logarithm of p. The second is (1 - y) log(1 - p).",
            lambda p, y: -(y * _log(p) + (1 - y) * _log(p)).mean(),
        ),
        Mistake(
            "y in both terms",
            "Both terms are multiplied by y. The second is (1 - y) log(1 - p), for the examples with y = 0.",
            lambda p, y: -(y * _log(p) + y * _log(1 - p)).mean(),
        ),
        Mistake(
            "brackets around 1 - y",
            "Brackets are missing: 1 - y * log(1 - p) multiplies first. Write (1 - y) * log(1 - p).",
            lambda p, y: -(y * _log(p) + 1 - y * _log(1 - p)).mean(),
        ),
        Mistake(
            "only the no",
            "Examples with y = 1 cost nothing. Add the first term, y log(p).",
            lambda p, y: -((1 - y) * _log(1 - p)).mean(),
        ),
        Mistake(
            "divided by the examples",
            "The sum is divided by len(y), the number of rows. With several labels in a row that is too few: "
            "take the mean over all.",
            lambda p, y: -(y * _log(p) + (1 - y) * _log(1 - p)).sum() / len(y),
        ),
        Mistake(
            "one for each",
            "There is a cost for each label. A loss is one number: take the mean.",
            lambda p, y: -(y * _log(p) + (1 - y) * _log(1 - p)),
        ),
        Mistake(
            "mean over the examples only",
            "The mean is taken over the examples only, so a number for each column is left. A loss is one "
            "number: the mean over everything.",
            lambda p, y: -(y * _log(p) + (1 - y) * _log(1 - p)).mean(dim=0),
        ),
        Mistake(
            "squared error",
            "This is the mean squared error. Here the cost is minus the logarithm of the probability that the "
            "right answer was given.",
            lambda p, y: (p - y).square().mean(),
        ),
        Mistake(
            "no floor under log(1 - p)",
            "The logarithm of p has its floor, that of 1 - p has none: it is minus infinity at p = 1.",
            lambda p, y: -(y * _log(p) + (1 - y) * (1 - p).log()).mean(),
        ),
        Mistake(
            "no floor under log p",
            "The logarithm of 1 - p has its floor, that of p has none: it is minus infinity at p = 0.",
            lambda p, y: -(y * p.log() + (1 - y) * _log(1 - p)).mean(),
        ),
    ),
    hints=(
        "If y = 1 the cost is -log p, if y = 0 it is -log(1 - p). Multiply by y and by 1 - y to "
        "choose between them without an if.",
        "The logarithm of 0 is minus infinity: .clamp(min=-100) puts a floor under it. Do that to "
        "each logarithm before you multiply.",
        "-(y * log_p + (1 - y) * log_q).mean() with log_p = p.log().clamp(min=-100) and "
        "log_q = (1 - p).log().clamp(min=-100).",
    ),
    alternatives=(
        lambda p, y: -(y * _log(p) + (1 - y) * _log(1 - p)).mean(),
        lambda p, y: -_log(torch.where(y == 1, p, 1 - p)).sum() / p.numel(),
        lambda p, y: -torch.where(y.bool(), p, 1 - p).log().nan_to_num(neginf=-100.0).mean(),
    ),
)


def _cce_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)

    def pair(n: int, c: int) -> tuple[Tensor, Tensor]:
        return 2 * torch.randn(n, c, generator=g), torch.randint(c, (n,), generator=g)

    return [
        Case((torch.tensor([[2.0, 0.0, -1.0]]), torch.tensor([0])), "one example, class 0 leads"),
        Case((torch.zeros(1, 10), torch.tensor([3])), "no idea at all: log 10"),
        Case(pair(5, 4), "five examples, four classes"),
        Case(pair(3, 3), "as many examples as classes"),
        Case((torch.tensor([[1000.0, -1000.0]]), torch.tensor([0])), "scores of 1000, and right"),
        Case((torch.tensor([[500.0, 0.0, 1.0]]), torch.tensor([1])), "a score of 500, and wrong"),
        Case(
            (torch.tensor([[300.0, 301.0, 299.0], [0.0, -1.0, 1.0]]), torch.tensor([1, 0])),
            "rows of very different size, and nobody is of the last class",
        ),
    ]


def _rows(log_p: Tensor, y: Tensor) -> Tensor:
    return log_p[torch.arange(len(y)), y]


CCE = Exercise(
    name="cross_entropy",
    lesson="losses",
    title="Cross-entropy from scores",
    reference=losses.cross_entropy,
    cases=_cce_cases,
    gradients=(0,),
    without=(
        "torch.nn.functional.cross_entropy",
        "torch.nn.functional.nll_loss",
        "torch.nn.CrossEntropyLoss.forward",
    ),
    mistakes=(
        Mistake(
            "log after softmax",
            "Right for small scores. But softmax rounds a tiny share to 0, and its logarithm is "
            "minus infinity. Do both in one: log softmax is z minus log of the sum of exp(z), and "
            "logits.logsumexp(dim=1, keepdim=True) is that sum's logarithm.",
            lambda logits, y: -_rows(logits.softmax(dim=1).log(), y).mean(),
        ),
        Mistake(
            "exp overflows",
            "Right for small scores, but exp(1000) is inf. logits.logsumexp(dim=1, keepdim=True) "
            "is the logarithm of the sum of exp without that.",
            lambda logits, y: -_rows(logits - logits.exp().sum(1, keepdim=True).log(), y).mean(),
        ),
        Mistake(
            "sign",
            "The sign is missing: the logarithm of a probability is below 0, and a loss should be "
            "above it.",
            lambda logits, y: _rows(logits.log_softmax(dim=1), y).mean(),
        ),
        Mistake(
            "summed",
            "The examples are added up: take their mean.",
            lambda logits, y: -_rows(logits.log_softmax(dim=1), y).sum(),
        ),
        Mistake(
            "probability instead of its logarithm",
            "This is 1 minus the probability of the right class, a fair loss but another one: here "
            "it is minus the logarithm of that probability.",
            lambda logits, y: 1 - _rows(logits.softmax(dim=1), y).mean(),
        ),
        Mistake(
            "score instead of a probability",
            "These are the scores of the right classes themselves. Turn scores into logarithms of "
            "probabilities first: subtract logits.logsumexp(dim=1, keepdim=True).",
            lambda logits, y: -_rows(logits, y).mean(),
        ),
        Mistake(
            "softmax over the examples",
            "The shares of a class add up to 1 over the examples. Each example has to share out "
            "one whole among its classes: dim=1.",
            lambda logits, y: -_rows(logits.log_softmax(dim=0), y).mean(),
        ),
        Mistake(
            "each with each",
            "log_p[:, y] takes for every example the classes of all of them, a whole table. Take "
            "one from each row: log_p[torch.arange(len(y)), y].",
            lambda logits, y: -logits.log_softmax(dim=1)[:, y].mean(),
        ),
        Mistake(
            "divided by the classes",
            "The sum is divided by all the cells of the table. Only one class counts in each row, "
            "so divide by the number of examples.",
            lambda logits, y: -_rows(logits.log_softmax(dim=1), y).sum() / logits.numel(),
        ),
        Mistake(
            "the largest of all",
            "The largest score of the whole table is subtracted, so the exps of a row of far smaller scores "
            "are all 0. Subtract the largest of each row, or use logits.logsumexp(dim=1, keepdim=True).",
            lambda logits, y: (
                -_rows(
                    (logits - logits.max())
                    - (logits - logits.max()).exp().sum(dim=1, keepdim=True).log(),
                    y,
                ).mean()
            ),
        ),
        Mistake(
            "one sum for all",
            "All examples share one sum of exps. Each row has its own: dim=1, keepdim=True.",
            lambda logits, y: -_rows(logits - logits.flatten().logsumexp(dim=0), y).mean(),
        ),
        Mistake(
            "all classes",
            "The logarithms of all classes are averaged. Only that of the right class counts: one from each "
            "row, log_p[torch.arange(len(y)), y].",
            lambda logits, y: -logits.log_softmax(dim=1).mean(),
        ),
        Mistake(
            "all classes added up",
            "The logarithms of all classes are added up in each row. Only that of the right class counts: "
            "log_p[torch.arange(len(y)), y].",
            lambda logits, y: -logits.log_softmax(dim=1).sum(dim=1).mean(),
        ),
        Mistake(
            "the class with the largest score",
            "It takes the class with the largest score, whatever y says. The right class is y.",
            lambda logits, y: -logits.log_softmax(dim=1).amax(dim=1).mean(),
        ),
        Mistake(
            "added to the scores",
            "logsumexp is added to the scores: subtract it.",
            lambda logits, y: -_rows(logits + logits.logsumexp(dim=1, keepdim=True), y).mean(),
        ),
        Mistake(
            "only the logarithm of the sum",
            "This is the mean of logsumexp alone. Subtract the score of the right class from each.",
            lambda logits, y: logits.logsumexp(dim=1).mean(),
        ),
        Mistake(
            "the largest score in place of the sum",
            "The largest score is subtracted, and not the logarithm of the sum of the exps.",
            lambda logits, y: -_rows(logits - logits.amax(dim=1, keepdim=True), y).mean(),
        ),
        Mistake(
            "sum without the logarithm",
            "The sum of the exps is subtracted as it is: its logarithm belongs there.",
            lambda logits, y: -_rows(logits - logits.exp().sum(dim=1, keepdim=True), y).mean(),
        ),
        Mistake(
            "logarithm to base 2",
            "torch.log2 is the logarithm to base 2. The natural one is wanted, to base e.",
            lambda logits, y: -_rows(logits.log_softmax(dim=1), y).mean() / 0.6931471805599453,
        ),
        Mistake(
            "one for each",
            "There is a cost for each example. A loss is one number: take the mean.",
            lambda logits, y: -_rows(logits.log_softmax(dim=1), y),
        ),
        Mistake(
            "the probability",
            "This is the probability of the right class. The cost is minus its logarithm.",
            lambda logits, y: _rows(logits.softmax(dim=1), y).mean(),
        ),
        Mistake(
            "minus the probability",
            "This is minus the probability of the right class. The cost is minus its logarithm.",
            lambda logits, y: -_rows(logits.softmax(dim=1), y).mean(),
        ),
        Mistake(
            "log of the mean",
            "The probabilities are averaged and then the logarithm is taken. First the logarithm of each, "
            "then the mean.",
            lambda logits, y: -_rows(logits.softmax(dim=1), y).mean().log(),
        ),
        Mistake(
            "softmax taken twice",
            "The scores have gone through softmax, and then through log softmax: once is enough.",
            lambda logits, y: -_rows(logits.softmax(dim=1).log_softmax(dim=1), y).mean(),
        ),
        Mistake(
            "a tiny number added",
            "A tiny number inside the logarithm keeps it finite, but gives a floor that the loss should not "
            "have. log softmax is z minus log of the sum of exp(z), in one: "
            "logits.logsumexp(dim=1, keepdim=True) is that logarithm.",
            lambda logits, y: -_rows((logits.softmax(dim=1) + 1e-8).log(), y).mean(),
        ),
        Mistake(
            "only the last example",
            "Only the last example counts: each round of the loop overwrites the sum. Add to it, with +=.",
            lambda logits, y: -_rows(logits.log_softmax(dim=1), y)[-1] / len(y),
        ),
        Mistake(
            "divided by the number of classes",
            "The sum is divided by the number of classes. Divide by the number of examples, len(y).",
            lambda logits, y: -_rows(logits.log_softmax(dim=1), y).sum() / logits.shape[1],
        ),
    ),
    hints=(
        "For each example you need one number: minus the logarithm of the share that softmax gives "
        "to the right class.",
        "log softmax(z)_k = z_k - log sum exp(z). logits.logsumexp(dim=1, keepdim=True) is the part "
        "that is subtracted, one for each row.",
        "With log_p = logits - logits.logsumexp(dim=1, keepdim=True), the answer is "
        "-log_p[torch.arange(len(y)), y].mean().",
    ),
    alternatives=(
        lambda logits, y: -logits.log_softmax(dim=1).gather(1, y[:, None]).mean(),
        lambda logits, y: (logits.logsumexp(dim=1) - _rows(logits, y)).mean(),
        lambda logits, y: (
            -sum(z.log_softmax(0)[k] for z, k in zip(logits, y, strict=True)) / len(y)
        ),
        lambda logits, y: (
            -logits.log_softmax(-1)[y.unsqueeze(1) == torch.arange(logits.shape[1])].sum()
            / len(logits)
        ),
    ),
)


def _wasserstein_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)

    def pair(n: int, shift: float, scale: float) -> tuple[Tensor, Tensor]:
        return torch.randn(n, generator=g), shift + scale * torch.randn(n, generator=g)

    return [
        Case((torch.tensor([1.0, 2.0, 3.0]), torch.tensor([6.0, 5.0, 4.0])), "moved by 3"),
        Case((torch.tensor([0.0, 4.0]), torch.tensor([1.0, 3.0])), "equal means"),
        Case((torch.tensor([3.0, 1.0, 2.0]), torch.tensor([2.0, 3.0, 1.0])), "the same numbers: 0"),
        Case(pair(9, 0.0, 3.0), "narrow and wide"),
        Case(pair(6, -2.0, 1.0), "below and above"),
        Case((torch.tensor([5.0]), torch.tensor([-2.0])), "one number each"),
        Case((torch.tensor([2.0, 7.0, 2.0, -4.0]), torch.tensor([0.5, 2.0, 9.0, 9.0])), "ties"),
    ]


WASSERSTEIN = Exercise(
    name="wasserstein_1d",
    lesson="losses",
    title="How far must a heap be moved?",
    reference=losses.wasserstein_1d,
    cases=_wasserstein_cases,
    gradients=(0, 1),
    mistakes=(
        Mistake(
            "not sorted",
            "The numbers are paired in the order in which they happen to come. Sort both first: "
            "the smallest goes to the smallest.",
            lambda a, b: (a - b).abs().mean(),
        ),
        Mistake(
            "only one sorted",
            "Only the first heap is sorted. Sort the second as well.",
            lambda a, b: (a.sort().values - b).abs().mean(),
        ),
        Mistake(
            "means",
            "This is the distance between the two means, which is 0 for a narrow and a wide heap "
            "around one place. Take the size of each difference before you average.",
            lambda a, b: (a.mean() - b.mean()).abs(),
        ),
        Mistake(
            "without sign",
            "Ways to the left and to the right cancel: take the size of each with .abs().",
            lambda a, b: (a.sort().values - b.sort().values).mean(),
        ),
        Mistake(
            "crosswise",
            "The smallest is paired with the largest. Sort both in the same direction.",
            lambda a, b: (a.sort().values - b.sort(descending=True).values).abs().mean(),
        ),
        Mistake(
            "summed",
            "These are all the ways added up. Take their mean: how far a number is moved on "
            "average.",
            lambda a, b: (a.sort().values - b.sort().values).abs().sum(),
        ),
        Mistake(
            "squared",
            "The ways are squared. Here it is their length that counts: .abs().",
            lambda a, b: (a.sort().values - b.sort().values).square().mean(),
        ),
        Mistake(
            "each with each",
            "This is the mean way from any number of one heap to any of the other, which is above "
            "0 even for two equal heaps. Pair them: sort both, then smallest with smallest.",
            lambda a, b: (a[:, None] - b).abs().mean(),
        ),
        Mistake(
            "positions instead of values",
            "argsort and sort().indices give the positions of the numbers. Take the numbers themselves: "
            "a.sort().values.",
            lambda a, b: (a.argsort(stable=True) - b.argsort(stable=True)).abs().float().mean(),
        ),
        Mistake(
            "only the second sorted",
            "Only the second heap is sorted. Sort the first as well.",
            lambda a, b: (a - b.sort().values).abs().mean(),
        ),
        Mistake(
            "the largest way",
            "The longest way decides alone. Take the mean of all of them.",
            lambda a, b: (a.sort().values - b.sort().values).abs().max(),
        ),
        Mistake(
            "root of the mean square",
            "The ways are squared, averaged, and the root is taken. Here their length is averaged: .abs().",
            lambda a, b: (a.sort().values - b.sort().values).square().mean().sqrt(),
        ),
        Mistake(
            "one for each",
            "There is a way for each number. Return their mean, one number.",
            lambda a, b: (a.sort().values - b.sort().values).abs(),
        ),
        Mistake(
            "added",
            "The numbers of the two heaps are added: subtract, to see how far they are apart.",
            lambda a, b: (a.sort().values + b.sort().values).abs().mean(),
        ),
        Mistake(
            "median",
            "This is the median of the ways: take their mean.",
            lambda a, b: (a.sort().values - b.sort().values).abs().median(),
        ),
        Mistake(
            "to the nearest",
            "Each number goes to the nearest of the other heap, several to the same place. Each place is "
            "filled once: smallest to smallest, and so on.",
            lambda a, b: (a[:, None] - b).abs().amin(dim=1).mean(),
        ),
        Mistake(
            "means of the sizes",
            "The signs of the numbers themselves are dropped. Sort first, subtract, and then take the size of "
            "the difference.",
            lambda a, b: (a.abs().sort().values - b.abs().sort().values).abs().mean(),
        ),
    ),
    hints=(
        "Think of two rows of people who are to stand in each other's places, with as little "
        "walking as possible. Who goes where?",
        "The smallest number goes to the smallest, the next to the next: a.sort().values puts them "
        "in order.",
        "(a.sort().values - b.sort().values).abs().mean()",
    ),
    alternatives=(
        lambda a, b: (torch.sort(a)[0] - torch.sort(b)[0]).abs().sum() / len(a),
        lambda a, b: (a[a.argsort()] - b[b.argsort()]).abs().mean(),
        lambda a, b: sum(abs(p - q) for p, q in zip(sorted(a), sorted(b), strict=True)) / len(a),
    ),
)

EXERCISES = (MSE, BCE, CCE, WASSERSTEIN)

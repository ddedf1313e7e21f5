"""Exercises of `generalization`: diagnose, early stopping, dropout, BatchNorm."""

from __future__ import annotations

import torch
from torch import Tensor

from workshop.core.exercise import Case, Exercise, Mistake
from workshop.day2.generalization import batchnorm, diagnosis, dropout, regularization


def _fall(end: float, epochs: int = 12) -> Tensor:
    """An error that falls from 0.9 and stays at `end` for the last six epochs."""
    start = torch.linspace(0.9, end, max(1, epochs - 5))
    return torch.cat([start, torch.full((min(5, epochs - 1),), end)])


def _diagnose_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)
    calm = _fall(0.02)
    jump, start = calm.clone(), calm.clone()
    jump[-1] = 0.2  # the mean of the last five is 0.056
    start[-6:] = torch.tensor([0.02, 0.3, 0.31, 0.3, 0.32, 0.3])  # low once, high at the end
    jitter = 0.01 * torch.rand(20, generator=g)
    return [
        Case((_fall(0.5), _fall(0.52), 0.05, 0.05), "two high curves close together"),
        Case((_fall(0.0), _fall(0.15), 0.05, 0.05), "a low one and one well above it"),
        Case((_fall(0.3), _fall(0.55), 0.05, 0.05), "a high one and one well above even that"),
        Case((_fall(0.02), _fall(0.04), 0.05, 0.05), "two low curves close together"),
        Case((_fall(0.04), _fall(0.08), 0.05, 0.05), "validation error above the goal, small gap"),
        Case((jump, _fall(0.06), 0.1, 0.1), "the last training epoch sticks out"),
        Case((start, _fall(0.33), 0.05, 0.05), "a training error that was low only once"),
        Case((_fall(0.2), _fall(0.24), 0.25, 0.02), "another goal and another gap"),
        Case((_fall(0.2), _fall(0.1), 0.25, 0.05), "validation well below training"),
        Case((_fall(0.2, 20) + jitter, _fall(0.4, 20) + jitter, 0.1, 0.1), "curves that jitter"),
        Case((torch.tensor([0.4, 0.3]), torch.tensor([0.5, 0.4]), 0.1, 0.2), "only two epochs"),
    ]


def _ends(train: Tensor, validation: Tensor) -> tuple[Tensor, Tensor]:
    return train[-5:].mean(), validation[-5:].mean()


def _never_both(train: Tensor, validation: Tensor, goal: float, gap: float) -> tuple[bool, bool]:
    t, v = _ends(train, validation)
    if t > goal:
        return True, False
    return False, bool(v - t > gap)


def _by_loop(train: Tensor, validation: Tensor, goal: float, gap: float) -> tuple[bool, bool]:
    t, v = train.tolist()[-5:], validation.tolist()[-5:]
    end = sum(t) / len(t)
    return end > goal, sum(v) / len(v) > end + gap


def _diagnosis_with(how):
    """The two answers from another way to read a curve."""

    def answer(train: Tensor, validation: Tensor, goal: float, gap: float) -> tuple[bool, bool]:
        t, v = how(train), how(validation)
        return bool(t > goal), bool(v - t > gap)

    return answer


DIAGNOSE = Exercise(
    name="diagnose",
    lesson="generalization",
    title="What is wrong with this model?",
    reference=diagnosis.diagnose,
    cases=_diagnose_cases,
    mistakes=(
        Mistake(
            "never both",
            "It never says both. A model can be bad on its training examples and much worse on new "
            "ones: answer the two questions apart from each other, without elif or an early return.",
            _never_both,
        ),
        Mistake(
            "validation against the goal",
            "High variance is read off the validation error alone. It is the extra error that "
            "counts, validation minus training: compare that with gap.",
            lambda t, v, goal, gap: (
                bool(t[-5:].mean() > goal),
                bool(v[-5:].mean() > goal),
            ),
        ),
        Mistake(
            "validation against the gap",
            "The validation error itself is compared with gap. Take the training error away from it "
            "first.",
            lambda t, v, goal, gap: (bool(t[-5:].mean() > goal), bool(v[-5:].mean() > gap)),
        ),
        Mistake(
            "the last epoch alone",
            "Only the last epoch is looked at, and curves jitter. Average the last five: "
            "train[-5:].mean().",
            _diagnosis_with(lambda curve: curve[-1]),
        ),
        Mistake(
            "the whole curve",
            "This averages over all epochs, the first bad ones too. The end of a curve is what "
            "counts: the last five.",
            _diagnosis_with(lambda curve: curve.mean()),
        ),
        Mistake(
            "the first epochs",
            "[:5] is the beginning of the curve; [-5:] is its end.",
            _diagnosis_with(lambda curve: curve[:5].mean()),
        ),
        Mistake(
            "the best epoch",
            "This takes the lowest error of each curve. The model that you have is the one at the "
            "end: average the last five epochs.",
            _diagnosis_with(lambda curve: curve.min()),
        ),
        Mistake(
            "exchanged",
            "The two answers have changed places: first high bias, then high variance.",
            lambda t, v, goal, gap: diagnosis.diagnose(t, v, goal, gap)[::-1],
        ),
        Mistake(
            "bias from validation",
            "High bias is read off the validation error. It means being bad even on the examples "
            "the model was trained on: compare the training error with goal.",
            lambda t, v, goal, gap: (
                bool(v[-5:].mean() > goal),
                bool(v[-5:].mean() - t[-5:].mean() > gap),
            ),
        ),
        Mistake(
            "the gap without sign",
            "It takes the size of the difference, so a validation error well below the training "
            "error counts too. Only what is above speaks of high variance: leave abs away.",
            lambda t, v, goal, gap: (
                bool(t[-5:].mean() > goal),
                bool((v[-5:].mean() - t[-5:].mean()).abs() > gap),
            ),
        ),
    ),
    hints=(
        "Two questions, each with an answer of its own. Which curve tells about bias? Which two "
        "tell about variance?",
        "train[-5:].mean() is the training error at the end, as one number. Do the same for "
        "validation.",
        "Return two things: train_end > goal, and validation_end - train_end > gap.",
    ),
    alternatives=(
        _by_loop,
        lambda train, validation, goal, gap: (
            train[-5:].mean() > goal,
            (validation[-5:] - train[-5:]).mean() > gap,
        ),
    ),
)


def _stopping_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)
    valley = [1.0, 0.7, 0.5, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8]
    noise = [
        round(1 / (k + 1) + 0.02 * k + 0.2 * u, 3)
        for k, u in enumerate(torch.rand(25, generator=g).tolist())
    ]
    return [
        Case((valley, 3), "down and up again"),
        Case((valley, 1), "no patience: the first bad epoch ends it"),
        Case(([0.9, 0.8, 0.85, 0.7, 0.75, 0.6, 0.65, 0.64, 0.63], 3), "bad epochs in between"),
        Case(([0.9, 0.5, 0.8, 0.7, 0.6, 0.55, 0.3], 4), "falling again, but never below the best"),
        Case(([0.5, 0.4, 0.4, 0.4, 0.3], 2), "an equal loss is no new lowest"),
        Case(([1.0, 0.8, 0.6, 0.5], 2), "it falls to the end"),
        Case(([0.5, 0.6, 0.7, 0.1], 5), "patience outlasts the epochs"),
        Case(([0.7], 2), "a single epoch"),
        Case((noise, 4), "a curve that jitters"),
    ]


def _stopping(
    losses: list[float],
    patience: int,
    *,
    equal: bool = False,
    previous: bool = False,
    total: bool = False,
    late: int = 0,
) -> tuple[int, int]:
    """early_stopping with one thing or another wrong in it."""
    best, bad = 0, 0
    for epoch in range(1, len(losses)):
        against = losses[epoch - 1] if previous else losses[best]
        better = losses[epoch] <= against if equal else losses[epoch] < against
        if better:
            bad = bad if total else 0
        else:
            bad += 1
        if losses[epoch] < losses[best] or (equal and losses[epoch] == losses[best]):
            best = epoch
        if bad >= patience + late:
            return epoch + 1, best + 1
    return len(losses), best + 1


def _from_zero(losses: list[float], patience: int) -> tuple[int, int]:
    stop, best = _stopping(losses, patience)
    return stop - 1, best - 1


def _oracle(losses: list[float], patience: int) -> tuple[int, int]:
    return _stopping(losses, patience)[0], losses.index(min(losses)) + 1


def _by_minimum(losses: list[float], patience: int) -> tuple[int, int]:
    for epoch in range(1, len(losses) + 1):
        seen = losses[:epoch]
        best = seen.index(min(seen)) + 1
        if epoch - best == patience:
            break
    return epoch, best


STOPPING = Exercise(
    name="early_stopping",
    lesson="generalization",
    title="When to stop, and where to go back to",
    reference=regularization.early_stopping,
    cases=_stopping_cases,
    mistakes=(
        Mistake(
            "stays at the end",
            "It keeps the epoch at which it stopped. The weights to go back to are those of the "
            "epoch with the lowest loss, which was earlier.",
            lambda losses, patience: (_stopping(losses, patience)[0],) * 2,
        ),
        Mistake(
            "counted from 0",
            "Both are one too small: epochs are counted from 1 here, lists from 0.",
            _from_zero,
        ),
        Mistake(
            "compared with the epoch before",
            "It compares each loss with that of the epoch before. A loss that comes down a little "
            "from a peak is no progress: compare with the lowest so far.",
            lambda losses, patience: _stopping(losses, patience, previous=True),
        ),
        Mistake(
            "never forgiven",
            "It adds up all bad epochs. Patience is for bad epochs in a row: a new lowest loss "
            "starts the count again.",
            lambda losses, patience: _stopping(losses, patience, total=True),
        ),
        Mistake(
            "one too patient",
            "It waits one epoch too long: with patience 3 it stops after the third epoch in a row "
            "without a new lowest loss. Is it > where >= is meant?",
            lambda losses, patience: _stopping(losses, patience, late=1),
        ),
        Mistake(
            "equal counts as better",
            "A loss that only equals the lowest is no improvement: use <, not <=.",
            lambda losses, patience: _stopping(losses, patience, equal=True),
        ),
        Mistake(
            "sees the future",
            "The lowest loss is searched in all epochs, those after the stop too. They were never "
            "trained: look only at the losses up to where you are.",
            _oracle,
        ),
        Mistake(
            "never stops",
            "It goes through all epochs. Return as soon as `patience` epochs have gone by without a "
            "new lowest loss.",
            lambda losses, patience: (len(losses), losses.index(min(losses)) + 1),
        ),
    ),
    hints=(
        "Walk through the losses one by one and remember where the lowest one so far was.",
        "for epoch, loss in enumerate(losses): if loss < losses[best], then best = epoch. How many "
        "epochs ago is best now?",
        "When epoch - best >= patience, return epoch + 1, best + 1. After the loop, return "
        "len(losses), best + 1.",
    ),
    alternatives=(_stopping, _by_minimum),
)


def _dropout_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)
    x, u = torch.randn(4, 6, generator=g), torch.rand(4, 6, generator=g)
    ones = torch.ones(5)
    fixed = torch.tensor([0.1, 0.3, 0.5, 0.7, 0.9])
    return [
        Case((ones, fixed, 0.4, True), "five ones"),
        Case((ones, fixed, 0.5, True), "u exactly at p: that unit is kept"),
        Case((x, u, 0.3, True), "a batch, while training"),
        Case((x, u, 0.3, False), "a batch, in evaluation"),
        Case((x, u, 0.0, True), "p = 0: nothing is dropped"),
        Case(
            (torch.randn(2, 3, 4, generator=g), torch.rand(2, 3, 4, generator=g), 0.8, True),
            "three dimensions, most units dropped",
        ),
    ]


DROPOUT = Exercise(
    name="inverted_dropout",
    lesson="generalization",
    title="Dropout",
    reference=dropout.inverted_dropout,
    cases=_dropout_cases,
    mistakes=(
        Mistake(
            "no scaling",
            "The units that stay are not scaled, so the next layer gets less while training than in "
            "evaluation. Divide by 1 - p.",
            lambda x, u, p, training: x * (u >= p) if training else x,
        ),
        Mistake(
            "scaled in evaluation",
            "This is the older form, which multiplies by 1 - p in evaluation. Inverted dropout "
            "divides by 1 - p while training, and leaves x alone in evaluation.",
            lambda x, u, p, training: x * (u >= p) if training else x * (1 - p),
        ),
        Mistake(
            "always on",
            "It drops units in evaluation too. Where training is False, return x as it is.",
            lambda x, u, p, training: x * (u >= p) / (1 - p),
        ),
        Mistake(
            "the others are dropped",
            "It keeps the units it should drop: one is dropped where u is below p, and kept where "
            "u >= p.",
            lambda x, u, p, training: x * (u < p) / (1 - p) if training else x,
        ),
        Mistake(
            "p exchanged with 1 - p",
            "The scale is 1 / p. Of all units the share 1 - p is kept, so what stays must count "
            "1 / (1 - p) times.",
            lambda x, u, p, training: x * (u >= p) / p if training else x,
        ),
        Mistake(
            "multiplied",
            "It makes the units that stay smaller, where they should make up for those that are "
            "missing: divide by 1 - p instead of multiplying by it.",
            lambda x, u, p, training: x * (u >= p) * (1 - p) if training else x,
        ),
        Mistake(
            "the mask itself",
            "This is the mask, scaled. Multiply x by it.",
            lambda x, u, p, training: (u >= p) / (1 - p) if training else x,
        ),
        Mistake(
            "above instead of at",
            "A unit whose u equals p is kept: use u >= p.",
            lambda x, u, p, training: x * (u > p) / (1 - p) if training else x,
        ),
    ),
    hints=(
        "Evaluation first: it is the easy half. Then: which units are kept?",
        "keep = u >= p is True or False for each unit, and x * keep is 0 where it is False.",
        "While training, return x * keep / (1 - p); in evaluation, return x.",
    ),
    alternatives=(
        lambda x, u, p, training: torch.where(u < p, 0.0, x / (1 - p)) if training else x,
        lambda x, u, p, training: x * ((u >= p).float() / (1 - p)) if training else x * 1,
    ),
    gradients=(0,),
    without=("torch.nn.functional.dropout", "torch.dropout"),
)


def _norm_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)

    def case(
        batch: int, units: int, training: bool, momentum: float, eps: float, note: str
    ) -> Case:
        z = 3 * torch.randn(batch, units, generator=g) + 2
        gamma, beta, mean = (torch.randn(units, generator=g) for _ in range(3))
        var = torch.rand(units, generator=g) + 0.5
        return Case((z, gamma, beta, mean, var, training, momentum, eps), note)

    return [
        case(5, 3, True, 0.1, 1e-5, "a batch of five, while training"),
        case(5, 3, False, 0.1, 1e-5, "the same in evaluation"),
        case(2, 4, True, 0.3, 1e-5, "a batch of two, another momentum"),
        case(6, 2, True, 0.1, 0.5, "a large eps"),
        case(1, 3, False, 0.1, 0.5, "a batch of one, in evaluation"),
        case(8, 1, True, 0.25, 1e-3, "a single unit"),
    ]


def _norm(
    z,
    gamma,
    beta,
    running_mean,
    running_var,
    training,
    momentum,
    eps,
    *,
    everything=False,
    per_example=False,
    own=0,
    kept=1,
    swapped=False,
    outside=False,
    batch_always=False,
    always_moves=False,
    affine=True,
    root=True,
    running_always=False,
):
    """batch_norm with one thing or another wrong in it."""
    options = {"dim": 1, "keepdim": True} if per_example else {"dim": (0, 1) if everything else 0}
    mean = z.mean(**options)
    own, kept = (min(correction, len(z) - 1) for correction in (own, kept))
    biased, unbiased = z.var(correction=own, **options), z.var(correction=kept, **options)
    m = 1 - momentum if swapped else momentum
    used = (running_mean, running_var)
    if (training or batch_always) and not running_always:
        used = (mean, biased)
    if training or always_moves:
        running_mean = (1 - m) * running_mean + m * mean
        running_var = (1 - m) * running_var + m * unbiased
    if outside:
        y = (z - used[0]) / (used[1].sqrt() + eps)
    else:
        y = (z - used[0]) / ((used[1] + eps).sqrt() if root else used[1] + eps)
    return (gamma * y + beta if affine else y), running_mean, running_var


def _norm_with(**wrong):
    return lambda *args: _norm(*args, **wrong)


NORM = Exercise(
    name="batch_norm",
    lesson="generalization",
    title="Batch normalisation",
    reference=batchnorm.batch_norm,
    cases=_norm_cases,
    mistakes=(
        Mistake(
            "the wrong variance in y",
            "y is divided by the spread with B - 1 in it. In y the variance is that of this very "
            "batch, divided by B: z.var(dim=0, correction=0).",
            _norm_with(own=1),
        ),
        Mistake(
            "the wrong variance kept",
            "The running variance gets the one divided by B. What is kept is an estimate for all "
            "data, so it is divided by B - 1: plain z.var(dim=0).",
            _norm_with(kept=0),
        ),
        Mistake(
            "the two variances exchanged",
            "The two variances have changed places: divide by B in y (correction=0), by B - 1 in "
            "what is kept.",
            _norm_with(own=1, kept=0),
        ),
        Mistake(
            "momentum the wrong way round",
            "The running numbers change too much: momentum is the share of the new batch, and "
            "1 - momentum that of the old value.",
            _norm_with(swapped=True),
        ),
        Mistake(
            "eps outside of the root",
            "eps belongs under the root: torch.sqrt(var + eps).",
            _norm_with(outside=True),
        ),
        Mistake(
            "the batch in evaluation",
            "In evaluation it still takes mean and variance from the batch, so an answer would "
            "depend on its neighbours. Take the running ones there.",
            _norm_with(batch_always=True),
        ),
        Mistake(
            "evaluation changes the running numbers",
            "The running mean and variance move in evaluation too. Only training changes them.",
            _norm_with(always_moves=True),
        ),
        Mistake(
            "the running numbers in training",
            "While training it takes the running mean and variance. There each batch is "
            "normalised by its own.",
            _norm_with(running_always=True),
        ),
        Mistake(
            "over the units",
            "Mean and variance go along each example. They belong to each unit, over the batch: "
            "dim=0.",
            _norm_with(per_example=True),
        ),
        Mistake(
            "one mean for all",
            "There is one mean and one variance for the whole table. Each unit has its own: dim=0.",
            _norm_with(everything=True),
        ),
        Mistake(
            "gamma and beta",
            "gamma and beta are missing: multiply by gamma and add beta, so that the network can "
            "undo the normalisation where that helps.",
            _norm_with(affine=False),
        ),
        Mistake(
            "no root",
            "It divides by the variance. Divide by its square root, the standard deviation.",
            _norm_with(root=False),
        ),
    ),
    hints=(
        "Which mean and which variance? That is all that differs between training and evaluation.",
        "mean = z.mean(dim=0), var = z.var(dim=0, correction=0) in training; the running ones in "
        "evaluation. Then y = gamma * (z - mean) / torch.sqrt(var + eps) + beta.",
        "In training also: new running_mean = (1 - momentum) * running_mean + momentum * mean, and "
        "the same for the variance, with z.var(dim=0). Return y, running_mean, running_var.",
    ),
    alternatives=(
        _norm_with(),
        lambda z, gamma, beta, running_mean, running_var, training, momentum, eps: (
            (
                (z - z.mean(0)) * (z.var(0, unbiased=False) + eps).rsqrt() * gamma + beta,
                torch.lerp(running_mean, z.mean(0), momentum),
                torch.lerp(running_var, z.var(0), momentum),
            )
            if training
            else (
                (z - running_mean) * (running_var + eps).rsqrt() * gamma + beta,
                running_mean,
                running_var,
            )
        ),
    ),
    without=("torch.nn.functional.batch_norm", "torch.batch_norm", "torch.native_batch_norm"),
)

EXERCISES = (DIAGNOSE, STOPPING, DROPOUT, NORM)

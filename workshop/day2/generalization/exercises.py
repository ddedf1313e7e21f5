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


def _end(*five: float) -> Tensor:
    """An error that is 0.6 for six epochs and then has these five values."""
    return torch.tensor([0.6] * 6 + list(five))


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
        Case((_fall(0.1), _fall(0.15), 0.4, 0.3), "both low, half as much again"),
        Case((_end(*[0.1] * 5), _end(*[0.25] * 5), 0.3, 0.18), "validation's sixth-last high"),
        Case((torch.tensor([0.4, 0.3]), torch.tensor([0.5, 0.4]), 0.1, 0.2), "only two epochs"),
        Case((torch.tensor([0.2, 0.2]), torch.tensor([0.5, 0.45]), 0.1, 0.2), "two, far apart"),
        Case(
            (torch.full((8,), 0.25), torch.full((8,), 0.5), 0.25, 0.25),
            "exactly at the goal and at the gap: neither is above",
        ),
        Case((_end(0.2, 0.3, 0.3, 0.3, 0.3), _end(*[0.3] * 5), 0.29, 0.1), "the fifth-last low"),
        Case((_end(0.9, 0.1, 0.1, 0.1, 0.1), _end(*[0.3] * 5), 0.25, 0.1), "the fifth-last high"),
        Case(
            (_end(*[0.1] * 5), _end(0.9, 0.1, 0.1, 0.1, 0.1), 0.3, 0.1), "validation's fifth-last"
        ),
        Case((_end(0.1, 0.1, 0.1, 0.9, 0.1), _end(*[0.3] * 5), 0.22, 0.1), "a peak among the five"),
        Case(
            (_end(*[0.1] * 5), _end(0.1, 0.1, 0.1, 0.1, 0.9), 0.3, 0.1), "the last validation error"
        ),
        Case(
            (_end(*[0.3] * 5), _end(*[0.1] * 5), 0.2, 0.1),
            "validation below the goal, not training",
        ),
        Case((_end(*[0.3] * 5), _end(*[0.1] * 5), 0.4, 0.3), "another goal, validation lower"),
        Case((_end(0.4, 0.4, 0.1, 0.1, 0.4), _end(*[0.35] * 5), 0.3, 0.2), "two low epochs"),
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


def _read_as(bias, variance):
    """The two answers from the ends t and v of the curves."""

    def answer(train: Tensor, validation: Tensor, goal: float, gap: float) -> tuple[bool, bool]:
        t, v = _ends(train, validation)
        return bool(bias(t, v, goal, gap)), bool(variance(t, v, goal, gap))

    return answer


def _every_epoch(train: Tensor, validation: Tensor, goal: float, gap: float) -> tuple[bool, bool]:
    t, v = train[-5:], validation[-5:]
    return bool((t > goal).all()), bool((v - t > gap).all())


def _some_epoch(train: Tensor, validation: Tensor, goal: float, gap: float) -> tuple[bool, bool]:
    t, v = train[-5:], validation[-5:]
    return bool((t > goal).any()), bool((v - t > gap).any())


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
        Mistake(
            "goal taken from validation",
            "The goal is taken away from the validation error. What counts for variance is how "
            "far it is above the training error: v - t > gap.",
            _read_as(lambda t, v, goal, gap: t > goal, lambda t, v, goal, gap: v - goal > gap),
        ),
        Mistake(
            "low bias",
            "True stands where the training error is good, below the goal. High bias is above it:"
            " >.",
            _read_as(lambda t, v, goal, gap: t < goal, lambda t, v, goal, gap: v - t > gap),
        ),
        Mistake(
            "difference the wrong way round",
            "The difference is the wrong way round: validation minus training, for variance makes"
            " new examples worse.",
            _read_as(lambda t, v, goal, gap: t > goal, lambda t, v, goal, gap: t - v > gap),
        ),
        Mistake(
            "sum instead of difference",
            "The two errors are added up. High variance is in their difference: validation minus "
            "training.",
            _read_as(lambda t, v, goal, gap: t > goal, lambda t, v, goal, gap: v + t > gap),
        ),
        Mistake(
            "ratio instead of difference",
            "The two errors are divided. High variance is in their difference: validation minus "
            "training.",
            _read_as(lambda t, v, goal, gap: t > goal, lambda t, v, goal, gap: v / t > gap),
        ),
        Mistake(
            "gap not used",
            "Any validation error above the training error counts. Only one that is above by more"
            " than gap should.",
            _read_as(lambda t, v, goal, gap: t > goal, lambda t, v, goal, gap: v > t),
        ),
        Mistake(
            "small gap",
            "True stands where the gap is small. High variance is a difference above gap: >.",
            _read_as(lambda t, v, goal, gap: t > goal, lambda t, v, goal, gap: v - t < gap),
        ),
        Mistake(
            "goal and gap exchanged",
            "goal and gap have changed places: the training error is compared with goal, the "
            "difference with gap.",
            _read_as(lambda t, v, goal, gap: t > gap, lambda t, v, goal, gap: v - t > goal),
        ),
        Mistake(
            "equal counts as above",
            "An error that is exactly at the limit is not above it: use >, not >=.",
            _read_as(lambda t, v, goal, gap: t >= goal, lambda t, v, goal, gap: v - t >= gap),
        ),
        Mistake(
            "equal to the goal counts as above",
            "A training error exactly at the goal is not above it: use >, not >=.",
            _read_as(lambda t, v, goal, gap: t >= goal, lambda t, v, goal, gap: v - t > gap),
        ),
        Mistake(
            "equal to the gap counts as above",
            "A difference of exactly the gap is not above it: use >, not >=.",
            _read_as(lambda t, v, goal, gap: t > goal, lambda t, v, goal, gap: v - t >= gap),
        ),
        Mistake(
            "both errors above the goal",
            "High bias is made to depend on the validation error too. It is read off the training"
            " error alone.",
            _read_as(
                lambda t, v, goal, gap: t > goal and v > goal, lambda t, v, goal, gap: v - t > gap
            ),
        ),
        Mistake(
            "either error above the goal",
            "High bias is said where either error is above the goal. It is read off the training "
            "error alone.",
            _read_as(
                lambda t, v, goal, gap: t > goal or v > goal, lambda t, v, goal, gap: v - t > gap
            ),
        ),
        Mistake(
            "sum of five",
            "The last five are added up. Take their mean, so that an error stays an error.",
            _diagnosis_with(lambda curve: curve[-5:].sum()),
        ),
        Mistake(
            "always divided by five",
            "The sum is divided by 5 even where there are fewer epochs. .mean() counts for itself.",
            _diagnosis_with(lambda curve: curve[-5:].sum() / 5),
        ),
        Mistake(
            "four epochs",
            "Only four epochs are averaged: the last five are [-5:].",
            _diagnosis_with(lambda curve: curve[-4:].mean()),
        ),
        Mistake(
            "six epochs",
            "Six epochs are averaged: the last five are [-5:].",
            _diagnosis_with(lambda curve: curve[-6:].mean()),
        ),
        Mistake(
            "last epoch left out",
            "[-5:-1] leaves out the last epoch. The last five are [-5:].",
            _diagnosis_with(lambda curve: (curve[-5:-1] if len(curve) > 1 else curve).mean()),
        ),
        Mistake(
            "first five left out",
            "[5:] is everything but the first five. The last five are [-5:].",
            _diagnosis_with(lambda curve: curve[5:].mean()),
        ),
        Mistake(
            "fifth-last epoch",
            "[-5] is a single epoch, the fifth-last. [-5:] is the last five: average them.",
            _diagnosis_with(lambda curve: curve[-min(5, len(curve))]),
        ),
        Mistake(
            "median",
            "This is the median of the last five. Take their mean.",
            _diagnosis_with(lambda curve: curve[-5:].median()),
        ),
        Mistake(
            "lowest of five",
            "This is the lowest of the last five. Take their mean.",
            _diagnosis_with(lambda curve: curve[-5:].min()),
        ),
        Mistake(
            "highest of five",
            "This is the highest of the last five. Take their mean.",
            _diagnosis_with(lambda curve: curve[-5:].max()),
        ),
        Mistake(
            "every epoch",
            "It asks for all five epochs one by one. Average them first, then compare the means.",
            _every_epoch,
        ),
        Mistake(
            "any epoch",
            "It asks whether any of the five epochs is above. Average them first, then compare "
            "the means.",
            _some_epoch,
        ),
        Mistake(
            "last validation epoch alone",
            "Training is averaged over five epochs, but of validation only the last one is taken."
            " Average both.",
            lambda t, v, goal, gap: (bool(t[-5:].mean() > goal), bool(v[-1] - t[-5:].mean() > gap)),
        ),
        Mistake(
            "last training epoch alone",
            "Validation is averaged over five epochs, but of training only the last one is taken."
            " Average both.",
            lambda t, v, goal, gap: (bool(t[-1] > goal), bool(v[-5:].mean() - t[-1] > gap)),
        ),
        Mistake(
            "one answer",
            "There are two questions: return two answers, with a comma between them.",
            lambda t, v, goal, gap: any(diagnosis.diagnose(t, v, goal, gap)),
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
        Case(([0.9, 0.6, 0.7, 0.65], 3), "epochs end before patience does, the best was earlier"),
        Case(([0.4, 0.5, 0.6, 0.7, 0.1], 3), "the first epoch is the best"),
        Case(([0.9, 0.7, 0.7, 0.7, 0.7], 2), "a plateau"),
        Case(([0.9, 0.8, 1.1, 1.0, 0.95, 0.85, 0.7], 3), "down from a peak, never below the best"),
        Case(([1.4, 1.2, 1.3, 1.1, 1.0, 1.2, 1.3, 0.9], 2), "losses above 1"),
        Case(([-0.5, -1.2, -1.0, -0.9, -2.0], 2), "losses below 0"),
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


def _shifted(stop_by: int, best_by: int):
    def answer(losses: list[float], patience: int) -> tuple[int, int]:
        stop, best = _stopping(losses, patience)
        return stop + stop_by, best + best_by

    return answer


def _walk(losses: list[float], patience: int, wrong: str) -> tuple[int, int]:
    """early_stopping by counting bad epochs, with one thing wrong."""
    lowest, best, bad = losses[0], 0, 0
    for epoch, loss in enumerate(losses):
        against = losses[epoch - 1] if wrong == "previous" and epoch else lowest
        if epoch == 0 and wrong != "first is bad":
            continue
        if loss > lowest if wrong == "highest" else loss < against:
            best, bad = epoch, 0
            lowest = lowest if wrong == "lowest kept" else loss
        elif wrong == "rises" and epoch and loss <= losses[epoch - 1]:
            bad = 0
        else:
            bad += 1
            if wrong == "last of equals" and loss == lowest:
                best = epoch
        if bad >= patience:
            return epoch + 1, best + 1
    return len(losses), best + 1


def _walk_with(wrong: str):
    return lambda losses, patience: _walk(losses, patience, wrong)


def _first_rise(losses: list[float], patience: int) -> tuple[int, int]:
    for epoch in range(1, len(losses)):
        if losses[epoch] > losses[epoch - 1]:
            return epoch + 1, epoch
    return len(losses), len(losses)


def _patience_after_first_rise(losses: list[float], patience: int) -> tuple[int, int]:
    rise, best = _first_rise(losses, patience)
    return min(best + patience, len(losses)), best


def _last_at_the_end(losses: list[float], patience: int) -> tuple[int, int]:
    stop, best = _stopping(losses, patience)
    return stop, best if stop - best == patience else stop


def _zero_when_stopped(losses: list[float], patience: int, by: int) -> tuple[int, int]:
    stop, best = _stopping(losses, patience)
    return (stop - by, best) if stop - best == patience else (stop, best)


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
        Mistake(
            "best counted from 0",
            "The epoch to go back to is one too small: epochs are counted from 1 here, lists from"
            " 0.",
            _shifted(0, -1),
        ),
        Mistake(
            "stop counted from 0",
            "The last epoch is one too small: epochs are counted from 1 here, lists from 0.",
            _shifted(-1, 0),
        ),
        Mistake(
            "stop counted from 0 in the loop",
            "Where patience runs out, the last epoch is one too small: epochs are counted from 1 "
            "here, lists from 0.",
            lambda losses, patience: _zero_when_stopped(losses, patience, 1),
        ),
        Mistake(
            "best one too large",
            "The epoch to go back to is one too large.",
            _shifted(0, 1),
        ),
        Mistake(
            "stop one too large",
            "The last epoch is one too large.",
            _shifted(1, 0),
        ),
        Mistake(
            "both one too large",
            "Both are one too large: enumerate(losses, start=1) and + 1 count twice.",
            _shifted(1, 1),
        ),
        Mistake(
            "exchanged",
            "The two have changed places: first the last epoch trained, then the one to go back "
            "to.",
            lambda losses, patience: _stopping(losses, patience)[::-1],
        ),
        Mistake(
            "previous epoch as the best",
            "Each loss is compared with the epoch before, and every fall counts as the best so "
            "far. Compare with the lowest loss so far, and remember it.",
            _walk_with("previous"),
        ),
        Mistake(
            "counts rises only",
            "Only epochs in which the loss rises count as bad. One that falls, but not below the "
            "lowest so far, is bad too.",
            _walk_with("rises"),
        ),
        Mistake(
            "lowest never updated",
            "The lowest loss is never updated, so every epoch is compared with the first one.",
            _walk_with("lowest kept"),
        ),
        Mistake(
            "highest loss",
            "The highest loss counts as the best. It is the lowest: <.",
            _walk_with("highest"),
        ),
        Mistake(
            "first epoch counts as bad",
            "The first epoch counts as a bad one. It is the lowest so far: start with an infinite"
            " lowest loss, or at the second epoch.",
            _walk_with("first is bad"),
        ),
        Mistake(
            "last of equals",
            "Of equal lowest losses the last is returned. Go back to the first: a loss that only "
            "equals the lowest is no new lowest.",
            _walk_with("last of equals"),
        ),
        Mistake(
            "first rise",
            "It stops as soon as the loss rises once. Wait for `patience` epochs in a row without"
            " a new lowest loss.",
            _first_rise,
        ),
        Mistake(
            "patience after the first rise",
            "It takes the epoch before the first rise for the best. A lower loss within "
            "`patience` epochs starts the wait again.",
            _patience_after_first_rise,
        ),
        Mistake(
            "patience added to the lowest of all",
            "The lowest of all epochs is taken, and patience is added. Training may have stopped "
            "before that epoch: go through them one by one.",
            lambda losses, patience: (
                min(losses.index(min(losses)) + 1 + patience, len(losses)),
                losses.index(min(losses)) + 1,
            ),
        ),
        Mistake(
            "beyond the last epoch",
            "Patience is added to the epoch of the lowest loss, even beyond the last epoch and "
            "past an earlier stop. Go through the losses one by one.",
            lambda losses, patience: (
                losses.index(min(losses)) + 1 + patience,
                losses.index(min(losses)) + 1,
            ),
        ),
        Mistake(
            "patience subtracted from the last",
            "The epoch to go back to is not always `patience` before the last: training may end "
            "without patience running out. Remember where the lowest loss was.",
            lambda losses, patience: (
                _stopping(losses, patience)[0],
                _stopping(losses, patience)[0] - patience,
            ),
        ),
        Mistake(
            "last epoch where patience lasts",
            "Where patience never runs out, the last epoch is returned as the best. Return the "
            "one with the lowest loss there too.",
            _last_at_the_end,
        ),
        Mistake(
            "loss instead of epoch",
            "The second one is the lowest loss. Return the epoch that had it.",
            lambda losses, patience: (
                _stopping(losses, patience)[0],
                losses[_stopping(losses, patience)[1] - 1],
            ),
        ),
        Mistake(
            "best only",
            "This is the epoch to go back to. Return the last epoch trained too, before it.",
            lambda losses, patience: _stopping(losses, patience)[1],
        ),
        Mistake(
            "stop only",
            "This is the last epoch trained. Return the epoch to go back to as well.",
            lambda losses, patience: _stopping(losses, patience)[0],
        ),
        Mistake(
            "return in the loop",
            "It stops after the first epoch: the last return belongs behind the loop, not inside "
            "it.",
            lambda losses, patience: (len(losses), 1),
        ),
        Mistake(
            "patience as the last epoch",
            "patience is taken for the number of epochs. It counts epochs in a row without a new "
            "lowest loss.",
            lambda losses, patience: (patience + 1, losses.index(min(losses[: patience + 1])) + 1),
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
        Case((10 * x, u, 0.7, True), "large numbers, most units dropped"),
        Case((x[:1], u[:1], 0.3, True), "a single example"),
        Case((x, torch.full((4, 6), 0.6), 0.75, True), "everything is dropped"),
        Case((x[0], torch.full((6,), 0.9), 0.25, True), "nothing happens to be dropped"),
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
        Mistake(
            "training the wrong way round",
            "Training and evaluation have changed places: units are dropped where training is "
            "True.",
            lambda x, u, p, training: x if training else x * (u >= p) / (1 - p),
        ),
        Mistake(
            "scaled in both",
            "It multiplies by 1 - p in evaluation although training was scaled already. Scale "
            "once: in evaluation return x.",
            lambda x, u, p, training: x * (u >= p) / (1 - p) if training else x * (1 - p),
        ),
        Mistake(
            "divided in evaluation",
            "It divides by 1 - p in evaluation too. There nothing is missing: return x as it is.",
            lambda x, u, p, training: x * (u >= p) / (1 - p) if training else x / (1 - p),
        ),
        Mistake(
            "nothing in evaluation",
            "In evaluation it returns zeros. There every unit stays: return x as it is.",
            lambda x, u, p, training: x * (u >= p) / (1 - p) if training else torch.zeros_like(x),
        ),
        Mistake(
            "nothing dropped",
            "No unit is dropped: multiply with the mask u >= p.",
            lambda x, u, p, training: x / (1 - p) if training else x,
        ),
        Mistake(
            "brackets",
            "Brackets are missing: x * keep / 1 - p divides by 1 and then subtracts p. Write (1 -"
            " p).",
            lambda x, u, p, training: x * (u >= p) / 1 - p if training else x,
        ),
        Mistake(
            "multiplied by 1 + p",
            "1 + p is not what makes up for the missing: divide by 1 - p.",
            lambda x, u, p, training: x * (u >= p) * (1 + p) if training else x,
        ),
        Mistake(
            "divided by 1 + p",
            "It divides by 1 + p. The share 1 - p is kept, so divide by that.",
            lambda x, u, p, training: x * (u >= p) / (1 + p) if training else x,
        ),
        Mistake(
            "scaled by the share kept",
            "It divides by the share that happened to be kept in this batch. Divide by the "
            "expected one, 1 - p.",
            lambda x, u, p, training: x * (u >= p) / (u >= p).float().mean() if training else x,
        ),
        Mistake(
            "kept below 1 - p",
            "It keeps the units with u < 1 - p: as many, but others. A unit is dropped where u < "
            "p.",
            lambda x, u, p, training: x * (u < 1 - p) / (1 - p) if training else x,
        ),
        Mistake(
            "p is the share kept",
            "p is taken for the share that is kept. It is the probability of being dropped: keep "
            "where u >= p.",
            lambda x, u, p, training: x * (u >= 1 - p) / (1 - p) if training else x,
        ),
        Mistake(
            "p is the share kept, scaled",
            "p is taken for the share that is kept, in the scale too. It is the probability of "
            "being dropped: keep u >= p, divide by 1 - p.",
            lambda x, u, p, training: x * (u < p) / p if training else x,
        ),
        Mistake(
            "u as the mask",
            "x is multiplied by u itself. u only decides: the mask u >= p is True or False.",
            lambda x, u, p, training: x * u / (1 - p) if training else x,
        ),
        Mistake(
            "x compared",
            "x is compared with p. What decides is u, the random numbers.",
            lambda x, u, p, training: x * (x >= p) / (1 - p) if training else x,
        ),
        Mistake(
            "always a half",
            "Half of the units are dropped, whatever p is. Compare u with p.",
            lambda x, u, p, training: x * (u >= 0.5) / (1 - p) if training else x,
        ),
        Mistake(
            "dropped ones kept",
            "Units that should be dropped are still there, unscaled. They become 0.",
            lambda x, u, p, training: torch.where(u >= p, x / (1 - p), x) if training else x,
        ),
        Mistake(
            "dropped ones scaled",
            "The dropped units are scaled and the others left alone. Dropped ones become 0, the "
            "others are divided by 1 - p.",
            lambda x, u, p, training: torch.where(u < p, x / (1 - p), x) if training else x,
        ),
        Mistake(
            "dropped become p",
            "Dropped units become p. They become 0.",
            lambda x, u, p, training: (
                torch.where(u >= p, x / (1 - p), torch.full_like(x, p)) if training else x
            ),
        ),
        Mistake(
            "only the kept ones",
            "Only the units that are kept come back, so the shape changes. Dropped ones stay as "
            "0: multiply with the mask.",
            lambda x, u, p, training: x[u >= p] / (1 - p) if training else x,
        ),
        Mistake(
            "mask returned too",
            "The mask comes back as well. Return only the new x.",
            lambda x, u, p, training: (x * (u >= p) / (1 - p), u >= p) if training else x,
        ),
        Mistake(
            "one mask for all examples",
            "The mask of the first example is used for all. Each number has its own u.",
            lambda x, u, p, training: x * (u[0] >= p) / (1 - p) if training else x,
        ),
        Mistake(
            "nothing returned in evaluation",
            "In evaluation nothing is returned. There, return x as it is.",
            lambda x, u, p, training: x * (u >= p) / (1 - p) if training else None,
        ),
        Mistake(
            "p is the share kept, u >= 1 - p",
            "p is taken for the share that is kept, so the scale is wrong as well. It is the "
            "probability of being dropped: keep u >= p, divide by 1 - p.",
            lambda x, u, p, training: x * (u >= 1 - p) / p if training else x,
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

    made = case(4, 2, True, 0.1, 1e-3, "")
    even = made.args[0].clone()
    even[:, 0] = 2.0
    return [
        case(5, 3, True, 0.1, 1e-5, "a batch of five, while training"),
        case(5, 3, False, 0.1, 1e-5, "the same in evaluation"),
        case(2, 4, True, 0.3, 1e-5, "a batch of two, another momentum"),
        case(6, 2, True, 0.1, 0.5, "a large eps"),
        case(1, 3, False, 0.1, 0.5, "a batch of one, in evaluation"),
        case(8, 1, True, 0.25, 1e-3, "a single unit"),
        case(4, 4, True, 0.2, 1e-2, "as many examples as units"),
        case(4, 4, False, 0.7, 1e-2, "the same in evaluation"),
        case(3, 5, True, 1.0, 1e-4, "momentum 1: nothing is kept"),
        Case(
            (even, *(part[:2] for part in made.args[1:5]), True, 0.1, 1e-3), "a unit without spread"
        ),
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
    wrong="",
):
    """batch_norm with one thing or another wrong in it."""
    old = running_mean, running_var
    if wrong == "constants":
        momentum = 0.1
    if wrong == "eps constant":
        eps = 1e-5
    if wrong == "no eps":
        eps = 0.0
    if wrong == "training inverted":
        training = not training
    if wrong == "evaluation unchanged" and not training:
        return z, *old
    if wrong == "evaluation not scaled" and not training:
        return (z - running_mean) / (running_var + eps).sqrt(), *old
    options = {"dim": 1, "keepdim": True} if per_example else {"dim": (0, 1) if everything else 0}
    mean = z.mean(**options)
    biased, unbiased = z.var(correction=own, **options), z.var(correction=kept, **options)
    m = 1 - momentum if swapped else momentum
    used = (running_mean, running_var)
    if (training or batch_always) and not running_always:
        used = (mean, biased)
    if training or always_moves:
        running_mean = (1 - m) * running_mean + m * mean
        running_var = (1 - m) * running_var + m * unbiased
        if wrong == "sums":
            running_mean, running_var = old[0] + m * mean, old[1] + m * unbiased
        if wrong == "replaced":
            running_mean, running_var = mean, unbiased
        if wrong == "only mean":
            running_var = old[1]
        if wrong == "only var":
            running_mean = old[0]
        if wrong == "mean swapped":
            running_mean = m * old[0] + (1 - m) * mean
        if wrong == "var swapped":
            running_var = m * old[1] + (1 - m) * unbiased
        if wrong == "spread":
            used = mean, biased.sqrt()
        if wrong in ("spread kept", "spread"):
            running_var = (1 - m) * old[1] + m * unbiased.sqrt()
        if wrong == "new running":
            used = running_mean, running_var
    if wrong == "not kept":
        running_mean, running_var = old
    if wrong in _FORMULAS:
        y = _FORMULAS[wrong](z, *used, gamma, beta, eps)
        if wrong == "y kept" and training:
            running_mean = (1 - m) * old[0] + m * y.mean(dim=0)
            running_var = (1 - m) * old[1] + m * y.var(dim=0)
        return y, running_mean, running_var
    if wrong == "order":
        running_mean, running_var = running_var, running_mean
    if outside:
        y = (z - used[0]) / (used[1].sqrt() + eps)
    else:
        y = (z - used[0]) / ((used[1] + eps).sqrt() if root else used[1] + eps)
    return (gamma * y + beta if affine else y), running_mean, running_var


_FORMULAS = {
    "exchanged": lambda z, mean, var, gamma, beta, eps: (
        beta * (z - mean) / torch.sqrt(var + eps) + gamma
    ),
    "beta inside": lambda z, mean, var, gamma, beta, eps: (
        gamma * ((z - mean) / torch.sqrt(var + eps) + beta)
    ),
    "brackets": lambda z, mean, var, gamma, beta, eps: (
        gamma * (z - mean / torch.sqrt(var + eps)) + beta
    ),
    "brackets of gamma": lambda z, mean, var, gamma, beta, eps: (
        gamma * z - mean / torch.sqrt(var + eps) + beta
    ),
    "no beta": lambda z, mean, var, gamma, beta, eps: gamma * (z - mean) / torch.sqrt(var + eps),
    "no gamma": lambda z, mean, var, gamma, beta, eps: (z - mean) / torch.sqrt(var + eps) + beta,
    "beta subtracted": lambda z, mean, var, gamma, beta, eps: (
        gamma * (z - mean) / torch.sqrt(var + eps) - beta
    ),
    "mean added": lambda z, mean, var, gamma, beta, eps: (
        gamma * (z + mean) / torch.sqrt(var + eps) + beta
    ),
    "not centred": lambda z, mean, var, gamma, beta, eps: gamma * z / torch.sqrt(var + eps) + beta,
    "only centred": lambda z, mean, var, gamma, beta, eps: gamma * (z - mean) + beta,
    "multiplied": lambda z, mean, var, gamma, beta, eps: (
        gamma * (z - mean) * torch.sqrt(var + eps) + beta
    ),
    "var of the root": lambda z, mean, var, gamma, beta, eps: (
        gamma * (z - mean) / torch.sqrt(var.sqrt() + eps) + beta
    ),
    "y kept": lambda z, mean, var, gamma, beta, eps: (
        gamma * (z - mean) / torch.sqrt(var + eps) + beta
    ),
}


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
        Mistake(
            "updated running numbers in y",
            "While training y is made with the running mean and variance, just updated. There "
            "each batch is normalised by its own.",
            _norm_with(wrong="new running"),
        ),
        Mistake(
            "eps outside, B - 1 in y",
            "Two things in y: the variance is that of the batch divided by B (correction=0), and "
            "eps belongs under the root.",
            _norm_with(own=1, outside=True),
        ),
        Mistake(
            "variance divided by B - 1 in y, momentum swapped",
            "Two things: in y the variance is divided by B (correction=0), and momentum is the "
            "share of the new batch.",
            _norm_with(own=1, swapped=True),
        ),
        Mistake(
            "momentum swapped, B in what is kept",
            "Two things in what is kept: momentum is the share of the new batch, and the variance"
            " is divided by B - 1.",
            _norm_with(kept=0, swapped=True),
        ),
        Mistake(
            "gamma and beta exchanged",
            "gamma and beta have changed places: multiply by gamma, add beta.",
            _norm_with(wrong="exchanged"),
        ),
        Mistake(
            "beta in the brackets",
            "gamma multiplies beta too. Add beta at the very end.",
            _norm_with(wrong="beta inside"),
        ),
        Mistake(
            "brackets",
            "Brackets are missing: subtract the mean first, then divide: (z - mean) / root.",
            _norm_with(wrong="brackets"),
        ),
        Mistake(
            "brackets around z - mean",
            "Brackets are missing around z - mean: only the mean is divided, and gamma reaches "
            "only z.",
            _norm_with(wrong="brackets of gamma"),
        ),
        Mistake(
            "beta missing",
            "beta is missing: add it at the end.",
            _norm_with(wrong="no beta"),
        ),
        Mistake(
            "gamma missing",
            "gamma is missing: multiply by it before beta is added.",
            _norm_with(wrong="no gamma"),
        ),
        Mistake(
            "beta subtracted",
            "beta is subtracted. Add it.",
            _norm_with(wrong="beta subtracted"),
        ),
        Mistake(
            "mean added",
            "The mean is added to z. Subtract it.",
            _norm_with(wrong="mean added"),
        ),
        Mistake(
            "not centred",
            "The mean is not subtracted from z.",
            _norm_with(wrong="not centred"),
        ),
        Mistake(
            "not divided",
            "z - mean is not divided by the root of the variance plus eps.",
            _norm_with(wrong="only centred"),
        ),
        Mistake(
            "multiplied by the root",
            "z - mean is multiplied by the root. Divide by it.",
            _norm_with(wrong="multiplied"),
        ),
        Mistake(
            "root taken twice",
            "The root is taken twice: of the variance take it once. (Is it .std() where .var() is"
            " meant?)",
            _norm_with(wrong="var of the root"),
        ),
        Mistake(
            "eps missing",
            "eps is missing: add it to the variance, under the root.",
            _norm_with(wrong="no eps"),
        ),
        Mistake(
            "eps fixed",
            "eps is an argument: use it instead of 1e-5.",
            _norm_with(wrong="eps constant"),
        ),
        Mistake(
            "momentum fixed",
            "momentum is an argument: use it instead of 0.1.",
            _norm_with(wrong="constants"),
        ),
        Mistake(
            "running numbers not updated",
            "The running mean and variance come back unchanged from training. They move towards "
            "those of the batch, by the share momentum.",
            _norm_with(wrong="not kept"),
        ),
        Mistake(
            "running numbers replaced",
            "The running mean and variance are replaced by those of the batch. They only move by "
            "the share momentum: (1 - momentum) of the old stays.",
            _norm_with(wrong="replaced"),
        ),
        Mistake(
            "old share not reduced",
            "The batch is added to the whole running value, so it keeps growing. Of the old value"
            " 1 - momentum stays.",
            _norm_with(wrong="sums"),
        ),
        Mistake(
            "running variance not updated",
            "The running variance stays as it was. It moves like the running mean.",
            _norm_with(wrong="only mean"),
        ),
        Mistake(
            "running mean not updated",
            "The running mean stays as it was. It moves like the running variance.",
            _norm_with(wrong="only var"),
        ),
        Mistake(
            "momentum swapped in the mean",
            "In the running mean, momentum stands at the wrong place: it is the share of the new "
            "batch.",
            _norm_with(wrong="mean swapped"),
        ),
        Mistake(
            "momentum swapped in the variance",
            "In the running variance, momentum stands at the wrong place: it is the share of the "
            "new batch.",
            _norm_with(wrong="var swapped"),
        ),
        Mistake(
            "spread kept",
            "The running variance gets the standard deviation of the batch. It keeps the "
            "variance: .var, not .std.",
            _norm_with(wrong="spread kept"),
        ),
        Mistake(
            "running numbers of y",
            "The running mean and variance are those of y. Take them from z, before anything is "
            "done to it.",
            _norm_with(wrong="y kept"),
        ),
        Mistake(
            "order of what is returned",
            "The order is y, running mean, running variance.",
            _norm_with(wrong="order"),
        ),
        Mistake(
            "training the wrong way round",
            "Training and evaluation have changed places: the batch's own mean and variance "
            "belong to training.",
            _norm_with(wrong="training inverted"),
        ),
        Mistake(
            "nothing in evaluation",
            "In evaluation z comes back as it is. It is normalised there too, by the running mean"
            " and variance.",
            _norm_with(wrong="evaluation unchanged"),
        ),
        Mistake(
            "gamma and beta in training only",
            "In evaluation gamma and beta are missing. They count there too.",
            _norm_with(wrong="evaluation not scaled"),
        ),
        Mistake(
            "only y",
            "There are three things to return: y, the running mean and the running variance.",
            lambda *args: _norm(*args)[0],
        ),
        Mistake(
            "standard deviation for the variance",
            "The standard deviation of the batch stands where its variance is meant, in y and in "
            "what is kept: .var instead of .std.",
            _norm_with(wrong="spread"),
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

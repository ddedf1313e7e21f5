"""Better data against a better model, on the same wrong labels and the same test set.

    gain = mean over paired splits of (accuracy with the change - accuracy of the baseline)

Book 2.7.2 (fig-2.23). 30 % of the training labels of MNIST-5k are wrong; validation and test labels
are right. Each split has its own wrong labels, folds and weights, and everything is tried on each.
Control: the baseline, and the baseline trained for longer, which memorises the wrong labels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from workshop.core.data import Data, Split, load
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.core.training import count_correct, evaluate
from workshop.day2.practice import labels
from workshop.day2.practice.training import out_of_fold, train

# The book's figure 2.23, in per cent: baseline, with another model, with better data.
BOOK = {
    "steel defects": (76.2, 76.2, 93.1),
    "solar panels": (75.68, 75.72, 78.74),
    "surfaces": (85.05, 85.05, 85.45),
}


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the comparison."""

    share: float = setting(0.3, at_least=0, below=1, help="share of the training labels made wrong")
    splits: int = setting(5, at_least=1, at_most=50, help="times that everything is tried, paired")
    folds: int = setting(3, at_least=2, at_most=20, help="folds of the out-of-fold run")
    epochs: int = setting(10, at_least=1, help="passes over the digits; three times that if longer")
    dropout: float = setting(0.5, at_least=0, below=1, help="share of hidden units dropped")
    smoothing: float = setting(0.3, at_least=0, below=1, help="label smoothing")


MODEL = ("wider", "longer", "label smoothing", "dropout")  # the changes of the model
DATA = ("dropped", "dropped bluntly", "corrected")  # of the data
BOTH = ("dropped, dropout", "corrected, dropout")
CHOICES = ("baseline", *MODEL, *DATA, *BOTH, "all correct")


@dataclass(frozen=True, eq=False)
class Trial:
    """One split: digits with partly wrong labels, which are wrong and which are suspected, (N,)."""

    noisy: Split
    wrong: Tensor
    suspected: Tensor
    logits: Tensor  # out of fold, (N, C)


def make_trial(config: Config, data: Data, *, seed: int) -> Trial:
    """Make labels wrong, and suspect some, without looking at which those are."""
    y = labels.with_wrong_labels(data.train.y, config.share, seed=seed)
    noisy = Split(data.train.x, y)
    logits = out_of_fold(
        noisy, k=config.folds, seed=seed, epochs=config.epochs, dropout=config.dropout
    )
    suspected = labels.suspected_labels(logits.softmax(dim=1), y)
    return Trial(noisy, y != data.train.y, suspected, logits)


def data_for(choice: str, trial: Trial, truth: Tensor) -> Split:
    """What a choice is trained on.

    dropped: without the suspects of confident learning; bluntly: without all that the out-of-fold
    model contradicts. corrected: somebody looks at the suspects, and at those only, and
    puts the wrong ones right; the truth (N,) stands in for that person.
    """
    x, y = trial.noisy
    if choice == "dropped bluntly":
        agreed = ~labels.disagreeing_labels(trial.logits, y)
        return Split(x[agreed], y[agreed])
    if choice.startswith("dropped"):
        return Split(x[~trial.suspected], y[~trial.suspected])
    if choice.startswith("corrected"):
        return Split(x, torch.where(trial.suspected, truth, y))
    return Split(x, truth) if choice == "all correct" else trial.noisy


def options_of(choice: str, config: Config) -> dict:
    """How a choice is trained: the arguments of `train`."""
    options: dict = {"epochs": config.epochs * (3 if choice == "longer" else 1)}
    if choice == "wider":
        options["hidden"] = (256,)
    if choice == "label smoothing":
        options["smoothing"] = config.smoothing
    if choice.endswith("dropout"):
        options["dropout"] = config.dropout
    return options


Right = dict[str, tuple[int, int]]  # choice -> right on validation, right on test


def try_all(
    config: Config, data: Data, *, seed: int, choices: tuple[str, ...] = CHOICES
) -> Iterator[tuple[Trial, Right]]:
    """Each split in turn, when all choices have been trained on it."""
    for split in range(config.splits):
        own = 1000 * seed + split  # so that no two seeds share a split
        trial, right = make_trial(config, data, seed=own), Right()
        for choice in choices:
            examples = data_for(choice, trial, data.train.y)
            model = train(examples, seed=own, **options_of(choice, config))
            validation, test = (
                int(evaluate(model, part, metrics={"right": count_correct}).sums["right"])
                for part in (data.validation, data.test)
            )
            right[choice] = validation, test
        yield trial, right


def best(names: tuple[str, ...], splits: list[Right]) -> str:
    """Of these choices, the one that has the most validation digits right over all splits."""
    return max(names, key=lambda name: sum(right[name][0] for right in splits))


def gain(one: str, other: str, splits: list[Right], total: int) -> tuple[float, float]:
    """Mean over the splits of the difference in test accuracy, one - other, and its standard error.

    The standard error is 0 for a single split, of which nothing can be said.
    """
    differences = [(right[one][1] - right[other][1]) / total for right in splits]
    values = torch.tensor(differences, dtype=torch.float64)
    error = values.std().item() / len(values) ** 0.5 if len(values) > 1 else 0.0
    return values.mean().item(), error


def run(config: Config, *, seed: int, device: torch.device, progress: bool) -> Result:
    """Find the wrong labels, try every change on every split, and compare."""
    from tqdm.auto import tqdm

    data = load("mnist5k").to(device)
    counts, splits = torch.zeros(2, 3, dtype=torch.long), []
    trials = tqdm(
        try_all(config, data, seed=seed),
        "data or model",
        config.splits,
        disable=not progress,
        leave=False,
    )
    for trial, right in trials:
        ways = (trial.suspected, labels.disagreeing_labels(trial.logits, trial.noisy.y))
        counts += torch.tensor([labels.found(way, trial.wrong) for way in ways])
        splits.append(right)
    total = len(data.test)
    metrics = []
    for name, (hits, suspected, wrong) in zip(
        ("suspected", "disagreeing"), counts.tolist(), strict=True
    ):
        metrics.append(Measured.count(f"{name}_precision", hits, max(suspected, 1)))
        metrics.append(Measured.count(f"{name}_recall", hits, max(wrong, 1)))
    for choice in CHOICES:
        name = choice.replace(", ", "_and_").replace(" ", "_")
        hits = sum(right[choice][1] for right in splits)
        metrics.append(Measured.count(f"{name}_accuracy", hits, total * len(splits)))
    model, cleaning = best(MODEL, splits), best(DATA, splits)
    both, dropping = best(BOTH, splits), best(DATA[:2], splits)
    for name, one, other in (
        ("model_gain", model, "baseline"),
        ("dropping_gain", dropping, "baseline"),
        ("data_gain", cleaning, "baseline"),
        ("both_gain", both, "baseline"),
        ("data_minus_model", cleaning, model),
        ("dropping_minus_model", dropping, model),
        ("both_minus_model", both, model),
    ):
        metrics.append(Measured(name, gain(one, other, splits, total)[0]))
    return Result(tuple(metrics))

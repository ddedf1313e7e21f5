"""Where does the model go wrong, and what would it be worth to fix it?

    without cause k: accuracy = (N - M + mistakes with cause k) / N

Book 2.7.1 (fig-2.22). Shapes: N digits, M of them mistaken, K causes, C classes. The digits that are
looked at are validation digits, each judged by a model that has not seen it; never the test set.
Target: one cause is far more frequent among the mistakes than among all digits. Control: one that is
no more frequent there explains nothing, however many mistakes have it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from workshop.core.checks import expect
from workshop.core.data import Data, Split, load
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.day2.practice.training import out_of_fold


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the error analysis, on the digits of MNIST-5k that are not the test's."""

    folds: int = setting(5, at_least=2, at_most=20, help="folds, so models, of the out-of-fold run")
    epochs: int = setting(12, at_least=1, help="passes over the digits, for each of them")


# --- by hand -------------------------------------------------------------------------------------


def accuracy_ceilings(causes: Tensor, total: int) -> Tensor:
    """What the accuracy would be if all mistakes that have a cause were right, cause by cause.

    Args:
        causes: a row for each mistake, a column for each cause, True where it has it, (M, K).
        total: how many examples the mistakes were found among, N.

    Returns:
        (K,). A mistake may have several causes, so the gains do not add up.
    """
    right = total - len(causes)
    return (right + causes.sum(dim=0)) / total


def per_class(matrix: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Precision, recall and F1 (C,) of each class, from counts (C, C): rows are the labels.

    precision: of those taken for the class, the share that is; recall: of those that are, the share
    found; F1: their harmonic mean. 0 where there is nothing to divide by.
    """
    hits = matrix.diagonal().float()
    precision = hits / matrix.sum(dim=0).clamp(min=1)
    recall = hits / matrix.sum(dim=1).clamp(min=1)
    return precision, recall, 2 * precision * recall / (precision + recall).clamp(min=1e-12)


def confusion_matrix(y: Tensor, guess: Tensor, classes: int) -> Tensor:
    """How many of the class of each row were taken for the class of each column: (C, C)."""
    counts = torch.bincount(y * classes + guess, minlength=classes * classes)
    return counts.reshape(classes, classes)


def worst_first(logits: Tensor, y: Tensor) -> Tensor:
    """Which examples are mistaken, (M,), the highest loss, so the label least believed in, first."""
    loss = torch.nn.functional.cross_entropy(logits, y, reduction="none")
    order = loss.argsort(descending=True, stable=True)
    return order[(logits.argmax(dim=1) != y)[order]]


# --- what may be the matter with a digit ---------------------------------------------------------


def shape_of(x: Tensor) -> dict[str, Tensor]:
    """Thickness, lean and breadth (N,) of digits (N, 1, H, W), from the moments of their ink.

    thickness: ink for each unit of outline; lean: how far the strokes go right for a step up;
    breadth: width by height, as standard deviations of the ink.
    """
    ink = x[:, 0]
    rows = torch.arange(ink.shape[1], device=x.device, dtype=x.dtype)[:, None]
    columns = torch.arange(ink.shape[2], device=x.device, dtype=x.dtype)
    total = ink.sum(dim=(1, 2)).clamp(min=1e-6)
    down = rows - ((ink * rows).sum(dim=(1, 2)) / total)[:, None, None]
    right = columns - ((ink * columns).sum(dim=(1, 2)) / total)[:, None, None]
    high, wide, both = (
        (ink * product).sum(dim=(1, 2)) / total for product in (down**2, right**2, down * right)
    )
    outline = ink.diff(dim=1).abs().sum(dim=(1, 2)) + ink.diff(dim=2).abs().sum(dim=(1, 2))
    return {
        "thickness": total / outline.clamp(min=1e-6),
        "lean": -both / high.clamp(min=1e-6),
        "breadth": (wide / high.clamp(min=1e-6)).sqrt(),
    }


def neighbours(data: Split, k: int = 5) -> tuple[Tensor, Tensor]:
    """Distance to the nearest other picture (N,), and how many of the k nearest have its label (N,)."""
    x = data.x.flatten(1)
    distances = torch.cdist(x, x)
    distances.fill_diagonal_(torch.inf)
    nearest, which = distances.topk(k, largest=False)
    return nearest[:, 0], (data.y[which] == data.y[:, None]).sum(dim=1)


def find_causes(data: Split) -> dict[str, Tensor]:
    """For each possible cause, which of N digits have it, (N,). None looks at what a model says.

    The extreme tenth counts: of thickness, lean, breadth, and of distance to the nearest digit.
    """
    shape, (distance, alike) = shape_of(data.x), neighbours(data)

    def tenth(values: Tensor, side: str) -> Tensor:
        return values > values.quantile(0.9) if side == "most" else values < values.quantile(0.1)

    return {
        "thick pen": tenth(shape["thickness"], "most"),
        "thin pen": tenth(shape["thickness"], "least"),
        "leans right": tenth(shape["lean"], "most"),
        "leans left": tenth(shape["lean"], "least"),
        "broad": tenth(shape["breadth"], "most"),
        "like no other": tenth(distance, "most"),
        "looks like another digit": alike <= 2,  # of its five nearest, most are something else
    }


@dataclass(frozen=True, eq=False)
class Mistakes:
    """What figure 2.22 is made of: M mistakes, the worst first, among `total` examples.

    rows (M,) says where they are in `data`; guess (M,), sure (M,): the predicted class and its
    probability; causes (M, K) bool, with their names; everywhere (K,): the share of all
    examples that has each cause.
    """

    data: Split
    rows: Tensor
    guess: Tensor
    sure: Tensor
    causes: Tensor
    names: tuple[str, ...]
    everywhere: Tensor

    def __len__(self) -> int:
        """The number of mistakes M."""
        return len(self.rows)

    def shares(self) -> dict[str, float]:
        """Cause -> share of the mistakes that has it, the most frequent first: '% of total'."""
        shares = dict(zip(self.names, self.causes.float().mean(dim=0).tolist(), strict=True))
        return dict(sorted(shares.items(), key=lambda item: -item[1]))


def analyse(data: Split, logits: Tensor, causes: dict[str, Tensor]) -> Mistakes:
    """The mistakes in logits (N, C), with their causes, each cause (N,) bool.

    Raises:
        ValueError: a cause is not given for every example.
    """
    for name, has in causes.items():
        expect(has.shape == data.y.shape, name, f"shape {tuple(has.shape)}", f"({len(data)},)")
    rows, table = worst_first(logits, data.y), torch.stack(list(causes.values()), dim=1)
    sure, guess = logits[rows].softmax(dim=1).max(dim=1)
    return Mistakes(data, rows, guess, sure, table[rows], tuple(causes), table.float().mean(dim=0))


def out_of_fold_mistakes(
    config: Config, data: Data, *, seed: int, progress: bool = False
) -> tuple[Tensor, Mistakes]:
    """Logits (N, C) for all digits that are not the test's, and the mistakes in them."""
    digits = data.development
    logits = out_of_fold(digits, k=config.folds, seed=seed, progress=progress, epochs=config.epochs)
    return logits, analyse(digits, logits, find_causes(digits))


def run(config: Config, *, seed: int, device: torch.device, progress: bool) -> Result:
    """Find the mistakes, and how two causes are spread among them and among all digits."""
    data = load("mnist5k").to(device)
    _, found = out_of_fold_mistakes(config, data, seed=seed, progress=progress)
    total = len(found.data)
    metrics = [Measured.count("out_of_fold_accuracy", total - len(found), total)]
    ceilings = accuracy_ceilings(found.causes, total)
    for name in ("looks like another digit", "thick pen"):
        k, short = found.names.index(name), name.replace(" ", "_")
        share = found.causes[:, k].float().mean() / found.everywhere[k]
        metrics.append(Measured(f"{short}_lift", share.item()))
        metrics.append(Measured(f"{short}_ceiling", ceilings[k].item()))
    return Result(tuple(metrics))

"""From the task to the output activation, the loss, the form of the labels and the metric.

    a number: z, MSE;   yes or no: sigmoid(z), BCE;   one of C: softmax(z), CCE;   any of C: sigmoids

Book 2.1.4 and 2.1.5 (tab-2.1, tab-2.3). A model returns logits z (B, K). The activation is for
reading them; nn.CrossEntropyLoss and nn.BCEWithLogitsLoss have theirs inside, safe at any score.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from workshop.core.checks import nearest


def column(values: list[float]) -> Tensor:
    """[1.3, 5.7] -> [[1.3], [5.7]]: a row for each example, (N,) -> (N, 1)."""
    return torch.tensor(values, dtype=torch.float32)[:, None]


def class_ids(values: list[int]) -> Tensor:
    """[0, 2, 1] as it is, whole numbers (N,): the usual form in PyTorch."""
    return torch.tensor(values, dtype=torch.long)


def one_hot(ids: Tensor, classes: int) -> Tensor:
    """A 1 in the column of the class: (N,) -> (N, C); nn.CrossEntropyLoss takes this form too."""
    return (ids[:, None] == torch.arange(classes, device=ids.device)).float()


def multi_hot(values: list[list[int]], classes: int = 3) -> Tensor:
    """[[1, 2], [0, 2]] -> [[0, 1, 1], [1, 0, 1]]: a 1 for each class that is there, (N, C)."""
    rows = [one_hot(torch.tensor(ids, dtype=torch.long), classes).sum(dim=0) for ids in values]
    return torch.stack(rows).clamp(max=1)


@dataclass(frozen=True)
class Head:
    """A row of the table: what belongs to one kind of task.

    activation: turns logits into what people read; loss: takes the logits; labels: turns plain
    labels into the form that the loss wants; metric: how the result is reported.
    """

    task: str
    activation: nn.Module
    loss: nn.Module
    labels: Callable[[list], Tensor]
    label_format: str
    metric: str
    example: str


HEADS = (
    Head(
        "regression",
        nn.Identity(),
        nn.MSELoss(),
        column,
        "[[1.3], [5.7], [6.6]]",
        "R2, or the mean absolute error",
        "the price of a house",
    ),
    Head(
        "binary",
        nn.Sigmoid(),
        nn.BCEWithLogitsLoss(),
        column,
        "[[0.], [1.]]",
        "accuracy",
        "cat or dog",
    ),
    Head(
        "multi-class",
        nn.Softmax(dim=1),
        nn.CrossEntropyLoss(),
        class_ids,
        "[0, 1], or one-hot [[1., 0., 0.], [0., 1., 0.]]",
        "accuracy",
        "cat, dog or chicken",
    ),
    Head(
        "multi-label",
        nn.Sigmoid(),
        nn.BCEWithLogitsLoss(),
        multi_hot,
        "[[0., 1., 1.], [1., 0., 1.]]",
        "share of images with all labels right; F1",
        "what can be seen in a picture",
    ),
)


def head_for(task: str) -> Head:
    """The row of the table for 'regression', 'binary', 'multi-class' or 'multi-label'.

    Raises:
        KeyError: no such task; the nearest is suggested.
    """
    rows = {row.task: row for row in HEADS}
    if task not in rows:
        raise KeyError(f"no task {task!r}; there are {', '.join(rows)}.{nearest(task, rows)}")
    return rows[task]

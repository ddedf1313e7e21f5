"""The network of this lesson, how it is trained, and predictions out of fold.

    out of fold: split the examples into k folds; a model trained on the others predicts fold j

Shapes: N examples, C classes. An MLP as in `generalization`, quick to train many times.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from workshop.core.data import Split
from workshop.core.device import seed_everything
from workshop.day2.generalization.networks import mlp, training


def train(
    data: Split,
    *,
    seed: int,
    epochs: int = 12,
    hidden: tuple[int, ...] = (128,),
    dropout: float = 0.0,
    smoothing: float = 0.0,
) -> nn.Sequential:
    """A new MLP, trained on x (N, 1, 28, 28), y (N,) on their device; in evaluation mode."""
    seed_everything(seed)
    model = mlp(*hidden, dropout=dropout).to(data.x.device)
    for _ in training(
        model,
        data,
        epochs=epochs,
        lr=1e-2,
        one_cycle=True,
        smoothing=smoothing,
        batch_size=250,
        seed=seed,
    ):
        pass
    return model.eval()


def predict(model: nn.Module, x: Tensor) -> Tensor:
    """The logits (N, C) of a model in evaluation mode, without gradients."""
    with torch.no_grad():
        return model.eval()(x)


def folds(count: int, k: int, *, seed: int) -> Tensor:
    """Which of k folds each of `count` examples is in, (N,) from 0; sizes differ by 1 at most.

    Raises:
        ValueError: fewer than 2 folds, or more than examples.
    """
    if not 2 <= k <= count:
        raise ValueError(f"k: got {k} folds for {count} examples, expected 2 to {count}")
    return torch.randperm(count, generator=torch.Generator().manual_seed(seed)) % k


def out_of_fold(
    data: Split, *, k: int = 5, seed: int, progress: bool = False, **options: Any
) -> Tensor:
    """Logits (N, C) for every example, each from a model that has not seen it; options: of `train`."""
    from tqdm.auto import tqdm

    fold = folds(len(data), k, seed=seed).to(data.y.device)
    parts: list[Tensor] = []
    for j in tqdm(range(k), "out of fold", disable=not progress, leave=False):
        here = fold == j
        model = train(Split(data.x[~here], data.y[~here]), seed=seed, **options)
        parts.append(predict(model, data.x[here]))
    by_fold = torch.cat(parts)
    logits = torch.empty_like(by_fold)
    logits[fold.argsort(stable=True)] = by_fold  # back in the order of the examples
    return logits

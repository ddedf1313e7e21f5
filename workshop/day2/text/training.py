"""How the models that read text are trained: Adam, with a learning rate that falls linearly to 0."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


def decaying_adam(model: nn.Module, examples: int, config: Any) -> dict[str, Any]:
    """Arguments of `fit` or `train_epochs`, all but the loss.

    Args:
        model: only those of its weights that are not frozen are trained.
        examples: how many there are, N.
        config: settings with `lr` (at the start), `epochs` and `batch_size`.
    """
    trainable = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.Adam(trainable, lr=config.lr)
    updates = config.epochs * -(-examples // config.batch_size)
    return {
        "optimizer": optimizer,
        "schedule": torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda n: max(0.0, 1 - n / updates)
        ),
        "epochs": config.epochs,
        "batch_size": config.batch_size,
    }

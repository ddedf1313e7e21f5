"""Two brakes: weights that are pulled towards 0, and training that ends while it still helps.

    weight decay:  w := w - lr (gradient + decay w)      early stopping: back to the best epoch

Book 2.3.2 (regularisation). Shapes: w and its gradient of any shape, E epochs.
Whether they help is measured in `remedies`; on 500 digits weight decay does not.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable

from torch import Tensor, nn

from workshop.core.training import History


def weight_decay_step(w: Tensor, gradient: Tensor, lr: float, decay: float) -> Tensor:
    """One step of gradient descent on the loss + decay / 2 * (sum of the squared weights).

    The same as shrinking w by the factor 1 - lr * decay and then going against the gradient.
    """
    return w - lr * (gradient + decay * w)


def early_stopping(losses: list[float], patience: int) -> tuple[int, int]:
    """When to stop, and which epoch to go back to, epochs counted from 1.

    Args:
        losses: the validation loss after each epoch, one or more.
        patience: stop after this many epochs in a row without a new lowest loss.

    Returns:
        The last epoch that is trained (the last there is, if patience never ran out), and the epoch
        with the lowest loss up to then, the first of equals.
    """
    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
        if epoch - best >= patience:
            return epoch + 1, best + 1
    return len(losses), best + 1


def train_until_best(run: Iterable[History], model: nn.Module, *, patience: int) -> History:
    """Go through the epochs of `train_epochs` with early stopping; the best weights stay.

    Raises:
        KeyError: the run has no validation data, so no val_loss.
    """
    weights: dict[str, Tensor] = {}
    history = History()
    for history in run:
        losses = history["val_loss"]
        _, best = early_stopping(losses, patience)
        if best == len(losses):
            weights = copy.deepcopy(model.state_dict())
        if len(losses) - best >= patience:
            break
    model.load_state_dict(weights)
    return history

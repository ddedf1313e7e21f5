"""What a step of training costs as sequences get longer: an RNN, a CNN and an MLP (sec-2.6.1-cost).

    RNN: T steps, one after the other;  CNN: all T at once;  MLP: own weights for every step

Shapes: B sequences, T steps, n numbers in a step; x (B, T, n) -> logits (B, classes).
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from workshop.day2.gated.memory import Reader


class Convolution(nn.Module):
    """A window of 5 steps that slides along the sequence, then the largest of each channel."""

    def __init__(self, inputs: int, hidden: int, classes: int) -> None:
        """One convolution over time, `hidden` filters, and a linear layer that decides."""
        super().__init__()
        self.window = nn.Conv1d(inputs, hidden, kernel_size=5, padding=2)
        self.head = nn.Linear(hidden, classes)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, n) -> logits (B, classes), for any T."""
        return self.head(self.window(x.transpose(1, 2)).relu().amax(dim=2))


def contestants(length: int, *, inputs: int = 8, hidden: int = 32) -> dict[str, nn.Module]:
    """An RNN and a CNN, which take any length, and an MLP, which is built for this one."""
    return {
        "RNN": Reader("rnn", inputs=inputs, hidden=hidden, classes=8),
        "CNN": Convolution(inputs, hidden, classes=8),
        "MLP": nn.Sequential(
            nn.Flatten(), nn.Linear(length * inputs, hidden), nn.ReLU(), nn.Linear(hidden, 8)
        ),
    }


def seconds_per_step(
    model: nn.Module, x: Tensor, *, repeats: int = 7, clock: Callable[[], float] = time.perf_counter
) -> float:
    """Seconds for one forward and backward pass over x (B, T, n): the fastest of `repeats`.

    The fastest, since whatever else the machine does can only make a pass slower.
    """
    times = []
    for _ in range(repeats + 1):  # the first one warms up
        begin = clock()
        model(x).logsumexp(dim=1).sum().backward()
        times.append(clock() - begin)
    return min(times[1:])


def cost_by_length(
    lengths: tuple[int, ...], *, batch: int = 32, inputs: int = 8, seed: int = 0
) -> dict[str, list[float]]:
    """Milliseconds of a step for each length: name -> one number per length. On the CPU."""
    cost: dict[str, list[float]] = {}
    for length in lengths:
        g = torch.Generator().manual_seed(seed)
        x = torch.randn(batch, length, inputs, generator=g)
        for name, model in contestants(length, inputs=inputs).items():
            cost.setdefault(name, []).append(1000 * seconds_per_step(model, x))
    return cost

"""Remember the first token: T random tokens go by, and at the end the question is what came first.

    loss = cross-entropy(logits after step T, token at step 1)          chance is 1 of 8

Book 2.6.3. Shapes: B sequences, T steps, K = 8 tokens, h units; tokens (B, T) of 0 to 7, as x
(B, T, K): 4 at the token's place, 0 elsewhere. Targets: GRU and LSTM whose gate biases start with a
long memory. Controls: the plain cell; both gated cells with the biases that torch gives them.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workshop.core.checks import expect
from workshop.core.data import Split
from workshop.core.device import seed_everything
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.core.training import History, count_correct, evaluate, train_epochs
from workshop.day2.gated.by_hand import Weights, check_sequence, memory_bias

KINDS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
TOKENS = 8


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the memory task."""

    length: int = setting(100, at_least=2, help="tokens of a sequence")
    hidden: int = setting(32, at_least=1, help="units of each cell")
    examples: int = setting(4000, at_least=8, help="sequences to learn from")
    epochs: int = setting(12, at_least=1, help="passes over them at most")
    lr: float = setting(0.02, above=0, help="learning rate of Adam")
    batch_size: int = setting(128, at_least=1, help="sequences per update")
    longer: int = setting(200, at_least=2, help="tokens of the sequences that come afterwards")
    longer_epochs: int = setting(6, at_least=1, help="passes over half as many of these at most")


def first_token(count: int, length: int, *, seed: int, tokens: int = TOKENS) -> Split:
    """Random sequences and their first token: x (count, length, tokens), y (count,).

    Each step is a one-hot row times 4: with 1, the loss would fall only after more epochs.
    """
    expect(
        count > 0 and length > 0 and tokens > 1,
        "sizes",
        (count, length, tokens),
        "count and length of 1 or more, 2 tokens or more",
    )
    g = torch.Generator().manual_seed(seed)
    ids = torch.randint(tokens, (count, length), generator=g)
    return Split(4.0 * F.one_hot(ids, tokens).float(), ids[:, 0].clone())


class Reader(nn.Module):
    """Reads a sequence and answers after its last step: (B, T, n) -> logits (B, classes)."""

    def __init__(self, kind: str, *, inputs: int = TOKENS, hidden: int = 32, classes: int = TOKENS):
        """`kind` is 'rnn', 'gru' or 'lstm'."""
        super().__init__()
        expect(kind in KINDS, "kind", repr(kind), f"one of {', '.join(KINDS)}")
        self.cell = KINDS[kind](inputs, hidden, batch_first=True)
        self.head = nn.Linear(hidden, classes)

    def forward(self, x: Tensor) -> Tensor:
        """The state after the last step, into the head.

        Raises:
            ValueError: no step, no sequence, or another number of inputs.
        """
        check_sequence(x, self.cell.input_size)
        states, _ = self.cell(x)  # (B, T, h)
        return self.head(states[:, -1])


@torch.no_grad()
def remember_long(cell: nn.GRU | nn.LSTM, length: int) -> None:
    """Set the gate biases of a GRU or LSTM, in place, so that it begins with a long memory.

    Each unit keeps what it has for about `length` steps; an LSTM lets in as little as it forgets,
    which a GRU does by itself. torch has two biases, which add up: the second becomes 0.

    Raises:
        ValueError: a layer without gates, or a length below 2.
    """
    expect(isinstance(cell, (nn.GRU, nn.LSTM)), "cell", type(cell).__name__, "nn.GRU or nn.LSTM")
    expect(length >= 2, "length", length, "2 steps or more")
    h, (_, _, b_ih, b_hh) = cell.hidden_size, Weights.of(cell)
    bias = memory_bias(torch.full((h,), float(length))).to(b_ih.device)
    keep = slice(h, 2 * h)  # z of a GRU (r, z, n), the forget gate of an LSTM (i, f, n, o)
    b_ih[keep], b_hh[keep] = bias, 0.0
    if isinstance(cell, nn.LSTM):
        b_ih[:h], b_hh[:h] = -bias, 0.0


def build(kind: str, *, long: bool = False, length: int = 100, hidden: int = 32, seed: int = 0):
    """A new Reader for the task; long: its gates begin with a memory of `length` steps."""
    seed_everything(seed)
    model = Reader(kind, hidden=hidden)
    if long:
        remember_long(model.cell, length)
    return model


def train(
    model: Reader, data: Split, *, epochs: int, lr: float, batch_size: int, seed: int = 0
) -> Iterator[History]:
    """Train in place, as `train_epochs`; stops as soon as an epoch had 999 of 1,000 right."""
    optimizer = torch.optim.Adam(model.parameters(), lr)
    for history in train_epochs(
        model,
        data,
        loss_fn=nn.CrossEntropyLoss(),
        optimizer=optimizer,
        epochs=epochs,
        batch_size=batch_size,
        metrics={"accuracy": count_correct},
        seed=seed,
    ):
        yield history
        if history["accuracy"][-1] >= 0.999:
            return


def gradient_through_time(model: Reader, x: Tensor) -> Tensor:
    """How much the logits depend on each step (sec-2.6.3): x (B, T, n) -> (T,), the last is 1.

    The size of the gradient of all logits with respect to the step, divided by that of the last
    step. In double precision, and so on the CPU: a plain cell's is soon below what float32 holds.
    """
    model = copy.deepcopy(model).cpu().double()
    x = x.detach().cpu().double().requires_grad_()
    torch.manual_seed(0)
    logits = model(x)
    (gradient,) = torch.autograd.grad(logits, x, torch.randn(logits.shape, dtype=torch.double))
    size = gradient.norm(dim=(0, 2))
    return (size / size[-1]).float()


def run(config: Config, *, seed: int, device: torch.device, progress: bool) -> Result:
    """Five cells on the task, and how far the gradient fades before any training.

    A cell with torch's biases trains as long as its twin with a long memory needed, the plain cell
    as long as the slower of these. Those with a long memory then go on to longer sequences.
    """
    from tqdm.auto import tqdm

    short = first_token(config.examples, config.length, seed=4 * seed)
    test = first_token(1000, config.length, seed=4 * seed + 1)
    longer = first_token(-(-config.examples // 2), config.longer, seed=4 * seed + 2)
    longer_test = first_token(1000, config.longer, seed=4 * seed + 3)
    options: dict[str, Any] = {"lr": config.lr, "batch_size": config.batch_size, "seed": seed}
    metrics: list[Measured] = []
    histories: dict[str, History] = {}
    jobs = ("gru", "gru_default", "lstm", "lstm_default", "rnn")
    for name in (bar := tqdm(jobs, disable=not progress, leave=False)):
        bar.set_description(name.replace("_", " "))
        kind, long = name.removesuffix("_default"), name in ("gru", "lstm")
        needed = [len(histories[twin]) for twin in ("gru", "lstm") if twin in histories]
        epochs = config.epochs if long else len(histories.get(kind, ())) or max(needed)
        model = build(kind, long=long, length=config.length, hidden=config.hidden, seed=seed)
        first = gradient_through_time(model, test.x[:50])[0].item()
        metrics.append(Measured(f"{name}_faded", -math.log10(first) if first else math.inf))
        for histories[name] in train(model.to(device), short, epochs=epochs, **options):
            pass
        score = evaluate(model, test, metrics={"accuracy": count_correct})
        metrics.append(score.measured("accuracy", f"{name}_accuracy"))
        if long:
            history = train(model, longer, epochs=config.longer_epochs, **options)
            for histories[f"{name}_longer"] in history:
                pass
            score = evaluate(model, longer_test, metrics={"accuracy": count_correct})
            metrics.append(score.measured("accuracy", f"{name}_longer_accuracy"))
    return Result(tuple(metrics), histories)

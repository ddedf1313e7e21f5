"""Exercises of `optimizers`: counting updates, momentum, Adam, reading a range test."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from workshop.core.exercise import Case, Exercise, Mistake
from workshop.day2.optimizers import batches, rates, steps

# --- counting the updates ------------------------------------------------------------------------


def _count_cases(seed: int) -> list[Case]:
    return [
        Case((3500, 500, 2), "batches that come out even"),
        Case((3500, 64, 3), "a last batch that is smaller"),
        Case((3500, 1, 1), "one example at a time"),
        Case((3500, 3500, 10), "all examples at once"),
        Case((10, 64, 4), "a batch larger than the data"),
        Case((1000 + seed % 7, 33, 5), "numbers that do not divide evenly"),
    ]


COUNT = Exercise(
    name="count_updates",
    lesson="optimizers",
    title="How many updates?",
    reference=batches.count_updates,
    cases=_count_cases,
    mistakes=(
        Mistake(
            "last batch dropped",
            "The examples that are left over make a last, smaller batch, and it updates too: round "
            "up, not down.",
            lambda examples, batch_size, epochs: epochs * (examples // batch_size),
        ),
        Mistake(
            "batches across epochs",
            "Every epoch ends with its own last batch, for no batch mixes two epochs: round up "
            "first, then multiply by the epochs.",
            lambda examples, batch_size, epochs: math.ceil(epochs * examples / batch_size),
        ),
        Mistake(
            "a batch too many",
            "Where the batches come out even there is one too many: only what is left over makes "
            "another batch.",
            lambda examples, batch_size, epochs: epochs * (examples // batch_size + 1),
        ),
        Mistake(
            "one epoch only",
            "This is the number of updates in one epoch: multiply by the epochs.",
            lambda examples, batch_size, epochs: math.ceil(examples / batch_size),
        ),
        Mistake(
            "examples seen",
            "This is how many examples are looked at. There is one update for each batch of them.",
            lambda examples, batch_size, epochs: epochs * examples,
        ),
    ),
    hints=(
        "How many batches do the examples of one epoch fill, if the last may be smaller?",
        "math.ceil(7 / 2) is 4: it rounds up.",
        "epochs times math.ceil(examples / batch_size).",
    ),
    alternatives=(
        lambda examples, batch_size, epochs: epochs * len(range(0, examples, batch_size)),
        lambda examples, batch_size, epochs: epochs * -(-examples // batch_size),
    ),
)

# --- momentum ------------------------------------------------------------------------------------


def _momentum_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)

    def random(*shape: int) -> Tensor:
        return torch.randn(shape, generator=g)

    return [
        Case((random(4), random(4), torch.zeros(4), 0.1, 0.9), "the first update"),
        Case((random(4), random(4), random(4), 0.1, 0.9), "a later update"),
        Case((random(2, 3), random(2, 3), random(2, 3), 0.5, 0.5), "a matrix of weights"),
        Case((random(3), torch.zeros(3), random(3), 0.1, 0.9), "no gradient at all"),
        Case((random(3), random(3), random(3), 0.1, 0.0), "no momentum: plain SGD"),
    ]


def _averaged(w: Tensor, g: Tensor, v: Tensor, lr: float, beta: float) -> tuple[Tensor, Tensor]:
    v = beta * v + (1 - beta) * g
    return w - lr * v, v


def _rate_inside(w: Tensor, g: Tensor, v: Tensor, lr: float, beta: float) -> tuple[Tensor, Tensor]:
    v = beta * v + lr * g
    return w - v, v


def _v_after(w: Tensor, g: Tensor, v: Tensor, lr: float, beta: float) -> tuple[Tensor, Tensor]:
    return w - lr * v, beta * v + g


def _swapped(w: Tensor, g: Tensor, v: Tensor, lr: float, beta: float) -> tuple[Tensor, Tensor]:
    v = v + beta * g
    return w - lr * v, v


def _in_one_line(w: Tensor, g: Tensor, v: Tensor, lr: float, beta: float) -> tuple[Tensor, Tensor]:
    return w - lr * beta * v - lr * g, torch.add(g, v, alpha=beta)


MOMENTUM = Exercise(
    name="momentum_step",
    lesson="optimizers",
    title="A step with momentum",
    reference=steps.momentum_step,
    cases=_momentum_cases,
    mistakes=(
        Mistake(
            "uphill",
            "The weights move uphill: subtract lr * v.",
            lambda w, g, v, lr, beta: (w + lr * (beta * v + g), beta * v + g),
        ),
        Mistake(
            "memory not used",
            "v is kept up, but the step is still lr * g, plain SGD: take the step along v.",
            lambda w, g, v, lr, beta: (w - lr * g, beta * v + g),
        ),
        Mistake(
            "old memory",
            "The step is taken along the old v, which does not know this gradient yet: first the "
            "new v, then the step.",
            _v_after,
        ),
        Mistake(
            "a mean",
            "This v is a running mean, with (1 - beta) before the gradient. Some books have it so; "
            "in torch's SGD, and here, the gradient is added whole: beta * v + g.",
            _averaged,
        ),
        Mistake(
            "rate inside v",
            "The rate is inside v. That gives the same steps while the rate stays as it is, but not "
            "when it changes; here v holds gradients only, and lr comes in with the step.",
            _rate_inside,
        ),
        Mistake(
            "wrong one fades",
            "beta stands at the wrong place: it is the old v that fades, not the new gradient.",
            _swapped,
        ),
        Mistake(
            "no memory returned",
            "There are two things to return, the new w and the new v: the next step needs v.",
            lambda w, g, v, lr, beta: w - lr * (beta * v + g),
        ),
    ),
    hints=(
        "Two lines: first the new memory, from the old one and the gradient, then the step along it.",
        "The old v fades to beta times itself, and g is added to it.",
        "v = beta * v + g; return w - lr * v, v",
    ),
    alternatives=(_in_one_line,),
)

# --- Adam ----------------------------------------------------------------------------------------


def _adam_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)

    def random(*shape: int) -> Tensor:
        return torch.randn(shape, generator=g)

    usual = (0.9, 0.999, 1e-8)
    zeros = torch.zeros(4)
    return [
        Case((random(4), random(4), zeros, zeros, 1, 0.01, *usual), "the first update"),
        Case((random(4), random(4), random(4), random(4).abs(), 7, 0.01, *usual), "the seventh"),
        Case(
            (random(2, 3), random(2, 3), random(2, 3), random(2, 3).abs(), 2, 0.1, 0.8, 0.9, 1e-8),
            "other betas, a matrix",
        ),
        Case(
            (random(4), random(4), random(4), random(4).abs(), 3, 0.1, 0.9, 0.99, 0.5), "large eps"
        ),
        Case((random(4), zeros, zeros, zeros, 1, 0.01, *usual), "no gradient at all: 0 / 0?"),
    ]


def _adam(
    w: Tensor,
    g: Tensor,
    m: Tensor,
    s: Tensor,
    t: int,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    *,
    wrong: str = "",
) -> tuple[Tensor, ...]:
    """Adam with one thing wrong, or none."""
    m = beta1 * m + (1 if wrong == "sums" else 1 - beta1) * g
    s = beta2 * s + (1 if wrong == "sums" else 1 - beta2) * (g.abs() if wrong == "abs" else g**2)
    m_hat, s_hat = m / (1 - beta1**t), s / (1 - beta2**t)
    if wrong == "uncorrected":
        m_hat, s_hat = m, s
    if wrong == "from 0":
        m_hat, s_hat = m / (1 - beta1 ** (t + 1)), s / (1 - beta2 ** (t + 1))
    size = s_hat if wrong == "no root" else s_hat.sqrt()
    size = (s_hat + eps).sqrt() if wrong == "eps inside" else size + eps
    step = lr * (g if wrong == "rmsprop" else m_hat) / size
    if wrong == "keeps corrected":
        m, s = m_hat, s_hat
    return w - step, m, s


def _wrong(what: str) -> Callable[..., tuple[Tensor, ...]]:
    return lambda w, g, m, s, t, lr, beta1, beta2, eps: _adam(
        w, g, m, s, t, lr, beta1, beta2, eps, wrong=what
    )


def _adam_folded(
    w: Tensor,
    g: Tensor,
    m: Tensor,
    s: Tensor,
    t: int,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
) -> tuple[Tensor, ...]:
    """As torch orders it: the corrections go into the rate and the root."""
    m, s = torch.lerp(m, g, 1 - beta1), beta2 * s + (1 - beta2) * g * g
    size = s.sqrt() / math.sqrt(1 - beta2**t) + eps
    return w - lr / (1 - beta1**t) * m / size, m, s


ADAM = Exercise(
    name="adam_step",
    lesson="optimizers",
    title="A step of Adam",
    reference=steps.adam_step,
    cases=_adam_cases,
    mistakes=(
        Mistake(
            "no correction",
            "The running means are used as they are. They begin at 0 and are too small at first: "
            "divide m by 1 - beta1**t and s by 1 - beta2**t for the step.",
            _wrong("uncorrected"),
        ),
        Mistake(
            "corrected memory",
            "The step is right, but the corrected means are returned. The memory stays uncorrected, "
            "or the next update would correct it once more: return m and s.",
            _wrong("keeps corrected"),
        ),
        Mistake(
            "updates counted from 0",
            "The correction is that of the next update: t is 1 already at the first, so take t as "
            "it is.",
            _wrong("from 0"),
        ),
        Mistake(
            "eps in the root",
            "eps stands inside the root. It belongs outside: sqrt(s) + eps.",
            _wrong("eps inside"),
        ),
        Mistake(
            "no root",
            "m is divided by s, a mean of squares. Take its root first, so that the sizes match.",
            _wrong("no root"),
        ),
        Mistake(
            "sums",
            "m and s add up whole gradients. Both are running means: beta times the old, plus "
            "(1 - beta) times the new.",
            _wrong("sums"),
        ),
        Mistake(
            "no momentum",
            "The step goes along g itself. Adam goes along m, the running mean of gradients.",
            _wrong("rmsprop"),
        ),
        Mistake(
            "not squared",
            "s follows the size of g. It is the running mean of g squared.",
            _wrong("abs"),
        ),
    ),
    hints=(
        "Four steps: the mean of gradients, the mean of their squares, both corrected, the step.",
        "m = beta1 * m + (1 - beta1) * g, and s likewise with beta2 and g**2; both are returned so.",
        "The step is lr * (m / (1 - beta1**t)) / ((s / (1 - beta2**t)).sqrt() + eps).",
    ),
    alternatives=(
        _adam_folded,
        lambda w, g, m, s, t, lr, beta1, beta2, eps: _adam(w, g, m, s, t, lr, beta1, beta2, eps),
    ),
)

# --- the range test's suggestion -----------------------------------------------------------------


def _range_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)
    wave = torch.logspace(-4, 1, 40)
    valley = (wave.log10() + 0.6) ** 2 / 6 + 0.02 * torch.rand(40, generator=g) + 0.5
    lost = valley.clone()
    lost[-3:] = float("nan")
    return [
        Case((torch.tensor([0.01, 0.1, 1.0, 10.0]), torch.tensor([2.3, 1.0, 0.4, 5.0])), "four"),
        Case((wave, valley), "forty"),
        Case((wave, lost), "the loss ends as not-a-number"),
        Case((torch.tensor([0.3, 0.6, 0.9]), torch.tensor([2.0, 1.0, 0.5])), "it only falls"),
    ]


def _known(losses: Tensor) -> Tensor:
    return losses.nan_to_num(nan=float("inf"))


def _steepest(rates: Tensor, losses: Tensor) -> Tensor:
    return rates[(_known(losses)[1:] - _known(losses)[:-1]).argmin() + 1] / 3


def _by_search(rates: Tensor, losses: Tensor) -> Tensor:
    finite = losses.isfinite()
    return rates[finite][losses[finite].argmin()] / 3


def _by_loop(rates: Tensor, losses: Tensor) -> Tensor:
    best = 0
    for i in range(len(losses)):
        if losses[i] < losses[best]:
            best = i
    return rates[best] / 3


SUGGEST = Exercise(
    name="suggest_rate",
    lesson="optimizers",
    title="Reading a range test",
    reference=rates.suggest_rate,
    cases=_range_cases,
    mistakes=(
        Mistake(
            "not-a-number is lowest",
            "Right, but for a test that ends in not-a-number: argmin takes nan for the lowest. Make "
            "it large first, with losses.nan_to_num(nan=float('inf')).",
            lambda rates, losses: rates[losses.argmin()] / 3,
        ),
        Mistake(
            "the edge itself",
            "This is the rate with the lowest loss: the edge, beyond which the loss grows. Take a "
            "third of it.",
            lambda rates, losses: rates[_known(losses).argmin()],
        ),
        Mistake(
            "a loss",
            "This is a third of the lowest loss. Look up which rate it was met with.",
            lambda rates, losses: _known(losses).min() / 3,
        ),
        Mistake(
            "a place",
            "This is the place of the lowest loss in the list. Look up the rate there: rates[place].",
            lambda rates, losses: _known(losses).argmin(),
        ),
        Mistake(
            "a third of the place",
            "The place in the list was divided by 3, not the rate: rates[place] / 3. The rates grow "
            "by a factor, so a third of the way is a far smaller rate.",
            lambda rates, losses: rates[_known(losses).argmin() // 3],
        ),
        Mistake(
            "the worst",
            "This goes by the highest loss: the lowest shows where the rates begin to be too high.",
            lambda rates, losses: rates[losses.nan_to_num(nan=float("-inf")).argmax()] / 3,
        ),
        Mistake(
            "the steepest fall",
            "This goes by where the loss falls most from one rate to the next. Some do that; here "
            "it is a third of the rate with the lowest loss.",
            _steepest,
        ),
    ),
    hints=(
        "Find the place of the lowest loss, look up the rate at that place, divide it by 3.",
        "argmin() gives the place. It takes not-a-number (nan) for the lowest of all, so first turn "
        "those into something large.",
        "place = losses.nan_to_num(nan=float('inf')).argmin(), then rates[place] / 3.",
    ),
    alternatives=(_by_search, _by_loop),
)

EXERCISES = (COUNT, MOMENTUM, ADAM, SUGGEST)

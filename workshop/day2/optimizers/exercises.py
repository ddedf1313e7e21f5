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
        Case((100, 30, 2), "a last batch of 10, less than half"),
        Case((50, 30, 3), "a last batch of 20, more than half"),
        Case((61, 30, 1), "a single example left over"),
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
        Mistake(
            "not a whole number",
            "There are no parts of an update: the batches of an epoch are a whole number, with "
            "math.ceil.",
            lambda examples, batch_size, epochs: epochs * examples / batch_size,
        ),
        Mistake(
            "rounded to the nearest",
            "round goes to the nearest whole number. Examples that are left over always make "
            "another batch: math.ceil.",
            lambda examples, batch_size, epochs: epochs * round(examples / batch_size),
        ),
        Mistake(
            "rounded to the nearest at the end",
            "The epochs are put together before rounding, and round goes to the nearest. Round up"
            " the batches of one epoch, then multiply.",
            lambda examples, batch_size, epochs: round(epochs * examples / batch_size),
        ),
        Mistake(
            "rounded down at the end",
            "The last batch of each epoch is lost: round up the batches of one epoch, then "
            "multiply by the epochs.",
            lambda examples, batch_size, epochs: epochs * examples // batch_size,
        ),
        Mistake(
            "one epoch, rounded down",
            "This is the number of full batches in one epoch. Count the smaller last one too, and"
            " multiply by the epochs.",
            lambda examples, batch_size, epochs: examples // batch_size,
        ),
        Mistake(
            "left over once",
            "The smaller last batch is counted for one epoch only. Every epoch has one.",
            lambda examples, batch_size, epochs: (
                epochs * (examples // batch_size) + (examples % batch_size > 0)
            ),
        ),
        Mistake(
            "one more at the end",
            "One is added at the very end. Every epoch has a smaller last batch, but only if "
            "something is left over.",
            lambda examples, batch_size, epochs: epochs * (examples // batch_size) + 1,
        ),
        Mistake(
            "every example left over",
            "Each example that is left over counts as an update. Together they make one batch.",
            lambda examples, batch_size, epochs: (
                epochs * (examples // batch_size + examples % batch_size)
            ),
        ),
        Mistake(
            "one batch at least",
            "Only where there is no full batch is the smaller one counted. It counts after full "
            "ones too.",
            lambda examples, batch_size, epochs: epochs * max(1, examples // batch_size),
        ),
        Mistake(
            "upside down",
            "The division is upside down: how often do batch_size examples fit into all of them? "
            "examples / batch_size.",
            lambda examples, batch_size, epochs: epochs * math.ceil(batch_size / examples),
        ),
        Mistake(
            "examples not used",
            "The number of examples plays no part: batches are examples / batch_size, rounded up.",
            lambda examples, batch_size, epochs: batch_size * epochs,
        ),
        Mistake(
            "divided by the epochs",
            "The epochs divide. More epochs are more updates: multiply.",
            lambda examples, batch_size, epochs: math.ceil(examples / batch_size) / epochs,
        ),
        Mistake(
            "epochs in the division",
            "The epochs are in the division, so more of them give fewer updates: multiply with "
            "them outside.",
            lambda examples, batch_size, epochs: math.ceil(examples / (batch_size * epochs)),
        ),
        Mistake(
            "epochs added",
            "The epochs are added. Every epoch has as many updates: multiply.",
            lambda examples, batch_size, epochs: math.ceil(examples / batch_size) + epochs,
        ),
        Mistake(
            "epochs as a power",
            "The epochs are a power. Every epoch has as many updates: multiply, with one *.",
            lambda examples, batch_size, epochs: math.ceil(examples / batch_size) ** epochs,
        ),
        Mistake(
            "one epoch too few",
            "One epoch is missing: range(epochs) goes round `epochs` times, range(1, epochs) once"
            " less.",
            lambda examples, batch_size, epochs: (epochs - 1) * math.ceil(examples / batch_size),
        ),
        Mistake(
            "a batch too few",
            "One batch of every epoch is missing. math.ceil counts the last one already: nothing "
            "to subtract.",
            lambda examples, batch_size, epochs: epochs * (math.ceil(examples / batch_size) - 1),
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
        Case((random(3), random(3), random(3), 0.3, 1.0), "nothing is forgotten"),
        Case((100 * random(3), 0.01 * random(3), random(3), 2.0, 0.7), "numbers of other sizes"),
        Case((random(1), random(1), random(1), 0.1, 0.9), "a single weight"),
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


def _momentum_with(velocity: Callable, step: Callable) -> Callable:
    """(w, g, v, lr, beta) -> step(w, g, v, lr, beta, new v) and the new v, as `velocity` has it."""

    def answer(w: Tensor, g: Tensor, v: Tensor, lr: float, beta: float) -> tuple[Tensor, Tensor]:
        new = velocity(g, v, lr, beta)
        return step(w, g, v, lr, beta, new), new

    return answer


def _velocity(g: Tensor, v: Tensor, lr: float, beta: float) -> Tensor:
    return beta * v + g


def _downhill(w: Tensor, g: Tensor, v: Tensor, lr: float, beta: float, new: Tensor) -> Tensor:
    return w - lr * new


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
        Mistake(
            "order of the two",
            "The two have changed places: return the new w first, then the new v.",
            lambda w, g, v, lr, beta: (beta * v + g, w - lr * (beta * v + g)),
        ),
        Mistake(
            "only the velocity",
            "This is the new v alone. Take the step too, and return both: w, v.",
            lambda w, g, v, lr, beta: beta * v + g,
        ),
        Mistake(
            "old velocity returned",
            "The step is right, but the v that comes back is the old one: return the new one, or "
            "nothing is remembered.",
            lambda w, g, v, lr, beta: (w - lr * (beta * v + g), v),
        ),
        Mistake(
            "no learning rate",
            "The learning rate is missing: the step is lr * v.",
            _momentum_with(_velocity, lambda w, g, v, lr, beta, new: w - new),
        ),
        Mistake(
            "beta missing",
            "The old v does not fade: multiply it with beta.",
            _momentum_with(lambda g, v, lr, beta: v + g, _downhill),
        ),
        Mistake(
            "beta fixed at 0.9",
            "beta is an argument: use it instead of 0.9.",
            _momentum_with(lambda g, v, lr, beta: 0.9 * v + g, _downhill),
        ),
        Mistake(
            "brackets",
            "The brackets are wrong: beta belongs to the old v alone, g comes in whole. beta * v "
            "+ g.",
            _momentum_with(lambda g, v, lr, beta: beta * (v + g), _downhill),
        ),
        Mistake(
            "beta and 1 - beta swapped",
            "Both shares are off: the old v is kept by beta, and the gradient comes in whole. "
            "beta * v + g.",
            _momentum_with(lambda g, v, lr, beta: (1 - beta) * v + beta * g, _downhill),
        ),
        Mistake(
            "1 - beta of the old",
            "Of the old v the part 1 - beta is kept. It is beta.",
            _momentum_with(lambda g, v, lr, beta: (1 - beta) * v + g, _downhill),
        ),
        Mistake(
            "gradient subtracted",
            "g is subtracted in v. Add it there; the minus comes with the step.",
            _momentum_with(lambda g, v, lr, beta: beta * v - g, _downhill),
        ),
        Mistake(
            "v points downhill",
            "v has the other sign, as some write it (v = beta v - g, then w + lr v). Here v gains"
            " +g, and the step subtracts it.",
            lambda w, g, v, lr, beta: (w + lr * (beta * v - g), beta * v - g),
        ),
        Mistake(
            "v is the step",
            "v is the whole step, minus and rate included, as some write it. Here v holds "
            "gradients: beta * v + g, and lr and the minus come with the step.",
            lambda w, g, v, lr, beta: (w + beta * v - lr * g, beta * v - lr * g),
        ),
        Mistake(
            "rate twice",
            "The learning rate counts twice, in v and in the step. It belongs to the step only.",
            _momentum_with(lambda g, v, lr, beta: beta * v + lr * g, _downhill),
        ),
        Mistake(
            "gradient twice",
            "The step goes along v and along g as well. g is in v already: w - lr * v.",
            _momentum_with(_velocity, lambda w, g, v, lr, beta, new: w - lr * new - lr * g),
        ),
        Mistake(
            "looks ahead",
            "This is Nesterov's momentum, which looks a step ahead. The plain one steps along v: "
            "w - lr * v.",
            _momentum_with(_velocity, lambda w, g, v, lr, beta, new: w - lr * (g + beta * new)),
        ),
        Mistake(
            "beta in the step",
            "beta counts in the step too. It belongs to v only: w - lr * v.",
            _momentum_with(_velocity, lambda w, g, v, lr, beta, new: w - lr * beta * new),
        ),
        Mistake(
            "w fades",
            "beta makes the weights shrink. It belongs to v only.",
            _momentum_with(_velocity, lambda w, g, v, lr, beta, new: beta * w - lr * new),
        ),
        Mistake(
            "w in the place of v",
            "The weights are in v, where the old v should be: beta * v + g.",
            lambda w, g, v, lr, beta: (w - lr * (beta * w + g), beta * w + g),
        ),
        Mistake(
            "the step itself",
            "This is the step, not where it leads: subtract it from w.",
            _momentum_with(_velocity, lambda w, g, v, lr, beta, new: lr * new),
        ),
        Mistake(
            "w unchanged",
            "w comes back as it was: subtract lr * v from it.",
            _momentum_with(_velocity, lambda w, g, v, lr, beta, new: w),
        ),
        Mistake(
            "gradient not added",
            "The gradient never gets into v: beta * v + g.",
            lambda w, g, v, lr, beta: (w - lr * g, beta * v),
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
        Case(
            (random(3), -random(3).abs(), zeros[:3], zeros[:3], 1, 0.2, 0.6, 0.95, 1e-8),
            "the first update, other betas, slopes below 0",
        ),
        Case(
            (10 * random(3), 100 * random(3), random(3), random(3).abs(), 40, 0.5, 0.9, 0.7, 1e-3),
            "a late update, large gradients",
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
) -> Tensor | tuple[Tensor, ...]:
    """Adam with one thing wrong, or none."""
    old_w, old_m, old_s = w, m, s
    if wrong == "constants":
        beta1, beta2, eps = 0.9, 0.999, 1e-8
    if wrong == "betas swapped":
        beta1, beta2 = beta2, beta1
    if wrong == "one beta":
        beta2 = beta1
    if wrong == "other beta":
        beta1 = beta2
    square = {"abs": g.abs(), "plain": g}.get(wrong, g**2)
    shares = {"shares swapped": (beta1, beta2), "sums": (1, 1), "m sum": (1, 1 - beta2)}
    share1, share2 = (shares | {"s sum": (1 - beta1, 1)}).get(wrong, (1 - beta1, 1 - beta2))
    kept1, kept2 = (1 - beta1, 1 - beta2) if wrong == "shares swapped" else (beta1, beta2)
    m = kept1 * m + share1 * g
    s = kept2 * s + share2 * (m**2 if wrong == "m squared" else square)
    m_hat, s_hat = m / (1 - beta1**t), s / (1 - beta2**t)
    if wrong == "product":
        m_hat, s_hat = m * (1 - beta1**t), s * (1 - beta2**t)
    if wrong == "no t":
        m_hat, s_hat = m / (1 - beta1), s / (1 - beta2)
    if wrong == "times t":
        m_hat, s_hat = m / (1 - beta1 * t), s / (1 - beta2 * t)
    if wrong == "power outside":
        m_hat, s_hat = m / (1 - beta1) ** t, s / (1 - beta2) ** t
    if wrong == "brackets":
        m_hat, s_hat = m / 1 - beta1**t, s / 1 - beta2**t
    if wrong == "m only":
        s_hat = s
    if wrong == "s only":
        m_hat = m
    if wrong == "corrected by beta1":
        s_hat = s / (1 - beta1**t)
    if wrong == "old":
        m_hat, s_hat = old_m / (1 - beta1**t), old_s / (1 - beta2**t)
    if wrong == "uncorrected":
        m_hat, s_hat = m, s
    if wrong == "from 0":
        m_hat, s_hat = m / (1 - beta1 ** (t + 1)), s / (1 - beta2 ** (t + 1))
    size = s_hat if wrong == "no root" else s_hat.sqrt()
    size = (s_hat + eps).sqrt() if wrong == "eps inside" else size + eps
    if wrong == "no eps":
        size = s_hat.sqrt()
    if wrong == "no s":
        size = torch.ones_like(size)
    if wrong == "times size":
        size = 1 / size
    step = (1 if wrong == "no rate" else lr) * (g if wrong == "rmsprop" else m_hat) / size
    if wrong == "eps beside the fraction":
        step = lr * m_hat / s_hat.sqrt() - eps
    if wrong == "eps beside":
        step = lr * (m_hat / s_hat.sqrt() + eps)
    if wrong == "uphill":
        step = -step
    if wrong == "step only":
        w = 2 * step
    if wrong == "old memory":
        m, s = old_m, old_s
    if wrong == "w last":
        return m, s, w - step
    if wrong == "s before m":
        return w - step, s, m
    if wrong == "w unchanged":
        return old_w, m, s
    if wrong == "only w":
        return w - step
    if wrong == "keeps corrected":
        m, s = m_hat, s_hat
    return w - step, m, s


def _wrong(what: str) -> Callable[..., Tensor | tuple[Tensor, ...]]:
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
        Mistake(
            "betas swapped",
            "The two betas have changed places: beta1 belongs to m, beta2 to s.",
            _wrong("betas swapped"),
        ),
        Mistake(
            "beta1 for both",
            "beta1 is used for both means. s has its own, beta2.",
            _wrong("one beta"),
        ),
        Mistake(
            "beta2 for both",
            "beta2 is used for both means. m has its own, beta1.",
            _wrong("other beta"),
        ),
        Mistake(
            "betas fixed",
            "The betas and eps are arguments: use them instead of 0.9, 0.999 and 1e-8.",
            _wrong("constants"),
        ),
        Mistake(
            "shares swapped",
            "The shares are the wrong way round: beta of the old value is kept, and 1 - beta of "
            "the new one comes in.",
            _wrong("shares swapped"),
        ),
        Mistake(
            "m a sum",
            "m takes in the whole gradient. It is a running mean: (1 - beta1) * g.",
            _wrong("m sum"),
        ),
        Mistake(
            "s a sum",
            "s takes in the whole square. It is a running mean: (1 - beta2) * g**2.",
            _wrong("s sum"),
        ),
        Mistake(
            "square missing",
            "s follows g, with its sign. It is the running mean of g**2.",
            _wrong("plain"),
        ),
        Mistake(
            "m squared",
            "s follows m squared. It is the running mean of the gradient's square, g**2.",
            _wrong("m squared"),
        ),
        Mistake(
            "correction multiplied",
            "The correction makes the means smaller still: divide by 1 - beta**t instead of "
            "multiplying.",
            _wrong("product"),
        ),
        Mistake(
            "t not used",
            "The correction is that of the first update, whatever t is: divide by 1 - beta**t.",
            _wrong("no t"),
        ),
        Mistake(
            "beta times t",
            "beta * t stands in the correction where a power should: beta**t.",
            _wrong("times t"),
        ),
        Mistake(
            "power outside the brackets",
            "The power is outside the brackets: 1 - beta**t, not (1 - beta)**t.",
            _wrong("power outside"),
        ),
        Mistake(
            "brackets of the correction",
            "Brackets are missing: m / (1 - beta1**t). Without them 1 divides and the rest is "
            "subtracted.",
            _wrong("brackets"),
        ),
        Mistake(
            "s not corrected",
            "Only m is corrected. s begins at 0 too: divide it by 1 - beta2**t.",
            _wrong("m only"),
        ),
        Mistake(
            "m not corrected",
            "Only s is corrected. m begins at 0 too: divide it by 1 - beta1**t.",
            _wrong("s only"),
        ),
        Mistake(
            "s corrected by beta1",
            "s is corrected with beta1. Its own is beta2.",
            _wrong("corrected by beta1"),
        ),
        Mistake(
            "old means in the step",
            "The step is taken with the old m and s, which do not know this gradient yet. First "
            "the new ones, then the step.",
            _wrong("old"),
        ),
        Mistake(
            "old means returned",
            "The step is right, but m and s come back as they were: return the new ones.",
            _wrong("old memory"),
        ),
        Mistake(
            "eps missing",
            "eps is missing: add it to the root of s, so that it never divides by 0.",
            _wrong("no eps"),
        ),
        Mistake(
            "eps beside the fraction",
            "eps is added to the weights. It belongs to the denominator, in brackets: (sqrt(s) + "
            "eps).",
            _wrong("eps beside the fraction"),
        ),
        Mistake(
            "eps outside of the denominator",
            "eps is added to the fraction. It belongs to the denominator, in brackets: (sqrt(s) +"
            " eps).",
            _wrong("eps beside"),
        ),
        Mistake(
            "s not used",
            "The step does not use s: divide by its root plus eps.",
            _wrong("no s"),
        ),
        Mistake(
            "root multiplied",
            "The step is multiplied with the root of s. Divide by it: where gradients are large "
            "the steps become small.",
            _wrong("times size"),
        ),
        Mistake(
            "no learning rate",
            "The learning rate is missing: multiply the step with lr.",
            _wrong("no rate"),
        ),
        Mistake(
            "uphill",
            "The weights move uphill: subtract the step.",
            _wrong("uphill"),
        ),
        Mistake(
            "the step itself",
            "This is the step, not where it leads: subtract it from w.",
            _wrong("step only"),
        ),
        Mistake(
            "w unchanged",
            "w comes back as it was: subtract the step from it.",
            _wrong("w unchanged"),
        ),
        Mistake(
            "w last",
            "The order is w, m, s: the new weights come first.",
            _wrong("w last"),
        ),
        Mistake(
            "s before m",
            "m and s have changed places in what is returned: w, m, s.",
            _wrong("s before m"),
        ),
        Mistake(
            "no memory returned",
            "There are three things to return, the new w, m and s: the next update needs them.",
            _wrong("only w"),
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
    nan, inf = float("nan"), float("inf")
    return [
        Case(
            (torch.tensor([0.1, 0.2, 0.4, 0.8]), torch.tensor([nan, 2.5, 1.5, 2.0])),
            "not-a-number at the beginning too",
        ),
        Case(
            (torch.tensor([0.1, 0.2, 0.4, 0.8]), torch.tensor([9.0, nan, 3.0, 5.0])),
            "not-a-number in the middle, all losses above 1",
        ),
        Case(
            (torch.tensor([0.1, 0.2, 0.5, 0.9, 2.0]), torch.tensor([3.0, 1.2, 2.5, 1.9, inf])),
            "two valleys, the first is lower, and infinity at the end",
        ),
        Case((torch.tensor([0.6]), torch.tensor([1.7])), "a single rate"),
        Case((torch.tensor([0.01, 0.1, 1.0, 10.0]), torch.tensor([2.3, 1.0, 0.4, 5.0])), "four"),
        Case((wave, valley), "forty"),
        Case((wave, lost), "the loss ends as not-a-number"),
        Case((torch.tensor([0.3, 0.6, 0.9]), torch.tensor([2.0, 1.0, 0.5])), "it only falls"),
    ]


def _known(losses: Tensor) -> Tensor:
    return losses.nan_to_num(nan=float("inf"))


def _steepest(rates: Tensor, losses: Tensor) -> Tensor:
    return rates[(_known(losses)[1:] - _known(losses)[:-1]).argmin() + 1] / 3


def _last_fall(rates: Tensor, losses: Tensor) -> Tensor:
    best = 0
    for i in range(1, len(losses)):
        if losses[i] < losses[i - 1]:
            best = i
    return rates[best] / 3


def _below_the_first(rates: Tensor, losses: Tensor) -> Tensor:
    best = 0
    for i in range(1, len(losses)):
        if losses[i] < losses[0]:
            best = i
    return rates[best] / 3


def _by_search(rates: Tensor, losses: Tensor) -> Tensor:
    finite = losses.isfinite()
    return rates[finite][losses[finite].argmin()] / 3


def _by_loop(rates: Tensor, losses: Tensor) -> Tensor:
    best = 0
    for i in range(len(losses)):
        if losses[i] < losses[best] or losses[best].isnan():
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
        Mistake(
            "not-a-number becomes 1",
            "not-a-number is replaced by 1, which may be lower than the losses. Take what is "
            "never lowest: float('inf').",
            lambda rates, losses: rates[losses.nan_to_num(nan=1.0).argmin()] / 3,
        ),
        Mistake(
            "place among the others",
            "The place is counted among the losses that are numbers, but the rate is looked up "
            "among all. Leave the same ones out of both.",
            lambda rates, losses: rates[losses[~losses.isnan()].argmin()] / 3,
        ),
        Mistake(
            "Python's min",
            "Python's min is led astray by nan: every comparison with it is False. Use argmin "
            "after nan_to_num.",
            lambda rates, losses: rates[losses.tolist().index(min(losses.tolist()))] / 3,
        ),
        Mistake(
            "compared with the one before",
            "Each loss is compared with the one before it. That finds the last fall, not the "
            "lowest loss.",
            _last_fall,
        ),
        Mistake(
            "lowest not kept",
            "The lowest loss is never updated in the loop, so each is compared with the first one.",
            _below_the_first,
        ),
        Mistake(
            "lowest rate",
            "This goes by the lowest rate. Look for the lowest loss.",
            lambda rates, losses: rates.min() / 3,
        ),
        Mistake(
            "highest rate",
            "This goes by the last rate of the test. Look for the lowest loss.",
            lambda rates, losses: rates[-1] / 3,
        ),
        Mistake(
            "loss of the lowest rate",
            "rates and losses have changed places: find the place in losses, look it up in rates.",
            lambda rates, losses: _known(losses)[rates.argmin()] / 3,
        ),
        Mistake(
            "times 3",
            "Three times the rate is beyond the edge: divide by 3.",
            lambda rates, losses: rates[_known(losses).argmin()] * 3,
        ),
        Mistake(
            "a tenth",
            "This is a tenth of the rate, as some do it. Here it is a third.",
            lambda rates, losses: rates[_known(losses).argmin()] / 10,
        ),
        Mistake(
            "third root",
            "This is the third root. Divide by 3.",
            lambda rates, losses: rates[_known(losses).argmin()] ** (1 / 3),
        ),
        Mistake(
            "rounded division",
            "// rounds the rate down to a whole number, mostly 0. Divide with /.",
            lambda rates, losses: rates[_known(losses).argmin()] // 3,
        ),
        Mistake(
            "the rate before",
            "This is a third of the rate before the lowest. Take that of the lowest itself.",
            lambda rates, losses: rates[(_known(losses).argmin() - 1).clamp(min=0)] / 3,
        ),
        Mistake(
            "where the loss grows",
            "This goes by the highest loss, infinity included: take argmin.",
            lambda rates, losses: rates[_known(losses).argmax()] / 3,
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

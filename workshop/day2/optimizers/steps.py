"""The optimizers by hand: what each does with the gradient, and what it remembers.

    momentum: v := beta v + g, w := w - lr v       Adam: w := w - lr m^ / (sqrt(s^) + eps)

Book 2.2.1. Letters: w a parameter of any shape, g its gradient, t the number of the update from 1;
v, m and s (of w's shape, zero at first) are the memory. On the bowl, a walk of T steps is (T + 1, 2).
Target: 50 updates of a network equal torch.optim's. Control: Adam without its correction does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from workshop.core.checks import nearest
from workshop.core.data import Split
from workshop.core.device import seed_everything
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.day1.gradient_descent import flat_mnist
from workshop.day2.optimizers.common import mlp


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the comparison with torch, and of the walk down a bowl."""

    updates: int = setting(50, at_least=1, help="updates of a network compared with torch.optim")
    bowl_steps: int = setting(60, at_least=1, help="steps down the bowl")
    bowl_lr: float = setting(0.0195, above=0, help="learning rate on the bowl, for all")
    bowl_momentum: float = setting(0.8, at_least=0, below=1, help="momentum on the bowl")


# --- by hand -------------------------------------------------------------------------------------


def sgd_step(w: Tensor, g: Tensor, lr: float) -> Tensor:
    """A step against the gradient (eq-1.23): w and g of one shape -> the new w."""
    return w - lr * g


def momentum_step(
    w: Tensor, g: Tensor, v: Tensor, lr: float, beta: float = 0.9
) -> tuple[Tensor, Tensor]:
    """SGD with momentum (sec-momentum; Polyak 1964), as torch has it: returns the new w and v.

    v is what is left of all earlier gradients, each beta times weaker than the one after it.
    """
    v = beta * v + g
    return w - lr * v, v


def rmsprop_step(
    w: Tensor, g: Tensor, s: Tensor, lr: float, alpha: float = 0.99, eps: float = 1e-8
) -> tuple[Tensor, Tensor]:
    """RMSprop (Hinton 2012): each weight's step is measured by the usual size of its own gradient.

    Returns the new w and s, the running mean of g squared. eps stands outside the root, as in torch.
    """
    s = alpha * s + (1 - alpha) * g**2
    return w - lr * g / (s.sqrt() + eps), s


def adam_step(
    w: Tensor,
    g: Tensor,
    m: Tensor,
    s: Tensor,
    t: int,
    lr: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> tuple[Tensor, Tensor, Tensor]:
    """Adam (sec-adam; Kingma and Ba 2015), update number t = 1, 2, ...: the new w, m and s.

    m and s are running means of g and of g squared. Both begin at 0, so at first they are too
    small: dividing by 1 - beta**t corrects that.
    """
    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    s_hat = s / (1 - beta2**t)
    return w - lr * m_hat / (s_hat.sqrt() + eps), m, s


def adamw_step(
    w: Tensor, g: Tensor, m: Tensor, s: Tensor, t: int, lr: float, decay: float = 0.01
) -> tuple[Tensor, Tensor, Tensor]:
    """AdamW (Loshchilov and Hutter 2019): weights shrink by themselves, then Adam's step.

    The decay is not mixed into g, where Adam would divide it away again.
    """
    return adam_step(w * (1 - lr * decay), g, m, s, t, lr)


ENDLESS = 10**9  # at this t the correction is gone: 1 - beta**t is 1

# name -> how many tensors it remembers for each parameter, (w, g, lr, t, *memory) -> (w, *memory)
RULES: dict[str, tuple[int, Callable[..., tuple[Tensor, ...]]]] = {
    "SGD": (0, lambda w, g, lr, t: (sgd_step(w, g, lr),)),
    "momentum": (1, lambda w, g, lr, t, v: momentum_step(w, g, v, lr)),
    "RMSprop": (1, lambda w, g, lr, t, s: rmsprop_step(w, g, s, lr)),
    "Adam": (2, lambda w, g, lr, t, m, s: adam_step(w, g, m, s, t, lr)),
    "AdamW": (2, lambda w, g, lr, t, m, s: adamw_step(w, g, m, s, t, lr)),
    "Adam, uncorrected": (2, lambda w, g, lr, t, m, s: adam_step(w, g, m, s, ENDLESS, lr)),
}
RATES = {"SGD": 0.1, "momentum": 0.05, "RMSprop": 0.001, "Adam": 0.001, "AdamW": 0.001}


class ByHand:
    """One of RULES for all parameters of a model; `fit` takes it like one of torch.optim's."""

    def __init__(self, parameters: Iterable[Tensor], name: str, lr: float) -> None:
        """Start with an empty memory.

        Raises:
            KeyError: no such rule.
        """
        if name not in RULES:
            raise KeyError(f"no rule {name!r}; there are {', '.join(RULES)}.{nearest(name, RULES)}")
        count, self.rule = RULES[name]
        self.parameters, self.t = list(parameters), 0
        self.memory = [[torch.zeros_like(w) for _ in range(count)] for w in self.parameters]
        self.param_groups = [{"lr": lr}]  # where torch keeps it, and the loop looks for it

    def zero_grad(self) -> None:
        """Forget the gradients; without this they would add up."""
        for w in self.parameters:
            w.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """One update of every parameter."""
        self.t += 1
        for i, w in enumerate(self.parameters):
            lr = self.param_groups[0]["lr"]
            new, *self.memory[i] = self.rule(w, w.grad, lr, self.t, *self.memory[i])
            w.copy_(new)


# --- with torch.optim ----------------------------------------------------------------------------


def with_torch(parameters: Iterable[Tensor], name: str, lr: float) -> torch.optim.Optimizer:
    """The same rule as torch has it."""
    if name == "momentum":
        return torch.optim.SGD(parameters, lr=lr, momentum=0.9)
    return getattr(torch.optim, name)(parameters, lr=lr)


def difference(data: Split, name: str, *, updates: int, seed: int, against: str = "") -> float:
    """Largest difference of any weight after `updates` of a network: by hand, and by torch.optim.

    Both see the same batches of 32. `against`: torch's rule, where it has another name.
    """
    name, against = name, against or name
    trained = []
    for make, rule in ((ByHand, name), (with_torch, against)):
        seed_everything(seed)
        model = mlp().to(data.x.device)
        optimizer = make(model.parameters(), rule, RATES[against])
        for batch in torch.randint(len(data), (updates, 32)).to(data.x.device):
            loss = nn.functional.cross_entropy(model(data.x[batch]), data.y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        trained.append(list(model.parameters()))
    pairs = zip(*trained, strict=True)
    return max((ours - theirs).abs().max().item() for ours, theirs in pairs)


# --- down a bowl ---------------------------------------------------------------------------------

START = (-10.0, 1.0)


def bowl(w: Tensor, steepness: float = 100.0) -> Tensor:
    """(x^2 + steepness y^2) / 2, a hundred times as steep across as along: w (..., 2) -> (...)."""
    return (w[..., 0] ** 2 + steepness * w[..., 1] ** 2) / 2


def walk(step: Callable[..., Any], steps: int, *memory: Tensor) -> Tensor:
    """Down the bowl from START: step(w, g, *memory) -> w or (w, *memory). Returns (steps + 1, 2)."""
    w, path, state = torch.tensor(START), [], list(memory)
    for _ in range(steps):
        path.append(w)
        at = w.clone().requires_grad_()
        (g,) = torch.autograd.grad(bowl(at), at)
        made = step(w, g, *state)
        w, *state = made if isinstance(made, tuple) else (made,)
    return torch.stack([*path, w])


def run(config: Config, *, seed: int, device: torch.device, progress: bool) -> Result:
    """How far by hand is from torch, and the height after the steps, as a share of the start's."""
    data = flat_mnist().train.to(device)
    far = {name: difference(data, name, updates=config.updates, seed=seed) for name in RATES}
    wrong = difference(data, "Adam, uncorrected", against="Adam", updates=config.updates, seed=seed)
    lr, beta, steps = config.bowl_lr, config.bowl_momentum, config.bowl_steps
    plain = walk(lambda w, g: sgd_step(w, g, lr), steps)
    heavy = walk(lambda w, g, v: momentum_step(w, g, v, lr, beta), steps, torch.zeros(2))
    top = bowl(plain[0]).item()
    return Result(
        (
            Measured("by_hand_difference", max(far.values())),
            Measured("uncorrected_difference", wrong),
            Measured("bowl_momentum_height", bowl(heavy[-1]).item() / top),
            Measured("bowl_plain_height", bowl(plain[-1]).item() / top),
        )
    )

"""A critic that learns how far apart two samples of numbers are: the Wasserstein loss of GANs.

    W(p, q) = max over f with slopes in [-1, 1] of  mean f(real) - mean f(fake)

Book 1.6.1; Arjovsky, Chintala and Bottou 2017. Shapes: N numbers of both samples; x (N, 1), K pieces.
Control: without the limit on its slope the critic reports ever more, and measures nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from workshop.core.data import Split, load
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.core.training import History, fit
from workshop.day1.losses.functions import wasserstein


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the critic."""

    pieces: int = setting(60, at_least=1, help="straight pieces that the critic is made of")
    fakes: int = setting(1000, at_least=2, help="numbers that the forger draws")
    epochs: int = setting(200, at_least=1, help="steps, each on all the numbers")
    lr: float = setting(5.0, above=0, help="learning rate; the slopes of this loss are small")


def radii_and_forgeries(count: int, *, seed: int) -> tuple[Tensor, Tensor]:
    """Radii of tumours in mm (569,), and `count` forged ones of equal mean and deviation.

    The forger draws from a bell curve; the real ones are lopsided: two kinds of tumour.
    """
    data = load("breast_cancer")
    real = torch.cat([data.train.x, data.validation.x, data.test.x])[:, 0]
    noise = torch.randn(count, generator=torch.Generator().manual_seed(seed))
    fake = (noise - noise.mean()) / noise.std(correction=0)
    return real, real.mean() + real.std(correction=0) * fake


class Critic(nn.Module):
    """A curve of straight pieces, each with a slope that is learned: x (N, 1) -> f(x) (N,).

    Like the ReLUs of `activations`, with their bends spread evenly: f(x) = sum_k s_k ramp_k(x), where
    ramp_k climbs from 0 to its width over piece k. `clip` keeps every slope s_k in [-1, 1].
    """

    left: Tensor  # where each piece begins (K,)

    def __init__(self, low: float, high: float, pieces: int, *, clip: bool = True) -> None:
        """Spread `pieces` of one width over low to high; all start level."""
        super().__init__()
        if not low < high:
            raise ValueError(f"got low = {low}, high = {high}, expected low < high")
        self.clip, self.width = clip, (high - low) / pieces
        self.slope = nn.Parameter(torch.zeros(pieces))
        self.register_buffer("left", low + self.width * torch.arange(pieces))

    def forward(self, x: Tensor) -> Tensor:
        """f at each x, (N, 1) -> (N,)."""
        slope = self.slope.clamp(-1, 1) if self.clip else self.slope
        return (x - self.left).clamp(0, self.width) @ slope


def critic_loss(f: Tensor, real: Tensor) -> Tensor:
    """The Wasserstein loss of a critic: f (N,), real (N,) 1 and 0 -> -(mean real - mean fake)."""
    return (f * (1 - real)).sum() / (1 - real).sum() - (f * real).sum() / real.sum()


def train_critic(
    real: Tensor,
    fake: Tensor,
    config: Config = Config(),
    *,
    clip: bool = True,
    device: torch.device | str = "cpu",
    progress: bool | str = False,
) -> tuple[Critic, float, History]:
    """A critic trained to tell real (N,) from fake (M,), the distance it reports, its history."""
    x = torch.cat([real, fake])
    kind = torch.cat([torch.ones_like(real), torch.zeros_like(fake)])
    critic = Critic(x.min().item(), x.max().item(), config.pieces, clip=clip).to(device)
    history = fit(
        critic,
        Split(x[:, None], kind),
        loss_fn=critic_loss,
        optimizer=torch.optim.SGD(critic.parameters(), lr=config.lr),
        epochs=config.epochs,
        progress=progress,
    )
    with torch.no_grad():
        reported = -critic_loss(critic(x[:, None].to(device)), kind.to(device)).item()
    return critic, reported, history


def run(config: Config, *, seed: int, device: torch.device, progress: bool = False) -> Result:
    """What the critic reports of real radii and forged ones, as a share of the exact distance."""
    real, fake = radii_and_forgeries(config.fakes, seed=seed)
    exact = wasserstein(real, fake).item()
    metrics, histories = [], {}
    for name, clip in {"critic": True, "unlimited_critic": False}.items():
        _, reported, histories[name] = train_critic(
            real,
            fake,
            config,
            clip=clip,
            device=device,
            progress=progress and name.replace("_", " "),
        )
        metrics.append(Measured(f"{name}_off", abs(reported / exact - 1)))
    return Result(tuple(metrics), histories)

"""People disagree too: what one rater says against the mean of all, and what a model can hope for.

    one rater, who must choose a side, contradicts the mean with probability Phi(-|mean| / spread)

Book 2.7.2 (consistent labels). Shapes: N film reviews, each with the mean and the spread of 15 to 29
ratings. Target: the model's errors sit where people disagree. Control: reviews that people agree on.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from workshop.core.data import Reviews, reviews
from workshop.core.device import seed_everything
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.core.training import fit
from workshop.day2.practice.training import predict
from workshop.day2.text import bag


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the comparison with human raters; the model is the bag of `text`."""

    epochs: int = setting(5, at_least=1, help="passes over the reviews")


# --- by hand -------------------------------------------------------------------------------------


def rater_disagreement(mean: Tensor, spread: Tensor) -> Tensor:
    """How probably one rater is on the other side of 0 than the mean: (N,), (N,) -> (N,).

    As if ratings were normally distributed, which they are nearly; a rater who says 0 is taken to
    toss a coin. With a spread of 0 nobody disagrees.
    """
    return torch.special.ndtr(-mean.abs() / spread.clamp(min=1e-6))


def rank_score(values: Tensor, marked: Tensor) -> float:
    """How often a marked example (N,) has a higher value than one that is not, ties counting half.

    0.5: the values have nothing to do with it; 1: every marked one is above all others.
    """
    yes, no = values[marked][:, None], values[~marked]
    return ((yes > no).float() + 0.5 * (yes == no).float()).mean().item()


# --- measured ------------------------------------------------------------------------------------


def model_on_validation(
    config: Config, *, seed: int, device: torch.device
) -> tuple[Reviews, Tensor]:
    """Validation reviews with a mean other than 0, and whether the model is wrong on each, (N,)."""
    parts = reviews()
    known, new = parts.train.beyond(0.0), parts.validation.beyond(0.0)
    settings = bag.Config(epochs=config.epochs)
    vocabulary = bag.vocabulary_of(known, settings)
    seed_everything(seed)
    model = bag.Bag(len(vocabulary), settings.dim, settings.dropout).to(device)
    train = bag.as_split(known, vocabulary).to(device)
    fit(model, train, seed=seed, **bag.fit_options(model, len(train), settings))
    x, y = bag.as_split(new, vocabulary)
    return new, (predict(model, x.to(device)).cpu() > 0) != (y > 0.5)


def by_quarter(values: Tensor, wrong: Tensor) -> list[tuple[float, int, int]]:
    """The examples in four parts by `values` (N,), lowest first: mean value, wrong, examples."""
    order = values.argsort(stable=True)
    return [
        (values[part].mean().item(), int(wrong[part].sum()), len(part))
        for part in order.tensor_split(4)
    ]


def run(config: Config, *, seed: int, device: torch.device, progress: bool) -> Result:
    """Train the bag; compare where it errs with where people disagree."""
    new, wrong = model_on_validation(config, seed=seed, device=device)
    doubt = rater_disagreement(new.mean, new.spread)
    quarters = by_quarter(doubt, wrong)
    return Result(
        (
            Measured("one_rater_agrees", 1 - doubt.mean().item()),
            Measured.count("model_agrees", len(wrong) - int(wrong.sum()), len(wrong)),
            Measured.count("error_where_people_agree", *quarters[0][1:]),
            Measured.count("error_where_people_disagree", *quarters[-1][1:]),
            Measured("doubt_ranks_errors", rank_score(doubt, wrong)),
        )
    )

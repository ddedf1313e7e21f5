"""A bag of embeddings: the mean of the words' vectors, then one linear layer. The baseline to beat.

    logit = w . (1 / T) sum over t of v[id_t] + b

Shapes: B sentences, T tokens, V words, D the embedding size. The order of the words is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from workshop.core.data import Reviews, Split, reviews, word_vectors
from workshop.core.device import seed_everything
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.core.training import count_correct, evaluate, fit
from workshop.day2.text import pipeline
from workshop.day2.text.training import decaying_adam


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the bag of embeddings."""

    limit: float = setting(1.0, at_least=0, below=3, help="only reviews rated beyond +- this")
    least: int = setting(2, at_least=1, help="how often a word must occur to get a vector")
    dim: int = setting(32, at_least=1, help="embedding size")
    dropout: float = setting(0.5, at_least=0, below=1, help="share of the mean that is dropped")
    epochs: int = setting(6, at_least=1, help="passes over the reviews")
    lr: float = setting(0.01, above=0, help="learning rate at the start; it falls to 0")
    batch_size: int = setting(64, at_least=1, help="reviews for each update")


class Bag(nn.Module):
    """ids (B, T), 0 where there is padding -> logits (B,); above 0 says positive."""

    def __init__(self, size: int, dim: int = 32, dropout: float = 0.5) -> None:
        """Vectors start small (0.1), so that a few steps can turn them."""
        super().__init__()
        self.embedding = nn.Embedding(size, dim, padding_idx=0)
        nn.init.normal_(self.embedding.weight, std=0.1)
        nn.init.zeros_(self.embedding.weight[0])
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(dim, 1)

    def forward(self, ids: Tensor) -> Tensor:
        """Look up, average, weigh."""
        mean = pipeline.masked_mean(self.embedding(ids), ids != 0)
        return self.linear(self.dropout(mean))[:, 0]


def glove_bag(config: Config) -> tuple[dict[str, int], Bag]:
    """GloVe's words and a bag of its vectors, which stay as they are: only the layer learns."""
    words, vectors = word_vectors()
    vocabulary = {word: i for i, word in enumerate([*pipeline.SPECIALS, *words])}
    bag = Bag(len(vocabulary), vectors.shape[1], dropout=0.0)
    with torch.no_grad():
        bag.embedding.weight.zero_()
        bag.embedding.weight[len(pipeline.SPECIALS) :] = vectors
    bag.embedding.weight.requires_grad_(False)
    return vocabulary, bag


def vocabulary_of(part: Reviews, config: Config) -> dict[str, int]:
    """The words of these reviews."""
    return pipeline.build_vocabulary(map(pipeline.tokenize, part.texts), least=config.least)


def as_split(part: Reviews, vocabulary: Mapping[str, int]) -> Split:
    """x (N, T) ids, y (N,) 1.0 where people liked the film."""
    ids, _ = pipeline.batch_of(part.texts, vocabulary)
    return Split(ids, (part.mean > 0).float())


def fit_options(model: Bag, examples: int, config: Config) -> dict[str, Any]:
    """The arguments of `fit` or `train_epochs`."""
    options = decaying_adam(model, examples, config)
    return {"loss_fn": nn.BCEWithLogitsLoss(), "metrics": {"accuracy": count_correct}, **options}


def shuffle_words(ids: Tensor, *, seed: int) -> Tensor:
    """The columns (B, T) in another order: each sentence keeps its words."""
    order = torch.randperm(ids.shape[1], generator=torch.Generator().manual_seed(seed))
    return ids[:, order.to(ids.device)]


def run(config: Config, *, seed: int, device: torch.device, progress: bool) -> Result:
    """Three bags on the film reviews: as it should be, labels shuffled, GloVe's vectors frozen."""
    parts = reviews()
    known, test = parts.development.beyond(config.limit), parts.test.beyond(config.limit)
    vocabulary = vocabulary_of(known, config)
    train = as_split(known, vocabulary)
    draws = torch.Generator().manual_seed(seed)
    luck = Split(train.x, train.y[torch.randperm(len(train), generator=draws)])
    seed_everything(seed)
    theirs, frozen = glove_bag(config)
    runs = {
        "bag": (Bag(len(vocabulary), config.dim, config.dropout), vocabulary, train),
        "shuffled_labels": (Bag(len(vocabulary), config.dim, config.dropout), vocabulary, luck),
        "glove_bag": (frozen, theirs, as_split(known, theirs)),
    }
    metrics, histories = [], {}
    for name, (model, words, data) in runs.items():
        data = data.to(device)
        histories[name] = fit(
            model.to(device),
            data,
            seed=seed,
            progress=progress and name.replace("_", " "),
            **fit_options(model, len(data), config),
        )
        scores = evaluate(model, as_split(test, words), metrics={"accuracy": count_correct})
        metrics.append(scores.measured("accuracy", f"{name}_accuracy"))
    bag, x = runs["bag"][0].eval(), as_split(test, vocabulary).x.to(device)
    with torch.no_grad():
        moved = (bag(x) - bag(shuffle_words(x, seed=seed))).abs().max()
    metrics.append(Measured("word_order_effect", moved.item()))
    return Result(tuple(metrics), histories)

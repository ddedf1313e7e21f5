"""Learn vectors from text alone: skip-gram with negative sampling (Word2Vec), on the plays.

    loss = -log sigmoid(v_c . u_o) - sum over K negatives n of log sigmoid(-v_c . u_n)

A word c should score high with the words o that stand near it, low with random words n. Shapes: B pairs,
K negatives, V words, D the embedding size. Source: Mikolov, Sutskever, Chen, Corrado, Dean: Distributed
Representations of Words and Phrases and their Compositionality, 2013.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workshop.core.data import plays, word_vectors
from workshop.core.device import seed_everything
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.core.training import fit
from workshop.day2.text import pipeline
from workshop.day2.text.training import decaying_adam
from workshop.day2.text.vectors import unit


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of skip-gram."""

    least: int = setting(20, at_least=1, help="how often a word must occur to get a vector")
    window: int = setting(3, at_least=1, help="how many words to each side count as near")
    negatives: int = setting(5, at_least=1, help="random words for each pair")
    dim: int = setting(50, at_least=1, help="embedding size")
    epochs: int = setting(3, at_least=1, help="passes over all pairs")
    lr: float = setting(0.01, above=0, help="learning rate at the start; it falls to 0")
    batch_size: int = setting(2048, at_least=1, help="pairs for each update")
    often: float = setting(0.001, above=0, help="words with a greater share are thinned out")


@dataclass(frozen=True, eq=False)
class Corpus:
    """Words, how often each occurs (V,), and the pairs of near words as ids (N,), (N,)."""

    words: list[str]
    counts: Tensor
    centers: Tensor
    contexts: Tensor


def window_pairs(ids: Tensor, speech: Tensor, window: int) -> tuple[Tensor, Tensor]:
    """All pairs of words at most `window` apart in the same speech, both ways round.

    Args:
        ids: (T,) the words of all speeches, one after the other.
        speech: (T,) which speech each is from.
        window: the greatest distance.

    Returns:
        `centers` (N,) and `contexts` (N,).
    """
    pairs = []
    for step in range(1, window + 1):
        together = speech[step:] == speech[:-step]
        left, right = ids[:-step][together], ids[step:][together]
        pairs += [torch.stack([left, right]), torch.stack([right, left])]
    centers, contexts = torch.cat(pairs, dim=1)
    return centers, contexts


def read_plays(config: Config, *, seed: int = 0) -> Corpus:
    """The plays as pairs; of very frequent words only some are kept, as Mikolov and others do."""
    speeches = [pipeline.tokenize(speech.text) for speech in plays()]
    vocabulary = pipeline.build_vocabulary(speeches, least=config.least, specials=())
    rows = [[vocabulary[word] for word in words if word in vocabulary] for words in speeches]
    ids = torch.tensor([i for row in rows for i in row])
    speech = torch.repeat_interleave(torch.tensor([len(row) for row in rows]))
    counts = ids.bincount(minlength=len(vocabulary))
    kept = (config.often * counts.sum() / counts).sqrt().clamp(max=1)[ids]
    stays = torch.rand(len(ids), generator=torch.Generator().manual_seed(seed)) < kept
    return Corpus(list(vocabulary), counts, *window_pairs(ids[stays], speech[stays], config.window))


def skip_gram_loss(center: Tensor, context: Tensor, negatives: Tensor) -> Tensor:
    """The loss above, averaged over the pairs: v_c (B, D), u_o (B, D), u_n (B, K, D) -> ()."""
    near = (center * context).sum(dim=1)
    random = (center[:, None] * negatives).sum(dim=2)
    # -log sigmoid(z) = log(1 + exp(-z)), which softplus does without overflow.
    return (F.softplus(-near) + F.softplus(random).sum(dim=1)).mean()


class SkipGram(nn.Module):
    """Two vectors a word: one as the centre, which is kept, one as its neighbour."""

    def __init__(self, counts: Tensor, dim: int, negatives: int, *, seed: int = 0) -> None:
        """Negatives are drawn with probability proportional to counts ** 0.75."""
        super().__init__()
        self.center = nn.Embedding(len(counts), dim)
        self.context = nn.Embedding(len(counts), dim)
        nn.init.normal_(self.center.weight, std=0.1)
        nn.init.zeros_(self.context.weight)
        self.negatives = negatives
        share = counts.float() ** 0.75
        self.upto = (share / share.sum()).cumsum(dim=0)  # on the CPU, as the draws
        self.draws = torch.Generator().manual_seed(seed)

    def forward(self, center: Tensor, context: Tensor) -> Tensor:
        """The loss of pairs (B,), (B,), with negatives drawn anew."""
        draws = torch.rand(len(center), self.negatives, generator=self.draws)
        random = torch.searchsorted(self.upto, draws).clamp(max=len(self.upto) - 1)
        return skip_gram_loss(
            self.center(center), self.context(context), self.context(random.to(center.device))
        )


def fit_options(model: SkipGram, pairs: int, config: Config) -> dict[str, Any]:
    """The arguments of `fit` or `train_epochs`; the model gives its own loss."""
    return {"loss_fn": lambda loss, _: loss, **decaying_adam(model, pairs, config)}


def neighbour_score(words: Sequence[str], vectors: Tensor, name: str) -> Measured:
    """Do vectors agree with GloVe on who is near to whom? A count; chance is one half.

    For each of the 2,000 most frequent words that GloVe has too, and each of its five nearest words
    there: do our vectors have it nearer than a word drawn at random (always the same draws)?
    """
    theirs, table = word_vectors()
    row = {word: i for i, word in enumerate(theirs)}
    ours = [i for i, word in enumerate(words) if word in row][:2000]
    reference = unit(table[[row[words[i]] for i in ours]])
    near = (reference @ reference.T).fill_diagonal_(-2).topk(5).indices
    draws = torch.Generator().manual_seed(0)
    random = torch.randint(1, len(ours), near.shape, generator=draws)
    random = (random + torch.arange(len(ours))[:, None]) % len(ours)  # never the word itself
    own = unit(vectors.detach().cpu()[ours])
    cosine = own @ own.T
    right = (cosine.gather(1, near) > cosine.gather(1, random)).sum()
    return Measured.count(name, int(right), near.numel())


def run(config: Config, *, seed: int, device: torch.device, progress: bool) -> Result:
    """Vectors of the plays' words, before and after training."""
    corpus = read_plays(config, seed=seed)
    seed_everything(seed)
    model = SkipGram(corpus.counts, config.dim, config.negatives, seed=seed).to(device)
    before = neighbour_score(corpus.words, model.center.weight, "untrained_neighbours")
    pairs = (corpus.centers, corpus.contexts, corpus.contexts)
    history = fit(
        model,
        pairs,
        seed=seed,
        progress=progress and "skip-gram",
        **fit_options(model, len(corpus.centers), config),
    )
    after = neighbour_score(corpus.words, model.center.weight, "neighbours")
    return Result((after, before), {"plays": history})

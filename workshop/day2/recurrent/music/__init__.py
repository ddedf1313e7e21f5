"""One to many: a GRU learns from 900 fiddle tunes to write its own, note by note, until <eos>.

    perplexity = exp(mean of -log P(token<t+1> | tokens up to t))

Book fig-2.17, note-18. Targets: a perplexity on new tunes far below that of counting single tokens and
pairs; tunes that end, differ, and fill their bars. Controls that must miss: a network that starts every
step without its state; new tunes with their notes shuffled; pairs that are only counted (their bars);
and always taking the most likely token, which gives one tune for ever.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader

from workshop.core.device import seed_everything
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.core.training import fit
from workshop.day2.recurrent.music import ngrams, notes
from workshop.day2.recurrent.music.language_model import Composer, compose, perplexity
from workshop.day2.recurrent.music.tunes import KINDS, tunes
from workshop.day2.text.pipeline import EOS, PAD, SOS, BucketBatchSampler


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the composer."""

    embedding: int = setting(64, at_least=1, help="embedding size")
    hidden: int = setting(96, at_least=1, help="units of the GRU")
    epochs: int = setting(6, at_least=1, help="passes over the tunes")
    memoryless_epochs: int = setting(1, at_least=1, help="the same for the network without a state")
    lr: float = setting(0.02, above=0, help="highest learning rate; it rises to it and falls")
    batch_size: int = setting(12, at_least=1, help="tunes per update")
    longest: int = setting(180, at_least=10, help="longer tunes are left out of training")
    samples: int = setting(100, at_least=2, help="tunes that are written")
    limit: int = setting(400, at_least=10, help="tokens after which a tune is cut off")


def fit_options(
    model: Composer, rows: Any, vocabulary: dict[str, int], config: Config, *, seed: int = 0
) -> dict[str, Any]:
    """The arguments of `fit` or `train_epochs` behind the model; rows: a list of ids for each tune."""
    rows = [row for row in rows if len(row) <= config.longest]
    epochs = config.epochs if model.memory else config.memoryless_epochs
    batches = BucketBatchSampler([len(row) for row in rows], config.batch_size, seed=seed)
    optimizer = torch.optim.Adam(model.parameters(), config.lr)

    def clip(*_) -> None:
        """Gradient clipping: over many steps a gradient can grow very large."""
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)

    optimizer.register_step_pre_hook(clip)
    return {
        "train": DataLoader(
            rows, batch_sampler=batches, collate_fn=lambda r: notes.table(r, vocabulary)
        ),
        "loss_fn": lambda logits, y: F.cross_entropy(logits.mT, y, ignore_index=vocabulary[PAD]),
        "optimizer": optimizer,
        "schedule": torch.optim.lr_scheduler.OneCycleLR(
            optimizer, config.lr, total_steps=epochs * len(batches), pct_start=0.2
        ),
        "epochs": epochs,
    }


def run(config: Config, *, seed: int, device: torch.device, progress: bool) -> Result:
    """The network with and without its state, n-grams, and what they write."""
    parts = tunes()
    vocabulary = notes.vocabulary_of(parts.train)
    train, validation, test = (
        notes.ids_of(part, vocabulary) for part in (parts.train, parts.validation, parts.test)
    )
    histories, models = {}, {}
    for name, memory in (("composer", True), ("memoryless", False)):
        seed_everything(seed)
        models[name] = Composer(
            vocabulary, embedding=config.embedding, hidden=config.hidden, memory=memory
        ).to(device)
        histories[name] = fit(
            models[name],
            progress=progress and name,
            **fit_options(models[name], train + validation, vocabulary, config, seed=seed),
        )
    counted = [ngrams.fitted(train, validation, n, len(vocabulary)) for n in (1, 2)]
    ours = perplexity(models["composer"], test, vocabulary)
    plain = perplexity(models["memoryless"], test, vocabulary)
    mixed = perplexity(models["composer"], notes.shuffled(test, seed=seed), vocabulary)
    unigram, bigram = (model.perplexity(test) for model in counted)
    metrics = [
        Measured("music_perplexity", ours),
        Measured("music_bigram_perplexity", bigram),
        Measured("music_unigram_perplexity", unigram),
        Measured("music_below_bigram", 1 - ours / bigram),
        Measured("music_below_unigram", 1 - ours / unigram),
        Measured("music_memoryless_below_bigram", 1 - plain / bigram),
        Measured("music_shuffled_perplexity", mixed),
    ]
    return Result(
        tuple(metrics + written(models["composer"], counted[1], vocabulary, config, seed)),
        histories,
    )


def written(
    model: Composer, bigram: ngrams.Ngram, vocabulary: dict[str, int], config: Config, seed: int
) -> list[Measured]:
    """What the composer and the bigram write: do tunes end, fill their bars, differ?"""
    options: dict[str, Any] = {"limit": config.limit, "seed": seed}
    sampled = compose(model, vocabulary, count=config.samples, **options)
    # Two tries for each kind of dance: the most likely token is the same on every try.
    kinds = [[f"<{kind}>"] for kind in KINDS if f"<{kind}>" in vocabulary]
    greedy = [
        tune
        for start in kinds
        for tune in compose(model, vocabulary, count=2, temperature=0, start=start, **options)
    ]
    words = list(vocabulary)
    pairs = [
        bigram.sample([vocabulary[SOS]], vocabulary[EOS], limit=config.limit, seed=1000 * seed + i)
        for i in range(config.samples)
    ]
    paired = [[words[i] for i in ids[1:]] for ids in pairs]
    return [
        Measured.count("music_ended", sum(tune[-1] == EOS for tune in sampled), len(sampled)),
        Measured.count("music_bars_full", *notes.bars_full(sampled)),
        Measured.count("music_bigram_bars_full", *notes.bars_full(paired)),
        Measured.count(
            "music_new_bars_full", *notes.bars_full(list(map(notes.tokens_of, tunes().test)))
        ),
        Measured.count("music_distinct", different(sampled), len(sampled)),
        Measured.count("music_greedy_distinct", different(greedy), len(greedy)),
        Measured("music_variety", statistics.fmean(map(notes.variety, sampled))),
        Measured("music_greedy_variety", statistics.fmean(map(notes.variety, greedy))),
    ]


def different(written: Sequence[Sequence[str]]) -> int:
    """How many different tunes there are."""
    return len(set(map(tuple, written)))

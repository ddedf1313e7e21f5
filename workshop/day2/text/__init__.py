"""Words as numbers: a row of a table for each, learned from the company that words keep.

    string -> tokens -> ids -> vectors -> a padded batch;    lookup(ids) = one_hot(ids) @ table

Book 2.5 to 2.5.5. `pipeline` goes that way by hand, `bpe` has pieces of words, `vectors` what word vectors
know, `skipgram` how they are trained, `bag` the first model of whole texts. Shapes: B sentences, T tokens,
V words, D the embedding size. Targets: any sentence in pieces and back; vectors learned from plays
agree with GloVe's; GloVe's analogies; good film reviews from bad ones. Controls: one-hot rows, all
equally far apart; vectors before training; whole words, which do not cover new sentences; labels
shuffled; words shuffled.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from workshop.core.device import choose, threads
from workshop.core.results import Result, run_tasks
from workshop.core.settings import Settings, part
from workshop.day2.text import bag, bpe, skipgram, vectors

TASKS = {"bpe": bpe, "vectors": vectors, "skipgram": skipgram, "bag": bag}


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the lesson, a group for each task."""

    bpe: bpe.Config = part(bpe.Config, help="pieces of words")
    vectors: vectors.Config = part(vectors.Config, help="what GloVe's vectors know")
    skipgram: skipgram.Config = part(skipgram.Config, help="vectors learned from plays")
    bag: bag.Config = part(bag.Config, help="film reviews, good or bad")


def run(
    config: Config = Config(),
    *,
    seed: int = 0,
    device: str | torch.device = "cpu",
    progress: bool = False,
) -> Result:
    """All tasks, one after the other, on one thread: the models are small."""
    with threads(1):
        return run_tasks(TASKS, config, seed=seed, device=choose(device), progress=progress)

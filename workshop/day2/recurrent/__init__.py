"""Recurrent networks: one small network, used again at every step, carries what it has read.

    a<t> = g1(W_aa a<t-1> + W_ax x<t> + b_a);    y<t> = g2(W_ya a<t> + b_y)

Book 2.6 to 2.6.2. `cell` has it by hand; then one task for each type of network, in a folder with
settings of its own: `sentiment` (many to one), `music` (one to many), `entities` (many to many),
`translation` (encoder-decoder). Shapes: B sequences, T steps, D numbers a step, H units, C classes,
V tokens. Targets: held-out reviews, tunes, names and phrases; where the order of words decides,
the recurrent network beats the counts. Controls: bags, counts, lists; order taken away.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from workshop.core.device import choose, threads
from workshop.core.results import Result, run_tasks
from workshop.core.settings import Settings, part
from workshop.day2.recurrent import entities, music, sentiment, translation

TASKS = {
    "sentiment": sentiment,
    "music": music,
    "entities": entities,
    "translation": translation,
}


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the lesson, task by task."""

    sentiment: sentiment.Config = part(sentiment.Config, help="film reviews, liked or not")
    music: music.Config = part(music.Config, help="fiddle tunes, one to many")
    entities: entities.Config = part(entities.Config, help="names in sentences, many to many")
    translation: translation.Config = part(translation.Config, help="phrases, English to French")


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

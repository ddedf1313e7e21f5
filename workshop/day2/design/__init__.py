"""Designing a network: how deep, how wide, which activation, which output and which loss.

    signal forwards: x -> g(f(x)) or g(x + f(x));   gradient backwards: a product of slopes

Book 2.1. Tasks, each in a file with settings of its own: `parity` (what depth needs few weights
for), `degradation` (where more layers harm), `vanishing` (why, for sigmoids, and what helps), `width`,
`dying` (dead ReLUs), `chooser` (output, loss and label format for each kind of task).
Shapes: B or N examples, D inputs, H units a layer, C classes.
Targets: the sound choice learns on real data. Controls: the same with the choice undone does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from workshop.core.device import choose, threads
from workshop.core.results import Result, run_tasks
from workshop.core.settings import Settings, part
from workshop.day2.design import chooser, degradation, dying, parity, vanishing, width

TASKS = {
    "parity": parity,
    "degradation": degradation,
    "vanishing": vanishing,
    "width": width,
    "dying": dying,
    "chooser": chooser,
}


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the lesson, task by task."""

    parity: parity.Config = part(parity.Config, help="deep against shallow on parity")
    degradation: degradation.Config = part(degradation.Config, help="20 against 56 layers")
    vanishing: vanishing.Config = part(vanishing.Config, help="ten layers, six ways")
    width: width.Config = part(width.Config, help="how many units")
    dying: dying.Config = part(dying.Config, help="dead ReLUs, and what revives them")
    chooser: chooser.Config = part(chooser.Config, help="output, loss and labels for each task")


def run(
    config: Config = Config(),
    *,
    seed: int = 0,
    device: str | torch.device = "cpu",
    progress: bool = False,
) -> Result:
    """All tasks, one after the other."""
    with threads(1):
        return run_tasks(TASKS, config, seed=seed, device=choose(device), progress=progress)

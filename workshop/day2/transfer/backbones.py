"""Backbones by name: `lite0`, which comes with the workshop, or any classifier of torchvision."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from workshop.core.checks import nearest
from workshop.core.data import DataError

OWN = "lite0"


class Backbone(nn.Module):
    """Photos (B, 3, S, S) in [0, 1] -> `early` -> maps -> `late` -> features (B, width)."""

    width: int

    def early(self, x: Tensor) -> Tensor:
        """What fine-tuning the last blocks leaves alone; here nothing.

        Raises:
            ValueError: x is not (B, 3, H, W).
        """
        if x.ndim != 4 or x.shape[1] != 3:
            raise ValueError(
                f"x: got shape {tuple(x.shape)}, expected (B, 3, H, W): red, green and blue"
            )
        return x

    def late(self, x: Tensor) -> Tensor:
        """From what `early` made to the features."""
        raise NotImplementedError

    def last_weights(self) -> list[nn.Parameter]:
        """What fine-tuning the last blocks trains."""
        raise NotImplementedError


def check_backbone(name: str) -> None:
    """Refuse a name that neither we nor torchvision know.

    Raises:
        ValueError: with the nearest name that there is.
    """
    if name == OWN:
        return
    from torchvision import models

    known = models.list_models(module=models)
    if name not in known:
        raise ValueError(
            f"backbone: got {name!r}, expected {OWN!r}, which comes with the workshop, or one of "
            f"torchvision's classifiers, such as 'resnet18'.{nearest(name, [OWN, *known])} All of "
            f"them: torchvision.models.list_models(module=torchvision.models)"
        )


def load_backbone(name: str = OWN) -> Backbone:
    """The backbone of that name with the weights that it learned on ImageNet, in evaluation mode.

    Weights of torchvision's are fetched once, into torch's cache (TORCH_HOME moves it).

    Raises:
        ValueError: an unknown name, or a network whose output layer is not linear.
        DataError: the weights are not on this machine and cannot be fetched, or are damaged.
    """
    from workshop.day2.transfer.lite0 import pretrained  # which is a Backbone itself

    check_backbone(name)
    return pretrained() if name == OWN else TorchvisionBackbone(name).eval()


class TorchvisionBackbone(Backbone):
    """A classifier of torchvision without its output layer; all of it is `late`."""

    def __init__(self, name: str) -> None:
        """Fetch the weights, unless they are in torch's cache."""
        super().__init__()
        from torchvision import models

        weights = models.get_model_weights(name).DEFAULT
        try:
            model = models.get_model(name, weights=weights)
        except (OSError, RuntimeError) as error:  # no network, a full disk, a damaged file
            raise DataError(
                f"backbone {name}: its weights could not be fetched ({type(error).__name__}: {error})",
                f"offline, take the one that comes with the workshop: --set photos.backbone={OWN}. Or put "
                f"{weights.url} into the folder hub/checkpoints of torch's cache",
            ) from None
        self.width = behead(model, name)
        self.model = model
        scale = weights.transforms()
        self.size = scale.crop_size[0]
        self.shift, self.spread = scale.mean, scale.std

    def late(self, x: Tensor) -> Tensor:
        """Resize and scale as the weights want it, then all layers: (B, 3, H, W) -> (B, D)."""
        x = F.interpolate(x, size=(self.size, self.size), mode="bilinear", antialias=True)
        shift, spread = (
            x.new_tensor(values)[:, None, None] for values in (self.shift, self.spread)
        )
        return self.model((x - shift) / spread)

    def last_weights(self) -> list[nn.Parameter]:
        """The last quarter of its weights and biases."""
        weights = list(self.model.parameters())
        return weights[-max(len(weights) // 4, 1) :]


def behead(model: nn.Module, name: str) -> int:
    """Take the output layer away, in place; how many features it was given.

    Raises:
        ValueError: the model has no linear layer.
    """
    linear = [(path, part) for path, part in model.named_modules() if type(part) is nn.Linear]
    if not linear:
        raise ValueError(
            f"backbone: {name} has no linear output layer to replace; take another, such as resnet18"
        )
    path, output = linear[-1]
    above, _, own = path.rpartition(".")
    setattr(model.get_submodule(above), own, nn.Identity())
    return output.in_features

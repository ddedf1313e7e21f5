"""EfficientNet-Lite0, from torchvision's building blocks: a network that has seen ImageNet.

    padding = max((ceil(size / stride) - 1) * stride + kernel - size, 0), an odd zero after the image

Letters: B images, C channels, H x W pixels. Its 4.65 M weights, trained on 1.28 M photos of 1,000
kinds, come with the workshop. They were trained in TensorFlow, whose padding called `same` is uneven
where a stride of 2 meets an even size.
Sources: Sandler et al. 2018 (inverted residuals), Tan and Le 2019 (EfficientNet).
"""

from __future__ import annotations

from functools import partial

from torch import Tensor, nn
from torch.nn import functional as F

from workshop.core.data import tensors
from workshop.day2.transfer.backbones import Backbone

# A row a stage: blocks, kernel, stride of the first, expansion, channels that come out.
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
WIDTH = 1280  # numbers that describe an image, just before the output layer
LAST = 2  # the last inverted residual and the convolution behind it


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Zeros before and behind, such that ceil(size / stride) places fit: TensorFlow's `same`."""
    places = -(-size // stride)  # rounded up
    total = max((places - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


class SamePad(nn.Module):
    """`same_padding` on all four sides: (B, C, H, W) -> (B, C, H', W')."""

    def __init__(self, kernel: int, stride: int) -> None:
        """Keep what the convolution behind it will be."""
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, x: Tensor) -> Tensor:
        """Pad; for a kernel of 1 there is nothing to do."""
        top, bottom = same_padding(x.shape[2], self.kernel, self.stride)
        left, right = same_padding(x.shape[3], self.kernel, self.stride)
        return F.pad(x, (left, right, top, bottom))


def conv(
    inputs: int,
    outputs: int,
    kernel: int = 1,
    stride: int = 1,
    *,
    groups: int = 1,
    activation: bool = True,
) -> nn.Module:
    """Padding, convolution, BatchNorm, and ReLU6 (a ReLU that stops at 6) if `activation`."""
    from torchvision.ops import Conv2dNormActivation

    parts = Conv2dNormActivation(
        inputs,
        outputs,
        kernel,
        stride,
        padding=0,
        groups=groups,
        norm_layer=partial(nn.BatchNorm2d, eps=1e-3, momentum=0.01),
        activation_layer=nn.ReLU6 if activation else None,
    )
    return parts if kernel == 1 else nn.Sequential(SamePad(kernel, stride), parts)


class InvertedResidual(nn.Module):
    """Widen, look around in each channel on its own, narrow; add the input where shapes allow."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        """Three convolutions; the first is left out where nothing is widened."""
        super().__init__()
        wide = inputs * expansion
        widen = [conv(inputs, wide)] if expansion > 1 else []
        around = conv(wide, wide, kernel, stride, groups=wide)  # a kernel for each channel
        self.inside = nn.Sequential(*widen, around, conv(wide, outputs, activation=False))
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, outputs, H / stride, W / stride)."""
        return x + self.inside(x) if self.adds else self.inside(x)


class Lite0(Backbone):
    """Photos (B, 3, H, W) in [0, 1] -> logits (B, classes)."""

    width = WIDTH

    def __init__(self, classes: int = 1000) -> None:
        """Random weights; see `pretrained`."""
        super().__init__()
        blocks, inputs = [conv(3, 32, 3, 2)], 32
        for count, kernel, stride, expansion, outputs in STAGES:
            for number in range(count):
                step = stride if number == 0 else 1
                blocks.append(InvertedResidual(inputs, outputs, kernel, step, expansion))
                inputs = outputs
        blocks.append(conv(inputs, WIDTH))
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Linear(WIDTH, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Early blocks, late blocks, output layer."""
        return self.head(self.features(x))

    def early(self, x: Tensor) -> Tensor:
        """Through all but the last blocks: (B, 3, H, W) -> (B, 192, H / 32, W / 32)."""
        x = (super().early(x) * 255 - 127) / 128  # the scale that its weights were trained with
        for block in list(self.blocks)[:-LAST]:
            x = block(x)
        return x

    def late(self, x: Tensor) -> Tensor:
        """Through the last blocks, then the mean over all places: (B, 192, h, w) -> (B, 1280)."""
        for block in list(self.blocks)[-LAST:]:
            x = block(x)
        return x.mean(dim=(2, 3))

    def features(self, x: Tensor) -> Tensor:
        """What the head is given: (B, 3, H, W) -> (B, 1280)."""
        return self.late(self.early(x))

    def last_weights(self) -> list[nn.Parameter]:
        """The weights and biases in `late`."""
        return list(self.blocks[-LAST:].parameters())


def pretrained() -> Lite0:
    """The network with the weights from ImageNet, for 1,000 classes, in evaluation mode.

    Raises:
        DataError: the file of the weights is missing or damaged.
    """
    model = Lite0()
    weights = tensors("lite0.safetensors")
    counters = {k: v for k, v in model.state_dict().items() if k.endswith("num_batches_tracked")}
    model.load_state_dict({name: value.float() for name, value in weights.items()} | counters)
    return model.eval()

"""Out of the notebook: the whole model as one file, and a look at a picture of your own."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from workshop.day2.transfer.pictures import KINDS, PictureError, read_image, square
from workshop.day2.transfer.regimes import Transfer


def whole(model: Transfer) -> Transfer:
    """A copy that takes photos (B, 3, S, S) in [0, 1], whatever the model was trained on."""
    model = copy.deepcopy(model).cpu().eval().to(memory_format=torch.contiguous_format)
    model.start = "photos"
    return model


def save(model: Transfer, file: str | Path, *, size: int) -> Path:
    """Export photos (B, 3, size, size), any B -> logits (B, K) with torch.export.

    The file holds weights and computation: to use it, torch is needed, but neither the workshop nor
    the code of the network. `torch.export.load(file).module()` makes it a function again.
    """
    photos = torch.rand(2, 3, size, size)
    program = torch.export.export(
        whole(model), (photos,), dynamic_shapes={"x": {0: torch.export.Dim("batch", max=1024)}}
    )
    torch.export.save(program, str(file))
    return Path(file)


def classify(model: Callable[[Tensor], Tensor], image: Tensor, *, size: int) -> dict[str, float]:
    """How likely each kind is, for a picture (3, H, W) of any size; the middle square is looked at.

    Raises:
        PictureError: the picture has another shape.
    """
    with torch.no_grad():
        shares = torch.softmax(model(square(image, size)[None]), dim=1)[0]
    return dict(zip(KINDS, shares.tolist(), strict=True))


def upload_box(model: nn.Module, *, size: int) -> Any:
    """A button that takes a picture file and says what the model sees on it.

    The picture stays on this machine. Without a person to press it, nothing happens.
    """
    from ipywidgets import FileUpload, Output, VBox

    button, output = FileUpload(accept="image/*", multiple=False), Output()

    def look(_: Any) -> None:
        output.clear_output()
        with output:
            for file in button.value:
                print(describe(model, bytes(file["content"]), size=size))

    button.observe(look, names="value")
    return VBox([button, output])


def describe(model: nn.Module, content: bytes, *, size: int) -> str:
    """What the model sees on the picture in these bytes, or why it cannot look, in one line."""
    try:
        shares = classify(model, read_image(content), size=size)
    except PictureError as problem:
        return str(problem)
    ordered = sorted(shares.items(), key=lambda item: -item[1])
    return ", ".join(f"{kind} {share:.0%}" for kind, share in ordered)

"""Which device to compute on (CUDA, MPS or CPU), the seed, and how many threads."""

from __future__ import annotations

import os
import platform
import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

NAMES = ("auto", "cpu", "cuda", "mps")


class DeviceError(RuntimeError):
    """The device that was asked for is not there; the message says what to do."""


def choose(device: str | torch.device = "auto") -> torch.device:
    """The device to compute on.

    'auto' takes what the environment variable WORKSHOP_DEVICE names and else the fastest there
    is: CUDA before MPS (Apple's GPU) before the CPU.

    Raises:
        DeviceError: an unknown name, or a device that this machine or this torch does not have.
    """
    name = str(device)
    origin = "--device"
    if name == "auto" and os.environ.get("WORKSHOP_DEVICE", "auto") != "auto":
        name, origin = os.environ["WORKSHOP_DEVICE"], "WORKSHOP_DEVICE"
    if name == "auto":
        return torch.device(
            "cuda" if torch.cuda.is_available() else "mps" if _mps_works() else "cpu"
        )
    try:
        wanted = torch.device(name)
    except RuntimeError:  # no such word, or no number behind the colon
        wanted = None
    if wanted is None or wanted.type not in NAMES:
        raise DeviceError(f"{origin}: got {name!r}, expected one of {', '.join(NAMES)}.")
    if wanted.type == "cuda":
        if not torch.cuda.is_available():
            raise DeviceError(
                f"{origin} asks for CUDA, but torch {torch.__version__} finds no CUDA GPU here. "
                f"Take 'cpu' (every lesson fits on it) or 'auto', or see `workshop doctor`."
            )
        if (wanted.index or 0) >= torch.cuda.device_count():
            raise DeviceError(
                f"{origin}: got {name!r}, expected at most cuda:{torch.cuda.device_count() - 1}."
            )
    if wanted.type == "mps" and not _mps_works():
        raise DeviceError(
            f"{origin} asks for MPS, Apple's GPU, which torch {torch.__version__} does not find "
            f"here. Take 'cpu' or 'auto'."
        )
    return wanted


def _mps_works() -> bool:
    return torch.backends.mps.is_built() and torch.backends.mps.is_available()


def describe(device: str | torch.device) -> str:
    """The device's name for people, such as 'cuda (NVIDIA T4)' or 'cpu (2 threads)'."""
    device = torch.device(device)
    if device.type == "cuda":
        return f"{device} ({torch.cuda.get_device_name(device)})"
    if device.type == "mps":
        return f"mps ({platform.processor() or 'Apple GPU'})"
    threads = torch.get_num_threads()
    return f"cpu ({threads} thread{'s' if threads != 1 else ''})"


def seed_everything(seed: int) -> None:
    """Seed Python's, NumPy's and torch's generators, on every device.

    The lessons call it once, before they make a model: initial weights come from torch's global
    generator. The order of the examples does not; `fit` has a seed of its own.
    """
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed: got {seed}, expected 0 to {2**32 - 1}")
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Let torch use `count` threads inside the `with` block, and as many as before after it.

    A small model is faster on one thread: each step is so short that handing out the work costs
    more than the work. Convolutions want all cores.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)

"""Device choice with what is there monkeypatched, seeds, and threads."""

import random

import numpy as np
import pytest
import torch

from workshop.core import device
from workshop.core.device import DeviceError, choose, describe, seed_everything, threads


@pytest.fixture
def machine(monkeypatch):
    """machine(cuda=2, mps=True): a machine with two CUDA GPUs and Apple's."""

    def make(*, cuda=0, mps=False):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_built", lambda: mps)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)

    make()
    return make


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ({"cuda": 1, "mps": True}, "cuda"),
        ({"cuda": 1}, "cuda"),
        ({"mps": True}, "mps"),
        ({}, "cpu"),
    ],
)
def test_auto_takes_cuda_before_mps_before_the_cpu(machine, there, expected):
    machine(**there)
    assert choose() == torch.device(expected)
    assert choose("auto") == torch.device(expected)


def test_what_is_asked_for_is_taken_where_it_is_there(machine):
    machine(cuda=2, mps=True)
    for name in ("cpu", "mps", "cuda", "cuda:1"):
        assert choose(name) == torch.device(name)
        assert choose(torch.device(name)) == torch.device(name)


def test_the_environment_decides_for_auto_only(machine, monkeypatch):
    machine(cuda=1, mps=True)
    monkeypatch.setenv("WORKSHOP_DEVICE", "cpu")
    assert choose() == torch.device("cpu")
    assert choose("mps") == torch.device("mps")
    monkeypatch.setenv("WORKSHOP_DEVICE", "auto")
    assert choose() == torch.device("cuda")


@pytest.mark.parametrize("origin", ["--device", "WORKSHOP_DEVICE"])
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("cuda", "finds no CUDA GPU here. Take 'cpu'"),
        ("cuda:0", "finds no CUDA GPU here. Take 'cpu'"),
        ("mps", "asks for MPS, Apple's GPU, which torch"),
        ("gpu", "got 'gpu', expected one of auto, cpu, cuda, mps"),
        ("", "got '', expected one of auto, cpu, cuda, mps"),
        ("cuda:x", "got 'cuda:x', expected one of"),
        ("cpux", "got 'cpux', expected one of"),
        ("meta", "got 'meta', expected one of"),
        ("auto:1", "got 'auto:1', expected one of"),
    ],
)
def test_what_is_not_there_is_refused_with_advice(machine, monkeypatch, origin, name, message):
    if origin == "WORKSHOP_DEVICE":
        monkeypatch.setenv("WORKSHOP_DEVICE", name)
        name = "auto"
    with pytest.raises(DeviceError, match=message) as error:
        choose(name)
    assert str(error.value).startswith(origin)


def test_a_gpu_number_that_is_not_there_is_refused(machine):
    machine(cuda=2)
    with pytest.raises(DeviceError, match="got 'cuda:2', expected at most cuda:1"):
        choose("cuda:2")


@pytest.mark.parametrize("name", ["cuda:x", "cuda:", "mps:x"])
def test_a_gpu_number_that_is_none_is_refused(machine, name):
    machine(cuda=2, mps=True)
    with pytest.raises(DeviceError, match=f"got '{name}'"):
        choose(name)


def test_devices_are_described_for_people(monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: f"Card {device.index or 0}")
    assert describe("cuda:1") == "cuda:1 (Card 1)"
    monkeypatch.setattr(device.platform, "processor", lambda: "arm")
    assert describe("mps") == "mps (arm)"
    with threads(1):
        assert describe("cpu") == "cpu (1 thread)"
    with threads(2):
        assert describe(torch.device("cpu")) == "cpu (2 threads)"


def draws():
    return random.random(), np.random.rand(), torch.rand(()).item()


def test_one_seed_gives_the_same_numbers_everywhere():
    seed_everything(3)
    first = draws()
    seed_everything(3)
    assert draws() == first
    seed_everything(4)
    assert all(a != b for a, b in zip(draws(), first, strict=True))


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_that_numpy_cannot_take_is_refused(seed):
    with pytest.raises(ValueError, match=f"seed: got {seed}, expected 0 to"):
        seed_everything(seed)


def test_the_number_of_threads_comes_back():
    before = torch.get_num_threads()
    for count in (1, before + 1):
        with threads(count):
            assert torch.get_num_threads() == count
        assert torch.get_num_threads() == before


def test_the_number_of_threads_comes_back_after_an_error_too():
    before = torch.get_num_threads()
    with pytest.raises(KeyError, match="out of here"), threads(before + 1):
        raise KeyError("out of here")
    assert torch.get_num_threads() == before


def test_threads_may_be_nested():
    before = torch.get_num_threads()
    with threads(3):
        with threads(1):
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 3
    assert torch.get_num_threads() == before

"""The full Fashion-MNIST: found where it is, read packed or not, and clear where it is not."""

import gzip
import struct

import numpy as np
import pytest
import torch

from workshop.core.data import CLOTHES, DataError
from workshop.day2.cnn import full_size


def idx(array):
    head = b"\0\0\x08" + bytes([array.ndim]) + struct.pack(f">{array.ndim}i", *array.shape)
    return head + array.astype(np.uint8).tobytes()


@pytest.fixture(scope="module")
def contents():
    """Four files of the right sizes: image n is grey of n % 251, label n % 10."""
    made = {}
    for part, count in (("train", 60_000), ("t10k", 10_000)):
        n = np.arange(count)
        images = np.broadcast_to((n % 251).astype(np.uint8)[:, None, None], (count, 28, 28))
        made[f"{part}-images-idx3-ubyte"] = idx(images)
        made[f"{part}-labels-idx1-ubyte"] = idx(n % 10)
    return made


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr(full_size, "DEBIAN", tmp_path / "debian")


def write(folder, contents, packed):
    folder.mkdir(parents=True)
    for name, content in contents.items():
        if packed:
            (folder / f"{name}.gz").write_bytes(gzip.compress(content, 1))
        else:
            (folder / name).write_bytes(content)


@pytest.mark.parametrize(
    ("place", "packed"), [("debian", True), ("torch/datasets/FashionMNIST/raw", False)]
)
def test_it_is_found_in_debian_s_place_and_in_torch_s_cache(tmp_path, contents, place, packed):
    write(tmp_path / place, contents, packed)
    assert full_size.find_fashion_mnist() == tmp_path / place
    data = full_size.load_fashion_mnist()
    sizes = (55_000, 5_000, 10_000)
    for split, count, first in zip(
        (data.train, data.validation, data.test), sizes, (0, 55_000, 0), strict=True
    ):
        assert split.x.shape == (count, 1, 28, 28)
        assert (split.x.dtype, split.y.dtype) == (torch.float32, torch.int64)
        n = first + torch.arange(count)
        assert torch.equal(split.y, n % 10)
        assert torch.equal(split.x[:, 0, 3, 5], (n % 251).float() / 255)
    assert data.class_names == CLOTHES


def test_a_folder_can_be_named_with_torchvision_s_layout(tmp_path, contents):
    write(tmp_path / "mine" / "FashionMNIST" / "raw", contents, packed=True)
    assert full_size.find_fashion_mnist() is None
    assert len(full_size.load_fashion_mnist(tmp_path / "mine").test) == 10_000


def test_missing_files_are_named_with_places_and_the_default(tmp_path):
    with pytest.raises(DataError) as error:
        full_size.load_fashion_mnist()
    message = str(error.value)
    assert (
        f"{tmp_path / 'torch' / 'datasets' / 'FashionMNIST' / 'raw'}, {tmp_path / 'debian'}"
        in message
    )
    assert "load('fashion_mnist')" in message
    assert "download=True" in message


def test_offline_the_download_fails_with_the_default_named(tmp_path, monkeypatch):
    from torchvision import datasets

    def offline(root, download):
        raise RuntimeError("Error downloading")

    monkeypatch.setattr(datasets, "FashionMNIST", offline)
    with pytest.raises(
        DataError, match=r"could not be fetched .*Error downloading.*load\('fashion_mnist'\)"
    ):
        full_size.load_fashion_mnist(download=True)


def test_a_download_goes_to_the_cache_and_is_read_from_there(tmp_path, monkeypatch, contents):
    from torchvision import datasets

    def online(root, download):
        from pathlib import Path

        write(Path(root) / "FashionMNIST" / "raw", contents, packed=False)

    monkeypatch.setattr(datasets, "FashionMNIST", online)
    assert len(full_size.load_fashion_mnist(download=True).train) == 55_000
    assert full_size.find_fashion_mnist() == tmp_path / "torch/datasets/FashionMNIST/raw"


def test_damaged_files_are_named(tmp_path, contents):
    folder = tmp_path / "debian"
    write(folder, contents, packed=True)
    images = folder / "train-images-idx3-ubyte.gz"
    good = images.read_bytes()
    for bad in (
        good[:1000],
        b"not packed at all",
        gzip.compress(b"\0\0\x0d\x01"),
        gzip.compress(b"\0\0\x08"),
    ):
        images.write_bytes(bad)
        with pytest.raises(DataError, match=r"train-images-idx3-ubyte\.gz cannot be read"):
            full_size.load_fashion_mnist()
    images.write_bytes(gzip.compress(idx(np.zeros((7, 28, 28)))))
    with pytest.raises(DataError, match=r"expected \(60000, 28, 28\)"):
        full_size.load_fashion_mnist()

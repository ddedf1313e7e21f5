"""The one door to the data: `load("mnist5k")` and friends, and `verify()`, which re-hashes them.

Nothing else opens data/. All sets are small, offline and split once for ever into training,
validation and test. data/MANIFEST.toml tells where each comes from and under which licence.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from workshop.core.lesson import nearest

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib


class DataError(RuntimeError):
    """Data are missing or damaged; the message names the file and what mends it."""


@dataclass(frozen=True)
class Split:
    """Examples x (N, ...) with their labels y (N,); unpacks as `x, y = split`."""

    x: Tensor
    y: Tensor

    def __post_init__(self) -> None:
        """Refuse an x and a y of different lengths."""
        if len(self.x) != len(self.y):
            raise ValueError(f"got {len(self.x)} examples x and {len(self.y)} labels y")

    def __iter__(self) -> Iterator[Tensor]:
        """First x, then y: a split can be given to `fit` as it is."""
        return iter((self.x, self.y))

    def __len__(self) -> int:
        """The number of examples N."""
        return len(self.y)

    def to(self, device: str | torch.device) -> Split:
        """The same examples on `device`."""
        return Split(self.x.to(device), self.y.to(device))


@dataclass(frozen=True)
class Data:
    """A data set with its three fixed parts and the names of its columns and classes."""

    name: str
    train: Split
    validation: Split
    test: Split
    feature_names: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()

    @property
    def development(self) -> Split:
        """Training and validation part together: for the one refit before the test."""
        return Split(
            torch.cat([self.train.x, self.validation.x]),
            torch.cat([self.train.y, self.validation.y]),
        )

    def to(self, device: str | torch.device) -> Data:
        """The same data on `device`."""
        return replace(
            self,
            train=self.train.to(device),
            validation=self.validation.to(device),
            test=self.test.to(device),
        )


def load(name: str) -> Data:
    """Load a data set by name, as fresh tensors on the CPU.

    - mnist5k: x (N, 1, 28, 28) float32 in [0, 1], y 0 to 9; 3,500 / 500 / 1,000 examples.
    - digits: x (N, 1, 8, 8) float32 in [0, 1], y 0 to 9.
    - breast_cancer: x (N, 30) float32 in the units measured, y 0 malignant, 1 benign.
    - diabetes: x (N, 10) float32 in the units measured, y float32, progression after a year.

    The last three come with scikit-learn and are dealt out by position: within each class (for
    diabetes over all rows), in the order of the file, of every five rows three go to training, the
    fourth to validation, the fifth to the test.

    Raises:
        KeyError: no such data set; the nearest name is suggested.
        DataError: its file is missing or damaged.
    """
    if name not in _LOADERS:
        raise KeyError(
            f"No data set {name!r}.{nearest(name, _LOADERS)} There are: {', '.join(_LOADERS)}."
        )
    return _LOADERS[name]()


def standardize(data: Data) -> Data:
    """Shift and scale each column of x (N, ...) to mean 0 and standard deviation 1.

    The means and deviations are those of the training part alone; a column that never changes is
    only shifted.
    """
    x = data.train.x.double()
    mean, sd = x.mean(dim=0), x.std(dim=0, correction=0)
    sd = torch.where(sd > 0, sd, torch.ones_like(sd))

    def scaled(split: Split) -> Split:
        return Split(((split.x.double() - mean) / sd).float(), split.y)

    return replace(
        data,
        train=scaled(data.train),
        validation=scaled(data.validation),
        test=scaled(data.test),
    )


def data_dir() -> Path:
    """The folder with the data files: WORKSHOP_DATA, the installed package's, the repository's.

    Raises:
        DataError: none of them is there.
    """
    if "WORKSHOP_DATA" in os.environ:
        places = [Path(os.environ["WORKSHOP_DATA"])]
    else:
        package = Path(__file__).resolve().parents[1]
        places = [package / "_data", package.parent / "data"]
    for place in places:
        if (place / "MANIFEST.toml").is_file():
            return place
    raise DataError(
        f"The data are not there: looked for MANIFEST.toml in {', '.join(map(str, places))}. "
        f"Install the package again: python -m pip install --force-reinstall --no-deps "
        f"deep-learning-workshop (in a clone of the repository: python -m pip install .)"
    )


def manifest() -> list[dict[str, Any]]:
    """The rows of data/MANIFEST.toml, one per file or data set."""
    return tomllib.loads((data_dir() / "MANIFEST.toml").read_text(encoding="utf-8"))["data"]


@dataclass(frozen=True)
class Problem:
    """Something about the data that is not as the manifest says."""

    name: str
    what: str
    mend: str


def verify() -> list[Problem]:
    """Compare every file and every data set of scikit-learn with its hash in the manifest."""
    problems = []
    for row in manifest():
        if "file" in row:
            path = data_dir() / row["file"]
            if not path.is_file():
                what = f"{path} is missing"
            elif (got := hashlib.sha256(path.read_bytes()).hexdigest()) != row["sha256"]:
                what = f"{path} has changed: got sha256 {got[:12]}, expected {row['sha256'][:12]}"
            else:
                continue
            mend = "python -m pip install --force-reinstall --no-deps deep-learning-workshop"
        else:
            if (got := _sklearn_hash(row["name"])) == row["sha256"]:
                continue
            what = (
                f"scikit-learn's {row['name']} data have changed: got sha256 {got[:12]}, expected "
                f"{row['sha256'][:12]}"
            )
            mend = "python -m pip install --upgrade deep-learning-workshop"
        problems.append(Problem(row["name"], what, mend))
    return problems


# --- the loaders ---------------------------------------------------------------------------------


def _mnist5k() -> Data:
    arrays = _npz("mnist5k.npz")

    def part(name: str) -> Split:
        x = torch.from_numpy(arrays[f"{name}_x"]).float().div(255)[:, None]
        return Split(x, torch.from_numpy(arrays[f"{name}_y"]).long())

    return Data(
        "mnist5k",
        part("train"),
        part("validation"),
        part("test"),
        class_names=tuple("0123456789"),
    )


def _digits() -> Data:
    x, y, bunch = _sklearn("digits")
    images = torch.from_numpy(x / 16).float().reshape(-1, 1, 8, 8)
    return _dealt("digits", images, torch.from_numpy(y), class_names=tuple("0123456789"))


def _breast_cancer() -> Data:
    x, y, bunch = _sklearn("breast_cancer")
    return _dealt(
        "breast_cancer",
        torch.from_numpy(x).float(),
        torch.from_numpy(y),
        feature_names=tuple(map(str, bunch.feature_names)),
        class_names=tuple(map(str, bunch.target_names)),
    )


def _diabetes() -> Data:
    x, y, bunch = _sklearn("diabetes")
    names = tuple(map(str, bunch.feature_names))
    return _dealt(
        "diabetes", torch.from_numpy(x).float(), torch.from_numpy(y).float(), feature_names=names
    )


_LOADERS = {
    "mnist5k": _mnist5k,
    "digits": _digits,
    "breast_cancer": _breast_cancer,
    "diabetes": _diabetes,
}


def _npz(file: str) -> dict[str, np.ndarray]:
    path = data_dir() / file
    mend = "`workshop doctor` tells what is wrong and how to mend it"
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    except FileNotFoundError:
        raise DataError(f"{path} is missing; {mend}.") from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"{path} cannot be read ({error}); {mend}.") from None


def _sklearn(name: str) -> tuple[np.ndarray, np.ndarray, Any]:
    """Arrays x (N, D) float64 and y (N,) of a data set of scikit-learn, and all it says of it."""
    from sklearn import datasets

    options = {"scaled": False} if name == "diabetes" else {}
    bunch = getattr(datasets, f"load_{name}")(**options)
    x = np.ascontiguousarray(bunch.data, dtype="<f8")
    y = np.ascontiguousarray(bunch.target, dtype="<f8" if name == "diabetes" else "<i8")
    return x, y, bunch


def _sklearn_hash(name: str) -> str:
    """sha256 over the bytes of x, then of y: little-endian, row by row."""
    x, y, _ = _sklearn(name)
    return hashlib.sha256(x.tobytes() + y.tobytes()).hexdigest()


def _dealt(name: str, x: Tensor, y: Tensor, **names: tuple[str, ...]) -> Data:
    """Deal the rows out by their place in the file, within each class if there are classes."""
    groups = [torch.arange(len(y))]
    if not y.is_floating_point():
        groups = [(y == label).nonzero()[:, 0] for label in y.unique()]
    place = torch.empty(len(y), dtype=torch.long)
    for rows in groups:
        place[rows] = torch.arange(len(rows)) % 5
    train, validation, test = place <= 2, place == 3, place == 4
    return Data(
        name,
        Split(x[train], y[train]),
        Split(x[validation], y[validation]),
        Split(x[test], y[test]),
        **names,
    )

"""The one door to the data: `load("mnist5k")` and friends, and `verify()`, which re-hashes them.

Nothing else opens data/. All sets are small, offline and split once for ever into training,
validation and test. data/MANIFEST.toml tells where each comes from and under which licence.
"""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from workshop.core.checks import nearest
from workshop.core.files import REINSTALL, DataError, data_dir

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib


CLOTHES = (
    "T-shirt",
    "trousers",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)


@dataclass(frozen=True, eq=False)  # tensors do not compare to one True or False
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


@dataclass(frozen=True, eq=False)
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
    - fashion_mnist: x (N, 1, 28, 28) float32 in [0, 1], y 0 to 9; 4,500 / 500 / 1,000 examples.

    Digits, breast_cancer and diabetes come with scikit-learn and are dealt out by position: within each class (for
    diabetes over all rows), in the order of the file, of every five rows three go to training, the
    fourth to validation, the fifth to the test.

    Raises:
        KeyError: no such data set; the nearest name is suggested.
        DataError: its file is missing or damaged.
    """
    if not isinstance(name, str) or name not in _LOADERS:
        raise KeyError(
            f"No data set {name!r}.{nearest(str(name), _LOADERS)} There are: {', '.join(_LOADERS)}."
        )
    return _LOADERS[name]()


def word_vectors() -> tuple[list[str], Tensor]:
    """The 20,000 most frequent words of English and a vector for each: GloVe 6B, 50 numbers.

    Returns:
        words, the most frequent first, in lower case; vectors (20,000, 50) float32, fresh, which
        were stored with 16 bits.

    Raises:
        DataError: the file is missing or damaged.

    Source: Pennington, Socher, Manning: GloVe: Global Vectors for Word Representation, 2014.
    """
    arrays = arrays_of("glove.6B.50d.20k.npz", ["words", "vectors"])
    words = arrays["words"].tobytes().decode().split("\n")
    return words, torch.from_numpy(arrays["vectors"].astype(np.float32))


@dataclass(frozen=True, eq=False)
class Reviews:
    """Sentences of film reviews with what people thought of them, -4 (very negative) to 4.

    texts: N sentences; mean (N,) float32: the mean of the 15 to 29 ratings of each; spread (N,)
    float32: their standard deviation.
    """

    texts: tuple[str, ...]
    mean: Tensor
    spread: Tensor

    def __len__(self) -> int:
        """The number of sentences N."""
        return len(self.texts)

    def __add__(self, other: Reviews) -> Reviews:
        """These sentences, then the others."""
        return Reviews(
            self.texts + other.texts,
            torch.cat([self.mean, other.mean]),
            torch.cat([self.spread, other.spread]),
        )

    def beyond(self, limit: float) -> Reviews:
        """Only the sentences whose mean rating is above `limit` or below -`limit`."""
        rows = (self.mean.abs() > limit).nonzero()[:, 0]
        texts = tuple(self.texts[row] for row in rows.tolist())
        return Reviews(texts, self.mean[rows], self.spread[rows])


@dataclass(frozen=True, eq=False)
class ReviewParts:
    """The three fixed parts of the film reviews."""

    train: Reviews
    validation: Reviews
    test: Reviews

    @property
    def development(self) -> Reviews:
        """Training and validation part together: for the one refit before the test."""
        return self.train + self.validation


def reviews() -> ReviewParts:
    """10,605 sentences of film reviews, each rated by 15 to 29 people: 7,405 / 1,100 / 2,100.

    Raises:
        DataError: the file is missing or damaged.

    Source: Hutto, Gilbert: VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social
    Media Text, 2014.
    """
    parts = ("train", "validation", "test")
    columns = ("text", "raters", "sum", "squares")
    arrays = arrays_of("reviews.npz", [f"{part}_{column}" for part in parts for column in columns])

    def part(name: str) -> Reviews:
        texts = tuple(arrays[f"{name}_text"].tobytes().decode().split("\n"))
        raters, total, squares = (arrays[f"{name}_{c}"].astype(np.float64) for c in columns[1:])
        mean = total / raters
        spread = np.sqrt(np.maximum(squares / raters - mean**2, 0))
        return Reviews(texts, *(torch.from_numpy(a.astype(np.float32)) for a in (mean, spread)))

    return ReviewParts(*map(part, parts))


class Speech(NamedTuple):
    """What somebody says in a play; the lines of `text` have newlines between them."""

    play: str
    speaker: str
    text: str


def plays() -> list[Speech]:
    """23,408 speeches, in their order, of 27 plays of William Shakespeare (without the histories).

    Raises:
        DataError: the file is missing or damaged.
    """
    speeches, title = [], ""
    for line in arrays_of("plays.npz", ["text"])["text"].tobytes().decode().split("\n"):
        if line.startswith("# "):
            title = line[2:]
            continue
        speaker, _, text = line.partition("\t")
        speeches.append(Speech(title, speaker, text.replace("|", "\n")))
    return speeches


def tensors(file: str) -> dict[str, Tensor]:
    """The named tensors in a .safetensors file of data/, such as the weights of a network.

    Raises:
        DataError: the file is missing or damaged.
    """
    import safetensors.torch

    path = data_dir() / file
    try:
        return safetensors.torch.load(path.read_bytes())
    except FileNotFoundError:
        raise _damaged(path, "is missing") from None
    except Exception as error:
        raise _damaged(path, f"cannot be read ({type(error).__name__}: {error})") from None


def members(file: str) -> dict[str, bytes]:
    """The files in a zip archive of data/, in the order in which they were put in.

    Raises:
        DataError: the archive is missing or damaged.
    """
    path = data_dir() / file
    try:
        with zipfile.ZipFile(path) as zipped:  # reading to the end looks at the checksum
            return {name: zipped.read(name) for name in zipped.namelist()}
    except FileNotFoundError:
        raise _damaged(path, "is missing") from None
    except Exception as error:
        raise _damaged(path, f"cannot be read ({type(error).__name__}: {error})") from None


def standardize(data: Data) -> Data:
    """Shift and scale each column of x (N, ...) to mean 0 and standard deviation 1.

    The means and deviations are those of the training part alone; a column that never changes
    there is only shifted. The result is float32, on the device where the data were.
    """
    x = data.train.x.cpu().double()  # on the CPU, since MPS has no float64
    mean, sd = x.mean(dim=0), x.std(dim=0, correction=0)
    # Rounding can leave the deviation of a constant column a hair above 0: compare the values.
    sd = torch.where((x == x[0]).all(dim=0), 1.0, sd)

    def scaled(split: Split) -> Split:
        return Split(((split.x.cpu().double() - mean) / sd).float().to(split.x.device), split.y)

    return replace(
        data,
        train=scaled(data.train),
        validation=scaled(data.validation),
        test=scaled(data.test),
    )


def manifest() -> list[dict[str, Any]]:
    """The rows of data/MANIFEST.toml, one per file or data set.

    Raises:
        DataError: the manifest is missing or damaged.
    """
    path = data_dir() / "MANIFEST.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))["data"]
    except (OSError, ValueError, KeyError) as error:
        raise _damaged(path, f"cannot be read ({type(error).__name__}: {error})") from None


@dataclass(frozen=True)
class Problem:
    """A row of the manifest that does not hold: `what` is wrong, and how to `fix` it."""

    name: str
    what: str
    fix: str


def verify() -> list[Problem]:
    """Compare every file and every data set of scikit-learn with its hash in the manifest.

    Returns:
        One problem for each row of the manifest that does not hold; empty if all is well.

    Raises:
        DataError: there is no manifest to compare with.
    """
    checked = (_check_file(row) if "file" in row else _check_sklearn(row) for row in manifest())
    return [problem for problem in checked if problem is not None]


def _check_file(row: dict[str, Any]) -> Problem | None:
    path = data_dir() / row["file"]
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        what = "is missing"
    except OSError as error:
        what = f"cannot be read ({error})"
    else:
        sha256 = hashlib.sha256(content).hexdigest()
        if sha256 == row["sha256"]:
            return None
        what = f"has changed: got sha256 {sha256[:12]}, expected sha256 {row['sha256'][:12]}"
        if len(content) != row["bytes"]:
            what = f"has changed: got {len(content):,} bytes, expected {row['bytes']:,} bytes"
    return Problem(row["name"], f"{path} {what}", _fix())


def _check_sklearn(row: dict[str, Any]) -> Problem | None:
    try:
        sha256 = _sklearn_hash(row["name"])
    except (ImportError, OSError, ValueError) as error:
        what = f"cannot be loaded ({type(error).__name__}: {error})"
    else:
        if sha256 == row["sha256"]:
            return None
        what = f"have changed: got sha256 {sha256[:12]}, expected sha256 {row['sha256'][:12]}"
    fix = f'python -m pip install --force-reinstall --no-deps "scikit-learn<={row["version"]}"'
    return Problem(row["name"], f"scikit-learn's {row['name']} data {what}", fix)


def _fix() -> str:
    """What brings a file back depends on which of its three places the folder is."""
    if os.environ.get("WORKSHOP_DATA"):
        return "unset WORKSHOP_DATA"
    return REINSTALL if data_dir().name == "_data" else "git checkout -- data"


def _damaged(path: Path, what: str) -> DataError:
    return DataError(f"{path} {what}", f"{_fix()} (`workshop doctor` looks at all of the data)")


# --- the loaders ---------------------------------------------------------------------------------


def _mnist5k() -> Data:
    return _grey_images("mnist5k", "mnist5k.npz", tuple("0123456789"))


def _fashion_mnist() -> Data:
    return _grey_images("fashion_mnist", "fashion_mnist6k.npz", CLOTHES)


def _grey_images(name: str, file: str, class_names: tuple[str, ...]) -> Data:
    """Bytes (N, H, W) and class ids, in the three parts they were committed in."""
    parts = ("train", "validation", "test")
    arrays = arrays_of(file, [f"{part}_{what}" for part in parts for what in "xy"])

    def part(name: str) -> Split:
        x = torch.from_numpy(arrays[f"{name}_x"]).float().div(255)[:, None]
        return Split(x, torch.from_numpy(arrays[f"{name}_y"]).long())

    return Data(name, *map(part, parts), class_names=class_names)


def _digits() -> Data:
    x, y, _ = _sklearn("digits")
    return _dealt("digits", x.reshape(-1, 1, 8, 8) / 16, y, class_names=tuple("0123456789"))


def _breast_cancer() -> Data:
    x, y, bunch = _sklearn("breast_cancer")
    return _dealt(
        "breast_cancer",
        x,
        y,
        feature_names=tuple(map(str, bunch.feature_names)),
        class_names=tuple(map(str, bunch.target_names)),
    )


def _diabetes() -> Data:
    x, y, bunch = _sklearn("diabetes")
    return _dealt("diabetes", x, y, feature_names=tuple(map(str, bunch.feature_names)))


_LOADERS = {
    "mnist5k": _mnist5k,
    "digits": _digits,
    "breast_cancer": _breast_cancer,
    "diabetes": _diabetes,
    "fashion_mnist": _fashion_mnist,
}


def arrays_of(file: str, names: list[str]) -> dict[str, np.ndarray]:
    """The arrays `names` of an .npz file of data/, without pickles.

    Raises:
        DataError: the file is missing or damaged.
    """
    path = data_dir() / file
    try:
        with zipfile.ZipFile(path) as zipped:
            # Each member is read to its end, for only there its checksum is looked at: np.load of
            # the whole file stops where the array ends, and a damaged header may say it ends early.
            contents = {name: zipped.read(f"{name}.npy") for name in names}
        return {
            name: np.load(io.BytesIO(content), allow_pickle=False)
            for name, content in contents.items()
        }
    except FileNotFoundError:
        raise _damaged(path, "is missing") from None
    except Exception as error:  # a broken byte may raise anything: BadZipFile, zlib.error, ...
        raise _damaged(path, f"cannot be read ({type(error).__name__}: {error})") from None


def _sklearn(name: str) -> tuple[Tensor, Tensor, Any]:
    """Tensors x (N, D) float32 and y (N,) of a data set of scikit-learn, and all it says of it."""
    from sklearn import datasets

    options = {"scaled": False} if name == "diabetes" else {}
    bunch = getattr(datasets, f"load_{name}")(**options)
    x = torch.from_numpy(bunch.data.astype(np.float32))
    y = torch.from_numpy(bunch.target.astype(np.float32 if name == "diabetes" else np.int64))
    return x, y, bunch


def _sklearn_hash(name: str) -> str:
    """sha256 over the bytes of x, then of y: little-endian, row by row.

    In float32, as the lessons get it: the 17th digit of a few cells differs between versions.
    """
    x, y, _ = _sklearn(name)
    label = "<f4" if y.is_floating_point() else "<i8"
    content = x.numpy().astype("<f4").tobytes() + y.numpy().astype(label).tobytes()
    return hashlib.sha256(content).hexdigest()


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

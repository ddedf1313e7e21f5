"""Loading the data: `load("mnist5k")`, `reviews()` and so on, and `verify()`, which re-hashes them.

A data set is a function without arguments that returns its `Parts`: training, validation and test,
split once for ever. It reads its file of data/ with `arrays_of`, `members` or `tensors`, which raise
DataError for one that is missing or damaged; nothing else opens data/. A set that one lesson alone
uses has its function in that lesson. data/MANIFEST.toml tells where each comes from and under which
licence.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor

from workshop.core.checks import nearest
from workshop.core.files import DataError as DataError
from workshop.core.files import data_dir as data_dir
from workshop.core.files import how_to_restore, opening, read_toml

PARTS = ("train", "validation", "test")
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

    def __add__(self, other: Split) -> Split:
        """These examples, then the others."""
        return Split(torch.cat([self.x, other.x]), torch.cat([self.y, other.y]))

    def to(self, device: str | torch.device) -> Split:
        """The same examples on `device`."""
        return Split(self.x.to(device), self.y.to(device))


class Addable(Protocol):
    """What two parts can be put together from: `these + those`."""

    def __add__(self: T, other: T, /) -> T:
        """These examples, then the others."""


T = TypeVar("T", bound=Addable)


@dataclass(frozen=True, eq=False)
class Parts(Generic[T]):
    """The three fixed parts of a data set."""

    train: T
    validation: T
    test: T

    def __iter__(self) -> Iterator[T]:
        """Training, validation, test."""
        return iter((self.train, self.validation, self.test))

    @property
    def development(self) -> T:
        """Training and validation part together: for the one refit before the test."""
        return self.train + self.validation


@dataclass(frozen=True, eq=False)
class Data(Parts[Split]):
    """A data set of examples with labels, and the names of its columns and classes."""

    name: str = field(kw_only=True)
    feature_names: tuple[str, ...] = field(default=(), kw_only=True)
    class_names: tuple[str, ...] = field(default=(), kw_only=True)

    def map(self, change: Callable[[Split], Split]) -> Data:
        """The same data set with each part changed, such as flattened or moved to a device."""
        train, validation, test = map(change, self)
        return replace(self, train=train, validation=validation, test=test)

    def to(self, device: str | torch.device) -> Data:
        """The same data on `device`."""
        return self.map(lambda part: part.to(device))

    def standardized(self) -> Data:
        """Shift and scale each column of x (N, ...) to mean 0 and standard deviation 1.

        The means and deviations are those of the training part alone; a column that never changes
        there is only shifted. The result is float32, on the device where the data were.
        """
        x = self.train.x.cpu().double()  # on the CPU, since MPS has no float64
        mean, sd = x.mean(dim=0), x.std(dim=0, correction=0)
        # Rounding can leave the deviation of a constant column a hair above 0: compare the values.
        sd = torch.where((x == x[0]).all(dim=0), 1.0, sd)

        def scaled(split: Split) -> Split:
            return Split(((split.x.cpu().double() - mean) / sd).float().to(split.x.device), split.y)

        return self.map(scaled)


def load(name: str) -> Data:
    """Load a data set by name, as fresh tensors on the CPU.

    - mnist5k: x (N, 1, 28, 28) float32 in [0, 1], y 0 to 9; 3,500 / 500 / 1,000 examples.
    - digits: x (N, 1, 8, 8) float32 in [0, 1], y 0 to 9.
    - breast_cancer: x (N, 30) float32 in the units measured, y 0 malignant, 1 benign.
    - diabetes: x (N, 10) float32 in the units measured, y float32, progression after a year.
    - fashion_mnist: x (N, 1, 28, 28) float32 in [0, 1], y 0 to 9; 4,500 / 500 / 1,000 examples.

    Digits, breast_cancer and diabetes come with scikit-learn and are split by position: within each
    class (for diabetes over all rows), in the order of the file, of every five rows three go to
    training, the fourth to validation, the fifth to the test.

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
    return lines_of(arrays["words"]), torch.from_numpy(arrays["vectors"].astype(np.float32))


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


def reviews() -> Parts[Reviews]:
    """10,605 sentences of film reviews, each rated by 15 to 29 people: 7,405 / 1,100 / 2,100.

    Raises:
        DataError: the file is missing or damaged.

    Source: Hutto, Gilbert: VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social
    Media Text, 2014.
    """
    columns = ("text", "raters", "sum", "squares")
    arrays = arrays_of("reviews.npz", [f"{part}_{column}" for part in PARTS for column in columns])

    def part(name: str) -> Reviews:
        texts = tuple(lines_of(arrays[f"{name}_text"]))
        raters, total, squares = (arrays[f"{name}_{c}"].astype(np.float64) for c in columns[1:])
        mean = total / raters
        spread = np.sqrt(np.maximum(squares / raters - mean**2, 0))
        return Reviews(texts, *(torch.from_numpy(a.astype(np.float32)) for a in (mean, spread)))

    return Parts(*map(part, PARTS))


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
    for line in lines_of(arrays_of("plays.npz", ["text"])["text"]):
        if line.startswith("# "):
            title = line[2:]
            continue
        speaker, _, text = line.partition("\t")
        speeches.append(Speech(title, speaker, text.replace("|", "\n")))
    return speeches


def arrays_of(file: str, names: list[str]) -> dict[str, np.ndarray]:
    """The arrays `names` of an .npz file of data/, without pickles.

    Raises:
        DataError: the file is missing or damaged.
    """
    with opening(file) as path, zipfile.ZipFile(path) as zipped:
        # Each member is read to its end, for only there its checksum is looked at: np.load of
        # the whole file stops where the array ends, and a damaged header may say it ends early.
        contents = {name: zipped.read(f"{name}.npy") for name in names}
        return {
            name: np.load(io.BytesIO(content), allow_pickle=False)
            for name, content in contents.items()
        }


def lines_of(array: np.ndarray) -> list[str]:
    """The lines of a text that is stored as an array of bytes, in UTF-8."""
    return array.tobytes().decode().split("\n")


def tensors(file: str) -> dict[str, Tensor]:
    """The named tensors in a .safetensors file of data/, such as the weights of a network.

    Raises:
        DataError: the file is missing or damaged.
    """
    import safetensors.torch

    with opening(file) as path:
        return safetensors.torch.load(path.read_bytes())


def members(file: str) -> dict[str, bytes]:
    """The files in a zip archive of data/, in the order in which they were put in.

    Raises:
        DataError: the archive is missing or damaged.
    """
    # Reading a member to its end looks at its checksum.
    with opening(file) as path, zipfile.ZipFile(path) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


def manifest() -> list[dict[str, Any]]:
    """The rows of data/MANIFEST.toml, one per file or data set.

    Raises:
        DataError: the manifest is missing or damaged.
    """
    with opening("MANIFEST.toml") as path:
        rows: list[dict[str, Any]] = read_toml(path)["data"]
        return rows


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
    return Problem(row["name"], f"{path} {what}", how_to_restore())


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


# --- the loaders ---------------------------------------------------------------------------------


def _mnist5k() -> Data:
    return _grey_images("mnist5k", "mnist5k.npz", tuple("0123456789"))


def _fashion_mnist() -> Data:
    return _grey_images("fashion_mnist", "fashion_mnist6k.npz", CLOTHES)


def _grey_images(name: str, file: str, class_names: tuple[str, ...]) -> Data:
    """Bytes (N, H, W) and class ids, in the three parts they were committed in."""
    arrays = arrays_of(file, [f"{part}_{what}" for part in PARTS for what in "xy"])

    def part(name: str) -> Split:
        x = torch.from_numpy(arrays[f"{name}_x"]).float().div(255)[:, None]
        return Split(x, torch.from_numpy(arrays[f"{name}_y"]).long())

    return Data(*map(part, PARTS), name=name, class_names=class_names)


def _digits() -> Data:
    x, y, _ = _sklearn("digits")
    parts = _split_by_position(x.reshape(-1, 1, 8, 8) / 16, y)
    return Data(*parts, name="digits", class_names=tuple("0123456789"))


def _breast_cancer() -> Data:
    x, y, bunch = _sklearn("breast_cancer")
    return Data(
        *_split_by_position(x, y),
        name="breast_cancer",
        feature_names=tuple(map(str, bunch.feature_names)),
        class_names=tuple(map(str, bunch.target_names)),
    )


def _diabetes() -> Data:
    x, y, bunch = _sklearn("diabetes")
    names = tuple(map(str, bunch.feature_names))
    return Data(*_split_by_position(x, y), name="diabetes", feature_names=names)


_LOADERS = {
    "mnist5k": _mnist5k,
    "digits": _digits,
    "breast_cancer": _breast_cancer,
    "diabetes": _diabetes,
    "fashion_mnist": _fashion_mnist,
}


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


def _split_by_position(x: Tensor, y: Tensor) -> tuple[Split, Split, Split]:
    """Three rows of five to training, one to validation, one to the test, within each class."""
    groups = [torch.arange(len(y))]
    if not y.is_floating_point():
        groups = [(y == label).nonzero()[:, 0] for label in y.unique()]
    place = torch.empty(len(y), dtype=torch.long)
    for rows in groups:
        place[rows] = torch.arange(len(rows)) % 5
    train, validation, test = place <= 2, place == 3, place == 4
    return Split(x[train], y[train]), Split(x[validation], y[validation]), Split(x[test], y[test])

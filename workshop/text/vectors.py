"""Pretrained word vectors from a file that is there: `Vectors`, and `GloVe` by its name and size."""

from __future__ import annotations

import contextlib
import gzip
import io
import logging
import zipfile
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from workshop.core import data

log = logging.getLogger(__name__)


class Vectors:
    """Words and their vectors: `vectors["cat"]` is (dim,), that of an unknown word zeros.

    Attributes:
        itos: the words, in the order of the file.
        stoi: word -> row; of a word that is there twice, the last.
        vectors: (N, dim) float32.
        dim: numbers in a vector.
    """

    itos: list[str]
    stoi: dict[str, int]
    vectors: Tensor
    dim: int

    # Without this `for v in vectors` would call vectors[0], vectors[1], ... and never end, since
    # what is no word has the vector of an unknown word.
    __iter__ = None

    def __init__(
        self,
        name: str | Path,
        cache: str | Path | None = None,
        url: str | None = None,
        unk_init: Callable[[Tensor], Tensor] | None = None,
        max_vectors: int | None = None,
    ) -> None:
        """Read a file of word vectors.

        Args:
            name: the file, or its name in the folder `cache` or in the one that WORKSHOP_DATA names.
                - text, or text packed as .gz: a word and its numbers on each line, set apart by
                  single spaces (GloVe, fastText, word2vec's text format with its first line of two
                  numbers);
                - .npz or .safetensors: `vectors` (N, dim) of floats, and `words`, the bytes of the
                  words in UTF-8 with a newline between them, as uint8.
            cache: the folder; by default `.vector_cache`, as in torchtext. Nothing is written to it.
            url: where the file can be had. It goes into the error; nothing is downloaded.
            unk_init: makes the vector of an unknown word from zeros (dim,); None leaves them.
            max_vectors: read only so many, from the start, where the frequent words are.

        Raises:
            RuntimeError: there is no such file, it cannot be read, or its lines differ in length.
            ValueError: something that should be a number is none.
        """
        self.unk_init = torch.Tensor.zero_ if unk_init is None else unk_init
        if max_vectors is not None and max_vectors < 0:
            raise RuntimeError(
                f"got max_vectors={max_vectors}, expected 1 or more, or None for all"
            )
        words, vectors = self._find(str(name), Path(cache or ".vector_cache"), url, max_vectors)
        self.itos = words
        self.stoi = {word: row for row, word in enumerate(words)}
        self.vectors = vectors
        self.dim = vectors.shape[1]

    # For `name` these endings are tried, one after the other, in each of the folders.
    _endings: ClassVar[tuple[str, ...]] = ("",)
    # What to take when it is in none of them.
    _spare: Callable[[], tuple[list[str], Tensor]] | None = None

    def _find(
        self, name: str, cache: Path, url: str | None, max_vectors: int | None
    ) -> tuple[list[str], Tensor]:
        """Words and vectors (N, dim) of the first of the places that has the file."""
        folders = [Path(), cache]
        with contextlib.suppress(data.DataError):  # the workshop's data may not be there
            folders.append(data.data_dir())
        places = [folder / f"{name}{end}" for folder in folders for end in self._endings]
        for path in places:
            if path.is_file():
                return read_vectors(path, max_vectors)
        if self._spare is not None:
            words, vectors = self._spare()
            return words[: max_vectors or None], vectors[: max_vectors or None]
        get = f"get it from {url}, unpack it if it is packed" if url else "get the file"
        raise RuntimeError(
            f"no vectors found at {places[0]}. Looked at {', '.join(map(str, dict.fromkeys(places)))}. "
            f"Nothing is downloaded here: {get}, and give its path as `name` or its folder as `cache`"
        )

    def __getitem__(self, token: str) -> Tensor:
        """The vector (dim,) of a word, which shares memory with `vectors`; else of `unk_init`."""
        if token in self.stoi:
            return self.vectors[self.stoi[token]]
        return self.unk_init(torch.zeros(self.dim))

    def __contains__(self, token: str) -> bool:
        """Whether there is a vector for this word."""
        return token in self.stoi

    def __len__(self) -> int:
        """How many vectors there are."""
        return len(self.vectors)

    def get_vecs_by_tokens(
        self, tokens: str | list[str], lower_case_backup: bool = False
    ) -> Tensor:
        """The vectors of words: (dim,) of one, (T, dim) of a list.

        Args:
            tokens: a word, or a list of words.
            lower_case_backup: for a word without a vector try it in lower case.

        Raises:
            RuntimeError: the list is empty.
        """
        if not isinstance(tokens, list):
            return self.get_vecs_by_tokens([tokens], lower_case_backup)[0]
        if not tokens:
            raise RuntimeError("got an empty list, expected at least one word to look up")
        if lower_case_backup:
            tokens = [token if token in self.stoi else token.lower() for token in tokens]
        return torch.stack([self[token] for token in tokens])


class GloVe(Vectors):
    """GloVe's vectors by their name and size: `GloVe("6B", 50)` reads glove.6B.50d.txt.

    That file, also as .txt.gz, .npz or .safetensors, is looked for as `Vectors` does it. Where there
    is none, ("6B", 50) are the 20,000 most frequent of the 400,000 words, which come with the workshop
    (`workshop.core.data.word_vectors`), rounded to 16 bits; there is no such reserve for the others.

    Source: Pennington, Socher, Manning: GloVe: Global Vectors for Word Representation, 2014.
    """

    url: ClassVar[dict[str, str]] = {
        name: f"https://nlp.stanford.edu/data/glove.{archive}.zip"
        for name, archive in {
            "42B": "42B.300d",
            "840B": "840B.300d",
            "twitter.27B": "twitter.27B",
            "6B": "6B",
        }.items()
    }

    _endings = (".txt", ".txt.gz", ".safetensors", ".npz")

    def __init__(self, name: str = "840B", dim: int | str = 300, **options: Any) -> None:
        """Read the vectors; the options are those of `Vectors`.

        Raises:
            KeyError: GloVe has no vectors of that name.
            RuntimeError: there is no such file; the message says which, and where it can be had.
        """
        if name not in self.url:
            raise KeyError(f"No GloVe vectors {name!r}. There are: {', '.join(self.url)}")
        if (name, str(dim)) == ("6B", "50"):
            self._spare = data.word_vectors
        super().__init__(f"glove.{name}.{dim}d", url=self.url[name], **options)


# --- files ---------------------------------------------------------------------------------------


def read_vectors(path: Path, max_vectors: int | None = None) -> tuple[list[str], Tensor]:
    """Words and vectors (N, dim) float32 of a file; the formats are those of `Vectors`."""
    try:
        if path.suffix in _ARRAYS:
            words, vectors = from_arrays(_ARRAYS[path.suffix](path))
            return words[: max_vectors or None], vectors[: max_vectors or None]
        with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as lines:
            return from_lines(iter(lines), max_vectors or None)
    except Exception as error:  # a damaged file may raise anything: EOFError, zlib.error, ...
        if type(error) in (RuntimeError, ValueError):
            raise type(error)(f"{path}: {error}") from error
        raise RuntimeError(f"{path} cannot be read ({type(error).__name__}: {error})") from error


def from_lines(lines: Iterator[bytes], max_vectors: int | None) -> tuple[list[str], Tensor]:
    """Words and vectors of a file of text: a word and its numbers on each line."""
    words: list[str] = []
    numbers, dim = array("f"), 0
    for number, line in enumerate(lines, start=1):
        # At single spaces, for a word may hold other white space, such as a no-break space.
        word, *entries = line.rstrip().split(b" ")
        if len(entries) == 1:  # word2vec's first line: how many words, how many numbers
            if number > 1:
                log.warning("line %d is left out: %r has one number", number, word)
            continue
        if len(entries) != (dim or len(entries)):
            raise RuntimeError(
                f"line {number}: vector for token {word!r} has {len(entries)} dimensions, "
                f"expected {dim} as before it"
            )
        try:
            token = word.decode()
        except UnicodeDecodeError:
            log.warning("line %d is left out: %r is not UTF-8", number, word)
            continue
        try:
            numbers.extend(map(float, entries))
        except ValueError as error:
            raise ValueError(f"line {number}, token {token!r}: {error}") from None
        dim = len(entries)
        words.append(token)
        if len(words) == max_vectors:
            break
    if not dim:
        raise RuntimeError("got no line with a word and its numbers, expected at least one")
    return words, torch.frombuffer(numbers, dtype=torch.float32).view(-1, dim)


def from_arrays(arrays: dict[str, np.ndarray]) -> tuple[list[str], Tensor]:
    """Words and vectors of `words`, bytes with newlines between, and `vectors` (N, dim)."""
    if not {"words", "vectors"} <= set(arrays):
        raise RuntimeError(f"got arrays {sorted(arrays)}, expected words and vectors")
    words = arrays["words"].tobytes().decode().split("\n")
    vectors = torch.from_numpy(arrays["vectors"].astype(np.float32))
    if vectors.ndim != 2 or len(words) != len(vectors):
        raise RuntimeError(
            f"got {len(words)} words and vectors of shape {tuple(vectors.shape)}, "
            f"expected ({len(words)}, dim)"
        )
    return words, vectors


def _npz(path: Path) -> dict[str, np.ndarray]:
    with zipfile.ZipFile(path) as zipped:  # np.load would not look at the checksums to the end
        return {
            name.removesuffix(".npy"): np.load(io.BytesIO(zipped.read(name)), allow_pickle=False)
            for name in zipped.namelist()
        }


def _safetensors(path: Path) -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    return load_file(path)


_ARRAYS = {".safetensors": _safetensors, ".npz": _npz}

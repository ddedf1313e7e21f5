"""The transforms as modules, to be chained: `Sequential(VocabTransform(v), Truncate(9), ToTensor(0))`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from workshop.text import functional as F
from workshop.text.vocabulary import Vocab

__all__ = [
    "AddToken",
    "LabelToIndex",
    "PadTransform",
    "Sequential",
    "StrToIntTransform",
    "ToTensor",
    "Truncate",
    "VocabTransform",
]


class Sequential(nn.Sequential):
    """Transforms one after the other; what goes in is what the first one takes."""

    def forward(self, input: Any) -> Any:
        """What the last transform makes of it."""
        for transform in self:
            input = transform(input)
        return input


class VocabTransform(nn.Module):
    """Tokens to their indices in a vocabulary."""

    def __init__(self, vocab: Vocab) -> None:
        """Take the vocabulary.

        Raises:
            AssertionError: this is no Vocab.
        """
        super().__init__()
        if not isinstance(vocab, Vocab):
            raise AssertionError(f"got {type(vocab).__name__}, expected a Vocab")
        self.vocab = vocab

    def forward(self, input: list[str] | list[list[str]]) -> list[int] | list[list[int]]:
        """Indices of one list of tokens, or of a batch.

        Raises:
            RuntimeError: a token is unknown and the vocabulary has no default index.
            TypeError: `input` is neither.
        """
        if F.is_list_of(input, str):
            return self.vocab.lookup_indices(input)
        if F.is_batch_of(input, str):
            return [self.vocab.lookup_indices(tokens) for tokens in input]
        raise F.unsupported(input, "tokens (str)")


class ToTensor(nn.Module):
    """Ids to a tensor, the lists of a batch filled up to one length; see `functional.to_tensor`."""

    def __init__(self, padding_value: int | None = None, dtype: torch.dtype = torch.long) -> None:
        """Take what to fill up with, and the dtype of batches."""
        super().__init__()
        self.padding_value = padding_value
        self.dtype = dtype

    def forward(self, input: list[int] | list[list[int]]) -> Tensor:
        """A tensor (T,) of one list of ids, (B, T) of a batch."""
        return F.to_tensor(input, padding_value=self.padding_value, dtype=self.dtype)


class LabelToIndex(nn.Module):
    """Names of classes to their indices, which have no default: an unknown name raises."""

    def __init__(
        self,
        label_names: Sequence[str] | None = None,
        label_path: str | Path | None = None,
        sort_names: bool = False,
    ) -> None:
        """Take the names, or a file (UTF-8) with one a line; `sort_names` puts them in order first.

        Raises:
            AssertionError: neither is given, or both.
            RuntimeError: a name stands there twice, or is no text.
        """
        if not (label_names or label_path):
            raise AssertionError("label_names or label_path is required")
        if label_names and label_path:
            raise AssertionError("label_names and label_path are mutually exclusive: give one")
        super().__init__()
        names = label_names or ()
        if label_path:
            lines = Path(label_path).read_text(encoding="utf-8").split("\n")
            names = [line.strip() for line in lines if line.strip()]
        try:
            self._label_vocab = Vocab(sorted(names) if sort_names else names)
        except TypeError as error:
            raise RuntimeError(f"label_names: {error}") from error
        self._label_names = self._label_vocab.get_itos()

    def forward(self, input: str | list[str]) -> int | list[int]:
        """The index of one name, or the indices of a list of them.

        Raises:
            RuntimeError: there is no such name.
            TypeError: `input` is neither.
        """
        if F.is_list_of(input, str):
            return self._label_vocab.lookup_indices(input)
        if isinstance(input, str):
            return self._label_vocab[input]
        raise TypeError(
            f"Input type not supported: got {type(input).__name__}, "
            "expected a label (str) or a list of labels"
        )

    @property
    def label_names(self) -> list[str]:
        """The names in the order of their indices."""
        return self._label_names


class Truncate(nn.Module):
    """The first `max_seq_len` tokens or ids of a list, or of each list of a batch."""

    def __init__(self, max_seq_len: int) -> None:
        """Take the greatest length."""
        super().__init__()
        self.max_seq_len = max_seq_len

    def forward(self, input: Any) -> Any:
        """The list, or the batch, cut short; see `functional.truncate`."""
        return F.truncate(input, self.max_seq_len)


class AddToken(nn.Module):
    """One token or id set before or after a list, or each list of a batch."""

    def __init__(self, token: int | str, begin: bool = True) -> None:
        """Take the token, of the type of the items; `begin` sets it before them."""
        super().__init__()
        self.token = token
        self.begin = begin

    def forward(self, input: Any) -> Any:
        """The list, or the batch, with the token; see `functional.add_token`."""
        return F.add_token(input, self.token, self.begin)


class PadTransform(nn.Module):
    """A tensor filled up to `max_length` along its last dimension; a longer one stays as it is."""

    def __init__(self, max_length: int, pad_value: int) -> None:
        """Take the length and the value to fill up with.

        Raises:
            ValueError: `pad_value` is no number.
        """
        super().__init__()
        self.max_length = max_length
        self.pad_value = float(pad_value)

    def forward(self, x: Tensor) -> Tensor:
        """(..., T) -> (..., max(T, max_length))."""
        missing = self.max_length - x.size(-1)
        return nn.functional.pad(x, (0, missing), value=self.pad_value) if missing > 0 else x


class StrToIntTransform(nn.Module):
    """Numbers that are written out, as int; of one list or of a batch."""

    def forward(self, input: list[str] | list[list[str]]) -> list[int] | list[list[int]]:
        """The numbers; see `functional.str_to_int`."""
        return F.str_to_int(input)

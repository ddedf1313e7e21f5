"""A vocabulary numbers tokens from 0: `Vocab`, and two ways to make one, from counts or from texts."""

from __future__ import annotations

import contextlib
import operator
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn


class Vocab(nn.Module):
    """Which index a token has, and which token an index: `vocab["cat"]`, `vocab.lookup_token(3)`.

    An nn.Module without parameters, so that it can stand among other modules; called with a list of
    tokens it gives the list of their indices. Get one with `vocab` or `build_vocab_from_iterator`.

    A token that is not in it has the default index. There is none at first, and then looking up an
    unknown token raises RuntimeError: `vocab.set_default_index(vocab["<unk>"])` is the usual next
    line. The default is a number like any other: it does not follow "<unk>" to another place.
    """

    def __init__(self, vocab: Table | Vocab | Iterable[str]) -> None:
        """Take the tokens in their order; or a table, which is shared.

        Raises:
            RuntimeError: a token stands there twice.
            TypeError: one of the tokens is no str.
        """
        super().__init__()
        table = vocab.vocab if isinstance(vocab, Vocab) else vocab
        self.vocab: Table = table if isinstance(table, Table) else Table(table)

    @property
    def is_jitable(self) -> bool:
        """False: this one runs in Python, and `torch.jit.script` compiles another, made of it."""
        return False

    def __prepare_scriptable__(self) -> nn.Module:
        """What `torch.jit.script` asks for."""
        from workshop.text.scripted import ScriptedVocab

        return ScriptedVocab(self.get_itos(), self.get_default_index())

    def forward(self, tokens: list[str]) -> list[int]:
        """The indices of a list of tokens, as `lookup_indices` gives them."""
        return self.lookup_indices(tokens)

    def __len__(self) -> int:
        """How many tokens it has."""
        return len(self.vocab.itos)

    def __contains__(self, token: str) -> bool:
        """Whether it has this token. A default index does not matter here.

        Raises:
            TypeError: `token` is no str.
        """
        return _str(token) in self.vocab.stoi

    def __getitem__(self, token: str) -> int:
        """The index of `token`, or the default index.

        Raises:
            RuntimeError: it has no such token and no default index.
            TypeError: `token` is no str.
        """
        return self.vocab.index(token)

    def set_default_index(self, index: int | None) -> None:
        """Set the index of unknown tokens; None: they raise. It need not be one of a token.

        Raises:
            TypeError: `index` is neither None nor a whole number of 64 bits.
        """
        self.vocab.default_index = None if index is None else _int(index)

    def get_default_index(self) -> int | None:
        """The index of unknown tokens, or None."""
        return self.vocab.default_index

    def insert_token(self, token: str, index: int) -> None:
        """Put a new token at `index`; those from there on move up by one. The default index stays.

        Raises:
            RuntimeError: `index` is not in 0 .. len, or the token is there already.
            TypeError: `token` is no text, or `index` no whole number.
        """
        self.vocab.insert(_text(token), _int(index))

    def append_token(self, token: str) -> None:
        """Put a new token at the end.

        Raises:
            RuntimeError: the token is there already.
            TypeError: `token` is no text.
        """
        self.vocab.insert(_text(token), len(self))

    def lookup_token(self, index: int) -> str:
        """The token at `index`.

        Raises:
            RuntimeError: `index` is not in 0 .. len - 1; -1 is not the last one.
            TypeError: `index` is no whole number.
        """
        return self.vocab.token(_int(index))

    def lookup_tokens(self, indices: Sequence[int]) -> list[str]:
        """The tokens at `indices`, a list or another sequence; of a tensor give `.tolist()`.

        Raises:
            RuntimeError: one of them is not in 0 .. len - 1.
            TypeError: this is no sequence, or one of them is no whole number.
        """
        unordered = isinstance(indices, str | bytes | Mapping | Tensor)
        if unordered or not hasattr(indices, "__getitem__"):
            tip = ": call .tolist() on it" if isinstance(indices, Tensor) else ""
            raise TypeError(f"got {_kind(indices)}, expected a list of indices{tip}")
        numbers = [_int(index) for index in indices]
        return [self.vocab.token(index, f" at position {i}") for i, index in enumerate(numbers)]

    def lookup_indices(self, tokens: list[str]) -> list[int]:
        """The indices of a list of tokens, the default index for unknown ones.

        Raises:
            RuntimeError: a token is unknown and there is no default index.
            TypeError: this is no list, or one of them is no str.
        """
        if not isinstance(tokens, list):
            tip = ": cut it up with a tokenizer" if isinstance(tokens, str) else ""
            raise TypeError(f"got {_kind(tokens)}, expected a list of tokens{tip}")
        return [self.vocab.index(token) for token in tokens]

    def get_stoi(self) -> dict[str, int]:
        """Token -> index (string to integer), as a new dict."""
        return dict(self.vocab.stoi)

    def get_itos(self) -> list[str]:
        """Index -> token (integer to string), as a new list."""
        return list(self.vocab.itos)


class Table:
    """The two directions of a vocabulary and its default index: what `Vocab` holds as `.vocab`.

    Apart from the module as in torchtext, where a shallow copy of a `Vocab` shares it.
    """

    def __init__(self, tokens: Iterable[str], default_index: int | None = None) -> None:
        """Number the tokens in their order."""
        self.itos: list[str] = [_text(token) for token in tokens]
        self.stoi: dict[str, int] = {}
        self.default_index = default_index
        for index, token in enumerate(self.itos):
            if self.stoi.setdefault(token, index) != index:
                raise RuntimeError(
                    f"Duplicate token found in tokens list: {token!r}, "
                    f"at {self.stoi[token]} and at {index}"
                )

    @property
    def itos_(self) -> list[str]:
        """`vocab.vocab.itos_`, torchtext's name: a copy of the tokens in their order."""
        return list(self.itos)

    @property
    def default_index_(self) -> int | None:
        """`vocab.vocab.default_index_`, torchtext's name."""
        return self.default_index

    def index(self, token: str) -> int:
        """The index of a token, or the default."""
        index = self.stoi.get(_str(token), self.default_index)
        if index is None:
            raise RuntimeError(
                f"Token {token!r} not found and default index is not set. Give unknown tokens an "
                "index: vocab.set_default_index(vocab['<unk>'])"
            )
        return index

    def token(self, index: int, where: str = "") -> str:
        """The token at an index; `where` goes into the message."""
        if not 0 <= index < len(self.itos):
            raise RuntimeError(
                f"Specified index {index}{where} is out of bounds for vocab of size "
                f"{len(self.itos)}: expected 0 to {len(self.itos) - 1}"
            )
        return self.itos[index]

    def insert(self, token: str, index: int) -> None:
        """Put a token at an index and move up the others."""
        if not 0 <= index <= len(self.itos):
            raise RuntimeError(
                f"Specified index {index} is out of bounds for vocab of size {len(self.itos)}: "
                f"a new token goes to 0 to {len(self.itos)}"
            )
        if token in self.stoi:
            raise RuntimeError(
                f"Token {token!r} already exists in the Vocab with index: {self.stoi[token]}"
            )
        self.itos.insert(index, token)
        for i in range(index, len(self.itos)):
            self.stoi[self.itos[i]] = i


# A saved vocabulary is words and numbers, so torch.load may read it with weights_only=True, its
# default since torch 2.6. (torch 2.3 has no such list and reads everything by default.)
if hasattr(torch.serialization, "add_safe_globals"):
    torch.serialization.add_safe_globals([Vocab, Table])


def vocab(
    ordered_dict: dict[str, int],
    min_freq: int = 1,
    specials: Sequence[str] | None = None,
    special_first: bool = True,
) -> Vocab:
    """A vocabulary from counts, in the order of the dict, whatever the counts are.

    Args:
        ordered_dict: token -> how often it was seen. The specials are taken out of this dict
            itself, as torchtext does.
        min_freq: tokens seen less often are left out.
        specials: tokens such as "<unk>" and "<pad>" that are always in, in the order given.
        special_first: whether the specials have the first indices, or the last.

    Raises:
        RuntimeError: a special stands there twice.
        TypeError: one of the tokens is no text.
    """
    specials = list(specials or [])
    for token in specials:
        ordered_dict.pop(token, None)
    tokens = [token for token, count in ordered_dict.items() if count >= min_freq]
    return Vocab(specials + tokens if special_first else tokens + specials)


def build_vocab_from_iterator(
    iterator: Iterable[Iterable[str]],
    min_freq: int = 1,
    specials: Sequence[str] | None = None,
    special_first: bool = True,
    max_tokens: int | None = None,
) -> Vocab:
    """A vocabulary from texts: the tokens by how often they are seen, then by the alphabet.

    Args:
        iterator: gives one list of tokens after the other. (A str is a list of its letters.)
        min_freq: tokens seen less often are left out.
        specials: tokens such as "<unk>" and "<pad>" that are always in, in the order given.
        special_first: whether the specials have the first indices, or the last.
        max_tokens: at most so many in all, specials included. As in torchtext the rarer tokens are
            dropped before the specials are taken from among the rest, so it may have fewer.

    Raises:
        AssertionError: max_tokens leaves no place beside the specials.
        RuntimeError: a special stands there twice.
        TypeError: one of the tokens is no text.
    """
    counts: Counter[str] = Counter()
    for tokens in iterator:
        counts.update(tokens)
    by_count = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    if max_tokens is not None:
        room = max_tokens - len(specials or [])
        if room <= 0:
            raise AssertionError(
                f"len(specials) >= max_tokens: got max_tokens={max_tokens} and "
                f"{len(specials or [])} specials, which leaves no place for other tokens"
            )
        by_count = by_count[:room]
    return vocab(dict(by_count), min_freq, specials, special_first)


# --- arguments, with the types that torchtext's C++ takes and refuses ----------------------------


def _kind(value: Any) -> str:
    return f"{type(value).__name__} {value!r:.60}"


def _str(token: Any) -> str:
    """A token to look up."""
    if not isinstance(token, str):
        raise TypeError(f"got {_kind(token)}, expected a token (str)")
    return token


def _text(token: Any) -> str:
    """A token to keep: plain text that can be written as UTF-8; bytes are read as that."""
    if isinstance(token, bytes):
        return token.decode()
    token = str.__str__(_str(token))
    try:
        token.encode()
    except UnicodeEncodeError as error:
        raise TypeError(
            f"got token {token!r}, expected text that is valid Unicode: {error}"
        ) from None
    return token


def _int(value: Any) -> int:
    """A whole number of 64 bits, also out of a tensor of one; a float is none, even 1.0."""
    number = None
    if not isinstance(value, float | str | bytes | bytearray):
        try:
            number = operator.index(value)
        except TypeError:
            with contextlib.suppress(TypeError, ValueError, RuntimeError, OverflowError):
                number = int(value)
    if number is None or not -(2**63) <= number < 2**63:
        raise TypeError(f"got {_kind(value)}, expected an index (int of 64 bits)")
    return number

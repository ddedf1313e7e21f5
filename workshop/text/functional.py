"""The transforms as functions: on one list of tokens or ids, or on a batch, a list of lists."""

from __future__ import annotations

from typing import Any, TypeGuard, TypeVar

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

__all__ = ["add_token", "str_to_int", "to_tensor", "truncate"]
T = TypeVar("T")


def to_tensor(
    input: list[int] | list[list[int]],
    padding_value: int | None = None,
    dtype: torch.dtype = torch.long,
) -> Tensor:
    """Ids as a tensor: (T,) of one list, (B, T) of a batch.

    Args:
        input: ids, one list or a batch.
        padding_value: what the shorter lists of a batch are filled up with at the end; None: they
            all have one length.
        dtype: of the result, for a batch. One list always gives torch.long, as in torchtext.

    Raises:
        TypeError: `input` is neither.
        ValueError: the lists of a batch differ in length and there is no padding_value.
    """
    if is_list_of(input, int):
        return torch.tensor(input, dtype=torch.long)
    if not is_batch_of(input, int):
        raise unsupported(input, "ids (int)")
    if padding_value is None:
        lengths = {len(ids) for ids in input}
        if len(lengths) > 1:
            raise ValueError(
                f"got lists of {min(lengths)} to {max(lengths)} ids, expected one length: "
                "give a padding_value, or truncate and pad first"
            )
        return torch.tensor(input, dtype=dtype)
    rows = [torch.tensor(ids, dtype=dtype) for ids in input]
    return pad_sequence(rows, batch_first=True, padding_value=float(padding_value))


def truncate(input: Any, max_seq_len: int) -> Any:
    """The first `max_seq_len` of a list of tokens or ids; of a batch, of each.

    Raises:
        TypeError: `input` is neither, or mixes tokens with ids.
    """
    if is_list_of(input, int) or is_list_of(input, str):
        return input[:max_seq_len]
    if is_batch_of(input, int) or is_batch_of(input, str):
        return [items[:max_seq_len] for items in input]
    raise unsupported(input, "tokens (str) or ids (int)")


def add_token(input: Any, token_id: int | str, begin: bool = True) -> Any:
    """A token or id set before (or, with begin=False, after) a list, or each list of a batch.

    Raises:
        TypeError: `input` is neither, or its items are not of the type of `token_id`.
    """
    kind = next((kind for kind in (int, str) if isinstance(token_id, kind)), None)
    if kind is not None and is_list_of(input, kind):
        return [token_id, *input] if begin else [*input, token_id]
    if kind is not None and is_batch_of(input, kind):
        return [[token_id, *items] if begin else [*items, token_id] for items in input]
    items = f"items like the token {token_id!r}"
    raise unsupported(input, "items and a token that are int or str" if kind is None else items)


def str_to_int(input: list[str] | list[list[str]]) -> list[int] | list[list[int]]:
    """Numbers that are written out, as int: of one list or of a batch.

    Raises:
        TypeError: `input` is neither.
        ValueError: a string is no whole number.
    """
    if is_list_of(input, str):
        return [int(item) for item in input]
    if is_batch_of(input, str):
        return [[int(item) for item in items] for items in input]
    raise unsupported(input, "numbers written as str")


def is_list_of(input: Any, kind: type[T]) -> TypeGuard[list[T]]:
    """Whether this is a list (no tuple) of `kind` alone; an empty one is a list of anything."""
    return isinstance(input, list) and all(isinstance(item, kind) for item in input)


def is_batch_of(input: Any, kind: type[T]) -> TypeGuard[list[list[T]]]:
    """Whether this is a list of lists of `kind` alone."""
    return isinstance(input, list) and all(is_list_of(items, kind) for items in input)


def unsupported(input: Any, expected: str) -> TypeError:
    """The error for what is neither a list nor a batch of what was `expected`."""
    got = type(input).__name__
    if isinstance(input, list):
        inner = [items for items in input if isinstance(items, list)]
        if input and len(inner) == len(input):
            inside = sorted({type(item).__name__ for items in inner for item in items})
            got = f"list of lists of {' and '.join(inside)}"
        else:
            got = f"list of {' and '.join(sorted({type(item).__name__ for item in input}))}"
    return TypeError(
        f"Input type not supported: got {got}, expected a list, or a list of lists, of {expected}"
    )

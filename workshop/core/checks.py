"""Refusing a wrong argument with got and expected, and suggesting the nearest name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any


def expect(fits: bool, name: str, got: Any, expected: str) -> None:
    """Refuse an argument: a ValueError that says what it is and what it should be."""
    if not fits:
        raise ValueError(f"{name}: got {got}, expected {expected}")


def nearest(name: str, known: Iterable[str]) -> str:
    """' Did you mean ...?' for a name that is not known, or '' when nothing is near it."""
    match = difflib.get_close_matches(name.lower(), list(known), n=1, cutoff=0.5)
    return f" Did you mean {match[0]!r}?" if match else ""

"""Looking into the library from a notebook."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.display import Code


def show_source(*objects: Callable[..., Any] | type) -> Code:
    """The source of functions or classes, coloured, as the value of a notebook cell.

    Raises:
        TypeError: an object has no Python source (a number, a built-in function).
    """
    from IPython.display import Code

    parts = []
    for thing in objects:
        try:
            parts.append(inspect.getsource(thing))
        except (TypeError, OSError):
            raise TypeError(
                f"got {thing!r}, expected a function or class written in Python"
            ) from None
    return Code("\n\n".join(parts), language="python")

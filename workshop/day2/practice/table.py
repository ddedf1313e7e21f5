"""The mistakes as a page: a picture in each row, a column for each cause, the percentages below.

Book 2.7.1, figure 2.22. The same table is given in words, for where no page can be shown.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from workshop.core.checks import expect
from workshop.day2.practice.errors import Mistakes
from workshop.figures.style import as_array

ORDERS = ("worst first", "by label", "by what was said", "by causes")


def order_of(mistakes: Mistakes, sort: str) -> list[int]:
    """The places of all mistakes in another order; sort: one of ORDERS, or the name of a cause.

    Raises:
        ValueError: an unknown order.
    """
    known = (*ORDERS, *mistakes.names)
    expect(sort in known, "sort", repr(sort), f"one of {', '.join(known)}")
    places = range(len(mistakes))  # sorted() keeps the worst first among equals
    if sort in mistakes.names:
        has = mistakes.causes[:, mistakes.names.index(sort)].tolist()
        return sorted(places, key=lambda i: not has[i])
    keys = {
        "worst first": [0] * len(mistakes),
        "by label": mistakes.data.y[mistakes.rows].tolist(),
        "by what was said": mistakes.guess.tolist(),
        "by causes": (-mistakes.causes.sum(dim=1)).tolist(),
    }[sort]
    return sorted(places, key=lambda i: keys[i])


@dataclass(frozen=True)
class Table:
    """Rows of cells, under names of columns; pictures: PNG bytes and words for each row."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...]
    pictures: tuple[tuple[bytes, str], ...]

    def __str__(self) -> str:
        """The table for a terminal, the pictures in words."""
        lines = [("picture", *self.columns)]
        lines += [(p[1], *row) for p, row in zip(self.pictures, self.rows, strict=True)]
        lines += [("", *self.total)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        )

    __repr__ = __str__

    def _repr_html_(self) -> str:
        side = "border:1px solid #bbb;padding:.2em .6em;text-align:center"

        def line(cells: Sequence[str], tag: str = "td") -> str:
            inside = "".join(f'<{tag} style="{side}">{cell}</{tag}>' for cell in cells)
            return f"<tr>{inside}</tr>"

        body = [line(["picture", *map(html.escape, self.columns)], "th")]
        for (png, words), row in zip(self.pictures, self.rows, strict=True):
            data = base64.b64encode(png).decode()
            picture = (
                f'<img width="56" alt="{html.escape(words)}" src="data:image/png;base64,{data}">'
            )
            body.append(line([picture, *map(html.escape, row)]))
        body.append(line(["", *map(html.escape, self.total)], "th"))
        return f'<table style="border-collapse:collapse;font-size:14px">{"".join(body)}</table>'


def error_table(mistakes: Mistakes, *, sort: str = "worst first", rows: int = 12) -> Table:
    """Figure 2.22 of these mistakes: the causes from left to right by how many have them.

    sort: one of ORDERS, or a cause, whose mistakes then come first. The last line has the
    percentages over all M mistakes, whichever `rows` of them are shown.

    Raises:
        ValueError: an unknown order.
    """
    shares, lines, pictures = mistakes.shares(), [], []
    columns = [mistakes.names.index(name) for name in shares]
    for i in order_of(mistakes, sort)[:rows]:
        where, guess = mistakes.rows[i], mistakes.guess[i].item()
        label, has = mistakes.data.y[where].item(), mistakes.causes[i].tolist()
        sure = f"{mistakes.sure[i].item():.0%}"
        marks = ["1" if has[k] else "" for k in columns]
        lines.append((str(i + 1), str(label), str(guess), sure, *marks))
        pictures.append((png(mistakes.data.x[where, 0]), f"a {label} read as {guess}"))
    total = ("", "", "", "% of total", *(f"{share:.0%}" for share in shares.values()))
    names = ("rank", "label", "read as", "how sure", *shares)
    return Table(names, tuple(lines), total, tuple(pictures))


def png(image: Tensor) -> bytes:
    """A grey image (H, W) as the bytes of a PNG, ink (1) black on white (0)."""
    from matplotlib.image import imsave

    file = io.BytesIO()
    imsave(file, np.clip(1 - as_array(image), 0, 1), cmap="gray", vmin=0, vmax=1, format="png")
    return file.getvalue()

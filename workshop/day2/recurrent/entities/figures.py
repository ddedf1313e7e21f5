"""A sentence with its tags: each name in the colour of its class, the tag written under every token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from workshop.core.checks import expect
from workshop.day2.recurrent.entities.data import CLASSES
from workshop.day2.recurrent.entities.spans import spans_of
from workshop.figures.plots import COLOURS
from workshop.figures.style import finish, new_axes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LINE_WIDTH = 78  # letters in a line
MAX_TOKENS = 400  # tokens that can still be read


def draw_tags(
    tokens: Sequence[str],
    rows: Mapping[str, Sequence[str]],
    *,
    title: str = "",
    alt: str | None = None,
) -> Figure:
    """Tokens with tags under them; of several taggers one under the other.

    Args:
        tokens: of one sentence, at most 400.
        rows: whose tags they are -> a tag for each token.

    Raises:
        ValueError: not a tag for every token, or too many tokens to draw.
    """
    expect(len(tokens) <= MAX_TOKENS, "tokens", len(tokens), f"at most {MAX_TOKENS} to draw")
    for name, tags in rows.items():
        expect(len(tags) == len(tokens), name, f"{len(tags)} tags", f"{len(tokens)}, one a token")
    lines: list[list[tuple[int, int]]] = [[]]  # of each line the tokens and where they begin
    at = 0
    for i, token in enumerate(tokens):
        width = max(len(token), *(len(tags[i]) - 1 for tags in rows.values())) + 1
        if at + width > LINE_WIDTH and at:
            lines.append([])
            at = 0
        lines[-1].append((i, at))
        at += width
    deep = 1.3 + 0.8 * len(rows)  # of a line, in lines of text
    figure, (ax,) = new_axes(
        grid=False, title=title, sizes=((9.5, 0.5 + 0.27 * deep * len(lines)),)
    )
    ax.set_axis_off()
    ax.set_xlim(-11, LINE_WIDTH)
    ax.set_ylim(deep * len(lines), 0)
    for n, line in enumerate(lines):
        for r, name in enumerate(rows):
            ax.text(-11, n * deep + 1.5 + 0.8 * r, name, fontsize=9, va="center", color="0.35")
        for i, x in line:
            ax.text(x, n * deep + 0.6, tokens[i], family="monospace", fontsize=11, va="center")
            for r, tags in enumerate(rows.values()):
                kind = tags[i].partition("-")[2]
                colour = COLOURS[CLASSES.index(kind) % len(COLOURS)] if kind in CLASSES else "0.6"
                ax.text(
                    x,
                    n * deep + 1.5 + 0.8 * r,
                    tags[i],
                    family="monospace",
                    fontsize=9,
                    va="center",
                    color=colour,
                    weight="bold" if kind else "normal",
                )
    rows_in_words = []
    for name, tags in rows.items():
        names = [f"{' '.join(tokens[a:b])} ({kind})" for a, b, kind in spans_of(list(tags))]
        rows_in_words.append(f"{name}: {', '.join(names) or 'no names'}")
    sentence = f"{title + ': ' if title else ''}the sentence {' '.join(tokens)!r} with tags. "
    return finish(figure, alt, f"{sentence}{'. '.join(rows_in_words)}.")

"""What an attendee says about each mistake: causes ticked under its picture, kept at every tick.

The file is <the attendee's folder>/.workshop/tags.json, written whole or not at all, so that nothing
is lost when a kernel dies. Without widgets, `put` does the same from a dictionary.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workshop.core.files import read_json, write_atomically
from workshop.exercises import progress

if TYPE_CHECKING:
    from ipywidgets import Widget


def tags() -> dict[int, tuple[str, ...]]:
    """Which causes each example has been given so far: number of the example -> causes.

    A damaged file is set aside with a warning, never deleted.
    """
    return read_json(_path(), _tags_of) or {}


def put(new: Mapping[int, Iterable[str]]) -> dict[int, tuple[str, ...]]:
    """Keep the causes of some examples, in place of what they had; all tags there are now.

    An example without causes has been looked at, and nothing was found.

    Raises:
        TypeError: an example is not named by a whole number, or its causes are one text.
    """
    kept = tags()
    for example, causes in new.items():
        if isinstance(example, bool) or not isinstance(example, int) or isinstance(causes, str):
            raise TypeError(
                f"got {example!r}: {causes!r}, expected a whole number and a list, such as "
                f'{{3: ["thick pen"]}}'
            )
        kept[example] = tuple(dict.fromkeys(map(str, causes)))
    text = json.dumps(
        {"version": 1, "tags": {str(k): v for k, v in sorted(kept.items())}}, indent=1
    )
    try:
        write_atomically(_path(), text + "\n")
    except OSError as error:
        warnings.warn(f"the tags are not kept: {error}", stacklevel=2)
    return kept


def tagger(
    examples: Sequence[int], pictures: Sequence[tuple[bytes, str]], causes: Sequence[str]
) -> Widget:
    """Pictures (PNG and words) with a box for each cause; every tick is kept at once.

    examples: their numbers, under which the ticks are kept; those kept before are ticked already.
    """
    from ipywidgets import HTML, Checkbox, HBox, Image, Label, Layout, VBox

    kept, rows = tags(), []

    def box(example: int, cause: str) -> Checkbox:
        tick = Checkbox(
            value=cause in kept.get(example, ()),
            description=cause,
            indent=False,
            layout=Layout(width="auto", margin="0 12px 0 0"),
        )

        def changed(change: dict[str, Any]) -> None:
            now = [name for name in tags().get(example, ()) if name != cause]
            put({example: [*now, cause] if change["new"] else now})

        tick.observe(changed, names="value")
        return tick

    for example, (png, words) in zip(examples, pictures, strict=True):
        boxes = HBox([box(example, cause) for cause in causes], layout=Layout(flex_flow="wrap"))
        picture = Image(
            value=png, format="png", width=70
        )  # it takes no alt text: the label says it
        rows.append(HBox([picture, VBox([Label(words), boxes])]))
    return VBox([HTML("<b>What is the matter with each of them?</b>"), *rows])


def _tags_of(content: Any) -> dict[int, tuple[str, ...]]:
    found = {int(example): tuple(causes) for example, causes in content["tags"].items()}
    if not all(isinstance(cause, str) for causes in found.values() for cause in causes):
        raise ValueError("a cause is no text")
    return found


def _path() -> Path:
    return progress.home() / ".workshop" / "tags.json"

"""What can be said of a wrong answer without knowing the exercise: one function for each kind.

They are asked one after the other before "not right yet" is said. A probe speaks only if what it
says holds in every case in which the answer returned a value, within the exercise's tolerance, and
if that can hardly be chance. Some call the answer again, on other arguments; where that is not
possible (a class is graded from what came out of the sandbox) they keep silent.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from operator import itemgetter
from typing import Any

import torch
from torch import Tensor

from workshop.core.exercise import Case, Exercise
from workshop.exercises.outcome import (
    Again,
    Outcome,
    as_tensor,
    close,
    is_number,
    listed,
    outcomes_of,
    parameters,
    read,
    same_values,
)

MANY = 3  # elements that must agree, and not all the same, before it is no chance
LARGE = 10  # a whole number of this size is seldom right by chance
MAX_ROWS = 4  # of a batch that are tried one by one
MAX_CALLS = 60  # of an answer, for one probe
MAX_CHANGES = 3  # of one argument in one case


@dataclass(frozen=True)
class Finding:
    """What a probe says, and a name for it."""

    mistake: str
    message: str


Change = Callable[[Tensor], Tensor]


def _as_it_is(t: Tensor) -> Tensor:
    return t


class Pairs:
    """What came and what was wanted, (got, wanted) of each case, of one value or part of a tuple."""

    def __init__(self, exercise: Exercise, pairs: Sequence[tuple[Any, Any]]) -> None:
        """Of numbers, arrays and tensors only."""
        self.exercise = exercise
        self.raw = [(as_tensor(g), as_tensor(w)) for g, w in pairs]
        self.pairs = [(g.double(), w.double()) for g, w in self.raw]
        wanted = {w.dtype for _, w in self.raw}
        self.fractions = any(dtype.is_floating_point for dtype in wanted)
        self.answers = wanted == {torch.bool}  # to questions

    @cached_property
    def wrong(self) -> list[tuple[Tensor, Tensor]]:
        """The cases that are not right."""
        return [pair for pair in self.pairs if not self.equal(*pair)]

    def equal(self, a: Tensor, b: Tensor, slack: float = 1) -> bool:
        """Whether they have one shape and the same numbers."""
        return a.shape == b.shape and close(self.exercise, a, b, slack)

    def holds(self, of_got: Change, of_wanted: Change, slack: float = 1) -> bool:
        """Whether what these two make of got and wanted is the same in every case.

        And whether that is no chance: the wrong cases hold enough that differs.
        """
        if not self.enough:
            return False
        try:
            return all(self.equal(of_got(g), of_wanted(w), slack) for g, w in self.pairs)
        except (RuntimeError, IndexError, ValueError):
            return False

    def corrected_by(self, change: Change) -> bool:
        """Whether `change` makes every result right."""
        return self.holds(change, _as_it_is)

    def made_by(self, change: Change) -> bool:
        """Whether every result is what `change` makes of the right one."""
        return self.holds(_as_it_is, change)

    @cached_property
    def enough(self) -> bool:
        """Whether there are numbers enough, and not all alike, for a rule to be no chance."""
        if not self.wrong:
            return False
        both = [torch.cat([pair[i].flatten() for pair in self.wrong]) for i in (0, 1)]
        return all(
            len(t) >= MANY and bool(t.isfinite().all()) and bool(t.min() < t.max()) for t in both
        )


# --- of values -----------------------------------------------------------------------------------

ACTIVATIONS: dict[str, Change] = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "softmax over the last dimension": lambda z: torch.softmax(z, dim=-1),
    "softmax over dim=0": lambda z: torch.softmax(z, dim=0),
    "log_softmax": lambda z: torch.log_softmax(z, dim=-1),
}
INVERSES: dict[str, Change] = {
    "sigmoid": torch.logit,
    "tanh": torch.atanh,
    "softmax over the last dimension": torch.log,
}
# (name, message, what makes got right)
CORRECTIONS: tuple[tuple[str, str, Change], ...] = (
    ("sign", "The sign is wrong: every number is the negative of what it should be.", torch.neg),
    (
        "one minus",
        "Every number is 1 minus what it should be: the other side is counted.",
        lambda g: 1 - g,
    ),
    (
        "upside down",
        "Every number is 1 divided by what it should be: numerator and denominator have changed "
        "places.",
        torch.reciprocal,
    ),
    (
        "square missing",
        "Every number should be its own square: a square is missing, or there is a root too many.",
        torch.square,
    ),
    (
        "root missing",
        "Every number is the square of what it should be: a root is missing, or there is a square "
        "too many.",
        torch.sqrt,
    ),
    (
        "exp missing",
        "Every number is the logarithm of what it should be: exp is missing, or there is a log too "
        "many.",
        torch.exp,
    ),
    (
        "log missing",
        "Every number is exp of what it should be: a logarithm is missing, or there is an exp too "
        "many.",
        torch.log,
    ),
    (
        "absolute value missing",
        "Every number is right but for its sign, and should not be negative: an absolute value (or a "
        "square) is missing.",
        torch.abs,
    ),
)


def _in_turn(first: Change, second: Change) -> Change:
    return lambda t: second(first(t))


def _reduced(reduce: Callable[..., Tensor], dim: int | None) -> Change:
    return lambda t: reduce(t) if dim is None else reduce(t, dim)


def _permuted(order: tuple[int, ...]) -> Change:
    return lambda t: t.permute(order)


def _diagonal(t: Tensor) -> Tensor:
    return torch.diagonal(t, dim1=-2, dim2=-1)


def _sorted(t: Tensor) -> Tensor:
    return t.flatten().sort().values


def correction(pairs: Pairs) -> Finding | None:
    """Sign, 1 minus, upside down, square, root, exp, log: one too many or one too few."""
    if not pairs.fractions:
        return None
    for name, message, correct in CORRECTIONS:
        if pairs.corrected_by(correct):
            return Finding(name, message)
    return None


def activation(pairs: Pairs) -> Finding | None:
    """An activation is missing, one too many, or another one than was asked for."""
    if not pairs.fractions:
        return None
    for name, apply in ACTIVATIONS.items():
        if pairs.corrected_by(apply):
            return Finding("activation missing", f"At the end the {name} is missing.")
        if pairs.made_by(apply):
            return Finding(
                "activation too many",
                f"A {name} is applied at the end to what is already right: leave it out.",
            )
    for (wanted, undo), (given, apply) in itertools.product(INVERSES.items(), ACTIVATIONS.items()):
        if wanted == given:
            continue
        # Undoing loses digits: 1 - 0.9999 has only four of them left.
        if pairs.holds(_as_it_is, _in_turn(undo, apply), slack=100):
            return Finding(
                "another activation",
                f"This is the {given}, and it should be the {wanted.partition(' ')[0]}.",
            )
    return None


FACTORS = {
    2.0: "Is something counted twice, or a 1/2 missing?",
    0.5: "Is a 1/2 too many?",
    100.0: "Are these percent?",
    0.01: "Are percent asked for?",
    1 / math.log(2): "That is 1 / log(2): the logarithm has base 2, and should be torch.log.",
    1 / math.log(10): "That is 1 / log(10): the logarithm has base 10, and should be torch.log.",
    math.log(2): "That is log(2): a logarithm of base 2 is asked for.",
    180 / math.pi: "These are degrees, and should be radians.",
    math.pi / 180: "These are radians, and should be degrees.",
    -1.0: "",
}


def factor(pairs: Pairs) -> Finding | None:
    """Every number is k times what it should be, k the same in all cases."""
    if not pairs.fractions or not pairs.enough:
        return None
    if any(g.shape != w.shape for g, w in pairs.pairs):
        return None
    ratios = torch.cat([(g / w)[w.abs() > 1e-3 * w.abs().max()].flatten() for g, w in pairs.wrong])
    if len(ratios) < MANY:
        return None
    k = ratios.median().item()
    if not math.isfinite(k) or abs(k) < 1e-3 or abs(k - 1) < 1e-2:
        return None
    if not pairs.corrected_by(lambda g: g / k):
        return None
    advice = next((text for known, text in FACTORS.items() if abs(k / known - 1) < 1e-3), "")
    advice = advice or "A factor is missing, or one too many."
    return Finding("constant factor", f"Every number is {k:.4g} times what it should be. {advice}")


def offset(pairs: Pairs) -> Finding | None:
    """Every number is off by the same amount."""
    if not pairs.fractions or not pairs.enough:
        return None
    if any(g.shape != w.shape for g, w in pairs.pairs):
        return None
    c = torch.cat([(g - w).flatten() for g, w in pairs.wrong]).median().item()
    scale = max(w.abs().max().item() for _, w in pairs.wrong)
    if abs(c) < 1e-3 * scale or not pairs.corrected_by(lambda g: g - c):
        return None
    return Finding(
        "constant offset",
        f"Every number is {abs(c):.4g} too {'large' if c > 0 else 'small'}: a term is missing, or "
        f"one too many.",
    )


def rounded(pairs: Pairs) -> Finding | None:
    """Fractions that were rounded."""
    if not pairs.fractions:
        return None
    for decimals in range(5):
        if pairs.made_by(partial(torch.round, decimals=decimals)):
            return Finding("rounded", "The numbers are rounded: return them as they are.")
    return None


def cut_off(pairs: Pairs) -> Finding | None:
    """Numbers beyond a limit were brought to it (clamp)."""
    if not pairs.fractions or not pairs.enough:
        return None
    got = torch.cat([g.flatten() for g, _ in pairs.pairs])
    low, high = got.min(), got.max()
    if ((got > low) & (got < high)).sum() < MANY:
        return None
    if not pairs.made_by(lambda w: w.clamp(low, high)):
        return None
    right = torch.cat([w.flatten() for _, w in pairs.pairs])
    ends = [f"below {low:.4g}"] if right.min() < low - 1e-6 * low.abs() else []
    ends += [f"above {high:.4g}"] if right.max() > high + 1e-6 * high.abs() else []
    return Finding(
        "cut off",
        f"Numbers {listed(ends)} are cut off: all others are right. Is there a clamp that is too "
        f"narrow?",
    )


def whole_numbers(pairs: Pairs) -> Finding | None:
    """Fractions where counts are wanted, off by one, True and False exchanged."""
    if pairs.fractions:
        return None
    if pairs.answers:
        if len(pairs.wrong) == len(pairs.pairs) and pairs.corrected_by(lambda g: 1 - g):
            return Finding("negated", "True and False have changed places.")
        return None
    if any(g.dtype.is_floating_point for g, _ in pairs.raw) and any(
        not torch.equal(g, g.round()) for g, _ in pairs.wrong
    ):
        for how, fix in (
            ("up", torch.ceil),
            ("down", torch.floor),
            ("to the nearest", torch.round),
        ):
            if all(pairs.equal(fix(g), w) for g, w in pairs.pairs):
                return Finding(
                    "not rounded", f"Whole numbers are asked for: rounded {how}, these are right."
                )
        return Finding("not rounded", "These are fractions, and whole numbers are asked for.")
    if any(g.shape != w.shape for g, w in pairs.pairs) or len(pairs.wrong) < 2:
        return None
    off = [(g - w).flatten() for g, w in pairs.wrong]
    steps = sorted(set(torch.cat(off).tolist()))
    large = all(w.abs().max() >= 3 for _, w in pairs.wrong)
    if len(pairs.wrong) == len(pairs.pairs) >= 3 and pairs.enough and steps in ([1.0], [-1.0]):
        more = "too many" if steps == [1.0] else "too few"
        return Finding(
            "off by one", f"Every number is one {more}: where does the count begin and end?"
        )
    if large and steps in ([1.0], [-1.0], [0.0, 1.0], [-1.0, 0.0]):
        more = "many" if max(steps) > 0 else "few"
        return Finding(
            "off by one",
            f"Where it is wrong it is one too {more}: look at the end of a range, at <= instead of <, "
            f"or at what is rounded up or down.",
        )
    return None


def summed(pairs: Pairs) -> Finding | None:
    """A sum, mean or maximum over a dimension is missing or too many; a table made by broadcasting."""
    if not pairs.fractions:
        return None
    most = max(max(g.ndim, w.ndim) for g, w in pairs.pairs)
    ways: dict[str, Any] = {
        "sum": torch.sum,
        "mean": torch.mean,
        "maximum": torch.amax,
        "minimum": torch.amin,
    }
    for (name, reduce), dim in itertools.product(ways.items(), (None, *range(most))):
        over = "everything" if dim is None else f"dim={dim}"
        less = _reduced(reduce, dim)
        if pairs.corrected_by(less):
            return Finding(
                "reduction missing",
                f"It is still to be reduced: the {name} over {over} is missing.",
            )
        if pairs.made_by(less):
            return Finding(
                "reduction too many",
                f"The {name} over {over} is taken of what is already right: leave it out.",
            )
    if pairs.holds(_diagonal, lambda w: w.flatten()):
        return Finding(
            "a table by broadcasting",
            "A row and a column have made a table: what you want is only its diagonal. Print the "
            ".shape of the two that meet; one of them is (B, 1) and the other (B,).",
        )
    return None


def rearranged(pairs: Pairs) -> Finding | None:
    """Transposed, reshaped, turned round or shifted."""
    if pairs.answers:
        return None
    most = max(g.ndim for g, _ in pairs.pairs)
    orders = [
        order for order in itertools.permutations(range(most)) if list(order) != sorted(order)
    ]
    for order in orders if most <= 4 else ():
        permuted = _permuted(order)
        if pairs.corrected_by(permuted):
            if most == 2:
                message = "It is transposed: rows and columns have changed places."
                return Finding("transposed", message)
            return Finding(
                "dimensions in another order",
                f"The dimensions are in another order: with .permute{order} it would be right.",
            )
    for order in orders if most <= 4 else ():
        if pairs.holds(torch.flatten, _in_turn(_permuted(order), torch.flatten)):
            return Finding(
                "reshaped instead of transposed",
                "The numbers are all there, but reshape has put them into other places: it reads "
                "row by row. To exchange dimensions, use .T or .permute.",
            )
    for dim in range(most):
        if pairs.corrected_by(partial(torch.flip, dims=(dim,))):
            return Finding("reversed", f"The order is reversed along dim={dim}.")
        for step in (1, -1):
            if pairs.corrected_by(partial(torch.roll, shifts=step, dims=dim)):
                return Finding("shifted", f"Everything is shifted by one place along dim={dim}.")
    if all(g.shape == w.shape for g, w in pairs.pairs) and pairs.holds(_sorted, _sorted):
        return Finding("another order", "The numbers are all there, but in another order.")
    return None


OF_VALUES = (
    correction,
    activation,
    factor,
    offset,
    summed,
    rearranged,
    rounded,
    cut_off,
    whole_numbers,
)


# --- of tuples and lists -------------------------------------------------------------------------


def order_of_things(exercise: Exercise, rows: Sequence[tuple[Any, Any]]) -> Finding | None:
    """The right things in another order, with one missing, one too many, or only one of them."""
    many = [(g, w) for g, w in rows if isinstance(w, (tuple, list))]
    if len(many) != len(rows) or all(same_values(exercise, g, w) for g, w in rows):
        return None

    def always(made: Callable[[Any], Any]) -> bool:
        try:
            return all(same_values(exercise, g, made(w)) for g, w in rows)
        except IndexError:
            return False

    lengths = {len(w) for _, w in rows}
    if all(isinstance(w, tuple) for _, w in rows) and len(lengths) == 1:
        count = lengths.pop()
        for order in itertools.permutations(range(count)) if count <= 5 else ():
            if always(itemgetter(*order)):
                places = ", ".join(str(order.index(i) + 1) for i in range(count))
                return Finding(
                    "order of the results",
                    f"The right things, in another order: they should come as numbers {places} of "
                    f"what you return.",
                )
        for i in range(count):
            if always(itemgetter(i)):
                return Finding(
                    "one of several results",
                    f"This is number {i + 1} of the {count} things to return: return all of them, "
                    f"with commas between.",
                )
    for name, message, made in (
        ("the last is missing", "The last one is missing: it stops too early.", slice(None, -1)),
        ("the first is missing", "The first one is missing: it starts too late.", slice(1, None)),
        ("reversed", "The order is reversed.", slice(None, None, -1)),
    ):
        if always(itemgetter(made)):
            return Finding(name, message)
    if all(isinstance(g, (tuple, list)) for g, _ in rows) and all(
        len(g) and same_values(exercise, g, w[: len(g)]) for g, w in rows
    ):
        return Finding(
            "stops too early",
            "What there is is right, but it stops too early: is the return within the loop, or "
            "what is left at the end forgotten?",
        )
    return None


def first_or_last(pairs: Pairs) -> Finding | None:
    """A tensor that lacks its beginning or its end."""
    if any(w.ndim == 0 for _, w in pairs.pairs) or pairs.answers:
        return None
    if pairs.made_by(lambda w: w[1:]):
        return Finding("the first is missing", "The first one is missing: all others are right.")
    if pairs.made_by(lambda w: w[:-1]):
        return Finding("the last is missing", "The last one is missing: all others are right.")
    if pairs.corrected_by(lambda g: g[1:]) or pairs.corrected_by(lambda g: g[:-1]):
        return Finding("one too many", "There is one too many, at the beginning or at the end.")
    return None


@dataclass(frozen=True)
class Evidence:
    """What is known of an answer: what it did in each case, and how to call it again."""

    exercise: Exercise
    cases: list[Case]
    got: list[Outcome]
    want: list[Outcome]
    again: Again | None

    def call(self, arguments: Sequence[tuple[Any, ...]], seed: int = 0) -> list[Outcome] | None:
        """What the answer does on other arguments; None if that cannot be found out."""
        if self.again is None or not arguments or len(arguments) > MAX_CALLS:
            return None
        found = self.again(arguments, seed=seed)
        return None if found is None else [read(one) for one in found]

    @property
    def returned(self) -> list[int]:
        """The cases in which the answer returned a value."""
        return [i for i, one in enumerate(self.got) if one.error is None]

    @property
    def wrong(self) -> list[int]:
        """The cases in which it returned a value that is not right."""
        return [
            i
            for i in self.returned
            if not same_values(self.exercise, self.got[i].value, self.want[i].value)
        ]

    def wanted(self, arguments: Sequence[tuple[Any, ...]]) -> list[Outcome]:
        """What the reference does on other arguments."""
        return outcomes_of(self.exercise, self.exercise.reference, [Case(one) for one in arguments])


# --- of arguments, by what the reference makes of others ------------------------------------------

PARTS = (
    (
        "the last is left out",
        slice(None, -1),
        "It would be right without the last of {0}: the last one is left out. Does a loop or a slice "
        "end one too early?",
    ),
    (
        "the first is left out",
        slice(1, None),
        "It would be right without the first of {0}: the first one is left out. Does a loop or a "
        "slice begin one too late?",
    ),
    (
        "only the first counts",
        slice(None, 1),
        "Only the first of {0} counts: is the return, or what belongs after the loop, within it?",
    ),
    (
        "only the first counts",
        slice(None, 2),
        "Only the first two of {0} count: is the return, or what belongs after the loop, within it?",
    ),
    (
        "only the last counts",
        slice(-1, None),
        "Only the last of {0} counts: what came before is overwritten instead of added, or only "
        "returned at the end.",
    ),
)


def part_of_an_argument(evidence: Evidence) -> Finding | None:
    """What came is right for a part of an argument, or of several that are equally long."""
    lengths = [
        tuple(len(a) if _has_length(a) else 0 for a in evidence.cases[i].args)
        for i in evidence.returned
    ]
    columns = list(zip(*lengths, strict=True))
    groups = {
        columns[n]: [m for m, c in enumerate(columns) if c == columns[n]]
        for n in range(len(columns))
    }
    names = parameters(evidence.exercise)
    for column, places in groups.items():
        if min(column) < 1:
            continue
        for kind, cut, message in PARTS:
            if _explained_by(evidence, partial(_cut, places, cut)):
                return Finding(kind, message.format(listed([names[n] for n in places])))
    return None


def _has_length(value: Any) -> bool:
    return isinstance(value, list) or (isinstance(value, Tensor) and value.ndim > 0)


def _cut(places: Sequence[int], cut: slice, args: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(a[cut] if n in places else a for n, a in enumerate(args))


def exchanged_arguments(evidence: Evidence) -> Finding | None:
    """Two arguments have changed places."""
    names = parameters(evidence.exercise)
    for i, j in itertools.combinations(range(len(evidence.cases[0].args)), 2):
        if _explained_by(evidence, partial(_exchanged, i, j)):
            return Finding(
                "arguments exchanged",
                f"It would be right if {names[i]} and {names[j]} changed places: each stands where the "
                f"other belongs.",
            )
    return None


def _exchanged(i: int, j: int, args: tuple[Any, ...]) -> tuple[Any, ...]:
    new = list(args)
    new[i], new[j] = args[j], args[i]
    return tuple(new)


def _explained_by(evidence: Evidence, change: Callable[[tuple[Any, ...]], tuple[Any, ...]]) -> bool:
    """Whether in every case the reference gives, for changed arguments, what the answer gave."""
    places = evidence.returned
    made = evidence.wanted([change(evidence.cases[i].args) for i in places])
    got = [evidence.got[i] for i in places]
    if not all(
        one.error is None and same_values(evidence.exercise, one.value, g.value)
        for one, g in zip(made, got, strict=True)
    ):
        return False
    return _no_chance(
        [g.value for one, g in zip(places, got, strict=True) if one in evidence.wrong]
    )


def _no_chance(values: Sequence[Any]) -> bool:
    """Whether equal results of two functions in these cases can hardly be chance."""
    flat = [as_tensor(part) for value in values for part in _flat(value)]
    fractions = [t.double().flatten() for t in flat if t.is_floating_point()]
    if fractions and len(both := torch.cat(fractions)) >= MANY and both.min() < both.max():
        return True
    counts = [t for t in flat if not t.is_floating_point() and t.dtype != torch.bool]
    return len(values) >= 3 and any(bool((t.abs() >= LARGE).any()) for t in counts)


def _is_fraction(value: Any) -> bool:
    return as_tensor(value).is_floating_point()


def _flat(value: Any) -> list[Any]:
    if isinstance(value, (tuple, list)):
        return [part for one in value for part in _flat(one)]
    return [value] if is_number(value) else []


# --- by calling it again -------------------------------------------------------------------------


def called_again(evidence: Evidence) -> Finding | None:
    """With the same arguments it gives something else: random numbers, or a memory."""
    arguments = [evidence.cases[i].args for i in evidence.returned]
    first, other = evidence.call(arguments, 0), evidence.call(arguments, 1)
    repeated = evidence.call(arguments, 0)
    if first is None or other is None or repeated is None:
        return None

    def agree(a: list[Outcome], b: list[Outcome]) -> bool:
        return all(_same(evidence.exercise, x, y) for x, y in zip(a, b, strict=True))

    if agree(first, other) and agree(first, [evidence.got[i] for i in evidence.returned]):
        return None
    if agree(first, repeated):
        return Finding(
            "random",
            "Called twice with the same arguments it gives different results: it draws random "
            "numbers, and what is asked for depends on nothing but the arguments.",
        )
    return Finding(
        "keeps something from call to call",
        "Called twice with the same arguments it gives different results: it keeps something from "
        "one call to the next, in a global name or in a list that is a default value, say.",
    )


def ignored_argument(evidence: Evidence) -> Finding | None:
    """One argument is changed, and nothing changes where something should."""
    names = parameters(evidence.exercise)
    ignored = []
    for place, name in enumerate(names[: len(evidence.cases[0].args)]):
        changed = _changed_arguments(evidence, place)
        should = evidence.wanted([args for _, args in changed])
        changed = [  # where something should change
            one
            for one, want in zip(changed, should, strict=True)
            if want.error is None and not _same(evidence.exercise, want, evidence.want[one[0]])
        ]
        changed = changed[:MAX_CALLS]
        after = evidence.call([args for _, args in changed])
        fractions = any(map(_is_fraction, _flat(evidence.want[0].value)))
        # Counts and answers to questions often stay as they are: then the code must say so too.
        unread = evidence.again is not None and not evidence.again.reads(place)
        if (
            after
            and (fractions or unread)
            and all(
                _same(evidence.exercise, now, evidence.got[i])
                for (i, _), now in zip(changed, after, strict=True)
            )
        ):
            ignored.append(name)
    if not ignored:
        return None
    if len(ignored) == len(names):
        return Finding(
            "always the same", "It gives the same result whatever it is given: use the arguments."
        )
    return Finding(
        "ignores an argument",
        f"{listed(ignored)} makes no difference: with another value the result stays as it is, and "
        f"it should change. Is it used, and not overwritten?"
        if len(ignored) == 1
        else f"{listed(ignored)} make no difference: with other values the result stays as it is, "
        f"and it should change. Are they used, and not overwritten?",
    )


def _changed_arguments(evidence: Evidence, place: int) -> list[tuple[int, tuple[Any, ...]]]:
    """(case, its arguments with another one at `place`), of the same kind and shape."""
    others = evidence.exercise.cases(97)
    made = []
    for i in evidence.returned:
        args = evidence.cases[i].args
        own = args[place]
        values = [others[i].args[place]] if i < len(others) else []
        if isinstance(own, Tensor) and own.ndim:
            values += [own.flip(0), own.flip(-1)]
        values += [case.args[place] for case in evidence.cases]
        fitting = (
            value
            for value in values
            if _same_kind(value, own) and not same_values(evidence.exercise, value, own)
        )
        for value in itertools.islice(fitting, MAX_CHANGES):
            made.append((i, (*args[:place], value, *args[place + 1 :])))
    return made


def _same_kind(a: Any, b: Any) -> bool:
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return (a.shape, a.dtype) == (b.shape, b.dtype)
    return type(a) is type(b)


def row_by_row(evidence: Evidence) -> Finding | None:
    """Right for each example alone, wrong for a batch of them."""
    rows, whole = [], []
    for i in evidence.returned:
        args, want = evidence.cases[i].args, evidence.want[i].value
        if getattr(evidence.got[i].value, "shape", None) != getattr(want, "shape", None):
            return None
        if not isinstance(want, Tensor) or not want.ndim or not len(want) > 1:
            continue
        batched = [
            n
            for n, a in enumerate(args)
            if isinstance(a, Tensor) and a.ndim and len(a) == len(want)
        ][:1]
        for row in range(min(len(want), MAX_ROWS) if batched else 0):
            part = [a[row : row + 1] if n in batched else a for n, a in enumerate(args)]
            rows.append(tuple(part))
            whole.append((i, row))
    if not rows:
        return None
    alone = evidence.wanted(rows)
    for one, (i, row) in zip(alone, whole, strict=True):
        expected = evidence.want[i].value[row : row + 1]
        if one.error or not same_values(evidence.exercise, one.value, expected):
            return None  # the examples do depend on each other
    found = evidence.call(rows)
    if found is None or not all(
        _same(evidence.exercise, a, b) for a, b in zip(found, alone, strict=True)
    ):
        return None
    return Finding(
        "examples mixed in a batch",
        "Given one example at a time it is right, given several it is not: something goes over all "
        "examples (a sum, a maximum, a mean without dim, say) that belongs to each of them.",
    )


def _same(exercise: Exercise, a: Outcome, b: Outcome) -> bool:
    if a.error or b.error:
        return a.error is not None and b.error is not None and a.error.type == b.error.type
    return same_values(exercise, a.value, b.value)


# Of the arguments; those that call the answer come last.
OF_ARGUMENTS = (
    part_of_an_argument,
    exchanged_arguments,
    called_again,
    ignored_argument,
    row_by_row,
)


# --- all together --------------------------------------------------------------------------------


def probe(evidence: Evidence) -> Finding | None:
    """The first probe that speaks."""
    exercise = evidence.exercise
    rows = [
        (evidence.got[i].value, evidence.want[i].value)
        for i in evidence.returned
        if evidence.want[i].error is None
    ]
    if not rows:
        return None
    try:
        if found := order_of_things(exercise, rows):
            return found
        for finding in _of_values(exercise, rows):
            return finding
        for of_arguments in OF_ARGUMENTS:
            if found := of_arguments(evidence):
                return found
    except Exception:
        return None  # something no probe has thought of: it must not keep the verdict away
    return None


def _of_values(exercise: Exercise, rows: list[tuple[Any, Any]]) -> list[Finding]:
    """What the probes of values say of the value, or of the parts of the tuples that are wrong."""
    if all(is_number(g) and is_number(w) for g, w in rows):
        pairs = Pairs(exercise, rows)
        if not pairs.wrong:
            return []
        return [found for one in (*OF_VALUES, first_or_last) if (found := one(pairs))][:1]
    counts = {len(v) if isinstance(v, tuple) else 0 for row in rows for v in row}
    if len(counts) != 1 or counts == {0}:
        return []
    count = counts.pop()
    for number in range(count):
        part = [(g[number], w[number]) for g, w in rows]
        for found in _of_values(exercise, part):
            message = f"Number {number + 1} of {count}: {found.message}"
            return [Finding(found.mistake, message)]
    return []

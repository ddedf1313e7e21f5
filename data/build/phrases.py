"""phrases: dates, times, amounts and numbers in English and French."""

from __future__ import annotations

import datetime
import io
import re
import sys
import tempfile
import zipfile

import numpy as np

from archives import archive
from files import stored
from french import french, french_ordinal

# How many pairs there are of each kind, drawn from all that are possible.
PHRASES = {
    "date": 2700, "time": 700, "date and time": 1400, "number": 1500, "place": 500, "amount": 800,
    "from now": 400,
}  # fmt: skip


def build() -> dict[str, bytes]:
    """Dates, times, amounts and numbers in English and in French: 8,000 exact pairs, split once.

    Dates, times, units come from CLDR by way of Babel, numbers in words from num2words. What these do
    not do as French asks is put right, and nothing else: the first of a month is 1er; the places of
    num2words keep a plural s (quatre-vingtsième). All in lower case, spaces are plain. Each English
    phrase has one French one, and each French one one English one, so no part knows another's.
    """
    wheels = (
        archive(
            "Babel==2.18.0",
            "babel-2.18.0-py3-none-any.whl",
            "e2b422b277c2b9a9630c1d7903c2a00d0830c409c59ac8cae9081c92f1aeba35",
        ),
        archive(
            "num2words==0.5.14",
            "num2words-0.5.14-py3-none-any.whl",
            "1c8e5b00142fc2966fd8d685001e36c4a9911e070d1b120e1beb721fa1edb33d",
        ),
    )
    with tempfile.TemporaryDirectory() as folder:
        for wheel in wheels:
            zipfile.ZipFile(io.BytesIO(wheel)).extractall(folder)
        sys.path.insert(0, folder)
        try:
            pairs = phrase_pairs()
        finally:
            sys.path.remove(folder)
    for side in (1, 2):
        if len({pair[side] for pair in pairs}) != len(pairs):
            raise SystemExit("phrases: got a phrase with two translations")
    generator = np.random.Generator(np.random.PCG64(2021))
    order = [pairs[i] for i in generator.permutation(len(pairs))]
    cuts = {"train": (0, 6500), "validation": (6500, 7000), "test": (7000, 8000)}
    if len(order) != 8000:
        raise SystemExit(f"phrases: got {len(order)} pairs, expected 8,000")
    parts = {part: order[first:end] for part, (first, end) in cuts.items()}
    return {"phrases.zip": stored({
        f"{part}.tsv": "".join("\t".join(pair) + "\n" for pair in pairs).encode()
        for part, pairs in parts.items()
    }, zipfile.ZIP_LZMA)}  # fmt: skip


def phrase_pairs() -> list[tuple[str, str, str]]:
    """(kind, English, French), without doubles, the same on every run."""
    from babel import dates, units
    from num2words import num2words

    generator = np.random.Generator(np.random.PCG64(2021))
    # Patterns of CLDR: a full date; the same without its year; a long date; one without a year; a
    # month; a day of the week. "at" between a date and a time is CLDR's too (its pattern "atTime").
    patterns = (
        ("EEEE, MMMM d, y", "EEEE d MMMM y"), ("EEEE, MMMM d", "EEEE d MMMM"),
        ("MMMM d, y", "d MMMM y"), ("MMMM d", "d MMMM"), ("MMMM y", "MMMM y"), ("EEEE", "EEEE"),
    )  # fmt: skip
    for name, pattern in (("full", patterns[0]), ("long", patterns[2])):
        got = tuple(dates.get_date_format(name, locale).pattern for locale in ("en", "fr"))
        if got != pattern:
            raise SystemExit(f"phrases: got the {name} dates {got}, expected {pattern}")

    def some_date() -> datetime.date:
        return datetime.date(1900, 1, 1) + datetime.timedelta(int(generator.integers(73_049)))

    def some_time() -> datetime.time:
        return datetime.time(*divmod(int(generator.integers(1440)), 60))

    def date(day: datetime.date, which: int) -> tuple[str, str]:
        en, fr = (dates.format_date(day, pattern, locale=locale)
                  for pattern, locale in zip(patterns[which], ("en", "fr"), strict=True))  # fmt: skip
        return en, re.sub(r"\b1 (?=[a-zéû]+)", "1er ", fr) if which < 4 else fr

    def time(moment: datetime.time) -> tuple[str, str]:
        return tuple(dates.format_time(moment, "short", locale=locale) for locale in ("en", "fr"))

    def number(n: int) -> tuple[str, str]:
        if (got := num2words(n, lang="fr")) != french(n):
            raise SystemExit(f"phrases: got {got!r} for {n}, expected {french(n)!r}")
        return num2words(n, lang="en"), french(n)

    def place(n: int) -> tuple[str, str]:
        # The s of quatre-vingts and deux cents has to go before -ième; num2words keeps it.
        got = num2words(n, lang="fr", to="ordinal").replace("tsième", "tième")
        if got != french_ordinal(n):
            raise SystemExit(f"phrases: got {got!r} for {n}, expected {french_ordinal(n)!r}")
        return num2words(n, lang="en", to="ordinal"), got

    def amount() -> tuple[str, str]:
        names = ("length-kilometer", "length-meter", "mass-kilogram", "mass-gram", "volume-liter",
                 "duration-minute", "duration-hour", "duration-day", "duration-week",
                 "duration-month", "duration-year", "temperature-celsius")  # fmt: skip
        unit = names[generator.integers(len(names))]
        value = int(generator.integers(1, 1000)) / 10 if generator.random() < 0.7 else 0.0
        value = int(generator.integers(100)) if value.is_integer() else value
        return tuple(units.format_unit(value, unit, "long", locale=lang) for lang in ("en", "fr"))

    def from_now() -> tuple[str, str]:
        names = ("minute", "hour", "day", "week", "month", "year")
        unit = names[generator.integers(len(names))]
        seconds = dict(dates.TIMEDELTA_UNITS)[unit] * int(generator.integers(1, 100))
        sign = 1 if generator.random() < 0.5 else -1
        return tuple(
            dates.format_timedelta(
                datetime.timedelta(seconds=sign * seconds), granularity=unit, threshold=1e9,
                add_direction=True, locale=locale,
            )
            for locale in ("en", "fr")
        )  # fmt: skip

    def draw(kind: str) -> tuple[str, str]:
        if kind == "date":
            return date(some_date(), int(generator.choice(5, p=(0.5, 0.15, 0.25, 0.04, 0.06))))
        if kind == "time":
            return time(some_time())
        if kind == "date and time":
            which = int(generator.choice((0, 1, 3, 5), p=(0.15, 0.2, 0.45, 0.2)))
            (en, fr), (time_en, time_fr) = date(some_date(), which), time(some_time())
            return f"{en} at {time_en}", f"{fr} à {time_fr}"
        if kind == "number":
            ends = ((0, 1000), (1000, 10_000), (10_000, 1_000_000))
            return number(int(generator.integers(*ends[generator.choice(3, p=(0.5, 0.3, 0.2))])))
        if kind == "place":
            return place(int(generator.integers(1, 1000)))
        return amount() if kind == "amount" else from_now()

    pairs, seen = [], set()
    for kind, count in PHRASES.items():
        found = 0
        while found < count:
            en, fr = (" ".join(text.lower().split()) for text in draw(kind))
            if en not in seen and fr not in seen:
                seen |= {en, fr}
                pairs.append((kind, en, fr))
                found += 1
    return pairs

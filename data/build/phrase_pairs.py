"""Phrases drawn at random, in English and in French.

It imports Babel and num2words, so phrases.py imports it once it has fetched them.
"""

from __future__ import annotations

import datetime
import re

import numpy as np
from babel import dates, units
from num2words import num2words

from french import cardinal, ordinal

Pair = tuple[str, str]
LANGUAGES = ("en", "fr")

# Patterns of CLDR for dates, (English, French).
FULL = ("EEEE, MMMM d, y", "EEEE d MMMM y")
FULL_WITHOUT_YEAR = ("EEEE, MMMM d", "EEEE d MMMM")
LONG = ("MMMM d, y", "d MMMM y")
LONG_WITHOUT_YEAR = ("MMMM d", "d MMMM")
MONTH = ("MMMM y", "MMMM y")
WEEKDAY = ("EEEE", "EEEE")

# How often each pattern is drawn: for a date alone, and for one with a time.
DATES = {FULL: 0.5, FULL_WITHOUT_YEAR: 0.15, LONG: 0.25, LONG_WITHOUT_YEAR: 0.04, MONTH: 0.06}
DATES_WITH_TIME = {FULL: 0.15, FULL_WITHOUT_YEAR: 0.2, LONG_WITHOUT_YEAR: 0.45, WEEKDAY: 0.2}

AMOUNTS = (
    "length-kilometer",
    "length-meter",
    "mass-kilogram",
    "mass-gram",
    "volume-liter",
    "duration-minute",
    "duration-hour",
    "duration-day",
    "duration-week",
    "duration-month",
    "duration-year",
    "temperature-celsius",
)
TIME_UNITS = ("minute", "hour", "day", "week", "month", "year")
NUMBER_RANGES = ((0, 1000), (1000, 10_000), (10_000, 1_000_000))


def draw_pairs() -> list[tuple[str, str, str]]:
    """(kind, English, French): all phrases are different, and the same on every run."""
    for name, pattern in (("full", FULL), ("long", LONG)):
        got = tuple(dates.get_date_format(name, language).pattern for language in LANGUAGES)
        if got != pattern:
            raise SystemExit(f"phrases: got the {name} dates {got}, expected {pattern}")
    generator = np.random.Generator(np.random.PCG64(2021))
    pairs, seen = [], set()
    for kind, (count, draw) in KINDS.items():
        found = 0
        while found < count:
            en, fr = (" ".join(text.lower().split()) for text in draw(generator))
            if en not in seen and fr not in seen:
                seen |= {en, fr}
                pairs.append((kind, en, fr))
                found += 1
    return pairs


# --- the kinds of phrases ------------------------------------------------------------------------


def date(generator: np.random.Generator) -> Pair:
    """A date from 1900 to 2099."""
    day = draw_day(generator)
    return format_date(day, draw_pattern(DATES, generator))


def time(generator: np.random.Generator) -> Pair:
    """A time, in whole minutes."""
    moment = datetime.time(*divmod(int(generator.integers(1440)), 60))
    return tuple(dates.format_time(moment, "short", locale=language) for language in LANGUAGES)


def date_and_time(generator: np.random.Generator) -> Pair:
    """A date at a time; the "at" between them is that of CLDR's pattern "atTime"."""
    pattern = draw_pattern(DATES_WITH_TIME, generator)
    date_en, date_fr = format_date(draw_day(generator), pattern)
    time_en, time_fr = time(generator)
    return f"{date_en} at {time_en}", f"{date_fr} à {time_fr}"


def number(generator: np.random.Generator) -> Pair:
    """A whole number in words, below a million."""
    n = int(generator.integers(*NUMBER_RANGES[generator.choice(3, p=(0.5, 0.3, 0.2))]))
    en, fr = (num2words(n, lang=language) for language in LANGUAGES)
    if fr != cardinal(n):
        raise SystemExit(f"phrases: got {fr!r} for {n}, expected {cardinal(n)!r}")
    return en, fr


def place(generator: np.random.Generator) -> Pair:
    """An ordinal number in words, below a thousand."""
    n = int(generator.integers(1, 1000))
    en, fr = (num2words(n, lang=language, to="ordinal") for language in LANGUAGES)
    # The plural s of quatre-vingts and deux cents goes before -ième; num2words keeps it.
    fr = fr.replace("tsième", "tième")
    if fr != ordinal(n):
        raise SystemExit(f"phrases: got {fr!r} for {n}, expected {ordinal(n)!r}")
    return en, fr


def amount(generator: np.random.Generator) -> Pair:
    """A number with a unit, with one decimal or none."""
    unit = AMOUNTS[generator.integers(len(AMOUNTS))]
    value = int(generator.integers(1, 1000)) / 10 if generator.random() < 0.7 else 0.0
    value = int(generator.integers(100)) if value.is_integer() else value
    return tuple(units.format_unit(value, unit, "long", locale=language) for language in LANGUAGES)


def from_now(generator: np.random.Generator) -> Pair:
    """How long ago something was, or in how long it will be."""
    unit = TIME_UNITS[generator.integers(len(TIME_UNITS))]
    seconds = dict(dates.TIMEDELTA_UNITS)[unit] * int(generator.integers(1, 100))
    delta = datetime.timedelta(seconds=seconds if generator.random() < 0.5 else -seconds)
    # A large threshold, or 50 weeks would become a year.
    options = {"granularity": unit, "threshold": 1e9, "add_direction": True}
    return tuple(dates.format_timedelta(delta, locale=lang, **options) for lang in LANGUAGES)


# How many pairs there are of each kind, and what draws one.
KINDS = {
    "date": (2700, date),
    "time": (700, time),
    "date and time": (1400, date_and_time),
    "number": (1500, number),
    "place": (500, place),
    "amount": (800, amount),
    "from now": (400, from_now),
}


# --- dates ---------------------------------------------------------------------------------------


def draw_day(generator: np.random.Generator) -> datetime.date:
    """A day from 1900 to 2099."""
    return datetime.date(1900, 1, 1) + datetime.timedelta(int(generator.integers(73_049)))


def draw_pattern(patterns: dict[Pair, float], generator: np.random.Generator) -> Pair:
    """One of the patterns, drawn with its probability."""
    return list(patterns)[generator.choice(len(patterns), p=list(patterns.values()))]


def format_date(day: datetime.date, pattern: Pair) -> Pair:
    """The day in English and in French, where the first of a month is 1er (CLDR's pattern: 1)."""
    en, fr = (
        dates.format_date(day, form, locale=language)
        for form, language in zip(pattern, LANGUAGES, strict=True)
    )
    return en, re.sub(r"\b1 (?=[a-zéû])", "1er ", fr)

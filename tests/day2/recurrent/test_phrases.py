"""The phrases in two languages: as many as the manifest says, one translation each, right French."""

import pytest

from workshop.core import data
from workshop.day2.recurrent.translation.phrases import KINDS, phrases


@pytest.fixture(scope="module")
def pairs():
    parts = phrases()
    everything = parts.development + parts.test
    return dict(zip(everything.english, everything.french, strict=True))


def test_they_are_as_many_as_the_manifest_says():
    row = next(row for row in data.manifest() if row["name"] == "phrases")
    parts = phrases()
    assert {name: len(getattr(parts, name)) for name in row["splits"]} == row["splits"]
    assert len(parts.development) + len(parts.test) == row["examples"] == 8000
    assert {
        kind for part in (parts.train, parts.validation, parts.test) for kind in part.kinds
    } == (set(KINDS))
    assert row["bytes"] < 300_000


def test_each_phrase_has_one_translation_and_is_in_one_part():
    parts = phrases()
    everything = parts.development + parts.test
    assert len(set(everything.english)) == len(set(everything.french)) == len(everything)
    known, new = parts.development, parts.test
    assert not set(known.english) & set(new.english)
    assert not set(known.french) & set(new.french)
    assert not set(parts.train.english) & set(parts.validation.english)


def test_nothing_is_in_it_but_what_people_type():
    parts = phrases()
    everything = parts.development + parts.test
    letters = set("".join(everything.english + everything.french))
    assert letters <= set("abcdefghijklmnopqrstuvwxyzàèéû0123456789 ,.:-")
    assert all(text == " ".join(text.split()) for text in everything.english + everything.french)


# The spelling of numbers, out of grammars: et before un and onze, but not after 80; s of vingt and
# cent only at the end; mille never has one.
NUMBERS = {
    0: "zéro",
    1: "un",
    16: "seize",
    17: "dix-sept",
    21: "vingt et un",
    22: "vingt-deux",
    61: "soixante et un",
    70: "soixante-dix",
    71: "soixante et onze",
    77: "soixante-dix-sept",
    80: "quatre-vingts",
    81: "quatre-vingt-un",
    90: "quatre-vingt-dix",
    91: "quatre-vingt-onze",
    99: "quatre-vingt-dix-neuf",
    100: "cent",
    101: "cent un",
    180: "cent quatre-vingts",
    200: "deux cents",
    201: "deux cent un",
    271: "deux cent soixante et onze",
    1000: "mille",
    1100: "mille cent",
    1999: "mille neuf cent quatre-vingt-dix-neuf",
    2000: "deux mille",
    21_000: "vingt et un mille",
    80_000: "quatre-vingt mille",
    200_000: "deux cent mille",
    200_200: "deux cent mille deux cents",
    480_080: "quatre cent quatre-vingt mille quatre-vingts",
}
PLACES = {
    1: "premier",
    2: "deuxième",
    4: "quatrième",
    5: "cinquième",
    9: "neuvième",
    11: "onzième",
    19: "dix-neuvième",
    21: "vingt et unième",
    71: "soixante et onzième",
    80: "quatre-vingtième",
    81: "quatre-vingt-unième",
    100: "centième",
    200: "deux centième",
    280: "deux cent quatre-vingtième",
}


def test_the_build_spells_french_numbers_right(build):
    french = build("french")
    assert {n: french.cardinal(n) for n in NUMBERS} == NUMBERS
    assert {n: french.ordinal(n) for n in PLACES} == PLACES


def test_numbers_and_places_in_the_file_are_spelt_right(build, pairs):
    french, parts = build("french"), phrases()
    everything = parts.development + parts.test
    rows = list(zip(everything.kinds, everything.french, strict=True))
    numbers = [text for kind, text in rows if kind == "number"]
    spelt = {french.cardinal(n) for n in range(1_000_000)}
    assert numbers
    assert not set(numbers) - spelt
    places = [text for kind, text in rows if kind == "place"]
    assert places
    assert not set(places) - {french.ordinal(n) for n in range(1, 1000)}
    assert not any("tsième" in text for text in places)


def test_known_pairs_and_rules_of_their_kind(pairs):
    # French counts 1.5 as singular, English as plural (CLDR's plural rules).
    singular = [fr.split()[1] for en, fr in pairs.items() if en.startswith("1.")]
    assert len(singular) > 3
    assert not any(word.endswith("s") for word in singular if word != "mois")
    assert not any(" 1 " in f" {fr}" for en, fr in pairs.items() if " 1," in en and ":" not in en)
    assert any("1er " in fr for fr in pairs.values())
    for en, fr in pairs.items():
        if en.endswith((" am", " pm")) and " at " not in en:
            hour, minute = map(int, en[:-3].split(":"))
            assert fr == f"{hour % 12 + 12 * en.endswith('pm'):02}:{minute:02}"


def test_weekdays_are_those_of_the_calendar(pairs):
    import datetime

    days = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"]
    months = [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ]
    seen = 0
    for fr in pairs.values():
        words = fr.split()
        if len(words) == 4 and words[0] in days:
            day = datetime.date(
                int(words[3]), months.index(words[2]) + 1, int(words[1].strip("er"))
            )
            assert days[day.weekday()] == words[0]
            seen += 1
    assert seen > 500

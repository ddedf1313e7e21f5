"""Numbers in French words, in traditional spelling: to check those of num2words."""

from __future__ import annotations

# From 0 to 19.
ONES = [
    "zéro",
    "un",
    "deux",
    "trois",
    "quatre",
    "cinq",
    "six",
    "sept",
    "huit",
    "neuf",
    "dix",
    "onze",
    "douze",
    "treize",
    "quatorze",
    "quinze",
    "seize",
    "dix-sept",
    "dix-huit",
    "dix-neuf",
]
TENS = {2: "vingt", 3: "trente", 4: "quarante", 5: "cinquante", 6: "soixante", 8: "quatre-vingt"}


def cardinal(n: int, *, last: bool = True) -> str:
    """A number below a million: hyphens below 100 only, and none around et.

    `last`: no other word follows, so vingt and cent take their plural s.
    """
    if n >= 1000:
        head = "" if n < 2000 else cardinal(n // 1000, last=False) + " "
        return head + "mille" + (f" {cardinal(n % 1000)}" if n % 1000 else "")
    if n >= 100:
        head = "" if n < 200 else ONES[n // 100] + " "
        plural = "s" if n >= 200 and n % 100 == 0 and last else ""
        return f"{head}cent{plural}" + (f" {cardinal(n % 100, last=last)}" if n % 100 else "")
    if n < 20:
        return ONES[n]
    tens = n // 10 - (n // 10 in (7, 9))  # 70 is sixty-ten, 90 is four-twenties-ten
    rest = n - 10 * tens
    if rest == 0:
        return TENS[tens] + "s" * (n == 80 and last)
    return TENS[tens] + (" et " if rest in (1, 11) and tens != 8 else "-") + ONES[rest]


def ordinal(n: int) -> str:
    """An ordinal number, masculine: premier, deuxième, vingt et unième, quatre-vingtième."""
    if n == 1:
        return "premier"
    word = cardinal(n, last=False)
    for end, changed in {"cinq": "cinqu", "neuf": "neuv"}.items():
        word = word.removesuffix(end) + changed if word.endswith(end) else word
    return word.removesuffix("e") + "ième"

"""Numbers in French words."""

from __future__ import annotations

ONES = [
    "zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze",
    "douze", "treize", "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf",
]  # fmt: skip

TENS = {2: "vingt", 3: "trente", 4: "quarante", 5: "cinquante", 6: "soixante", 8: "quatre-vingt"}


def french(n: int, *, last: bool = True) -> str:
    """A number below a million in French words, traditional spelling: hyphens below 100, none at et.

    Written out to check num2words. `last`: nothing follows, so vingt and cent take their plural s.
    """
    if n >= 1000:
        head = "" if n < 2000 else french(n // 1000, last=False) + " "
        return head + "mille" + (f" {french(n % 1000)}" if n % 1000 else "")
    if n >= 100:
        head = "" if n < 200 else ONES[n // 100] + " "
        plural = "s" if n >= 200 and n % 100 == 0 and last else ""
        return f"{head}cent{plural}" + (f" {french(n % 100, last=last)}" if n % 100 else "")
    if n < 20:
        return ONES[n]
    tens = n // 10 - (n // 10 in (7, 9))  # 70 is sixty-ten, 90 is four-twenties-ten
    rest = n - 10 * tens
    if rest == 0:
        return TENS[tens] + "s" * (n == 80 and last)
    return TENS[tens] + (" et " if rest in (1, 11) and tens != 8 else "-") + ONES[rest]


def french_ordinal(n: int) -> str:
    """A place in French words, masculine: premier, deuxième, vingt et unième, quatre-vingtième."""
    if n == 1:
        return "premier"
    word = french(n, last=False)
    endings = {"cinq": "cinqu", "neuf": "neuv"}
    for end, other in endings.items():
        word = word.removesuffix(end) + other if word.endswith(end) else word
    return word.removesuffix("e") + "ième"

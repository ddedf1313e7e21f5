"""From the mark-up of a page of Wikipedia to plain paragraphs."""

from __future__ import annotations

import re
import unicodedata


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a page in Wikipedia's mark-up, as plain text.

    What a template wrote into a sentence is lost, and a mark (U+FFFC) left in its place.
    """
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r"<ref[^>]*/>|<ref.*?</ref>", "", text, flags=re.DOTALL | re.IGNORECASE)
    text = re.sub(
        r"<(math|gallery|timeline|pre|code|table|blockquote)\b.*?</\1>",
        "\ufffc",
        text,
        flags=re.DOTALL | re.IGNORECASE,
    )
    silent = r"\{\{\s*(?:sfn|harv|cn|fact|citation needed|efn|cref|rp|page needed|who|when|clarify|dubious|main|see also)\b[^{}]*\}\}"
    while (
        shorter := re.sub(
            r"\{\{[^{}]*\}\}", "\ufffc", re.sub(silent, "", text, flags=re.IGNORECASE)
        )
    ) != text:
        text = shorter
    while (shorter := re.sub(r"\{\|(?:(?!\{\|).)*?\|\}", "", text, flags=re.DOTALL)) != text:
        text = shorter
    text = re.sub(
        r"\[\[(?:[^\[\]|]*\|)?([^\[\]|]*)\]\]",
        lambda m: "" if re.match(r"\[\[(File|Image|Category):", m[0], re.I) else m[1],
        text,
    )
    while (
        shorter := re.sub(r"\[\[(?:File|Image|Category):[^\[\]]*\]\]", "", text, flags=re.I)
    ) != text:
        text = shorter
    text = re.sub(r"\[\[(?:[^\[\]|]*\|)*([^\[\]|]*)\]\]", r"\1", text)
    text = re.sub(r"\[https?://\S+\s*([^\]]*)\]", r"\1", text)
    text = re.sub(r"'{2,}|<[^<>]*>", "", text).replace("\xa0", " ").replace("&nbsp;", " ")
    text = re.sub(r"\s*\([^()]*\ufffc[^()]*\)", "", text)
    lines = (unicodedata.normalize("NFC", " ".join(line.split())) for line in text.split("\n"))
    return [line for line in lines if len(line) > 60 and line[0] not in "*#:;|!={}"]

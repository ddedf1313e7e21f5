"""From a page in Wikipedia's mark-up to plain paragraphs."""

from __future__ import annotations

import re
import unicodedata

# Stands where a template or a table wrote something into the text that is lost.
LOST = "\ufffc"
# Templates that write nothing into a sentence: references, marks for editors, notes above a section.
SILENT_TEMPLATES = (
    r"\{\{\s*(?:sfn|harv|cn|fact|citation needed|efn|cref|rp|page needed|who|when|clarify|dubious"
    r"|main|see also)\b[^{}]*\}\}"
)


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a page as plain text, one string each, with LOST where something is lost."""
    # Comments, references and what is not running text.
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r"<ref[^>]*/>|<ref.*?</ref>", "", text, flags=re.DOTALL | re.IGNORECASE)
    blocks = r"<(math|gallery|timeline|pre|code|table|blockquote)\b.*?</\1>"
    text = re.sub(blocks, LOST, text, flags=re.DOTALL | re.IGNORECASE)
    # Templates and tables, which may be nested: from the inside out, until nothing changes.
    before = None
    while before != text:
        before = text
        text = re.sub(SILENT_TEMPLATES, "", text, flags=re.IGNORECASE)
        text = re.sub(r"\{\{[^{}]*\}\}", LOST, text)
    before = None
    while before != text:
        before = text
        text = re.sub(r"\{\|(?:(?!\{\|).)*?\|\}", "", text, flags=re.DOTALL)
    # Links: [[page]] or [[page|text]]. A file's caption may hold links, so those are replaced first.
    text = re.sub(r"\[\[(?:[^\[\]|]*\|)?([^\[\]|]*)\]\]", text_of_link, text)
    before = None
    while before != text:
        before = text
        text = re.sub(r"\[\[(?:File|Image|Category):[^\[\]]*\]\]", "", text, flags=re.IGNORECASE)
    text = re.sub(r"\[\[(?:[^\[\]|]*\|)*([^\[\]|]*)\]\]", r"\1", text)
    text = re.sub(r"\[https?://\S+\s*([^\]]*)\]", r"\1", text)
    # Bold, italics, other tags, hard spaces; then parentheses in which something is lost.
    text = re.sub(r"'{2,}|<[^<>]*>", "", text).replace("\xa0", " ").replace("&nbsp;", " ")
    text = re.sub(rf"\s*\([^()]*{LOST}[^()]*\)", "", text)
    lines = (unicodedata.normalize("NFC", " ".join(line.split())) for line in text.split("\n"))
    # A line is a paragraph, unless it is short, a heading, or part of a list or a template.
    return [line for line in lines if len(line) > 60 and line[0] not in "*#:;|!={}"]


def text_of_link(link: re.Match[str]) -> str:
    """What a link shows; nothing for a file or a category."""
    return "" if re.match(r"\[\[(File|Image|Category):", link[0], re.IGNORECASE) else link[1]

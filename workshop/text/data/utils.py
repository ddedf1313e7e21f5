"""A tokenizer cuts a string into tokens: `get_tokenizer("basic_english")("Hi, you!")`."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

Tokenizer = Callable[[str], list[str]]

# What basic_english does to single characters, after lower-casing: it sets marks apart as tokens of
# their own, and takes colons and semicolons for spaces.
_MARKS = str.maketrans({mark: f" {mark} " for mark in "'.,()!?"} | dict.fromkeys(";:", " "))

# name -> (module, package that has it)
_LIBRARIES = {
    "spacy": ("spacy", "spacy"),
    "moses": ("sacremoses", "sacremoses"),
    "toktok": ("nltk.tokenize.toktok", "nltk"),
    "revtok": ("revtok", "revtok"),
    "subword": ("revtok", "revtok"),
}


def get_tokenizer(tokenizer: str | Tokenizer | None, language: str = "en") -> Tokenizer:
    """The function that cuts a string into a list of tokens.

    Args:
        tokenizer: one of
            None: cut at white space, as `str.split` does;
            "basic_english": lower case, punctuation set apart, double quotes and line breaks
                (`<br />`) left out, then cut at white space;
            a function: it is given back as it is;
            "spacy", "moses", "toktok", "revtok", "subword": the tokenizer of an installed library
                (spacy, sacremoses, nltk, revtok, revtok knowing capitals).
        language: for spacy, the name of its model; basic_english knows "en" alone.

    Raises:
        ValueError: no such tokenizer, or basic_english for another language than "en".
        ModuleNotFoundError: the library is not installed.
        OSError: spacy has no such model.
    """
    if tokenizer is None:
        return _split
    if isinstance(tokenizer, str) and tokenizer == "basic_english":
        if language != "en":
            raise ValueError(f"basic_english is for English: got language={language!r}, not 'en'")
        return _basic_english
    if callable(tokenizer):
        return tokenizer
    if not isinstance(tokenizer, str) or tokenizer not in _LIBRARIES:
        names = ", ".join(f'"{name}"' for name in ("basic_english", *_LIBRARIES))
        raise ValueError(
            f"No tokenizer {tokenizer!r}: expected None, a function, or one of {names}"
        )

    library = _import(tokenizer)
    if tokenizer == "spacy":
        return partial(_spacy_tokens, spacy=_spacy_model(library, language))
    if tokenizer == "moses":
        return library.MosesTokenizer().tokenize
    if tokenizer == "toktok":
        return library.ToktokTokenizer().tokenize
    return library.tokenize if tokenizer == "revtok" else partial(library.tokenize, decap=True)


# Functions of the module, not lambdas: a pipeline that holds one can be pickled.


def _split(text: str) -> list[str]:
    return text.split()


def _basic_english(text: str) -> list[str]:
    # The quotes go before the line breaks, for torchtext sees a break in '<br" />' too.
    text = text.lower().replace('"', "").replace("<br />", " ")
    return text.translate(_MARKS).split()


def _spacy_tokens(text: str, spacy: Any) -> list[str]:
    return [token.text for token in spacy.tokenizer(text)]


def _import(tokenizer: str) -> ModuleType:
    module, package = _LIBRARIES[tokenizer]
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"get_tokenizer({tokenizer!r}) uses the package {package}, which cannot be imported "
            f"({error}). To fix it: python -m pip install {package}",
            name=error.name,
        ) from error


def _spacy_model(spacy: Any, language: str) -> Any:
    try:
        return spacy.load(language)
    except OSError as error:
        # spaCy 3 forgot the short names ("en"); the full ones stand in its table of errors.
        full = getattr(spacy.errors, "OLD_MODEL_SHORTCUTS", {}).get(language)
        fix = f"To fix it: python -m spacy download {full or language}"
        if full is None:
            raise OSError(f"spaCy has no model {language!r} ({error}). {fix}") from error
        warnings.warn(f"spaCy has no model {language!r}; taking {full!r}", stacklevel=3)
        try:
            return spacy.load(full)
        except OSError as second:
            raise OSError(f"spaCy has no model {full!r} ({second}). {fix}") from second

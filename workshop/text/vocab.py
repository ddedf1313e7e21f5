"""What torchtext keeps in `torchtext.vocab`: vocabularies and word vectors.

The code is in vocabulary.py and vectors.py. In torchtext `vocab` is the name of this module and of
the function in it; so that both can be had from `workshop.text`, the module can be called.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from workshop.text.vectors import GloVe, Vectors
from workshop.text.vocabulary import Vocab, build_vocab_from_iterator, vocab

__all__ = ["GloVe", "Vectors", "Vocab", "build_vocab_from_iterator", "vocab"]


class _Module(ModuleType):
    """A module that passes a call on to its function of the same name."""

    def __call__(self, *args: Any, **options: Any) -> Vocab:
        """`workshop.text.vocab(...)` is `workshop.text.vocab.vocab(...)`."""
        return vocab(*args, **options)


sys.modules[__name__].__class__ = _Module

"""torchtext's names with torchtext 0.18.0's behaviour, on the torch of today.

torchtext ended with 0.18, which needs torch 2.3. Here is the part of it that a course needs, written
anew: tokenizers, vocabularies, transforms and word vectors from local files. Code for torchtext runs
with the import changed:

    import workshop.text as torchtext
    from workshop.text.data.utils import get_tokenizer
    from workshop.text.vocab import Vocab, build_vocab_from_iterator, vocab

The modules are named as there (`vocab`, `transforms`, `functional`, `data`, `data.utils`), and their
names can also be had from `workshop.text` itself. One name is taken twice, in torchtext too: `vocab`
is a module and, in it, a function. `workshop.text.vocab` is the module, as `torchtext.vocab` is; this
one may be called as well, so that `workshop.text.vocab(counts)` is `workshop.text.vocab.vocab(counts)`.

Results are the same as torchtext 0.18.0's, and so are the types of the errors; tests/text/test_torchtext.py
compares them. Where this differs, always on purpose:

- nothing is downloaded, pickled or cached, and TLS is left alone: word vectors are read from a file
  that is there, or the error says where to put one;
- what ends torchtext's process (a lone surrogate or something that is no str, looked up) does not:
  the first is an unknown token like any other, the second a TypeError;
- iterating over `Vectors`, endless there, is a TypeError; a file of word vectors may have two numbers
  a line, and a line that is left out leaves no row of zeros behind;
- a batch of lists of different lengths goes into no tensor without a padding value, also where its
  first list is empty; and an empty list gives no warning.
"""

from workshop.text import data, functional, transforms, vocab
from workshop.text.data.utils import get_tokenizer
from workshop.text.transforms import (
    AddToken,
    LabelToIndex,
    PadTransform,
    Sequential,
    StrToIntTransform,
    ToTensor,
    Truncate,
    VocabTransform,
)
from workshop.text.vectors import GloVe, Vectors
from workshop.text.vocabulary import Vocab, build_vocab_from_iterator

__all__ = [
    "AddToken",
    "GloVe",
    "LabelToIndex",
    "PadTransform",
    "Sequential",
    "StrToIntTransform",
    "ToTensor",
    "Truncate",
    "Vectors",
    "Vocab",
    "VocabTransform",
    "build_vocab_from_iterator",
    "data",
    "disable_torchtext_deprecation_warning",
    "functional",
    "get_tokenizer",
    "transforms",
    "vocab",
]


def disable_torchtext_deprecation_warning() -> None:
    """Do nothing: there is no such warning here, and code for torchtext 0.18 often asks first."""

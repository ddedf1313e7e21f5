"""What torchtext keeps in `torchtext.data`: here the tokenizers."""

from workshop.text.data.utils import get_tokenizer

__all__ = ["get_tokenizer"]

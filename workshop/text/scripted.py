"""A vocabulary in the words that TorchScript understands: what `torch.jit.script(vocab)` compiles.

Only for code that scripts a `Vocab`; TorchScript itself is on its way out of torch. Messages are
shorter here, since TorchScript knows no `repr`, and what is raised arrives as torch.jit.Error.
"""

# No `from __future__ import annotations` here: TorchScript reads the types.

import torch
from torch import nn


class ScriptedVocab(nn.Module):
    """`Vocab` once more, with types that can be compiled; see there for what the methods do."""

    itos: list[str]
    stoi: dict[str, int]
    default_index: int | None

    def __init__(self, itos: list[str], default_index: int | None) -> None:
        """Take the tokens in their order, all different."""
        super().__init__()
        self.is_jitable = True
        self.itos = torch.jit.annotate(list[str], list(itos))
        self.stoi = {token: index for index, token in enumerate(itos)}
        self.default_index = default_index

    def forward(self, tokens: list[str]) -> list[int]:
        """As of `Vocab`."""
        return self.lookup_indices(tokens)

    @torch.jit.export
    def __len__(self) -> int:
        """As of `Vocab`."""
        return len(self.itos)

    @torch.jit.export
    def __contains__(self, token: str) -> bool:
        """As of `Vocab`."""
        return token in self.stoi

    @torch.jit.export
    def __getitem__(self, token: str) -> int:
        """As of `Vocab`."""
        if token in self.stoi:
            return self.stoi[token]
        default = self.default_index
        if default is None:
            raise RuntimeError(f"Token {token} not found and default index is not set")
        return default

    @torch.jit.export
    def set_default_index(self, index: int | None) -> None:
        """As of `Vocab`."""
        self.default_index = index

    @torch.jit.export
    def get_default_index(self) -> int | None:
        """As of `Vocab`."""
        return self.default_index

    @torch.jit.export
    def insert_token(self, token: str, index: int) -> None:
        """As of `Vocab`."""
        if index < 0 or index > len(self.itos):
            raise RuntimeError(f"Index {index} is out of bounds for vocab of size {len(self.itos)}")
        if token in self.stoi:
            raise RuntimeError(f"Token {token} already exists in the Vocab")
        self.itos.insert(index, token)
        for i in range(index, len(self.itos)):
            self.stoi[self.itos[i]] = i

    @torch.jit.export
    def append_token(self, token: str) -> None:
        """As of `Vocab`."""
        self.insert_token(token, len(self.itos))

    @torch.jit.export
    def lookup_token(self, index: int) -> str:
        """As of `Vocab`."""
        if index < 0 or index >= len(self.itos):
            raise RuntimeError(f"Index {index} is out of bounds for vocab of size {len(self.itos)}")
        return self.itos[index]

    @torch.jit.export
    def lookup_tokens(self, indices: list[int]) -> list[str]:
        """As of `Vocab`."""
        return [self.lookup_token(index) for index in indices]

    @torch.jit.export
    def lookup_indices(self, tokens: list[str]) -> list[int]:
        """As of `Vocab`."""
        return [self.__getitem__(token) for token in tokens]  # TorchScript has no self[token]

    @torch.jit.export
    def get_stoi(self) -> dict[str, int]:
        """As of `Vocab`."""
        return self.stoi.copy()

    @torch.jit.export
    def get_itos(self) -> list[str]:
        """As of `Vocab`."""
        return self.itos.copy()


if hasattr(torch.serialization, "add_safe_globals"):
    torch.serialization.add_safe_globals([ScriptedVocab])  # as for Vocab

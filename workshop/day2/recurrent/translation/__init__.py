"""Many to many, lengths differ: an encoder reads a phrase, a decoder writes its translation.

    P(y | x) = product over steps u of P(y_u | y_1 ... y_{u-1}, x)

Book 2.6.2 (fig-2.19): dates, times, amounts and numbers between English and French. Sutskever,
Vinyals, Le (2014), Cho and others (2014); attention.py has what came next. Shapes: B pairs, T tokens
of the source, U of the target with <eos>, H units, V words of the target language.
Targets: exact translations of new phrases, by the last state alone and with attention. Controls: a
model trained with the sources shuffled; the trained attention spread evenly over all words.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workshop.core.checks import expect
from workshop.core.device import seed_everything
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.core.training import History, train_epochs
from workshop.day2.recurrent.translation import search
from workshop.day2.recurrent.translation.attention import Attention
from workshop.day2.recurrent.translation.phrases import Phrases, phrases
from workshop.day2.recurrent.translation.vocabulary import (
    PAD_ID,
    Dictionary,
    ids_of,
    loader,
    padded,
)


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the translators."""

    direction: str = setting("en-fr", choices=("en-fr", "fr-en"), help="from which, to which")
    kind: str = setting("dot", choices=("dot", "additive"), help="how attention compares")
    dim: int = setting(64, at_least=1, help="embedding size")
    hidden: int = setting(128, at_least=1, help="units of encoder and decoder")
    plain_epochs: int = setting(12, at_least=1, help="passes over the pairs, last state alone")
    epochs: int = setting(6, at_least=1, help="passes over them with attention")
    blind_epochs: int = setting(1, at_least=1, help="passes with the sources shuffled")
    plain_lr: float = setting(0.005, above=0, help="learning rate, last state alone; it falls to 0")
    lr: float = setting(0.01, above=0, help="learning rate with attention, likewise")
    clip: float = setting(1.0, above=0, help="largest norm of the gradient")
    batch_size: int = setting(32, at_least=1, help="pairs for each update")


class Translator(nn.Module):
    """Encoder and decoder, a GRU each; `kind` is 'plain', 'dot' or 'additive'.

    Both kinds mix each state of the decoder with a context: plain has always the encoder's last
    state, attention a new mean of all of its states at every step.
    """

    def __init__(self, dictionary: Dictionary, kind: str, *, dim: int = 64, hidden: int = 128):
        """Weights for the words of `dictionary`."""
        super().__init__()
        expect(kind in ("plain", "dot", "additive"), "kind", repr(kind), "plain, dot or additive")
        self.source = nn.Embedding(len(dictionary.source), dim, padding_idx=PAD_ID)
        self.target = nn.Embedding(len(dictionary.target), dim, padding_idx=PAD_ID)
        self.encoder = nn.GRU(dim, hidden, batch_first=True)
        self.decoder = nn.GRU(dim, hidden, batch_first=True)
        self.attention = None if kind == "plain" else Attention(kind, hidden)
        self.mix = nn.Linear(2 * hidden, hidden)
        self.head = nn.Linear(hidden, len(dictionary.target))

    def encode(self, source: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """ids (B, T) -> states (B, T, H), mask (B, T) and last (B, H): the state at the last word.

        The padding comes after it and so cannot touch it. A phrase without a word has zeros.
        """
        mask = source != PAD_ID
        states, _ = self.encoder(self.source(source))
        return states, mask, last_state(states, mask)

    def decode(
        self, given: Tensor, state: Tensor, states: Tensor, mask: Tensor, *, even: bool = False
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Go on from `state` (B, H) with the words `given` (B, U).

        Returns logits (B, U, V), the new state (B, H) and the weights (B, U, T) of the source's
        words. `even` spreads these evenly: the attention is taken out.
        """
        outputs, new = self.decoder(self.target(given), state[None])
        if self.attention is None:
            context, weights = last_state(states, mask)[:, None].expand_as(outputs), at_last(mask)
            weights = weights[:, None].expand(-1, given.shape[1], -1)
        else:
            context, weights = self.attention(outputs, states, mask)
        if even:
            share = mask / mask.sum(dim=1, keepdim=True).clamp(min=1)
            weights = share[:, None].expand_as(weights)
            context = weights @ states
        mixed = torch.tanh(self.mix(torch.cat([outputs, context], dim=-1)))
        return self.head(mixed), new[0], weights

    def forward(self, source: Tensor, given: Tensor) -> Tensor:
        """Teacher forcing: source (B, T), the right words so far (B, U) -> logits (B, U, V)."""
        expect(
            source.ndim == 2 and given.ndim == 2 and 0 not in (*source.shape, *given.shape),
            "source, given",
            f"{tuple(source.shape)}, {tuple(given.shape)}",
            "ids (B, T) and (B, U), none of them 0",
        )
        states, mask, last = self.encode(source)
        return self.decode(given, last, states, mask)[0]


def at_last(mask: Tensor) -> Tensor:
    """(B, T), True at words -> 1.0 at the last word of each, 0.0 elsewhere."""
    places = torch.arange(mask.shape[1], device=mask.device)
    return (mask & (places == mask.sum(dim=1, keepdim=True) - 1)).float()


def last_state(states: Tensor, mask: Tensor) -> Tensor:
    """The state after the last word: (B, T, H), mask (B, T) -> (B, H), not that after the padding."""
    return (states * at_last(mask)[:, :, None]).sum(dim=1)


def loss_of(logits: Tensor, wanted: Tensor) -> Tensor:
    """Cross-entropy of the words (B, U, V) against (B, U); padding does not count."""
    return F.cross_entropy(logits.flatten(0, 1), wanted.flatten(), ignore_index=PAD_ID)


def train(
    model: Translator, pairs: list, config: Config, *, epochs: int, seed: int = 0
) -> Iterator[History]:
    """Train in place, as `train_epochs`; the learning rate falls to 0, gradients are clipped."""
    data = loader(pairs, batch_size=config.batch_size, seed=seed)
    lr = config.plain_lr if model.attention is None else config.lr
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)

    def clip(*_: object) -> None:
        """Before each update: one steep batch must not throw the weights far away."""
        nn.utils.clip_grad_norm_(model.parameters(), config.clip)

    optimizer.register_step_pre_hook(clip)
    updates = epochs * len(data)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda n: min(1.0, (n + 1) / 30) * max(0.0, 1 - n / updates)
    )
    return train_epochs(
        model, data, loss_fn=loss_of, optimizer=optimizer, schedule=schedule, epochs=epochs
    )


def build(dictionary: Dictionary, kind: str, config: Config, *, seed: int = 0) -> Translator:
    """A new translator; equal seeds, equal weights."""
    seed_everything(seed)
    return Translator(dictionary, kind, dim=config.dim, hidden=config.hidden)


def translate(
    model: Translator, dictionary: Dictionary, text: str, *, width: int = 1
) -> tuple[str, Tensor]:
    """A phrase -> its translation, and its attention weights (U, T); width: of the beam.

    Raises:
        PhraseError: a phrase that cannot be translated, and why.
    """
    source = padded([dictionary.read(text)]).to(model.head.weight.device)
    best = search.beam(model, source, width=width)[0]
    weights = search.weights_of(model, source, best.ids)
    return dictionary.write(best.ids), weights


def exact(model: Translator, dictionary: Dictionary, part: Phrases, **options: bool) -> Tensor:
    """Whether the greedy translation of each pair is exactly right: (N,) bools."""
    sources, targets = zip(*ids_of(dictionary, part), strict=True)
    written = search.greedy(model, padded(sources).to(model.head.weight.device), **options)
    texts = dictionary.sides(part)[1]
    return torch.tensor(
        [dictionary.write(ids) == text for ids, text in zip(written, texts, strict=True)]
    )


def run(config: Config, *, seed: int, device: torch.device, progress: bool) -> Result:
    """Last state alone, attention, and attention trained with shuffled sources; each tested once."""
    from tqdm.auto import tqdm

    parts = phrases()
    dictionary = Dictionary.of(parts.development, config.direction)
    known = ids_of(dictionary, parts.development)
    shuffled = ids_of(dictionary, parts.development, shuffle_seed=seed)
    jobs = {
        "plain": ("plain", known, config.plain_epochs),
        "attention": (config.kind, known, config.epochs),
        "blind": (config.kind, shuffled, config.blind_epochs),
    }
    metrics, histories = [], {}
    for name in (bar := tqdm(jobs, disable=not progress, leave=False)):
        bar.set_description(name)
        kind, pairs, epochs = jobs[name]
        model = build(dictionary, kind, config, seed=seed).to(device)
        for histories[name] in train(model, pairs, config, epochs=epochs, seed=seed):
            pass
        right = {name: exact(model, dictionary, parts.test)}
        if name == "attention":
            right["even"] = exact(model, dictionary, parts.test, even=True)
        for key, rows in right.items():
            metrics.append(Measured.count(f"translation_{key}", int(rows.sum()), len(rows)))
    values = {metric.name: metric.value for metric in metrics}
    gain = values["translation_attention"] - values["translation_plain"]
    return Result((*metrics, Measured("translation_gain", gain)), histories)

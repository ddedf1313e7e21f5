"""Many to one: a film review is read word by word, then classified (fig-2.16).

    logit = w . [max over t of a<t>, mean over t of a<t>] + b        a<t>: states of a GRU, both ways

Shapes: B reviews, T tokens, V words, D the embedding size, h units; ids (B, T), 0 at padding. Targets:
reviews of the test part; sentences that differ in nothing but the order of their words (negation.py).
Controls: a bag of embeddings trained on such sentences too; a reader that was not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from workshop.core.data import Reviews, Split, reviews, word_vectors
from workshop.core.device import seed_everything
from workshop.core.results import Result
from workshop.core.settings import Settings, setting
from workshop.core.training import count_correct, evaluate, fit
from workshop.day2.recurrent.cell import read_packed
from workshop.day2.recurrent.sentiment import negation
from workshop.day2.text import bag, pipeline


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the reader of film reviews."""

    limit: float = setting(1.0, at_least=0, below=3, help="tested: reviews rated beyond +- this")
    least: int = setting(2, at_least=1, help="how often a word that GloVe lacks must occur")
    dim: int = setting(32, at_least=1, help="embedding size of what is trained, beside GloVe's 50")
    hidden: int = setting(64, at_least=1, help="units of the cell, in each direction")
    dropout: float = setting(0.5, at_least=0, below=1, help="share of inputs and features dropped")
    unknown: float = setting(
        0.1, at_least=0, below=1, help="share of words hidden (<unk>) in training"
    )
    epochs: int = setting(3, at_least=1, help="passes over the reviews")
    lr: float = setting(0.005, above=0, help="largest learning rate of the cell")
    vector_lr: float = setting(0.02, above=0, help="largest learning rate of the words' vectors")
    batch_size: int = setting(128, at_least=1, help="reviews for each update")
    repeats: int = setting(3, at_least=1, help="how often the negation sentences are added")


class Reader(nn.Module):
    """ids (B, T), 0 where there is padding -> logits (B,); above 0 says positive.

    Each word has GloVe's vector, which is frozen, and one of its own, which is trained.
    """

    def __init__(self, table: Tensor, config: Config = Config()) -> None:
        """`table` (V, D): GloVe's vectors, zeros for words that it does not have."""
        super().__init__()
        self.glove = nn.Embedding.from_pretrained(table, freeze=True, padding_idx=0)
        self.own = nn.Embedding(len(table), config.dim, padding_idx=0)
        nn.init.normal_(self.own.weight, std=0.1)
        nn.init.zeros_(self.own.weight[0])
        self.cell = nn.GRU(
            table.shape[1] + config.dim, config.hidden, batch_first=True, bidirectional=True
        )
        self.dropout, self.unknown = nn.Dropout(config.dropout), config.unknown
        self.head = nn.Linear(4 * config.hidden, 1)

    def forward(self, ids: Tensor) -> Tensor:
        """Look up, read in both directions, max and mean pooling over the steps, linear layer."""
        lengths = (ids != 0).sum(dim=1)
        ids = ids[:, : max(1, int(lengths.max()))]
        real = ids != 0
        if self.training:
            hidden = torch.rand(ids.shape, device=ids.device) < self.unknown
            ids = ids.masked_fill(hidden, 1)  # <unk>: no word may matter too much
        x = self.dropout(torch.cat([self.glove(ids), self.own(ids)], dim=2))
        states, _ = read_packed(self.cell, x, lengths)
        # -2 is below any state; a review without words has no state, and gets zeros.
        largest = states.masked_fill(~real[:, :, None], -2.0).amax(dim=1)
        largest = largest * (lengths > 0)[:, None]
        seen = torch.cat([largest, pipeline.masked_mean(states, real)], dim=1)
        return self.head(self.dropout(seen))[:, 0]


def vocabulary_of(part: Reviews, config: Config = Config()) -> tuple[dict[str, int], Tensor]:
    """The words of these reviews and all of GloVe's: word -> id, and GloVe's table (V, D) for them."""
    seen = map(pipeline.tokenize, part.texts)
    words, vectors = word_vectors()
    own = pipeline.build_vocabulary(seen, least=config.least)
    vocabulary = {w: i for i, w in enumerate(dict.fromkeys([*own, *words]))}
    table = torch.zeros(len(vocabulary), vectors.shape[1])
    table[[vocabulary[word] for word in words]] = vectors
    return vocabulary, table


def as_split(part: Reviews, vocabulary: Mapping[str, int]) -> Split:
    """x (N, T) ids, y (N,): how much people liked the film, from 0 to 1, sigmoid of their mean.

    So lukewarm reviews count too; for the clear ones, y is well above or below 0.5.
    """
    return Split(pipeline.batch_of(part.texts, vocabulary)[0], part.mean.sigmoid())


def fit_options(model: Reader, examples: int, config: Config) -> dict:
    """The arguments of `fit` or `train_epochs`: learning rates that rise for a while, then fall."""
    vectors = list(model.own.parameters())
    rest = [*model.cell.parameters(), *model.head.parameters()]
    groups = [{"params": vectors, "lr": config.vector_lr}, {"params": rest, "lr": config.lr}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        [config.vector_lr, config.lr],
        pct_start=0.2,
        total_steps=max(2, config.epochs * -(-examples // config.batch_size)),
    )
    return {
        "loss_fn": nn.BCEWithLogitsLoss(),
        "optimizer": optimizer,
        "schedule": schedule,
        "metrics": {"accuracy": count_correct},
        "epochs": config.epochs,
        "batch_size": config.batch_size,
    }


def with_negation(train: Split, vocabulary: Mapping[str, int], config: Config) -> Split:
    """The reviews, then `config.repeats` times the sentences with negations."""
    extra = negation.training_sentences(vocabulary)
    wide = max(train.x.shape[1], extra.x.shape[1])
    x, more = (nn.functional.pad(t, (0, wide - t.shape[1])) for t in (train.x, extra.x))
    return Split(
        torch.cat([x, more.repeat(config.repeats, 1)]),
        torch.cat([train.y, extra.y.repeat(config.repeats)]),
    )


@torch.no_grad()
def as_read(
    model: nn.Module, vocabulary: Mapping[str, int], text: str, *, max_steps: int = 60
) -> tuple[list[str], list[int], Tensor]:
    """What the model thinks of a text after each word: tokens, steps, probabilities of positive.

    The model gets the beginnings of this text, from none of its words to all of them. Where these
    are more than `max_steps`, they are spread evenly; the whole text is always the last.
    """
    tokens = pipeline.tokenize(text)
    steps = sorted({round(i * len(tokens) / max_steps) for i in range(max_steps + 1)})
    ids = pipeline.encode(tokens, vocabulary)
    device = next(model.parameters()).device
    model.eval()
    chances = [
        model(pipeline.pad([ids[:step]], max(1, step), 0).to(device)).sigmoid().cpu()
        for step in steps
    ]
    return tokens, steps, torch.cat(chances)


def judge(model: nn.Module, vocabulary: Mapping[str, int], text: str) -> float:
    """The probability that a text, of any length, is positive."""
    return as_read(model, vocabulary, text, max_steps=1)[2][-1].item()


def run(config: Config, *, seed: int, device: torch.device, progress: bool) -> Result:
    """The reader and the bag, with and without the negations: on the test reviews and on the probe."""
    parts = reviews()
    known, test = parts.development, parts.test.beyond(config.limit)
    clear, of_bag = known.beyond(config.limit), bag.Config()
    vocabulary, table = vocabulary_of(known, config)
    their_words = bag.vocabulary_of(clear, of_bag)
    models = (
        (
            "reader",
            lambda: Reader(table, config),
            vocabulary,
            as_split(known, vocabulary),
            lambda model, n: fit_options(model, n, config),
        ),
        (
            "bag",
            lambda: bag.Bag(len(their_words), of_bag.dim, of_bag.dropout),
            their_words,
            bag.as_split(clear, their_words),
            lambda model, n: bag.fit_options(model, n, of_bag),
        ),
    )
    metrics, histories = [], {}
    for name, build, words, train, options in models:
        tested = bag.as_split(test, words)
        for key, data in ((name, train), (f"{name}_course", with_negation(train, words, config))):
            seed_everything(seed)
            model = build().to(device)
            histories[key] = fit(
                model,
                data,
                seed=seed,
                progress=progress and key.replace("_", " "),
                **options(model, len(data)),
            )
            scores = evaluate(model, tested, metrics={"accuracy": count_correct})
            metrics.append(scores.measured("accuracy", f"sentiment_{key}_accuracy"))
            for kind, groups in zip(("pairs", "fours"), negation.probe(), strict=True):
                of = f"sentiment_{key}_{kind}"
                metrics.append(negation.all_right(model, words, groups, of))
    return Result(tuple(metrics), histories)

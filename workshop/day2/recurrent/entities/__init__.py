"""Many to many, T_x = T_y: a tag for every token, and so the names in a sentence.

    tokens (T) -> tags (T) -> names (start, end, class);    F1 = 2 right / (found + wanted)

The labels to learn from are silver, another program's; those of the test are gold, read and corrected
one by one. Controls: a list of the names seen in training, which finds no other one; the same network
without context, each token by itself; and O for everything, right on most tokens, with no name found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from workshop.core.device import seed_everything
from workshop.core.results import Measured, Result
from workshop.core.settings import Settings, setting
from workshop.core.training import fit
from workshop.day2.recurrent.entities.data import Sentence, entities
from workshop.day2.recurrent.entities.spans import Counts, Span, count_spans, spans_of
from workshop.day2.recurrent.entities.tagger import Reader, Tagger, tag_loss
from workshop.day2.text.training import decaying_adam


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the tagger."""

    hidden: int = setting(48, at_least=1, help="units of the state, in each direction")
    dropout: float = setting(0.4, at_least=0, below=1, help="share of the inputs dropped")
    epochs: int = setting(5, at_least=1, help="passes over the sentences")
    lr: float = setting(0.01, above=0, help="learning rate at the start; it falls to 0")
    batch_size: int = setting(64, at_least=1, help="sentences for each update")


Names = list[list[Span]]


def names_in(sentences: Sequence[Sentence]) -> Names:
    """The names that the labels mark, for each sentence."""
    return [spans_of(list(sentence.tags)) for sentence in sentences]


class Gazetteer:
    """The baseline: a list of all names seen in training, each with its most frequent class."""

    def __init__(self, sentences: Sequence[Sentence], longest: int = 12) -> None:
        """Keep what is a name at least half of the times that its tokens stand in these sentences."""
        classes: dict[tuple[str, ...], Counter[str]] = {}
        for tokens, tags, _ in sentences:
            for start, end, kind in spans_of(list(tags)):
                classes.setdefault(tokens[start:end], Counter())[kind] += 1
        seen = Counter(
            tokens[i:j]
            for tokens, *_ in sentences
            for i in range(len(tokens))
            for j in range(i + 1, min(i + longest, len(tokens)) + 1)
            if tokens[i:j] in classes
        )
        self.longest = longest
        self.names = {
            text: kinds.most_common(1)[0][0]
            for text, kinds in classes.items()
            if 2 * kinds.total() >= seen[text]
        }

    def spans(self, tokens: Sequence[str]) -> list[Span]:
        """From left to right, the longest name of the list at each place."""
        found, i = [], 0
        while i < len(tokens):
            for j in range(min(len(tokens), i + self.longest), i, -1):
                if kind := self.names.get(tuple(tokens[i:j])):
                    found.append((i, j, kind))
                    i = j - 1
                    break
            i += 1
        return found


def fit_options(model: Tagger, examples: int, config: Config) -> dict[str, Any]:
    """The arguments of `fit` or `train_epochs`."""
    return {"loss_fn": tag_loss, **decaying_adam(model, examples, config)}


def only_new(names: Names, sentences: Sequence[Sentence], seen: set[str]) -> Names:
    """The names whose text, in small letters, is not among those `seen`."""
    return [
        [span for span in spans if " ".join(tokens[span[0] : span[1]]).lower() not in seen]
        for spans, (tokens, *_) in zip(names, sentences, strict=True)
    ]


def texts_of(sentences: Sequence[Sentence]) -> set[str]:
    """All names in these sentences, in small letters."""
    return {
        " ".join(tokens[start:end]).lower()
        for tokens, tags, _ in sentences
        for start, end, _ in spans_of(list(tags))
    }


def run(config: Config, *, seed: int, device: torch.device, progress: bool) -> Result:
    """The tagger, the tagger without context and the list, all on the same gold sentences."""
    parts = entities()
    known = parts.train + parts.validation  # all choices have been made: refit on both
    seen, wanted = texts_of(known), names_in(parts.test)
    tokens = [sentence.tokens for sentence in parts.test]
    scores: dict[str, Counts] = {}
    histories, metrics = {}, []
    for name, context in (("tagger", True), ("alone", False)):
        seed_everything(seed)
        reader = Reader(config.hidden, config.dropout, context=context)
        x, y = (part.to(device) for part in reader.examples(known))
        histories[name] = fit(
            reader.model.to(device),
            (x, y),
            seed=seed,
            progress=progress and f"names, {name}",
            **fit_options(reader.model, len(x), config),
        )
        tags = reader.tag(tokens)
        found = [spans_of(row) for row in tags]
        scores[name] = count_spans(wanted, found)
        if context:
            metrics.append(accuracy("entities_token_accuracy", parts.test, tags))
            new = [only_new(names, parts.test, seen) for names in (wanted, found)]
            scores["unseen"] = count_spans(new[0], new[1])
    gazetteer = Gazetteer(known)
    scores["gazetteer"] = count_spans(wanted, [gazetteer.spans(row) for row in tokens])
    scores["silver"] = count_spans(wanted, names_in(parts.test_silver))
    outside = [["O"] * len(row) for row in tokens]
    names = {"tagger": "entities_f1", **{n: f"entities_{n}_f1" for n in scores if n != "tagger"}}
    metrics += [Measured(names[name], counts.f1) for name, counts in scores.items()]
    f1 = {name: counts.f1 for name, counts in scores.items()}
    return Result(
        (
            *metrics,
            Measured.count(
                "entities_unseen_recall", scores["unseen"].right, scores["unseen"].wanted
            ),
            Measured("entities_over_gazetteer", f1["tagger"] - f1["gazetteer"]),
            Measured("entities_over_alone", f1["tagger"] - f1["alone"]),
            accuracy("entities_all_o_accuracy", parts.test, outside),
            Measured("entities_all_o_f1", count_spans(wanted, list(map(spans_of, outside))).f1),
        ),
        histories,
    )


def accuracy(name: str, sentences: Sequence[Sentence], tags: Sequence[Sequence[str]]) -> Measured:
    """The share of tokens with the right tag, which says little: most tokens are O."""
    pairs = [
        (a, b)
        for sentence, row in zip(sentences, tags, strict=True)
        for a, b in zip(sentence.tags, row, strict=True)
    ]
    return Measured.count(name, sum(a == b for a, b in pairs), len(pairs))

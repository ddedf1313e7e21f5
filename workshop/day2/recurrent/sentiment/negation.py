"""A probe of word order: sentences of the same words, one that praises and one that does not.

    "the plot is fun , definitely not flat"  |  "the plot is flat , definitely not fun"

A bag of words gives both the same logit, so it never has both right. Words and frames of the probe are
not those of the training sentences: to pass, a model must know what `not` does, not a list of words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from workshop.core.data import Split
from workshop.core.results import Measured
from workshop.day2.text import pipeline

Group = tuple[tuple[str, bool], ...]  # sentences, each with whether it praises

# {a} is what the film is, {b} what it is not.
TRAIN_FRAMES = (
    "{a} , not {b}",
    "not {b} , {a}",
    "the film is not {b} , it is {a}",
    "it was {a} and not {b}",
    "i found it {a} , certainly not {b}",
    "the story is not {b} but {a}",
)
# Held out: written when the training sentences were done, which were chosen with other frames and words.
# So these took no part in any choice; whoever changes the training sentences needs new ones.
PROBE_FRAMES = (
    "the plot is {a} , definitely not {b}",
    "what we get is not {b} , we get something {a}",
    "her performance , not {b} , was {a}",
    "critics call it {a} . it is not {b}",
)
# A word by itself, then negated.
TRAIN_TURNS = (
    ("it is {a}", "it is not {a}"),
    ("a {a} film", "not a {a} film"),
    ("the acting is {a}", "the acting is not {a}"),
    ("{a}", "not {a}"),
    ("i think the story was {a}", "i think the story was not {a}"),
    ("that was {a} indeed", "that was not {a} at all"),
)
PROBE_TURNS = (("this comedy is {a}", "this comedy is not {a}"),)
TRAIN_GOOD, TRAIN_BAD, PROBE_GOOD, PROBE_BAD = (
    line.split()
    for line in (
        "funny charming beautiful clever exciting moving wonderful delightful fascinating fresh "
        "witty powerful entertaining elegant superb original smart lovely",
        "boring dull stupid ugly silly tired terrible awful predictable weak shallow bland tedious "
        "lifeless horrible empty slow pointless",
        "fun amazing engaging inspired compelling terrific thoughtful perfect",
        "lame mediocre messy flat unfunny pretentious ridiculous painful",
    )
)


def pairs(frames: Sequence[str], good: Sequence[str], bad: Sequence[str]) -> list[Group]:
    """Every frame with every good and bad word, both ways round: the same words in another order."""
    return [
        ((frame.format(a=g, b=b), True), (frame.format(a=b, b=g), False))
        for frame in frames
        for g in good
        for b in bad
    ]


def fours(turns: Sequence[tuple[str, str]], good: Sequence[str], bad: Sequence[str]) -> list[Group]:
    """`good`, `not good`, `bad`, `not bad`: no bag has all four right either.

    In a bag `not` weighs the same wherever it stands. So it would have to pull `good` below 0, and
    lift `bad`, which is lower, above it.
    """
    return [
        tuple(
            (s.format(a=word), (word == g) == (i == 0))
            for word in (g, b)
            for i, s in enumerate(turn)
        )
        for turn in turns
        for g in good
        for b in bad
    ]


def training_sentences(vocabulary: Mapping[str, int]) -> Split:
    """Sentences with negations to train on: x (N, T) ids, y (N,) 1.0 where a sentence praises."""
    groups: list[Group] = []
    for g, b in zip(TRAIN_GOOD, TRAIN_BAD, strict=True):
        groups += fours(TRAIN_TURNS, [g], [b])
    for shift in range(3):  # each good word with three of the bad ones
        for i, g in enumerate(TRAIN_GOOD):
            groups += pairs(TRAIN_FRAMES, [g], [TRAIN_BAD[(i + 5 * shift) % len(TRAIN_BAD)]])
    texts, praise = zip(*(sentence for group in groups for sentence in group), strict=True)
    return Split(pipeline.batch_of(texts, vocabulary)[0], torch.tensor(praise).float())


@torch.no_grad()
def all_right(
    model: nn.Module, vocabulary: Mapping[str, int], groups: Sequence[Group], name: str
) -> Measured:
    """In how many groups is every sentence right? model: ids (B, T) -> logits (B,).

    What praises needs a logit above 0, what does not one below; exactly 0 is never right.
    """
    texts, praise = zip(*(sentence for group in groups for sentence in group), strict=True)
    ids, _ = pipeline.batch_of(texts, vocabulary)
    device = next(model.parameters()).device
    sign = 2.0 * torch.tensor(praise) - 1
    right = model.eval()(ids.to(device)).cpu() * sign > 0
    right = right.reshape(len(groups), -1).all(dim=1)
    return Measured.count(name, int(right.sum()), len(groups))


def probe() -> tuple[list[Group], list[Group]]:
    """The pairs and the fours; the training sentences have none of their words or frames."""
    return (
        pairs(PROBE_FRAMES, PROBE_GOOD, PROBE_BAD),
        fours(PROBE_TURNS, PROBE_GOOD, PROBE_BAD),
    )

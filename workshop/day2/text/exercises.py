"""Exercises of `text`: a padded batch, pieces of words, a masked mean, skip-gram's loss."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch.nn import functional as F

from workshop.core.exercise import Case, Exercise, Mistake
from workshop.day2.text import bpe, pipeline, skipgram


def _table(rows: list[list[int]], length: int) -> torch.Tensor:
    return torch.tensor(rows, dtype=torch.long).reshape(len(rows), length)


def _filled(sequences, length, value, row):
    return _table([row(list(ids), length, value) for ids in sequences], length)


PAD = Exercise(
    name="pad",
    lesson="text",
    title="Sentences of different lengths, one table",
    reference=pipeline.pad,
    cases=lambda seed: [
        Case(([[5, 6, 7], [8, 9]], 3, 0), "one sentence is a token short"),
        Case(([[3, 1, 2, 4, 4], [4]], 4, 9), "one too long, and <pad> is 9"),
        Case(([[], [7, 7]], 2, 1), "an empty sentence"),
        Case(([[2, 3]], 2, 0), "nothing to do"),
        Case(([[1, 2, 3, 4, 5, 6], [6, 5, 4, 3 + seed % 3]], 2, 0), "both too long"),
        Case(([[4], [5, 6, 7, 8]], 6, 3), "a longest length that none reaches"),
        Case(([[7, 8, 9, 2, 5, 6], [4, 3]], 3, 8), "one of twice the length, the other too short"),
    ],
    without=("torch.nn.utils.rnn.pad_sequence", "torch.nn.functional.pad"),
    mistakes=(
        Mistake(
            "filled up in front",
            "The padding stands before the tokens. Put it behind them.",
            lambda s, n, v: _filled(s, n, v, lambda i, n, v: [v] * (n - len(i)) + i[:n]),
        ),
        Mistake(
            "filled up and cut in front",
            "Short sentences are filled up in front, and long ones lost their beginning. The tokens come "
            "first, ids[:length], the padding behind them.",
            lambda s, n, v: _filled(s, n, v, lambda i, n, v: [v] * (n - len(i)) + i[-n:]),
        ),
        Mistake(
            "cut in front",
            "Sentences that are too long lost their beginning. Keep the first `length` tokens.",
            lambda s, n, v: _filled(s, n, v, lambda i, n, v: i[-n:] + [v] * (n - len(i))),
        ),
        Mistake(
            "always zero",
            "The table is filled up with 0. The id of <pad> is `value`, which may be another number.",
            lambda s, n, v: _filled(s, n, v, lambda i, n, v: i[:n] + [0] * (n - len(i))),
        ),
        Mistake(
            "last token repeated",
            "Short sentences are filled up with their last token. Use `value`.",
            lambda s, n, v: _filled(
                s, n, v, lambda i, n, v: i[:n] + [i[-1] if i else v] * (n - len(i))
            ),
        ),
        Mistake(
            "as long as the longest",
            "The table is as wide as the longest sentence. It should have `length` columns: cut what is "
            "longer.",
            lambda s, n, v: _table(
                [list(i) + [v] * (max(map(len, s)) - len(i)) for i in s], max(map(len, s))
            ),
        ),
        Mistake(
            "no wider than the longest",
            "Where no sentence is `length` long, the table has too few columns. It should always have "
            "`length`, also if the last ones hold padding only.",
            lambda s, n, v: (
                lambda m: _filled(s, m, v, lambda i, m, v: i[:m] + [v] * (m - len(i)))
            )(min(n, max(map(len, s)))),
        ),
        Mistake(
            "one token short",
            "One token too few is kept of a sentence that is too long: the slice ids[:length] holds "
            "`length` tokens, its end is not included.",
            lambda s, n, v: _filled(s, n, v, lambda i, n, v: i[: n - 1] + [v] * max(1, n - len(i))),
        ),
        Mistake(
            "padding at the end of a cut sentence",
            "A sentence that is cut ends with <pad>. It needs none: its first `length` tokens fill the "
            "row.",
            lambda s, n, v: _filled(
                s,
                n,
                v,
                lambda i, n, v: [*i[: n - 1], v] if len(i) > n else i + [v] * (n - len(i)),
            ),
        ),
        Mistake(
            "long sentences dropped",
            "The row of a sentence that is too long holds nothing but padding. Keep its first `length` "
            "tokens.",
            lambda s, n, v: _filled(
                s, n, v, lambda i, n, v: [v] * n if len(i) > n else i + [v] * (n - len(i))
            ),
        ),
        Mistake(
            "not cut",
            "The rows have different lengths, so they make no table: a sentence that is longer than "
            "`length` has to be cut. What does ids[:length] do?",
            lambda s, n, v: torch.tensor([i + [v] * (n - len(i)) for i in s]),
        ),
        Mistake(
            "not filled up",
            "The rows have different lengths, so they make no table: a sentence that is shorter than "
            "`length` has to be filled up with `value`.",
            lambda s, n, v: torch.tensor([i[:n] for i in s]),
        ),
        Mistake(
            "filled up by one",
            "Some rows are still too short: it takes length - len(ids) times `value`, as a list, "
            "[value] * k, not a single one.",
            lambda s, n, v: torch.tensor([i[:n] + [v * (n - len(i))] * (len(i) < n) for i in s]),
        ),
        Mistake(
            "first sentence only",
            "There is only the first sentence. Is the `return` inside the loop?",
            lambda s, n, v: pipeline.pad(s[:1], n, v),
        ),
        Mistake(
            "last sentence only",
            "There is only the last sentence. Make the list of rows before the loop, and append to it "
            "inside.",
            lambda s, n, v: pipeline.pad(s[-1:], n, v),
        ),
        Mistake(
            "one column a sentence",
            "Rows and columns have changed places: a row for each sentence, (B, length).",
            lambda s, n, v: pipeline.pad(s, n, v).T,
        ),
    ),
    hints=(
        "Make one row first. What is ids[:length] when ids is longer, and what when it is shorter?",
        "[value] * k is a list of k times value, and an empty list when k is 0 or less.",
        "Each row is ids[:length] + [value] * (length - len(ids)); torch.tensor(rows) makes the table.",
    ),
    alternatives=(
        lambda sequences, length, value: torch.stack(
            [
                torch.cat(
                    [
                        torch.tensor(ids[:length], dtype=torch.long),
                        torch.full((max(0, length - len(ids)),), value),
                    ]
                )
                for ids in sequences
            ]
        ),
        lambda sequences, length, value: torch.tensor(
            [[ids[t] if t < len(ids) else value for t in range(length)] for ids in sequences]
        ),
    ),
)


def _backwards(ids, pair, new):
    return bpe.merge_pair(list(ids)[::-1], tuple(pair)[::-1], new)[::-1]


def _first_only(ids, pair, new):
    for i in range(len(ids) - 1):
        if (ids[i], ids[i + 1]) == tuple(pair):
            return [*ids[:i], new, *ids[i + 2 :]]
    return list(ids)


def _right_stays(ids, pair, new):
    joined = [both == tuple(pair) for both in pairwise(ids)] + [False]
    return [new if at else i for i, at in zip(ids, joined, strict=False)]


def _last_lost(ids, pair, new):
    out, i = [], 0
    while i + 1 < len(ids):
        joined = (ids[i], ids[i + 1]) == tuple(pair)
        out.append(new if joined else ids[i])
        i += 2 if joined else 1
    return out


def _either_order(ids, pair, new):
    out, i = [], 0
    while i < len(ids):
        joined = tuple(ids[i : i + 2]) in (tuple(pair), tuple(pair)[::-1])
        out.append(new if joined else ids[i])
        i += 2 if joined else 1
    return out


def _for_loop(ids, pair, new):
    return [new if both == tuple(pair) else both[0] for both in pairwise(ids)]


def _merged(ids, pair, new, joined=lambda pair, new: [new], keep=True, step=2, same=None):
    """The answer with one thing done another way."""
    same = same or (lambda ids, i: tuple(ids[i : i + 2]) == tuple(pair))
    out, i = [], 0
    while i < len(ids):
        if same(ids, i):
            out += joined(pair, new)
            i += 2
        else:
            out += ids[i : i + step - 1] if keep else []
            i += step - 1
    return out


def _beyond_the_end(ids, pair, new):
    return _merged(ids, pair, new, same=lambda ids, i: (ids[i], ids[i + 1]) == tuple(pair))


def _rebuilt(ids, pair, new):
    out = []
    for i in ids:
        if out and (out[-1], i) == tuple(pair):
            out[-1] = new
        else:
            out.append(i)
    return out


MERGE = Exercise(
    name="merge_pair",
    lesson="text",
    title="Join a pair of tokens wherever it stands",
    reference=bpe.merge_pair,
    cases=lambda seed: [
        Case(([5, 6, 7, 8, 5, 6, 7, 9], (5, 6), 256), "the pair stands there twice"),
        Case(([256, 7, 8, 256, 7, 9], (256, 7), 257), "a pair whose first is joined already"),
        Case(([1, 1, 1, 1, 1], (1, 1), 300), "a pair of the same token, five in a row"),
        Case(([2, 1], (1, 2), 256), "the other way round: nothing to join"),
        Case(([3, 4, 5, 6], (5, 6), 299), "at the end"),
        Case(([17], (17, 18), 256), "a single token, the first of the pair"),
        Case(([], (1, 2), 256), "no token at all"),
        Case(([31, 12, 1, 123, 4, 1, 12], (1, 12), 256), "31, 12 and 1, 123 are not 1, 12"),
        Case(([2, 1, 14, 1, 14, 1][seed % 2 :], (1, 14), 256), "twice, and a token behind them"),
    ],
    mistakes=(
        Mistake(
            "from the right",
            "Of three equal tokens the last two were joined. Go from left to right: the first two.",
            _backwards,
        ),
        Mistake(
            "first place only",
            "Only the first place where the pair stands was joined. Go on to the end.",
            _first_only,
        ),
        Mistake(
            "right one stays",
            "After a pair was joined its second token is still there. Jump over it: two tokens are used "
            "up.",
            _right_stays,
        ),
        Mistake(
            "last token lost",
            "The last token is missing where it is no part of a pair. Let the loop run to the last token, "
            "and look for a right neighbour only where there is one.",
            _last_lost,
        ),
        Mistake(
            "either order",
            "The pair was joined the wrong way round too: 2, 1 is not the pair 1, 2.",
            _either_order,
        ),
        Mistake(
            "nothing joined",
            "The ids came back as they were: the condition is never true. A list is never equal to a "
            "tuple: tuple(ids[i : i + 2]) == tuple(pair).",
            lambda ids, pair, new: list(ids),
        ),
        Mistake(
            "beyond the end",
            "At the last token there is no right neighbour: ids[i + 1] lies outside of the list. Ask for "
            "i + 1 < len(ids) first, then compare.",
            _beyond_the_end,
        ),
        Mistake(
            "no jump, last token lost",
            "Two things: after a pair its second token is still there, so move on by two, with a while "
            "loop; and the last token is missing, as it has no right neighbour.",
            _for_loop,
        ),
        Mistake(
            "left one stays",
            "The first token of a pair is still there: `new` takes the place of both.",
            lambda ids, pair, new: _merged(ids, pair, new, joined=lambda pair, new: [pair[0], new]),
        ),
        Mistake(
            "new left out",
            "The pair is gone, but `new` is not there in its place: append it.",
            lambda ids, pair, new: _merged(ids, pair, new, joined=lambda pair, new: []),
        ),
        Mistake(
            "other tokens lost",
            "Only the joined pairs are left. A token that is no part of a pair stays as it is: append "
            "ids[i].",
            lambda ids, pair, new: _merged(ids, pair, new, keep=False),
        ),
        Mistake(
            "each token of the pair replaced",
            "Each of the two tokens is replaced by itself, wherever it stands. Only both together, in "
            "this order, become one `new`.",
            lambda ids, pair, new: [new if i in pair else i for i in ids],
        ),
        Mistake(
            "first token only",
            "Only the first token of the pair is looked for. The one behind it has to be the second: "
            "compare ids[i] and ids[i + 1].",
            lambda ids, pair, new: _merged(ids, pair, new, same=lambda ids, i: ids[i] == pair[0]),
        ),
        Mistake(
            "always by two",
            "The loop moves on by two everywhere, so that pairs at odd places are missed. Move on by two "
            "only after a pair, by one otherwise.",
            lambda ids, pair, new: _merged(ids, pair, new, step=3),
        ),
        Mistake(
            "stopped after the first step",
            "Only the first step was done. Is the `return` inside the loop?",
            lambda ids, pair, new: bpe.merge_pair(ids, pair, new)[:1] if ids else None,
        ),
        Mistake(
            "new made up",
            "The id for the pair is not the one that was asked for: use `new`, whatever it is.",
            lambda ids, pair, new: bpe.merge_pair(ids, pair, 256),
        ),
        Mistake(
            "joined as text",
            "Digits are joined: as a text, 1 12 is also found inside of 31 12. Compare the numbers.",
            lambda ids, pair, new: [
                int(i)
                for i in " ".join(map(str, ids)).replace(" ".join(map(str, pair)), str(new)).split()
            ],
        ),
    ),
    hints=(
        "Go through the ids with an index i and build a new list. What are the two cases at each i?",
        "If ids[i] and ids[i + 1] are the pair, append `new` and move on by two; otherwise append ids[i] "
        "and move on by one. Mind the last one.",
        "while i < len(ids): if i + 1 < len(ids) and (ids[i], ids[i + 1]) == pair: ... i += 2, "
        "else: ... i += 1",
    ),
    alternatives=(
        _rebuilt,
        lambda ids, pair, new: (
            []
            if not ids
            else [new, *bpe.merge_pair(ids[2:], pair, new)]
            if tuple(ids[:2]) == tuple(pair)
            else [ids[0], *bpe.merge_pair(ids[1:], pair, new)]
        ),
    ),
)


def _mean_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)

    def case(mask, note, dim=3):
        mask = torch.tensor(mask, dtype=torch.bool)
        return Case((torch.randn(*mask.shape, dim, generator=g), mask), note)

    return [
        case([[True, True, False], [True, False, False]], "two sentences", dim=4),
        case([[True] * 4], "no padding"),
        case([[True, False], [False, False]], "an empty sentence: zeros, not NaN"),
        case([[False, True, True], [True, False, True]], "padding in front and between"),
        case([[True]], "one word, vectors of one number", dim=1),
        case([[True, True], [True, False]], "as many sentences, places and numbers", dim=2),
        case([[False, True, True, False, True]] * 3, "three sentences of three words"),
    ]


def _sum(vectors, mask):
    return (vectors * mask[:, :, None]).sum(dim=1)


def _count(mask):
    return mask.sum(dim=1, keepdim=True).clamp(min=1)


MEAN = Exercise(
    name="masked_mean",
    lesson="text",
    title="The mean of the real tokens",
    reference=pipeline.masked_mean,
    cases=_mean_cases,
    gradients=(0,),
    mistakes=(
        Mistake(
            "padding counted",
            "The vectors of the padding are averaged too. Multiply them with 0 first.",
            lambda vectors, mask: vectors.mean(dim=1),
        ),
        Mistake(
            "divided by T",
            "The sum is right, but it is divided by all T places. Divide by the number of real tokens: "
            "mask.sum(dim=1).",
            lambda vectors, mask: _sum(vectors, mask) / mask.shape[1],
        ),
        Mistake(
            "not divided",
            "This is the sum. Divide by the number of real tokens.",
            lambda vectors, mask: _sum(vectors, mask),
        ),
        Mistake(
            "0 / 0",
            "An empty sentence gives 0 / 0, which is not a number and spoils all that follows. Divide by at "
            "least 1: .clamp(min=1).",
            lambda vectors, mask: _sum(vectors, mask) / mask.sum(dim=1, keepdim=True),
        ),
        Mistake(
            "mask turned round",
            "These are the means of the padding. The mask is True at real tokens.",
            lambda vectors, mask: pipeline.masked_mean(vectors, ~mask),
        ),
        Mistake(
            "one too many",
            "One was added to the number of tokens, which changes every mean. Only where it is 0 should it "
            "become 1: .clamp(min=1).",
            lambda vectors, mask: _sum(vectors, mask) / (mask.sum(dim=1, keepdim=True) + 1),
        ),
        Mistake(
            "all sentences together",
            "The sentences are thrown together: vectors[mask] holds the real tokens of the whole batch. "
            "Each sentence has a mean of its own.",
            lambda vectors, mask: vectors[mask].mean(dim=0),
        ),
        Mistake(
            "divided by all real tokens",
            "Each sum is divided by the number of real tokens in the whole batch. Divide by the "
            "sentence's own: mask.sum(dim=1, keepdim=True).",
            lambda vectors, mask: _sum(vectors, mask) / mask.sum().clamp(min=1),
        ),
        Mistake(
            "mask of two dimensions",
            "The mask (B, T) does not fit the vectors (B, T, D): sizes are matched from the last one. It "
            "needs a third dimension, mask[:, :, None].",
            lambda vectors, mask: (vectors * mask).sum(dim=1) / _count(mask),
        ),
        Mistake(
            "count without a column",
            "The sums are (B, D) and the numbers of tokens (B,), which does not fit, or fits by chance and "
            "then divides columns instead of rows. Keep the dimension: keepdim=True.",
            lambda vectors, mask: _sum(vectors, mask) / mask.sum(dim=1).clamp(min=1),
        ),
        Mistake(
            "tokens counted over the batch",
            "The real tokens are counted over the batch (dim=0). Count those of each sentence: dim=1.",
            lambda vectors, mask: _sum(vectors, mask) / mask.sum(dim=0).clamp(min=1),
        ),
        Mistake(
            "mean over the numbers of a vector",
            "The sum runs over the numbers of each vector (dim=2). Add up the tokens, dim=1: what comes "
            "out is a vector for each sentence.",
            lambda vectors, mask: (vectors * mask[:, :, None]).sum(dim=2) / _count(mask),
        ),
        Mistake(
            "sum over the batch",
            "The sum runs over the batch (dim=0), so sentences are mixed. Add up the tokens of each: "
            "dim=1.",
            lambda vectors, mask: (
                (vectors * mask[:, :, None]).sum(dim=0) / mask.sum(dim=0)[:, None].clamp(min=1)
            ),
        ),
        Mistake(
            "one number a sentence",
            "Tokens and the numbers of a vector are added up together. Add up over the tokens only, "
            "dim=1: a vector for each sentence is left.",
            lambda vectors, mask: (
                (vectors * mask[:, :, None]).sum(dim=(1, 2)) / mask.sum(dim=1).clamp(min=1)
            ),
        ),
        Mistake(
            "numbers counted instead of tokens",
            "The divisor is D times too large: it counts each number of a vector. Count tokens: "
            "mask.sum(dim=1).",
            lambda vectors, mask: _sum(vectors, mask) / _count(mask) / vectors.shape[2],
        ),
        Mistake(
            "first places only",
            "These are the means of as many places from the left as there are real tokens. Which places "
            "are real, the mask says: padding may stand anywhere.",
            lambda vectors, mask: torch.stack(
                [
                    v[:k].sum(dim=0) / max(1, k)
                    for v, k in zip(vectors, mask.sum(dim=1), strict=True)
                ]
            ),
        ),
        Mistake(
            "clamp at the wrong end",
            "clamp(max=1) makes every count 1 at most, so nothing is divided. The count should be 1 at "
            "least: clamp(min=1). And an empty sentence is still 0 / 0.",
            lambda vectors, mask: _sum(vectors, mask) / mask.sum(dim=1, keepdim=True).clamp(max=1),
        ),
        Mistake(
            "divided by the root",
            "The sum is divided by the square root of the number of tokens. A mean divides by the number "
            "itself.",
            lambda vectors, mask: _sum(vectors, mask) / _count(mask).sqrt(),
        ),
        Mistake(
            "multiplied by the count",
            "This is multiplied by the number of real tokens, or their mean over T is. Divide the sum by "
            "the number.",
            lambda vectors, mask: (vectors * mask[:, :, None]).mean(dim=1) * _count(mask),
        ),
        Mistake(
            "one token only",
            "This is the first token of each sentence. Take the mean of all real ones.",
            lambda vectors, mask: (vectors * mask[:, :, None])[:, 0],
        ),
        Mistake(
            "largest instead of mean",
            "These are the largest numbers of the real tokens, not their mean.",
            lambda vectors, mask: torch.where(mask[:, :, None], vectors, -9e9).amax(dim=1),
        ),
    ),
    hints=(
        "mask[:, :, None] has the shape (B, T, 1). What does multiplying the vectors with it do?",
        "Add up over dim=1, then divide by how many tokens are real: mask.sum(dim=1, keepdim=True) is (B, 1).",
        "(vectors * mask[:, :, None]).sum(dim=1) / mask.sum(dim=1, keepdim=True).clamp(min=1)",
    ),
    alternatives=(
        lambda vectors, mask: (
            torch.einsum("btd,bt->bd", vectors, mask.float())
            / mask.sum(dim=1).clamp(min=1)[:, None]
        ),
        lambda vectors, mask: torch.stack(
            [v[m].sum(dim=0) / max(1, int(m.sum())) for v, m in zip(vectors, mask, strict=True)]
        ),
    ),
)


def _loss_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)

    def case(b, k, d, note, scale=1.0):
        shapes = ((b, d), (b, d), (b, k, d))
        return Case(tuple(scale * torch.randn(shape, generator=g) for shape in shapes), note)

    far = torch.full((1, 4), 10.0)
    return [
        case(4, 5, 6, "four pairs, five random words each"),
        case(1, 1, 3, "one pair, one random word"),
        case(3, 2, 1, "vectors of one number"),
        Case((far, -far, far[:, None].repeat(1, 2, 1)), "scores of -400 and 400: no overflow"),
        case(2, 3, 4, "nearly zero: every term is log 2", scale=1e-3),
        case(3, 3, 3, "as many pairs as random words and numbers"),
    ]


def _terms(c, o, n):
    return (c * o).sum(dim=1), torch.einsum("bd,bkd->bk", c, n)


def _loss(c, o, n, near=lambda z: F.softplus(-z), random=F.softplus, join=lambda r: r.sum(dim=1)):
    z, r = _terms(c, o, n)
    return (near(z) + join(random(r))).mean()


SKIP_GRAM = Exercise(
    name="skip_gram_loss",
    lesson="text",
    title="Near words up, random words down",
    reference=skipgram.skip_gram_loss,
    cases=_loss_cases,
    gradients=(0, 1, 2),
    mistakes=(
        Mistake(
            "random words pulled in",
            "The random words are pulled towards the center like the near one. Their score should be low: "
            "log sigmoid of MINUS the score.",
            lambda c, o, n: _loss(c, o, n, random=lambda r: F.softplus(-r)),
        ),
        Mistake(
            "near word pushed away",
            "The near word is pushed away. Its score should be high: -log sigmoid of the score itself.",
            lambda c, o, n: _loss(c, o, n, near=F.softplus),
        ),
        Mistake(
            "mean over the random words",
            "The terms of the K random words are averaged. The loss adds them up.",
            lambda c, o, n: _loss(c, o, n, join=lambda r: r.mean(dim=1)),
        ),
        Mistake(
            "sum over the pairs",
            "The losses of the pairs are added up. Take their mean, so that the batch size makes no "
            "difference.",
            lambda c, o, n: _loss(c, o, n) * len(c),
        ),
        Mistake(
            "no random words",
            "The random words play no part. Without them all vectors may become the same.",
            lambda c, o, n: F.softplus(-_terms(c, o, n)[0]).mean(),
        ),
        Mistake(
            "sign of the random words' term",
            "The two terms have different signs. Both logarithms are added up, and the minus stands "
            "before the whole sum: mind the brackets.",
            lambda c, o, n: _loss(c, o, n, random=lambda r: -F.softplus(r)),
        ),
        Mistake(
            "sign of the near word's term",
            "The two terms have different signs. Both logarithms are added up, and the minus stands "
            "before both: that of the near word has lost it.",
            lambda c, o, n: _loss(c, o, n, near=lambda z: -F.softplus(-z)),
        ),
        Mistake(
            "two signs in the random words' term",
            "The random words' term has the wrong sign twice: it is -log sigmoid of MINUS the score, not "
            "+ log sigmoid of the score.",
            lambda c, o, n: _loss(c, o, n, random=lambda r: -F.softplus(-r)),
        ),
        Mistake(
            "scores summed before the logarithm",
            "The scores of the random words are added up before the log sigmoid. Each word has a term of "
            "its own: first the log sigmoid, then the sum.",
            lambda c, o, n: (
                F.softplus(-_terms(c, o, n)[0]) + F.softplus(_terms(c, o, n)[1].sum(dim=1))
            ).mean(),
        ),
        Mistake(
            "context with the random words",
            "The random words are compared with the context word. The center's vector belongs there: "
            "v_c with u_n.",
            lambda c, o, n: (
                F.softplus(-_terms(c, o, n)[0]) + F.softplus(_terms(o, c, n)[1]).sum(dim=1)
            ).mean(),
        ),
        Mistake(
            "mean in the scores",
            "The scores are means over the D numbers. A scalar product is the sum of the products.",
            lambda c, o, n: _loss(c / c.shape[1], o, n),
        ),
        Mistake(
            "no logarithm",
            "These are the sigmoids themselves. The loss takes their logarithms: F.logsigmoid.",
            lambda c, o, n: _loss(
                c, o, n, near=lambda z: -z.sigmoid(), random=lambda r: -(-r).sigmoid()
            ),
        ),
        Mistake(
            "no sigmoid",
            "These are the bare scores. Put each through log sigmoid first.",
            lambda c, o, n: _loss(c, o, n, near=lambda z: -z, random=lambda r: r),
        ),
        Mistake(
            "first random word only",
            "Only the first of the K random words is used. Work out the score of each, (B, K), and add up "
            "their terms.",
            lambda c, o, n: _loss(c, o, n[:, :1]),
        ),
        Mistake(
            "near word left out",
            "The term of the near word is missing: -log sigmoid of its score.",
            lambda c, o, n: _loss(c, o, n, near=torch.zeros_like),
        ),
        Mistake(
            "every center with every context",
            "center @ context.T compares each center with the context words of the whole batch. Only the "
            "pairs count: (center * context).sum(dim=1).",
            lambda c, o, n: (
                F.softplus(-c @ o.T).sum(dim=1) + F.softplus(_terms(c, o, n)[1]).sum(dim=1)
            ).mean(),
        ),
        Mistake(
            "every center with every context, averaged",
            "center @ context.T is a table (B, B): each center with the context words of the whole batch. "
            "Only the pairs count: (center * context).sum(dim=1).",
            lambda c, o, n: (
                F.softplus(-c @ o.T) + F.softplus(_terms(c, o, n)[1]).sum(dim=1)
            ).mean(),
        ),
        Mistake(
            "mean over words and pairs",
            "The near word's term and those of the random words are averaged all together. Add up the "
            "1 + K terms of a pair, then take the mean of the pairs.",
            lambda c, o, n: _loss(c, o, n) / (1 + n.shape[1]),
        ),
        Mistake(
            "softmax",
            "This is cross-entropy: the words compete in a softmax. Here each word is a yes-or-no "
            "question of its own, with a sigmoid.",
            lambda c, o, n: F.cross_entropy(
                torch.cat([_terms(c, o, n)[0][:, None], _terms(c, o, n)[1]], dim=1),
                torch.zeros(len(c), dtype=torch.long),
            ),
        ),
        Mistake(
            "random words of all pairs",
            "The terms of the random words are added up over the whole batch. Sum over dim=1 only: each "
            "pair has its own K words.",
            lambda c, o, n: _loss(c, o, n, join=lambda r: r.sum()),
        ),
        Mistake(
            "one loss for each pair",
            "There is a loss for each pair. Take the mean of them, one number.",
            lambda c, o, n: (
                F.softplus(-_terms(c, o, n)[0]) + F.softplus(_terms(c, o, n)[1]).sum(dim=1)
            ),
        ),
        Mistake(
            "small number inside the logarithm",
            "Right except for scores far from 0: a small number inside the logarithm bounds the loss, and "
            "with it the gradient. F.logsigmoid needs no such help.",
            lambda c, o, n: _loss(
                c,
                o,
                n,
                near=lambda z: -(z.sigmoid() + 1e-8).log(),
                random=lambda r: -((-r).sigmoid() + 1e-8).log(),
            ),
        ),
        Mistake(
            "overflow",
            "With scores far from 0 the sigmoid is exactly 0, and its logarithm infinite. F.logsigmoid or "
            "F.softplus take the logarithm without that step.",
            lambda c, o, n: _loss(
                c, o, n, near=lambda z: -z.sigmoid().log(), random=lambda r: -(-r).sigmoid().log()
            ),
        ),
        Mistake(
            "sign",
            "The loss has the wrong sign: it is minus the sum of the logarithms.",
            lambda c, o, n: -_loss(c, o, n),
        ),
    ),
    hints=(
        "First the scores: the scalar products. (center * context).sum(dim=1) is one for each pair. What "
        "shape have those with the negatives?",
        "center[:, None] is (B, 1, D), so (center[:, None] * negatives).sum(dim=2) is (B, K). "
        "F.logsigmoid takes the logarithm of the sigmoid safely.",
        "-(F.logsigmoid(near) + F.logsigmoid(-random).sum(dim=1)).mean()",
    ),
    alternatives=(
        lambda c, o, n: (
            -(
                F.logsigmoid((c * o).sum(dim=1))
                + F.logsigmoid(-(n @ c[:, :, None])[..., 0]).sum(dim=1)
            ).mean()
        ),
        lambda c, o, n: (
            F.binary_cross_entropy_with_logits(
                torch.cat([(c * o).sum(1, keepdim=True), torch.einsum("bd,bkd->bk", c, n)], dim=1),
                torch.cat([torch.ones(len(c), 1), torch.zeros(n.shape[:2])], dim=1),
            )
            * (1 + n.shape[1])
        ),
    ),
)

EXERCISES = (MERGE, PAD, MEAN, SKIP_GRAM)

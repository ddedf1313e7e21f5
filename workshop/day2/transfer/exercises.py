"""Exercises of `transfer`: paste, rates for layers, a frozen backbone, uneven padding."""

from __future__ import annotations

import math

import torch

from workshop.core.exercise import Case, Exercise, Mistake
from workshop.day2.transfer import lite0, regimes, scenes


def _paste_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)

    def case(h: int, w: int, size: int, top: int, left: int, note: str, edge: bool = True) -> Case:
        mask = torch.rand(h, w, generator=g)
        mask = mask if edge else (mask > 0.5).float()
        colour, under = torch.rand(3, h, w, generator=g), torch.rand(3, size, size, generator=g)
        return Case((colour, mask, under, top, left), note)

    return [
        case(3, 4, 6, 1, 2, "a mask with soft edges"),
        case(4, 2, 6, 0, 1, "a hard mask, at the upper edge", edge=False),
        case(2, 3, 5, 3, 2, "in the lower right corner"),
        case(4, 4, 4, 0, 0, "as large as the background"),
        case(1, 1, 3, 2, 0, "a single pixel"),
        case(2, 2, 7, 1, 4, "further right than down"),
    ]


def _under(background, mask, top, left):
    """1 where the piece lies, 0 beside it."""
    place = torch.zeros_like(background)
    place[:, top : top + mask.shape[0], left : left + mask.shape[1]] = 1
    return place


def _laid(colour, mask, background, top, left, mix):
    h, w = mask.shape
    scene = background.clone()
    place = (slice(None), slice(top, top + h), slice(left, left + w))
    scene[place] = mix(colour, mask, background[place])
    return scene


PASTE = Exercise(
    name="paste",
    lesson="transfer",
    title="A bird on another background",
    reference=scenes.paste,
    cases=_paste_cases,
    mistakes=(
        Mistake(
            "no background under the edge",
            "Where the mask is between 0 and 1 something of the background must shine through, and "
            "where it is 0 there must be nothing else: add (1 - mask) * background.",
            lambda c, m, b, top, left: _laid(c, m, b, top, left, lambda c, m, u: m * c),
        ),
        Mistake(
            "mask ignored",
            "The whole rectangle was laid on the background. Weigh its colours with the mask.",
            lambda c, m, b, top, left: _laid(c, m, b, top, left, lambda c, m, u: c),
        ),
        Mistake(
            "mask the wrong way round",
            "The thing and the background have changed places: the mask is 1 where the thing is.",
            lambda c, m, b, top, left: _laid(
                c, m, b, top, left, lambda c, m, u: (1 - m) * c + m * u
            ),
        ),
        Mistake(
            "background not dimmed",
            "Colour and background were added up, which is too bright. Weigh the background with "
            "1 - mask.",
            lambda c, m, b, top, left: _laid(c, m, b, top, left, lambda c, m, u: m * c + u),
        ),
        Mistake(
            "always in the corner",
            "The thing is in the upper left corner. Its first row is `top`, its first column `left`.",
            lambda c, m, b, top, left: scenes.paste(c, m, b, 0, 0),
        ),
        Mistake(
            "rows and columns changed places",
            "top counts rows and left counts columns: the dimensions of a picture are (3, rows, "
            "columns).",
            lambda c, m, b, top, left: scenes.paste(
                c, m, b, min(left, b.shape[1] - m.shape[0]), min(top, b.shape[2] - m.shape[1])
            ),
        ),
        Mistake(
            "hard edge",
            "The mask was rounded to 0 or 1. Between them it says how much of the thing there is.",
            lambda c, m, b, top, left: scenes.paste(c, (m > 0.5).float(), b, top, left),
        ),
        Mistake(
            "colour not weighed",
            "The colour comes in whole. Weigh it with the mask, as the background with 1 - mask.",
            lambda c, m, b, top, left: _laid(c, m, b, top, left, lambda c, m, u: c + (1 - m) * u),
        ),
        Mistake(
            "colour added",
            "Colour and background are added up without the mask: mask * colour + (1 - mask) * "
            "background.",
            lambda c, m, b, top, left: _laid(c, m, b, top, left, lambda c, m, u: c + u),
        ),
        Mistake(
            "half and half",
            "Both are mixed half and half everywhere. The mask says how much of the thing there "
            "is at each pixel.",
            lambda c, m, b, top, left: _laid(c, m, b, top, left, lambda c, m, u: 0.5 * c + 0.5 * u),
        ),
        Mistake(
            "background left out",
            "Where the mask is between, the background is replaced, where it is 0 kept. Mix both:"
            " mask * colour + (1 - mask) * background.",
            lambda c, m, b, top, left: _laid(
                c, m, b, top, left, lambda c, m, u: torch.where(m > 0, c, u)
            ),
        ),
        Mistake(
            "mask squared",
            "The mask counts twice on the colour. Weigh with it once.",
            lambda c, m, b, top, left: _laid(
                c, m, b, top, left, lambda c, m, u: m * m * c + (1 - m) * u
            ),
        ),
        Mistake(
            "larger of the two",
            "The brighter of the two is taken. Mix them: mask * colour + (1 - mask) * background.",
            lambda c, m, b, top, left: _laid(
                c, m, b, top, left, lambda c, m, u: torch.maximum(m * c, (1 - m) * u)
            ),
        ),
        Mistake(
            "piece only",
            "This is only the piece under the thing. Put it into a copy of the whole background.",
            lambda c, m, b, top, left: scenes.paste(c, m, b, top, left)[
                :, top : top + m.shape[0], left : left + m.shape[1]
            ],
        ),
        Mistake(
            "background empty",
            "Beside the thing everything is 0: begin with background.clone().",
            lambda c, m, b, top, left: scenes.paste(c, m, b, top, left) * _under(b, m, top, left),
        ),
        Mistake(
            "nothing pasted",
            "The background comes back as it was. Is the mixture put into the copy?",
            lambda c, m, b, top, left: b.clone(),
        ),
    ),
    hints=(
        "One pixel first: its mask is 0.7. Then seven tenths of its colour come from the thing, and "
        "the rest?",
        "The part of the background under the thing is background[:, top : top + h, left : left + w]. "
        "A mask (h, w) fits to colours (3, h, w) by itself.",
        "scene = background.clone(), and into that part of it goes mask * colour + (1 - mask) * under.",
    ),
    alternatives=(
        lambda c, m, b, top, left: _laid(c, m, b, top, left, lambda c, m, u: u + m * (c - u)),
        lambda c, m, b, top, left: _laid(
            c, m, b, top, left, lambda c, m, u: torch.lerp(u, c, m.expand(3, -1, -1))
        ),
    ),
)

RATES = Exercise(
    name="layer_rates",
    lesson="transfer",
    title="Small steps early, large steps late",
    reference=regimes.layer_rates,
    cases=lambda seed: [
        Case((0.001, 4, 0.3), "four groups"),
        Case((1.0, 3, 0.5), "easy to follow by head"),
        Case((0.01, 1, 0.1), "one group alone"),
        Case((0.1, 5, 1.0), "a factor of 1: all the same"),
        Case((0.02 + 0.001 * (seed % 7), 6, 0.8), "six groups"),
    ],
    mistakes=(
        Mistake(
            "the wrong way round",
            "The first group has the highest rate. Early layers have learned what all pictures share: "
            "they get the smallest steps.",
            lambda lr, n, f: [lr * f**k for k in range(n)],
        ),
        Mistake(
            "one step too far",
            "Even the last group has a rate below lr. It gets lr itself: factor ** 0 is 1.",
            lambda lr, n, f: [lr * f ** (n - k) for k in range(n)],
        ),
        Mistake(
            "all the same",
            "Every group has the same rate: multiply with `factor` once for each group behind it.",
            lambda lr, n, f: [lr] * n,
        ),
        Mistake(
            "once only",
            "All groups but the last have the same rate. Each is `factor` times the one behind it.",
            lambda lr, n, f: [lr * f] * (n - 1) + [lr],
        ),
        Mistake(
            "subtracted",
            "The rates fall by equal amounts. They fall by equal factors: multiply.",
            lambda lr, n, f: [lr * (1 - (1 - f) * (n - 1 - k)) for k in range(n)],
        ),
        Mistake(
            "divided",
            "The rates grow towards the first group: multiply with the factor instead of dividing.",
            lambda lr, n, f: [lr / f ** (n - 1 - k) for k in range(n)],
        ),
        Mistake(
            "distance multiplied",
            "The factor is multiplied by the distance. It counts once for each group behind: a "
            "power, factor ** distance.",
            lambda lr, n, f: [lr * f * (n - 1 - k) for k in range(n - 1)] + [lr],
        ),
        Mistake(
            "distance multiplied, last group too",
            "The factor is multiplied by the distance. It counts once for each group behind: a "
            "power, factor ** distance, which is 1 for the last group.",
            lambda lr, n, f: [lr * f * (n - 1 - k) for k in range(n)],
        ),
        Mistake(
            "rate as a power",
            "The rate is raised to a power, and the factor only multiplies. It is the other way "
            "round: lr * factor ** distance.",
            lambda lr, n, f: [f * lr ** (n - 1 - k) for k in range(n)],
        ),
        Mistake(
            "rate in the power",
            "lr is inside the power. Only the factor is: lr * factor ** distance.",
            lambda lr, n, f: [(lr * f) ** (n - 1 - k) for k in range(n)],
        ),
        Mistake(
            "lr left out",
            "These are the factors alone: multiply them with lr.",
            lambda lr, n, f: [f ** (n - 1 - k) for k in range(n)],
        ),
        Mistake(
            "lr divided by the groups",
            "The rates are spread evenly. Each is `factor` times the one behind it.",
            lambda lr, n, f: [lr * (k + 1) / n for k in range(n)],
        ),
        Mistake(
            "a group too few",
            "One group is missing: there are `groups` rates, and the last is lr.",
            lambda lr, n, f: [lr * f ** (n - 1 - k) for k in range(n - 1)],
        ),
        Mistake(
            "a group too many",
            "There is one rate too many: `groups` of them, and the last is lr.",
            lambda lr, n, f: [lr * f ** (n - k) for k in range(n + 1)],
        ),
        Mistake(
            "last group only",
            "This is one rate. Return a list with one for each group.",
            lambda lr, n, f: lr,
        ),
        Mistake(
            "wrong way round and too far",
            "The first group has the highest rate, and even it is below lr. The last gets lr "
            "itself, early ones less.",
            lambda lr, n, f: [lr * f ** (k + 1) for k in range(n)],
        ),
    ),
    hints=(
        "With lr = 1, factor = 0.5 and three groups: what are the three numbers, from the first group "
        "to the last?",
        "How many groups stand behind group k of n? That often the factor counts.",
        "[lr * factor ** ... for group in range(groups)], with groups - 1 - group in place of the dots.",
    ),
    alternatives=(
        lambda lr, groups, factor: [lr * factor**k for k in range(groups)][::-1],
        lambda lr, groups, factor: [
            math.prod([factor] * (groups - 1 - group)) * lr for group in range(groups)
        ],
    ),
)


def _step_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)

    def case(b: int, p: int, d: int, k: int, lr: float, note: str) -> Case:
        backbone, head = torch.randn(p, d, generator=g), torch.randn(d, k, generator=g)
        x, y = torch.randn(b, p, generator=g), torch.randint(k, (b,), generator=g)
        return Case((backbone, head, x, y, lr), note)

    return [
        case(4, 3, 5, 3, 0.1, "four examples, three kinds"),
        case(1, 2, 4, 2, 0.5, "a single example"),
        case(6, 4, 3, 4, 1.0, "a large step"),
        case(5, 3, 3, 3, 0.0, "a rate of 0: nothing moves"),
    ]


def _stepped(
    backbone,
    head,
    x,
    y,
    lr,
    *,
    relu=True,
    sign=-1.0,
    mean=True,
    what="head",
    softmax=True,
    wrong="",
):
    backbone, head = (part.detach().clone().requires_grad_() for part in (backbone, head))
    features = torch.relu(x @ backbone) if relu else x @ backbone
    logits = features @ head
    if softmax:
        loss = torch.nn.functional.cross_entropy(logits, y, reduction="mean" if mean else "sum")
    else:  # squared error on the logits
        loss = 0.5 * (logits - torch.eye(head.shape[1])[y]).square().sum() / len(y)
    moves = torch.autograd.grad(loss, (backbone, head))
    parts = {"backbone": backbone, "head": head}
    if wrong:
        probabilities = logits.softmax(dim=0 if wrong == "dim" else 1)
        wanted = torch.eye(head.shape[1])[y]
        error = {
            "sign": wanted - probabilities,
            "no target": probabilities,
            "no softmax": logits - wanted,
            "sigmoid": logits.sigmoid() - wanted,
        }.get(wrong, probabilities - wanted)
        count = {"sum": 1, "kinds": len(head.T), "features": len(head)}.get(wrong, len(y))
        left = torch.ones_like(features) if wrong == "no features" else features
        step = (1 if wrong == "no rate" else lr) * left.T @ error / count
        new = {"step": step, "replaced": -step}.get(wrong, head - step)
        return (new, backbone) if wrong == "order" else (backbone, new)
    for name, move in zip(parts, moves, strict=True):
        if what in (name, "both"):
            parts[name] = parts[name] + sign * lr * move
    return parts["backbone"].detach(), parts["head"].detach()


STEP = Exercise(
    name="frozen_step",
    lesson="transfer",
    title="One step with a frozen backbone",
    reference=regimes.frozen_step,
    cases=_step_cases,
    rtol=1e-3,
    atol=1e-5,
    mistakes=(
        Mistake(
            "backbone moved too",
            "The backbone was trained as well. Frozen means: give it back as it came.",
            lambda *a: _stepped(*a, what="both"),
        ),
        Mistake(
            "backbone moved instead",
            "The backbone was trained and the head left alone. It is the other way round.",
            lambda *a: _stepped(*a, what="backbone"),
        ),
        Mistake(
            "up instead of down",
            "The head went with the gradient, up the hill: subtract lr times the gradient.",
            lambda *a: _stepped(*a, sign=1.0),
        ),
        Mistake(
            "sum over the batch",
            "The step is len(y) times too large: the loss is the mean over the batch.",
            lambda *a: _stepped(*a, mean=False),
        ),
        Mistake(
            "no ReLU",
            "The features are relu(x @ backbone): the ReLU of the backbone is missing.",
            lambda *a: _stepped(*a, relu=False),
        ),
        Mistake(
            "no softmax",
            "The error is probabilities minus wanted, and probabilities come out of a softmax over the "
            "kinds (dim=1): the logits themselves were taken.",
            lambda *a: _stepped(*a, softmax=False),
        ),
        Mistake(
            "softmax over the batch",
            "The softmax runs over the examples. Each example has its own probabilities, over the"
            " kinds: dim=1.",
            lambda *a: _stepped(*a, wrong="dim"),
        ),
        Mistake(
            "right kind not subtracted",
            "What was wanted is not subtracted: the error is probabilities - one-hot.",
            lambda *a: _stepped(*a, wrong="no target"),
        ),
        Mistake(
            "sigmoid",
            "A sigmoid stands where the softmax should: the kinds share one probability of 1.",
            lambda *a: _stepped(*a, wrong="sigmoid"),
        ),
        Mistake(
            "divided by the kinds",
            "The gradient is divided by the number of kinds. The loss is the mean over the batch:"
            " len(y).",
            lambda *a: _stepped(*a, wrong="kinds"),
        ),
        Mistake(
            "divided by the features",
            "The gradient is divided by the number of features. The loss is the mean over the "
            "batch: len(y).",
            lambda *a: _stepped(*a, wrong="features"),
        ),
        Mistake(
            "features left out",
            "The gradient of the head is features.T @ error: the features are missing.",
            lambda *a: _stepped(*a, wrong="no features"),
        ),
        Mistake(
            "no learning rate",
            "The learning rate is missing: subtract lr times the gradient.",
            lambda *a: _stepped(*a, wrong="no rate"),
        ),
        Mistake(
            "the step itself",
            "This is the step. Subtract it from the head.",
            lambda *a: _stepped(*a, wrong="step"),
        ),
        Mistake(
            "head replaced",
            "The head is replaced by the step. Subtract the step from it.",
            lambda *a: _stepped(*a, wrong="replaced"),
        ),
        Mistake(
            "order",
            "The two have changed places: return the backbone first, then the head.",
            lambda *a: _stepped(*a, wrong="order"),
        ),
        Mistake(
            "head only",
            "There are two things to return: the backbone and the new head.",
            lambda *a: _stepped(*a)[1],
        ),
        Mistake(
            "nothing moved",
            "Nothing moved: subtract lr times the gradient from the head.",
            lambda backbone, head, x, y, lr: (backbone, head),
        ),
    ),
    hints=(
        "The backbone only has to compute: features = torch.relu(x @ backbone). From there on it is a linear "
        "model with a softmax, as in `losses`. Which weights may change?",
        "For cross-entropy the gradient by the logits is (probabilities - one-hot) / B. "
        "torch.eye(K)[y] is the one-hot matrix (B, K).",
        "The gradient by the head is features.T @ error / len(y), (D, K). Return backbone and "
        "head - lr * gradient.",
    ),
    alternatives=(
        lambda *a: _stepped(*a),
        lambda backbone, head, x, y, lr: (
            backbone,
            head
            - lr
            * torch.einsum(
                "bd,bk->dk",
                (x @ backbone).clamp(min=0),
                ((x @ backbone).clamp(min=0) @ head).softmax(1)
                - torch.nn.functional.one_hot(y, head.shape[1]),
            )
            / len(y),
        ),
    ),
)

PADDING = Exercise(
    name="same_padding",
    lesson="transfer",
    title="Padding that is uneven",
    reference=lite0.same_padding,
    cases=lambda seed: [
        Case((7, 3, 1), "a stride of 1: one zero at each end"),
        Case((96, 3, 2), "an even size, a stride of 2: uneven"),
        Case((7, 3, 2), "an odd size, a stride of 2: even again"),
        Case((48, 5, 2), "a kernel of 5"),
        Case((10, 1, 1), "a kernel of 1: nothing to pad"),
        Case((9, 1, 3), "a stride larger than the kernel: never less than nothing"),
        Case((20 + seed % 9, 5, 3), "a stride of 3"),
        Case((11, 4, 3), "an even kernel, a size that leaves 2 over"),
        Case((5, 9, 2), "a kernel larger than the picture"),
    ],
    mistakes=(
        Mistake(
            "torch's padding",
            "This is kernel // 2 at both ends, as one writes it in torch. Where the stride is 2 and the "
            "size even, TensorFlow pads less.",
            lambda size, k, s: (k // 2, k // 2),
        ),
        Mistake(
            "the larger half before",
            "The zeros are right in number. If they are uneven, the extra one goes behind, not before.",
            lambda size, k, s: lite0.same_padding(size, k, s)[::-1],
        ),
        Mistake(
            "rounded down",
            "The number of places is size / stride rounded up, not down: -(-size // stride).",
            lambda size, k, s: _split((size // s - 1) * s + k - size),
        ),
        Mistake(
            "kernel forgotten",
            "The last window begins at (places - 1) * stride and is `kernel` long: to there the zeros "
            "must reach.",
            lambda size, k, s: _split((-(-size // s) - 1) * s + 1 - size),
        ),
        Mistake(
            "one place too many",
            "From the first place to the last there are places - 1 steps.",
            lambda size, k, s: _split(-(-size // s) * s + k - size),
        ),
        Mistake(
            "less than nothing",
            "Below 0 it would cut pixels away: take max(..., 0).",
            lambda size, k, s: (
                ((-(-size // s) - 1) * s + k - size) // 2,
                ((-(-size // s) - 1) * s + k - size) - ((-(-size // s) - 1) * s + k - size) // 2,
            ),
        ),
        Mistake(
            "all behind",
            "All the zeros are behind. Half of them, rounded down, go before.",
            lambda size, k, s: (0, sum(lite0.same_padding(size, k, s))),
        ),
        Mistake(
            "half a zero",
            "The zeros are split with /, so half a zero may go on each side. Use // for those "
            "before; the rest goes behind.",
            lambda size, k, s: (
                max((-(-size // s) - 1) * s + k - size, 0) / 2,
                max((-(-size // s) - 1) * s + k - size, 0) / 2,
            ),
        ),
        Mistake(
            "even halves",
            "Both sides get half of the zeros, rounded down, so an odd one is lost. It goes "
            "behind: total - total // 2.",
            lambda size, k, s: (
                max((-(-size // s) - 1) * s + k - size, 0) // 2,
                max((-(-size // s) - 1) * s + k - size, 0) // 2,
            ),
        ),
        Mistake(
            "size not used",
            "kernel - stride is right only where the stride divides the size. Count the places "
            "first: size / stride, rounded up.",
            lambda size, k, s: _split(k - s),
        ),
        Mistake(
            "stride not used",
            "kernel - 1 is right only for a stride of 1. The last window begins at (places - 1) *"
            " stride.",
            lambda size, k, s: _split(k - 1),
        ),
        Mistake(
            "all before",
            "All the zeros are before. Half of them, rounded down, go before, the rest behind.",
            lambda size, k, s: (max((-(-size // s) - 1) * s + k - size, 0), 0),
        ),
        Mistake(
            "total on both sides",
            "All the zeros are on both sides. Half of them, rounded down, go before, the rest "
            "behind.",
            lambda size, k, s: (
                max((-(-size // s) - 1) * s + k - size, 0),
                max((-(-size // s) - 1) * s + k - size, 0),
            ),
        ),
        Mistake(
            "total only",
            "This is the number of zeros. Return two: before and behind.",
            lambda size, k, s: max((-(-size // s) - 1) * s + k - size, 0),
        ),
        Mistake(
            "padding of the places",
            "places * stride is where a window after the last would begin, and it has no kernel: "
            "the last one ends at (places - 1) * stride + kernel.",
            lambda size, k, s: _split(-(-size // s) * s - size),
        ),
    ),
    hints=(
        "`Same` means that size / stride places, rounded up, must fit. Where does the last of them "
        "begin, and where does it end?",
        "The last window ends at (places - 1) * stride + kernel. How many pixels beyond `size` is that?",
        "total = max((places - 1) * stride + kernel - size, 0); half of it, total // 2, before, the "
        "rest behind.",
    ),
    alternatives=(
        lambda size, kernel, stride: _split(
            kernel - stride if size % stride == 0 else kernel - size % stride
        ),
        lambda size, kernel, stride: _split(
            (math.ceil(size / stride) - 1) * stride + kernel - size
        ),
    ),
)


def _split(total: int) -> tuple[int, int]:
    total = max(total, 0)
    return total // 2, total - total // 2


EXERCISES = (PADDING, PASTE, STEP, RATES)

"""Exercises of `cnn`: how many places, one kernel, pooling, a whole convolution layer."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from workshop.core.exercise import Case, Exercise, Mistake
from workshop.day2.cnn import by_hand

SIZE = Exercise(
    name="output_size",
    lesson="cnn",
    title="At how many places does the window fit?",
    reference=by_hand.output_size,
    cases=lambda seed: [
        Case((7, 3, 1, 0, 1), "figure 2.12: 7 pixels, a kernel of 3"),
        Case((28, 5, 1, 2, 1), "padding that keeps the size"),
        Case((8, 3, 2, 0, 1), "a step of 2 that does not come out even"),
        Case((32, 3, 2, 1, 1), "a step of 2, padded"),
        Case((20, 3, 1, 0, 3), "a kernel with gaps"),
        Case((5, 5, 1, 0, 1), "a kernel as large as the image: one place"),
        Case((30 + seed % 5, 4, 3, 2, 2), "all at once"),
        Case((11, 2, 4, 1, 3), "a stride larger than the kernel, with gaps"),
        Case((12, 1, 1, 0, 5), "a kernel of one cell has no gaps"),
        Case((9, 4, 2, 3, 1), "an even kernel, much padding"),
    ],
    mistakes=(
        Mistake(
            "one place too few",
            "One is missing. The window stands at its first place before it has made any step: count "
            "the steps and add 1.",
            lambda size, k, s, p, d: (size + 2 * p - (d * (k - 1) + 1)) // s,
        ),
        Mistake(
            "padding on one side",
            "The zeros are added at both ends, so the image grows by 2 * padding.",
            lambda size, k, s, p, d: (size + p - (d * (k - 1) + 1)) // s + 1,
        ),
        Mistake(
            "no padding",
            "The padding is left out: the window slides over size + 2 * padding pixels.",
            lambda size, k, s, p, d: (size - (d * (k - 1) + 1)) // s + 1,
        ),
        Mistake(
            "no dilation",
            "The dilation is left out. With gaps between its cells the kernel covers "
            "dilation * (kernel - 1) + 1 pixels.",
            lambda size, k, s, p, d: (size + 2 * p - k) // s + 1,
        ),
        Mistake(
            "dilation times kernel",
            "The kernel does not cover dilation * kernel pixels: there is a gap between cells, not "
            "behind the last one. dilation * (kernel - 1) + 1.",
            lambda size, k, s, p, d: (size + 2 * p - d * k) // s + 1,
        ),
        Mistake(
            "stride ignored",
            "The stride is left out: the window moves by stride pixels each time.",
            lambda size, k, s, p, d: size + 2 * p - (d * (k - 1) + 1) + 1,
        ),
        Mistake(
            "rounded up",
            "A last step that would lead over the edge is not made: round down, with //.",
            lambda size, k, s, p, d: -(-(size + 2 * p - (d * (k - 1) + 1)) // s) + 1,
        ),
        Mistake(
            "not a whole number",
            "A number of places is whole: divide with // instead of /, which also rounds down.",
            lambda size, k, s, p, d: (size + 2 * p - (d * (k - 1) + 1)) / s + 1,
        ),
        Mistake(
            "+ 1 in the division",
            "The + 1 stands inside the division. It counts the first place: add it after dividing"
            " by the stride.",
            lambda size, k, s, p, d: (size + 2 * p - (d * (k - 1) + 1) + 1) // s,
        ),
        Mistake(
            "one place too many",
            "There is one too many: (size + 2 * padding - covered) // stride steps, and one place"
            " more.",
            lambda size, k, s, p, d: (size + 2 * p - (d * (k - 1) + 1)) // s + 2,
        ),
        Mistake(
            "+ 1 missing in what is covered",
            "The kernel covers dilation * (kernel - 1) + 1 pixels: there the + 1 is missing.",
            lambda size, k, s, p, d: (size + 2 * p - d * (k - 1)) // s + 1,
        ),
        Mistake(
            "padding subtracted",
            "The padding makes the image larger: size + 2 * padding.",
            lambda size, k, s, p, d: (size - 2 * p - (d * (k - 1) + 1)) // s + 1,
        ),
        Mistake(
            "kernel added",
            "The kernel takes away places: subtract what it covers.",
            lambda size, k, s, p, d: (size + 2 * p + (d * (k - 1) + 1)) // s + 1,
        ),
        Mistake(
            "stride multiplied",
            "The stride multiplies. With larger steps there are fewer places: divide with //.",
            lambda size, k, s, p, d: (size + 2 * p - (d * (k - 1) + 1)) * s + 1,
        ),
        Mistake(
            "stride subtracted",
            "The stride is subtracted. Divide by it: the distance is gone in steps of stride "
            "pixels.",
            lambda size, k, s, p, d: size + 2 * p - (d * (k - 1) + 1) - s + 1,
        ),
        Mistake(
            "rounded to the nearest",
            "round goes to the nearest whole number. A step that would lead over the edge is not "
            "made: //.",
            lambda size, k, s, p, d: round((size + 2 * p - (d * (k - 1) + 1)) / s) + 1,
        ),
        Mistake(
            "brackets",
            "Brackets are missing: first subtract, then divide the difference by the stride.",
            lambda size, k, s, p, d: size + 2 * p - (d * (k - 1) + 1) // s + 1,
        ),
        Mistake(
            "dilation of the places",
            "The dilation is used as if it spread the places. It spreads the cells of the kernel,"
            " which covers dilation * (kernel - 1) + 1 pixels.",
            lambda size, k, s, p, d: (size + 2 * p - k) // (s * d) + 1,
        ),
        Mistake(
            "dilation added",
            "The dilation is added to the kernel. With gaps it covers dilation * (kernel - 1) + 1"
            " pixels.",
            lambda size, k, s, p, d: (size + 2 * p - k - d) // s + 1,
        ),
        Mistake(
            "gaps counted as dilation pixels",
            "Each gap counts as `dilation` pixels. From one cell to the next it is `dilation`, "
            "the cell included: dilation * (kernel - 1) + 1.",
            lambda size, k, s, p, d: (size + 2 * p - (k + (k - 1) * d)) // s + 1,
        ),
        Mistake(
            "half a kernel",
            "The kernel is as if it could stand half over the edge: subtract all that it covers.",
            lambda size, k, s, p, d: (size + 2 * p - k // 2) // s + 1,
        ),
        Mistake(
            "kernel not used",
            "The kernel is left out: size // stride is right only where padding makes up for it.",
            lambda size, k, s, p, d: (size + 2 * p) // s,
        ),
        Mistake(
            "padding divided",
            "The padding counts before the division: it is part of the image, in pixels.",
            lambda size, k, s, p, d: (size - (d * (k - 1) + 1)) // s + 2 * p + 1,
        ),
    ),
    hints=(
        "Begin without padding, stride and dilation: a kernel of 3 on 7 pixels can start at pixel 0, "
        "1, 2, 3 and 4. How do you get 5 out of 7 and 3?",
        "The image has size + 2 * padding pixels, the kernel covers dilation * (kernel - 1) + 1. The "
        "difference is how far the window can move.",
        "It moves by stride pixels at a time: distance // stride steps, and one place more than steps.",
    ),
    alternatives=(
        lambda size, kernel, stride, padding, dilation: sum(
            1 for _ in range(-padding, size + padding - (kernel - 1) * dilation, stride)
        ),
        lambda size, kernel, stride, padding, dilation: len(
            range(0, size + 2 * padding - dilation * (kernel - 1), stride)
        ),
        lambda size, kernel, stride, padding, dilation: (
            (size + 2 * padding - dilation * (kernel - 1) - 1 + stride) // stride
        ),
    ),
)


def _correlate_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)
    return [
        Case((by_hand.IMAGE, by_hand.KERNEL), "figure 2.12"),
        Case((torch.randn(5, 5, generator=g), torch.randn(3, 3, generator=g)), "random numbers"),
        Case((torch.randn(4, 7, generator=g), torch.randn(2, 3, generator=g)), "not square"),
        Case((torch.randn(3, 3, generator=g), torch.randn(3, 3, generator=g)), "a single place"),
        Case((torch.randn(3, 4, generator=g), torch.randn(1, 1, generator=g)), "a 1 by 1 kernel"),
        Case((torch.randn(7, 5, generator=g), torch.randn(4, 2, generator=g)), "a high kernel"),
        Case((torch.randn(6, 6, generator=g), torch.randn(1, 3, generator=g)), "a single row"),
        Case((torch.randn(4, 4, generator=g), torch.randn(2, 2, generator=g)), "an even kernel"),
    ]


def _slide(image, kernel, what=lambda patch, kernel: (patch * kernel).sum(), less=0):
    (k, l), (h, w) = kernel.shape, image.shape  # noqa: E741
    rows, columns = range(max(h - k + 1 - less, 1)), range(max(w - l + 1 - less, 1))
    return torch.stack(
        [torch.stack([what(image[r : r + k, c : c + l], kernel) for c in columns]) for r in rows]
    )


def _square_only(image, kernel):
    k, (h, w) = len(kernel), image.shape
    return torch.stack(
        [
            torch.stack([(image[r : r + k, c : c + k] * kernel).sum() for c in range(w - k + 1)])
            for r in range(h - k + 1)
        ]
    )


CORRELATE = Exercise(
    name="correlate",
    lesson="cnn",
    title="Slide, multiply, add up",
    reference=by_hand.correlate,
    cases=_correlate_cases,
    gradients=(0, 1),
    without=("torch.nn.functional.conv2d", "torch.conv2d"),
    mistakes=(
        Mistake(
            "kernel flipped",
            "The kernel was turned round first, as mathematicians do. In deep learning it is used as "
            "it is.",
            lambda image, kernel: _slide(image, kernel.flip(dims=(0, 1))),
        ),
        Mistake(
            "kernel transposed",
            "Rows and columns of the kernel have changed places.",
            lambda image, kernel: _slide(
                image, kernel.T if kernel.shape[0] == kernel.shape[1] else kernel
            ),
        ),
        Mistake(
            "mean instead of sum",
            "The products are averaged. Add them up: .sum().",
            lambda image, kernel: _slide(image, kernel, lambda patch, k: (patch * k).mean()),
        ),
        Mistake(
            "matrix product",
            "patch @ kernel is a product of matrices. Each pixel is multiplied with the cell that "
            "lies on it: patch * kernel.",
            lambda image, kernel: _slide(
                image,
                kernel,
                lambda patch, k: (
                    (patch @ k).sum() if k.shape[0] == k.shape[1] else (patch * k).sum()
                ),
            ),
        ),
        Mistake(
            "last place missing",
            "The last row and column of places are missing: there are H - k + 1 of them, not H - k.",
            lambda image, kernel: _slide(image, kernel, less=1),
        ),
        Mistake(
            "padded",
            "The map is as large as the image: zeros were added around it. Let the kernel stay inside, "
            "at H - k + 1 by W - l + 1 places.",
            lambda image, kernel: _slide(
                F.pad(
                    image,
                    (
                        (kernel.shape[1] - 1) // 2,
                        kernel.shape[1] // 2,
                        (kernel.shape[0] - 1) // 2,
                        kernel.shape[0] // 2,
                    ),
                ),
                kernel,
            ),
        ),
        Mistake(
            "product of sums",
            "The patch and the kernel are added up before they are multiplied. Multiply cell by "
            "cell first: (patch * kernel).sum().",
            lambda image, kernel: _slide(image, kernel, lambda patch, k: patch.sum() * k.sum()),
        ),
        Mistake(
            "added instead of multiplied",
            "Patch and kernel are added. Multiply them cell by cell, then add up.",
            lambda image, kernel: _slide(image, kernel, lambda patch, k: (patch + k).sum()),
        ),
        Mistake(
            "subtracted instead of multiplied",
            "The kernel is subtracted from the patch. Multiply them cell by cell, then add up.",
            lambda image, kernel: _slide(image, kernel, lambda patch, k: (patch - k).sum()),
        ),
        Mistake(
            "largest product",
            "The largest product is taken. Add them all up: .sum().",
            lambda image, kernel: _slide(image, kernel, lambda patch, k: (patch * k).max()),
        ),
        Mistake(
            "kernel left out",
            "The kernel plays no part: multiply the patch with it before adding up.",
            lambda image, kernel: _slide(image, kernel, lambda patch, k: patch.sum()),
        ),
        Mistake(
            "one row of the kernel",
            "Only the first row of the kernel counts. Add up over both dimensions: .sum().",
            lambda image, kernel: _slide(image, kernel, lambda patch, k: (patch * k)[0].sum()),
        ),
        Mistake(
            "divided by the kernel's sum",
            "The sum is divided by that of the kernel. Leave it as it is.",
            lambda image, kernel: _slide(
                image, kernel, lambda patch, k: (patch * k).sum() / k.sum()
            ),
        ),
        Mistake(
            "absolute value",
            "The sign of the sums is lost. Leave them as they are.",
            lambda image, kernel: _slide(image, kernel, lambda patch, k: (patch * k).sum().abs()),
        ),
        Mistake(
            "ReLU",
            "Sums below 0 became 0: the ReLU comes later, in another step.",
            lambda image, kernel: _slide(
                image, kernel, lambda patch, k: torch.relu((patch * k).sum())
            ),
        ),
        Mistake(
            "flipped left to right",
            "The kernel is turned round from left to right. Use it as it is.",
            lambda image, kernel: _slide(image, kernel.flip(dims=(1,))),
        ),
        Mistake(
            "flipped upside down",
            "The kernel is turned upside down. Use it as it is.",
            lambda image, kernel: _slide(image, kernel.flip(dims=(0,))),
        ),
        Mistake(
            "map transposed",
            "Rows and columns of the map have changed places: the first index counts rows.",
            lambda image, kernel: _slide(image, kernel).T,
        ),
        Mistake(
            "flat map",
            "The sums are right, but in one long row. Bring them into shape: .reshape(H - k + 1, "
            "W - l + 1).",
            lambda image, kernel: _slide(image, kernel).flatten(),
        ),
        Mistake(
            "flat map, sides exchanged",
            "The sums are put into a map whose height and width are exchanged: (H - k + 1, W - l "
            "+ 1).",
            lambda image, kernel: _slide(image, kernel).reshape(_slide(image, kernel).T.shape),
        ),
        Mistake(
            "side by side",
            "The window moves by its own size, as in pooling. Move it by one pixel.",
            lambda image, kernel: _slide(image, kernel)[:: kernel.shape[0], :: kernel.shape[1]],
        ),
        Mistake(
            "last row missing",
            "The last row of places is missing: there are H - k + 1 of them.",
            lambda image, kernel: _slide(image, kernel)[: max(len(image) - len(kernel), 1)],
        ),
        Mistake(
            "one sum",
            "This is the sum over all places. Keep one for each place, in a map.",
            lambda image, kernel: _slide(image, kernel).sum(),
        ),
        Mistake(
            "one place only",
            "Only the first place was visited. Is the return inside the loop?",
            lambda image, kernel: _slide(image, kernel)[0, 0],
        ),
        Mistake(
            "square kernel only",
            "The height of the kernel is used for its width as well. kernel.shape holds both, k "
            "and l.",
            _square_only,
        ),
    ),
    hints=(
        "Do a single place first: the piece of the image under the kernel, times the kernel, added up.",
        "The piece at (row, column) is image[row : row + k, column : column + l]. At how many rows and "
        "columns can it begin?",
        "Collect (patch * kernel).sum() for all rows and columns in a list; torch.stack(list) makes one "
        "tensor of it, .reshape(H - k + 1, W - l + 1) a map.",
    ),
    alternatives=(
        _slide,
        lambda image, kernel: sum(
            kernel[r, c]
            * image[
                r : r + image.shape[0] - kernel.shape[0] + 1,
                c : c + image.shape[1] - kernel.shape[1] + 1,
            ]
            for r in range(kernel.shape[0])
            for c in range(kernel.shape[1])
        ),
        lambda image, kernel: torch.einsum(
            "abkl,kl->ab",
            image.unfold(0, kernel.shape[0], 1).unfold(1, kernel.shape[1], 1),
            kernel,
        ),
    ),
)


def _pool_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)
    return [
        Case((torch.arange(16.0).reshape(1, 1, 4, 4), 2), "4 by 4 pixels, squares of 2"),
        Case((torch.randn(2, 3, 6, 6, generator=g), 2), "two images of three channels"),
        Case((torch.randn(1, 2, 6, 9, generator=g), 3), "squares of 3, wider than high"),
        Case((-1 - torch.rand(1, 1, 4, 4, generator=g), 2), "all numbers below 0"),
        Case((torch.randn(2, 1, 5, 7, generator=g), 2), "a row and a column too many: left out"),
        Case((torch.randn(1, 1, 3, 3, generator=g), 3), "a single square"),
        Case((torch.randn(2, 2, 3, 4, generator=g), 1), "squares of one pixel: nothing changes"),
        Case((torch.randn(3, 2, 8, 5, generator=g), 4), "squares of 4, higher than wide"),
    ]


def _grouped_wrongly(x, size):
    rows, columns = x.shape[2] // size, x.shape[3] // size
    x = x[:, :, : rows * size, : columns * size]
    return x.reshape(*x.shape[:2], rows, columns, size, size).amax(dim=(4, 5))


POOL = Exercise(
    name="max_pool",
    lesson="cnn",
    title="The largest of each square",
    reference=by_hand.max_pool,
    cases=_pool_cases,
    gradients=(0,),
    without=("torch.nn.functional.max_pool2d", "torch.max_pool2d", "torch.nn.MaxPool2d"),
    mistakes=(
        Mistake(
            "average",
            "These are the averages of the squares. Take the largest number of each.",
            lambda x, size: F.avg_pool2d(x, size),
        ),
        Mistake(
            "smallest",
            "These are the smallest numbers. Take the largest ones.",
            lambda x, size: -F.max_pool2d(-x, size),
        ),
        Mistake(
            "size without sign",
            "The numbers lost their sign before they were compared: -3 is smaller than -1.",
            lambda x, size: F.max_pool2d(x.abs(), size),
        ),
        Mistake(
            "starts at 0",
            "Where all numbers are below 0 the answer is 0, which is none of them. Let the search begin "
            "with a number of the square itself.",
            lambda x, size: F.max_pool2d(x, size).clamp(min=0),
        ),
        Mistake(
            "sliding by one",
            "The squares overlap: the window moved by one pixel. Let it move by its own size.",
            lambda x, size: F.max_pool2d(x, size, stride=1),
        ),
        Mistake(
            "one pixel of each square",
            "This is the upper left pixel of each square, whatever the others are.",
            lambda x, size: x[:, :, ::size, ::size][
                :, :, : x.shape[2] // size, : x.shape[3] // size
            ],
        ),
        Mistake(
            "channels mixed",
            "The largest of all channels was taken. Each channel is pooled by itself.",
            lambda x, size: (
                F.max_pool2d(x, size).amax(dim=1, keepdim=True).expand(-1, x.shape[1], -1, -1)
            ),
        ),
        Mistake(
            "unfilled squares kept",
            "Rows and columns at the end that do not fill a square are left out here.",
            lambda x, size: F.max_pool2d(x, size, ceil_mode=True),
        ),
        Mistake(
            "windows at the upper left",
            "The right number of windows, but each begins one pixel after the one before: the "
            "squares overlap. Begin at row * size and column * size.",
            lambda x, size: F.max_pool2d(x, size, stride=1)[
                :, :, : x.shape[2] // size, : x.shape[3] // size
            ],
        ),
        Mistake(
            "reshape in the wrong order",
            "The reshape cuts rows into pieces, so a group is not a square of neighbours. Cut H "
            "into (H // size, size) and W into (W // size, size): reshape(B, C, rows, size, "
            "columns, size), then the largest over dimensions 3 and 5.",
            _grouped_wrongly,
        ),
        Mistake(
            "wrong dimensions of the largest",
            "After the reshape the largest is taken over the numbers of squares. It belongs over "
            "the places inside a square, dimensions 3 and 5.",
            lambda x, size: (
                x[:, :, : x.shape[2] // size * size, : x.shape[3] // size * size]
                .reshape(*x.shape[:2], x.shape[2] // size, size, x.shape[3] // size, size)
                .amax(dim=(2, 4))
            ),
        ),
        Mistake(
            "sum",
            "These are the sums of the squares. Take the largest number of each.",
            lambda x, size: F.avg_pool2d(x, size) * size**2,
        ),
        Mistake(
            "largest of the picture",
            "This is the largest of each whole map. Take that of each square.",
            lambda x, size: x.amax(dim=(2, 3)),
        ),
        Mistake(
            "largest of the picture everywhere",
            "The largest of the whole map stands everywhere. Take that of each square.",
            lambda x, size: x.amax(dim=(2, 3), keepdim=True).expand(
                -1, -1, x.shape[2] // size, x.shape[3] // size
            ),
        ),
        Mistake(
            "places instead of numbers",
            "These are places, not numbers: .max(dim) gives both, take .values, or amax.",
            lambda x, size: F.max_pool2d(x, size, return_indices=True)[1],
        ),
        Mistake(
            "images mixed",
            "The largest over all images was taken. Each image is pooled by itself.",
            lambda x, size: (
                F.max_pool2d(x, size).amax(dim=0, keepdim=True).expand(len(x), -1, -1, -1)
            ),
        ),
        Mistake(
            "largest of each row only",
            "Only along the rows is the largest taken; of the columns one pixel is kept. Take it "
            "over both sides of the square.",
            lambda x, size: F.max_pool2d(x, (1, size))[:, :, : x.shape[2] // size * size : size],
        ),
        Mistake(
            "largest of each column only",
            "Only along the columns is the largest taken; of the rows one pixel is kept. Take it "
            "over both sides of the square.",
            lambda x, size: F.max_pool2d(x, (size, 1))[:, :, :, : x.shape[3] // size * size : size],
        ),
        Mistake(
            "last pixel of each square",
            "This is the lower right pixel of each square, whatever the others are.",
            lambda x, size: x[:, :, size - 1 :: size, size - 1 :: size],
        ),
        Mistake(
            "rows pooled, columns not",
            "The map is smaller in its rows only. Pool the columns too.",
            lambda x, size: F.max_pool2d(x, (size, 1)),
        ),
        Mistake(
            "columns pooled, rows not",
            "The map is smaller in its columns only. Pool the rows too.",
            lambda x, size: F.max_pool2d(x, (1, size)),
        ),
        Mistake(
            "rows and columns exchanged",
            "Rows and columns of the result have changed places.",
            lambda x, size: F.max_pool2d(x, size).transpose(2, 3),
        ),
        Mistake(
            "last square missing",
            "The last row and column of squares are missing: there are H // size and W // size of"
            " them.",
            lambda x, size: F.max_pool2d(x, size)[
                :, :, : max(x.shape[2] // size - 1, 1), : max(x.shape[3] // size - 1, 1)
            ],
        ),
        Mistake(
            "squares of 2",
            "The squares are always 2 by 2. Their size is an argument.",
            lambda x, size: F.max_pool2d(x, 2) if min(x.shape[2:]) > 1 else x,
        ),
        Mistake(
            "first image only",
            "Only the first image was pooled. Keep the whole batch: x[:, :, ...].",
            lambda x, size: F.max_pool2d(x[:1], size),
        ),
    ),
    hints=(
        "For one square it is x[:, :, r : r + size, c : c + size] and its largest number over the last "
        "two dimensions. Where do the squares begin?",
        "r runs over range(0, rows * size, size) with rows = H // size, and c likewise. Or cut H into "
        "(H // size, size) with reshape, after leaving out what is too much.",
        "x.reshape(B, C, H // size, size, W // size, size).amax(dim=(3, 5)) does all squares at once.",
    ),
    alternatives=(
        lambda x, size: x.unfold(2, size, size).unfold(3, size, size).amax(dim=(4, 5)),
        lambda x, size: torch.stack(
            [
                torch.stack(
                    [
                        x[:, :, r : r + size, c : c + size].flatten(2).max(dim=2).values
                        for c in range(0, x.shape[3] // size * size, size)
                    ],
                    dim=2,
                )
                for r in range(0, x.shape[2] // size * size, size)
            ],
            dim=2,
        ),
    ),
)


def _convolve_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)

    def case(shape, filters, k, stride, padding, note):
        x = torch.randn(shape, generator=g)
        k, l = k if isinstance(k, tuple) else (k, k)  # noqa: E741
        weight = torch.randn(filters, shape[1], k, l, generator=g)
        return Case((x, weight, torch.randn(filters, generator=g), stride, padding), note)

    return [
        case((1, 1, 5, 5), 1, 3, 1, 0, "one image, one channel, one filter"),
        case((2, 3, 6, 6), 4, 3, 1, 1, "three channels, four filters, padded"),
        case((2, 2, 7, 8), 3, 3, 2, 1, "a stride of 2, wider than high"),
        case((1, 3, 4, 4), 2, 1, 1, 0, "1 by 1: the channels of each pixel mixed"),
        case((3, 2, 4, 4), 2, 4, 1, 0, "a single place"),
        case((2, 2, 5, 5), 3, 2, 3, 2, "a stride larger than the kernel"),
        case((1, 2, 4, 7), 3, (3, 2), 2, 1, "a kernel higher than wide"),
        case((2, 1, 6, 5), 2, (1, 3), 1, 0, "a kernel of one row"),
    ]


def _twisted(x, weight, bias, stride, padding, flip=False, bias_on=1.0):
    weight = weight.flip(dims=(2, 3)) if flip else weight
    return F.conv2d(x, weight, bias_on * bias, stride=stride, padding=padding)


def _on_one_side(x, weight, bias, stride, padding):
    return F.conv2d(F.pad(x, (0, 2 * padding, 0, 2 * padding)), weight, bias, stride=stride)


def _unfolded(x, weight, bias, stride, padding):
    x = F.pad(x, (padding,) * 4)
    patches = x.unfold(2, weight.shape[2], stride).unfold(3, weight.shape[3], stride)
    return torch.einsum("bchwkl,fckl->bfhw", patches, weight) + bias[:, None, None]


def _square_kernel(x, weight, bias, stride, padding):
    x, k = F.pad(x, (padding,) * 4), weight.shape[2]
    patches = x.unfold(2, k, stride).unfold(3, k, stride)
    return torch.einsum("bchwkl,fckl->bfhw", patches, weight) + bias[:, None, None]


def _not_moved(x, weight, bias, stride, padding):
    rows, columns = F.conv2d(x, weight, stride=stride, padding=padding).shape[2:]
    return F.conv2d(x, weight, bias, padding=padding)[:, :, :rows, :columns]


CONVOLVE = Exercise(
    name="convolve",
    lesson="cnn",
    title="A convolution layer: channels, filters, stride, padding",
    reference=by_hand.convolve,
    cases=_convolve_cases,
    gradients=(0, 1, 2),
    without=(
        "torch.nn.functional.conv2d",
        "torch.conv2d",
        "torch.nn.Conv2d",
        "torch.nn.functional.unfold",
    ),
    rtol=1e-3,
    atol=1e-5,
    mistakes=(
        Mistake(
            "no bias",
            "The biases are missing: each filter adds its own number to its whole map.",
            lambda x, w, b, s, p: _twisted(x, w, b, s, p, bias_on=0.0),
        ),
        Mistake(
            "bias at every channel",
            "The bias is added once for each channel. Add up the channels first, then the bias, once.",
            lambda x, w, b, s, p: _twisted(x, w, b, s, p, bias_on=float(x.shape[1])),
        ),
        Mistake(
            "kernels flipped",
            "The kernels were turned round. Leave them as they are: this is cross-correlation.",
            lambda x, w, b, s, p: _twisted(x, w, b, s, p, flip=True),
        ),
        Mistake(
            "mean over the channels",
            "The channels are averaged. A filter adds up what it finds in them.",
            lambda x, w, b, s, p: F.conv2d(x, w / x.shape[1], b, stride=s, padding=p),
        ),
        Mistake(
            "first channel only",
            "Only the first channel was looked at. A filter has a kernel for each channel, and adds up "
            "what all of them find.",
            lambda x, w, b, s, p: F.conv2d(x[:, :1], w[:, :1], b, stride=s, padding=p),
        ),
        Mistake(
            "padding at one end",
            "All the zeros are below and to the right. Put `padding` of them on each of the four sides.",
            _on_one_side,
        ),
        Mistake(
            "no padding",
            "The padding is left out: `padding` zeros on each of the four sides.",
            lambda x, w, b, s, p: F.conv2d(
                x if min(x.shape[2:]) >= w.shape[2] else F.pad(x, (p,) * 4), w, b, stride=s
            ),
        ),
        Mistake(
            "stride of one",
            "The stride is left out: the window moves by `stride` pixels, down and to the right.",
            lambda x, w, b, s, p: F.conv2d(x, w, b, padding=p),
        ),
        Mistake(
            "filters last",
            "The filters are the last dimension. The order is (B, F, H', W'): image, filter, row, "
            "column.",
            lambda x, w, b, s, p: F.conv2d(x, w, b, stride=s, padding=p).permute(0, 2, 3, 1),
        ),
        Mistake(
            "square kernel only",
            "The height of the kernel is used for its width as well: weight.shape[2:] holds both.",
            _square_kernel,
        ),
        Mistake(
            "ReLU",
            "Numbers below 0 became 0: the ReLU is no part of the layer.",
            lambda x, w, b, s, p: torch.relu(F.conv2d(x, w, b, stride=s, padding=p)),
        ),
        Mistake(
            "kernel rows and columns exchanged",
            "Rows and columns of each kernel have changed places.",
            lambda x, w, b, s, p: F.conv2d(
                x, w.transpose(2, 3) if w.shape[2] == w.shape[3] else w, b, stride=s, padding=p
            ),
        ),
        Mistake(
            "bias multiplied",
            "The bias multiplies. Add it.",
            lambda x, w, b, s, p: F.conv2d(x, w, stride=s, padding=p) * b[:, None, None],
        ),
        Mistake(
            "bias subtracted",
            "The bias is subtracted. Add it.",
            lambda x, w, b, s, p: F.conv2d(x, w, -b, stride=s, padding=p),
        ),
        Mistake(
            "bias of the first filter",
            "Every filter gets the bias of the first. Each has its own: b of shape (F, 1, 1) fits"
            " to a map.",
            lambda x, w, b, s, p: F.conv2d(x, w, b[:1].expand_as(b), stride=s, padding=p),
        ),
        Mistake(
            "bias at every cell of the kernel",
            "The bias is added once for each product. Add up first, then add it once.",
            lambda x, w, b, s, p: F.conv2d(x, w, b * w[0].numel(), stride=s, padding=p),
        ),
        Mistake(
            "average",
            "The products are averaged. Add them up.",
            lambda x, w, b, s, p: F.conv2d(x, w / w[0].numel(), b, stride=s, padding=p),
        ),
        Mistake(
            "average over the kernel",
            "The products of each kernel are averaged. Add them up.",
            lambda x, w, b, s, p: F.conv2d(x, w / w[0, 0].numel(), b, stride=s, padding=p),
        ),
        Mistake(
            "largest channel",
            "Of the channels the largest is taken. A filter adds up what it finds in all of them.",
            lambda x, w, b, s, p: (
                torch.stack(
                    [F.conv2d(x[:, [c]], w[:, [c]], stride=s, padding=p) for c in range(x.shape[1])]
                ).amax(dim=0)
                + b[:, None, None]
            ),
        ),
        Mistake(
            "last channel only",
            "Only the last channel counts: each overwrites the one before. Add them up.",
            lambda x, w, b, s, p: F.conv2d(x[:, -1:], w[:, -1:], b, stride=s, padding=p),
        ),
        Mistake(
            "first filter only",
            "Only the first filter was used. There is a map for each: (B, F, H', W').",
            lambda x, w, b, s, p: F.conv2d(x, w[:1], b[:1], stride=s, padding=p),
        ),
        Mistake(
            "first filter everywhere",
            "Every map is that of the first filter. Use weight[f] for map f.",
            lambda x, w, b, s, p: F.conv2d(x, w[:1].expand_as(w), b, stride=s, padding=p),
        ),
        Mistake(
            "first image only",
            "Only the first image was looked at. Keep the whole batch.",
            lambda x, w, b, s, p: F.conv2d(x[:1], w, b, stride=s, padding=p),
        ),
        Mistake(
            "filters first",
            "The filters are the first dimension. The order is (B, F, H', W'): image, filter, "
            "row, column.",
            lambda x, w, b, s, p: F.conv2d(x, w, b, stride=s, padding=p).transpose(0, 1),
        ),
        Mistake(
            "rows and columns exchanged",
            "Rows and columns of the maps have changed places.",
            lambda x, w, b, s, p: F.conv2d(x, w, b, stride=s, padding=p).transpose(2, 3),
        ),
        Mistake(
            "padding with ones",
            "The padding is made of ones. It is of zeros.",
            lambda x, w, b, s, p: F.conv2d(F.pad(x, (p,) * 4, value=1.0), w, b, stride=s),
        ),
        Mistake(
            "padding on rows only",
            "Only above and below there is padding. Put it on each of the four sides.",
            lambda x, w, b, s, p: F.conv2d(x, w, b, stride=s, padding=(p, 0)),
        ),
        Mistake(
            "padding on columns only",
            "Only left and right there is padding. Put it on each of the four sides.",
            lambda x, w, b, s, p: F.conv2d(x, w, b, stride=s, padding=(0, p)),
        ),
        Mistake(
            "stride on rows only",
            "The stride counts for the rows only: move the window by it to the right as well.",
            lambda x, w, b, s, p: F.conv2d(x, w, b, stride=(s, 1), padding=p),
        ),
        Mistake(
            "stride on columns only",
            "The stride counts for the columns only: move the window down by it as well.",
            lambda x, w, b, s, p: F.conv2d(x, w, b, stride=(1, s), padding=p),
        ),
        Mistake(
            "windows not moved by the stride",
            "There are as many places as there should be, but the window moves by one pixel: "
            "place (i, j) begins at i * stride, j * stride.",
            _not_moved,
        ),
    ),
    hints=(
        "F.pad(x, (p, p, p, p)) adds the zeros. At one place the patch is x[:, :, r : r + k, c : c + k], "
        "(B, C, k, k). Each filter is (C, k, k).",
        "With patch[:, None] of shape (B, 1, C, k, k) one product with weight (F, C, k, k) does all "
        "images and all filters. Over which dimensions is it added up?",
        "(patch[:, None] * weight).sum(dim=(2, 3, 4)) + bias is (B, F). Collect it for all places, "
        "row by row, then torch.stack(places, dim=2).reshape(B, F, rows, columns).",
    ),
    alternatives=(_unfolded,),
)

EXERCISES = (CORRELATE, SIZE, CONVOLVE, POOL)

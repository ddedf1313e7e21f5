"""`representation`: the by-hand pieces against others, and what the notebook claims."""

import itertools

import numpy as np
import pytest
import torch
from sources import run_cell, source_of
from torch import nn
from torch.nn import functional

from workshop.core.data import Split, load
from workshop.core.device import seed_everything, threads
from workshop.day1 import representation
from workshop.figures import plots

CORNERS = representation.XOR.x
TABLES = [torch.tensor(marks) for marks in itertools.product((0, 1), repeat=4)]


@pytest.fixture(scope="module")
def source():
    return source_of("representation")


# --- rules and the perceptron --------------------------------------------------------------------


@pytest.mark.book("fig-1.2")
def test_an_image_is_drawn_beside_its_numbers():
    digits = load("digits")
    picture = 16 * digits.train.x[digits.train.y == 2][0, 0]
    figure = plots.images(picture[None], values=True)
    shown, numbers = figure.axes
    np.testing.assert_array_equal(shown.images[0].get_array(), picture)
    assert [float(text.get_text()) for text in numbers.texts] == picture.flatten().tolist()


@pytest.mark.book("sec-1.1.1")
def test_no_other_two_limits_serve_the_rule_better():
    train = load("digits").train
    images, is_two = train.x[:, 0], train.y == 2

    def right(**limits):
        return (representation.rule_for_two(images, **limits) == is_two).sum().item()

    steps = [step / 20 for step in range(20)]
    ours = right()
    assert ours == max(right(dark=d, light=e) for d in steps for e in steps)
    assert (~is_two).sum() < ours < len(is_two)


@pytest.mark.book("sec-1.1.1")
def test_rule_reads_the_foot_and_the_gap_above_it():
    image = torch.zeros(4, 8, 8)
    image[1:, 6:, 2:6] = 1.0  # a foot
    image[2, 4:6, 5:] = 1.0  # and ink where none should be
    image[3, :4] = 1.0  # or where it does not matter
    assert representation.rule_for_two(image).tolist() == [0, 1, 0, 1]
    assert representation.clues_to_two(image).tolist() == [[0, 0], [1, 0], [1, 1], [1, 0]]


@pytest.mark.book("sec-1.1.1")
@pytest.mark.parametrize("features", [1, 2, 7])
def test_perceptron_rule_equals_scikit_learn(features):
    from sklearn.linear_model import Perceptron

    g = torch.Generator().manual_seed(features)
    x = torch.randn(60, features, generator=g, dtype=torch.float64)
    y = (x.sum(dim=1) + 0.5 * torch.randn(60, generator=g).double() > 0).long()
    w = start = torch.randn(features, generator=g, dtype=torch.float64)
    b = torch.tensor(0.3, dtype=torch.float64)
    theirs = Perceptron(eta0=0.2, shuffle=False, max_iter=1, tol=None)
    theirs.fit(x.numpy(), y.numpy(), coef_init=start[None].numpy().copy(), intercept_init=[0.3])
    for x_i, y_i in zip(x, y, strict=True):
        w, b = representation.perceptron_update(w, b, x_i, y_i, 0.2)
    assert not torch.equal(w, start)
    torch.testing.assert_close(w, torch.from_numpy(theirs.coef_[0]))
    assert b.item() == pytest.approx(theirs.intercept_[0])
    expected = torch.from_numpy(theirs.predict(x.numpy()))
    torch.testing.assert_close(representation.perceptron_predict(x, w, b), expected)


def test_perceptron_at_the_boundary_and_when_right():
    x, w, b = torch.tensor([[1.0, 1.0]]), torch.tensor([2.0, -1.0]), torch.tensor(-1.0)
    assert representation.perceptron_predict(x, w, b).tolist() == [0]
    new_w, new_b = representation.perceptron_update(w, b, x[0], torch.tensor(0), 0.5)
    assert torch.equal(new_w, w)
    assert torch.equal(new_b, b)
    new_w, new_b = representation.perceptron_update(w, b, x[0], torch.tensor(1), 0.5)
    assert new_w.tolist() == [2.5, -0.5]
    assert new_b.item() == -0.5


@pytest.mark.book("sec-1.1")
def test_perceptron_learns_all_two_input_tables_but_two():
    failed = []
    for y in TABLES:
        w, b = representation.train_perceptron(CORNERS, y, epochs=100)
        if not torch.equal(representation.perceptron_predict(CORNERS, w, b), y):
            failed.append(y.tolist())
    assert failed == [[0, 1, 1, 0], [1, 0, 0, 1]]


@pytest.mark.book("sec-1.1")
def test_no_line_gets_more_than_three_of_xor_right():
    most = 0
    for w1, w2, b in itertools.product(torch.linspace(-2, 2, 17), repeat=3):
        guess = representation.perceptron_predict(CORNERS, torch.stack([w1, w2]), b)
        most = max(most, (guess == representation.XOR.y).sum().item())
    assert most == 3


@pytest.mark.book("sec-1.2")
def test_network_learns_xor_with_every_seed():
    config = representation.Config()
    for seed in range(12):
        seed_everything(seed)
        model = representation.network(2, config.hidden)
        with threads(1):
            history, score = representation.train(
                model, representation.XOR, representation.XOR, epochs=config.epochs, lr=config.lr
            )
        assert score.sums["accuracy"] == 4, f"seed {seed}"
        assert history["loss"][-1] < history["loss"][0] / 20


# --- another representation ----------------------------------------------------------------------


@pytest.mark.book("sec-1.2.1", "sec-1.2.1-roman")
def test_roman_nine_and_ten_in_both_numerals(source):
    names, printed = run_cell(source, "def from_roman")
    nine_and_ten, letters, translated = printed.splitlines()
    assert nine_and_ten == "9 + 10 = 19"
    assert letters.startswith("IX + X = IXX")
    assert translated.startswith("IX + X = 19")
    numerals = {"I": 1, "IV": 4, "VI": 6, "IX": 9, "XIV": 14, "XIX": 19, "XXXIX": 39}
    assert {text: names["from_roman"](text) for text in numerals} == numerals


@pytest.mark.book("sec-1.2.1")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_polar_form_equals_that_of_complex_numbers(dtype):
    x = torch.randn(50, 2, generator=torch.Generator().manual_seed(1), dtype=dtype)
    edges = [[1.0, 0.0], [-1.0, 0.0], [0.0, 2.0], [0.0, -2.0], [3.0, 4.0], [-1000.0, 1e-3]]
    x = torch.cat([x, torch.tensor([*edges, [0.0, 0.0]], dtype=dtype)])
    z = torch.complex(x[:, 0], x[:, 1])
    polar = representation.to_polar(x)
    torch.testing.assert_close(polar, torch.stack([z.abs(), z.angle()], dim=1))
    assert polar.dtype == dtype
    back = torch.polar(polar[:, 0].contiguous(), polar[:, 1].contiguous())
    torch.testing.assert_close(back, z, rtol=1e-4, atol=1e-4)


@pytest.mark.book("sec-1.2.1")
def test_to_polar_passes_gradcheck():
    x = torch.randn(9, 2, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    assert torch.autograd.gradcheck(representation.to_polar, x.requires_grad_())


@pytest.mark.parametrize("count", [1, 2, 801])
def test_rings_are_balanced_and_reproducible(count):
    one, again = representation.rings(count, seed=3), representation.rings(count, seed=3)
    other = representation.rings(count, seed=4)
    assert torch.equal(one.x, again.x)
    assert not torch.equal(one.x, other.x)
    assert (one.x.shape, one.x.dtype, one.y.dtype) == ((count, 2), torch.float32, torch.int64)
    assert one.y.sum() == count // 2
    exact = representation.rings(count, seed=3, noise=0.0)
    torch.testing.assert_close(exact.x.norm(dim=1), 1.0 + exact.y)


def test_network_finds_the_distance_by_itself():
    """The notebook's picture: its opinion goes with the distance, a linear model's does not."""
    data, new = representation.rings(800, seed=0), representation.rings(800, seed=1)
    together = []
    seed_everything(0)
    for model in (representation.network(2, 16), nn.Linear(2, 2)):
        representation.train(model, data, new, epochs=300, lr=0.5)
        with torch.no_grad():
            opinion = model(new.x) @ torch.tensor([-1.0, 1.0])
        pair = torch.stack([new.x.norm(dim=1), opinion])
        together.append(torch.corrcoef(pair)[0, 1].item())
    assert together[0] > 0.95
    assert abs(together[1]) < 0.3


# --- features ------------------------------------------------------------------------------------


@pytest.mark.book("fig-1.3")
@pytest.mark.parametrize("shape", [(5, 8, 8), (2, 3, 5), (1, 6, 1), (1, 1, 1)])
def test_symmetry_equals_numpy_and_passes_gradcheck(shape):
    g = torch.Generator().manual_seed(5)
    images = torch.rand(shape, generator=g, dtype=torch.float64)
    expected = [1 - np.abs(image - np.fliplr(image)).mean() for image in images.numpy()]
    np.testing.assert_allclose(representation.left_right_symmetry(images), expected)
    if shape[2] % 2 == 0:  # of an odd width the middle column is a kink of the absolute value
        images.requires_grad_()
        assert torch.autograd.gradcheck(representation.left_right_symmetry, images)


@pytest.mark.book("fig-1.3")
def test_features_are_rows_columns_and_two_symmetries():
    images = torch.rand(4, 6, 5, generator=torch.Generator().manual_seed(6))
    features = representation.hand_made_features(images).numpy()
    assert features.shape == (4, 6 + 5 + 2)
    for image, row in zip(images.numpy(), features, strict=True):
        expected = [
            *(image[r].mean() for r in range(6)),
            *(image[:, c].mean() for c in range(5)),
            1 - np.abs(image - image[:, ::-1]).mean(),
            1 - np.abs(image - image[::-1]).mean(),
        ]
        np.testing.assert_allclose(row, expected, rtol=1e-5)


@pytest.mark.book("fig-1.3")
def test_features_refuse_images_of_another_shape():
    with pytest.raises(ValueError, match=r"got shape \(2, 1, 8, 8\), expected \(N, H, W\)"):
        representation.hand_made_features(torch.zeros(2, 1, 8, 8))


def test_network_on_pixels_beats_features_over_five_seeds():
    mnist = load("mnist5k")
    pixels = representation.represent(mnist, lambda x: x.flatten(1))
    features = representation.represent(
        mnist, lambda x: representation.hand_made_features(x[:, 0])
    ).standardized()
    assert torch.equal(features.test.y, mnist.test.y)
    gains = []
    for seed in range(5):
        seed_everything(seed)
        options = {"epochs": 4, "lr": 0.1, "batch_size": 32, "seed": seed}
        scores = [
            representation.train(model, data.train, data.validation, **options)[1]["accuracy"]
            for model, data in (
                (nn.Linear(58, 10), features),
                (representation.network(784, 64, 10), pixels),
            )
        ]
        gains.append(scores[1] - scores[0])
    assert np.mean(gains) - 2 * np.std(gains, ddof=1) > 0.03


@pytest.mark.book("fig-1.4")
@pytest.mark.parametrize(("layers", "at", "size"), [(2, (9, 12), 5), (5, (6, 7), 14)])
def test_a_unit_sees_a_window_of_5_then_of_14_pixels(layers, at, size):
    torch.manual_seed(0)
    cnn = representation.small_cnn()
    image = torch.rand(1, 1, 28, 28, requires_grad=True)
    for parameter in cnn.parameters():  # positive everywhere: no ReLU shuts, every path counts
        parameter.data.abs_()
    seen = torch.zeros(28, 28, dtype=torch.bool)
    for _ in range(60):  # max pooling passes one of four on: try many images
        image.data.uniform_()
        (gradient,) = torch.autograd.grad(cnn[:layers](image)[0, :, at[0], at[1]].sum(), image)
        seen |= gradient[0, 0] != 0
    rows, columns = seen.any(dim=1).nonzero()[:, 0], seen.any(dim=0).nonzero()[:, 0]
    assert rows[-1] - rows[0] + 1 == size
    assert columns[-1] - columns[0] + 1 == size
    assert seen.sum() == size**2


@pytest.mark.book("fig-1.4")
def test_pieces_drawn_are_those_that_excite_the_unit(source):
    """A piece alone excites the unit just as much as it did within its image."""
    torch.manual_seed(1)
    cnn = representation.small_cnn()
    for layer in (cnn[0], cnn[3]):
        nn.init.zeros_(layer.bias)  # so that white paper excites no unit
    x = torch.zeros(20, 1, 28, 28)
    x[:, :, 10:18, 9:19] = torch.rand(20, 1, 8, 10)
    (cell,) = [c for c in source.split("\n# %%") if "def favourites" in c]
    names = {
        "nn": nn,
        "torch": torch,
        "mnist": type("Mnist", (), {"validation": Split(x, x[:, 0])}),
    }
    exec(cell.partition("\n")[2].partition("\n\n\nplots")[0], names)

    def alone(pieces, layers):
        z = functional.conv2d(pieces, cnn[0].weight).relu()
        if layers == 5:
            z = functional.conv2d(functional.max_pool2d(z, 2), cnn[3].weight).relu()
        return z[:, :, 0, 0]

    with torch.no_grad():
        for layers, size, step in ((2, 5, 1), (5, 14, 2)):
            maps = cnn[:layers](x)
            for unit in range(maps.shape[1]):
                best = maps[:, unit].flatten(1).amax(dim=1).sort(descending=True).values[:8]
                pieces = names["favourites"](maps, unit, size, step)
                assert best[-1] > 0
                torch.testing.assert_close(alone(pieces[:, None], layers)[:, unit], best)


# --- prose ---------------------------------------------------------------------------------------


@pytest.mark.book("fig-1.1", "sec-1.2", "sec-1.2.2")
def test_prose_names_the_fields_and_their_terms(source):
    prose = " ".join(line[2:] for line in source.splitlines() if line.startswith("# "))
    for words in (
        "Mechanical Turk",
        "artificial intelligence",
        "machine learning",
        "deep learning",
        "multi-layer perceptron",
        "representation learning",
        "features",
    ):
        assert words.lower() in prose.lower(), words
    fields = prose.partition("## What it is good for")[2].partition("## Recap")[0]
    for field in (
        "image recognition",
        "objects",
        "outlining",
        "faces",
        "handwriting",
        "speech",
        "speaking",
        "translation",
        "questions",
        "chatting",
        "reinforcement learning",
        "faked faces",
        "painter's style",
    ):
        assert field in fields, field

"""`generalization`: its by-hand pieces against others, and what its remedies do."""

import itertools
import math
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from workshop.core.data import Split, load
from workshop.core.device import seed_everything, threads
from workshop.core.training import count_correct, evaluate
from workshop.day2 import generalization
from workshop.day2.generalization import (
    augmentation,
    batchnorm,
    climb,
    diagnosis,
    dropout,
    networks,
    regularization,
    remedies,
)
from workshop.figures import plots


@pytest.fixture(scope="module")
def mnist():
    return load("mnist5k")


@pytest.fixture(autouse=True)
def _one_thread():
    with threads(1):
        yield


def rand(*shape, seed=0, dtype=torch.float32):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def randn(*shape, seed=0, dtype=torch.float32):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


# --- bias and variance ---------------------------------------------------------------------------


@pytest.mark.book("sec-2.3")
@pytest.mark.parametrize(
    ("train", "validation", "name"),
    [
        (0.5, 0.52, "underfit"),
        (0.0, 0.15, "overfit"),
        (0.3, 0.55, "both at once"),
        (0.01, 0.03, "a good fit"),
        (0.04, 0.08, "a good fit"),  # a validation error above the goal, but no gap
        (0.3, 0.1, "underfit"),  # new examples easier than the old ones
    ],
)
def test_the_diagnosis_from_two_errors(train, validation, name):
    curves = torch.full((9,), train), torch.full((9,), validation)
    verdict = diagnosis.diagnose(*curves, 0.05, 0.05)
    assert diagnosis.NAMES[verdict] == name
    assert [type(part) for part in verdict] == [bool, bool]


@pytest.mark.book("sec-2.3")
def test_only_the_last_five_epochs_count_and_equal_is_not_more():
    train, validation = rand(20), rand(20, seed=1)
    for goal, gap in itertools.product((0.2, 0.5, 0.8), (-0.3, 0.0, 0.3)):
        t, v = np.mean(train.tolist()[15:]), np.mean(validation.tolist()[15:])
        assert diagnosis.diagnose(train, validation, goal, gap) == (t > goal, v - t > gap)
    half = torch.full((5,), 0.5)
    assert diagnosis.diagnose(half, 2 * half, 0.5, 0.5) == (False, False)


@pytest.mark.book("sec-2.3", "note-14")
def test_four_real_runs_are_diagnosed_with_another_seed(mnist):
    config = diagnosis.Config()
    curves = diagnosis.four_runs(config, mnist, seed=11)
    for name, errors in curves.items():
        assert [len(error) for error in errors] == [config.epochs] * 2
        assert diagnosis.NAMES[diagnosis.diagnose(*errors, config.goal, config.gap)] == name


def test_error_curves_are_measured_in_evaluation_mode(mnist):
    few, seen = remedies.first(mnist.train, 100), []
    seed_everything(0)
    model = networks.mlp(32, dropout=0.5, batch_norm=True)

    def run():
        for history in networks.training(model, few, epochs=3):
            model.eval()
            with torch.no_grad():
                right = (model(few.x).argmax(1) == few.y).sum().item()
            model.train()
            seen.append(1 - right / 100)
            yield history

    train, validation = diagnosis.error_curves(model, run(), few, mnist.validation)
    assert train.tolist() == pytest.approx(seen)
    right = evaluate(model, mnist.validation, metrics={"right": count_correct})["right"]
    assert validation[-1].item() == pytest.approx(1 - right)


# --- remedies ------------------------------------------------------------------------------------


@pytest.mark.book("sec-2.3.1")
@pytest.mark.parametrize(
    "setups", [remedies.against_high_bias(), remedies.against_high_variance()], ids=["bias", "var"]
)
def test_a_remedy_changes_one_thing(setups):
    start, *others = map(asdict, setups.values())
    together = ("one_cycle", "lr", "augment")
    for setup in others:
        changed = {name for name in start if setup[name] != start[name]}
        assert changed, setup
        if setup["one_cycle"]:  # these are many at once, and their names say so
            assert changed >= set(together)
        else:
            assert len(changed - {"augment"}) <= 1


@pytest.mark.book("sec-2.3.1")
def test_more_units_help_and_more_layers_of_two_do_not(mnist):
    few, setups = remedies.first(mnist.train, 500), remedies.against_high_bias()
    scores = {
        name: [
            remedies.train_and_score(setups[name], few, {"new": mnist.validation}, seed=seed)[
                "new"
            ]["accuracy"]
            for seed in range(5)
        ]
        for name in ("2 units", "more units", "more layers")
    }
    gain = np.subtract(scores["more units"], scores["2 units"])
    assert gain.mean() - 2 * gain.std(ddof=1) > 0.2
    assert np.mean(scores["more layers"]) <= np.mean(scores["2 units"])


@pytest.mark.book("sec-2.3.2")
def test_more_data_help(mnist):
    curve = remedies.learning_curve(
        remedies.Setup(hidden=(128,)),
        mnist.train,
        mnist.validation,
        (50, 500, 3500),
        updates=300,
        seed=0,
    )
    accuracies = [scores["held out"]["accuracy"] for scores in curve.values()]
    assert accuracies[0] + 0.1 < accuracies[1] < accuracies[2] - 0.02
    assert [scores["train"].total for scores in curve.values()] == [50, 500, 3500]


@pytest.mark.book("sec-2.3.2")
def test_random_labels_are_the_same_labels_in_another_order(mnist):
    few = remedies.first(mnist.train, 200)
    mixed = remedies.shuffled(few, seed=3)
    assert torch.equal(mixed.x, few.x)
    assert torch.equal(mixed.y.bincount(), few.y.bincount())
    assert (mixed.y == few.y).float().mean() < 0.3


@pytest.mark.book("sec-2.3.2")
def test_weight_decay_equals_torch_s_and_the_penalty_s():
    w0, x = randn(3, 2, dtype=torch.float64), randn(5, 3, seed=1, dtype=torch.float64)
    mine, theirs, penalised = (w0.clone().requires_grad_() for _ in range(3))
    optimizer = torch.optim.SGD([theirs], lr=0.1, weight_decay=0.3)
    for _ in range(20):
        (gradient,) = torch.autograd.grad((x @ mine).square().mean(), mine)
        mine = regularization.weight_decay_step(mine, gradient, 0.1, 0.3).detach().requires_grad_()
        optimizer.zero_grad()
        (x @ theirs).square().mean().backward()
        optimizer.step()
        loss = (x @ penalised).square().mean() + 0.3 / 2 * penalised.square().sum()
        (gradient,) = torch.autograd.grad(loss, penalised)
        penalised = (penalised - 0.1 * gradient).detach().requires_grad_()
    torch.testing.assert_close(mine, theirs)
    torch.testing.assert_close(mine, penalised)


def test_weight_decay_shrinks_and_adamw_decouples_it():
    w, gradient = randn(4), randn(4, seed=1)
    step = regularization.weight_decay_step(w, gradient, 0.1, 0.5)
    torch.testing.assert_close(step, w * (1 - 0.1 * 0.5) - 0.1 * gradient)
    moved = []
    for decay in (0.0, 0.5):
        parameter = w.clone().requires_grad_()
        parameter.grad = gradient.clone()
        torch.optim.AdamW([parameter], lr=0.1, weight_decay=decay).step()
        moved.append(parameter.detach())
    torch.testing.assert_close(moved[0] - moved[1], 0.1 * 0.5 * w)


def test_early_stopping_equals_going_through_all_prefixes():
    for seed in range(200):
        g = torch.Generator().manual_seed(seed)
        losses = torch.randint(0, 8, (1 + seed % 17,), generator=g).tolist()  # many equal ones
        for patience in (1, 2, 4):
            stop = len(losses)
            for n in range(1, len(losses) + 1):
                if n - 1 - losses[:n].index(min(losses[:n])) >= patience:
                    stop = n
                    break
            best = losses[:stop].index(min(losses[:stop])) + 1
            assert regularization.early_stopping(losses, patience) == (stop, best), losses


def test_early_stopping_gives_the_best_weights_back(mnist):
    few = remedies.first(mnist.train, 100)
    seed_everything(0)
    model = networks.mlp(64)
    run = networks.training(model, few, epochs=80, lr=5e-3, validation=mnist.validation)
    history = regularization.train_until_best(run, model, patience=4)
    losses = history["val_loss"]
    assert len(losses) < 80
    assert (len(losses), losses.index(min(losses)) + 1) == regularization.early_stopping(losses, 4)
    now = evaluate(model, mnist.validation, loss_fn=nn.CrossEntropyLoss())["loss"]
    assert now == pytest.approx(min(losses), rel=1e-6)
    assert now < losses[-1]


# --- dropout -------------------------------------------------------------------------------------


@pytest.mark.book("fig-2.8")
@pytest.mark.parametrize("p", [0.0, 0.2, 0.5, 0.95])
@pytest.mark.parametrize("shape", [(1,), (7, 5), (2, 3, 4)])
def test_dropout_equals_torch_s_for_one_mask(p, shape):
    x = randn(*shape, dtype=torch.float64)
    mine, theirs = (x.clone().requires_grad_() for _ in range(2))
    torch.manual_seed(1)
    kept = F.dropout(torch.ones_like(x), p) != 0
    torch.manual_seed(1)
    expected = F.dropout(theirs, p)
    got = dropout.inverted_dropout(mine, torch.where(kept, 1.0, -1.0), p, True)
    torch.testing.assert_close(got, expected)
    got.sum().backward()
    expected.sum().backward()
    torch.testing.assert_close(mine.grad, theirs.grad)


@pytest.mark.book("fig-2.8")
@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_dropout_equals_nn_dropout_in_distribution(p):
    n = 200_000
    x = torch.ones(n)
    outputs = [layer(x) for layer in (dropout.Dropout(p), nn.Dropout(p))]
    for output in outputs:
        assert set(output.unique().tolist()) <= {0.0, torch.tensor(1 / (1 - p)).item()}
        share = (output == 0).float().mean().item()
        assert abs(share - p) < 5 * math.sqrt(p * (1 - p) / n)
        assert output.mean().item() == pytest.approx(1, abs=0.03)
        both = ((output[:-1] == 0) & (output[1:] == 0)).float().mean().item()
        assert both == pytest.approx(p * p, abs=0.01)  # neighbours fall out independently


@pytest.mark.book("note-15")
def test_dropout_is_off_at_inference():
    x = randn(50, 20)
    for layer in (dropout.Dropout(0.5), nn.Dropout(0.5)):
        layer.train()
        assert not torch.equal(layer(x), layer(x))
        layer.eval()
        assert torch.equal(layer(x), x)
    model = networks.mlp(32, dropout=0.5).train()
    images = rand(4, 1, 28, 28)
    assert not torch.equal(model(images), model(images))
    assert torch.equal(model.eval()(images), model(images))


@pytest.mark.book("fig-2.8")
@pytest.mark.parametrize("p", [-0.1, 1.0, 2])
def test_an_impossible_p_is_refused(p):
    with pytest.raises(ValueError, match=f"p: got {p}, expected 0 <= p < 1"):
        dropout.Dropout(p)


def test_the_drawing_crosses_out_what_the_mask_drops():
    torch.manual_seed(0)
    mask = dropout.Dropout(0.5)(torch.ones(6)) != 0
    dropped = int((~mask).sum())
    assert 0 < dropped < 6
    figure = plots.thinned([(torch.ones(3), mask, torch.ones(2))], titles=["drawn"])
    (ax,) = figure.axes
    crosses = [line for line in ax.lines if line.get_linewidth() == 2.2]
    assert len(crosses) == 2 * dropped
    assert len(ax.lines) - len(crosses) == (6 - dropped) * (3 + 2)  # its lines go with a unit
    assert f"drawn keeps 3 of 3, {6 - dropped} of 6, 2 of 2" in plots.alt_text(figure)
    with pytest.raises(ValueError, match=r"layers of \[3, 1\], expected layers of \[2, 1\]"):
        plots.thinned([([1, 1], [1]), ([1, 1, 0], [1])])
    with pytest.raises(ValueError, match=r"titles: got 2, expected 1"):
        plots.thinned([([1, 1], [1])], titles=["a", "b"])


@pytest.mark.book("fig-2.9")
@pytest.mark.parametrize("units", [1, 2, 5])
def test_all_masks_are_listed_and_their_shares_add_up(units):
    masks = dropout.all_masks(units)
    expected = sorted(itertools.product((0.0, 1.0), repeat=units))
    assert [tuple(mask) for mask in masks.tolist()] == expected
    assert masks[-1].all()
    for p in (0.0, 0.3, 0.5):
        share = dropout.probabilities(masks, p)
        by_hand = [math.prod(1 - p if kept else p for kept in mask) for mask in expected]
        assert share.tolist() == pytest.approx(by_hand)
        assert share.sum().item() == pytest.approx(1)


@pytest.mark.book("fig-2.9")
@pytest.mark.parametrize("p", [0.0, 0.2, 0.5, 0.7])
def test_a_subnetwork_equals_one_with_its_units_removed(p):
    model = dropout.TinyNetwork(5, p)
    x, masks = randn(7, 2), dropout.all_masks(5)
    logits = dropout.subnetwork_logits(model, x, masks)
    first, last = model.first, model.last
    for mask, got in zip(masks, logits, strict=True):
        there = mask.bool()
        smaller = nn.Sequential(
            nn.Linear(2, max(1, int(there.sum()))),
            nn.ReLU(),
            nn.Linear(max(1, int(there.sum())), 2),
        )
        with torch.no_grad():
            if there.any():
                smaller[0].weight.copy_(first.weight[there])
                smaller[0].bias.copy_(first.bias[there])
                smaller[2].weight.copy_(last.weight[:, there] / (1 - p))
            else:
                smaller[2].weight.zero_()
            smaller[2].bias.copy_(last.bias)
            torch.testing.assert_close(got, smaller(x), rtol=1e-4, atol=1e-5)


@pytest.mark.book("fig-2.9")
@pytest.mark.parametrize("p", [0.2, 0.5])
def test_the_whole_network_is_the_geometric_mean_of_all(p):
    seed_everything(4)
    model, x = dropout.TinyNetwork(6, p), 3 * randn(20, 2)
    masks = dropout.all_masks(6)
    logits = dropout.subnetwork_logits(model, x, masks).double().numpy()
    share = dropout.probabilities(masks, p).double().numpy()[:, None, None]
    p_each = np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)
    product = np.prod(p_each**share, axis=0)
    answers = dropout.ensemble(model, x)
    expected = product / product.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(answers["geometric mean"], expected, rtol=1e-4)
    np.testing.assert_allclose(answers["whole network"], expected, rtol=1e-4)
    np.testing.assert_allclose(answers["mean"], (share * p_each).sum(axis=0), rtol=1e-4)
    assert (answers["mean"] - answers["whole network"]).abs().max() > 1e-3  # not the same thing


def test_dropping_at_random_comes_to_the_same_mean():
    seed_everything(5)
    model, x = dropout.TinyNetwork(4, 0.5), randn(3, 2)
    model.train()
    with torch.no_grad():
        sampled = model(x.repeat(20_000, 1)).softmax(dim=1).reshape(-1, 3, 2).mean(dim=0)
    torch.testing.assert_close(sampled, dropout.ensemble(model, x)["mean"], rtol=0, atol=0.01)


# --- augmentation --------------------------------------------------------------------------------


@pytest.mark.book("fig-2.10")
@pytest.mark.parametrize("size", [(28, 28), (9, 9), (12, 20), (21, 8)])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_affine_of_a_batch_equals_torchvision_s(size, channels):
    from torchvision.transforms import InterpolationMode, v2

    x = rand(6, channels, *size)
    degrees, scale = 90 * (rand(6, seed=1) - 0.5), 0.7 + 0.6 * rand(6, seed=2)
    shift = torch.randint(-3, 4, (6, 2), generator=torch.Generator().manual_seed(3)).float()
    got = augmentation.affine(x, degrees, shift, scale)
    for i in range(6):
        expected = v2.functional.affine(
            x[i],
            angle=degrees[i].item(),
            translate=shift[i].tolist(),
            scale=scale[i].item(),
            shear=[0.0, 0.0],
            interpolation=InterpolationMode.BILINEAR,
        )
        torch.testing.assert_close(got[i], expected, rtol=1e-3, atol=2e-4)


@pytest.mark.book("fig-2.10")
def test_the_affine_at_its_edges():
    x, one, none = rand(3, 1, 6, 6), torch.ones(3), torch.zeros(3)
    torch.testing.assert_close(augmentation.affine(x, none, torch.zeros(3, 2), one), x)
    turned = augmentation.affine(x, 90 * one, torch.zeros(3, 2), one)
    torch.testing.assert_close(turned, x.rot90(-1, dims=(2, 3)), rtol=1e-4, atol=1e-5)
    right_and_down = torch.tensor([[2.0, 1.0]]).expand(3, 2)
    moved = augmentation.affine(x, none, right_and_down, one)
    torch.testing.assert_close(moved[:, :, 1:, 2:], x[:, :, :-1, :-2], rtol=1e-4, atol=1e-5)
    assert moved[:, :, 0].abs().max() < 1e-5
    smaller = augmentation.affine(torch.ones(3, 1, 6, 6), none, torch.zeros(3, 2), one / 2)
    assert smaller.sum().item() == pytest.approx(3 * 9, rel=0.01)


@pytest.mark.book("fig-2.10")
def test_the_affine_refuses_shapes_that_do_not_fit():
    one = torch.ones(2)
    with pytest.raises(ValueError, match=r"x: got shape \(28, 28\), expected \(B, C, H, W\)"):
        augmentation.affine(rand(28, 28), one, torch.zeros(2, 2), one)
    with pytest.raises(ValueError, match=r"shift: got shape \(2,\), expected \(2, 2\)"):
        augmentation.affine(rand(2, 1, 4, 4), one, one, one)
    with pytest.raises(ValueError, match=r"scale: got 1\.5, expected less than 1"):
        augmentation.Augment(scale=1.5)


def test_augment_changes_each_image_and_none_in_evaluation():
    same = rand(1, 1, 28, 28).expand(16, 1, 28, 28)
    augment = augmentation.Augment()
    torch.manual_seed(0)
    first = augment(same)
    torch.manual_seed(0)
    assert torch.equal(augment(same), first)
    assert all(not torch.allclose(a, b) for a, b in itertools.combinations(first, 2))
    assert torch.equal(augment.eval()(same), same)
    still = augmentation.Augment(0.0, 0.0, 0.0)
    torch.testing.assert_close(still(same), same, rtol=1e-4, atol=1e-5)
    mirrored = augmentation.Augment(0.0, 0.0, 0.0, mirror=True)(same)
    swapped = [not torch.allclose(image, same[0], atol=1e-3) for image in mirrored]
    assert 0 < sum(swapped) < 16
    for image in mirrored[torch.tensor(swapped)]:
        torch.testing.assert_close(image, same[0].flip(2), rtol=1e-4, atol=1e-5)


def test_augment_keeps_to_its_limits():
    """A dot in the middle moves no further than the shift; its mass changes with the scale only."""
    x = torch.zeros(400, 1, 41, 41)
    x[:, :, 18:23, 18:23] = 1
    torch.manual_seed(0)
    images = augmentation.Augment(degrees=30, shift=0.1, scale=0.2)(x)[:, 0]
    mass = images.sum(dim=(1, 2))
    at = torch.arange(41.0) - 20
    away = torch.stack([(images.sum(dim=1) * at).sum(1), (images.sum(dim=2) * at).sum(1)]) / mass
    assert away.abs().max() <= 4.1 + 0.05
    assert away.abs().amax(dim=1).min() > 3.7  # and they are reached, in both directions
    size = (mass / 25).sqrt()
    assert 0.75 < size.min() < 0.84
    assert 1.16 < size.max() < 1.25


def test_torchvision_draws_once_for_a_whole_batch():
    """Why the lesson has an affine of its own for training."""
    from torchvision.transforms import v2

    same = rand(1, 1, 28, 28).expand(8, 1, 28, 28)
    images = v2.RandomAffine(12, translate=(0.08, 0.08), scale=(0.88, 1.12))(same)
    assert not torch.allclose(images[0], same[0])
    assert all(torch.equal(image, images[0]) for image in images)


def test_the_gallery_leaves_the_random_generator_alone():
    photo = augmentation.photo(96)
    assert photo.shape == (3, 96, 96)
    before = torch.get_rng_state()
    pictures = augmentation.gallery(photo)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(pictures["as it was"], photo)
    assert torch.equal(pictures["mirrored"], photo.flip(2))
    grey = pictures["no colours"]
    torch.testing.assert_close(grey[0], grey[2])
    for name, picture in pictures.items():
        assert picture.shape == photo.shape
        assert 0 <= picture.min() <= picture.max() <= 1.001
        assert name == "as it was" or not torch.equal(picture, photo)
    again = augmentation.gallery(photo)
    assert all(torch.equal(again[name], pictures[name]) for name in pictures)
    figure = plots.photos(torch.stack(list(pictures.values())), titles=list(pictures))
    for ax, (name, picture) in zip(figure.axes, pictures.items(), strict=True):
        assert ax.get_title() == name
        shown = np.asarray(ax.images[0].get_array())
        np.testing.assert_allclose(shown, picture.permute(1, 2, 0).clamp(0, 1), atol=1e-6)
    assert "mirrored" in plots.alt_text(figure)
    with pytest.raises(ValueError, match=r"x: got shape \(1, 8, 8\), expected \(N, 3, H, W\)"):
        plots.photos(rand(1, 8, 8))
    with pytest.raises(ValueError, match=r"expected numbers in \[0, 1\]"):
        plots.photos(255 * photo[None])


def test_augmentation_pays_unless_it_breaks_the_label(mnist):
    few, gains = remedies.first(mnist.train, 500), []
    start = remedies.Setup(hidden=(64,), epochs=60, lr=5e-3, one_cycle=True)
    for seed in range(5):
        plain, turned, mirrored = (
            remedies.train_and_score(
                replace(start, **change), few, {"new": mnist.validation}, seed=seed
            )["new"]["accuracy"]
            for change in ({}, {"augment": True}, {"augment": True, "mirror": True})
        )
        gains.append((turned - plain, turned - mirrored))
    mean, sd = np.mean(gains, axis=0), np.std(gains, axis=0, ddof=1)
    assert (mean - 2 * sd > 0).all(), gains


# --- BatchNorm -----------------------------------------------------------------------------------


@pytest.mark.book("sec-2.3.3")
@pytest.mark.parametrize(("batch", "units"), [(2, 1), (2, 5), (7, 3), (64, 10)])
@pytest.mark.parametrize("momentum", [0.1, 0.5])
def test_batch_norm_equals_torch_s_in_both_modes(batch, units, momentum):
    mine = batchnorm.BatchNorm(units, momentum=momentum).double()
    theirs = nn.BatchNorm1d(units, momentum=momentum).double()
    with torch.no_grad():
        mine.weight.copy_(randn(units, seed=8))
        mine.bias.copy_(randn(units, seed=9))
    theirs.load_state_dict(mine.state_dict(), strict=False)
    for step in range(4):
        z = 5 * randn(batch, units, seed=step, dtype=torch.float64) + step
        inputs = [z.clone().requires_grad_() for _ in range(2)]
        outputs = [layer(x) for layer, x in zip((mine, theirs), inputs, strict=True)]
        torch.testing.assert_close(*outputs)
        ramp = torch.linspace(0.5, 1.5, z.numel(), dtype=torch.float64).reshape(z.shape)
        for output in outputs:
            (output * ramp).sum().backward()
        torch.testing.assert_close(inputs[0].grad, inputs[1].grad)
    torch.testing.assert_close(mine.running_mean, theirs.running_mean)
    torch.testing.assert_close(mine.running_var, theirs.running_var)
    torch.testing.assert_close(mine.weight.grad, theirs.weight.grad)
    torch.testing.assert_close(mine.bias.grad, theirs.bias.grad)
    kept = mine.running_mean.clone()
    z = randn(1, units, seed=99, dtype=torch.float64)
    torch.testing.assert_close(mine.eval()(z), theirs.eval()(z))
    assert torch.equal(mine.running_mean, kept)


@pytest.mark.book("sec-2.3.3")
def test_the_running_variance_is_the_unbiased_one():
    z = torch.tensor([[0.0], [2.0]])
    layer = batchnorm.BatchNorm(1, momentum=1.0)
    y = layer(z)
    assert layer.running_mean.item() == 1
    assert layer.running_var.item() == 2  # divided by B - 1 = 1
    torch.testing.assert_close(y, torch.tensor([[-1.0], [1.0]]), rtol=0, atol=1e-4)  # by B = 2
    assert not layer.running_var.requires_grad


@pytest.mark.book("sec-2.3.3")
@pytest.mark.parametrize("scale", [0.0, 1e-6, 1e4])
def test_batch_norm_of_constant_small_and_large_units(scale):
    z = scale * randn(16, 3) + 7.0
    mine, theirs = batchnorm.BatchNorm(3)(z), nn.BatchNorm1d(3)(z)
    assert mine.isfinite().all()
    torch.testing.assert_close(mine, theirs, rtol=1e-3, atol=2e-3)


def test_a_batch_of_one_is_refused_while_training():
    for layer in (batchnorm.BatchNorm(3), nn.BatchNorm1d(3)):
        with pytest.raises(ValueError, match=r"(?i)got .*expected|expected more than 1 value"):
            layer(randn(1, 3))
        assert layer.eval()(randn(1, 3)).isfinite().all()
    with pytest.raises(ValueError, match="got a batch of 1 while training, expected 2 or more"):
        batchnorm.BatchNorm(3)(randn(1, 3))


def test_in_training_mode_an_answer_depends_on_its_batch():
    layer = batchnorm.BatchNorm(4)
    layer(randn(100, 4))
    z, others = randn(1, 4, seed=1), [randn(9, 4, seed=seed) + seed for seed in (2, 3)]
    alone = [layer.train()(torch.cat([z, rest]))[0] for rest in others]
    assert not torch.allclose(*alone)
    layer.eval()
    torch.testing.assert_close(*[layer(torch.cat([z, rest]))[0] for rest in others])


def test_asking_in_training_mode_leaves_the_model_as_it_was(mnist):
    seed_everything(0)
    model = networks.mlp(30, batch_norm=True)
    for _ in batchnorm.descent(model, mnist.train, lr=0.1, epochs=1):
        pass
    kept = {name: value.clone() for name, value in model.state_dict().items()}
    right = evaluate(model, mnist.validation, metrics={"a": count_correct}).sums["a"]
    forgotten = batchnorm.count_in_training_mode(model, mnist.validation, 50)
    assert forgotten < right / 2
    assert not model.training
    for name, value in model.state_dict().items():
        assert torch.equal(value, kept[name]), name


# --- together ------------------------------------------------------------------------------------


def test_networks_have_what_they_are_asked_for():
    x = rand(4, 1, 28, 28)
    assert networks.mlp(8, 6)(x).shape == networks.cnn()(x).shape == (4, 10)
    model = networks.mlp(8, 6, batch_norm=True, dropout=0.3, augment=augmentation.Augment())
    kinds = [type(part).__name__ for part in model]
    block = ["Linear", "BatchNorm1d", "ReLU", "Dropout"]
    assert kinds == ["Augment", "Flatten", *block, *block, "Linear"]
    assert networks.mlp()(x).shape == (4, 10)  # no hidden layer: a linear model


@pytest.mark.parametrize("count", [1, 2, 50, 51, 101, 2551])
def test_no_batch_of_one_is_ever_left_over_for_batch_norm(count):
    data = Split(rand(count, 1, 28, 28), torch.arange(count) % 10)
    model = networks.mlp(4, batch_norm=count > 1)
    (history,) = list(networks.training(model, data, epochs=1, one_cycle=True))
    assert math.isfinite(history["loss"][-1])


def test_what_does_not_fit_is_refused(mnist):
    with pytest.raises(KeyError, match="kind: got 'fat', expected one of plain, regularised"):
        climb.network(climb.Config(), "fat")
    with pytest.raises(ValueError, match="count: got 9999, expected 1 to 500"):
        remedies.first(mnist.validation, 9999)
    with pytest.raises(ValueError, match="validation: got None"):
        remedies.train_and_score(remedies.Setup(patience=2), mnist.validation, {}, seed=0)
    with pytest.raises(ValueError, match="examples: got 3501, expected at most 3500"):
        remedies.Config(examples=3501)


def test_the_test_part_is_only_ever_evaluated(mnist):
    """Every part that is trained on or looked at while training is disjoint from the test part."""
    config = generalization.Config()
    assert config.remedies.examples <= len(mnist.train)
    test = {image.numpy().tobytes() for image in mnist.test.x}
    for part in (mnist.train, mnist.validation, mnist.development):
        assert test.isdisjoint(image.numpy().tobytes() for image in part.x)

"""What is counted, found and diagnosed is so, and equals what others make of the same."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sources import source_of
from torch import nn
from torch.nn import functional as F

from workshop.core.data import Data, Split, load, reviews
from workshop.day2.practice import (
    calibration,
    clinic,
    comparison,
    disagreement,
    errors,
    labels,
    step,
    symptoms,
    table,
    training,
)
from workshop.figures import plots
from workshop.figures.style import alt_text, as_array

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def mnist():
    return load("mnist5k")


# --- out of fold ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "k"), [(10, 5), (11, 4), (7, 7), (2, 2)])
def test_folds_are_even_and_seeded(count, k):
    fold = training.folds(count, k, seed=3)
    sizes = torch.bincount(fold, minlength=k)
    assert sizes.sum() == count
    assert sizes.max() - sizes.min() <= 1
    assert torch.equal(fold, training.folds(count, k, seed=3))


@pytest.mark.parametrize("k", [1, 11])
def test_a_number_of_folds_that_makes_no_sense_is_refused(k):
    with pytest.raises(ValueError, match=rf"got {k} folds for 10 examples, expected 2 to 10"):
        training.folds(10, k, seed=0)


def test_out_of_fold_models_have_not_seen_the_example(mnist, monkeypatch):
    few = Split(mnist.train.x[:23], mnist.train.y[:23])
    learned = []

    def train(data, **_):
        learned.append({picture.numpy().tobytes() for picture in data.x})
        return len(learned) - 1

    def predict(model, x):
        assert not any(picture.numpy().tobytes() in learned[model] for picture in x)
        return torch.stack([picture.sum().expand(3) for picture in x])

    monkeypatch.setattr(training, "train", train)
    monkeypatch.setattr(training, "predict", predict)
    logits = training.out_of_fold(few, k=4, seed=0)
    assert len(learned) == 4
    torch.testing.assert_close(logits[:, 0], few.x.sum(dim=(1, 2, 3)))  # each in its own row


# --- error analysis ------------------------------------------------------------------------------


@pytest.mark.book("sec-2.7.1")
@pytest.mark.parametrize("classes", [2, 5, 10])
def test_scores_of_each_class_are_scikit_learn_s(classes):
    from sklearn import metrics

    y, guess = torch.randint(classes, (200,)), torch.randint(classes, (200,))
    guess[:120] = y[:120]
    guess[guess == 1] = 0  # a class that is never said
    matrix = errors.confusion_matrix(y, guess, classes)
    np.testing.assert_array_equal(matrix, metrics.confusion_matrix(y, guess, labels=range(classes)))
    theirs = metrics.precision_recall_fscore_support(
        y, guess, labels=range(classes), zero_division=0
    )
    for ours, reference in zip(errors.per_class(matrix), theirs, strict=False):
        np.testing.assert_allclose(ours, reference, atol=1e-6)


@pytest.mark.book("sec-2.7.1")
def test_worst_mistakes_come_first():
    logits = torch.tensor([[5.0, 0.0], [0.0, 1.0], [0.0, 9.0], [3.0, 0.0], [0.1, 0.0]])
    y = torch.tensor([0, 0, 0, 1, 1])
    assert errors.worst_first(logits, y).tolist() == [2, 3, 1, 4]


@pytest.mark.book("sec-2.7.1")
def test_a_ceiling_is_the_accuracy_with_a_cause_fixed():
    """By brute force: put every mistake with the cause right and count again."""
    y, guess = torch.randint(10, (300,)), torch.randint(10, (300,))
    guess[:200] = y[:200]
    causes = torch.rand(300, 4) < 0.3
    wrong = guess != y
    ceilings = errors.accuracy_ceilings(causes[wrong], 300)
    for k in range(4):
        mended = torch.where(causes[:, k], y, guess)
        assert ceilings[k].item() == pytest.approx((mended == y).float().mean().item())


def drawn(*strokes):
    """An image (1, 1, 28, 28) with these pixels black."""
    x = torch.zeros(1, 1, 28, 28)
    for rows, columns in strokes:
        x[0, 0, rows, columns] = 1.0
    return x


def test_the_shape_of_a_digit_is_read_off_its_ink():
    rows = torch.arange(4, 24)
    upright, thick = drawn((rows, 14)), drawn((slice(4, 24), slice(10, 17)))
    right, left = drawn((rows, 24 - rows)), drawn((rows, rows))  # up means a lower row
    shape = [errors.shape_of(x) for x in (upright, right, left, thick)]
    assert [round(s["lean"].item(), 4) for s in shape] == [0.0, 1.0, -1.0, 0.0]
    assert shape[3]["thickness"] > 2 * shape[0]["thickness"]
    assert shape[1]["breadth"].item() == pytest.approx(1)
    assert shape[0]["breadth"].item() == pytest.approx(0, abs=1e-3)
    empty = errors.shape_of(torch.zeros(1, 1, 28, 28))
    assert all(value.isfinite().all() for value in empty.values())


def test_neighbours_are_scikit_learn_s(mnist):
    from sklearn.neighbors import NearestNeighbors

    few = Split(mnist.train.x[:150], mnist.train.y[:150])
    distance, alike = errors.neighbours(few, k=5)
    flat = few.x.flatten(1).numpy()
    far, which = NearestNeighbors(n_neighbors=6).fit(flat).kneighbors(flat)
    np.testing.assert_allclose(distance, far[:, 1], rtol=1e-3)
    expected = (few.y.numpy()[which[:, 1:]] == few.y.numpy()[:, None]).sum(axis=1)
    np.testing.assert_array_equal(alike, expected)


def test_causes_are_the_extreme_tenth(mnist):
    few = Split(mnist.train.x[:200], mnist.train.y[:200])
    causes = errors.find_causes(few)
    for name in ("thick pen", "thin pen", "leans right", "leans left", "broad", "like no other"):
        assert causes[name].sum() == 20, name
    lean = errors.shape_of(few.x)["lean"]
    assert lean[causes["leans left"]].max() < lean[causes["leans right"]].min()


@pytest.fixture
def found(mnist):
    """Six mistakes among eight digits, made up."""
    data = Split(mnist.train.x[:8], torch.tensor([3, 1, 4, 1, 5, 9, 2, 6]))
    guess = torch.tensor([5, 1, 9, 7, 3, 4, 2, 0])
    logits = 3 * F.one_hot(guess, 10).float() + torch.arange(8)[:, None] * 0.1 * F.one_hot(
        guess, 10
    )
    causes = {
        "rare": torch.tensor([1, 1, 0, 0, 0, 0, 0, 0]).bool(),
        "common": torch.tensor([1, 0, 1, 1, 0, 1, 1, 0]).bool(),
    }
    return errors.analyse(data, logits, causes)


@pytest.mark.book("fig-2.22")
def test_the_table_has_examples_causes_and_percentages(found):
    assert found.rows.tolist() == [7, 5, 4, 3, 2, 0]  # the surest first
    assert found.guess.tolist() == [0, 4, 3, 7, 9, 5]
    assert list(found.shares()) == ["common", "rare"]  # the most frequent first
    assert found.shares()["common"] == pytest.approx(4 / 6)
    assert found.everywhere.tolist() == [0.25, 0.625]
    shown = table.error_table(found, rows=6)
    assert shown.columns == ("rank", "label", "read as", "how sure", "common", "rare")
    assert [row[1] for row in shown.rows] == ["6", "9", "5", "1", "4", "3"]
    assert [row[4:] for row in shown.rows][-1] == ("1", "1")
    assert shown.total[-2:] == ("67%", "17%")
    assert shown.total[-2:] == table.error_table(found, rows=2).total[-2:]  # of all, not of those
    assert "a 9 read as 4" in str(shown)


@pytest.mark.book("fig-2.22")
def test_the_table_can_be_sorted(found):
    def ranks(sort):
        return [int(row[0]) for row in table.error_table(found, sort=sort, rows=9).rows]

    assert ranks("worst first") == [1, 2, 3, 4, 5, 6]
    assert ranks("by label") == [4, 6, 5, 3, 1, 2]
    assert ranks("by what was said") == [1, 3, 2, 6, 4, 5]
    assert ranks("rare") == [6, 1, 2, 3, 4, 5]
    assert ranks("common") == [2, 4, 5, 6, 1, 3]
    assert ranks("by causes") == [6, 2, 4, 5, 1, 3]
    with pytest.raises(ValueError, match=r"sort: got 'colour', expected one of worst first"):
        table.error_table(found, sort="colour")


@pytest.mark.book("fig-2.22")
def test_the_table_s_pictures_have_alt_texts(found):
    from matplotlib.image import imread

    shown = table.error_table(found, rows=3)
    page = shown._repr_html_()
    assert page.count("<img ") == 3
    assert 'alt="a 6 read as 0"' in page
    assert page.count('src="data:image/png;base64,') == 3
    import io

    picture = imread(io.BytesIO(shown.pictures[0][0]))
    assert picture.shape[:2] == (28, 28)
    ink = as_array(found.data.x[found.rows[0], 0])
    np.testing.assert_allclose(picture[..., 0], 1 - ink, atol=0.01)


def test_causes_for_another_number_of_examples_are_refused(mnist):
    data = Split(mnist.train.x[:4], mnist.train.y[:4])
    with pytest.raises(ValueError, match=r"tall: got shape \(3,\), expected \(4,\)"):
        errors.analyse(data, torch.randn(4, 10), {"tall": torch.ones(3).bool()})


# --- calibration ---------------------------------------------------------------------------------


@pytest.mark.parametrize("bins", [1, 5, 10, 15])
@pytest.mark.parametrize("count", [1, 40, 1000])
def test_calibration_error_is_that_of_scikit_learn_s_curve(bins, count):
    from sklearn.calibration import calibration_curve

    sure = torch.rand(count) * 0.9 + 0.1
    right = torch.rand(count) < sure**2
    was, message = calibration_curve(right.numpy(), sure.numpy(), n_bins=bins)
    edges = np.linspace(0, 1, bins + 1)
    counts = np.bincount(np.searchsorted(edges[1:-1], sure.numpy()), minlength=bins)
    shares = counts[counts > 0] / count
    expected = (shares * np.abs(was - message)).sum()
    assert calibration.calibration_error(sure, right, bins).item() == pytest.approx(
        expected, abs=1e-5
    )
    ours = calibration.reliability(sure, right, bins)
    for got, theirs in zip(ours, (message, was, counts[counts > 0]), strict=True):
        np.testing.assert_allclose(got, theirs, atol=1e-5)


def test_calibration_error_at_full_confidence_is_the_error():
    right = torch.tensor([True, True, False, True])
    assert calibration.calibration_error(torch.ones(4), right, 10).item() == pytest.approx(0.25)


@pytest.mark.parametrize("true", [0.5, 1.0, 3.0])
def test_the_temperature_is_scipy_s_and_undoes_a_known_one(true):
    from scipy.optimize import minimize_scalar

    logits = 2 * torch.randn(4000, 5)
    y = torch.distributions.Categorical(logits=logits).sample()
    heated = logits * true
    found = calibration.best_temperature(heated, y)
    best = minimize_scalar(
        lambda t: F.cross_entropy(heated / t, y).item(), bounds=(0.1, 10), method="bounded"
    )
    assert found == pytest.approx(best.x, rel=0.025)
    assert found == pytest.approx(true, rel=0.1)


def test_a_temperature_changes_no_answer():
    logits, y = torch.randn(50, 4), torch.randint(4, (50,))
    (sure, right), (cooler, same) = (calibration.confidence(z, y) for z in (logits, logits / 3))
    assert torch.equal(right, same)
    assert (cooler < sure).all()


# --- wrong labels --------------------------------------------------------------------------------


def test_the_share_of_wrong_labels_is_spread_evenly():
    y = torch.arange(20_000) % 10
    wrong = labels.with_wrong_labels(y, 0.3, seed=1)
    changed = wrong != y
    assert changed.sum() == 6000
    steps = torch.bincount((wrong - y)[changed] % 10, minlength=10)
    assert steps[0] == 0
    assert (steps[1:] - 6000 / 9).abs().max() < 5 * math.sqrt(6000 / 9)
    assert torch.equal(wrong, labels.with_wrong_labels(y, 0.3, seed=1))
    assert torch.equal(y, labels.with_wrong_labels(y, 0.0, seed=1))
    with pytest.raises(ValueError, match=r"share: got 1.5, expected 0 to 1"):
        labels.with_wrong_labels(y, 1.5, seed=1)


def cleanlab_problems():
    return json.loads((GOLDEN / "cleanlab.json").read_text(encoding="utf-8"))["problems"]


@pytest.mark.book("sec-2.7.2")
@pytest.mark.parametrize("problem", cleanlab_problems(), ids=lambda p: f"{len(p['labels'])}")
def test_confident_learning_is_cleanlab_s(problem):
    """Thresholds are equal. Of the rest, cleanlab 2.9.0 does two things in its own way.

    Where several classes reach their thresholds it takes the likeliest of *all* classes, and it lets
    off every label that is the model's first choice. With these two put in, all is equal.
    """
    p, y = torch.tensor(problem["p"]), torch.tensor(problem["labels"])
    thresholds = labels.confident_thresholds(p, y)
    torch.testing.assert_close(
        thresholds, torch.tensor(problem["thresholds"]), rtol=1e-5, atol=1e-6
    )
    reached = p >= thresholds - 1e-6
    guess = labels.confident_guess(p, y)
    theirs = torch.where(reached.sum(dim=1) > 1, p.argmax(dim=1), guess)
    joint = torch.zeros(p.shape[1], p.shape[1], dtype=torch.long)
    for label, class_ in zip(y.tolist(), theirs.tolist(), strict=True):
        if class_ >= 0:
            joint[label, class_] += 1
    joint.diagonal().clamp_(min=1)
    assert joint.tolist() == problem["joint"]
    issues = (theirs >= 0) & (theirs != y) & (p.argmax(dim=1) != y)
    assert issues.nonzero()[:, 0].tolist() == problem["issues"]
    ours = labels.suspected_labels(p, y)
    differs = (theirs != guess) | (p.argmax(dim=1) == y)
    assert torch.equal(ours[~differs], issues[~differs])
    if not bool((ours & differs).any()):
        assert ours.nonzero()[:, 0].tolist() == problem["issues"]


def test_the_comparison_with_cleanlab_is_not_an_empty_one():
    problems = cleanlab_problems()
    assert [len(p["issues"]) for p in problems] == [5, 40, 33, 12]
    same = [
        labels.suspected_labels(torch.tensor(p["p"]), torch.tensor(p["labels"])).nonzero()[:, 0]
        for p in problems
    ]
    assert [s.tolist() == p["issues"] for s, p in zip(same, problems, strict=True)].count(True) >= 2


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_suspects_are_confidently_of_another_class(classes):
    p = torch.randn(200, classes).softmax(dim=1)
    y = torch.cat([torch.arange(classes), torch.randint(classes, (200 - classes,))])
    guess = labels.confident_guess(p, y)
    suspected = labels.suspected_labels(p, y)
    assert torch.equal(suspected, (guess >= 0) & (guess != y))
    assert suspected.any()


def test_a_class_without_labels_is_never_suspected():
    p, y = torch.tensor([[0.1, 0.1, 0.8], [0.6, 0.3, 0.1]]), torch.tensor([0, 1])
    assert labels.confident_thresholds(p, y)[2] == torch.inf
    assert labels.confident_guess(p, y).tolist() == [0, 0]


def test_found_counts_hits_suspects_and_wrong_ones():
    suspected = torch.tensor([1, 1, 1, 0, 0]).bool()
    wrong = torch.tensor([1, 0, 1, 1, 0]).bool()
    assert labels.found(suspected, wrong) == (2, 3, 3)


# --- better data or a better model ---------------------------------------------------------------


@pytest.mark.book("fig-2.23")
def test_the_book_s_gains():
    gains = {
        task: (base, round(model - base, 2), round(data - base, 2))
        for task, (base, model, data) in comparison.BOOK.items()
    }
    assert gains == {
        "steel defects": (76.2, 0, 16.9),
        "solar panels": (75.68, 0.04, 3.06),
        "surfaces": (85.05, 0, 0.4),
    }


@pytest.fixture
def small(mnist):
    """Few enough digits to train on in a moment."""
    parts = (Split(p.x[:n], p.y[:n]) for p, n in ((mnist.train, 600), (mnist.validation, 100)))
    return Data(*parts, Split(mnist.test.x[:200], mnist.test.y[:200]), name="few")


def test_what_each_choice_learns_from(small):
    config = comparison.Config(epochs=2)
    trial = comparison.make_trial(config, small, seed=0)
    truth, suspected = small.train.y, trial.suspected
    assert trial.wrong.sum() == 180
    assert 0 < suspected.sum() < 600
    data = {name: comparison.data_for(name, trial, truth) for name in comparison.CHOICES}
    for name in ("baseline", *comparison.MODEL):
        assert torch.equal(data[name].y, trial.noisy.y)
    for name in ("dropped", "dropped, dropout"):
        assert torch.equal(data[name].y, trial.noisy.y[~suspected])
        assert torch.equal(data[name].x, small.train.x[~suspected])
    agreed = trial.logits.argmax(dim=1) == trial.noisy.y
    assert torch.equal(data["dropped bluntly"].y, trial.noisy.y[agreed])
    assert torch.equal(data["dropped bluntly"].x, small.train.x[agreed])
    for name in ("corrected", "corrected, dropout"):
        assert torch.equal(data[name].y[suspected], truth[suspected])  # the person looked at these
        assert torch.equal(data[name].y[~suspected], trial.noisy.y[~suspected])  # and at no others
    assert torch.equal(data["all correct"].y, truth)
    options = {name: comparison.options_of(name, config) for name in comparison.CHOICES}
    same = ("baseline", *comparison.DATA, "all correct")
    assert all(options[name] == {"epochs": 2} for name in same)
    assert options["longer"] == {"epochs": 6}
    assert options["dropout"] == options["dropped, dropout"] == {"epochs": 2, "dropout": 0.5}


@pytest.mark.book("fig-2.24")
def test_wrong_labels_are_found_and_shown_as_pictures(small):
    trial = comparison.make_trial(comparison.Config(epochs=6), small, seed=1)
    hits, suspects, wrong = labels.found(trial.suspected, trial.wrong)
    assert hits / suspects > 0.6  # of labels picked at random, 0.3 would be wrong
    assert hits / wrong > 0.5
    rows = trial.suspected.nonzero()[:4, 0]
    guess = labels.confident_guess(trial.logits.softmax(dim=1), trial.noisy.y)
    titles = [f"labelled {trial.noisy.y[i]}, model: {guess[i]}" for i in rows]
    message = alt_text(plots.images(small.train.x[rows], titles=titles))
    assert all(title in message for title in titles)
    assert (guess[rows] != trial.noisy.y[rows]).all()


@pytest.mark.book("sec-2.7.2", "note-20")
def test_the_notebook_says_which_way_is_the_new_one():
    source = source_of("practice")
    assert "## Better data or a better model?" in source
    text = " ".join(source.replace("\n#", " ").split())
    assert (
        "it calls the model-centric way the new trend. The data-centric one is what it means"
        in text
    )


def test_the_truth_takes_no_part_in_who_is_suspected(small):
    """Other labels behind the same noisy ones: the same suspects."""
    config = comparison.Config(epochs=1, share=0.0)
    noisy = labels.with_wrong_labels(small.train.y, 0.3, seed=5)
    blind = replace(small, train=Split(small.train.x, noisy))
    trial = comparison.make_trial(config, blind, seed=0)
    logits = training.out_of_fold(blind.train, k=3, seed=0, epochs=1, dropout=0.5)
    assert torch.equal(trial.logits, logits)
    assert torch.equal(trial.suspected, labels.suspected_labels(logits.softmax(dim=1), noisy))


def test_splits_are_paired_and_each_is_another(small):
    config = comparison.Config(epochs=1, splits=2)
    names = ("baseline", "all correct")
    runs = [list(comparison.try_all(config, small, seed=0, choices=names)) for _ in range(2)]
    assert [right for _, right in runs[0]] == [right for _, right in runs[1]]
    first, second = (trial for trial, _ in runs[0])
    assert not torch.equal(first.noisy.y, second.noisy.y)


def test_choices_are_made_on_validation_and_gains_paired():
    splits = [
        {"a": (90, 700), "b": (91, 500), "base": (0, 400)},
        {"a": (90, 720), "b": (91, 520), "base": (0, 440)},
        {"a": (90, 710), "b": (91, 570), "base": (0, 450)},
    ]
    assert comparison.best(("a", "b"), splits) == "b"  # although a is better on the test
    mean, error = comparison.gain("b", "base", splits, 1000)
    differences = np.array([0.1, 0.08, 0.12])
    assert mean == pytest.approx(differences.mean())
    assert error == pytest.approx(differences.std(ddof=1) / math.sqrt(3))
    assert comparison.gain("a", "b", splits[:1], 1000) == (pytest.approx(0.2), 0.0)


# --- people disagree -----------------------------------------------------------------------------


@pytest.mark.book("sec-2.7.2")
def test_one_rater_against_the_mean_as_all_ratings_have_it():
    """Against counts over every rating, which data/ does not hold: golden/make_ratings.py."""
    golden = json.loads((GOLDEN / "ratings.json").read_text(encoding="utf-8"))
    parts = reviews()
    polar = (parts.development + parts.test).beyond(0.0)
    against = disagreement.rater_disagreement(polar.mean, polar.spread)
    assert len(polar) == golden["sentences"]
    assert against.mean().item() == pytest.approx(golden["against"], abs=0.008)
    for low, high, share in golden["by_mean"]:
        inside = (polar.mean.abs() >= low) & (polar.mean.abs() < high)
        assert against[inside].mean().item() == pytest.approx(share, abs=0.01)


def test_one_rater_against_the_mean_is_scipy_s_normal_tail():
    from scipy.stats import norm

    mean, spread = 3 * torch.randn(100), torch.rand(100) + 0.1
    expected = norm.sf(np.abs(mean.numpy()) / spread.numpy())
    np.testing.assert_allclose(
        disagreement.rater_disagreement(mean, spread), expected, rtol=1e-4, atol=1e-7
    )
    assert disagreement.rater_disagreement(torch.tensor(2.0), torch.tensor(0.0)) == 0
    assert disagreement.rater_disagreement(torch.tensor(0.0), torch.tensor(1.0)) == 0.5


def test_the_rank_score_is_scikit_learn_s_area_under_the_curve():
    from sklearn.metrics import roc_auc_score

    values, marked = torch.randint(6, (80,)).float(), torch.rand(80) < 0.4
    assert disagreement.rank_score(values, marked) == pytest.approx(
        roc_auc_score(marked.numpy(), values.numpy()), abs=1e-6
    )


def test_quarters_are_in_order_and_count_every_example():
    values, wrong = torch.rand(103), torch.rand(103) < 0.5
    quarters = disagreement.by_quarter(values, wrong)
    assert [n for _, _, n in quarters] == [26, 26, 26, 25]
    assert sum(w for _, w, _ in quarters) == wrong.sum()
    means = [mean for mean, _, _ in quarters]
    assert means == sorted(means)


# --- the clinic ----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [3, 4, 5])
@pytest.mark.parametrize("fault", [symptoms.HEALTHY, *clinic.FAULTS])
def test_every_broken_run_is_diagnosed_and_fixed(mnist, fault, seed):
    setup = clinic.FAULTS.get(fault, clinic.Setup())
    sick = clinic.train(setup, mnist, epochs=3, seed=seed)
    diagnosis = symptoms.diagnose(sick.evidence)
    assert diagnosis == fault
    mended = clinic.treat(setup, diagnosis)
    assert mended == clinic.Setup()  # mended, and nothing else changed
    if seed == 3:
        right, total = clinic.held_out(clinic.train(mended, mnist, epochs=3, seed=seed + 9), mnist)
        assert right / total > 0.8


def test_each_rule_stands_for_one_symptom():
    """Healthy evidence with one number changed; and who is healthy is told so."""
    healthy = symptoms.Evidence(
        first_loss=math.log(10),
        input_size=0.33,
        losses_per_example=1.0,
        outputs_sum_to_one=False,
        gradient_ratio=1.0,
        update_ratio=0.05,
        dead_at_start=0.1,
        asked_twice=0.0,
        shared=0,
    )
    assert symptoms.diagnose(healthy) == symptoms.HEALTHY
    changes = {
        "zero_grad forgotten": {"gradient_ratio": 2.0},
        "softmax twice": {"outputs_sum_to_one": True},
        "labels of the wrong shape": {"losses_per_example": 50.0},
        "eval forgotten": {"asked_twice": 0.4},
        "learning rate too high": {"update_ratio": math.inf},
        "learning rate too low": {"update_ratio": 1e-5},
        "inputs not normalised": {"first_loss": 30.0, "input_size": 80.0},
        "validation digits in training": {"shared": 1},
        "dead ReLUs": {"dead_at_start": 0.9},
    }
    assert set(changes) == set(clinic.FAULTS)
    for fault, change in changes.items():
        assert symptoms.diagnose(replace(healthy, **change)) == fault
    with pytest.raises(KeyError):
        clinic.treat(clinic.Setup(), "tired")


def test_a_wrong_diagnosis_fixes_nothing(mnist):
    setup = clinic.FAULTS["labels of the wrong shape"]
    mistreated = clinic.treat(setup, "learning rate too low")
    right, total = clinic.held_out(clinic.train(mistreated, mnist, epochs=2, seed=0), mnist)
    assert right / total < 0.3


def test_a_column_of_labels_makes_a_square_of_losses():
    outputs, y = torch.randn(6, 10, requires_grad=True), torch.randint(10, (6,))
    ours, theirs = clinic.losses_of(outputs, y), F.cross_entropy(outputs, y, reduction="none")
    torch.testing.assert_close(ours, theirs)
    gradients = [
        torch.autograd.grad(each.mean(), outputs, retain_graph=True)[0] for each in (ours, theirs)
    ]
    torch.testing.assert_close(*gradients)
    square = clinic.losses_of(outputs, y[:, None])
    assert square.shape == (6, 6)
    torch.testing.assert_close(square.diagonal(), ours)


def test_softmax_twice_cannot_get_below_its_floor():
    """The best that a second softmax allows: -log(e / (e + 9))."""
    sure = 1000.0 * F.one_hot(torch.arange(10)).float()
    floor = clinic.losses_of(sure.softmax(dim=1), torch.arange(10)).mean().item()
    assert floor == pytest.approx(math.log(math.e + 9) - 1, abs=1e-5)


def test_the_gradient_ratio_tells_used_from_fresh():
    model, x, y = nn.Linear(4, 3), torch.randn(5, 4), torch.randint(3, (5,))
    for step_number in (1, 2, 3):  # never emptied: n times the same gradient
        before = symptoms.flat_gradient(model)
        outputs = model(x)
        each = clinic.losses_of(outputs, y)
        each.mean().backward()
        loss, ratio, update, shares, count = symptoms.look(
            model, before, outputs, each, each.mean(), 0.1
        )
        assert ratio == pytest.approx(step_number, rel=1e-4)
        size = torch.cat([p.flatten() for p in model.parameters()]).norm()
        used = symptoms.flat_gradient(model).norm()
        assert update == pytest.approx((0.1 * used / size).item(), rel=1e-4)
        assert (shares, count) == (0.0, 1.0)
        assert loss == pytest.approx(F.cross_entropy(outputs, y).item(), rel=1e-5)


def test_shared_pictures_are_counted_to_the_pixel(mnist):
    x, new = mnist.train.x[:50], mnist.validation.x[:20].clone()
    assert symptoms.count_shared(x, new) == 0
    new[3], new[7] = x[1], x[49]
    assert symptoms.count_shared(x, new) == 2
    new[7, 0, 0, 0] += 0.01
    assert symptoms.count_shared(x, new) == 1


@pytest.mark.parametrize("column", [False, True])
def test_the_fixed_steps_are_torch_s_gradient_descent(column):
    x, y, w = torch.randn(7, 4), torch.randint(3, (7,)), torch.randn(4, 3)
    layer = nn.Linear(4, 3, bias=False)
    with torch.no_grad():
        layer.weight.copy_(w.T)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.3)
    for _ in range(5):
        optimizer.zero_grad()
        F.cross_entropy(layer(x), y).backward()
        optimizer.step()
    got = step.mended_steps(w, x, y[:, None] if column else y, 0.3, 5)
    torch.testing.assert_close(got, layer.weight.detach().T, rtol=1e-4, atol=1e-5)
    broken = step.broken_steps(w, x, y[:, None] if column else y, 0.3, 5)
    assert (broken - got).abs().max() > 0.01

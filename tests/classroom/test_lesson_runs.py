"""Running lessons: settings, seeds, crashes, Ctrl-C, and what is reported of them."""

import json
import math
import subprocess
import sys
import time

import fakes
import pytest

from workshop.classroom import lesson_runs as runs
from workshop.core.results import Bound, Measured
from workshop.core.training import Diverged, History
from workshop.syllabus import Judged


def one_run(run, **options):
    return runs.run_lesson(
        fakes.lesson("one", run, **options), fakes.Config(), seed=0, device="cpu", progress=False
    )


def run_all(*lessons, seeds=(0,), **options):
    configs = {lesson.name: fakes.Config() for lesson in lessons}
    return runs.run_all(lessons, configs, seeds=seeds, device="cpu", **options)


# --- settings ------------------------------------------------------------------------------------


PAIR = (
    fakes.lesson("one", fakes.scores(95)),
    fakes.lesson("two", fakes.scores(95), config=fakes.OtherConfig),
)


def test_plain_settings_go_to_all_lessons_named_ones_to_one():
    configs = runs.configs_for(PAIR, ["epochs=7", "two.hidden=4", "two.lr=1e-3"])
    assert configs == {
        "one": fakes.Config(epochs=7),
        "two": fakes.OtherConfig(epochs=7, hidden=4, lr=1e-3),
    }


@pytest.mark.parametrize(
    ("setting", "kind", "words"),
    [
        ("epoch=3", KeyError, ["lesson one", "no setting 'epoch'", "Did you mean 'epochs'"]),
        ("hidden=3", KeyError, ["lesson one", "no setting 'hidden'"]),  # only the other has it
        ("tow.epochs=3", KeyError, ["'tow' is not run here", "Did you mean 'two'"]),
        ("two.hiden=3", KeyError, ["lesson two", "Did you mean 'hidden'"]),
        ("epochs", ValueError, ["field=value", "got 'epochs'"]),
        ("one.epochs", ValueError, ["field=value", "got 'one.epochs'"]),
        ("epochs=0", ValueError, ["epochs: got 0, expected at least 1"]),
        ("epochs=many", TypeError, ["epochs: got 'many', expected a whole number"]),
        ("lr=nan", ValueError, ["lr: got nan, expected a finite number"]),
    ],
)
def test_a_setting_that_does_not_fit_is_refused_in_words(setting, kind, words):
    with pytest.raises(kind) as caught:
        runs.configs_for(PAIR, [setting])
    for word in words:
        assert word in caught.value.args[0]


def test_a_lesson_that_cannot_be_imported_stops_no_other():
    broken = fakes.lesson("broken", None)
    assert runs.configs_for([broken, PAIR[0]], ["epochs=7"]) == {"one": fakes.Config(epochs=7)}
    done, _ = runs.run_all([broken, PAIR[0]], {"one": fakes.Config()}, seeds=[0], device="cpu")
    assert [run.passed for run in done] == [False, True]
    assert "ModuleNotFoundError" in done[0].error


# --- one run -------------------------------------------------------------------------------------


def test_a_run_needs_the_target_reached_the_control_missed():
    assert one_run(fakes.scores(90, 60)).passed
    assert not one_run(fakes.scores(89, 60)).passed
    assert not one_run(fakes.scores(90, 61)).passed


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("bounds", [(Bound("loss", "target", at_least=0),), ()])
def test_a_number_that_is_not_finite_never_passes(value, bounds):
    run = one_run(fakes.measures(Measured("loss", value)), bounds=bounds)
    assert not run.passed
    (metric,) = json.loads(runs.as_json([run]))[0]["metrics"]
    assert metric["value"] is None
    assert metric["passed"] is False


def test_a_crash_is_short_as_error_and_whole_as_traceback():
    run = one_run(fakes.crashes)
    assert not run.passed
    assert run.error == "RuntimeError: the shapes do not fit"
    assert "in crashes" in run.traceback


def test_divergence_and_a_bound_without_its_number_fail():
    def diverges(config, *, seed=0, device="cpu", progress=False):
        raise Diverged("the loss became nan", History())

    run = one_run(diverges)
    assert not run.passed
    assert run.error == "Diverged: the loss became nan"
    run = one_run(fakes.measures(Measured("test_accuracy", 1.0)))
    assert not run.passed
    assert "shuffled_labels_accuracy" in run.error


def test_the_object_of_a_run_is_as_the_issue_describes_it():
    run = one_run(
        fakes.measures(
            Measured.count("test_accuracy", 95, 100),
            Measured("shuffled_labels_accuracy", 0.5),
            Measured("extra", 2.0),
        )
    )
    row = json.loads(runs.as_json([run]))[0]
    assert row.pop("seconds") >= 0
    assert row == {
        "lesson": "one",
        "day": 1,
        "seed": 0,
        "device": "cpu",
        "passed": True,
        "metrics": [
            {
                "name": "test_accuracy",
                "value": 0.95,
                "at_least": 0.9,
                "kind": "target",
                "passed": True,
                "correct": 95,
                "total": 100,
            },
            {
                "name": "shuffled_labels_accuracy",
                "value": 0.5,
                "at_most": 0.6,
                "kind": "control",
                "passed": True,
            },
            {"name": "extra", "value": 2.0, "passed": True},
        ],
    }


def test_seconds_are_those_of_the_training_not_of_the_import():
    class Slow(fakes.FakeLesson):
        def module(self):
            time.sleep(0.5)
            return super().module()

    lesson = Slow(**vars(fakes.lesson("slow", fakes.scores(95))))
    run = runs.run_lesson(lesson, fakes.Config(), seed=0, device="cpu", progress=False)
    assert run.passed
    assert run.seconds < 0.3


def test_after_the_warm_up_an_optimizer_imports_nothing_more():
    code = (
        "import sys; from workshop.classroom import lesson_runs; lesson_runs.warm_up(); import torch;"
        "before = set(sys.modules);"
        "optimizer = torch.optim.SGD([torch.zeros(2, requires_grad=True)], lr=0.1, momentum=0.9);"
        "optimizer.zero_grad(); optimizer.step();"
        "print(sorted(set(sys.modules) - before))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


# --- several -------------------------------------------------------------------------------------


def test_every_lesson_runs_with_every_seed_and_says_so():
    said = []
    lessons = [fakes.lesson("one", fakes.scores(91)), fakes.lesson("two", fakes.crashes)]
    done, cut_short = run_all(
        *lessons,
        seeds=range(3, 5),
        started=lambda lesson, seed: said.append((lesson.name, seed)),
        finished=lambda run: said.append(run.passed),
    )
    assert said == [("one", 3), True, ("one", 4), True, ("two", 3), False, ("two", 4), False]
    assert [(run.lesson.name, run.seed) for run in done] == [
        ("one", 3),
        ("one", 4),
        ("two", 3),
        ("two", 4),
    ]
    assert done[1].judged[0].measured.correct == 95
    assert cut_short is None


def test_ctrl_c_keeps_what_had_finished_and_says_where_it_was():
    first, second = fakes.lesson("one", fakes.scores(95)), fakes.lesson("two", fakes.interrupted)
    done, cut_short = run_all(first, second, first)
    assert [run.lesson.name for run in done] == ["one"]
    assert cut_short == (second, 0)


def row_of(values, bound=None, counts=None):
    lesson = fakes.lesson("one", None, bounds=())
    done = []
    for i, value in enumerate(values):
        correct, total = counts[i] if counts else (None, None)
        judged = Judged(Measured("m", value, correct, total), bound)
        done.append(runs.Run(lesson, i, "cpu", judged=(judged,)))
    (row,) = runs.rows_of(done)
    return row


def test_one_seed_shows_counts_several_min_mean_and_sd():
    assert row_of([0.95], counts=[(95, 100)]).got == "0.95 (95/100)"
    assert row_of([0.95]).got == "0.95"
    assert row_of([1.0, 2.0, 6.0]).got == "min 1, mean 3, sd 2.6"  # sqrt(14 / 2), not sqrt(14 / 3)
    control = Bound("m", "control", at_most=9)
    assert row_of([1.0, 2.0, 6.0], control).got == "min 1, mean 3, sd 2.6, max 6"
    assert row_of([1.0, math.nan, math.inf]).got == "not finite in 2 of 3 seeds"


def test_a_row_passes_only_if_every_seed_does():
    bound = Bound("m", "target", at_least=0.5)
    assert row_of([0.5, 0.9], bound).passed
    assert not row_of([0.9, 0.49], bound).passed
    assert not row_of([0.49, 0.9], bound).passed
    assert not row_of([0.9, math.nan]).passed


@pytest.mark.parametrize(
    ("value", "bound", "shown"),
    [
        (0.94999612345, Bound("m", "target", at_least=0.95), "0.949996"),
        (0.94999999999, Bound("m", "target", at_least=0.95), "0.94999999999"),
        (0.123456, Bound("m", "target", at_least=0.1), "0.1235"),
        (0.600001, Bound("m", "control", at_most=0.6), "0.600001"),
    ],
)
def test_no_number_is_rounded_to_the_other_side_of_its_bound(value, bound, shown):
    assert row_of([value], bound).got == shown


def test_the_json_is_strict():
    text = runs.as_json([one_run(fakes.measures(Measured("loss", math.nan)), bounds=())])
    assert "NaN" not in text
    assert len(json.loads(text)) == 1

"""What a lesson measured, its bounds, and lessons with several tasks."""

import math
import types

import pytest

from workshop.core.results import Bound, Measured, Result, run_tasks

NAN = float("nan")


def test_a_count_keeps_its_two_numbers_and_their_share():
    measured = Measured.count("accuracy", 110, 114)
    assert measured == Measured("accuracy", 110 / 114, 110, 114)


@pytest.mark.parametrize(("correct", "total"), [(5, 4), (-1, 4), (0, 0)])
def test_an_impossible_count_is_refused(correct, total):
    with pytest.raises(ValueError, match=f"accuracy: got {correct} correct of {total}"):
        Measured.count("accuracy", correct, total)


@pytest.mark.parametrize(
    ("side", "value", "holds"),
    [
        ({"at_least": 0.95}, 0.95, True),
        ({"at_least": 0.95}, 0.96, True),
        ({"at_least": 0.95}, 0.949999, False),
        ({"at_least": 0.95}, NAN, False),
        ({"at_most": 0.6}, 0.6, True),
        ({"at_most": 0.6}, 0.5, True),
        ({"at_most": 0.6}, 0.600001, False),
        ({"at_most": 0.6}, NAN, False),
        ({"at_least": 0.0}, -0.1, False),
        ({"at_most": 0.0}, 0.1, False),
    ],
)
def test_a_bound_holds_up_to_its_edge_and_never_for_nan(side, value, holds):
    assert Bound("x", "target", **side).holds(value) is holds


def test_bounds_are_printed_as_they_are_read():
    assert str(Bound("x", "target", at_least=0.95)) == ">= 0.95"
    assert str(Bound("x", "control", at_most=0.0001)) == "<= 0.0001"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kind": "goal", "at_least": 1.0}, "kind is 'target' or 'control', got 'goal'"),
        ({"kind": "target"}, "give one of at_least and at_most"),
        ({"kind": "target", "at_least": 0.1, "at_most": 0.2}, "give one of at_least and at_most"),
        ({"kind": "target", "at_least": NAN}, "expected a finite number"),
        ({"kind": "target", "at_most": math.inf}, "expected a finite number"),
    ],
)
def test_a_bound_that_says_nothing_is_refused(arguments, message):
    with pytest.raises(ValueError, match=f"accuracy: .*{message}"):
        Bound("accuracy", **arguments)


def test_a_result_is_read_by_name():
    result = Result((Measured("loss", 0.5), Measured.count("accuracy", 1, 4)))
    assert result["accuracy"] == 0.25
    with pytest.raises(KeyError, match=r"no metric 'acuracy'.*Did you mean 'accuracy'"):
        result["acuracy"]


def test_tasks_run_in_order_and_their_histories_keep_apart():
    class Task:
        def __init__(self, name):
            self.name = name

        def run(self, config, *, seed, device, progress):
            loss = Measured(f"{self.name}_loss", config + seed)
            return Result((loss,), {"curve": (self.name, device, progress)})

    config = types.SimpleNamespace(first=1.0, second=2.0)
    tasks = {"first": Task("first"), "second": Task("second")}
    result = run_tasks(tasks, config, seed=3, device="cpu", progress=True)
    assert [(m.name, m.value) for m in result.metrics] == [
        ("first_loss", 4.0),
        ("second_loss", 5.0),
    ]
    assert result.histories == {
        "first_curve": ("first", "cpu", True),
        "second_curve": ("second", "cpu", True),
    }

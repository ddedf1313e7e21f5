"""The syllabus: lesson.toml of each lesson, read without torch."""

import subprocess
import sys

import pytest

from workshop import syllabus
from workshop.core.results import Bound, Measured, Result
from workshop.syllabus import Lesson, get, judge, lessons, select

DAY_1 = tuple(lesson.name for lesson in lessons() if lesson.day == 1)


def lesson(*bounds):
    return Lesson("neuron", 1, 2, "One neuron", 40, ("1.3.1",), bounds)


def test_lessons_are_in_teaching_order_and_days_do_not_mix():
    assert [lesson.number for lesson in lessons()] == list(range(1, len(lessons()) + 1))
    days = [lesson.day for lesson in lessons()]
    assert days == sorted(days)
    assert set(days) <= set(syllabus.DAYS)
    names = [lesson.name for lesson in lessons()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.name)
def test_each_lesson_is_described(lesson):
    assert lesson.title
    assert not lesson.title.endswith(".")
    assert 10 <= lesson.minutes <= 120
    assert all(bound.what for bound in lesson.bounds)
    names = [bound.name for bound in lesson.bounds]
    assert len(set(names)) == len(names)


def test_reading_it_imports_no_torch():
    code = (
        "import sys; from workshop import syllabus; syllabus.lessons(); syllabus.select(['day1']);"
        "print([m for m in ('torch', 'numpy', 'sklearn', 'torchvision') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_lesson_knows_its_notebook_module_and_bounds():
    target, control = Bound("a", "target", at_least=0.9), Bound("b", "control", at_most=0.5)
    one = lesson(target, control)
    assert one.notebook == "day1/02_neuron"
    assert one.module().__name__ == "workshop.day1.neuron"
    assert one.targets == (target,)
    assert one.controls == (control,)


def test_get_finds_a_lesson_or_suggests_the_nearest():
    assert get("neuron").package == "workshop.day1.neuron"
    with pytest.raises(KeyError, match=r"No lesson 'nuron'\. Did you mean 'neuron'.* There are: "):
        get("nuron")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], tuple(lesson.name for lesson in lessons())),
        (["neuron"], ("neuron",)),
        (["activations", "neuron", "activations"], ("neuron", "activations")),
        (["day1"], DAY_1),
        (["day1", "neuron"], DAY_1),
    ],
)
def test_select_gives_lessons_once_and_in_teaching_order(names, expected):
    assert tuple(lesson.name for lesson in select(names)) == expected
    assert tuple(lesson.name for lesson in select(iter(names))) == expected


@pytest.mark.parametrize(
    ("name", "nearest"), [("day11", "day1"), ("activation", "activations"), ("Neuron", "neuron")]
)
def test_select_suggests_the_nearest(name, nearest):
    with pytest.raises(KeyError, match=f"No lesson '{name}'. Did you mean '{nearest}'"):
        select(["neuron", name])


def test_judging_puts_each_number_beside_its_bound():
    result = Result(
        (Measured("a", 0.95), Measured("b", 0.7), Measured("c", 3.0), Measured("d", float("nan")))
    )
    judged = judge(
        lesson(
            Bound("a", "target", at_least=0.9),
            Bound("b", "control", at_most=0.5),
            Bound("d", "target", at_most=1.0),
        ),
        result,
    )
    assert [row.measured.name for row in judged] == ["a", "b", "c", "d"]
    assert [row.passed for row in judged] == [True, False, True, False]
    assert judged[2].bound is None


def test_a_bound_without_a_number_is_an_error():
    with pytest.raises(KeyError, match=r"neuron: run\(\) measured \['a'\].* bounds for \['b'\]"):
        judge(lesson(Bound("b", "target", at_least=0.9)), Result((Measured("a", 1.0),)))

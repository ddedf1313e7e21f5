"""Every exercise of every lesson: right answers pass, each planted mistake is told by its name."""

import functools

import pytest
from hypothesis import given, settings
from hypothesis.strategies import integers

from workshop.exercises import all_exercises, check_source, judge
from workshop.exercises.observe import observe
from workshop.exercises.outcome import OutcomeCache

EXERCISES = all_exercises()
WRONG = [(e, m) for e in EXERCISES for m in e.mistakes]
RIGHT = [(e, f) for e in EXERCISES for f in (e.reference, *e.alternatives)]


def verdict_on(exercise, function, seed=2021):
    """The verdict, without a time limit: these answers are our own."""
    cases = exercise.cases(seed)
    arguments = [case.args for case in cases]
    outcomes = observe(function, arguments, gradients=exercise.gradients)
    return judge.judge(exercise, cases, {"outcomes": outcomes}, outcomes_at(seed))


@functools.lru_cache(maxsize=2)
def outcomes_at(seed):
    """What references and mistakes do with one seed, once for all answers."""
    return OutcomeCache()


def named(pair):
    return f"{pair[0].name}-{getattr(pair[1], 'name', 'right')}"


@pytest.mark.parametrize("seed", [2021, 7])
@pytest.mark.parametrize("pair", RIGHT, ids=named)
def test_right_answers_pass_however_they_are_written(pair, seed):
    verdict = verdict_on(*pair, seed=seed)
    assert verdict.passed, verdict


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_alternatives_equal_the_reference_on_random_inputs(exercise):
    if exercise.judge is not None:
        pytest.skip("it trains: its answers are judged by what they predict")

    @settings(max_examples=10, deadline=None, database=None)
    @given(seed=integers(0, 2**32 - 1))
    def equal(seed):
        for alternative in exercise.alternatives:
            verdict = verdict_on(exercise, alternative, seed=seed)
            assert verdict.passed, verdict

    equal()


@pytest.mark.parametrize("seed", [2021, 7])
@pytest.mark.parametrize("pair", WRONG, ids=named)
def test_each_mistake_gets_its_own_message(pair, seed):
    exercise, mistake = pair
    verdict = verdict_on(exercise, mistake.answer, seed=seed)
    assert verdict.status == "wrong"
    assert (verdict.mistake, verdict.message) == (mistake.name, mistake.message)


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
def test_the_library_s_own_is_no_answer_and_the_stub_is_not_attempted(exercise, tmp_path):
    module, _, function = exercise.reference_path.rpartition(".")
    names = exercise.signature().partition("(")[2]
    own = f"from {module} import {function} as own\ndef {exercise.name}({names}:\n    return own({names}\n"
    verdict = check_source(own, exercise.name)
    assert verdict.status == "wrong"
    assert "library's own" in verdict.message
    stub = f"def {exercise.name}({names}:\n    raise NotImplementedError\n"
    assert check_source(stub, exercise.name).status == "not attempted"
    assert check_source("x = 1", exercise.name).status == "missing"


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
def test_the_answer_that_is_shown_passes_as_it_is_shown(exercise):
    imports = "import torch\nfrom torch import Tensor, nn\n"
    module = exercise.reference_path.rpartition(".")[0]
    others = f"from {module} import *\n"
    assert check_source(imports + others + exercise.answer_source(), exercise.name).passed


def test_names_are_unique_and_lessons_have_five_at_most():
    names = [exercise.name for exercise in EXERCISES]
    assert len(set(names)) == len(names)
    lessons = [exercise.lesson for exercise in EXERCISES]
    assert all(lessons.count(one) <= 5 for one in set(lessons))

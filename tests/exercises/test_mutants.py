"""Every small change of a reference is noticed by a case, or is known to change nothing."""

import signal

import pytest
from mutants import known_equivalents, mutants_of, survivors
from test_exercises import verdict_on

from workshop.exercises import all_exercises

EXERCISES = all_exercises()
KNOWN = known_equivalents()


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="endless loops are ended by SIGALRM")
@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_only_equivalent_mutants_pass(exercise):
    passed = {mutant.after for mutant in survivors(exercise, verdict_on)}
    assert passed == set(KNOWN.get(exercise.name, {}))


def test_known_equivalents_are_of_exercises_and_say_why():
    assert set(KNOWN) <= {exercise.name for exercise in EXERCISES}
    assert all(len(why.split()) > 3 for table in KNOWN.values() for why in table.values())


def test_mutants_change_one_thing_each():
    source = "def f(x, dim=0):\n    y = x.mean(dim=0) + 1\n    return -y, x\n"
    made = {mutant.after for mutant in mutants_of(source)}
    assert {
        "y = x.sum(dim=0) + 1",
        "y = x.mean(dim=1) + 1",
        "y = x.mean() + 1",
        "y = x.mean(dim=0) - 1",
        "y = x.mean(dim=0) + 2",
        "return (y, x)",
        "return (x, -y)",
        "pass",
    } <= made

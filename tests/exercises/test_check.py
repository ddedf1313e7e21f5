"""`check` as an attendee meets it: every kind of wrong input has a message of its own."""

import signal
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from workshop.exercises import answer, check, check_source, hint, progress
from workshop.exercises.observe import observe


def named(name, source, **scope):
    """A function as a notebook would define it."""
    scope = {"torch": torch, **scope}
    exec(source, scope)
    return scope[name]


RIGHT = named("weighted_sum", "def weighted_sum(x, w, b):\n    return x @ w + b")


# --- what is not a function of ours --------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (None, "Give check the function that you wrote"),
        ("weighted_sum", "without quotes: check(weighted_sum)"),
        (torch.ones(3), "That is a Tensor, not a function"),
        (3.0, "check(f), not check(f(x))"),
        (lambda z: z, "has no name. Write it with def"),
    ],
)
def test_what_is_no_function_is_told_so(given, words):
    verdict = check(given)
    assert verdict.status == "missing"
    assert verdict.stage == "exists"
    assert words in verdict.message


def test_check_without_anything_says_what_to_give():
    assert "Give check the function" in check().message


def test_a_function_under_another_name_is_missing_and_the_nearest_is_suggested():
    def weigthed_sum(x, w, b):
        return x @ w + b

    verdict = check(weigthed_sum)
    assert verdict.status == "missing"
    assert "Did you mean 'weighted_sum'" in verdict.message
    assert "Keep the name" in verdict.message


# --- a function that does the wrong thing --------------------------------------------------------

WRONG = {
    "other arguments": (
        "def weighted_sum(x, w):\n    return x @ w",
        "signature",
        "other arguments",
    ),
    "raises": (
        "def weighted_sum(x, w, b):\n    return x.foo(w)",
        "runs",
        "It stops with AttributeError",
    ),
    "shapes do not fit": (
        "def weighted_sum(x, w, b):\n    return w @ x + b",
        "runs",
        "the inner sizes must be the same",
    ),
    "part of it missing": (
        "def weighted_sum(x, w, b):\n    if len(x) > 1:\n        raise NotImplementedError\n"
        "    return x @ w + b",
        "runs",
        "Part of it is still to be written",
    ),
    "nothing returned": (
        "def weighted_sum(x, w, b):\n    z = x @ w + b",
        "runs",
        "Is the `return` missing?",
    ),
    "printed": (
        "def weighted_sum(x, w, b):\n    print(x @ w + b)",
        "runs",
        "prints the answer but returns nothing",
    ),
    "a text": (
        "def weighted_sum(x, w, b):\n    return str(x @ w + b)",
        "shape and dtype",
        "returns a text",
    ),
    "an odd thing": (
        "def weighted_sum(x, w, b):\n    return {'z': x @ w + b}",
        "shape and dtype",
        "returns a dict",
    ),
    "not a number": (
        "def weighted_sum(x, w, b):\n    return (x @ w + b) * float('nan')",
        "values",
        "nan (not a number) in the result",
    ),
    "infinite": (
        "def weighted_sum(x, w, b):\n    return (x @ w + b) + float('inf')",
        "values",
        "inf (infinity) in the result",
    ),
    "another dtype": (
        "def weighted_sum(x, w, b):\n    return (x @ w + b).long()",
        "shape and dtype",
        "whole numbers (torch.int64) where fractions",
    ),
    "a question": (
        "def weighted_sum(x, w, b):\n    return x @ w + b > 0",
        "shape and dtype",
        "True and False are answers to a question",
    ),
    "NumPy": (
        "def weighted_sum(x, w, b):\n    return (x @ w + b).numpy()",
        "shape and dtype",
        "NumPy array instead of a tensor",
    ),
    "a broadcastable shape": (
        "def weighted_sum(x, w, b):\n    return (x @ w + b)[None]",
        "shape and dtype",
        "The numbers are right, but the shape is (1, ",
    ),
    "two things": (
        "def weighted_sum(x, w, b):\n    return x @ w, b",
        "shape and dtype",
        "a tuple of 2 things instead of one tensor",
    ),
    "no gradient": (
        "def mse(yhat, y):\n    return ((yhat - y) ** 2).mean().detach()",
        "gradients",
        "no gradient flows",
    ),
    "writes into its input": (
        "def weighted_sum(x, w, b):\n    x *= w\n    return x.sum(dim=1) + b",
        "values",
        "It changes what it is given, x: whoever",
    ),
    "twice too large": (
        "def weighted_sum(x, w, b):\n    return 2 * (x @ w + b)",
        "values",
        "Every number is 2 times what it should be",
    ),
    "the sign": (
        "def weighted_sum(x, w, b):\n    return -(x @ w + b)",
        "values",
        "The sign is wrong",
    ),
    "right in some cases": (
        "def weighted_sum(x, w, b):\n    return x @ w + b if len(x) != 4 else x @ w + b + x[:, 0]",
        "values",
        "this one is: four examples, three features",
    ),
}


def name_of(source):
    return source.partition("(")[0].removeprefix("def ")


@pytest.mark.parametrize("kind", WRONG)
def test_each_kind_of_wrong_answer_has_its_stage_and_message(kind):
    source, stage, words = WRONG[kind]
    for verdict in (
        check(named(name_of(source), source)),
        check_source(f"import torch\n{source}\n", name_of(source)),
    ):
        assert verdict.status == "wrong"
        assert (verdict.stage, words in verdict.message) == (stage, True), verdict


def test_the_messages_differ_from_kind_to_kind():
    sources = [source for source, *_ in WRONG.values()]
    messages = [check(named(name_of(source), source)).message for source in sources]
    assert len(set(messages)) == len(messages)


def test_got_and_expected_are_shown():
    verdict = check(named("weighted_sum", "def weighted_sum(x, w, b):\n    return x @ w + 2 * b"))
    assert verdict.got
    assert verdict.expected
    assert verdict.got != verdict.expected
    page = verdict._repr_mimebundle_()["text/html"]
    assert verdict.expected.split(",")[0] in page


def test_what_an_attendee_s_code_says_cannot_become_markup():
    source = "def weighted_sum(x, w, b):\n    raise ValueError('<script>alert(1)</script>')"
    page = check(named("weighted_sum", source))._repr_mimebundle_()["text/html"]
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


LOOP = "def weighted_sum(x, w, b):\n    while True:\n        pass"


@pytest.fixture
def short(monkeypatch):
    """The time limit of every exercise is a second."""
    from workshop.exercises import get

    monkeypatch.setattr("workshop.exercises.get", lambda name: replace(get(name), time_limit=1.0))


def test_an_endless_loop_is_ended_and_the_next_check_works(short):
    start = time.monotonic()
    verdict = check(named("weighted_sum", LOOP))
    assert verdict.status == "timed out"
    assert "a loop whose condition never becomes false" in verdict.message
    assert time.monotonic() - start < 20
    assert check(RIGHT).passed
    verdict = check_source(LOOP, "weighted_sum")
    assert "It was at the line `while True:`" in verdict.message


def test_a_definition_without_an_end_is_ended_too(short):
    source = (
        "class Slow:\n    while True:\n        pass\n\ndef weighted_sum(x, w, b):\n    return x"
    )
    assert check_source(source, "weighted_sum").status == "timed out"


def test_the_interrupt_has_its_handler_back_whatever_happens(short):
    before, threads = signal.getsignal(signal.SIGINT), set(threading.enumerate())
    for source in (LOOP, "def weighted_sum(x, w, b):\n    raise SystemExit"):
        check(named("weighted_sum", source))
        assert signal.getsignal(signal.SIGINT) is before
    assert set(threading.enumerate()) <= threads


def test_the_attendee_s_own_interrupt_is_passed_on_even_if_the_function_catches_it():
    source = (
        "import os, signal\ndef weighted_sum(x, w, b):\n    try:\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n        while True:\n            pass\n"
        "    except BaseException:\n        return x @ w + b\n"
    )
    with pytest.raises(KeyboardInterrupt):
        check(named("weighted_sum", source))
    assert check(RIGHT).passed


def test_off_the_main_thread_it_works_without_a_limit():
    found = []
    thread = threading.Thread(target=lambda: found.append(check(RIGHT)))
    thread.start()
    thread.join()
    assert found[0].passed


def test_exit_is_an_error_like_others():
    source = "import sys\ndef weighted_sum(x, w, b):\n    sys.exit('enough')"
    verdict = check(named("weighted_sum", source))
    assert verdict.status == "wrong"
    assert "SystemExit: enough" in verdict.message


def test_not_implemented_is_only_the_attendee_s_own():
    stub = "def weighted_sum(x, w, b):\n    raise NotImplementedError"
    assert check(named("weighted_sum", stub)).status == "not attempted"
    verdict = check(named("weighted_sum", "def weighted_sum(x, w, b):\n    return x ^ 2"))
    assert verdict.status == "wrong"
    assert "not implemented for 'Float'" in verdict.message


class Kept:
    def __init__(self):
        self.items = [1]


@pytest.mark.parametrize(
    ("argument", "change"),
    [
        (torch.ones(2, 2), lambda x: x.add_(1)),
        (torch.ones(2, 2), lambda x: x.resize_(4)),
        (np.ones(2), lambda x: x.__setitem__(0, 5)),
        ([1, 2], lambda x: x.append(3)),
        ([[1], 2], lambda x: x[0].append(3)),
        (([torch.ones(1)], 2), lambda x: x[0][0].mul_(3)),
        ({"a": 1}, lambda x: x.update(b=2)),
        ({1, 2}, lambda x: x.add(3)),
        (torch.nn.Linear(2, 1), lambda x: torch.nn.init.zeros_(x.weight)),
        (torch.nn.BatchNorm1d(2), lambda x: x(torch.randn(3, 2))),
        (torch.nn.Linear(2, 1), lambda x: x.eval()),
        (Kept(), lambda x: x.items.append(2)),
    ],
)
def test_a_changed_argument_of_any_kind_is_seen(argument, change):
    assert observe(lambda x, y: None, [(argument, 1.0)])[0]["changed"] == []
    assert observe(lambda y, x: (change(x), None)[1], [(1.0, argument)])[0]["changed"] == [1]


def test_all_changed_arguments_are_named():
    source = "def forward(x, weights, biases):\n    weights.pop()\n    biases.pop()\n    return x"
    message = check(named("forward", source)).message
    assert "It changes what it is given, weights and biases:" in message


def test_a_name_that_is_not_defined_is_told():
    verdict = check(named("weighted_sum", "def weighted_sum(x, w, b):\n    return x @ v + b"))
    assert "NameError" in verdict.message
    assert "Is it defined in a cell that has not been run" in verdict.message


def test_helpers_and_whatever_else_the_notebook_holds_can_be_used():
    def helper(x, w):
        return x @ w

    source = "def weighted_sum(x, w, b):\n    with lock:\n        return helper(x, w) + b"
    assert check(named("weighted_sum", source, helper=helper, lock=threading.Lock())).passed


def test_a_definition_that_needs_a_training_cell_does_not_keep_others_from_being_checked():
    right = "def weighted_sum(x, w, b):\n    return x @ w + b\n"
    other = "def show(model=trained):\n    return model\n"
    assert check_source(f"{other}\n{right}", "weighted_sum").passed
    own = right.replace("b):", "b, model=trained):")
    verdict = check_source(own, "weighted_sum")
    assert verdict.status == "wrong"
    assert "NameError: name 'trained'" in verdict.message


def test_a_shortcut_that_the_exercise_forbids_is_seen_under_any_name():
    for source in (
        "def sigmoid(z):\n    return torch.sigmoid(z)",
        "def sigmoid(z):\n    return z.sigmoid()",
        "from torch import sigmoid as s\ndef sigmoid(z):\n    return s(z)",
    ):
        verdict = check(named("sigmoid", source))
        assert verdict.status == "wrong", source
        assert "Do it without" in verdict.message, source


def test_the_library_s_own_is_told_so():
    source = "from workshop.day1 import neuron\ndef weighted_sum(x, w, b):\n    return neuron.weighted_sum(x, w, b)"
    verdict = check(named("weighted_sum", source))
    assert verdict.status == "wrong"
    assert "library's own workshop.day1.neuron.weighted_sum" in verdict.message


# --- progress, hints, answers --------------------------------------------------------------------


def test_progress_counts_attempts_and_what_was_passed_stays_passed(tmp_path):
    wrong = named("weighted_sum", "def weighted_sum(x, w, b):\n    return x @ w")
    assert check(wrong).mistake == "no bias"
    for function in (wrong, RIGHT, wrong):
        check(function)
    entry = progress.read("neuron")["weighted_sum"]
    assert entry["status"] == "passed"
    assert entry["attempts"] == 4
    assert entry["last"] == "wrong"
    assert entry["mistakes"] == {"no bias": 3}
    assert "passed_at" in entry
    assert (tmp_path / ".workshop" / "progress" / "neuron.json").is_file()


def test_an_untouched_stub_is_no_attempt():
    stub = named(
        "weighted_sum", "def weighted_sum(x, w, b):\n    raise NotImplementedError('write it')"
    )
    verdict = check(stub)
    assert verdict.status == "not attempted"
    assert "still to be written" in verdict.message
    assert progress.read("neuron") == {}


def test_hints_come_one_after_the_other_and_any_can_be_asked_for():
    texts = [repr(hint(RIGHT)) for _ in range(4)]
    assert [text[:15] for text in texts] == [
        "**Hint 1 of 3.*",
        "**Hint 2 of 3.*",
        "**Hint 3 of 3.*",
        "**Hint 3 of 3.*",
    ]
    assert "Hint 1 of 3" in hint("weighted_sum", 1)._repr_markdown_()
    assert progress.read("neuron")["weighted_sum"]["hints"] == 3
    with pytest.raises(ValueError, match="got number 4, expected 1, 2 or 3"):
        hint(RIGHT, 4)
    with pytest.raises(KeyError, match="Did you mean 'sigmoid'"):
        hint("sigmod")
    with pytest.raises(TypeError, match="expected your function, or its name"):
        hint(3)


def test_the_answer_is_code_and_reading_it_is_remembered():
    text = answer(RIGHT)._repr_markdown_()
    assert text.startswith("```python\ndef weighted_sum(")
    assert progress.read("neuron")["weighted_sum"]["answer_read"] is True
    assert progress.read("neuron")["weighted_sum"]["status"] == "not attempted"

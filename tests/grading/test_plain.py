"""Where nothing isolates answers: a plain process, which outlives none of them by much."""

import json
import pickle
from types import SimpleNamespace

import pytest
import torch

from workshop.grading.plain import Plain

RIGHT = "import torch\ndef double(x):\n    return 2 * x"
LIMITS = SimpleNamespace(seconds=-2.0)  # 1 second on the clock


@pytest.fixture(scope="module")
def box():
    made = Plain(None, None)
    yield made
    made.close()


def run(box, source):
    request = {
        "name": "double",
        "cells": [(source, "double")],
        "inputs": pickle.dumps([(torch.ones(2),)]),
        "gradients": [],
        "watched": [],
    }
    content, ended = box.run(request, LIMITS)
    return content and json.loads(content), ended


def test_answers_of_all_kinds_come_back_and_the_next_one_runs(box):
    answer, ended = run(box, RIGHT)
    assert answer["outcomes"][0]["value"]["shape"] == [2]
    assert ended["why"] == ""
    assert "raised" in run(box, "def double(x):\n    raise ValueError")[0]["outcomes"][0]["error"]
    assert run(box, "x = 1")[0] == {"missing": ""}
    assert "cannot read" in run(box, "def double(x:")[0]["unreadable"]
    answer, ended = run(box, "def double(x):\n    while True:\n        pass")
    assert (answer, ended["why"]) == (None, "time")
    answer, ended = run(box, "import os\ndef double(x):\n    os._exit(3)")
    assert (answer, ended["died"]) == (None, "the process is gone")
    assert "outcomes" in run(box, RIGHT)[0]

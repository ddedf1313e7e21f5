"""Grading without a sandbox, where there is no Linux: in a plain process."""

import json
import pickle
import sys
from types import SimpleNamespace

import builders
import pytest
import torch

from workshop.grading import sandbox
from workshop.grading.grade import grade
from workshop.grading.plain import Plain

RIGHT = "import torch\ndef double(x):\n    return 2 * x"
LIMITS = SimpleNamespace(wall=1.0)


@pytest.fixture(scope="module")
def box():
    made = Plain(None)
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


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="graded on Linux")
def test_elsewhere_than_on_linux_only_unsafe_grades(monkeypatch, tmp_path):
    monkeypatch.setattr(sandbox, "on_linux", lambda: False)
    torn = {"sigmoid": "def sigmoid(z)\n    return z\n", "boundary_x2": None}
    own = "from workshop.day1.neuron import standardize as own\n"
    own += "def standardize(x, train):\n    return own(x, train)\n"
    builders.hand_in(tmp_path / "class", "ann", builders.notebook({**torn, "standardize": own}))
    left = {"weighted_sum": "import os\ndef weighted_sum(x, w, b):\n    os._exit(1)\n"}
    left["sigmoid"] = "def sigmoid(z):\n    while True:\n        pass\n"
    builders.hand_in(tmp_path / "class", "bob", builders.notebook(left))
    with pytest.raises(sandbox.SandboxError, match="WSL"):
        grade([tmp_path / "class"], tmp_path / "out")
    done = grade([tmp_path / "class"], tmp_path / "out", unsafe=True, time_limit=0.1)
    assert done.level == sandbox.NO_LEVEL
    assert builders.verdicts_of(done.results) == {
        "ann": ["passed", "wrong", "missing", "wrong"],
        "bob": ["crashed", "timed out", "passed", "passed"],
    }

"""Grading without a sandbox, where there is no Linux."""

import sys

import builders
import pytest

from workshop.grading import sandbox
from workshop.grading.grade import grade

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="graded on Linux")


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

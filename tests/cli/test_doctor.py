"""`workshop doctor`."""

import importlib
import json

import pytest

from cli.commands import invoke


@pytest.mark.parametrize(("state", "expected"), [("ok", 0), ("note", 0), ("problem", 1)])
def test_doctor_fails_on_problems_only(monkeypatch, state, expected):
    doctor = importlib.import_module("workshop.classroom.doctor")
    fix = "" if state == "ok" else "python -m pip install torch"
    found = [doctor.Finding("Python", "ok", "3.12"), doctor.Finding("torch", state, "x" * 90, fix)]
    monkeypatch.setattr(doctor, "examine", lambda: iter(found))
    code, out = invoke("doctor")
    assert code == expected
    assert "Python: 3.12" in out
    assert ("PROBLEM torch: " in out) == (state == "problem")
    assert ("to fix it: python -m pip install torch" in out) == (state != "ok")
    assert ("The workshop can run here." in out) == (expected == 0)
    assert "x" * 90 in out  # paths and commands are not broken over lines
    code, out = invoke("doctor", "--json")
    assert code == expected
    assert json.loads(out) == [one.as_dict() for one in found]

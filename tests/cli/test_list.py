"""`workshop list`."""

import json
import re

import fakes

from cli.commands import invoke
from workshop import syllabus
from workshop.core.results import Bound


def test_list_shows_everything_in_80_columns(monkeypatch):
    long = Bound("a_number_with_a_name_that_is_rather_long", "target", at_least=0.25)
    fakes.install(monkeypatch, fakes.lesson("one", None), fakes.lesson("two", None, bounds=(long,)))
    code, out = invoke("list")
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    first = out.splitlines()[2].split()
    assert first == ["1", "1", "one", "30", "1.1,", "1.2", "test_accuracy", ">=", "0.9"]
    assert "The lesson two" in out
    assert "".join(re.findall(r" (a_\S+|name_\S+|rather_\S+)", out)) == long.name
    assert re.search(r"long +>= 0.25", out)  # beside the last piece
    assert f"{long.name}  >= 0.25" in invoke("list", columns=160)[1]


def test_list_as_json(monkeypatch):
    fakes.install(monkeypatch, fakes.lesson("one", None))
    code, out = invoke("list", "--json")
    assert code == 0
    assert json.loads(out) == [
        {
            "lesson": "one",
            "day": 1,
            "number": 1,
            "title": "The lesson one",
            "minutes": 30,
            "sections": ["1.1", "1.2"],
            "targets": [{"name": "test_accuracy", "at_least": 0.9, "what": "held out"}],
            "controls": [
                {"name": "shuffled_labels_accuracy", "at_most": 0.6, "what": "labels shuffled"}
            ],
        }
    ]


def test_list_of_the_real_lessons_names_them_all():
    code, out = invoke("list")
    assert code == 0
    for lesson in syllabus.lessons():
        assert lesson.name in out

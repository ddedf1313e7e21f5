"""Tags that an attendee gives to mistakes: kept at every tick, whole, and never lost."""

import json

import pytest

from workshop.classroom import tags
from workshop.day2.practice.table import png


def the_file(tmp_path):
    return tmp_path / ".workshop" / "tags.json"


def test_tags_are_kept_in_a_file_and_replaced_by_example(tmp_path):
    assert tags.tags() == {}
    tags.put({12: ["thick pen", "thick pen"], 3: []})
    tags.put({12: ["label is wrong"]})
    assert tags.tags() == {3: (), 12: ("label is wrong",)}
    kept = json.loads(the_file(tmp_path).read_text(encoding="utf-8"))
    assert kept["tags"] == {"3": [], "12": ["label is wrong"]}
    assert [p.name for p in the_file(tmp_path).parent.iterdir()] == ["tags.json"]


def test_nothing_is_written_by_halves(tmp_path, monkeypatch):
    tags.put({1: ["a"]})
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.warns(UserWarning, match="tags are not kept: full"):
        tags.put({1: ["b"]})
    assert tags.tags() == {1: ("a",)}


@pytest.mark.parametrize("content", ["{", '{"tags": {"x": []}}', '{"tags": {"1": [2]}}'])
def test_a_damaged_file_is_set_aside(tmp_path, content):
    the_file(tmp_path).parent.mkdir()
    the_file(tmp_path).write_text(content, encoding="utf-8")
    with pytest.warns(UserWarning, match="was damaged"):
        assert tags.tags() == {}
    (aside,) = the_file(tmp_path).parent.glob("tags.json.damaged-*")
    assert aside.read_text(encoding="utf-8") == content


@pytest.mark.parametrize("wrong", [{"3": ["a"]}, {True: ["a"]}, {3: "thick pen"}])
def test_what_is_no_tag_is_refused(wrong):
    with pytest.raises(TypeError, match="expected a whole number and a list"):
        tags.put(wrong)


def test_every_tick_is_kept_at_once_and_shown_again():
    import torch
    from ipywidgets import Checkbox, Image

    def boxes(widget):
        found = [widget] if isinstance(widget, Checkbox) else []
        for child in getattr(widget, "children", ()):
            found += boxes(child)
        return found

    picture = (png(torch.zeros(28, 28)), "a 3 read as 5")
    made = tags.tagger([7, 9], [picture, picture], ["faint", "cut off"])
    first, second, third, _ = boxes(made)
    first.value = True
    assert tags.tags() == {7: ("faint",)}
    second.value = third.value = True
    first.value = False
    assert tags.tags() == {7: ("cut off",), 9: ("faint",)}
    again = boxes(tags.tagger([7, 9], [picture, picture], ["faint", "cut off"]))
    assert [box.value for box in again] == [False, True, True, False]
    images = [
        c for row in made.children for c in getattr(row, "children", ()) if isinstance(c, Image)
    ]
    assert len(images) == 2

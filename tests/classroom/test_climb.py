"""The climb on MNIST-5k: rungs are kept, replaced, ordered, drawn, and survive a damaged file."""

import pytest

from workshop import syllabus
from workshop.classroom import climb
from workshop.figures import plots


def test_rungs_keep_the_lessons_order_and_are_replaced_by_name():
    assert climb.rungs() == []
    climb.add("network", lesson="layers", correct=930, total=1000)
    climb.add("by hand", lesson="representation", correct=700, total=1000)
    climb.add("network", lesson="layers", correct=940, total=1000)
    kept = climb.rungs()
    assert [(rung.lesson, rung.name, rung.correct) for rung in kept] == [
        ("representation", "by hand", 700),
        ("layers", "network", 940),
    ]
    assert kept[1].accuracy == 0.94
    shown = climb.table()._repr_markdown_()
    assert f"| {syllabus.get('layers').number} layers | network | 940 of 1000 | 0.940 |" in shown


def test_the_picture_shows_errors_and_says_so_in_words():
    with pytest.raises(RuntimeError, match="no rung yet"):
        climb.show()
    for number in range(12):
        climb.add(f"model {number}", lesson="layers", correct=900 + number, total=1000)
    layers = syllabus.get("layers").number
    message = plots.alt_text(climb.show(columns=4))
    assert message.startswith("The climb on MNIST-5k")
    assert f"{layers}. model 0 100" in message
    assert f"{layers}. model 11 89" in message
    assert "model 5" not in message


@pytest.mark.parametrize(("correct", "total"), [(1001, 1000), (-1, 1000), (0, 0), (0.9, 1)])
def test_an_impossible_count_is_refused(correct, total):
    with pytest.raises(ValueError, match="0 <= correct <= total"):
        climb.add("model", lesson="layers", correct=correct, total=total)


def test_an_unknown_lesson_is_refused():
    with pytest.raises(KeyError, match="Did you mean 'layers'"):
        climb.add("model", lesson="layer", correct=1, total=2)


def test_a_damaged_file_is_set_aside_and_the_climb_starts_anew(tmp_path):
    climb.add("network", lesson="layers", correct=930, total=1000)
    file = tmp_path / ".workshop" / "climb.json"
    file.write_text('{"rungs": [{"name": 3}]}', encoding="utf-8")
    with pytest.warns(UserWarning, match="was damaged"):
        assert climb.rungs() == []
    assert len(list(file.parent.glob("climb.json.damaged-*"))) == 1
    climb.add("network", lesson="layers", correct=931, total=1000)
    assert [rung.correct for rung in climb.rungs()] == [931]


def test_a_folder_that_cannot_be_written_is_a_warning(tmp_path):
    (tmp_path / ".workshop").write_text("a file in the way", encoding="utf-8")
    with pytest.warns(UserWarning, match="the climb is not kept|cannot be read"):
        climb.add("network", lesson="layers", correct=930, total=1000)

"""Progress: kept whole in the attendee's own folder, and never lost to a damaged file."""

import json

import pytest

from workshop.exercises import progress


def test_the_folder_is_the_nearest_with_a_mark_or_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.delenv("WORKSHOP_HOME")
    (tmp_path / "mine" / "day1").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "mine" / "day1")
    assert progress.home() == tmp_path / "mine" / "day1"
    (tmp_path / "mine" / ".workshop").mkdir()
    assert progress.home() == tmp_path / "mine"
    monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path / "other"))
    assert progress.home() == tmp_path / "other"


def test_nothing_yet_is_an_empty_table(tmp_path):
    assert progress.read("neuron", tmp_path) == {}


def test_lessons_and_exercises_are_kept_apart(tmp_path):
    progress.record("neuron", "sigmoid", root=tmp_path, attempt="passed")
    progress.record("neuron", "weighted_sum", root=tmp_path, attempt="wrong", message="no bias")
    progress.record("layers", "layer", root=tmp_path, hints=2)
    neuron = progress.read("neuron", tmp_path)
    assert neuron["sigmoid"]["status"] == "passed"
    assert neuron["weighted_sum"]["message"] == "no bias"
    assert progress.read("layers", tmp_path)["layer"] == {
        "status": "not attempted",
        "attempts": 0,
        "hints": 2,
    }
    files = sorted(path.name for path in (tmp_path / ".workshop" / "progress").iterdir())
    assert files == ["layers.json", "neuron.json"]  # no temporary file is left


def test_mistakes_are_counted_by_name(tmp_path):
    for mistake in ("no bias", "", "sign", "no bias"):
        progress.record("neuron", "sigmoid", root=tmp_path, attempt="wrong", mistake=mistake)
    entry = progress.read("neuron", tmp_path)["sigmoid"]
    assert entry["attempts"] == 4
    assert entry["mistakes"] == {"no bias": 2, "sign": 1}


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"exercises": 3}', '{"exercises": {"sigmoid": 3}}', "\x00\x01"]
)
def test_a_damaged_file_is_set_aside_with_its_content(tmp_path, content):
    path = tmp_path / ".workshop" / "progress" / "neuron.json"
    path.parent.mkdir(parents=True)
    path.write_text(content, encoding="utf-8")
    with pytest.warns(UserWarning, match=r"was damaged and is now neuron\.json\.damaged-"):
        assert progress.read("neuron", tmp_path) == {}
    (aside,) = path.parent.glob("neuron.json.damaged-*")
    assert aside.read_text(encoding="utf-8") == content
    assert progress.record("neuron", "sigmoid", root=tmp_path, attempt="passed")
    assert progress.read("neuron", tmp_path)["sigmoid"]["status"] == "passed"


def test_where_nothing_can_be_written_a_warning_says_so_and_nothing_is_raised(tmp_path):
    (tmp_path / ".workshop").write_text("a file in the way", encoding="utf-8")
    with pytest.warns(UserWarning, match="progress is not kept|cannot be read"):
        assert progress.record("neuron", "sigmoid", root=tmp_path, attempt="passed") is False


def test_an_interrupted_write_leaves_the_old_file(tmp_path, monkeypatch):
    progress.record("neuron", "sigmoid", root=tmp_path, attempt="passed")

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        progress.record("neuron", "sigmoid", root=tmp_path, attempt="wrong")
    monkeypatch.undo()
    path = tmp_path / ".workshop" / "progress" / "neuron.json"
    assert json.loads(path.read_text(encoding="utf-8"))["exercises"]["sigmoid"]["attempts"] == 1
    assert [one.name for one in path.parent.iterdir()] == ["neuron.json"]

"""Data that are missing; strangers' files, folders and texts: bounded, strict, harmless."""

import os
import pickle

import pytest

from workshop.core.files import DataError, opening, printable, strict_json, walk


def test_a_data_error_has_what_is_wrong_and_its_fix():
    for error in (
        DataError("x is missing", "get x"),
        pickle.loads(pickle.dumps(DataError("x", "y"))),
    ):
        assert error.args == (error.what, error.fix)
        assert str(error) == f"{error.what}. To fix it: {error.fix}"


def test_whatever_reading_a_data_file_raises_is_a_data_error(tmp_path, monkeypatch):
    (tmp_path / "MANIFEST.toml").write_text("")
    monkeypatch.setenv("WORKSHOP_DATA", str(tmp_path))
    with pytest.raises(DataError) as missing, opening("none") as path:
        path.read_bytes()
    assert missing.value.what == f"{tmp_path / 'none'} is missing"
    assert missing.value.fix.startswith("unset WORKSHOP_DATA")
    with pytest.raises(DataError) as damaged, opening("none"):
        raise ZeroDivisionError("no bytes")
    assert damaged.value.what.endswith("cannot be read (ZeroDivisionError: no bytes)")


@pytest.mark.parametrize("content", [b"[]", b"3", b'{"a": NaN}', b'{"a": 1, "a": 1}', b"\xff", b""])
def test_strict_json_takes_an_object_only(content):
    with pytest.raises(ValueError):
        strict_json(content)


def test_strict_json_gives_the_object():
    assert strict_json(b'{"a": [1, null]}') == {"a": [1, None]}


def test_printable_takes_out_what_a_terminal_acts_upon():
    assert printable("a\x1b[2J\u202eb\ud800\nc") == "a\ufffd[2J\ufffdb\ufffd\nc"
    assert printable("a" * 3000) == "a" * 2000 + " ..."


def walked(top, prune=(), **limits):
    problems, seen = [], []
    limits = {"max_entries": 100, "max_depth": 5, **limits}
    for folder, folders, others in walk(top, **limits, problem=lambda *one: problems.append(one)):
        folders[:] = [one for one in folders if one.name not in prune]
        seen.append((folder.name, [one.name for one in others]))
    return seen, [(folder.name, str(error)) for folder, error in problems]


@pytest.fixture
def top(tmp_path):
    top = tmp_path / "top"
    for name in ("b/c/two", "a/one", ".git/hidden", "node_modules/x", "b/.hidden", "three"):
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).touch()
    return top


def test_walk_goes_by_name_past_hidden_things(top):
    everything = [("top", ["three"]), ("a", ["one"]), ("b", []), ("c", ["two"])]
    assert walked(top) == (everything, [])
    assert walked(top, prune=("b",)) == (everything[:2], [])


def test_walk_is_bounded(top):
    seen, problems = walked(top, max_depth=1)
    assert [name for name, _ in seen] == ["top", "a", "b"]
    assert problems == [("b", "is not read on: more than 1 folders deep")]
    seen, problems = walked(top, max_entries=3)
    assert [name for name, _ in seen] == ["top"]
    assert problems == [("top", "is not read on: more than 3 files")]


@pytest.mark.skipif(os.name != "posix", reason="links as POSIX has them")
def test_walk_follows_no_link(top):
    (top / "a" / "round").symlink_to(top, target_is_directory=True)
    seen, problems = walked(top)
    assert seen[1] == ("a", ["one", "round"])
    assert problems == []


def test_walk_names_a_folder_that_is_gone(tmp_path):
    assert walked(tmp_path / "gone")[1] == [
        ("gone", f"[Errno 2] {os.strerror(2)}: {str(tmp_path / 'gone')!r}")
    ]

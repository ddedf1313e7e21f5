"""What a grading leaves on disk: one grading at a time, harmless names, a journal that is read again."""

import json
import os

import pytest

from workshop.exercises.verdict import Status
from workshop.grading import results


def test_two_gradings_do_not_write_to_one_folder(tmp_path):
    with results.Out(tmp_path / "out"):
        with pytest.raises(results.OutError, match="another grading"):
            results.Out(tmp_path / "out")
    results.Out(tmp_path / "out").close()
    (tmp_path / "file").write_text("")
    with pytest.raises(results.OutError, match="cannot be written"):
        results.Out(tmp_path / "file")


def test_names_of_files_are_harmless():
    assert results.slug("ann") == "ann"
    assert len({results.slug(name) for name in ("Ann", "ann", "../ann", "ann/", "a" * 300)}) == 5
    for name in ("../../etc/passwd", "con", "..", "", "a\x00b", "\ud800", "=1+1"):
        slug = results.slug(name)
        assert slug
        assert os.path.basename(slug) == slug
        assert slug not in (".", "..", "con")


def test_a_journal_is_read_again_without_foreign_lines(tmp_path):
    one = results.Result("ann", "neuron", "sigmoid", Status.WRONG, "no", 0.1, mistake="sign")
    with results.Out(tmp_path) as out:
        out.add("a", one)
    with (tmp_path / "journal.jsonl").open("a") as file:
        for verdict in ("p4ssed", ["passed"]):
            entry = {"key": "b", "result": {**vars(one), "verdict": verdict}}
            file.write(json.dumps(entry) + "\n")
        file.write('{"key": "c", "resu')
    with results.Out(tmp_path) as out:
        assert out.done == {"a": one}

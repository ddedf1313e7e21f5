"""Reading what a class hands in: damaged, odd and hostile files are told apart, and hurt nobody."""

import json
import os
import struct
import sys
import zipfile

import builders
import pytest

from workshop.exercises import all_exercises
from workshop.grading import submissions

EXERCISES = {one.name: one.lesson for one in all_exercises()}


def found(*places):
    return {one.attendee: one for one in submissions.find(places, EXERCISES)}


def problem_of(folder, name="02_neuron.ipynb"):
    (one,) = found(folder)["ann"].problems
    assert (one.place, one.lesson) == (f"ann/{name}", "neuron")
    return one.status, one.reason


def test_each_folder_zip_and_notebook_is_an_attendee_s(tmp_path):
    builders.hand_in(tmp_path, "ann", builders.notebook(), "day1/02_neuron.ipynb")
    builders.hand_in(tmp_path, "ann", builders.notebook(), ".ipynb_checkpoints/02_neuron.ipynb")
    builders.hand_in_zip(tmp_path, "bob", {"deep/day1/02_neuron.ipynb": builders.notebook()})
    builders.hand_in(tmp_path, ".", builders.notebook(), "carol.ipynb")
    (tmp_path / "dora").mkdir()
    every = found(tmp_path)
    assert sorted(every) == ["ann", "bob", "carol", "dora"]
    assert every.pop("dora").notebooks == []
    for one in every.values():
        (notebook,) = one.notebooks
        assert notebook.lesson == "neuron"
        assert {"sigmoid", "standardize"} <= notebook.defines


def test_a_folder_of_our_own_notebooks_is_one_attendee_s(tmp_path):
    builders.hand_in(tmp_path / "ann", "day1", builders.notebook())
    builders.hand_in(tmp_path / "bob", ".", builders.notebook(), "02_neuron.ipynb")
    # Made before other lessons came in between.
    builders.hand_in(tmp_path / "cyd", ".", builders.notebook(), "77_neuron.ipynb")
    assert list(found(tmp_path / "ann")) == ["ann"]
    assert list(found(tmp_path / "bob")) == ["bob"]
    assert list(found(tmp_path / "cyd")) == ["cyd"]
    assert list(found(tmp_path / "bob" / "02_neuron.ipynb")) == ["02_neuron"]
    assert sorted(found(tmp_path / "ann", tmp_path / "bob")) == ["ann", "bob"]


def test_a_class_in_a_zip_file_with_a_zip_file_for_each(tmp_path):
    for name in ("ann", "bob"):
        builders.hand_in_zip(tmp_path, name, {"02_neuron.ipynb": builders.notebook()})
    inner = {f"{name}.zip": (tmp_path / f"{name}.zip").read_bytes() for name in ("ann", "bob")}
    builders.hand_in_zip(tmp_path / "all", "class", inner)
    assert sorted(found(tmp_path / "all" / "class.zip")) == ["ann", "bob"]


def test_nothing_there_is_an_error(tmp_path):
    with pytest.raises(submissions.NothingThere, match="no notebook"):
        found(tmp_path)
    with pytest.raises(submissions.NothingThere, match="is not there"):
        found(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("content", "status", "says"),
    [
        (b"", "unreadable", "empty"),
        (b"\n \n", "unreadable", "empty"),
        (b"{", "unreadable", "not JSON"),
        (json.dumps(builders.notebook()).encode()[:-100], "unreadable", "not JSON"),
        (
            json.dumps(builders.notebook(), ensure_ascii=False).encode("utf-16"),
            "unreadable",
            "UTF-8",
        ),
        ('{"cells": "caf\u00e9"}'.encode("latin-1"), "unreadable", "UTF-8"),
        (b"[" * 200_000, "unreadable", "not a notebook"),
        (b'{"cells": ' + b"9" * 10_000 + b"}", "unreadable", ""),
        (b"[]", "unreadable", "not a notebook"),
        (b'{"cells": 3}', "unreadable", "no cells"),
        (b'{"cells": [{"cell_type": "code", "source": 3}]}', "unreadable", "not text"),
        (b'{"worksheets": [3]}', "unreadable", "not a notebook"),
        (b'{"cells": []}' + b" " * 20_000_000, "refused", "20 MB"),
        (json.dumps(builders.notebook(before=["#" * 1_100_000])).encode(), "refused", "code"),
    ],
)
def test_unreadable_and_refused_files_say_why(content, status, says, tmp_path):
    builders.hand_in(tmp_path, "ann", content)
    got, reason = problem_of(tmp_path)
    assert got == status
    assert says in reason


def test_what_tools_do_to_a_notebook_does_no_harm(tmp_path):
    plain = builders.notebook()
    old = {
        "nbformat": 3,
        "metadata": {},
        "worksheets": [
            {
                "cells": [
                    {"cell_type": "code", "input": one["source"].splitlines(keepends=True)}
                    for one in plain["cells"]
                    if one["cell_type"] == "code"
                ]
            }
        ],
    }
    text = json.dumps(plain).encode()
    variants = {
        "old": old,
        "stripped": builders.notebook(marks=False),
        "bom": b"\xef\xbb\xbf" + text,
        "windows": json.dumps(plain, indent=1).replace("\n", "\r\n").encode(),
        "odd_metadata": {**plain, "metadata": {"workshop": ["neuron"]}},
        "unknown_lesson": {**plain, "metadata": {"workshop": {"lesson": "../../etc"}}},
    }
    for name, content in variants.items():
        builders.hand_in(tmp_path, name, content, "my own name.ipynb")
    for name, one in found(tmp_path).items():
        assert one.problems == [], name
        assert one.notebooks[0].lesson == "neuron", name
        marked = [exercise for _, exercise in one.notebooks[0].cells if exercise]
        assert marked == list(builders.right_answers()), name


def test_zip_files_lead_nowhere(tmp_path):
    good = builders.notebook()
    builders.hand_in_zip(
        tmp_path / "class",
        "ann",
        {
            "../../02_neuron.ipynb": good,
            "/etc/03_layers.ipynb": good,
            "C:\\Users\\ann\\04_activations.ipynb": good,
            "05_losses.ipynb": ("link", "/etc/passwd"),
            "day1\\01_representation.ipynb": good,
            "notes.txt": b"hello",
        },
    )
    one = found(tmp_path / "class")["ann"]
    assert [book.place for book in one.notebooks] == ["ann.zip/day1/01_representation.ipynb"]
    assert sorted((problem.lesson, problem.status) for problem in one.problems) == [
        ("activations", "refused"),
        ("layers", "refused"),
        ("losses", "refused"),
        ("neuron", "refused"),
    ]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["ann.zip", "class"]


def test_zip_files_that_are_bombs_or_broken(tmp_path):
    builders.hand_in_zip(tmp_path, "bomb", {"02_neuron.ipynb": b" " * 50_000_000})
    # One that lies about the size it unpacks to, in both of the places that say it.
    builders.hand_in_zip(tmp_path, "liar", {"02_neuron.ipynb": b" " * 50_000_000})
    lie = (
        (tmp_path / "liar.zip")
        .read_bytes()
        .replace(struct.pack("<I", 50_000_000), struct.pack("<I", 100))
    )
    (tmp_path / "liar.zip").write_bytes(lie)
    (tmp_path / "torn.zip").write_bytes(lie[: len(lie) // 2])
    (tmp_path / "empty.zip").write_bytes(b"")
    many = {f"{number}/x.ipynb": b"{}" for number in range(20_001)}
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as archive:
        for name, content in many.items():
            archive.writestr(name, content)
    every = found(tmp_path)
    status = {name: {problem.status for problem in one.problems} for name, one in every.items()}
    assert status == {
        "bomb": {"refused"},
        "liar": {"unreadable"},
        "torn": {"unreadable"},
        "empty": {"unreadable"},
        "many": {"refused"},
    }
    assert all(one.notebooks == [] for one in every.values())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
def test_links_and_pipes_in_folders_are_not_followed(tmp_path):
    secret = builders.hand_in(tmp_path / "elsewhere", "x", builders.notebook())
    place = tmp_path / "class"
    builders.hand_in(place, "ann", builders.notebook(), "01_representation.ipynb")
    os.symlink(secret, place / "ann" / "02_neuron.ipynb")
    os.symlink(secret.parent, place / "ann" / "day1")
    os.mkfifo(place / "ann" / "03_layers.ipynb")
    os.symlink(place, place / "ann" / "round")
    one = found(place)["ann"]
    assert len(one.notebooks) == 1
    assert {problem.place: problem.status for problem in one.problems} == {
        "ann/02_neuron.ipynb": "refused",
        "ann/03_layers.ipynb": "refused",
        "ann/day1": "refused",
        "ann/round": "refused",
    }


def test_the_notebook_of_an_exercise_among_copies(tmp_path):
    for name in ("02_neuron-Copy1.ipynb", "02_neuron.ipynb", "a.ipynb"):
        builders.hand_in(tmp_path, "ann", builders.notebook({"standardize": None}), name)
    alone = {"weighted_sum": None, "sigmoid": None, "boundary_x2": None}
    builders.hand_in(tmp_path, "ann", builders.notebook(alone), "z.ipynb")
    one = found(tmp_path)["ann"]
    assert one.notebook_for("sigmoid", "neuron").place == "ann/02_neuron.ipynb"
    assert one.notebook_for("standardize", "neuron").place == "ann/z.ipynb"
    assert one.notebook_for("relu", "activations") is None

"""The doctor: finds what is wrong, and names the command that fixes it."""

import importlib.metadata
import shutil
import sys
from types import SimpleNamespace

import fakes
import psutil
import pytest
import torch

from workshop.classroom import doctor, notebooks
from workshop.core import data


def findings(look):
    return {one.what: one for one in doctor._guarded(look)}


def only(look):
    (one,) = doctor._guarded(look)
    return one


def test_here_everything_but_the_notebooks_is_in_order(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(doctor, "_notebooks", lambda: iter(()))  # tests/test_notebooks.py
    found = list(doctor.examine())
    assert [one for one in found if one.state == "problem"] == []
    for what in (
        "Python",
        "packages",
        "memory",
        "disk",
        "this folder",
        "Jupyter",
        "torch",
        "threads",
        "device",
        "torchvision",
        "training",
    ):
        assert what in {one.what for one in found}
    for one in found:
        assert bool(one.fix) == (one.state != "ok"), one
        assert set(one.as_dict()) == {"what", "state", "text", "fix"}
    for row in data.manifest():
        (text,) = [one.text for one in found if one.what == f"data {row['name']}"]
        assert row["licence"] in text
        assert row["source"] in text


def test_an_old_python_is_a_problem(monkeypatch):
    assert only(doctor._python).state == "ok"
    monkeypatch.setattr(doctor.platform, "python_version_tuple", lambda: ("3", "9", "18"))
    assert only(doctor._python).state == "problem"


def test_packages_are_held_to_the_floors_of_our_own_metadata(monkeypatch):
    assert "torch>=2.3.1" in doctor._required()
    markers = ["torch>=99", "no-such-package>=1.2", "numpy>=1", "gone>=1; python_version<'3'"]
    monkeypatch.setattr(doctor, "_required", lambda: [*markers, "pytest>=99; extra=='test'"])
    found = findings(doctor._packages)
    assert set(found) == {"torch", "no-such-package", "packages"}
    assert found["torch"].state == found["no-such-package"].state == "problem"
    assert found["torch"].fix == 'python -m pip install "torch>=99"'
    assert "got nothing, expected >=1.2" in found["no-such-package"].text
    assert found["packages"].text == f"numpy {importlib.metadata.version('numpy')}"


def test_outside_a_clone_versions_are_those_of_the_install(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "__file__", str(tmp_path / "a" / "b" / "doctor.py"))
    monkeypatch.setattr(doctor.importlib.metadata, "requires", lambda name: [f"{name}-needs>=1"])
    assert doctor._required() == ["deep-learning-workshop-needs>=1"]


def test_little_memory_and_disk_are_notes(monkeypatch):
    assert {one.state for one in findings(doctor._memory_and_disk).values()} <= {"ok", "note"}
    memory = SimpleNamespace(available=1e9, total=4e9)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda place: SimpleNamespace(free=1e6))
    found = findings(doctor._memory_and_disk)
    assert [one.state for one in found.values()] == ["note", "note"]
    assert "1.0 of 4.0 GB" in found["memory"].text


def test_a_folder_that_cannot_be_written_is_a_note(monkeypatch):
    def denied(dir):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(doctor.tempfile, "TemporaryFile", denied)
    finding = only(doctor._folder)
    assert finding.state == "note"
    assert "Permission denied" in finding.text


def test_a_missing_jupyter_is_a_problem(monkeypatch):
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: None)
    finding = only(doctor._jupyter)
    assert finding.state == "problem"
    assert finding.fix == "python -m pip install jupyterlab ipykernel ipywidgets nbclient"


def test_missing_notebooks_are_built_or_installed_again(monkeypatch, tmp_path):
    one, two = fakes.install(
        monkeypatch, fakes.lesson("one", fakes.crashes), fakes.lesson("two", fakes.crashes)
    )
    place = tmp_path / "notebooks"
    (place / "day1").mkdir(parents=True)
    (place / f"{one.notebook}.ipynb").touch()
    monkeypatch.setattr(notebooks, "notebooks_dir", lambda: place)
    finding = only(doctor._notebooks)
    assert finding.state == "problem"
    assert finding.text == "missing: two"
    assert finding.fix == "workshop notebooks"
    monkeypatch.setattr(notebooks, "in_repository", lambda: False)
    assert only(doctor._notebooks).fix == doctor.REINSTALL
    (place / f"{two.notebook}.ipynb").touch()
    assert only(doctor._notebooks).state == "ok"


def test_a_torch_that_does_not_load_is_one_problem_not_many(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "torch", None)
    found = {one.what: one for one in doctor.examine()}
    assert found["torch"].state == "problem"
    assert "--force-reinstall torch" in found["torch"].fix
    assert not {"device", "torchvision", "training"} & set(found)


def test_a_torch_that_miscalculates_is_a_problem(monkeypatch):
    monkeypatch.setattr(torch, "ones", lambda *shape: torch.zeros(*shape))
    assert only(doctor._torch).state == "problem"


def test_a_torch_that_does_not_fit_numpy_is_a_problem(monkeypatch):
    def numpy(tensor):
        raise RuntimeError("Numpy is not available")

    monkeypatch.setattr(torch.Tensor, "numpy", numpy)
    finding = only(doctor._torch)
    assert finding.state == "problem"
    assert "Numpy is not available" in finding.text
    assert "numpy<2" in finding.fix


def test_a_missing_device_is_a_problem_and_nothing_trains(monkeypatch):
    monkeypatch.setenv("WORKSHOP_DEVICE", "warp")
    finding = only(doctor._device)
    assert finding.state == "problem"
    assert "WORKSHOP_DEVICE" in finding.fix
    assert findings(doctor._smoke_test) == {}


def test_a_torchvision_of_another_torch_is_a_problem(monkeypatch):
    import torchvision

    def mismatched(*_):
        raise RuntimeError("operator torchvision::nms does not exist\nand much more")

    monkeypatch.setattr(torchvision.ops, "nms", mismatched)
    finding = only(doctor._torchvision)
    assert finding.state == "problem"
    assert finding.text.endswith("(operator torchvision::nms does not exist)")
    assert "torchvision==0." in finding.fix
    monkeypatch.setitem(sys.modules, "torchvision", None)
    assert only(doctor._torchvision).state == "problem"


@pytest.mark.parametrize(
    ("torch_version", "words"),
    [
        ("2.3.1", ['"torchvision==0.18.*"']),
        ("2.14.1+cpu", ['"torchvision==0.29.*"', "--index-url", "/whl/cpu"]),
        ("2.14.1+cu130", ['"torchvision==0.29.*"', "/whl/cu130"]),
        ("3.0.0", ["torch torchvision"]),
        ("unknown", ["torch torchvision"]),
    ],
)
def test_the_fix_names_the_torchvision_that_fits(torch_version, words):
    command = doctor._torchvision_for(torch_version)
    for word in words:
        assert word in command


@pytest.mark.parametrize(
    ("torch_version", "text_version", "state"),
    [("2.14.1", "0.18.0", "note"), ("2.3.1+cpu", "0.18.0", "ok"), ("2.3.1", "0.17.0", "note")],
)
def test_a_torchtext_beside_a_newer_torch_is_a_note(
    monkeypatch, torch_version, text_version, state
):
    monkeypatch.setattr(torch, "__version__", torch_version)
    monkeypatch.setattr(doctor.importlib.metadata, "version", lambda name: text_version)
    finding = only(doctor._torchtext)
    assert finding.state == state
    assert finding.fix == ("python -m pip uninstall torchtext" if state == "note" else "")


def test_changed_data_are_a_problem_the_others_still_listed(monkeypatch, tmp_path):
    shutil.copytree(data.data_dir(), tmp_path / "data")
    with (tmp_path / "data" / "mnist5k.npz").open("ab") as file:
        file.write(b"more")
    monkeypatch.setenv("WORKSHOP_DATA", str(tmp_path / "data"))
    found = findings(doctor._data)
    assert found["data mnist5k"].state == "problem"
    assert "mnist5k.npz" in found["data mnist5k"].text
    assert found["data mnist5k"].fix
    assert found["data diabetes"].state == "ok"


def test_data_that_are_not_there_are_one_problem(monkeypatch, tmp_path):
    monkeypatch.setenv("WORKSHOP_DATA", str(tmp_path))
    finding = only(doctor._data)
    assert finding.state == "problem"
    assert "WORKSHOP_DATA" in finding.fix


def test_the_smoke_test_trains(monkeypatch):
    before, after, accuracy, seconds = doctor.train_briefly("cpu")
    assert after < 0.3 * before
    assert accuracy > 0.85
    assert 0 < seconds < 60


@pytest.mark.parametrize(
    ("result", "state"),
    [
        ((2.3, 0.2, 0.95, 1.0), "ok"),
        ((2.3, 0.2, 0.95, 99.0), "note"),
        ((2.3, 1.2, 0.95, 1.0), "problem"),
        ((2.3, 0.2, 0.65, 1.0), "problem"),
        ((2.3, float("nan"), 0.95, 1.0), "problem"),
        (RuntimeError("no kernel image"), "problem"),
    ],
)
def test_a_training_that_does_not_learn_or_fails_is_a_problem(monkeypatch, result, state):
    def trained(device):
        if isinstance(result, Exception):
            raise result
        return result

    monkeypatch.setattr(doctor, "train_briefly", trained)
    finding = only(doctor._smoke_test)
    assert finding.state == state
    assert bool(finding.fix) == (state != "ok")


def test_a_look_that_fails_unforeseen_is_a_finding_too():
    def look():
        yield doctor.Finding("a", "ok", "b")
        raise OSError("the disk\nis on fire")

    first, second = doctor._guarded(look)
    assert first.state == "ok"
    assert second == doctor.Finding("look", "problem", "OSError: the disk", doctor.REINSTALL)


def test_a_look_that_lacks_a_package_says_which(monkeypatch):
    monkeypatch.setitem(sys.modules, "psutil", None)
    finding = only(doctor._memory_and_disk)
    assert (finding.state, finding.fix) == ("problem", "python -m pip install psutil")

"""The wheel: built, its contents and licences read, installed elsewhere and used from there."""

import json
import os
import subprocess
import sys
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest

from workshop import __version__, syllabus

ROOT = Path(__file__).parents[1]


def pip(*arguments):
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    run = subprocess.run(
        [*command, "--no-deps", "--no-index"], cwd=ROOT, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-build-isolation", "--wheel-dir", str(folder), ".")
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def site(wheel, tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    pip("install", "--target", str(folder), str(wheel))
    return folder


def names_in(wheel):
    return zipfile.ZipFile(wheel).namelist()


def test_its_name_is_the_project_s(wheel):
    assert wheel.name == f"deep_learning_workshop-{__version__}-py3-none-any.whl"


def test_it_carries_all_modules_the_data_and_the_notebooks(wheel):
    names = set(names_in(wheel))
    assert "workshop/py.typed" in names
    for path in [*ROOT.glob("workshop/**/*.py"), *ROOT.glob("workshop/**/lesson.toml")]:
        assert path.relative_to(ROOT).as_posix() in names
    for name in ("MANIFEST.toml", "mnist5k.npz"):
        assert f"workshop/_data/{name}" in names
    for lesson in syllabus.lessons():
        assert f"workshop/_notebooks/{lesson.notebook}.ipynb" in names


def test_it_carries_nothing_else(wheel):
    tops = {name.split("/")[0] for name in names_in(wheel)}
    assert tops == {"workshop", f"deep_learning_workshop-{__version__}.dist-info"}
    for name in names_in(wheel):
        assert "__pycache__" not in name
        assert ".ipynb_checkpoints" not in name
        assert not name.startswith(("workshop/tests", "workshop/benchmarks"))
    assert sum(info.compress_size for info in zipfile.ZipFile(wheel).infolist()) < 20e6


def test_its_metadata_name_every_licence_and_carry_the_texts(wheel):
    info = f"deep_learning_workshop-{__version__}.dist-info"
    metadata = HeaderParser().parsestr(
        zipfile.ZipFile(wheel).read(f"{info}/METADATA").decode("utf-8")
    )
    assert metadata["Name"] == "deep-learning-workshop"
    assert metadata["License-Expression"] == (
        "MIT AND CC-BY-SA-3.0 AND BSD-3-Clause AND PDDL-1.0 AND GPL-2.0-or-later AND Apache-2.0 "
        "AND Unicode-3.0 AND LicenseRef-Public-Domain"
    )
    files = metadata.get_all("License-File")
    licences = [p.relative_to(ROOT).as_posix() for p in (ROOT / "data" / "licenses").iterdir()]
    assert sorted(files) == sorted(["LICENSE", *licences])
    for file in files:
        assert f"{info}/licenses/{file}" in names_in(wheel)
    entry = zipfile.ZipFile(wheel).read(f"{info}/entry_points.txt").decode()
    assert "workshop = workshop.cli:main" in entry


def use(site, folder, *arguments):
    """Run Python outside of the repository with the installed copy on its path."""
    path = [
        part
        for part in os.environ.get("PYTHONPATH", "").split(os.pathsep)
        if part and Path(part).resolve() != ROOT
    ]
    environment = {
        **{key: value for key, value in os.environ.items() if key != "WORKSHOP_DATA"},
        "PYTHONPATH": os.pathsep.join([str(site), *path]),
        "COLUMNS": "200",
        "PYTHONIOENCODING": "utf-8",
    }
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )


def test_installed_elsewhere_it_uses_its_own_code_data_and_notebooks(site, tmp_path):
    code = (
        "import json, workshop; from workshop.core.data import data_dir;"
        "from workshop.classroom.notebooks import notebooks_dir;"
        "print(json.dumps([workshop.__file__, str(data_dir()), str(notebooks_dir())]))"
    )
    run = use(site, tmp_path, "-c", code)
    assert run.returncode == 0, run.stderr
    for place in json.loads(run.stdout):
        assert site.resolve() in Path(place).resolve().parents


def test_installed_elsewhere_it_lists_the_lessons(site, tmp_path):
    run = use(site, tmp_path, "-m", "workshop", "list", "--json")
    assert run.returncode == 0, run.stderr
    names = [row["lesson"] for row in json.loads(run.stdout)]
    assert names == [lesson.name for lesson in syllabus.lessons()]


def test_installed_elsewhere_it_trains_a_lesson(site, tmp_path):
    run = use(site, tmp_path, "-m", "workshop", "run", "neuron", "--device", "cpu", "--json", "-")
    assert run.returncode == 0, run.stderr
    (result,) = json.loads(run.stdout)
    assert result["lesson"] == "neuron"
    assert result["passed"] is True


def test_installed_elsewhere_it_fills_an_attendee_s_folder(site, tmp_path):
    run = use(site, tmp_path, "-m", "workshop", "lab", "mine", "--no-start")
    assert run.returncode == 0, run.stderr
    there = {path.relative_to(tmp_path / "mine").as_posix() for path in tmp_path.rglob("*.ipynb")}
    assert there == {f"{lesson.notebook}.ipynb" for lesson in syllabus.lessons()}

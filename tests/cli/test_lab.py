"""`workshop lab`."""

import json

import pytest

from cli.commands import invoke, workshop
from workshop import syllabus
from workshop.classroom import lab, notebooks


@pytest.fixture
def started(monkeypatch):
    """What `lab.start` is called with; it returns 7."""
    calls = []

    def start(folder, **options):
        calls.append((folder, options))
        return 7

    monkeypatch.setattr(lab, "start", start)
    return calls


def test_lab_copies_the_notebooks_and_starts_jupyter_there(started, tmp_path):
    code, out = invoke("lab")
    folder = tmp_path / "deep-learning-workshop"
    assert code == 7
    assert started == [(folder, {"browser": True, "port": None, "more": []})]
    for lesson in syllabus.lessons():
        assert (folder / f"{lesson.notebook}.ipynb").is_file()
    assert f"Your notebooks are in {folder}" in out.replace("\n", " ")
    for page in ("glossary", "notation", "further_reading"):
        assert (folder / "reference" / f"{page}.md").is_file()
    assert f"{len(syllabus.lessons()) + 3} new" in out


@pytest.mark.parametrize(
    ("arguments", "folder", "options"),
    [
        (["--no-browser", "--port", "8899"], "deep-learning-workshop", (False, 8899, [])),
        (["mine", "--no-browser"], "mine", (False, None, [])),
        (["mine", "--", "--Lab.x=1", "y"], "mine", (True, None, ["--Lab.x=1", "y"])),
        (["--", "--ip", "0.0.0.0"], "deep-learning-workshop", (True, None, ["--ip", "0.0.0.0"])),
    ],
)
def test_lab_passes_options_on(started, tmp_path, arguments, folder, options):
    assert invoke("lab", *arguments)[0] == 7
    names = ("browser", "port", "more")
    assert started == [(tmp_path / folder, dict(zip(names, options, strict=True)))]


def test_lab_no_start_only_copies_and_leaves_your_work(started, tmp_path):
    assert invoke("lab", "mine", "--no-start")[0] == 0
    mine = next((tmp_path / "mine" / "day1").glob("*.ipynb"))
    mine.write_text("my own work")
    code, out = invoke("lab", "mine", "--no-start")
    assert code == 0
    assert "1 with your own work" in out
    assert mine.read_text() == "my own work"
    record = tmp_path / "mine" / ".workshop" / "lab.json"
    content = json.loads(record.read_text())
    content["notebooks"] = dict.fromkeys(content["notebooks"], "an earlier edition")
    record.write_text(json.dumps(content))
    code, out = invoke("lab", "mine", "--no-start")
    assert f"kept as you changed it: {mine.relative_to(tmp_path / 'mine')}" in out
    assert mine.read_text() == "my own work"
    assert started == []


def test_lab_refuses_what_it_cannot_use(started, tmp_path):
    (tmp_path / "file").write_text("")
    for arguments, words in (
        (["file"], "is a file"),
        ([str(notebooks.notebooks_dir())], "a folder of your own"),
        (["a", "b"], "second folder, 'b'"),
        (["--prot", "3"], "--prot"),
        (["--port", "70000"], "--port"),
    ):
        code, out = invoke("lab", *arguments)
        assert code == 2
        assert words in out.replace("\n", " ")
    assert started == []


def test_lab_starts_the_real_jupyterlab():
    run = workshop("lab", "mine", "--no-browser", "--", "--version")
    assert run.returncode == 0, run.stderr
    assert run.stdout.decode().splitlines()[-1].startswith("4.")

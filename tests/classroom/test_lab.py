"""The attendee's folder: nothing of theirs is overwritten, and JupyterLab is started in it."""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import workshop
from workshop.classroom import lab


@pytest.fixture
def edition(tmp_path, monkeypatch):
    """A small edition of two notebooks, and beside them what must not be copied."""
    source = tmp_path / "edition"
    for name in ("day1/01_one.ipynb", "day2/01_two.ipynb", "day1/01_one.py", "notes.ipynb"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(f"first {name}")
    monkeypatch.setattr(lab, "notebooks_dir", lambda: source)
    return source


ONE, TWO = "day1/01_one.ipynb", "day2/01_two.ipynb"


def states(folder):
    folder = Path(folder).resolve()
    return {one.path.relative_to(folder).as_posix(): one.state for one in lab.fill(folder)}


def test_notebooks_alone_are_copied_and_remembered(edition, tmp_path):
    folder = tmp_path / "mine"
    assert states(folder) == {ONE: "new", TWO: "new"}
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert there == {ONE, TWO, ".workshop/lab.json"}
    record = json.loads((folder / ".workshop" / "lab.json").read_text())
    assert record["version"] == workshop.__version__
    assert record["notebooks"][ONE] == hashlib.sha256((edition / ONE).read_bytes()).hexdigest()
    assert states(folder) == {ONE: "as it was", TWO: "as it was"}


def test_what_was_not_changed_is_updated_and_what_was_is_kept(edition, tmp_path):
    folder = tmp_path / "mine"
    lab.fill(folder)
    (folder / ONE).write_text("my own work")
    assert states(folder) == {ONE: "yours", TWO: "as it was"}
    (edition / ONE).write_text("second edition")
    (edition / TWO).write_text("second edition")
    assert states(folder) == {ONE: "kept", TWO: "updated"}
    assert (folder / ONE).read_text() == "my own work"
    assert (folder / TWO).read_text() == "second edition"
    assert states(folder) == {ONE: "kept", TWO: "as it was"}  # said again, and still not touched
    assert (folder / ONE).read_text() == "my own work"
    (folder / ONE).rename(folder / "day1" / "my_one.ipynb")  # what the message advises
    assert states(folder) == {ONE: "put back", TWO: "as it was"}
    assert (folder / ONE).read_text() == "second edition"


def test_a_notebook_edited_to_the_new_edition_is_up_to_date(edition, tmp_path):
    folder = tmp_path / "mine"
    lab.fill(folder)
    (edition / ONE).write_text("second edition")
    (folder / ONE).write_text("second edition")
    assert states(folder)[ONE] == "as it was"
    (edition / ONE).write_text("third edition")
    assert states(folder)[ONE] == "updated"


def test_what_was_deleted_is_put_back(edition, tmp_path):
    folder = tmp_path / "mine"
    lab.fill(folder)
    (folder / ONE).unlink()
    assert states(folder) == {ONE: "put back", TWO: "as it was"}
    assert (folder / ONE).read_text() == f"first {ONE}"


@pytest.mark.parametrize("record", ["", "{", "[]", '{"notebooks": 3}', '{"version": "0"}', "null"])
def test_without_a_readable_record_what_differs_is_kept(edition, tmp_path, record):
    folder = tmp_path / "mine"
    lab.fill(folder)
    (folder / ".workshop" / "lab.json").write_text(record)
    (edition / ONE).write_text("second edition")
    assert states(folder) == {ONE: "kept", TWO: "as it was"}
    assert (folder / ONE).read_text() == f"first {ONE}"


def test_a_file_of_that_name_there_before_is_kept(edition, tmp_path):
    (tmp_path / "mine" / "day1").mkdir(parents=True)
    (tmp_path / "mine" / ONE).write_text("somebody's")
    assert states(tmp_path / "mine") == {ONE: "kept", TWO: "new"}


def test_a_folder_that_cannot_be_used_is_refused_in_words(edition, tmp_path, monkeypatch):
    package = Path(workshop.__file__).parent
    for place in (edition, edition / "day1", package, package / "deeper"):
        with pytest.raises(lab.LabError, match="originals are; name a folder of your own"):
            lab.fill(place)
    (tmp_path / "file").write_text("")
    with pytest.raises(lab.LabError, match="file is a file; name a folder"):
        lab.fill(tmp_path / "file")
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "day1").write_text("")
    with pytest.raises(lab.LabError, match=r"cannot be written .*name another folder"):
        lab.fill(tmp_path / "half")

    def denied(path, content):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(lab, "write_atomically", denied)
    with pytest.raises(lab.LabError, match=r"01_one\.ipynb cannot be written .Permission denied"):
        lab.fill(tmp_path / "mine")


def test_an_edition_without_notebooks_is_a_fault_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(lab, "notebooks_dir", lambda: tmp_path / "nothing")
    with pytest.raises(lab.LabError, match="workshop doctor"):
        lab.fill(tmp_path / "mine")

    def missing():
        raise FileNotFoundError("install it again")

    monkeypatch.setattr(lab, "notebooks_dir", missing)
    with pytest.raises(lab.LabError, match="install it again"):
        lab.fill(tmp_path / "mine")


# --- starting JupyterLab -------------------------------------------------------------------------


def test_the_command_passes_everything_on(tmp_path):
    line = lab.command(tmp_path)
    assert line[:3] == [sys.executable, "-m", "jupyterlab"]
    assert f"--ServerApp.root_dir={tmp_path.resolve()}" in line
    assert "--no-browser" not in line
    line = lab.command(tmp_path, browser=False, port=8899, more=["--LabApp.x=a b", "--y"])
    assert {"--no-browser", "--port=8899"} <= set(line)
    assert line[-2:] == ["--LabApp.x=a b", "--y"]


def test_jupyterlab_understands_the_command(tmp_path):
    line = lab.command(tmp_path, browser=False, port=8899, more=["--show-config"])
    run = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    for setting in ("open_browser = False", "port = 8899", "news_url = .*None", "NeverCheckForUpd"):
        assert re.search(setting, run.stdout), setting
    assert repr(str(tmp_path.resolve())) in run.stdout


def python(monkeypatch, code):
    """Have `start` run this code where it would start JupyterLab."""
    monkeypatch.setattr(lab, "command", lambda folder, **_: [sys.executable, "-c", code])


def test_it_starts_in_the_folder_and_its_exit_code_comes_back(tmp_path, monkeypatch):
    python(monkeypatch, "import os, pathlib; pathlib.Path('here').write_text(os.getcwd()); exit(7)")
    before = signal.getsignal(signal.SIGTERM)
    assert lab.start(tmp_path) == 7
    assert Path((tmp_path / "here").read_text()).resolve() == tmp_path.resolve()
    assert signal.getsignal(signal.SIGTERM) == before


def test_without_jupyterlab_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(lab.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(lab.LabError, match="pip install"):
        lab.start(tmp_path)


CHILD = """
import pathlib, signal, sys, time
def end(number, frame):
    pathlib.Path(f"got-{number}").touch()
    time.sleep(0.3)  # Jupyter asks first
    sys.exit(5)
signal.signal(signal.SIGINT, end)
signal.signal(signal.SIGTERM, end)
pathlib.Path("ready").touch()
time.sleep(60)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize(("number", "group"), [(signal.SIGINT, True), (signal.SIGTERM, False)])
def test_signals_reach_jupyter_and_its_end_is_waited_for(tmp_path, number, group):
    (tmp_path / "child.py").write_text(CHILD)
    code = (
        "import signal, sys; from pathlib import Path; from workshop.classroom import lab;"
        "signal.signal(signal.SIGINT, signal.default_int_handler);"  # ignored in a background job
        "lab.command = lambda *_, **__: [sys.executable, 'child.py'];"
        "sys.exit(lab.start(Path('.')))"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, start_new_session=True)
    try:
        deadline = time.monotonic() + 30
        while not (tmp_path / "ready").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        if group:
            os.killpg(process.pid, number)  # Ctrl-C in a terminal reaches both
        else:
            process.send_signal(number)
        assert process.wait(timeout=30) == 5
    finally:
        process.kill()
    assert (tmp_path / f"got-{number}").exists()


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_an_end_by_a_signal_counts_as_in_a_shell(tmp_path, monkeypatch):
    python(monkeypatch, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert lab.start(tmp_path) == 128 + 9

"""Which isolation there is, and that without it grading is refused."""

import os
import subprocess
import sys
from pathlib import Path

import builders
import hostile
import pytest

import workshop
from workshop.grading import sandbox
from workshop.grading.grade import grade

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="graded on Linux")


def test_without_isolation_grading_is_refused(tmp_path):
    builders.hand_in(tmp_path / "class", "ann", builders.notebook())
    with pytest.raises(sandbox.SandboxError, match="--unsafe"):
        grade([tmp_path / "class"], tmp_path / "out", levels=[])
    # A level without isolation is no level, even if it starts.
    with pytest.raises(sandbox.SandboxError, match="shares its processes"):
        grade([tmp_path / "class"], tmp_path / "out", levels=[sandbox.NO_LEVEL])
    assert not (tmp_path / "out" / "results.csv").exists()


def test_a_python_in_tmp_is_seen_in_the_sandbox(tmp_path):
    """A virtual environment may lie below /tmp, which is another folder in there."""
    if builders.why_not("namespaces") and builders.why_not("bubblewrap"):
        pytest.skip("this machine has no sandbox")
    import sysconfig
    import venv

    venv.create(tmp_path / "venv", with_pip=False, symlinks=True)
    site = next((tmp_path / "venv").glob("lib*/python*/site-packages"))
    ours = Path(workshop.__file__).parents[1]
    (site / "ours.pth").write_text(f"{ours}\n{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    builders.hand_in(tmp_path / "class", "good", builders.notebook())
    writes = next(one for one in hostile.OUTSIDE if one.name == "files")
    theirs = builders.notebook({"sigmoid": writes.source})
    builders.hand_in(tmp_path / "class", "writes", theirs)
    done = subprocess.run(
        [
            tmp_path / "venv/bin/python",
            "-m",
            "workshop",
            "grade",
            tmp_path / "class",
            "--out",
            tmp_path / "out",
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
    )
    assert done.returncode == 0, done.stderr
    table = (tmp_path / "out" / "results.csv").read_text(encoding="utf-8")
    assert table.count(",passed,") == 8, table  # one that could write there says that it escaped

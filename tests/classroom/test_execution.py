"""The headless runner: what ran, what was said, and that nothing gets past a limit."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest

from workshop.classroom.execution import VERDICT, run_notebook

STUBBORN = """
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
"""


def notebook(*cells):
    """Code cells; a text that starts with '# ' and a space is Markdown."""
    made = [
        nbformat.v4.new_markdown_cell(cell)
        if cell.startswith("# ")
        else nbformat.v4.new_code_cell(cell)
        for cell in cells
    ]
    return nbformat.v4.new_notebook(cells=made)


def text_of(executed, number):
    """What cell `number`, counted from 1, printed."""
    outputs = executed.notebook["cells"][number - 1]["outputs"]
    return "".join(output.get("text", "") for output in outputs)


def gone(pid):
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


SLIDER = """
@interact(n=IntSlider(4, min=1, max=24))
def show(n):
    print(n)
"""


# --- a notebook that ends by itself ---------------------------------------------------------------

LOOK = "import os, sys\nprint(sys.executable)\nprint(os.getcwd())"
ENVIRONMENT = """
for name in ("GIVEN", "INHERITED", "MPLBACKEND", "IPYTHONDIR", "JUPYTER_CONFIG_DIR"):
    print(os.environ.get(name))
print(os.environ["PYTHONPATH"].split(os.pathsep)[0])
print("leaked" in globals())
"""
SAYS = f"""
from IPython.display import display
display({{"text/plain": "", "{VERDICT}": {{"exercise": "f", "status": "passed"}}}}, raw=True)
"""
WIDGET = """
from ipywidgets import FloatSlider, interact

@interact(a=FloatSlider(1.0))
def draw(a):
    raise LookupError("inside the widget")
"""


@pytest.fixture(scope="module")
def everyday(tmp_path_factory):
    """One run that many tests look at: (executed, original, folder)."""
    folder = tmp_path_factory.mktemp("everyday")
    home = tmp_path_factory.mktemp("home")
    startup = home / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00.py").write_text("leaked = 'IPython startup'")
    (home / "rc.py").write_text("leaked = 'PYTHONSTARTUP'")
    original = notebook(
        "# Title",
        LOOK,
        ENVIRONMENT,
        "1 / 0",
        "import time; time.sleep(0.4); print('after')",
        SAYS,
        WIDGET,
        "sys.exit(3)",
        "input()",
        "print('end')",
    )
    original["metadata"]["kernelspec"] = {"name": "nobody-has-this", "display_name": "x"}
    original["cells"][3]["metadata"]["workshop"] = {"exercise": "divide", "lesson": "x"}
    original["cells"][4]["outputs"] = [nbformat.v4.new_output("stream", text="old")]
    before = nbformat.writes(original)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(home))
        patch.setenv("JUPYTER_CONFIG_DIR", str(home))
        patch.setenv("PYTHONSTARTUP", str(home / "rc.py"))
        patch.setenv("INHERITED", "yes")
        executed = run_notebook(original, cwd=folder, time_limit=120, env={"GIVEN": "this"})
    assert nbformat.writes(original) == before, "the notebook that was given has changed"
    return executed, home, folder


def test_the_kernel_is_this_python_in_the_given_folder(everyday):
    executed, _, folder = everyday
    python, cwd = text_of(executed, 2).splitlines()
    assert python == sys.executable
    assert Path(cwd).resolve() == folder.resolve()


def test_the_kernel_gets_our_environment_not_the_users_jupyter(everyday):
    executed, home, _ = everyday
    given, inherited, backend, ipython, jupyter, path, leaked = text_of(executed, 3).splitlines()
    assert (given, inherited) == ("this", "yes")
    assert "inline" in backend
    assert str(home) not in (ipython, jupyter)
    assert path == os.environ["PYTHONPATH"].split(os.pathsep)[0]
    assert leaked == "False"


def test_errors_are_listed_and_do_not_stop_the_run(everyday):
    executed, _, _ = everyday
    assert executed.outcome == "errors"
    assert executed.stopped_at is None
    found = [(error.cell, error.exercise, error.name) for error in executed.errors]
    assert found == [
        (4, "divide", "ZeroDivisionError"),
        (7, None, "LookupError"),  # a widget keeps its errors to itself
        (8, None, "SystemExit"),
        (9, None, "StdinNotImplementedError"),
    ]
    first = executed.errors[0]
    assert first.message == "division by zero"
    assert "1 / 0" in first.traceback
    assert "\x1b" not in first.traceback
    assert text_of(executed, 10) == "end\n"


def test_old_outputs_are_gone_and_verdicts_collected(everyday):
    executed, _, _ = everyday
    assert text_of(executed, 5) == "after\n"
    assert executed.verdicts == [{"exercise": "f", "status": "passed"}]


def test_every_cell_is_timed(everyday):
    executed, _, _ = everyday
    assert len(executed.cell_seconds) == 10
    assert executed.cell_seconds[0] == 0.0  # Markdown
    assert 0.4 <= executed.cell_seconds[4] < 5
    assert sum(executed.cell_seconds) < executed.seconds


def test_without_allow_errors_the_first_one_ends_the_run(tmp_path):
    executed = run_notebook(
        notebook("1", "1 / 0", "print('too far')"), cwd=tmp_path, allow_errors=False
    )
    assert (executed.outcome, executed.stopped_at) == ("errors", 2)
    assert [error.name for error in executed.errors] == ["ZeroDivisionError"]
    assert text_of(executed, 3) == ""


def test_the_reply_to_a_cell_with_a_widget_is_never_missed(tmp_path):
    """Without `_look_again` one such cell in ten waits for ever."""
    cells = notebook("from ipywidgets import IntSlider, interact", *[SLIDER] * 60)
    executed = run_notebook(cells, cwd=tmp_path, time_limit=120)
    assert executed.outcome == "ok", (executed.problem, executed.stopped_at)


# --- limits ---------------------------------------------------------------------------------------

CHILDREN = '''
import os, subprocess, sys
sleep = "import time; time.sleep(120)"
system = {k: v for k, v in os.environ.items() if k.upper() == "SYSTEMROOT"}
# One that leaves the session and knows nothing of the run, and one whose parent is gone.
own = subprocess.Popen([sys.executable, "-c", sleep], start_new_session=True, env=system)
between = f"""
import subprocess, sys
child = subprocess.Popen(
    [sys.executable, "-c", {sleep!r}], start_new_session=True, stdout=subprocess.DEVNULL
)
print(child.pid)
"""
orphan = subprocess.run([sys.executable, "-c", between], stdout=subprocess.PIPE, text=True)
print(os.getpid(), own.pid, orphan.stdout)
'''


def test_an_endless_loop_is_ended_with_all_children(tmp_path):
    executed = run_notebook(
        notebook("# Title", CHILDREN, STUBBORN, "print('never')"),
        cwd=tmp_path,
        time_limit=120,
        cell_time_limit=5,
    )
    assert (executed.outcome, executed.stopped_at) == ("timed out", 3)
    assert executed.problem == "ended after 5 seconds"
    assert 5 <= executed.cell_seconds[2] < 15
    pids = [int(word) for word in text_of(executed, 2).split()]
    assert len(pids) == 3
    assert all(gone(pid) for pid in pids)
    assert text_of(executed, 4) == ""


def test_the_whole_notebook_has_a_limit_too(tmp_path):
    began = time.monotonic()
    executed = run_notebook(
        notebook("import time", *["time.sleep(2)"] * 9), cwd=tmp_path, time_limit=5
    )
    assert executed.outcome == "timed out"
    assert executed.problem == "ended after 5 seconds"
    assert 5 <= time.monotonic() - began < 15
    assert executed.seconds == pytest.approx(time.monotonic() - began, abs=1)


def test_a_flood_of_output_ends_the_run(tmp_path):
    executed = run_notebook(
        notebook("while True: print('x' * 999)"), cwd=tmp_path, time_limit=60, output_limit=500_000
    )
    assert (executed.outcome, executed.stopped_at) == ("too much output", 1)
    assert executed.problem == "more than 500,000 bytes of output"
    assert executed.seconds < 30
    assert len(text_of(executed, 1)) <= 500_000


def test_a_single_huge_message_is_never_taken_in(tmp_path):
    before = psutil.Process().memory_info().rss
    executed = run_notebook(
        notebook("print('x' * 150_000_000)"), cwd=tmp_path, time_limit=60, output_limit=500_000
    )
    assert (executed.outcome, executed.stopped_at) == ("too much output", 1)
    assert executed.seconds < 30
    assert psutil.Process().memory_info().rss - before < 100_000_000


def test_updates_replace_what_was_there_and_are_no_flood(tmp_path):
    cell = """
from IPython.display import display
handle = display("x" * 1000, display_id=True)
for _ in range(200):
    handle.update("y" * 1000)
"""
    executed = run_notebook(notebook(cell), cwd=tmp_path, time_limit=60, output_limit=50_000)
    assert executed.outcome == "ok", executed.problem
    (output,) = executed.notebook["cells"][0]["outputs"]
    assert "y" * 1000 in output["data"]["text/plain"]


# --- kernels that die, and people who have had enough ---------------------------------------------


def test_a_kernel_that_dies_is_reported_with_its_cell(tmp_path):
    executed = run_notebook(
        notebook("print(1)", "import os; os._exit(3)", "print('never')"), cwd=tmp_path
    )
    assert (executed.outcome, executed.stopped_at) == ("kernel died", 2)
    assert text_of(executed, 1) == "1\n"
    assert text_of(executed, 3) == ""


def test_a_kernel_that_cannot_start_says_why(tmp_path):
    (tmp_path / "ipykernel_launcher.py").write_text("raise ImportError('the reason')")
    executed = run_notebook(notebook("1"), cwd=tmp_path, time_limit=60)
    assert (executed.outcome, executed.stopped_at) == ("kernel died", None)
    assert "ImportError: the reason" in executed.problem


INTERRUPTED = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job has it ignored
from pathlib import Path
import nbformat
from workshop.classroom.execution import run_notebook

cell = "import os, pathlib, time; pathlib.Path('pid').write_text(str(os.getpid())); time.sleep(60)"
notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
try:
    run_notebook(notebook, cwd=Path(sys.argv[1]))
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send Ctrl-C to one process")
def test_ctrl_c_ends_the_kernel_and_comes_through(tmp_path):
    pid = tmp_path / "pid"
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", INTERRUPTED, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 60
    while not (pid.exists() and pid.read_text()) and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert (out, err, process.returncode) == ("interrupted\n", "", 0)
    assert gone(int(pid.read_text()))


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"cwd": Path("not/there")}, FileNotFoundError, "is no folder; make it first"),
        ({"time_limit": 0}, ValueError, "time_limit: got 0, expected a number above 0"),
        ({"cell_time_limit": -1}, ValueError, "cell_time_limit: got -1"),
        ({"output_limit": 0}, ValueError, "output_limit: got 0"),
        ({"time_limit": float("nan")}, ValueError, "time_limit: got nan"),
    ],
)
def test_wrong_arguments_are_refused(wrong, error, message, tmp_path):
    with pytest.raises(error, match=message):
        run_notebook(notebook("1"), **{"cwd": tmp_path, **wrong})


def test_within_a_running_loop_the_message_says_what_to_do(tmp_path):
    async def main():
        run_notebook(notebook("1"), cwd=tmp_path)

    with pytest.raises(RuntimeError, match=r"asyncio\.to_thread"):
        asyncio.run(main())

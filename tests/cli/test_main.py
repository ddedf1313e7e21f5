"""What all commands have in common: help, names, errors, imports, Ctrl-C."""

import re
import subprocess
import sys

import pytest

from cli.commands import FAKES, invoke, workshop
from workshop import __version__
from workshop.classroom import lab


@pytest.mark.parametrize(
    "code",
    [
        "import workshop",
        "import workshop.cli",
        "sys.argv[1:] = ['--help']; from workshop.cli import main; main()",
        "sys.argv[1:] = ['run', '--help']; from workshop.cli import main; main()",
        "sys.argv[1:] = ['list']; from workshop.cli import main; main()",
        "sys.argv[1:] = ['list', '--json']; from workshop.cli import main; main()",
        "sys.argv[1:] = ['--version']; from workshop.cli import main; main()",
        "sys.argv[1:] = ['run', 'nuron']; from workshop.cli import main; main()",
    ],
)
def test_nothing_heavy_is_imported_before_it_is_needed(code):
    heavy = {
        "torch",
        "torchvision",
        "sklearn",
        "scipy",
        "numpy",
        "matplotlib",
        "IPython",
        "nbclient",
        "nbformat",
        "jupytext",
        "jupyterlab",
        "psutil",
        "tqdm",
    }
    code = f"import sys\ntry:\n    {code}\nfinally:\n    print('MODULES', *sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    modules = run.stdout.split("MODULES")[1].split()
    assert "workshop" in modules
    assert heavy & set(modules) == set()


def test_help_and_version():
    code, out = invoke("--help")
    assert code == 0
    for command in ("list", "run", "lab", "check", "notebooks", "doctor"):
        assert re.search(rf"^\W*{command}\s", out, re.M)
    assert invoke("--version") == (0, f"deep-learning-workshop {__version__}\n")
    assert "Usage" in invoke()[1]


def test_python_m_workshop_is_the_command():
    run = workshop("--version")
    assert run.returncode == 0
    assert run.stdout.decode().strip() == f"deep-learning-workshop {__version__}"


def test_unknown_names_get_the_nearest_and_exit_code_2():
    code, out = invoke("notebok")
    assert code == 2
    assert "No command 'notebok'. Did you mean 'notebooks'?" in out
    for arguments in (["run"], ["notebooks"], ["check", "--solutions"]):
        code, out = invoke(*arguments, "neurn")
        assert code == 2
        assert "No lesson 'neurn'. Did you mean 'neuron'?" in out
    assert "Did you mean 'day1'?" in invoke("run", "dya1")[1]
    code, out = invoke("run", "--sead", "3")
    assert code == 2
    assert "--seed" in out


def test_errors_go_to_stderr_without_a_traceback():
    for arguments in (["runn"], ["run", "nuron"], ["run", "--device", "warp"], ["check", "gone"]):
        run = workshop(*arguments)
        assert run.returncode == 2
        assert run.stdout == b""
        assert b"Traceback" not in run.stderr
        assert run.stderr.strip()


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_a_console_of_few_characters_stops_nothing(encoding):
    setup = FAKES.replace('"quick"', '"qu\u00e4ick_\u2192_\u2713"')
    for arguments in (["list"], ["--help"], ["run", "day1", "--set", "lr=7", "--seeds", "2"]):
        run = workshop(
            *arguments, setup=setup.replace("time.sleep(60)", "1 / 0"), PYTHONIOENCODING=encoding
        )
        assert run.returncode == (1 if "run" in arguments else 0), run.stderr
        run.stdout.decode(encoding)
        assert b"Error" not in run.stderr.replace(b"ZeroDivisionError", b"")


def test_ctrl_c_anywhere_else_ends_cleanly_too(monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(lab, "fill", interrupted)
    code, out = invoke("lab")
    assert code == 130
    assert "Interrupted" in out

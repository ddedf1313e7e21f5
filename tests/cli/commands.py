"""Running the command, in this process or in one of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from workshop.cli import app


def invoke(*arguments, columns=80):
    """Exit code, and what came out on both streams together."""
    result = CliRunner().invoke(
        app, list(arguments), prog_name="workshop", env={"COLUMNS": str(columns)}
    )
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def table_in(out):
    """The part of the output from the table's header on."""
    return re.search(r"^lesson .*", out, re.M | re.S).group()


def workshop(*arguments, setup="", **environment):
    """The command in a process of its own, after some lines of `setup`."""
    code = f"{setup}\nfrom workshop.cli import main\nmain()"
    start = ["-c", code] if setup else ["-m", "workshop"]
    tests = str(Path(__file__).parents[1])
    path = os.pathsep.join([tests, os.environ["PYTHONPATH"]])
    return subprocess.run(
        [sys.executable, *start, *arguments],
        capture_output=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8", **environment},
    )


FAKES = """
import fakes, pytest, time
def waits(config, *, seed=0, device="cpu", progress=False):
    print("training", flush=True)
    time.sleep(60)
lessons = [fakes.lesson("quick", fakes.scores(95)), fakes.lesson("slow", waits)]
fakes.install(pytest.MonkeyPatch(), *lessons)
"""

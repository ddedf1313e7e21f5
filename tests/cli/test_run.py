"""`workshop run`: tables, exit codes, settings, seeds, JSON and Ctrl-C."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import fakes
import pytest

from cli.commands import FAKES, invoke, table_in, workshop
from workshop.core.results import Measured

SCORES = ("test_accuracy", "shuffled_labels_accuracy")


def test_run_prints_a_table_and_succeeds(monkeypatch):
    fakes.install(monkeypatch, fakes.lesson("one", fakes.scores(95)))
    code, out = invoke("run", "--device", "cpu", columns=120)
    assert code == 0
    assert "1. one: The lesson one ..." in out
    table = table_in(out)
    header = table.splitlines()[0]
    columns = ["lesson", "metric", "got", "target", "control", "passed", "seconds", "device"]
    assert header.split() == columns
    assert re.search(
        r"^one +test_accuracy +0\.95 \(95/100\) +>= 0\.9 +ok +\d+\.\d +cpu *$", table, re.M
    )
    assert re.search(r"^ +shuffled_labels_accuracy +0\.5 \(50/100\) +<= 0\.6 +ok *$", table, re.M)
    for column, text in (("target", ">= 0.9"), ("control", "<= 0.6")):
        (line,) = [line for line in table.splitlines() if text in line]
        assert line.index(text) == header.index(column)


def test_run_fits_80_columns_and_loses_nothing(monkeypatch):
    run = fakes.measures(
        Measured.count("test_accuracy", 1000, 1000),
        Measured.count("shuffled_labels_accuracy", 456, 1000),
    )
    lesson = fakes.lesson("gradient_descent", run)
    fakes.install(monkeypatch, lesson, fakes.lesson("representation", run))
    for arguments in (["run"], ["run", "--seeds", "3"]):
        code, out = invoke(*arguments, "--device", "cpu", columns=80)
        assert code == 0
        assert max(map(len, out.splitlines())) <= 80
        table = table_in(out)
        for word in (
            "gradient_",
            "descent",
            "representation",
            "test_accuracy",
            "shuffled_",
            "labels_accuracy",
            "0.456",
            ">= 0.9",
            "<= 0.6",
            "ok",
            "cpu",
        ):
            assert re.search(rf"(?<!\w){re.escape(word)}(?!\w)", table), word
    assert "(1000/1000)" in invoke("run", columns=80)[1]


@pytest.mark.parametrize(
    ("run", "word"),
    [
        (fakes.scores(89), "MISSED"),  # the target
        (fakes.scores(95, 61), "MISSED"),  # the control
        (fakes.crashes, "CRASHED"),
        (fakes.measures(*(Measured(name, float("nan")) for name in SCORES)), "MISSED"),
    ],
)
def test_a_miss_a_passing_control_a_crash_or_nan_exits_with_1(monkeypatch, run, word):
    fakes.install(monkeypatch, fakes.lesson("one", run), fakes.lesson("two", fakes.scores(95)))
    code, out = invoke("run")
    assert code == 1
    assert word in out
    assert re.search(r"^two .* ok ", table_in(out), re.M)  # the others still ran
    assert invoke("run", "two")[0] == 0
    assert invoke("run", "day1")[0] == 1


def test_a_crash_is_shown_in_short_and_whole_on_demand(monkeypatch):
    fakes.install(monkeypatch, fakes.lesson("one", fakes.crashes), fakes.lesson("two", None))
    code, out = invoke("run")
    assert code == 1
    assert "one crashed: RuntimeError: the shapes do not fit" in out
    assert "two crashed: ModuleNotFoundError" in out
    assert "Traceback" not in out
    assert "--traceback" in out
    code, out = invoke("run", "--traceback")
    assert code == 1
    assert "Traceback" in out
    assert "in crashes" in out


def test_settings_are_checked_before_anything_is_trained(monkeypatch):
    trained = []
    one = fakes.lesson("one", lambda *_, **__: trained.append(1))
    two = fakes.lesson("two", fakes.scores(95), config=fakes.OtherConfig)
    fakes.install(monkeypatch, one, two)
    for setting, word in (
        ("epoch=3", "Did you mean 'epochs'?"),
        ("hidden=3", "lesson one"),
        ("two.epochs=0", "expected at least 1"),
        ("epochs=many", "expected a whole number"),
    ):
        code, out = invoke("run", "--set", setting)
        assert code == 2
        assert word in out
        assert "Traceback" not in out
    assert trained == []


def test_with_settings_the_bounds_do_not_decide(monkeypatch):
    seen = []

    def run(config, **options):
        seen.append((config.epochs, config.lr))
        return fakes.scores(10)(config, **options)

    fakes.install(monkeypatch, fakes.lesson("one", run))
    code, out = invoke("run", "--set", "epochs=7", "--set", "one.lr=0.5")
    assert code == 0
    assert seen == [(7, 0.5)]
    assert "MISSED" in out
    assert "do not decide the exit code" in out
    assert invoke("run")[0] == 1
    fakes.install(monkeypatch, fakes.lesson("one", fakes.crashes))
    assert invoke("run", "--set", "epochs=7")[0] == 1  # a crash does


def test_seeds_report_min_mean_and_sd_and_all_must_hold(monkeypatch):
    fakes.install(monkeypatch, fakes.lesson("one", fakes.scores(88)))  # 88 + seed right
    code, out = invoke("run", "--seed", "2", "--seeds", "3", columns=120)
    assert code == 0
    assert "one, seed 2" in out
    assert "one, seed 4" in out
    assert "min 0.9, mean 0.91, sd 0.01 " in out
    code, out = invoke("run", "--seed", "1", "--seeds", "3")
    assert code == 1
    assert invoke("run", "--seeds", "0")[0] == 2
    assert invoke("run", "--seed", "-1")[0] == 2
    code, out = invoke("run", "--seed", str(2**32 - 1), "--seeds", "2")
    assert code == 2
    assert "expected at most 4294967295" in out


def test_json_has_one_object_per_lesson_and_seed(monkeypatch, tmp_path):
    fakes.install(
        monkeypatch, fakes.lesson("one", fakes.scores(95)), fakes.lesson("two", fakes.crashes)
    )
    assert invoke("run", "--seeds", "2", "--seed", "3", "--json", "out.json")[0] == 1
    rows = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert [(row["lesson"], row["seed"], row["passed"]) for row in rows] == [
        ("one", 3, True),
        ("one", 4, True),
        ("two", 3, False),
        ("two", 4, False),
    ]
    assert rows[0]["metrics"][0]["correct"] == 98
    assert rows[2]["metrics"] == []
    assert "the shapes do not fit" in rows[2]["error"]


def test_json_on_standard_output_stands_there_alone():
    setup = FAKES.replace("time.sleep(60)", "1 / 0").replace("print", "str")
    run = workshop("run", "--json", "-", setup=setup.replace(", flush=True", ""))
    assert run.returncode == 1
    assert [row["lesson"] for row in json.loads(run.stdout.decode())] == ["quick", "slow"]
    assert b"test_accuracy" in run.stderr
    assert b"CRASHED" in run.stderr


def test_an_unwritable_file_is_refused_before_training(monkeypatch, tmp_path):
    trained = []
    fakes.install(monkeypatch, fakes.lesson("one", lambda *_, **__: trained.append(1)))
    (tmp_path / "folder").mkdir()
    for command in (["run"], ["check"], ["check", "--solutions"]):
        for place, words in (("no/out.json", "make it first"), ("folder", "is a folder")):
            code, out = invoke(*command, "--json", place)
            assert code == 2
            assert words in out
    assert trained == []


def test_a_device_that_is_not_there_is_exit_code_2(monkeypatch):
    trained = []
    fakes.install(monkeypatch, fakes.lesson("one", lambda *_, **__: trained.append(1)))
    code, out = invoke("run", "--device", "warp")
    assert code == 2
    assert "--device: got 'warp'" in out
    monkeypatch.setenv("WORKSHOP_DEVICE", "warp")
    code, out = invoke("run")
    assert code == 2
    assert "WORKSHOP_DEVICE: got 'warp'" in out
    assert trained == []


def test_ctrl_c_reports_what_had_finished(monkeypatch, tmp_path):
    fakes.install(
        monkeypatch, fakes.lesson("one", fakes.scores(95)), fakes.lesson("two", fakes.interrupted)
    )
    code, out = invoke("run", "--json", "out.json")
    assert code == 130
    assert "Interrupted in two; 1 of 2 runs had finished." in out
    assert re.search(r"^one .* ok ", out, re.M)
    assert [row["lesson"] for row in json.loads((tmp_path / "out.json").read_text())] == ["one"]
    code, out = invoke("run", "two", "--set", "lr=3")
    assert code == 130
    assert "0 of 1" in out


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_real_sigint_ends_a_real_run_cleanly(tmp_path):
    # In a background job SIGINT is ignored, and Python leaves it so.
    heed = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    code = f"{heed}\n{FAKES}\nfrom workshop.cli import main\nmain()"
    path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ["PYTHONPATH"]])
    process = subprocess.Popen(
        [sys.executable, "-c", code, "run", "--json", "out.json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    )
    try:
        assert process.stdout.readline() == b"training\n"
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert b"Interrupted in slow; 1 of 2 runs had finished." in err
    assert b"Traceback" not in err
    assert b"test_accuracy" in out
    assert [row["lesson"] for row in json.loads((tmp_path / "out.json").read_text())] == ["quick"]


def test_progress_is_asked_for_and_a_real_lesson_runs(tmp_path):
    run = workshop("run", "neuron", "--device", "cpu", "--set", "epochs=200", "--json", "out.json")
    assert run.returncode == 0, run.stderr
    assert b"/200" in run.stderr  # a progress bar
    (row,) = json.loads((tmp_path / "out.json").read_text())
    assert (row["lesson"], row["device"], row["seed"]) == ("neuron", "cpu", 0)
    assert row["metrics"][0]["total"] > 0

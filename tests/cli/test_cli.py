"""The command line: what each command prints, its exit codes, and what it does not import."""

import importlib
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
from typer.testing import CliRunner

from workshop import __version__, syllabus
from workshop.classroom import lab, notebooks
from workshop.cli import app
from workshop.core.results import Bound, Measured

ROOT = Path(__file__).parents[2]
SCORES = ("test_accuracy", "shuffled_labels_accuracy")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


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


# --- what all have in common ---------------------------------------------------------------------


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


def test_unknown_names_get_the_nearest_one_and_exit_code_2():
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


def test_errors_go_to_standard_error_without_a_traceback():
    for arguments in (["runn"], ["run", "nuron"], ["run", "--device", "warp"], ["check", "gone"]):
        run = workshop(*arguments)
        assert run.returncode == 2
        assert run.stdout == b""
        assert b"Traceback" not in run.stderr
        assert run.stderr.strip()


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_a_console_that_knows_few_characters_is_no_reason_to_stop(encoding):
    setup = FAKES.replace('"quick"', '"qu\u00e4ick_\u2192_\u2713"')
    for arguments in (["list"], ["--help"], ["run", "day1", "--set", "lr=7", "--seeds", "2"]):
        run = workshop(
            *arguments, setup=setup.replace("time.sleep(60)", "1 / 0"), PYTHONIOENCODING=encoding
        )
        assert run.returncode == (1 if "run" in arguments else 0), run.stderr
        run.stdout.decode(encoding)
        assert b"Error" not in run.stderr.replace(b"ZeroDivisionError", b"")


# --- list ----------------------------------------------------------------------------------------


def test_list_shows_all_there_is_to_know_in_80_columns(monkeypatch):
    long = Bound("a_number_with_a_name_that_is_rather_long", "target", at_least=0.25)
    fakes.install(monkeypatch, fakes.lesson("one", None), fakes.lesson("two", None, bounds=(long,)))
    code, out = invoke("list")
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    first = out.splitlines()[2].split()
    assert first == ["1", "1", "one", "30", "1.1,", "1.2", "test_accuracy", ">=", "0.9"]
    assert "The lesson two" in out
    assert "".join(re.findall(r" (a_\S+|name_\S+|rather_\S+)", out)) == long.name
    assert re.search(r"long +>= 0.25", out)  # beside the last piece
    assert f"{long.name}  >= 0.25" in invoke("list", columns=160)[1]


def test_list_as_json(monkeypatch):
    fakes.install(monkeypatch, fakes.lesson("one", None))
    code, out = invoke("list", "--json")
    assert code == 0
    assert json.loads(out) == [
        {
            "lesson": "one",
            "day": 1,
            "number": 1,
            "title": "The lesson one",
            "minutes": 30,
            "sections": ["1.1", "1.2"],
            "targets": [{"name": "test_accuracy", "at_least": 0.9, "what": "held out"}],
            "controls": [
                {"name": "shuffled_labels_accuracy", "at_most": 0.6, "what": "labels shuffled"}
            ],
        }
    ]


def test_list_of_the_real_lessons_names_them_all():
    code, out = invoke("list")
    assert code == 0
    for lesson in syllabus.lessons():
        assert lesson.name in out


# --- run -----------------------------------------------------------------------------------------


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
def test_a_missed_target_a_passing_control_a_crash_or_nan_is_exit_code_1(monkeypatch, run, word):
    fakes.install(monkeypatch, fakes.lesson("one", run), fakes.lesson("two", fakes.scores(95)))
    code, out = invoke("run")
    assert code == 1
    assert word in out
    assert re.search(r"^two .* ok ", table_in(out), re.M)  # the others still ran
    assert invoke("run", "two")[0] == 0
    assert invoke("run", "day1")[0] == 1


def test_a_crash_is_told_in_short_and_whole_on_demand(monkeypatch):
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


def test_with_settings_the_bounds_are_shown_but_do_not_decide(monkeypatch):
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


def test_seeds_report_least_mean_and_sd_and_all_must_hold(monkeypatch):
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


def test_a_file_that_cannot_be_written_is_refused_before_training(monkeypatch, tmp_path):
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


def test_ctrl_c_anywhere_else_ends_cleanly_too(monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(lab, "fill", interrupted)
    code, out = invoke("lab")
    assert code == 130
    assert "Interrupted" in out


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


# --- lab -----------------------------------------------------------------------------------------


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


def test_lab_only_copies_with_no_start_and_leaves_your_work_alone(started, tmp_path):
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


# --- check ---------------------------------------------------------------------------------------

RIGHT = "def sigmoid(z):\n    return 1 / (1 + torch.exp(-z))"
TANH = "def sigmoid(z):\n    return torch.tanh(z)"


@pytest.fixture
def mine(tmp_path):
    """An attendee's folder; the function writes an answer into lesson 2's notebook."""
    folder = tmp_path / "deep-learning-workshop"
    lab.fill(folder)
    path = folder / f"{syllabus.get('neuron').notebook}.ipynb"

    def answer(source):
        made = json.loads(path.read_text(encoding="utf-8"))
        for cell in made["cells"]:
            if cell["metadata"].get("workshop", {}).get("exercise") == "sigmoid":
                cell["source"] = source
        path.write_text(json.dumps(made), encoding="utf-8")
        return path

    return answer


def test_check_of_an_untouched_folder_is_fine(mine, tmp_path):
    code, out = invoke("check")  # finds ./deep-learning-workshop
    assert code == 0
    assert "not attempted" in out
    assert re.search(r"^0 of \d+ exercises passed", out, re.M)
    for lesson in syllabus.lessons():
        assert re.search(rf"^ +{lesson.number}\. {lesson.name} +\[\.+\] +0 of \d", out, re.M)


def test_check_names_the_mistake_and_counts_what_passed(mine, tmp_path):
    path = mine(TANH)
    code, out = invoke("check", str(path))
    assert code == 1
    assert re.search(r"sigmoid +wrong +This is tanh", out)
    mine(RIGHT)
    code, out = invoke("check", str(path.parent), "--json", "out.json")
    assert code == 0
    assert re.search(r"sigmoid +passed", out)
    assert re.search(r"^ +2\. neuron +\[#\.+\] +1 of \d", out, re.M)
    rows = json.loads((tmp_path / "out.json").read_text())
    (row,) = [row for row in rows if row["exercise"] == "sigmoid"]
    assert row["status"] == "passed"
    assert row["notebook"] == str(path)


def test_check_goes_on_after_an_unreadable_notebook(mine):
    path = mine(TANH)
    path.with_name("99_bad.ipynb").write_text("{")
    code, out = invoke("check", str(path.parent))
    assert code == 2
    assert "99_bad.ipynb: is not a notebook" in out.replace("\n", "")
    assert "This is tanh" in out


def test_check_names_the_file_where_a_lesson_has_two(mine):
    path = mine(TANH)
    assert path.name not in invoke("check", str(path.parent), columns=160)[1]
    path.with_name("a_copy.ipynb").write_bytes(path.read_bytes())
    out = invoke("check", str(path.parent), columns=160)[1]
    assert path.name in out
    assert "a_copy.ipynb" in out


def test_check_says_what_is_not_there(tmp_path):
    code, out = invoke("check", "gone")
    assert code == 2
    assert "gone is not there" in out
    code, out = invoke("check", "day1")
    assert code == 2
    assert "workshop check --solutions day1" in out
    code, out = invoke("check")
    assert code == 2
    assert "there is no notebook" in out


def test_check_solutions_shows_every_verdict(monkeypatch, tmp_path):
    from workshop.classroom import checking

    lesson = syllabus.get("neuron")
    seen = {}

    def run_solutions(lessons, *, time_limit, jobs, started):
        seen.update(lessons=lessons, time_limit=time_limit, jobs=jobs)
        for one in lessons:
            started(one)
            status = seen["status"]
            verdicts = {"sigmoid": {"status": status, "message": "so it is"}}
            yield checking.Solution(one, seen["outcome"], 9.5, 2.5, verdicts, seen["problems"])

    monkeypatch.setattr(checking, "run_solutions", run_solutions)
    for outcome, status, problems, expected in (
        ("ok", "passed", (), 0),
        ("ok", "wrong", (), 1),
        ("errors", "passed", ("cell 3: ZeroDivisionError: division by zero",), 1),
        ("timed out", "no verdict", ("stopped at cell 2",), 1),
    ):
        seen.update(outcome=outcome, status=status, problems=problems)
        code, out = invoke(
            "check", "--solutions", "neuron", "--time-limit", "50", "--json", "out.json"
        )
        assert code == expected
        assert seen["lessons"] == (lesson,)
        assert seen["time_limit"] == 50
        assert re.search(rf"neuron +sigmoid +{status} +9\.5", out)
        assert (
            f"{outcome if expected == 0 or outcome != 'ok' else 'not solved'}, 9.5 seconds" in out
        )
        for problem in problems:
            assert problem in out
        assert ("Not all right: neuron" in out) == bool(expected)
        (row,) = json.loads((tmp_path / "out.json").read_text())
        assert row["passed"] == (not expected)


# --- notebooks -----------------------------------------------------------------------------------


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A copy of lesson 2's notebook and source, as in a clone of the repository."""
    real, lesson = notebooks.notebooks_dir(), syllabus.get("neuron")
    copy = tmp_path / "clone" / "notebooks"
    (copy / "day1").mkdir(parents=True)
    for ending in (".py", ".ipynb"):
        name = f"{lesson.notebook}{ending}"
        (copy / name).write_bytes((real / name).read_bytes())
    monkeypatch.setattr(notebooks, "notebooks_dir", lambda: copy)
    return copy / f"{lesson.notebook}.ipynb"


def test_notebooks_check_fails_on_drift_and_building_mends_it(clone):
    code, out = invoke("notebooks", "neuron")
    assert code == 0
    committed = clone.read_bytes()
    clone.write_bytes(committed.replace(b"One neuron", b"Two neurons", 1))
    code, out = invoke("notebooks", "--check", "neuron")
    assert code == 1
    assert "stale" in out
    assert "Two neurons" in out  # the difference
    assert b"Two neurons" in clone.read_bytes()
    code, out = invoke("notebooks", "neuron")
    assert code == 0
    assert "written" in out
    assert clone.read_bytes() == committed
    assert invoke("notebooks", "--check", "neuron")[0] == 0


def test_notebooks_refuses_a_source_that_breaks_a_rule(clone):
    source = clone.with_suffix(".py")
    text = source.read_text(encoding="utf-8")
    source.write_text(text.replace('exercise="sigmoid"', 'exercise="sigmoidd"'), encoding="utf-8")
    code, out = invoke("notebooks", "neuron")
    assert code == 2
    assert "sigmoidd" in out
    assert "Traceback" not in out


def test_notebooks_solutions_are_written_where_one_says(clone, tmp_path):
    code, out = invoke("notebooks", "neuron", "--solutions", "solved")
    assert code == 0
    path = tmp_path / "solved" / "day1" / clone.name
    assert str(Path("solved") / "day1" / clone.name) in out.replace("\n", "")
    text = path.read_text(encoding="utf-8")
    assert "def sigmoid" in text
    assert "NotImplementedError" not in text
    code, out = invoke("notebooks", "neuron", "--solutions", "solved", "--check")
    assert code == 2
    assert "give one of them" in out


def test_an_installed_workshop_says_where_notebooks_are_built(clone, monkeypatch):
    monkeypatch.setattr(notebooks, "in_repository", lambda: False)
    for arguments in (["notebooks"], ["notebooks", "--check"]):
        code, out = invoke(*arguments)
        assert code == 2
        assert "clone the repository" in out
    assert invoke("notebooks", "neuron", "--solutions", "solved")[0] == 0


# --- doctor --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("state", "expected"), [("ok", 0), ("note", 0), ("problem", 1)])
def test_doctor_fails_on_problems_only(monkeypatch, state, expected):
    doctor = importlib.import_module("workshop.classroom.doctor")
    mend = "" if state == "ok" else "python -m pip install torch"
    found = [doctor.Finding("Python", "ok", "3.12"), doctor.Finding("torch", state, "x" * 90, mend)]
    monkeypatch.setattr(doctor, "examine", lambda: iter(found))
    code, out = invoke("doctor")
    assert code == expected
    assert "Python: 3.12" in out
    assert ("PROBLEM torch: " in out) == (state == "problem")
    assert ("to mend it: python -m pip install torch" in out) == (state != "ok")
    assert ("The workshop can run here." in out) == (expected == 0)
    assert "x" * 90 in out  # paths and commands are not broken over lines
    code, out = invoke("doctor", "--json")
    assert code == expected
    assert json.loads(out) == [one.as_dict() for one in found]

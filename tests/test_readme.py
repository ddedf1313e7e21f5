"""What README.md says is so: its commands, options, links and extras exist, and the cheap ones run."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from workshop import syllabus
from workshop.cli import app

try:
    import tomllib
except ModuleNotFoundError:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def commands_of(text):
    """Every `workshop ...` command in a text: lines of code blocks (parts of `&&`), inline code."""
    blocks = re.findall(r"^```(?:bash|sh|powershell|console)\n(.*?)^```", text, re.M | re.S)
    lines = [part for block in blocks for line in block.splitlines() for part in line.split("&&")]
    lines += re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))
    lines = [line.split("#")[0].strip().removeprefix("python -m ") for line in lines]
    return sorted({line for line in lines if line == "workshop" or line.startswith("workshop ")})


def problem_with(command):
    """In words, what is wrong with a `workshop` command, or None; nothing is run."""
    group = typer.main.get_command(app)
    words = shlex.split(command)[1:]
    if not words or words in (["--help"], ["--version"]):
        return None
    found = group.commands.get(words[0])
    if found is None:
        return f"{command}: there is no command {words[0]}"
    try:
        context = found.make_context(words[0], words[1:], resilient_parsing=False)
    except Exception as error:  # typer carries its own copy of click in some releases
        return f"{command}: {getattr(error, 'message', error)}"
    if unknown := [word for word in context.args if word.startswith("-")]:
        return f"{command}: no option {unknown[0]}"
    names = context.params.get("names") or []
    try:
        syllabus.select(names)
    except KeyError as error:
        return f"{command}: {error.args[0]}"
    return None


COMMANDS = commands_of(README)


def test_the_commands_are_found():
    assert {"workshop run", "workshop lab", "workshop list"} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_option_is_real(command):
    assert problem_with(command) is None


@pytest.mark.parametrize(
    ("command", "word"),
    [
        ("workshop runn", "no command runn"),
        ("workshop run --sead 3", "--sead"),
        ("workshop run --seed many", "many"),
        ("workshop run nuron", "Did you mean 'neuron'"),
        ("workshop notebooks --chek", "--chek"),
    ],
)
def test_a_wrong_command_would_be_noticed(command, word):
    assert word in problem_with(command)


def test_options_in_a_row_of_the_table_belong_to_its_command():
    rows = re.findall(r"^\| `workshop (\w+)[^`]*` \| (.*) \|$", README, re.M)
    assert len(rows) >= 6
    group = typer.main.get_command(app)
    for name, text in rows:
        parameters = group.commands[name].params
        known = {opt for p in parameters for opt in (*p.opts, *p.secondary_opts)}
        named = set(re.findall(r"`(--[a-z-]+)", text))
        assert named <= known, f"workshop {name}: {named - known}"


def test_the_two_commands_stand_on_the_first_screen():
    first = "\n".join(README.splitlines()[:40])
    assert "python -m pip install . && workshop run" in first
    assert 'python -m pip install ".[test]" && python -m pytest' in first
    assert "workshop lab" in first


def test_links_lead_somewhere():
    links = re.findall(r"\]\(([^)\s]+)\)", README)
    assert links
    headings = {
        re.sub(r"[^\w\- ]", "", line.lstrip("# ")).strip().lower().replace(" ", "-")
        for line in README.splitlines()
        if line.startswith("#")
    }
    for link in links:
        place, _, anchor = link.partition("#")
        if place.startswith(("https://", "http://", "mailto:")):
            continue
        if place:
            assert (ROOT / place).exists(), f"README.md links to {link}"
        else:
            assert anchor in headings, f"README.md has no heading for #{anchor}"


def test_paths_in_the_text_exist():
    names = "|".join(("workshop", "data", "notebooks", "tests", "benchmarks", "docs", r"\.ci"))
    paths = re.findall(rf"`(?:bash )?((?:{names})/[^`\s]*)", README)
    assert paths
    for path in paths:
        assert list(ROOT.glob(path.rstrip("/"))), f"README.md names {path}"


def test_extras_and_versions_are_those_of_pyproject():
    extras = {e for group in re.findall(r"\.\[([\w,-]+)\]", README) for e in group.split(",")}
    assert "test" in extras
    assert extras <= set(PROJECT["optional-dependencies"])
    assert PROJECT["requires-python"] == ">=3.10"
    assert "Python 3.10" in README
    for package in ("torch", "torchvision"):
        least = next(d for d in PROJECT["dependencies"] if d.startswith(f"{package}>="))
        assert f"{package} {least.partition('>=')[2]}" in README


def workshop(*arguments, cwd):
    environment = {**os.environ, "COLUMNS": "200", "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, "-m", "workshop", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        env=environment,
        timeout=300,
    )


def test_list_shows_every_lesson(tmp_path):
    run = workshop("list", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    for lesson in syllabus.lessons():
        assert lesson.title in run.stdout
        assert lesson.name in run.stdout


def test_the_doctor_finds_the_workshop_fit(tmp_path):
    run = workshop("doctor", cwd=tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "PROBLEM" not in run.stdout
    assert "training" in run.stdout


def test_the_notebooks_have_not_drifted_from_their_sources():
    run = workshop("notebooks", "--check", cwd=ROOT)
    assert run.returncode == 0, run.stdout + run.stderr

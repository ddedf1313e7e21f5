"""Every lesson keeps its promises: targets reached, controls missed, the same again with one seed."""

import dataclasses
import inspect
import re

import pytest
import torch

from workshop import syllabus
from workshop.classroom import lesson_runs as runs
from workshop.classroom import notebooks
from workshop.core.device import choose

LESSONS = syllabus.lessons()


@pytest.fixture(scope="module")
def first_runs():
    return {}


def run_of(lesson, device="cpu", config=None):
    config = config or lesson.module().Config()
    return runs.run_lesson(lesson, config, seed=0, device=device, progress=False)


@pytest.mark.book("sec-2.6")
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_targets_are_reached_and_controls_missed(lesson, first_runs):
    run = first_runs[lesson.name] = run_of(lesson)
    assert not run.error, run.traceback
    assert {row.measured.name for row in run.judged} >= {bound.name for bound in lesson.bounds}
    for row in run.judged:
        assert row.passed, f"{row.measured.name}: got {row.measured.value}, expected {row.bound}"
        if row.measured.total is not None:
            assert row.measured.value == row.measured.correct / row.measured.total


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_one_seed_repeats_its_numbers_and_keeps_the_threads(lesson):
    config = shortened(lesson.module().Config())
    first = run_of(lesson, config=config)
    assert not first.error, first.traceback
    torch.rand(7)  # whatever the global generator did before must not matter
    threads = torch.get_num_threads()
    again = run_of(lesson, config=config)
    assert torch.get_num_threads() == threads
    assert [row.measured for row in again.judged] == [row.measured for row in first.judged]


def shortened(config):
    """The same settings with as few epochs, steps and splits as they may be."""
    changes = {}
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if dataclasses.is_dataclass(value):
            changes[field.name] = shortened(value)
        elif type(value) is int and re.search(r"epochs|steps|splits", field.name):
            changes[field.name] = int(field.metadata["at_least"])
    return dataclasses.replace(config, **changes)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA GPU here")
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_cuda_agrees_with_the_cpu_within_the_tolerance(lesson, first_runs):
    here = first_runs.get(lesson.name) or run_of(lesson)
    there = run_of(lesson, choose("cuda"))
    for a, b in zip(here.judged, there.judged, strict=True):
        if a.bound is not None and a.bound.kind == "target":
            assert b.passed
            assert b.measured.value == pytest.approx(a.measured.value, abs=lesson.tolerance)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_lesson_has_all_its_parts(lesson):
    assert lesson.module().__doc__
    assert lesson.targets
    assert lesson.controls
    source = notebooks.notebooks_dir() / f"{lesson.notebook}.py"
    assert source.is_file()
    assert source.with_suffix(".ipynb").is_file()


def settings_of(config):
    """(Config, field) of a lesson, those of its tasks included."""
    for field in dataclasses.fields(config):
        yield config, field
        if dataclasses.is_dataclass(inside := getattr(config, field.name)):
            yield from settings_of(inside)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_settings_are_named_typed_and_checked(lesson):
    for config, field in settings_of(lesson.module().Config()):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(config, field.name, 1)
        with pytest.raises(TypeError):
            type(config)(3)
        assert field.metadata["help"]
        with pytest.raises((TypeError, ValueError), match=field.name):
            type(config)(**{field.name: "many"})
        with pytest.raises((TypeError, ValueError), match=field.name):
            type(config)(**{field.name: float("nan")})


def test_run_takes_a_config_and_seed_device_and_progress():
    for lesson in LESSONS:
        names = list(inspect.signature(lesson.module().run).parameters)
        assert names == ["config", "seed", "device", "progress"]

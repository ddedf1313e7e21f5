"""Lessons that train nothing, for the tests of the classroom and of the command line."""

from dataclasses import dataclass, replace
from types import SimpleNamespace

from workshop import syllabus
from workshop.core.results import Bound, Measured, Result
from workshop.core.settings import Settings, setting


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    epochs: int = setting(3, help="passes over the data", at_least=1)
    lr: float = setting(0.1, help="learning rate", above=0)


@dataclass(frozen=True, kw_only=True)
class OtherConfig(Config):
    hidden: int = setting(8, help="units", at_least=1)


@dataclass(frozen=True)
class FakeLesson(syllabus.Lesson):
    run: object = None
    config: type = Config

    def module(self):
        if self.run is None:
            raise ModuleNotFoundError(f"No module named {self.name!r}")
        return SimpleNamespace(Config=self.config, run=self.run)


TARGET = Bound("test_accuracy", "target", at_least=0.9, what="held out")
CONTROL = Bound("shuffled_labels_accuracy", "control", at_most=0.6, what="labels shuffled")


def lesson(name, run, *, number=1, bounds=(TARGET, CONTROL), config=Config):
    title = f"The lesson {name}"
    return FakeLesson(name, 1, number, title, 30, ("1.1", "1.2"), bounds, run=run, config=config)


def measures(*metrics):
    """A `run` that gives these metrics, whatever it is asked."""

    def run(config, *, seed=0, device="cpu", progress=False):
        return Result(metrics)

    return run


def scores(right, guessed=50, total=100):
    """A `run` that gets `right` of `total`, and its control `guessed`; more with another seed."""

    def run(config, *, seed=0, device="cpu", progress=False):
        return Result(
            (
                Measured.count("test_accuracy", right + seed, total),
                Measured.count("shuffled_labels_accuracy", guessed, total),
            )
        )

    return run


def crashes(config, *, seed=0, device="cpu", progress=False):
    raise RuntimeError("the shapes\ndo not fit")


def interrupted(config, *, seed=0, device="cpu", progress=False):
    raise KeyboardInterrupt


def install(monkeypatch, *lessons):
    """Make these the lessons of the workshop, numbered from 1."""
    numbered = tuple(replace(one, number=number) for number, one in enumerate(lessons, start=1))
    monkeypatch.setattr(syllabus, "lessons", lambda: numbered)
    return numbered

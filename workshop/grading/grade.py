"""Grading a class: every exercise of every attendee, each tried in the sandbox, judged out here."""

from __future__ import annotations

import hashlib
import pickle
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from workshop import __version__
from workshop.core.checks import nearest
from workshop.core.exercise import Case, Exercise
from workshop.core.files import printable, write_atomically
from workshop.exercises import all_exercises
from workshop.exercises.outcome import OutcomeCache
from workshop.exercises.verdict import Stage, Status, Verdict
from workshop.grading import decide, report, sandbox, scale, submissions
from workshop.grading.frames import Ending, Limits, Request
from workshop.grading.results import Out, Result, key_of
from workshop.grading.submissions import Notebook, Submission

MAX_TRIES = 2  # for an answer that takes the whole sandbox along


@dataclass
class Class:
    """A graded class.

    Args:
        results: by attendee, then in the order of the workshop.
        level: how submissions were isolated; None if nothing had to be run.
        seed: of the inputs.
        checked: how many checks were run this time; the others were known.
        seconds: that it took.
    """

    results: list[Result]
    problems: dict[str, list[str]]
    level: sandbox.Level | None
    seed: int
    checked: int
    seconds: float


@dataclass
class _Task:
    """One exercise of one attendee, and what is known of it."""

    key: str
    exercise: Exercise
    notebook: Notebook | None
    result: Result | None


@dataclass
class _Attendee:
    submission: Submission
    tasks: list[_Task] = field(default_factory=list)

    def results(self) -> list[Result]:
        return [task.result for task in self.tasks if task.result is not None]


def grade(
    places: Sequence[Path],
    out: Path,
    *,
    jobs: int = 1,
    time_limit: float | None = None,
    memory_limit: int = 2_000_000_000,
    dask: str | None = None,
    unsafe: bool = False,
    seed: int | None = None,
    levels: Sequence[sandbox.Level] | None = None,
    isolated: Callable[[sandbox.Level], None] = lambda level: None,
    finished: Callable[[str, list[Result]], None] = lambda attendee, results: None,
) -> Class:
    """Grade the submissions at `places`; leave the results in `out`, and go on from what is there.

    Args:
        places: folders, zip files, notebooks (see `submissions.find`).
        out: the folder for the results.
        jobs: how many answers run at a time.
        time_limit: seconds of computing per exercise, instead of the exercises' own limits.
        memory_limit: bytes that a run may take.
        dask: the address of a scheduler, on whose workers answers run instead of here; they
            decide how many at a time.
        unsafe: grade even without isolation.
        seed: of the inputs; by default made from the submissions, so that nobody knows it before.
        levels: of isolation to try, instead of those that this machine may have.
        isolated: called with the level of isolation before anything runs.
        finished: called with each attendee who is done, in any order, in any thread.

    Raises:
        NothingThere, OutError, SandboxError: see there.
    """
    start = time.monotonic()
    exercises = all_exercises()
    handed_in = submissions.find(places, {one.name: one.lesson for one in exercises})
    with Out(out) as output:
        if seed is None:
            seed = output.settings(_seed(handed_in))["seed"]
        limits = {one.name: Limits(time_limit or one.time_limit, memory_limit) for one in exercises}
        attendees = _plan(handed_in, exercises, limits, seed, output)
        grading = _Grading(attendees, output, limits, seed, finished)
        level = None
        if grading.left():
            lessons = set().union(*(one.lessons() for one in handed_in))
            hidden = [*map(Path, places), out]
            files: sandbox.SandboxFiles | scale.Cluster
            first: sandbox.Runner
            if dask is None:
                files = sandbox.SandboxFiles(exercises, hidden, lessons)
            else:
                files = scale.Cluster(dask, hidden, lessons)
            try:
                if isinstance(files, scale.Cluster):
                    level, first = scale.choose(files, unsafe=unsafe, among=levels)
                    jobs = files.jobs
                else:
                    level, first = sandbox.choose(files, unsafe=unsafe, among=levels)
                isolated(level)
                output.isolation(str(level))
                grading.run(first, max(1, jobs))
            except KeyboardInterrupt:
                _report(attendees, output)  # what is known so far
                raise
            finally:
                files.close()
        for one in attendees:
            if one.submission.attendee not in grading.written:
                grading.finish(one)
        output.write_table(grading.results())
        _report(attendees, output)
        return Class(
            grading.results(),
            {one.submission.attendee: _problems(one.submission) for one in attendees},
            level,
            seed,
            grading.checked,
            time.monotonic() - start,
        )


def _seed(handed_in: list[Submission]) -> int:
    """A seed that follows from the submissions, so that none of them can be made to fit it."""
    digest = hashlib.sha256()
    for one in handed_in:
        digest.update(repr((one.attendee, [book.digest for book in one.notebooks])).encode())
    return int.from_bytes(digest.digest()[:4], "big") % 2**31


def _report(attendees: list[_Attendee], output: Out) -> None:
    page = report.page(
        [result for one in attendees for result in one.results()],
        {one.submission.attendee: _problems(one.submission) for one in attendees},
        "; ".join(output.isolation()),
        exercises=[(task.exercise.lesson, task.exercise.name) for task in attendees[0].tasks],
    )
    write_atomically(output.folder / "report.html", page)


def _problems(submission: Submission) -> list[str]:
    return [printable(f"{one.place}: {one.status}: {one.reason}") for one in submission.problems]


# --- what is to be done --------------------------------------------------------------------------


def _plan(
    handed_in: list[Submission],
    exercises: Sequence[Exercise],
    limits: dict[str, Limits],
    seed: int,
    output: Out,
) -> list[_Attendee]:
    """For each attendee, the exercises of every lesson that anybody has handed in."""
    lessons = set().union(*(one.lessons() for one in handed_in))
    attendees = []
    for submission in handed_in:
        one = _Attendee(submission)
        for exercise in exercises:
            if exercise.lesson not in lessons:
                continue
            notebook = submission.notebook_for(exercise.name, exercise.lesson)
            limit = limits[exercise.name]
            key = key_of(
                submission.attendee,
                exercise.name,
                notebook and notebook.place,
                notebook and notebook.digest,
                seed,
                limit.seconds,
                limit.memory,
                __version__,
            )
            result = output.done.get(key)
            if notebook is None:
                result = _result(submission, _nowhere(submission, exercise), None, 0.0)
            elif not any(exercise.name in source for source, _ in notebook.cells):
                result = _result(submission, _not_in(notebook, exercise), notebook, 0.0)
            one.tasks.append(_Task(key, exercise, notebook, result))
        attendees.append(one)
    return attendees


def _nowhere(submission: Submission, exercise: Exercise) -> Verdict:
    """The verdict where there is no notebook to look in: what became of it, if that is known."""
    problems = [one for one in submission.problems if one.lesson == exercise.lesson]
    if not problems:  # one whose name says nothing may have been it
        problems = [one for one in submission.problems if one.lesson is None]
    if problems:
        one = problems[0]
        status, message = one.status, f"{one.place}: {one.reason}."
    else:
        status, message = Status.MISSING, "No notebook of this lesson was handed in."
    return decide.make_verdict(exercise, status, message, Stage.EXISTS)


def _not_in(notebook: Notebook, exercise: Exercise) -> Verdict:
    """The verdict where nothing in the notebook has the exercise's name, which needs no run."""
    known = sorted(notebook.defines)
    return decide.make_verdict(
        exercise,
        Status.MISSING,
        f"There is no function {exercise.name} in {notebook.place}.{nearest(exercise.name, known)}"
        f" Was a cell deleted, or the notebook an older edition?",
        Stage.EXISTS,
    )


def _result(
    submission: Submission, verdict: Verdict, notebook: Notebook | None, seconds: float
) -> Result:
    return Result(
        submission.attendee,
        verdict.lesson,
        verdict.exercise,
        verdict.status,
        verdict.message,
        round(seconds, 2),
        verdict.stage,
        verdict.got,
        verdict.expected,
        printable(notebook.place) if notebook else "",
        verdict.mistake,
    )


# --- doing it ------------------------------------------------------------------------------------


class _Grading:
    """The work of one call of `grade`, shared by its threads, each with a sandbox of its own."""

    def __init__(
        self,
        attendees: list[_Attendee],
        output: Out,
        limits: dict[str, Limits],
        seed: int,
        finished: Callable[[str, list[Result]], None],
    ) -> None:
        self.attendees = attendees
        self.output = output
        self.limits = limits
        self.finished = finished
        self.written: set[str] = set()
        self.checked = 0
        self.lock = threading.Lock()
        self.stop = threading.Event()
        self.boxes: set[sandbox.Runner] = set()
        self.seed = seed
        self.inputs: dict[str, _Inputs] = {}
        self.outcomes = OutcomeCache()
        self.judging = threading.Lock()  # what references do may depend on torch's one generator

    def left(self) -> bool:
        """Whether anything is still to be run."""
        return any(task.result is None for one in self.attendees for task in one.tasks)

    def results(self) -> list[Result]:
        return [result for one in self.attendees for result in one.results()]

    def run(self, first: sandbox.Runner, jobs: int) -> None:
        """Try all that is left, `jobs` answers at a time.

        Raises:
            the first error of a thread.
        """
        self.boxes.add(first)
        waiting: queue.SimpleQueue[_Attendee] = queue.SimpleQueue()
        for one in self.attendees:
            if any(task.result is None for task in one.tasks):
                waiting.put(one)
        errors: list[BaseException] = []
        ready: queue.SimpleQueue[sandbox.Runner] = queue.SimpleQueue()
        ready.put(first)

        def work() -> None:
            box: sandbox.Runner | None = None
            try:
                try:
                    box = ready.get_nowait()
                except queue.Empty:
                    box = self.another(first)
                while not self.stop.is_set():
                    try:
                        one = waiting.get_nowait()
                    except queue.Empty:
                        break
                    box = self.attendee(one, box)
            except BaseException as error:
                errors.append(error)
                self.stop.set()
            finally:
                if box is not None:
                    self.boxes.discard(box)
                    box.close()

        threads = [threading.Thread(target=work) for _ in range(min(jobs, waiting.qsize()))]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                while thread.is_alive():
                    thread.join(0.2)  # Ctrl-C comes through
        except BaseException:
            self.stop.set()
            for box in list(self.boxes):  # what still runs is not waited for
                box.kill()
            for thread in threads:
                thread.join()
            raise
        if errors:
            raise errors[0]

    def attendee(self, one: _Attendee, box: sandbox.Runner) -> sandbox.Runner:
        """Try an attendee's exercises; returns the sandbox for the next."""
        ran = False
        for task in one.tasks:
            if self.stop.is_set():
                return box
            if task.result is None:
                box = self.try_one(one.submission, task, box)
                ran = True
        self.finish(one)
        if ran and box.level.name != "none" and not box.wait()["nested"]:
            # Runs share the sandbox: nothing that one attendee's left in it may meet the next.
            box = self.another(box, instead=True)
        return box

    def another(self, like: sandbox.Runner, *, instead: bool = False) -> sandbox.Runner:
        """A sandbox like that one; `instead`: which is closed.

        Raises:
            SandboxError: it does not start.
        """
        if instead:
            self.boxes.discard(like)
            like.close()
        box = like.another()
        self.boxes.add(box)
        try:
            box.wait()
        except sandbox.Died as error:
            self.boxes.discard(box)
            raise sandbox.SandboxError(
                f"A sandbox did not start again ({error}). Is there memory and room left, with "
                f"fewer --jobs say? What was graded is kept: run the same command again."
            ) from None
        return box

    def try_one(self, submission: Submission, task: _Task, box: sandbox.Runner) -> sandbox.Runner:
        """Run one answer, judge it, write it down."""
        exercise = task.exercise
        with self.judging:
            if exercise.name not in self.inputs:
                self.inputs[exercise.name] = _Inputs.of(exercise, self.seed)
            inputs = self.inputs[exercise.name]
        limits = self.limits[exercise.name]
        assert task.notebook is not None  # else there is a result
        request: Request = {
            "name": exercise.name,
            "cells": task.notebook.cells,
            "inputs": inputs.packed,
            "gradients": list(exercise.gradients),
            "watched": [exercise.reference_path, *exercise.without],
            "reference": exercise.reference_path,
        }
        content: bytes | None = None
        ending: Ending = {}
        for _ in range(MAX_TRIES):
            try:
                content, ending = box.run(request, limits)
                break
            except sandbox.Died as error:
                if self.stop.is_set():
                    return box
                ending = {"died": str(error)}
                box = self.another(box, instead=True)
        with self.judging:
            verdict = decide.decide(exercise, inputs.cases, content, ending, limits, self.outcomes)
        task.result = _result(submission, verdict, task.notebook, ending.get("seconds", 0.0))
        self.output.add(task.key, task.result)
        with self.lock:
            self.checked += 1
        return box

    def finish(self, one: _Attendee) -> None:
        """Write down an attendee who is done."""
        name = one.submission.attendee
        self.output.write_attendee(name, one.results(), _problems(one.submission))
        with self.lock:
            self.written.add(name)
            whole = [a.results() for a in self.attendees if len(a.results()) == len(a.tasks)]
            self.output.write_table(result for results in whole for result in results)
        self.finished(name, one.results())


@dataclass(frozen=True)
class _Inputs:
    """The inputs of an exercise, made once for the whole class, and packed for the sandbox."""

    cases: list[Case]
    packed: bytes

    @classmethod
    def of(cls, exercise: Exercise, seed: int) -> _Inputs:
        cases = exercise.cases(seed)
        return cls(cases, pickle.dumps([case.args for case in cases]))

"""Grading on the workers of a real dask scheduler, all in processes of their own on loopback."""

import csv
import json
import os
import socket
import subprocess
import sys
import time

import builders
import pytest
from typer.testing import CliRunner

from workshop import cli
from workshop.grading import pool, sandbox, scale
from workshop.grading.grade import grade

distributed = pytest.importorskip("distributed", reason="needs the extra `scale`")
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="graded on Linux")


class Dask:
    """A scheduler and workers, started with dask's own commands."""

    def __init__(self, folder):
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        self.processes = []
        host, port = self.address.removeprefix("tcp://").split(":")
        self.start("dask_scheduler", "--host", host, "--port", port)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:  # until it takes calls
            try:
                socket.create_connection((host, int(port)), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)

    def start(self, module, *options):
        log = (self.folder / f"{module}{len(self.processes)}.log").open("wb")
        command = [sys.executable, "-m", f"distributed.cli.{module}", "--no-dashboard", *options]
        with log:
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        self.processes.append(process)
        return process

    def worker(self, *options):
        return self.start(
            "dask_worker",
            self.address,
            "--nthreads",
            "1",
            "--local-directory",
            str(self.folder),
            *options,
        )

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture(scope="module")
def dask(tmp_path_factory):
    started = Dask(tmp_path_factory.mktemp("dask"))
    try:
        yield started
    finally:
        started.stop()


def table(folder):
    """results.csv without the seconds, which are measured."""
    rows = csv.reader((folder / "results.csv").read_text(encoding="utf-8").splitlines())
    return [row[:-1] for row in rows]


def test_lost_workers_and_schedulers_lose_no_results(dask, tmp_path, monkeypatch):
    place = tmp_path / "class"
    wrong = {"sigmoid": "def sigmoid(z):\n    return torch.exp(-z)\n"}
    ends = {"sigmoid": "def sigmoid(z):\n    import os\n    os._exit(3)\n"}
    for number, answers in enumerate([{}, wrong, ends, {"standardize": None}, wrong, {}, {}, {}]):
        builders.hand_in(place, f"attendee{number}", builders.notebook(answers))

    # Nobody is there to work yet.
    monkeypatch.setattr(scale, "ANSWER_LIMIT", 3.0)
    with pytest.raises(sandbox.SandboxError, match="no worker there within 3 seconds"):
        grade([place], tmp_path / "out", dask=dask.address)
    monkeypatch.undo()
    lost = dask.worker("--no-nanny")  # a machine that does not come back
    dask.worker("--nanny")  # dask starts this one again
    with distributed.Client(dask.address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
        assert lost.pid in client.run(os.getpid).values()

    # Refused by the workers, and each is named: other versions; no isolation.
    workers = pool.versions()
    with monkeypatch.context() as patch:
        patch.setattr(pool, "versions", lambda: {**workers, "torch": "1.2.3"})
        with pytest.raises(sandbox.SandboxError) as refused:
            grade([place], tmp_path / "out", dask=dask.address)
    assert "2 of 2 dask workers" in str(refused.value)
    assert str(refused.value).count("  tcp://127.0.0.1:") == 2
    assert f"it has torch {workers['torch']}; the grader has 1.2.3" in str(refused.value)
    with pytest.raises(sandbox.SandboxError, match="2 of 2 dask workers"):
        grade([place], tmp_path / "out", dask=dask.address, levels=[])
    assert not (tmp_path / "out" / "results.csv").exists()

    # One of the two is killed in the middle.
    killed, levels = [], []

    def finished(attendee, rows):
        if not killed:
            killed.append(len((tmp_path / "out" / "journal.jsonl").read_bytes().splitlines()))
            lost.kill()
            lost.wait()

    done = grade(
        [place],
        tmp_path / "out",
        dask=dask.address,
        seed=5,
        unsafe=True,
        finished=finished,
        isolated=levels.append,
    )
    assert 0 < killed[0] < 31
    assert levels == [done.level]
    assert "(dask workers: 2" in str(done.level)
    assert done.checked == 31
    assert builders.verdicts_of(done.results)["attendee2"] == [
        "passed",
        "crashed",
        "passed",
        "passed",
    ]
    here = grade([place], tmp_path / "here", seed=5, unsafe=True, jobs=2)
    assert here.checked == 31
    assert str(here.level).partition(",")[0] == str(done.level).partition(",")[0]
    assert table(tmp_path / "out") == table(tmp_path / "here")
    keys = [
        [json.loads(line)["key"] for line in (folder / "journal.jsonl").open(encoding="utf-8")]
        for folder in (tmp_path / "out", tmp_path / "here")
    ]
    assert len(keys[0]) == 31
    assert sorted(keys[0]) == sorted(keys[1])

    # An answer that takes workers down hurts only itself, after as many as the scheduler allows.
    def allow_none(dask_scheduler):
        dask_scheduler.allowed_failures = 0

    with distributed.Client(dask.address, set_as_default=False) as client:
        client.run_on_scheduler(allow_none)
        before = client.run(os.getpid)
    poison = "def sigmoid(z):\n    import os\n    os.kill(int(os.environ['WORKSHOP_GRADER']), 9)\n"
    for number in range(3):
        answers = {"sigmoid": poison} if number == 1 else {}
        builders.hand_in(tmp_path / "poisoned", f"attendee{number}", builders.notebook(answers))
    done = grade(
        [tmp_path / "poisoned"], tmp_path / "two", dask=dask.address, unsafe=True, levels=[]
    )
    assert builders.verdicts_of(done.results) == {
        "attendee0": builders.FINE,
        "attendee1": ["passed", "crashed", "passed", "passed"],
        "attendee2": builders.FINE,
    }
    (reason,) = [one.reason for one in done.results if one.verdict == "crashed"]
    assert "it took its worker down 1 time, with nothing else of the class running" in reason
    assert done.level.name == "none"
    with distributed.Client(dask.address, set_as_default=False) as client:
        after = client.run(os.getpid)
    assert not set(before.values()) & set(after.values())
    marks = [
        f"WORKSHOP_GRADER={pid}".encode() for pid in (*before.values(), *after.values(), lost.pid)
    ]
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and any(map(builders.left_over, marks)):
        time.sleep(0.05)
    assert not any(set(builders.left_over(mark)) - set(after.values()) for mark in marks)

    # The scheduler is gone: the error says so, and what was graded is kept.
    def gone(attendee, rows):
        dask.processes[0].kill()

    monkeypatch.setattr(scale, "ANSWER_LIMIT", 3.0)  # also for the connection to come back
    with pytest.raises(sandbox.SandboxError, match="run the same command again"):
        grade(
            [place],
            tmp_path / "kept",
            dask=dask.address,
            seed=5,
            unsafe=True,
            levels=[],
            finished=gone,
        )
    kept = len((tmp_path / "kept" / "journal.jsonl").read_bytes().splitlines())
    assert 4 <= kept < 31


def test_the_command_says_what_is_wrong_with_the_address(tmp_path, monkeypatch):
    builders.hand_in(tmp_path / "class", "ann", builders.notebook())

    def stopped(address):
        result = CliRunner().invoke(
            cli.app,
            ["grade", str(tmp_path / "class"), "--out", str(tmp_path / "out"), "--dask", address],
        )
        assert result.exit_code == 2, result.output
        return " ".join(result.output.split())

    monkeypatch.setattr(scale, "ANSWER_LIMIT", 1.0)
    with socket.socket() as silent:  # it takes calls and says nothing
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        start = time.monotonic()
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        assert f"--dask {address}: no dask scheduler answered within 1 seconds" in stopped(address)
        assert time.monotonic() - start < 60  # not how fast: that it ends
    assert "no dask scheduler answered" in stopped(address)  # now nobody is there at all
    assert "missing port number" in stopped("nonsense")
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert 'pip install "deep-learning-workshop[scale]"' in stopped("tcp://127.0.0.1:1")
    assert not (tmp_path / "out" / "results.csv").exists()


def test_a_suspect_job_runs_alone():
    cluster = object.__new__(scale.Cluster)
    cluster.gate, cluster.running, cluster.alone = scale.threading.Condition(), 0, False
    most = {True: 0, False: 0}
    running = []

    def work(alone):
        with cluster._turn(alone):
            running.append(alone)
            most[alone] = max(most[alone], len(running))
            assert not (alone and len(running) > 1)
            time.sleep(0.01)
            running.remove(alone)

    with scale.ThreadPoolExecutor(8) as executor:
        list(executor.map(work, [number % 5 == 4 for number in range(40)]))
    assert most[True] == 1
    assert most[False] > 1
    assert (cluster.running, cluster.alone) == (0, False)

"""The network is blocked: in this process, in its children, in kernels, and for good."""

import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CONNECT = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=2)"
BLOCKED = "the network is blocked in tests"


@pytest.fixture
def log():
    """The log of attempts, taken away again: these attempts are meant."""
    path = Path(os.environ["WORKSHOP_NETWORK_LOG"])
    yield path
    path.unlink(missing_ok=True)


def udp(host, port=9):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.sendto(b"anyone?", (host, port))


ATTEMPTS = {
    "connect": (lambda: exec(CONNECT), "192.0.2.1"),
    "connect_ex": (lambda: socket.socket().connect_ex(("192.0.2.1", 80)), "192.0.2.1"),
    "IPv6": (lambda: socket.socket(socket.AF_INET6).connect(("2001:db8::1", 80)), "2001:db8::1"),
    "datagram": (lambda: udp("192.0.2.1"), "192.0.2.1"),
    "look-up": (lambda: socket.getaddrinfo("workshop.invalid", 80), "workshop.invalid"),
    "old look-up": (lambda: socket.gethostbyname("workshop.invalid"), "workshop.invalid"),
    "reverse look-up": (lambda: socket.gethostbyaddr("192.0.2.1"), "192.0.2.1"),
    "a page": (lambda: urllib.request.urlopen("http://workshop.invalid/x", timeout=2), "invalid"),
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_this_process_cannot_and_the_attempt_is_logged(attempt, log):
    reach_out, target = ATTEMPTS[attempt]
    with pytest.raises(OSError, match=BLOCKED):
        reach_out()
    assert target in log.read_text()
    assert str(os.getpid()) in log.read_text()


def test_a_child_process_cannot_connect_either(log):
    child = subprocess.run([sys.executable, "-c", CONNECT], capture_output=True, text=True)
    assert child.returncode == 1
    assert BLOCKED in child.stderr
    assert "192.0.2.1" in log.read_text()


def test_a_kernel_cannot_connect_either_and_cannot_hide_it(log, tmp_path):
    nbformat = pytest.importorskip("nbformat")
    from workshop.classroom.execution import run_notebook

    swallowed = f"try:\n    {CONNECT}\nexcept OSError as error:\n    print(error)"
    cells = [nbformat.v4.new_code_cell(swallowed)]
    executed = run_notebook(nbformat.v4.new_notebook(cells=cells), cwd=tmp_path, time_limit=60)
    assert executed.outcome == "ok", executed.problem
    assert BLOCKED in executed.notebook["cells"][0]["outputs"][0]["text"]
    assert "192.0.2.1" in log.read_text()
    assert "ipykernel" in log.read_text()


def test_what_stays_on_this_machine_works(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
        socket.create_connection(("localhost", port), timeout=2).close()
        udp("127.0.0.1")
        child = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])))"
        assert subprocess.run([sys.executable, "-c", child, str(port)]).returncode == 0
    socket.getaddrinfo(None, 80)
    socket.getaddrinfo("192.0.2.1", 80)  # already a number: nobody is asked
    socket.getaddrinfo(b"127.0.0.1", 80)


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no Unix sockets")
def test_unix_sockets_work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # their names may not be long
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind("s")
        server.listen()
        client.connect("s")


def test_the_sitecustomize_that_ours_hides_runs_too(tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import builtins; builtins.other_one = 'ran'")
    path = os.pathsep.join([os.environ["PYTHONPATH"], str(tmp_path)])
    child = subprocess.run(
        [sys.executable, "-c", "print(other_one)"],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert child.stdout.strip() == "ran", child.stderr


TESTS = f"""
import os, pathlib, subprocess, sys, pytest

def swallow():
    try:
        {CONNECT}
    except OSError:
        pass

def test_swallows():
    swallow()

def test_child_swallows():
    subprocess.run([sys.executable, "-c", {CONNECT!r}], stderr=subprocess.DEVNULL)

def test_does_nothing():
    assert pathlib.Path(os.environ["WORKSHOP_HOME"]).is_dir()

@pytest.fixture(scope="session")
def late():
    yield
    swallow()

def test_last(late):
    pass
"""


def test_an_attempt_whose_error_is_swallowed_fails_the_test(tmp_path):
    shutil.copy(HERE / "conftest.py", tmp_path)
    shutil.copytree(HERE / "netblock", tmp_path / "netblock")
    (tmp_path / "test_it.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")

    def run(*chosen):
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rA", *chosen]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)

    done = run("-k", "not last")
    assert done.returncode == 1
    assert "ERROR test_it.py::test_swallows" in done.stdout
    assert "ERROR test_it.py::test_child_swallows" in done.stdout
    assert "ERROR test_it.py::test_does_nothing" not in done.stdout
    assert done.stdout.count("the network was asked for") >= 2
    assert run("-k", "nothing").returncode == 0
    for workers in ((), ("-n", "1")):
        after = run("-k", "last", *workers)
        assert after.returncode == 1
        assert "after the last test the network was asked for" in after.stdout

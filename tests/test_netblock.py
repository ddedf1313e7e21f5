"""The network is blocked: in this process, in its children, and for good."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

CONNECT = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=2)"


@pytest.fixture
def log():
    """The log of attempts, taken away again: these attempts are meant."""
    path = Path(os.environ["WORKSHOP_NETWORK_LOG"])
    yield path
    path.unlink(missing_ok=True)


def test_this_process_cannot_connect_and_the_attempt_is_logged(log):
    with pytest.raises(OSError, match="blocked in tests"):
        exec(CONNECT)
    assert "192.0.2.1" in log.read_text()


def test_names_are_not_looked_up(log):
    with pytest.raises(OSError, match="blocked in tests"):
        socket.getaddrinfo("example.org", 80)
    assert "example.org" in log.read_text()


def test_a_child_process_cannot_connect_either(log):
    child = subprocess.run([sys.executable, "-c", CONNECT], capture_output=True, text=True)
    assert "blocked in tests" in child.stderr
    assert "192.0.2.1" in log.read_text()


def test_an_attempt_whose_error_is_swallowed_fails_the_test(tmp_path):
    (tmp_path / "conftest.py").write_text((Path(__file__).parent / "conftest.py").read_text())
    (tmp_path / "netblock").mkdir()
    hook = Path(__file__).parent / "netblock" / "sitecustomize.py"
    (tmp_path / "netblock" / "sitecustomize.py").write_text(hook.read_text())
    (tmp_path / "test_it.py").write_text(
        "def test_it():\n    try:\n        " + CONNECT + "\n    except OSError:\n        pass\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert run.returncode == 1
    assert "the network was asked for" in run.stdout


def test_loopback_works():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=2).close()

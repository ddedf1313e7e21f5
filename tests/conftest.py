"""Every test: no network (children and kernels included), a seed, progress in a folder of its own."""

import importlib
import importlib.util
import os
import random
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
NETBLOCK = Path(__file__).parent / "netblock"
REPOSITORY = Path(__file__).parents[1]


def pytest_configure(config):
    folder = Path(tempfile.mkdtemp(prefix="workshop-tests-"))
    config.stash[FOLDER] = folder
    os.environ["WORKSHOP_NETWORK_LOG"] = str(folder / "network.log")
    os.environ["WORKSHOP_HOME"] = str(folder)  # for fixtures that outlive one test
    path = [str(NETBLOCK), str(REPOSITORY), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, path))
    spec = importlib.util.spec_from_file_location("netblock", NETBLOCK / "sitecustomize.py")
    spec.loader.exec_module(importlib.util.module_from_spec(spec))


FOLDER = pytest.StashKey()


def pytest_addoption(parser):
    parser.addoption("--slow", action="store_true", help="only the tests that are marked slow")


def pytest_collection_modifyitems(config, items):
    """The longest first, in their order: else one of two workers ends alone with a long notebook."""
    slow = [item for item in items if item.get_closest_marker("slow")]
    others = [item for item in items if not item.get_closest_marker("slow")]
    items[:], left = (slow, others) if config.getoption("--slow") else (others, slow)
    config.hook.pytest_deselected(items=left)
    long = ("test_notebooks.py", "test_contract.py", "test_new_lesson.py", "test_scale.py")
    items.sort(key=lambda item: long.index(item.path.name) if item.path.name in long else len(long))


def pytest_sessionfinish(session):
    # What happened after the last test, when fixtures of the whole session ended. A worker of
    # pytest-xdist has no say in the outcome: it hands on what it found.
    attempts = take_attempts()
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["attempts"] = attempts
    elif attempts or session.config.stash.get(LATE, ""):
        attempts += session.config.stash.get(LATE, "")
        print(f"\nERROR: after the last test the network was asked for:\n{attempts}")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


LATE = pytest.StashKey()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    late = node.config.stash.get(LATE, "")
    node.config.stash[LATE] = late + getattr(node, "workeroutput", {}).get("attempts", "")


def pytest_unconfigure(config):
    shutil.rmtree(config.stash[FOLDER], ignore_errors=True)


def take_attempts():
    """What was written to the log of attempts, which is empty afterwards."""
    log = Path(os.environ["WORKSHOP_NETWORK_LOG"])
    if not log.exists():
        return ""
    attempts = log.read_text(encoding="utf-8")
    log.unlink()
    return attempts


@pytest.fixture(autouse=True)
def _no_network():
    yield
    if attempts := take_attempts():
        pytest.fail(f"the network was asked for:\n{attempts}")


@pytest.fixture(autouse=True)
def _own_folder_and_seed(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path))
    monkeypatch.delenv("WORKSHOP_DEVICE", raising=False)
    # Whatever else is installed or set on this machine, it is this folder that is tested.
    monkeypatch.setenv("WORKSHOP_DATA", str(REPOSITORY / "data"))
    random.seed(0)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(0)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)


@pytest.fixture
def build(monkeypatch):
    """`build("files")` imports data/build/files.py, as `python data/build` does."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # no __pycache__ among the data
    monkeypatch.syspath_prepend(REPOSITORY / "data" / "build")
    return importlib.import_module

"""Every test: no network (children and kernels included), a seed, progress in a folder of its own."""

import importlib.util
import os
import sys
from pathlib import Path

import pytest

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
NETBLOCK = Path(__file__).parent / "netblock"
REPOSITORY = Path(__file__).parents[1]


def pytest_configure(config):
    log = Path(os.environ.get("PYTEST_DEBUG_TEMPROOT", "/tmp" if os.name == "posix" else "."))
    log = log / f"workshop-network-{os.getpid()}.log"
    log.unlink(missing_ok=True)
    os.environ["WORKSHOP_NETWORK_LOG"] = str(log)
    path = [str(NETBLOCK), str(REPOSITORY), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, path))
    spec = importlib.util.spec_from_file_location("netblock", NETBLOCK / "sitecustomize.py")
    spec.loader.exec_module(importlib.util.module_from_spec(spec))


def pytest_unconfigure(config):
    Path(os.environ["WORKSHOP_NETWORK_LOG"]).unlink(missing_ok=True)


@pytest.fixture(autouse=True)
def _no_network():
    log = Path(os.environ["WORKSHOP_NETWORK_LOG"])
    yield
    if log.exists():
        attempts = log.read_text(encoding="utf-8")
        log.unlink()
        pytest.fail(f"the network was asked for:\n{attempts}")


@pytest.fixture(autouse=True)
def _own_folder_and_seed(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path))
    monkeypatch.delenv("WORKSHOP_DEVICE", raising=False)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)

"""The tests of core read the data of this repository."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _the_repository(monkeypatch):
    # Whatever else is installed or set on this machine, it is this folder that is tested.
    monkeypatch.setenv("WORKSHOP_DATA", str(Path(__file__).parents[2] / "data"))

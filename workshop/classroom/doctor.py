"""What `workshop doctor` looks at: can the workshop run here, and if not, what mends it?"""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

PACKAGE = "deep-learning-workshop"
REINSTALL = f"python -m pip install --force-reinstall --no-deps {PACKAGE}"


@dataclass(frozen=True)
class Finding:
    """One line of the report: state is 'ok', 'note' or 'problem'; `mend` is a command."""

    what: str
    state: str
    text: str
    mend: str = ""

    def as_dict(self) -> dict[str, str]:
        """Plain data for `--json`."""
        return asdict(self)


def examine() -> Iterator[Finding]:
    """Look at everything, one finding after the other; nothing is changed."""
    yield _python()
    for look in (_packages, _torch, _torchvision, _torchtext, _machine, _data, _notebooks, _folder):
        yield from _guarded(look)
    yield from _guarded(_smoke_test)


def _guarded(look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """A look that fails in a way nobody thought of is a finding too."""
    try:
        yield from look()
    except Exception as error:
        name = look.__name__.strip("_").replace("_", " ")
        yield Finding(name, "problem", f"{type(error).__name__}: {error}", REINSTALL)


def _python() -> Finding:
    version = platform.python_version()
    return Finding("Python", "ok", f"{version}, {sys.executable}")


def _packages() -> Iterator[Finding]:
    from packaging.requirements import Requirement

    try:
        wanted = importlib.metadata.requires(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        yield Finding("packages", "note", f"{PACKAGE} is not installed; running from its folder",
                      "python -m pip install .")  # fmt: skip
        return
    fine = []
    for requirement in map(Requirement, wanted):
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            version = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            version = None
        if version is not None and requirement.specifier.contains(version, prereleases=True):
            fine.append(f"{requirement.name} {version}")
        else:
            yield Finding(
                requirement.name, "problem",
                f"got {version or 'nothing'}, expected {requirement.specifier}",
                f'python -m pip install "{requirement.name}{requirement.specifier}"',
            )  # fmt: skip
    yield Finding("packages", "ok", ", ".join(fine))


def _torch() -> Iterator[Finding]:
    from workshop.core import device

    try:
        chosen = device.choose("auto")
        yield Finding("device", "ok", device.describe(chosen))
    except device.DeviceError as error:
        yield Finding("device", "problem", str(error), "unset WORKSHOP_DEVICE")


def _torchvision() -> Iterator[Finding]:
    import torch

    try:
        import torchvision

        torchvision.ops.nms(torch.tensor([[0.0, 0, 1, 1]]), torch.tensor([1.0]), 0.5)
    except Exception as error:
        yield Finding(
            "torchvision", "problem",
            f"does not fit torch {torch.__version__} ({str(error).splitlines()[0]})",
            "python -m pip install --force-reinstall torch torchvision",
        )  # fmt: skip
    else:
        yield Finding(
            "torchvision", "ok", f"{torchvision.__version__} with torch {torch.__version__}"
        )


def _torchtext() -> Iterator[Finding]:
    import torch

    try:
        version = importlib.metadata.version("torchtext")
    except importlib.metadata.PackageNotFoundError:
        return
    if torch.__version__.startswith("2.3.") and version.startswith("0.18."):
        yield Finding("torchtext", "ok", f"{version} with torch {torch.__version__}")
    else:
        yield Finding(
            "torchtext", "problem",
            f"{version} is archived and works with torch 2.3 only, not with {torch.__version__}",
            "python -m pip uninstall torchtext",
        )  # fmt: skip


def _machine() -> Iterator[Finding]:
    import psutil
    import torch

    memory = psutil.virtual_memory()
    free = shutil.disk_usage(".").free
    yield Finding(
        "threads", "ok", f"torch uses {torch.get_num_threads()} of {os.cpu_count()} cores"
    )
    low = memory.available < 1.5e9
    yield Finding(
        "memory", "note" if low else "ok",
        f"{memory.available / 1e9:.1f} of {memory.total / 1e9:.1f} GB free",
        "close other programs" if low else "",
    )  # fmt: skip
    low = free < 5e8
    yield Finding("disk", "note" if low else "ok", f"{free / 1e9:.1f} GB free here",
                  "free half a gigabyte" if low else "")  # fmt: skip


def _data() -> Iterator[Finding]:
    from workshop.core import data

    problems = {problem.name: problem for problem in data.verify()}
    for row in data.manifest():
        if row["name"] in problems:
            problem = problems[row["name"]]
            yield Finding(f"data {row['name']}", "problem", problem.what, problem.mend)
        else:
            yield Finding(f"data {row['name']}", "ok", f"{row['licence']}; from {row['source']}")


def _notebooks() -> Iterator[Finding]:
    from workshop import syllabus
    from workshop.classroom.notebooks import notebooks_dir

    place = notebooks_dir()
    there = [
        lesson for lesson in syllabus.lessons() if (place / f"{lesson.notebook}.ipynb").exists()
    ]
    missing = [lesson.name for lesson in syllabus.lessons() if lesson not in there]
    if missing:
        yield Finding("notebooks", "problem", f"missing: {', '.join(missing)}", REINSTALL)
    else:
        yield Finding("notebooks", "ok", f"{len(there)} in {place}")


def _folder() -> Iterator[Finding]:
    try:
        with tempfile.TemporaryFile(dir="."):
            pass
    except OSError as error:
        yield Finding("this folder", "note", f"cannot be written ({error.strerror}): no progress is kept",
                      "change to a folder of your own")  # fmt: skip
    else:
        yield Finding("this folder", "ok", f"{Path.cwd()} can be written")


def _smoke_test() -> Iterator[Finding]:
    import torch
    from torch import nn

    from workshop.core.data import load
    from workshop.core.device import choose, threads
    from workshop.core.training import count_correct, fit

    start = time.perf_counter()
    device = choose("auto")
    data = load("digits").to(device)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10)).to(device)
    with threads(1):
        history = fit(
            model, data.train, loss_fn=nn.CrossEntropyLoss(),
            optimizer=torch.optim.SGD(model.parameters(), lr=0.3), epochs=15, batch_size=32,
            validation=data.validation, metrics={"accuracy": count_correct},
        )  # fmt: skip
    seconds = time.perf_counter() - start
    accuracy = history["val_accuracy"][-1]
    if accuracy < 0.7:
        yield Finding(
            "training", "problem", f"a small network reached {accuracy:.2f}, expected 0.7 or more",
            "python -m pip install --force-reinstall torch torchvision",
        )  # fmt: skip
    else:
        slow = seconds > 20
        yield Finding(
            "training", "note" if slow else "ok",
            f"a small network reads {accuracy:.0%} of the digits after {seconds:.1f} seconds",
            "close other programs: this machine is busy or slow" if slow else "",
        )  # fmt: skip

"""What `workshop doctor` looks at: can the workshop run here, and if not, what fixes it?"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workshop.core.files import read_toml

if TYPE_CHECKING:
    import torch

PACKAGE = "deep-learning-workshop"
REINSTALL = "python -m pip install --force-reinstall --no-deps .   (in the clone of the repository)"
NEW_TORCH = "python -m pip install --force-reinstall torch torchvision"


@dataclass(frozen=True)
class Finding:
    """One line of the report: state is 'ok', 'note' or 'problem'; `fix` is a command."""

    what: str
    state: str
    text: str
    fix: str = ""

    def as_dict(self) -> dict[str, str]:
        """Plain data for `--json`."""
        return asdict(self)


def examine() -> Iterator[Finding]:
    """Look at everything, one finding after the other; nothing is changed.

    Yields:
        Findings; the workshop cannot run here if one of them is a 'problem'.
    """
    for look in (_python, _packages, _memory_and_disk, _folder, _jupyter, _notebooks):
        yield from _guarded(look)
    torch_works = True
    for finding in _guarded(_torch):
        torch_works = torch_works and finding.state != "problem"
        yield finding
    if torch_works:  # else they could only say the same again
        for look in (_device, _torchvision, _torchtext, _data, _smoke_test):
            yield from _guarded(look)


def _guarded(look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """A look that fails in a way nobody thought of is a finding too."""
    try:
        yield from look()
    except Exception as error:
        name = look.__name__.strip("_").replace("_", " ")
        missing = getattr(error, "name", None) if isinstance(error, ModuleNotFoundError) else None
        fix = f"python -m pip install {missing}" if missing else REINSTALL
        yield Finding(name, "problem", f"{type(error).__name__}: {_line(error)}", fix)


def _line(error: BaseException) -> str:
    """The first line of an error's message."""
    return (str(error).splitlines() or [type(error).__name__])[0][:300]


# --- without torch -------------------------------------------------------------------------------


def _python() -> Iterator[Finding]:
    version = platform.python_version()
    if tuple(map(int, platform.python_version_tuple()[:2])) < (3, 10):
        yield Finding(
            "Python",
            "problem",
            f"got {version}, expected 3.10 or newer",
            "install Python 3.12 and make a new virtual environment",
        )
    else:
        yield Finding("Python", "ok", f"{version}, {sys.executable}")


def _packages() -> Iterator[Finding]:
    from packaging.requirements import Requirement

    fine = []
    for requirement in map(Requirement, _required()):
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
                requirement.name,
                "problem",
                f"got {version or 'nothing'}, expected {requirement.specifier}",
                f'python -m pip install "{requirement.name}{requirement.specifier}"',
            )
    if fine:
        yield Finding("packages", "ok", ", ".join(fine))


def _required() -> list[str]:
    """What our package needs: from pyproject.toml in a clone, else as it was installed."""
    clone = Path(__file__).resolve().parents[2] / "pyproject.toml"
    if clone.is_file():
        project = read_toml(clone).get("project", {})
        if project.get("name") == PACKAGE:
            required: list[str] = project["dependencies"]
            return required
    return importlib.metadata.requires(PACKAGE) or []


def _memory_and_disk() -> Iterator[Finding]:
    import psutil

    memory = psutil.virtual_memory()
    low = memory.available < 1.5e9
    yield Finding(
        "memory",
        "note" if low else "ok",
        f"{memory.available / 1e9:.1f} of {memory.total / 1e9:.1f} GB free",
        "close other programs" if low else "",
    )
    free = shutil.disk_usage(".").free
    low = free < 5e8
    yield Finding(
        "disk",
        "note" if low else "ok",
        f"{free / 1e9:.1f} GB free here",
        "free half a gigabyte" if low else "",
    )


def _folder() -> Iterator[Finding]:
    try:
        with tempfile.TemporaryFile(dir="."):
            pass
    except OSError as error:
        yield Finding(
            "this folder",
            "note",
            f"{Path.cwd()} cannot be written ({error.strerror or error}): progress is not kept",
            "cd to a folder of your own",
        )
    else:
        yield Finding("this folder", "ok", f"{Path.cwd()} can be written")


def _jupyter() -> Iterator[Finding]:
    needed = ("jupyterlab", "ipykernel", "ipywidgets", "nbclient")
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    if missing:
        yield Finding(
            "Jupyter",
            "problem",
            f"not installed: {', '.join(missing)}",
            f"python -m pip install {' '.join(missing)}",
        )
    else:
        version = importlib.metadata.version("jupyterlab")
        yield Finding("Jupyter", "ok", f"JupyterLab {version}; `workshop lab` starts it")


def _notebooks() -> Iterator[Finding]:
    from workshop import syllabus
    from workshop.classroom import notebooks

    place = notebooks.notebooks_dir()
    lessons = syllabus.lessons()
    missing = [one.name for one in lessons if not (place / f"{one.notebook}.ipynb").is_file()]
    if missing:
        fix = "workshop notebooks" if notebooks.in_repository() else REINSTALL
        yield Finding("notebooks", "problem", f"missing: {', '.join(missing)}", fix)
    else:
        yield Finding("notebooks", "ok", f"{len(lessons)} in {place}")


# --- torch and what needs it ---------------------------------------------------------------------


def _torch() -> Iterator[Finding]:
    try:
        import torch

        works = torch.ones(2, 2).matmul(torch.ones(2)).sum().item() == 4
    except Exception as error:
        yield Finding("torch", "problem", f"cannot be used ({_line(error)})", NEW_TORCH)
        return
    if not works:
        yield Finding("torch", "problem", "computes something wrong", NEW_TORCH)
        return
    try:  # a torch made for NumPy 1 cannot exchange arrays with NumPy 2, and only warns of it
        torch.ones(2).numpy()
    except Exception as error:
        yield Finding(
            "torch",
            "problem",
            f"does not fit the NumPy here ({_line(error)})",
            'python -m pip install "numpy<2"   (or a newer torch)',
        )
        return
    yield Finding("torch", "ok", torch.__version__)
    yield Finding(
        "threads", "ok", f"torch uses {torch.get_num_threads()} of {os.cpu_count()} cores"
    )


def _device() -> Iterator[Finding]:
    from workshop.core import device

    try:
        yield Finding("device", "ok", device.describe(device.choose("auto")))
    except device.DeviceError as error:  # auto fails only for what WORKSHOP_DEVICE asks for
        yield Finding("device", "problem", str(error), _set_variable("WORKSHOP_DEVICE", "auto"))


def _set_variable(name: str, value: str) -> str:
    if os.name == "nt":
        return f'$env:{name} = "{value}"   (PowerShell)'
    return f"export {name}={value}"


def _torchvision() -> Iterator[Finding]:
    import torch

    try:
        import torchvision

        torchvision.ops.nms(torch.tensor([[0.0, 0, 1, 1]]), torch.tensor([1.0]), 0.5)
    except Exception as error:
        yield Finding(
            "torchvision",
            "problem",
            f"does not fit torch {torch.__version__} ({_line(error)})",
            _torchvision_for(torch.__version__),
        )
    else:
        version = torchvision.__version__
        yield Finding("torchvision", "ok", f"{version} with torch {torch.__version__}")


def _torchvision_for(torch_version: str) -> str:
    """The command that installs the torchvision made for this torch: 0.15 with 2.0, and so on."""
    release, _, build = torch_version.partition("+")
    with contextlib.suppress(ValueError):
        major, minor = map(int, release.split(".")[:2])
        if major == 2:
            command = (
                f'python -m pip install --force-reinstall --no-deps "torchvision==0.{minor + 15}.*"'
            )
            if build.startswith(("cpu", "cu")):
                command += f" --index-url https://download.pytorch.org/whl/{build}"
            return command
    return NEW_TORCH


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
            "torchtext",
            "note",
            f"{version} is archived, works with torch 2.3 only, not with {torch.__version__}, and "
            f"is not needed",
            "python -m pip uninstall torchtext",
        )


def _data() -> Iterator[Finding]:
    from workshop.core import data

    try:
        problems = {problem.name: problem for problem in data.verify()}
        rows = data.manifest()
    except data.DataError as error:
        yield Finding("data", "problem", error.what, error.fix)
        return
    for row in rows:
        name = row["name"]
        if name in problems:
            yield Finding(f"data {name}", "problem", problems[name].what, problems[name].fix)
        else:
            yield Finding(f"data {name}", "ok", f"{row['licence']}; from {row['source']}")


def _smoke_test() -> Iterator[Finding]:
    from workshop.core.device import DeviceError, choose

    try:
        device = choose("auto")
    except DeviceError:  # said already
        return
    try:
        before, after, accuracy, seconds = train_briefly(device)
    except Exception as error:
        fix = NEW_TORCH if device.type == "cpu" else _set_variable("WORKSHOP_DEVICE", "cpu")
        yield Finding("training", "problem", f"fails on {device}: {_line(error)}", fix)
        return
    learnt = f"a small network went from loss {before:.2f} to {after:.2f} on {device}"
    if not after < 0.5 * before or accuracy < 0.7:
        yield Finding("training", "problem", f"{learnt}, expected less than half", NEW_TORCH)
        return
    slow = seconds > 20
    yield Finding(
        "training",
        "note" if slow else "ok",
        f"{learnt} in {seconds:.1f} seconds and reads {accuracy:.0%} of digits it has not seen",
        "close other programs: this machine is busy or slow" if slow else "",
    )


def train_briefly(device: str | torch.device) -> tuple[float, float, float, float]:
    """Train a small network on the digits for some seconds.

    Returns:
        The loss on the validation part before and after, the accuracy there after, and how many
        seconds it took.
    """
    import torch
    from torch import nn

    from workshop.core.data import load
    from workshop.core.device import seed_everything, threads
    from workshop.core.training import count_correct, evaluate, fit

    start = time.perf_counter()
    data = load("digits").to(device)
    loss_fn, metrics = nn.CrossEntropyLoss(), {"accuracy": count_correct}
    with threads(1):
        seed_everything(0)
        model = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
        model.to(device)
        before = evaluate(model, data.validation, loss_fn=loss_fn)["loss"]
        optimizer = torch.optim.SGD(model.parameters(), lr=0.3)
        fit(model, data.train, loss_fn=loss_fn, optimizer=optimizer, epochs=15, batch_size=32)
        after = evaluate(model, data.validation, loss_fn=loss_fn, metrics=metrics)
    return before, after["loss"], after["accuracy"], time.perf_counter() - start

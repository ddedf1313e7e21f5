"""`check` in a real kernel: nothing an answer does ends the kernel, shows, or stays changed."""

import time

import nbformat
import pytest
from jupyter_client.manager import KernelManager

from workshop.classroom.execution import run_notebook

SETUP = """
import dataclasses, random, sys, time, warnings
import torch
from torch import Tensor, nn
import numpy as np
import workshop.exercises as exercises
from workshop.day1 import activations, layers, neuron
from workshop.exercises import check

LIMIT = 1.0

def limited(name, get=exercises.get):
    return dataclasses.replace(get(name), time_limit=LIMIT)

exercises.get = limited
"""
BARE = """
def weighted_sum(x, w, b):
    while True:
        try:
            time.sleep(0.001)
        except:
            pass
"""
CELLS = {
    "latency": """
start = time.monotonic()
def weighted_sum(x, w, b):
    return x @ w + b
verdict = check(weighted_sum)
print("seconds", time.monotonic() - start)
verdict""",
    "endless loop": "def weighted_sum(x, w, b):\n    while True:\n        pass\ncheck(weighted_sum)",
    "sleep": "def weighted_sum(x, w, b):\n    time.sleep(50)\ncheck(weighted_sum)",
    "bare except": BARE + "\ncheck(weighted_sum)",
    "matmul": """
def weighted_sum(x, w, b):
    m = torch.eye(300)
    while True:
        m = m @ m
check(weighted_sum)""",
    "handler": "import signal\nprint(signal.getsignal(signal.SIGINT) is signal.default_int_handler)",
    "flood": """
LIMIT = 60.0
from IPython.display import display
def weighted_sum(x, w, b):
    for _ in range(300):
        print("x" * 100)
        print("y" * 100, file=sys.stderr)
    for _ in range(50):
        display(x)
    warnings.warn("mine")
    return x @ w + b
check(weighted_sum)""",
    "error line": """
def product(x, w):
    return x.foo(w)  # here

def weighted_sum(x, w, b):
    return product(x, w) + b
check(weighted_sum)""",
    "exit": "def weighted_sum(x, w, b):\n    exit()\ncheck(weighted_sum)",
    "KeyboardInterrupt": (
        "def weighted_sum(x, w, b):\n    raise KeyboardInterrupt\ncheck(weighted_sum)"
    ),
    "recursion": (
        "def weighted_sum(x, w, b):\n    return weighted_sum(x, w, b)\ncheck(weighted_sum)"
    ),
    "recorder": """
LIMIT = 1.0
before = torch.sigmoid
from torch import sigmoid as mine
def sigmoid(z):
    while True:
        mine(z)
verdict = check(sigmoid)
print(torch.sigmoid is before, mine is before, "sigmoid" in vars(torch.Tensor))
verdict""",
    "defaults": """
LIMIT = 60.0
torch.set_default_device("meta")
torch.set_default_dtype(torch.float64)
torch.set_grad_enabled(False)
warnings.simplefilter("error")
def weighted_sum(x, w, b):
    warnings.warn("no error")
    torch.set_num_threads(3)
    torch.manual_seed(0)
    assert torch.zeros(1).dtype == torch.float32 and torch.zeros(1).device.type == "cpu"
    torch.set_default_device("cpu")
    torch.set_default_dtype(torch.float16)
    torch.set_grad_enabled(True)
    random.random(), np.random.rand(), torch.rand(1)
    return x @ w + b + torch.zeros(())
threads = torch.get_num_threads()
states = random.getstate(), np.random.get_state()[1].copy(), torch.get_rng_state()
verdict = check(weighted_sum)
print(torch.get_default_device(), torch.get_default_dtype(), torch.is_grad_enabled())
print(threads == torch.get_num_threads(), states[0] == random.getstate())
print((states[1] == np.random.get_state()[1]).all(), torch.equal(states[2], torch.get_rng_state()))
torch.set_default_device(None)
torch.set_default_dtype(torch.float32)
torch.set_grad_enabled(True)
warnings.simplefilter("default")
verdict""",
    "mutation": """
def count_parameters(sizes):
    total = 0
    while len(sizes) > 1:
        n_in = sizes.pop(0)
        total += (n_in + 1) * sizes[0]
    return total
check(count_parameters)""",
}


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """One kernel that runs all cells: name -> (verdict, printed text)."""
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SETUP)])
    made.cells += [nbformat.v4.new_code_cell(source) for source in CELLS.values()]
    folder = tmp_path_factory.mktemp("kernel")
    run = run_notebook(made, cwd=folder, time_limit=100, env={"WORKSHOP_HOME": str(folder)})
    assert run.outcome == "ok", (run.problem, run.errors, run.stopped_at)
    found = {}
    for name, cell in zip(CELLS, run.notebook["cells"][1:], strict=True):
        verdict = [
            output["data"]["application/vnd.workshop.verdict+json"]
            for output in cell["outputs"]
            if "data" in output
        ]
        text = "".join(output.get("text", "") for output in cell["outputs"])
        found[name] = (verdict[0] if verdict else None, text)
        assert len(cell["outputs"]) <= 2, name
    return found


def test_the_first_check_answers_at_once(executed):
    verdict, text = executed["latency"]
    assert verdict["status"] == "passed"
    assert float(text.split()[1]) < 1.0  # 0.1 where nothing else runs


@pytest.mark.parametrize("kind", ["endless loop", "sleep", "bare except", "matmul"])
def test_what_does_not_end_is_interrupted_and_the_kernel_lives(executed, kind):
    verdict, _ = executed[kind]
    assert verdict["status"] == "timed out"
    assert "No answer after 1 seconds in the case: the book's loan request" in verdict["message"]
    line = {"sleep": "time.sleep(50)"}.get(kind, "")
    assert line in verdict["message"]
    assert "It was at the line" in verdict["message"]


def test_the_kernel_can_be_interrupted_afterwards_as_before(executed):
    assert executed["handler"][1] == "True\n"


def test_nothing_that_is_printed_or_displayed_shows(executed):
    verdict, text = executed["flood"]
    assert verdict["status"] == "passed"
    assert text == ""


def test_an_error_shows_the_line_of_the_attendee_s_own_code(executed):
    assert "The line is `return x.foo(w)  # here`" in executed["error line"][0]["message"]


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("exit", "SystemExit"),
        ("KeyboardInterrupt", "KeyboardInterrupt"),
        ("recursion", "RecursionError"),
    ],
)
def test_what_ends_a_program_ends_no_kernel(executed, kind, error):
    verdict, _ = executed[kind]
    assert verdict["status"] == "wrong"
    assert f"It stops with {error}" in verdict["message"]


def test_watched_functions_are_put_back_whatever_happens(executed):
    verdict, text = executed["recorder"]
    assert verdict["status"] == "timed out"
    assert text == "True True False\n"


def test_an_answer_runs_with_torch_s_defaults_and_changes_none_of_the_kernel_s(executed):
    verdict, text = executed["defaults"]
    assert verdict["status"] == "passed", verdict
    assert text.split() == ["meta", "torch.float64", "False", "True", "True", "True", "True"]


def test_a_list_that_is_changed_is_seen(executed):
    verdict, _ = executed["mutation"]
    assert verdict["status"] == "wrong"
    assert "It changes what it is given, sizes:" in verdict["message"]


@pytest.fixture
def kernel(tmp_path):
    manager = KernelManager()
    manager.start_kernel(cwd=str(tmp_path))
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def finish(client, message, until=60.0):
    """What the cell printed, and how it ended."""
    text = ""
    while True:
        one = client.get_iopub_msg(timeout=until)
        if one["parent_header"].get("msg_id") != message:
            continue
        if one["msg_type"] == "stream":
            text += one["content"]["text"]
            if "go" in text or "Restart" in text:
                yield text
        if one["msg_type"] == "status" and one["content"]["execution_state"] == "idle":
            break
    while True:
        reply = client.get_shell_msg(timeout=until)
        if reply["parent_header"].get("msg_id") == message:
            yield reply["content"]
            return


STUBBORN = """
import threading
def weighted_sum(x, w, b):
    threading.Timer(0.2, reply.print, ("go",)).start()
    while True:
        try:
            try:
                while True:
                    pass
            except BaseException:
                if reply.enough:
                    raise
        except:
            if reply.enough:
                raise
"""
USER = """
class reply:
    enough = {enough}
    out = sys.stdout
    @classmethod
    def print(cls, text):
        print(text, file=cls.out, flush=True)
LIMIT = {limit}
"""


def test_the_attendee_s_own_interrupt_stays_an_interrupt(kernel):
    manager, client = kernel
    assert client.execute(SETUP)
    message = client.execute(USER.format(enough=True, limit=60) + STUBBORN + "check(weighted_sum)")
    steps = finish(client, message)
    assert next(steps) == "go\n"
    start = time.monotonic()
    manager.interrupt_kernel()
    reply = list(steps)[-1]
    assert reply["ename"] == "KeyboardInterrupt"
    assert time.monotonic() - start < 20


def test_what_catches_every_interrupt_is_told_to_restart_the_kernel(kernel):
    manager, client = kernel
    client.execute(SETUP)
    source = USER.format(enough=False, limit=0.3) + STUBBORN.replace("reply.print", "print")
    steps = finish(client, client.execute(source + "\ncheck(weighted_sum)"))
    assert "`except:` in a loop does that. Restart the kernel" in next(steps)

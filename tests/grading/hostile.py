"""The corpus of hostile answers: code of `sigmoid`, the verdict it must get, what it needs.

Each is written as an attendee might: a function of the exercise's name, which sees the inputs.
`honest(z)` is a right answer; an answer that may get no further than the sandbox returns it, and so
is passed if the sandbox held, and fails with the text ESCAPED if it did not.
"""

from dataclasses import dataclass

HONEST = "def honest(z):\n    e = torch.exp(-z.abs())\n    return torch.where(z >= 0, 1 / (1 + e), e / (1 + e))\n"


@dataclass(frozen=True)
class Hostile:
    name: str
    source: str
    verdict: str
    says: str = ""  # part of the reason
    needs_sandbox: bool = False  # means nothing without a sandbox


def sigmoid(body, head=""):
    lines = "\n".join(f"    {line}" for line in body.strip("\n").split("\n"))
    return f"{HONEST}\n{head}\ndef sigmoid(z):\n{lines}\n"


FORGE = """
import glob, json, os, struct
def tell(message):
    data = json.dumps(message).encode() if not isinstance(message, bytes) else message
    data = struct.pack(">I", len(data)) + data
    for number in range(3, 64):
        try:
            os.write(number, data)
        except OSError:
            pass
"""

ENDLESS = (
    Hostile("loop", sigmoid("while True:\n    pass"), "timed out"),
    Hostile(
        "swallow",
        sigmoid("""
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
"""),
        "timed out",
    ),
    Hostile("sleep", sigmoid("import time\ntime.sleep(10_000)"), "timed out"),
    Hostile(
        "signals",
        sigmoid("""
import signal
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
while True:
    pass
"""),
        "timed out",
    ),
    Hostile(
        "fork_bomb",
        sigmoid("""
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
"""),
        "timed out",
    ),
)

ENDING = (
    Hostile("sys_exit", sigmoid("import sys\nsys.exit(0)"), "wrong", "SystemExit"),
    Hostile("os_exit", sigmoid("import os\nos._exit(0)"), "crashed", "without an answer"),
    Hostile("segfault", sigmoid("import ctypes\nctypes.string_at(0)"), "crashed", "SIG"),
    Hostile(
        "base_exception",
        sigmoid("raise Out", "class Out(BaseException):\n    pass"),
        "wrong",
        "Out",
    ),
    Hostile("recursion", sigmoid("return sigmoid(z)"), "wrong", "RecursionError"),
    Hostile(
        "at_definition",
        HONEST + "\nimport os\ndef sigmoid(z, never=os._exit(0)):\n    return honest(z)\n",
        "crashed",
    ),
)

MEMORY = (
    Hostile(
        "memory",
        sigmoid("kept = []\nwhile True:\n    kept.append(b'x' * 10_000_000)"),
        "out of memory",
    ),
    Hostile("tensor", sigmoid("return torch.ones(10**12)"), "out of memory"),
    Hostile(
        "shared_memory",
        sigmoid("""
import mmap
kept = []
while True:
    kept.append(mmap.mmap(-1, 50_000_000))
    kept[-1].write(b'x' * 50_000_000)
"""),
        "out of memory",
    ),
)

FLOODS = (
    Hostile(
        "prints",
        sigmoid("for _ in range(20_000):\n    print('x' * 1000)\nreturn honest(z)"),
        "passed",
    ),
    Hostile(
        "writes",
        sigmoid("""
import os
for number in (0, 1, 2):
    for _ in range(2000):
        try:
            os.write(number, b'x' * 10_000)
        except OSError:
            pass
return honest(z)
"""),
        "passed",
    ),
    Hostile(
        "answers",
        sigmoid("for _ in range(200):\n    tell(b'x' * 1_000_000)\nreturn honest(z)", FORGE),
        "crashed",
        "could not be read",
    ),
    Hostile("large_result", sigmoid("return torch.zeros(8_000_000)"), "wrong", "bytes"),
)

LEFTOVERS = (
    Hostile(
        "setsid",
        sigmoid("""
import os, signal, time
first = not hasattr(os, "left_behind")  # one process, however often the function is called
os.left_behind = True
if first and os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in range(1, 65):
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                pass
        time.sleep(10_000)
    os._exit(0)
return honest(z)
"""),
        "passed",
    ),
    Hostile(
        "thread",
        sigmoid("""
import threading, time
threading.Thread(target=time.sleep, args=(10_000,)).start()
return honest(z)
"""),
        "passed",
    ),
)

FORGED = (
    Hostile(
        "always_equal",
        sigmoid(
            "return Same()",
            """
class Same:
    __hash__ = None
    def __eq__(self, other):
        return True
    def __getattr__(self, name):
        return self
    def __call__(self, *a, **k):
        return self
""",
        ),
        "wrong",
        "Same",
    ),
    Hostile(
        "tensor_subclass",
        sigmoid(
            "return torch.zeros_like(z).as_subclass(Same)",
            """
class Same(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        with torch._C.DisableTorchFunctionSubclass():
            value = function(*args, **(kwargs or {}))
        return True if isinstance(value, bool) else value
""",
        ),
        "wrong",
    ),
    Hostile(
        "patched",
        sigmoid("""
import torch.testing, workshop.exercises.observe as observe
torch.allclose = torch.equal = torch.testing.assert_close = lambda *a, **k: True
observe.encode = lambda *a: {"kind": "plain", "value": True}
return torch.zeros_like(z)
"""),
        "wrong",
    ),
    Hostile(
        "patched_builtins",
        sigmoid("""
import builtins
builtins.isinstance = lambda *a: True
builtins.type = lambda *a: bool
return torch.zeros_like(z)
"""),
        "crashed",
    ),
    Hostile(
        "import_hook",
        sigmoid(
            "return torch.zeros_like(z) + get(1)",
            """
import sys, types
class Hook:
    @staticmethod
    def find_spec(name, path=None, target=None):
        return None
def get(x):
    sys.meta_path.insert(0, Hook)
    made = types.ModuleType("workshop.exercises")
    made.check = made.judge = lambda *a: True
    sys.modules["workshop.exercises"] = made
    return x
""",
        ),
        "wrong",
    ),
    Hostile(
        "transformer",
        sigmoid("""
import ast, builtins
class Always(ast.NodeTransformer):
    def visit_Compare(self, node):
        return ast.Constant(True)
parse, make = ast.parse, builtins.compile
ast.parse = lambda *a, **k: Always().visit(parse(*a, **k))
builtins.compile = lambda *a, **k: make("True", "always", "eval")
return 0 * z
"""),
        "wrong",
    ),
    Hostile(
        "message_passed",
        sigmoid(
            """
tell({"status": "passed", "verdict": "passed", "passed": True, "outcomes": []})
os._exit(0)
""",
            FORGE,
        ),
        "crashed",
    ),
    Hostile(
        "message_nan",
        sigmoid(
            """
tell(b'{"outcomes": [' + b'NaN,' * 6 + b'NaN]}')
os._exit(0)
""",
            FORGE,
        ),
        "crashed",
    ),
    Hostile(
        "message_deep",
        sigmoid("tell(b'[' * 1_000_000)\nos._exit(0)", FORGE),
        "crashed",
    ),
    Hostile(
        "message_deep_value",
        sigmoid(
            """
value = '{"kind": "plain", "value": 1}'
for _ in range(400):
    value = '{"kind": "list", "items": [%s]}' % value
one = '{"printed": "", "changed": [], "calls": [], "gradients": null, "value": %s}' % value
tell(('{"outcomes": [%s]}' % ', '.join([one] * 8)).encode())
os._exit(0)
""",
            FORGE,
        ),
        "wrong",
    ),
    Hostile(
        "message_pickle",
        sigmoid(
            """
import pickle
class Evil:
    def __reduce__(self):
        return (os.system, ("touch /tmp/escaped",))
tell(pickle.dumps(Evil()))
os._exit(0)
""",
            FORGE,
        ),
        "crashed",
    ),
    Hostile("stdout", sigmoid("print('passed ' * 100)\nimport os\nos._exit(0)"), "crashed"),
    Hostile(
        "escape_codes",
        sigmoid("raise ValueError('\\x1b[2J\\x1b]0;owned\\x07\\u202e<script>alert(1)</script>')"),
        "wrong",
    ),
)

ANSWERS = (
    Hostile(
        "own_imported",
        "from workshop.day1.neuron import sigmoid as theirs\ndef sigmoid(z):\n    return theirs(z)\n",
        "wrong",
        "library's own",
    ),
    Hostile("own_as_is", "from workshop.day1.neuron import sigmoid\n", "wrong", "library's own"),
    Hostile(
        "own_looked_up",
        sigmoid("import sys\nimport workshop.day1.neuron as n\nreturn vars(n)['sig' + 'moid'](z)"),
        "wrong",
        "library's own",
    ),
    Hostile(
        "own_reloaded",
        sigmoid(
            "import importlib, workshop.day1.neuron as n\nreturn importlib.reload(n).sigmoid(z)"
        ),
        "wrong",
        "library's own",
    ),
    Hostile(
        "own_read",
        sigmoid("""
import workshop.day1.neuron as n
space = dict(vars(n))
text = open(n.__file__).read()
exec(compile(text, "copy", "exec"), space)
return space["sigmoid"](z)
"""),
        "wrong",
        "library's own",
    ),
    Hostile(
        "exercises",
        sigmoid("from workshop.exercises import get\nreturn get('sigmoid').reference(z)"),
        "wrong",
        "workshop.exercises",
    ),
    Hostile("shortcut", sigmoid("return torch.sigmoid(z)"), "wrong", "torch.sigmoid"),
)

OUTSIDE = (
    Hostile(
        "files",
        sigmoid("""
import os, tempfile
for place in ("/", "/tmp", "/dev", "/dev/shm", "/library", "/library/workshop", "/proc", "/etc",
              "/usr/lib", "/root", "/home", "/var/tmp", os.getcwd(), os.path.dirname(torch.__file__)):
    try:
        open(os.path.join(place, "escaped"), "w").close()
    except OSError:
        continue
    raise RuntimeError("ESCAPED: wrote into " + place)
return honest(z)
"""),
        "passed",
        needs_sandbox=True,
    ),
    Hostile(
        "reads",
        sigmoid("""
import os
for place in ("/etc/passwd", "/etc/shadow", "/root/.bashrc", "/etc/hostname", SECRET, CLASS, TESTS,
              "/proc/1/environ", "/proc/self/maps", "/sys/kernel"):
    if os.path.exists(place):
        raise RuntimeError("ESCAPED: sees " + place)
for folder, folders, files in os.walk("/"):
    if folder.endswith("-packages"):  # thousands of files of others
        folders[:] = [name for name in folders if name.startswith(("workshop", "deep_learning"))]
    folders[:] = [name for name in folders if name not in ("usr", "versions")]
    for name in files:
        if name in ("judge.py", "exercises.py", "secret.txt", "02_neuron.ipynb", "hostile.py"):
            raise RuntimeError("ESCAPED: sees " + os.path.join(folder, name))
return honest(z)
"""),
        "passed",
        needs_sandbox=True,
    ),
    Hostile(
        "network",
        sigmoid("""
import socket
for target, kind in (
    (("127.0.0.1", PORT), socket.SOCK_STREAM),
    (("10.0.0.1", 80), socket.SOCK_STREAM),
    (("10.0.0.1", 80), socket.SOCK_DGRAM),
):
    try:
        with socket.socket(socket.AF_INET, kind) as one:
            one.settimeout(1)
            one.connect(target)
    except OSError:
        continue
    raise RuntimeError("ESCAPED: reached " + str(target))
return honest(z)
"""),
        "passed",
        needs_sandbox=True,
    ),
    Hostile(
        "siblings",
        sigmoid(
            """
import os, signal
seen = [pid for pid in range(2, 3000) if pid != os.getpid() and _there(pid)]
if seen or os.getppid() != 0:
    raise RuntimeError("ESCAPED: sees processes " + str(seen))
try:
    os.kill(-1, signal.SIGKILL)
except OSError:
    pass
return honest(z)
""",
            """
import os
def _there(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
""",
        ),
        "passed",
        needs_sandbox=True,
    ),
    Hostile(
        "privileges",
        sigmoid("""
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
done = []
if os.getuid() == 0:
    done.append("root")
if libc.unshare(0x10000000) == 0:
    done.append("a new user namespace")
if libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0:
    done.append("mount")
if libc.umount2(b"/proc", 2) == 0:
    done.append("umount")
for change in (os.setuid, os.setgid):
    try:
        change(0)
        done.append("became root")
    except OSError:
        pass
if done:
    raise RuntimeError("ESCAPED: " + ", ".join(done))
return honest(z)
"""),
        "passed",
        needs_sandbox=True,
    ),
)

# Where runs share a sandbox: the server, process 1, must not be hurt.
SHARED = (
    Hostile(
        "kills",
        sigmoid(
            """
import os, signal
if len([pid for pid in range(1, 1000) if os.path.exists("/proc/" + str(pid))]) > 20:
    raise RuntimeError("ESCAPED: sees the machine's processes")
for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGSEGV):
    for target in (1, os.getppid(), -1):
        try:
            os.kill(target, number)
        except OSError:
            pass
for name in ("environ", "mem", "maps"):
    try:
        open("/proc/1/" + name, "rb").read(1)
    except OSError:
        continue
    raise RuntimeError("ESCAPED: reads the server's " + name)
return honest(z)
"""
        ),
        "passed",
        needs_sandbox=True,
    ),
    Hostile(
        "leaves_files",
        sigmoid(
            """
import os
if os.path.exists("/tmp/left"):
    raise RuntimeError("ESCAPED: finds what another run has left")
return honest(z)
""",
            """
def weighted_sum(x, w, b):  # runs before
    with open("/tmp/left", "w") as file:
        file.write("here")
    return x @ w + b
""",
        ),
        "passed",
        needs_sandbox=True,
    ),
)

CORPUS = (*ENDLESS, *ENDING, *MEMORY, *FLOODS, *LEFTOVERS, *FORGED, *ANSWERS, *OUTSIDE)

"""Mutants of each reference: small changes of its syntax tree, each of which a case should notice.

    python tests/exercises/mutants.py [EXERCISE ...]

lists the mutants that pass the check. Each of them is either equivalent, with the reason written
down in equivalent_mutants/LESSON.toml, or shows that a case is missing.
"""

import ast
import contextlib
import copy
import inspect
import io
import signal
import sys
import textwrap
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from workshop.exercises.observe import Interrupted

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

EQUIVALENT = Path(__file__).with_name("equivalent_mutants")
TIME_LIMIT = 20  # seconds for one mutant: an endless loop is noticed by the check
OPERATORS = {
    ast.Add: [ast.Sub],
    ast.Sub: [ast.Add],
    ast.Mult: [ast.Div],
    ast.Div: [ast.Mult],
    ast.Pow: [ast.Mult],
    ast.FloorDiv: [ast.Div],
    ast.Mod: [ast.FloorDiv],
    ast.BitAnd: [ast.BitOr],
    ast.BitOr: [ast.BitAnd],
    ast.And: [ast.Or],
    ast.Or: [ast.And],
    ast.Gt: [ast.GtE, ast.Lt],
    ast.GtE: [ast.Gt, ast.Lt],
    ast.Lt: [ast.LtE, ast.Gt],
    ast.LtE: [ast.Lt, ast.Gt],
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
    ast.In: [ast.NotIn],
    ast.NotIn: [ast.In],
    ast.Is: [ast.IsNot],
    ast.IsNot: [ast.Is],
}
NAMES = {
    "mean": "sum",
    "sum": "mean",
    "max": "min",
    "min": "max",
    "amax": "amin",
    "amin": "amax",
    "argmax": "argmin",
    "argmin": "argmax",
    "maximum": "minimum",
    "minimum": "maximum",
    "ones": "zeros",
    "zeros": "ones",
    "ones_like": "zeros_like",
    "zeros_like": "ones_like",
    "sigmoid": "tanh",
    "tanh": "sigmoid",
    "exp": "expm1",
    "log": "log2",
    "std": "var",
    "var": "std",
    "any": "all",
    "all": "any",
    "floor": "ceil",
    "ceil": "floor",
    "append": "extend",
}


@dataclass(frozen=True)
class Mutant:
    """A changed reference: its statement before and after, and the whole function's source."""

    before: str
    after: str
    source: str


def mutants_of(source: str) -> Iterator[Mutant]:
    """Every single change of a function's source, each once."""
    tree = ast.parse(textwrap.dedent(source))
    function = tree.body[0]
    function.decorator_list = []
    seen = {ast.unparse(tree)}
    nodes = [node for statement in function.body for node in ast.walk(statement)]
    for index, node in enumerate(nodes):
        for change in _changes_of(node):
            mutated = copy.deepcopy(tree)
            twin = [n for statement in mutated.body[0].body for n in ast.walk(statement)][index]
            if change(twin, mutated) is False:
                continue
            ast.fix_missing_locations(mutated)
            text = ast.unparse(mutated)
            if text in seen:
                continue
            seen.add(text)
            old, new = ast.unparse(tree).splitlines(), text.splitlines()
            changed = [line for line in old if line not in new]
            made = [line for line in new if line not in old]
            yield Mutant(" ".join(map(str.strip, changed)), " ".join(map(str.strip, made)), text)


def _changes_of(node: ast.AST) -> Iterator:
    """Functions (node of a copy, its tree) that change the copy in place; False: cannot."""
    if isinstance(node, (ast.BinOp, ast.AugAssign)):
        for operator in OPERATORS.get(type(node.op), ()):
            yield lambda twin, tree, operator=operator: setattr(twin, "op", operator())
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Sub, ast.Div, ast.MatMult)):
        yield _swap_sides
    if isinstance(node, ast.BoolOp):
        for operator in OPERATORS[type(node.op)]:
            yield lambda twin, tree, operator=operator: setattr(twin, "op", operator())
    if isinstance(node, ast.Compare):
        for operator in OPERATORS.get(type(node.ops[0]), ()):
            yield lambda twin, tree, operator=operator: twin.ops.__setitem__(0, operator())
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not, ast.Invert)):
        yield lambda twin, tree: _replace(tree, twin, twin.operand)
    if isinstance(node, ast.Constant):
        for value in _other_values(node.value):
            yield lambda twin, tree, value=value: setattr(twin, "value", value)
    if isinstance(node, ast.Call):
        if len(node.args) > 1:
            yield lambda twin, tree: twin.args.__setitem__(slice(0, 2), twin.args[1::-1])
        for i in range(len(node.keywords)):
            yield lambda twin, tree, i=i: twin.keywords.__delitem__(i)
    if isinstance(node, ast.Attribute) and node.attr in NAMES:
        yield lambda twin, tree: setattr(twin, "attr", NAMES[twin.attr])
    if isinstance(node, ast.Name) and node.id in NAMES and isinstance(node.ctx, ast.Load):
        yield lambda twin, tree: setattr(twin, "id", NAMES[twin.id])
    if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
        yield lambda twin, tree: twin.value.elts.reverse()
    if isinstance(node, (ast.If, ast.While, ast.IfExp)):
        for value in (True, False):
            yield lambda twin, tree, value=value: setattr(twin, "test", ast.Constant(value))
    docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    statements = (ast.Expr, ast.Assign, ast.AugAssign, ast.If, ast.For, ast.Raise)
    if isinstance(node, statements) and not docstring:
        yield lambda twin, tree: _delete(tree, twin)


def _other_values(value: object) -> list:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1]
    if isinstance(value, float):
        return [2 * value, 0.0]
    return []


def _swap_sides(twin: ast.BinOp, tree: ast.Module) -> None:
    twin.left, twin.right = twin.right, twin.left


def _replace(tree: ast.Module, old: ast.AST, new: ast.AST) -> None:
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, name, new)
            elif isinstance(value, list):
                setattr(parent, name, [new if one is old else one for one in value])


def _delete(tree: ast.Module, old: ast.stmt) -> None:
    _replace(tree, old, ast.Pass())


class _TookTooLong(Interrupted):
    """Not caught by `observe`, which would go on to the next case, without a limit."""


@contextlib.contextmanager
def _limited(seconds: int) -> Iterator[None]:
    def stop(number: int, frame: object) -> None:
        raise _TookTooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def survivors(exercise, verdict_on, seed: int = 2021) -> list[Mutant]:
    """The mutants of an exercise's reference that the check passes.

    Args:
        exercise: whose reference is changed.
        verdict_on: (exercise, function, seed) -> the verdict of the check.
        seed: of the cases.
    """
    module = sys.modules[exercise.reference.__module__]
    exercise = replace(exercise, mistakes=exercise.mistakes[:3])  # they only choose the message
    passed = []
    for mutant in mutants_of(inspect.getsource(exercise.reference)):
        names = dict(vars(module))
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                exec(mutant.source, names)
                with _limited(TIME_LIMIT):
                    verdict = verdict_on(exercise, names[exercise.reference.__name__], seed)
            except (Exception, Interrupted):
                continue
        if verdict.passed:
            passed.append(mutant)
    return passed


def known_equivalents() -> dict[str, dict[str, str]]:
    """Exercise -> mutant's statement -> why no case can notice it."""
    tables = (tomllib.loads(path.read_text(encoding="utf-8")) for path in EQUIVALENT.glob("*.toml"))
    return {name: reasons for table in tables for name, reasons in table.items()}


def main() -> None:
    from test_exercises import verdict_on

    from workshop.exercises import all_exercises

    known, wanted, count = known_equivalents(), sys.argv[1:], 0
    for exercise in all_exercises():
        if wanted and exercise.name not in wanted and exercise.lesson not in wanted:
            continue
        for mutant in survivors(exercise, verdict_on):
            if mutant.after not in known.get(exercise.name, {}):
                count += 1
                print(f"{exercise.name}: {mutant.before}\n    -> {mutant.after}", flush=True)
    print(f"{count} mutants pass that are not known to be equivalent")


if __name__ == "__main__":
    main()

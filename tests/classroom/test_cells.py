"""Reading cells that somebody else wrote."""

import ast

import pytest

from workshop.classroom import cells

SOURCE = """
import torch
from math import *
import os.path
LIMIT = 3
def other(x=os.path.missing): return x
def helper(x): return x * LIMIT
class Kind: pass
def mine(x): return helper(torch.abs(x)) + sqrt(4)
(a, b) = (1, 2)
"""


def test_only_what_a_function_needs_is_kept_in_order():
    kept = cells.needed_by("mine", SOURCE)
    namespace = {}
    exec(kept, namespace)
    assert namespace["mine"](namespace["torch"].tensor(-2)) == 8
    assert "other" not in kept
    assert "Kind" not in kept
    assert "os.path" not in kept
    assert "= (1, 2)" in cells.needed_by("b", SOURCE)


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        ("import a.b, c as d", {"a", "d"}),
        ("from x import y, z as w", {"y", "w"}),
        ("from x import *", {"*"}),
        ("def f(x): y = 1", {"f"}),
        ("class C: y = 1", {"C"}),
        ("x = y = 1", {"x", "y"}),
        ("a.b = 1", set()),
    ],
)
def test_the_names_that_a_statement_binds(statement, names):
    assert cells.bound_by(ast.parse(statement).body[0]) == names

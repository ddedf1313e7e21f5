"""Errors of Python and torch, each met with a real call, are translated by what they mean."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from workshop.exercises.errors import ROWS, translate
from workshop.exercises.observe import observe
from workshop.exercises.outcome import read

X, W, B = torch.ones(4, 3), torch.ones(2), torch.tensor(1.0)
L, Y = torch.randn(5, 4), torch.tensor([0, 1, 2, 3, 0])
LEAF = torch.ones(2, requires_grad=True)


def name_of(function):
    error = read(observe(function, [()])[0]).error
    assert error is not None, "it raised nothing"
    message, name = translate(error)
    assert message.startswith(f"It stops with {error.type}")
    assert "{" not in message.replace(error.line, "").replace(error.text, ""), message
    return name


def backward_twice():
    loss = (LEAF**2).sum()
    loss.backward()
    loss.backward()


def overwritten():
    h = LEAF.exp()
    h += 1
    h.sum().backward()


def before_value():
    if X.sum() < 0:
        total = 1
    return total


def endless():
    return endless()


CALLS = {
    "class called like a function": [
        lambda: nn.CrossEntropyLoss(L, Y),
        lambda: nn.MSELoss(X, X + 1),
    ],
    "condition on a whole tensor": [
        lambda: 1 if X > 0 else 0,
        lambda: max(X, X + 1),
        lambda: (X > 0) and (X < 2),
        lambda: 1 if np.ones(3) > 0 else 0,
    ],
    "minus on True and False": [lambda: 1 - (X > 0), lambda: (X > 0) - X, lambda: -(X > 0)],
    "^ is no power": [lambda: X ^ 2, lambda: 2.0 ^ 2],
    "sizes of a matrix product": [
        lambda: X @ X,
        lambda: X @ W,
        lambda: torch.ones(3) @ W,
        lambda: torch.ones(2, 3, 4) @ torch.ones(2, 3, 4),
        lambda: F.linear(X, torch.ones(2, 2)),
    ],
    "dimensions of a product": [
        lambda: torch.dot(X, X),
        lambda: torch.mm(X, W),
        lambda: X @ B,
        lambda: torch.mv(W, W),
    ],
    "sizes do not fit": [
        lambda: X + W,
        lambda: X.clone().__setitem__(0, W),
        lambda: np.ones(3) + np.ones(2),
        lambda: W.clone().add_(X[:, :2]),
        lambda: X.expand(4, 5),
    ],
    "tensors of different sizes in a stack": [lambda: torch.stack([X, W])],
    "an empty list of tensors": [lambda: torch.stack([]), lambda: torch.cat([])],
    "sizes do not fit in a cat": [lambda: torch.cat([X, torch.ones(4, 2)])],
    "single numbers in a cat": [lambda: torch.cat([B, B])],
    "a shape that does not fit": [lambda: X.reshape(5, 2), lambda: X.view(-1, 5)],
    "view of a transposed tensor": [lambda: X.T.view(-1)],
    "order of dimensions": [lambda: X.permute(0, 2, 1), lambda: torch.ones(2, 2, 2).t()],
    "channels do not fit": [
        lambda: F.conv2d(torch.ones(1, 2, 5, 5), torch.ones(1, 3, 3, 3)),
    ],
    "kernel larger than the input": [
        lambda: F.conv2d(torch.ones(1, 1, 2, 2), torch.ones(1, 1, 3, 3)),
    ],
    "batch sizes do not fit": [lambda: F.cross_entropy(L, Y[:3])],
    "a single number has no dimensions": [lambda: B[0]],
    "dimension out of range": [
        lambda: X.sum(dim=2),
        lambda: W.amax(dim=1),
        lambda: torch.softmax(W, dim=1),
    ],
    "too many indices": [lambda: X[0, 0, 0], lambda: np.ones(2)[0, 0]],
    "index out of range": [
        lambda: X[4],
        lambda: X[:, 3],
        lambda: [1, 2][2],
        lambda: [].pop(),
        lambda: (1,)[1],
        lambda: np.ones(2)[2],
    ],
    "class out of range": [
        lambda: F.cross_entropy(L, Y + 4),
        lambda: F.one_hot(Y, 2),
        lambda: F.embedding(torch.tensor([7]), X),
    ],
    "index of the wrong kind": [
        lambda: X[W],
        lambda: X["a"],
        lambda: [1, 2][0.5 + len(X)],
        lambda: X[1.5],
    ],
    "a mask that does not fit": [lambda: X[torch.ones(3, dtype=torch.bool)]],
    "slice backwards": [lambda: W[::-1]],
    "a tensor where one number is wanted": [
        lambda: float(X),
        lambda: X.item(),
        lambda: torch.tensor([W, W]),
        lambda: math.exp(W),
        lambda: math.exp(np.ones(2)),
        lambda: int(np.ones(2)),
    ],
    "math on something else than a number": [lambda: math.exp([1.0])],
    "whole numbers needed": [
        lambda: F.one_hot(X.float()),
        lambda: F.cross_entropy(L, Y.bool()),
        lambda: F.embedding(W, X),
        lambda: L.gather(1, Y[:, None].float()),
    ],
    "average of whole numbers": [lambda: Y.mean(), lambda: (X > 0).mean(), lambda: Y.std()],
    "kinds of numbers do not fit": [
        lambda: X @ X.T.double(),
        lambda: X @ torch.ones(3, dtype=torch.long),
        lambda: F.linear(X.long(), X),
    ],
    "fractions into whole numbers": [lambda: Y.clone().add_(0.5), lambda: Y.clone().div_(2)],
    "gradient of whole numbers": [lambda: Y.clone().requires_grad_()],
    "not made for this kind of number": [lambda: F.softmax(Y, dim=0)],
    "in place on a weight": [
        lambda: LEAF.add_(1),
        lambda: LEAF.__setitem__(0, 1.0),
    ],
    "numpy with a gradient": [lambda: LEAF.numpy()],
    "nothing to differentiate": [lambda: X.sum().backward()],
    "backward of several numbers": [lambda: (LEAF * 2).backward()],
    "backward twice": [backward_twice],
    "overwritten before backward": [overwritten],
    "weight not used": [
        lambda: torch.autograd.grad((LEAF * 2).sum(), torch.ones(1, requires_grad=True)),
    ],
    "two devices": [
        lambda: torch.ones(2, 2, device="meta") @ torch.ones(2, 2),
        lambda: torch.ones(1, device="meta").item(),
    ],
    "something else than a tensor": [
        lambda: torch.exp(1.0),
        lambda: torch.relu([1.0]),
        lambda: torch.stack(1.0),
        lambda: torch.stack([W, [1.0, 1.0]]),
        lambda: torch.maximum(W, 0),
        lambda: X.reshape("a"),
        lambda: torch.zeros(2.5),
    ],
    "unexpected keyword": [
        lambda: sorted([1], by=2),
        lambda: F.relu(W, axis=1),
        lambda: name_of(f=1),
    ],
    "missing argument": [lambda: name_of(), lambda: name_of(1, 2), lambda: math.pow(1.0)],
    "argument given twice": [lambda: name_of(1, function=2)],
    "brackets after a value": [lambda: X.shape(), lambda: X(1), lambda: (2.0)(3)],
    "computing with None": [
        lambda: None + 1,
        lambda: X * None,
        lambda: None.shape,
        lambda: None[0],
    ],
    "computing with a list": [lambda: [1] * 2.0, lambda: [1] - 1, lambda: [1] + 1],
    "computing with a text": [lambda: 1 + "a", lambda: "a" + 1],
    "kinds do not go together": [lambda: 1 < "a", lambda: {} + 1],
    "values and places together": [
        lambda: X - X.max(dim=1),
        lambda: X.max(dim=1).exp(),
    ],
    "a fraction where a count is wanted": [lambda: range(5 / 2), lambda: range(W)],
    "a loop over a number": [lambda: list(5), lambda: list(B), lambda: sum(3)],
    "square brackets after a value": [
        lambda: (5)[0],
        lambda: exec("t = (1, 2)\nt[0] = 1"),
        lambda: len(5),
        lambda: len(B),
        lambda: name_of[0],
    ],
    "unpacked into the wrong number of names": [
        lambda: [a + b for a, b in [(1, 2, 3)]],
        lambda: exec("a, b = [1]"),
    ],
    "lists of different lengths": [lambda: list(zip([1], [1, 2], strict=True))],
    "outside of the domain": [lambda: math.log(0), lambda: math.sqrt(-1)],
    "too large": [lambda: math.exp(1000), lambda: 10.0**400],
    "division by zero": [lambda: 1 / 0],
    "no probabilities": [
        lambda: torch.multinomial(-W, 1),
        lambda: F.binary_cross_entropy(2 * W, W),
    ],
    "used before it has a value": [before_value],
    "a name that is not defined": [lambda: nowhere + 1],  # noqa: F821
    "no such attribute": [lambda: X.foo, lambda: torch.sigmiod(X), lambda: [1].shape],
    "no such key": [lambda: {}["a"]],
    "import": [lambda: __import__("no_such_module")],
    "calls itself without end": [endless],
    "exit": [lambda: exit(3)],
    "assert": [lambda: exec("assert 1 == 2")],
    "too much memory": [lambda: torch.ones(10**13)],
}


@pytest.mark.parametrize(
    ("name", "call"), [(name, call) for name, calls in CALLS.items() for call in calls]
)
def test_an_error_is_recognised(name, call):
    assert name_of(call) == name


def test_every_row_is_met():
    assert {row.name for row in ROWS} == {*CALLS, "KeyboardInterrupt"}


def message_of(function, *args):
    return translate(read(observe(function, [args])[0]).error)[0]


def test_what_the_names_on_the_line_hold_is_said():
    def f(x, w, n):
        y = x * 2
        return y @ w + n

    message = message_of(f, X, W, 3)
    assert "The line is `return y @ w + n`" in message
    assert "here 3 meets 2" in message or "({0}, 3)" not in message
    assert message.endswith(
        "On that line y is a tensor of shape (4, 3), w is a tensor of shape (2,), n is 3."
    )


def test_kinds_of_numbers_are_said_only_where_they_differ():
    message = message_of(lambda x, y: x @ y, X, torch.ones(3, dtype=torch.long))
    assert "x is a tensor of shape (4, 3), torch.float32" in message
    assert "y is a tensor of shape (3,), torch.int64" in message


def test_the_advice_on_dim_points_the_right_way():
    message = message_of(lambda x: x.sum(dim=1), W)
    assert "numbered up to 0, and from the back -1 down to -1" in message
    assert "the first one is 0" not in message


def test_the_nearest_name_is_suggested():
    assert "Did you mean 'sigmoid'" in message_of(lambda x: x.sigmiod(), X)


@pytest.mark.parametrize("error", [RuntimeError(), IndexError("list index out of range")])
def test_what_the_attendee_s_own_code_raises_is_not_translated(error):
    def f():
        raise error

    assert name_of(f) == "raises an error of its own"


def test_an_error_of_the_attendee_s_own_is_shown_as_it_is():
    def f():
        raise ValueError("not today")

    error = read(observe(f, [()])[0]).error
    assert translate(error) == (
        'It stops with ValueError: not today. The line is `raise ValueError("not today")`.',
        "raises an error of its own",
    )


def test_an_error_that_nobody_knows_is_generic():
    def f():
        return bytes(-1)

    message, name = translate(read(observe(f, [()])[0]).error)
    assert name == ""
    assert "The line is `return bytes(-1)`." in message

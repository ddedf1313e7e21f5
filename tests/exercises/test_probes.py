"""Each probe names the kind of a wrong answer, and is silent where it could be chance."""

import pytest
import torch

from workshop.core.exercise import Case, Exercise, Mistake
from workshop.exercises.judge import judge
from workshop.exercises.outcome import outcomes_of
from workshop.exercises.probes import Evidence, probe
from workshop.exercises.running import Again


def exercise_of(reference, cases, mistakes=()):
    """An exercise that is made of a function and of the cases that `cases(generator)` gives."""
    fillers = [Mistake(f"m{i}", f"message {i}", lambda *a: None) for i in range(3)]
    return Exercise(
        name="f",
        lesson="l",
        title="t",
        reference=reference,
        cases=lambda seed: [
            case if isinstance(case, Case) else Case(case, f"case {i}")
            for i, case in enumerate(cases(torch.Generator().manual_seed(seed)))
        ],
        mistakes=(*mistakes, *fillers),
        hints=("a", "b", "c"),
    )


def found(reference, answer, cases, *, calls=True):
    """What a probe says of an answer: its name, or None."""
    exercise = exercise_of(reference, cases)
    made = exercise.cases(1)
    again = Again(answer, 2.0) if calls else None
    outcomes = outcomes_of(exercise, answer, made)
    evidence = Evidence(
        exercise, made, outcomes, outcomes_of(exercise, exercise.reference, made), again
    )
    finding = probe(evidence)
    return finding and finding.mistake


def exp(x):
    return torch.exp(x)


def rows(g):
    return [(torch.randn(b, 3, generator=g),) for b in (4, 2, 1)]


def positive(g):
    return [(torch.rand(b, 3, generator=g) + 0.1,) for b in (4, 2, 1)]


def squares(g):
    return [(torch.randn(n, n, generator=g),) for n in (4, 3, 2)]


def images(g):
    return [(torch.randn(2, 3, 4, generator=g),), (torch.randn(1, 5, 2, generator=g),)]


def pairs(g):
    return [(torch.randn(4, 3, generator=g), torch.randn(4, 3, generator=g)) for _ in range(3)]


def vectors(g):
    return [(torch.randn(n, generator=g), torch.randn(n, generator=g)) for n in (5, 3, 4)]


def counts(g):
    return [(n, m) for n, m in ((10, 3), (20, 7), (31, 4), (15, 15), (100, 16))]


def lists(g):
    return [([5, 17, 9],), ([30, 2, 44, 8],), ([11, 12],), ([7, 90, 13, 21, 40],)]


def kept(x, memory=[]):  # noqa: B006
    memory.append(1)
    return x * len(memory)


def mixed(x):
    return x / x.sum() if len(x) > 1 else x / x.sum(dim=1, keepdim=True)


def only_one(sizes):
    total = 0
    for size in sizes:
        total += 3 * size
        return total
    return total


def last_of(sizes):
    total = 0
    for size in sizes:
        total = 3 * size
    return total


def total(sizes):
    return 3 * sum(sizes)


FOUND = {
    # name: (reference, answer, cases)
    "sign": (exp, lambda x: -torch.exp(x), rows),
    "one minus": (torch.sigmoid, lambda x: 1 - torch.sigmoid(x), rows),
    "upside down": (exp, lambda x: torch.exp(-x), rows),
    "square missing": (lambda x: (x + 1) ** 2, lambda x: x + 1, positive),
    "root missing": (torch.sqrt, lambda x: x, positive),
    "exp missing": (exp, lambda x: x, rows),
    "log missing": (torch.log, lambda x: x, positive),
    "absolute value missing": (torch.abs, lambda x: x, rows),
    "activation missing": (torch.tanh, lambda x: x, rows),
    "activation too many": (lambda x: 2 * x, lambda x: torch.sigmoid(2 * x), rows),
    "another activation": (torch.sigmoid, lambda x: torch.softmax(x, dim=-1), rows),
    "constant factor": (exp, lambda x: 2.5 * torch.exp(x), rows),
    "constant offset": (exp, lambda x: torch.exp(x) + 0.7, rows),
    "reduction missing": (lambda x: x.sum(dim=1), lambda x: x, rows),
    "reduction too many": (lambda x: x * 2, lambda x: (x * 2).mean(dim=0), rows),
    "a table by broadcasting": (
        lambda x, y: x - y,
        lambda x, y: x[:, None] - y,
        vectors,
    ),
    "transposed": (lambda x: x @ x, lambda x: (x @ x).T, squares),
    "dimensions in another order": (
        lambda x: x.permute(2, 0, 1),
        lambda x: x,
        images,
    ),
    "reshaped instead of transposed": (lambda x: x.T, lambda x: x.reshape(x.shape[::-1]), rows),
    "reversed": (lambda x: x, lambda x: x.flip(1), rows),
    "shifted": (lambda x: x.cumsum(1), lambda x: x.cumsum(1).roll(1, 1), rows),
    "another order": (
        lambda x: x,
        lambda x: x.sort(dim=1).values,
        lambda g: [(torch.randn(4, 5, generator=g),) for _ in range(2)],
    ),
    "rounded": (exp, lambda x: torch.exp(x).round(decimals=2), rows),
    "cut off": (exp, lambda x: torch.exp(x).clamp(max=1.5), rows),
    "not rounded": (lambda n, m: -(-n // m), lambda n, m: n / m, counts),
    "off by one": (lambda n, m: n - m + 1, lambda n, m: n - m, counts),
    "negated": (lambda x: x > 0, lambda x: x <= 0, rows),
    "order of the results": (
        lambda x, y: (x.sum(), y.mean()),
        lambda x, y: (y.mean(), x.sum()),
        pairs,
    ),
    "one of several results": (lambda x, y: (x.sum(), y.mean()), lambda x, y: y.mean(), pairs),
    "the last is missing": (lambda s: [2 * i for i in s], lambda s: [2 * i for i in s[:-1]], lists),
    "the first is missing": (lambda s: [2 * i for i in s], lambda s: [2 * i for i in s[1:]], lists),
    "stops too early": (lambda s: [2 * i for i in s], lambda s: [2 * s[0]], lists),
    "one too many": (
        lambda x, y: x + y,
        lambda x, y: torch.cat([x + y, torch.zeros(1)]),
        vectors,
    ),
    "only the first counts": (total, only_one, lists),
    "only the last counts": (total, last_of, lists),
    "the last is left out": (total, lambda s: 3 * sum(s[:-1]), lists),
    "the first is left out": (total, lambda s: 3 * sum(s[1:]), lists),
    "arguments exchanged": (lambda x, y: x - 2 * y, lambda x, y: y - 2 * x, pairs),
    "random": (exp, lambda x: torch.exp(x) + torch.rand(()), rows),
    "keeps something from call to call": (exp, kept, rows),
    "ignores an argument": (lambda x, y: x.exp() + y, lambda x, y: x.exp() + x, pairs),
    "always the same": (lambda x, y: x + y, lambda x, y: torch.arange(12.0).reshape(4, 3), pairs),
    "examples mixed in a batch": (lambda x: x / x.sum(dim=1, keepdim=True), mixed, positive),
}


@pytest.mark.parametrize("name", FOUND)
def test_a_kind_of_mistake_is_found(name):
    assert found(*FOUND[name]) == name


def curves(g):
    return [(torch.randn(9, generator=g), 0.2 * i) for i in range(8)]


SILENT = {
    "one number in one case is k times another": (
        lambda x: x.exp().sum(),
        lambda x: x.sum(),
        lambda g: [(torch.ones(2),)],
    ),
    "k is 1 but for a few": (exp, lambda x: torch.exp(x) * (1 + 1e-3 * (x > 0.5)), rows),
    "another factor in each case": (exp, lambda x: len(x) * torch.exp(x), rows),
    "right sign in one case only": (
        lambda x: torch.sin(3 * x),
        lambda x: torch.sin(3 * x) * (1 if len(x) == 1 else -1),
        rows,
    ),
    "whole numbers in a ratio": (lambda n, m: n, lambda n, m: 2 * n, counts),
    "one whole number off by one": (
        lambda n, m: n // m,
        lambda n, m: n // m + (n == 20),
        counts,
    ),
    "some answers negated": (
        lambda x: x > 0,
        lambda x: (x > 0) ^ (x.abs() > 1),
        rows,
    ),
    "exchanged small numbers": (
        lambda n, m: n - m,
        lambda n, m: m - n,
        lambda g: [(1, 2), (3, 3), (2, 1)],
    ),
    "right": (exp, torch.exp, rows),
}


@pytest.mark.parametrize("name", SILENT)
def test_what_could_be_chance_or_does_not_hold_in_all_cases_is_not_said(name):
    assert found(*SILENT[name], calls=False) is None


def test_an_argument_that_seldom_matters_is_not_called_ignored():
    def right(x, gap):
        return bool(x.mean() > 0 and x.std() > gap)

    assert found(right, lambda x, gap: bool(x.mean() > 0 and x.max() > gap + 1.5), curves) is None
    assert found(right, lambda x, gap: bool(x.mean() > 0 and x.max() > 1), curves) == (
        "ignores an argument"
    )


@pytest.mark.parametrize("name", ["random", "ignores an argument", "examples mixed in a batch"])
def test_where_the_answer_cannot_be_called_nothing_is_said(name):
    assert found(*FOUND[name], calls=False) is None


def test_a_case_that_fails_keeps_no_probe_from_speaking():
    def answer(x):
        if len(x) == 1:
            raise ValueError
        return -torch.exp(x)

    assert found(exp, answer, rows) == "sign"


def test_a_part_of_a_tuple_is_named():
    exercise = exercise_of(lambda x, y: (x.exp(), y.exp()), pairs)
    verdict = verdict_on(exercise, lambda x, y: (x.exp(), -y.exp()))
    assert verdict.message.startswith("Number 2 of 2: The sign is wrong")
    assert verdict.mistake == "sign"


# --- the judge ------------------------------------------------------------------------------------


def verdict_on(exercise, answer):
    from workshop.exercises.running import attempt

    cases = exercise.cases(1)
    done, again = attempt(lambda: answer, [case.args for case in cases], time_limit=10.0)
    return judge(exercise, cases, done, again=again)


NO_BIAS = Mistake("no bias", "The bias is missing.", lambda x, y: x.exp())
MINUS = Mistake("minus", "Add, not subtract.", lambda x, y: x.exp() - y)


def sums(mistakes=(NO_BIAS, MINUS)):
    return exercise_of(lambda x, y: x.exp() + y, pairs, mistakes)


def test_a_planted_mistake_is_seen_beside_an_error():
    def answer(x, y):
        if x[0, 0] == sums().cases(1)[1].args[0][0, 0]:
            raise ValueError("odd")
        return x.exp()

    verdict = verdict_on(sums(), answer)
    assert verdict.mistake == "no bias"
    assert verdict.message.startswith("The bias is missing. Besides: It stops with ValueError")
    assert "this one is" not in verdict.message or "case 1" in verdict.message


def test_a_planted_mistake_is_seen_beside_a_changed_argument():
    verdict = verdict_on(sums(), lambda x, y: x.exp_())
    assert verdict.mistake == "no bias"
    assert "Besides: It changes what it is given, x:" in verdict.message


def test_two_planted_mistakes_are_told_where_each_explains_a_part():
    exercise = exercise_of(
        lambda x, y: (x.exp() + y, x.exp() * y),
        pairs,
        (
            Mistake("sum", "The sum lacks y.", lambda x, y: (x.exp(), x.exp() * y)),
            Mistake("product", "Multiply.", lambda x, y: (x.exp() + y, x.exp() / y)),
        ),
    )
    verdict = verdict_on(exercise, lambda x, y: (x.exp(), x.exp() / y))
    assert verdict.message == "Two things. First: The sum lacks y. Second: Multiply."
    assert verdict.mistake == "sum; product"


def test_right_the_first_time_only_does_not_pass():
    def answer(x, y, seen=[]):  # noqa: B006
        seen.append(1)
        return x.exp() + y if len(seen) <= 3 else x

    verdict = verdict_on(sums(), answer)
    assert verdict.status == "wrong"
    assert verdict.mistake == "wrong when called again"


@pytest.mark.parametrize(
    ("answer", "stage"),
    [
        (lambda x, y: (x.exp() + y)[:, :2] if y[0, 0] < 0 else x.exp() + y, "shape and dtype"),
        (lambda x, y: None if y[0, 0] < 0 else x.exp() + y, "runs"),
        (lambda x, y: x.foo if y[0, 0] < 0 else x.exp() + y, "runs"),
        (lambda x, y: x.exp() + y if y[0, 0] > 0 else x.exp() + y**3 + 1, "values"),
    ],
)
def test_the_case_is_named_at_every_stage(answer, stage):
    exercise = sums()
    verdict = verdict_on(exercise, answer)
    right = sum(bool(case.args[1][0, 0] > 0) for case in exercise.cases(1))
    assert 0 < right < 3, "the seed"
    assert verdict.stage == stage
    assert f"({right} of 3 cases are right; this one is: case " in verdict.message


def test_the_line_that_makes_nan_is_named():
    def answer(x, y):
        shifted = x - 100
        return torch.log(shifted) * 0 + y

    verdict = verdict_on(sums(), answer)
    assert "nan (not a number) in the result: the logarithm is taken of zero" in verdict.message
    assert "It begins in the line `return torch.log(shifted) * 0 + y`." in verdict.message


def test_arguments_in_another_order_are_told():
    verdict = verdict_on(sums(), eval("lambda y, x: x.exp() + y"))
    assert verdict.stage == "signature"
    assert verdict.got == "f(y, x)"
    assert "the exercise gives x and y, in this order" in verdict.message


def test_a_stub_of_another_exercise_is_told():
    scope = {}
    exec("def g(x):\n    raise NotImplementedError\n\ndef f(x, y):\n    return g(x)", scope)
    verdict = verdict_on(sums(), scope["f"])
    assert verdict.message == "It calls g, which is still to be written."
    assert verdict.status == "wrong"


def test_of_a_long_tensor_the_first_place_that_differs_is_marked():
    exercise = exercise_of(lambda x: x, lambda g: [(torch.arange(200.0).reshape(20, 10),)])

    def answer(x):
        x = x.clone()
        x[7, 3] = -5.5
        return x

    verdict = verdict_on(exercise, answer)
    assert verdict.got == "..., 70, 71, 72, >>-5.5<<, 74, 75, 76, ... at [7, 3], shape (20, 10)"
    assert ">>73<<" in verdict.expected
    assert "1 of 200 differ" in verdict.message


def test_a_short_call_is_shown():
    exercise = exercise_of(total, lists)
    verdict = verdict_on(exercise, lambda sizes: len(sizes))
    assert verdict.case == "f([5, 17, 9])"
    assert "  case:     f([5, 17, 9])" in str(verdict)
    assert "f([5, 17, 9])" in verdict._repr_mimebundle_()["text/html"]

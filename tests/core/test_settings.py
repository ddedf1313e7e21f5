"""The fields of a Config: types, ranges, and their overriding."""

import math
from dataclasses import FrozenInstanceError, dataclass

import pytest

from workshop.core.settings import Settings, override, part, setting

NAN = float("nan")


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    epochs: int = setting(5, at_least=1, help="passes")
    lr: float = setting(0.1, above=0, help="rate")
    dropout: float = setting(0.0, at_least=0, below=1, help="share dropped")
    share: float = setting(0.5, at_most=1, help="share")
    hidden: tuple[int, ...] = setting((8, 4), at_least=1, help="widths")
    pair: tuple[float, float] = setting((0.0, 1.0), help="from, to")
    activation: str = setting("relu", choices=("relu", "tanh"), help="which bend")
    norm: bool = setting(False, help="batch norm")
    limit: int | None = setting(None, at_least=2, help="most examples")


def test_defaults_and_whole_numbers_for_fractions_are_fine():
    assert Config(lr=1).lr == 1
    assert Config().hidden == (8, 4)
    assert Config(hidden=()).hidden == ()
    assert Config(dropout=0, share=1, epochs=1, limit=2).limit == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": 1.0}, "epochs: got 1.0, expected a whole number"),
        ({"epochs": True}, "epochs: got True, expected a whole number"),
        ({"epochs": "5"}, "epochs: got '5', expected a whole number"),
        ({"epochs": None}, "epochs: got None, expected a whole number"),
        ({"lr": "fast"}, "lr: got 'fast', expected a number"),
        ({"lr": False}, "lr: got False, expected a number"),
        ({"hidden": [8]}, r"hidden: got \[8\], expected a whole number or several"),
        ({"hidden": 8}, "hidden: got 8, expected a whole number or several"),
        ({"hidden": (8, 2.5)}, r"hidden: got \(8, 2.5\), expected a whole number or several"),
        ({"pair": (1.0,)}, r"pair: got \(1.0,\), expected"),
        ({"activation": 3}, "activation: got 3, expected a word"),
        ({"norm": 1}, "norm: got 1, expected true or false"),
        ({"limit": 2.5}, "limit: got 2.5, expected a whole number or none"),
    ],
)
def test_a_value_of_another_type_is_refused(change, message):
    with pytest.raises(TypeError, match=f"^{message}"):
        Config(**change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": 0}, "epochs: got 0, expected at least 1"),
        ({"lr": 0.0}, "lr: got 0.0, expected more than 0"),
        ({"lr": -1}, "lr: got -1, expected more than 0"),
        ({"lr": NAN}, "lr: got nan, expected a finite number"),
        ({"lr": math.inf}, "lr: got inf, expected a finite number"),
        ({"dropout": 1.0}, "dropout: got 1.0, expected less than 1"),
        ({"dropout": -0.1}, "dropout: got -0.1, expected at least 0"),
        ({"share": 1.1}, "share: got 1.1, expected at most 1"),
        ({"hidden": (8, 0)}, "hidden: got 0, expected at least 1"),
        ({"pair": (0.0, NAN)}, "pair: got nan, expected a finite number"),
        ({"activation": "gelu"}, "activation: got 'gelu', expected one of 'relu', 'tanh'"),
        ({"limit": 1}, "limit: got 1, expected at least 2"),
    ],
)
def test_a_value_out_of_range_is_refused(change, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        Config(**change)


def test_a_config_is_frozen():
    with pytest.raises(FrozenInstanceError):
        Config().lr = 1.0


# --- overriding from the command line ------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("epochs=3", "epochs", 3),
        (" epochs = 3 ", "epochs", 3),
        ("lr=1e-2", "lr", 0.01),
        ("lr=1", "lr", 1.0),
        ("hidden=64,32", "hidden", (64, 32)),
        ("hidden=64", "hidden", (64,)),
        ("hidden=(64, 32)", "hidden", (64, 32)),
        ("hidden=[64,]", "hidden", (64,)),
        ("hidden=", "hidden", ()),
        ("pair=-1,2.5", "pair", (-1.0, 2.5)),
        ("activation=tanh", "activation", "tanh"),
        ("norm=yes", "norm", True),
        ("norm=False", "norm", False),
        ("limit=none", "limit", None),
        ("limit=7", "limit", 7),
    ],
)
def test_settings_are_read_from_text(text, name, value):
    got = getattr(override(Config, [text]), name)
    assert got == value
    assert type(got) is type(value)


def test_several_settings_and_none():
    assert override(Config, []) == Config()
    assert override(Config, ["epochs=2", "lr=3"]) == Config(epochs=2, lr=3.0)
    assert override(Config, ["epochs=2", "epochs=4"]).epochs == 4


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("epoch=3", KeyError, "no setting 'epoch'; there are epochs, lr, .* Did you mean 'epochs'"),
        ("epochs", ValueError, "--set takes field=value, got 'epochs'"),
        ("epochs=3.5", TypeError, "epochs: got '3.5', expected a whole number"),
        ("epochs=", TypeError, "epochs: got '', expected a whole number"),
        ("epochs=none", TypeError, "epochs: got 'none', expected a whole number"),
        ("lr=fast", TypeError, "lr: got 'fast', expected a number"),
        ("lr=nan", ValueError, "lr: got nan, expected a finite number"),
        ("hidden=8,x", TypeError, "hidden: got 'x', expected a whole number"),
        ("hidden=8,0", ValueError, "hidden: got 0, expected at least 1"),
        ("pair=1", TypeError, "pair: got "),
        ("norm=maybe", TypeError, "norm: got 'maybe', expected true or false"),
        ("activation=gelu", ValueError, "activation: got 'gelu', expected one of"),
        ("limit=some", TypeError, "limit: got 'some', expected a whole number"),
    ],
)
def test_a_wrong_setting_says_what_was_expected(text, error, message):
    with pytest.raises(error, match=message):
        override(Config, [text])


# --- lessons with several tasks ------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Task:
    """One of several."""

    epochs: int = setting(3, at_least=1, help="passes")
    lr: float = setting(0.1, above=0, help="rate")


@dataclass(frozen=True, kw_only=True)
class Several(Settings):
    """Two tasks and a setting of their own."""

    first: Task = part(Task, help="the first task")
    second: Task = part(Task, help="the second task")
    width: int = setting(4, at_least=1, help="for both")


def test_a_field_of_a_part_is_set_with_a_dot():
    config = override(Several, ["first.epochs=5", "width=2", "first.lr=1"])
    assert config == Several(first=Task(epochs=5, lr=1.0), width=2)
    assert override(Several, []) == Several()


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("first.epoch=5", KeyError, "first: no setting 'epoch'.*Did you mean 'epochs'"),
        ("first.epochs=many", TypeError, "first: epochs: got 'many', expected a whole number"),
        ("first=5", ValueError, "first is a group of settings: write first.epochs=value"),
        ("width.epochs=5", KeyError, "width has no settings of its own"),
        ("frist.epochs=5", KeyError, "no setting 'frist'.*Did you mean 'first'"),
    ],
)
def test_a_wrong_setting_of_a_part_says_what_was_expected(text, error, message):
    with pytest.raises(error, match=message):
        override(Several, [text])
    with pytest.raises(TypeError, match="first: got 3"):
        Several(first=3)

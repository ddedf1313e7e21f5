"""Settings: the fields of a lesson's Config, their ranges, and `--set`. No torch in here."""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from workshop.core.checks import nearest


def setting(
    default: Any,
    *,
    help: str,
    at_least: float | None = None,
    above: float | None = None,
    at_most: float | None = None,
    below: float | None = None,
    choices: tuple[Any, ...] | None = None,
) -> Any:
    """A field of a Config with its default, its one-line meaning and its allowed range.

    The ends are inclusive for `at_least` and `at_most`, exclusive for `above` and `below`; for a
    tuple of numbers they hold for each of them.
    """
    limits = {"at_least": at_least, "above": above, "at_most": at_most, "below": below}
    metadata = {"help": help, "choices": choices, **limits}
    return field(default=default, metadata=metadata)


def part(config_class: type, *, help: str) -> Any:
    """A field of a Config that holds the Config of one task, for a lesson with several tasks.

    On the command line its fields are written with a dot: `--set parity.epochs=3`.
    """
    return field(default_factory=config_class, metadata={"help": help})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Base of every Config: a frozen dataclass whose fields are checked when it is made.

    Raises:
        TypeError: a value is not of the field's type.
        ValueError: a value is out of the field's range; the message has got and expected.
    """

    def __post_init__(self) -> None:
        """Check type and range of every field."""
        hints = typing.get_type_hints(type(self))
        for f in dataclasses.fields(self):
            value, kind = getattr(self, f.name), hints[f.name]
            if not _is_a(value, kind):
                raise TypeError(f"{f.name}: got {value!r}, expected {_type_name(kind)}")
            for item in value if isinstance(value, tuple) else (value,):
                if problem := _out_of_range(item, f.metadata):
                    raise ValueError(f"{f.name}: got {item!r}, expected {problem}")


def _is_a(value: Any, kind: Any) -> bool:
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        if not isinstance(value, tuple):
            return False
        if len(args) == 2 and args[1] is Ellipsis:
            return all(_is_a(item, args[0]) for item in value)
        return len(value) == len(args) and all(map(_is_a, value, args))
    if origin in (typing.Union, types.UnionType):
        return any(_is_a(value, arg) for arg in args)
    if kind is float:  # 1 is a fine learning rate, True is not
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, kind)


def _out_of_range(value: Any, limits: Mapping[str, Any]) -> str:
    if limits.get("choices") is not None and value not in limits["choices"]:
        return f"one of {', '.join(map(repr, limits['choices']))}"
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return ""
    if isinstance(value, float) and not math.isfinite(value):
        return "a finite number"
    if limits.get("at_least") is not None and value < limits["at_least"]:
        return f"at least {limits['at_least']}"
    if limits.get("above") is not None and value <= limits["above"]:
        return f"more than {limits['above']}"
    if limits.get("at_most") is not None and value > limits["at_most"]:
        return f"at most {limits['at_most']}"
    if limits.get("below") is not None and value >= limits["below"]:
        return f"less than {limits['below']}"
    return ""


def _type_name(kind: Any) -> str:
    names = {int: "a whole number", float: "a number", bool: "true or false", str: "a word"}
    if typing.get_origin(kind) is tuple:
        inner = typing.get_args(kind)[0]
        return f"{names.get(inner, inner)} or several with commas between them"
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return " or ".join(
            "none" if arg is type(None) else _type_name(arg) for arg in typing.get_args(kind)
        )
    return names.get(kind, str(kind))


def override(config_class: type, settings: Iterable[str]) -> Any:
    """A Config with fields changed as on the command line: 'epochs=3', 'hidden=64,32'.

    A field of a part is written with a dot: 'parity.epochs=3'.

    Raises:
        KeyError: no such field (the nearest is suggested).
        TypeError, ValueError: the text is no value of the field's type, or out of range.
    """
    hints = typing.get_type_hints(config_class)
    changes: dict[str, Any] = {}
    inside: dict[str, list[str]] = {}
    for text in settings:
        name, equals, value = text.partition("=")
        name, dot, rest = name.strip().partition(".")
        if not equals:
            raise ValueError(f"--set takes field=value, got {text!r}")
        if name not in hints:
            raise KeyError(
                f"no setting {name!r}; there are {', '.join(hints) or 'none'}.{nearest(name, hints)}"
            )
        is_part = dataclasses.is_dataclass(hints[name])
        if is_part and dot:
            inside.setdefault(name, []).append(f"{rest}={value}")
        elif is_part:
            first = next(iter(typing.get_type_hints(hints[name])), "FIELD")
            raise ValueError(f"{name} is a group of settings: write {name}.{first}=value, say")
        elif dot:
            raise KeyError(f"{name} has no settings of its own, got {text!r}")
        else:
            changes[name] = _parse(name, value.strip(), hints[name])
    for name, texts in inside.items():
        try:
            changes[name] = override(hints[name], texts)
        except (KeyError, TypeError, ValueError) as error:
            raise type(error)(f"{name}: {error.args[0]}") from None
    return config_class(**changes)


def _parse(name: str, text: str, kind: Any) -> Any:
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        if text.lower() == "none" and type(None) in args:
            return None
        kind = next(arg for arg in args if arg is not type(None))
        return _parse(name, text, kind)
    if origin is tuple:
        items = text.strip("()[] ").split(",")
        return tuple(_parse(name, item.strip(), args[0]) for item in items if item.strip())
    try:
        if kind is bool:
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[
                text.lower()
            ]
        return kind(text)
    except (ValueError, KeyError):
        raise TypeError(f"{name}: got {text!r}, expected {_type_name(kind)}") from None

"""Parameters as a table: name, default, what it is, and what may be set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Value: TypeAlias = bool | int | float | str | list[str]


@dataclass(frozen=True)
class Parameter:
    """One parameter; `least` and `most` bound a number, `one_of` names the texts that are known.

    The unit is the name's last part: `_s`, `_m`, `_px`.
    """

    name: str
    default: Value
    description: str
    least: float | None = None
    most: float | None = None
    one_of: tuple[str, ...] = ()

    def problem(self, value: Any) -> str | None:
        """Return why a value of the right type and range may not be used, None where it may."""
        if self.one_of and value not in self.one_of:
            return f'{self.name} is one of {", ".join(self.one_of)}, got {value!r}'
        return None


def seconds(name: str, default: float, description: str) -> Parameter:
    """Return a parameter that is a time in seconds."""
    return Parameter(name, default, description, 0.1, 3600.0)


def metres(name: str, default: float, description: str) -> Parameter:
    """Return a parameter that is a length in metres."""
    return Parameter(name, default, description, 0.001, 100.0)


def problems(table: tuple[Parameter, ...], values: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the values, one line each."""
    found = (entry.problem(values[entry.name]) for entry in table if entry.name in values)
    return [problem for problem in found if problem is not None]


def named(values: Mapping[str, Any], settings: type, prefix: str = '') -> dict[str, Any]:
    """Return the values whose parameters bear the names of the settings' fields."""
    names = settings.__dataclass_fields__  # type: ignore[attr-defined]
    return {name: values[prefix + name] for name in names if prefix + name in values}

"""What launch files say, in the few words of `launch` and `launch_ros` that are known here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vlm_nav.core.errors import VlmNavError

_TRUTHS = {'true': True, '1': True, 'false': False, '0': False}


class LaunchError(VlmNavError):
    """A launch file asks for what the stand-in does not know, or an argument is wrong."""


@dataclass(frozen=True)
class LaunchConfiguration:
    """The value of a launch argument, by name."""

    name: str

    def perform(self, values: Mapping[str, str]) -> str:
        """Return the value; raises LaunchError for an argument that nobody declared."""
        if self.name not in values:
            known = ', '.join(sorted(values))
            raise LaunchError(f'launch argument {self.name!r} is not declared; known: {known}')
        return values[self.name]


@dataclass(frozen=True)
class DeclareLaunchArgument:
    """An argument with its default."""

    name: str
    default_value: str = ''
    description: str = ''


@dataclass(frozen=True)
class SetEnvironmentVariable:
    """A variable for every process that is started after it."""

    name: str
    value: str


@dataclass(frozen=True)
class IfCondition:
    """Whether something is launched: `true` or `1` for yes, `false` or `0` for no."""

    expression: str | LaunchConfiguration

    def holds(self, values: Mapping[str, str]) -> bool:
        """Return whether the expression says yes; raises LaunchError where it says neither."""
        text = text_of(self.expression, values)
        if text.strip().lower() not in _TRUTHS:
            raise LaunchError(f'a condition is one of {", ".join(_TRUTHS)}, got {text!r}')
        return _TRUTHS[text.strip().lower()]


@dataclass(frozen=True)
class Node:
    """A node's process, with the arguments of launch_ros.actions.Node that are known here."""

    package: str
    executable: str
    name: str = ''
    namespace: str | LaunchConfiguration = ''
    output: str = 'log'
    parameters: Sequence[Any] = ()
    remappings: Sequence[tuple[Any, Any]] = ()
    arguments: Sequence[Any] = ()
    respawn: Any = False
    respawn_delay: float = 0.0
    condition: IfCondition | None = None


@dataclass(frozen=True)
class LaunchDescription:
    """What is launched, in order."""

    entities: Sequence[Any] = field(default_factory=tuple)


def text_of(value: Any, values: Mapping[str, str]) -> str:
    """Return the text of a value, which may be an argument's; raises as `perform` does."""
    return value.perform(values) if isinstance(value, LaunchConfiguration) else str(value)

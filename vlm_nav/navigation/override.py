"""What counts as a person who takes the robot over."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from vlm_nav.core.errors import InvalidValueError


class OverrideKind(str, Enum):
    """What a person takes over with: velocities, or the joystick itself."""

    NONE = 'none'
    TWIST = 'twist'
    TWIST_STAMPED = 'twist_stamped'
    JOY = 'joy'


@dataclass(frozen=True)
class OverrideSettings:
    """What is a command, and how long after the last one instructions are taken again."""

    override: OverrideKind = OverrideKind.NONE
    override_dead_band: float = 0.02
    override_quiet_s: float = 2.0

    def __post_init__(self) -> None:
        """Raise InvalidValueError for a band or a time that is none."""
        if not (0.0 <= self.override_dead_band < math.inf and self.override_quiet_s > 0.0):
            raise InvalidValueError(f'a band is 0 or more and a time above 0, got {self}')


def is_command(values: Iterable[float], dead_band: float) -> bool:
    """Return whether any value lies beyond the dead band; what is no number does."""
    return any(not abs(value) <= dead_band for value in values)


@dataclass
class Joystick:
    """Tells a moved stick or a pressed button from a joystick at rest.

    Triggers of many joysticks rest at 1 or -1: an axis that stands at its end in the first
    message counts only once it has left it.
    """

    dead_band: float
    _rest: list[float] = field(default_factory=list, init=False)

    def is_used(self, axes: Sequence[float], buttons: Sequence[int]) -> bool:
        """Return whether a message of these axes and buttons is a command."""
        if len(self._rest) != len(axes):
            self._rest = [axis if abs(axis) == 1.0 else 0.0 for axis in axes]
        moved = (axis - rest for axis, rest in zip(axes, self._rest, strict=True))
        return is_command(moved, self.dead_band) or any(buttons)

"""A point on the monotonic clock by which something must have ended."""

from __future__ import annotations

import time
from dataclasses import dataclass

from vlm_nav.core.errors import InvalidValueError


@dataclass(frozen=True)
class Deadline:
    """The monotonic time at which waiting ends; wall clock and ROS time play no part."""

    at_s: float

    @classmethod
    def after(cls, duration_s: float) -> Deadline:
        """Return the deadline `duration_s` seconds from now."""
        if not duration_s >= 0.0:
            raise InvalidValueError(f'a deadline lies 0 s or more ahead, got {duration_s!r}')
        return cls(time.monotonic() + duration_s)

    def remaining_s(self) -> float:
        """Return the seconds left, never below zero."""
        return max(0.0, self.at_s - time.monotonic())

    def expired(self) -> bool:
        """Return whether no time is left."""
        return self.remaining_s() <= 0.0

    def sooner(self, duration_s: float) -> Deadline:
        """Return the earlier of this deadline and `duration_s` seconds from now."""
        return min(self, Deadline.after(duration_s), key=lambda deadline: deadline.at_s)

"""Whether a drive's feedback still tells of life, and how often it is passed on."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from vlm_nav.messages.stamps import seconds
from vlm_nav.navigation.nav2_states import DriveProgress


@dataclass
class FeedbackWatch:
    """Notices feedback that stops, or goes on with a frozen pose.

    When transforms stop, Nav2 goes on sending feedback at 100 Hz with the same pose and the
    same stamp. A robot that waits or is stuck keeps its pose but not its stamp.
    """

    silence_s: float
    clock: Callable[[], float] = time.monotonic
    last: DriveProgress | None = None
    _changed_s: float = field(init=False)

    def __post_init__(self) -> None:
        """Start counting now."""
        self._changed_s = self.clock()

    def take(self, progress: DriveProgress) -> None:
        """Take one feedback in, whose pose is finite: NaN would differ from itself."""
        moved = self.last is None or (
            (progress.stamp_ns, progress.pose) != (self.last.stamp_ns, self.last.pose)
        )
        if moved:
            self._changed_s = self.clock()
        self.last = progress

    def left_s(self) -> float:
        """Return the seconds until silence is too long, never below zero."""
        return max(0.0, self._changed_s + self.silence_s - self.clock())

    def words(self) -> str:
        """Return what has not come."""
        if self.last is None:
            return f'no feedback in {self.silence_s:g} s'
        pose, stamp = self.last.pose, seconds(self.last.stamp_ns)
        return (
            f'feedback stopped or froze for {self.silence_s:g} s at '
            f'({pose.x_m:.2f}, {pose.y_m:.2f}), stamp {stamp}'
        )


@dataclass
class Throttle:
    """Lets at most one through in each period."""

    period_s: float
    clock: Callable[[], float] = time.monotonic
    _next_s: float = float('-inf')

    def passes(self) -> bool:
        """Return whether this one may pass."""
        now_s = self.clock()
        if now_s < self._next_s:
            return False
        self._next_s = now_s + self.period_s
        return True

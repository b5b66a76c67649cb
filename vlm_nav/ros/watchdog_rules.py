"""Which goals a watchdog cancels: those that a navigator claimed and no longer stands for.

Pure logic, no rclpy. A goal that no heartbeat ever named is nobody's business here.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from vlm_nav.core.errors import InvalidValueError

NO_GOAL = bytes(16)
"""The heartbeat of a navigator that drives to nothing."""

# Return codes of action_msgs/CancelGoal.
_ACCEPTED, _UNKNOWN, _TERMINATED = 0, 2, 3
_REMEMBERED = 64


@dataclass(frozen=True)
class WatchdogSettings:
    """Seconds: of silence until a goal is cancelled, and those of the cancel itself.

    `unclaimed_s` is how long a goal may go on that its navigator has let go of, `again_s` the
    time between two attempts, `unknown_s` how long a goal that the server does not know may
    still be on its way to it.
    """

    timeout_s: float = 0.6
    unclaimed_s: float = 1.0
    again_s: float = 0.1
    unknown_s: float = 5.0

    def __post_init__(self) -> None:
        """Raise InvalidValueError unless all are above zero (NaN is not)."""
        if not all(value > 0.0 for value in vars(self).values()):
            raise InvalidValueError(f'times of a watchdog are above 0, got {self}')


@dataclass
class _Goal:
    """A goal that was claimed, and what was done to end it; times are monotonic."""

    claimed_s: float
    asked_s: float | None = None
    unknown_s: float | None = None
    settled_s: float | None = None


@dataclass
class Watch:
    """Takes heartbeats, states of goals and answers in; says what is to be cancelled now."""

    settings: WatchdogSettings = WatchdogSettings()
    clock: Callable[[], float] = time.monotonic
    _goals: dict[bytes, _Goal] = field(default_factory=dict, init=False)
    _claimed: bytes | None = field(default=None, init=False)
    _running: frozenset[bytes] = field(default=frozenset(), init=False)
    _beat_s: float = field(default=-math.inf, init=False)

    def beat(self, goal_id: bytes) -> None:
        """Take a heartbeat in: the navigator lives, and stands for this goal or NO_GOAL."""
        now_s = self._beat_s = self.clock()
        self._claimed = None if goal_id == NO_GOAL else goal_id
        if self._claimed is None:
            return
        # Claimed again: whatever was done about it is over.
        self._goals.pop(goal_id, None)
        self._goals[goal_id] = _Goal(claimed_s=now_s)
        while len(self._goals) > _REMEMBERED:
            del self._goals[next(iter(self._goals))]

    @property
    def hears(self) -> bool:
        """Whether a navigator's heartbeat came within `timeout_s`."""
        return self.clock() - self._beat_s < self.settings.timeout_s

    def see(self, running: frozenset[bytes]) -> None:
        """Take in which goals the server shows as running."""
        self._running = running

    def answer(self, goal_id: bytes, return_code: int) -> bool:
        """Take the server's answer to a cancel in; return whether that goal is done with."""
        goal = self._goals.get(goal_id)
        if goal is None:
            return False
        now_s = self.clock()
        if return_code == _UNKNOWN:
            goal.unknown_s = now_s if goal.unknown_s is None else goal.unknown_s
            over = now_s - goal.unknown_s >= self.settings.unknown_s
        else:
            over = return_code in (_ACCEPTED, _TERMINATED)
        if over:
            goal.settled_s = now_s
        return over

    def could_not_ask(self, goal_id: bytes) -> None:
        """Take in that there was no server to ask: the goal is due again at once."""
        if goal_id in self._goals:
            self._goals[goal_id].asked_s = None

    def due(self) -> dict[bytes, str]:
        """Return the goals to be cancelled now and why; each is named again after `again_s`."""
        now_s = self.clock()
        due = {}
        for goal_id, goal in self._goals.items():
            why = self._why(goal_id, goal, now_s)
            if why is not None and self._may_ask(goal_id, goal, now_s):
                goal.asked_s = now_s
                due[goal_id] = why
        return due

    def _why(self, goal_id: bytes, goal: _Goal, now_s: float) -> str | None:
        silent_s = now_s - self._beat_s
        if goal_id == self._claimed:
            silent = silent_s >= self.settings.timeout_s
            return f'no heartbeat of its navigator for {silent_s:.2f} s' if silent else None
        unclaimed_s = now_s - goal.claimed_s
        if goal_id in self._running and unclaimed_s >= self.settings.unclaimed_s:
            return f'its navigator let go of it {unclaimed_s:.2f} s ago and it still runs'
        return None

    def _may_ask(self, goal_id: bytes, goal: _Goal, now_s: float) -> bool:
        if goal.asked_s is not None and now_s - goal.asked_s < self.settings.again_s:
            return False
        if goal.settled_s is None:
            return True
        still_runs = goal_id in self._running
        return still_runs and now_s - goal.settled_s >= self.settings.unclaimed_s

"""What a mission needs from the robot: eyes that look, a base that drives, and a turner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Waypoint
from vlm_nav.core.reasons import ReasonCode
from vlm_nav.navigation.sight import Sight


@dataclass(frozen=True)
class DriveOutcome:
    """How a drive ended: `reason` is None exactly when the waypoint was reached."""

    reached: bool
    reason: ReasonCode | None
    detail: str


class Base(Protocol):
    """Drives the robot to one waypoint at a time."""

    async def drive(self, waypoint: Waypoint, deadline: Deadline) -> DriveOutcome:
        """Drive to `waypoint` and return how it ended, before `deadline` or soon after it.

        Cancelling the awaiting task stops the robot before the cancellation goes on. A second
        call replaces the first, which then ends with CommonReason.REPLACED.
        """
        ...


class Turner(Protocol):
    """Turns the robot on the spot."""

    async def turn(self, angle_rad: float, deadline: Deadline) -> DriveOutcome:
        """Turn by `angle_rad`, to the left where it is positive, and return how that ended.

        Ends before `deadline` or soon after it. Cancelling the awaiting task stops the robot
        before the cancellation goes on.
        """
        ...


class Eyes(Protocol):
    """Looks through the robot's cameras."""

    async def look(self, deadline: Deadline) -> Sight:
        """Return a sight fresh enough to decide from, by `deadline`.

        Raises Refusal with an observation's reason where there is none to be had.
        """
        ...

"""A robot that neither drives nor turns before a person has released it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Waypoint
from vlm_nav.core.reasons import DrivingReason
from vlm_nav.core.waiting import DeadlinePassedError, done_by
from vlm_nav.navigation.ports import Base, DriveOutcome, Turner


class Release(Protocol):
    """Shows a goal to a person, who may release it."""

    async def released(self, waypoint: Waypoint) -> None:
        """Return once this goal is released; cancelling takes it back from being shown."""
        ...


@dataclass(frozen=True, eq=False)
class ConfirmedBase:
    """Implements navigation.ports.Base with another base, a person's release before each goal.

    Without it a drive ends with `not_confirmed` after `timeout_s`. The time until then is not
    taken from the drive's.
    """

    base: Base
    release: Release
    timeout_s: float

    async def drive(self, waypoint: Waypoint, deadline: Deadline) -> DriveOutcome:
        """Wait for the release and drive; see navigation.ports.Base."""
        drive_s = deadline.remaining_s()
        refused = await _refused(self.release, waypoint, self.timeout_s)
        return refused or await self.base.drive(waypoint, Deadline.after(drive_s))


@dataclass(frozen=True, eq=False)
class ConfirmedTurner:
    """Implements navigation.looking_around.AskingTurner: one release for all turns of a look.

    It is shown where the robot stands, at the middle of `base_frame`.
    """

    turner: Turner
    release: Release
    base_frame: str
    timeout_s: float

    async def refused(self, deadline: Deadline) -> DriveOutcome | None:
        """Wait for the release, no longer than until `deadline`."""
        here = Waypoint(self.base_frame, 0, 0.0, 0.0, 0.0)
        return await _refused(self.release, here, deadline.sooner(self.timeout_s).remaining_s())

    async def turn(self, angle_rad: float, deadline: Deadline) -> DriveOutcome:
        """Turn as the other turner does; see navigation.ports.Turner."""
        return await self.turner.turn(angle_rad, deadline)


async def _refused(release: Release, waypoint: Waypoint, timeout_s: float) -> DriveOutcome | None:
    """Return None as soon as a waypoint is released, `not_confirmed` where it is not."""
    try:
        await done_by(Deadline.after(timeout_s), release.released(waypoint))
    except DeadlinePassedError:
        detail = f'nobody released it within {timeout_s:.3g} s'
        return DriveOutcome(False, DrivingReason.NOT_CONFIRMED, detail)
    return None

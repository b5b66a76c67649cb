"""A base that drives nowhere before a person has released the goal."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Waypoint
from vlm_nav.core.reasons import DrivingReason
from vlm_nav.navigation.ports import Base, DriveOutcome


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
        try:
            await asyncio.wait_for(self.release.released(waypoint), self.timeout_s)
        except asyncio.TimeoutError:
            detail = f'nobody released the goal within {self.timeout_s:g} s'
            return DriveOutcome(False, DrivingReason.NOT_CONFIRMED, detail)
        return await self.base.drive(waypoint, Deadline.after(drive_s))

"""Looking for the thing on the way: a drive ends where the model points at it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Waypoint
from vlm_nav.core.reasons import DrivingReason, Refusal
from vlm_nav.geometry.poses import floor_pose_of
from vlm_nav.memory.costmap_ways import Place
from vlm_nav.navigation.interrupted import drive_unless
from vlm_nav.navigation.ports import Base, DriveOutcome, Eyes
from vlm_nav.navigation.sight import Sight


@dataclass(eq=False)
class LookOnWay:
    """Looks every so many metres of one drive, and asks whether the thing shows.

    `shows` asks about a sight. Who cannot look or is not answered drives on: blindness ends
    drives elsewhere, and whoever does not answer is asked again before the next decision.
    How much way was made is looked up every `period_s`: a look costs a robot more than a glance.
    """

    every_m: float
    eyes: Eyes
    look_timeout_s: float
    shows: Callable[[Sight], Awaitable[bool]]
    period_s: float = 0.5
    _last: Place | None = field(default=None, init=False)

    def due(self, place: Place) -> bool:
        """Return whether so much way was made since it was looked, or since the start."""
        if self._last is not None and math.dist(place, self._last) < self.every_m:
            return False
        first, self._last = self._last is None, place
        return not first

    async def look(self) -> Sight | None:
        """Return what is seen now, None where there is nothing to be had."""
        try:
            return await self.eyes.look(Deadline.after(self.look_timeout_s))
        except Refusal:
            return None

    async def end_at(self, sight: Sight) -> DriveOutcome | None:
        """Return how the drive ends where the thing shows in a sight, None where it does not."""
        try:
            shows = await self.shows(sight)
        except Refusal:
            return None
        if not shows:
            return None
        detail = 'the model points at the thing: it is decided anew from here'
        return DriveOutcome(False, DrivingReason.THING_IN_SIGHT, detail)


@runtime_checkable
class LookingBase(Base, Protocol):
    """A base that stands still in time while somebody looks and thinks: a simulated one."""

    async def drive_looking(
        self, waypoint: Waypoint, deadline: Deadline, on_way: LookOnWay
    ) -> DriveOutcome:
        """Drive as `drive` does, and end where `on_way` says so."""
        ...


async def drive_looking(
    base: Base, waypoint: Waypoint, deadline: Deadline, on_way: LookOnWay
) -> DriveOutcome:
    """Drive to a waypoint, and stop where the thing comes in sight on the way.

    The robot drives on while the model thinks. See navigation.ports.Base for how it ends.
    """
    if isinstance(base, LookingBase):
        return await base.drive_looking(waypoint, deadline, on_way)
    return await drive_unless(_until_in_sight(on_way), base, waypoint, deadline)


async def _until_in_sight(on_way: LookOnWay) -> DriveOutcome:
    while True:
        sight = await on_way.look()
        if sight is not None:
            here = floor_pose_of(sight.frame.map_from_base)
            end = await on_way.end_at(sight) if on_way.due((here.x_m, here.y_m)) else None
            if end is not None:
                return end
        await asyncio.sleep(on_way.period_s)

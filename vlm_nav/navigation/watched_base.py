"""A base that looks again while it drives, and stops where somebody has stepped in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Waypoint
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.events import Event
from vlm_nav.core.own_threads import in_own_thread
from vlm_nav.core.reasons import DrivingReason, ObservationReason, Refusal
from vlm_nav.core.waiting import DeadlinePassedError, done_by
from vlm_nav.navigation.events import Looked
from vlm_nav.navigation.interrupted import drive_unless
from vlm_nav.navigation.obstructions import KnownThings, WayCheck
from vlm_nav.navigation.ports import Base, DriveOutcome, Eyes
from vlm_nav.navigation.sight import Sight
from vlm_nav.observation.floor_grid import FreeSpaceSettings

GivenT = TypeVar('GivenT')
FoundT = TypeVar('FoundT')

# How long one look may take where blindness never ends a drive.
_LOOK_S = 1.0


@dataclass(frozen=True)
class RecheckSettings:
    """How often and how far is looked again; a `recheck_blind_s` of 0 drives on blind."""

    recheck_period_s: float = 0.2
    recheck_ahead_m: float = 2.0
    recheck_blind_s: float = 3.0

    def __post_init__(self) -> None:
        """Raise InvalidValueError for a period or a distance that is none."""
        if not (self.recheck_period_s > 0.0 and self.recheck_ahead_m > 0.0):
            raise InvalidValueError(f'a period and a distance are above 0, got {self}')
        if not self.recheck_blind_s >= 0.0:
            raise InvalidValueError(f'a time without sight is 0 s or more, got {self}')


@dataclass(eq=False)
class LastSight:
    """A listener that keeps what the last decision is made from."""

    sight: Sight | None = None

    def __call__(self, event: Event) -> None:
        """Keep what was looked at."""
        if isinstance(event, Looked):
            self.sight = event.sight


@dataclass(frozen=True, eq=False)
class WatchedBase:
    """Implements navigation.ports.Base: drives with another base, and looks on the way.

    A drive ends with `way_blocked` where something stands in the straight way to the goal that
    did not stand there in what `decided_from` gives, the sight that the goal was chosen from,
    or where a costmap now calls the goal occupied; and with the look's own reason where nothing
    usable was seen for too long, `stale_image` where what was seen was not looked through.
    """

    base: Base
    eyes: Eyes
    decided_from: Callable[[], Sight | None]
    free_space: FreeSpaceSettings = FreeSpaceSettings()
    settings: RecheckSettings = RecheckSettings()

    async def drive(self, waypoint: Waypoint, deadline: Deadline) -> DriveOutcome:
        """Drive and look; see navigation.ports.Base."""
        return await drive_unless(self._objection(waypoint), self.base, waypoint, deadline)

    async def _objection(self, waypoint: Waypoint) -> DriveOutcome:
        way: WayCheck | None = None
        blind = self._blind_from_now()
        while True:
            next_look = Deadline.after(self.settings.recheck_period_s)
            try:
                if way is None:
                    way = await self._finished(partial(self._way, waypoint), self.decided_from())
                    blind = self._blind_from_now()
                sight = await self.eyes.look(blind)
                blind = self._blind_from_now()
                found = await self._finished(way.objection, sight)
            except Refusal as refusal:
                if not self.settings.recheck_blind_s:
                    blind = self._blind_from_now()
                elif blind.expired():
                    return self._blinded(refusal)
            else:
                if found is not None:
                    return DriveOutcome(False, DrivingReason.WAY_BLOCKED, found)
                blind = self._blind_from_now()
            await asyncio.sleep(next_look.remaining_s())

    def _way(self, waypoint: Waypoint, before: Sight | None) -> WayCheck:
        known = KnownThings(before, self.free_space)
        return WayCheck(waypoint, known, self.free_space, self.settings.recheck_ahead_m)

    async def _finished(self, work: Callable[[GivenT], FoundT], given: GivenT) -> FoundT:
        """Return what comes of numbers of a whole picture, in which the loop must not stand.

        Raises Refusal where it takes as long as may be driven blind: nothing is seen meanwhile.
        """
        longest_s = max(self.settings.recheck_blind_s, _LOOK_S)
        try:
            return await done_by(Deadline.after(longest_s), in_own_thread(work, given))
        except DeadlinePassedError:
            detail = f'what was seen could not be looked through in {longest_s:g} s'
            raise Refusal(ObservationReason.STALE_IMAGE, detail) from None

    def _blind_from_now(self) -> Deadline:
        return Deadline.after(self.settings.recheck_blind_s or _LOOK_S)

    def _blinded(self, refusal: Refusal) -> DriveOutcome:
        blind_s = self.settings.recheck_blind_s
        detail = f'nothing usable was seen for {blind_s:g} s of the drive: {refusal.detail}'
        return DriveOutcome(False, refusal.reason, detail)

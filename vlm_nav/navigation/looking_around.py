"""Turning on the spot and looking to all sides: several views as one sight."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.events import Listener, tell
from vlm_nav.core.reasons import Refusal
from vlm_nav.geometry.poses import wrap_angle
from vlm_nav.navigation.events import Turned
from vlm_nav.navigation.ports import DriveOutcome, Eyes, Turner
from vlm_nav.navigation.sight import Sight
from vlm_nav.observation.headings import (
    frames_showing,
    half_view_rad,
    heading_in_base_rad,
    heading_rad,
)
from vlm_nav.observation.placing import seen_from
from vlm_nav.observation.rgbd_frame import FrameError, RgbdFrame


@runtime_checkable
class AskingTurner(Turner, Protocol):
    """A turner that has to be asked before each look around."""

    async def refused(self, deadline: Deadline) -> DriveOutcome | None:
        """Return None once all turns of a look around may be made, else why they may not."""
        ...


@dataclass(frozen=True)
class SeenAround:
    """What was seen to all sides, and how the last turn ended; `turns` counts those made.

    `skipped` counts the sides that were not turned to, because they had been seen.
    """

    sight: Sight
    turns: int
    last: DriveOutcome | None
    skipped: int = 0


@dataclass(frozen=True, eq=False)
class LookingAround:
    """Turns step by step, always the same way, and looks after each.

    A turner that wants to be asked is asked once before all of it.
    A turn that fails ends the turning; what was seen until then is put together all the same,
    and so it is where a look on the way shows nothing.
    """

    eyes: Eyes
    turner: Turner
    step_rad: float
    views: int
    turn_timeout_s: float
    look_timeout_s: float
    listeners: Sequence[Listener] = ()

    async def look(
        self, sight: Sight, deadline: Deadline, known: Sequence[RgbdFrame] = ()
    ) -> SeenAround:
        """Return what is seen here, `sight` being what is seen before the first turn.

        Sides that several cameras show, or `known` fresh frames from here, are not turned to.
        """
        seen, shown, outcome = [sight], list[RgbdFrame](), None
        turns = reached = skipped = 0
        for step in range(1, self.views):
            if deadline.expired():
                break
            showing = self._showing(step, seen, known)
            if showing:
                shown, skipped = [*shown, *showing], skipped + 1
                continue
            refused = None if turns else await self._refused(deadline)
            outcome = refused or await self._turn(step - reached, deadline)
            if refused is not None or not outcome.reached:
                break
            turns, reached = turns + 1, step
            try:
                seen.append(await self.eyes.look(deadline.sooner(self.look_timeout_s)))
            except Refusal:
                # The other sides are worth as much; the step after this one looks again.
                continue
        return SeenAround(together(seen, shown), turns, outcome, skipped)

    def _showing(
        self, step: int, seen: Sequence[Sight], known: Sequence[RgbdFrame]
    ) -> tuple[RgbdFrame, ...]:
        """Return what shows the side of a step already, nothing where it has to be looked at."""
        first = seen[0].frame
        width_rad = min(self.step_rad, 2.0 * half_view_rad(first))
        at_hand = [*(frame for sight in seen for frame in sight.frames), *known]
        return frames_showing(heading_rad(first) + step * self.step_rad, width_rad, at_hand)

    async def _refused(self, deadline: Deadline) -> DriveOutcome | None:
        asking = self.turner if isinstance(self.turner, AskingTurner) else None
        refused = None if asking is None else await asking.refused(deadline)
        if refused is not None:
            tell(self.listeners, Turned(self.step_rad, refused))
        return refused

    async def _turn(self, steps: int, deadline: Deadline) -> DriveOutcome:
        """Turn so many steps at once, the shorter way round."""
        angle_rad = wrap_angle(steps * self.step_rad)
        outcome = await self.turner.turn(angle_rad, deadline.sooner(self.turn_timeout_s))
        tell(self.listeners, Turned(angle_rad, outcome))
        return outcome


def together(sights: Sequence[Sight], shown: Sequence[RgbdFrame] = ()) -> Sight:
    """Return sights of one place as one, in the base frame and with the costmaps of the last.

    Of the earlier ones the first camera's view is taken, and of all others those in `shown`; each
    is named by where it looks from there. A view in another map than the last one's is left out.
    """
    *earlier, last = sights
    further = [sight.frame for sight in reversed(earlier)]
    for frame in shown:
        if not any(frame is one for one in (*further, *last.frames)):
            further.append(frame)
    if not further:
        return last
    frames = [last.frame if last.frame.camera_name else replace(last.frame, camera_name='ahead')]
    frames.extend(last.further)
    for frame in further:
        try:
            view = seen_from(frame, last.frame)
        except FrameError:
            continue
        taken = {one.camera_name for one in frames}
        frames.append(replace(view, camera_name=_free_name(_side_of(view), taken)))
    return Sight(frames[0], last.costmaps, tuple(frames[1:]))


def _side_of(view: RgbdFrame) -> str:
    left_deg = 5 * round(math.degrees(heading_in_base_rad(view)) / 5.0)
    if left_deg == 0:
        return 'ahead'
    if abs(left_deg) >= 175:
        return 'behind'
    return f'{abs(left_deg)}° {"left" if left_deg > 0 else "right"}'


def _free_name(wanted: str, taken: set[str]) -> str:
    name, count = wanted, 1
    while name in taken:
        count += 1
        name = f'{wanted} ({count})'
    return name

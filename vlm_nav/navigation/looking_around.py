"""Turning on the spot and looking to all sides: several views as one sight."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.events import Listener, tell
from vlm_nav.core.reasons import Refusal
from vlm_nav.navigation.events import Turned
from vlm_nav.navigation.ports import DriveOutcome, Eyes, Turner
from vlm_nav.navigation.sight import Sight
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
    """What was seen to all sides, and how the last turn ended; `turns` counts those made."""

    sight: Sight
    turns: int
    last: DriveOutcome | None


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

    async def look(self, sight: Sight, deadline: Deadline) -> SeenAround:
        """Return what is seen here, `sight` being what is seen before the first turn."""
        asking = self.turner if isinstance(self.turner, AskingTurner) else None
        refused = None if asking is None else await asking.refused(deadline)
        if refused is not None:
            tell(self.listeners, Turned(self.step_rad, refused))
            return SeenAround(sight, 0, refused)
        seen, outcome, turns = [sight], None, 0
        while turns < self.views - 1 and not deadline.expired():
            until = deadline.sooner(self.turn_timeout_s)
            outcome = await self.turner.turn(self.step_rad, until)
            tell(self.listeners, Turned(self.step_rad, outcome))
            if not outcome.reached:
                break
            turns += 1
            try:
                seen.append(await self.eyes.look(deadline.sooner(self.look_timeout_s)))
            except Refusal:
                # The other sides are worth as much; the step after this one looks again.
                continue
        return SeenAround(together(seen), turns, outcome)


def together(sights: Sequence[Sight]) -> Sight:
    """Return sights of one place as one, in the base frame and with the costmaps of the last.

    Of the earlier ones the first camera's view is taken, named by where it looks from there. A
    view in another map than the last one's is left out.
    """
    *earlier, last = sights
    if not earlier:
        return last
    frames = [last.frame if last.frame.camera_name else replace(last.frame, camera_name='ahead')]
    frames.extend(last.further)
    for sight in reversed(earlier):
        try:
            view = seen_from(sight.frame, last.frame)
        except FrameError:
            continue
        taken = {frame.camera_name for frame in frames}
        frames.append(replace(view, camera_name=_free_name(_side_of(view), taken)))
    return Sight(frames[0], last.costmaps, tuple(frames[1:]))


def _side_of(view: RgbdFrame) -> str:
    left_rad = math.atan2(view.base_from_camera[1, 2], view.base_from_camera[0, 2])
    left_deg = 5 * round(math.degrees(left_rad) / 5.0)
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

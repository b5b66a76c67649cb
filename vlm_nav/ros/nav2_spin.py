"""Turns on the spot through Nav2's Spin, each within its time.

Lives in the event loop and knows no rclpy: `spin_action` is the way to the real action server.
Nav2 lets a spin and a drive fight over the wheels: who turns sees to it that nothing drives.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Protocol

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.reasons import DrivingReason
from vlm_nav.core.waiting import to_its_end
from vlm_nav.messages.goal_status import GoalStatus
from vlm_nav.navigation.nav2_states import NavResult, nav2_said
from vlm_nav.navigation.ports import DriveOutcome
from vlm_nav.ros.nav2_goals import LateGoals, cancelled, within
from vlm_nav.ros.nav2_port import Nav2Settings, SentGoal

_ASK_AGAIN_S = 0.2


class SpinAction(Protocol):
    """The way to an action server for Spin."""

    async def not_ready(self) -> str | None:
        """Return why no goal would be accepted now, None if one would."""
        ...

    def send(self, angle_rad: float, allowance_s: float) -> SentGoal:
        """Send a goal at once; answers arrive in the running loop."""
        ...


class Nav2Spin:
    """Implements navigation.ports.Turner with Nav2; `warn` gets what nobody else would hear of."""

    def __init__(
        self,
        action: SpinAction,
        settings: Nav2Settings = Nav2Settings(),
        warn: Callable[[str], None] = lambda text: None,
    ) -> None:
        """Use `action`; nothing is sent before `turn`."""
        self._action = action
        self._settings = settings
        self._warn = warn
        self._late = LateGoals(settings.cancel_timeout_s, warn)
        self._ending: set[asyncio.Task[None]] = set()

    async def turn(self, angle_rad: float, deadline: Deadline) -> DriveOutcome:
        """Turn; see navigation.ports.Turner. Raises InvalidValueError for no finite angle.

        Ends at most three times `Nav2Settings.cancel_timeout_s` after the deadline, and so long
        at most after it was cancelled.
        """
        if not math.isfinite(angle_rad):
            raise InvalidValueError(f'a turn is a finite angle, got {angle_rad}')
        not_ready = await self._until_ready(deadline.sooner(self._settings.ready_timeout_s))
        if not_ready is not None:
            return _failed(DrivingReason.NAV_NOT_ACTIVE, not_ready)
        if deadline.expired():
            return _failed(DrivingReason.NAV_LATE, 'the deadline passed before a turn was sent')
        goal = self._action.send(angle_rad, deadline.remaining_s())
        try:
            return await self._outcome(goal, deadline)
        finally:
            await self._leave(goal)

    async def close(self) -> None:
        """Wait until every goal of this client has ended, or does not let itself be told."""
        ending = {*self._ending, *self._late.being_cancelled.values()}
        if ending:
            await asyncio.wait(ending)

    async def _until_ready(self, until: Deadline) -> str | None:
        while True:
            asked = asyncio.ensure_future(self._action.not_ready())
            try:
                await asyncio.wait({asked}, timeout=until.remaining_s())
                not_ready = asked.result() if asked.done() else 'Nav2 does not say'
            finally:
                asked.cancel()
            if not_ready is None or until.expired():
                return not_ready
            await asyncio.sleep(min(_ASK_AGAIN_S, until.remaining_s()))

    async def _outcome(self, goal: SentGoal, deadline: Deadline) -> DriveOutcome:
        waited = deadline.sooner(self._settings.response_timeout_s)
        if not await within(goal.response, waited.remaining_s()):
            return _failed(DrivingReason.NAV_SILENT, 'no answer to the request to turn')
        if not goal.response.result():
            return _failed(DrivingReason.NAV_REJECTED, 'Nav2 rejected the turn; is it active?')
        if not await within(goal.result, deadline.remaining_s()):
            return _failed(DrivingReason.NAV_LATE, 'the turn did not end before the deadline')
        return _meaning(goal.result.result())

    async def _leave(self, goal: SentGoal) -> None:
        """See to it that the goal has ended, however often this is cancelled meanwhile."""
        ending = asyncio.ensure_future(self._end(goal))
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)
        await to_its_end(ending)

    async def _end(self, goal: SentGoal) -> None:
        if goal.result.done():
            return
        if not await within(goal.response, self._settings.cancel_timeout_s):
            self._late.watch(goal)
        elif goal.response.result():
            await cancelled(goal, goal.cancel(), self._settings.cancel_timeout_s, self._warn)


def _meaning(result: NavResult) -> DriveOutcome:
    said = nav2_said(result)
    if result.status == GoalStatus.SUCCEEDED:
        return DriveOutcome(True, None, f'turned{said}')
    if result.status == GoalStatus.CANCELED:
        return _failed(DrivingReason.NAV_CANCELED, f'somebody else canceled the turn{said}')
    return _failed(DrivingReason.NAV_ABORTED, f'Nav2 gave up turning{said}')


def _failed(reason: DrivingReason, detail: str) -> DriveOutcome:
    return DriveOutcome(False, reason, detail)

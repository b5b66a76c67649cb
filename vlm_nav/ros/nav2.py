"""Drives to waypoints through Nav2's NavigateToPose, believing no more than has been shown.

Lives in the event loop and knows no rclpy: `nav2_action` is the way to the real action server.
At any time there is at most one goal that the client believes in; any other goal of its own is
cancelled, or waited for until Nav2 itself has ended it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Waypoint
from vlm_nav.core.waiting import to_its_end
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.messages.goal_status import GoalStatus
from vlm_nav.navigation.nav2_states import (
    DriveEnd,
    DriveProgress,
    DriveState,
    interpret,
    unsendable,
)
from vlm_nav.navigation.ports import DriveOutcome
from vlm_nav.ros.nav2_goals import LateGoals, cancelled, within
from vlm_nav.ros.nav2_port import Nav2Settings, NavigateAction, SentGoal
from vlm_nav.ros.nav2_watch import FeedbackWatch, Throttle

_ASK_AGAIN_S = 0.2
# Nav2 tells of a stranger's goal and of our own goal's end on two topics, in no fixed order.
_STATUS_GRACE_S = 0.2
_STATUS_AGAIN_S = 0.02


@dataclass
class _Drive:
    """One call of `drive`: its goal once sent, and the word to stop."""

    stop: asyncio.Future[DriveEnd]
    left: asyncio.Future[None]
    goal: SentGoal | None = None
    ending: asyncio.Task[None] | None = None
    cancelling: bool = False

    def tell_to_stop(self, end: DriveEnd) -> None:
        if not self.stop.done():
            self.stop.set_result(end)

    def replaced(self) -> bool:
        return self.stop.done() and self.stop.result().state is DriveState.REPLACED

    async def wait(self, timeout_s: float, future: asyncio.Future[Any] | None = None) -> None:
        """Wait for the future, the word to stop or the time-out, whichever is first."""
        awaited = {self.stop} if future is None else {self.stop, future}
        await asyncio.wait(awaited, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)


class Nav2Client:
    """Implements navigation.ports.Base with Nav2.

    `own_pose` gives the robot's pose now in a frame, None where it is not known; `inside_map`
    whether a waypoint lies on the map as far as one is known. `on_feedback` is called in the
    loop, at most once in `feedback_period_s`. `warn` gets what nobody else would hear of.
    """

    def __init__(
        self,
        action: NavigateAction,
        settings: Nav2Settings = Nav2Settings(),
        *,
        own_pose: Callable[[str], FloorPose | None],
        inside_map: Callable[[Waypoint], bool] = lambda waypoint: True,
        on_feedback: Callable[[DriveProgress], None] = lambda progress: None,
        warn: Callable[[str], None] = lambda text: None,
    ) -> None:
        """Use `action`; nothing is sent before `drive`."""
        self._action = action
        self._settings = settings
        self._own_pose = own_pose
        self._inside_map = inside_map
        self._on_feedback = on_feedback
        self._warn = warn
        self._current: _Drive | None = None
        self._drives: list[_Drive] = []
        self._late = LateGoals(settings.cancel_timeout_s, warn)
        self._closed = False

    @property
    def believed_goal(self) -> bytes | None:
        """The id of the goal that the robot is believed to follow, None where there is none."""
        goal = None if self._current is None else self._current.goal
        return None if goal is None else goal.goal_id

    async def drive(self, waypoint: Waypoint, deadline: Deadline) -> DriveOutcome:
        """Drive to a waypoint; see navigation.ports.Base and `drive_to_end`."""
        return (await self.drive_to_end(waypoint, deadline)).outcome()

    async def drive_to_end(self, waypoint: Waypoint, deadline: Deadline) -> DriveEnd:
        """Drive to a waypoint and return how it ended, by name.

        Ends at most `Nav2Settings.ending_s` after the deadline, and so long at most after it
        was replaced, cancelled or closed. A second call replaces the first unless its waypoint
        may not be sent at all. When the awaiting task is cancelled, that goes on once the goal's
        cancel is acknowledged and its result there, or both are too late.
        Raises InvalidValueError for a waypoint without a proper frame.
        """
        refused = unsendable(waypoint, self._inside_map)
        if refused is not None:
            return refused
        if self._closed:
            return DriveEnd(DriveState.SHUT_DOWN, 'the client is closed')
        loop = asyncio.get_running_loop()
        drive = _Drive(loop.create_future(), loop.create_future())
        if self._current is not None:
            self._current.tell_to_stop(DriveEnd(DriveState.REPLACED, 'a newer goal replaced it'))
        self._current = drive
        self._drives.append(drive)
        try:
            return await self._run(drive, waypoint, deadline)
        finally:
            if self._current is drive:
                self._current = None
            await self._leave(drive)

    async def close(self) -> None:
        """Cancel what runs, wait for its acknowledged end, and take no more goals."""
        self._closed = True
        for drive in self._drives:
            drive.tell_to_stop(DriveEnd(DriveState.SHUT_DOWN, 'the client was closed'))
        leaving = {*(drive.left for drive in self._drives), *self._late.being_cancelled.values()}
        if leaving:
            await asyncio.wait(leaving)

    async def _run(self, drive: _Drive, waypoint: Waypoint, deadline: Deadline) -> DriveEnd:
        end = await self._until_ready(drive, deadline)
        if end is not None:
            return end
        # The loop's clock, as its waits: it is the monotonic one.
        clock = asyncio.get_running_loop().time
        watch = FeedbackWatch(self._settings.silence_timeout_s, clock)
        throttle = Throttle(self._settings.feedback_period_s, clock)

        def take(progress: DriveProgress) -> None:
            if not progress.is_somewhere():
                return
            watch.take(progress)
            if self._current is drive and throttle.passes():
                self._on_feedback(progress)

        goal = drive.goal = self._action.send(waypoint, take)
        end = await self._until_accepted(drive, goal, deadline)
        return end or await self._until_end(drive, goal, waypoint, watch, deadline)

    async def _until_accepted(
        self, drive: _Drive, goal: SentGoal, deadline: Deadline
    ) -> DriveEnd | None:
        until = deadline.sooner(self._settings.response_timeout_s)
        await drive.wait(until.remaining_s(), goal.response)
        if drive.stop.done():
            return drive.stop.result()
        if goal.response.done():
            accepted = goal.response.result()
            words = 'Nav2 rejected the goal; is it active?'
            return None if accepted else DriveEnd(DriveState.REJECTED, words)
        drive.goal = None
        self._late.watch(goal)
        if deadline.expired():
            words = 'the deadline passed before Nav2 answered the goal request'
            return DriveEnd(DriveState.LATE, words)
        waited_s = self._settings.response_timeout_s
        return DriveEnd(DriveState.SILENT, f'no answer to the goal request in {waited_s:g} s')

    async def _until_ready(self, drive: _Drive, deadline: Deadline) -> DriveEnd | None:
        until = deadline.sooner(self._settings.ready_timeout_s)
        while True:
            not_ready = await self._why_not_ready(drive, until)
            if drive.stop.done():
                return drive.stop.result()
            if deadline.expired():
                return DriveEnd(DriveState.LATE, 'the deadline passed before a goal was sent')
            # A goal sent beside one that is being cancelled might be cancelled with it.
            cancelling = self._being_cancelled()
            if cancelling is not None:
                await drive.wait(deadline.remaining_s(), cancelling)
                until = deadline.sooner(self._settings.ready_timeout_s)
            elif not_ready is None:
                return None
            elif until.expired():
                return DriveEnd(DriveState.NOT_ACTIVE, not_ready)
            else:
                await drive.wait(min(_ASK_AGAIN_S, until.remaining_s()))

    def _being_cancelled(self) -> asyncio.Task[None] | None:
        """Return the ending of one of the goals that are being cancelled, None without any."""
        endings = (drive.ending for drive in self._drives if drive.cancelling)
        return next(endings, None) or next(iter(self._late.being_cancelled.values()), None)

    async def _why_not_ready(self, drive: _Drive, until: Deadline) -> str | None:
        """Ask the action why no goal would be accepted, as long as the drive goes on."""
        asked = asyncio.ensure_future(self._action.not_ready())
        try:
            await drive.wait(until.remaining_s(), asked)
            return asked.result() if asked.done() else 'Nav2 does not say whether it is active'
        finally:
            asked.cancel()

    async def _until_end(
        self,
        drive: _Drive,
        goal: SentGoal,
        waypoint: Waypoint,
        watch: FeedbackWatch,
        deadline: Deadline,
    ) -> DriveEnd:
        while not (drive.stop.done() or goal.result.done()):
            if deadline.expired():
                return DriveEnd(DriveState.LATE, 'Nav2 did not end before the deadline')
            if watch.left_s() <= 0.0:
                return DriveEnd(DriveState.SILENT, watch.words())
            await drive.wait(min(deadline.remaining_s(), watch.left_s()), goal.result)
        if not drive.stop.done():
            end = await self._judge(drive, goal, waypoint)
        return drive.stop.result() if drive.stop.done() else end

    async def _judge(self, drive: _Drive, goal: SentGoal, waypoint: Waypoint) -> DriveEnd:
        result = goal.result.result()
        others, not_ready = False, None
        if result.status == GoalStatus.ABORTED and result.error_code == 0:
            until = Deadline.after(self._settings.cancel_timeout_s)
            others = await self._others_driving(until.sooner(_STATUS_GRACE_S))
            not_ready = None if others else await self._why_not_ready(drive, until)
        return interpret(
            result,
            waypoint,
            own_pose=self._own_pose(waypoint.frame_id),
            position_tolerance_m=self._settings.position_tolerance_m,
            others_driving=others,
            not_ready=not_ready,
        )

    async def _others_driving(self, until: Deadline) -> bool:
        while not self._action.others_driving(self._own_goals()):
            if until.expired():
                return False
            await asyncio.sleep(_STATUS_AGAIN_S)
        return True

    def _own_goals(self) -> frozenset[bytes]:
        """Return the ids of all goals of this client that may still run."""
        goals = (drive.goal for drive in self._drives)
        ids = (goal.goal_id for goal in goals if goal is not None)
        return frozenset((*ids, *self._late.being_cancelled))

    async def _leave(self, drive: _Drive) -> None:
        """See to it that the drive's goal has ended, however often this is cancelled meanwhile."""
        drive.ending = asyncio.ensure_future(self._end(drive))
        drive.ending.add_done_callback(lambda _: self._forget(drive))
        await to_its_end(drive.ending)

    def _forget(self, drive: _Drive) -> None:
        self._drives.remove(drive)
        drive.left.set_result(None)

    async def _end(self, drive: _Drive) -> None:
        goal = drive.goal
        if goal is None or goal.result.done():
            return
        drive.cancelling = not drive.replaced()
        if not await within(goal.response, self._settings.cancel_timeout_s):
            self._late.watch(goal)
        if not goal.response.done() or not goal.response.result():
            return
        # Nav2 ends a goal by itself when it takes the next one, and the robot drives on without
        # a stop; a cancel in that moment could end both.
        if drive.replaced() and await within(goal.result, self._settings.replace_timeout_s):
            return
        drive.cancelling = True
        await cancelled(goal, goal.cancel(), self._settings.cancel_timeout_s, self._warn)

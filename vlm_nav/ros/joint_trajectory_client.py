"""The way to an arm's controllers: FollowJointTrajectory and GripperCommand, as goals end."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from action_msgs.msg import GoalStatus
from builtin_interfaces.msg import Duration
from control_msgs.action import FollowJointTrajectory, GripperCommand
from control_msgs.msg import GripperCommand as GripperGoal
from rclpy.action import ActionClient
from rclpy.node import Node
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import HandReason
from vlm_nav.core.waiting import to_its_end
from vlm_nav.manipulation.arm_port import ArmOutcome
from vlm_nav.manipulation.trajectory_arm import JointMotion
from vlm_nav.messages.stamps import NS_IN_S
from vlm_nav.ros.spinning import answer_of

_LOOK_AGAIN_S = 0.02
_GRIP_S = 3.0


@dataclass(frozen=True)
class ControllerSettings:
    """Names of the actions, relative or absolute, and how long they may say nothing.

    An empty `gripper_action` is a hand without one that is told apart. `opening_m` is the widest
    that the fingers stand apart; `gripper_scale` what a command has for each metre of it.
    Angles of the joints are believed that are `joints_age_s` old at most.
    """

    trajectory_action: str = 'arm_controller/follow_joint_trajectory'
    gripper_action: str = 'gripper_controller/gripper_cmd'
    response_timeout_s: float = 3.0
    silence_timeout_s: float = 5.0
    cancel_timeout_s: float = 3.0
    joints_age_s: float = 1.0
    gripper_effort: float = 20.0
    gripper_scale: float = 1.0


class JointTrajectoryClient:
    """Implements trajectory_arm.Follower on a node that an executor spins in another thread."""

    def __init__(
        self,
        node: Node,
        settings: ControllerSettings,
        opening_m: float,
        on_grip: Callable[[bool], object] = lambda holds: None,
    ) -> None:
        """Make the clients on `node`, under its namespace and remappings; they live as long.

        `on_grip` is told when the fingers have moved, and whether they may hold something then.
        """
        self._node = node
        self._settings = settings
        self._opening_m = opening_m
        self._on_grip = on_grip
        self._arm = ActionClient(node, FollowJointTrajectory, settings.trajectory_action)
        self._gripper: ActionClient | None = None
        if settings.gripper_action:
            self._gripper = ActionClient(node, GripperCommand, settings.gripper_action)
        self._handle: Any = None
        self._holds_nothing = False

    async def follow(self, motion: JointMotion, deadline: Deadline) -> ArmOutcome:
        """Follow a motion; see trajectory_arm.Follower."""
        points = [
            JointTrajectoryPoint(positions=joints.tolist(), time_from_start=_duration(at_s))
            for joints, at_s in zip(motion.positions, motion.at_s.tolist(), strict=True)
        ]
        trajectory = JointTrajectory(joint_names=list(motion.joint_names), points=points)
        goal = FollowJointTrajectory.Goal(trajectory=trajectory)
        return await self.carry_out(self._arm, goal, float(motion.at_s[-1]), deadline)

    async def grip(self, opening_m: float, deadline: Deadline) -> ArmOutcome:
        """Move the fingers; that something stops them is how they hold it.

        Fingers that are to open for a thing and stop before that go nowhere near it.
        """
        self._holds_nothing = False
        closes, outcome = opening_m == 0.0, None
        try:
            outcome = await self._gripped(opening_m, deadline)
        finally:
            # Fingers that were stopped while they closed may hold what is between them.
            stopped = outcome is None or outcome.reason is not HandReason.ARM_REJECTED
            if (closes and stopped) or (outcome is not None and outcome.done):
                self._on_grip(closes and not self._holds_nothing)
        return outcome

    def holds_nothing(self) -> bool:
        """Return whether the gripper said that it closed as far as it was told to."""
        return self._holds_nothing

    async def stop(self) -> None:
        """Ask for the end of what is under way, and wait for the answer no longer than allowed."""
        handle, self._handle = self._handle, None
        if handle is not None:
            await self._called_off(handle)

    @property
    def settings(self) -> ControllerSettings:
        """Return the names of the actions, and how long they may say nothing."""
        return self._settings

    async def carry_out(
        self,
        client: ActionClient,
        goal: Any,
        takes_s: float,
        deadline: Deadline,
        outcome_of: Callable[[Any], ArmOutcome] | None = None,
    ) -> ArmOutcome:
        """Send a goal and return how it ended, by default as controllers end theirs.

        Stopped when the awaiting task is cancelled.
        """
        handle = await self._accepted(client, goal, deadline)
        if isinstance(handle, ArmOutcome):
            return handle
        self._handle = handle
        patience = Deadline.after(takes_s + self._settings.silence_timeout_s)
        until = min(deadline, patience, key=lambda one: one.at_s)
        asked = answer_of(self._node, handle.get_result_async)
        try:
            await asyncio.wait({asked}, timeout=until.remaining_s())
            in_time, late = asked.done(), deadline.expired()
        finally:
            if self._handle is handle:
                self._handle = None
            if not asked.done():
                await to_its_end(self._called_off(handle))
        if not in_time:
            if late:
                return _failed(HandReason.ARM_LATE, 'it still moved when its time was over')
            return _failed(HandReason.ARM_SILENT, f'no end was told of what takes {takes_s:.1f} s')
        answer = asked.result()
        stalled = getattr(answer.result, 'stalled', False)
        self._holds_nothing = getattr(answer.result, 'reached_goal', False) and not stalled
        return (outcome_of or _outcome)(answer)

    async def _gripped(self, opening_m: float, deadline: Deadline) -> ArmOutcome:
        if self._gripper is None:
            return ArmOutcome(True, None, 'no gripper is told apart')
        position = self._settings.gripper_scale * min(opening_m, self._opening_m)
        command = GripperGoal(position=position, max_effort=self._settings.gripper_effort)
        goal = GripperCommand.Goal(command=command)
        # As far as they go, they let go of what they held wherever they stop.
        ends = _opened if 0.0 < opening_m < math.inf else _outcome
        return await self.carry_out(self._gripper, goal, _GRIP_S, deadline, ends)

    async def _accepted(self, client: ActionClient, goal: Any, deadline: Deadline) -> Any:
        """Return the handle of the goal once it is accepted, or the outcome where it is not."""
        name = client._action_name
        sooner = deadline.sooner(self._settings.response_timeout_s)
        while not client.server_is_ready():
            if sooner.expired():
                return _failed(HandReason.ARM_SILENT, f'nobody serves {name}')
            await asyncio.sleep(_LOOK_AGAIN_S)
        sending = answer_of(self._node, lambda: client.send_goal_async(goal))
        try:
            await asyncio.wait({sending}, timeout=sooner.remaining_s())
        except asyncio.CancelledError:
            # It may be accepted all the same, and what moves is stopped before this goes on.
            await to_its_end(self._taken_back(sending))
            raise
        if not sending.done():
            sending.add_done_callback(self._unwanted)
            return _failed(HandReason.ARM_SILENT, f'{name} does not answer a goal')
        handle = sending.result()
        if not handle.accepted:
            return _failed(HandReason.ARM_REJECTED, f'{name} refused the goal')
        return handle

    async def _taken_back(self, sending: asyncio.Future[Any]) -> None:
        """Wait for a goal's acceptance no longer than allowed, and end it."""
        await asyncio.wait({sending}, timeout=self._settings.cancel_timeout_s)
        if not sending.done():
            sending.add_done_callback(self._unwanted)
        elif sending.exception() is None and sending.result().accepted:
            await self._called_off(sending.result())

    async def _called_off(self, handle: Any) -> None:
        """Ask for the end of a goal, and wait for the answer no longer than allowed."""
        answer = answer_of(self._node, handle.cancel_goal_async)
        await asyncio.wait({answer}, timeout=self._settings.cancel_timeout_s)

    def _unwanted(self, sending: asyncio.Future[Any]) -> None:
        """Cancel a goal whose acceptance came when nobody waited for it any more."""
        if not sending.cancelled() and sending.exception() is None and sending.result().accepted:
            answer_of(self._node, sending.result().cancel_goal_async)


def _opened(answer: Any) -> ArmOutcome:
    if answer.status == GoalStatus.STATUS_ABORTED and getattr(answer.result, 'stalled', False):
        position = getattr(answer.result, 'position', math.nan)
        detail = f'the fingers stopped at {position:.3f} before they were open'
        return _failed(HandReason.ARM_ABORTED, detail)
    return _outcome(answer)


def _outcome(answer: Any) -> ArmOutcome:
    result = answer.result
    code, words = getattr(result, 'error_code', 0), getattr(result, 'error_string', '')
    if answer.status == GoalStatus.STATUS_SUCCEEDED and code == 0:
        return ArmOutcome(True, None, '')
    if answer.status == GoalStatus.STATUS_ABORTED and getattr(result, 'stalled', False):
        # Fingers that close on something do not get to where they were sent.
        return ArmOutcome(True, None, 'the fingers hold something')
    said = f' ({words[:200]})' if words else ''
    return _failed(
        HandReason.ARM_ABORTED, f'it ended with status {answer.status}, code {code}{said}'
    )


def _failed(reason: HandReason, detail: str) -> ArmOutcome:
    return ArmOutcome(False, reason, detail)


def _duration(at_s: float) -> Duration:
    seconds, nanoseconds = divmod(math.floor(at_s * NS_IN_S), NS_IN_S)
    return Duration(sec=int(seconds), nanosec=int(nanoseconds))

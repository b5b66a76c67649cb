"""The way to MoveIt: MoveGroup, GetCartesianPath and ExecuteTrajectory of a move_group."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from rclpy.action import ActionClient
from rclpy.node import Node

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import HandReason
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.manipulation.arm_port import ArmOutcome
from vlm_nav.ros.joint_trajectory_client import JointTrajectoryClient
from vlm_nav.ros.moveit_goals import (
    SUCCESS,
    MoveItSettings,
    MoveItTypes,
    finds_no_way,
    move_goal,
    reason_of,
    straight_request,
)
from vlm_nav.ros.spinning import answer_of

_LOOK_AGAIN_S = 0.02
_WHOLE = 0.999


class MoveItClient:
    """Implements planned_arm.MotionPlanner; the gripper is that of `controllers`."""

    def __init__(
        self,
        node: Node,
        types: MoveItTypes,
        controllers: JointTrajectoryClient,
        base_frame: str,
        link: str,
        settings: MoveItSettings,
    ) -> None:
        """Make the clients on `node`, under its namespace and remappings; they live as long."""
        self._node = node
        self._types = types
        self._controllers = controllers
        self._frames = (base_frame, link)
        self._settings = settings
        self._move = ActionClient(node, types.MoveGroup, settings.move_action)
        self._execute = ActionClient(node, types.ExecuteTrajectory, settings.execute_action)
        self._straight = node.create_client(types.GetCartesianPath, settings.straight_service)

    async def go(self, base_from_tip: FloatArray, deadline: Deadline) -> ArmOutcome:
        """Have the motion planned and carried out; see planned_arm.MotionPlanner."""
        goal = move_goal(self._types, base_from_tip, *self._frames, self._settings)
        return await self._carried_out(self._move, goal, deadline, _planned_outcome)

    async def go_straight(self, base_from_tip: FloatArray, deadline: Deadline) -> ArmOutcome:
        """Have the straight way planned, and carried out where it leads to its end."""
        request = straight_request(self._types, base_from_tip, *self._frames, self._settings)
        response = await self._planned(request, deadline)
        if isinstance(response, ArmOutcome):
            return response
        code = int(response.error_code.val)
        if code != SUCCESS:
            return ArmOutcome(False, *reason_of(code))
        if not response.fraction >= _WHOLE:
            detail = f'MoveIt: the straight way ends after {response.fraction:.0%}'
            return ArmOutcome(False, HandReason.UNREACHABLE, detail)
        goal = self._types.ExecuteTrajectory.Goal()
        goal.trajectory = response.solution
        return await self._carried_out(self._execute, goal, deadline, _outcome)

    async def grip(self, opening_m: float, deadline: Deadline) -> ArmOutcome:
        """Move the fingers."""
        return await self._controllers.grip(opening_m, deadline)

    def holds_nothing(self) -> bool:
        """Return whether the gripper said that it closed as far as it was told to."""
        return self._controllers.holds_nothing()

    async def stop(self) -> None:
        """Stop what is under way."""
        await self._controllers.stop()

    async def _carried_out(
        self,
        client: ActionClient,
        goal: Any,
        deadline: Deadline,
        outcome_of: Callable[[Any], ArmOutcome],
    ) -> ArmOutcome:
        # How long it takes nobody knows before it is planned.
        takes_s = deadline.remaining_s()
        return await self._controllers.carry_out(client, goal, takes_s, deadline, outcome_of)

    async def _planned(self, request: Any, deadline: Deadline) -> Any:
        """Return MoveIt's response, or the outcome where none comes."""
        name = self._settings.straight_service
        response_s = self._controllers.settings.response_timeout_s
        ready = deadline.sooner(response_s)
        while not self._straight.service_is_ready():
            if ready.expired():
                return ArmOutcome(False, HandReason.ARM_SILENT, f'nobody serves {name}')
            await asyncio.sleep(_LOOK_AGAIN_S)
        answer = answer_of(self._node, lambda: self._straight.call_async(request))
        sooner = deadline.sooner(self._settings.planning_time_s + response_s)
        await asyncio.wait({answer}, timeout=sooner.remaining_s())
        if not answer.done():
            return ArmOutcome(False, HandReason.ARM_SILENT, f'{name} does not answer')
        return answer.result()


def _planned_outcome(answer: Any) -> ArmOutcome:
    """Return how it ended to plan a motion and to carry it out."""
    code = int(answer.result.error_code.val)
    return ArmOutcome.without_way(*reason_of(code)) if finds_no_way(code) else _outcome(answer)


def _outcome(answer: Any) -> ArmOutcome:
    code = int(answer.result.error_code.val)
    if code == SUCCESS:
        return ArmOutcome(True, None, '')
    return ArmOutcome(False, *reason_of(code))

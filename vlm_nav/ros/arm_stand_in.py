"""What an arm's controllers offer to their clients, offered by the simulator.

Names, types and error codes are those of ros2_control's joint_trajectory_controller and gripper
controller; a goal takes the place of the one under way, and a cancelled one leaves the arm where
it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from control_msgs.action import FollowJointTrajectory, GripperCommand
from rclpy.node import Node
from std_msgs.msg import String

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.manipulation.trajectory_arm import JointMotion
from vlm_nav.messages.goal_status import GoalStatus
from vlm_nav.messages.stamps import NS_IN_S, stamp_ns_of
from vlm_nav.ros.qos import LATCHED
from vlm_nav.ros.served_action import ServedAction
from vlm_nav.sim.arm_controllers import ArmController, GripperController, MovedArm
from vlm_nav.sim.robot.robot_description import robot_description
from vlm_nav.sim.robot.robot_sizes import RobotSizes

TRAJECTORY_ACTION = 'arm_controller/follow_joint_trajectory'
GRIPPER_ACTION = 'gripper_controller/gripper_cmd'
# Codes of FollowJointTrajectory's result, by number: not every build of control_msgs names them.
_SUCCESSFUL, _INVALID_GOAL, _GOAL_TOLERANCE_VIOLATED = 0, -1, -5
_REPLACED = 'a newer goal took its place'


class ArmStandIn:
    """Serves the clients of an arm on a node; `step` moves it, in the simulator's thread."""

    def __init__(self, node: Node, arm: MovedArm, sizes: RobotSizes) -> None:
        """Offer the actions and the description under the node's namespace and remappings."""
        self.urdf = robot_description(sizes)
        self._arm = ArmController(arm)
        self._fingers = GripperController(arm, sizes.arm.gripper_range_m[1])
        self._follows = ServedAction(node, FollowJointTrajectory, TRAJECTORY_ACTION, lambda: True)
        self._grips = ServedAction(node, GripperCommand, GRIPPER_ACTION, lambda: True)
        self._following: bytes | None = None
        self._gripping: bytes | None = None
        self._description = node.create_publisher(String, 'robot_description', LATCHED)
        self._description.publish(String(data=self.urdf))

    def step(self) -> None:
        """Take what came, move on, and tell what has ended."""
        for goal_id, request in self._follows.arrivals():
            self._follow(goal_id, request)
        for goal_id, request in self._grips.arrivals():
            self._grip(goal_id, request)
        self._cancel()
        moved = self._arm.step()
        if moved is not None:
            code = _SUCCESSFUL if moved.reached else _GOAL_TOLERANCE_VIOLATED
            status = GoalStatus.SUCCEEDED if moved.reached else GoalStatus.ABORTED
            self._end_following(status, code, moved.off)
        gripped = self._fingers.step()
        if gripped is not None:
            self._end_gripping(
                GoalStatus.SUCCEEDED,
                position=gripped.opening_m,
                reached_goal=gripped.reached,
                stalled=gripped.stalled,
            )

    def _follow(self, goal_id: bytes, request: Any) -> None:
        """Begin a motion, or end it at once for what is wrong with it."""
        try:
            self._arm.begin(motion_of(request.trajectory))
        except InvalidValueError as error:
            refused = _followed(_INVALID_GOAL, str(error))
            self._follows.end(goal_id, GoalStatus.ABORTED, refused)
            return
        self._end_following(GoalStatus.ABORTED, _INVALID_GOAL, _REPLACED)
        self._following = goal_id

    def _grip(self, goal_id: bytes, request: Any) -> None:
        try:
            self._fingers.begin(float(request.command.position))
        except InvalidValueError:
            self._grips.end(goal_id, GoalStatus.ABORTED, GripperCommand.Result())
            return
        self._end_gripping(GoalStatus.ABORTED)
        self._gripping = goal_id

    def _cancel(self) -> None:
        for goal_id in self._follows.cancellations():
            if goal_id == self._following:
                self._arm.stop()
                self._end_following(GoalStatus.CANCELED, _SUCCESSFUL, 'it stays where it is')
        for goal_id in self._grips.cancellations():
            if goal_id == self._gripping:
                self._fingers.stop()
                self._end_gripping(GoalStatus.CANCELED)

    def _end_following(self, status: GoalStatus, code: int, words: str) -> None:
        goal_id, self._following = self._following, None
        if goal_id is not None:
            self._follows.end(goal_id, status, _followed(code, words))

    def _end_gripping(self, status: GoalStatus, **fields: Any) -> None:
        goal_id, self._gripping = self._gripping, None
        if goal_id is not None:
            self._grips.end(goal_id, status, GripperCommand.Result(**fields))


def _followed(code: int, words: str) -> FollowJointTrajectory.Result:
    return FollowJointTrajectory.Result(error_code=code, error_string=words)


def motion_of(trajectory: Any) -> JointMotion:
    """Return what a JointTrajectory asks for; raises InvalidValueError where lengths differ."""
    names = tuple(trajectory.joint_names)
    points = trajectory.points
    if any(len(point.positions) != len(names) for point in points):
        raise InvalidValueError(f'{len(names)} positions were wanted at each point, got others')
    positions = np.array([list(point.positions) for point in points], dtype=np.float64)
    at_s = [stamp_ns_of(point.time_from_start) / NS_IN_S for point in points]
    return JointMotion(names, positions.reshape(len(points), len(names)), np.array(at_s))

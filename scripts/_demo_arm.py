"""Brings the simulated arm into a posture, and the robot to a place, for the demonstration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from _demo_processes import DemoError, Processes, Screen, wait_until
from action_msgs.msg import GoalStatus
from builtin_interfaces.msg import Duration
from control_msgs.action import FollowJointTrajectory
from nav2_msgs.action import NavigateToPose
from rclpy.action import ActionClient
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from vlm_nav.core.decision import Waypoint
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.ros.arm_stand_in import TRAJECTORY_ACTION
from vlm_nav.ros.nav2_names import ACTION
from vlm_nav.ros.poses import pose_stamped
from vlm_nav.sim.robot.robot_arm import LIFT, SHOULDER
from vlm_nav.sim.robot.robot_description import TELESCOPE

STEP_S = 2.0
ANSWERS_S, ENDS_S = 20.0, 240.0
CARRIED_M = 1.1


class RobotMover:
    """Sends goals to the arm's controllers and to Nav2, and waits for their ends."""

    def __init__(self, screen: Screen, running: Processes) -> None:
        """Make the clients on the screen's node."""
        self._screen, self._running = screen, running
        node = screen.node
        self._arm = ActionClient(node, FollowJointTrajectory, TRAJECTORY_ACTION)
        self._base = ActionClient(node, NavigateToPose, ACTION)

    def bring_arm(self, *postures: Mapping[str, float]) -> None:
        """Bring the arm through postures, joints by their names; others stay where they are."""
        names = list(postures[0])
        points = [
            JointTrajectoryPoint(
                positions=[posture[name] for name in names],
                time_from_start=Duration(sec=round(STEP_S * number)),
            )
            for number, posture in enumerate(postures, 1)
        ]
        trajectory = JointTrajectory(joint_names=names, points=points)
        self._carry_out(self._arm, FollowJointTrajectory.Goal(trajectory=trajectory), 'the arm')

    def drive_to(self, place: FloorPose, frame: str = 'map') -> None:
        """Drive to a place of a frame as it is now."""
        waypoint = Waypoint(frame, 0, place.x_m, place.y_m, place.yaw_rad)
        goal = NavigateToPose.Goal(pose=pose_stamped(waypoint))
        self._carry_out(self._base, goal, 'the drive')

    def drive_on(self, on_m: float) -> None:
        """Drive so far straight ahead, or as far as there is room."""
        self.drive_to(FloorPose(on_m, 0.0, 0.0), 'base_link')

    def _carry_out(self, client: ActionClient, goal: Any, what: str) -> None:
        self._until(client.server_is_ready, ANSWERS_S, f'{what}: its action')
        sent = client.send_goal_async(goal)
        self._until(sent.done, ANSWERS_S, f'{what}: an answer')
        asked = sent.result().get_result_async()
        self._until(asked.done, ENDS_S, f'{what}: its end')
        status = asked.result().status
        if status != GoalStatus.STATUS_SUCCEEDED:
            raise DemoError(f'{what} ended with status {status}')

    def _until(self, happened: Any, limit_s: float, what: str) -> None:
        wait_until(happened, self._screen, self._running, limit_s, what)


# What hangs from the hand comes over the base, above what it was lifted from.
DRAWN_IN = {LIFT: CARRIED_M, TELESCOPE: 0.0, SHOULDER: 0.0}
OVER_BASE = {**DRAWN_IN, SHOULDER: -1.57}

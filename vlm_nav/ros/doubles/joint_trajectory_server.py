"""A double of an arm's controllers: it moves in its head and tells each event as a line of JSON.

`ros2 run vlm_nav joint_trajectory_double --ros-args -p behaviour:=abort`. It tells the angles that
it believes its joints to have, and the description that it is given.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from control_msgs.action import FollowJointTrajectory, GripperCommand
from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node
from rclpy.task import Future
from sensor_msgs.msg import JointState
from std_msgs.msg import String

from vlm_nav.navigation.parameters import Parameter
from vlm_nav.ros.doubles.serving import serve
from vlm_nav.ros.parameters import declare
from vlm_nav.ros.qos import LATCHED, OUTPUT

BEHAVIOURS = ('done', 'empty', 'reject', 'abort', 'silent')
JOINT_TRAJECTORY_DOUBLE_PARAMETERS: tuple[Parameter, ...] = (
    Parameter('behaviour', 'done', 'what becomes of goals', one_of=BEHAVIOURS),
    Parameter('joints', [''], 'names of the joints'),
    Parameter('positions', [''], 'their angles at first'),
    Parameter('robot_description', '', 'the URDF'),
)
_PERIOD_S = 0.02


class JointTrajectoryDouble(Node):
    """Takes goals of arm and gripper as the parameter `behaviour` says."""

    def __init__(self, **options: Any) -> None:
        """Serve and publish at once."""
        super().__init__('joint_trajectory_double', **options)
        declare(self, JOINT_TRAJECTORY_DOUBLE_PARAMETERS)
        names, angles = (self.get_parameter(name).value for name in ('joints', 'positions'))
        self._angles = dict(zip(names, map(float, filter(None, angles)), strict=False))
        self.events: list[dict[str, Any]] = []
        self._live: list[Future] = []
        group = ReentrantCallbackGroup()
        self._servers = [
            ActionServer(
                self,
                kind,
                action,
                execute,
                callback_group=group,
                goal_callback=self._answer,
                cancel_callback=self._cancel,
            )
            for kind, action, execute in (
                (
                    FollowJointTrajectory,
                    'arm_controller/follow_joint_trajectory',
                    self._follow,
                ),
                (GripperCommand, 'gripper_controller/gripper_cmd', self._grip),
            )
        ]
        described = self.create_publisher(String, 'robot_description', LATCHED)
        described.publish(String(data=self.get_parameter('robot_description').value))
        self._states = self.create_publisher(JointState, 'joint_states', OUTPUT)
        self.create_timer(_PERIOD_S, self._tell_joints)

    def _answer(self, goal: Any) -> GoalResponse:
        rejects = self._behaviour() == 'reject'
        self._tell('rejected' if rejects else 'accepted', kind=type(goal).__name__)
        return GoalResponse.REJECT if rejects else GoalResponse.ACCEPT

    def _cancel(self, _handle: Any) -> CancelResponse:
        self._tell('cancel', at_s=time.monotonic())
        for future in self._live:
            future.set_result(None)
        self._live.clear()
        return CancelResponse.ACCEPT

    async def _follow(self, handle: Any) -> Any:
        trajectory = handle.request.trajectory
        self._tell('follows', points=len(trajectory.points))
        if await self._ends(handle):
            angles = trajectory.points[-1].positions
            self._angles.update(zip(trajectory.joint_names, angles, strict=True))
        return FollowJointTrajectory.Result()

    async def _grip(self, handle: Any) -> Any:
        self._tell('grips', position=handle.request.command.position)
        await self._ends(handle)
        # What is empty closes as far as it is told to; something else stops the fingers.
        behaviour = self._behaviour()
        return GripperCommand.Result(
            reached_goal=behaviour == 'empty', stalled=behaviour == 'done'
        )

    async def _ends(self, handle: Any) -> bool:
        behaviour = self._behaviour()
        if behaviour == 'silent':
            future: Future = Future()
            self._live.append(future)
            await future
        done = behaviour in ('done', 'empty')
        if done:
            handle.succeed()
        elif handle.is_cancel_requested:
            handle.canceled()
        else:
            handle.abort()
        return done

    def _behaviour(self) -> str:
        return str(self.get_parameter('behaviour').value)

    def _tell_joints(self) -> None:
        message = JointState(name=list(self._angles), position=list(self._angles.values()))
        message.header.stamp = self.get_clock().now().to_msg()
        self._states.publish(message)

    def _tell(self, event: str, **fields: Any) -> None:
        self.events.append({'event': event, **fields})
        sys.stdout.write(json.dumps(self.events[-1]) + '\n')
        sys.stdout.flush()


def main() -> int:
    """Serve until SIGINT or SIGTERM; return the exit status."""
    return serve(JointTrajectoryDouble, 'joint_trajectory_double')


if __name__ == '__main__':
    sys.exit(main())

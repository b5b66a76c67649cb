"""What is told of an arm: its description on robot_description, its angles on joint_states."""

from __future__ import annotations

import math
from collections.abc import Callable

from rclpy.node import Node
from sensor_msgs.msg import JointState
from std_msgs.msg import String

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.manipulation.joint_solving import DescriptionError, JointSolver
from vlm_nav.messages.stamps import NS_IN_S, stamp_ns_of
from vlm_nav.ros.qos import LATCHED, SENSOR
from vlm_nav.ros.spinning import let_go

_LARGEST_CHARACTERS = 5_000_000


class ArmTopics:
    """Keeps what came last; each callback makes one assignment, and any thread may read."""

    def __init__(
        self,
        node: Node,
        base_frame: str,
        tip_frame: str,
        joints_age_s: float,
        warn: Callable[[str], None],
    ) -> None:
        """Listen on `node` for an arm from `base_frame` to `tip_frame`.

        Angles are believed that are `joints_age_s` old at most, or as far ahead of ROS time: those
        from before time was set back are not.
        """
        self._node = node
        self._frames = (base_frame, tip_frame)
        self._joints_age_s = joints_age_s
        self._warn = warn
        self._solver: JointSolver | None = None
        self._urdf = ''
        self._states: dict[str, tuple[float, int]] = {}
        self._subscriptions = [
            node.create_subscription(String, 'robot_description', self._take_urdf, LATCHED),
            node.create_subscription(JointState, 'joint_states', self._take_joints, SENSOR),
        ]

    @property
    def solver(self) -> JointSolver | None:
        """Return what solves for the described arm, None before a description that has one."""
        return self._solver

    def joints_now(self, solver: JointSolver) -> FloatArray | None:
        """Return the angles of the arm's joints, None where one is not told or too old."""
        now_ns = self._node.get_clock().now().nanoseconds
        young = {
            name: angle
            for name, (angle, stamp_ns) in self._states.items()
            if abs(now_ns - stamp_ns) / NS_IN_S <= self._joints_age_s
        }
        return solver.joints_from(young)

    def close(self) -> None:
        """End the subscriptions."""
        let_go(self._node, *self._subscriptions)
        self._subscriptions.clear()

    def _take_urdf(self, message: String) -> None:
        if message.data == self._urdf:
            return
        if len(message.data) > _LARGEST_CHARACTERS:
            self._warn(f'robot_description has more than {_LARGEST_CHARACTERS} characters')
            return
        self._urdf = message.data
        try:
            self._solver = JointSolver(message.data, *self._frames)
        except (DescriptionError, ImportError) as error:
            self._solver = None
            self._warn(f'robot_description is of no use: {error}')

    def _take_joints(self, message: JointState) -> None:
        stamp_ns = stamp_ns_of(message.header.stamp)
        came = {
            name: (float(angle), stamp_ns)
            for name, angle in zip(message.name, message.position, strict=False)
            if math.isfinite(angle)
        }
        self._states = {**self._states, **came}

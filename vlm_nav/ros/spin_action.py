"""The way to the real Spin server: rclpy's action client."""

from __future__ import annotations

import uuid

from builtin_interfaces.msg import Duration
from nav2_msgs.action import Spin
from rclpy.action import ActionClient
from rclpy.node import Node
from unique_identifier_msgs.msg import UUID

from vlm_nav.messages.stamps import NS_IN_S
from vlm_nav.ros.nav2_action import RclpyGoal
from vlm_nav.ros.nav2_names import SPIN_ACTION, SPIN_LIFECYCLE_SERVICE
from vlm_nav.ros.nav2_ready import RequireActive, ServerState
from vlm_nav.ros.spinning import answer_of


class RclpySpinAction:
    """Implements nav2_spin.SpinAction on a node that an executor spins in another thread."""

    def __init__(self, node: Node, require_active: RequireActive = RequireActive.AUTO) -> None:
        """Make the clients on `node`, under its namespace and remappings."""
        self._node = node
        self._client = ActionClient(node, Spin, SPIN_ACTION)
        self._server = ServerState(
            node, self._client, SPIN_ACTION, SPIN_LIFECYCLE_SERVICE, require_active
        )

    async def not_ready(self) -> str | None:
        """Return why no goal would be accepted now."""
        return await self._server.not_ready()

    def send(self, angle_rad: float, allowance_s: float) -> RclpyGoal:
        """Send a goal; Nav2 ends it by itself when the allowance is over."""
        goal_id = UUID(uuid=list(uuid.uuid4().bytes))
        goal = Spin.Goal(target_yaw=angle_rad, time_allowance=_duration(allowance_s))
        sending = answer_of(
            self._node, lambda: self._client.send_goal_async(goal, goal_uuid=goal_id)
        )
        return RclpyGoal(self._node, bytes(goal_id.uuid), sending)


def _duration(duration_s: float) -> Duration:
    # 0 would be no limit.
    duration_ns = max(1, round(duration_s * NS_IN_S))
    return Duration(sec=duration_ns // NS_IN_S, nanosec=duration_ns % NS_IN_S)

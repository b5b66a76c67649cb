"""A person's release of a goal: `~/release`, and a button at the goal in RViz.

The button is an interactive marker; what RViz needs of a server of those is little, and the
package interactive_markers is not everywhere: one marker, its updates and its clicks.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from geometry_msgs.msg import PoseStamped
from rclpy.node import Node
from rclpy.qos import QoSProfile
from std_msgs.msg import ColorRGBA
from std_srvs.srv import Trigger
from visualization_msgs.msg import (
    InteractiveMarker,
    InteractiveMarkerControl,
    InteractiveMarkerFeedback,
    InteractiveMarkerUpdate,
    Marker,
)
from visualization_msgs.srv import GetInteractiveMarkers

from vlm_nav.core.decision import Waypoint
from vlm_nav.ros.poses import pose_stamped
from vlm_nav.ros.spinning import call_in_loop

# As RViz subscribes and publishes them.
_QOS = QoSProfile(depth=100)
_BUTTON_M, _HEIGHT_M = 0.35, 0.6


@dataclass(frozen=True, eq=False)
class _Awaited:
    """A goal that waits: its button, and what ends the wait."""

    button: InteractiveMarker
    released: asyncio.Event


class Confirmation:
    """Implements navigation.confirmed.Release on a node, in the running event loop."""

    def __init__(self, node: Node) -> None:
        """Offer the service and the button; nothing waits yet."""
        self._node = node
        self._loop = asyncio.get_running_loop()
        self._awaited: _Awaited | None = None
        self._goals = self._sequence = 0
        self._updates = node.create_publisher(InteractiveMarkerUpdate, '~/confirm/update', _QOS)
        node.create_subscription(
            InteractiveMarkerFeedback, '~/confirm/feedback', self._take_feedback, _QOS
        )
        node.create_service(
            GetInteractiveMarkers, '~/confirm/get_interactive_markers', self._answer_markers
        )
        node.create_service(Trigger, '~/release', self._answer_release)

    @property
    def is_awaited(self) -> bool:
        """Whether a goal waits for its release."""
        return self._awaited is not None

    async def released(self, waypoint: Waypoint) -> None:
        """Show the button until the goal is released, or the wait is cancelled."""
        await self.released_at(pose_stamped(waypoint))

    async def released_at(self, pose: PoseStamped) -> None:
        """Show the button at a pose until it is released, or the wait is cancelled."""
        self._goals += 1
        # Each goal has a button of its own: a late click on an old one releases nothing.
        awaited = _Awaited(_button(pose, f'release_{self._goals}'), asyncio.Event())
        self._awaited = awaited
        self._update(markers=[awaited.button])
        service = self._node.resolve_service_name('~/release')
        self._node.get_logger().info(
            f'a goal or turn waits for its release: call {service}, or RViz'
        )
        try:
            await awaited.released.wait()
        finally:
            self._awaited = None
            self._update(erases=[awaited.button.name])

    def _update(self, **changes: Any) -> None:
        self._sequence += 1
        update = InteractiveMarkerUpdate(
            server_id=self._node.get_fully_qualified_name(),
            seq_num=self._sequence,
            type=InteractiveMarkerUpdate.UPDATE,
            **changes,
        )
        self._updates.publish(update)

    # What follows runs in the executor's thread: it reads `_awaited` once and sets nothing.

    def _answer_release(self, _: Any, response: Any) -> Any:
        awaited = self._awaited
        response.success = awaited is not None
        response.message = 'released' if awaited is not None else 'no goal waits for its release'
        if awaited is not None:
            call_in_loop(self._loop, awaited.released.set)
        return response

    def _take_feedback(self, message: Any) -> None:
        awaited = self._awaited
        clicked = message.event_type == InteractiveMarkerFeedback.BUTTON_CLICK
        if clicked and awaited is not None and message.marker_name == awaited.button.name:
            call_in_loop(self._loop, awaited.released.set)

    def _answer_markers(self, _: Any, response: Any) -> Any:
        awaited = self._awaited
        response.sequence_number = self._sequence
        response.markers = [] if awaited is None else [awaited.button]
        return response


def _button(goal: PoseStamped, name: str) -> InteractiveMarker:
    """Return a green ball over the goal that can be clicked on."""
    ball = Marker(type=Marker.SPHERE, color=ColorRGBA(r=0.1, g=0.8, b=0.2, a=0.8))
    ball.scale.x = ball.scale.y = ball.scale.z = _BUTTON_M
    ball.pose.position.z = _HEIGHT_M
    control = InteractiveMarkerControl(
        name='release',
        interaction_mode=InteractiveMarkerControl.BUTTON,
        always_visible=True,
        markers=[ball],
    )
    # Shown where it is now in its frame, however old the picture is by then.
    goal.header.stamp.sec = goal.header.stamp.nanosec = 0
    return InteractiveMarker(
        header=goal.header,
        pose=goal.pose,
        name=name,
        description='click to release the goal',
        scale=1.0,
        controls=[control],
    )

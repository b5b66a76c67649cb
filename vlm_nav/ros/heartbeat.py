"""The navigator's sign of life: which goal it stands for, ten times a second."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from rclpy.node import Node
from unique_identifier_msgs.msg import UUID

from vlm_nav.ros.qos import COMMAND
from vlm_nav.ros.watchdog_rules import NO_GOAL

_PERIOD_S = 0.1


class Heartbeat:
    """Publishes `~/heartbeat` from the event loop, so that a loop that hangs is silent too."""

    def __init__(self, node: Node, believed_goal: Callable[[], bytes | None]) -> None:
        """Begin to beat in the running loop; `believed_goal` gives the id or None."""
        self._believed_goal = believed_goal
        self._publisher = node.create_publisher(UUID, '~/heartbeat', COMMAND)
        self._beating = asyncio.get_running_loop().create_task(self._beat())

    @property
    def watched(self) -> bool:
        """Whether anybody listens, as a watchdog does."""
        return bool(self._publisher.get_subscription_count() > 0)

    def claim(self, goal_id: bytes) -> None:
        """Stand for a goal from now on; to be called before it is sent, in the loop.

        Who is killed right after sending has then told whose goal it is.
        """
        self._publisher.publish(UUID(uuid=list(goal_id)))

    async def close(self) -> None:
        """Beat a last time, for no goal, and no more."""
        self._beating.cancel()
        await asyncio.wait({self._beating})
        self.claim(NO_GOAL)

    async def _beat(self) -> None:
        while True:
            self.claim(self._believed_goal() or NO_GOAL)
            await asyncio.sleep(_PERIOD_S)

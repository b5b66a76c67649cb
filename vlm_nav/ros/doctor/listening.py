"""What comes on topics in a while: how often, how old, and the last message."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile

from vlm_nav.core.deadline import Deadline
from vlm_nav.messages.stamps import NS_IN_S, stamp_ns_of
from vlm_nav.ros.spinning import let_go

ENOUGH_MESSAGES = 5
# Who publishes is known by then: an announcement that is lost is repeated after 3 s.
DISCOVERY_S = 4.0
_LOOK_AGAIN_S = 0.05


@dataclass
class Heard:
    """What came on one topic; ages are in ROS time, when the last message arrived."""

    count: int = 0
    began_s: float = 0.0
    last_s: float = 0.0
    age_s: float = 0.0
    message: Any = None

    @property
    def rate_hz(self) -> float | None:
        """Return how often messages came, None where that cannot be said yet."""
        lasted_s = self.last_s - self.began_s
        return (self.count - 1) / lasted_s if lasted_s > 0.0 else None


class Listener:
    """Subscriptions from `listen` to `close`, counted in the executor's thread."""

    def __init__(self, node: Node) -> None:
        """Listen on `node`, which an executor spins."""
        self._node = node
        self._heard: list[tuple[str, Heard, int]] = []
        self._subscriptions: list[Any] = []

    def listen(
        self, topic: str, message_type: type, qos: QoSProfile, enough: int = ENOUGH_MESSAGES
    ) -> Heard:
        """Return what is filled with what comes; after `enough` messages nothing is awaited."""
        heard = Heard()
        self._heard.append((topic, heard, enough))
        subscription = self._node.create_subscription(
            message_type, topic, self._counter_of(heard), qos
        )
        self._subscriptions.append(subscription)
        return heard

    async def wait(self, deadline: Deadline) -> None:
        """Wait until enough came on every topic that is published, or for the deadline."""
        discovery = Deadline.after(DISCOVERY_S)
        while not deadline.expired():
            awaited = [topic for topic, heard, enough in self._heard if heard.count < enough]
            if discovery.expired():
                awaited = [topic for topic in awaited if self._node.count_publishers(topic)]
            if not awaited:
                return
            await asyncio.sleep(min(_LOOK_AGAIN_S, deadline.remaining_s()))

    @property
    def hears_anything(self) -> bool:
        """Return whether any message came."""
        return any(heard.count for _, heard, _ in self._heard)

    def close(self) -> None:
        """End the subscriptions."""
        let_go(self._node, *self._subscriptions)
        self._subscriptions.clear()

    def _counter_of(self, heard: Heard) -> Callable[[Any], None]:
        def count(message: Any) -> None:
            now_s = time.monotonic()
            if heard.count == 0:
                heard.began_s = now_s
            stamp_ns = stamp_ns_of(message.header.stamp)
            now_ns = self._node.get_clock().now().nanoseconds
            heard.age_s = (now_ns - stamp_ns) / NS_IN_S
            heard.last_s, heard.message = now_s, message
            heard.count += 1

        return count

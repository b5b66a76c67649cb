"""What the demonstration of the hand shows while it runs."""

from __future__ import annotations

import json
from typing import Any

from _demo_progress import Progress
from rclpy.node import Node
from sensor_msgs.msg import Image
from std_msgs.msg import String

from vlm_nav.geometry.arrays import RgbArray
from vlm_nav.messages.images import rgb_from_message
from vlm_nav.navigation.in_words import printable
from vlm_nav.ros.doubles.lifecycle_watch import LifecycleWatch
from vlm_nav.ros.qos import COMMAND, LATCHED, SENSOR

NS_IN_S = 1e9


class HandScreen(Progress):
    """Sends the task, follows the things on the table, and tells in lines what is decided."""

    def __init__(self, node: Node) -> None:
        """Subscribe to the manipulator's topics, and to where the things truly are."""
        super().__init__()
        self.node = node
        self.outcome: dict[str, Any] | None = None
        self.decision: dict[str, Any] | None = None
        self._marked: Image | None = None
        self._pointed: Image | None = None
        self._seen: Image | None = None
        self._before: dict[str, list[float]] = {}
        self._loose: dict[str, Any] = {}
        self._manipulator = LifecycleWatch(node, 'manipulator')
        self._instruction = node.create_publisher(String, 'manipulator/instruction', COMMAND)
        node.create_subscription(String, 'manipulator/decision', self._decided, LATCHED)
        node.create_subscription(String, 'manipulator/outcome', self._ended, LATCHED)
        node.create_subscription(Image, 'manipulator/annotated', self._annotated, LATCHED)
        node.create_subscription(Image, 'camera/color/image_raw', self._look, SENSOR)
        node.create_subscription(String, 'ground_truth/loose', self._moved, SENSOR)

    @property
    def picked(self) -> bool:
        """Return whether the task ended with something picked."""
        return self.outcome is not None and bool(self.outcome['picked'])

    @property
    def simulated_s(self) -> float:
        """Return how late it is in the simulation, by what was told last."""
        return float(self._loose['stamp_ns']) / NS_IN_S

    def ready(self) -> bool:
        """Return whether the manipulator takes tasks and the table is seen."""
        heard = int(self._instruction.get_subscription_count())
        seen = self._seen is not None and bool(self._loose)
        return heard > 0 and seen and self._manipulator.is_active()

    def has_ended(self) -> bool:
        """Return whether it is known how the task ended."""
        return self.outcome is not None

    def send(self, task: str) -> None:
        """Publish the task."""
        self.outcome = self.decision = self._marked = None
        self._before = self._loose['places_m']
        self._begins('looks and asks')
        self._instruction.publish(String(data=task))

    def place_m(self, thing: str) -> tuple[float, float, float]:
        """Return where on the map the underside of a thing is, by its identifier."""
        x_m, y_m, z_m = self._loose['places_m'][thing]
        return x_m, y_m, z_m

    def rises_m(self) -> dict[str, float]:
        """Return how much higher each thing is than before the task, by its identifier."""
        now = self._loose['places_m']
        return {name: now[name][2] - before[2] for name, before in self._before.items()}

    def pictures(self) -> list[RgbArray]:
        """Return what was asked about, what was pointed at, and what is seen now."""
        came = (self._marked, self._pointed, self._seen)
        return [rgb_from_message(one) for one in came if one is not None]

    def _decided(self, message: String) -> None:
        decision = json.loads(message.data)
        self.decision = decision
        self._tells(printable(_words_of(decision)))

    def _ended(self, message: String) -> None:
        self.outcome = json.loads(message.data)

    def _annotated(self, message: Image) -> None:
        # Pictures with marks come before the decision, the one with what was pointed at after it.
        if self.decision is not None:
            self._pointed = message
        elif self._marked is None:
            self._marked = message

    def _look(self, message: Image) -> None:
        self._seen = message

    def _moved(self, message: String) -> None:
        self._loose = json.loads(message.data)


def _words_of(decision: dict[str, Any]) -> str:
    if decision['outcome'] != 'pick':
        return f'does not move ({decision["reason"]})'
    x_m, y_m, z_m = decision['grasp']['position_m']
    return (
        f'grasps at ({x_m:.2f}, {y_m:.2f}, {z_m:.2f}) m, '
        f'{str(decision["approach"]).replace("_", " ")}, {decision["calls"]} questions'
    )

"""What the demonstration in a house shows while it runs."""

from __future__ import annotations

import json
import math
from typing import Any

from _demo_progress import Progress
from geometry_msgs.msg import PoseStamped
from rclpy.node import Node
from std_msgs.msg import String

from vlm_nav.navigation.in_words import printable
from vlm_nav.ros.doubles.lifecycle_watch import LifecycleWatch
from vlm_nav.ros.qos import COMMAND, LATCHED, SENSOR

STEP_M = 0.05


class HouseScreen(Progress):
    """Sends the instruction, follows the robot, and tells in lines what it decides."""

    def __init__(self, node: Node) -> None:
        """Subscribe to the navigator's topics, and to where the robot truly is."""
        super().__init__()
        self.node = node
        self.outcome: dict[str, Any] | None = None
        self.path: list[tuple[float, float]] = []
        self.record = ''
        self.decisions = 0
        self.driven_m = 0.0
        self._navigator = LifecycleWatch(node, 'navigator')
        self._instruction = node.create_publisher(String, 'navigator/instruction', COMMAND)
        node.create_subscription(String, 'navigator/decision', self._decided, LATCHED)
        node.create_subscription(String, 'navigator/outcome', self._ended, LATCHED)
        node.create_subscription(PoseStamped, 'ground_truth/pose', self._moved, SENSOR)

    def ready(self) -> bool:
        """Return whether the navigator takes instructions and the robot is there."""
        heard = int(self._instruction.get_subscription_count())
        return heard > 0 and bool(self.path) and self._navigator.is_active()

    def has_ended(self) -> bool:
        """Return whether it is known how the instruction ended."""
        return self.outcome is not None

    def send(self, instruction: str) -> None:
        """Publish the instruction."""
        self._begins('looks')
        self._instruction.publish(String(data=instruction))

    def _besides(self) -> str:
        return f'{self.driven_m:4.1f} m  '

    def _decided(self, message: String) -> None:
        decision = json.loads(message.data)
        self.record = str(decision['record'])
        self.decisions += 1
        self._tells(printable(self._words_of(decision)))

    def _words_of(self, decision: dict[str, Any]) -> str:
        outcome = decision['outcome']
        if outcome == 'goal' and self.path:
            x_m, y_m = self.path[-1]
            away_m = math.hypot(decision['x_m'] - x_m, decision['y_m'] - y_m)
            return f'drives {away_m:.1f} m to ({decision["x_m"]:.1f}, {decision["y_m"]:.1f})'
        known = {'turn': 'turns and looks to all sides', 'arrived': 'has arrived'}
        detail = f' ({decision["reason"]})' if decision['reason'] else ''
        return str(known.get(outcome, outcome.replace('_', ' '))) + detail

    def _ended(self, message: String) -> None:
        self.outcome = outcome = json.loads(message.data)
        self.record = str(outcome['record'])

    def _moved(self, message: PoseStamped) -> None:
        place = (message.pose.position.x, message.pose.position.y)
        if not self.path:
            self.path.append(place)
        step_m = math.dist(self.path[-1], place)
        if step_m >= STEP_M:
            self.path.append(place)
            self.driven_m += step_m

"""Listens to a person's teleoperation, which goes before every instruction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from geometry_msgs.msg import Twist, TwistStamped
from rclpy.node import Node
from sensor_msgs.msg import Joy

from vlm_nav.navigation.override import Joystick, OverrideKind, OverrideSettings, is_command
from vlm_nav.ros.qos import SENSOR
from vlm_nav.ros.spinning import call_in_loop, let_go

_TYPES = {
    OverrideKind.TWIST: Twist,
    OverrideKind.TWIST_STAMPED: TwistStamped,
    OverrideKind.JOY: Joy,
}


class OverrideInput:
    """The topic `override` on a node, until it is closed."""

    def __init__(
        self, node: Node, settings: OverrideSettings, on_command: Callable[[], None]
    ) -> None:
        """Call `on_command` in the running loop for each command, where any are listened to."""
        self._node = node
        self._settings = settings
        self._joystick = Joystick(settings.override_dead_band)
        self._on_command = on_command
        self._loop = asyncio.get_running_loop()
        self._subscription: Any = None
        if settings.override is not OverrideKind.NONE:
            message_type = _TYPES[settings.override]
            self._subscription = node.create_subscription(
                message_type, 'override', self._take, SENSOR
            )

    def close(self) -> None:
        """Listen no more."""
        if self._subscription is not None:
            let_go(self._node, self._subscription)
            self._subscription = None

    def _take(self, message: Any) -> None:
        if self._is_command(message):
            call_in_loop(self._loop, self._on_command)

    def _is_command(self, message: Any) -> bool:
        if self._settings.override is OverrideKind.JOY:
            return self._joystick.is_used(message.axes, message.buttons)
        twist = message.twist if self._settings.override is OverrideKind.TWIST_STAMPED else message
        linear, angular = twist.linear, twist.angular
        values = (linear.x, linear.y, linear.z, angular.x, angular.y, angular.z)
        return is_command(values, self._settings.override_dead_band)

"""The ways to whoever moves an arm, each made once: who spins the node may not lose it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.node import Node

from vlm_nav.ros.joint_trajectory_client import ControllerSettings, JointTrajectoryClient
from vlm_nav.ros.moveit_client import MoveItClient
from vlm_nav.ros.moveit_goals import MoveItSettings, moveit_types


class ArmClients:
    """Gives the clients for settings, the same ones whenever the settings are the same."""

    def __init__(self, node: Node, on_grip: Callable[[bool], object]) -> None:
        """Make none yet; `on_grip` is as for JointTrajectoryClient."""
        self._node = node
        self._on_grip = on_grip
        self._made: dict[Any, Any] = {}

    def controllers(self, settings: ControllerSettings, opening_m: float) -> JointTrajectoryClient:
        """Return the way to the controllers of arm and gripper."""
        key = (settings, opening_m)
        if key not in self._made:
            self._made[key] = JointTrajectoryClient(self._node, *key, self._on_grip)
        found: JointTrajectoryClient = self._made[key]
        return found

    def planner(
        self,
        controllers: JointTrajectoryClient,
        base_frame: str,
        link: str,
        settings: MoveItSettings,
    ) -> MoveItClient:
        """Return the way to MoveIt; raises InvalidValueError where its messages are missing."""
        key = (controllers, base_frame, link, settings)
        if key not in self._made:
            self._made[key] = MoveItClient(self._node, moveit_types(), *key)
        found: MoveItClient = self._made[key]
        return found

"""What the navigator makes when it is activated, and lets go when it is deactivated."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.node import Node

from vlm_nav.core.decision import Waypoint
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.navigation.budget_listener import BudgetListener
from vlm_nav.navigation.confirmed import ConfirmedBase, ConfirmedTurner
from vlm_nav.navigation.decision_making import mission_for, model_for
from vlm_nav.navigation.dispatcher import Dispatcher
from vlm_nav.navigation.dry_run import DryRunBase
from vlm_nav.navigation.fenced_base import FencedBase
from vlm_nav.navigation.mission import Mission
from vlm_nav.navigation.ports import Base, Turner
from vlm_nav.navigation.watched_base import LastSight, WatchedBase
from vlm_nav.ros.confirmation import Confirmation
from vlm_nav.ros.eyes import RosEyes
from vlm_nav.ros.nav2 import Nav2Client
from vlm_nav.ros.nav2_spin import Nav2Spin
from vlm_nav.ros.navigator_parameters import NavigatorSettings
from vlm_nav.ros.navigator_parts import NavigatorParts
from vlm_nav.ros.override_input import OverrideInput
from vlm_nav.ros.shift_work import logging_errors
from vlm_nav.vlm.budget import Budget
from vlm_nav.vlm.model import close


class Shift:
    """Everything that lives from one activation to the next deactivation."""

    def __init__(self, node: Node, parts: NavigatorParts, settings: NavigatorSettings) -> None:
        """Make it all, and look through the cameras; raises what its parts raise."""
        self.settings = settings
        self.eyes = RosEyes(node, parts.transforms, settings.eyes)
        self.budget = Budget(settings.budget, parts.ledger)
        self.model = model_for(settings, self.budget, warn=node.get_logger().warning)
        self.last_sight = LastSight()
        self.nav2 = None if settings.safety.dry_run else self._nav2_client(node, parts)
        self.turner = self._turner(node, parts)
        own_pose = parts.own_pose(settings.eyes.sight.base_frame)
        override = settings.safety.override
        self.dispatcher = Dispatcher(
            self._mission(node, parts, own_pose),
            on_error=logging_errors(node),
            quiet_s=override.override_quiet_s,
        )
        self.override = OverrideInput(node, override, self.dispatcher.override)
        parts.outputs.show_fence(settings.fence, settings.eyes.sight.map_frame)
        self.eyes.open()

    async def close(self) -> None:
        """End the instruction under way and everything that it used."""
        self.override.close()
        await self.dispatcher.close()
        if self.nav2 is not None:
            await self.nav2.close()
        if self.turner is not None:
            await self.turner.close()
        self.eyes.close()
        await close(self.model)

    def _nav2_client(self, node: Node, parts: NavigatorParts) -> Nav2Client:
        return Nav2Client(
            parts.nav2_action(self.settings.require_active),
            self.settings.nav2,
            own_pose=parts.own_pose(self.settings.eyes.sight.base_frame),
            inside_map=self._inside_map,
            on_feedback=parts.inputs.drove,
            warn=node.get_logger().warning,
        )

    def _turner(self, node: Node, parts: NavigatorParts) -> Nav2Spin | None:
        """Return what turns on the spot, None where nothing is to move."""
        if self.settings.until_arrived is None or self.settings.safety.dry_run:
            return None
        return Nav2Spin(
            parts.spin_action(self.settings.require_active),
            self.settings.nav2,
            warn=node.get_logger().warning,
        )

    def _base(
        self, confirmation: Confirmation, own_pose: Callable[[str], FloorPose | None]
    ) -> Base:
        """Return what drives, with everything around it that keeps it from driving."""
        base: Base = DryRunBase() if self.nav2 is None else self.nav2
        if self.settings.safety.recheck:
            base = WatchedBase(
                base,
                self.eyes,
                decided_from=lambda: self.last_sight.sight,
                free_space=self.settings.free_space,
                settings=self.settings.safety.rechecks,
            )
        if self.settings.safety.confirm:
            base = ConfirmedBase(base, confirmation, self.settings.safety.confirm_timeout_s)
        if self.settings.fence.is_set:
            radius_m = self.settings.free_space.robot_radius_m
            base = FencedBase(base, self.settings.fence, own_pose, radius_m)
        return base

    def _released_turner(self, confirmation: Confirmation) -> Turner | None:
        safety, base_frame = self.settings.safety, self.settings.eyes.sight.base_frame
        if self.turner is None or not safety.confirm:
            return self.turner
        timeout_s = safety.confirm_timeout_s
        return ConfirmedTurner(self.turner, confirmation, base_frame, timeout_s)

    def _inside_map(self, waypoint: Waypoint) -> bool:
        return self.eyes.inside_map(waypoint.frame_id, waypoint.x_m, waypoint.y_m)

    def _mission(
        self, node: Node, parts: NavigatorParts, own_pose: Callable[[str], FloorPose | None]
    ) -> Mission:
        recorders = self.settings.records.listeners(node, self.budget)
        return mission_for(
            self.settings,
            self.eyes,
            self._base(parts.confirmation, own_pose),
            self._released_turner(parts.confirmation),
            self.model,
            [
                BudgetListener(self.budget),
                self.last_sight,
                *recorders,
                parts.outputs,
                parts.inputs,
            ],
            name_record=self.settings.records.name_record,
        )

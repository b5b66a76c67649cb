"""What lives as long as the navigator's node: inputs, outputs, transforms, the way to Nav2."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from rclpy.node import Node

from vlm_nav.geometry.poses import FloorPose
from vlm_nav.ros.confirmation import Confirmation
from vlm_nav.ros.heartbeat import Heartbeat
from vlm_nav.ros.instruction_inputs import InstructionInputs, Worker
from vlm_nav.ros.nav2_action import RclpyNavigateAction
from vlm_nav.ros.nav2_ready import RequireActive
from vlm_nav.ros.outputs import NavigatorOutputs
from vlm_nav.ros.own_pose import own_pose
from vlm_nav.ros.spin_action import RclpySpinAction
from vlm_nav.ros.transforms import transform_source
from vlm_nav.vlm.ledger import Ledger


class NavigatorParts:
    """What is made once, in the event loop, and outlives every activation."""

    def __init__(
        self, node: Node, worker: Worker, believed_goal: Callable[[], bytes | None]
    ) -> None:
        """Listen and beat on `node`; instructions go to `worker`."""
        self.node = node
        self.inputs = InstructionInputs(node, worker)
        self.heartbeat = Heartbeat(node, believed_goal)
        self.outputs = NavigatorOutputs(node)
        self.confirmation = Confirmation(node)
        self.transforms = transform_source(node)
        # What an hour has cost is no less after another activation.
        self.ledger = Ledger()
        self._actions: dict[RequireActive, RclpyNavigateAction] = {}
        self._spins: dict[RequireActive, RclpySpinAction] = {}

    def nav2_action(self, require_active: RequireActive) -> RclpyNavigateAction:
        """Return the client of Nav2, made once: rclpy's discovery takes its time."""
        if require_active not in self._actions:
            self._actions[require_active] = RclpyNavigateAction(
                self.node, require_active, on_send=self.heartbeat.claim
            )
        return self._actions[require_active]

    def spin_action(self, require_active: RequireActive) -> RclpySpinAction:
        """Return the client of Nav2's Spin, made once too."""
        if require_active not in self._spins:
            self._spins[require_active] = RclpySpinAction(self.node, require_active)
        return self._spins[require_active]

    def own_pose(self, base_frame: str) -> Callable[[str], FloorPose | None]:
        """Return what tells where the robot is now in a frame, None where that is not known."""
        clock = self.node.get_clock()
        return partial(own_pose, self.transforms, lambda: clock.now().nanoseconds, base_frame)

"""What lives as long as the navigator's node: inputs, outputs, transforms, the way to Nav2."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.node import Node

from vlm_nav.geometry.poses import FloorPose, floor_pose_of
from vlm_nav.messages.stamps import NS_IN_S
from vlm_nav.ros.confirmation import Confirmation
from vlm_nav.ros.heartbeat import Heartbeat
from vlm_nav.ros.instruction_inputs import InstructionInputs, Worker
from vlm_nav.ros.nav2_action import RclpyNavigateAction, RequireActive
from vlm_nav.ros.outputs import NavigatorOutputs
from vlm_nav.ros.transforms import transform_source

_OWN_POSE_AGE_S = 1.0


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
        self._actions: dict[RequireActive, RclpyNavigateAction] = {}

    def nav2_action(self, require_active: RequireActive) -> RclpyNavigateAction:
        """Return the client of Nav2, made once: rclpy's discovery takes its time."""
        if require_active not in self._actions:
            self._actions[require_active] = RclpyNavigateAction(
                self.node, require_active, on_send=self.heartbeat.claim
            )
        return self._actions[require_active]

    def own_pose(self, base_frame: str) -> Callable[[str], FloorPose | None]:
        """Return where the robot is now in a frame, None where that is not known."""

        def now(frame_id: str) -> FloorPose | None:
            found = self.transforms.newest(frame_id, base_frame)
            if found is None:
                return None
            age_s = (self.node.get_clock().now().nanoseconds - found.stamp_ns) / NS_IN_S
            # Static transforms have no stamp and no age.
            old = found.stamp_ns != 0 and age_s > _OWN_POSE_AGE_S
            return None if old else floor_pose_of(found.to_from)

        return now

"""What the navigator does while it is active, in the event loop."""

from __future__ import annotations

import asyncio
import random
import traceback
from collections.abc import Callable

from rclpy.node import Node

from vlm_nav.core.decision import Waypoint
from vlm_nav.core.errors import VlmNavError
from vlm_nav.core.events import Listener
from vlm_nav.geometry.poses import FloorPose, floor_pose_of
from vlm_nav.navigation.confirmed import ConfirmedBase
from vlm_nav.navigation.decision_making import selector_for
from vlm_nav.navigation.dispatcher import Dispatcher, EndListener
from vlm_nav.navigation.dry_run import DryRunBase
from vlm_nav.navigation.fenced_base import FencedBase
from vlm_nav.navigation.mission import Mission, new_identifier
from vlm_nav.navigation.ports import Base
from vlm_nav.navigation.watched_base import RememberingEyes, WatchedBase
from vlm_nav.records.write import RecordWriter
from vlm_nav.ros.confirmation import Confirmation
from vlm_nav.ros.eyes import RosEyes
from vlm_nav.ros.heartbeat import Heartbeat
from vlm_nav.ros.instruction_inputs import InstructionInputs
from vlm_nav.ros.nav2 import Nav2Client
from vlm_nav.ros.nav2_action import RclpyNavigateAction, RequireActive
from vlm_nav.ros.navigator_parameters import NavigatorSettings
from vlm_nav.ros.outputs import NavigatorOutputs
from vlm_nav.ros.override_input import OverrideInput
from vlm_nav.ros.transforms import transform_source
from vlm_nav.vlm.model import Model
from vlm_nav.vlm.specification import model_from_spec

_OWN_POSE_AGE_S = 1.0


class _Shift:
    """Everything that lives from one activation to the next deactivation."""

    def __init__(self, node: Node, parts: _Lasting, settings: NavigatorSettings) -> None:
        self.settings = settings
        self.eyes = RosEyes(node, parts.transforms, settings.eyes)
        self.model: Model = model_from_spec(
            settings.model_spec, settings=settings.model, rng=random.Random(settings.seed)
        )
        self.sights = RememberingEyes(self.eyes)
        self.nav2 = None if settings.safety.dry_run else self._nav2_client(node, parts)
        own_pose = parts.own_pose(settings.eyes.sight.base_frame)
        override = settings.safety.override
        self.dispatcher = Dispatcher(
            self._mission(node, parts, own_pose),
            on_error=_logging(node),
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
        self.eyes.close()
        close_model = getattr(self.model, 'aclose', None)
        if close_model is not None:
            await close_model()

    def _nav2_client(self, node: Node, parts: _Lasting) -> Nav2Client:
        return Nav2Client(
            parts.nav2_action(self.settings.require_active),
            self.settings.nav2,
            own_pose=parts.own_pose(self.settings.eyes.sight.base_frame),
            inside_map=self._inside_map,
            on_feedback=parts.inputs.drove,
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
                decided_from=lambda: self.sights.last,
                free_space=self.settings.free_space,
                settings=self.settings.safety.rechecks,
            )
        if self.settings.safety.confirm:
            base = ConfirmedBase(base, confirmation, self.settings.safety.confirm_timeout_s)
        if self.settings.fence.is_set:
            radius_m = self.settings.free_space.robot_radius_m
            base = FencedBase(base, self.settings.fence, own_pose, radius_m)
        return base

    def _inside_map(self, waypoint: Waypoint) -> bool:
        return self.eyes.inside_map(waypoint.frame_id, waypoint.x_m, waypoint.y_m)

    def _mission(
        self, node: Node, parts: _Lasting, own_pose: Callable[[str], FloorPose | None]
    ) -> Mission:
        listeners: list[Listener] = [*self._recorders(node), parts.outputs, parts.inputs]
        selector = selector_for(self.settings, self.model, listeners)
        # Without records there is nothing that a name would lead to.
        recorded = self.settings.records_folder is not None
        return Mission(
            self.sights,
            selector,
            self._base(parts.confirmation, own_pose),
            self.settings.limits,
            listeners,
            name_record=new_identifier if recorded else str,
        )

    def _recorders(self, node: Node) -> list[Listener]:
        if self.settings.records_folder is None:
            return []
        return [
            RecordWriter(
                self.settings.records_folder,
                keep_last=self.settings.records_keep_last,
                parameters=self.settings.values,
                on_problem=node.get_logger().error,
            )
        ]


def _logging(node: Node) -> Callable[[BaseException], None]:
    def log(error: BaseException) -> None:
        node.get_logger().error(''.join(traceback.format_exception(error)))

    return log


class _Lasting:
    """What lives as long as the node."""

    def __init__(self, node: Node, worker: NavigatorWork) -> None:
        self.node = node
        self.inputs = InstructionInputs(node, worker)
        self.heartbeat = Heartbeat(node, worker.believed_goal)
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
            age_s = (self.node.get_clock().now().nanoseconds - found.stamp_ns) / 1e9
            # Static transforms have no stamp and no age.
            old = found.stamp_ns != 0 and age_s > _OWN_POSE_AGE_S
            return None if old else floor_pose_of(found.to_from)

        return now


class NavigatorWork:
    """Begins and ends with the node's activity; every method is called in the event loop."""

    def __init__(self, node: Node) -> None:
        """Make what lives as long as the node."""
        self._node = node
        self._shift: _Shift | None = None
        self._parts = _Lasting(node, self)
        self._ending: set[asyncio.Task[None]] = set()
        self._closed = False
        self.on_give_up: Callable[[], object] = lambda: None
        self.gave_up = False

    def begin(self, settings: NavigatorSettings) -> None:
        """Take instructions from now on; whatever is raised, none are taken."""
        if self._closed:
            raise VlmNavError('the navigator is ending and takes no instructions')
        self._shift = _Shift(self._node, self._parts, settings)

    def end_soon(self) -> None:
        """End the instruction under way and take no more."""
        shift, self._shift = self._shift, None
        if shift is None:
            return
        task = asyncio.get_running_loop().create_task(shift.close())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def close(self) -> None:
        """As `end_soon`, and return when all has ended."""
        self._closed = True
        self.end_soon()
        if self._ending:
            await asyncio.wait(self._ending)
        await self._parts.heartbeat.close()

    def believed_goal(self) -> bytes | None:
        """Return the id of the goal that the robot is believed to follow, None without one."""
        shift = self._shift
        return None if shift is None or shift.nav2 is None else shift.nav2.believed_goal

    def give_up(self) -> None:
        """Have the process end with a failure."""
        self.gave_up = True
        self.on_give_up()

    def instruct(self, instruction: str, on_end: EndListener = lambda end: None) -> bool:
        """Carry an instruction out; return False where the node is not active."""
        if self._shift is None:
            self._node.get_logger().warning('an instruction came while the node is not active')
            return False
        self._shift.dispatcher.instruct(instruction, on_end)
        return True

    def cancel(self) -> bool:
        """End the instruction under way; return whether there was one."""
        return self._shift is not None and self._shift.dispatcher.cancel()

    def pause(self, paused: bool) -> bool:
        """Pause or go on; return False where the node is not active."""
        if self._shift is None:
            return False
        self._shift.dispatcher.pause(paused)
        return True

    def diagnose(self) -> None:
        """Publish how things are."""
        shift = self._shift
        if shift is None:
            self._parts.outputs.diagnose('not active', {})
            return
        values = {f'camera {name}': words for name, words in shift.eyes.describe().items()}
        values['busy'] = str(shift.dispatcher.busy)
        values['release'] = 'awaited' if self._parts.confirmation.is_awaited else ''
        values['watchdog'] = 'listens' if self._parts.heartbeat.watched else 'none listens'
        problem = 'overridden' if shift.dispatcher.overridden else ''
        problem = 'paused' if shift.dispatcher.paused else problem
        self._parts.outputs.diagnose(problem, values)

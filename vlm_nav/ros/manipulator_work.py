"""What the manipulator does while it is active, in the event loop."""

from __future__ import annotations

import random
from collections.abc import Callable

from geometry_msgs.msg import PoseStamped
from rclpy.node import Node

from vlm_nav.core.dispatcher import Dispatcher
from vlm_nav.core.events import Listener, tell
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.manipulation.arm_port import Arm
from vlm_nav.manipulation.careful_arms import (
    ConfirmedArm,
    DryRunArm,
    PublishedOnlyArm,
    StandingArm,
    ToldArm,
)
from vlm_nav.manipulation.events import ArmReleased, PickEnd, PickStarted, PickTask
from vlm_nav.manipulation.lifted import Refused
from vlm_nav.manipulation.picking import Picking
from vlm_nav.manipulation.placing import Holding, PlaceStep
from vlm_nav.manipulation.planned_arm import PlannedArm
from vlm_nav.manipulation.standing import Standing
from vlm_nav.manipulation.steps import LiftStep, PlanStep
from vlm_nav.manipulation.trajectory_arm import TrajectoryArm
from vlm_nav.navigation.budget_listener import BudgetListener
from vlm_nav.navigation.in_words import budget_values, printable
from vlm_nav.pivot.pointing import Pointer
from vlm_nav.ros.arm_clients import ArmClients
from vlm_nav.ros.arm_parameters import Executor
from vlm_nav.ros.arm_topics import ArmTopics
from vlm_nav.ros.confirmation import Confirmation
from vlm_nav.ros.eyes import RosEyes
from vlm_nav.ros.first_camera import FirstCamera, Odometry
from vlm_nav.ros.manipulator_parameters import ManipulatorSettings
from vlm_nav.ros.pick_inputs import PickInputs
from vlm_nav.ros.pick_outputs import PickOutputs
from vlm_nav.ros.shift_work import ShiftWork, logging_errors
from vlm_nav.ros.transforms import TransformSource, transform_source
from vlm_nav.vlm.budget import Budget
from vlm_nav.vlm.composed import composed_model
from vlm_nav.vlm.ledger import Ledger
from vlm_nav.vlm.model import close


class PickShift:
    """Everything that lives from one activation to the next deactivation."""

    def __init__(
        self,
        node: Node,
        outputs: PickOutputs,
        confirmation: Confirmation,
        transforms: TransformSource,
        ledger: Ledger,
        clients: ArmClients,
        holding: Holding,
        settings: ManipulatorSettings,
    ) -> None:
        """Make it all, and look through the cameras; raises what its parts raise."""
        self.settings = settings
        self.eyes = RosEyes(node, transforms, settings.eyes)
        self.budget = Budget(settings.budget, ledger)
        warn = node.get_logger().warning
        self.model = composed_model(
            settings.model_spec,
            settings=settings.models,
            budget=self.budget,
            rng=random.Random(settings.seed),
            cassette=settings.cassette,
            warn=warn,
        )
        frames = (settings.standing.odom_frame, settings.base_frame)
        odometry = Odometry(transforms, *frames, settings.eyes.transform_timeout_s)
        self._standing = Standing(odometry.base_now, settings.standing)
        outputs.base_frame = settings.base_frame
        self.topics: ArmTopics | None = None
        self._clients = clients
        self._listeners: list[Listener] = [
            BudgetListener(self.budget, PickStarted),
            *settings.records.listeners(node, self.budget),
            outputs,
            holding,
            self._standing,
        ]
        pointer = Pointer(
            self.model, settings.pivot, settings.pointing, self._listeners, settings.seed
        )
        arm = self._arm(node, lambda words: warn(printable(words)))
        lift = LiftStep(settings.lift, self.eyes.now_ns, settings.own_boxes)
        self.dispatcher: Dispatcher[PickTask, PickEnd] = Dispatcher(
            Picking(
                FirstCamera(self.eyes, odometry),
                pointer,
                lift,
                PlanStep(settings.gripper, settings.grasp, arm.reachable),
                self._careful(arm, outputs, confirmation),
                settings.limits,
                self._listeners,
                settings.records.name_record,
                put=PlaceStep(lift, holding, arm, settings.grasp),
                free=self._free(holding),
            ),
            on_error=logging_errors(node),
        )
        self.eyes.open()

    async def close(self) -> None:
        """End the task under way and everything that it used."""
        # What the task moved is stopped by its end; the next shift may have the same client.
        await self.dispatcher.close()
        if self.topics is not None:
            self.topics.close()
        self.eyes.close()
        await close(self.model)

    def _arm(self, node: Node, warn: Callable[[str], None]) -> Arm:
        settings = self.settings
        if settings.executor is Executor.PUBLISH:
            return PublishedOnlyArm()
        frames = (settings.base_frame, settings.tip_frame)
        self.topics = ArmTopics(node, *frames, settings.controllers.joints_age_s, warn)
        client = self._clients.controllers(settings.controllers, settings.gripper.opening_m)
        topics = self.topics
        if settings.executor is Executor.MOVEIT:
            planner = self._clients.planner(client, *frames, settings.moveit)
            return PlannedArm(planner, settings.arm, lambda: topics.solver)
        return TrajectoryArm(lambda: topics.solver, topics.joints_now, client, settings.arm)

    def _free(self, holding: Holding) -> Callable[[], Refused | None]:
        """Return who says whether the hand can pick."""
        if self.settings.executor is Executor.PUBLISH:
            # Whoever moves knows what became of the thing, and tells nobody.
            return lambda: None
        return holding.free

    def _careful(self, arm: Arm, outputs: PickOutputs, confirmation: Confirmation) -> Arm:
        """Return the arm with everything around it that keeps it from moving."""
        if self.settings.dry_run:
            return DryRunArm(arm)
        told = ToldArm(arm, outputs.send, outputs.send_place)
        standing: Arm = StandingArm(told, self._standing.moved)
        if not self.settings.confirm:
            return standing

        async def released(base_from_grasp: FloatArray) -> None:
            await confirmation.released_at(outputs.pose(base_from_grasp))
            tell(self._listeners, ArmReleased())

        return ConfirmedArm(standing, released, self.settings.confirm_timeout_s)


class ManipulatorWork(ShiftWork[ManipulatorSettings, PickShift, PickTask, PickEnd]):
    """Carries picks out while the node is active."""

    name = 'manipulator'
    task = ('a task', 'tasks')

    def __init__(self, node: Node) -> None:
        """Make what lives as long as the node."""
        super().__init__(node)
        self._outputs = PickOutputs(node)
        self._confirmation = Confirmation(node)
        self._transforms = transform_source(node)
        self._ledger = Ledger()
        self._inputs = PickInputs(node, self)
        # What the hand holds it holds on to when the node is taken down and up again.
        self._holding = Holding()
        self._clients = ArmClients(node, self._holding.gripped)

    def make_shift(self, settings: ManipulatorSettings) -> PickShift:
        """Return what takes tasks from now on."""
        return PickShift(
            self._node,
            self._outputs,
            self._confirmation,
            self._transforms,
            self._ledger,
            self._clients,
            self._holding,
            settings,
        )

    def hand_pose(self, end: PickEnd) -> PoseStamped | None:
        """Return where the hand was to grasp or to let go, None where it was to do neither."""
        hand = end.decision.base_from_hand
        return None if hand is None else self._outputs.pose(hand)

    def emptied(self) -> bool:
        """Take note that a person emptied the hand; return whether it held something."""
        return self._holding.emptied()

    def diagnose(self) -> None:
        """Publish how things are."""
        shift = self._shift
        if shift is None:
            self._outputs.diagnose('not active', {})
            return
        values = {f'camera {name}': words for name, words in shift.eyes.describe().items()}
        values['busy'] = str(shift.dispatcher.busy)
        values['executor'] = shift.settings.executor.value
        values['holds'] = '' if self._holding.held is None else 'what was picked'
        values['release'] = 'awaited' if self._confirmation.is_awaited else ''
        values |= budget_values(shift.budget)
        problem = 'budget_spent' if shift.budget.problem() else ''
        if shift.topics is not None:
            solver = shift.topics.solver
            values['arm'] = 'described' if solver else 'no robot_description of use came'
            moves_itself = shift.settings.executor is Executor.MOVEIT
            problem = problem if solver or moves_itself else 'arm_silent'
        problem = 'paused' if shift.dispatcher.paused else problem
        self._outputs.diagnose(problem, values)

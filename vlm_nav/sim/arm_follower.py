"""The simulated robot's arm for picking, in-process: it follows motions of joints and grips."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import HandReason
from vlm_nav.core.waiting import to_its_end
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.manipulation.arm_port import ArmOutcome
from vlm_nav.manipulation.joint_solving import JointSolver
from vlm_nav.manipulation.trajectory_arm import JointMotion, TrajectoryArm, TrajectorySettings
from vlm_nav.sim.arm_controllers import ArmController, GripperController
from vlm_nav.sim.robot.arm_solving import SimulatedArmSolver
from vlm_nav.sim.robot.robot_description import joint_positions
from vlm_nav.sim.robot.robot_sizes import RobotSizes
from vlm_nav.sim.simulated_robot import SimulatedRobot
from vlm_nav.sim.simulator import Simulator

_PERIOD_S = 0.02
# So much simulated time goes by before somebody who cancels is heard.
_PERIODS_AT_ONCE = 2
_NOTHING_M = 0.004

_End = TypeVar('_End')


class SimulatedFollower:
    """Implements manipulation.trajectory_arm.Follower; simulated time goes on while it moves."""

    def __init__(self, robot: SimulatedRobot[Any], simulator: Simulator, widest_m: float) -> None:
        """Move the arm of `robot`, whose simulator this is; its fingers open so wide."""
        self._robot = robot
        self._arm = ArmController(simulator)
        self._gripper = GripperController(simulator, widest_m)
        self._joints: dict[str, float] = {}
        self._opening_m = 0.0

    @classmethod
    async def of(cls, robot: SimulatedRobot[Any], sizes: RobotSizes) -> SimulatedFollower:
        """Return the follower of a robot as it stands."""
        widest_m = sizes.arm.gripper_range_m[1]
        follower = cls(robot, await robot.ask(lambda one: one), widest_m)
        await robot.ask(follower._look_at)
        return follower

    def joints_now(self, solver: JointSolver) -> FloatArray | None:
        """Return where the joints of the solver were last, None where one is not the arm's."""
        return solver.joints_from(self._joints)

    async def follow(self, motion: JointMotion, deadline: Deadline) -> ArmOutcome:
        """Follow a motion and wait until the arm is there; see Follower."""
        try:
            await self._robot.ask(lambda _: self._arm.begin(motion))
            end = await self._ended(self._arm.step, deadline)
        finally:
            await to_its_end(self.stop())
        if end is None:
            return ArmOutcome(False, HandReason.ARM_LATE, 'the motion took too long')
        if not end.reached:
            detail = f'something keeps the arm from there: {end.off}'
            return ArmOutcome(False, HandReason.ARM_ABORTED, detail)
        return ArmOutcome(True, None, 'the arm is there')

    async def grip(self, opening_m: float, deadline: Deadline) -> ArmOutcome:
        """Bring the fingers so far apart, or hold what is between them; see Follower."""
        await self._robot.ask(lambda _: self._gripper.begin(opening_m))
        try:
            end = await self._ended(self._gripper.step, deadline)
        finally:
            await to_its_end(self._let_grip())
        if end is None:
            return ArmOutcome(False, HandReason.ARM_LATE, 'the fingers took too long')
        what = 'hold' if end.stalled else 'are apart by'
        return ArmOutcome(True, None, f'the fingers {what} {end.opening_m:.3f} m')

    def holds_nothing(self) -> bool:
        """Return whether the fingers met nothing when they closed."""
        return self._opening_m < _NOTHING_M

    async def stop(self) -> None:
        """Let the arm stay where it is; what it holds stays held."""
        await self._robot.ask(self._stop)

    async def _ended(self, step: Callable[[], _End | None], deadline: Deadline) -> _End | None:
        """Return how an order ended, None where its deadline passed before."""

        def go(simulator: Simulator) -> _End | None:
            for _ in range(_PERIODS_AT_ONCE):
                end = step()
                if end is not None:
                    return end
                simulator.advance(_PERIOD_S)
            return None

        while not deadline.expired():
            end = await self._robot.ask(go)
            if end is not None:
                return end
        return None

    async def _let_grip(self) -> None:
        await self._robot.ask(lambda _: self._gripper.stop())
        await self._robot.ask(self._look_at)

    def _stop(self, simulator: Simulator) -> None:
        self._arm.stop()
        self._look_at(simulator)

    def _look_at(self, simulator: Simulator) -> None:
        self._opening_m = simulator.gripper()
        self._joints = joint_positions(simulator.arm(), self._opening_m)


async def simulated_arm(
    robot: SimulatedRobot[Any],
    sizes: RobotSizes,
    settings: TrajectorySettings = TrajectorySettings(),
) -> TrajectoryArm:
    """Return the arm of a simulated robot of these sizes, as an arm_port.Arm."""
    solver = SimulatedArmSolver(sizes)
    follower = await SimulatedFollower.of(robot, sizes)
    return TrajectoryArm(lambda: solver, follower.joints_now, follower, settings)

"""The simulated robot's arm for picking, in-process: it follows motions of joints and grips."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import numpy as np

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import HandReason
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.manipulation.arm_port import ArmOutcome
from vlm_nav.manipulation.joint_solving import JointSolver
from vlm_nav.manipulation.trajectory_arm import JointMotion, TrajectoryArm, TrajectorySettings
from vlm_nav.sim.robot.arm_solving import SimulatedArmSolver
from vlm_nav.sim.robot.robot_description import arm_pose_of, joint_positions
from vlm_nav.sim.robot.robot_sizes import RobotSizes
from vlm_nav.sim.simulated_robot import SimulatedRobot
from vlm_nav.sim.simulator import Simulator

_PERIOD_S = 0.02
# So much simulated time goes by before somebody who cancels is heard.
_PERIODS_AT_ONCE = 2
_SETTLING_S, _SETTLED = 2.0, 0.003
_CLOSING_M_S, _GRIPPING_S = 0.1, 3.0
# A finger that lags so far behind has met something; it is then told to go so far beyond.
_LAG_M, _SQUEEZE_M = 0.01, 0.016
_NOTHING_M = 0.004


class SimulatedFollower:
    """Implements manipulation.trajectory_arm.Follower; simulated time goes on while it moves."""

    def __init__(
        self, robot: SimulatedRobot[Any], pose: dict[str, float], opening_m: float
    ) -> None:
        """Move the arm of `robot`, whose joints are where `pose` says by name."""
        self._robot = robot
        self._joints, self._opening_m = pose, opening_m

    @classmethod
    async def of(cls, robot: SimulatedRobot[Any]) -> SimulatedFollower:
        """Return the follower of a robot as it stands."""
        pose, opening_m = await robot.ask(lambda one: (one.arm(), one.gripper()))
        return cls(robot, joint_positions(pose, opening_m), opening_m)

    def joints_now(self, solver: JointSolver) -> FloatArray | None:
        """Return where the joints of the solver were last, None where one is not the arm's."""
        return solver.joints_from(self._joints)

    async def follow(self, motion: JointMotion, deadline: Deadline) -> ArmOutcome:
        """Follow a motion and wait until the arm is there; see Follower."""
        start = np.array([self._joints[name] for name in motion.joint_names])
        positions = np.vstack([start, motion.positions])
        at_s, passed_s = np.concatenate([[0.0], motion.at_s]), 0.0
        end_s = float(at_s[-1])
        try:
            while passed_s < end_s + _SETTLING_S:
                if deadline.expired():
                    return ArmOutcome(False, HandReason.ARM_LATE, 'the motion took too long')
                passed_s += _PERIOD_S * _PERIODS_AT_ONCE
                wanted = _at(positions, at_s, min(passed_s, end_s))
                joints = dict(zip(motion.joint_names, wanted, strict=True))
                await self._robot.ask(lambda one, to=joints: self._go(one, to))  # type: ignore[misc]
                off = [abs(self._joints[name] - value) for name, value in joints.items()]
                if passed_s >= end_s and max(off) < _SETTLED:
                    return ArmOutcome(True, None, 'the arm is there')
            return ArmOutcome(False, HandReason.ARM_ABORTED, 'something keeps the arm from there')
        finally:
            await asyncio.shield(asyncio.ensure_future(self.stop()))

    async def grip(self, opening_m: float, deadline: Deadline) -> ArmOutcome:
        """Bring the fingers so far apart, or hold what is between them; see Follower."""
        told_m, passed_s = self._opening_m, 0.0
        step_m = _CLOSING_M_S * _PERIOD_S
        while passed_s < _GRIPPING_S:
            if deadline.expired():
                return ArmOutcome(False, HandReason.ARM_LATE, 'the fingers took too long')
            passed_s += _PERIOD_S
            told_m = max(opening_m, told_m - step_m) if opening_m < told_m else opening_m
            await self._robot.ask(lambda one, to=told_m: self._close(one, to))  # type: ignore[misc]
            if self._opening_m - told_m > _LAG_M:
                held_m = self._opening_m - _SQUEEZE_M
                await self._robot.ask(lambda one, to=held_m: self._close(one, to))  # type: ignore[misc]
                return ArmOutcome(True, None, f'the fingers hold {self._opening_m:.3f} m')
            if math.isinf(opening_m) and passed_s > 1.0:
                break
            if abs(self._opening_m - opening_m) < _SETTLED / 2:
                break
        return ArmOutcome(True, None, f'the fingers are {self._opening_m:.3f} m apart')

    def holds_nothing(self) -> bool:
        """Return whether the fingers met nothing when they closed."""
        return self._opening_m < _NOTHING_M

    async def stop(self) -> None:
        """Let the arm stay where it is; what it holds stays held."""
        await self._robot.ask(lambda one: one.set_arm(one.arm()))

    def _go(self, simulator: Simulator, joints: dict[str, float]) -> None:
        simulator.set_arm(arm_pose_of({**self._joints, **joints}))
        simulator.advance(_PERIOD_S * _PERIODS_AT_ONCE)
        self._look_at(simulator)

    def _close(self, simulator: Simulator, opening_m: float) -> None:
        simulator.set_gripper(min(opening_m, 1.0))
        simulator.advance(_PERIOD_S)
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
    follower = await SimulatedFollower.of(robot)
    return TrajectoryArm(lambda: solver, follower.joints_now, follower, settings)


def _at(positions: FloatArray, at_s: FloatArray, moment_s: float) -> FloatArray:
    """Return the joints at a moment between those that a motion passes."""
    return np.array([np.interp(moment_s, at_s, column) for column in positions.T])

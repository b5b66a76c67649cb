"""What moves the simulated arm step by step: a motion of its joints, and one of its fingers.

Each is told of every step of time, in the simulator's thread, and says how an order ended. An
order that comes while another is under way takes its place.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.manipulation.trajectory_arm import JointMotion
from vlm_nav.sim.robot.robot_description import ARM_JOINTS, arm_pose_of, joint_positions
from vlm_nav.sim.robot.robot_sizes import ArmPose

_NS_IN_S = 1e9
# Where a joint is as near as this, the arm is there at once; else it gets time to settle.
_SETTLED, _SETTLING_S = 0.003, 2.0
# After that it is where it can be: what it holds bends the wrist a little.
_TOLERANCE = 0.03
_CLOSING_M_S, _GRIPPING_S, _REACHED_M = 0.1, 3.0, 0.0015
# A finger that lags so far behind has met something; it is then told to go so far beyond.
_LAG_M, _SQUEEZE_M = 0.01, 0.016


class MovedArm(Protocol):
    """What the controllers need of a simulator; `sim.simulator.Simulator` is one."""

    @property
    def time_ns(self) -> int:
        """Return the simulated time."""
        ...

    def set_arm(self, pose: ArmPose) -> None:
        """Move the arm towards a pose."""
        ...

    def arm(self) -> ArmPose:
        """Return where the arm is."""
        ...

    def set_gripper(self, opening_m: float) -> None:
        """Open or close the fingers."""
        ...

    def gripper(self) -> float:
        """Return how far the fingers are apart."""
        ...


@dataclass(frozen=True)
class MotionEnd:
    """How a motion ended: `off` says by how much which joint missed its end, if it did."""

    reached: bool
    off: str = ''


@dataclass(frozen=True)
class GripEnd:
    """How far the fingers are apart now, whether as told, and whether something stopped them."""

    opening_m: float
    reached: bool
    stalled: bool


class ArmController:
    """Lets the arm follow a motion: joints go on straight lines between the given positions."""

    def __init__(self, arm: MovedArm) -> None:
        """Move nothing yet."""
        self._arm = arm
        self._motion: JointMotion | None = None
        self._began_ns = 0
        # Nothing yet: whoever makes this may not be in the thread that the arm belongs to.
        self._told: dict[str, float] = {}

    def begin(self, motion: JointMotion) -> None:
        """Begin to follow a motion now; joints that it does not name stay where they are.

        Raises InvalidValueError, and goes on as before, for one that names other joints than
        those of the arm, or whose positions and times make no sense.
        """
        check(motion)
        here = joint_positions(self._arm.arm(), 0.0)
        self._told = self._told or dict(here)
        start = [here[name] for name in motion.joint_names]
        positions = np.vstack([start, motion.positions])
        self._motion = JointMotion(
            motion.joint_names, positions, np.concatenate([[0.0], motion.at_s])
        )
        self._began_ns = self._arm.time_ns

    def stop(self) -> None:
        """Stay where the arm is."""
        self._motion = None
        here = self._arm.arm()
        self._told = joint_positions(here, 0.0)
        self._arm.set_arm(here)

    def step(self) -> MotionEnd | None:
        """Tell the joints where to be by now; return how the motion ended once it has."""
        motion = self._motion
        if motion is None:
            return None
        passed_s = (self._arm.time_ns - self._began_ns) / _NS_IN_S
        end_s = float(motion.at_s[-1])
        self._told.update(zip(motion.joint_names, _at(motion, passed_s), strict=True))
        self._arm.set_arm(arm_pose_of(self._told))
        if passed_s < end_s:
            return None
        joint, off = self._farthest_off(motion)
        if off >= _SETTLED and passed_s < end_s + _SETTLING_S:
            return None
        self._motion = None
        return MotionEnd(
            off < _TOLERANCE, '' if off < _SETTLED else f'{joint} is off by {off:.3f}'
        )

    def _farthest_off(self, motion: JointMotion) -> tuple[str, float]:
        here = joint_positions(self._arm.arm(), 0.0)
        off = {name: abs(here[name] - self._told[name]) for name in motion.joint_names}
        joint = max(off, key=lambda name: off[name])
        return joint, off[joint]


class GripperController:
    """Opens the fingers, or closes them until they are as told or hold what is between them."""

    def __init__(self, arm: MovedArm, widest_m: float) -> None:
        """Move nothing yet; the fingers open as far as `widest_m`."""
        self._arm, self._widest_m = arm, widest_m
        self._wanted_m: float | None = None
        self._told_m, self._began_ns, self._last_ns = math.inf, 0, 0

    def begin(self, opening_m: float) -> None:
        """Begin to bring the fingers so far apart, or as far as they go.

        Raises InvalidValueError for what is no opening.
        """
        if math.isnan(opening_m) or opening_m < 0.0:
            raise InvalidValueError(f'fingers are 0 m or more apart, got {opening_m}')
        self._wanted_m = min(opening_m, self._widest_m)
        # Fingers that hold something are told to be nearer than they are, and go on being so.
        self._told_m = min(self._told_m, self._arm.gripper())
        self._began_ns = self._last_ns = self._arm.time_ns

    def stop(self) -> None:
        """Stay where the fingers are told to be: what they hold stays held."""
        self._wanted_m = None

    def step(self) -> GripEnd | None:
        """Tell the fingers where to be by now; return how that ended once it has."""
        if self._wanted_m is None:
            return None
        now_ns = self._arm.time_ns
        step_m = _CLOSING_M_S * (now_ns - self._last_ns) / _NS_IN_S
        self._last_ns = now_ns
        # They close slowly, to feel what they meet.
        self._told_m = max(self._wanted_m, self._told_m - step_m)
        opening_m = self._arm.gripper()
        if opening_m - self._told_m > _LAG_M:
            self._told_m = max(0.0, opening_m - _SQUEEZE_M)
            self._arm.set_gripper(self._told_m)
            return self._ended(opening_m, stalled=True)
        self._arm.set_gripper(self._told_m)
        if abs(opening_m - self._wanted_m) < _REACHED_M:
            return self._ended(opening_m, stalled=False)
        if now_ns - self._began_ns > _GRIPPING_S * _NS_IN_S:
            return self._ended(opening_m, stalled=True)
        return None

    def _ended(self, opening_m: float, *, stalled: bool) -> GripEnd:
        self._wanted_m = None
        return GripEnd(opening_m, not stalled, stalled)


def check(motion: JointMotion) -> None:
    """Raise InvalidValueError where the arm cannot follow a motion."""
    named = motion.joint_names
    if not named or not set(named) <= set(ARM_JOINTS) or len(set(named)) < len(named):
        raise InvalidValueError(
            f'joints of {", ".join(ARM_JOINTS)} were wanted, each once, got '
            f'{", ".join(named)[:200] or "none"}'
        )
    count = len(motion.at_s)
    if motion.positions.shape != (count, len(motion.joint_names)) or not count:
        raise InvalidValueError(
            f'{len(motion.joint_names)} positions were wanted at each of 1 moment or more, got '
            f'{motion.positions.shape} at {count}'
        )
    rising = np.diff(np.concatenate([[0.0], motion.at_s]))
    if not (np.isfinite(motion.positions).all() and np.isfinite(rising).all()):
        raise InvalidValueError('positions and times of a motion are finite')
    if rising[0] < 0.0 or (rising[1:] <= 0.0).any():
        raise InvalidValueError(f'times of a motion go from less to more, got {motion.at_s}')


def _at(motion: JointMotion, moment_s: float) -> FloatArray:
    """Return the joints at a moment between those that a motion passes."""
    return np.array([np.interp(moment_s, motion.at_s, column) for column in motion.positions.T])

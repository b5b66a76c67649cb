"""Joints of the simulated arm in closed form: the three axes of its wrist meet in a point."""

from __future__ import annotations

import math

import numpy as np

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.manipulation.joint_solving import JointSolver
from vlm_nav.sim.robot.robot_description import (
    BASE_LINK,
    TIP_LINK,
    joint_positions,
    robot_description,
)
from vlm_nav.sim.robot.robot_sizes import ArmPose, ArmSizes, RobotSizes

# So near to straight up or down turning aside and rolling are the same: it rolls.
_UPRIGHT_RAD = 0.03
# A joint that rests at its end is a hair beyond it, metres or radians.
_BEYOND = 0.002


class SimulatedArmSolver(JointSolver):
    """Solves for the one posture that reaches a pose, the shoulder turned towards the wrist."""

    def __init__(self, sizes: RobotSizes) -> None:
        """Take the arm's sizes."""
        super().__init__(robot_description(sizes), BASE_LINK, TIP_LINK)
        self._sizes = sizes.arm

    def solve(
        self, base_from_tip: FloatArray, start: FloatArray | None = None, *, nearby: bool = False
    ) -> FloatArray | None:
        """Return joints (6,) that reach a pose, None where a joint would have to go too far.

        There is one posture for each pose: `start` and `nearby` make no difference.
        """
        pose = _within(self._sizes, _posture(self._sizes, base_from_tip))
        return None if pose is None else self.joints_from(joint_positions(pose, 0.0))


def _posture(arm: ArmSizes, base_from_tip: FloatArray) -> ArmPose:
    hand_m = arm.palm_m + arm.finger_m
    wrist = base_from_tip[:3, 3] - hand_m * base_from_tip[:3, 0]
    ahead_m, aside_m = (float(wrist[axis]) - arm.shoulder_place_m[axis] for axis in range(2))
    shoulder_rad = math.atan2(aside_m, ahead_m)
    cosine, sine = math.cos(shoulder_rad), math.sin(shoulder_rad)
    shoulder_from_base = np.array([[cosine, sine, 0.0], [-sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    turned = shoulder_from_base @ base_from_tip[:3, :3]
    down_rad = math.asin(min(1.0, max(-1.0, -float(turned[2, 0]))))
    if math.pi / 2 - abs(down_rad) < _UPRIGHT_RAD:
        yaw_rad, roll_rad = 0.0, math.atan2(-turned[1, 2], turned[1, 1])
    else:
        yaw_rad = math.atan2(turned[1, 0], turned[0, 0])
        roll_rad = math.atan2(turned[2, 1], turned[2, 2])
    return ArmPose(
        lift_m=float(wrist[2]),
        shoulder_rad=shoulder_rad,
        telescope_m=math.hypot(ahead_m, aside_m) - arm.tube_m,
        wrist_rad=down_rad,
        wrist_yaw_rad=yaw_rad,
        wrist_roll_rad=roll_rad,
    )


def _within(arm: ArmSizes, pose: ArmPose) -> ArmPose | None:
    """Return the pose with every joint within its range, None where one is beyond it."""
    ends = {
        'lift_m': arm.lift_range_m,
        'shoulder_rad': arm.shoulder_range_rad,
        'telescope_m': arm.telescope_range_m,
        'wrist_yaw_rad': arm.wrist_yaw_range_rad,
        'wrist_rad': arm.wrist_range_rad,
        'wrist_roll_rad': arm.wrist_roll_range_rad,
    }
    wanted = pose.model_dump()
    within = {name: min(max(wanted[name], low), high) for name, (low, high) in ends.items()}
    if any(abs(within[name] - wanted[name]) > _BEYOND for name in ends):
        return None
    return pose.model_copy(update=within)

"""The joints of the robot's head and arm, and what they are told to hold."""

from __future__ import annotations

import mujoco

from vlm_nav.sim.robot.robot import PAN, TILT
from vlm_nav.sim.robot.robot_arm import (
    FINGERS,
    LIFT,
    SHOULDER,
    WRIST,
    WRIST_ROLL,
    WRIST_YAW,
    telescope_names,
)
from vlm_nav.sim.robot.robot_sizes import ArmPose, ArmSizes, RobotSizes


class Posture:
    """Tells the motors where to hold their joints; none goes beyond its range."""

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData, sizes: RobotSizes) -> None:
        """Put every joint at once where it rests: the head ahead and down, the arm tucked."""
        self._model, self._data, self._sizes = model, data, sizes
        self.set_head(0.0, sizes.head.tilt_rad)
        self.set_arm(sizes.arm.tucked)
        self.set_gripper(sizes.arm.gripper_range_m[0])
        for name in _all_joints(sizes.arm):
            command = self._data.ctrl[model.actuator(name).id]
            self._data.qpos[model.joint(name).qposadr[0]] = command

    def set_head(self, pan_rad: float, tilt_rad: float) -> None:
        """Turn the head, left and down positive."""
        self._command(PAN, pan_rad)
        self._command(TILT, tilt_rad)

    def set_arm(self, pose: ArmPose) -> None:
        """Move the arm; its tubes share the telescope's way."""
        self._command(LIFT, pose.lift_m)
        self._command(SHOULDER, pose.shoulder_rad)
        self._command(WRIST_YAW, pose.wrist_yaw_rad)
        self._command(WRIST, pose.wrist_rad)
        self._command(WRIST_ROLL, pose.wrist_roll_rad)
        for name in telescope_names(self._sizes.arm):
            self._command(name, pose.telescope_m / self._sizes.arm.segments)

    def set_gripper(self, opening_m: float) -> None:
        """Open the fingers so far from one another, or as far as what they hold lets them."""
        for name in FINGERS:
            self._command(name, opening_m / 2)

    def head(self) -> tuple[float, float]:
        """Return where the head is: pan and tilt in radians."""
        return self._place(PAN), self._place(TILT)

    def arm(self) -> ArmPose:
        """Return where the arm is."""
        return ArmPose(
            lift_m=self._place(LIFT),
            shoulder_rad=self._place(SHOULDER),
            telescope_m=sum(self._place(name) for name in telescope_names(self._sizes.arm)),
            wrist_rad=self._place(WRIST),
            wrist_yaw_rad=self._place(WRIST_YAW),
            wrist_roll_rad=self._place(WRIST_ROLL),
        )

    def gripper(self) -> float:
        """Return how far the fingers are from one another, in metres."""
        return sum(self._place(name) for name in FINGERS)

    def _command(self, name: str, value: float) -> None:
        actuator = self._model.actuator(name)
        low, high = actuator.ctrlrange
        self._data.ctrl[actuator.id] = min(max(value, low), high)

    def _place(self, name: str) -> float:
        return float(self._data.qpos[self._model.joint(name).qposadr[0]])


def _all_joints(sizes: ArmSizes) -> tuple[str, ...]:
    wrist = (WRIST_YAW, WRIST, WRIST_ROLL)
    return (PAN, TILT, LIFT, SHOULDER, *wrist, *telescope_names(sizes), *FINGERS)

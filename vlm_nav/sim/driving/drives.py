"""How the robot's base is moved: by speeds ahead and about, whatever turns below it."""

from __future__ import annotations

import math
from typing import Protocol

import mujoco

from vlm_nav.geometry.poses import FloorPose, floor_pose_of, transform_from, wrap_angle
from vlm_nav.sim.robot.robot import ALONG_X, ALONG_Y, ROOT, TURN, WHEELS
from vlm_nav.sim.robot.robot_sizes import BaseSizes


class Drive(Protocol):
    """Moves the base of a model, and tells where it is."""

    def set_velocity(self, forward_m_s: float, turn_rad_s: float) -> None:
        """Drive at these speeds from the next step on."""
        ...

    def before_step(self) -> None:
        """Command the motors for one step of the physics."""
        ...

    def pose(self) -> FloorPose:
        """Return where the base is."""
        ...

    def place(self, pose: FloorPose) -> None:
        """Put the base somewhere, as it stands."""
        ...


class PlanarDrive:
    """A base that slides over the floor and turns, driven in its own direction alone."""

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        """Find the joints and actuators of the base."""
        names = (ALONG_X, ALONG_Y, TURN)
        self._data = data
        self._actuators = [int(model.actuator(name).id) for name in names]
        self._places = [int(model.joint(name).qposadr[0]) for name in names]
        self._forward_m_s = self._turn_rad_s = 0.0

    def set_velocity(self, forward_m_s: float, turn_rad_s: float) -> None:
        """Drive at these speeds from the next step on."""
        self._forward_m_s, self._turn_rad_s = forward_m_s, turn_rad_s

    def before_step(self) -> None:
        """Turn the wanted speeds into the map's directions."""
        yaw_rad = self._data.qpos[self._places[2]]
        along_x, along_y, turn = self._actuators
        command = self._data.ctrl
        command[along_x] = self._forward_m_s * math.cos(yaw_rad)
        command[along_y] = self._forward_m_s * math.sin(yaw_rad)
        command[turn] = self._turn_rad_s

    def pose(self) -> FloorPose:
        """Return where the base is."""
        x_m, y_m, yaw_rad = (float(self._data.qpos[place]) for place in self._places)
        return FloorPose(x_m, y_m, wrap_angle(yaw_rad))

    def place(self, pose: FloorPose) -> None:
        """Put the base somewhere."""
        for place, value in zip(self._places, (pose.x_m, pose.y_m, pose.yaw_rad), strict=True):
            self._data.qpos[place] = value


class WheelDrive:
    """A base on two wheels, which slip as wheels do."""

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData, sizes: BaseSizes) -> None:
        """Find the wheels."""
        self._data, self._sizes = data, sizes
        self._actuators = [int(model.actuator(name).id) for name in WHEELS]
        self._place = int(model.joint(ROOT).qposadr[0])

    def set_velocity(self, forward_m_s: float, turn_rad_s: float) -> None:
        """Drive at these speeds from the next step on."""
        aside_m_s = turn_rad_s * self._sizes.wheel_effective_track_m / 2
        for actuator, rim_m_s in zip(
            self._actuators, (forward_m_s - aside_m_s, forward_m_s + aside_m_s), strict=True
        ):
            self._data.ctrl[actuator] = rim_m_s / self._sizes.wheel_radius_m

    def before_step(self) -> None:
        """Do nothing: the wheels keep their speeds."""

    def pose(self) -> FloorPose:
        """Return where the base is, flat on the floor."""
        placed = self._data.qpos[self._place : self._place + 7]
        return floor_pose_of(transform_from(placed[:3], placed[3:]))

    def place(self, pose: FloorPose) -> None:
        """Put the base somewhere, upright."""
        half_rad = pose.yaw_rad / 2
        self._data.qpos[self._place : self._place + 7] = (
            pose.x_m, pose.y_m, 0.0, math.cos(half_rad), 0.0, 0.0, math.sin(half_rad),
        )  # fmt: skip

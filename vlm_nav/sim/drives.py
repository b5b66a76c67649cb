"""How the robot's base is moved: by speeds along and about, whatever turns below it."""

from __future__ import annotations

import math

import mujoco

from vlm_nav.geometry.poses import FloorPose, wrap_angle
from vlm_nav.sim.robot import ALONG_X, ALONG_Y, TURN


class PlanarDrive:
    """A base that slides over the floor and turns, driven in its own direction alone."""

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        """Find the joints and actuators of the base."""
        names = (ALONG_X, ALONG_Y, TURN)
        self._data = data
        self._actuators = [model.actuator(name).id for name in names]
        self._places = [int(model.joint(name).qposadr[0]) for name in names]
        self._forward_m_s = self._turn_rad_s = 0.0

    def set_velocity(self, forward_m_s: float, turn_rad_s: float) -> None:
        """Drive at these speeds from the next step on."""
        self._forward_m_s, self._turn_rad_s = forward_m_s, turn_rad_s

    def before_step(self) -> None:
        """Turn the wanted speeds into the map's directions."""
        yaw_rad = self._data.qpos[self._places[2]]
        command = self._data.ctrl
        along_x, along_y, turn = self._actuators
        command[along_x] = self._forward_m_s * math.cos(yaw_rad)
        command[along_y] = self._forward_m_s * math.sin(yaw_rad)
        command[turn] = self._turn_rad_s

    def pose(self) -> FloorPose:
        """Return where the base is."""
        x_m, y_m, yaw_rad = (float(self._data.qpos[place]) for place in self._places)
        return FloorPose(x_m, y_m, wrap_angle(yaw_rad))

    def place(self, pose: FloorPose) -> None:
        """Put the base somewhere, at rest."""
        for place, value in zip(self._places, (pose.x_m, pose.y_m, pose.yaw_rad), strict=True):
            self._data.qpos[place] = value

"""A double of the simulator: a base that goes exactly as fast as told, and no pictures."""

from __future__ import annotations

import math

import numpy as np

from vlm_nav.geometry.camera import PinholeCamera
from vlm_nav.geometry.poses import FloorPose, transform_from_floor_pose
from vlm_nav.sim.driving.pursuit import STANDING, Velocity, moved_by
from vlm_nav.sim.view import SimulatedView

CAMERA = PinholeCamera(8, 6, 7.0, 7.0, 3.5, 2.5)


class KinematicRobot:
    """Has the methods of sim.simulator.Simulator that driving needs; where it was is kept."""

    def __init__(self, start: FloorPose) -> None:
        self.pose = start
        self.time_ns = 1_000_000_000
        self.velocity = STANDING
        self.stuck = False
        self.closed = False
        self.trail = [start]

    def advance(self, duration_s: float) -> None:
        """Go on as fast as told, unless stuck."""
        self.time_ns += round(duration_s * 1e9)
        if not self.stuck:
            self.pose = moved_by(self.pose, self.velocity, duration_s)
        self.trail.append(self.pose)

    def set_velocity(self, forward_m_s: float, turn_rad_s: float) -> None:
        """Go so fast from now on."""
        self.velocity = Velocity(forward_m_s, turn_rad_s)

    def true_pose(self) -> FloorPose:
        """Return map_from_base."""
        return self.pose

    def odometry(self) -> FloorPose:
        """Return odom_from_base: odom lies at (1, 0) of the map, turned by a quarter."""
        return FloorPose(self.pose.y_m, 1.0 - self.pose.x_m, self.pose.yaw_rad - math.pi / 2)

    def look(self) -> SimulatedView:
        """Return a grey picture."""
        far_m = np.full((6, 8), 2.0, dtype=np.float32)
        return SimulatedView(
            f'front/{self.time_ns}',
            np.full((6, 8, 3), 128, dtype=np.uint8),
            far_m + 0.1,
            far_m,
            np.full((6, 8), -1, dtype=np.int32),
            CAMERA,
            np.eye(4),
            transform_from_floor_pose(self.pose),
            self.time_ns,
        )

    def close(self) -> None:
        """Be closed."""
        self.closed = True

"""The robot's lidar: rays in the plane of its site, which meet what collides."""

from __future__ import annotations

import math

import mujoco
import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.sim.house.geom_groups import COLLIDERS
from vlm_nav.sim.robot.robot_sizes import LidarSizes

FIRST_RAD = -math.pi
"""The angle of the first ray: straight back, the others follow counter-clockwise."""

_GROUPS = 6


class Lidar:
    """Measures a state whose positions are up to date."""

    def __init__(self, model: mujoco.MjModel, sizes: LidarSizes) -> None:
        """Prepare the rays."""
        self._model, self._sizes = model, sizes
        angles = FIRST_RAD + np.arange(sizes.rays) * self.increment_rad
        self._rays = np.stack([np.cos(angles), np.sin(angles), np.zeros(sizes.rays)], axis=1)
        # Furniture is met by its boxes, which are fewer than what is drawn; the robot's own body,
        # which is in another group, by nothing.
        self._groups = np.zeros(_GROUPS, dtype=np.uint8)
        self._groups[COLLIDERS] = 1

    @property
    def increment_rad(self) -> float:
        """Return the angle from one ray to the next."""
        return 2.0 * math.pi / self._sizes.rays

    def measure(self, data: mujoco.MjData, map_from_lidar: FloatArray) -> NDArray[np.float32]:
        """Return the ranges (n,) of all rays in metres, inf for what is out of range."""
        count, farthest_m = self._sizes.rays, self._sizes.range_max_m
        rays = np.ascontiguousarray(self._rays @ map_from_lidar[:3, :3].T).ravel()
        geoms, ranges_m = np.zeros(count, dtype=np.int32), np.zeros(count)
        mujoco.mj_multiRay(
            self._model, data, map_from_lidar[:3, 3], rays, self._groups, 1, -1,
            geoms, ranges_m, None, count, farthest_m,
        )  # fmt: skip
        silent = (ranges_m < self._sizes.range_min_m) | (ranges_m > farthest_m)
        return np.where(silent, np.inf, ranges_m).astype(np.float32)

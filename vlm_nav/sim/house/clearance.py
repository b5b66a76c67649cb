"""How far places are from everything that a robot could bump into."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.sim.house.house_plan import Footprint


class Clearance:
    """Measures the distance to the nearest of many boxes, all at once."""

    def __init__(self, boxes: Sequence[Footprint]) -> None:
        """Measure to the sides and corners of these boxes."""
        self._middles = np.array([(box.pose.x_m, box.pose.y_m) for box in boxes]).reshape(-1, 2)
        yaw_rad = np.array([box.pose.yaw_rad for box in boxes])
        self._cosines, self._sines = np.cos(yaw_rad), np.sin(yaw_rad)
        self._halves = np.array([box.size_m for box in boxes]).reshape(-1, 2) / 2.0

    def __call__(self, points: ArrayLike) -> FloatArray:
        """Return how far places (..., 2) of the map are from the nearest box, 0 inside of one."""
        places = np.asarray(points, dtype=np.float64)
        if not len(self._middles):
            return np.full(places.shape[:-1], np.inf)
        x, y = np.moveaxis(places[..., None, :] - self._middles, -1, 0)
        along = np.abs(self._cosines * x + self._sines * y) - self._halves[:, 0]
        across = np.abs(self._cosines * y - self._sines * x) - self._halves[:, 1]
        nearest: FloatArray = np.hypot(np.maximum(along, 0.0), np.maximum(across, 0.0)).min(
            axis=-1
        )
        return nearest


def beside(box: Footprint, places: FloatArray) -> FloatArray:
    """Return how far places (..., 2) lie beyond the sides of a box, below 0 between them.

    The first number (..., 2) counts along the box's x, the second along its y.
    """
    cosine, sine = np.cos(box.pose.yaw_rad), np.sin(box.pose.yaw_rad)
    x, y = places[..., 0] - box.pose.x_m, places[..., 1] - box.pose.y_m
    along = np.stack([cosine * x + sine * y, cosine * y - sine * x], axis=-1)
    beyond: FloatArray = np.abs(along) - np.asarray(box.size_m) / 2.0
    return beyond

"""Pictures, and the poses that they led to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import FloorPose, wrap_angle
from vlm_nav.imagination.level_view import CHANNELS, HEIGHT_PX, WIDTH_PX


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pictures (n, ...) as in `level_view` of uint8, and the poses (n, 3) that they led to.

    A pose is x, y, yaw in the base frame of the step at which the picture was taken.
    """

    pictures: NDArray[np.uint8]
    poses: FloatArray


def joined(pairs: Sequence[Pairs]) -> Pairs:
    """Return all pairs as one."""
    none = np.empty((0, CHANNELS, HEIGHT_PX, WIDTH_PX), np.uint8)
    return Pairs(
        np.concatenate([none, *(one.pictures for one in pairs)]),
        np.concatenate([np.empty((0, 3)), *(one.poses for one in pairs)]),
    )


def relative(pose: FloorPose, later: FloorPose) -> FloatArray:
    """Return a later pose (3,) in the frame of an earlier one."""
    x_m, y_m = later.x_m - pose.x_m, later.y_m - pose.y_m
    cosine, sine = math.cos(pose.yaw_rad), math.sin(pose.yaw_rad)
    yaw_rad = wrap_angle(later.yaw_rad - pose.yaw_rad)
    return np.array((cosine * x_m + sine * y_m, cosine * y_m - sine * x_m, yaw_rad))

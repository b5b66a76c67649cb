"""How much room the gripper has among the points of a scene, on its way and where it grasps."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.manipulation.gripper import GripperSizes

# One point within is noise, more are a thing.
_NOISE_POINTS = 2
_AS_HIGH_M = 0.003
_RIGHT_BESIDE_M = 0.008


@dataclass(frozen=True, eq=False)
class Boxes:
    """Boxes between corners `low` and `high` (b, 3) of the frame of a grasp."""

    low: FloatArray
    high: FloatArray

    def distance_m(self, points: FloatArray) -> FloatArray:
        """Return how far (n,) points (n, 3) are from the nearest box, 0 inside of one."""
        return np.asarray(np.sqrt(self.squared_distance_m2(points)))

    def squared_distance_m2(self, points: FloatArray) -> FloatArray:
        """Return the squares (n,) of how far points (n, 3) are from the nearest box."""
        off = np.maximum(self.low[:, None] - points, points - self.high[:, None])
        np.maximum(off, 0.0, out=off)
        nearest: FloatArray = np.einsum('bnk,bnk->bn', off, off).min(axis=0)
        return nearest


def swept_boxes(gripper: GripperSizes, opening_m: float, way_m: float) -> Boxes:
    """Return the two fingers and the palm, drawn out over the last `way_m` of the approach."""
    half_m, outer_m = opening_m / 2.0, opening_m / 2.0 + gripper.finger_thickness_m
    back_m = -gripper.finger_length_m - way_m
    finger_m, palm_m = gripper.finger_width_m / 2.0, gripper.palm_width_m / 2.0
    palm_back_m, high_m = back_m - gripper.palm_length_m, gripper.palm_height_m / 2.0
    return Boxes(
        low=np.array(
            (
                (back_m, half_m, -finger_m),
                (back_m, -outer_m, -finger_m),
                (palm_back_m, -palm_m, -high_m),
            )
        ),
        high=np.array(
            (
                (0.0, outer_m, finger_m),
                (0.0, -half_m, finger_m),
                (-gripper.finger_length_m, palm_m, high_m),
            )
        ),
    )


def clearance_m(boxes: Boxes, points: FloatArray, most_m: float) -> float:
    """Return how far the points (n, 3) keep away from all boxes, at most `most_m`."""
    if len(points) <= _NOISE_POINTS:
        return most_m
    nearest_m2 = boxes.squared_distance_m2(points)
    nearest_m2.partition(_NOISE_POINTS)
    return min(most_m, math.sqrt(nearest_m2[_NOISE_POINTS]))


@dataclass(frozen=True)
class Beside:
    """The free room beside a thing: `gap_m` to each side, that of the narrower one.

    `is_sunk` where what lies right beside it on both sides is about as high as it or lower.
    """

    gap_m: float
    is_sunk: bool


def beside(points: FloatArray, half_m: float, wide_m: float, depth_m: float) -> Beside:
    """Return how much room there is beside a thing that is `half_m` wide to each side.

    Points (n, 3) are in the axes of a grasp, seen from where the thing is nearest. Looked at is
    what comes before x = `depth_m`, `wide_m` across.
    """
    within: NDArray[np.bool_] = (points[:, 0] < depth_m) & (np.abs(points[:, 2]) < wide_m / 2.0)
    bounding = points[within]
    across_m = bounding[:, 1]
    left_m, right_m = _nearest(across_m[across_m > 0.0]), _nearest(-across_m[across_m <= 0.0])
    higher = int((bounding[:, 0] < -_AS_HIGH_M).sum()) > _NOISE_POINTS
    is_sunk = not higher and max(left_m, right_m) - half_m < _RIGHT_BESIDE_M
    return Beside(max(0.0, min(left_m, right_m) - half_m), is_sunk)


def _nearest(across_m: FloatArray) -> float:
    """Return how far the nearest point is, but for noise; infinite where there is none."""
    if len(across_m) <= _NOISE_POINTS:
        return math.inf
    return float(np.partition(across_m, _NOISE_POINTS)[_NOISE_POINTS])

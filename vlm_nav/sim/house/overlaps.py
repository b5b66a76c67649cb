"""Whether upright boxes overlap: rectangles on the floor at any angle, and their heights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.sim.house.house_plan import Place


@dataclass(frozen=True)
class Volume:
    """What is above a convex polygon on the floor, between two heights."""

    corners: tuple[Place, ...]
    low_m: float
    high_m: float


def overlap(one: Volume, other: Volume, gap_m: float = 0.0) -> bool:
    """Return whether less than `gap_m` is between two volumes sideways, and nothing in height."""
    if one.low_m >= other.high_m or other.low_m >= one.high_m:
        return False
    first, second = np.array(one.corners), np.array(other.corners)
    return not (_parted(first, second, gap_m) or _parted(second, first, gap_m))


def inside(corners: Sequence[Place], low: Place, high: Place) -> bool:
    """Return whether all corners lie in an axis-aligned rectangle."""
    return all(low[axis] <= corner[axis] <= high[axis] for corner in corners for axis in range(2))


def _parted(first: FloatArray, second: FloatArray, gap_m: float) -> bool:
    """Return whether a side of the first polygon has the second wholly on the other side of it."""
    sides = np.roll(first, -1, axis=0) - first
    normals = np.stack([-sides[:, 1], sides[:, 0]], axis=1)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    one, other = first @ normals.T, second @ normals.T
    apart = np.maximum(other.min(axis=0) - one.max(axis=0), one.min(axis=0) - other.max(axis=0))
    return bool((apart >= gap_m).any())

"""Where the floor is, from one camera's depth alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.errors import GeometryError
from vlm_nav.geometry.ground import Plane, fit_floor
from vlm_nav.geometry.poses import inverse, transform_points

_POINTS = 6000
_TRIES = 600
_MOST_ROLL = math.sin(math.radians(30.0))
# From looking steeply down to looking a little up.
_LEAST_UP = math.cos(math.radians(80.0))
_STEEPEST_UP = math.sin(math.radians(30.0))
_LEAST_SHARE = 0.02
# Points below a floor are noise and mirrors; below a table there are many.
_MOST_BELOW = 0.02
_BELOW_M = 0.08
# A wall that is taken for a floor is not even.
_MOST_RMS_M = 0.02


@dataclass(frozen=True, eq=False)
class FoundFloor:
    """A base put on the floor under the camera, x along its view.

    `share` is how much of the depth lies on that floor, `rms_m` how far from it.
    """

    base_from_camera: FloatArray
    share: float
    rms_m: float


def find_floor(points_camera: NDArray[np.floating], seed: int = 0) -> FoundFloor:
    """Return the floor among points (..., 3) of an optical frame, NaN where unknown.

    It is the largest plane that hardly anything lies below and that a camera held upright, at
    most 30 degrees rolled, may call floor. Raises GeometryError where there is none.
    """
    points = points_camera.reshape(-1, 3).astype(np.float64)
    points = points[np.isfinite(points).all(axis=1)]
    if len(points) < 100:
        raise GeometryError(f'a floor needs 100 points with depth, got {len(points)}')
    rng = np.random.default_rng(seed)
    some = points[rng.choice(len(points), min(_POINTS, len(points)), replace=False)]
    plane = _largest_lowest(some, rng)
    base_from_camera = _base_on(plane)
    # The search is coarse: what lies on the floor itself places it.
    for band_m in (0.15, 0.08):
        refined = fit_floor(transform_points(base_from_camera, some), band_m=band_m)
        base_from_camera = _base_on(refined.seen_from(inverse(base_from_camera)))
    heights_m = transform_points(base_from_camera, some)[:, 2]
    on_floor = np.abs(heights_m) < 0.05
    rms_m = float(np.sqrt(np.mean(np.square(heights_m[on_floor]))))
    if not rms_m < _MOST_RMS_M:
        raise GeometryError(
            f'no floor is to be seen in the depth: the best plane is {rms_m * 1e3:.0f} mm uneven'
        )
    return FoundFloor(base_from_camera, float(on_floor.mean()), rms_m)


def _largest_lowest(points: FloatArray, rng: np.random.Generator) -> Plane:
    best, most = None, _LEAST_SHARE * len(points)
    tolerance_m = 0.015 + 0.005 * np.square(points[:, 2])
    for _ in range(_TRIES):
        plane = _plane_through(points[rng.choice(len(points), 3, replace=False)])
        if plane is None:
            continue
        heights_m = plane.height_m(points)
        count = int((np.abs(heights_m) < tolerance_m).sum())
        below = float((heights_m < -_BELOW_M - tolerance_m).mean())
        if count > most and below < _MOST_BELOW:
            best, most = plane, count
    if best is None:
        raise GeometryError(
            'no floor is to be seen in the depth: no plane lies below everything else'
        )
    return best


def _plane_through(points: FloatArray) -> Plane | None:
    """Return the plane through three points that may be a floor, its normal up."""
    normal = np.cross(points[1] - points[0], points[2] - points[0])
    length = float(np.linalg.norm(normal))
    if length < 1e-6:
        return None
    # The y axis of an optical frame points down.
    normal *= -math.copysign(1.0, normal[1]) / length
    if -normal[1] < _LEAST_UP or abs(normal[0]) > _MOST_ROLL or normal[2] > _STEEPEST_UP:
        return None
    x, y, z = map(float, normal)
    offset_m = -float(normal @ points[0])
    # The camera is above its floor.
    return Plane((x, y, z), offset_m) if offset_m > 0.02 else None


def _base_on(plane: Plane) -> FloatArray:
    """Return `base_from_camera` of a base on the plane (given in the camera's frame)."""
    up = np.array(plane.normal)
    ahead = np.array((0.0, 0.0, 1.0)) - up[2] * up
    if np.linalg.norm(ahead) < 0.05:
        # Straight down: the upper border of the picture is ahead.
        ahead = np.array((0.0, -1.0, 0.0)) + up[1] * up
    ahead /= np.linalg.norm(ahead)
    base_from_camera = np.eye(4)
    base_from_camera[:3, :3] = (ahead, np.cross(up, ahead), up)
    base_from_camera[2, 3] = plane.offset_m
    return base_from_camera

"""Planes: the floor fitted to points, and where rays meet it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.errors import GeometryError

_MINIMUM_POINTS = 50
_FIT_STEPS = 5


@dataclass(frozen=True)
class Plane:
    """All points p with normal . p + offset_m = 0; the normal has length 1."""

    normal: tuple[float, float, float]
    offset_m: float

    def height_m(self, points: ArrayLike) -> FloatArray:
        """Return the signed distance (...) of points (..., 3), positive along the normal."""
        height: FloatArray = np.asarray(points, dtype=np.float64) @ self.normal + self.offset_m
        return height

    def seen_from(self, here_from_there: FloatArray) -> Plane:
        """Return the plane, given in frame `there`, in the coordinates of frame `here`."""
        normal = here_from_there[:3, :3] @ self.normal
        offset_m = self.offset_m - float(normal @ here_from_there[:3, 3])
        return Plane((float(normal[0]), float(normal[1]), float(normal[2])), offset_m)

    def tilt_rad(self) -> float:
        """Return the angle between the plane and the horizontal z = constant of its frame."""
        return math.acos(min(1.0, abs(self.normal[2])))


FLOOR = Plane((0.0, 0.0, 1.0), 0.0)


def intersect(plane: Plane, origin: ArrayLike, rays: ArrayLike) -> FloatArray:
    """Return where rays (..., 3) from `origin` (3,) meet the plane, (..., 3).

    NaN for rays that run parallel to it or meet it behind their origin.
    """
    start = np.asarray(origin, dtype=np.float64)
    directions = np.asarray(rays, dtype=np.float64)
    with np.errstate(divide='ignore', invalid='ignore'):
        share = -plane.height_m(start) / (directions @ plane.normal)
    share = np.where(np.isfinite(share) & (share > 0.0), share, np.nan)
    met: FloatArray = start + share[..., None] * directions
    return met


def fit_floor(points_base: ArrayLike, *, band_m: float = 0.15, keep_m: float = 0.02) -> Plane:
    """Fit the floor to points (N, 3) of the base frame (z up).

    Starts from the points within `band_m` of z = 0 and narrows to those within `keep_m` of the
    plane. The normal points up. Raises GeometryError where too few points are near the floor.
    """
    points = np.asarray(points_base, dtype=np.float64).reshape(-1, 3)
    points = points[np.abs(points[:, 2]) < band_m]
    plane = FLOOR
    for limit_m in np.linspace(band_m, keep_m, _FIT_STEPS):
        near = points[np.abs(plane.height_m(points)) < limit_m]
        if len(near) < _MINIMUM_POINTS:
            raise GeometryError(
                f'a floor needs {_MINIMUM_POINTS} points within {limit_m:.3f} m, got {len(near)}'
            )
        plane = _least_squares_plane(near)
    return plane


def _least_squares_plane(points: FloatArray) -> Plane:
    design = np.column_stack([points[:, :2], np.ones(len(points))])
    (slope_x, slope_y, height_m), *_ = np.linalg.lstsq(design, points[:, 2], rcond=None)
    length = math.sqrt(slope_x**2 + slope_y**2 + 1.0)
    normal = (float(-slope_x / length), float(-slope_y / length), 1.0 / length)
    return Plane(normal, float(-height_m / length))

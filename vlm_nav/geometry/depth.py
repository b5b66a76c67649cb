"""The point behind a pixel, with its uncertainty and where it comes from, or why there is none."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.reasons import ObservationReason
from vlm_nav.geometry.arrays import DepthArray, FloatArray
from vlm_nav.geometry.camera import PinholeCamera
from vlm_nav.geometry.ground import Plane, intersect

NEIGHBOUR_PX = 5

_MINIMUM_NEIGHBOURS = 6
_SURFACE_SIGMAS = 4.0
_PIXEL_STD_PX = 0.5


class DepthSource(str, Enum):
    """Where the depth of a point comes from."""

    DIRECT = 'direct'
    NEIGHBOUR = 'neighbour'
    PLANE = 'plane'


@dataclass(frozen=True)
class DepthPoint:
    """A point of the optical frame in metres; `std_m` is its standard deviation along the ray."""

    x_m: float
    y_m: float
    z_m: float
    std_m: float
    source: DepthSource

    def as_array(self) -> FloatArray:
        """Return (x, y, z) as an array of shape (3,)."""
        return np.array((self.x_m, self.y_m, self.z_m))


def depth_std_m(depth_m: float) -> float:
    """Return the axial noise of a structured-light camera at this depth.

    Nguyen, Izadi and Lovell, "Modeling Kinect Sensor Noise", 3DIMPVT 2012, equation 3.
    """
    return 0.0012 + 0.0019 * (depth_m - 0.4) ** 2


def point_at_pixel(
    depth_m: DepthArray, camera: PinholeCamera, pixel: Pixel, *, plane: Plane | None = None
) -> DepthPoint | ObservationReason:
    """Return the point that the pixel shows, in the optical frame, or the reason why not.

    `depth_m` is (H, W), registered to `camera`, NaN where unknown. The pixel's own depth comes
    first; then its neighbours, where they surround it within 5 px and lie on one surface; then
    `plane` (given in the optical frame), only where the caller asks for it.
    """
    at = (pixel.u_px, pixel.v_px)
    # A lens may leave the corners of its picture without light.
    if not (camera.contains(at) and np.isfinite(camera.rays(at)).all()):
        return ObservationReason.PIXEL_OUTSIDE_IMAGE
    row, column = round(pixel.v_px), round(pixel.u_px)
    measured_m = float(depth_m[row, column])
    if math.isfinite(measured_m):
        std_m = max(depth_std_m(measured_m), _local_spread_m(depth_m, row, column))
        return _point(camera, pixel, measured_m, std_m, DepthSource.DIRECT)
    surface = _surface_depth(depth_m, pixel)
    if surface is not None:
        return _point(camera, pixel, *surface, DepthSource.NEIGHBOUR)
    on_plane = _depth_on_plane(camera, pixel, plane) if plane is not None else None
    if on_plane is not None:
        return _point(camera, pixel, *on_plane, DepthSource.PLANE)
    return ObservationReason.NO_DEPTH


def _point(
    camera: PinholeCamera, pixel: Pixel, depth_m: float, std_m: float, source: DepthSource
) -> DepthPoint:
    x, y, z = depth_m * camera.rays((pixel.u_px, pixel.v_px))
    return DepthPoint(float(x), float(y), float(z), std_m, source)


def _local_spread_m(depth_m: DepthArray, row: int, column: int) -> float:
    """Return the spread in the 3 x 3 neighbourhood: large where the pixel straddles an edge.

    Half a pixel of error in the place picked may already show the other side.
    """
    around = depth_m[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2]
    return float(np.nanstd(around, dtype=np.float64))


def _surface_depth(depth_m: DepthArray, pixel: Pixel) -> tuple[float, float] | None:
    """Return depth and its deviation from the surface around a hole, None where there is none.

    A plane in space is linear in inverse depth over the picture, whatever its slant.
    """
    offsets, depths = _known_around(depth_m, pixel)
    if len(depths) < _MINIMUM_NEIGHBOURS or not _surrounded(offsets):
        return None
    design = np.column_stack([offsets, np.ones(len(offsets))])
    coefficients, _, rank, _ = np.linalg.lstsq(design, 1.0 / depths, rcond=None)
    fitted = design @ coefficients
    if rank < 3 or coefficients[2] <= 0.0 or (fitted <= 0.0).any():
        return None
    residuals_m = np.abs(1.0 / fitted - depths)
    at_hole_m = float(1.0 / coefficients[2])
    if residuals_m.max() > _SURFACE_SIGMAS * depth_std_m(at_hole_m):
        return None
    rms_m = float(np.sqrt(np.mean(np.square(residuals_m))))
    return at_hole_m, depth_std_m(at_hole_m) + rms_m


def _known_around(depth_m: DepthArray, pixel: Pixel) -> tuple[FloatArray, FloatArray]:
    row, column = round(pixel.v_px), round(pixel.u_px)
    top, left = max(0, row - NEIGHBOUR_PX), max(0, column - NEIGHBOUR_PX)
    window = depth_m[top : row + NEIGHBOUR_PX + 1, left : column + NEIGHBOUR_PX + 1]
    rows, columns = np.nonzero(np.isfinite(window))
    offsets = np.column_stack([columns + left - pixel.u_px, rows + top - pixel.v_px])
    near = np.hypot(offsets[:, 0], offsets[:, 1]) <= NEIGHBOUR_PX
    return offsets[near], window[rows, columns][near].astype(np.float64)


def _surrounded(offsets: FloatArray) -> bool:
    """Return whether the neighbours lie on all sides, so that no depth is extrapolated."""
    angles = np.sort(np.arctan2(offsets[:, 1], offsets[:, 0]))
    gaps = np.diff(angles, append=angles[0] + 2.0 * math.pi)
    return float(gaps.max()) < math.pi


def _depth_on_plane(
    camera: PinholeCamera, pixel: Pixel, plane: Plane
) -> tuple[float, float] | None:
    step = _PIXEL_STD_PX
    pixels = [
        (pixel.u_px, pixel.v_px),
        (pixel.u_px, pixel.v_px + step),
        (pixel.u_px, pixel.v_px - step),
    ]
    depths = intersect(plane, np.zeros(3), camera.rays(pixels))[:, 2]
    if not np.isfinite(depths).all():
        return None
    return float(depths[0]), float(np.abs(depths[1:] - depths[0]).max())

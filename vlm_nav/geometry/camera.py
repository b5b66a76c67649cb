"""The pinhole camera with plumb-bob or rational distortion, as in sensor_msgs/CameraInfo.

Camera frames are optical: z forward, x right, y down, metres. Pixels are (u, v), whole numbers
at pixel centres.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vlm_nav.geometry import distortion
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.errors import CalibrationError

# A point whose projection leaves the picture by more than this share of its size is not
# projected: beyond the calibrated field of view a distortion polynomial can fold back inside.
_FIELD_MARGIN = 0.25


@dataclass(frozen=True)
class RegionOfInterest:
    """The part of the full picture that is delivered, in unbinned pixels; zeros mean all."""

    x_offset: int = 0
    y_offset: int = 0
    width: int = 0
    height: int = 0


@dataclass(frozen=True)
class PinholeCamera:
    """A calibrated camera; hashable, so that what depends on it alone can be kept.

    `distortion` holds no coefficients for an ideal camera, five for `plumb_bob`
    (k1 k2 p1 p2 k3), eight for `rational_polynomial` (k1 k2 p1 p2 k3 k4 k5 k6).
    """

    width_px: int
    height_px: int
    fx_px: float
    fy_px: float
    cx_px: float
    cy_px: float
    distortion: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Raise CalibrationError where the numbers describe no camera."""
        numbers = (self.fx_px, self.fy_px, self.cx_px, self.cy_px, *self.distortion)
        if not np.isfinite(numbers).all():
            raise CalibrationError(f'a calibration is finite, got {numbers}')
        if self.fx_px <= 0.0 or self.fy_px <= 0.0:
            raise CalibrationError(
                f'focal lengths are positive, got fx {self.fx_px}, fy {self.fy_px}; '
                'is the camera calibrated (CameraInfo.k all zero means it is not)?'
            )
        if self.width_px <= 0 or self.height_px <= 0:
            raise CalibrationError(f'a picture has pixels, got {self.width_px} x {self.height_px}')
        if len(self.distortion) not in (0, 5, 8):
            raise CalibrationError(
                f'distortion has 0, 5 or 8 coefficients, got {len(self.distortion)}'
            )

    def project(self, points_camera: ArrayLike) -> FloatArray:
        """Return the pixels (..., 2) of points (..., 3) in the optical frame.

        NaN for points behind the camera or far outside the field of view; pixels outside the
        picture are returned as they are (see `contains`).
        """
        points = np.asarray(points_camera, dtype=np.float64)
        depth = points[..., 2]
        normalised = np.empty((*points.shape[:-1], 2))
        x, y = normalised[..., 0], normalised[..., 1]
        with np.errstate(all='ignore'):
            np.divide(points[..., 0], depth, out=x)
            np.divide(points[..., 1], depth, out=y)
            inside = (depth > 0.0) & (x * x + y * y <= self._radius_limit**2)
            normalised[~inside] = np.nan
            pixels = distortion.distort(normalised, self.distortion)
        pixels *= (self.fx_px, self.fy_px)
        pixels += (self.cx_px, self.cy_px)
        return pixels

    def rays(self, pixels: ArrayLike) -> FloatArray:
        """Return rays (..., 3) with z = 1 through pixels (..., 2): a point is `depth_m * ray`.

        NaN where the lens shows nothing (see `distortion.undistort`).
        """
        array = np.asarray(pixels, dtype=np.float64)
        distorted = (array - (self.cx_px, self.cy_px)) / (self.fx_px, self.fy_px)
        normalised = distortion.undistort(distorted, self.distortion)
        return np.concatenate([normalised, np.ones((*normalised.shape[:-1], 1))], axis=-1)

    def pixel_rays(self) -> NDArray[np.float32]:
        """Return the rays (H, W, 3) of all pixels, read-only, computed once for each camera."""
        return _pixel_rays(self)

    def ray_planes(self) -> NDArray[np.float32]:
        """Return the rays of all pixels as planes (3, H * W) of x, y and z, as `pixel_rays`."""
        return _ray_planes(self)

    def contains(self, pixels: ArrayLike, margin_px: float = 0.0) -> NDArray[np.bool_]:
        """Return whether pixels (..., 2) lie in the picture, `margin_px` from its border."""
        array = np.asarray(pixels, dtype=np.float64)
        low = margin_px - 0.5
        u, v = array[..., 0], array[..., 1]
        inside: NDArray[np.bool_] = (
            (u >= low)
            & (u < self.width_px - 0.5 - margin_px)
            & (v >= low)
            & (v < self.height_px - 0.5 - margin_px)
        )
        return inside

    def resized(self, width_px: int, height_px: int) -> PinholeCamera:
        """Return the camera whose pictures are the same ones, resized to these pixels."""
        across, down = width_px / self.width_px, height_px / self.height_px
        return replace(
            self,
            width_px=width_px,
            height_px=height_px,
            fx_px=across * self.fx_px,
            fy_px=down * self.fy_px,
            cx_px=across * (self.cx_px + 0.5) - 0.5,
            cy_px=down * (self.cy_px + 0.5) - 0.5,
        )

    @functools.cached_property
    def _radius_limit(self) -> float:
        if not self.distortion:
            return np.inf
        u_px, v_px = self.width_px * _FIELD_MARGIN, self.height_px * _FIELD_MARGIN
        corners = [
            (u, v) for u in (-u_px, self.width_px + u_px) for v in (-v_px, self.height_px + v_px)
        ]
        radius = float(np.linalg.norm(self.rays(corners)[:, :2], axis=1).max())
        fold = distortion.fold_radius(self.distortion)
        return fold if math.isnan(radius) else min(radius, fold)


@functools.lru_cache(maxsize=8)
def _pixel_rays(camera: PinholeCamera) -> NDArray[np.float32]:
    u, v = np.meshgrid(np.arange(camera.width_px), np.arange(camera.height_px))
    rays: NDArray[np.float32] = camera.rays(np.stack([u, v], axis=-1)).astype(np.float32)
    rays.setflags(write=False)
    return rays


@functools.lru_cache(maxsize=8)
def _ray_planes(camera: PinholeCamera) -> NDArray[np.float32]:
    planes = np.ascontiguousarray(_pixel_rays(camera).reshape(-1, 3).T)
    planes.setflags(write=False)
    return planes


def camera_from_calibration(
    width_px: int,
    height_px: int,
    k: Sequence[float],
    *,
    distortion_model: str = '',
    d: Sequence[float] = (),
    region: RegionOfInterest = RegionOfInterest(),
    binning_x: int = 0,
    binning_y: int = 0,
) -> PinholeCamera:
    """Return the camera of the delivered picture, with the fields of sensor_msgs/CameraInfo.

    `k` is the row-major 3x3 matrix of the full picture. The region of interest shifts the
    principal point, binning (0 means 1) divides everything, as image_geometry does. Raises
    CalibrationError for an unknown distortion model or numbers that describe no camera.
    """
    if len(k) != 9:
        raise CalibrationError(f'K has 9 numbers, got {len(k)}')
    bin_x, bin_y = max(1, binning_x), max(1, binning_y)
    return PinholeCamera(
        width_px=(region.width or width_px) // bin_x,
        height_px=(region.height or height_px) // bin_y,
        fx_px=k[0] / bin_x,
        fy_px=k[4] / bin_y,
        cx_px=(k[2] - region.x_offset) / bin_x,
        cy_px=(k[5] - region.y_offset) / bin_y,
        distortion=distortion.coefficients(distortion_model, d),
    )

"""What a camera sees, drawn as by one that is always the same: the picture networks look at.

Columns are bearings from where the camera looks, rows are elevations above the horizon, whatever
the lens, the tilt and the roll of the camera. So a network that was trained with one camera can
be asked about the pictures of another one.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.observation.headings import heading_in_base_rad
from vlm_nav.observation.rgbd_frame import RgbdFrame, points_base

WIDTH_PX, HEIGHT_PX = 64, 56
CHANNELS = 6
"""Red, green, blue, nearness, height, and 1 where depth is known."""

_LEFTMOST_RAD, _HIGHEST_RAD, _LOWEST_RAD = (
    math.radians(40.0),
    math.radians(15.0),
    math.radians(-55.0),
)
_HALF_NEARNESS_M = 2.0
_HIGHEST_M = 2.0
# No picture reaches so far.
_OUTSIDE_PX = -1e4


def level_view(frame: RgbdFrame) -> NDArray[np.float32]:
    """Return the picture (CHANNELS, HEIGHT_PX, WIDTH_PX), all of it in 0..1, 0 where unseen.

    Nearness is 1 at the camera's own place and halves at 2 m, height is that above the floor in
    2 m; both come from the depth, and without any they are 0.
    """
    at_px = _pixels(frame)
    planes = np.zeros((CHANNELS, HEIGHT_PX, WIDTH_PX), dtype=np.float32)
    shrunk = max(1.0, frame.camera.width_px / (2.0 * WIDTH_PX))
    smooth = cv2.blur(frame.rgb, (round(shrunk), round(shrunk)))
    # What is outside of the picture is black.
    rgb = cv2.remap(smooth, *at_px, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    planes[:3] = np.moveaxis(np.asarray(rgb), -1, 0) / np.float32(255.0)
    if frame.depth_m is not None:
        points = cv2.remap(
            points_base(frame), *at_px, cv2.INTER_NEAREST,
            borderMode=cv2.BORDER_CONSTANT, borderValue=(math.nan,) * 4,
        )  # fmt: skip
        planes[3:] = _by_depth(np.asarray(points), frame)
    return planes


def _by_depth(points: NDArray[np.float32], frame: RgbdFrame) -> NDArray[np.float32]:
    known = np.asarray(np.isfinite(points).all(axis=-1))
    away = np.where(known[..., None], points - frame.base_from_camera[:3, 3], 0.0)
    away_m = np.hypot(away[..., 0], away[..., 1])
    nearness = _HALF_NEARNESS_M / (_HALF_NEARNESS_M + away_m)
    height = np.clip(np.where(known, points[..., 2], 0.0) / _HIGHEST_M, 0.0, 1.0)
    planes: NDArray[np.float32] = np.stack([nearness * known, height, known]).astype(np.float32)
    return planes


def _pixels(frame: RgbdFrame) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return column and row (HEIGHT_PX, WIDTH_PX) of the frame for each place."""
    bearing_rad = np.linspace(_LEFTMOST_RAD, -_LEFTMOST_RAD, WIDTH_PX)
    elevation_rad = np.linspace(_HIGHEST_RAD, _LOWEST_RAD, HEIGHT_PX)[:, None]
    heading_rad = heading_in_base_rad(frame)
    rays: FloatArray = np.empty((HEIGHT_PX, WIDTH_PX, 3))
    rays[..., 0] = np.cos(elevation_rad) * np.cos(heading_rad + bearing_rad)
    rays[..., 1] = np.cos(elevation_rad) * np.sin(heading_rad + bearing_rad)
    rays[..., 2] = np.sin(elevation_rad)
    pixels = frame.camera.project(rays @ frame.base_from_camera[:3, :3])
    at_px = np.where(np.isfinite(pixels), pixels, _OUTSIDE_PX).astype(np.float32)
    return np.ascontiguousarray(at_px[..., 0]), np.ascontiguousarray(at_px[..., 1])

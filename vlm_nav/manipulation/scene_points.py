"""What stands around a thing, as points that the gripper must not touch."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import DepthArray, FloatArray
from vlm_nav.manipulation.cells import without_specks
from vlm_nav.manipulation.lifted import Lifted
from vlm_nav.manipulation.outliers import ends, thinned
from vlm_nav.observation.rgbd_frame import RgbdFrame

_MOST_SCENE_POINTS = 12000
_MOST_FAR_POINTS = 2000
_IN_FRONT_M = 0.004
_BESIDE_M = 0.05
_MOST_SCENE_PIXELS = 35_000
_SPECK_PX = 150
_SPECK_STEP_M = 0.02
_SQUARE = np.ones((3, 3), dtype=np.uint8)


def scene_around(frame: RgbdFrame, lifted: Lifted, reach_m: float = 0.25) -> FloatArray:
    """Return the points (n, 3) around the thing, without those of it and of its rim.

    The rim, where depth is between that of the thing and that of what lies behind, is one wide of
    the pixels that are looked at, every third of a picture of 640 x 480. What lies in front of
    the thing there is no rim of it.
    """
    if frame.depth_m is None:
        return np.empty((0, 3))
    step = max(1, round(math.sqrt(frame.depth_m.size / _MOST_SCENE_PIXELS)))
    # A steep wall is no speck, though it steps from each pixel looked at to the next.
    speck_px = round(_SPECK_PX / step**2)
    depth_m = without_specks(frame.depth_m[::step, ::step], speck_px, _SPECK_STEP_M * step)
    others = np.isfinite(depth_m) & ~_with_rim(lifted.extent.mask[::step, ::step], depth_m)
    rows, columns = np.nonzero(others)
    # One row for each axis is handled three times as fast as one for each point.
    rays = frame.camera.ray_planes()[:, (rows * frame.camera.width_px + columns) * step]
    points = frame.base_from_camera[:3, :3].astype(np.float32) @ (rays * depth_m[rows, columns])
    points += frame.base_from_camera[:3, 3:].astype(np.float32)
    low, high = ends(lifted.extent.points_base)
    # Indices pick columns three times as fast as a mask does.
    points = points[:, np.flatnonzero(_within(points, low - reach_m, high + reach_m))]
    # Where the fingers go every point counts, where the palm goes fewer do.
    beside = _within(points, low - _BESIDE_M, high + _BESIDE_M)
    near, far = points[:, np.flatnonzero(beside)].T, points[:, np.flatnonzero(~beside)].T
    both = [thinned(near, _MOST_SCENE_POINTS), thinned(far, _MOST_FAR_POINTS)]
    return np.vstack(both).astype(np.float64)


def _within(points: NDArray[np.float32], low: FloatArray, high: FloatArray) -> NDArray[np.bool_]:
    """Return which points (3, n) lie between two corners (3,)."""
    inside: NDArray[np.bool_] = np.ones(points.shape[1], dtype=np.bool_)
    for axis, least, most in zip(points, low.tolist(), high.tolist(), strict=True):
        inside &= (axis > least) & (axis < most)
    return inside


def _with_rim(mask: NDArray[np.bool_], depth_m: DepthArray) -> NDArray[np.bool_]:
    """Return a mask (h, w) grown by one pixel, but not over what lies in front of it."""
    own_m = np.where(mask & np.isfinite(depth_m), depth_m, np.float32(np.inf))
    beside_m = cv2.erode(own_m, _SQUARE)
    grown = cv2.dilate(mask.astype(np.uint8), _SQUARE) > 0
    with np.errstate(invalid='ignore'):
        in_front = depth_m < beside_m - _IN_FRONT_M
    with_rim: NDArray[np.bool_] = mask | (grown & ~(in_front & np.isfinite(beside_m)))
    return with_rim

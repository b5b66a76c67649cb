"""What a thing most likely has on its far side: the same as on its near one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import inverse, transform_points
from vlm_nav.manipulation.lifted import Lifted
from vlm_nav.manipulation.outliers import thinned
from vlm_nav.observation.rgbd_frame import RgbdFrame

_MOST_POINTS = 1500
# What is mirrored counts as hidden where it lies so far behind what is seen of the thing.
_BEHIND_M = 0.008
# Of a thing that is the same on both sides hardly a point is missing where it would be seen.
_MOST_MISSED = 0.15


def with_hidden_side(frame: RgbdFrame, lifted: Lifted) -> Lifted:
    """Return what was lifted with the points that its own near side hides.

    Each point is turned by half a turn about the upright through the middle of the box. Where the
    picture shows something else, or nothing, nothing is added: what would be seen is not there.
    Where that is so of many the thing is another on its far side, and returned as it is, as bent
    and hollow ones are. Box and mask stay those of what is visible.
    """
    if frame.depth_m is None:
        return lifted
    seen = thinned(lifted.extent.points_base, _MOST_POINTS)
    middle = lifted.extent.box.centre_base[:2]
    turned: FloatArray = seen.astype(np.float64)
    turned[:, :2] = 2.0 * middle - turned[:, :2]
    before_m, is_own = _before(frame, lifted, turned)
    with np.errstate(invalid='ignore'):
        if (before_m > _BEHIND_M).mean() > _MOST_MISSED:
            return lifted
        hidden = turned[is_own & (before_m < -_BEHIND_M)]
    points = np.vstack([seen, hidden])
    return replace(lifted, extent=replace(lifted.extent, points_base=points))


def _before(
    frame: RgbdFrame, lifted: Lifted, points: FloatArray
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return how far points (n, 3) lie before what is seen there, and where that is the thing.

    NaN where nothing is seen.
    """
    assert frame.depth_m is not None
    in_camera = transform_points(inverse(frame.base_from_camera), points)
    pixels = frame.camera.project(in_camera)
    inside = frame.camera.contains(pixels)
    columns, rows = np.where(inside[:, None], np.round(pixels), 0.0).astype(np.int64).T
    height, width = frame.depth_m.shape
    rows, columns = np.minimum(rows, height - 1), np.minimum(columns, width - 1)
    before_m = np.where(inside, frame.depth_m[rows, columns] - in_camera[:, 2], np.nan)
    return before_m, inside & lifted.extent.mask[rows, columns]

"""A checkerboard in colour and in depth: how large its squares come out.

What depth says of its size must agree with the ruler. In the depth of structured light the
black squares are often holes, so that the board shows there too.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.errors import VlmNavError
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.camera import PinholeCamera

_FLAGS = cv2.CALIB_CB_EXHAUSTIVE | cv2.CALIB_CB_NORMALIZE_IMAGE
# A search begins with a part of the board and lets it grow.
_BEGINNINGS = ((5, 5), (4, 4), (4, 3), (3, 3))
_BLURRED_PX = 7
_OFF_LINE_PX = 2.0
_LEAST_ON_LINES = 0.7
_MINIMUM_POINTS = 50
_FIT_STEPS = 4
_OUTLIER_SIGMAS = 3.0


class CheckerboardError(VlmNavError):
    """No checkerboard is to be seen, or no depth on it."""


@dataclass(frozen=True)
class BoardMeasures:
    """A board as depth shows it: the mean side of its squares, and how flat and far it is.

    `share` is how much of the board has depth.
    """

    side_m: float
    distance_m: float
    rms_m: float
    share: float


def find_corners(rgb: NDArray[np.uint8], shape: tuple[int, int] | None = None) -> FloatArray:
    """Return the inner corners (rows, columns, 2) of the board in a picture (H, W, 3).

    `shape` is how many there are in each direction; without it the largest board counts.
    Raises CheckerboardError where there is none.
    """
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    found = _corners(np.asarray(grey, dtype=np.uint8), shape)
    if found is None:
        size = '' if shape is None else f' of {shape[0]} x {shape[1]} inner corners'
        raise CheckerboardError(f'a checkerboard{size} was wanted, the picture shows none')
    return found


def find_corners_in_holes(
    depth_m: NDArray[np.float32], shape: tuple[int, int]
) -> FloatArray | None:
    """Return the inner corners (rows, columns, 2) of a board whose black squares have no depth.

    None where they do not show so.
    """
    known = np.isfinite(depth_m).astype(np.uint8) * np.uint8(255)
    # The borders of holes are ragged.
    smooth = cv2.GaussianBlur(known, (_BLURRED_PX, _BLURRED_PX), 0)
    found = _corners(np.asarray(smooth, dtype=np.uint8), shape)
    return None if found is None else _straightened(found)


def measure_board(
    corners: FloatArray, depth_m: NDArray[np.float32], camera: PinholeCamera
) -> BoardMeasures:
    """Return the size of a board whose corners (rows, columns, 2) are pixels of this depth.

    Raises CheckerboardError where the board has too little depth.
    """
    outline = cv2.convexHull(corners.reshape(-1, 2).astype(np.float32)).astype(np.int32)
    inside = cv2.fillConvexPoly(np.zeros(depth_m.shape, dtype=np.uint8), outline, 1) > 0
    known = inside & np.isfinite(depth_m)
    if known.sum() < _MINIMUM_POINTS:
        raise CheckerboardError(
            f'depth on the board was wanted, {known.sum()} of its {inside.sum()} pixels have any'
        )
    rays = camera.pixel_rays()[known].astype(np.float64)
    plane, rms_m = _plane(rays, depth_m[known].astype(np.float64))
    corner_rays = camera.rays(corners)
    points = corner_rays / (corner_rays @ plane)[..., None]
    across = np.linalg.norm(np.diff(points, axis=1), axis=-1)
    down = np.linalg.norm(np.diff(points, axis=0), axis=-1)
    side_m = float(np.concatenate([across.ravel(), down.ravel()]).mean())
    distance_m = float(np.linalg.norm(points.reshape(-1, 3).mean(axis=0)))
    return BoardMeasures(side_m, distance_m, rms_m, float(known.sum() / inside.sum()))


def _straightened(corners: FloatArray) -> FloatArray | None:
    """Return the corners where the lines of most of them meet, None where there are no lines.

    At a ragged hole a corner may be found half a square away.
    """
    rows, columns = corners.shape[:2]
    across, down = np.meshgrid(np.arange(columns), np.arange(rows))
    grid = np.stack([across, down], axis=-1).reshape(-1, 1, 2).astype(np.float64)
    pixels = corners.reshape(-1, 1, 2)
    homography, inliers = cv2.findHomography(grid, pixels, cv2.RANSAC, _OFF_LINE_PX)
    if homography is None or inliers.mean() < _LEAST_ON_LINES:
        return None
    straight = cv2.perspectiveTransform(grid, homography)
    return np.asarray(straight, dtype=np.float64).reshape(rows, columns, 2)


def _plane(rays: FloatArray, depth_m: FloatArray) -> tuple[FloatArray, float]:
    """Return n (3,) with `n . ray = 1 / depth`, and how far the points lie off it in metres.

    A plane in space is linear in inverse depth, whatever its slant.
    """
    kept = np.ones(len(rays), dtype=np.bool_)
    for _ in range(_FIT_STEPS):
        solved, *_ = np.linalg.lstsq(rays[kept], 1.0 / depth_m[kept], rcond=None)
        plane = np.asarray(solved, dtype=np.float64)
        off_m = 1.0 / (rays @ plane) - depth_m
        spread_m = 1.4826 * float(np.median(np.abs(off_m[kept])))
        kept = np.abs(off_m) <= _OUTLIER_SIGMAS * max(spread_m, 1e-4)
    # Along the normal, not along the ray.
    lean = 1.0 / np.linalg.norm(plane) / (1.0 / (rays[kept] @ plane))
    return plane, float(np.sqrt(np.mean(np.square(off_m[kept] * lean))))


def _corners(grey: NDArray[np.uint8], shape: tuple[int, int] | None) -> FloatArray | None:
    if shape is not None:
        return _search(grey, shape, _FLAGS)
    found = (_search(grey, begun, _FLAGS | cv2.CALIB_CB_LARGER) for begun in _BEGINNINGS)
    return max((one for one in found if one is not None), key=np.size, default=None)


def _search(grey: NDArray[np.uint8], shape: tuple[int, int], flags: int) -> FloatArray | None:
    found, corners, squares = cv2.findChessboardCornersSBWithMeta(grey, shape, flags)
    if not found:
        return None
    rows, columns = squares.shape[:2]
    return np.asarray(corners, dtype=np.float64).reshape(rows, columns, 2)

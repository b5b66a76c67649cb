"""Which cells of the floor one frame shows to be floor, and which it cannot show at all."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.observation.floor_grid import FreeSpaceSettings
from vlm_nav.observation.rgbd_frame import RgbdFrame

HOLE_PX = 5
PLACE_TOLERANCE = 0.06

_BORDER_PERCENTILE = 90.0
# Every fourth column tells where the view ends as well as all of them.
_BORDER_STEP = 4
# A depth camera of its own sees a little less of the floor than the colour camera does.
_CROPPED_SHARE = 0.1


def floor_seen(
    frame: RgbdFrame,
    points: NDArray[np.float32],
    centres: NDArray[np.float64],
    pixels: NDArray[np.float64],
    settings: FreeSpaceSettings,
) -> NDArray[np.bool_]:
    """Return which cells are looked at by a pixel that shows floor, and shows it there.

    `points` (H, W, 3) are the frame's in the base frame, `centres` (rows, columns, 3) the
    cells' and `pixels` (rows, columns, 2) where these show.
    """
    seen = frame.camera.contains(pixels)
    floor, holes = _floor_pixels(points[..., 2], settings.obstacle_low_m)
    u, v = np.round(pixels[seen]).astype(np.int64).T
    cells, shown = centres[seen][:, :2], points[v, u][:, :2]
    # A low point just before a cell covers its floor; a little disagreement is noise and tilt.
    away_m = np.hypot(*(shown - cells).T)
    allowed_m = settings.cell_m + PLACE_TOLERANCE * np.hypot(*cells.T)
    small = _hole_length_m(frame, cells) <= settings.robot_radius_m
    seen[seen] = (floor[v, u] & (away_m <= allowed_m)) | (holes[v, u] & small)
    return seen


def _floor_pixels(
    height_m: NDArray[np.float32], low_m: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the pixels (H, W) that show floor, and the holes of a few pixels within it."""
    known = np.isfinite(height_m)
    with np.errstate(invalid='ignore'):
        floor = np.abs(height_m) < low_m
    square = cv2.getStructuringElement(cv2.MORPH_RECT, (2 * HOLE_PX + 1, 2 * HOLE_PX + 1))
    closed = cv2.morphologyEx(floor.astype(np.uint8), cv2.MORPH_CLOSE, square).astype(np.bool_)
    return floor, closed & ~known


def _hole_length_m(frame: RgbdFrame, cells: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much of the floor at cells (n, 2) a hole of a few pixels may hide.

    Seen at a low angle that is much; what could hide a pit is no floor.
    """
    x_m, y_m, height_m = frame.base_from_camera[:3, 3]
    squared = np.square(cells - (x_m, y_m)).sum(axis=-1) + height_m**2
    length_m: NDArray[np.float64] = (
        2.0 * HOLE_PX * squared / (max(height_m, 1e-3) * frame.camera.fy_px)
    )
    return length_m


def blind_zone(
    frame: RgbdFrame,
    points: NDArray[np.float32],
    centres: NDArray[np.float64],
    pixels: NDArray[np.float64],
    settings: FreeSpaceSettings,
) -> NDArray[np.bool_]:
    """Return the cells between the base and the first floor that the camera can see.

    They lie within the declared zone, on the side to which the camera looks and not wider than
    its view at the zone's end, and below the pixels for which the picture has any depth. The
    arguments are those of `floor_seen`.
    """
    forward = _heading(frame.base_from_camera)
    along_m = centres[..., 0] * forward[0] + centres[..., 1] * forward[1]
    across_m = np.abs(centres[..., 1] * forward[0] - centres[..., 0] * forward[1])
    half_view = frame.camera.width_px / (2.0 * frame.camera.fx_px)
    width_m = settings.robot_radius_m + settings.blind_zone_m * half_view
    near = np.hypot(centres[..., 0], centres[..., 1]) <= settings.blind_zone_m
    near &= along_m >= -settings.robot_radius_m
    return np.asarray(near & (across_m <= width_m) & _below_view(points, pixels))


def in_view(
    frame: RgbdFrame, points: NDArray[np.float32], pixels: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return which cells a frame looks at, whatever it shows there; they are in no blind zone.

    The arguments are those of `floor_seen`.
    """
    return np.asarray(frame.camera.contains(pixels) & ~_below_view(points, pixels))


def looks_behind(frame: RgbdFrame) -> bool:
    """Return whether a frame may show floor behind the base, as a camera that looks aside does."""
    forward_x, forward_y = _heading(frame.base_from_camera)
    half_view_rad = math.atan(frame.camera.width_px / (2.0 * frame.camera.fx_px))
    return math.atan2(abs(forward_y), forward_x) + half_view_rad > math.pi / 2.0


def _heading(base_from_camera: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the unit vector (2,) on the floor to which the camera looks; down is ahead."""
    forward = base_from_camera[:2, 2]
    length = float(np.linalg.norm(forward))
    heading: NDArray[np.float64] = forward / length if length > 1e-6 else np.array((1.0, 0.0))
    return heading


def _below_view(points: NDArray[np.float32], pixels: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which pixels (...) lie below all of the picture's depth, or cannot be seen.

    The border is one for the whole picture, and near its end: depth that is missing in some
    columns only, or in more than the lowest rows, is a hole, not the end of the view. A picture
    without any depth shows no floor that would end a blind zone.
    """
    known = np.isfinite(points[:, ::_BORDER_STEP, 2])
    columns = np.flatnonzero(known.any(axis=0))
    if not len(columns):
        return np.zeros(pixels.shape[:-1], dtype=np.bool_)
    last = len(known) - 1
    lowest = last - np.argmax(known[::-1, columns], axis=0)
    border = float(np.percentile(lowest, _BORDER_PERCENTILE)) - HOLE_PX
    border = max(border, (1.0 - _CROPPED_SHARE) * last)
    return np.asarray(~(pixels[..., 1] <= border))

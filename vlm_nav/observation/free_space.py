"""Where the robot may drive, as the depth of one frame shows it.

The floor around the base is a grid of cells: free where a pixel that looks at the cell's floor
shows floor, occupied where a point stands in the band of heights that the robot could touch,
unknown everywhere else. Unknown is not free, but for the blind zone between the base and the
first floor that the camera sees.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from enum import IntEnum

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.observation.rgbd_frame import RgbdFrame, points_base

HOLE_PX = 5
PLACE_TOLERANCE = 0.06

_BEARINGS_RAD = np.radians(np.linspace(-90.0, 90.0, 361))


class Cell(IntEnum):
    """What is known about a cell of the floor."""

    UNKNOWN = 0
    FREE = 1
    OCCUPIED = 2


@dataclass(frozen=True)
class FreeSpaceSettings:
    """Sizes of the robot and of the grid, in metres.

    `blind_zone_m` is how far before the base the floor may be taken as free although the
    camera cannot see it; the zone ends earlier where the first floor is seen earlier.
    """

    robot_radius_m: float = 0.22
    obstacle_low_m: float = 0.05
    obstacle_high_m: float = 1.6
    blind_zone_m: float = 1.5
    reach_m: float = 5.0
    cell_m: float = 0.05

    def __post_init__(self) -> None:
        """Raise InvalidValueError where a size is not positive or the band is empty."""
        sizes = (self.robot_radius_m, self.obstacle_low_m, self.reach_m, self.cell_m)
        if min(sizes) <= 0.0 or not self.obstacle_low_m < self.obstacle_high_m:
            raise InvalidValueError(
                f'sizes are positive and the obstacle band has a height, got {self}'
            )
        if self.blind_zone_m < 0.0:
            raise InvalidValueError(f'a blind zone is 0 m or more, got {self.blind_zone_m}')


@dataclass(frozen=True, eq=False)
class FreeSpace:
    """The floor before and beside the base as seen in one frame.

    `cells` is (rows, columns) of `Cell`; column 0 begins at x = 0 under the base and grows
    forward, row 0 begins at y = -reach (right) and grows to the left.
    """

    cells: NDArray[np.uint8]
    settings: FreeSpaceSettings

    @functools.cached_property
    def obstacle_clearance_m(self) -> NDArray[np.float32]:
        """Return the distance (rows, columns) from each cell to the nearest occupied one."""
        return self._distance_m((self.cells != Cell.OCCUPIED).astype(np.uint8))

    @functools.cached_property
    def clearance_m(self) -> NDArray[np.float32]:
        """Return the distance (rows, columns) from each cell to the nearest one not free."""
        return self._distance_m((self.cells == Cell.FREE).astype(np.uint8))

    def _distance_m(self, passable: NDArray[np.uint8]) -> NDArray[np.float32]:
        distance = cv2.distanceTransform(passable, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        return np.asarray(distance, dtype=np.float32) * np.float32(self.settings.cell_m)

    def free_range_m(self, bearing_rad: ArrayLike) -> NDArray[np.float64]:
        """Return how far a disc of the robot's radius travels from the base, (...) metres.

        It ends before the first cell along the bearing (...) where the disc would touch what
        is occupied or unknown; at most the grid's reach. Bearings are told apart to half a
        degree; behind the base nothing is known to be free.
        """
        return _at_bearings(self._free_ranges_m, bearing_rad)

    def unobstructed_range_m(self, bearing_rad: ArrayLike) -> NDArray[np.float64]:
        """Return how far the disc travels (...) before it touches what is occupied.

        As `free_range_m`, but the unknown does not stop it.
        """
        return _at_bearings(self._unobstructed_ranges_m, bearing_rad)

    @functools.cached_property
    def _free_ranges_m(self) -> NDArray[np.float64]:
        return self._ranges_m(self.clearance_m)

    @functools.cached_property
    def _unobstructed_ranges_m(self) -> NDArray[np.float64]:
        return self._ranges_m(self.obstacle_clearance_m)

    def _ranges_m(self, clearance_m: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the range along each of `_BEARINGS_RAD` at which the disc touches something."""
        step_m = self.settings.cell_m / 2.0
        ranges_m = np.arange(0.0, self.settings.reach_m, step_m)
        row, column, inside = self._index(
            ranges_m * np.cos(_BEARINGS_RAD)[:, None], ranges_m * np.sin(_BEARINGS_RAD)[:, None]
        )
        passes = inside & (clearance_m[row, column] > self.settings.robot_radius_m)
        first = np.where(passes.all(axis=-1), len(ranges_m), np.argmin(passes, axis=-1))
        return np.asarray(np.maximum(0.0, (first - 1) * step_m), dtype=np.float64)

    def cells_at(self, points: ArrayLike) -> NDArray[np.uint8]:
        """Return the `Cell` (...) at floor points (..., 2) of the base frame."""
        array = np.asarray(points, dtype=np.float64)
        row, column, inside = self._index(array[..., 0], array[..., 1])
        return np.where(inside, self.cells[row, column], np.uint8(Cell.UNKNOWN))

    def _index(
        self, x_m: NDArray[np.float64], y_m: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        rows, columns = self.cells.shape
        column = np.floor(x_m / self.settings.cell_m)
        row = np.floor((y_m + self.settings.reach_m) / self.settings.cell_m)
        inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
        row = np.where(inside, row, 0).astype(np.int64)
        column = np.where(inside, column, 0).astype(np.int64)
        return row, column, inside


def _at_bearings(ranges_m: NDArray[np.float64], bearing_rad: ArrayLike) -> NDArray[np.float64]:
    bearings = np.asarray(bearing_rad, dtype=np.float64)
    last = len(ranges_m) - 1
    index = np.round((bearings + math.pi / 2.0) / math.pi * last)
    before = (index >= 0) & (index <= last)
    return np.where(before, ranges_m[np.clip(index, 0, last).astype(np.int64)], 0.0)


def free_space_of(frame: RgbdFrame, settings: FreeSpaceSettings) -> FreeSpace:
    """Return the free space that a frame with depth shows.

    Raises FrameError on a frame without depth.
    """
    points = points_base(frame)
    centres = _cell_centres(settings)
    pixels = _project(frame, centres)
    cells = np.full(centres.shape[:2], Cell.UNKNOWN, dtype=np.uint8)
    cells[_blind_zone(frame, centres, pixels, settings)] = Cell.FREE
    cells[_floor_seen(frame, points, centres, pixels, settings)] = Cell.FREE
    cells[_occupied_cells(points, settings)] = Cell.OCCUPIED
    return FreeSpace(cells, settings)


def _grid_shape(settings: FreeSpaceSettings) -> tuple[int, int]:
    columns = math.ceil(settings.reach_m / settings.cell_m)
    return 2 * columns, columns


def _cell_centres(settings: FreeSpaceSettings) -> NDArray[np.float64]:
    """Return the floor points (rows, columns, 3) under the cells, in the base frame."""
    rows, columns = _grid_shape(settings)
    x_m = (np.arange(columns) + 0.5) * settings.cell_m
    y_m = (np.arange(rows) + 0.5) * settings.cell_m - settings.reach_m
    centres = np.zeros((rows, columns, 3))
    centres[..., 0], centres[..., 1] = x_m, y_m[:, None]
    return centres


def _project(frame: RgbdFrame, points: NDArray[np.float64]) -> NDArray[np.float64]:
    rotation, position = frame.base_from_camera[:3, :3], frame.base_from_camera[:3, 3]
    return frame.camera.project((points - position) @ rotation)


def _floor_seen(
    frame: RgbdFrame,
    points: NDArray[np.float32],
    centres: NDArray[np.float64],
    pixels: NDArray[np.float64],
    settings: FreeSpaceSettings,
) -> NDArray[np.bool_]:
    """Return which cells are looked at by a pixel that shows floor, and shows it there."""
    seen = frame.camera.contains(pixels)
    floor = _floor_pixels(points[..., 2], settings.obstacle_low_m)
    u, v = np.round(pixels[seen]).astype(np.int64).T
    cells, shown = centres[seen][:, :2], points[v, u][:, :2]
    # A low point just before a cell covers its floor; a little disagreement is noise and tilt.
    away_m = np.hypot(*(shown - cells).T)
    allowed_m = settings.cell_m + PLACE_TOLERANCE * np.hypot(*cells.T)
    seen[seen] = floor[v, u] & ~(away_m > allowed_m)
    return seen


def _floor_pixels(height_m: NDArray[np.float32], low_m: float) -> NDArray[np.bool_]:
    """Return the pixels (H, W) that show floor, or a hole of a few pixels within it."""
    known = np.isfinite(height_m)
    with np.errstate(invalid='ignore'):
        floor = np.abs(height_m) < low_m
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * HOLE_PX + 1, 2 * HOLE_PX + 1))
    closed = cv2.morphologyEx(floor.astype(np.uint8), cv2.MORPH_CLOSE, disc).astype(np.bool_)
    return floor | (closed & ~known)


def _blind_zone(
    frame: RgbdFrame,
    centres: NDArray[np.float64],
    pixels: NDArray[np.float64],
    settings: FreeSpaceSettings,
) -> NDArray[np.bool_]:
    """Return the cells between the base and the first floor that the camera can see.

    They lie within the declared zone, not wider than the view at its end, and below the lowest
    pixels for which the picture has any depth.
    """
    forward = frame.base_from_camera[:2, 2] / np.linalg.norm(frame.base_from_camera[:2, 2])
    across_m = np.abs(centres[..., 0] * -forward[1] + centres[..., 1] * forward[0])
    half_view = frame.camera.width_px / (2.0 * frame.camera.fx_px)
    width_m = settings.robot_radius_m + settings.blind_zone_m * half_view
    near = np.hypot(centres[..., 0], centres[..., 1]) <= settings.blind_zone_m
    return near & (across_m <= width_m) & _below_view(frame, pixels)


def _below_view(frame: RgbdFrame, pixels: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which pixels (..., 2) lie below all depth of their column, or cannot be seen."""
    if frame.depth_m is None:
        return np.ones(pixels.shape[:-1], dtype=np.bool_)
    known = np.isfinite(frame.depth_m)
    columns = np.flatnonzero(known.any(axis=0))
    if not len(columns):
        return np.ones(pixels.shape[:-1], dtype=np.bool_)
    lowest = frame.camera.height_px - 1 - np.argmax(known[::-1, columns], axis=0)
    border = np.interp(np.nan_to_num(pixels[..., 0]), columns, lowest)
    return ~(pixels[..., 1] <= border + 0.5)


def _occupied_cells(
    points: NDArray[np.float32], settings: FreeSpaceSettings
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    height_m = points[..., 2]
    with np.errstate(invalid='ignore'):
        touchable = (height_m >= settings.obstacle_low_m) & (height_m <= settings.obstacle_high_m)
    standing = points[touchable]
    rows, columns = _grid_shape(settings)
    column = np.floor(standing[:, 0] / settings.cell_m).astype(np.int64)
    row = np.floor((standing[:, 1] + settings.reach_m) / settings.cell_m).astype(np.int64)
    inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    return row[inside], column[inside]

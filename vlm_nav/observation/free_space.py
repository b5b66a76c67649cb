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
FINER = 4

_BORDER_PERCENTILE = 90.0

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
        sensible = all(0.0 < size < math.inf for size in sizes)
        if not (sensible and self.obstacle_low_m < self.obstacle_high_m):
            raise InvalidValueError(
                f'sizes are positive and finite and the obstacle band has a height, got {self}'
            )
        if not 0.0 <= self.blind_zone_m < math.inf:
            raise InvalidValueError(f'a blind zone is 0 m or more, got {self.blind_zone_m}')


@dataclass(frozen=True, eq=False)
class FreeSpace:
    """The floor before and beside the base as seen in one frame.

    `cells` is (rows, columns) of `Cell`; column 0 begins at x = 0 under the base and grows
    forward, row 0 begins at y = -reach (right) and grows to the left. `obstacles` is the finer
    grid of the same ground, `FINER` times as many rows and columns, True where a point stands.
    """

    cells: NDArray[np.uint8]
    obstacles: NDArray[np.bool_]
    settings: FreeSpaceSettings

    def free_range_m(self, bearing_rad: ArrayLike) -> NDArray[np.float64]:
        """Return how far a disc of the robot's radius travels from the base, (...) metres.

        It ends before the disc would touch what is occupied or unknown; at most the grid's
        reach. Bearings are told apart to half a degree; behind the base nothing is known to be
        free.
        """
        return _at_bearings(self._free_ranges_m, bearing_rad, behind_m=0.0)

    def unobstructed_range_m(self, bearing_rad: ArrayLike) -> NDArray[np.float64]:
        """Return how far the disc travels (...) before it touches what is occupied.

        As `free_range_m`, but the unknown does not stop it: infinite where nothing was seen to
        stand in the way.
        """
        return _at_bearings(self._unobstructed_ranges_m, bearing_rad, behind_m=math.inf)

    @functools.cached_property
    def _free_ranges_m(self) -> NDArray[np.float64]:
        clearance_m = _distance_m(self.cells == Cell.FREE, self.settings.cell_m)
        known_m = self._ranges_m(clearance_m, self.settings.robot_radius_m, np.False_)
        last_m = self._samples_m[-1]
        return np.minimum(
            np.where(np.isinf(known_m), last_m, known_m), self._unobstructed_ranges_m
        )

    @functools.cached_property
    def _unobstructed_ranges_m(self) -> NDArray[np.float64]:
        cell_m = self.settings.cell_m / FINER
        clearance_m = _distance_m(~self.obstacles, cell_m)
        # Point and disc may both lie half a diagonal off the centres of their cells.
        radius_m = self.settings.robot_radius_m + math.sqrt(2.0) * cell_m
        return self._ranges_m(clearance_m, radius_m, np.True_)

    @property
    def _samples_m(self) -> NDArray[np.float64]:
        return np.arange(0.0, self.settings.reach_m, self.settings.cell_m / 2.0)

    def _ranges_m(
        self, clearance_m: NDArray[np.float32], radius_m: float, beyond: np.bool_
    ) -> NDArray[np.float64]:
        """Return the range along each of `_BEARINGS_RAD` before which the disc touches something.

        Infinite where it touches nothing; `beyond` tells whether it passes outside the grid.
        """
        samples_m = self._samples_m
        row, column, inside = _index(
            clearance_m.shape,
            self.settings,
            samples_m * np.cos(_BEARINGS_RAD)[:, None],
            samples_m * np.sin(_BEARINGS_RAD)[:, None],
        )
        passes = np.where(inside, clearance_m[row, column] > radius_m, beyond)
        before = np.maximum(0, np.argmin(passes, axis=-1) - 1)
        return np.where(passes.all(axis=-1), np.inf, samples_m[before])

    def cells_at(self, points: ArrayLike) -> NDArray[np.uint8]:
        """Return the `Cell` (...) at floor points (..., 2) of the base frame."""
        array = np.asarray(points, dtype=np.float64)
        row, column, inside = _index(self.cells.shape, self.settings, array[..., 0], array[..., 1])
        return np.where(inside, self.cells[row, column], np.uint8(Cell.UNKNOWN))


def _distance_m(passable: NDArray[np.bool_], cell_m: float) -> NDArray[np.float32]:
    """Return the distance from the centre of each cell to that of the nearest not passable."""
    distance = cv2.distanceTransform(passable.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.multiply(distance, cell_m, dtype=np.float32)


def _index(
    shape: tuple[int, ...],
    settings: FreeSpaceSettings,
    x_m: NDArray[np.floating],
    y_m: NDArray[np.floating],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Return row and column of places in a grid of this shape, and which lie within it."""
    cell_m = settings.cell_m * _grid_shape(settings)[1] / shape[1]
    column = np.floor(x_m / cell_m)
    row = np.floor((y_m + settings.reach_m) / cell_m)
    inside = (row >= 0) & (row < shape[0]) & (column >= 0) & (column < shape[1])
    row = np.where(inside, row, 0).astype(np.int64)
    column = np.where(inside, column, 0).astype(np.int64)
    return row, column, inside


def _at_bearings(
    ranges_m: NDArray[np.float64], bearing_rad: ArrayLike, behind_m: float
) -> NDArray[np.float64]:
    bearings = np.asarray(bearing_rad, dtype=np.float64)
    last = len(ranges_m) - 1
    index = np.round((bearings + math.pi / 2.0) / math.pi * last)
    before = (index >= 0) & (index <= last)
    return np.where(before, ranges_m[np.clip(index, 0, last).astype(np.int64)], behind_m)


def free_space_of(frame: RgbdFrame, settings: FreeSpaceSettings) -> FreeSpace:
    """Return the free space that a frame with depth shows.

    Raises FrameError on a frame without depth.
    """
    points = points_base(frame)
    centres = _cell_centres(settings)
    pixels = _project(frame, centres)
    cells = np.full(centres.shape[:2], Cell.UNKNOWN, dtype=np.uint8)
    cells[_blind_zone(frame, points, centres, pixels, settings)] = Cell.FREE
    cells[_floor_seen(frame, points, centres, pixels, settings)] = Cell.FREE
    obstacles = _obstacles(points, settings)
    rows, columns = _grid_shape(settings)
    occupied = obstacles.reshape(rows, FINER, columns, FINER).any(axis=(1, 3))
    cells[occupied] = Cell.OCCUPIED
    return FreeSpace(cells, obstacles, settings)


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
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * HOLE_PX + 1, 2 * HOLE_PX + 1))
    closed = cv2.morphologyEx(floor.astype(np.uint8), cv2.MORPH_CLOSE, disc).astype(np.bool_)
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


def _blind_zone(
    frame: RgbdFrame,
    points: NDArray[np.float32],
    centres: NDArray[np.float64],
    pixels: NDArray[np.float64],
    settings: FreeSpaceSettings,
) -> NDArray[np.bool_]:
    """Return the cells between the base and the first floor that the camera can see.

    They lie within the declared zone, on the side to which the camera looks and not wider than
    its view at the zone's end, and below the pixels for which the picture has any depth.
    """
    forward = _heading(frame.base_from_camera)
    along_m = centres[..., 0] * forward[0] + centres[..., 1] * forward[1]
    across_m = np.abs(centres[..., 1] * forward[0] - centres[..., 0] * forward[1])
    half_view = frame.camera.width_px / (2.0 * frame.camera.fx_px)
    width_m = settings.robot_radius_m + settings.blind_zone_m * half_view
    near = np.hypot(centres[..., 0], centres[..., 1]) <= settings.blind_zone_m
    near &= along_m >= -settings.robot_radius_m
    return np.asarray(near & (across_m <= width_m) & _below_view(points, pixels))


def _heading(base_from_camera: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the unit vector (2,) on the floor to which the camera looks; down is ahead."""
    forward = base_from_camera[:2, 2]
    length = float(np.linalg.norm(forward))
    heading: NDArray[np.float64] = forward / length if length > 1e-6 else np.array((1.0, 0.0))
    return heading


def _below_view(points: NDArray[np.float32], pixels: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which pixels (...) lie below all of the picture's depth, or cannot be seen.

    The border is one for the whole picture: depth that is missing in some columns only is a
    hole, not the end of the view. A picture without any depth shows no floor that would end a
    blind zone.
    """
    known = np.isfinite(points[..., 2])
    columns = np.flatnonzero(known.any(axis=0))
    if not len(columns):
        return np.zeros(pixels.shape[:-1], dtype=np.bool_)
    lowest = len(known) - 1 - np.argmax(known[::-1, columns], axis=0)
    border = float(np.percentile(lowest, _BORDER_PERCENTILE)) - HOLE_PX
    return np.asarray(~(pixels[..., 1] <= border))


def _obstacles(points: NDArray[np.float32], settings: FreeSpaceSettings) -> NDArray[np.bool_]:
    """Return the finer grid, True where a point stands that the robot could touch."""
    height_m = points[..., 2]
    with np.errstate(invalid='ignore'):
        touchable = (height_m >= settings.obstacle_low_m) & (height_m <= settings.obstacle_high_m)
    standing = points[touchable]
    rows, columns = _grid_shape(settings)
    obstacles = np.zeros((rows * FINER, columns * FINER), dtype=np.bool_)
    row, column, inside = _index(obstacles.shape, settings, standing[:, 0], standing[:, 1])
    obstacles[row[inside], column[inside]] = True
    return obstacles

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

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from vlm_nav.observation.floor_grid import (
    FINER,
    Cell,
    FreeSpaceSettings,
    cell_centres,
    cell_index,
    grid_shape,
)
from vlm_nav.observation.rgbd_frame import RgbdFrame, points_base
from vlm_nav.observation.seen_floor import blind_zone, floor_seen

_BEARINGS_RAD = np.radians(np.linspace(-90.0, 90.0, 361))


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
        # Point and disc may both lie half a diagonal off the centres of their cells.
        radius_m = self.settings.robot_radius_m + math.sqrt(2.0) * cell_m
        clearance_m = _clearance_m(self.obstacles, cell_m, radius_m)
        return self._ranges_m(clearance_m, radius_m, np.True_)

    @property
    def _samples_m(self) -> NDArray[np.float64]:
        return _samples_m(self.settings)

    def _ranges_m(
        self, clearance_m: NDArray[np.float32], radius_m: float, beyond: np.bool_
    ) -> NDArray[np.float64]:
        """Return the range along each of `_BEARINGS_RAD` before which the disc touches something.

        Infinite where it touches nothing; `beyond` tells whether it passes outside the grid.
        """
        samples_m = self._samples_m
        row, column, inside = _polar_cells(clearance_m.shape, self.settings)
        passes = np.where(inside, clearance_m[row, column] > radius_m, beyond)
        before = np.maximum(0, np.argmin(passes, axis=-1) - 1)
        return np.where(passes.all(axis=-1), np.inf, samples_m[before])

    def cells_at(self, points: ArrayLike) -> NDArray[np.uint8]:
        """Return the `Cell` (...) at floor points (..., 2) of the base frame."""
        array = np.asarray(points, dtype=np.float64)
        row, column, inside = cell_index(
            self.cells.shape, self.settings, array[..., 0], array[..., 1]
        )
        return np.where(inside, self.cells[row, column], np.uint8(Cell.UNKNOWN))


def free_space_of(frame: RgbdFrame, settings: FreeSpaceSettings) -> FreeSpace:
    """Return the free space that a frame with depth shows.

    Raises FrameError on a frame without depth.
    """
    points = points_base(frame)
    centres = cell_centres(settings)
    pixels = _project(frame, centres)
    cells = np.full(centres.shape[:2], Cell.UNKNOWN, dtype=np.uint8)
    cells[blind_zone(frame, points, centres, pixels, settings)] = Cell.FREE
    cells[floor_seen(frame, points, centres, pixels, settings)] = Cell.FREE
    obstacles = _obstacles(points, settings)
    cells[_coarser(obstacles)] = Cell.OCCUPIED
    return FreeSpace(cells, obstacles, settings)


def _coarser(obstacles: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the cells within which at least one of the finer ones is true."""
    rows, columns = obstacles.shape[0] // FINER, obstacles.shape[1] // FINER
    share = cv2.resize(
        obstacles.astype(np.uint8) * 255, (columns, rows), interpolation=cv2.INTER_AREA
    )
    return np.asarray(share > 0)


def _distance_m(passable: NDArray[np.bool_], cell_m: float) -> NDArray[np.float32]:
    """Return the distance from the centre of each cell to that of the nearest not passable."""
    distance = cv2.distanceTransform(passable.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.multiply(distance, cell_m, dtype=np.float32)


def _clearance_m(
    obstacles: NDArray[np.bool_], cell_m: float, enough_m: float
) -> NDArray[np.float32]:
    """Return the distance from each cell to the nearest obstacle, infinite far from all."""
    clearance_m = np.full(obstacles.shape, np.inf, dtype=np.float32)
    rows = np.flatnonzero(obstacles.any(axis=1))
    if len(rows):
        margin = math.ceil(enough_m / cell_m) + 1
        near = slice(max(0, rows[0] - margin), rows[-1] + margin + 1)
        clearance_m[near] = _distance_m(~obstacles[near], cell_m)
    return clearance_m


def _at_bearings(
    ranges_m: NDArray[np.float64], bearing_rad: ArrayLike, behind_m: float
) -> NDArray[np.float64]:
    bearings = np.asarray(bearing_rad, dtype=np.float64)
    last = len(ranges_m) - 1
    index = np.round((bearings + math.pi / 2.0) / math.pi * last)
    before = (index >= 0) & (index <= last)
    return np.where(before, ranges_m[np.clip(index, 0, last).astype(np.int64)], behind_m)


def _samples_m(settings: FreeSpaceSettings) -> NDArray[np.float64]:
    return np.arange(0.0, settings.reach_m, settings.cell_m / 2.0)


@functools.lru_cache(maxsize=8)
def _polar_cells(
    shape: tuple[int, ...], settings: FreeSpaceSettings
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Return the cells of a grid along each of `_BEARINGS_RAD`, as `cell_index`."""
    samples_m = _samples_m(settings)
    return cell_index(
        shape,
        settings,
        samples_m * np.cos(_BEARINGS_RAD)[:, None],
        samples_m * np.sin(_BEARINGS_RAD)[:, None],
    )


def _project(frame: RgbdFrame, points: NDArray[np.float64]) -> NDArray[np.float64]:
    rotation, position = frame.base_from_camera[:3, :3], frame.base_from_camera[:3, 3]
    return frame.camera.project((points - position) @ rotation)


def _obstacles(points: NDArray[np.float32], settings: FreeSpaceSettings) -> NDArray[np.bool_]:
    """Return the finer grid, True where a point stands that the robot could touch."""
    x_m, y_m, height_m = (plane.ravel() for plane in np.moveaxis(points, -1, 0))
    with np.errstate(invalid='ignore'):
        touchable = (height_m >= settings.obstacle_low_m) & (height_m <= settings.obstacle_high_m)
    places = np.flatnonzero(touchable)
    rows, columns = grid_shape(settings)
    obstacles = np.zeros((rows * FINER, columns * FINER), dtype=np.bool_)
    row, column, inside = cell_index(obstacles.shape, settings, x_m[places], y_m[places])
    obstacles[row[inside], column[inside]] = True
    return obstacles

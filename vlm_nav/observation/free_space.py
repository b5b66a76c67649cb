"""Where the robot may drive on the floor around the base, and how far to each side.

The floor is a grid of cells: free, occupied or unknown. Unknown is not free.
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
    cell_index,
)


@dataclass(frozen=True, eq=False)
class FreeSpace:
    """The floor around the base as seen in frames of one moment.

    `cells` is (rows, columns) of `Cell`; column 0 begins at x = -behind_m (0: under the base) and
    grows forward, row 0 begins at y = -reach (right) and grows to the left. `obstacles` is the
    finer grid of the same ground, `FINER` times as many rows and columns, True where a point
    stands. `assumed` (rows, columns) is True in a blind zone at which a camera without depth
    looks: the way may lead there, but nobody measured it.
    """

    cells: NDArray[np.uint8]
    obstacles: NDArray[np.bool_]
    assumed: NDArray[np.bool_]
    settings: FreeSpaceSettings

    def free_range_m(self, bearing_rad: ArrayLike) -> NDArray[np.float64]:
        """Return how far a disc of the robot's radius travels from the base, (...) metres.

        It ends before the disc would touch what is occupied or unknown; at most the grid's
        reach. Bearings are told apart to half a degree; where the grid does not reach behind the
        base, nothing there is known to be free.
        """
        return self._at_bearings(self._free_ranges_m, bearing_rad, beyond_m=0.0)

    def unobstructed_range_m(self, bearing_rad: ArrayLike) -> NDArray[np.float64]:
        """Return how far the disc travels (...) before it touches what is occupied.

        As `free_range_m`, but the unknown does not stop it: infinite where nothing was seen to
        stand in the way.
        """
        return self._at_bearings(self._unobstructed_ranges_m, bearing_rad, beyond_m=math.inf)

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

    def _at_bearings(
        self, ranges_m: NDArray[np.float64], bearing_rad: ArrayLike, beyond_m: float
    ) -> NDArray[np.float64]:
        bearings = np.asarray(bearing_rad, dtype=np.float64)
        last = len(ranges_m) - 1
        widest_rad = _widest_rad(self.settings)
        index = np.round((bearings + widest_rad) / (2.0 * widest_rad) * last)
        covered = (index >= 0) & (index <= last)
        return np.where(covered, ranges_m[np.clip(index, 0, last).astype(np.int64)], beyond_m)

    @property
    def _samples_m(self) -> NDArray[np.float64]:
        return _samples_m(self.settings)

    def _ranges_m(
        self, clearance_m: NDArray[np.float32], radius_m: float, beyond: np.bool_
    ) -> NDArray[np.float64]:
        """Return the range along each bearing before which the disc touches something.

        Infinite where it touches nothing; `beyond` tells whether it passes outside the grid.
        """
        samples_m = self._samples_m
        cells, inside = _polar_cells(clearance_m.shape, self.settings)
        passes = np.where(inside, clearance_m.ravel().take(cells) > radius_m, beyond)
        before = np.maximum(0, np.argmin(passes, axis=-1) - 1)
        return np.where(passes.all(axis=-1), np.inf, samples_m[before])

    def cells_at(self, points: ArrayLike) -> NDArray[np.uint8]:
        """Return the `Cell` (...) at floor points (..., 2) of the base frame."""
        row, column, inside = self._index(points)
        return np.where(inside, self.cells[row, column], np.uint8(Cell.UNKNOWN))

    def is_assumed(self, points: ArrayLike) -> NDArray[np.bool_]:
        """Return whether floor points (..., 2) of the base frame are free by assumption only.

        Outside the grid nothing is known, whatever lies at the same bearing within it.
        """
        row, column, inside = self._index(points)
        return np.asarray(~inside | self.assumed[row, column])

    def _index(
        self, points: ArrayLike
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        array = np.asarray(points, dtype=np.float64)
        return cell_index(self.cells.shape, self.settings, array[..., 0], array[..., 1])


def _distance_m(passable: NDArray[np.bool_], cell_m: float) -> NDArray[np.float32]:
    """Return the distance from the centre of each cell to that of the nearest not passable."""
    distance = cv2.distanceTransform(passable.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.multiply(distance, cell_m, dtype=np.float32)


def _clearance_m(
    obstacles: NDArray[np.bool_], cell_m: float, enough_m: float
) -> NDArray[np.float32]:
    """Return the distance from each cell to the nearest obstacle, infinite far from all."""
    clearance_m = np.full(obstacles.shape, np.inf, dtype=np.float32)
    margin = math.ceil(enough_m / cell_m) + 1
    near = tuple(_around(np.flatnonzero(obstacles.any(axis=axis)), margin) for axis in (1, 0))
    if obstacles[near].size:
        clearance_m[near] = _distance_m(~obstacles[near], cell_m)
    return clearance_m


def _around(found: NDArray[np.int64], margin: int) -> slice:
    """Return from the first index to the last, and `margin` more on both sides."""
    if not len(found):
        return slice(0, 0)
    return slice(max(0, int(found[0]) - margin), int(found[-1]) + margin + 1)


def _widest_rad(settings: FreeSpaceSettings) -> float:
    """Return the greatest bearing that the grid covers."""
    return math.pi if settings.behind_m else math.pi / 2.0


def _samples_m(settings: FreeSpaceSettings) -> NDArray[np.float64]:
    return np.arange(0.0, settings.reach_m, settings.cell_m / 2.0)


@functools.lru_cache(maxsize=8)
def _polar_cells(
    shape: tuple[int, ...], settings: FreeSpaceSettings
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the cells of a grid along each bearing that it covers, and which lie within it.

    Cells are counted through all rows.
    """
    samples_m = _samples_m(settings)
    widest_deg = math.degrees(_widest_rad(settings))
    bearings_rad = np.radians(np.linspace(-widest_deg, widest_deg, round(4.0 * widest_deg) + 1))
    row, column, inside = cell_index(
        shape,
        settings,
        samples_m * np.cos(bearings_rad)[:, None],
        samples_m * np.sin(bearings_rad)[:, None],
    )
    return row * shape[1] + column, inside

"""How far it is over the free floor of a costmap, from where the robot stands."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import inverse, transform_from_floor_pose, transform_points
from vlm_nav.observation.costmap import Costmap, may_stand

# Who stands a little too near to something is let out of there.
_LET_OUT_CELLS = 4
# From what the base is inflated around it keeps away, where there is room.
_COMFORTABLE = 60
_LARGEST_CELLS = 4_000_000

Place = tuple[float, float]
Allowed: TypeAlias = Callable[[FloatArray], NDArray[np.bool_]]


def everywhere(places: FloatArray) -> NDArray[np.bool_]:
    """Return that the robot may be at all places (..., 2)."""
    return np.ones(places.shape[:-1], dtype=np.bool_)


@dataclass(frozen=True, eq=False)
class CostmapWays:
    """Ways from one place of a costmap: `lengths_m` (rows, columns), inf where none leads."""

    costmap: Costmap
    lengths_m: FloatArray

    @functools.cached_property
    def comfortable(self) -> NDArray[np.bool_]:
        """Return which cells (rows, columns) can be reached and leave room around the robot."""
        return np.isfinite(self.lengths_m) & (self.costmap.values < _COMFORTABLE)

    def lengths_m_to(self, places: FloatArray) -> FloatArray:
        """Return the metres to places (n, 2) of the costmap's frame, inf outside of it."""
        rows, columns = cells_of(self.costmap, places)
        inside = self.costmap.contains(places)
        lengths_m: FloatArray = np.full(len(places), np.inf)
        lengths_m[inside] = self.lengths_m[rows[inside], columns[inside]]
        return lengths_m

    def nearest(self, wanted: NDArray[np.bool_]) -> Place | None:
        """Return the middle of the wanted cell with the shortest way, None where none leads."""
        away_m = np.where(wanted, self.lengths_m, np.inf)
        row, column = np.unravel_index(int(np.argmin(away_m)), away_m.shape)
        if not math.isfinite(away_m[row, column]):
            return None
        x_m, y_m = cell_centres(self.costmap)[row, column]
        return float(x_m), float(y_m)


def ways_from(costmap: Costmap, here: Place, allowed: Allowed = everywhere) -> CostmapWays | None:
    """Return the ways from a place of the costmap's frame that lead over allowed places.

    None where the costmap does not know that place, or is larger than any house. Lengths are of
    ways from cell to cell: up to 8 % off. Takes about 10 ms for a house.
    """
    place = np.array([here])
    if costmap.values.size > _LARGEST_CELLS or not np.isfinite(place).all():
        return None
    if not costmap.contains(place)[0]:
        return None
    free = may_stand(costmap.values) & allowed(cell_centres(costmap))
    rows, columns = cells_of(costmap, place)
    steps = _steps_from(free, (int(rows[0]), int(columns[0])))
    lengths_m = np.where(steps < 0, np.inf, steps * costmap.resolution_m)
    return CostmapWays(costmap, lengths_m)


def cell_centres(costmap: Costmap) -> FloatArray:
    """Return the centres of all cells (rows, columns, 2) in the costmap's frame."""
    rows, columns = np.indices(costmap.values.shape) + 0.5
    on_grid = np.stack([columns, rows, np.zeros_like(rows)], axis=-1) * costmap.resolution_m
    centres: FloatArray = transform_points(transform_from_floor_pose(costmap.origin), on_grid)
    return centres[..., :2]


def cells_of(costmap: Costmap, places: FloatArray) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the row and the column (...) of places (..., 2), outside those of the border."""
    grid_from_frame = inverse(transform_from_floor_pose(costmap.origin))
    on_floor = np.concatenate([places, np.zeros((*places.shape[:-1], 1))], axis=-1)
    on_grid = transform_points(grid_from_frame, on_floor)
    cells = np.floor(on_grid[..., :2] / costmap.resolution_m).astype(np.int64)
    last_row, last_column = np.array(costmap.values.shape) - 1
    return np.clip(cells[..., 1], 0, last_row), np.clip(cells[..., 0], 0, last_column)


def _steps_from(free: NDArray[np.bool_], start: tuple[int, int]) -> NDArray[np.int32]:
    """Return after how many steps a wave over free cells reaches each cell, -1 for never."""
    ground = free.astype(np.uint8)
    wave = np.zeros_like(ground)
    row, column = start
    let_out = 0 if free[start] else _LET_OUT_CELLS
    near = slice(max(0, row - let_out), row + let_out + 1)
    wave[near, max(0, column - let_out) : column + let_out + 1] = 1
    wave &= ground
    steps = np.full(free.shape, -1, dtype=np.int32)
    square, cross = (
        cv2.getStructuringElement(shape, (3, 3)) for shape in (cv2.MORPH_RECT, cv2.MORPH_CROSS)
    )
    for step in range(free.size):
        new = (wave > 0) & (steps < 0)
        if not new.any():
            break
        steps[new] = step
        # Square and cross in turn make an octagon: nearly as round as a way is.
        wave = np.asarray(cv2.dilate(wave, square if step % 2 else cross), dtype=np.uint8) & ground
    return steps

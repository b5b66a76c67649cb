"""Value maps: sub-goal points to reach and to avoid as one smooth cost over a box of space.

"GravMAD" and before it "VoxPoser" let a policy follow such maps. Here the gripper's pose at the
lowest cost is what is wanted, and the map itself for people to look at.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.arrays import FloatArray

_MOST_CELLS = 4_000_000
# The cost of a place in the middle of what is avoided, in units of the farthest reach.
_AVOID_WEIGHT = 1.5


@dataclass(frozen=True)
class ValueMapSettings:
    """How fine a map is, and how far around a point something is avoided, in metres."""

    cell_m: float = 0.02
    avoid_m: float = 0.08
    smooth_m: float = 0.02

    def __post_init__(self) -> None:
        """Raise InvalidValueError for lengths that are none."""
        if not min(self.cell_m, self.avoid_m) > 0.0 or not self.smooth_m >= 0.0:
            raise InvalidValueError(f'cell_m and avoid_m are above 0, got {self}')


@dataclass(frozen=True, eq=False)
class ValueMap:
    """The cost (nx, ny, nz), 0 the best and 1 the worst, of cells of the base frame.

    `origin_base` (3,) is the centre of the first cell, `cell_m` the cells' size.
    """

    origin_base: FloatArray
    cell_m: float
    cost: FloatArray

    def place_of(self, index: FloatArray) -> FloatArray:
        """Return the places (..., 3) of cells (..., 3)."""
        places: FloatArray = self.origin_base + self.cell_m * np.asarray(index, dtype=np.float64)
        return places

    def cost_at(self, places_base: FloatArray) -> FloatArray:
        """Return the cost (n,) of the cells that places (n, 3) lie in, NaN outside the map."""
        cells = np.round((places_base - self.origin_base) / self.cell_m).astype(np.int64)
        inside = ((cells >= 0) & (cells < self.cost.shape)).all(axis=1)
        found = np.full(len(cells), np.nan)
        found[inside] = self.cost[tuple(cells[inside].T)]
        return found

    @property
    def best_place(self) -> FloatArray:
        """Return the place (3,) of the lowest cost, between the cells around it."""
        best = np.unravel_index(int(np.argmin(self.cost)), self.cost.shape)
        return self.place_of(
            np.array([_between(self.cost, best, axis) for axis in range(3)], dtype=np.float64)
        )

    def best_pose(self, base_from_gripper: FloatArray) -> FloatArray:
        """Return a pose (4, 4) of the gripper at the lowest cost, turned as it is now."""
        pose = np.array(base_from_gripper, dtype=np.float64)
        pose[:3, 3] = self.best_place
        return pose

    def points(self, below: float = 0.3) -> tuple[FloatArray, FloatArray]:
        """Return the places (n, 3) of cells that cost less than `below`, and their costs (n,)."""
        cells = np.argwhere(self.cost < below)
        return self.place_of(cells.astype(np.float64)), self.cost[tuple(cells.T)]


def value_map(
    reach_base: FloatArray,
    avoid_base: FloatArray,
    box_m: tuple[FloatArray, FloatArray],
    settings: ValueMapSettings = ValueMapSettings(),
) -> ValueMap:
    """Return the map of a box, from its lowest to its highest corner, in the base frame.

    The cost grows with the distance from the nearest of the points (n, 3) to reach, and falls off
    as a bell around the points (m, 3) to avoid, of which there may be none. Raises
    InvalidValueError without a point to reach, and for boxes of no or too many cells.
    """
    reach = np.asarray(reach_base, dtype=np.float64).reshape(-1, 3)
    avoid = np.asarray(avoid_base, dtype=np.float64).reshape(-1, 3)
    low, high = (np.asarray(corner, dtype=np.float64) for corner in box_m)
    if not len(reach) or not np.isfinite(reach).all() or not np.isfinite(avoid).all():
        raise InvalidValueError(
            f'finite points to reach were wanted, got {len(reach)} and {len(avoid)} to avoid'
        )
    sizes = np.floor((high - low) / settings.cell_m + 0.5) + 1.0
    if not (np.isfinite(sizes).all() and (sizes >= 2).all() and sizes.prod() <= _MOST_CELLS):
        raise InvalidValueError(f'a box has 2 cells a side and {_MOST_CELLS} at most, got {sizes}')
    shape = tuple(int(size) for size in sizes)
    away_m = _distance_m(reach, low, shape, settings.cell_m)
    cost = away_m / max(float(away_m.max()), settings.cell_m)
    if len(avoid):
        near_m = _distance_m(avoid, low, shape, settings.cell_m)
        cost = cost + _AVOID_WEIGHT * np.exp(-0.5 * np.square(near_m / settings.avoid_m))
    cost = _smoothed(cost, settings.smooth_m / settings.cell_m)
    cost = cost - cost.min()
    return ValueMap(low, settings.cell_m, cost / max(float(cost.max()), 1e-12))


def _distance_m(
    points: FloatArray, low: FloatArray, shape: tuple[int, ...], cell_m: float
) -> FloatArray:
    """Return the distance of each cell from the nearest point, a point for each cell at most."""
    cells = np.unique(np.round((points - low) / cell_m), axis=0)
    axes = [np.arange(size, dtype=np.float32) for size in shape]
    nearest = np.full(shape, np.inf, dtype=np.float32)
    for cell in cells:
        x, y, z = (
            np.square(axis - np.float32(place)) for axis, place in zip(axes, cell, strict=True)
        )
        np.minimum(nearest, x[:, None, None] + (y[:, None] + z)[None], out=nearest)
    distance: FloatArray = cell_m * np.sqrt(nearest.astype(np.float64))
    return distance


def _smoothed(cost: FloatArray, sigma_cells: float) -> FloatArray:
    """Return the cost with a Gaussian over all three axes, one after the other."""
    if sigma_cells <= 0.0:
        return cost
    side = 2 * max(1, round(3.0 * sigma_cells)) + 1
    kernel = cv2.getGaussianKernel(side, sigma_cells)
    smooth = cost
    for axis in range(3):
        moved = np.ascontiguousarray(np.moveaxis(smooth, axis, 0))
        flat = moved.reshape(len(moved), -1)
        filtered = cv2.sepFilter2D(
            flat, cv2.CV_64F, np.ones((1, 1)), kernel, borderType=cv2.BORDER_REPLICATE
        )
        unmoved = np.asarray(filtered, dtype=np.float64).reshape(moved.shape)
        smooth = np.moveaxis(unmoved, 0, axis)
    return np.ascontiguousarray(smooth)


def _between(cost: FloatArray, best: tuple[np.intp, ...], axis: int) -> float:
    """Return where on an axis the parabola through the best cell and its neighbours is lowest."""
    at = int(best[axis])
    if not 0 < at < cost.shape[axis] - 1:
        return float(at)
    before, here, after = (
        float(cost[tuple(index + step * (number == axis) for number, index in enumerate(best))])
        for step in (-1, 0, 1)
    )
    bend = before - 2.0 * here + after
    return at if bend <= 0.0 else at + float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5))

"""A Nav2 costmap as the package reads it: where may the robot's centre stand?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import FloorPose, inverse, transform_from_floor_pose, transform_places

UNKNOWN = -1
INSCRIBED = 99
LETHAL = 100


class CostmapError(InvalidValueError):
    """A grid's numbers describe no costmap."""


@dataclass(frozen=True, eq=False)
class Costmap:
    """An occupancy grid with Nav2's scale: -1 unknown, 0 free, 99 inscribed, 100 lethal.

    `values` is (rows, columns) int8, row 0 at `origin`, the corner of the first cell in the
    grid's frame `frame_id`; rows grow along the origin's y, columns along its x.
    """

    values: NDArray[np.int8]
    resolution_m: float
    origin: FloorPose
    frame_id: str
    stamp_ns: int

    def __post_init__(self) -> None:
        """Raise CostmapError where the grid is empty or its resolution no length."""
        if self.values.ndim != 2 or self.values.size == 0:
            raise CostmapError(f'a costmap has rows and columns, got {self.values.shape}')
        if not 0.0 < self.resolution_m < float('inf'):
            raise CostmapError(f'a resolution is a length in metres, got {self.resolution_m}')

    def values_at(self, points: ArrayLike) -> NDArray[np.int8]:
        """Return the values (...) at points (..., 2) of the grid's frame; outside is unknown."""
        cells = np.floor(self._in_grid(points) / self.resolution_m)
        rows, columns = self.values.shape
        with np.errstate(invalid='ignore'):
            column, row = cells[..., 0], cells[..., 1]
            inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
        row = np.where(inside, row, 0).astype(np.int64)
        column = np.where(inside, column, 0).astype(np.int64)
        found: NDArray[np.int8] = np.where(inside, self.values[row, column], UNKNOWN)
        return found.astype(np.int8)

    def contains(self, points: ArrayLike) -> NDArray[np.bool_]:
        """Return whether points (..., 2) of the grid's frame lie within its borders."""
        in_grid = self._in_grid(points)
        size_m = np.array(self.values.shape[::-1]) * self.resolution_m
        return np.asarray(((in_grid >= 0.0) & (in_grid < size_m)).all(axis=-1))

    def _in_grid(self, points: ArrayLike) -> FloatArray:
        grid_from_frame = inverse(transform_from_floor_pose(self.origin))
        return transform_places(grid_from_frame, points)


@dataclass(frozen=True, eq=False)
class CostmapView:
    """A costmap together with the pose of the base in its frame, at the picture's stamp."""

    costmap: Costmap
    costmap_from_base: FloatArray

    def values_at_base(self, points_base: ArrayLike) -> NDArray[np.int8]:
        """Return the values (...) at floor points (..., 2) of the base frame."""
        return self.costmap.values_at(transform_places(self.costmap_from_base, points_base))


def may_stand(values: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Return where the robot's centre may stand: 0 <= value < 99; unknown is not free."""
    return (values >= 0) & (values < INSCRIBED)

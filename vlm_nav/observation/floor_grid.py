"""The grid of the floor around the base: its sizes, cells and places."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.errors import InvalidValueError

FINER = 3
"""How many times finer obstacles are placed than floor, in each direction."""


class Cell(IntEnum):
    """What is known about a cell of the floor."""

    UNKNOWN = 0
    FREE = 1
    OCCUPIED = 2


@dataclass(frozen=True)
class FreeSpaceSettings:
    """Sizes of the robot and of the grid, in metres.

    `blind_zone_m` is how far before the base the floor may be taken as free although the
    camera cannot see it; the zone ends earlier where the first floor is seen earlier. The grid
    reaches `reach_m` ahead and to both sides, and `behind_m` behind the base.
    """

    robot_radius_m: float = 0.22
    obstacle_low_m: float = 0.05
    obstacle_high_m: float = 1.6
    blind_zone_m: float = 1.5
    reach_m: float = 5.0
    cell_m: float = 0.05
    behind_m: float = 0.0

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
        if not 0.0 <= self.behind_m <= self.reach_m:
            raise InvalidValueError(
                f'the grid reaches from 0 to {self.reach_m} m behind the base, got {self.behind_m}'
            )


def grid_shape(settings: FreeSpaceSettings) -> tuple[int, int]:
    """Return how many rows and columns the grid has."""
    columns = math.ceil(settings.reach_m / settings.cell_m)
    return 2 * columns, columns + math.ceil(settings.behind_m / settings.cell_m)


def cell_centres(settings: FreeSpaceSettings) -> NDArray[np.float64]:
    """Return the floor points (rows, columns, 3) under the cells, in the base frame."""
    rows, columns = grid_shape(settings)
    x_m = (np.arange(columns) + 0.5) * settings.cell_m - settings.behind_m
    y_m = (np.arange(rows) + 0.5) * settings.cell_m - settings.reach_m
    centres = np.zeros((rows, columns, 3))
    centres[..., 0], centres[..., 1] = x_m, y_m[:, None]
    return centres


def cell_index(
    shape: tuple[int, ...],
    settings: FreeSpaceSettings,
    x_m: NDArray[np.floating],
    y_m: NDArray[np.floating],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Return row and column of places in a grid of this shape, and which lie within it."""
    cell_m = settings.cell_m * grid_shape(settings)[1] / shape[1]
    column = (x_m + settings.behind_m) / cell_m
    row = (y_m + settings.reach_m) / cell_m
    inside = (row >= 0) & (row < shape[0]) & (column >= 0) & (column < shape[1])
    # Whole numbers are cut off after the point, which for these is to round down.
    rows, columns = (np.where(inside, cell, 0.0).astype(np.int64) for cell in (row, column))
    return rows, columns, inside

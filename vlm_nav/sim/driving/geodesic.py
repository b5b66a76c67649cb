"""How far it is to drive to a thing, from everywhere in a house: the truth of measurements."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt
from skimage.graph import MCP_Geometric

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import FloorPose, wrap_angle
from vlm_nav.observation.costmap import LETHAL, Costmap
from vlm_nav.sim.driving.house_costmap import RADIUS_M, distances_m
from vlm_nav.sim.driving.occupancy import (
    ROBOT_HEIGHT_M,
    cell_centers,
    in_rooms,
    in_the_way,
    occupancy_of,
)
from vlm_nav.sim.house.house_plan import HousePlan, Thing

# Who stands by a wall may be in a cell whose middle is too near to it.
_SLACK_M = 0.1
# How far the way may go on from where the robot does not fit any more.
_REACH_M = 0.5
# What hangs above furniture is stood before: this is as deep as that may be.
_HANGING_M, _HANGING_REACH_M = 1.0, 0.8
# Where a run starts there is room to turn, arm and all.
_START_CLEARANCE_M = 0.4


@dataclass(frozen=True, eq=False)
class DistanceField:
    """Metres (rows, columns) to drive from each cell of a grid, inf where no way leads.

    Ways go from cell to cell, to eight neighbours: they are up to 8 % longer than the shortest.
    Where nothing stands between, `at` tells the straight way, which is as long as it is.
    """

    values_m: FloatArray
    grid: Costmap

    def at(self, x_m: float, y_m: float) -> float:
        """Return the metres from a place of the map, inf from where no way leads."""
        resolution_m = self.grid.resolution_m
        column = (x_m - self.grid.origin.x_m) / resolution_m - 0.5
        row = (y_m - self.grid.origin.y_m) / resolution_m - 0.5
        reach = math.ceil(_SLACK_M / resolution_m)
        best_m = math.inf
        for near_row in range(round(row) - reach, round(row) + reach + 1):
            for near_column in range(round(column) - reach, round(column) + reach + 1):
                beside_m = math.hypot(near_row - row, near_column - column) * resolution_m
                if beside_m <= _SLACK_M:
                    best_m = min(best_m, self._cell(near_row, near_column) + beside_m)
        return self._straight_m(row, column, best_m)

    def _straight_m(self, row: float, column: float, most_m: float) -> float:
        """Return how long the shortest straight way to the thing is, at most `most_m`."""
        if not math.isfinite(most_m):
            return most_m
        ends = self._ends
        away_m = np.hypot(*(ends - (row, column)).T) * self.grid.resolution_m
        for index in np.argsort(away_m):
            if away_m[index] >= most_m:
                break
            if self._is_free((row, column), ends[index], float(away_m[index])):
                return float(away_m[index])
        return most_m

    @functools.cached_property
    def _ends(self) -> NDArray[np.intp]:
        """Return the cells (n, 2) of the thing, by row and column."""
        return np.argwhere(self.values_m == 0.0)

    def _is_free(self, begin: tuple[float, float], end: NDArray[np.intp], long_m: float) -> bool:
        """Return whether a way leads on from all of the straight line, but for the slack."""
        steps = math.ceil(2.0 * long_m / self.grid.resolution_m) + 1
        along = np.linspace(0.0, 1.0, steps)
        along = along[along * long_m >= _SLACK_M, None]
        rows, columns = np.rint((1.0 - along) * begin + along * end).astype(int).T
        return bool(np.isfinite(self.values_m[rows, columns]).all())

    def _cell(self, row: int, column: int) -> float:
        rows, columns = self.values_m.shape
        if 0 <= row < rows and 0 <= column < columns:
            return float(self.values_m[row, column])
        return math.inf


def distances_to_thing(
    plan: HousePlan,
    thing: Thing,
    radius_m: float = RADIUS_M,
    robot_height_m: float = ROBOT_HEIGHT_M,
) -> DistanceField:
    """Return how far the middle of a robot of this size has to go to the edge of a thing.

    The thing itself and what it stands on are no hindrance: from beside the table it is as far
    to the cup as over the table. The last half metre may be too narrow for the robot,
    and that to something that hangs on a wall may lead over furniture.
    """
    own = {thing.identifier, thing.on}
    others = [box for box in plan.footprints() if box.name not in own]
    grid = occupancy_of(others, plan.bounds, robot_height_m, plan.rooms)
    # What hangs on a wall touches cells of it; those of its own room are its own.
    rooms = [room for room in plan.rooms if room.name == thing.room] or plan.rooms
    sources = _cells_of(thing, grid) & in_rooms(cell_centers(grid), rooms)
    supports = [box for box in in_the_way(plan.footprints(), robot_height_m) if box.name in own]
    own_cells = sources | (occupancy_of(supports, plan.bounds).values == LETHAL)
    roomy = distances_m(grid, in_the_way(others, robot_height_m), 2.0 * radius_m) > radius_m
    away_m = distance_transform_edt(~own_cells) * grid.resolution_m
    passable = ((grid.values == 0) & (roomy | (away_m <= _REACH_M))) | sources
    if thing.height_m > _HANGING_M:
        walls = occupancy_of(plan.walls, plan.bounds, robot_height_m, plan.rooms)
        passable |= (away_m <= _HANGING_REACH_M) & (walls.values == 0)
    return DistanceField(_distances_m(passable, sources, grid.resolution_m), grid)


def sample_start(
    plan: HousePlan,
    field: DistanceField,
    generator: np.random.Generator,
    low_m: float,
    high_m: float,
    robot_height_m: float = ROBOT_HEIGHT_M,
) -> FloorPose | None:
    """Return a random pose with room around it from which the way is `low_m` to `high_m` long.

    None where the house has no such place. Raises InvalidValueError for limits that are none.
    """
    if not 0.0 <= low_m <= high_m:
        raise InvalidValueError(f'a way of low_m to high_m was wanted, got {low_m}..{high_m}')
    grid = occupancy_of(plan.footprints(), plan.bounds, robot_height_m, plan.rooms)
    boxes = in_the_way(plan.footprints(), robot_height_m)
    fit = distances_m(grid, boxes, 2.0 * _START_CLEARANCE_M) > _START_CLEARANCE_M
    fit &= (grid.values == 0) & (field.values_m >= low_m) & (field.values_m <= high_m)
    places = cell_centers(grid)[fit]
    if not len(places):
        return None
    x_m, y_m = places[generator.integers(len(places))]
    yaw_rad = wrap_angle(generator.uniform(-math.pi, math.pi))
    return FloorPose(float(x_m), float(y_m), yaw_rad)


def _cells_of(thing: Thing, grid: Costmap) -> NDArray[np.bool_]:
    """Return the cells that a thing covers, at least the one below its middle."""
    centers = cell_centers(grid)
    cosine, sine = math.cos(thing.pose.yaw_rad), math.sin(thing.pose.yaw_rad)
    x, y = centers[..., 0] - thing.pose.x_m, centers[..., 1] - thing.pose.y_m
    smallest_m = grid.resolution_m * (abs(cosine) + abs(sine)) / 2
    length_m, width_m = (max(size / 2, smallest_m) for size in thing.size_m[:2])
    along, across = np.abs(cosine * x + sine * y), np.abs(cosine * y - sine * x)
    covered: NDArray[np.bool_] = (along <= length_m) & (across <= width_m)
    return covered


def _distances_m(
    passable: NDArray[np.bool_], sources: NDArray[np.bool_], resolution_m: float
) -> FloatArray:
    starts = np.argwhere(sources)
    if not len(starts):
        return np.full(passable.shape, np.inf)
    ways = MCP_Geometric(np.where(passable, 1.0, -1.0), fully_connected=True)
    cells, _ = ways.find_costs(starts)
    distances_m: FloatArray = np.where(passable, cells * resolution_m, np.inf)
    return distances_m

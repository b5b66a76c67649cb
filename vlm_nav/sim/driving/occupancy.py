"""Where in a house something stands, as a grid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.observation.costmap import LETHAL, UNKNOWN, Costmap
from vlm_nav.sim.house.clearance import beside
from vlm_nav.sim.house.house_plan import Area, Footprint, HousePlan, Place

RESOLUTION_M = 0.05
ROBOT_HEIGHT_M = 1.4

# What lies lower is driven over.
_STEP_M = 0.02
# Around the house, so that walls have two sides.
_MARGIN_M = 0.2


def in_the_way(
    footprints: Iterable[Footprint], robot_height_m: float = ROBOT_HEIGHT_M
) -> tuple[Footprint, ...]:
    """Return the boxes that a robot of this height meets: not what hangs above it."""
    return tuple(box for box in footprints if box.low_m < robot_height_m and box.high_m > _STEP_M)


def occupancy_of(
    footprints: Iterable[Footprint],
    bounds: tuple[Place, Place],
    robot_height_m: float = ROBOT_HEIGHT_M,
    rooms: Sequence[Area] = (),
    frame_id: str = 'map',
) -> Costmap:
    """Return the grid of what stands within `bounds`, 0 free and 100 occupied.

    A cell is occupied where any of its area may be, so no box is smaller in the grid than it is.
    Where rooms are given, what lies in none of them is unknown (-1).
    """
    low = np.asarray(bounds[0]) - _MARGIN_M
    shape = np.ceil((np.asarray(bounds[1]) + _MARGIN_M - low) / RESOLUTION_M).astype(int)
    values = np.zeros((shape[1], shape[0]), dtype=np.int8)
    grid = Costmap(values, RESOLUTION_M, FloorPose(float(low[0]), float(low[1]), 0.0), frame_id, 0)
    places = cell_centers(grid)
    if rooms:
        values[~in_rooms(places, rooms)] = UNKNOWN
    for box in in_the_way(footprints, robot_height_m):
        cosine, sine = abs(np.cos(box.pose.yaw_rad)), abs(np.sin(box.pose.yaw_rad))
        reach_m = RESOLUTION_M / 2 * (cosine + sine)
        near = cells_near(box, places, 2.0 * reach_m)
        values[near][(beside(box, places[near]) < reach_m).all(axis=-1)] = LETHAL
    return grid


def cells_near(box: Footprint, places: FloatArray, reach_m: float) -> tuple[slice, slice]:
    """Return the rows and columns of a grid's middles that may lie so near to a box."""
    corners = np.array(box.corners())
    low, high = corners.min(axis=0) - reach_m, corners.max(axis=0) + reach_m
    columns = np.searchsorted(places[0, :, 0], (low[0], high[0]))
    rows = np.searchsorted(places[:, 0, 1], (low[1], high[1]))
    return slice(*rows), slice(*columns)


def house_occupancy(plan: HousePlan, robot_height_m: float = ROBOT_HEIGHT_M) -> Costmap:
    """Return the grid of a house: unknown outside of its rooms."""
    return occupancy_of(plan.footprints(), plan.bounds, robot_height_m, plan.rooms)


def cell_centers(grid: Costmap) -> FloatArray:
    """Return the middle (rows, columns, 2) of each cell of a grid without rotation."""
    rows, columns = grid.values.shape
    x = grid.origin.x_m + (np.arange(columns) + 0.5) * grid.resolution_m
    y = grid.origin.y_m + (np.arange(rows) + 0.5) * grid.resolution_m
    centers: FloatArray = np.stack(np.meshgrid(x, y), axis=-1)
    return centers


def in_rooms(places: FloatArray, rooms: Sequence[Area]) -> NDArray[np.bool_]:
    """Return which places (..., 2) lie in any of the rooms, up to the middle of their walls."""
    inside = np.zeros(places.shape[:-1], dtype=np.bool_)
    for room in rooms:
        inside |= ((places >= room.low_m) & (places <= room.high_m)).all(axis=-1)
    return inside

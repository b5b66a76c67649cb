"""The costmap of a house, as sure as the robot that drives by it needs it to be."""

from __future__ import annotations

import numpy as np

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.observation.costmap import Costmap
from vlm_nav.sim.driving.inflation import InflationSettings, inflated
from vlm_nav.sim.driving.occupancy import (
    ROBOT_HEIGHT_M,
    cell_centers,
    cells_near,
    house_occupancy,
    in_the_way,
)
from vlm_nav.sim.house.clearance import beside
from vlm_nav.sim.house.house_plan import Footprint, HousePlan

# A robot in the corner of a cell is this much nearer to something than the cell's middle.
PADDING_M = 0.04
RADIUS_M = 0.2
# However large the robot is, so much floor beside things costs something.
_INFLATED_M = 0.3


def house_costmap(
    plan: HousePlan,
    radius_m: float = RADIUS_M,
    robot_height_m: float = ROBOT_HEIGHT_M,
) -> Costmap:
    """Return the inflated costmap of a house for a round robot, in the frame map.

    Distances are those to the furniture itself and not to the cells that it touches, so that
    wherever the robot may stand by this map it touches nothing.
    """
    grid = house_occupancy(plan, robot_height_m)
    inscribed_m = radius_m + PADDING_M
    reach_m = max(InflationSettings.inflation_radius_m, inscribed_m + _INFLATED_M)
    settings = InflationSettings(inscribed_radius_m=inscribed_m, inflation_radius_m=reach_m)
    boxes = in_the_way(plan.footprints(), robot_height_m)
    return inflated(grid, settings, distances_m(grid, boxes, settings.inflation_radius_m))


def distances_m(grid: Costmap, boxes: tuple[Footprint, ...], reach_m: float) -> FloatArray:
    """Return how far each cell's middle is from the nearest box; beyond `reach_m` it is inf."""
    centers = cell_centers(grid)
    nearest: FloatArray = np.full(grid.values.shape, np.inf)
    for box in boxes:
        near = cells_near(box, centers, reach_m)
        beyond = np.maximum(beside(box, centers[near]), 0.0)
        away_m = np.hypot(beyond[..., 0], beyond[..., 1])
        np.minimum(nearest[near], away_m, out=nearest[near])
    nearest[nearest > reach_m] = np.inf
    return nearest

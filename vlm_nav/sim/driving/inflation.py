"""Costs around what stands there, as Nav2's inflation layer gives and publishes them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import distance_transform_edt

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.observation.costmap import INSCRIBED, LETHAL, UNKNOWN, Costmap

# Nav2's own costs, of which an OccupancyGrid shows a scaled copy.
_INSCRIBED_COST, _LARGEST_INFLATED_COST = 253, 252
# Fourteen cells of 5 cm are 0.7 m.
_ROUNDING_M = 1e-6


@dataclass(frozen=True)
class InflationSettings:
    """Nav2's words: up to `inscribed_radius_m` the robot collides, up to the other it costs.

    `cost_scaling_factor` (1/m) says how fast the cost falls with the distance.
    """

    inscribed_radius_m: float = 0.2
    inflation_radius_m: float = 0.7
    cost_scaling_factor: float = 3.0

    def __post_init__(self) -> None:
        """Raise InvalidValueError unless 0 < inscribed <= inflation radius and the factor > 0."""
        if not 0.0 < self.inscribed_radius_m <= self.inflation_radius_m < float('inf'):
            raise InvalidValueError(f'0 < inscribed <= inflation radius was wanted, got {self}')
        if not 0.0 < self.cost_scaling_factor < float('inf'):
            raise InvalidValueError(f'a cost scaling factor is above 0, got {self}')


def inflated(
    grid: Costmap,
    settings: InflationSettings = InflationSettings(),
    distance_m: FloatArray | None = None,
) -> Costmap:
    """Return the costmap of a grid of 0, 100 and -1, scaled as Nav2 publishes it.

    `distance_m` (rows, columns) is that of each cell to what stands there; without it, it is
    measured between cells, as Nav2 does. Unknown cells stay so unless the robot collides there.
    """
    if distance_m is None:
        distance_m = lethal_distance_m(grid)
    cost = inflated_cost(distance_m, settings)
    scaled = np.where(cost > 0, 1 + 97 * (cost - 1) // 251, 0)
    scaled[cost == _INSCRIBED_COST] = INSCRIBED
    scaled[(grid.values == UNKNOWN) & (cost < _INSCRIBED_COST)] = UNKNOWN
    scaled[grid.values == LETHAL] = LETHAL
    return replace(grid, values=scaled.astype(np.int8))


def lethal_distance_m(grid: Costmap) -> FloatArray:
    """Return the metres (rows, columns) from each cell's middle to that of an occupied one."""
    occupied = grid.values == LETHAL
    if not occupied.any():
        return np.full(occupied.shape, np.inf)
    distance: FloatArray = distance_transform_edt(~occupied) * grid.resolution_m
    return distance


def inflated_cost(distance_m: FloatArray, settings: InflationSettings) -> FloatArray:
    """Return Nav2's cost (0..253) at distances from what is lethal, itself left out."""
    beyond_m = np.maximum(distance_m - settings.inscribed_radius_m, 0.0)
    decaying = np.exp(-settings.cost_scaling_factor * beyond_m)
    cost = np.floor(_LARGEST_INFLATED_COST * decaying)
    cost[distance_m > settings.inflation_radius_m + _ROUNDING_M] = 0.0
    cost[distance_m <= settings.inscribed_radius_m + _ROUNDING_M] = _INSCRIBED_COST
    found: FloatArray = cost
    return found

"""A way over a costmap that keeps off furniture, as Nav2's planner would find one.

The search is scikit-image's; what is here is the price of a cell and what a tolerance means.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from skimage.graph import MCP_Geometric

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.observation.costmap import LETHAL, UNKNOWN, Costmap, may_stand
from vlm_nav.sim.house.house_plan import Place


@dataclass(frozen=True)
class PlanningSettings:
    """`tolerance_m`: how far from the goal a way may end; `keeping_off`: the price of nearness.

    A cell of the highest inflated cost counts as `1 + keeping_off` free ones. Corners are rounded
    over `smoothing_m` of the way. As Nav2 does, `allow_unknown` takes what nobody saw for free.
    """

    tolerance_m: float = 0.5
    keeping_off: float = 4.0
    smoothing_m: float = 0.5
    allow_unknown: bool = True

    def __post_init__(self) -> None:
        """Raise InvalidValueError for what is below 0 or no number."""
        wrong = {name: value for name, value in vars(self).items() if not value >= 0.0}
        if wrong:
            raise InvalidValueError(f'settings of planning are 0 or above, got {wrong}')


def find_path(
    costmap: Costmap,
    start: Place,
    goal: Place,
    settings: PlanningSettings = PlanningSettings(),
) -> FloatArray | None:
    """Return places (n, 2) from the start to the goal, in the costmap's frame.

    A goal that the robot can't stand on is replaced by the nearest reachable place within the
    tolerance. None where there is no way. The costmap's frame is not rotated.
    """
    start_cell, goal_cell = cell_of(costmap, start), cell_of(costmap, goal)
    if start_cell is None or goal_cell is None:
        return None
    passable = may_stand(costmap.values)
    passable |= _way_out(costmap, start_cell)
    if settings.allow_unknown:
        passable |= costmap.values == UNKNOWN
    prices = 1.0 + settings.keeping_off * np.clip(costmap.values, 0, 98) / 98.0
    ways = MCP_Geometric(np.where(passable, prices, -1.0), fully_connected=True)
    # Whoever can stand on the goal is done there; else all that can be reached is looked through.
    ends = [goal_cell] if passable[goal_cell] else None
    reached, _ = ways.find_costs([start_cell], ends)
    end_cell = _nearest(np.isfinite(reached), goal_cell, settings.tolerance_m, costmap)
    if end_cell is None:
        return None
    cells = np.array(ways.traceback(end_cell), dtype=np.float64)
    origin = (costmap.origin.x_m, costmap.origin.y_m)
    path: FloatArray = (cells[:, ::-1] + 0.5) * costmap.resolution_m + origin
    path[0] = start
    path = path if len(path) > 1 else np.vstack([path, path])
    if end_cell == goal_cell:
        path[-1] = goal
    return _smoothed(path, costmap, settings.smoothing_m)


def cell_of(costmap: Costmap, place: Place) -> tuple[int, int] | None:
    """Return the row and column in which a place lies, None outside of the grid."""
    if not all(map(math.isfinite, place)) or not costmap.contains(np.asarray(place)):
        return None
    column = int((place[0] - costmap.origin.x_m) / costmap.resolution_m)
    row = int((place[1] - costmap.origin.y_m) / costmap.resolution_m)
    rows, columns = costmap.values.shape
    return min(row, rows - 1), min(column, columns - 1)


def length_m(path: FloatArray) -> float:
    """Return how long a path (n, 2) is."""
    return float(np.hypot(*np.diff(path, axis=0).T).sum())


def _way_out(costmap: Costmap, start_cell: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the cells by which a robot leaves that stands too near to something already."""
    out = np.zeros(costmap.values.shape, dtype=np.bool_)
    if not may_stand(costmap.values[start_cell]):
        row, column = start_cell
        reach = math.ceil(0.2 / costmap.resolution_m)
        window = np.s_[
            max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1
        ]
        out[window] = costmap.values[window] < LETHAL
        out[start_cell] = True
    return out


def _nearest(
    reachable: NDArray[np.bool_],
    cell: tuple[int, int],
    tolerance_m: float,
    costmap: Costmap,
) -> tuple[int, int] | None:
    if reachable[cell]:
        return cell
    rows, columns = np.nonzero(reachable)
    away_m = np.hypot(rows - cell[0], columns - cell[1]) * costmap.resolution_m
    if not len(away_m) or away_m.min() > tolerance_m:
        return None
    best = int(away_m.argmin())
    return int(rows[best]), int(columns[best])


def _smoothed(path: FloatArray, costmap: Costmap, smoothing_m: float) -> FloatArray:
    """Return the path with rounded corners where these cost no more than the corners did."""
    half = round(smoothing_m / costmap.resolution_m / 2.0)
    # Mirrored through its ends, the path keeps both of them.
    longer = np.pad(path, ((half, half), (0, 0)), mode='reflect', reflect_type='odd')
    rounded = uniform_filter1d(longer, 2 * half + 1, axis=0)[half : half + len(path)]
    worse = costmap.values_at(rounded) > np.maximum(costmap.values_at(path), 60)
    rounded[worse] = path[worse]
    found: FloatArray = rounded
    return found

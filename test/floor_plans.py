"""Costmaps to look for ways and for unseen floor in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.poses import FloorPose
from vlm_nav.memory.looked_over import LookedOver
from vlm_nav.memory.visited import Visit, VisitedPlaces
from vlm_nav.observation.costmap import Costmap

HERE = (1.0, 1.0)


def costmap_of(values: NDArray[np.int8], origin: FloorPose = FloorPose(0.0, 0.0, 0.0)) -> Costmap:
    return Costmap(values, 0.05, origin, 'map', 0)


def two_rooms(door_m: tuple[float, float] = (1.5, 3.0)) -> Costmap:
    """Return 8 m x 4 m of floor; a wall at x = 4 m has a door between these y."""
    values = np.zeros((80, 160), dtype=np.int8)
    values[:, 78:82] = 100
    values[round(door_m[0] / 0.05) : round(door_m[1] / 0.05), 78:82] = 0
    return costmap_of(values)


def knowing(low_x_m: float, high_x_m: float, *visits: Visit, away_m: float = 1.0) -> VisitedPlaces:
    """Return what is known of who saw all floor between two x, from so far away."""
    cell_m = LookedOver.CELL_M
    columns = range(round(low_x_m / cell_m), round(high_x_m / cell_m))
    cells = {(x, y): away_m for x in columns for y in range(-4, 40)}
    return VisitedPlaces(looked_over=LookedOver(cells), visits=visits)

"""Where to stand beside a thing of the map."""

from __future__ import annotations

import numpy as np

from vlm_nav.memory.costmap_ways import CostmapWays, Place, cell_centres


def nearest_beside(
    ways: CostmapWays, thing: Place, between_m: tuple[float, float], within_m: float
) -> Place | None:
    """Return the nearest place by the way that is between two distances from a thing.

    None where none has room around it and a way of at most `within_m`.
    """
    nearest_m, farthest_m = between_m
    away_m = np.hypot(*(cell_centres(ways.costmap) - np.array(thing)).transpose(2, 0, 1))
    around = (away_m >= nearest_m) & (away_m <= farthest_m)
    return ways.nearest(around & ways.comfortable & (ways.lengths_m <= within_m))

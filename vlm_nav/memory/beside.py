"""Where to stand beside a thing of the map."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.memory.costmap_ways import CostmapWays, Place, cell_centres, cells_of
from vlm_nav.observation.costmap import LETHAL

# So much of what lies before a thing may belong to it, and so much where it stands there without a
# gap: a bed that is pointed at in its middle.
_OWN_M, _OWN_AT_MOST_M = 0.35, 1.2
_STEP_M = 0.05


def nearest_beside(
    ways: CostmapWays, thing: Place, between_m: tuple[float, float], within_m: float
) -> Place | None:
    """Return the nearest place by the way that is between two distances from a thing.

    Rather one between which and the thing nothing stands: the others may be behind a wall. None
    where none has room around it and a way of at most `within_m`.
    """
    around = _around(ways, thing, between_m) & (ways.lengths_m <= within_m)
    return ways.nearest(_open_of(ways, around, thing)) or ways.nearest(around)


def nearest_open_to(
    ways: CostmapWays,
    thing: Place,
    between_m: tuple[float, float],
    seen_from: Place | None = None,
) -> Place | None:
    """Return the nearest place by the way, however long that is, from where a thing shows.

    It is between two distances from the thing, and nothing stands before that. Where it is known
    from where the thing was seen, it is on that side of it: what lies behind may be the next room.
    None without any such place.
    """
    around, own_m = _around(ways, thing, between_m), _OWN_M
    if seen_from is not None:
        own_m = _OWN_AT_MOST_M
        outward = np.array(seen_from) - np.array(thing)
        around &= (cell_centres(ways.costmap) - np.array(thing)) @ outward > 0.0
    return ways.nearest(_open_of(ways, around, thing, own_m))


def _around(ways: CostmapWays, thing: Place, between_m: tuple[float, float]) -> NDArray[np.bool_]:
    """Return the cells (rows, columns) between two distances from a thing that have room."""
    nearest_m, farthest_m = between_m
    away_m = np.hypot(*(cell_centres(ways.costmap) - np.array(thing)).transpose(2, 0, 1))
    within = (away_m >= nearest_m) & (away_m <= farthest_m)
    return np.asarray(within & ways.comfortable)


def _open_of(
    ways: CostmapWays, cells: NDArray[np.bool_], thing: Place, own_m: float = _OWN_M
) -> NDArray[np.bool_]:
    """Return those of some cells (rows, columns) from which nothing stands before the thing."""
    found: NDArray[np.bool_] = cells.copy()
    found[cells] = _open(ways, cell_centres(ways.costmap)[cells], np.array(thing), own_m)
    return found


def _open(
    ways: CostmapWays, places: FloatArray, thing: FloatArray, own_m: float
) -> NDArray[np.bool_]:
    """Return from which places (n, 2) nothing stands before the thing.

    What stands around it without a gap belongs to it, up to `own_m`.
    """
    away_m = np.linalg.norm(places - thing, axis=1)
    if not len(places):
        return np.empty(0, dtype=np.bool_)
    along_m = np.arange(0.0, float(away_m.max()) + _STEP_M, _STEP_M)
    outward = (places - thing) / np.maximum(away_m, 1e-9)[:, None]
    rows, columns = cells_of(ways.costmap, thing + along_m[:, None] * outward[:, None])
    stands = (ways.costmap.values[rows, columns] == LETHAL) & (along_m < away_m[:, None])
    near = along_m <= _OWN_M
    own = np.logical_and.accumulate(stands | near, axis=1) & (along_m <= own_m)
    return np.asarray(~(stands & ~(own | near)).any(axis=1))

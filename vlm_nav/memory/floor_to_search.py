"""The floor of a costmap that the robot may stand on and has not yet seen from near."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import transform_from_floor_pose, transform_points
from vlm_nav.memory.visited import AT_M, VisitedPlaces
from vlm_nav.observation.costmap import Costmap, may_stand

# Narrower than this, what was not seen is the rim of what was.
_WIDTH_M = 0.8
# From what the base is inflated around it keeps away, where there is room.
_COMFORTABLE = 60
_LARGEST_CELLS = 4_000_000

Place = tuple[float, float]
Allowed: TypeAlias = Callable[[FloatArray], NDArray[np.bool_]]


def everywhere(places: FloatArray) -> NDArray[np.bool_]:
    """Return that the robot may be at all places (..., 2)."""
    return np.ones(places.shape[:-1], dtype=np.bool_)


def nearest_to_search(
    costmap: Costmap, here: Place, visited: VisitedPlaces, allowed: Allowed = everywhere
) -> Place | None:
    """Return the nearest free place, by the way over free cells, whose floor is still unknown.

    Places are (x, y) in the costmap's frame; none but those that are `allowed` are led over. None
    where all that can be driven to is known, or the costmap does not know where the robot stands.
    """
    free = may_stand(costmap.values) & allowed(_centres(costmap))
    start = _cell_of(costmap, here)
    if free.size > _LARGEST_CELLS or start is None:
        return None
    unknown = free & ~_known(costmap, visited)
    size = max(3, round(_WIDTH_M / costmap.resolution_m) | 1)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    core = cv2.erode(unknown.astype(np.uint8), disc, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    wanted = (core > 0) & (costmap.values < _COMFORTABLE)
    found = _first_reached(free, start, wanted)
    return None if found is None else _place_of(costmap, found)


def nearest_beside(
    costmap: Costmap,
    here: Place,
    thing: Place,
    between_m: tuple[float, float],
    allowed: Allowed = everywhere,
) -> Place | None:
    """Return the nearest free place, by the way, between two distances from a thing, or None."""
    nearest_m, farthest_m = between_m
    free = may_stand(costmap.values) & allowed(_centres(costmap))
    start = _cell_of(costmap, here)
    if free.size > _LARGEST_CELLS or start is None:
        return None
    away_m = np.hypot(*(_centres(costmap) - np.array(thing)).transpose(2, 0, 1))
    around = (away_m >= nearest_m) & (away_m <= farthest_m) & (costmap.values < _COMFORTABLE)
    found = _first_reached(free, start, around & free)
    return None if found is None else _place_of(costmap, found)


def _first_reached(
    free: NDArray[np.bool_], start: tuple[int, int], wanted: NDArray[np.bool_]
) -> tuple[int, int] | None:
    """Return the first wanted cell that a wave over free cells reaches, None where none."""
    ground = free.astype(np.uint8)
    wave = np.zeros_like(ground)
    row, column = start
    # Who stands a little too near to something is let out of there.
    wave[max(0, row - 4) : row + 5, max(0, column - 4) : column + 5] = 1
    wave &= ground
    square, cross = (
        cv2.getStructuringElement(shape, (3, 3)) for shape in (cv2.MORPH_RECT, cv2.MORPH_CROSS)
    )
    reached = 0
    for step in range(sum(free.shape) * 4):
        hits = np.argwhere((wave > 0) & wanted)
        if len(hits):
            away = np.hypot(*(hits - np.array(start)).T)
            row, column = hits[int(np.argmin(away))].tolist()
            return row, column
        count = int(np.count_nonzero(wave))
        if count == reached:
            return None
        reached = count
        # Square and cross in turn make an octagon: nearly as round as a way is.
        wave = np.asarray(cv2.dilate(wave, square if step % 2 else cross), dtype=np.uint8) & ground
    return None


def _known(costmap: Costmap, visited: VisitedPlaces) -> NDArray[np.bool_]:
    """Return which cells (rows, columns) the robot was at, or has seen from near."""
    cell_m = visited.looked_over.CELL_M
    known = np.zeros(costmap.values.shape, dtype=np.bool_)
    centres = _centres(costmap)
    for visit in visited.visits:
        known |= np.hypot(centres[..., 0] - visit.x_m, centres[..., 1] - visit.y_m) < AT_M
    cells = np.array(sorted(visited.looked_over.cells), dtype=np.int64).reshape(-1, 2)
    if not len(cells):
        return known
    low = cells.min(axis=0)
    grid = np.zeros(cells.max(axis=0) - low + 1, dtype=np.bool_)
    grid[tuple((cells - low).T)] = True
    index = np.floor(centres / cell_m).astype(np.int64) - low
    inside = ((index >= 0) & (index < grid.shape)).all(axis=-1)
    known[inside] = grid[tuple(index[inside].T)]
    return known


def _centres(costmap: Costmap) -> FloatArray:
    """Return the centres of all cells (rows, columns, 2) in the costmap's frame."""
    rows, columns = np.indices(costmap.values.shape) + 0.5
    on_grid = np.stack([columns, rows, np.zeros_like(rows)], axis=-1) * costmap.resolution_m
    centres: FloatArray = transform_points(transform_from_floor_pose(costmap.origin), on_grid)
    return centres[..., :2]


def _cell_of(costmap: Costmap, place: Place) -> tuple[int, int] | None:
    if not (all(map(math.isfinite, place)) and bool(costmap.contains(np.array(place)))):
        return None
    away = np.abs(_centres(costmap) - np.array(place)).sum(axis=-1)
    row, column = np.unravel_index(int(np.argmin(away)), away.shape)
    return int(row), int(column)


def _place_of(costmap: Costmap, cell: tuple[int, int]) -> Place:
    x_m, y_m = _centres(costmap)[cell]
    return float(x_m), float(y_m)

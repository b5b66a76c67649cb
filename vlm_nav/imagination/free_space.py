"""Viewpoints where free floor ends: through doors, at frontiers, and where most is to be searched.

Of what a costmap knows all places that ways lead to are held against each other, of what the
depth shows the ends of free floor. They are chosen one after the other, each for what it shows
besides those before it, so that no two show the same and every room is among them.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import inverse, transform_places
from vlm_nav.imagination.proposing import Surroundings
from vlm_nav.imagination.vantage import Vantage, rank_of
from vlm_nav.imagination.viewpoint import Viewpoint
from vlm_nav.memory.costmap_ways import cell_centres
from vlm_nav.observation.costmap import UNKNOWN

_BEARINGS = 72
# Before the end of free floor the robot still turns.
_BEFORE_END_M = 0.3
# A shorter border to the unknown is a gap in what was seen.
_SHORTEST_FRONTIER_M = 0.5


@dataclass(frozen=True)
class FreeSpaceProposer:
    """Viewpoints at least `nearest_m` of way from the base.

    First come those that show new floor which none before them shows, then such as lie `apart_m`
    from all others.
    """

    nearest_m: float = 0.5
    apart_m: float = 1.2

    @property
    def name(self) -> str:
        """The name that parameters and records call it by."""
        return 'free_space'

    def cannot(self, surroundings: Surroundings) -> str | None:
        """Return in words what it lacks: depth, or a costmap that tells what is to search."""
        by_depth = surroundings.free_range_m is not None and surroundings.refused is not None
        by_map = surroundings.ways is not None and surroundings.to_search is not None
        return None if by_depth or by_map else 'depth, or a costmap with what is to search'

    def propose(self, surroundings: Surroundings, count: int) -> list[Viewpoint]:
        """Return the viewpoints, those most worth a drive first."""
        vantage = Vantage(surroundings)
        places = np.concatenate(
            [
                _ends_of_free_floor(surroundings),
                _frontiers(surroundings),
                _to_search(surroundings),
            ]
        )
        places = places[vantage.may_stand(places)]
        ways_m = vantage.ways_m(places)
        places = places[(ways_m >= self.nearest_m) & np.isfinite(ways_m)]
        found = sorted(vantage.viewpoints(places), key=rank_of, reverse=True)
        chosen = _covering(found, vantage, count)
        for one in found:
            if len(chosen) < count and self._is_apart(one, chosen):
                chosen.append(one)
        return sorted(chosen, key=rank_of, reverse=True)

    def _is_apart(self, one: Viewpoint, chosen: list[Viewpoint]) -> bool:
        return all(
            math.hypot(one.pose.x_m - other.pose.x_m, one.pose.y_m - other.pose.y_m)
            >= self.apart_m
            for other in chosen
        )


def _covering(found: Sequence[Viewpoint], vantage: Vantage, count: int) -> list[Viewpoint]:
    """Return the viewpoints that are worth most, each once what those before it show is seen.

    What is left only shrinks, and so does what each is worth: of the others only those are held
    against it anew that were worth more.
    """
    left = vantage.surroundings.to_search
    if left is None or not found:
        return []
    places = vantage.in_map(np.array([(one.pose.x_m, one.pose.y_m) for one in found]))
    # By what each was worth when so many were chosen.
    waiting = [(-one.worth, index, 0) for index, one in enumerate(found) if one.worth > 0.0]
    heapq.heapify(waiting)
    chosen: list[Viewpoint] = []
    while waiting and len(chosen) < count:
        _, index, known = heapq.heappop(waiting)
        if known == len(chosen):
            chosen.append(found[index])
            left = left.after_look_from(places[index])
            continue
        worth = float(left.worth(places[index][None])[0])
        if worth > 0.0:
            heapq.heappush(waiting, (-worth, index, len(chosen)))
    return chosen


def _ends_of_free_floor(surroundings: Surroundings) -> FloatArray:
    """Return the places (n, 2) of the base frame where floor that is seen free ends.

    Along bearings in which it reaches farther than to both sides of them.
    """
    if surroundings.free_range_m is None:
        return np.empty((0, 2))
    bearings_rad = np.arange(_BEARINGS) / _BEARINGS * 2.0 * math.pi
    free_m = surroundings.free_range_m(bearings_rad)
    ends = (free_m >= np.roll(free_m, 1)) & (free_m >= np.roll(free_m, -1))
    range_m = np.maximum(free_m[ends] - _BEFORE_END_M, 0.0)
    outward = np.stack([np.cos(bearings_rad[ends]), np.sin(bearings_rad[ends])], axis=-1)
    places: FloatArray = range_m[:, None] * outward
    return places[range_m > 0.0]


def _frontiers(surroundings: Surroundings) -> FloatArray:
    """Return the middles (n, 2) in the base frame of where reachable floor borders the unknown."""
    ways = surroundings.ways
    if ways is None:
        return np.empty((0, 2))
    unknown = cv2.dilate((ways.costmap.values == UNKNOWN).astype(np.uint8), np.ones((3, 3)))
    border = (np.asarray(unknown) > 0) & ways.comfortable
    count, labels, stats, middles = cv2.connectedComponentsWithStats(
        border.astype(np.uint8), connectivity=8
    )
    cells = _SHORTEST_FRONTIER_M / ways.costmap.resolution_m
    long = [one for one in range(1, count) if stats[one, cv2.CC_STAT_AREA] >= cells]
    nearest = [_nearest_cell(np.asarray(labels) == one, middles[one]) for one in long]
    centres = cell_centres(ways.costmap)
    places = np.array([centres[cell] for cell in nearest]).reshape(-1, 2)
    return _in_base(surroundings, places)


def _nearest_cell(cells: np.ndarray, middle: np.ndarray) -> tuple[int, int]:
    rows, columns = np.nonzero(cells)
    nearest = int(np.argmin(np.hypot(columns - middle[0], rows - middle[1])))
    return int(rows[nearest]), int(columns[nearest])


def _to_search(surroundings: Surroundings) -> FloatArray:
    """Return the places (n, 2) of the base frame from which what is left to search may show."""
    if surroundings.to_search is None:
        return np.empty((0, 2))
    return _in_base(surroundings, surroundings.to_search.places())


def _in_base(surroundings: Surroundings, places: FloatArray) -> FloatArray:
    return transform_places(inverse(surroundings.map_from_base), places)

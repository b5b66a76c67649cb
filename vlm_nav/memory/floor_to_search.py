"""The floor of a costmap that was not looked over yet, and from where most of it would show."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.memory.costmap_ways import CostmapWays, Place, cell_centres, cells_of
from vlm_nav.memory.visited import AT_M, VisitedPlaces
from vlm_nav.observation.costmap import LETHAL

# Narrower than this, what was not seen is the rim of what was.
_RIM_M = 0.4
# Less than this is not gone to by itself.
LEAST_M2 = 1.0
# To turn and to look costs as much as so far a drive.
_LOOK_M = 2.0
_GAIN_EXPONENT = 0.3
# So near to the best a place is as good.
_NEARLY = 0.95
_NOTHING = 1e-9
# From places so far from each other it is looked which one shows most.
_STEP_M = 0.4
_BEARINGS = 64
_RAY_STEP_M = 0.1
_AT_ONCE, _MOST_PLACES = 256, 2000
_UNSEEN, _OPAQUE = 1, 2


@dataclass(frozen=True, eq=False)
class FloorToSearch:
    """What there is to search: `unseen` (rows, columns) is floor that was not looked over.

    It can be reached, and whoever is within `within_m` of it looks it over, unless something that
    stands in the costmap hides it. `avoided` (rows, columns) is where the robot was, or did not
    get to; `straight_on` says whether it may go to a place (2,) straight. From where less than
    `least_m2` shows no drive is worth it.
    """

    ways: CostmapWays
    unseen: NDArray[np.bool_]
    avoided: NDArray[np.bool_]
    within_m: float
    straight_on: Callable[[FloatArray], bool] = lambda place: True
    least_m2: float = LEAST_M2

    def shown_m2(self, places: FloatArray) -> FloatArray:
        """Return how much unseen floor would be looked over from places (n, 2), in m²."""
        return np.concatenate([np.empty(0), *map(self._shown_m2, _chunks(places))])

    def shown_by_bearing_m2(self, places: FloatArray) -> FloatArray:
        """Return how much of it would show from places (n, 2) along each bearing, (n, bearings).

        Bearings are equally far apart, the first one is the x axis of the costmap's frame.
        """
        found = [np.empty((0, _BEARINGS)), *map(self._shown_by_bearing_m2, _chunks(places))]
        # Rays are cast along the grid, which may be turned.
        turned = round(self.ways.costmap.origin.yaw_rad / (2.0 * math.pi) * _BEARINGS)
        return np.roll(np.concatenate(found), turned, axis=1)

    def _shown_by_bearing_m2(self, places: FloatArray) -> FloatArray:
        shows, areas_m2 = self._shows(places)
        by_bearing_m2: FloatArray = shows.astype(np.float32) @ areas_m2
        return by_bearing_m2

    def _shown_m2(self, places: FloatArray) -> FloatArray:
        # All bearings are looked to: how the grid is turned plays no part.
        shows, areas_m2 = self._shows(places)
        shown_m2: FloatArray = shows.astype(np.float32).sum(axis=1) @ areas_m2
        return shown_m2

    def _shows(self, places: FloatArray) -> tuple[NDArray[np.bool_], FloatArray]:
        """Return where rays from places (n, 2) meet what to search (n, b, r), and areas (r,)."""
        rows, columns = cells_of(self.ways.costmap, places)
        cells, width, border = self._bordered
        steps, areas_m2 = _rays(self.within_m, self.ways.costmap.resolution_m, width)
        met = cells[((rows + border) * width + columns + border)[:, None, None] + steps]
        return (met == _UNSEEN) & ~np.logical_or.accumulate(met == _OPAQUE, axis=2), areas_m2

    def after_look_from(self, place: FloatArray) -> FloorToSearch:
        """Return what would be left once the robot looked to all sides from a place (2,)."""
        (row,), (column,) = cells_of(self.ways.costmap, place[None])
        cells, width, border = self._bordered
        steps, _ = _rays(self.within_m, self.ways.costmap.resolution_m, width)
        met = (row + border) * width + column + border + steps
        hidden = np.logical_or.accumulate(cells[met] == _OPAQUE, axis=1)
        last = np.maximum((~hidden).sum(axis=1) - 1, 0)
        ends = met[np.arange(len(met)), last]
        corners = np.stack([ends % width - border, ends // width - border], axis=-1)
        shown = np.zeros(self.unseen.shape, dtype=np.uint8)
        cv2.fillPoly(shown, [corners.astype(np.int32)], 1)
        return replace(self, unseen=self.unseen & (shown == 0))

    def worth(self, places: FloatArray) -> FloatArray:
        """Return how much a drive to places (n, 2) is worth: the more, the more it shows soon."""
        shown_m2 = self.shown_m2(places)
        # Twice the floor is not worth twice the way: what is near is looked over by the way.
        worth = shown_m2**_GAIN_EXPONENT / (_LOOK_M + self.ways.lengths_m_to(places))
        return np.where(shown_m2 < self.least_m2, 0.0, worth)

    def shows_anything(self, places: FloatArray) -> NDArray[np.bool_]:
        """Return from which places (n, 2) so much new floor shows that a drive is worth it."""
        return self.worth(places) > 0.0

    def leads_on(self, places: FloatArray) -> NDArray[np.bool_]:
        """Return to which places (n, 2) a drive is worth nearly as much as to the best."""
        _, best = self._best
        return self.worth(places) >= max(_NEARLY * best, _NOTHING)

    def tells_of(self, places: FloatArray) -> NDArray[np.bool_]:
        """Return of which places (n, 2) the costmap tells whether they lead on."""
        return self.ways.is_known_way(places) & (self._best[1] > 0.0)

    @property
    def best(self) -> Place | None:
        """Return the place most worth a drive, None where none shows anything."""
        place, worth = self._best
        return place if worth > 0.0 else None

    @functools.cached_property
    def _best(self) -> tuple[Place, float]:
        places = self.places()
        worth = self.worth(places)
        for index in np.argsort(-worth, kind='stable'):
            if worth[index] <= 0.0:
                break
            if self.straight_on(places[index]):
                x_m, y_m = places[index].tolist()
                return (x_m, y_m), float(worth[index])
        return (0.0, 0.0), 0.0

    def places(self) -> FloatArray:
        """Return the places (n, 2) among which the best is looked for, the nearest ones."""
        step = max(1, round(_STEP_M / self.ways.costmap.resolution_m))
        coarse = np.zeros(self.unseen.shape, dtype=np.bool_)
        coarse[::step, ::step] = True
        open_to_it = coarse & self.ways.comfortable & ~self.avoided
        nearest = np.argsort(self.ways.lengths_m[open_to_it], kind='stable')[:_MOST_PLACES]
        places: FloatArray = cell_centres(self.ways.costmap)[open_to_it][nearest]
        return places

    @functools.cached_property
    def _bordered(self) -> tuple[NDArray[np.uint8], int, int]:
        """Return all cells in one row, how wide the grid is, and how wide the border around it.

        Over the border, which hides all, no ray leaves the grid.
        """
        costmap = self.ways.costmap
        border = math.ceil(self.within_m / costmap.resolution_m) + 1
        cells = np.where(self.unseen, _UNSEEN, 0).astype(np.uint8)
        # A wall of one cell, and a slanting one, lets no ray through between two of its cells.
        lethal = (costmap.values == LETHAL).astype(np.uint8)
        cells[cv2.dilate(lethal, np.ones((2, 2), np.uint8)) > 0] = _OPAQUE
        bordered = np.pad(cells, border, constant_values=_OPAQUE)
        return bordered.ravel(), bordered.shape[1], border


def _chunks(places: FloatArray) -> list[FloatArray]:
    """Return places (n, 2) in parts that need little memory each."""
    return [places[start : start + _AT_ONCE] for start in range(0, len(places), _AT_ONCE)]


@functools.lru_cache(maxsize=4)
def _rays(
    within_m: float, resolution_m: float, width: int
) -> tuple[NDArray[np.int64], FloatArray]:
    """Return the steps (b, r) to the cells of a grid along all bearings, and their areas (r,)."""
    bearing_rad = 2.0 * math.pi / _BEARINGS
    bearings_rad = np.arange(_BEARINGS) * bearing_rad
    step_m = min(_RAY_STEP_M, resolution_m)
    ranges_m = np.arange(step_m / 2.0, within_m, step_m)
    columns = np.rint(np.cos(bearings_rad)[:, None] * ranges_m / resolution_m).astype(np.int64)
    rows = np.rint(np.sin(bearings_rad)[:, None] * ranges_m / resolution_m).astype(np.int64)
    return rows * width + columns, ranges_m * step_m * bearing_rad


def floor_to_search(
    ways: CostmapWays,
    visited: VisitedPlaces,
    within_m: float,
    straight_on: Callable[[FloatArray], bool] = lambda place: True,
) -> FloorToSearch:
    """Return what is left to search of the floor that ways lead to, and from where."""
    centres = cell_centres(ways.costmap)
    unseen = np.isfinite(ways.lengths_m) & ~visited.looked_over.covers(centres, within_m)
    size = max(3, round(_RIM_M / ways.costmap.resolution_m) | 1)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    broad = cv2.morphologyEx(
        unseen.astype(np.uint8),
        cv2.MORPH_OPEN,
        disc,
        borderType=cv2.BORDER_CONSTANT,
        borderValue=0,
    )
    avoided = np.zeros(unseen.shape, dtype=np.bool_)
    for visit in visited.visits:
        away_m = np.hypot(centres[..., 0] - visit.x_m, centres[..., 1] - visit.y_m)
        avoided |= away_m < AT_M
    return FloorToSearch(ways, np.asarray(broad) > 0, avoided, within_m, straight_on)

"""The floor that a robot has seen from everywhere it was: free, occupied, or not seen yet."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, distance_transform_edt, label
from skimage.graph import MCP_Geometric

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import transform_points
from vlm_nav.navigation.sight import Sight
from vlm_nav.observation.common_free_space import common_free_space
from vlm_nav.observation.floor_grid import Cell, FreeSpaceSettings, cell_centres

CELL_M = 0.1
_SIDE_M = 60.0
# As many looks that show a cell occupied as show it free make it occupied.
_SUREST = 3
# Beside something that stands, the unseen is what it hides, and no place to go to.
_BESIDE_M = 0.3
_SMALLEST_FRONTIER_M = 0.4
# The robot stands on floor, whatever it sees of it.
_STANDING_M = 0.35


class SeenMap:
    """A grid around where the robot began, in the frame of the map; rows grow along y.

    It knows of the house what the depth of each look showed, and nothing else.
    """

    def __init__(self, begin_m: FloatArray, settings: FreeSpaceSettings) -> None:
        """Begin with nothing seen around a place (2,) of the map."""
        side = round(_SIDE_M / CELL_M)
        self._origin_m = np.asarray(begin_m) - _SIDE_M / 2.0
        self._settings = settings
        self._seen = np.zeros((side, side), dtype=np.bool_)
        self._occupied = np.zeros((side, side), dtype=np.int8)

    def add(self, sight: Sight) -> None:
        """Enter what the depth of a sight's frames shows."""
        space = common_free_space(sight.frames, self._settings)
        # The grid reaches behind the base where a frame looks there.
        centres = cell_centres(space.settings)
        places = transform_points(sight.frame.map_from_base, centres)[..., :2]
        free = self._cells_of(places[space.cells == Cell.FREE])
        # A cell that holds both is occupied.
        occupied = self._cells_of(places[space.cells == Cell.OCCUPIED])
        self._seen |= free | occupied
        changed = self._occupied + np.where(occupied, 1, np.where(free, -1, 0))
        self._occupied = np.clip(changed, -_SUREST, _SUREST).astype(np.int8)

    def ways_from(self, place: FloatArray) -> Ways:
        """Return what the robot can reach from a place (2,) over floor that was seen free."""
        near = self._near(place, _STANDING_M)
        blocked = (self._occupied > 0) & ~near
        clearance_m = distance_transform_edt(~blocked) * CELL_M
        free = (self._seen & ~blocked) | near
        passable = (free & (clearance_m > self._settings.robot_radius_m)) | near
        return Ways(self, place, passable, self._frontiers(free, clearance_m))

    def place_of(self, cell: tuple[int, int]) -> FloatArray:
        """Return the middle (2,) of a cell in the map."""
        row, column = cell
        return np.asarray(self._origin_m + (np.array((column, row)) + 0.5) * CELL_M)

    def cell_of(self, place: FloatArray) -> tuple[int, int]:
        """Return the cell in which a place (2,) of the map lies, the nearest one outside."""
        last = self._seen.shape[0] - 1
        column, row = np.clip((place - self._origin_m) // CELL_M, 0, last).astype(int)
        return int(row), int(column)

    def _frontiers(self, free: NDArray[np.bool_], clearance_m: FloatArray) -> NDArray[np.int32]:
        """Return the number of the frontier that each cell belongs to, 0 for none."""
        unseen = ~self._seen & (clearance_m > _BESIDE_M)
        edge = free & binary_dilation(unseen, np.ones((3, 3))) & (clearance_m > _BESIDE_M)
        numbers, count = label(edge, np.ones((3, 3)))
        sizes = np.bincount(numbers.ravel(), minlength=count + 1)
        numbers[sizes[numbers] * CELL_M < _SMALLEST_FRONTIER_M] = 0
        return np.asarray(numbers, dtype=np.int32)

    def _cells_of(self, places: FloatArray) -> NDArray[np.bool_]:
        """Return which cells hold any of the places (n, 2)."""
        cells = np.zeros(self._seen.shape, dtype=np.bool_)
        columns, rows = np.floor((places - self._origin_m) / CELL_M).astype(int).T
        side = len(cells)
        inside = (rows >= 0) & (rows < side) & (columns >= 0) & (columns < side)
        cells[rows[inside], columns[inside]] = True
        return cells

    def _near(self, place: FloatArray, radius_m: float) -> NDArray[np.bool_]:
        near = np.zeros(self._seen.shape, dtype=np.bool_)
        row, column = self.cell_of(place)
        reach = math.ceil(radius_m / CELL_M)
        offsets = np.arange(-reach, reach + 1)
        disc = np.hypot(offsets[:, None], offsets) * CELL_M <= radius_m
        near[row - reach : row + reach + 1, column - reach : column + reach + 1] = disc
        return near


@dataclass(frozen=True, eq=False)
class Frontier:
    """Where the seen floor ends: `stand_m` (2,) is beside `edge_m` (2,), `way_m` away."""

    stand_m: FloatArray
    edge_m: FloatArray
    way_m: float


class Ways:
    """How far it is from one place to what was seen, over floor that was seen free."""

    def __init__(
        self,
        seen: SeenMap,
        place: FloatArray,
        passable: NDArray[np.bool_],
        frontiers: NDArray[np.int32],
    ) -> None:
        """Find the shortest ways to all cells."""
        self._seen, self._place, self._frontiers = seen, place, frontiers
        ways = MCP_Geometric(np.where(passable, 1.0, -1.0), fully_connected=True)
        costs, _ = ways.find_costs([seen.cell_of(place)])
        self._ways_m: FloatArray = np.where(passable, costs * CELL_M, np.inf)

    def nearest_to(self, places: FloatArray) -> FloatArray | None:
        """Return the reachable place (2,) nearest to any of some places (n, 2) of the map."""
        others = np.ones(self._ways_m.shape, dtype=np.bool_)
        for place in places:
            others[self._seen.cell_of(place)] = False
        away = distance_transform_edt(others)
        reached = np.isfinite(self._ways_m)
        if not reached.any():
            return None
        # Of equally near ones the one with the shorter way.
        score = np.where(reached, away + 1e-3 * np.where(reached, self._ways_m, 0.0), np.inf)
        return self._seen.place_of(_least(score))

    @functools.cached_property
    def frontiers(self) -> list[Frontier]:
        """Return the reachable frontiers, the nearest by its way first."""
        # A frontier is reached where the robot stands beside it.
        reach = distance_transform_edt(
            ~np.isfinite(self._ways_m), return_distances=True, return_indices=True
        )
        away, (rows, columns) = reach
        way_m = self._ways_m[rows, columns] + away * CELL_M
        found = []
        for number in np.unique(self._frontiers[self._frontiers > 0]):
            cells = (self._frontiers == number) & (away * CELL_M <= _BESIDE_M + CELL_M)
            if cells.any():
                cell = _least(np.where(cells, way_m, np.inf))
                stand = self._seen.place_of((int(rows[cell]), int(columns[cell])))
                found.append(Frontier(stand, self._seen.place_of(cell), float(way_m[cell])))
        return sorted(found, key=lambda frontier: frontier.way_m)


def _least(values: FloatArray) -> tuple[int, int]:
    row, column = np.unravel_index(int(np.argmin(values)), values.shape)
    return int(row), int(column)

"""Which floor of a house a robot can get to, while furniture is put into it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.sim.house.house_plan import Footprint, Place

CELL_M = 0.05
"""The side of a cell of the grid."""

CLEAR_M = 0.32
"""How far a robot's middle stays from everything: its radius of 0.22 m and room to steer."""

ROBOT_HEIGHT_M = 1.45
"""What is higher above the floor stops no robot."""

NEAR_M = 0.75
"""How near to a thing a robot's middle must get."""

# The floor of a room to which the robot's middle can get: at least a square metre.
_OPEN_CELLS = round(1.0 / CELL_M**2)

Mask = NDArray[np.uint8]


class FloorPassage:
    """A grid of the floor in which walls and furniture stand."""

    def __init__(self, low_m: Place, high_m: Place, walls: tuple[Footprint, ...]) -> None:
        """Take the corners of the house and what stands in it from the beginning."""
        self._low = np.array(low_m) - CELL_M
        size = np.ceil((np.array(high_m) + CELL_M - self._low) / CELL_M).astype(int)
        self._blocked: Mask = np.zeros((size[1], size[0]), dtype=np.uint8)
        for wall in walls:
            if wall.low_m < ROBOT_HEIGHT_M:
                self._fill(self._blocked, wall.corners())
        self._seeds: list[tuple[int, int]] = []
        self._rooms: list[NDArray[np.intp]] = []
        self._wanted: list[NDArray[np.intp]] = []

    def keep_reachable(self, place: Place) -> None:
        """Ask for a place, such as the middle of a doorway, to stay on the way."""
        self._seeds.append(self._cell(place))

    def keep_open(self, low_m: Place, high_m: Place) -> None:
        """Ask for some floor of a room to stay free."""
        room: Mask = np.zeros_like(self._blocked)
        self._fill(room, (low_m, (high_m[0], low_m[1]), high_m, (low_m[0], high_m[1])))
        self._rooms.append(np.flatnonzero(room))

    def reachable(self, blocked: Mask | None = None) -> Mask:
        """Return where the robot's middle can get to (1) from the first place to be kept."""
        grid = self._blocked if blocked is None else blocked
        away = cv2.distanceTransform(1 - grid, cv2.DIST_L2, 5) * CELL_M
        free = (away >= CLEAR_M).astype(np.uint8)
        _, labels = cv2.connectedComponents(free, connectivity=4)
        label = labels[self._seeds[0]]
        return (labels == label).astype(np.uint8) if label else np.zeros_like(free)

    def put(self, corners: tuple[Place, ...], blocks: bool) -> bool:
        """Put a thing there if each place stays on the way and each thing can be gone to."""
        mask = np.zeros_like(self._blocked)
        self._fill(mask, corners)
        blocked = self._blocked | mask if blocks else self._blocked
        reachable = self.reachable(blocked)
        if not all(reachable[seed] for seed in self._seeds):
            return False
        if any(reachable.ravel()[room].sum() < _OPEN_CELLS for room in self._rooms):
            return False
        away = cv2.distanceTransform(1 - reachable, cv2.DIST_L2, 5) * CELL_M
        cells = np.flatnonzero(mask)
        if not all(away.ravel()[wanted].min() <= NEAR_M for wanted in (*self._wanted, cells)):
            return False
        self._blocked = blocked
        self._wanted.append(cells)
        return True

    def _cell(self, place: Place) -> tuple[int, int]:
        column, row = np.floor((np.array(place) - self._low) / CELL_M).astype(int)
        return int(row), int(column)

    def _fill(self, mask: Mask, corners: tuple[Place, ...]) -> None:
        """Mark the cells that a rectangle touches."""
        cells = np.floor((np.array(corners) - self._low) / CELL_M).astype(np.int32)
        cv2.fillConvexPoly(mask, cells, 1)

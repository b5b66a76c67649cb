"""The floor of the map that the robot has seen from near."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import transform_points
from vlm_nav.observation.rgbd_frame import RgbdFrame

# Every fourth pixel of every fourth row falls into each cell that is near.
_STEP_PX = 4
_FLOOR_M = 0.1


@dataclass(frozen=True)
class LookedOver:
    """Cells of floor that was seen from at most `within_m` away; what stood on it was seen too.

    `cells` are counted from the origin of the map, each `CELL_M` wide.
    """

    CELL_M: ClassVar[float] = 0.25

    within_m: float = 2.5
    cells: frozenset[tuple[int, int]] = frozenset()

    def __post_init__(self) -> None:
        """Raise InvalidValueError for a distance that is none."""
        if not 0.0 <= self.within_m < math.inf:
            raise InvalidValueError(f'a distance is 0 m or more, got {self.within_m}')

    def with_frames(self, frames: Iterable[RgbdFrame]) -> LookedOver:
        """Return the floor that frames show in addition; without depth they show none."""
        found = set(self.cells)
        for frame in frames:
            cells = np.floor(_floor_near(frame, self.within_m) / self.CELL_M).astype(np.int64)
            found.update(map(tuple, np.unique(cells, axis=0).tolist()))
        return replace(self, cells=frozenset(found))

    def covers(self, x_m: float, y_m: float) -> bool:
        """Return whether a place of the map was seen from near."""
        return (math.floor(x_m / self.CELL_M), math.floor(y_m / self.CELL_M)) in self.cells


def _floor_near(frame: RgbdFrame, within_m: float) -> FloatArray:
    """Return the places of the map (n, 2) at which a frame shows floor near the base."""
    if frame.depth_m is None:
        return np.empty((0, 2))
    rays = frame.camera.pixel_rays()[::_STEP_PX, ::_STEP_PX]
    depth_m = frame.depth_m[::_STEP_PX, ::_STEP_PX]
    points = (rays * depth_m[..., None]).reshape(-1, 3)
    points = transform_points(frame.base_from_camera, points[np.isfinite(points).all(axis=1)])
    near = np.hypot(points[:, 0], points[:, 1]) <= within_m
    floor = points[near & (np.abs(points[:, 2]) < _FLOOR_M)]
    places: FloatArray = transform_points(frame.map_from_base, floor)[:, :2]
    return places

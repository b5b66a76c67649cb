"""The floor of the map that the robot has seen from near."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import transform_points
from vlm_nav.observation.rgbd_frame import RgbdFrame

# So many pixels of a row, and as dense rows, fall into each cell that is near.
_PIXELS_OF_A_ROW = 160
_FLOOR_M = 0.1


@dataclass(frozen=True)
class LookedOver:
    """Cells of floor that was seen from near; what stood on it was seen too.

    `cells` are counted from the origin of the map, each `CELL_M` wide; to each belongs from how
    far away, in metres, it was seen at best.
    """

    CELL_M: ClassVar[float] = 0.25
    FARTHEST_M: ClassVar[float] = 5.0

    cells: Mapping[tuple[int, int], float] = field(default_factory=dict)

    def with_frames(self, frames: Iterable[RgbdFrame]) -> LookedOver:
        """Return the floor that frames show in addition; without depth they show none."""
        cells = dict(self.cells)
        for frame in frames:
            for cell, away_m in _nearest_by_cell(*_floor_near(frame)):
                cells[cell] = min(away_m, cells.get(cell, math.inf))
        return replace(self, cells=cells)

    def covers(self, places: FloatArray, within_m: float) -> NDArray[np.bool_]:
        """Return which places (..., 2) of the map were seen from at most so far away."""
        away_m: FloatArray = np.full(places.shape[:-1], np.inf)
        if self.cells:
            low, grid_m = self._grid_m
            index = np.floor(places / self.CELL_M).astype(np.int64) - low
            inside = ((index >= 0) & (index < grid_m.shape)).all(axis=-1)
            away_m[inside] = grid_m[tuple(index[inside].T)]
        return away_m <= within_m

    @functools.cached_property
    def _grid_m(self) -> tuple[NDArray[np.int64], FloatArray]:
        """Return the lowest cell (2,), and for all from there on from how far they were seen."""
        cells = np.array(list(self.cells), dtype=np.int64)
        low = cells.min(axis=0)
        grid_m = np.full(cells.max(axis=0) - low + 1, np.inf)
        grid_m[tuple((cells - low).T)] = list(self.cells.values())
        return low, grid_m


def _nearest_by_cell(
    places: FloatArray, away_m: FloatArray
) -> Iterator[tuple[tuple[int, int], float]]:
    """Yield the cells into which places (n, 2) fall, with the least distance (n,) of each."""
    if not len(places):
        return
    found = np.floor(places / LookedOver.CELL_M).astype(np.int64)
    low = found.min(axis=0)
    grid_m = np.full(found.max(axis=0) - low + 1, np.inf)
    # Of all that fall into a cell, the nearest is written last.
    order = np.argsort(-away_m)
    grid_m[tuple((found[order] - low).T)] = away_m[order]
    cells = np.argwhere(np.isfinite(grid_m))
    keys = map(tuple, (cells + low).tolist())
    yield from zip(keys, grid_m[tuple(cells.T)].tolist(), strict=True)


def _floor_near(frame: RgbdFrame) -> tuple[FloatArray, FloatArray]:
    """Return where in the map (n, 2) a frame shows floor, and how far from the base (n,)."""
    if frame.depth_m is None:
        return np.empty((0, 2)), np.empty(0)
    step_px = max(1, frame.depth_m.shape[1] // _PIXELS_OF_A_ROW)
    rays = frame.camera.pixel_rays()[::step_px, ::step_px]
    depth_m = frame.depth_m[::step_px, ::step_px]
    points = (rays * depth_m[..., None]).reshape(-1, 3)
    points = transform_points(frame.base_from_camera, points[np.isfinite(points).all(axis=1)])
    away_m = np.hypot(points[:, 0], points[:, 1])
    near = (np.abs(points[:, 2]) < _FLOOR_M) & (away_m <= LookedOver.FARTHEST_M)
    places: FloatArray = transform_points(frame.map_from_base, points[near])[:, :2]
    return places, away_m[near]

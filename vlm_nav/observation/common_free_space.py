"""The free space that the depth of one frame shows, or of several together.

A cell is free where a pixel that looks at its floor shows floor, occupied where a point stands in
the band of heights that the robot could touch, unknown everywhere else, but for the blind zone
between the base and the first floor that the camera sees. What one camera looks at is in the
blind zone of no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.observation.floor_grid import (
    FINER,
    Cell,
    FreeSpaceSettings,
    cell_centres,
    cell_index,
    grid_shape,
)
from vlm_nav.observation.free_space import FreeSpace
from vlm_nav.observation.rgbd_frame import FrameError, RgbdFrame, points_base
from vlm_nav.observation.seen_floor import blind_zone, floor_seen, in_view, looks_behind


def free_space_of(frame: RgbdFrame, settings: FreeSpaceSettings) -> FreeSpace:
    """Return the free space that a frame with depth shows.

    Raises FrameError on a frame without depth.
    """
    return common_free_space((frame,), settings)


def common_free_space(frames: Sequence[RgbdFrame], settings: FreeSpaceSettings) -> FreeSpace:
    """Return the free space that frames, placed in one base frame, show together.

    What any of them shows to stand is occupied, and floor is what any of them shows to be floor.
    The grid reaches behind the base where one of them looks there. Raises FrameError where none
    has depth.
    """
    deep = [frame for frame in frames if frame.depth_m is not None]
    flat = [frame for frame in frames if frame.depth_m is None]
    if not deep:
        raise FrameError('free space needs a frame with depth, got none')
    if any(looks_behind(frame) for frame in deep):
        settings = replace(settings, behind_m=settings.reach_m)
    centres = cell_centres(settings)
    alone = len(deep) == 1
    seen = [_seen_in(frame, centres, settings, alone=alone) for frame in deep]
    floor = np.logical_or.reduce([one.floor for one in seen])
    blind = _blind_to_all(seen)
    obstacles = np.logical_or.reduce([one.obstacles for one in seen])
    cells = np.full(grid_shape(settings), Cell.UNKNOWN, dtype=np.uint8)
    cells[floor | blind] = Cell.FREE
    cells[_coarser(obstacles)] = Cell.OCCUPIED
    assumed = np.zeros_like(blind)
    for frame in flat:
        assumed |= blind & ~floor & frame.camera.contains(_project(frame, centres))
    return FreeSpace(cells, obstacles, assumed, settings)


@dataclass(frozen=True, eq=False)
class _Seen:
    """What one frame says about the cells, and the finer grid of its obstacles.

    Which cells are in its view is asked only where there are other frames.
    """

    floor: NDArray[np.bool_]
    blind: NDArray[np.bool_]
    viewed: NDArray[np.bool_] | None
    obstacles: NDArray[np.bool_]


def _seen_in(
    frame: RgbdFrame, centres: NDArray[np.float64], settings: FreeSpaceSettings, *, alone: bool
) -> _Seen:
    points, pixels = points_base(frame), _project(frame, centres)
    return _Seen(
        floor_seen(frame, points, centres, pixels, settings),
        blind_zone(frame, points, centres, pixels, settings),
        None if alone else in_view(frame, points, pixels),
        _obstacles(points, settings),
    )


def _blind_to_all(seen: Sequence[_Seen]) -> NDArray[np.bool_]:
    """Return the cells in the blind zone of one frame at which no other looks."""
    zones = []
    for index, one in enumerate(seen):
        zone = one.blind
        for other in (*seen[:index], *seen[index + 1 :]):
            if other.viewed is not None:
                zone = zone & ~other.viewed
        zones.append(zone)
    return np.asarray(np.logical_or.reduce(zones))


def _coarser(obstacles: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the cells within which at least one of the finer ones is true."""
    rows, columns = obstacles.shape[0] // FINER, obstacles.shape[1] // FINER
    share = cv2.resize(
        obstacles.astype(np.uint8) * 255, (columns, rows), interpolation=cv2.INTER_AREA
    )
    return np.asarray(share > 0)


def _project(frame: RgbdFrame, points: NDArray[np.float64]) -> NDArray[np.float64]:
    rotation, position = frame.base_from_camera[:3, :3], frame.base_from_camera[:3, 3]
    return frame.camera.project((points - position) @ rotation)


def _obstacles(points: NDArray[np.float32], settings: FreeSpaceSettings) -> NDArray[np.bool_]:
    """Return the finer grid, True where a point stands that the robot could touch."""
    x_m, y_m, height_m = (plane.ravel() for plane in np.moveaxis(points, -1, 0))
    with np.errstate(invalid='ignore'):
        touchable = (height_m >= settings.obstacle_low_m) & (height_m <= settings.obstacle_high_m)
    places = np.flatnonzero(touchable)
    rows, columns = grid_shape(settings)
    obstacles = np.zeros((rows * FINER, columns * FINER), dtype=np.bool_)
    row, column, inside = cell_index(obstacles.shape, settings, x_m[places], y_m[places])
    # One index is three times as fast as two.
    obstacles.ravel()[(row * obstacles.shape[1] + column)[inside]] = True
    return obstacles

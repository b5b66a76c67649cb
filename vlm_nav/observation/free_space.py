"""Where the robot may drive, as the depth of one frame shows it, or of several together.

The floor around the base is a grid of cells: free where a pixel that looks at the cell's floor
shows floor, occupied where a point stands in the band of heights that the robot could touch,
unknown everywhere else. Unknown is not free, but for the blind zone between the base and the
first floor that the camera sees. What one camera looks at is in the blind zone of no other.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from vlm_nav.observation.floor_grid import (
    FINER,
    Cell,
    FreeSpaceSettings,
    cell_centres,
    cell_index,
    grid_shape,
)
from vlm_nav.observation.rgbd_frame import FrameError, RgbdFrame, points_base
from vlm_nav.observation.seen_floor import blind_zone, floor_seen, in_view, looks_behind


@dataclass(frozen=True, eq=False)
class FreeSpace:
    """The floor around the base as seen in frames of one moment.

    `cells` is (rows, columns) of `Cell`; column 0 begins at x = -behind_m (0: under the base) and
    grows forward, row 0 begins at y = -reach (right) and grows to the left. `obstacles` is the
    finer grid of the same ground, `FINER` times as many rows and columns, True where a point
    stands. `assumed` (rows, columns) is True in a blind zone at which a camera without depth
    looks: the way may lead there, but nobody measured it.
    """

    cells: NDArray[np.uint8]
    obstacles: NDArray[np.bool_]
    assumed: NDArray[np.bool_]
    settings: FreeSpaceSettings

    def free_range_m(self, bearing_rad: ArrayLike) -> NDArray[np.float64]:
        """Return how far a disc of the robot's radius travels from the base, (...) metres.

        It ends before the disc would touch what is occupied or unknown; at most the grid's
        reach. Bearings are told apart to half a degree; where the grid does not reach behind the
        base, nothing there is known to be free.
        """
        return self._at_bearings(self._free_ranges_m, bearing_rad, beyond_m=0.0)

    def unobstructed_range_m(self, bearing_rad: ArrayLike) -> NDArray[np.float64]:
        """Return how far the disc travels (...) before it touches what is occupied.

        As `free_range_m`, but the unknown does not stop it: infinite where nothing was seen to
        stand in the way.
        """
        return self._at_bearings(self._unobstructed_ranges_m, bearing_rad, beyond_m=math.inf)

    @functools.cached_property
    def _free_ranges_m(self) -> NDArray[np.float64]:
        clearance_m = _distance_m(self.cells == Cell.FREE, self.settings.cell_m)
        known_m = self._ranges_m(clearance_m, self.settings.robot_radius_m, np.False_)
        last_m = self._samples_m[-1]
        return np.minimum(
            np.where(np.isinf(known_m), last_m, known_m), self._unobstructed_ranges_m
        )

    @functools.cached_property
    def _unobstructed_ranges_m(self) -> NDArray[np.float64]:
        cell_m = self.settings.cell_m / FINER
        # Point and disc may both lie half a diagonal off the centres of their cells.
        radius_m = self.settings.robot_radius_m + math.sqrt(2.0) * cell_m
        clearance_m = _clearance_m(self.obstacles, cell_m, radius_m)
        return self._ranges_m(clearance_m, radius_m, np.True_)

    def _at_bearings(
        self, ranges_m: NDArray[np.float64], bearing_rad: ArrayLike, beyond_m: float
    ) -> NDArray[np.float64]:
        bearings = np.asarray(bearing_rad, dtype=np.float64)
        last = len(ranges_m) - 1
        widest_rad = _widest_rad(self.settings)
        index = np.round((bearings + widest_rad) / (2.0 * widest_rad) * last)
        covered = (index >= 0) & (index <= last)
        return np.where(covered, ranges_m[np.clip(index, 0, last).astype(np.int64)], beyond_m)

    @property
    def _samples_m(self) -> NDArray[np.float64]:
        return _samples_m(self.settings)

    def _ranges_m(
        self, clearance_m: NDArray[np.float32], radius_m: float, beyond: np.bool_
    ) -> NDArray[np.float64]:
        """Return the range along each bearing before which the disc touches something.

        Infinite where it touches nothing; `beyond` tells whether it passes outside the grid.
        """
        samples_m = self._samples_m
        cells, inside = _polar_cells(clearance_m.shape, self.settings)
        passes = np.where(inside, clearance_m.ravel().take(cells) > radius_m, beyond)
        before = np.maximum(0, np.argmin(passes, axis=-1) - 1)
        return np.where(passes.all(axis=-1), np.inf, samples_m[before])

    def cells_at(self, points: ArrayLike) -> NDArray[np.uint8]:
        """Return the `Cell` (...) at floor points (..., 2) of the base frame."""
        row, column, inside = self._index(points)
        return np.where(inside, self.cells[row, column], np.uint8(Cell.UNKNOWN))

    def is_assumed(self, points: ArrayLike) -> NDArray[np.bool_]:
        """Return whether floor points (..., 2) of the base frame are free by assumption only.

        Outside the grid nothing is known, whatever lies at the same bearing within it.
        """
        row, column, inside = self._index(points)
        return np.asarray(~inside | self.assumed[row, column])

    def _index(
        self, points: ArrayLike
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        array = np.asarray(points, dtype=np.float64)
        return cell_index(self.cells.shape, self.settings, array[..., 0], array[..., 1])


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


def _distance_m(passable: NDArray[np.bool_], cell_m: float) -> NDArray[np.float32]:
    """Return the distance from the centre of each cell to that of the nearest not passable."""
    distance = cv2.distanceTransform(passable.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.multiply(distance, cell_m, dtype=np.float32)


def _clearance_m(
    obstacles: NDArray[np.bool_], cell_m: float, enough_m: float
) -> NDArray[np.float32]:
    """Return the distance from each cell to the nearest obstacle, infinite far from all."""
    clearance_m = np.full(obstacles.shape, np.inf, dtype=np.float32)
    margin = math.ceil(enough_m / cell_m) + 1
    near = tuple(_around(np.flatnonzero(obstacles.any(axis=axis)), margin) for axis in (1, 0))
    if obstacles[near].size:
        clearance_m[near] = _distance_m(~obstacles[near], cell_m)
    return clearance_m


def _around(found: NDArray[np.int64], margin: int) -> slice:
    """Return from the first index to the last, and `margin` more on both sides."""
    if not len(found):
        return slice(0, 0)
    return slice(max(0, int(found[0]) - margin), int(found[-1]) + margin + 1)


def _widest_rad(settings: FreeSpaceSettings) -> float:
    """Return the greatest bearing that the grid covers."""
    return math.pi if settings.behind_m else math.pi / 2.0


def _samples_m(settings: FreeSpaceSettings) -> NDArray[np.float64]:
    return np.arange(0.0, settings.reach_m, settings.cell_m / 2.0)


@functools.lru_cache(maxsize=8)
def _polar_cells(
    shape: tuple[int, ...], settings: FreeSpaceSettings
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the cells of a grid along each bearing that it covers, and which lie within it.

    Cells are counted through all rows.
    """
    samples_m = _samples_m(settings)
    widest_deg = math.degrees(_widest_rad(settings))
    bearings_rad = np.radians(np.linspace(-widest_deg, widest_deg, round(4.0 * widest_deg) + 1))
    row, column, inside = cell_index(
        shape,
        settings,
        samples_m * np.cos(bearings_rad)[:, None],
        samples_m * np.sin(bearings_rad)[:, None],
    )
    return row * shape[1] + column, inside


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

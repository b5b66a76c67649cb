"""Which frames a view from elsewhere is made of: those that show most of it, in front."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.camera import PinholeCamera
from vlm_nav.geometry.poses import inverse, transform_points
from vlm_nav.imagination.fusing import Source, box_of
from vlm_nav.imagination.warping import Box
from vlm_nav.observation.rgbd_frame import RgbdFrame

# Every so many pixels are enough to tell which frames show something.
_SAMPLE_STEP_PX = 16
# So many of these around what shows may show as well.
_MARGIN = 2
# Of a row or a column nobody knows what lies beside it.
_LEAST_SIDE_PX = 2
# The view is divided into so many cells along its longer side; what shows in one shows in front.
_CELLS = 24
# What lies so much behind what is in front may be the same surface.
_BEHIND = 1.15


@dataclass(frozen=True, eq=False)
class _Sampled:
    """A frame, which of its samples (rows, columns) show, and in which cells (n,) how far away."""

    frame: RgbdFrame
    inside: NDArray[np.bool_]
    cells: NDArray[np.int64]
    away_m: FloatArray


def sources_of(
    frames: Sequence[RgbdFrame], camera: PinholeCamera, base_from_camera: FloatArray, most: int
) -> list[Source]:
    """Return the frames with depth that together show most of a view, at most `most`.

    What one shows behind what another one shows does not count: a frame of the next room shows
    nothing through the wall.
    """
    sampled = [_sampled(frame, camera, base_from_camera) for frame in frames]
    shown = _cells_in_front([one for one in sampled if one.cells.size])
    covered: frozenset[int] = frozenset()
    chosen: list[Source] = []
    while shown and len(chosen) < most:
        one, cells = shown.pop(_showing_most(shown, covered))
        if not cells:
            break
        chosen.append(Source(one.frame, _part(one.inside, one.frame)))
        covered |= cells
    return chosen


def _sampled(frame: RgbdFrame, camera: PinholeCamera, base_from_camera: FloatArray) -> _Sampled:
    """Return which of a frame's pixels, `_step_px` apart, show in the view, and where."""
    if frame.depth_m is None or min(frame.rgb.shape[:2]) < _LEAST_SIDE_PX:
        return _Sampled(frame, np.zeros((0, 0), np.bool_), np.empty(0, np.int64), np.empty(0))
    step_px = _step_px(frame)
    step = (slice(step_px // 2, None, step_px),) * 2
    rays, depth_m = frame.camera.pixel_rays()[step], frame.depth_m[step]
    points = transform_points(
        inverse(base_from_camera) @ frame.base_from_camera, rays * depth_m[..., None]
    )
    pixels = camera.project(points)
    inside = camera.contains(pixels)
    side_px = max(camera.width_px, camera.height_px) / _CELLS
    columns, rows = (np.clip(pixels[inside] / side_px, 0, _CELLS - 1)).astype(np.int64).T
    return _Sampled(frame, inside, rows * _CELLS + columns, points[inside][:, 2])


def _showing_most(
    shown: Sequence[tuple[_Sampled, frozenset[int]]], covered: frozenset[int]
) -> int:
    """Return the index of that which adds most to the cells covered; of equal ones, shows most."""
    counts = [(len(cells - covered), len(cells)) for _, cells in shown]
    return counts.index(max(counts))


def _cells_in_front(sampled: Sequence[_Sampled]) -> list[tuple[_Sampled, frozenset[int]]]:
    """Return with each the cells of the view in which nothing of another one hides it."""
    nearest_m = np.full(_CELLS * _CELLS, np.inf)
    for one in sampled:
        np.minimum.at(nearest_m, one.cells, one.away_m)
    return [
        (one, frozenset(one.cells[one.away_m <= _BEHIND * nearest_m[one.cells]].tolist()))
        for one in sampled
    ]


def _part(inside: NDArray[np.bool_], frame: RgbdFrame) -> Box:
    """Return the part of a frame around those of its pixels that show, with a margin."""
    step_px = _step_px(frame)
    rows, columns = (
        slice(max(0, (one.start - _MARGIN) * step_px), (one.stop + _MARGIN) * step_px)
        for one in box_of(inside)
    )
    return rows, columns


def _step_px(frame: RgbdFrame) -> int:
    side_px: int = min(frame.rgb.shape[:2])
    return min(_SAMPLE_STEP_PX, max(1, side_px // _SAMPLE_STEP_PX))

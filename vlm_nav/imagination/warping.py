"""What one frame shows of what would be seen from elsewhere: a forward warp of its depth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.camera import PinholeCamera
from vlm_nav.geometry.poses import inverse
from vlm_nav.observation.rgbd_frame import FrameError, RgbdFrame

_Plane: TypeAlias = NDArray[np.float32]

_NEAREST_M = 0.1
# What is magnified more than this is no picture any more.
_LARGEST_FOOTPRINT_PX = 12.0
# A cell of 2 ** level pixels holds no crack where points lie closer than this share of it.
_FULL_SHARE = 0.75
_LEVELS = 5
# Depths that differ by less belong to one surface.
_SAME_SURFACE = 0.04
_NOTHING = -1


@dataclass(frozen=True, eq=False)
class Warped:
    """One frame as it shows from elsewhere; all arrays are (H, W) of the new picture.

    `pixel` is the flat index of the frame's pixel that shows, -1 where none does; `u_px` and
    `v_px` are where exactly to look in the frame; `depth_m` is NaN where nothing is known;
    `magnified` says how many pixels one of the frame's covers. `hidden` is where the back of a
    surface shows that was seen from its front alone.
    """

    pixel: NDArray[np.int32]
    u_px: _Plane
    v_px: _Plane
    depth_m: _Plane
    magnified: _Plane
    hidden: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Moved:
    """Where the pixels (h, w) of a frame show in the new picture, and how large."""

    u_px: _Plane
    v_px: _Plane
    depth_m: _Plane
    footprint_px: _Plane
    faces_us: NDArray[np.bool_]


def warp(frame: RgbdFrame, camera: PinholeCamera, base_from_camera: FloatArray) -> Warped:
    """Return what a frame with depth shows from another pose, through a camera without distortion.

    Pixels at a step of the depth are left out: they show both sides. Raises FrameError on a frame
    without depth.
    """
    if frame.depth_m is None:
        raise FrameError('a warp needs a frame with depth, got one without')
    camera_from_source = inverse(base_from_camera) @ frame.base_from_camera
    moved = _moved(frame, frame.depth_m, camera, camera_from_source)
    return _fetched(moved, _nearest_pixels(moved, camera), frame, camera)


def _moved(
    frame: RgbdFrame, depth_m: _Plane, camera: PinholeCamera, camera_from_source: FloatArray
) -> _Moved:
    matrix = np.array(
        ((camera.fx_px, 0.0, camera.cx_px), (0.0, camera.fy_px, camera.cy_px), (0.0, 0.0, 1.0))
    )
    projection = (matrix @ camera_from_source[:3]).astype(np.float32)
    planes = projection[:, :3] @ frame.camera.ray_planes()
    planes *= depth_m.reshape(-1)
    planes += projection[:, 3:]
    with np.errstate(all='ignore'):
        far_m = planes[2].reshape(depth_m.shape)
        far_m[~(far_m > _NEAREST_M)] = np.nan
        u_px, v_px = (planes[axis].reshape(depth_m.shape) / far_m for axis in (0, 1))
        across, faces_us = _steps(u_px, v_px, 1)
        down, _ = _steps(u_px, v_px, 0)
    footprint_px = np.fmax(across, down)
    footprint_px[np.isnan(across) | np.isnan(down)] = np.nan
    return _Moved(u_px, v_px, far_m, footprint_px, faces_us)


def _steps(u_px: _Plane, v_px: _Plane, axis: int) -> tuple[_Plane, NDArray[np.bool_]]:
    """Return how far neighbours lie from each other on the nearer side, and in which sense."""
    right, low = np.diff(u_px, axis=axis), np.diff(v_px, axis=axis)
    step = cv2.max(cv2.absdiff(right, np.zeros_like(right)), cv2.absdiff(low, np.zeros_like(low)))
    step = np.asarray(step, dtype=np.float32)
    # Unknown neighbours are infinitely far.
    step[np.isnan(right) | np.isnan(low)] = np.inf
    before = [(0, 0), (0, 0)]
    after = [(0, 0), (0, 0)]
    before[axis], after[axis] = (1, 0), (0, 1)
    back = np.pad(step, before, constant_values=np.inf)
    ahead = np.pad(step, after, constant_values=np.inf)
    nearer = np.minimum(back, ahead)
    sense = np.where(ahead <= back, np.pad(right, after), np.pad(right, before)) > 0.0
    return nearer, sense


def _nearest_pixels(moved: _Moved, camera: PinholeCamera) -> NDArray[np.int32]:
    """Return which of the frame's pixels shows at each place (H, W), the nearest ones."""
    height, width = camera.height_px, camera.width_px
    with np.errstate(invalid='ignore'):
        usable = moved.footprint_px <= _LARGEST_FOOTPRINT_PX
        usable &= (moved.u_px >= -0.5) & (moved.u_px < width - 0.5)
        usable &= (moved.v_px >= -0.5) & (moved.v_px < height - 0.5)
    ids = np.flatnonzero(usable).astype(np.int32)
    near = np.reciprocal(moved.depth_m.reshape(-1)[ids])
    # Sixteen bits are sorted fastest.
    order = np.argsort((near * (65_535.0 * _NEAREST_M)).astype(np.uint16), kind='stable')
    ids = ids[order]
    columns = np.rint(moved.u_px.reshape(-1)[ids]).astype(np.int32)
    rows = np.rint(moved.v_px.reshape(-1)[ids]).astype(np.int32)
    footprint_px = moved.footprint_px.reshape(-1)[ids]
    levels = np.zeros(len(ids), dtype=np.uint8)
    for level in range(_LEVELS - 1):
        levels += footprint_px > _FULL_SHARE * (1 << level)
    depth_m = moved.depth_m.reshape(-1)
    best = np.full((height, width), _NOTHING, dtype=np.int32)
    for level in reversed(range(_LEVELS)):
        chosen = np.flatnonzero(levels == level)
        if len(chosen):
            cells = _cells(ids[chosen], rows[chosen], columns[chosen], level, (height, width))
            best = _nearer(best, cells, depth_m)
    return best


def _cells(
    ids: NDArray[np.int32],
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
    level: int,
    shape: tuple[int, int],
) -> NDArray[np.int32]:
    """Return the last of the pixels that falls into each cell, for all places of the picture."""
    height, width = shape
    across = ((width - 1) >> level) + 1
    grid = np.full((((height - 1) >> level) + 1) * across, _NOTHING, dtype=np.int32)
    # Of several for one cell the last is kept: the nearest.
    grid[(rows >> level) * across + (columns >> level)] = ids
    coarse = grid.reshape(-1, across)
    if level == 0:
        return coarse
    size = 1 << level
    return np.repeat(np.repeat(coarse, size, axis=0), size, axis=1)[:height, :width]


def _nearer(
    coarse: NDArray[np.int32], fine: NDArray[np.int32], depth_m: _Plane
) -> NDArray[np.int32]:
    """Return the finer pixels, and the coarser ones where those are missing or lie behind."""
    with np.errstate(invalid='ignore'):
        behind = depth_m[fine] > depth_m[coarse] * np.float32(1.0 + _SAME_SURFACE)
    return np.where((fine < 0) | (behind & (coarse >= 0)), coarse, fine)


def _fetched(
    moved: _Moved, best: NDArray[np.int32], frame: RgbdFrame, camera: PinholeCamera
) -> Warped:
    """Return where exactly to look in the frame for each place of the new picture."""
    known = best >= 0
    depth_m = moved.depth_m.reshape(-1)[best]
    assert frame.depth_m is not None
    ratio = np.float32(camera.fx_px / frame.camera.fx_px)
    with np.errstate(all='ignore'):
        magnified = frame.depth_m.reshape(-1)[best] * ratio / depth_m
        rows, columns = np.divmod(best, np.int32(frame.camera.width_px))
        places_v, places_u = np.indices(
            (camera.height_px, camera.width_px), dtype=np.float32, sparse=True
        )
        limit = np.float32(1.0)
        aside = np.clip((places_u - moved.u_px.reshape(-1)[best]) / magnified, -limit, limit)
        below = np.clip((places_v - moved.v_px.reshape(-1)[best]) / magnified, -limit, limit)
    hidden = known & ~moved.faces_us.reshape(-1)[best]
    known &= ~hidden
    nothing = ~known
    depth_m[nothing] = np.nan
    u_px, v_px = columns.astype(np.float32) + aside, rows.astype(np.float32) + below
    u_px[nothing] = v_px[nothing] = -1.0
    # What is fetched lies between pixels: the nearest one is named.
    right, low = frame.camera.width_px - 1, frame.camera.height_px - 1
    nearest_u = np.clip(np.rint(u_px), 0, right).astype(np.int32)
    nearest_v = np.clip(np.rint(v_px), 0, low).astype(np.int32)
    exact = nearest_v * np.int32(frame.camera.width_px) + nearest_u
    pixel = np.where(known, exact, np.int32(_NOTHING))
    return Warped(pixel, u_px, v_px, depth_m, magnified.astype(np.float32), hidden)

"""What one frame shows of what would be seen from elsewhere: a forward warp of its depth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

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
# The steepest slant of a surface, as the tangent from straight ahead, and its largest step.
_STEEPEST, _LARGEST_STEP = 30.0, 0.2
# Depths that differ by less belong to one surface.
_SAME_SURFACE = 0.04
_NOTHING = -1


@dataclass(frozen=True, eq=False)
class Moved:
    """Where the pixels (h, w) of a frame show in the new picture, and how large."""

    u_px: _Plane
    v_px: _Plane
    depth_m: _Plane
    footprint_px: _Plane
    faces_us: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class LookedUp:
    """Where to look in a frame (n,): exactly, and the flat index of the nearest pixel."""

    u_px: _Plane
    v_px: _Plane
    pixel: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Warped:
    """One frame as it shows from elsewhere; all arrays but `moved` are (H, W) of the new picture.

    `pixel` is the flat index of the frame's pixel that shows about there, -1 where none does;
    `depth_m` is NaN there; `magnified` says how many pixels one of the frame's covers. Of a
    surface that was seen from its front alone nothing shows from behind, but it hides.
    """

    pixel: NDArray[np.int32]
    depth_m: _Plane
    magnified: _Plane
    moved: Moved

    def looked_up(self, places: NDArray[np.intp]) -> LookedUp:
        """Return where exactly to look in the frame for flat indices (n,) of places."""
        width = np.int32(self.pixel.shape[1])
        source_height, source_width = self.moved.u_px.shape
        own = self.pixel.reshape(-1).take(places)
        pixels = own.astype(np.intp)
        shrunk = np.reciprocal(self.magnified.reshape(-1).take(places))
        at = places.astype(np.int32)
        at_v = at // width
        at -= at_v * width
        rows = own // np.int32(source_width)
        columns = own - rows * np.int32(source_width)
        u_px = _beside(columns, at, self.moved.u_px.reshape(-1).take(pixels), shrunk)
        v_px = _beside(rows, at_v, self.moved.v_px.reshape(-1).take(pixels), shrunk)
        nearest = _whole(v_px, source_height)
        nearest *= np.int32(source_width)
        nearest += _whole(u_px, source_width)
        # Beside the rim of a thing lies what shows both it and what is behind it.
        mixed = np.isinf(self.moved.footprint_px.reshape(-1).take(nearest))
        for exact, whole in ((u_px, columns), (v_px, rows), (nearest, own)):
            np.copyto(exact, whole, where=mixed, casting='same_kind')
        return LookedUp(u_px, v_px, nearest)


def warp(frame: RgbdFrame, camera: PinholeCamera, base_from_camera: FloatArray) -> Warped:
    """Return what a frame with depth shows from another pose, through a camera without distortion.

    Pixels at a step of the depth are left out: they show both sides. Raises FrameError on a frame
    without depth.
    """
    if frame.depth_m is None:
        raise FrameError('a warp needs a frame with depth, got one without')
    camera_from_source = inverse(base_from_camera) @ frame.base_from_camera
    depth_m = np.asarray(frame.depth_m, dtype=np.float32)
    moved = _moved(frame, depth_m, camera, camera_from_source)
    pixel, nearest_m = _nearest_pixels(moved, camera)
    ratio = np.float32(camera.fx_px / frame.camera.fx_px)
    # Where nothing shows, the first pixel is looked at and then forgotten.
    shown = np.maximum(pixel, 0).astype(np.intp)
    magnified = depth_m.reshape(-1).take(shown)
    magnified *= ratio
    magnified /= nearest_m
    known = moved.faces_us.reshape(-1).take(shown)
    known &= pixel >= 0
    np.copyto(nearest_m, np.float32(np.nan), where=~known)
    np.copyto(pixel, np.int32(_NOTHING), where=~known)
    return Warped(pixel, nearest_m, magnified, moved)


def _moved(
    frame: RgbdFrame, depth_m: _Plane, camera: PinholeCamera, camera_from_source: FloatArray
) -> Moved:
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
        limit = np.float32(min(_LARGEST_STEP, _STEEPEST / frame.camera.fx_px))
        planes_px = (u_px, v_px, depth_m)
        footprint_px = np.maximum(_steps(*planes_px, 1, limit), _steps(*planes_px, 0, limit))
        faces_us = _is_ahead(u_px)
    return Moved(u_px, v_px, far_m, footprint_px, faces_us)


def _steps(u_px: _Plane, v_px: _Plane, depth_m: _Plane, axis: int, limit: np.float32) -> _Plane:
    """Return how far the nearer one of two neighbours on the same surface lies, inf for neither.

    Depths that differ by more than the share `limit` are of two surfaces.
    """
    here = (slice(1, None), slice(None)) if axis == 0 else (slice(None), slice(1, None))
    before = (slice(None, -1), slice(None)) if axis == 0 else (slice(None), slice(None, -1))
    height, width = u_px.shape
    steps = np.full((height + (axis == 0), width + (axis == 1)), np.inf, dtype=np.float32)
    inner = steps[1:-1] if axis == 0 else steps[:, 1:-1]
    right = np.asarray(cv2.absdiff(u_px[here], u_px[before]))
    low = np.asarray(cv2.absdiff(v_px[here], v_px[before]))
    np.maximum(right, low, out=inner)
    apart = np.asarray(cv2.absdiff(depth_m[here], depth_m[before])) > limit * depth_m[here]
    np.copyto(inner, np.float32(np.inf), where=apart)
    # Of a number and NaN this is the number.
    return np.asarray(np.fmin(steps[before], steps[here]), dtype=np.float32)


def _is_ahead(u_px: _Plane) -> NDArray[np.bool_]:
    """Return which pixels have their neighbours on the same sides as in their own picture.

    Noise of the depth exchanges single neighbours: most of those around decide.
    """
    rises = np.zeros(u_px.shape, dtype=np.uint8)
    rises[:, :-1] = u_px[:, 1:] > u_px[:, :-1]
    falls = np.zeros(u_px.shape, dtype=np.uint8)
    falls[:, :-1] = u_px[:, 1:] < u_px[:, :-1]
    rising, falling = (cv2.boxFilter(one, -1, (5, 5), normalize=False) for one in (rises, falls))
    return np.asarray(rising) >= np.asarray(falling)


def _nearest_pixels(moved: Moved, camera: PinholeCamera) -> tuple[NDArray[np.int32], _Plane]:
    """Return which of the frame's pixels shows at each place (H, W), and how far away it is.

    Of several the nearest; -1 and inf where there is none. What is magnified fills larger cells,
    so that nothing behind it shows through between its pixels.
    """
    height, width = camera.height_px, camera.width_px
    ids, levels = _by_distance(moved, camera)
    depth_m = moved.depth_m.reshape(-1).take(ids)
    # Of a number that is not negative the whole part is what is left of it.
    columns = (moved.u_px.reshape(-1).take(ids) + np.float32(0.5)).astype(np.int32)
    rows = (moved.v_px.reshape(-1).take(ids) + np.float32(0.5)).astype(np.int32)
    best, nearest_m = np.empty((0, 0), dtype=np.int32), np.empty((0, 0), dtype=np.float32)
    for level in reversed(range(_LEVELS)):
        shape = (((height - 1) >> level) + 1, ((width - 1) >> level) + 1)
        cells = np.full(shape, _NOTHING, dtype=np.int32)
        cells_m = np.full(shape, np.inf, dtype=np.float32)
        chosen = np.flatnonzero(levels == level)
        at = (rows.take(chosen) >> level) * shape[1] + (columns.take(chosen) >> level)
        # Of several for one cell the last is kept: the nearest.
        cells.reshape(-1)[at], cells_m.reshape(-1)[at] = ids.take(chosen), depth_m.take(chosen)
        if best.size:
            coarse, coarse_m = _doubled(best, shape), _doubled(nearest_m, shape)
            # Where the finer is missing or lies behind.
            behind = cells_m > coarse_m * np.float32(1.0 + _SAME_SURFACE)
            np.copyto(cells, coarse, where=behind)
            np.copyto(cells_m, coarse_m, where=behind)
        best, nearest_m = cells, cells_m
    return best, nearest_m


def _by_distance(
    moved: Moved, camera: PinholeCamera
) -> tuple[NDArray[np.intp], NDArray[np.uint8]]:
    """Return the pixels that show, the farthest first, and how large the cells are they fill."""
    with np.errstate(invalid='ignore'):
        usable = moved.footprint_px <= _LARGEST_FOOTPRINT_PX
        usable &= (moved.u_px >= -0.5) & (moved.u_px < camera.width_px - 0.5)
        usable &= (moved.v_px >= -0.5) & (moved.v_px < camera.height_px - 0.5)
    ids = np.flatnonzero(usable)
    near = np.float32(65_535.0 * _NEAREST_M) / moved.depth_m.reshape(-1).take(ids)
    # Sixteen bits are sorted fastest.
    ids = ids[np.argsort(near.astype(np.uint16), kind='stable')]
    footprint_px = moved.footprint_px.reshape(-1).take(ids)
    levels = np.zeros(len(ids), dtype=np.uint8)
    for level in range(_LEVELS - 1):
        levels += footprint_px > np.float32(_FULL_SHARE * (1 << level))
    return ids, levels


def _doubled(cells: NDArray[Any], shape: tuple[int, int]) -> NDArray[Any]:
    """Return cells as they lie on a grid of this shape, which is twice as fine."""
    size = (2 * cells.shape[1], 2 * cells.shape[0])
    doubled = np.asarray(cv2.resize(cells, size, interpolation=cv2.INTER_NEAREST))
    return doubled[: shape[0], : shape[1]]


def _beside(
    pixel: NDArray[np.int32], place: NDArray[np.int32], shown_px: _Plane, shrunk: _Plane
) -> _Plane:
    """Return what lies beside a pixel by as much as a place beside where that pixel shows."""
    aside = place.astype(np.float32)
    aside -= shown_px
    aside *= shrunk
    # Farther away is another pixel's.
    np.maximum(aside, np.float32(-1.0), out=aside)
    np.minimum(aside, np.float32(1.0), out=aside)
    aside += pixel.astype(np.float32)
    return aside


def _whole(plane: _Plane, size: int) -> NDArray[np.int32]:
    """Return the whole numbers nearest to those of a plane, within a picture's side."""
    whole: NDArray[np.int32] = (plane + np.float32(0.5)).astype(np.int32)
    np.minimum(whole, np.int32(size - 1), out=whole)
    np.maximum(whole, np.int32(0), out=whole)
    return whole

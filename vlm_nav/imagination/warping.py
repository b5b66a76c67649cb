"""What one frame shows of what would be seen from elsewhere: a forward warp of its depth."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.camera import PinholeCamera
from vlm_nav.geometry.poses import inverse
from vlm_nav.imagination.splatting import Moved, nearest_pixels
from vlm_nav.observation.rgbd_frame import FrameError, RgbdFrame

_Plane: TypeAlias = NDArray[np.float32]
Box: TypeAlias = tuple[slice, slice]
"""Rows and columns of a picture."""

ALL: Final[Box] = (slice(None), slice(None))
"""All of it."""

_NEAREST_M = 0.1
# The steepest slant of a surface, as the tangent from straight ahead, and its largest step.
_STEEPEST, _LARGEST_STEP = 30.0, 0.2
# Columns and rows that are whole have no fractions.
_EMPTY: Final = np.empty((0, 0), dtype=np.uint16)


@dataclass(frozen=True, eq=False)
class LookedUp:
    """Where to look in a part of a frame (H, W): exactly, and the nearest pixel (H, W, 2)."""

    u_px: _Plane
    v_px: _Plane
    nearest: NDArray[np.int16]


@dataclass(frozen=True, eq=False)
class Warped:
    """One frame as it shows from elsewhere; all arrays but `moved` are of the new picture.

    `place` (H, W, 2) holds the column and the row of the frame's pixel that shows about there, -1
    where none does; `depth_m` (H, W) is NaN there; `magnified` (H, W) says how many pixels one of
    the frame's covers. Of a surface that was seen from its front alone nothing shows from behind,
    but it hides.
    """

    place: NDArray[np.int16]
    depth_m: _Plane
    magnified: _Plane
    moved: Moved

    @property
    def known(self) -> NDArray[np.bool_]:
        """Return where something of the frame shows (H, W)."""
        return self.place[..., 0] >= 0

    def looked_up(self, box: Box) -> LookedUp:
        """Return where exactly to look in the part, for a box of the new picture.

        Where nothing shows it means nothing.
        """
        place = self.place[box]
        columns, rows = (place[..., axis].astype(np.float32) for axis in (0, 1))
        down, across = (
            one[part] for one, part in zip(_axes(*self.depth_m.shape), box, strict=True)
        )
        with np.errstate(invalid='ignore', over='ignore'):
            shrunk = np.reciprocal(self.magnified[box])
            u_px = _beside(columns, across, _fetched(self.moved.u_px, place), shrunk)
            v_px = _beside(rows, down[:, None], _fetched(self.moved.v_px, place), shrunk)
        nearest = _whole(u_px, v_px)
        mixed = np.isinf(self.moved.footprint_px).view(np.uint8)
        # Beside the rim of a thing lies what shows both it and what is behind it.
        rim = np.flatnonzero(_fetched(mixed, nearest))
        for exact, own in ((u_px, columns), (v_px, rows)):
            exact.reshape(-1)[rim] = own.reshape(-1).take(rim)
        nearest.reshape(-1, 2)[rim] = place.reshape(-1, 2).take(rim, axis=0)
        return LookedUp(u_px, v_px, nearest)


def warp(
    frame: RgbdFrame, camera: PinholeCamera, base_from_camera: FloatArray, part: Box = ALL
) -> Warped:
    """Return what a part of a frame with depth shows from another pose.

    `camera` has no distortion. Pixels at a step of the depth are left out: they show both sides.
    Raises FrameError on a frame without depth.
    """
    if frame.depth_m is None:
        raise FrameError('a warp needs a frame with depth, got one without')
    camera_from_source = inverse(base_from_camera) @ frame.base_from_camera
    depth_m = np.ascontiguousarray(frame.depth_m[part], dtype=np.float32)
    rays = frame.camera.ray_planes().reshape(3, *frame.depth_m.shape)[:, part[0], part[1]]
    moved = _moved(rays, depth_m, camera, camera_from_source, frame.camera.fx_px)
    place, nearest_m = nearest_pixels(moved, camera)
    magnified = _fetched(depth_m, place)
    magnified *= np.float32(camera.fx_px / frame.camera.fx_px)
    magnified /= nearest_m
    # What hides and does not show is as unknown as what is not there.
    nearest_m += np.float32(0.0) * magnified
    return Warped(place, nearest_m, magnified, moved)


def _moved(
    rays: _Plane,
    depth_m: _Plane,
    camera: PinholeCamera,
    camera_from_source: FloatArray,
    source_fx_px: float,
) -> Moved:
    matrix = np.array(
        ((camera.fx_px, 0.0, camera.cx_px), (0.0, camera.fy_px, camera.cy_px), (0.0, 0.0, 1.0))
    )
    projection = (matrix @ camera_from_source[:3]).astype(np.float32)
    planes = projection[:, :3] @ rays.reshape(3, -1)
    flat_m = depth_m.reshape(-1)
    for axis in range(3):
        planes[axis] *= flat_m
        planes[axis] += projection[axis, 3]
    with np.errstate(all='ignore'):
        u_px, v_px, far_m = (plane.reshape(depth_m.shape) for plane in planes)
        behind = far_m <= _NEAREST_M
        if behind.any():
            far_m[behind] = np.nan
        u_px /= far_m
        v_px /= far_m
        limit_m = depth_m * np.float32(min(_LARGEST_STEP, _STEEPEST / source_fx_px))
        parts = (u_px, v_px, depth_m, limit_m)
        footprint_px = _steps(*parts, axis=1)
        np.maximum(footprint_px, _steps(*parts, axis=0), out=footprint_px)
        faces_us = _is_ahead(u_px)
    return Moved(u_px, v_px, far_m, footprint_px, faces_us)


def _steps(u_px: _Plane, v_px: _Plane, depth_m: _Plane, limit_m: _Plane, axis: int) -> _Plane:
    """Return how far the nearer one of two neighbours on the same surface lies, inf for neither.

    Depths that differ by more than `limit_m` are of two surfaces.
    """
    here = (slice(1, None), slice(None)) if axis == 0 else (slice(None), slice(1, None))
    before = (slice(None, -1), slice(None)) if axis == 0 else (slice(None), slice(None, -1))
    height, width = u_px.shape
    steps = np.empty((height + (axis == 0), width + (axis == 1)), dtype=np.float32)
    rim = (
        (slice(None, None, height), slice(None))
        if axis == 0
        else (slice(None), slice(None, None, width))
    )
    steps[rim] = np.inf
    inner = steps[1:-1] if axis == 0 else steps[:, 1:-1]
    right = np.asarray(cv2.absdiff(u_px[here], u_px[before]))
    low = np.asarray(cv2.absdiff(v_px[here], v_px[before]))
    np.maximum(right, low, out=inner)
    apart = np.asarray(cv2.absdiff(depth_m[here], depth_m[before])) > limit_m[here]
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


def _fetched(plane: NDArray[Any], place: NDArray[np.int16]) -> NDArray[Any]:
    """Return what a plane (h, w) holds at columns and rows (H, W, 2), beside it NaN, or 0."""
    beside = np.nan if plane.dtype == np.float32 else 0
    return np.asarray(cv2.remap(plane, place, _EMPTY, cv2.INTER_NEAREST, borderValue=beside))


def _beside(own: _Plane, place: _Plane, shown_px: _Plane, shrunk: _Plane) -> _Plane:
    """Return what lies beside a pixel by as much as a place beside where that pixel shows."""
    aside = place - shown_px
    aside *= shrunk
    # Farther away is another pixel's.
    np.maximum(aside, np.float32(-1.0), out=aside)
    np.minimum(aside, np.float32(1.0), out=aside)
    aside += own
    return aside


def _whole(u_px: _Plane, v_px: _Plane) -> NDArray[np.int16]:
    """Return the columns and rows (H, W, 2) nearest to exact ones."""
    whole, _ = cv2.convertMaps(u_px, v_px, cv2.CV_16SC2, nninterpolation=True)
    return np.asarray(whole, dtype=np.int16)


@functools.lru_cache(maxsize=8)
def _axes(height: int, width: int) -> tuple[_Plane, _Plane]:
    """Return the rows (h,) and the columns (w,) of a picture."""
    return np.arange(height, dtype=np.float32), np.arange(width, dtype=np.float32)

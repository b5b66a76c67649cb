"""Which pixel of a frame shows at each place of a new picture: of several the nearest."""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.camera import PinholeCamera

_Plane: TypeAlias = NDArray[np.float32]

# What is magnified more than this is no picture any more.
_LARGEST_FOOTPRINT_PX = 12.0
# A cell of 2 ** level pixels holds no crack where points lie closer than this share of it.
_FULL_SHARE = 0.75
_LEVELS = 5
# Depths that differ by less belong to one surface.
_SAME_SURFACE = 0.04
_NOTHING = -1
# After so many passes what is left is sorted.
_PASSES = 4


@dataclass(frozen=True, eq=False)
class Moved:
    """Where the pixels (h, w) of a frame show in the new picture, and how large."""

    u_px: _Plane
    v_px: _Plane
    depth_m: _Plane
    footprint_px: _Plane
    faces_us: NDArray[np.bool_]


def nearest_pixels(moved: Moved, camera: PinholeCamera) -> tuple[NDArray[np.int16], _Plane]:
    """Return which of the frame's pixels shows at each place, and how far away it is.

    These are a column and a row (H, W, 2), -1 where there is none, and metres (H, W). Of several
    pixels it is the nearest; what is magnified fills larger cells, so that nothing behind it shows
    through between its pixels.
    """
    size = (camera.height_px, camera.width_px)
    sizes = [_level_size(size, level) for level in range(_LEVELS)]
    # Below each other, those of all levels are cells of one array.
    first_rows = np.cumsum([0, *(rows for rows, _ in sizes)], dtype=np.int32)
    own = np.full((first_rows[-1], size[1]), _NOTHING, dtype=np.int32)
    own_m = np.full(own.shape, np.inf, dtype=np.float32)
    first_rows = first_rows[:-1]
    ids, cells = _cells(moved, size, first_rows)
    pixels = _packed(*moved.u_px.shape).take(ids)
    if not moved.faces_us.all():
        pixels[~moved.faces_us.reshape(-1).take(ids)] = _NOTHING
    _write_nearest(
        own.reshape(-1), own_m.reshape(-1), cells, pixels, moved.depth_m.reshape(-1).take(ids)
    )
    levels = [
        np.s_[first : first + rows, :columns]
        for first, (rows, columns) in zip(first_rows, sizes, strict=True)
    ]
    for fine, coarse in reversed(list(itertools.pairwise(levels))):
        _put_in_front((own[fine], own_m[fine]), (own[coarse], own_m[coarse]))
    return own[levels[0]].view(np.int16).reshape(*size, 2), own_m[levels[0]]


def _cells(
    moved: Moved, size: tuple[int, int], first_rows: NDArray[np.int32]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the flat indices of the pixels that show, and which cell of all levels each fills."""
    with np.errstate(invalid='ignore'):
        rows = _floored(moved.v_px)
        columns = _floored(moved.u_px)
        usable = moved.footprint_px <= _LARGEST_FOOTPRINT_PX
        # Of what lies before the first one, the number without a sign is very large.
        usable &= rows.view(np.uint32) < size[0]
        usable &= columns.view(np.uint32) < size[1]
    ids = np.flatnonzero(usable)
    footprint_px = moved.footprint_px.reshape(-1).take(ids)
    levels = np.zeros(len(ids), dtype=np.uint8)
    for level in range(_LEVELS - 1):
        levels += footprint_px > np.float32(_FULL_SHARE * (1 << level))
    cells = rows.reshape(-1).take(ids)
    cells >>= levels
    cells += first_rows.take(levels)
    cells *= np.int32(size[1])
    cells += columns.reshape(-1).take(ids) >> levels
    return ids, cells.astype(np.intp)


def _write_nearest(
    own: NDArray[np.int32],
    own_m: _Plane,
    cells: NDArray[np.intp],
    pixels: NDArray[np.int32],
    depth_m: _Plane,
) -> None:
    """Write pixels (n,) and their depths into their cells; of several for one cell the nearest."""
    for _ in range(_PASSES):
        # The last that is written stays.
        own[cells], own_m[cells] = pixels, depth_m
        left = np.flatnonzero(depth_m < own_m.take(cells))
        cells, pixels, depth_m = cells.take(left), pixels.take(left), depth_m.take(left)
    order = np.argsort(-depth_m, kind='stable')
    own[cells[order]], own_m[cells[order]] = pixels[order], depth_m[order]


def _put_in_front(
    fine: tuple[NDArray[np.int32], _Plane], coarse: tuple[NDArray[np.int32], _Plane]
) -> None:
    """Write pixels and depths of coarser cells where the finer one is missing or behind."""
    doubled, doubled_m = (_doubled(one, fine[0].shape) for one in coarse)
    behind = (fine[1] > doubled_m * np.float32(1.0 + _SAME_SURFACE)).view(np.uint8)
    cv2.copyTo(doubled, behind, fine[0])
    cv2.copyTo(doubled_m, behind, fine[1])


def _level_size(size: tuple[int, int], level: int) -> tuple[int, int]:
    return ((size[0] - 1) >> level) + 1, ((size[1] - 1) >> level) + 1


def _doubled(cells: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Return cells as they lie on a grid of this shape, which is twice as fine."""
    size = (2 * cells.shape[1], 2 * cells.shape[0])
    doubled = np.asarray(cv2.resize(cells, size, interpolation=cv2.INTER_NEAREST))
    return doubled[: shape[0], : shape[1]]


def _floored(plane: _Plane) -> NDArray[np.int32]:
    """Return the whole numbers nearest to those of a plane; below -0.5 they are negative."""
    # Towards zero is down for what is positive.
    whole: NDArray[np.int32] = (plane + np.float32(1.5)).astype(np.int32)
    whole -= 1
    return whole


@functools.lru_cache(maxsize=8)
def _packed(height: int, width: int) -> NDArray[np.int32]:
    """Return the column and the row of each pixel (n,) in one number, 16 bits each."""
    rows, columns = np.indices((height, width), dtype=np.int16)
    packed = np.stack([columns, rows], axis=-1).view(np.int32).reshape(-1)
    packed.setflags(write=False)
    return packed

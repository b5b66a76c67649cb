"""Which cells belong to the object at the seed: cut where depth steps, creases and colours do."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.reasons import HandReason
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.manipulation.cells import Cells, dot, normals_of, planes_of
from vlm_nav.manipulation.lobes import has_slits_only, own_lobe
from vlm_nav.manipulation.surfaces import depth_std_m

_STEP_M = 0.006
_CREASE = 0.45
_UNLIKE = 45
_UPWARD = 0.9
_SUPPORT_CELLS = 0.04
_SUPPORT_BIN_M = 0.005
_SAME_SHARE = 1.35
_AT_BORDER = 0.1
_OVERLAP = 0.6
# Of what is below a roof but the near sides are seen.
_ROOF_OVERLAP = 0.5
_PLAN_M = 0.01
_ACROSS_CELLS = 4
_SAME_FACE = 0.85
_CROSS = np.array(((0, 1, 0), (1, 1, 1), (0, 1, 0)), dtype=np.uint8)


def segment(
    cells: Cells, camera_base: FloatArray, distance_m: float, point_base: FloatArray
) -> NDArray[np.bool_] | HandReason:
    """Return the cells (h, w) of the object at the seed, or TOUCHING_OBJECTS.

    What surfaces below carry is no part of it, nor is what only a neck joins to it; between two
    such lobes nobody can say which is meant. A colour edge alone does not tell a pattern from
    a neighbour: where it cuts what geometry holds together into parts that lie beside each other,
    nobody can say where the object ends.
    """
    normals = normals_of(cells, camera_base)
    noise_m = float(depth_std_m(distance_m))
    support = _support(cells, normals, noise_m, float(point_base[2]))
    free = cells.known & ~support
    edges = _edges(cells, normals, camera_base, noise_m)
    whole = _component(free & ~edges, free, cells.seed)
    lobe = own_lobe(whole, cells.seed)
    if lobe is None:
        return HandReason.TOUCHING_OBJECTS
    if has_slits_only(whole) and _is_above(lobe, whole, cells, _ROOF_OVERLAP):
        # A slit that goes across, as under a roof, is no neck.
        lobe = whole
    whole = lobe
    part = _component(whole & ~edges & ~_colour_edges(cells), whole, cells.seed)
    part = _without_patterns(part) & whole
    if not part.any() or whole.sum() <= _SAME_SHARE * part.sum():
        return whole
    if _is_inside(part, whole) or _is_above(part, whole, cells):
        return whole
    if _is_face(part, whole & ~part, normals):
        return whole
    return HandReason.TOUCHING_OBJECTS


def _support(
    cells: Cells, normals: NDArray[np.float32], noise_m: float, seed_z_m: float
) -> NDArray[np.bool_]:
    """Return the cells of level surfaces that lie below the seed."""
    band_m = _STEP_M + 2.0 * noise_m
    level = cells.known & (normals[2] > _UPWARD)
    heights_m = cells.points_base[..., 2]
    found = np.zeros(level.shape, dtype=np.bool_)
    below = heights_m[level & (heights_m < seed_z_m - band_m)]
    least = _SUPPORT_CELLS * level.size
    while len(below) > least:
        bins = np.round(below / _SUPPORT_BIN_M).astype(np.int64)
        counts = np.bincount(bins - bins.min())
        wide = np.convolve(counts, np.ones(3), mode='same')
        if wide.max() < least:
            break
        at_m = float(np.median(below[np.abs(bins - bins.min() - wide.argmax()) <= 1]))
        near = np.abs(heights_m - at_m) < band_m
        found |= cells.known & near
        below = below[np.abs(below - at_m) >= band_m]
    return found


def _edges(
    cells: Cells, normals: NDArray[np.float32], camera_base: FloatArray, noise_m: float
) -> NDArray[np.bool_]:
    """Return the cells where depth steps or the surface bends inwards."""
    step_m = _STEP_M + 3.0 * noise_m
    points = planes_of(cells)
    from_camera = points - camera_base.astype(np.float32)[:, None, None]
    ranges_m = np.sqrt(dot(from_camera, from_camera))
    found = np.zeros(cells.known.shape, dtype=np.bool_)
    for axis in (0, 1):
        one, other = _pairs(points, axis, 1)
        way = other - one
        off_m = np.minimum(*(np.abs(dot(way, normal)) for normal in _pairs(normals, axis, 1)))
        with np.errstate(invalid='ignore'):
            _mark(found, off_m > step_m, axis, 1)
        _mark_steps(found, ranges_m, axis, step_m)
        one, other = _pairs(points, axis, 2)
        normal_one, normal_other = _pairs(normals, axis, 2)
        way = other - one
        with np.errstate(invalid='ignore'):
            bend = dot(way, normal_other - normal_one)
            _mark(found, bend < -_CREASE * np.sqrt(dot(way, way)), axis, 2)
    return found


def _colour_edges(cells: Cells) -> NDArray[np.bool_]:
    found = np.zeros(cells.known.shape, dtype=np.bool_)
    for axis in (0, 1):
        one, other = _pairs(np.moveaxis(cells.colours, -1, 0), axis, 2)
        unlike = [cv2.absdiff(here, there) for here, there in zip(one, other, strict=True)]
        _mark(found, np.maximum(np.maximum(*unlike[:2]), unlike[2]) > _UNLIKE, axis, 2)
    return found


def _mark_steps(
    found: NDArray[np.bool_], ranges_m: NDArray[np.float32], axis: int, step_m: float
) -> None:
    """Mark where what lies on either side, drawn out, misses the other side.

    Inverse range is nearly linear over a plane; smoothed normals hide a step that is one cell
    wide.
    """
    turned = np.moveaxis(ranges_m, axis, 0)
    inverse = 1.0 / turned
    slope = np.diff(inverse, axis=0)
    with np.errstate(invalid='ignore'):
        ahead = np.abs(slope[1:-1] - slope[:-2])
        back = np.abs(slope[1:-1] - slope[2:])
        missed_m = np.minimum(ahead, back) * np.square(turned[1:-2])
        np.moveaxis(found, axis, 0)[1:-2] |= missed_m > step_m


def _pairs(values: NDArray[Any], axis: int, apart: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return cells (..., h, w) and those so many rows or columns on."""
    if axis == 0:
        return values[..., :-apart, :], values[..., apart:, :]
    return values[..., :-apart], values[..., apart:]


def _mark(found: NDArray[np.bool_], cut: NDArray[np.bool_], axis: int, apart: int) -> None:
    """Mark the cells between the two of each pair, the first of neighbours."""
    at = apart // 2
    size = found.shape[axis] - apart
    if axis == 0:
        found[at : at + size] |= cut
    else:
        found[:, at : at + size] |= cut


def _component(
    free: NDArray[np.bool_], limit: NDArray[np.bool_], seed: tuple[int, int]
) -> NDArray[np.bool_]:
    """Return what hangs together with the seed in `free`, grown back by the edges in `limit`."""
    _, labels = cv2.connectedComponents(free.astype(np.uint8), connectivity=4)
    row, column = seed
    top, left = max(0, row - 2), max(0, column - 2)
    around = labels[top : row + 3, left : column + 3]
    own = int(labels[seed])
    if own == 0:
        named = around[around > 0]
        if not len(named):
            return np.zeros(free.shape, dtype=np.bool_)
        own = int(np.bincount(named).argmax())
    grown = cv2.dilate((labels == own).astype(np.uint8), _CROSS)
    found: NDArray[np.bool_] = ((grown > 0) & limit) | (labels == own)
    return found


def _without_patterns(part: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return a part with all that it goes around."""
    outlines, _ = cv2.findContours(part.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = cv2.drawContours(np.zeros(part.shape, dtype=np.uint8), outlines, -1, 1, cv2.FILLED)
    found: NDArray[np.bool_] = filled > 0
    return found


def _is_inside(part: NDArray[np.bool_], whole: NDArray[np.bool_]) -> bool:
    """Return whether a part is a pattern: hardly any of its border is that of the whole."""
    border = part & (cv2.erode(part.astype(np.uint8), _CROSS) == 0)
    outline = whole & (cv2.erode(whole.astype(np.uint8), _CROSS) == 0)
    return bool((border & outline).sum() <= _AT_BORDER * max(1, border.sum()))


def _is_above(
    part: NDArray[np.bool_],
    whole: NDArray[np.bool_],
    cells: Cells,
    overlap: float = _OVERLAP,
) -> bool:
    """Return whether the rest lies under or over the part, so that both take the same floor."""
    one, rest = _plan(part, cells), _plan(whole & ~part, cells)
    smaller = min(len(one), len(rest))
    return smaller == 0 or len(one & rest) >= overlap * smaller


def _is_face(
    part: NDArray[np.bool_], rest: NDArray[np.bool_], normals: NDArray[np.float32]
) -> bool:
    """Return whether the border of a part lies mostly where the surface bends, as light does.

    Inward bends have been cut before, so these are outward ones, as between the sides of a box.
    """
    alike: list[NDArray[np.float32]] = []
    for axis in (0, 1):
        here, there = _pairs(normals, axis, _ACROSS_CELLS)
        for one, other in ((part, rest), (rest, part)):
            at = _pairs(one, axis, _ACROSS_CELLS)[0] & _pairs(other, axis, _ACROSS_CELLS)[1]
            alike.append(dot(here[:, at], there[:, at]))
    found = np.concatenate(alike)
    return len(found) > 0 and float(np.median(found)) < _SAME_FACE


def _plan(chosen: NDArray[np.bool_], cells: Cells) -> set[tuple[int, int]]:
    squares = np.unique(np.round(cells.points_base[chosen][:, :2] / _PLAN_M).astype(int), axis=0)
    return {(int(x), int(y)) for x, y in squares}

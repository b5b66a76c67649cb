"""The parts of a thing that lie between two fingers: where they are and how wide."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.manipulation.outliers import APART_SHARE, ends

_PARTS = np.array((0.0, -0.15, 0.15, -0.3, 0.3))
_LEAST_PART_POINTS = 8
_SURE_POINTS = 25
_SURE_SHARE = 0.3
_HELD_SHARE = 0.7
_SIDE_M = 0.006


@dataclass(frozen=True, eq=False)
class Parts:
    """Parts (k turns, m parts) of a thing: `places` (k, m, 3) and the others (k, m)."""

    places: FloatArray
    width_m: FloatArray
    shoulder_m: FloatArray
    is_there: NDArray[np.bool_]


def measured_parts(
    flat: FloatArray, turns_rad: FloatArray, wide_m: float, depth_m: float
) -> Parts:
    """Measure parts as wide as a finger along z, the first in the middle, as deep as `depth_m`.

    `flat` (n, 3) is ordered by x, the direction of approach; y and z turn around it.
    """
    flat = flat.astype(np.float32)
    turns = turns_rad.astype(np.float32)[:, None]
    cosine, sine = np.cos(turns), np.sin(turns)
    across = cosine * flat[:, 1] + sine * flat[:, 2]
    along = cosine * flat[:, 2] - sine * flat[:, 1]
    low, high = ends(along.T)
    steps = (high - low)[:, None] * _PARTS
    middles = ((low + high) / 2.0)[:, None] + steps
    inside = np.abs(along[:, None] - middles[..., None]) < wide_m / 2.0
    enough = inside.sum(axis=-1) >= _LEAST_PART_POINTS
    # Where hardly a point is the thing counts as a whole.
    inside[:, 0] |= ~enough[:, :1]
    nearest = np.take(flat[:, 0], _at_end(inside, last=False))
    order = np.argsort(across, axis=1)
    behind_m = np.take(flat[:, 0], order)[:, None] - nearest[..., None]
    inside = np.take_along_axis(inside, order[:, None], axis=2)
    ordered = np.take_along_axis(across, order, axis=1)
    reached = inside & (behind_m <= depth_m)
    sides = _sides(ordered, behind_m, reached)
    # What goes on beside the fingers, and what hardly a point stands for, which is often the rim
    # of another thing, counts with all that is behind it.
    count = reached.sum(axis=-1)
    whole = (count < _SURE_POINTS) & (count < _SURE_SHARE * inside.sum(axis=-1))
    whole |= sides[2] > (1.0 - _HELD_SHARE) * depth_m
    if whole.any():
        sides = np.where(whole, _sides(ordered, behind_m, inside), sides)
    left, right, shoulder_m = sides
    is_there = enough & (np.abs(steps) >= wide_m / 4.0)
    is_there[:, 0] = True
    places = np.stack([nearest + shoulder_m, (left + right) / 2.0, middles], -1)
    return Parts(places, right - left, shoulder_m, is_there)


def _sides(ordered: FloatArray, behind_m: FloatArray, inside: NDArray[np.bool_]) -> FloatArray:
    """Return where the points inside (k, m, n) begin and end, and where fingers touch them.

    The three (k, m) are the ends, but for outliers, of the points `ordered` (k, n), and how far
    behind the nearest point that end begins which is farther behind.
    """
    left = np.take_along_axis(ordered, _at_end(inside, last=False), axis=1)
    right = np.take_along_axis(ordered, _at_end(inside, last=True), axis=1)
    at_left = inside & (ordered[:, None] <= left[..., None] + _SIDE_M)
    at_right = inside & (ordered[:, None] >= right[..., None] - _SIDE_M)
    shoulder_m = np.maximum(
        *(np.where(at, behind_m, np.inf).min(axis=-1) for at in (at_left, at_right))
    )
    return np.stack([left, right, np.maximum(shoulder_m, 0.0)])


def _at_end(inside: NDArray[np.bool_], *, last: bool) -> NDArray[np.int64]:
    """Return the index (k, m) of the first or last point inside (k, m, n), but for outliers."""
    counted = np.cumsum(inside, axis=-1, dtype=np.int16)
    count = counted[..., -1]
    skipped = (APART_SHARE * count).astype(np.int16)
    wanted = np.maximum(count - skipped, 1) if last else skipped + 1
    found: NDArray[np.int64] = (counted >= wanted[..., None]).argmax(axis=-1)
    return found

"""Where the fingers may close: directions of approach, turns around them, and parts of a thing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.manipulation.grasp_plan import Approach
from vlm_nav.manipulation.grasp_settings import GraspSettings
from vlm_nav.manipulation.gripper import GripperSizes
from vlm_nav.manipulation.lifted import Lifted, LiftSource
from vlm_nav.manipulation.outliers import APART_SHARE, ends, thinned

_MOST_POINTS = 1500
_TURNS_RAD = np.arange(12) * math.pi / 12
# The narrowest turn, the one across it, and those beside them: there faces stand askew.
_CHOSEN = (0, 6, 1, 11, 5, 7)
_ASKEW_SHARES = (1.0, 1.0, 0.85, 0.85, 0.85, 0.85)
_PARTS = np.array((0.0, -0.15, 0.15, -0.3, 0.3))
_LEAST_PART_POINTS = 8
_SURE_POINTS = 25
_SURE_SHARE = 0.3
_SAME_WAY = 0.985
_HELD_SHARE = 0.7
_SIDE_M = 0.006

_PREFERRED = {Approach.TOP_DOWN: 1.0, Approach.NORMAL: 0.9, Approach.VIEW_RAY: 0.8}
_ALONG_VIEW_COST = 0.4
_WIDTH_COST = 0.5
_OFF_POINT_COST = 0.3
_OFF_MIDDLE_COST = 0.3
_FAR_OFF_M = 0.1
_GUESSED_SHARE = 0.5


@dataclass(frozen=True, eq=False)
class GraspTry:
    """A part of a thing between the fingers.

    `axes` (3, 3) are the rows x, y, z of the grasp in the base frame. In these axes `place` (3,)
    is the middle of the part where both fingers begin to touch it, `shoulder_m` how far that is
    behind its nearest point, and `width_m` how wide it is as far as the fingers reach. `hope` is
    the score that a grasp there gets where all around is free.
    """

    approach: Approach
    axes: FloatArray
    place: FloatArray
    width_m: float
    shoulder_m: float
    hope: float


def grasp_tries(lifted: Lifted, gripper: GripperSizes, settings: GraspSettings) -> list[GraspTry]:
    """Return what is worth to be tried, the best hope first."""
    thing = thinned(lifted.extent.points_base, _MOST_POINTS)
    tries: list[GraspTry] = []
    for approach, ahead in _directions(lifted, settings):
        tries += _tries_along(approach, ahead, thing, lifted, gripper, settings)
    return sorted(tries, key=lambda one: -one.hope)


def _directions(lifted: Lifted, settings: GraspSettings) -> Iterator[tuple[Approach, FloatArray]]:
    """Give the directions of approach, those that are the same but once."""
    given: list[FloatArray] = []
    for approach in settings.approaches:
        ahead = _direction(approach, lifted)
        if ahead is None or any(ahead @ other > _SAME_WAY for other in given):
            continue
        given.append(ahead)
        yield approach, ahead


def _direction(approach: Approach, lifted: Lifted) -> FloatArray | None:
    """Return the direction of approach, None for what is not measured."""
    if approach is Approach.TOP_DOWN:
        return np.array((0.0, 0.0, -1.0))
    if lifted.source is LiftSource.PLANE:
        return None
    ahead = -lifted.normal_base if approach is Approach.NORMAL else lifted.view_base
    # From below nothing is grasped, and who stands on a floor does not either.
    return ahead if np.isfinite(ahead).all() and ahead[2] < 0.5 else None


def _tries_along(
    approach: Approach,
    ahead: FloatArray,
    thing: FloatArray,
    lifted: Lifted,
    gripper: GripperSizes,
    settings: GraspSettings,
) -> Iterator[GraspTry]:
    first, second = _aside(ahead)
    flat = thing @ np.array((ahead, first, second)).T
    flat = flat[np.argsort(flat[:, 0])]
    turns_rad = _turns(flat[:, 1:])
    parts = _parts(flat, turns_rad, gripper.finger_width_m, settings.depth_m)
    level = lifted.view_base * (1.0, 1.0, 0.0)
    for turn, turn_rad in enumerate(turns_rad):
        closing = math.cos(turn_rad) * first + math.sin(turn_rad) * second
        axes = np.array((ahead, closing, np.cross(ahead, closing)))
        worth = _PREFERRED[approach] * (1.0 - _ALONG_VIEW_COST * abs(float(closing @ level)))
        worth *= _ASKEW_SHARES[turn]
        worth *= _GUESSED_SHARE if lifted.source is LiftSource.PLANE else 1.0
        for part in np.flatnonzero(parts.is_there[turn]):
            place = parts.places[turn, part]
            width_m = float(parts.width_m[turn, part])
            off_point = (axes.T @ place - lifted.point_base)[:2]
            off_middle_m = abs(float(place[2] - parts.places[turn, 0, 2]))
            hope = worth * (1.0 - _WIDTH_COST * width_m / gripper.opening_m)
            hope *= 1.0 - _OFF_POINT_COST * min(1.0, math.hypot(*off_point) / _FAR_OFF_M)
            hope *= 1.0 - _OFF_MIDDLE_COST * min(1.0, off_middle_m / _FAR_OFF_M)
            shoulder_m = float(parts.shoulder_m[turn, part])
            yield GraspTry(approach, axes, place, width_m, shoulder_m, hope)


def _aside(ahead: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return two directions (3,) that stand across `ahead` and each other."""
    aside = np.array((0.0, 1.0, 0.0)) if abs(ahead[1]) < 0.9 else np.array((1.0, 0.0, 0.0))
    first = aside - (aside @ ahead) * ahead
    first /= np.linalg.norm(first)
    return first, np.cross(ahead, first)


def _turns(points: FloatArray) -> FloatArray:
    """Return the angles (n,) at which points (n, 2) are narrow or wide, and those beside them."""
    low, high = ends(points)
    inner = points[((points >= low) & (points <= high)).all(axis=1)]
    side_deg = cv2.minAreaRect((inner if len(inner) else points).astype(np.float32))[2]
    turns_rad = _TURNS_RAD + math.radians(side_deg)
    ways = np.array((np.cos(turns_rad), np.sin(turns_rad)))
    low, high = ends(points @ ways)
    chosen: FloatArray = np.roll(turns_rad, -int(np.argmin(high - low)))[list(_CHOSEN)]
    return chosen


@dataclass(frozen=True, eq=False)
class _Parts:
    """Parts (k turns, m parts) of a thing: `places` (k, m, 3) and the others (k, m)."""

    places: FloatArray
    width_m: FloatArray
    shoulder_m: FloatArray
    is_there: NDArray[np.bool_]


def _parts(flat: FloatArray, turns_rad: FloatArray, wide_m: float, depth_m: float) -> _Parts:
    """Measure parts as wide as a finger along z, the first in the middle, as deep as `depth_m`.

    `flat` (n, 3) is ordered by x, the direction of approach; y and z turn around it.
    """
    cosine, sine = np.cos(turns_rad)[:, None], np.sin(turns_rad)[:, None]
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
    return _Parts(places, right - left, shoulder_m, is_there)


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
    counted = np.cumsum(inside, axis=-1, dtype=np.int32)
    count = counted[..., -1]
    skipped = (APART_SHARE * count).astype(np.int32)
    wanted = np.maximum(count - skipped, 1) if last else skipped + 1
    found: NDArray[np.int64] = (counted >= wanted[..., None]).argmax(axis=-1)
    return found

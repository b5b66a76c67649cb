"""Where the fingers may close: from which side, how turned, and on which part of a thing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.manipulation.grasp_parts import Parts, measured_parts
from vlm_nav.manipulation.grasp_plan import Approach
from vlm_nav.manipulation.grasp_settings import GraspSettings
from vlm_nav.manipulation.gripper import GripperSizes
from vlm_nav.manipulation.lifted import Lifted, LiftSource
from vlm_nav.manipulation.outliers import ends, thinned

_MOST_POINTS = 1500
_TURNS_RAD = np.arange(12) * math.pi / 12
# The narrowest turn, the one across it, and those beside the first: there faces stand askew.
_CHOSEN = (0, 6, 1, 11)
_ASKEW_SHARES = np.array((1.0, 1.0, 0.85, 0.85))
_SAME_WAY = 0.985

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


def grasp_tries(
    lifted: Lifted, gripper: GripperSizes, settings: GraspSettings
) -> Iterator[GraspTry]:
    """Give what is worth to be tried, the best hope first."""
    thing = thinned(lifted.extent.points_base, _MOST_POINTS)
    sides = [
        _side(approach, ahead, thing, lifted, gripper, settings)
        for approach, ahead in _directions(lifted, settings)
    ]
    each = [
        (float(side.hope[turn, part]), number, turn, part)
        for number, side in enumerate(sides)
        for turn, part in np.argwhere(side.parts.is_there).tolist()
    ]
    for hope, number, turn, part in sorted(each, key=lambda one: -one[0]):
        side = sides[number]
        yield GraspTry(
            approach=side.approach,
            axes=side.axes[turn],
            place=side.parts.places[turn, part],
            width_m=float(side.parts.width_m[turn, part]),
            shoulder_m=float(side.parts.shoulder_m[turn, part]),
            hope=hope,
        )


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


@dataclass(frozen=True, eq=False)
class _Side:
    """All tries from one side: k turns with `axes` (k, 3, 3), their parts, and `hope` (k, m)."""

    approach: Approach
    axes: FloatArray
    parts: Parts
    hope: FloatArray


def _side(
    approach: Approach,
    ahead: FloatArray,
    thing: FloatArray,
    lifted: Lifted,
    gripper: GripperSizes,
    settings: GraspSettings,
) -> _Side:
    first, second = _aside(ahead)
    flat = thing @ np.array((ahead, first, second)).T
    flat = flat[np.argsort(flat[:, 0])]
    turns_rad = _turns(flat[:, 1:])
    parts = measured_parts(flat, turns_rad, gripper.finger_width_m, settings.depth_m)
    cosine, sine = np.cos(turns_rad)[:, None], np.sin(turns_rad)[:, None]
    closing = cosine * first + sine * second
    axes = np.stack(
        [np.broadcast_to(ahead, closing.shape), closing, cosine * second - sine * first], axis=1
    )
    worth = 1.0 - _ALONG_VIEW_COST * np.abs(closing[:, :2] @ lifted.view_base[:2])
    worth *= _ASKEW_SHARES * _PREFERRED[approach]
    if lifted.source is LiftSource.PLANE:
        worth *= _GUESSED_SHARE
    places = np.einsum('kij,kmi->kmj', axes[..., :2], parts.places)
    off_point_m = np.hypot(*np.moveaxis(places - lifted.point_base[:2], -1, 0))
    off_middle_m = np.abs(parts.places[..., 2] - parts.places[:, :1, 2])
    hope = worth[:, None] * (1.0 - _WIDTH_COST * parts.width_m / gripper.opening_m)
    hope *= 1.0 - _OFF_POINT_COST * np.minimum(1.0, off_point_m / _FAR_OFF_M)
    hope *= 1.0 - _OFF_MIDDLE_COST * np.minimum(1.0, off_middle_m / _FAR_OFF_M)
    return _Side(approach, axes, parts, hope)


def _aside(ahead: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return two directions (3,) that stand across `ahead` and each other."""
    aside = np.array((0.0, 1.0, 0.0)) if abs(ahead[1]) < 0.9 else np.array((1.0, 0.0, 0.0))
    first = aside - (aside @ ahead) * ahead
    first /= np.linalg.norm(first)
    (x, y, z), (a, b, c) = ahead, first
    # numpy's own cross product takes ten times as long for one pair.
    return first, np.array((y * c - z * b, z * a - x * c, x * b - y * a))


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

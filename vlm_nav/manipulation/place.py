"""Where on a surface there is a free, flat spot to put down what the gripper holds."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.reasons import HandReason
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.manipulation.grasp_plan import Place, PlacePlan, Reachable
from vlm_nav.manipulation.lifted import Lifted

_CELL_M = 0.01
_FLAT_M = 0.01
_SEEN_GAP_CELLS = 3
_LEAST_APART_M = 0.05

# Columns: the hand's x goes down, the fingers open along y of the base.
FROM_ABOVE: FloatArray = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]])
"""How a hand is turned that lets go from above (3, 3), in the base frame."""


@dataclass(frozen=True)
class PlaceSettings:
    """What is put down and how, in metres.

    The thing's outline fits into a circle of `radius_m`, its foot is `below_tips_m` below the
    finger tips. Spots lie within `reach_m` of the point that was asked for, `room_m` from other
    things and from the edge; the gripper comes from `approach_m` above.
    """

    radius_m: float = 0.05
    below_tips_m: float = 0.05
    reach_m: float = 0.4
    room_m: float = 0.02
    approach_m: float = 0.1
    count: int = 5

    def __post_init__(self) -> None:
        """Raise InvalidValueError for sizes that are none."""
        sizes = (self.radius_m, self.below_tips_m, self.reach_m, self.room_m, self.approach_m)
        if not all(0.0 <= size < math.inf for size in sizes) or self.count < 1:
            raise InvalidValueError(f'sizes are 0 m or more, got {self}')


def places(
    lifted: Lifted,
    points_base: FloatArray,
    settings: PlaceSettings = PlaceSettings(),
    *,
    base_from_hand: FloatArray | None = None,
    reachable: Reachable | None = None,
) -> PlacePlan:
    """Return where to put something down near a point of a level surface, the nearest first.

    `points_base` (n, 3) is all that is seen there, the surface included; what is not seen is not
    free. `base_from_hand` (3, 3) is how the hand is turned when it lets go, from above where
    nothing else is said. `reachable` tells of a pose (4, 4) whether the hand may and can take it.
    """
    cells = math.ceil(settings.reach_m / _CELL_M)
    flat = _flat(points_base, lifted.point_base, cells)
    # The border of the map counts as an edge.
    away_m = cv2.distanceTransform(np.pad(flat.astype(np.uint8), 1), cv2.DIST_L2, 5) * _CELL_M
    room_m = away_m[1:-1, 1:-1].astype(np.float64) - settings.radius_m
    rows, columns = np.nonzero(room_m >= settings.room_m)
    if not len(rows):
        detail = (
            f'a flat, free circle of {settings.radius_m + settings.room_m:.2f} m was wanted '
            f'within {settings.reach_m:g} m, the largest has {float(away_m.max()):.2f} m'
        )
        return PlacePlan(reason=HandReason.NO_FLAT_SPOT, detail=detail)
    spots: FloatArray = (np.column_stack([columns, rows]) - cells).astype(np.float64) * _CELL_M
    nearness = 1.0 - np.linalg.norm(spots, axis=1) / (2.0 * settings.reach_m)
    scores = nearness * (0.7 + 0.3 * np.minimum(1.0, room_m[rows, columns] / 0.1))
    hand = FROM_ABOVE if base_from_hand is None else base_from_hand
    return _chosen(
        lifted.point_base, spots, scores, room_m[rows, columns], settings, hand, reachable
    )


def _flat(points: FloatArray, centre: FloatArray, cells: int) -> NDArray[np.bool_]:
    """Return which cells (n, n) around the centre show the surface and nothing above it."""
    off = points[np.isfinite(points).all(axis=1)] - centre
    at = np.round(off[:, :2] / _CELL_M).astype(np.int64) + cells
    inside = ((at >= 0) & (at <= 2 * cells)).all(axis=1)
    off, at = off[inside], at[inside]
    seen = np.zeros((2 * cells + 1, 2 * cells + 1), dtype=np.uint8)
    level = np.abs(off[:, 2]) < _FLAT_M
    seen[at[level, 1], at[level, 0]] = 1
    above = np.zeros_like(seen)
    standing = off[:, 2] >= _FLAT_M
    above[at[standing, 1], at[standing, 0]] = 1
    kernel = np.ones((_SEEN_GAP_CELLS, _SEEN_GAP_CELLS), dtype=np.uint8)
    # Far away not every cell gets a point.
    closed = cv2.morphologyEx(seen, cv2.MORPH_CLOSE, kernel)
    flat: NDArray[np.bool_] = (closed > 0) & (above == 0)
    return flat


def _chosen(
    centre: FloatArray,
    spots: FloatArray,
    scores: FloatArray,
    room_m: FloatArray,
    settings: PlaceSettings,
    base_from_hand: FloatArray,
    reachable: Reachable | None,
) -> PlacePlan:
    """Return the best spots that lie apart from each other and that the arm reaches."""
    ranked: list[Place] = []
    unreached: HandReason | None = None
    left = np.argsort(-scores)
    while len(left) and len(ranked) < settings.count:
        one = int(left[0])
        place = _place(
            centre + np.array((*spots[one], 0.0)),
            float(room_m[one]),
            float(scores[one]),
            settings,
            base_from_hand,
        )
        reason = _reason(reachable, place)
        if reason is None:
            ranked.append(place)
        unreached = unreached or reason
        apart = np.linalg.norm(spots[left] - spots[one], axis=1) > _LEAST_APART_M
        left = left[apart]
    if not ranked and unreached is not None:
        return PlacePlan(reason=unreached, detail='the hand can take none of the free spots')
    return PlacePlan(tuple(ranked))


def _place(
    point: FloatArray,
    room_m: float,
    score: float,
    settings: PlaceSettings,
    base_from_hand: FloatArray,
) -> Place:
    pose = np.eye(4)
    pose[:3, :3] = base_from_hand
    pose[:3, 3] = point + np.array((0.0, 0.0, settings.below_tips_m))
    before = pose.copy()
    before[2, 3] += settings.approach_m
    return Place(pose, before, point, room_m, score)


def _reason(reachable: Reachable | None, place: Place) -> HandReason | None:
    if reachable is None:
        return None
    return reachable(place.base_from_place) or reachable(place.base_from_preplace)

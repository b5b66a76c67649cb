"""From an object to ranked poses of a gripper with two fingers, each refusal with its reason."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.reasons import HandReason
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.manipulation.grasp_plan import Approach, Grasp, GraspPlan, Reachable
from vlm_nav.manipulation.grasp_settings import GraspSettings
from vlm_nav.manipulation.grasp_tries import GraspTry, grasp_tries
from vlm_nav.manipulation.gripper import GripperSizes
from vlm_nav.manipulation.hand_room import Beside, beside, clearance_m, swept_boxes
from vlm_nav.manipulation.lifted import Lifted
from vlm_nav.manipulation.outliers import ends, thinned

_DEPTH_SHARES = (0.7, 0.4, 0.0)
_DEPTH_STEP_M = 0.002
_MOST_CLEARANCE_M = 0.02
_MOST_THING_POINTS = 1500
_CLEARANCE_SHARE = 0.3
_DEPTH_SHARE = 0.4
# So much of a thing's foot is its rim, which is neither it nor what it stands on.
_RIM_M = 0.004
_FLIP = np.diag((1.0, -1.0, -1.0, 1.0))


def grasps(
    lifted: Lifted,
    scene_points_base: FloatArray,
    gripper: GripperSizes = GripperSizes(),
    settings: GraspSettings = GraspSettings(),
    reachable: Reachable | None = None,
) -> GraspPlan:
    """Return the grasps of what was lifted, the best first.

    `scene_points_base` (n, 3) is all that the gripper must not touch, without the thing itself
    (see `scene_points.scene_around`). `reachable` tells of a pose (4, 4) whether the arm can take
    it. Both are asked about what is worth the most first, until no other can be better than the
    `count` that are found.
    """
    scene = _as_rows(np.asarray(scene_points_base).reshape(-1, 3))
    thing = _as_rows(thinned(lifted.extent.points_base, _MOST_THING_POINTS))
    ranked: list[Grasp] = []
    refused: list[tuple[Grasp, HandReason]] = []
    for one in grasp_tries(lifted, gripper, settings):
        to_beat = ranked[settings.count - 1].score if len(ranked) >= settings.count else -math.inf
        if to_beat >= one.hope:
            break
        judged = _judged(one, scene, thing, gripper, settings, to_beat)
        if judged is None:
            continue
        grasp, reason = judged
        if reason is None:
            grasp, reason = _reached(grasp, reachable)
        if reason is None:
            ranked = sorted([*ranked, grasp], key=lambda each: -each.score)
        else:
            refused.append((grasp, reason))
    return GraspPlan(tuple(ranked[: settings.count]), tuple(refused))


def _judged(
    one: GraspTry,
    scene: NDArray[np.float32],
    thing: NDArray[np.float32],
    gripper: GripperSizes,
    settings: GraspSettings,
    to_beat: float,
) -> tuple[Grasp, HandReason | None] | None:
    """Return the grasp there, as deep as there is room, and why it is refused.

    None where no score above `to_beat` can come of it. Points of `scene` and `thing` are (3, n).
    """
    if one.width_m + 2.0 * settings.least_room_m > gripper.opening_m:
        reason = HandReason.GRIPPER_TOO_SMALL
        return _grasp(one, _Fit(0.0, one.width_m, reason=reason), settings, 0.0), reason
    near = _near(one, scene, gripper, settings)
    own = _near(one, thing, gripper, settings)
    # What is not between the fingers, and what is before the palm, is in the way as all else is.
    aside = np.abs(own[:, 1]) > one.width_m / 2.0 + settings.least_room_m
    both = np.vstack([near, own[aside | (own[:, 0] < 0.0)]])
    deepest_m = gripper.finger_length_m - settings.tip_room_m - one.shoulder_m
    if one.approach is Approach.TOP_DOWN:
        # What it stands on is not known right beside it: there the rim is taken away.
        foot_m = float(ends(one.axes[0] @ thing)[1] - one.place[0])
        deepest_m = min(deepest_m, foot_m + _RIM_M)
    deepest_m = max(settings.least_depth_m, min(settings.depth_m, deepest_m))
    worth_m = -math.inf
    if math.isfinite(to_beat):
        worth_m = deepest_m * (1.0 - (1.0 - to_beat / one.hope) / _DEPTH_SHARE)

    def at(depth_m: float) -> _Fit:
        return _fit(one, depth_m, (near, both), gripper, settings)

    found = _deepest(at, deepest_m, settings.least_depth_m, worth_m)
    if found is None:
        return None
    score = one.hope * (1.0 - _DEPTH_SHARE * (1.0 - found.depth_m / deepest_m))
    score *= 1.0 - _CLEARANCE_SHARE * (1.0 - found.clearance_m / _MOST_CLEARANCE_M)
    return _grasp(one, found, settings, score if found.reason is None else 0.0), found.reason


@dataclass(frozen=True)
class _Fit:
    """How the gripper fits with its tips so deep, and why it does not."""

    depth_m: float
    opening_m: float
    clearance_m: float = 0.0
    reason: HandReason | None = None


def _deepest(
    at: Callable[[float], _Fit], deepest_m: float, least_m: float, worth_m: float
) -> _Fit | None:
    """Return the deepest fit that is free, or why the shallowest is not.

    None where none that is deeper than `worth_m` is free.
    """
    fit, blocked_m = at(deepest_m), deepest_m
    for share in _DEPTH_SHARES:
        if fit.reason in (None, HandReason.OUTSIDE_WORKSPACE) or fit.depth_m == least_m:
            break
        blocked_m = fit.depth_m
        if blocked_m <= worth_m:
            return None
        fit = at(max(least_m, share * deepest_m))
    if fit.reason is not None or fit.depth_m == deepest_m:
        return fit
    while blocked_m - fit.depth_m > _DEPTH_STEP_M:
        if blocked_m <= worth_m:
            return None
        deeper = at((blocked_m + fit.depth_m) / 2.0)
        if deeper.reason is None:
            fit = deeper
        else:
            blocked_m = deeper.depth_m
    return fit


def _fit(
    one: GraspTry,
    depth_m: float,
    points: tuple[FloatArray, FloatArray],
    gripper: GripperSizes,
    settings: GraspSettings,
) -> _Fit:
    """Return how the gripper fits with its tips so deep.

    `points` (n, 3) in the axes of the grasp, seen from the place of the try, are those of the
    scene, and those with the thing's own.
    """
    way = np.array((depth_m, 0.0, 0.0))
    # How much room there is beside the thing where the fingers go down.
    room = beside(
        points[0],
        one.width_m / 2.0,
        gripper.finger_width_m,
        depth_m + settings.tip_room_m,
    )
    spare_m = (room.gap_m - gripper.finger_thickness_m) / 2.0
    room_m = min(settings.room_m, spare_m, (gripper.opening_m - one.width_m) / 2.0)
    opening_m = one.width_m + 2.0 * max(room_m, settings.least_room_m)
    if not settings.in_workspace(_places(one, depth_m, settings)):
        return _Fit(depth_m, opening_m, reason=HandReason.OUTSIDE_WORKSPACE)
    if spare_m < settings.least_room_m:
        return _Fit(depth_m, opening_m, reason=_no_room(room))
    boxes = swept_boxes(gripper, opening_m, settings.approach_m)
    clear_m = clearance_m(boxes, points[1] - way, _MOST_CLEARANCE_M)
    return _Fit(depth_m, opening_m, clear_m, None if clear_m > 0.0 else HandReason.IN_COLLISION)


def _no_room(room: Beside) -> HandReason:
    """Return whether something stands in the gap, or the thing itself does not stand out."""
    return HandReason.TOO_FLAT if room.is_sunk else HandReason.GRIPPER_TOO_WIDE


def _as_rows(points: FloatArray) -> NDArray[np.float32]:
    """Return points (n, 3) as a row for each axis, which is handled in half the time."""
    return np.ascontiguousarray(points.T, dtype=np.float32)


def _near(
    one: GraspTry, points: NDArray[np.float32], gripper: GripperSizes, settings: GraspSettings
) -> FloatArray:
    """Return those of the points (3, n) of the base frame that any part may come near.

    They are (m, 3) in the axes of the try, seen from its place.
    """
    half_m = max(gripper.opening_m / 2.0 + gripper.finger_thickness_m, gripper.palm_width_m / 2.0)
    wide_m = max(gripper.finger_width_m, gripper.palm_height_m) / 2.0
    moved = one.axes.astype(np.float32) @ points
    moved -= one.place.astype(np.float32)[:, None]
    near = np.abs(moved[1]) < half_m + _MOST_CLEARANCE_M
    near &= np.abs(moved[2]) < wide_m + _MOST_CLEARANCE_M
    near &= moved[0] < settings.depth_m + _MOST_CLEARANCE_M
    found: FloatArray = moved[:, np.flatnonzero(near)].T.astype(np.float64)
    return found


def _grasp(one: GraspTry, fit: _Fit, settings: GraspSettings, score: float) -> Grasp:
    """Return the grasp with its tips as deep as they fit."""
    base_from_grasp, base_from_pregrasp = np.eye(4), np.eye(4)
    base_from_grasp[:3, :3] = base_from_pregrasp[:3, :3] = one.axes.T
    base_from_grasp[:3, 3], base_from_pregrasp[:3, 3] = _places(one, fit.depth_m, settings)
    return Grasp(
        base_from_grasp=base_from_grasp,
        base_from_pregrasp=base_from_pregrasp,
        width_m=one.width_m,
        opening_m=fit.opening_m,
        approach=one.approach,
        clearance_m=fit.clearance_m,
        score=score,
    )


def _places(one: GraspTry, depth_m: float, settings: GraspSettings) -> FloatArray:
    """Return where the tips are (2, 3) in the base frame: so deep, and before that."""
    ahead_m = np.array(((depth_m,), (depth_m - settings.approach_m,)))
    places: FloatArray = one.place @ one.axes + ahead_m * one.axes[0]
    return places


def _reached(grasp: Grasp, reachable: Reachable | None) -> tuple[Grasp, HandReason | None]:
    """Return the grasp as the arm can take it: a hand turned over grasps just the same."""
    if reachable is None:
        return grasp, None
    first: HandReason | None = None
    for turn in (np.eye(4), _FLIP):
        turned = replace(
            grasp,
            base_from_grasp=grasp.base_from_grasp @ turn,
            base_from_pregrasp=grasp.base_from_pregrasp @ turn,
        )
        reason = reachable(turned.base_from_grasp) or reachable(turned.base_from_pregrasp)
        if reason is None:
            return turned, None
        first = first or reason
    return grasp, first

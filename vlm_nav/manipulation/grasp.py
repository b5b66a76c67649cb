"""From an object to ranked poses of a gripper with two fingers, each refusal with its reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from vlm_nav.core.reasons import HandReason
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.manipulation.grasp_plan import Grasp, GraspPlan
from vlm_nav.manipulation.grasp_settings import GraspSettings
from vlm_nav.manipulation.grasp_tries import GraspTry, grasp_tries
from vlm_nav.manipulation.gripper import GripperSizes
from vlm_nav.manipulation.hand_room import Beside, beside, clearance_m, swept_boxes
from vlm_nav.manipulation.lifted import Lifted
from vlm_nav.manipulation.outliers import thinned

Reachable: TypeAlias = Callable[[FloatArray], HandReason | None]

_DEPTH_SHARES = (0.7, 0.4, 0.0)
_DEPTH_STEP_M = 0.002
_MOST_CLEARANCE_M = 0.02
_MOST_THING_POINTS = 1500
_CLEARANCE_SHARE = 0.3
_DEPTH_SHARE = 0.4
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
    scene = np.asarray(scene_points_base, dtype=np.float64).reshape(-1, 3)
    thing = thinned(lifted.extent.points_base, _MOST_THING_POINTS)
    ranked: list[Grasp] = []
    refused: list[tuple[Grasp, HandReason]] = []
    for one in grasp_tries(lifted, gripper, settings):
        if len(ranked) >= settings.count and ranked[settings.count - 1].score >= one.hope:
            break
        grasp, reason = _judged(one, scene, thing, gripper, settings)
        if reason is None:
            grasp, reason = _reached(grasp, reachable)
        if reason is None:
            ranked = sorted([*ranked, grasp], key=lambda each: -each.score)
        else:
            refused.append((grasp, reason))
    return GraspPlan(tuple(ranked[: settings.count]), tuple(refused))


def _judged(
    one: GraspTry,
    scene: FloatArray,
    thing: FloatArray,
    gripper: GripperSizes,
    settings: GraspSettings,
) -> tuple[Grasp, HandReason | None]:
    """Return the grasp there, as deep as there is room, and why it is refused."""
    if one.width_m + 2.0 * settings.least_room_m > gripper.opening_m:
        return _grasp(one, one.place, one.width_m, settings), HandReason.GRIPPER_TOO_SMALL
    near = _near(scene @ one.axes.T - one.place, gripper, settings)
    own = _near(thing @ one.axes.T - one.place, gripper, settings)
    # What is not between the fingers, and what is before the palm, is in the way as all else is.
    aside = np.abs(own[:, 1]) > one.width_m / 2.0 + settings.least_room_m
    both = np.vstack([near, own[aside | (own[:, 0] < 0.0)]])
    deepest_m = gripper.finger_length_m - settings.tip_room_m - one.shoulder_m
    deepest_m = max(settings.least_depth_m, min(settings.depth_m, deepest_m))

    def at(depth_m: float) -> tuple[Grasp, HandReason | None]:
        return _at(one, depth_m, (near, both), gripper, settings)

    grasp, reason, depth_m = _deepest(at, deepest_m, settings.least_depth_m)
    if reason is not None:
        return grasp, reason
    score = one.hope * (1.0 - _DEPTH_SHARE * (1.0 - depth_m / deepest_m))
    free = grasp.clearance_m / _MOST_CLEARANCE_M
    return replace(grasp, score=score * (1.0 - _CLEARANCE_SHARE * (1.0 - free))), None


def _deepest(
    at: Callable[[float], tuple[Grasp, HandReason | None]], deepest_m: float, least_m: float
) -> tuple[Grasp, HandReason | None, float]:
    """Return the deepest grasp that is free, or why the shallowest is not, and how deep it is."""
    blocked_m = depth_m = deepest_m
    grasp, reason = at(depth_m)
    for share in _DEPTH_SHARES:
        if reason is None or reason is HandReason.OUTSIDE_WORKSPACE or depth_m == least_m:
            break
        blocked_m, depth_m = depth_m, max(least_m, share * deepest_m)
        grasp, reason = at(depth_m)
    if reason is not None or depth_m == deepest_m:
        return grasp, reason, depth_m
    while blocked_m - depth_m > _DEPTH_STEP_M:
        middle_m = (blocked_m + depth_m) / 2.0
        deeper, why = at(middle_m)
        if why is None:
            grasp, depth_m = deeper, middle_m
        else:
            blocked_m = middle_m
    return grasp, None, depth_m


def _at(
    one: GraspTry,
    depth_m: float,
    points: tuple[FloatArray, FloatArray],
    gripper: GripperSizes,
    settings: GraspSettings,
) -> tuple[Grasp, HandReason | None]:
    """Return the grasp whose tips are so deep, and why it is refused.

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
    grasp = _grasp(one, one.place + way, opening_m, settings)
    if not _inside(grasp, settings):
        return grasp, HandReason.OUTSIDE_WORKSPACE
    if spare_m < settings.least_room_m:
        return grasp, _no_room(room)
    boxes = swept_boxes(gripper, opening_m, settings.approach_m)
    clear_m = clearance_m(boxes, points[1] - way, _MOST_CLEARANCE_M)
    reason = HandReason.IN_COLLISION if clear_m <= 0.0 else None
    return replace(grasp, clearance_m=clear_m), reason


def _no_room(room: Beside) -> HandReason:
    """Return whether something stands in the gap, or the thing itself does not stand out."""
    return HandReason.TOO_FLAT if room.is_sunk else HandReason.GRIPPER_TOO_WIDE


def _near(points: FloatArray, gripper: GripperSizes, settings: GraspSettings) -> FloatArray:
    """Return those of the points (n, 3), in the axes of a grasp, that any part may come near."""
    half_m = max(gripper.opening_m / 2.0 + gripper.finger_thickness_m, gripper.palm_width_m / 2.0)
    wide_m = max(gripper.finger_width_m, gripper.palm_height_m) / 2.0
    near = np.abs(points[:, 1]) < half_m + _MOST_CLEARANCE_M
    near &= np.abs(points[:, 2]) < wide_m + _MOST_CLEARANCE_M
    near &= points[:, 0] < settings.depth_m + _MOST_CLEARANCE_M
    found: FloatArray = points[near]
    return found


def _grasp(one: GraspTry, tip: FloatArray, opening_m: float, settings: GraspSettings) -> Grasp:
    """Return the grasp with its tips at a place, given in the axes; nothing is known of it yet."""
    return Grasp(
        base_from_grasp=_pose(one.axes, tip),
        base_from_pregrasp=_pose(one.axes, tip - (settings.approach_m, 0.0, 0.0)),
        width_m=one.width_m,
        opening_m=opening_m,
        approach=one.approach,
        clearance_m=0.0,
        score=0.0,
    )


def _pose(axes: FloatArray, place: FloatArray) -> FloatArray:
    pose = np.eye(4)
    pose[:3, :3] = axes.T
    pose[:3, 3] = axes.T @ place
    return pose


def _inside(grasp: Grasp, settings: GraspSettings) -> bool:
    places = np.array((grasp.base_from_grasp[:3, 3], grasp.base_from_pregrasp[:3, 3]))
    low, high = settings.workspace_low_m, settings.workspace_high_m
    return bool(((places >= low) & (places <= high)).all())


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

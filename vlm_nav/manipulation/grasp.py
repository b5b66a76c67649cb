"""From an object to ranked poses of a gripper with two fingers, each refusal with its reason."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.reasons import HandReason
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.manipulation.cells import without_specks
from vlm_nav.manipulation.grasp_plan import Approach, Grasp, GraspPlan
from vlm_nav.manipulation.gripper import GripperSizes
from vlm_nav.manipulation.hand_room import clearance_m, gap_m, swept_boxes
from vlm_nav.manipulation.lifted import Lifted, LiftSource
from vlm_nav.manipulation.outliers import ends
from vlm_nav.observation.rgbd_frame import RgbdFrame

Reachable: TypeAlias = Callable[[FloatArray], HandReason | None]

_YAWS = 12
_YAWS_TRIED = 4
_MOST_OBJECT_POINTS = 600
_MOST_SCENE_POINTS = 3000
_MOST_FAR_POINTS = 600
_BESIDE_M = 0.05
_MOST_SCENE_PIXELS = 35_000
_DEPTH_SHARES = (1.0, 0.6, 0.3)
_MOST_CLEARANCE_M = 0.02
_PREFERRED = {Approach.TOP_DOWN: 1.0, Approach.NORMAL: 0.9, Approach.VIEW_RAY: 0.8}
_ALONG_VIEW_COST = 0.4
_OFF_CENTRE_M = 0.1
_GUESSED_SHARE = 0.5
_FLIP = np.diag((1.0, -1.0, -1.0, 1.0))


@dataclass(frozen=True)
class GraspSettings:
    """How is grasped, in metres.

    The pregrasp is `approach_m` before the grasp. The tips reach `depth_m` behind the thing's
    nearest point, where they can, at least `least_depth_m`, and stay `tip_room_m` before what
    lies there. On either side the fingers open `room_m` wider than the thing where there is
    space, at least `least_room_m`. Grasp and pregrasp stay inside the workspace, two corners of
    the base frame. `count` grasps are returned at most.
    """

    approaches: tuple[Approach, ...] = tuple(Approach)
    approach_m: float = 0.1
    depth_m: float = 0.035
    least_depth_m: float = 0.006
    tip_room_m: float = 0.004
    room_m: float = 0.01
    least_room_m: float = 0.002
    workspace_low_m: tuple[float, float, float] = (-2.0, -2.0, -1.0)
    workspace_high_m: tuple[float, float, float] = (2.0, 2.0, 2.5)
    count: int = 5

    def __post_init__(self) -> None:
        """Raise InvalidValueError for lengths that are none, and an empty workspace."""
        lengths = (self.approach_m, self.depth_m, self.least_depth_m, self.room_m)
        if not all(0.0 < length < math.inf for length in lengths) or self.count < 1:
            raise InvalidValueError(f'lengths and counts are above 0, got {self}')
        if not all(np.less(self.workspace_low_m, self.workspace_high_m)):
            raise InvalidValueError(
                f'a workspace lies between its corners, got {self.workspace_low_m} and '
                f'{self.workspace_high_m}'
            )


@dataclass(frozen=True, eq=False)
class _Try:
    """A direction of approach and of closing; points are in axes of the grasp, not yet placed."""

    approach: Approach
    axes: FloatArray
    thing: FloatArray
    scene: FloatArray
    centre: FloatArray


def grasps(
    lifted: Lifted,
    scene_points_base: FloatArray,
    gripper: GripperSizes = GripperSizes(),
    settings: GraspSettings = GraspSettings(),
    reachable: Reachable | None = None,
) -> GraspPlan:
    """Return the grasps of what was lifted, the best first.

    `scene_points_base` (n, 3) is all that the gripper must not touch, without the thing itself
    (see `scene_around`). `reachable` tells of a pose (4, 4) whether the arm can take it; it is
    asked from the best grasp on, until there are enough.
    """
    thing = _thinned(lifted.extent.points_base, _MOST_OBJECT_POINTS)
    scene = np.asarray(scene_points_base, dtype=np.float64).reshape(-1, 3)
    tries = _tries(lifted, thing, scene, settings)
    judged = [_judged(one, lifted, gripper, settings) for one in tries]
    free = sorted(
        (grasp for grasp, reason in judged if reason is None), key=lambda grasp: -grasp.score
    )
    refused = [(grasp, reason) for grasp, reason in judged if reason is not None]
    ranked: list[Grasp] = []
    for grasp in free:
        if len(ranked) == settings.count:
            break
        turned, reason = _reached(grasp, reachable)
        if reason is None:
            ranked.append(turned)
        else:
            refused.append((grasp, reason))
    return GraspPlan(tuple(ranked), tuple(refused))


def scene_around(frame: RgbdFrame, lifted: Lifted, reach_m: float = 0.25) -> FloatArray:
    """Return the points (n, 3) around the thing, without those of it and of its rim.

    The rim, where depth is between that of the thing and that of what lies behind, is one wide of
    the pixels that are looked at, every third of a picture of 640 x 480.
    """
    if frame.depth_m is None:
        return np.empty((0, 3))
    step = max(1, round(math.sqrt(frame.depth_m.size / _MOST_SCENE_PIXELS)))
    depth_m = without_specks(frame.depth_m[::step, ::step])
    rotation = frame.base_from_camera[:3, :3].astype(np.float32)
    points = (frame.camera.pixel_rays()[::step, ::step] * depth_m[..., None]) @ rotation.T
    points += frame.base_from_camera[:3, 3].astype(np.float32)
    others = points[~_widened(lifted.extent.mask, step)]
    low, high = ends(lifted.extent.points_base)
    with np.errstate(invalid='ignore'):
        near = ((others > low - reach_m) & (others < high + reach_m)).all(axis=-1)
        others = others[near].astype(np.float64)
        # Where the fingers go every point counts, where the palm goes fewer do.
        beside = ((others > low - _BESIDE_M) & (others < high + _BESIDE_M)).all(axis=-1)
    return np.vstack(
        [
            _thinned(others[beside], _MOST_SCENE_POINTS),
            _thinned(others[~beside], _MOST_FAR_POINTS),
        ]
    )


def _widened(mask: NDArray[np.bool_], step: int) -> NDArray[np.bool_]:
    """Return every `step`-th pixel of a mask that has grown by one such pixel."""
    coarse = mask[::step, ::step]
    grown = coarse.copy()
    grown[1:] |= coarse[:-1]
    grown[:-1] |= coarse[1:]
    grown[:, 1:] |= coarse[:, :-1]
    grown[:, :-1] |= coarse[:, 1:]
    widened: NDArray[np.bool_] = grown
    return widened


def _tries(
    lifted: Lifted, thing: FloatArray, scene: FloatArray, settings: GraspSettings
) -> Iterator[_Try]:
    for approach in settings.approaches:
        ahead = _direction(approach, lifted)
        if ahead is None:
            continue
        turned = []
        for axes in _closings(ahead):
            moved = thing @ axes.T
            low, high = ends(moved)
            centre = np.array((low[0], *(low[1:] + high[1:]) / 2.0))
            turned.append((float(high[1] - low[1]), axes, moved, centre))
        turned.sort(key=lambda one: one[0])
        for _, axes, moved, centre in turned[:_YAWS_TRIED]:
            yield _Try(approach, axes, moved, scene @ axes.T, centre)


def _direction(approach: Approach, lifted: Lifted) -> FloatArray | None:
    """Return the direction of approach, None for what is not measured."""
    if approach is Approach.TOP_DOWN:
        return np.array((0.0, 0.0, -1.0))
    if lifted.source is LiftSource.PLANE:
        return None
    ahead = -lifted.normal_base if approach is Approach.NORMAL else lifted.view_base
    # From below nothing is grasped, and who stands on a floor does not either.
    return ahead if np.isfinite(ahead).all() and ahead[2] < 0.5 else None


def _closings(ahead: FloatArray) -> Iterator[FloatArray]:
    """Return axes (3, 3), rows x y z of a grasp, around the direction of approach."""
    aside = np.array((0.0, 1.0, 0.0)) if abs(ahead[1]) < 0.9 else np.array((1.0, 0.0, 0.0))
    first = aside - (aside @ ahead) * ahead
    first /= np.linalg.norm(first)
    second = np.cross(ahead, first)
    for turn_rad in np.arange(_YAWS) * math.pi / _YAWS:
        closing = math.cos(turn_rad) * first + math.sin(turn_rad) * second
        yield np.array((ahead, closing, np.cross(ahead, closing)))


def _judged(
    one: _Try, lifted: Lifted, gripper: GripperSizes, settings: GraspSettings
) -> tuple[Grasp, HandReason | None]:
    """Return the grasp along these axes, as deep as there is room, and why it is refused."""
    half_width_m = gripper.finger_width_m / 2.0
    slice_ = np.abs(one.thing[:, 2] - one.centre[2]) < half_width_m
    points = one.thing[slice_] if slice_.sum() >= 5 else one.thing
    low, high = ends(points)
    width_m = float(high[1] - low[1])
    place = np.array((low[0], (low[1] + high[1]) / 2.0, one.centre[2]))
    deepest_m = min(settings.depth_m, gripper.finger_length_m - settings.tip_room_m)
    blocked: list[tuple[Grasp, HandReason]] = []
    for share in _DEPTH_SHARES:
        depth_m = max(settings.least_depth_m, share * deepest_m)
        tip = place + np.array((depth_m, 0.0, 0.0))
        grasp, reason = _at(one, tip, depth_m, width_m, gripper, settings)
        if reason is None:
            return replace(grasp, score=_score(grasp, one, lifted, gripper, share)), None
        blocked.append((grasp, reason))
        if reason in (HandReason.GRIPPER_TOO_SMALL, HandReason.OUTSIDE_WORKSPACE):
            break
    return blocked[-1]


def _at(
    one: _Try,
    tip: FloatArray,
    depth_m: float,
    width_m: float,
    gripper: GripperSizes,
    settings: GraspSettings,
) -> tuple[Grasp, HandReason | None]:
    """Return the grasp with its tips at a place, given in the axes, and why it is refused."""
    scene = one.scene - tip
    ahead = scene - (settings.tip_room_m, 0.0, 0.0)
    # How much room there is beside the thing where the fingers go down.
    gap = gap_m(ahead, width_m / 2.0, gripper.finger_width_m, -depth_m)
    spare_m = (gap - gripper.finger_thickness_m) / 2.0
    room_m = min(settings.room_m, spare_m, (gripper.opening_m - width_m) / 2.0)
    opening_m = min(gripper.opening_m, width_m + 2.0 * max(room_m, settings.least_room_m))
    boxes = swept_boxes(gripper, opening_m, settings.approach_m)
    clear_m = clearance_m(boxes, scene, _MOST_CLEARANCE_M)
    grasp = Grasp(
        base_from_grasp=_pose(one.axes, tip),
        base_from_pregrasp=_pose(one.axes, tip - (settings.approach_m, 0.0, 0.0)),
        width_m=width_m,
        opening_m=opening_m,
        approach=one.approach,
        clearance_m=clear_m,
        score=0.0,
    )
    if width_m + 2.0 * settings.least_room_m > gripper.opening_m:
        return grasp, HandReason.GRIPPER_TOO_SMALL
    if not _inside(grasp, settings):
        return grasp, HandReason.OUTSIDE_WORKSPACE
    if spare_m < settings.least_room_m:
        return grasp, HandReason.GRIPPER_TOO_WIDE
    if clear_m <= 0.0:
        return grasp, HandReason.IN_COLLISION
    return grasp, None


def _pose(axes: FloatArray, place: FloatArray) -> FloatArray:
    pose = np.eye(4)
    pose[:3, :3] = axes.T
    pose[:3, 3] = axes.T @ place
    return pose


def _inside(grasp: Grasp, settings: GraspSettings) -> bool:
    places = np.array((grasp.base_from_grasp[:3, 3], grasp.base_from_pregrasp[:3, 3]))
    low, high = settings.workspace_low_m, settings.workspace_high_m
    return bool(((places >= low) & (places <= high)).all())


def _score(
    grasp: Grasp, one: _Try, lifted: Lifted, gripper: GripperSizes, depth_share: float
) -> float:
    """Return how good a grasp is: preferred, narrow, deep, free, and across what is seen.

    What lies behind a thing along the view is hidden, and so is how wide it is that way.
    """
    closing = grasp.base_from_grasp[:3, 1]
    level = lifted.view_base * (1.0, 1.0, 0.0)
    along_view = abs(float(closing @ level))
    off_m = float(np.linalg.norm(grasp.base_from_grasp[:2, 3] - lifted.point_base[:2]))
    score = _PREFERRED[one.approach] * (1.0 - _ALONG_VIEW_COST * along_view)
    score *= 1.0 - 0.5 * grasp.width_m / gripper.opening_m
    score *= 0.7 + 0.3 * grasp.clearance_m / _MOST_CLEARANCE_M
    score *= 0.6 + 0.4 * depth_share
    score *= 1.0 - 0.3 * min(1.0, off_m / _OFF_CENTRE_M)
    return score * (_GUESSED_SHARE if lifted.source is LiftSource.PLANE else 1.0)


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


def _thinned(points: FloatArray, most: int) -> FloatArray:
    """Return every so many of the points, `most` at most."""
    return points[:: max(1, math.ceil(len(points) / most))]

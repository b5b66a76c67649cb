"""Poses of the gripper fit the thing, keep clear of all else, and say why they do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from table_scene import TABLE_M, TableBox, on_top, pixel_of, table_frame

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.reasons import HandReason
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import rigid_transform
from vlm_nav.manipulation.grasp import grasps
from vlm_nav.manipulation.grasp_plan import Approach, GraspPlan
from vlm_nav.manipulation.grasp_settings import GraspSettings
from vlm_nav.manipulation.gripper import GripperSizes
from vlm_nav.manipulation.lift import lift
from vlm_nav.manipulation.lifted import Lifted
from vlm_nav.manipulation.place import PlaceSettings, places
from vlm_nav.manipulation.scene_points import scene_around

LONG = TableBox(0.7, 0.05, (0.05, 0.16, 0.06))
CARTON = TableBox(0.7, 0.0, (0.06, 0.06, 0.18))
FROM_ABOVE = GraspSettings(approaches=(Approach.TOP_DOWN,))


def plan_of(
    *boxes: TableBox,
    gripper: GripperSizes = GripperSizes(),
    settings: GraspSettings = GraspSettings(),
    noise: float = 0.0,
    **options: object,
) -> GraspPlan:
    frame = table_frame(*boxes, noise=noise)
    found = lift(frame, on_top(frame, boxes[0]))
    assert isinstance(found, Lifted), found
    return grasps(found, scene_around(frame, found), gripper, settings, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize('noise', [0.0, 1.0])
def test_the_fingers_close_across_the_narrow_side_and_beside_the_middle(noise: float) -> None:
    best = plan_of(LONG, noise=noise).best
    assert best is not None
    assert abs(best.base_from_grasp[:3, 1] @ (1.0, 0.0, 0.0)) > 0.95
    assert abs(best.width_m - 0.05) < 0.008
    assert best.width_m < best.opening_m <= 0.08
    assert np.allclose(best.base_from_grasp[:2, 3], (0.7, 0.05), atol=0.008)
    assert TABLE_M < best.base_from_grasp[2, 3] < TABLE_M + 0.06


def test_every_pose_is_rigid_and_the_pregrasp_lies_behind_it() -> None:
    plan = plan_of(CARTON)
    assert plan.ranked
    assert [grasp.score for grasp in plan.ranked] == sorted(
        (grasp.score for grasp in plan.ranked), reverse=True
    )
    for grasp in plan.ranked:
        pose = rigid_transform(grasp.base_from_grasp)
        back = rigid_transform(grasp.base_from_pregrasp)[:3, 3] - pose[:3, 3]
        assert np.allclose(back, -0.1 * pose[:3, 0])


@pytest.mark.parametrize('approach', list(Approach))
def test_each_direction_of_approach_is_what_its_name_says(approach: Approach) -> None:
    frame = table_frame(CARTON)
    found = lift(frame, pixel_of(frame, 0.67, 0.0, 0.12))
    assert isinstance(found, Lifted)
    settings = GraspSettings(approaches=(approach,))
    best = grasps(found, scene_around(frame, found), settings=settings).best
    assert best is not None
    wanted = {
        Approach.TOP_DOWN: np.array((0.0, 0.0, -1.0)),
        Approach.NORMAL: np.array((1.0, 0.0, 0.0)),
        Approach.VIEW_RAY: found.view_base,
    }[approach]
    assert best.base_from_grasp[:3, 0] @ wanted > 0.99


def test_a_flat_thing_is_grasped_above_the_table() -> None:
    plan = plan_of(TableBox(0.7, 0.05, (0.12, 0.06, 0.015)), settings=FROM_ABOVE)
    assert plan.best is not None
    assert all(grasp.base_from_grasp[2, 3] > TABLE_M for grasp in plan.ranked)


def test_a_thing_wider_than_the_gripper_opens_is_refused() -> None:
    plan = plan_of(TableBox(0.7, 0.05, (0.2, 0.2, 0.1)))
    assert plan.best is None
    assert plan.reason is HandReason.GRIPPER_TOO_SMALL


def test_fingers_do_not_go_into_a_gap_that_is_narrower_than_they_are() -> None:
    one = TableBox(0.7, 0.0, (0.05, 0.05, 0.1))
    other = TableBox(0.7, 0.06, (0.05, 0.05, 0.1), (30, 200, 30))
    plan = plan_of(one, other, settings=FROM_ABOVE)
    sideways = [
        reason for grasp, reason in plan.refused if abs(grasp.base_from_grasp[1, 1]) > 0.95
    ]
    assert HandReason.GRIPPER_TOO_WIDE in sideways
    assert all(abs(grasp.base_from_grasp[1, 1]) < 0.5 for grasp in plan.ranked)
    thin = plan_of(one, other, settings=FROM_ABOVE, gripper=GripperSizes(finger_thickness_m=0.003))
    assert any(abs(grasp.base_from_grasp[1, 1]) > 0.95 for grasp in thin.ranked)


@pytest.mark.parametrize('noise', [0.0, 1.0])
def test_a_thing_too_flat_to_reach_beside_says_so(noise: float) -> None:
    card = TableBox(0.7, 0.0, (0.05, 0.05, 0.002))
    frame = table_frame(card, noise=noise)
    found = lift(frame, (frame.rgb == card.color).all(axis=-1))
    assert isinstance(found, Lifted)
    plan = grasps(found, scene_around(frame, found), settings=FROM_ABOVE)
    assert plan.best is None
    assert plan.reason is HandReason.TOO_FLAT


def test_tips_go_down_beside_a_low_thing_as_far_as_there_is_room() -> None:
    settings = GraspSettings(approaches=(Approach.TOP_DOWN,), depth_m=0.06)
    plan = plan_of(TableBox(0.7, 0.05, (0.12, 0.03, 0.025)), settings=settings, noise=1.0)
    assert plan.best is not None
    above_m = plan.best.base_from_grasp[2, 3] - TABLE_M
    assert settings.tip_room_m <= above_m < settings.tip_room_m + 0.006


def test_of_a_thing_with_a_neck_the_neck_is_grasped() -> None:
    rng = np.random.default_rng(0)
    angles = rng.uniform(0.0, 2.0 * np.pi, 600)
    heights_m = rng.uniform(0.0, 0.2, 600)
    radius_m = np.where(heights_m > 0.15, 0.012, 0.045)
    bottle = np.column_stack(
        [0.7 + radius_m * np.cos(angles), radius_m * np.sin(angles), TABLE_M + heights_m]
    )
    frame = table_frame(CARTON)
    seen = lift(frame, on_top(frame, CARTON))
    assert isinstance(seen, Lifted)
    found = replace(seen, extent=replace(seen.extent, points_base=bottle))
    plan = grasps(found, np.empty((0, 3)), settings=FROM_ABOVE)
    assert plan.best is not None
    assert plan.best.width_m < 0.03
    assert plan.best.base_from_grasp[2, 3] > TABLE_M + 0.15


def test_where_the_middle_is_too_wide_a_narrower_part_is_grasped() -> None:
    square = np.stack(np.meshgrid(np.arange(-0.1, 0.1, 0.004), np.arange(-0.06, 0.06, 0.004)), -1)
    flat = square.reshape(-1, 2)
    # As a bone from above: 30 mm wide, but for 120 mm in the middle.
    flat = flat[(np.abs(flat[:, 1]) < 0.015) | (np.abs(flat[:, 0]) < 0.02)]
    bone = np.column_stack([flat[:, 0] + 0.7, flat[:, 1], np.full(len(flat), TABLE_M + 0.05)])
    frame = table_frame(CARTON)
    seen = lift(frame, on_top(frame, CARTON))
    assert isinstance(seen, Lifted)
    found = replace(seen, extent=replace(seen.extent, points_base=bone))
    plan = grasps(found, np.empty((0, 3)), settings=FROM_ABOVE)
    assert plan.best is not None
    assert abs(plan.best.width_m - 0.03) < 0.006
    assert abs(plan.best.base_from_grasp[0, 3] - 0.7) > 0.02


def test_the_palm_keeps_off_what_of_the_thing_stands_higher() -> None:
    steps = np.arange(-0.1, 0.1, 0.003)
    x, y = (axis.ravel() for axis in np.meshgrid(steps, steps))
    # A low beam with a tower in its middle that is too wide to grasp.
    tower = (np.abs(x) < 0.01) & (np.abs(y) < 0.05)
    kept = tower | (np.abs(y) < 0.012)
    z = TABLE_M + np.where(tower, 0.2, 0.04)
    frame = table_frame(CARTON)
    seen = lift(frame, on_top(frame, CARTON))
    assert isinstance(seen, Lifted)
    points = np.column_stack([x + 0.7, y, z])[kept]
    found = replace(seen, extent=replace(seen.extent, points_base=points))
    plan = grasps(found, np.empty((0, 3)), settings=replace(FROM_ABOVE, count=5))
    beam = [grasp for grasp in plan.ranked if grasp.base_from_grasp[2, 3] < TABLE_M + 0.05]
    assert beam
    assert all(abs(grasp.base_from_grasp[0, 3] - 0.7) > 0.035 for grasp in beam)


def test_a_hand_that_would_touch_a_tall_neighbour_is_in_collision() -> None:
    low = TableBox(0.7, 0.0, (0.03, 0.03, 0.05))
    tall = TableBox(0.7, 0.07, (0.03, 0.03, 0.2), (30, 200, 30))
    plan = plan_of(low, tall, settings=FROM_ABOVE)
    assert HandReason.IN_COLLISION in [reason for _, reason in plan.refused]


def test_what_lies_outside_the_workspace_is_refused() -> None:
    plan = plan_of(CARTON, settings=GraspSettings(workspace_high_m=(0.5, 1.0, 2.0)))
    assert plan.best is None
    assert plan.reason is HandReason.OUTSIDE_WORKSPACE


def test_what_the_arm_cannot_reach_is_refused_and_a_turned_hand_is_tried() -> None:
    asked: list[FloatArray] = []

    def nowhere(pose: FloatArray) -> HandReason | None:
        asked.append(pose)
        return HandReason.UNREACHABLE

    assert plan_of(CARTON, reachable=nowhere).reason is HandReason.UNREACHABLE
    assert asked

    def one_way(pose: FloatArray) -> HandReason | None:
        return None if pose[1, 1] < 0.0 else HandReason.UNREACHABLE

    turned = plan_of(CARTON, reachable=one_way, settings=FROM_ABOVE)
    assert turned.ranked
    assert all(grasp.base_from_grasp[1, 1] < 0.0 for grasp in turned.ranked)


def test_settings_and_sizes_that_mean_nothing_are_refused() -> None:
    with pytest.raises(InvalidValueError):
        GraspSettings(approach_m=0.0)
    with pytest.raises(InvalidValueError):
        GraspSettings(workspace_low_m=(3.0, 0.0, 0.0))
    with pytest.raises(InvalidValueError):
        GripperSizes(opening_m=float('nan'))
    with pytest.raises(InvalidValueError):
        GripperSizes(opening_m=0.0)
    with pytest.raises(InvalidValueError):
        GraspSettings(tip_room_m=float('nan'))


def test_a_place_is_free_flat_and_near_what_was_asked_for() -> None:
    frame = table_frame(CARTON)
    found = lift(frame, pixel_of(frame, 0.62, 0.0, 0.0))
    assert isinstance(found, Lifted)
    scene = scene_around(frame, found, reach_m=0.5)
    scene = np.vstack([scene, found.extent.points_base])
    plan = places(found, scene)
    assert plan.best is not None
    for place in plan.ranked:
        off_m = np.abs(place.point_base[:2] - (0.7, 0.0)) - 0.03
        assert np.linalg.norm(np.maximum(off_m, 0.0)) > 0.05
        assert abs(place.point_base[2] - TABLE_M) < 0.005
        assert np.allclose(place.base_from_place[:3, 0], (0.0, 0.0, -1.0))


def test_where_no_spot_is_large_enough_none_is_given() -> None:
    frame = table_frame(CARTON)
    found = lift(frame, on_top(frame, CARTON))
    assert isinstance(found, Lifted)
    plan = places(found, found.extent.points_base, PlaceSettings(radius_m=0.2))
    assert plan.best is None
    assert plan.reason is HandReason.NO_FLAT_SPOT


def test_nothing_is_put_down_under_what_hangs_over_the_surface() -> None:
    frame = table_frame()
    found = lift(frame, pixel_of(frame, 0.7, 0.0, 0.0))
    assert isinstance(found, Lifted)
    steps = np.arange(-0.3, 0.3, 0.005)
    x, y = (axis.ravel() for axis in np.meshgrid(0.7 + steps, steps))
    table = np.column_stack([x, y, np.full(x.size, TABLE_M)])
    lamp = table[np.hypot(x - 0.7, y) < 0.05] + np.array((0.0, 0.0, 0.2))
    free = places(found, table).best
    assert free is not None
    assert np.linalg.norm(free.point_base[:2] - (0.7, 0.0)) < 0.02
    beside = places(found, np.vstack([table, lamp])).best
    assert beside is not None
    assert np.linalg.norm(beside.point_base[:2] - (0.7, 0.0)) > 0.1

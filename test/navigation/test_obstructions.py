"""What stands in the way that did not stand there before, and what is no reason to stop."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from sensor_data import kitchen_frame
from synthetic import Box, camera_pose, frame_of

from vlm_nav.core.decision import Waypoint
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.camera import PinholeCamera
from vlm_nav.geometry.poses import FloorPose, inverse, transform_from_floor_pose, transform_points
from vlm_nav.navigation.guard import guard_for
from vlm_nav.navigation.obstructions import KnownThings, WayCheck
from vlm_nav.navigation.sight import Sight
from vlm_nav.observation.costmap import Costmap, CostmapView
from vlm_nav.observation.floor_grid import FreeSpaceSettings
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.sim.drawn.drawn_room import base_from_mounted_camera, furnished_room

SETTINGS = FreeSpaceSettings()
GOAL = Waypoint('map', 7, 3.0, 0.0, 0.0)
PERSON = Box((1.0, 1.3), (-0.2, 0.2), (0.0, 1.7))


def way(decided: Sight | None = None, goal: Waypoint = GOAL, ahead_m: float = 2.0) -> WayCheck:
    before = Sight(frame_of()) if decided is None else decided
    return WayCheck(goal, KnownThings(before, SETTINGS), SETTINGS, ahead_m)


def seen(*boxes: Box, at: FloorPose = FloorPose(0.0, 0.0, 0.0)) -> Sight:
    """Return what is seen of boxes that stand in the frame of a base at a pose of the map."""
    return Sight(frame_of(boxes, map_from_base=transform_from_floor_pose(at)))


def costmap(value: int, half_m: float = 6.0) -> CostmapView:
    cells = round(2.0 * half_m / 0.05)
    values = np.full((cells, cells), value, dtype=np.int8)
    return CostmapView(
        Costmap(values, 0.05, FloorPose(-half_m, -half_m, 0.0), 'map', 0), np.eye(4)
    )


def occupied_around(x_m: float, y_m: float, radius_m: float) -> CostmapView:
    view = costmap(0)
    rows, columns = np.mgrid[: len(view.costmap.values), : len(view.costmap.values)]
    away = np.hypot((columns + 0.5) * 0.05 - 6.0 - x_m, (rows + 0.5) * 0.05 - 6.0 - y_m)
    view.costmap.values[away <= radius_m] = 99
    return view


def test_a_free_way_is_no_reason_to_stop() -> None:
    assert way().objection(seen()) is None
    assert way().objection(Sight(frame_of(), (costmap(0),))) is None


def test_somebody_who_steps_into_the_way_is() -> None:
    found = way().objection(seen(PERSON))
    assert found is not None
    assert '1.0' in found
    assert '3.00 m' in found


def test_what_another_camera_saw_when_the_goal_was_chosen_is_not_new() -> None:
    # It stands to the left, where the robot has turned to meanwhile.
    turned = FloorPose(0.0, 0.0, math.pi / 2.0)
    aside = Box((-0.2, 0.2), (1.0, 1.3), (0.0, 0.6))
    front = dataclasses.replace(frame_of([aside]), camera_name='front')
    left = dataclasses.replace(frame_of([aside], camera_pose(left_deg=90.0)), camera_name='left')
    goal = Waypoint('map', 7, 0.0, 3.0, math.pi / 2.0)
    later = seen(Box((1.0, 1.3), (-0.2, 0.2), (0.0, 0.6)), at=turned)
    assert way(Sight(front), goal).objection(later) is not None
    assert way(Sight(front, further=(left,)), goal).objection(later) is None


def test_what_any_camera_sees_in_the_way_is_a_reason_to_stop() -> None:
    front = dataclasses.replace(frame_of(), camera_name='front', depth_m=None)
    other = dataclasses.replace(frame_of([PERSON]), camera_name='other')
    assert way().objection(Sight(front)) is None
    assert way().objection(Sight(front, further=(other,))) is not None


def test_without_a_sight_before_everything_in_the_way_is_new() -> None:
    nothing_known = KnownThings(None, SETTINGS)
    check = WayCheck(GOAL, nothing_known, SETTINGS, 2.0)
    assert check.objection(seen(PERSON)) is not None
    assert check.objection(seen()) is None


@pytest.mark.parametrize(
    'elsewhere',
    [
        Box((1.0, 1.3), (0.45, 0.85), (0.0, 1.7)),
        Box((1.0, 1.3), (-0.85, -0.45), (0.0, 1.7)),
        Box((3.2, 3.5), (-0.2, 0.2), (0.0, 1.7)),
        Box((1.0, 1.3), (-0.2, 0.2), (1.7, 2.0)),
        Box((1.0, 1.3), (-0.2, 0.2), (0.0, 0.04)),
    ],
    ids=['left', 'right', 'beyond the goal', 'above', 'a doorsill'],
)
def test_what_stands_elsewhere_is_none(elsewhere: Box) -> None:
    assert way(ahead_m=9.0).objection(seen(elsewhere)) is None


def test_what_is_farther_than_the_robot_looks_ahead_is_none_yet() -> None:
    person = Box((2.2, 2.4), (-0.2, 0.2), (0.0, 1.7))
    assert way(ahead_m=2.0).objection(seen(person)) is None
    assert way(ahead_m=2.5).objection(seen(person)) is not None
    nearer = Box((1.2, 1.4), (-0.2, 0.2), (0.0, 1.7))
    assert way(ahead_m=2.0).objection(seen(nearer, at=FloorPose(1.0, 0.0, 0.0))) is not None


def test_what_stood_there_when_the_goal_was_chosen_is_none() -> None:
    decided = seen(PERSON)
    assert way(decided).objection(seen(PERSON)) is None
    a_little_aside = Box((1.08, 1.3), (-0.25, 0.15), (0.0, 1.7))
    assert way(decided).objection(seen(a_little_aside)) is None
    moved = Box((1.6, 1.9), (-0.2, 0.2), (0.0, 1.7))
    assert way(decided).objection(seen(moved)) is not None
    another = Box((0.6, 0.7), (-0.2, 0.2), (0.0, 1.7))
    assert way(decided).objection(seen(PERSON, another)) is not None


def test_what_a_costmap_knew_when_the_goal_was_chosen_is_none() -> None:
    decided = Sight(frame_of(), (occupied_around(1.15, 0.0, 0.5),))
    assert way(decided).objection(seen(PERSON)) is None


def test_the_way_begins_where_the_robot_is_now_and_it_may_look_elsewhere() -> None:
    # Turned to the left by 0.4 rad: the way to the goal leads to the right of the picture.
    turned = FloorPose(0.0, 0.0, 0.4)
    in_the_way = Box((0.85, 1.05), (-0.55, -0.2), (0.0, 1.7))
    assert way().objection(seen(in_the_way, at=turned)) is not None
    assert way().objection(seen(PERSON, at=turned)) is None
    away = FloorPose(0.0, 0.0, math.pi)
    assert way().objection(seen(PERSON, at=away)) is None


def test_at_the_goal_nothing_stands_between_any_more() -> None:
    there = FloorPose(2.9, 0.05, 2.0)
    assert way().objection(seen(Box((0.3, 0.5), (-1.0, 1.0)), at=there)) is None


def test_a_few_pixels_are_noise() -> None:
    frame = frame_of()
    assert frame.depth_m is not None
    noisy = frame.depth_m.copy()
    noisy[60, 78:81] = 0.9
    assert way().objection(Sight(dataclasses.replace(frame, depth_m=noisy))) is None


def test_a_base_that_nods_sees_no_obstacle_in_the_floor() -> None:
    nod = math.radians(1.5)
    turn = np.eye(4)
    turn[0, 0] = turn[2, 2] = math.cos(nod)
    turn[0, 2], turn[2, 0] = math.sin(nod), -math.sin(nod)
    straight = frame_of()
    nodding = frame_of(pose=turn @ straight.base_from_camera)
    # What tf tells knows nothing of the nod.
    believed = dataclasses.replace(nodding, base_from_camera=straight.base_from_camera)
    assert way(ahead_m=3.0).objection(Sight(believed)) is None


def test_a_goal_that_a_costmap_now_calls_occupied_is_lost_where_no_room_is_beside() -> None:
    blind = dataclasses.replace(frame_of(), depth_m=None)
    check = way(Sight(blind))
    found = check.objection(Sight(blind, (costmap(0), occupied_around(3.0, 0.0, 0.4))))
    assert found is not None
    assert "'map'" in found
    assert check.objection(Sight(blind, (occupied_around(3.0, 0.0, 0.1),))) is None
    assert check.objection(Sight(blind, (occupied_around(3.0, 0.4, 0.42),))) is None
    assert check.objection(Sight(blind, (costmap(-1),))) is None


# Between the walls, clear of furniture: poses from which a robot may begin.
STARTS = (
    FloorPose(0.3, 0.35, -0.05),
    FloorPose(0.2, -1.2, 0.3),
    FloorPose(0.4, 1.6, -0.4),
    FloorPose(1.4, -0.6, 0.6),
    FloorPose(3.3, 0.1, 2.9),
    FloorPose(1.5, 1.2, -1.5),
)
ROOM_CAMERA = PinholeCamera(160, 120, 115.0, 115.0, 79.5, 59.5)


def room_frame(pose: FloorPose, rng: np.random.Generator, nod_rad: float = 0.0) -> RgbdFrame:
    """Return what a noisy camera sees of the drawn room from a base that nods."""
    map_from_base = transform_from_floor_pose(pose)
    base_from_camera = base_from_mounted_camera()
    nod = np.eye(4)
    nod[0, 0] = nod[2, 2] = math.cos(nod_rad)
    nod[0, 2], nod[2, 0] = math.sin(nod_rad), -math.sin(nod_rad)
    rgb, depth_m = furnished_room().render(ROOM_CAMERA, map_from_base @ nod @ base_from_camera)
    noisy = depth_m + 0.0025 * np.square(depth_m) * rng.standard_normal(depth_m.shape)
    return RgbdFrame(
        rgb, noisy.astype(np.float32), ROOM_CAMERA, base_from_camera, map_from_base, 'map', 0
    )


def allowed_goals(frame: RgbdFrame, rng: np.random.Generator, count: int) -> FloatArray:
    """Return places (n, 2) of the base frame that the guard allows."""
    range_m, bearing_rad = rng.uniform(0.5, 4.0, 300), rng.uniform(-0.5, 0.5, 300)
    places = np.column_stack([range_m * np.cos(bearing_rad), range_m * np.sin(bearing_rad)])
    refused = guard_for(Sight(frame), SETTINGS)(places).refused
    return places[[reason is None for reason in refused]][:count]


def goal_of(frame: RgbdFrame, place: FloatArray) -> Waypoint:
    x_m, y_m, _ = transform_points(frame.map_from_base, (*place, 0.0))
    return Waypoint('map', 0, float(x_m), float(y_m), 0.0)


@pytest.mark.parametrize('start', STARTS, ids=str)
def test_nothing_new_on_a_drive_through_a_furnished_room_never_stops_it(start: FloorPose) -> None:
    rng = np.random.default_rng(7)
    frame = room_frame(start, rng)
    known = KnownThings(Sight(frame), SETTINGS)
    goals = allowed_goals(frame, rng, 8)
    assert len(goals) == 8
    looks, objections = 0, []
    for goal in (goal_of(frame, place) for place in goals):
        check = WayCheck(goal, known, SETTINGS, 2.0)
        along = np.array((goal.x_m - start.x_m, goal.y_m - start.y_m))
        way_m, yaw_rad = float(np.hypot(*along)), math.atan2(along[1], along[0])
        for done_m in np.arange(0.0, way_m, 0.3):
            x_m, y_m = (start.x_m, start.y_m) + along * done_m / way_m + rng.normal(0.0, 0.03, 2)
            pose = FloorPose(float(x_m), float(y_m), yaw_rad + float(rng.normal(0.0, 0.1)))
            nod_rad = math.radians(float(np.clip(rng.normal(0.0, 0.7), -1.5, 1.5)))
            looks += 1
            objections.append(check.objection(Sight(room_frame(pose, rng, nod_rad))))
    assert looks > 30
    assert [found for found in objections if found] == []


FLOOR_SEEN = (0, 36, 72, 108)


@pytest.mark.data
def test_a_real_camera_that_looks_again_from_beside_the_way_finds_nothing_new() -> None:
    rng = np.random.default_rng(7)
    looks, objections = 0, []
    for decided in FLOOR_SEEN:
        frame = kitchen_frame(decided)
        known = KnownThings(Sight(frame), SETTINGS)
        for goal in (goal_of(frame, place) for place in allowed_goals(frame, rng, 12)):
            check = WayCheck(goal, known, SETTINGS, 2.0)
            for number in FLOOR_SEEN:
                again = kitchen_frame(number)
                floor_m = again.map_from_base[2, 3]
                x_m, y_m, _ = transform_points(
                    inverse(again.map_from_base), (goal.x_m, goal.y_m, floor_m)
                )
                looks += abs(math.atan2(y_m, x_m)) < 0.4
                objections.append(check.objection(Sight(again)))
    assert looks > 80
    assert [found for found in objections if found] == []


@pytest.mark.data
def test_a_person_in_a_real_picture_is_seen_on_every_way() -> None:
    rng = np.random.default_rng(7)
    for decided in FLOOR_SEEN:
        frame = kitchen_frame(decided)
        assert frame.depth_m is not None
        known = KnownThings(Sight(frame), SETTINGS)
        for place in allowed_goals(frame, rng, 12):
            if np.hypot(*place) < 1.4:
                continue
            with_person = dataclasses.replace(frame, depth_m=person(frame, place))
            check = WayCheck(goal_of(frame, place), known, SETTINGS, 2.0)
            assert check.objection(Sight(with_person)) is not None


def person(frame: RgbdFrame, toward: FloatArray) -> np.ndarray:
    """Return the depth with a board of a person's size 1 m ahead on the way to a place."""
    onward = np.array((*(toward / np.hypot(*toward)), 0.0))
    origin = frame.base_from_camera[:3, 3]
    rays = frame.camera.pixel_rays() @ frame.base_from_camera[:3, :3].T
    multiples = (1.0 - origin @ onward) / (rays @ onward)
    points = origin + multiples[..., None] * rays
    aside_m = points @ np.array((-onward[1], onward[0], 0.0))
    on_board = (np.abs(aside_m) < 0.2) & (points[..., 2] > 0.0) & (points[..., 2] < 1.7)
    on_board &= multiples > 0.0
    assert frame.depth_m is not None
    shown = np.where(on_board, np.fmin(multiples, frame.depth_m), frame.depth_m)
    return np.asarray(shown, dtype=np.float32)

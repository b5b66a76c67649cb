"""Decisions of a robot that looks to several sides at once."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
import pytest
from sensor_data import kitchen_frame
from surround import BEFORE_THE_CHAIR, CAMERA, POSE, floor_in_map, room_frame, room_sight

from vlm_nav.core.candidate import GroundAction, Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Decision, DecisionOutcome
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.events import Event
from vlm_nav.core.reasons import ChoosingReason
from vlm_nav.geometry.depth import DepthPoint, point_at_pixel
from vlm_nav.geometry.poses import FloorPose, inverse, transform_points
from vlm_nav.navigation.selectors import PivotSelector
from vlm_nav.navigation.sight import Sight
from vlm_nav.observation.costmap import Costmap, CostmapView
from vlm_nav.observation.placing import seen_from
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.vlm.doubles import NearestToTarget
from vlm_nav.vlm.events import Asked


async def decided(
    sight: Sight, targets: dict[str, Pixel] | Pixel, seed: int = 0
) -> tuple[Decision, list[Asked]]:
    """Return the decision about targets, pixels by a picture's identifier, and what was asked."""
    told: list[Event] = []

    def target(identifier: str) -> Sequence[Pixel]:
        assert isinstance(targets, dict)
        return [targets[identifier]] if identifier in targets else []

    model = NearestToTarget(targets if isinstance(targets, Pixel) else target)
    selector = PivotSelector(model, listeners=(told.append,), seed=seed)
    decision = await selector.select(sight, 'go to the red chair', Deadline.after(60.0))
    return decision, [event for event in told if isinstance(event, Asked)]


def distance_m(decision: Decision, place: tuple[float, float]) -> float:
    assert decision.waypoint is not None, decision
    return math.hypot(decision.waypoint.x_m - place[0], decision.waypoint.y_m - place[1])


@pytest.mark.parametrize('seed', [0, 1, 2])
async def test_what_only_the_left_camera_sees_is_driven_to(seed: int) -> None:
    sight = room_sight('front', 'left', 'back')
    left = sight.frames[1]
    decision, asked = await decided(sight, {left.identifier: BEFORE_THE_CHAIR}, seed)
    assert decision.outcome is DecisionOutcome.GOAL
    assert distance_m(decision, floor_in_map(left, BEFORE_THE_CHAIR)) < 0.15
    for event in asked:
        for picture in event.question.pictures:
            assert event.round == 1 or picture.marks


async def test_the_first_question_shows_all_pictures_in_order_and_each_number_once() -> None:
    sight = room_sight('front', 'left', 'back')
    _, asked = await decided(sight, {sight.frames[1].identifier: BEFORE_THE_CHAIR})
    first = [event for event in asked if event.round == 1]
    assert first
    for event in first:
        pictures = event.question.pictures
        assert [picture.camera for picture in pictures] == ['front', 'left', 'back']
        numbers = [mark.label for picture in pictures for mark in picture.marks]
        assert numbers == list(range(1, len(event.candidates) + 1))
        assert all(len(picture.marks) >= 5 for picture in pictures)
    later = {
        picture.camera for event in asked if event.round > 1 for picture in event.question.pictures
    }
    assert later == {'left'}


async def test_every_mark_lies_in_its_picture_where_its_place_is() -> None:
    sight = room_sight('front', 'left', 'back')
    frames = {frame.identifier: frame for frame in sight.frames}
    _, asked = await decided(sight, {sight.frames[2].identifier: Pixel(60.0, 180.0)})
    for event in asked:
        actions = {one.label: one.action for one in event.candidates}
        for picture in event.question.pictures:
            frame = frames[picture.identifier]
            for mark in picture.marks:
                pixel = (mark.anchor.u_px, mark.anchor.v_px)
                assert frame.camera.contains(pixel, margin_px=picture.radius_px)
                x_m, y_m = floor_in_map(frame, mark.anchor)
                action = actions[mark.label]
                assert isinstance(action, GroundAction)
                place = action.range_m * np.array(
                    (math.cos(action.bearing_rad), math.sin(action.bearing_rad), 0.0)
                )
                in_map = transform_points(frame.map_from_base, place)
                assert (x_m, y_m) == pytest.approx(in_map[:2].tolist(), abs=1e-6)


async def test_a_pixel_as_target_is_one_of_the_first_cameras_picture() -> None:
    sight = room_sight('front', 'left', 'back')
    target = Pixel(100.0, 200.0)
    decision, asked = await decided(sight, target)
    assert distance_m(decision, floor_in_map(sight.frame, target)) < 0.15
    later = [event.question.pictures[0].camera for event in asked if event.round > 1]
    assert set(later) == {'front'}


async def test_one_camera_is_not_named_and_more_cameras_do_not_change_what_it_decides() -> None:
    alone = Sight(room_frame('front'))
    target = Pixel(100.0, 200.0)
    decision, asked = await decided(alone, target)
    assert {picture.camera for event in asked for picture in event.question.pictures} == {''}
    other, _ = await decided(room_sight('front', 'left'), target)
    assert distance_m(other, floor_in_map(alone.frame, target)) < 0.15
    assert distance_m(decision, floor_in_map(alone.frame, target)) < 0.15


async def test_what_a_camera_without_depth_shows_is_judged_by_costmaps_and_other_cameras() -> None:
    flat = dataclasses.replace(room_frame('left'), depth_m=None)
    target = {flat.identifier: BEFORE_THE_CHAIR}
    alone = Sight(room_frame('front'), further=(flat,))
    decision, asked = await decided(alone, target)
    # Nobody has measured that floor, not even where it lies in the blind zone of the other.
    assert not [mark for event in asked for mark in event.question.pictures[1].marks]
    assert decision.reason is ChoosingReason.NONE_FITS
    free = Costmap(np.zeros((120, 120), np.int8), 0.1, FloorPose(-6.0, -6.0, 0.0), 'map', 7)
    mapped = dataclasses.replace(
        alone, costmaps=(CostmapView(free, room_frame('front').map_from_base),)
    )
    decision, _ = await decided(mapped, target)
    assert distance_m(decision, floor_in_map(flat, BEFORE_THE_CHAIR)) < 0.25


async def test_a_robot_that_turns_between_two_pictures_is_right_about_both() -> None:
    before = FloorPose(POSE.x_m - 0.05, POSE.y_m, POSE.yaw_rad - math.radians(25.0))
    front, left = room_frame('front'), room_frame('left', before, stamp_ns=3)
    sight = Sight(front, further=(seen_from(left, front),))
    target = Pixel(250.0, 200.0)
    decision, _ = await decided(sight, {left.identifier: target})
    assert distance_m(decision, floor_in_map(left, target)) < 0.15
    # Taken as if the robot had stood still, the same pixel would be another place.
    still = dataclasses.replace(left, map_from_base=front.map_from_base)
    wrong, _ = await decided(Sight(front, further=(still,)), {left.identifier: target})
    assert wrong.waypoint is None or distance_m(wrong, floor_in_map(left, target)) > 0.3


@pytest.mark.data
@pytest.mark.parametrize('target', [Pixel(125.0, 420.0), Pixel(142.0, 425.0)])
async def test_two_views_of_a_real_kitchen_are_two_cameras_of_one_robot(target: Pixel) -> None:
    front = dataclasses.replace(kitchen_frame(0), camera_name='front')
    other = dataclasses.replace(kitchen_frame(72), camera_name='other')
    assert other.depth_m is not None
    found = point_at_pixel(other.depth_m, other.camera, target)
    assert isinstance(found, DepthPoint)
    # By depth and pose of the second view alone, which the first view's picture does not show.
    place = transform_points(other.map_from_base @ other.base_from_camera, found.as_array())
    in_front = transform_points(inverse(front.map_from_base @ front.base_from_camera), place)
    assert not front.camera.contains(front.camera.project(in_front), margin_px=20.0)
    sight = Sight(front, further=(seen_from(other, front),))
    decision, asked = await decided(sight, {other.identifier: target})
    assert distance_m(decision, (float(place[0]), float(place[1]))) < 0.12
    assert {picture.camera for event in asked[-1:] for picture in event.question.pictures} >= {
        'other'
    }


def test_the_cameras_of_a_sight_have_names_of_their_own() -> None:
    with pytest.raises(InvalidValueError, match='names of their own'):
        Sight(room_frame('front'), further=(room_frame('front'),))


def test_the_frames_of_a_sight_share_one_base_frame() -> None:
    elsewhere: RgbdFrame = room_frame('left', FloorPose(1.5, 0.6, 0.0))
    with pytest.raises(InvalidValueError, match="camera 'left'"):
        Sight(room_frame('front'), further=(elsewhere,))
    assert CAMERA.width_px == elsewhere.rgb.shape[1]

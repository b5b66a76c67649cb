"""Candidates and goals as RViz shows them."""

from __future__ import annotations

import math
from typing import Any

import pytest

pytest.importorskip('rclpy')

from records.missions import floor_frame
from visualization_msgs.msg import Marker

from vlm_nav.core.candidate import Candidate, GroundAction, Pixel
from vlm_nav.core.decision import Waypoint
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.imagination.viewpoint import Viewpoint
from vlm_nav.navigation.fence import Fence, fence_from
from vlm_nav.navigation.waypoint import waypoint_at, waypoint_for
from vlm_nav.ros.markers import (
    LIFETIME_S,
    candidate_markers,
    fence_markers,
    goal_markers,
)
from vlm_nav.ros.poses import pose_stamped

pytestmark = pytest.mark.ros
STAMP_NS = 1_700_000_000_123
PLACES = (GroundAction(1.0, 0.0), GroundAction(2.0, -0.3), GroundAction(1.5, 0.4))
CANDIDATES = tuple(
    Candidate(label, action, Pixel(10.0 * label, 20.0)) for label, action in enumerate(PLACES, 1)
)
WAYPOINT = Waypoint('map', STAMP_NS, -3.5, 4.25, -2.5)


def candidates(chosen: tuple[int, ...] = (2,)) -> list[Any]:
    """Return the markers of three candidates."""
    return list(candidate_markers(CANDIDATES, chosen, floor_frame()).markers)


def drawn(namespace: str) -> list[Any]:
    """Return the markers of a namespace that add something."""
    found = [*candidates(), *goal_markers(WAYPOINT).markers]
    return [marker for marker in found if marker.ns == namespace and marker.action == Marker.ADD]


def numbers(marker: Any) -> list[float]:
    """Return every number of a marker's place, size and colour."""
    pose, scale, color = marker.pose, marker.scale, marker.color
    return [
        *(getattr(part, axis) for part in (pose.position, scale) for axis in 'xyz'),
        *(getattr(pose.orientation, axis) for axis in 'xyzw'),
        *(color.r, color.g, color.b, color.a),
    ]


def test_what_was_shown_before_is_deleted_before_anything_is_added() -> None:
    actions = [marker.action for marker in candidates()]
    deletions = actions.count(Marker.DELETEALL)
    assert actions[:deletions] == [Marker.DELETEALL] * deletions
    assert {marker.ns for marker in candidates()[:deletions]} == {'candidates', 'labels'}
    assert set(actions[deletions:]) == {Marker.ADD}


def test_without_candidates_only_the_deletions_are_left() -> None:
    markers = candidate_markers((), (), floor_frame()).markers
    assert {marker.action for marker in markers} == {Marker.DELETEALL}


@pytest.mark.parametrize('namespace', ['candidates', 'labels', 'goal'])
def test_every_marker_has_frame_stamp_lifetime_and_finite_numbers(namespace: str) -> None:
    for marker in drawn(namespace):
        assert marker.header.frame_id == 'map'
        stamp = marker.header.stamp
        assert stamp.sec * 1_000_000_000 + stamp.nanosec == STAMP_NS
        assert marker.lifetime.sec == LIFETIME_S
        assert all(map(math.isfinite, numbers(marker)))
        turn = marker.pose.orientation
        assert math.hypot(turn.x, turn.y, turn.z, turn.w) == pytest.approx(1.0)
        assert marker.color.a > 0.0
        assert marker.scale.z > 0.0


def test_no_two_markers_bear_the_same_namespace_and_number() -> None:
    names = [(marker.ns, marker.id) for marker in [*drawn('candidates'), *drawn('labels')]]
    assert len(names) == len(set(names)) == 2 * len(CANDIDATES)


def test_discs_and_numbers_stand_where_their_candidates_lie_in_the_map() -> None:
    for candidate, disc, number in zip(
        CANDIDATES, drawn('candidates'), drawn('labels'), strict=True
    ):
        waypoint = waypoint_for(candidate.action, floor_frame())
        for marker in (disc, number):
            assert marker.id == candidate.label
            place = marker.pose.position
            assert (place.x, place.y) == pytest.approx((waypoint.x_m, waypoint.y_m))
        assert number.text == str(candidate.label)
        assert (disc.type, number.type) == (Marker.CYLINDER, Marker.TEXT_VIEW_FACING)


def test_only_what_was_chosen_has_the_colour_of_the_chosen() -> None:
    colors = {disc.id: (disc.color.r, disc.color.g, disc.color.b) for disc in drawn('candidates')}
    assert colors[1] == colors[3] != colors[2]


def test_candidates_that_are_no_place_on_the_floor_are_not_shown() -> None:
    pixel: Candidate[Any] = Candidate(1, Pixel(3.0, 4.0), Pixel(3.0, 4.0))
    markers = candidate_markers((pixel,), (), floor_frame()).markers
    assert all(marker.action == Marker.DELETEALL for marker in markers)


def test_a_viewpoint_is_an_arrow_to_where_the_camera_would_look_under_its_number() -> None:
    poses = (FloorPose(1.0, 0.5, 0.3), FloorPose(2.0, -0.5, -2.0))
    views: list[Candidate[Any]] = [
        Candidate(label, Viewpoint(pose, 0), Pixel(9.0, 9.0))
        for label, pose in enumerate(poses, 1)
    ]
    markers = candidate_markers(views, (2,), floor_frame()).markers
    arrows = [marker for marker in markers if marker.type == Marker.ARROW and marker.id]
    numbers = [marker for marker in markers if marker.ns == 'labels' and marker.text]
    assert [(arrow.ns, arrow.id) for arrow in arrows] == [('candidates', 1), ('candidates', 2)]
    assert [number.text for number in numbers] == ['1', '2']
    for arrow, number, pose in zip(arrows, numbers, poses, strict=True):
        there = waypoint_at(pose, floor_frame())
        for marker in (arrow, number):
            place = marker.pose.position
            assert (place.x, place.y) == pytest.approx((there.x_m, there.y_m))
        turn = arrow.pose.orientation
        away_rad = 2.0 * math.atan2(turn.z, turn.w) - there.yaw_rad
        assert math.cos(away_rad) == pytest.approx(1.0)
    assert arrows[0].color != arrows[1].color


def test_the_goal_is_an_arrow_that_points_as_the_robot_will() -> None:
    (arrow,) = drawn('goal')
    assert arrow.type == Marker.ARROW
    assert arrow.scale.x > arrow.scale.y > 0.0
    assert (arrow.pose.position.x, arrow.pose.position.y) == (-3.5, 4.25)
    turn = arrow.pose.orientation
    assert (turn.x, turn.y) == pytest.approx((0.0, 0.0))
    assert 2.0 * math.atan2(turn.z, turn.w) == pytest.approx(-2.5)
    assert pose_stamped(WAYPOINT).pose == arrow.pose
    assert pose_stamped(WAYPOINT).header == arrow.header


def test_a_fence_is_a_closed_line_for_each_border_and_none_takes_the_old_ones_back() -> None:
    fence = fence_from('0 0, 4 0, 4 3', ['1 1, 2 1, 2 2, 1 2'])
    cleared, kept_out, around = fence_markers(fence, 'world').markers
    assert cleared.action == Marker.DELETEALL
    assert [len(line.points) for line in (kept_out, around)] == [5, 4]
    assert around.points[0] == around.points[-1]
    assert (around.points[1].x, around.points[1].y) == (4.0, 0.0)
    for line in (kept_out, around):
        assert (line.header.frame_id, line.type) == ('world', Marker.LINE_STRIP)
        assert line.lifetime.sec == 0
    assert kept_out.color != around.color
    assert [line.action for line in fence_markers(Fence(), 'map').markers] == [Marker.DELETEALL]

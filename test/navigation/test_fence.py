"""Where the robot may be, and what is no fence."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic import frame_of

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.reasons import CandidateReason, ChoosingReason
from vlm_nav.geometry.poses import FloorPose, transform_from_floor_pose
from vlm_nav.navigation.fence import Fence, FencedGuard, fence_from
from vlm_nav.navigation.guard import guard_for
from vlm_nav.navigation.polygon import polygon_from
from vlm_nav.navigation.selectors import PivotSelector
from vlm_nav.navigation.sight import Sight
from vlm_nav.observation.floor_grid import FreeSpaceSettings
from vlm_nav.vlm.doubles import AlwaysFirst

SQUARE = '0 0, 4 0, 4 4, 0 4'
L_SHAPE = '0 0, 4 0, 4 1, 1 1, 1 4, 0 4'
RADIUS_M = 0.22


@pytest.mark.parametrize(
    ('place', 'clearance_m'),
    [((1.0, 2.0), 1.0), ((3.5, 2.0), 0.5), ((5.0, 2.0), -1.0), ((7.0, 8.0), -5.0), ((2, 0), 0.0)],
)
def test_a_place_keeps_a_distance_from_the_border(
    place: tuple[float, float], clearance_m: float
) -> None:
    for text in (SQUARE, '0 4,4 4,4 0,0 0', ' 4 4, 0 4 ,0 0,  4   0 '):
        assert polygon_from(text, 'fence').clearance_m(place) == pytest.approx(clearance_m)


@given(st.lists(st.tuples(st.floats(-3, 8), st.floats(-3, 8)), min_size=1, max_size=20))
def test_the_distance_is_that_of_opencv(places: list[tuple[float, float]]) -> None:
    polygon = polygon_from(L_SHAPE, 'fence')
    contour = polygon.corners.astype(np.float32).reshape(-1, 1, 2)
    wanted = [cv2.pointPolygonTest(contour, place, True) for place in places]
    assert polygon.clearance_m(np.array(places)) == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize(
    ('text', 'words'),
    [
        ('0 0, 1 1', 'three corners or more, got 2'),
        ('somewhere', "'x y, x y, x y' in metres, got 'somewhere'"),
        ('0 0, 1, 1 1', "got '1'"),
        ('0 0, 1 0 0, 1 1', "got '1 0 0'"),
        ('0 0, 1 0, 1 nan', 'within 100000 m'),
        ('0 0, 1 0, inf 1', 'within 100000 m'),
        ('0 0, 1 0, 1e9 1', 'within 100000 m'),
        ('0 0, 2 2, 2 0, 0 2', 'sides that cross'),
        ('0 0, 4 0, 4 4, 2 0, 0 4', 'sides that cross'),
        ('0 0, 1 0, 2 0', 'sides that cross'),
        ('0 0, 4 0, 1 0, 2 2', 'sides that cross'),
        ('0 0, 0 0, 1 0, 1 1', 'twice'),
        ('0 0, 1 0, 1 1, 0 0', 'twice'),
        (',', 'in metres'),
    ],
)
def test_what_is_no_polygon_is_refused_with_what_is_wrong(text: str, words: str) -> None:
    with pytest.raises(InvalidValueError, match=words) as caught:
        polygon_from(text, 'the fence')
    assert str(caught.value).startswith('the fence ')


@pytest.mark.parametrize('text', [SQUARE, L_SHAPE, '0 0, 2 0, 4 0, 4 4', '1 1, 2 3, -1 0.5'])
def test_a_polygon_is_read_as_it_is_written(text: str) -> None:
    assert str(polygon_from(text, 'fence')) == text


def test_inside_the_fence_and_outside_of_what_is_kept_out_the_robot_may_stand() -> None:
    fence = fence_from(SQUARE, ['2 2, 3 2, 3 3, 2 3'])
    places = np.array([(1.0, 1.0), (0.1, 1.0), (5.0, 1.0), (2.5, 2.5), (1.9, 2.5), (1.7, 2.5)])
    allowed = [True, False, False, False, False, True]
    assert fence.allows(places, RADIUS_M).tolist() == allowed
    assert fence.allows(np.array((1.0, 1.0)), RADIUS_M)


def test_without_borders_everything_is_allowed() -> None:
    fence = fence_from(' ', ['', ' '])
    assert not fence.is_set
    assert fence == Fence()
    assert fence.allows(np.array([(1e4, 0.0)]), 1.0).tolist() == [True]


def ways(fence: Fence, start: tuple[float, float], *ends: tuple[float, float]) -> list[bool]:
    return fence.allows_ways(np.array(start), np.array(ends), RADIUS_M).tolist()


def test_a_way_through_what_is_kept_out_is_not_allowed() -> None:
    fence = fence_from('', ['2 -1, 3 -1, 3 1, 2 1'])
    assert ways(fence, (0.0, 0.0), (4.0, 0.0), (1.5, 0.0), (4.0, 3.0)) == [False, True, True]
    # Past the corner there is not room enough for the robot.
    assert ways(fence, (0.0, 1.1), (5.0, 1.1), (5.0, 1.3)) == [False, True]


def test_a_way_around_the_corner_of_a_fence_is_not_allowed() -> None:
    fence = fence_from(L_SHAPE, [])
    assert ways(fence, (3.5, 0.5), (0.5, 3.5), (0.5, 0.5)) == [False, True]


def test_who_stands_outside_may_drive_in_and_not_out_again() -> None:
    fence = fence_from(SQUARE, [])
    assert ways(fence, (-1.0, 2.0), (2.0, 2.0), (6.0, 2.0)) == [True, False]
    kept_out = fence_from('', [SQUARE])
    assert ways(kept_out, (2.0, 2.0), (6.0, 2.0)) == [True]
    crossing = fence_from(SQUARE, ['-0.5 -1, 0.5 -1, 0.5 5, -0.5 5'])
    assert ways(crossing, (-1.0, 2.0), (2.0, 2.0)) == [False]


def test_who_stands_beside_the_border_may_leave_it_behind() -> None:
    fence = fence_from(SQUARE, [])
    assert ways(fence, (0.05, 2.0), (2.0, 2.0), (0.3, 3.0)) == [True, True]
    assert ways(fence, (0.05, 2.0), (-1.0, 2.0)) == [False]
    assert ways(fence, (2.0, 2.0)) == []


def fenced(fence: Fence, robot: FloorPose = FloorPose(1.0, 2.0, 0.0)) -> FencedGuard:
    frame = frame_of(map_from_base=transform_from_floor_pose(robot))
    guard = guard_for(Sight(frame), FreeSpaceSettings())
    return FencedGuard(guard, fence, frame.map_from_base, RADIUS_M)


def test_places_beyond_the_fence_are_not_offered_and_others_are_judged_as_ever() -> None:
    guard = fenced(fence_from(SQUARE, []))
    places = np.array([(2.0, 0.0), (3.5, 0.0), (-0.5, 0.0)])
    checks = guard(places)
    assert checks.refused.tolist() == [
        None,
        CandidateReason.OUTSIDE_FENCE,
        CandidateReason.UNSEEN_FLOOR,
    ]
    assert checks.free_m[0] > 2.0
    assert len(guard(np.zeros((0, 2))).refused) == 0


def test_the_fence_stands_in_the_map_however_the_robot_stands() -> None:
    # Looking along -y from (1, 2): 2 m ahead is (1, 0), on the border.
    guard = fenced(fence_from(SQUARE, []), FloorPose(1.0, 2.0, -math.pi / 2.0))
    places = np.array([(1.5, 0.0), (2.0, 0.0)])
    assert guard(places).refused.tolist() == [None, CandidateReason.OUTSIDE_FENCE]


async def test_a_selector_within_a_fence_offers_nothing_beyond_it() -> None:
    frame = frame_of(map_from_base=transform_from_floor_pose(FloorPose(0.5, 2.0, 0.0)))
    narrow = fence_from('0 1, 2 1, 2 3, 0 3', [])
    decision = await PivotSelector(AlwaysFirst(), fence=narrow).select(
        Sight(frame), 'go', Deadline.after(20.0)
    )
    assert decision.waypoint is not None
    assert narrow.allows(np.array((decision.waypoint.x_m, decision.waypoint.y_m)), RADIUS_M - 0.01)
    nowhere = fence_from('', ['0 -9, 9 -9, 9 9, 0 9'])
    beyond = frame_of(map_from_base=transform_from_floor_pose(FloorPose(-0.4, 2.0, 0.0)))
    held = await PivotSelector(AlwaysFirst(), fence=nowhere).select(
        Sight(beyond), 'go', Deadline.after(20.0)
    )
    assert held.reason is ChoosingReason.ALL_CANDIDATES_BLOCKED
    assert 'outside_fence' in held.detail

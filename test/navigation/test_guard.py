"""Which places may be driven to: by depth, by costmaps, and where the two disagree."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from synthetic import Box, frame_of

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.reasons import CandidateReason
from vlm_nav.geometry.poses import FloorPose, transform_from_floor_pose
from vlm_nav.navigation.guard import FloorGuard, guard_for
from vlm_nav.navigation.sight import Sight
from vlm_nav.observation.common_free_space import free_space_of
from vlm_nav.observation.costmap import Costmap, CostmapView
from vlm_nav.observation.floor_grid import FreeSpaceSettings

SETTINGS = FreeSpaceSettings()
AHEAD = np.array([(1.5, 0.0)])
HIDDEN = np.array([(1.5, -2.5)])
BEHIND = np.array([(-1.5, 0.0)])

OBSTACLE = CandidateReason.OBSTACLE
OCCUPIED = CandidateReason.COSTMAP_OCCUPIED
UNKNOWN = CandidateReason.COSTMAP_UNKNOWN


def costmap(value: int, size_m: float = 12.0) -> CostmapView:
    """Return a costmap around the base that has one value everywhere."""
    cells = math.ceil(size_m / 0.1)
    origin = FloorPose(-size_m / 2.0, -size_m / 2.0, 0.0)
    return CostmapView(
        Costmap(np.full((cells, cells), value, dtype=np.int8), 0.1, origin, 'odom', 0),
        np.eye(4),
    )


def guard(*boxes: Box, costmaps: tuple[CostmapView, ...] = (), depth: bool = True) -> FloorGuard:
    return FloorGuard(free_space_of(frame_of(boxes), SETTINGS) if depth else None, costmaps)


def reason(guard: FloorGuard, place: np.ndarray = AHEAD) -> CandidateReason | None:
    (found,) = guard(place).refused
    return found


WALL = Box((1.2, 1.3), (-0.5, 0.5))


def test_depth_alone_allows_what_it_has_seen_free() -> None:
    checks = guard()(np.concatenate([AHEAD, HIDDEN, BEHIND]))
    assert checks.refused.tolist() == [
        None,
        CandidateReason.UNSEEN_FLOOR,
        CandidateReason.UNSEEN_FLOOR,
    ]
    assert checks.free_m[0] > 4.0
    assert reason(guard(WALL)) is OBSTACLE


@pytest.mark.parametrize(
    ('value', 'expected'),
    [(0, None), (98, None), (99, OCCUPIED), (100, OCCUPIED), (-1, UNKNOWN)],
)
def test_a_costmap_alone_allows_what_it_calls_free(
    value: int, expected: CandidateReason | None
) -> None:
    by_costmap = guard(costmaps=(costmap(value),), depth=False)
    for place in (AHEAD, HIDDEN, BEHIND):
        assert reason(by_costmap, place) is expected
    assert np.isnan(by_costmap(AHEAD).free_m).all()


def test_an_obstacle_that_is_seen_beats_a_costmap_that_calls_it_free() -> None:
    assert reason(guard(WALL, costmaps=(costmap(0),))) is OBSTACLE


def test_an_occupied_costmap_beats_floor_that_is_seen_free() -> None:
    assert reason(guard(costmaps=(costmap(100),))) is OCCUPIED
    assert reason(guard(costmaps=(costmap(99),))) is OCCUPIED


def test_what_is_not_seen_but_free_in_a_costmap_is_allowed() -> None:
    assert reason(guard(costmaps=(costmap(0),)), HIDDEN) is None
    assert reason(guard(costmaps=(costmap(0),)), BEHIND) is None


def test_what_is_unknown_to_a_costmap_but_seen_free_is_allowed() -> None:
    assert reason(guard(costmaps=(costmap(-1),))) is None


def test_what_nobody_knows_is_refused() -> None:
    assert reason(guard(costmaps=(costmap(-1),)), HIDDEN) is UNKNOWN
    outside = np.array([(4.0, -4.0)])
    assert reason(guard(costmaps=(costmap(0, 2.0),)), outside) is UNKNOWN


def test_of_two_costmaps_one_may_know_and_either_may_forbid() -> None:
    assert reason(guard(costmaps=(costmap(-1), costmap(0))), HIDDEN) is None
    assert reason(guard(costmaps=(costmap(0), costmap(-1))), HIDDEN) is None
    assert reason(guard(costmaps=(costmap(0), costmap(100))), HIDDEN) is OCCUPIED
    assert reason(guard(costmaps=(costmap(100), costmap(0))), HIDDEN) is OCCUPIED


def test_a_place_beyond_the_grid_of_the_depth_is_the_costmaps_to_judge() -> None:
    far = np.array([(5.5, 0.0)])
    assert reason(guard(costmaps=(costmap(0),)), far) is None
    assert reason(guard(), far) is CandidateReason.UNSEEN_FLOOR
    assert reason(guard(WALL, costmaps=(costmap(0),)), far) is OBSTACLE


def test_a_costmap_is_read_through_the_pose_of_the_base() -> None:
    values = np.zeros((40, 40), dtype=np.int8)
    values[20:, :] = 100
    grid = Costmap(values, 0.1, FloorPose(-2.0, -2.0, 0.0), 'map', 0)
    # The robot looks along -y of the map: left of it is +x, ahead is free.
    pose = transform_from_floor_pose(FloorPose(0.0, -0.1, -math.pi / 2.0))
    by_costmap = FloorGuard(None, (CostmapView(grid, pose),))
    places = np.array([(1.0, 0.0), (-1.0, 0.0)])
    assert by_costmap(places).refused.tolist() == [None, OCCUPIED]


def test_no_places_are_judged_too() -> None:
    checks = guard(costmaps=(costmap(0),))(np.zeros((0, 2)))
    assert len(checks.refused) == len(checks.free_m) == 0


def test_without_depth_and_costmap_nobody_can_judge() -> None:
    with pytest.raises(InvalidValueError, match='depth or a costmap'):
        FloorGuard(None)
    blind = dataclasses.replace(frame_of(), depth_m=None)
    with pytest.raises(InvalidValueError):
        guard_for(Sight(blind), SETTINGS)


def test_the_guard_takes_what_the_sight_has() -> None:
    assert guard_for(Sight(frame_of()), SETTINGS).free_space is not None
    blind = dataclasses.replace(frame_of(), depth_m=None)
    assert guard_for(Sight(blind, (costmap(0),)), SETTINGS).free_space is None


def test_the_free_space_of_a_sight_is_found_once_for_all_who_ask() -> None:
    sight, wider = Sight(frame_of()), dataclasses.replace(SETTINGS, robot_radius_m=0.5)
    assert guard_for(sight, SETTINGS).free_space is sight.free_space(SETTINGS)
    assert sight.free_space(wider) is not sight.free_space(SETTINGS)
    assert Sight(sight.frame).free_space(SETTINGS) is not sight.free_space(SETTINGS)

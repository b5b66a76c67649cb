"""Viewpoints where free floor ends and where most is to be searched."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from floor_plans import knowing, two_rooms
from sensor_data import robot_floor_frame
from viewpoints_around import (
    bearings_deg,
    frames_around,
    places_in_map,
    surroundings_at,
    values_under,
)

from vlm_nav.core.reasons import DrivingReason
from vlm_nav.geometry.poses import FloorPose, transform_from_floor_pose
from vlm_nav.imagination.free_space import FreeSpaceProposer
from vlm_nav.imagination.proposing import Surroundings, propose
from vlm_nav.imagination.uniform import UniformProposer
from vlm_nav.memory.visited import Visit
from vlm_nav.navigation.guard import guard_for
from vlm_nav.navigation.sight import Sight
from vlm_nav.observation.costmap import Costmap
from vlm_nav.observation.floor_grid import FreeSpaceSettings

HERE = FloorPose(1.0, 1.0, 0.3)


def test_the_door_to_what_is_not_known_comes_first() -> None:
    surroundings = surroundings_at(HERE)
    found = FreeSpaceProposer().propose(surroundings, 6)
    x_m, y_m = places_in_map(surroundings, found)[0]
    assert 3.0 < x_m < 5.5
    assert 1.2 < y_m < 3.3
    assert found == sorted(found, key=lambda one: one.worth, reverse=True)


def test_the_first_is_as_good_as_any_place_of_the_costmap() -> None:
    surroundings = surroundings_at(HERE)
    to_search = surroundings.to_search
    assert to_search is not None
    assert to_search.best is not None
    best = float(to_search.worth(np.array([to_search.best]))[0])
    assert FreeSpaceProposer().propose(surroundings, 6)[0].worth >= 0.97 * best


def test_viewpoints_lie_apart_and_where_the_robot_has_room() -> None:
    surroundings = surroundings_at(HERE)
    found = FreeSpaceProposer(apart_m=1.2).propose(surroundings, 6)
    assert len(found) == 6
    assert (values_under(surroundings, found) < 60).all()
    places = places_in_map(surroundings, found)
    assert all(math.dist(one, other) > 1.19 for one, other in itertools.combinations(places, 2))
    assert all(-math.pi < one.pose.yaw_rad <= math.pi for one in found)


def test_the_next_one_shows_what_the_one_before_it_does_not() -> None:
    surroundings = surroundings_at(HERE)
    left = surroundings.to_search
    assert left is not None
    first, second = places_in_map(surroundings, FreeSpaceProposer().propose(surroundings, 2))
    assert float(left.after_look_from(first).shown_m2(second[None])[0]) > 5.0


def test_where_a_drive_failed_is_not_proposed_again() -> None:
    surroundings = surroundings_at(HERE)
    proposer = FreeSpaceProposer()
    x_m, y_m = places_in_map(surroundings, proposer.propose(surroundings, 1))[0].tolist()
    failed = Visit(x_m, y_m, DrivingReason.NAV_ABORTED)
    again = surroundings_at(HERE, knowing(-1.0, 4.25, failed))
    other = places_in_map(again, proposer.propose(again, 1))[0]
    assert math.dist(other, (x_m, y_m)) > 0.6


def test_a_border_to_the_unknown_is_a_place_to_look_from() -> None:
    values = two_rooms().values.copy()
    values[:, 110:] = -1
    half_mapped = Costmap(values, 0.05, FloorPose(0.0, 0.0, 0.0), 'map', 0)
    all_known = knowing(-1.0, 9.0)
    surroundings = surroundings_at(HERE, all_known, half_mapped)
    found = FreeSpaceProposer().propose(surroundings, 6)
    away_m = np.abs(places_in_map(surroundings, found)[:, 0] - 5.5)
    assert away_m.min() < 0.2
    assert (values_under(surroundings, found) >= 0).all()


def test_where_nothing_is_free_there_is_no_viewpoint() -> None:
    values = np.full((80, 160), 100, np.int8)
    values[18:23, 18:23] = 0
    walled_in = Costmap(values, 0.05, FloorPose(0.0, 0.0, 0.0), 'map', 0)
    assert FreeSpaceProposer().propose(surroundings_at(HERE, costmap=walled_in), 6) == []


def test_without_depth_and_costmap_uniform_ones_are_proposed_and_it_says_so() -> None:
    def refused(places: np.ndarray) -> np.ndarray:
        return np.full(len(places), None)

    around = Surroundings(frames_around(HERE), transform_from_floor_pose(HERE), refused=refused)
    found = propose(around, 6, FreeSpaceProposer(), UniformProposer())
    assert found.proposer == 'uniform'
    assert found.detail.startswith('free_space viewpoints need what is not there')
    assert bearings_deg(list(found.viewpoints)) == [0, 60, 120, 180, -120, -60]
    whole = propose(surroundings_at(HERE), 6, FreeSpaceProposer(), UniformProposer())
    assert (whole.proposer, whole.detail) == ('free_space', '')


@pytest.mark.data
def test_on_a_real_floor_viewpoints_stand_where_the_depth_shows_it_free() -> None:
    frame = robot_floor_frame()
    guard = guard_for(Sight(frame), FreeSpaceSettings())
    assert guard.free_space is not None
    surroundings = Surroundings(
        (frame,),
        frame.map_from_base,
        refused=lambda places: guard(places).refused,
        free_range_m=guard.free_space.free_range_m,
    )
    found = FreeSpaceProposer(apart_m=0.6).propose(surroundings, 6)
    assert len(found) >= 2
    places = np.array([(one.pose.x_m, one.pose.y_m) for one in found])
    assert all(reason is None for reason in guard(places).refused)
    uniform = UniformProposer().propose(surroundings, 6)
    assert uniform
    farthest_m = np.hypot(*places.T).max()
    assert farthest_m >= max(math.hypot(one.pose.x_m, one.pose.y_m) for one in uniform) - 0.3

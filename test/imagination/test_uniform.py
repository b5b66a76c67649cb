"""Viewpoints all around at one distance."""

from __future__ import annotations

import math

import numpy as np
import pytest
from viewpoints_around import (
    bearings_deg,
    frames_around,
    places_in_map,
    surroundings_at,
    values_under,
)

from vlm_nav.core.reasons import CandidateReason
from vlm_nav.geometry.poses import FloorPose, transform_from_floor_pose
from vlm_nav.imagination.proposing import Surroundings
from vlm_nav.imagination.uniform import UniformProposer
from vlm_nav.memory.costmap_ways import ways_from
from vlm_nav.memory.looked_over import LookedOver
from vlm_nav.memory.visited import VisitedPlaces
from vlm_nav.observation.costmap import Costmap

OPEN = Costmap(np.zeros((200, 200), np.int8), 0.05, FloorPose(0.0, 0.0, 0.0), 'map', 0)
MIDDLE = FloorPose(5.0, 5.0, math.radians(150.0))


def test_six_views_give_six_viewpoints_from_ahead_to_the_left() -> None:
    surroundings = surroundings_at(MIDDLE, costmap=OPEN)
    found = UniformProposer().propose(surroundings, 6)
    assert bearings_deg(found) == [0, 60, 120, 180, -120, -60]
    assert [one.view for one in found] == [0, 1, 2, 3, 4, 5]
    assert all(math.hypot(one.pose.x_m, one.pose.y_m) == pytest.approx(2.0) for one in found)
    assert all(-math.pi < one.pose.yaw_rad <= math.pi for one in found)
    assert all(one.way_m == pytest.approx(2.0, rel=0.1) for one in found)


def test_whoever_looks_where_is_found_in_any_order_of_the_frames() -> None:
    frames = frames_around(MIDDLE, (180, 0, 60, 300, 240, 120))
    found = UniformProposer().propose(surroundings_at(MIDDLE, costmap=OPEN, frames=frames), 6)
    assert [one.view for one in found] == [1, 2, 5, 0, 4, 3]


def test_viewpoints_are_moved_back_before_what_stands_there() -> None:
    surroundings = surroundings_at(FloorPose(3.0, 2.0, 0.0))
    found = UniformProposer().propose(surroundings, 6)
    assert len(found) >= 4
    assert (values_under(surroundings, found) == 0).all()
    behind_the_wall = surroundings_at(FloorPose(3.0, 0.2, 0.0))
    ahead = UniformProposer().propose(behind_the_wall, 6)[0]
    assert 0.5 <= ahead.pose.x_m < 0.95


def test_without_a_costmap_the_guard_says_where_it_is_free() -> None:
    def refused(places: np.ndarray) -> np.ndarray:
        beyond = np.hypot(places[:, 0], places[:, 1]) > 1.25
        return np.where(beyond, CandidateReason.UNSEEN_FLOOR, None)

    frames = frames_around(MIDDLE)
    around = Surroundings(frames, transform_from_floor_pose(MIDDLE), refused=refused)
    found = UniformProposer().propose(around, 6)
    assert [round(math.hypot(one.pose.x_m, one.pose.y_m), 1) for one in found] == [1.2] * 6
    assert all(math.isnan(one.worth) for one in found)


def test_outside_of_a_fence_no_viewpoint_is_proposed_whatever_the_costmap_says() -> None:
    def refused(places: np.ndarray) -> np.ndarray:
        return np.where(places[:, 0] > 0.0, CandidateReason.OUTSIDE_FENCE, None)

    ways = ways_from(OPEN, (MIDDLE.x_m, MIDDLE.y_m))
    around = Surroundings(
        frames_around(MIDDLE), transform_from_floor_pose(MIDDLE), ways, refused=refused
    )
    assert set(bearings_deg(UniformProposer().propose(around, 6))) == {120, 180, -120}


def test_what_no_camera_looks_at_is_not_proposed() -> None:
    frames = frames_around(MIDDLE, (0.0,))
    found = UniformProposer().propose(surroundings_at(MIDDLE, costmap=OPEN, frames=frames), 6)
    assert bearings_deg(found) == [0, 30, -30]


def test_where_nothing_is_free_there_is_no_viewpoint() -> None:
    values = np.full((200, 200), 100, np.int8)
    values[98:103, 98:103] = 0
    walled_in = Costmap(values, 0.05, FloorPose(0.0, 0.0, 0.0), 'map', 0)
    assert UniformProposer().propose(surroundings_at(MIDDLE, costmap=walled_in), 6) == []


def test_without_costmap_and_guard_it_says_what_it_lacks() -> None:
    around = Surroundings(frames_around(MIDDLE), transform_from_floor_pose(MIDDLE))
    assert UniformProposer().cannot(around) == 'a costmap, or depth'
    assert UniformProposer().propose(around, 6) == []


def test_viewpoints_face_the_floor_that_was_not_looked_over() -> None:
    surroundings = surroundings_at(FloorPose(3.0, 2.2, 0.0))
    found = UniformProposer().propose(surroundings, 6)
    through_the_door = found[0]
    assert places_in_map(surroundings, found)[0, 0] > 4.0
    assert abs(through_the_door.pose.yaw_rad) < math.radians(60.0)
    assert through_the_door.shown_m2 > 3.0
    assert through_the_door.worth == max(one.worth for one in found)
    backward = next(one for one in found if bearings_deg([one]) == [180])
    assert abs(backward.pose.yaw_rad) == pytest.approx(math.pi, abs=0.01)
    assert backward.worth == 0.0


def test_beside_furniture_where_the_robot_hardly_fits_no_viewpoint_is_proposed() -> None:
    values = OPEN.values.copy()
    values[:, 130:150] = 80
    narrow = Costmap(values, 0.05, FloorPose(0.0, 0.0, 0.0), 'map', 0)
    found = UniformProposer().propose(surroundings_at(FloorPose(5.0, 5.0, 0.0), costmap=narrow), 6)
    assert 1.3 < found[0].pose.x_m < 1.5


def test_however_the_robot_is_turned_viewpoints_face_what_is_to_be_searched() -> None:
    known = VisitedPlaces(
        looked_over=LookedOver({(x, y): 1.0 for x in range(-4, 44) for y in range(-4, 26)})
    )
    surroundings = surroundings_at(MIDDLE, known, OPEN)
    found = UniformProposer().propose(surroundings, 6)
    aside = next(one for one in found if bearings_deg([one]) == [-120])
    in_map_deg = math.degrees(aside.pose.yaw_rad + MIDDLE.yaw_rad)
    # It stands north-east of the robot; what was not seen begins a little north of it.
    assert 45.0 < in_map_deg < 95.0

"""Viewpoints that a network says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray
from viewpoints_around import (
    bearings_deg,
    frames_around,
    places_in_map,
    surroundings_at,
    values_under,
)

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.imagination.learned import LearnedProposer
from vlm_nav.imagination.proposing import propose
from vlm_nav.imagination.uniform import UniformProposer
from vlm_nav.imagination.where2imagine import Where2Imagine
from vlm_nav.observation.costmap import Costmap

Pose: TypeAlias = tuple[float, ...]
OPEN = Costmap(np.zeros((200, 200), np.int8), 0.05, FloorPose(0.0, 0.0, 0.0), 'map', 0)
MIDDLE = FloorPose(5.0, 5.0, math.radians(150.0))


class SaidPoses(Where2Imagine):
    """A double of the network that says the same poses for each view."""

    def __init__(self, *poses: Pose) -> None:
        self._poses = poses

    def poses(self, pictures: Sequence[NDArray[np.float32]]) -> FloatArray:
        return np.tile(np.array(self._poses), (len(pictures), 1, 1))


def proposer(*pose: float) -> LearnedProposer:
    return LearnedProposer(lambda: SaidPoses(pose))


def test_each_view_gives_the_pose_that_the_network_says_for_it() -> None:
    surroundings = replace(surroundings_at(MIDDLE, costmap=OPEN), to_search=None)
    found = proposer(1.5, 0.0, 0.4).propose(surroundings, 6)
    assert bearings_deg(found) == [0, 60, 120, 180, -120, -60]
    assert [one.view for one in found] == [0, 1, 2, 3, 4, 5]
    assert all(math.hypot(one.pose.x_m, one.pose.y_m) == pytest.approx(1.5) for one in found)
    assert found[0].pose.yaw_rad == pytest.approx(0.4)
    assert found[3].pose.yaw_rad == pytest.approx(0.4 - math.pi)


def test_what_is_to_the_left_of_a_view_is_to_its_left_in_the_base_frame() -> None:
    frames = frames_around(MIDDLE, (90.0,))
    surroundings = surroundings_at(MIDDLE, costmap=OPEN, frames=frames)
    (found,) = proposer(1.0, 1.0, 0.0).propose(surroundings, 6)
    assert (found.pose.x_m, found.pose.y_m) == pytest.approx((-1.0, 1.0))


def test_where_there_is_no_room_the_place_beside_it_or_before_it_is_taken() -> None:
    surroundings = surroundings_at(FloorPose(3.0, 0.2, 0.0))
    into_the_wall = proposer(1.0, 0.0, 0.0).propose(surroundings, 1)
    assert (values_under(surroundings, into_the_wall) == 0).all()
    far_beyond = proposer(3.0, -3.0, 0.0).propose(surroundings_at(FloorPose(1.0, 1.0, 0.0)), 6)
    assert far_beyond


def test_a_place_where_the_robot_hardly_fits_is_moved_to_where_it_has_room() -> None:
    values = OPEN.values.copy()
    values[:, 126:134] = 80
    narrow = Costmap(values, 0.05, FloorPose(0.0, 0.0, 0.0), 'map', 0)
    surroundings = surroundings_at(FloorPose(5.0, 5.0, 0.0), costmap=narrow)
    ahead = proposer(1.5, 0.0, 0.0).propose(surroundings, 6)[0]
    assert math.dist((ahead.pose.x_m, ahead.pose.y_m), (1.5, 0.0)) < 0.45
    assert values_under(surroundings, [ahead])[0] == 0


def test_of_more_places_than_are_wanted_those_most_worth_a_drive_are_left() -> None:
    # The doorway lies to the right, which comes last.
    surroundings = surroundings_at(FloorPose(3.0, 2.2, 2.0))
    worths = [one.worth for one in proposer(1.0, 0.0, 0.0).propose(surroundings, 6)]
    assert worths[0] < min(worths[-2:])
    two = proposer(1.0, 0.0, 0.0).propose(surroundings, 2)
    assert [one.worth for one in two] == worths[-2:]


def test_views_that_lead_to_the_same_place_give_it_once() -> None:
    frames = frames_around(MIDDLE, (0.0, 5.0))
    surroundings = surroundings_at(MIDDLE, costmap=OPEN, frames=frames)
    assert len(proposer(1.0, 0.0, 0.0).propose(surroundings, 6)) == 1


def test_of_the_poses_of_a_view_that_is_taken_from_which_most_new_floor_shows_soon() -> None:
    # From in front of the doorway the other room shows, from the corner next to nothing.
    corner, doorway = (-1.5, -1.2, 0.0), (1.5, 0.0, 0.0)
    at = FloorPose(3.0, 2.2, 0.0)
    surroundings = surroundings_at(at, frames=frames_around(at, (0.0,)))
    worth = [proposer(*pose).propose(surroundings, 6)[0].worth for pose in (corner, doorway)]
    better = (corner, doorway)[int(np.argmax(worth))]
    for poses in ((corner, doorway), (doorway, corner)):
        said = SaidPoses(*poses)
        (found,) = LearnedProposer(lambda said=said: said).propose(surroundings, 6)
        assert found.worth == max(worth) > min(worth)
        assert math.dist((found.pose.x_m, found.pose.y_m), better[:2]) < 0.7


def test_where_nothing_tells_what_would_show_the_farthest_pose_is_taken() -> None:
    frames = frames_around(MIDDLE, (0.0,))
    surroundings = surroundings_at(MIDDLE, costmap=OPEN, frames=frames)
    said = SaidPoses((1.0, 0.0, 0.0), (2.0, 0.5, 0.0), (0.8, 0.0, 0.0))
    (found,) = LearnedProposer(lambda: said).propose(replace(surroundings, to_search=None), 6)
    assert (found.pose.x_m, found.pose.y_m) == pytest.approx((2.0, 0.5))


def test_the_model_of_the_package_proposes_free_places_in_two_rooms() -> None:
    pytest.importorskip('onnxruntime')
    surroundings = surroundings_at(FloorPose(3.0, 2.2, 0.0))
    found = LearnedProposer().propose(surroundings, 6)
    assert len(found) >= 3
    assert (values_under(surroundings, found) < 60).all()
    assert np.isfinite(places_in_map(surroundings, found)).all()


def test_without_depth_uniform_ones_are_proposed_and_it_says_so() -> None:
    frames = tuple(replace(frame, depth_m=None) for frame in frames_around(MIDDLE))
    surroundings = surroundings_at(MIDDLE, costmap=OPEN, frames=frames)
    found = propose(surroundings, 6, proposer(1.0, 0.0, 0.0), UniformProposer())
    assert found.proposer == 'uniform'
    assert '(depth)' in found.detail
    assert len(found.viewpoints) == 6


def test_without_its_model_uniform_ones_are_proposed_and_it_says_so(tmp_path: Path) -> None:
    missing = LearnedProposer(lambda: Where2Imagine(tmp_path / 'none.onnx'))
    found = propose(surroundings_at(MIDDLE, costmap=OPEN), 6, missing, UniformProposer())
    assert found.proposer == 'uniform'
    assert 'cannot be read' in found.detail

"""Floor that was seen from near is known; what lies beyond, or behind something, is not."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from synthetic import Box, frame_of

from vlm_nav.geometry.poses import FloorPose, transform_from_floor_pose, transform_points
from vlm_nav.memory.looked_over import LookedOver
from vlm_nav.observation.rgbd_frame import points_base

NEAR_M = 2.5
NOTHING = LookedOver()


def covers(known: LookedOver, x_m: float, y_m: float, within_m: float = NEAR_M) -> bool:
    return bool(known.covers(np.array((x_m, y_m)), within_m))


def test_floor_ahead_is_known_as_far_as_it_was_near() -> None:
    known = NOTHING.with_frames([frame_of()])
    assert covers(known, 1.0, 0.0)
    assert covers(known, 2.2, 0.0)
    assert not covers(known, 3.0, 0.0)
    assert covers(known, 3.0, 0.0, within_m=3.5)
    assert not covers(known, -1.0, 0.0)


def test_what_was_seen_from_afar_and_then_from_near_was_seen_from_near() -> None:
    nearer = transform_from_floor_pose(FloorPose(2.0, 0.0, 0.0))
    frames = [frame_of(), frame_of(map_from_base=nearer)]
    for order in (frames, frames[::-1]):
        known = NOTHING.with_frames(order)
        assert covers(known, 3.5, 0.0, within_m=1.75)
        assert not covers(known, 1.9, 0.0, within_m=1.5)


def test_many_places_are_asked_about_at_once() -> None:
    known = NOTHING.with_frames([frame_of()])
    places = np.array([[(1.0, 0.0), (-1.0, 0.0)], [(90.0, 0.0), (2.2, 0.0)]])
    assert known.covers(places, NEAR_M).tolist() == [[True, False], [False, True]]
    assert not NOTHING.covers(places, NEAR_M).any()


def test_floor_lies_where_it_was_seen_in_the_map() -> None:
    pose = transform_from_floor_pose(FloorPose(10.0, -3.0, math.pi / 2.0))
    known = NOTHING.with_frames([frame_of(map_from_base=pose)])
    assert covers(known, 10.0, -1.0)
    assert not covers(known, 12.0, -3.0)


def test_what_stands_on_the_floor_hides_what_is_behind() -> None:
    wall = Box((1.2, 1.4), (-2.0, 2.0))
    known = NOTHING.with_frames([frame_of([wall])])
    assert covers(known, 0.9, 0.0)
    assert not covers(known, 2.0, 0.0)


def test_several_views_add_up_and_a_camera_without_depth_adds_nothing() -> None:
    behind = transform_from_floor_pose(FloorPose(0.0, 0.0, math.pi))
    blind = dataclasses.replace(frame_of(), depth_m=None)
    ahead = NOTHING.with_frames([frame_of(), blind])
    both = ahead.with_frames([frame_of(map_from_base=behind)])
    assert covers(both, 1.0, 0.0)
    assert covers(both, -1.0, 0.0)
    assert NOTHING.with_frames([blind]) == NOTHING


def test_of_all_that_fall_into_a_cell_the_nearest_counts() -> None:
    pose = transform_from_floor_pose(FloorPose(-0.6, 0.3, 0.4))
    frame = frame_of([Box((1.2, 1.4), (-0.2, 0.5))], map_from_base=pose)
    step_px = frame.camera.width_px // 160
    points = transform_points(pose, points_base(frame)[::step_px, ::step_px].reshape(-1, 3))
    away_m = np.hypot(*(points[:, :2] - pose[:2, 3]).T)
    for cell, cell_away_m in NOTHING.with_frames([frame]).cells.items():
        inside = (np.floor(points[:, :2] / LookedOver.CELL_M) == cell).all(axis=1)
        inside &= np.abs(points[:, 2]) < 0.1
        assert away_m[inside].min() == pytest.approx(cell_away_m, abs=1e-3)

"""Frames of several cameras in one base frame."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic import camera_pose, frame_of

from vlm_nav.geometry.poses import FloorPose, transform_from_floor_pose
from vlm_nav.observation.placing import seen_from
from vlm_nav.observation.rgbd_frame import FrameError, RgbdFrame

poses = st.builds(FloorPose, st.floats(-5.0, 5.0), st.floats(-5.0, 5.0), st.floats(-3.0, 3.0))


def taken_at(pose: FloorPose, left_deg: float = 0.0) -> RgbdFrame:
    placed = transform_from_floor_pose(pose)
    return frame_of((), camera_pose(left_deg=left_deg), map_from_base=placed)


@given(poses, poses, st.floats(-180.0, 180.0))
def test_the_camera_stays_where_it_was_in_the_map(
    then: FloorPose, now: FloorPose, left_deg: float
) -> None:
    frame, reference = taken_at(then, left_deg), taken_at(now)
    placed = seen_from(frame, reference)
    np.testing.assert_array_equal(placed.map_from_base, reference.map_from_base)
    np.testing.assert_allclose(
        placed.map_from_base @ placed.base_from_camera,
        frame.map_from_base @ frame.base_from_camera,
        atol=1e-9,
    )
    assert placed.stamp_ns == frame.stamp_ns
    assert placed.rgb is frame.rgb


def test_a_robot_that_turned_left_finds_its_older_picture_turned_right() -> None:
    before, now = FloorPose(0.0, 0.0, 0.0), FloorPose(0.0, 0.0, math.radians(30.0))
    placed = seen_from(taken_at(before), taken_at(now))
    ahead = placed.base_from_camera[:2, 2]
    assert math.degrees(math.atan2(ahead[1], ahead[0])) == pytest.approx(-30.0)


def test_frames_of_different_maps_are_not_brought_together() -> None:
    other = dataclasses.replace(frame_of(), map_frame='odom')
    with pytest.raises(FrameError, match="'odom' and 'map'"):
        seen_from(other, frame_of())

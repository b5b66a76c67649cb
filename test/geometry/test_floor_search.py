"""The floor found in the depth of a camera whose pose nobody knows."""

from __future__ import annotations

import math

import numpy as np
import pytest
import synthetic
from hypothesis import given
from hypothesis import strategies as st
from sensor_data import kitchen_frame, robot_floor_frame

from vlm_nav.geometry.errors import GeometryError
from vlm_nav.geometry.floor_search import FoundFloor, find_floor
from vlm_nav.observation.rgbd_frame import RgbdFrame


def found_in(frame: RgbdFrame) -> FoundFloor:
    """Return the floor in a frame's depth."""
    assert frame.depth_m is not None
    return find_floor(frame.camera.pixel_rays() * frame.depth_m[..., None])


def found_height_m(found: FoundFloor) -> float:
    """Return how high the camera is above the floor that was found."""
    return float(found.base_from_camera[2, 3])


def lean_deg(found: FoundFloor, frame: RgbdFrame) -> float:
    """Return the angle between the floor that was found and that of the frame."""
    cosine = float(found.base_from_camera[2, :3] @ frame.base_from_camera[2, :3])
    return math.degrees(math.acos(min(1.0, cosine)))


@pytest.mark.data
def test_the_floor_of_a_real_robot_is_where_its_calibration_has_it() -> None:
    frame = robot_floor_frame()
    found = found_in(frame)
    # The depth itself has the floor 1.4 cm higher.
    assert found_height_m(found) == pytest.approx(frame.base_from_camera[2, 3], abs=0.025)
    assert lean_deg(found, frame) < 1.0
    down_deg = -math.degrees(math.asin(found.base_from_camera[2, 2]))
    assert down_deg == pytest.approx(-3.4, abs=0.5)


@pytest.mark.data
@pytest.mark.parametrize('number', [0, 36, 72, 108])
def test_the_floor_of_the_kitchen_is_found_beside_its_table(number: int) -> None:
    frame = kitchen_frame(number)
    found = found_in(frame)
    assert found_height_m(found) == pytest.approx(frame.base_from_camera[2, 3], abs=0.05)
    assert lean_deg(found, frame) < 2.5


@pytest.mark.data
def test_a_view_without_floor_is_refused_where_walls_are_all_there_is() -> None:
    with pytest.raises(GeometryError, match='no floor is to be seen'):
        found_in(kitchen_frame(180))


@given(st.floats(0.2, 1.8), st.floats(5.0, 60.0), st.floats(-15.0, 15.0), st.integers(0, 1000))
def test_height_and_angle_are_found_through_noise(
    height_m: float, down_deg: float, roll_deg: float, seed: int
) -> None:
    pose = synthetic.camera_pose(height_m, down_deg, roll_deg=roll_deg)
    boxes = [synthetic.Box((2.0, 2.4), (-0.2, 0.5), (0.0, 0.7))]
    frame = synthetic.frame_of(boxes, pose)
    assert frame.depth_m is not None
    rng = np.random.default_rng(seed)
    noisy_m = frame.depth_m * (1.0 + rng.normal(0.0, 0.002, frame.depth_m.shape))
    found = find_floor(frame.camera.pixel_rays() * noisy_m[..., None])
    assert found_height_m(found) == pytest.approx(height_m, abs=0.03 + 0.02 * height_m)
    assert lean_deg(found, frame) < 2.0
    # The base looks where the camera does.
    ahead = found.base_from_camera[:3, 2]
    assert ahead[1] == pytest.approx(0.0, abs=1e-6)
    assert ahead[0] > 0.0


def test_a_camera_that_looks_straight_down_has_its_base_below_it() -> None:
    frame = synthetic.frame_of([], synthetic.camera_pose(1.0, 78.0))
    assert found_height_m(found_in(frame)) == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize('depth_m', [math.nan, 1.0])
def test_no_depth_and_a_wall_are_no_floor(depth_m: float) -> None:
    points = synthetic.CAMERA.pixel_rays() * np.float32(depth_m)
    with pytest.raises(GeometryError, match='floor'):
        find_floor(points)

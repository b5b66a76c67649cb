"""Frames whose parts do not belong together are refused; points come out in the base frame."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from synthetic import CAMERA, Box, camera_pose, frame_of

from vlm_nav.observation.rgbd_frame import FrameError, points_base


@pytest.mark.parametrize(
    'rgb',
    [
        np.zeros((120, 160), dtype=np.uint8),
        np.zeros((120, 160, 4), dtype=np.uint8),
        np.zeros((160, 120, 3), dtype=np.uint8),
        np.zeros((120, 160, 3), dtype=np.float32),
        np.zeros((0, 0, 3), dtype=np.uint8),
    ],
)
def test_a_picture_of_another_size_or_type_than_the_cameras_is_refused(rgb: np.ndarray) -> None:
    with pytest.raises(FrameError, match='160 x 120 RGB pixels of uint8'):
        dataclasses.replace(frame_of(), rgb=rgb)


def test_depth_of_another_size_is_refused() -> None:
    with pytest.raises(FrameError, match=r'depth registered to 160 x 120.*\(60, 80\)'):
        dataclasses.replace(frame_of(), depth_m=np.zeros((60, 80), dtype=np.float32))


def test_depth_that_is_not_in_metres_is_refused() -> None:
    with pytest.raises(FrameError, match=r'metres.*uint16'):
        dataclasses.replace(frame_of(), depth_m=np.ones((120, 160), dtype=np.uint16))


@pytest.mark.parametrize('name', ['base_from_camera', 'map_from_base'])
@pytest.mark.parametrize('wrong', [np.nan, np.inf])
def test_a_pose_that_is_not_finite_is_refused(name: str, wrong: float) -> None:
    pose = np.eye(4)
    pose[0, 3] = wrong
    with pytest.raises(FrameError, match='4 x 4 finite'):
        dataclasses.replace(frame_of(), **{name: pose})


def test_a_robot_without_depth_has_frames_too() -> None:
    frame = dataclasses.replace(frame_of(), depth_m=None)
    with pytest.raises(FrameError, match='without'):
        points_base(frame)


def test_points_lie_where_they_stand_before_the_base() -> None:
    pose = camera_pose(0.7, 25.0, left_deg=10.0, roll_deg=5.0, x_m=0.2)
    frame = frame_of([Box((1.5, 1.8), (-0.2, 0.3), (0.0, 0.4))], pose)
    points = points_base(frame)
    assert points.shape == (120, 160, 3)
    assert points.dtype == np.float32
    front = points[(points[..., 2] > 0.01) & (points[..., 2] < 0.39)]
    assert np.isclose(front[:, 0], 1.5, atol=1e-3).mean() > 0.9
    assert front[:, 1].min() == pytest.approx(-0.2, abs=0.02)
    assert front[:, 1].max() == pytest.approx(0.3, abs=0.02)


def test_unknown_depth_is_an_unknown_point() -> None:
    frame = frame_of()
    assert frame.depth_m is not None
    unknown = np.isnan(frame.depth_m)
    assert unknown.any()
    assert (np.isnan(points_base(frame)).all(axis=-1) == unknown).all()


def test_computing_points_leaves_the_cameras_rays_alone() -> None:
    before = CAMERA.pixel_rays().copy()
    points_base(frame_of())
    np.testing.assert_array_equal(CAMERA.pixel_rays(), before)

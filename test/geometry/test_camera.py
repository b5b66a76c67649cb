"""Cameras against OpenCV, which reads the same coefficients."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from vlm_nav.geometry.camera import PinholeCamera, RegionOfInterest, camera_from_calibration
from vlm_nav.geometry.errors import CalibrationError

K = (458.0, 0.0, 322.5, 0.0, 457.0, 238.0, 0.0, 0.0, 1.0)
LENSES: dict[str, tuple[str, tuple[float, ...]]] = {
    'ideal': ('', ()),
    'mild': ('plumb_bob', (0.15, -0.48, 0.001, -0.002, 0.43)),
    'barrel': ('plumb_bob', (-0.283, 0.074, 0.0002, 0.00002, 0.0)),
    'strong barrel': ('plumb_bob', (-0.25, 0.12, -0.001, 0.0005, 0.0)),
    'pincushion': ('plumb_bob', (0.3, 0.2, 0.0, 0.0, 0.0)),
    'rational': ('rational_polynomial', (0.45, -2.5, 0.0005, -0.0002, 1.5, 0.33, -2.3, 1.4)),
    'wide rational': ('rational_polynomial', (5.3, 3.3, 0.0, 0.0, 0.165, 5.6, 5.0, 0.86)),
}
FOLDING = (-0.33, 0.11, 0.0, 0.0, -0.017)


def camera_with(lens: str) -> PinholeCamera:
    model, d = LENSES[lens]
    return camera_from_calibration(640, 480, K, distortion_model=model, d=d)


def grid() -> NDArray[np.float64]:
    u, v = np.meshgrid(np.linspace(0.0, 639.0, 17), np.linspace(0.0, 479.0, 13))
    return np.stack([u, v], axis=-1)


def by_opencv(points: NDArray[np.float64], camera: PinholeCamera) -> NDArray[np.float64]:
    matrix = np.array(
        [[camera.fx_px, 0.0, camera.cx_px], [0.0, camera.fy_px, camera.cy_px], [0.0, 0.0, 1.0]]
    )
    coefficients = np.array(camera.distortion or (0.0,) * 5)
    none = np.zeros(3)
    pixels, _ = cv2.projectPoints(points.reshape(-1, 1, 3), none, none, matrix, coefficients)
    return pixels.reshape(*points.shape[:-1], 2)


@pytest.mark.parametrize('lens', LENSES)
def test_points_project_where_opencv_projects_them(lens: str) -> None:
    camera = camera_with(lens)
    points = camera.rays(grid()) * np.linspace(0.4, 8.0, 17)[None, :, None]
    np.testing.assert_allclose(camera.project(points), by_opencv(points, camera), atol=1e-6)


@pytest.mark.parametrize('lens', LENSES)
def test_rays_are_what_opencv_projects_back_to_their_pixels(lens: str) -> None:
    camera = camera_with(lens)
    rays = camera.rays(grid())
    assert (rays[..., 2] == 1.0).all()
    np.testing.assert_allclose(by_opencv(rays, camera), grid(), atol=1e-6)


@pytest.mark.parametrize('lens', ['mild', 'rational'])
def test_rays_are_those_that_opencv_undistorts(lens: str) -> None:
    camera = camera_with(lens)
    matrix = np.array(K).reshape(3, 3)
    pixels = grid().reshape(-1, 1, 2)
    undistorted = cv2.undistortPoints(pixels, matrix, np.array(camera.distortion))
    rays = camera.rays(grid()).reshape(-1, 3)
    # OpenCV stops after five steps; these lenses are mild enough for that.
    np.testing.assert_allclose(rays[:, :2], undistorted[:, 0], atol=2e-3)


@given(
    lens=st.sampled_from(sorted(LENSES)),
    u_px=st.floats(0.0, 639.0),
    v_px=st.floats(0.0, 479.0),
    depth_m=st.floats(0.1, 50.0),
)
def test_a_pixel_comes_back_through_its_point(
    lens: str, u_px: float, v_px: float, depth_m: float
) -> None:
    camera = camera_with(lens)
    point = depth_m * camera.rays((u_px, v_px))
    np.testing.assert_allclose(camera.project(point), (u_px, v_px), atol=1e-6)


def test_all_rays_of_a_picture_are_those_of_its_pixels() -> None:
    camera = camera_from_calibration(
        20,
        10,
        (15.0, 0.0, 9.5, 0.0, 15.0, 4.5, 0.0, 0.0, 1.0),
        distortion_model='plumb_bob',
        d=(0.1, 0.0, 0.0, 0.0, 0.0),
    )
    rays = camera.pixel_rays()
    assert rays.shape == (10, 20, 3)
    np.testing.assert_allclose(rays[7, 13], camera.rays((13.0, 7.0)), atol=1e-6)
    assert rays is camera.pixel_rays()
    with pytest.raises(ValueError, match='read-only'):
        rays[0, 0] = 0.0


@pytest.mark.parametrize('lens', LENSES)
def test_a_point_behind_the_camera_shows_nowhere(lens: str) -> None:
    points = [(0.1, 0.1, -1.0), (0.0, 0.0, 0.0), (math.nan, 0.0, 1.0), (0.0, 0.0, math.nan)]
    assert np.isnan(camera_with(lens).project(points)).all()


def test_the_far_side_of_a_lens_does_not_fold_into_the_picture() -> None:
    camera = camera_from_calibration(640, 480, K, distortion_model='plumb_bob', d=FOLDING)
    beyond = np.array([(x, 0.0, 1.0) for x in (1.7, 2.2, 2.5, 30.0)])
    # The polynomial itself puts some of them inside: that is the trap.
    assert camera.contains(by_opencv(beyond, camera)).any()
    assert np.isnan(camera.project(beyond)).all()


def test_pixels_that_the_lens_cannot_reach_have_no_ray() -> None:
    wide = (300.0, 0.0, 320.0, 0.0, 300.0, 240.0, 0.0, 0.0, 1.0)
    camera = camera_from_calibration(640, 480, wide, distortion_model='plumb_bob', d=FOLDING)
    rays = camera.rays(grid())
    known = np.isfinite(rays).all(axis=-1)
    assert not known[0, 0]
    assert known[6, 8]
    np.testing.assert_allclose(camera.project(rays[known]), grid()[known], atol=1e-6)
    assert known.mean() > 0.5


def test_a_strong_lens_keeps_all_of_its_picture() -> None:
    for lens in LENSES:
        camera = camera_with(lens)
        assert np.isfinite(camera.project(camera.rays(grid()))).all(), lens


@pytest.mark.parametrize(('x_offset', 'y_offset'), [(0, 0), (100, 60)])
@pytest.mark.parametrize(('binning_x', 'binning_y'), [(0, 0), (1, 1), (2, 2), (4, 2)])
def test_region_and_binning_deliver_a_part_of_the_full_picture(
    x_offset: int, y_offset: int, binning_x: int, binning_y: int
) -> None:
    model, d = LENSES['mild']
    full = camera_with('mild')
    part = camera_from_calibration(
        640,
        480,
        K,
        distortion_model=model,
        d=d,
        region=RegionOfInterest(x_offset, y_offset, 400, 320),
        binning_x=binning_x,
        binning_y=binning_y,
    )
    divide = np.array((max(1, binning_x), max(1, binning_y)))
    assert (part.width_px, part.height_px) == (400 // divide[0], 320 // divide[1])
    points = full.rays([(150.0, 100.0), (333.0, 217.0), (480.0, 300.0)]) * 2.0
    expected = (full.project(points) - (x_offset, y_offset)) / divide
    np.testing.assert_allclose(part.project(points), expected, atol=1e-9)


def test_no_region_is_the_whole_picture() -> None:
    camera = camera_from_calibration(640, 480, K, binning_x=2, binning_y=2)
    assert (camera.width_px, camera.height_px) == (320, 240)
    assert (camera.fx_px, camera.cy_px) == (229.0, 119.0)


def test_the_border_of_a_picture_is_half_a_pixel_around_its_outer_pixels() -> None:
    camera = camera_with('ideal')
    inside = [(-0.5, -0.5), (639.49, 479.49), (0.0, 479.0)]
    outside = [(-0.51, 5.0), (639.5, 5.0), (5.0, 479.5), (math.nan, 5.0), (5.0, math.nan)]
    assert camera.contains(inside).all()
    assert not camera.contains(outside).any()
    assert not camera.contains((9.0, 200.0), margin_px=10.0)
    assert camera.contains((-5.0, 200.0), margin_px=-10.0)


@pytest.mark.parametrize(
    ('k', 'word'),
    [
        ((0.0,) * 9, 'calibrated'),
        ((500.0, 0.0, 320.0, 0.0, 0.0, 240.0, 0.0, 0.0, 1.0), 'positive'),
        ((-500.0, 0.0, 320.0, 0.0, 500.0, 240.0, 0.0, 0.0, 1.0), 'positive'),
        ((math.nan, 0.0, 320.0, 0.0, 500.0, 240.0, 0.0, 0.0, 1.0), 'finite'),
        ((500.0, 0.0, math.inf, 0.0, 500.0, 240.0, 0.0, 0.0, 1.0), 'finite'),
        ((500.0, 500.0, 320.0, 240.0), '9 numbers, got 4'),
    ],
)
def test_numbers_that_are_no_calibration_are_refused(k: tuple[float, ...], word: str) -> None:
    with pytest.raises(CalibrationError, match=word):
        camera_from_calibration(640, 480, k)


@pytest.mark.parametrize('size', [(0, 480), (640, 0), (-1, 480)])
def test_a_picture_without_pixels_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(CalibrationError, match='pixels'):
        camera_from_calibration(*size, K)


def test_an_unknown_lens_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(CalibrationError, match=r"'fisheye'.*plumb_bob, rational_polynomial"):
        camera_from_calibration(640, 480, K, distortion_model='fisheye', d=(0.1,) * 4)


def test_a_lens_without_distortion_needs_no_known_name() -> None:
    camera = camera_from_calibration(640, 480, K, distortion_model='equidistant', d=(0.0,) * 4)
    assert camera.distortion == ()


def test_too_many_coefficients_are_refused() -> None:
    with pytest.raises(CalibrationError, match='plumb_bob has 5 coefficients, got 8'):
        camera_from_calibration(640, 480, K, distortion_model='plumb_bob', d=(0.1,) * 8)
    with pytest.raises(CalibrationError, match='rational_polynomial has 8 coefficients, got 12'):
        camera_from_calibration(640, 480, K, distortion_model='rational_polynomial', d=(0.1,) * 12)


def test_missing_and_empty_coefficients_are_zero() -> None:
    four = camera_from_calibration(640, 480, K, distortion_model='plumb_bob', d=(0.1,) * 4)
    assert four.distortion == (0.1, 0.1, 0.1, 0.1, 0.0)
    padded = camera_from_calibration(
        640, 480, K, distortion_model='rational_polynomial', d=(0.1,) * 8 + (0.0,) * 6
    )
    assert padded.distortion == (0.1,) * 8


@pytest.mark.parametrize('bad', [math.nan, math.inf])
def test_a_coefficient_that_is_not_finite_is_refused(bad: float) -> None:
    with pytest.raises(CalibrationError, match='finite'):
        camera_from_calibration(640, 480, K, distortion_model='plumb_bob', d=(bad, 0, 0, 0, 0))


def test_a_camera_with_another_number_of_coefficients_is_refused() -> None:
    with pytest.raises(CalibrationError, match='0, 5 or 8'):
        PinholeCamera(640, 480, 500.0, 500.0, 320.0, 240.0, (0.1, 0.2))


@pytest.mark.parametrize('lens', LENSES)
def test_a_resized_camera_sees_points_where_the_resized_picture_shows_them(lens: str) -> None:
    whole = camera_with(lens)
    resized = whole.resized(320, 120)
    ahead = whole.rays(grid()[4:9, 6:11])
    expected = (whole.project(ahead) + 0.5) * (0.5, 0.25) - 0.5
    np.testing.assert_allclose(resized.project(ahead), expected, atol=1e-6)
    assert resized.contains(expected).all()

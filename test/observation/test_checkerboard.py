"""Checkerboards in colour and in depth."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sensor_data import folder

from vlm_nav.geometry.camera import PinholeCamera
from vlm_nav.geometry.depth_encodings import DepthEncoding, read_depth
from vlm_nav.observation.checkerboard import (
    CheckerboardError,
    find_corners,
    find_corners_in_holes,
    measure_board,
)

CAMERA = PinholeCamera(640, 480, 520.0, 520.0, 319.5, 239.5)
SIDE_M = 0.06


def board(
    turn_deg: tuple[float, float] = (0.0, 0.0), inner: tuple[int, int] = (6, 5)
) -> tuple[Any, Any]:
    """Return colour (480, 640, 3) and depth of a board 1.2 m away, turned about y and x.

    `inner` is how many inner corners it has across and down; black squares are holes.
    """
    turned, _ = cv2.Rodrigues(np.radians([turn_deg[1], turn_deg[0], 0.0]))
    rays = CAMERA.pixel_rays().astype(np.float64)
    normal, centre = turned[:, 2], np.array((0.0, 0.0, 1.2))
    depth_m = (centre @ normal) / (rays @ normal)
    on_board = (rays * depth_m[..., None] - centre) @ turned[:, :2] / SIDE_M
    squares = np.floor(on_board + (np.array(inner) + 1) / 2.0).astype(int)
    inside = ((squares >= 0) & (squares <= np.array(inner))).all(axis=-1)
    black = inside & (squares.sum(axis=-1) % 2 == 0)
    rgb = np.repeat(np.where(black, 20, 230).astype(np.uint8)[..., None], 3, axis=-1)
    return rgb, np.where(black, np.nan, depth_m).astype(np.float32)


def jsk() -> tuple[Any, Any]:
    """Return colour and depth of the recorded board, which are not registered."""
    data = folder('checkerboard_jsk')
    bgr = cv2.imread(str(data / 'rgb_image_raw.jpg'))
    with np.load(data / 'depth_image_raw.npz') as stored:
        depth_m = read_depth(stored['arr_0'], DepthEncoding.MILLIMETRES)
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), depth_m


@pytest.mark.data
def test_a_real_board_is_found_in_colour_and_in_the_holes_of_its_depth() -> None:
    rgb, depth_m = jsk()
    corners = find_corners(rgb)
    assert sorted(corners.shape[:2]) == [6, 7]
    holes = find_corners_in_holes(depth_m, (7, 6))
    assert holes is not None
    # Where the board is in the one it is not in the other.
    apart = holes.mean(axis=(0, 1)) - corners.mean(axis=(0, 1))
    assert 15.0 < np.hypot(*apart) < 30.0


@pytest.mark.data
def test_a_real_board_is_too_small_through_colour_and_right_in_its_depth() -> None:
    rgb, depth_m = jsk()
    camera = PinholeCamera(640, 480, 570.342, 570.342, 319.5, 239.5)
    through_colour = measure_board(find_corners(rgb), depth_m, camera)
    assert through_colour.side_m / 0.108 - 1.0 == pytest.approx(-0.11, abs=0.015)
    assert through_colour.rms_m < 0.008
    holes = find_corners_in_holes(depth_m, (7, 6))
    assert holes is not None
    depth_camera = PinholeCamera(640, 480, 570.342, 570.342, 314.5, 235.5)
    by_itself = measure_board(holes, depth_m, depth_camera)
    assert abs(by_itself.side_m / 0.108 - 1.0) < 0.03


@given(st.floats(-35.0, 35.0), st.floats(-35.0, 35.0))
@settings(max_examples=15)
def test_the_side_of_a_square_is_measured_however_the_board_is_turned(
    yaw_deg: float, pitch_deg: float
) -> None:
    rgb, depth_m = board((yaw_deg, pitch_deg))
    measured = measure_board(find_corners(rgb), depth_m, CAMERA)
    assert measured.side_m == pytest.approx(SIDE_M, rel=0.01)
    assert measured.distance_m == pytest.approx(1.2, abs=0.05)
    assert measured.rms_m < 0.001
    assert 0.4 < measured.share < 0.6


@pytest.mark.parametrize('inner', [(6, 5), (8, 6), (4, 3), (7, 4)])
def test_the_size_of_a_board_need_not_be_known(inner: tuple[int, int]) -> None:
    rgb, depth_m = board((10.0, 5.0), inner)
    assert sorted(find_corners(rgb).shape[:2]) == sorted(inner)
    holes = find_corners_in_holes(depth_m, inner)
    assert holes is not None
    corners = find_corners(rgb).reshape(-1, 2)
    apart = np.linalg.norm(holes.reshape(-1, 1, 2) - corners, axis=-1)
    assert apart.min(axis=1).max() < 1.0


def test_a_few_wild_depths_do_not_matter() -> None:
    rgb, depth_m = board((20.0, 0.0))
    depth_m[230:250, 310:330] = 4.0
    measured = measure_board(find_corners(rgb), depth_m, CAMERA)
    assert measured.side_m == pytest.approx(SIDE_M, rel=0.01)


def test_no_board_and_no_depth_are_errors_with_words() -> None:
    rgb, depth_m = board()
    with pytest.raises(CheckerboardError, match='shows none'):
        find_corners(np.zeros_like(rgb))
    with pytest.raises(CheckerboardError, match='11 x 9 inner corners'):
        find_corners(rgb, (11, 9))
    with pytest.raises(CheckerboardError, match='depth on the board'):
        measure_board(find_corners(rgb), np.full_like(depth_m, np.nan), CAMERA)
    assert find_corners_in_holes(np.full_like(depth_m, 1.0), (6, 5)) is None

"""What real cameras saw must come out where it was."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest
from sensor_data import (
    folder,
    kitchen_cameras,
    kitchen_color,
    kitchen_depth,
    kitchen_frame,
    kitchen_index,
    robot_floor_frame,
)

from vlm_nav.geometry.ground import fit_floor
from vlm_nav.geometry.poses import inverse, transform_points
from vlm_nav.geometry.registration import register_depth
from vlm_nav.observation.rgbd_frame import points_base

pytestmark = pytest.mark.data

SIFT_PAIRS = ((18, 36), (126, 144), (234, 252), (324, 342), (432, 450), (540, 558), (630, 648))


def test_the_floor_before_the_robot_lies_at_zero() -> None:
    points = points_base(robot_floor_frame()).reshape(-1, 3)
    floor = fit_floor(points)
    assert np.degrees(floor.tilt_rad()) < 0.6
    on_floor = points[np.abs(floor.height_m(points)) < 0.02]
    assert len(on_floor) > 50_000
    assert abs(float(np.median(on_floor[:, 2]))) < 0.02
    assert abs(floor.offset_m) < 0.02


def test_neighbouring_frames_of_the_kitchen_show_the_same_surfaces() -> None:
    camera, poses = kitchen_cameras().depth, kitchen_index()
    numbers = sorted(poses)
    medians_m = []
    for one, other in itertools.pairwise(numbers):
        # Every fourth pixel tells as much as all of them.
        depth_m = kitchen_depth(one)[::4, ::4]
        known = np.isfinite(depth_m)
        points = camera.pixel_rays()[::4, ::4][known] * depth_m[known][:, None]
        moved = transform_points(inverse(poses[other]) @ poses[one], points)
        pixels = camera.project(moved)
        inside = camera.contains(pixels)
        columns, rows = np.round(pixels[inside]).astype(int).T
        away_m = np.abs(kitchen_depth(other)[rows, columns] - moved[inside, 2])
        medians_m.append(float(np.nanmedian(away_m)))
    assert len(medians_m) == 39
    assert np.median(medians_m) < 0.008


def test_registered_depth_carries_a_colour_pixel_to_where_the_next_picture_shows_it() -> None:
    cameras, poses = kitchen_cameras(), kitchen_index()
    medians_px = []
    for one, other in SIFT_PAIRS:
        start, end = matches(kitchen_color(one), kitchen_color(other))
        registered = register_depth(
            kitchen_depth(one), cameras.depth, cameras.color, cameras.color_from_depth
        )
        columns, rows = np.round(start).astype(int).T
        points = cameras.color.rays(start) * registered[rows, columns][:, None]
        depth_from_color = inverse(cameras.color_from_depth)
        other_from_one = inverse(poses[other] @ depth_from_color) @ poses[one] @ depth_from_color
        expected = cameras.color.project(transform_points(other_from_one, points))
        away_px = np.hypot(*(expected - end).T)
        assert np.isfinite(away_px).sum() >= 40
        medians_px.append(float(np.nanmedian(away_px)))
    assert np.median(medians_px) < 4.0


def matches(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return pixels (n, 2) of two pictures that show the same, as SIFT sees it."""
    sift = cv2.SIFT_create(600)
    found = [
        sift.detectAndCompute(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), None) for rgb in (one, other)
    ]
    pairs = cv2.BFMatcher().knnMatch(found[0][1], found[1][1], k=2)
    good = [best for best, second in pairs if best.distance < 0.7 * second.distance]
    start = np.array([found[0][0][match.queryIdx].pt for match in good])
    end = np.array([found[1][0][match.trainIdx].pt for match in good])
    return start, end


def test_the_table_of_the_kitchen_has_the_height_of_a_table() -> None:
    gravity = np.loadtxt(folder('kitchen_7scenes') / 'gravity-direction.txt').ravel()[:3]
    up = -gravity / np.linalg.norm(gravity)
    camera, heights = kitchen_cameras().depth, []
    for number, pose in kitchen_index().items():
        depth_m = kitchen_depth(number)[::6, ::6]
        known = np.isfinite(depth_m)
        points = camera.pixel_rays()[::6, ::6][known] * depth_m[known][:, None]
        heights.append(transform_points(pose, points) @ up)
    counts, edges = np.histogram(np.concatenate(heights), bins=np.arange(-2.0, 0.5, 0.01))
    centres = (edges[:-1] + edges[1:]) / 2.0
    low, middle = centres < -1.2, (centres > -1.0) & (centres < -0.5)
    floor_m = centres[low][np.argmax(counts[low])]
    table_m = centres[middle][np.argmax(counts[middle])]
    assert table_m - floor_m == pytest.approx(0.72, abs=0.03)


@pytest.mark.parametrize('number', [0, 36, 72])
def test_the_floor_of_the_kitchen_lies_at_zero(number: int) -> None:
    frame = kitchen_frame(number)
    floor = fit_floor(points_base(frame))
    assert np.degrees(floor.tilt_rad()) < 3.0
    assert abs(floor.offset_m) < 0.05

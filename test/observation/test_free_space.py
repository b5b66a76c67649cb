"""Free space, against a sweep of the exact disc over the exact points."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sensor_data import kitchen_frame, robot_floor_frame
from synthetic import Box, camera_pose, frame_of

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.camera import PinholeCamera
from vlm_nav.observation.common_free_space import free_space_of
from vlm_nav.observation.floor_grid import Cell, FreeSpaceSettings
from vlm_nav.observation.rgbd_frame import FrameError, RgbdFrame, points_base

SETTINGS = FreeSpaceSettings()
DIAGONAL_M = math.sqrt(2.0) * SETTINGS.cell_m
BEARINGS = np.radians(np.arange(-35.0, 36.0, 2.5))


def exact_range_m(
    frame: RgbdFrame, bearing_rad: float, radius_m: float = SETTINGS.robot_radius_m
) -> float:
    """Return where a disc that starts at the base first touches a point of the obstacle band."""
    points = points_base(frame).reshape(-1, 3).astype(np.float64)
    low, high = SETTINGS.obstacle_low_m, SETTINGS.obstacle_high_m
    standing = points[(points[:, 2] >= low) & (points[:, 2] <= high), :2]
    along = standing @ (math.cos(bearing_rad), math.sin(bearing_rad))
    across = standing @ (-math.sin(bearing_rad), math.cos(bearing_rad))
    in_way = np.abs(across) < radius_m
    half_chord = np.sqrt(radius_m**2 - across[in_way] ** 2)
    ahead = along[in_way] + half_chord > 0.0
    touches = (along[in_way] - half_chord)[ahead]
    return float(np.maximum(0.0, touches).min(initial=math.inf))


def without_depth(frame: RgbdFrame, hidden: NDArray[np.bool_]) -> RgbdFrame:
    assert frame.depth_m is not None
    depth_m = np.where(hidden, np.nan, frame.depth_m).astype(np.float32)
    return dataclasses.replace(frame, depth_m=depth_m)


boxes = st.builds(
    lambda x, y, deep, wide, low, high: Box((x, x + deep), (y, y + wide), (low, low + high)),
    st.floats(0.5, 4.0),
    st.floats(-2.0, 1.5),
    st.floats(0.02, 0.8),
    st.floats(0.02, 0.8),
    st.sampled_from([0.0, 0.0, 0.3]),
    st.floats(0.08, 1.5),
)
poses = st.builds(
    camera_pose,
    height_m=st.floats(0.3, 1.4),
    down_deg=st.floats(5.0, 45.0),
    left_deg=st.floats(-25.0, 25.0),
    roll_deg=st.floats(-8.0, 8.0),
    x_m=st.floats(-0.1, 0.2),
)


@given(st.lists(boxes, min_size=1, max_size=5), poses)
@settings(max_examples=40)
def test_the_disc_never_travels_further_than_the_exact_one(
    placed: list[Box], pose: NDArray[np.float64]
) -> None:
    frame = frame_of(placed, pose)
    free_space = free_space_of(frame, SETTINGS)
    exact_m = np.array([exact_range_m(frame, bearing) for bearing in BEARINGS])
    assert (free_space.free_range_m(BEARINGS) <= exact_m + DIAGONAL_M).all()
    assert (free_space.unobstructed_range_m(BEARINGS) <= exact_m + DIAGONAL_M).all()


@given(st.lists(boxes, min_size=1, max_size=5), poses)
@settings(max_examples=20)
def test_what_obstructs_stands_where_a_slightly_larger_disc_touches(
    placed: list[Box], pose: NDArray[np.float64]
) -> None:
    frame = frame_of(placed, pose)
    found_m = free_space_of(frame, SETTINGS).unobstructed_range_m(BEARINGS)
    larger_m = SETTINGS.robot_radius_m + DIAGONAL_M
    exact_m = [exact_range_m(frame, bearing, larger_m) for bearing in BEARINGS]
    nearest_m = np.minimum(exact_m, SETTINGS.reach_m)
    assert (found_m >= nearest_m - DIAGONAL_M).all()


@given(st.lists(boxes, max_size=4), poses)
@settings(max_examples=20)
def test_what_is_free_is_unobstructed(placed: list[Box], pose: NDArray[np.float64]) -> None:
    free_space = free_space_of(frame_of(placed, pose), SETTINGS)
    bearings = np.radians(np.linspace(-120.0, 120.0, 200))
    assert (free_space.free_range_m(bearings) <= free_space.unobstructed_range_m(bearings)).all()


def test_an_empty_floor_is_free_to_the_grids_end() -> None:
    free_space = free_space_of(frame_of(), SETTINGS)
    assert free_space.free_range_m(0.0) == pytest.approx(SETTINGS.reach_m, abs=0.1)
    assert free_space.unobstructed_range_m(0.0) == math.inf


def test_a_box_ends_the_way_a_radius_before_it() -> None:
    free_space = free_space_of(frame_of([Box((2.0, 2.3), (-0.3, 0.3))]), SETTINGS)
    assert free_space.free_range_m(0.0) == pytest.approx(2.0 - 0.22, abs=0.08)
    assert free_space.unobstructed_range_m(0.0) == pytest.approx(2.0 - 0.22, abs=0.06)


def test_a_low_beam_and_a_table_top_are_in_the_way_and_a_lamp_is_not() -> None:
    pose = camera_pose(1.2, 25.0)
    for box, blocks in (
        (Box((2.0, 2.2), (-0.5, 0.5), (0.0, 0.07)), True),
        (Box((2.0, 2.2), (-0.5, 0.5), (0.7, 0.75)), True),
        (Box((2.0, 2.2), (-0.5, 0.5), (1.7, 1.8)), False),
        (Box((2.0, 2.2), (-0.5, 0.5), (0.0, 0.03)), False),
    ):
        way_m = free_space_of(frame_of([box], pose), SETTINGS).unobstructed_range_m(0.0)
        assert (way_m < 2.0) == blocks, box


def test_floor_that_is_hidden_is_unknown_and_blocks() -> None:
    # The box hangs above the robot's height and hides a part of the floor behind it.
    hanging = Box((1.5, 1.7), (-3.0, 3.0), (1.65, 1.7))
    free_space = free_space_of(frame_of([hanging], camera_pose(2.5, 45.0)), SETTINGS)
    way_m = float(free_space.free_range_m(0.0))
    assert way_m < 4.6
    assert free_space.unobstructed_range_m(0.0) == math.inf
    assert free_space.cells_at([(way_m + 0.35, 0.0)])[0] == Cell.UNKNOWN


def test_a_pit_in_the_floor_blocks() -> None:
    pit = Box((2.0, 2.8), (-0.6, 0.6), (-1.0, 0.0))
    free_space = free_space_of(frame_of([pit]), SETTINGS)
    assert free_space.cells_at([(2.4, 0.0)])[0] == Cell.UNKNOWN
    assert free_space.free_range_m(0.0) == pytest.approx(2.0 - 0.22, abs=0.12)


def test_a_step_down_that_is_seen_blocks() -> None:
    frame = frame_of()
    points = points_base(frame)
    assert frame.depth_m is not None
    beyond = points[..., 0] > 2.0
    start_z = frame.base_from_camera[2, 3]
    # The same rays reach a floor 0.3 m lower.
    stretched = np.where(beyond, frame.depth_m * (start_z + 0.3) / start_z, frame.depth_m)
    lower = dataclasses.replace(frame, depth_m=stretched.astype(np.float32))
    free_space = free_space_of(lower, SETTINGS)
    assert free_space.free_range_m(0.0) == pytest.approx(2.0 - 0.22, abs=0.12)


def test_a_hole_of_a_few_pixels_in_the_depth_of_the_floor_does_not_block() -> None:
    frame = frame_of()
    hidden = np.zeros((120, 160), dtype=np.bool_)
    hidden[100:104, 77:83] = True
    free_space = free_space_of(without_depth(frame, hidden), SETTINGS)
    assert free_space.free_range_m(0.0) > 4.5


@pytest.mark.parametrize('lowest_row', [90, 120])
def test_a_wide_hole_in_the_depth_blocks_where_it_begins(lowest_row: int) -> None:
    frame = frame_of()
    hidden = np.zeros((120, 160), dtype=np.bool_)
    hidden[70:lowest_row, 55:105] = True
    free_space = free_space_of(without_depth(frame, hidden), SETTINGS)
    # Seen from 0.5 m the hole covers the floor from 0.9 m or nearer to 1.1 m.
    assert free_space.free_range_m(0.0) < 0.9
    assert free_space.unobstructed_range_m(0.0) == math.inf


def test_depth_that_ends_far_above_the_pictures_end_is_no_blind_zone() -> None:
    frame = frame_of()
    hidden = np.zeros((120, 160), dtype=np.bool_)
    hidden[70:, :] = True
    free_space = free_space_of(without_depth(frame, hidden), SETTINGS)
    assert free_space.free_range_m(0.0) < 0.9


def test_a_covered_camera_sees_no_floor_at_all() -> None:
    frame = frame_of()
    dark = without_depth(frame, np.ones((120, 160), dtype=np.bool_))
    free_space = free_space_of(dark, SETTINGS)
    assert (free_space.cells == Cell.UNKNOWN).all()
    assert free_space.free_range_m(0.0) == 0.0


def test_the_blind_zone_reaches_to_the_first_floor_that_is_seen() -> None:
    frame = frame_of((), camera_pose(0.5, 10.0))
    first_m = float(np.nanmin(points_base(frame)[..., 0]))
    assert 0.5 < first_m < 1.5
    free_space = free_space_of(frame, SETTINGS)
    ahead = np.column_stack(
        [np.arange(0.1, first_m, 0.05), np.zeros(len(np.arange(0.1, first_m, 0.05)))]
    )
    assert (free_space.cells_at(ahead) == Cell.FREE).all()
    assert free_space.free_range_m(0.0) > 4.5


def test_a_blind_zone_is_no_longer_than_declared() -> None:
    frame = frame_of((), camera_pose(0.5, 10.0))
    short = dataclasses.replace(SETTINGS, blind_zone_m=0.4)
    free_space = free_space_of(frame, short)
    assert free_space.cells_at([(0.6, 0.0)])[0] == Cell.UNKNOWN
    assert free_space.free_range_m(0.0) <= 0.4
    none = free_space_of(frame, dataclasses.replace(SETTINGS, blind_zone_m=0.0))
    assert none.free_range_m(0.0) == 0.0


def test_a_blind_zone_is_not_wider_than_the_view_at_its_end() -> None:
    free_space = free_space_of(frame_of((), camera_pose(0.5, 10.0)), SETTINGS)
    half_view_m = SETTINGS.blind_zone_m * 80.0 / 130.0 + SETTINGS.robot_radius_m
    assert half_view_m < 1.2
    assert free_space.cells_at([(0.2, 1.3), (0.2, -1.3)]).tolist() == [Cell.UNKNOWN] * 2
    assert free_space.free_range_m(math.radians(80.0)) < 1.2


def test_an_obstacle_in_the_blind_zone_blocks() -> None:
    # Its top is in view; its foot is not.
    post = Box((0.7, 0.8), (-0.1, 0.1), (0.0, 0.45))
    pose = camera_pose(0.5, 10.0)
    free_space = free_space_of(frame_of([post], pose), SETTINGS)
    assert free_space.cells_at([(0.72, 0.0)])[0] == Cell.OCCUPIED
    assert free_space.free_range_m(0.0) == pytest.approx(0.7 - 0.22, abs=0.08)


@pytest.mark.parametrize('left_deg', [-90.0, -45.0, 45.0, 90.0])
def test_a_camera_that_looks_aside_knows_nothing_of_the_other_side(left_deg: float) -> None:
    pose = camera_pose(0.5, 20.0, left_deg)
    free_space = free_space_of(frame_of((), pose), SETTINGS)
    side = math.copysign(1.0, left_deg)
    other = [(0.3, -side * 0.8), (0.1, -side * 1.2)]
    assert free_space.cells_at(other).tolist() == [Cell.UNKNOWN] * 2
    assert free_space.free_range_m(math.radians(left_deg)) > 0.5 or abs(left_deg) == 90.0
    assert free_space.free_range_m(-side * math.radians(80.0)) < 0.5


@pytest.mark.parametrize('roll_deg', [-15.0, 15.0])
def test_a_camera_may_hang_crooked(roll_deg: float) -> None:
    pose = camera_pose(0.6, 15.0, 0.0, roll_deg)
    free_space = free_space_of(frame_of([Box((2.5, 2.6), (-0.2, 0.2))], pose), SETTINGS)
    assert free_space.free_range_m(0.0) == pytest.approx(2.5 - 0.22, abs=0.1)


def test_a_camera_that_looks_straight_down_has_a_heading_too() -> None:
    pose = np.array(
        [(0.0, -1.0, 0.0, 0.3), (-1.0, 0.0, 0.0, 0.0), (0.0, 0.0, -1.0, 1.2), (0.0, 0.0, 0.0, 1.0)]
    )
    free_space = free_space_of(frame_of((), pose), SETTINGS)
    assert free_space.cells_at([(0.4, 0.0)])[0] == Cell.FREE


def test_behind_the_base_nothing_is_known() -> None:
    free_space = free_space_of(frame_of(), SETTINGS)
    assert free_space.free_range_m([math.pi, -2.0]).tolist() == [0.0, 0.0]
    assert free_space.unobstructed_range_m([math.pi, -2.0]).tolist() == [math.inf, math.inf]


def test_ranges_come_in_the_shape_of_the_bearings() -> None:
    free_space = free_space_of(frame_of(), SETTINGS)
    assert free_space.free_range_m(np.zeros((2, 3))).shape == (2, 3)
    assert free_space.free_range_m(np.zeros(0)).shape == (0,)
    assert free_space.cells_at(np.zeros((4, 5, 2))).shape == (4, 5)


def test_places_outside_the_grid_are_unknown() -> None:
    free_space = free_space_of(frame_of(), SETTINGS)
    outside = [(-0.01, 0.0), (5.01, 0.0), (1.0, 5.01), (1.0, -5.01), (math.nan, 0.0)]
    assert free_space.cells_at(outside).tolist() == [Cell.UNKNOWN] * 5


def test_a_frame_without_depth_shows_no_free_space() -> None:
    frame = dataclasses.replace(frame_of(), depth_m=None)
    with pytest.raises(FrameError, match='depth'):
        free_space_of(frame, SETTINGS)


@pytest.mark.parametrize(
    'wrong',
    [
        {'robot_radius_m': 0.0},
        {'cell_m': -0.1},
        {'reach_m': 0.0},
        {'obstacle_low_m': 2.0},
        {'blind_zone_m': -0.1},
        {'robot_radius_m': math.nan},
        {'blind_zone_m': math.nan},
        {'reach_m': math.inf},
    ],
)
def test_sizes_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidValueError):
        FreeSpaceSettings(**wrong)


def test_a_fisheye_corner_without_rays_does_no_harm() -> None:
    lens = (-0.33, 0.11, 0.0, 0.0, -0.017)
    camera = PinholeCamera(160, 120, 75.0, 75.0, 79.5, 59.5, lens)
    frame = frame_of([Box((2.0, 2.2), (-0.4, 0.4))], camera=camera)
    assert free_space_of(frame, SETTINGS).free_range_m(0.0) == pytest.approx(1.78, abs=0.1)


@pytest.mark.data
def test_the_robot_may_drive_three_metres_to_the_desk() -> None:
    frame = robot_floor_frame()
    way_m = float(free_space_of(frame, SETTINGS).free_range_m(0.0))
    assert 3.0 <= way_m <= 3.4
    assert way_m <= exact_range_m(frame, 0.0) + DIAGONAL_M


@pytest.mark.data
def test_on_real_frames_the_disc_never_travels_further_than_the_exact_one() -> None:
    for frame in (robot_floor_frame(), kitchen_frame(0), kitchen_frame(72)):
        free_space = free_space_of(frame, SETTINGS)
        exact_m = [exact_range_m(frame, bearing) for bearing in BEARINGS[::2]]
        assert (free_space.free_range_m(BEARINGS[::2]) <= np.add(exact_m, DIAGONAL_M)).all()


@pytest.mark.data
def test_the_kitchen_has_reachable_floor_in_some_frames_and_none_in_another() -> None:
    bearings = np.radians(np.arange(-40.0, 41.0, 2.0))
    for number in (0, 36, 72):
        ways_m = free_space_of(kitchen_frame(number), SETTINGS).free_range_m(bearings)
        assert ways_m.max() > 1.0, number
    ahead = bearings[np.abs(bearings) < np.radians(30.0)]
    assert free_space_of(kitchen_frame(288), SETTINGS).free_range_m(ahead).max() < 0.5

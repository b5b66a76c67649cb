"""The simulator: what the robot sees is where the plan says, and it drives as it is told."""

import hashlib
import math
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip('mujoco')

from box_room import HIGH_M, LOW_M, box_room, outside_m

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import FloorPose, inverse, transform_points
from vlm_nav.observation.rgbd_frame import RgbdFrame, points_base
from vlm_nav.sim.errors import SimulatorError
from vlm_nav.sim.house.house_planning import plan_house
from vlm_nav.sim.robot.sensors import OdometryDrift
from vlm_nav.sim.simulator import START_NS, Simulator
from vlm_nav.sim.simulator_settings import SimulatorSettings
from vlm_nav.sim.view import NOTHING, SimulatedView

START = FloorPose(0.6, 0.0, 0.0)
SMALL = SimulatorSettings(width_px=160, height_px=120, depth_noise=None)
RADIUS_M = 0.2


@pytest.fixture(scope='module')
def made() -> Iterator[Simulator]:
    """Return a simulator that all tests of this file place anew."""
    simulator = Simulator(box_room(), SMALL, START)
    yield simulator
    simulator.close()


@pytest.fixture
def robot(made: Simulator) -> Simulator:
    """Return the simulator with the robot at its start, its head as at first."""
    made.place(START)
    made.set_head(0.0, SMALL.robot.head.tilt_rad)
    made.advance(1.0)
    return made


def points_map(view: SimulatedView) -> FloatArray:
    """Return the points (H, W, 3) that a view's true depth shows, in the map."""
    frame = RgbdFrame(
        view.rgb, view.true_depth_m, view.camera, view.base_from_camera, view.map_from_base,
        'map', view.stamp_ns,
    )  # fmt: skip
    return transform_points(view.map_from_base, points_base(frame))


def digest(view: SimulatedView) -> str:
    """Return a digest of all pictures of a view."""
    pictures = (view.rgb, view.depth_m, view.true_depth_m, view.things)
    return hashlib.sha256(b''.join(picture.tobytes() for picture in pictures)).hexdigest()


@pytest.mark.parametrize(
    ('pose', 'pan_rad', 'tilt_rad'),
    [(START, 0.0, 0.5), (FloorPose(1.0, 1.2, -0.6), -0.3, 0.7), (FloorPose(3, -1.5, 2), 0.2, 0.2)],
)
def test_pixels_of_known_boxes_lie_on_their_faces_within_a_millimetre(
    robot: Simulator, pose: FloorPose, pan_rad: float, tilt_rad: float
) -> None:
    robot.place(pose)
    robot.set_head(pan_rad, tilt_rad)
    robot.set_velocity(0.3, 0.5)
    robot.advance(0.5)
    view = robot.look()
    points = points_map(view)
    shown = set(np.unique(view.things)) - {NOTHING, 1}
    assert shown
    for index in shown:
        errors_m = np.abs(outside_m(robot.plan.things[index], points[view.things == index]))
        assert errors_m.max() < 1e-3


def test_pictures_and_scans_are_of_where_the_robot_is_not_of_a_step_before(
    robot: Simulator,
) -> None:
    eye, lidar = robot.look().base_from_camera, robot.scan().base_from_lidar
    robot.set_velocity(0.4, 0.8)
    robot.advance(0.5)
    assert robot.look().base_from_camera == pytest.approx(eye, abs=1e-4)
    robot.advance(0.5)
    assert robot.scan().base_from_lidar == pytest.approx(lidar, abs=1e-4)


def test_floor_and_walls_are_where_the_plan_says_within_a_millimetre(robot: Simulator) -> None:
    view = robot.look()
    points = points_map(view)[view.things == NOTHING]
    # Between them are skirting boards.
    floor, wall = points[points[:, 2] < 1e-3], points[points[:, 2] > 0.2]
    assert np.abs(floor[:, 2]).max() < 1e-3
    inside = np.minimum(wall[:, :2] - LOW_M, HIGH_M - wall[:, :2]).min(axis=1)
    assert np.abs(inside).max() < 1e-3
    assert len(floor) > len(points) / 2
    assert len(wall) > len(points) / 10


def test_things_have_their_colours_where_the_truth_says_they_are(robot: Simulator) -> None:
    view = robot.look()
    red, blue = view.rgb[view.things == 0], view.rgb[view.things == 2]
    assert min(len(red), len(blue)) > 30
    assert (red[:, 0] > red[:, 1:].max(axis=1) + 50).mean() > 0.95
    assert (blue[:, 2] > blue[:, :2].max(axis=1) + 30).mean() > 0.8


def test_smooth_pictures_differ_at_edges_alone_and_in_no_depth(robot: Simulator) -> None:
    settings = SimulatorSettings(160, 120, depth_noise=None, smooth=True)
    simulator = Simulator(box_room(), settings, START)
    smooth = simulator.look()
    simulator.close()
    plain = robot.look()
    differs = np.abs(smooth.rgb.astype(int) - plain.rgb).max(axis=2) > 8
    assert 0.0 < differs.mean() < 0.1
    assert np.abs(smooth.true_depth_m - plain.true_depth_m).max() < 1e-3
    assert (smooth.things == plain.things).all()


def test_floor_is_seen_from_less_than_the_blind_zone_on_and_nothing_of_the_robot(
    robot: Simulator,
) -> None:
    robot.place(FloorPose(1.0, 0.0, 0.0))
    view = robot.look()
    points = transform_points(inverse(view.map_from_base), points_map(view))
    assert 0.6 < points[..., 0].min() < 0.75
    assert np.abs(points[-1, :, 2]).max() < 1e-3


def test_the_picture_has_the_identifier_of_a_frame_made_of_its_messages(robot: Simulator) -> None:
    assert robot.look().identifier == f'front/{robot.time_ns}'


def first_look(template: str) -> str:
    """Return the digest of the first look in a new simulator, in a house or in the room here."""
    plan = box_room() if template == 'room' else plan_house(template, 7)
    settings = SimulatorSettings(width_px=160, height_px=120, seed=7)
    simulator = Simulator(plan, settings, START)
    seen = digest(simulator.look())
    simulator.close()
    return seen


@pytest.mark.parametrize('template', ['room', 'family_house'])
def test_the_same_seed_gives_the_same_first_look_byte_for_byte_in_another_process(
    template: str,
) -> None:
    folders = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]
    code = (
        f'import sys; sys.path[:0] = {folders}\n'
        f'from test_simulator import first_look; print(first_look({template!r}))'
    )
    said = subprocess.check_output([sys.executable, '-c', code], text=True)
    assert said.strip() == first_look(template)


def test_looking_changes_nothing_of_what_happens_later() -> None:
    ends = []
    for looks in (0, 2):
        simulator = Simulator(box_room(), SMALL, FloorPose(1.6, 0.25, 0.0))
        simulator.set_velocity(0.5, 0.05)
        for _ in range(6):
            simulator.advance(0.2)
            for _ in range(looks):
                simulator.look()
                simulator.scan()
        ends.append(simulator.true_pose())
        simulator.close()
    assert ends[0] == ends[1]


@pytest.mark.parametrize(
    ('forward_m_s', 'turn_rad_s'), [(0.3, 0.0), (0.0, 0.8), (0.4, -0.6), (-0.2, 0.0)]
)
def test_told_speeds_are_driven_to_one_percent(
    robot: Simulator, forward_m_s: float, turn_rad_s: float
) -> None:
    robot.place(FloorPose(1.2, 0.0, 0.0))
    robot.set_velocity(forward_m_s, turn_rad_s)
    robot.advance(1.0)
    before = robot.true_pose()
    robot.advance(0.1)
    after = robot.true_pose()
    driven_m = math.hypot(after.x_m - before.x_m, after.y_m - before.y_m)
    assert driven_m / 0.1 == pytest.approx(abs(forward_m_s), rel=0.01, abs=1e-3)
    assert (after.yaw_rad - before.yaw_rad) / 0.1 == pytest.approx(turn_rad_s, rel=0.01, abs=1e-3)


def test_the_base_does_not_slide_sideways(robot: Simulator) -> None:
    robot.set_velocity(0.4, 0.6)
    robot.advance(1.0)
    before = robot.true_pose()
    robot.advance(0.1)
    after = robot.true_pose()
    course_rad = math.atan2(after.y_m - before.y_m, after.x_m - before.x_m)
    assert course_rad == pytest.approx((before.yaw_rad + after.yaw_rad) / 2, abs=0.02)


def test_the_base_gathers_and_loses_speed_no_faster_than_it_can(robot: Simulator) -> None:
    robot.set_velocity(0.5, 0.0)
    robot.advance(0.1)
    started_m = robot.true_pose().x_m - START.x_m
    assert started_m < 0.5 * SMALL.robot.base.acceleration_m_s2 * 0.1**2 + 1e-3
    assert started_m > 0.003


def test_it_stops_at_furniture_and_says_what_it_touches(robot: Simulator) -> None:
    robot.place(FloorPose(1.4, 0.3, 0.0))
    assert robot.touched() == ()
    robot.set_velocity(0.5, 0.0)
    nearest_m = math.inf
    for _ in range(40):
        robot.advance(0.1)
        pose = robot.true_pose()
        angles = np.linspace(-math.pi, math.pi, 720)
        rim = np.stack(
            [pose.x_m + RADIUS_M * np.cos(angles), pose.y_m + RADIUS_M * np.sin(angles)], axis=1
        )
        rim_points = np.column_stack([rim, np.full(len(rim), 0.1)])
        nearest_m = min(nearest_m, outside_m(robot.plan.things[0], rim_points).min())
    assert robot.touched() == ('red_box_1',)
    assert -0.005 < nearest_m < 1e-3
    robot.set_velocity(-0.3, 0.0)
    robot.advance(1.0)
    assert robot.touched() == ()


def test_a_wall_is_told_by_its_name_and_the_floor_is_not_told(robot: Simulator) -> None:
    robot.place(FloorPose(1.0, 1.5, math.pi / 2))
    robot.set_velocity(0.3, 0.0)
    robot.advance(2.0)
    assert robot.touched() == ('wall_1',)


def test_the_mast_meets_the_table_top_that_the_base_passes_below(robot: Simulator) -> None:
    robot.place(FloorPose(3.0, -0.9, 0.0))
    robot.set_velocity(0.5, 0.0)
    robot.advance(4.0)
    assert robot.touched() == ('table_1',)
    assert robot.true_pose().x_m < robot.plan.thing('table_1').pose.x_m


def test_ranges_of_the_lidar_are_the_distances_of_the_walls(robot: Simulator) -> None:
    robot.place(FloorPose(5.0, 1.0, 0.7))
    scan = robot.scan()
    angles = scan.angle_min_rad + scan.angle_increment_rad * np.arange(len(scan.ranges_m)) + 0.7
    place = (transform_points(scan.base_from_lidar, (0.0, 0.0, 0.0)))[:2]
    x_m = 5.0 + math.cos(0.7) * place[0]
    y_m = 1.0 + math.sin(0.7) * place[0]
    ahead = np.abs(angles) < 1.2
    to_x = (HIGH_M[0] - x_m) / np.cos(angles[ahead])
    rise = np.sin(angles[ahead])
    to_y = np.where(rise > 0.0, HIGH_M[1] - y_m, LOW_M[1] - y_m) / rise
    assert scan.ranges_m[ahead] == pytest.approx(np.minimum(to_x, to_y), abs=1e-3)
    assert ahead.sum() > 100


def test_a_lidar_says_inf_beyond_its_range(robot: Simulator) -> None:
    near = SMALL.robot.lidar.model_copy(update={'range_max_m': 1.5})
    sizes = SMALL.robot.model_copy(update={'lidar': near})
    simulator = Simulator(box_room(), SimulatorSettings(160, 120, robot=sizes), START)
    ranges_m = simulator.scan().ranges_m
    simulator.close()
    assert np.isinf(ranges_m).any()
    assert ranges_m[np.isfinite(ranges_m)].max() <= 1.5


def test_odometry_without_drift_tells_the_truth(robot: Simulator) -> None:
    robot.set_velocity(0.4, 0.9)
    robot.advance(3.0)
    assert robot.odometry() == robot.true_pose()


def test_odometry_with_drift_strays_the_same_way_for_the_same_seed() -> None:
    told = []
    for seed in (3, 3, 4):
        settings = SimulatorSettings(160, 120, odometry_drift=OdometryDrift(), seed=seed)
        simulator = Simulator(box_room(), settings, START)
        simulator.set_velocity(0.2, 0.5)
        simulator.advance(4.0)
        told.append(simulator.odometry())
        true = simulator.true_pose()
        simulator.place(START)
        assert simulator.odometry() == START
        simulator.close()
    assert told[0] == told[1] != told[2]
    astray_m = math.hypot(told[0].x_m - true.x_m, told[0].y_m - true.y_m)
    assert 1e-4 < astray_m < 0.2


def test_time_goes_on_by_what_is_asked_in_whole_steps(robot: Simulator) -> None:
    before_ns = robot.time_ns
    for _ in range(100):
        robot.advance(0.0111)
    assert robot.time_ns - before_ns == pytest.approx(1_110_000_000, abs=4_000_000)
    assert robot.time_ns > START_NS


def test_another_thread_is_refused(robot: Simulator) -> None:
    caught: list[Exception] = []

    def ask() -> None:
        for method in (robot.look, robot.scan, robot.true_pose, robot.touched, robot.close):
            try:
                method()
            except SimulatorError as error:
                caught.append(error)

    thread = threading.Thread(target=ask, name='meddler')
    thread.start()
    thread.join()
    assert len(caught) == 5
    assert 'got a call from meddler; let one executor' in str(caught[0])


@pytest.mark.parametrize('duration_s', [-0.1, math.inf, math.nan])
def test_time_does_not_go_back_nor_on_for_ever(robot: Simulator, duration_s: float) -> None:
    with pytest.raises(InvalidValueError, match='time goes on by 0 s or more'):
        robot.advance(duration_s)


def test_what_is_closed_takes_no_more_pictures() -> None:
    simulator = Simulator(box_room(), SMALL, START)
    simulator.close()
    simulator.close()
    with pytest.raises(SimulatorError, match='closed'):
        simulator.look()

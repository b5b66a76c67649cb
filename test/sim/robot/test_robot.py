"""The robot's body: where it ends, how its arm moves, how it rolls, and its file of sizes."""

import math
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip('mujoco')

import mujoco
from box_room import box_room

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.poses import FloorPose, transform_points
from vlm_nav.sim.errors import SimulatorError
from vlm_nav.sim.robot.posture import Posture
from vlm_nav.sim.robot.robot import BASE
from vlm_nav.sim.robot.robot_sizes import ArmPose, default_sizes, sizes_of_file
from vlm_nav.sim.simulator import Simulator
from vlm_nav.sim.simulator_model import model_of
from vlm_nav.sim.simulator_settings import SimulatorSettings

START = FloorPose(1.2, 0.0, 0.0)
SMALL = SimulatorSettings(width_px=160, height_px=120, depth_noise=None)
SIZES = default_sizes()


@pytest.fixture
def robot() -> Iterator[Simulator]:
    """Return a robot in the middle of the room."""
    simulator = Simulator(box_room(), SMALL, START)
    yield simulator
    simulator.close()


def corners_of_body() -> np.ndarray:
    """Return the corners (n, 3) of the boxes around all parts of a tucked robot, in its base."""
    model = model_of(box_room(), SMALL)
    data = mujoco.MjData(model)
    Posture(model, data, SIZES)
    mujoco.mj_forward(model, data)
    base = model.body(BASE).id
    corners = []
    for geom in np.flatnonzero(model.body_rootid[model.geom_bodyid] == base):
        middle, half = np.split(model.geom_aabb[geom], 2)
        if model.geom_type[geom] == mujoco.mjtGeom.mjGEOM_CYLINDER:
            angles = np.linspace(0.0, 2.0 * math.pi, 36)
            sides = np.stack([half[0] * np.cos(angles), half[1] * np.sin(angles)], axis=1)
        else:
            sides = np.array([(x, y) for x in (-half[0], half[0]) for y in (-half[1], half[1])])
        for height in (-half[2], half[2]):
            own = middle + np.column_stack([sides, np.full(len(sides), height)])
            corners.append(own @ data.geom_xmat[geom].reshape(3, 3).T + data.geom_xpos[geom])
    return np.concatenate(corners)


def test_a_tucked_robot_stays_within_its_radius_and_above_the_floor() -> None:
    corners = corners_of_body()
    reach_m = np.linalg.norm(corners[:, :2], axis=1)
    assert reach_m.max() == pytest.approx(SIZES.base.radius_m, abs=1e-3)
    assert corners[:, 2].min() == pytest.approx(SIZES.base.low_m)
    assert corners[:, 2].max() < 1.3


def test_the_camera_stands_where_the_sizes_say(robot: Simulator) -> None:
    view = robot.look()
    head = SIZES.head
    cosine, sine = math.cos(head.tilt_rad), math.sin(head.tilt_rad)
    ahead_m = head.place_m[0] + cosine * head.camera_ahead_m + sine * head.camera_up_m
    up_m = head.place_m[2] + cosine * head.camera_up_m - sine * head.camera_ahead_m
    assert view.base_from_camera[:3, 3] == pytest.approx([ahead_m, 0.0, up_m], abs=1e-6)
    assert view.base_from_camera[:3, 2] == pytest.approx([cosine, 0.0, -sine], abs=1e-6)


def test_the_head_turns_as_told_and_no_farther_than_it_can(robot: Simulator) -> None:
    robot.set_head(0.7, 0.2)
    robot.advance(1.5)
    assert robot.head() == pytest.approx((0.7, 0.2), abs=1e-3)
    axis = robot.look().base_from_camera[:3, 2]
    assert math.atan2(axis[1], axis[0]) == pytest.approx(0.7, abs=1e-3)
    robot.set_head(9.0, -9.0)
    robot.advance(3.0)
    wanted = (SIZES.head.pan_range_rad[1], SIZES.head.tilt_range_rad[0])
    assert robot.head() == pytest.approx(wanted, abs=0.01)


@pytest.mark.parametrize(
    ('pose', 'opening_m'),
    [
        (ArmPose(lift_m=0.9, shoulder_rad=0.0, telescope_m=0.45, wrist_rad=0.5), 0.08),
        (ArmPose(lift_m=0.35, shoulder_rad=1.2, telescope_m=0.1, wrist_rad=-0.5), 0.02),
    ],
)
def test_the_arm_goes_where_it_is_told_while_the_base_stays(
    robot: Simulator, pose: ArmPose, opening_m: float
) -> None:
    robot.set_arm(pose)
    robot.set_gripper(opening_m)
    robot.advance(3.0)
    reached = robot.arm()
    assert list(reached.model_dump().values()) == pytest.approx(
        list(pose.model_dump().values()), abs=2e-3
    )
    assert robot.gripper() == pytest.approx(opening_m, abs=1e-3)
    after = robot.true_pose()
    assert math.hypot(after.x_m - START.x_m, after.y_m - START.y_m) < 0.005
    assert abs(after.yaw_rad) < 0.03


def test_the_finger_tips_are_where_the_joints_say(robot: Simulator) -> None:
    arm, pose = SIZES.arm, ArmPose(lift_m=0.8, shoulder_rad=0.3, telescope_m=0.3, wrist_rad=0.4)
    robot.set_arm(pose)
    robot.advance(4.0)
    fingers_m = arm.palm_m + 0.75 * arm.finger_m
    reach_m = arm.tube_m + pose.telescope_m + math.cos(pose.wrist_rad) * fingers_m
    wanted = (
        arm.shoulder_place_m[0] + math.cos(pose.shoulder_rad) * reach_m,
        arm.shoulder_place_m[1] + math.sin(pose.shoulder_rad) * reach_m,
        pose.lift_m - math.sin(pose.wrist_rad) * fingers_m,
    )
    found = transform_points(robot.base_from_grasp(), (0.0, 0.0, 0.0))
    assert found == pytest.approx(wanted, abs=0.003)


def test_an_arm_that_is_told_too_much_stops_at_its_ranges(robot: Simulator) -> None:
    robot.set_arm(ArmPose(lift_m=5.0, shoulder_rad=-9.0, telescope_m=-1.0, wrist_rad=9.0))
    robot.advance(3.0)
    arm = SIZES.arm
    assert robot.arm().lift_m == pytest.approx(arm.lift_range_m[1], abs=5e-3)
    assert robot.arm().shoulder_rad == pytest.approx(arm.shoulder_range_rad[0], abs=0.02)
    assert robot.arm().wrist_rad == pytest.approx(arm.wrist_range_rad[1], abs=0.02)


def test_an_arm_that_reaches_out_bumps_into_things(robot: Simulator) -> None:
    robot.place(FloorPose(1.75, 0.3, 0.0))
    robot.set_arm(ArmPose(lift_m=0.45, shoulder_rad=0.0, telescope_m=0.45, wrist_rad=0.0))
    robot.advance(3.0)
    assert robot.touched() == ('red_box_1',)


@pytest.mark.parametrize(('forward_m_s', 'turn_rad_s'), [(0.3, 0.0), (0.0, 0.8), (0.3, 0.5)])
def test_on_wheels_it_drives_as_told_to_two_percent(forward_m_s: float, turn_rad_s: float) -> None:
    settings = SimulatorSettings(160, 120, depth_noise=None, wheels=True)
    simulator = Simulator(box_room(), settings, START)
    simulator.set_velocity(forward_m_s, turn_rad_s)
    simulator.advance(1.0)
    before = simulator.true_pose()
    simulator.advance(0.2)
    after = simulator.true_pose()
    touched = simulator.touched()
    simulator.close()
    driven_m = math.hypot(after.x_m - before.x_m, after.y_m - before.y_m)
    assert driven_m / 0.2 == pytest.approx(forward_m_s, rel=0.02, abs=0.01)
    turned_rad = after.yaw_rad - before.yaw_rad
    assert turned_rad / 0.2 == pytest.approx(turn_rad_s, rel=0.02, abs=0.005)
    assert touched == ()


def test_on_wheels_depth_is_exact_too() -> None:
    settings = SimulatorSettings(160, 120, depth_noise=None, wheels=True)
    simulator = Simulator(box_room(), settings, START)
    simulator.set_velocity(0.3, 0.2)
    simulator.advance(0.5)
    view = simulator.look()
    simulator.close()
    rays = view.camera.pixel_rays()[-1]
    points = transform_points(view.base_from_camera, rays * view.true_depth_m[-1, :, None])
    assert np.abs(points[:, 2]).max() < 1e-3


def test_a_file_of_sizes_makes_another_robot(tmp_path: Path) -> None:
    text = resources.files('vlm_nav.sim.robot').joinpath('robot.yaml').read_text(encoding='utf-8')
    (tmp_path / 'robot.yaml').write_text(text.replace('tilt_rad: 0.5236', 'tilt_rad: 0.3'))
    sizes = sizes_of_file(tmp_path / 'robot.yaml')
    assert sizes.head.tilt_rad == 0.3
    assert sizes.base == SIZES.base


@pytest.mark.parametrize(
    ('text', 'said'),
    [
        ('base: {}', r'base\.radius_m'),
        ('- 1', 'RobotSizes'),
        ('{', 'while parsing'),
        ('base: {radius: 1}', r'base\.radius\b'),
        ('arm: {lift_range_m: [1.0, 0.2]}', 'a range goes from less to more, got 1.0 to 0.2'),
    ],
)
def test_a_file_of_no_sizes_is_refused_with_what_is_wrong(
    tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / 'robot.yaml').write_text(text)
    with pytest.raises(InvalidValueError, match=f'(?s)sizes of a robot.*{said}'):
        sizes_of_file(tmp_path / 'robot.yaml')


def test_a_missing_file_of_sizes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidValueError, match=r'none\.yaml'):
        sizes_of_file(tmp_path / 'none.yaml')


def test_a_robot_of_impossible_sizes_is_refused() -> None:
    base = SIZES.base.model_copy(update={'high_m': 0.02})
    sizes = SIZES.model_copy(update={'base': base})
    with pytest.raises(SimulatorError, match='MuJoCo cannot build the house and its robot'):
        Simulator(box_room(), SimulatorSettings(160, 120, robot=sizes), START)

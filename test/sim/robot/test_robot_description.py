"""The arm's description says of its joints what the simulator does with them."""

import numpy as np
import pytest

pytest.importorskip('mujoco')
pytest.importorskip('pinocchio')

from box_room import box_room

from vlm_nav.geometry.poses import FloorPose
from vlm_nav.manipulation.joint_solving import JointSolver
from vlm_nav.sim.robot.robot_description import (
    ARM_JOINTS,
    BASE_LINK,
    TIP_LINK,
    arm_pose_of,
    joint_positions,
    robot_description,
)
from vlm_nav.sim.robot.robot_sizes import ArmPose, default_sizes
from vlm_nav.sim.simulator import Simulator
from vlm_nav.sim.simulator_settings import SimulatorSettings

SIZES = default_sizes()


def solver() -> JointSolver:
    return JointSolver(robot_description(SIZES), BASE_LINK, TIP_LINK)


def test_the_description_puts_the_finger_tips_where_the_simulator_has_them() -> None:
    described = solver()
    assert described.joint_names == ARM_JOINTS
    settings = SimulatorSettings(160, 120, depth_noise=None)
    simulator = Simulator(box_room(), settings, FloorPose(1.2, 0.0, 0.4))
    grasp_from_tips = np.eye(4)
    grasp_from_tips[0, 3] = 0.25 * SIZES.arm.finger_m
    for wanted in (
        ArmPose(lift_m=0.9, shoulder_rad=0.4, telescope_m=0.3, wrist_rad=0.5),
        ArmPose(lift_m=0.5, shoulder_rad=-1.0, telescope_m=0.6, wrist_rad=1.4,
                wrist_yaw_rad=0.9, wrist_roll_rad=-2.0),
    ):  # fmt: skip
        simulator.set_arm(wanted)
        simulator.advance(3.0)
        joints = described.joints_from(joint_positions(simulator.arm(), 0.0))
        assert joints is not None
        tips = simulator.base_from_grasp() @ grasp_from_tips
        assert described.tip_at(joints) == pytest.approx(tips, abs=1e-3)
    simulator.close()


def test_the_arm_reaches_before_it_from_above_with_any_turn_of_its_gripper() -> None:
    described = solver()
    start = described.joints_from(joint_positions(SIZES.arm.tucked, 0.0))
    for turn_rad in np.linspace(-1.5, 1.5, 7):
        cosine, sine = np.cos(turn_rad), np.sin(turn_rad)
        down = np.eye(4)
        down[:3, :3] = np.array([[0, -sine, cosine], [0, cosine, sine], [-1, 0, 0]])
        down[:3, 3] = (0.5, 0.1, 0.8)
        joints = described.solve(down, start)
        assert joints is not None
        assert described.tip_at(joints) == pytest.approx(down, abs=6e-3)


def test_positions_by_name_are_the_pose_of_the_arm() -> None:
    assert arm_pose_of(joint_positions(SIZES.arm.tucked, 0.02)) == SIZES.arm.tucked

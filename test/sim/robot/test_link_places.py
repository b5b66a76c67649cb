"""Where links are, is where the description's own arithmetic has them."""

import numpy as np
import pytest

pytest.importorskip('mujoco')
pytest.importorskip('pinocchio')

from vlm_nav.manipulation.joint_solving import JointSolver
from vlm_nav.sim.robot.link_places import link_places
from vlm_nav.sim.robot.robot_description import (
    BASE_LINK,
    TIP_LINK,
    joint_positions,
    robot_description,
)
from vlm_nav.sim.robot.robot_sizes import ArmPose, default_sizes


def test_links_one_after_the_other_lead_to_the_finger_tips() -> None:
    urdf = robot_description(default_sizes())
    pose = ArmPose(lift_m=0.9, shoulder_rad=0.4, telescope_m=0.3, wrist_rad=0.5,
                   wrist_yaw_rad=-0.7, wrist_roll_rad=1.1)  # fmt: skip
    positions = joint_positions(pose, 0.05)
    placed = {one.child: one for one in link_places(urdf, positions)}
    at, base_from_tips = TIP_LINK, np.eye(4)
    while at != BASE_LINK:
        base_from_tips = placed[at].parent_from_child @ base_from_tips
        at = placed[at].parent
    solver = JointSolver(urdf, BASE_LINK, TIP_LINK)
    joints = solver.joints_from(positions)
    assert joints is not None
    assert base_from_tips == pytest.approx(solver.tip_at(joints), abs=1e-9)
    fingers = [placed[f'robot_{side}_finger_link'].parent_from_child for side in ('left', 'right')]
    assert fingers[0][1, 3] - fingers[1][1, 3] == pytest.approx(0.05 + 0.012)

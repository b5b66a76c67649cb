"""What is believed of what robots tell of their arms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip('rclpy')
pytest.importorskip('pinocchio')

from arm_urdf import JOINTS, arm_urdf
from rclpy.time import Time
from sensor_msgs.msg import JointState
from std_msgs.msg import String

from vlm_nav.messages.stamps import NS_IN_S
from vlm_nav.ros.arm_topics import ArmTopics

pytestmark = pytest.mark.ros


@pytest.fixture
def warned() -> list[str]:
    return []


@pytest.fixture
def topics(spun: Callable[..., Any], warned: list[str]) -> ArmTopics:
    node = spun('hand', namespace='/arm_topics')
    return ArmTopics(node, 'base_link', 'tool', 1.0, warned.append)


NO_ARMS = {
    'no_xml': 'garbage',
    'another_robot': '<robot name="other"><link name="base_link"/></robot>',
    'limits_the_wrong_way': arm_urdf().replace('lower="-', 'lower="9'),
    'too_long': ' ' * 5_000_001,
}


@pytest.mark.parametrize('name', NO_ARMS)
def test_a_description_of_no_use_is_warned_of_and_a_good_one_taken_after_it(
    topics: ArmTopics, warned: list[str], name: str
) -> None:
    topics._take_urdf(String(data=NO_ARMS[name]))
    assert (topics.solver, len(warned)) == (None, 1)
    topics._take_urdf(String(data=arm_urdf()))
    assert topics.solver is not None


@pytest.mark.parametrize(('age_s', 'believed'), [(0.0, True), (60.0, False), (-60.0, False)])
def test_angles_are_believed_that_are_of_now(
    topics: ArmTopics, age_s: float, believed: bool
) -> None:
    topics._take_urdf(String(data=arm_urdf()))
    solver = topics.solver
    assert solver is not None
    now_ns = topics._node.get_clock().now().nanoseconds
    angles = JointState(name=list(JOINTS), position=[0.1] * len(JOINTS))
    angles.header.stamp = Time(nanoseconds=now_ns - round(age_s * NS_IN_S)).to_msg()
    topics._take_joints(angles)
    # What is no number leaves what was told before.
    nothing = JointState(name=['elbow'], position=[float('nan')], header=angles.header)
    topics._take_joints(nothing)
    joints = topics.joints_now(solver)
    assert (joints is not None) is believed
    assert joints is None or joints == pytest.approx(np.full(len(JOINTS), 0.1))

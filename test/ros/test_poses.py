"""Poses on the floor as messages, and back."""

import math

import pytest

from vlm_nav.core.decision import Waypoint
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.messages.poses import floor_pose_from

pytest.importorskip('rclpy')

from vlm_nav.ros.poses import header_at, pose_stamped

pytestmark = pytest.mark.ros


@pytest.mark.parametrize('yaw_rad', [0.0, 2.5, -2.5, math.pi, -3.0, 7.0, -100.0])
def test_a_waypoint_is_a_pose_turned_about_z_alone_and_comes_back(yaw_rad: float) -> None:
    pose = pose_stamped(Waypoint('map', 0, -3.5, 4.25, yaw_rad)).pose
    assert (pose.position.x, pose.position.y, pose.position.z) == (-3.5, 4.25, 0.0)
    turn = pose.orientation
    assert (turn.x, turn.y) == (0.0, 0.0)
    assert math.hypot(turn.z, turn.w) == pytest.approx(1.0)
    back = floor_pose_from(pose)
    assert math.remainder(back.yaw_rad - yaw_rad, math.tau) == pytest.approx(0.0)
    assert back == FloorPose(-3.5, 4.25, back.yaw_rad)
    assert abs(back.yaw_rad) <= math.pi


def test_whole_metres_are_sent_as_the_numbers_that_messages_want() -> None:
    assert pose_stamped(Waypoint('map', 0, 1, 2, 0)).pose.position.y == 2.0


def test_a_stamp_keeps_its_nanoseconds() -> None:
    stamp = header_at('map', 1_700_000_000_999_999_999).stamp
    assert (stamp.sec, stamp.nanosec) == (1_700_000_000, 999_999_999)

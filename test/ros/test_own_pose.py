"""Where the robot is now, and when nobody knows."""

from __future__ import annotations

import pytest

from vlm_nav.geometry.poses import FloorPose, transform_from_floor_pose

pytest.importorskip('rclpy')

from vlm_nav.ros.own_pose import own_pose
from vlm_nav.ros.transforms import StampedTransform

pytestmark = pytest.mark.ros

NOW_NS = 1_700_000_000_000_000_000
HERE = FloorPose(1.0, -2.0, 0.5)


class Transforms:
    """A double of transforms, which knows one."""

    def __init__(self, stamp_ns: int | None) -> None:
        self.stamp_ns = stamp_ns

    def newest(self, to_frame: str, from_frame: str) -> StampedTransform | None:
        assert (to_frame, from_frame) == ('map', 'base')
        if self.stamp_ns is None:
            return None
        return StampedTransform(self.stamp_ns, transform_from_floor_pose(HERE))


def pose_at(stamp_ns: int | None) -> FloorPose | None:
    """Return the own pose where tf knows it for a stamp, or not at all."""
    return own_pose(Transforms(stamp_ns), lambda: NOW_NS, 'base', 'map')


@pytest.mark.parametrize('stamp_ns', [NOW_NS, NOW_NS - 900_000_000, NOW_NS + 50_000_000, 0])
def test_a_young_pose_is_where_the_robot_is_and_a_static_one_has_no_age(stamp_ns: int) -> None:
    found = pose_at(stamp_ns)
    assert found is not None
    assert (found.x_m, found.y_m, found.yaw_rad) == pytest.approx((1.0, -2.0, 0.5))


@pytest.mark.parametrize('stamp_ns', [None, NOW_NS - 1_100_000_000])
def test_a_robot_whose_transforms_stopped_is_nowhere(stamp_ns: int | None) -> None:
    assert pose_at(stamp_ns) is None

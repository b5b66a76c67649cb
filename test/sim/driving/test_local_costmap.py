"""The costmap around the robot rolls along by whole cells, with the axes of odom."""

import math

import numpy as np
import pytest

pytest.importorskip('skimage')

from small_house import two_rooms

from vlm_nav.geometry.poses import FloorPose, transform_from_floor_pose, transform_points
from vlm_nav.observation.costmap import may_stand
from vlm_nav.sim.driving.house_costmap import house_costmap
from vlm_nav.sim.driving.local_costmap import local_costmap

COSTMAP = house_costmap(two_rooms())
ODOM = FloorPose(3.0, 1.0, 0.7)


@pytest.mark.parametrize('map_from_odom', [FloorPose(0.0, 0.0, 0.0), ODOM])
def test_its_values_are_those_of_the_map_at_the_same_places(map_from_odom: FloorPose) -> None:
    odom_from_base = FloorPose(0.52, 0.31, 1.0)
    local = local_costmap(COSTMAP, map_from_odom, odom_from_base, 7)
    assert (local.frame_id, local.stamp_ns, local.values.shape) == ('odom', 7, (60, 60))
    middles = np.array([(0.525 + 0.05 * column, 0.325, 0.0) for column in range(-25, 25)])
    in_map = transform_points(transform_from_floor_pose(map_from_odom), middles)[:, :2]
    assert (local.values_at(middles[:, :2]) == COSTMAP.values_at(in_map)).all()


def test_the_robot_is_in_its_middle_and_its_corner_on_whole_cells() -> None:
    for step in range(20):
        at = FloorPose(1.0 + 0.013 * step, -0.4 * step, 0.3 * step)
        origin = local_costmap(COSTMAP, ODOM, at, 0).origin
        assert origin.yaw_rad == 0.0
        assert 0.0 <= at.x_m - 1.5 - origin.x_m < 0.0501
        assert 0.0 <= at.y_m - 1.5 - origin.y_m < 0.0501
        assert math.remainder(origin.x_m, 0.05) == pytest.approx(0.0, abs=1e-9)


def test_beyond_the_map_it_is_unknown() -> None:
    local = local_costmap(COSTMAP, FloorPose(0.0, 0.0, 0.0), FloorPose(-50.0, 0.0, 0.0), 0)
    assert not may_stand(local.values).any()
    assert set(local.values.flat) == {-1}

"""OccupancyGrid messages as costmaps."""

from __future__ import annotations

import array
import math
from typing import Any

import numpy as np
import pytest

pytest.importorskip('rclpy')

from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point, Pose, Quaternion
from nav_msgs.msg import MapMetaData, OccupancyGrid
from std_msgs.msg import Header

from vlm_nav.geometry.errors import PoseError
from vlm_nav.messages.costmaps import costmap_from_message
from vlm_nav.observation.costmap import CostmapError

pytestmark = pytest.mark.ros


def grid(values: Any, *, yaw_rad: float = 0.0, **info: Any) -> OccupancyGrid:
    """Return a grid of cells of 0.5 m whose first corner lies at (1, 2)."""
    cells = np.asarray(values, dtype=np.int8)
    turn = Quaternion(z=math.sin(yaw_rad / 2.0), w=math.cos(yaw_rad / 2.0))
    origin = Pose(position=Point(x=1.0, y=2.0), orientation=turn)
    size = {'width': cells.shape[1], 'height': cells.shape[0], 'resolution': 0.5}
    return OccupancyGrid(
        header=Header(frame_id='odom', stamp=Time(sec=7, nanosec=9)),
        info=MapMetaData(**{**size, **info}, origin=origin),
        data=array.array('b', cells.ravel().tolist()),
    )


def test_cells_lie_where_the_origin_and_the_resolution_say() -> None:
    costmap = costmap_from_message(grid([[0, 99, -1], [10, 20, 100]]))
    assert (costmap.frame_id, costmap.stamp_ns) == ('odom', 7_000_000_009)
    assert costmap.resolution_m == 0.5
    for value, place in {0: (1.1, 2.1), 99: (1.6, 2.1), -1: (2.2, 2.4), 100: (2.4, 2.9)}.items():
        assert costmap.values_at(place) == value
    assert not costmap.contains((0.9, 2.1))
    assert costmap.contains((2.49, 2.99))


def test_a_turned_origin_turns_the_cells() -> None:
    costmap = costmap_from_message(grid([[0, 99]], yaw_rad=math.pi / 2.0))
    assert costmap.values_at((0.75, 2.25)) == 0
    assert costmap.values_at((0.75, 2.75)) == 99


def test_the_values_are_not_copied() -> None:
    message = grid([[0, 1]])
    costmap = costmap_from_message(message)
    message.data[1] = 42
    assert costmap.values.tolist() == [[0, 42]]


@pytest.mark.parametrize(
    'info', [{'width': 3}, {'height': 0}, {'resolution': 0.0}, {'resolution': math.nan}]
)
def test_a_grid_whose_numbers_do_not_match_is_refused(info: dict[str, Any]) -> None:
    with pytest.raises(CostmapError):
        costmap_from_message(grid([[0, 1], [2, 3]], **info))


def test_an_empty_grid_is_refused() -> None:
    with pytest.raises(CostmapError):
        costmap_from_message(OccupancyGrid())


def test_an_origin_that_is_no_pose_is_refused() -> None:
    message = grid([[0, 1]])
    message.info.origin.orientation.w = 0.0
    with pytest.raises(PoseError):
        costmap_from_message(message)

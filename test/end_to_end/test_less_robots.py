"""Robots that have less: no map but odometry, or no depth but the floor's plane and a costmap."""

from __future__ import annotations

import array
from pathlib import Path
from typing import Any

import pytest
from sensor_data import kitchen_frame

from end_to_end.chain import Chain, running_chain
from end_to_end.checks import GOAL_ERROR_M, TARGETS, check_held, decide, distance_m, floor_point
from end_to_end.processes import Line
from vlm_nav.core.candidate import Pixel
from vlm_nav.geometry.poses import inverse, transform_points

pytestmark = [pytest.mark.ros, pytest.mark.data]

ON_THE_PLANE_M = 0.2
FRAME = 72


class Costmap:
    """Publishes a latched costmap of one value, 4 m wide, around a place of a frame."""

    def __init__(self, node: Any, topic: str, frame_id: str, x_m: float, y_m: float) -> None:
        from nav_msgs.msg import OccupancyGrid

        from vlm_nav.ros.qos import LATCHED

        self._node, self._frame_id, self._type = node, frame_id, OccupancyGrid
        self._corner = (x_m - 2.0, y_m - 2.0)
        self._publisher = node.create_publisher(OccupancyGrid, topic, LATCHED)

    def show(self, value: int) -> None:
        """Publish the costmap with this value everywhere, at the present time."""
        grid = self._type()
        grid.header.frame_id = self._frame_id
        grid.header.stamp = self._node.get_clock().now().to_msg()
        grid.info.resolution, grid.info.width, grid.info.height = 0.05, 80, 80
        grid.info.origin.position.x, grid.info.origin.position.y = self._corner
        grid.data = array.array('b', [value]) * (80 * 80)
        self._publisher.publish(grid)

    def close(self) -> None:
        """Take it back."""
        self._node.destroy_publisher(self._publisher)


def driven(chain: Chain, target: Pixel, instruction: str) -> Line:
    """Give an instruction until a costmap has come, and return the goal that is accepted."""
    before = len(chain.base.told.lines)
    for _ in range(20):
        decision, _ = decide(chain, FRAME, target, instruction)
        if decision['outcome'] == 'goal':
            break
    assert decision['outcome'] == 'goal', decision
    return chain.base.told.wait(lambda line: line.get('event') == 'accepted', before)


def test_a_robot_without_a_map_drives_in_the_frame_of_its_odometry(
    human_node: Any, tmp_path: Path
) -> None:
    # In the recording the odometry begins where the base stands in the first picture.
    odom_from_map = inverse(kitchen_frame(0).map_from_base)
    x_m, y_m, _ = (odom_from_map @ kitchen_frame(FRAME).map_from_base)[:3, 3].tolist()
    costmap = Costmap(human_node, 'local_costmap/costmap', 'odom', x_m, y_m)
    costmap.show(0)
    options = {'map_frame': 'odom', 'costmap_maximum_age_s': 0.0}
    with running_chain(
        human_node,
        tmp_path,
        speed_m_s=20.0,
        parameters=options,
        player_options=['--without-map'],
    ) as chain:
        chain.play(FRAME)
        for target in TARGETS[FRAME]:
            goal = driven(chain, target, f'without a map: {target}')
            on_map = (*floor_point(FRAME, target), kitchen_frame(FRAME).map_from_base[2, 3])
            x_m, y_m, _ = transform_points(odom_from_map, on_map)
            assert goal['frame_id'] == 'odom'
            assert distance_m(goal, (float(x_m), float(y_m))) < GOAL_ERROR_M
    costmap.close()


def test_a_robot_without_depth_drives_on_the_plane_of_the_floor_by_a_costmap(
    human_node: Any, tmp_path: Path
) -> None:
    options = {'depth_transport': 'none', 'costmap_maximum_age_s': 0.0}
    with running_chain(human_node, tmp_path, speed_m_s=0.0, parameters=options) as chain:
        chain.play(FRAME)
        check_held(chain, 'go by the picture alone', 'no_valid_costmap')
        x_m, y_m, _ = kitchen_frame(FRAME).map_from_base[:3, 3].tolist()
        costmap = Costmap(human_node, 'local_costmap/costmap', 'map', x_m, y_m)
        costmap.show(0)
        for target in TARGETS[FRAME]:
            goal = driven(chain, target, f'without depth: {target}')
            assert distance_m(goal, floor_point(FRAME, target)) < ON_THE_PLANE_M
        # While it drives, the costmap comes to call the goal occupied.
        costmap.show(100)
        chain.base.told.wait(
            lambda line: line.get('goal_id') == goal['goal_id'] and line['event'] == 'canceled'
        )
        outcome = chain.human.outcomes.wait(lambda line: str(target) in line['instruction'])
        assert outcome['reason'] == 'way_blocked'
        costmap.close()

"""The map of a house, as Nav2's map server gives it: once, and to whoever comes later."""

from __future__ import annotations

from nav_msgs.msg import OccupancyGrid
from rclpy.node import Node

from vlm_nav.ros.grids import grid_message
from vlm_nav.ros.qos import LATCHED
from vlm_nav.sim.driving.occupancy import house_occupancy
from vlm_nav.sim.house.house_plan import HousePlan


class MapOutput:
    """Publishes `map`: 0, 100 and -1, in the frame map."""

    def __init__(self, node: Node, plan: HousePlan) -> None:
        """Make the publisher; nothing is published before `tell`."""
        self._publisher = node.create_publisher(OccupancyGrid, 'map', LATCHED)
        self._grid = house_occupancy(plan)

    def tell(self, stamp_ns: int) -> None:
        """Publish the map."""
        self._publisher.publish(grid_message(self._grid, stamp_ns))

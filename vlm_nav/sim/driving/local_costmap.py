"""The costmap around the robot that Nav2 rolls along with it, cut out of the global one."""

from __future__ import annotations

import math

import numpy as np

from vlm_nav.geometry.poses import FloorPose, transform_from_floor_pose, transform_points
from vlm_nav.observation.costmap import Costmap

SIDE_M = 3.0


def local_costmap(
    costmap: Costmap,
    map_from_odom: FloorPose,
    odom_from_base: FloorPose,
    stamp_ns: int,
    frame_id: str = 'odom',
    side_m: float = SIDE_M,
) -> Costmap:
    """Return a square of `side_m` around the robot, with the axes of odom.

    Its corner moves with the robot by whole cells.
    """
    cell_m = costmap.resolution_m
    cells = round(side_m / cell_m)
    corner_x_m, corner_y_m = (
        math.floor((middle_m - side_m / 2.0) / cell_m) * cell_m
        for middle_m in (odom_from_base.x_m, odom_from_base.y_m)
    )
    along_m = (np.arange(cells) + 0.5) * cell_m
    x_m, y_m = np.meshgrid(corner_x_m + along_m, corner_y_m + along_m)
    in_odom = np.stack([x_m, y_m, np.zeros_like(x_m)], axis=-1)
    in_map = transform_points(transform_from_floor_pose(map_from_odom), in_odom)
    values = costmap.values_at(in_map[..., :2])
    origin = FloorPose(corner_x_m, corner_y_m, 0.0)
    return Costmap(values, cell_m, origin, frame_id, stamp_ns)

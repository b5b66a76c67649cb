"""Costmaps and paths as messages."""

from __future__ import annotations

import array
import math

import numpy as np
from geometry_msgs.msg import Point, Pose, PoseStamped, Quaternion
from nav_msgs.msg import MapMetaData, OccupancyGrid, Path

from vlm_nav.core.decision import Waypoint
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.observation.costmap import Costmap
from vlm_nav.ros.poses import header_at, pose_of
from vlm_nav.ros.stamps import time_at


def grid_message(costmap: Costmap, stamp_ns: int) -> OccupancyGrid:
    """Return a costmap as Nav2 publishes it: row by row from the origin's corner."""
    rows, columns = costmap.values.shape
    origin = costmap.origin
    half_rad = origin.yaw_rad / 2.0
    info = MapMetaData(
        map_load_time=time_at(stamp_ns),
        resolution=costmap.resolution_m,
        width=columns,
        height=rows,
        origin=Pose(
            position=Point(x=origin.x_m, y=origin.y_m),
            orientation=Quaternion(z=math.sin(half_rad), w=math.cos(half_rad)),
        ),
    )
    message = OccupancyGrid(header=header_at(costmap.frame_id, stamp_ns), info=info)
    # Set as an array, it is not checked number by number.
    message.data = array.array('b', np.ascontiguousarray(costmap.values).tobytes())
    return message


def path_message(path: FloatArray, frame_id: str, stamp_ns: int) -> Path:
    """Return places (n, 2) as Nav2's plan: each pose looks along the path."""
    header = header_at(frame_id, stamp_ns)
    steps = np.diff(path, axis=0, append=path[-1:])
    steps[-1] = steps[-2]
    yaw_rad = np.arctan2(steps[:, 1], steps[:, 0])
    poses = [
        PoseStamped(
            header=header,
            pose=pose_of(Waypoint(frame_id, stamp_ns, float(x_m), float(y_m), float(yaw))),
        )
        for (x_m, y_m), yaw in zip(path, yaw_rad, strict=True)
    ]
    return Path(header=header, poses=poses)

"""nav_msgs/OccupancyGrid to the costmap that the rooms below read."""

from __future__ import annotations

from typing import Any

import numpy as np

from vlm_nav.geometry.poses import floor_pose_of
from vlm_nav.messages.poses import transform_at
from vlm_nav.messages.stamps import stamp_ns_of
from vlm_nav.observation.costmap import Costmap, CostmapError


def costmap_from_message(message: Any) -> Costmap:
    """Return the grid of a nav_msgs/OccupancyGrid without copying it.

    Raises CostmapError where data and size do not match, PoseError for an origin that is none.
    """
    info = message.info
    values = np.frombuffer(message.data, dtype=np.int8)
    if values.size != info.width * info.height:
        raise CostmapError(
            f'{info.width} x {info.height} cells were wanted, got {values.size} values'
        )
    origin = transform_at(info.origin.position, info.origin.orientation)
    return Costmap(
        values=values.reshape(info.height, info.width),
        resolution_m=info.resolution,
        origin=floor_pose_of(origin),
        frame_id=message.header.frame_id,
        stamp_ns=stamp_ns_of(message.header.stamp),
    )

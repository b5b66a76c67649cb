"""Poses in messages as poses on the floor."""

from __future__ import annotations

import math
from typing import Any

from vlm_nav.geometry.poses import FloorPose


def floor_pose_from(pose: Any) -> FloorPose:
    """Return a geometry_msgs/Pose on the floor; its rotation is taken as one about z.

    What is not finite in the message is not finite in the pose.
    """
    yaw_rad = 2.0 * math.atan2(pose.orientation.z, pose.orientation.w)
    return FloorPose(pose.position.x, pose.position.y, math.remainder(yaw_rad, math.tau))

"""Poses and transforms in messages, as arrays and as poses on the floor."""

from __future__ import annotations

import math
from typing import Any

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.errors import PoseError
from vlm_nav.geometry.poses import FloorPose, transform_from, wxyz_from_xyzw
from vlm_nav.messages.stamps import stamp_ns_of
from vlm_nav.messages.transform_history import StampedPose


def floor_pose_from(pose: Any) -> FloorPose:
    """Return a geometry_msgs/Pose on the floor; its rotation is taken as one about z.

    What is not finite in the message is not finite in the pose.
    """
    yaw_rad = 2.0 * math.atan2(pose.orientation.z, pose.orientation.w)
    return FloorPose(pose.position.x, pose.position.y, math.remainder(yaw_rad, math.tau))


def transform_at(place: Any, turn: Any) -> FloatArray:
    """Return the (4, 4) of a place (x, y, z) and a quaternion, the parts of Pose and Transform.

    Raises PoseError where they are no rigid transform.
    """
    return transform_from(
        (place.x, place.y, place.z), wxyz_from_xyzw((turn.x, turn.y, turn.z, turn.w))
    )


def link_of(message: Any) -> tuple[str, StampedPose] | None:
    """Return the child frame of a TransformStamped and its pose, without tf1's leading slashes.

    None where the message cannot be used: no rigid transform, or no two names.
    """
    parent = message.header.frame_id.lstrip('/')
    child = message.child_frame_id.lstrip('/')
    try:
        parent_from_child = transform_at(message.transform.translation, message.transform.rotation)
    except PoseError:
        return None
    if not parent or not child or child == parent:
        return None
    return child, StampedPose(stamp_ns_of(message.header.stamp), parent, parent_from_child)

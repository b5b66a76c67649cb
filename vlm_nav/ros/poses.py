"""Poses as messages."""

from __future__ import annotations

import math

from geometry_msgs.msg import Point, Pose, PoseStamped, Quaternion
from std_msgs.msg import Header

from vlm_nav.core.decision import Waypoint
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import quaternion_of, xyzw_from_wxyz
from vlm_nav.ros.stamps import time_at


def header_at(frame_id: str, stamp_ns: int) -> Header:
    """Return the header with a frame and a stamp."""
    return Header(frame_id=frame_id, stamp=time_at(stamp_ns))


def pose_of(waypoint: Waypoint) -> Pose:
    """Return the waypoint as a pose on the floor of its frame, turned about z alone."""
    half_rad = waypoint.yaw_rad / 2.0
    return Pose(
        position=Point(x=float(waypoint.x_m), y=float(waypoint.y_m)),
        orientation=Quaternion(z=math.sin(half_rad), w=math.cos(half_rad)),
    )


def pose_stamped(waypoint: Waypoint) -> PoseStamped:
    """Return the waypoint as the message that goals are sent and shown with."""
    header = header_at(waypoint.frame_id, waypoint.stamp_ns)
    return PoseStamped(header=header, pose=pose_of(waypoint))


def pose_message(to_from: FloatArray) -> Pose:
    """Return a transform (4, 4) as a pose."""
    x_m, y_m, z_m = to_from[:3, 3].tolist()
    x, y, z, w = xyzw_from_wxyz(quaternion_of(to_from).tolist())
    return Pose(position=Point(x=x_m, y=y_m, z=z_m), orientation=Quaternion(x=x, y=y, z=z, w=w))

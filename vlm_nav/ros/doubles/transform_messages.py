"""Transforms as messages, for the doubles that publish tf."""

from __future__ import annotations

from geometry_msgs.msg import Quaternion, Transform, TransformStamped, Vector3
from std_msgs.msg import Header

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import quaternion_of, xyzw_from_wxyz
from vlm_nav.ros.stamps import time_at


def transform_stamped(
    parent: str, child: str, parent_from_child: FloatArray, stamp_ns: int
) -> TransformStamped:
    """Return the message that places frame `child` in frame `parent`."""
    x_m, y_m, z_m = (float(value) for value in parent_from_child[:3, 3])
    x, y, z, w = xyzw_from_wxyz([float(value) for value in quaternion_of(parent_from_child)])
    return TransformStamped(
        header=Header(stamp=time_at(stamp_ns), frame_id=parent),
        child_frame_id=child,
        transform=Transform(
            translation=Vector3(x=x_m, y=y_m, z=z_m), rotation=Quaternion(x=x, y=y, z=z, w=w)
        ),
    )

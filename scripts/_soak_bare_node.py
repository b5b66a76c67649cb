"""A node that hears what the navigator hears and does nothing with it: what DDS alone costs."""

from __future__ import annotations

import sys

from nav_msgs.msg import OccupancyGrid
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image
from tf2_msgs.msg import TFMessage

from vlm_nav.ros.doubles.serving import serve
from vlm_nav.ros.qos import LATCHED, SENSOR, TF, TF_STATIC

HEARD = (
    (Image, 'camera/color/image_raw', SENSOR),
    (CameraInfo, 'camera/color/camera_info', SENSOR),
    (Image, 'camera/depth/image_raw', SENSOR),
    (CameraInfo, 'camera/depth/camera_info', SENSOR),
    (OccupancyGrid, 'global_costmap/costmap', LATCHED),
    (OccupancyGrid, 'local_costmap/costmap', LATCHED),
    (TFMessage, '/tf', TF),
    (TFMessage, '/tf_static', TF_STATIC),
)


def bare_node() -> Node:
    """Return the node, its callbacks empty."""
    node = Node('bare')
    for message_type, topic, qos in HEARD:
        node.create_subscription(message_type, topic, lambda message: None, qos)
    return node


if __name__ == '__main__':
    sys.exit(serve(bare_node, 'bare'))

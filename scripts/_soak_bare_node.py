"""A node that hears what the navigator hears and does nothing with it: what DDS alone costs."""

from __future__ import annotations

import signal
import sys
import threading

import rclpy
from nav_msgs.msg import OccupancyGrid
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import CameraInfo, Image
from tf2_msgs.msg import TFMessage

from vlm_nav.ros.qos import LATCHED, SENSOR, TF, TF_STATIC

_SPIN_S = 0.05
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


def main() -> int:
    """Hear until SIGINT or SIGTERM."""
    stopping = threading.Event()
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    node = Node('bare')
    for message_type, topic, qos in HEARD:
        node.create_subscription(message_type, topic, lambda message: None, qos)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    while not stopping.is_set():
        executor.spin_once(timeout_sec=_SPIN_S)
    executor.shutdown()
    node.destroy_node()
    rclpy.shutdown()
    return 0


if __name__ == '__main__':
    sys.exit(main())

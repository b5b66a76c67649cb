"""A node that publishes what an RGB-D camera on a robot sees in the room that is drawn.

`python -m vlm_nav.ros.doubles.drawn_room_camera`. The robot stands still; colour, depth and
their calibrations come at `rate_hz`, tf at 20 Hz. Started again with another `camera` and
`left_rad` it is a second camera of the same robot. No camera and no simulator is behind it.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.geometry.poses import FloorPose, inverse, transform_from_floor_pose
from vlm_nav.navigation.parameters import Parameter, problems
from vlm_nav.ros.camera_messages import DEPTH_ENCODINGS, camera_info, depth_image
from vlm_nav.ros.doubles.serving import serve
from vlm_nav.ros.doubles.transform_messages import transform_stamped
from vlm_nav.ros.images import image_from_rgb
from vlm_nav.ros.parameters import declare, read
from vlm_nav.ros.qos import OUTPUT, TF, TF_STATIC
from vlm_nav.ros.stamps import time_at
from vlm_nav.sim.drawn.drawn_room import (
    CAMERA,
    ROBOT_POSE,
    base_from_mounted_camera,
    furnished_room,
)

_LARGEST_RAD = 3.2
DRAWN_ROOM_PARAMETERS: tuple[Parameter, ...] = (
    Parameter('rate_hz', 5.0, 'pictures a second', 0.1, 30.0),
    Parameter('depth_encoding', '16UC1', 'how depth is coded', one_of=DEPTH_ENCODINGS),
    Parameter('camera', 'camera', 'first part of topics and frame'),
    Parameter(
        'left_rad', 0.0, 'how far to the left the camera looks', -_LARGEST_RAD, _LARGEST_RAD
    ),
    Parameter(
        'robot_yaw_rad',
        ROBOT_POSE.yaw_rad,
        'where the robot looks in the map',
        -_LARGEST_RAD,
        _LARGEST_RAD,
    ),
)

_TF_PERIOD_S = 0.05
# Odometry of a robot that has already driven: far from the identity.
_MAP_FROM_ODOM = transform_from_floor_pose(FloorPose(-0.4, 0.25, 0.3))


class DrawnRoomCamera(Node):
    """The camera and the robot's transforms."""

    def __init__(self, **options: Any) -> None:
        """Draw the room once and begin to publish; InvalidValueError for unfit parameters."""
        super().__init__('drawn_room_camera', **options)
        values = self._declared_values()
        self._camera = values['camera']
        self._camera_frame = f'{self._camera}_color_optical_frame'
        self._base_from_camera = base_from_mounted_camera(left_rad=values['left_rad'])
        self._map_from_base = transform_from_floor_pose(
            replace(ROBOT_POSE, yaw_rad=values['robot_yaw_rad'])
        )
        rgb, depth_m = furnished_room().render(
            CAMERA, self._map_from_base @ self._base_from_camera
        )
        header = Header(frame_id=self._camera_frame)
        self._outputs = [
            (self._publisher(CameraInfo, 'color/camera_info'), camera_info(CAMERA, header)),
            (self._publisher(CameraInfo, 'depth/camera_info'), camera_info(CAMERA, header)),
            (self._publisher(Image, 'color/image_raw'), image_from_rgb(rgb, header)),
            (
                self._publisher(Image, 'depth/image_raw'),
                depth_image(depth_m, values['depth_encoding'], header),
            ),
        ]
        self._tf = self.create_publisher(TFMessage, '/tf', TF)
        self._tf_static = self.create_publisher(TFMessage, '/tf_static', TF_STATIC)
        self._publish_mounting()
        self.create_timer(_TF_PERIOD_S, self._publish_transforms)
        self.create_timer(1.0 / values['rate_hz'], self._publish_pictures)

    def _declared_values(self) -> dict[str, Any]:
        """Declare the parameters and return their values; InvalidValueError for unfit ones."""
        declare(self, DRAWN_ROOM_PARAMETERS)
        values = read(self, DRAWN_ROOM_PARAMETERS)
        wrong = problems(DRAWN_ROOM_PARAMETERS, values)
        if not values['camera'].isidentifier():
            wrong.append(f'camera is a name of letters and digits, got {values["camera"]!r}')
        if wrong:
            raise InvalidValueError('; '.join(wrong))
        return values

    def _publisher(self, kind: type, topic: str) -> Any:
        return self.create_publisher(kind, f'{self._camera}/{topic}', OUTPUT)

    def _publish_mounting(self) -> None:
        stamp_ns = self.get_clock().now().nanoseconds
        mounting = transform_stamped(
            'base_link', self._camera_frame, self._base_from_camera, stamp_ns
        )
        self._tf_static.publish(TFMessage(transforms=[mounting]))

    def _publish_transforms(self) -> None:
        stamp_ns = self.get_clock().now().nanoseconds
        odom_from_base = inverse(_MAP_FROM_ODOM) @ self._map_from_base
        transforms = [
            transform_stamped('map', 'odom', _MAP_FROM_ODOM, stamp_ns),
            transform_stamped('odom', 'base_link', odom_from_base, stamp_ns),
        ]
        self._tf.publish(TFMessage(transforms=transforms))

    def _publish_pictures(self) -> None:
        stamp = time_at(self.get_clock().now().nanoseconds)
        for publisher, message in self._outputs:
            message.header.stamp = stamp
            publisher.publish(message)


def main() -> int:
    """Publish until SIGINT or SIGTERM; return 0, or 2 for parameters that make no sense."""
    return serve(DrawnRoomCamera, 'drawn_room_camera')


if __name__ == '__main__':
    sys.exit(main())

"""What the simulated robot's sensors say, as messages; and the truth, on topics of its own."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from geometry_msgs.msg import PoseStamped, Twist, TwistWithCovariance, Vector3
from nav_msgs.msg import Odometry
from rclpy.node import Node
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image, JointState, LaserScan
from std_msgs.msg import String
from tf2_msgs.msg import TFMessage

from vlm_nav.core.decision import Waypoint
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import FloorPose, inverse, transform_from_floor_pose
from vlm_nav.ros.camera_messages import camera_info, depth_image
from vlm_nav.ros.doubles.transform_messages import transform_stamped
from vlm_nav.ros.images import image_from_rgb
from vlm_nav.ros.poses import header_at, pose_of, pose_stamped
from vlm_nav.ros.qos import LATCHED, OUTPUT, TF, TF_STATIC
from vlm_nav.ros.stamps import time_at
from vlm_nav.sim.house.house_plan import HousePlan
from vlm_nav.sim.robot.link_places import LinkPlace
from vlm_nav.sim.robot.sensors import Scan
from vlm_nav.sim.view import SimulatedView

MAP, ODOM, BASE = 'map', 'odom', 'base_link'
CAMERA, LIDAR = 'camera_color_optical_frame', 'lidar'
TRUTH = 'ground_truth'
"""The first part of the topics that no node of the product may listen to."""


@dataclass(frozen=True)
class Motion:
    """Where the robot is and how fast it moves, at one moment."""

    stamp_ns: int
    map_from_base: FloorPose
    odom_from_base: FloorPose
    forward_m_s: float = 0.0
    turn_rad_s: float = 0.0


class SimulatorOutputs:
    """The publishers of a robot's sensors; names are relative and may be remapped."""

    def __init__(self, node: Node, *, with_clock: bool, depth_encoding: str) -> None:
        """Make the publishers."""
        self._depth_encoding = depth_encoding
        self._clock = node.create_publisher(Clock, '/clock', OUTPUT) if with_clock else None
        self._color = node.create_publisher(Image, 'camera/color/image_raw', OUTPUT)
        self._color_info = node.create_publisher(CameraInfo, 'camera/color/camera_info', OUTPUT)
        self._depth = node.create_publisher(Image, 'camera/depth/image_raw', OUTPUT)
        self._depth_info = node.create_publisher(CameraInfo, 'camera/depth/camera_info', OUTPUT)
        self._scan = node.create_publisher(LaserScan, 'scan', OUTPUT)
        self._odometry = node.create_publisher(Odometry, 'odom', OUTPUT)
        self._joints = node.create_publisher(JointState, 'joint_states', OUTPUT)
        self._tf = node.create_publisher(TFMessage, '/tf', TF)
        self._tf_static = node.create_publisher(TFMessage, '/tf_static', TF_STATIC)
        self._lidar_is_known = False

    def tell_time(self, stamp_ns: int) -> None:
        """Publish what time it is, where somebody is to be told."""
        if self._clock is not None:
            self._clock.publish(Clock(clock=time_at(stamp_ns)))

    def tell_motion(self, motion: Motion, base_from_camera: FloatArray | None = None) -> None:
        """Publish odometry, and where the robot stands as a localisation without errors would.

        With it goes where the head holds the camera, where that is given.
        """
        odom_from_base = transform_from_floor_pose(motion.odom_from_base)
        map_from_odom = transform_from_floor_pose(motion.map_from_base) @ inverse(odom_from_base)
        placed = [(MAP, ODOM, map_from_odom), (ODOM, BASE, odom_from_base)]
        if base_from_camera is not None:
            placed.append((BASE, CAMERA, base_from_camera))
        transforms = [transform_stamped(*one, motion.stamp_ns) for one in placed]
        self._tf.publish(TFMessage(transforms=transforms))
        self._odometry.publish(odometry_message(motion))

    def tell_joints(self, joints: Mapping[str, float], stamp_ns: int) -> None:
        """Publish where joints are, by their names."""
        message = JointState(header=header_at('', stamp_ns))
        message.name, message.position = list(joints), list(map(float, joints.values()))
        self._joints.publish(message)

    def tell_links(self, places: Iterable[LinkPlace], stamp_ns: int) -> None:
        """Publish where links of the robot are, as a robot_state_publisher does."""
        transforms = [
            transform_stamped(one.parent, one.child, one.parent_from_child, stamp_ns)
            for one in places
        ]
        self._tf.publish(TFMessage(transforms=transforms))

    def tell_view(self, view: SimulatedView) -> None:
        """Publish a picture with its depth and their calibration, at the view's stamp."""
        header = header_at(CAMERA, view.stamp_ns)
        info = camera_info(view.camera, header)
        self._color_info.publish(info)
        self._depth_info.publish(info)
        self._depth.publish(depth_image(view.depth_m, self._depth_encoding, header))
        self._color.publish(image_from_rgb(view.rgb, header))

    def tell_scan(self, scan: Scan) -> None:
        """Publish a turn of the lidar."""
        if not self._lidar_is_known:
            mounted = transform_stamped(BASE, LIDAR, scan.base_from_lidar, scan.stamp_ns)
            self._tf_static.publish(TFMessage(transforms=[mounted]))
            self._lidar_is_known = True
        message = LaserScan(
            header=header_at(LIDAR, scan.stamp_ns),
            angle_min=scan.angle_min_rad,
            angle_max=scan.angle_max_rad,
            angle_increment=scan.angle_increment_rad,
            range_min=scan.range_min_m,
            range_max=scan.range_max_m,
        )
        message.ranges = scan.ranges_m.tolist()
        self._scan.publish(message)


def odometry_message(motion: Motion) -> Odometry:
    """Return what the wheels know of a motion."""
    message = Odometry(header=header_at(ODOM, motion.stamp_ns), child_frame_id=BASE)
    message.pose.pose = pose_of(_waypoint(ODOM, motion.odom_from_base, motion.stamp_ns))
    ahead, turning = Vector3(x=motion.forward_m_s), Vector3(z=motion.turn_rad_s)
    message.twist = TwistWithCovariance(twist=Twist(linear=ahead, angular=turning))
    return message


class TruthOutputs:
    """What is true in the simulation, for measurements and for people."""

    def __init__(self, node: Node, plan: HousePlan) -> None:
        """Make the publishers, and tell what stands where."""
        self._pose = node.create_publisher(PoseStamped, f'{TRUTH}/pose', OUTPUT)
        self._things = node.create_publisher(Image, f'{TRUTH}/things', OUTPUT)
        self._touched = node.create_publisher(String, f'{TRUTH}/touched', LATCHED)
        self._plan = node.create_publisher(String, f'{TRUTH}/plan', LATCHED)
        self._plan.publish(String(data=plan_json(plan)))
        self._loose = node.create_publisher(String, f'{TRUTH}/loose', OUTPUT)
        self._told: Sequence[str] | None = None

    def tell_motion(self, motion: Motion) -> None:
        """Publish where the robot truly is."""
        if self._pose.get_subscription_count():
            place = _waypoint(MAP, motion.map_from_base, motion.stamp_ns)
            self._pose.publish(pose_stamped(place))

    def tell_view(self, view: SimulatedView) -> None:
        """Publish which thing each pixel shows: its index in the plan plus one, 0 for none."""
        if self._things.get_subscription_count():
            self._things.publish(things_image(view))

    def tell_touched(self, touched: Sequence[str]) -> None:
        """Publish what the robot touches, when that changes."""
        if touched != self._told:
            self._told = touched
            self._touched.publish(String(data=json.dumps(list(touched))))

    def tell_loose(self, places: Callable[[], dict[str, list[float]]], stamp_ns: int) -> None:
        """Publish where things that can be lifted are on the map, by their identifiers."""
        if self._loose.get_subscription_count():
            told = {'stamp_ns': stamp_ns, 'places_m': places()}
            self._loose.publish(String(data=json.dumps(told)))


def things_image(view: SimulatedView) -> Image:
    """Return which thing each pixel shows as a `16UC1` Image of indices plus one."""
    stored: np.ndarray[Any, Any] = (view.things + 1).astype('<u2')
    height, width = stored.shape
    header = header_at(CAMERA, view.stamp_ns)
    message = Image(header=header, height=height, width=width, encoding='16UC1', step=2 * width)
    message.data = stored.tobytes()
    return message


def plan_json(plan: HousePlan) -> str:
    """Return a house as a JSON object: rooms and things, lengths in metres."""
    rooms = [dataclasses.asdict(room) for room in plan.rooms]
    things = [
        {
            'identifier': thing.identifier,
            'name': thing.name,
            'room': thing.room,
            'on': thing.on,
            'x_m': thing.pose.x_m,
            'y_m': thing.pose.y_m,
            'yaw_rad': thing.pose.yaw_rad,
            'height_m': thing.height_m,
            'size_m': thing.size_m,
        }
        for thing in plan.things
    ]
    told = {'template': plan.template, 'seed': plan.seed, 'rooms': rooms, 'things': things}
    return json.dumps(told)


def _waypoint(frame_id: str, pose: FloorPose, stamp_ns: int) -> Waypoint:
    return Waypoint(frame_id, stamp_ns, pose.x_m, pose.y_m, pose.yaw_rad)

"""What of a robot reaches the navigator: topics, clock, transforms, Nav2, costmaps, and a look."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import numpy as np
import rclpy
from nav_msgs.msg import OccupancyGrid
from rclpy.context import Context
from rclpy.node import Node
from rclpy.parameter import Parameter
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import ObservationReason, Refusal
from vlm_nav.messages.stamps import stamp_ns_of
from vlm_nav.ros.camera_eye import CameraSettings
from vlm_nav.ros.doctor.listening import Heard, Listener
from vlm_nav.ros.doctor.nav2 import Nav2Actions
from vlm_nav.ros.doctor.settings import RobotSettings
from vlm_nav.ros.doctor.topics import Wanted, topic_finding
from vlm_nav.ros.eyes import COSTMAP_TOPICS, RosEyes
from vlm_nav.ros.qos import LATCHED, SENSOR
from vlm_nav.ros.spinning import SpinThread
from vlm_nav.ros.transforms import TransformSource, transform_source
from vlm_nav.vlm.doctor.findings import Finding, State, not_checked, not_ok, ok

_NAME = 'vlm_nav_doctor'
_CLOCK = '/clock'
# A slow simulator's clock comes a few times in this.
_CLOCK_PATIENCE_S, _LOOK_AGAIN_S = 2.0, 0.05
_LOOK_REMEDIES = {
    ObservationReason.NO_TRANSFORM: (
        'check map_frame, base_frame and who publishes /tf; ros2 run tf2_tools view_frames'
    ),
    ObservationReason.STALE_IMAGE: 'see the ages above; raise maximum_age_s',
    ObservationReason.NO_IMAGE: 'see the topics above; slop_s says how far stamps may lie apart',
    ObservationReason.BAD_CALIBRATION: 'calibrate the camera; camera_info belongs to the picture',
    ObservationReason.UNKNOWN_ENCODING: 'have the driver or image_proc convert it',
}


async def examine_robot(settings: RobotSettings) -> AsyncIterator[Finding]:
    """Yield what is found of the robot on this DDS domain, after listening for a few seconds."""
    with _spun_node(settings) as node:
        transforms = transform_source(node)
        nav2 = Nav2Actions(node, settings.require_active)
        listener = Listener(node)
        try:
            cameras = [_camera(node, listener, settings, one) for one in _cameras(settings)]
            costmaps = [_costmap(node, listener, settings, name) for name in COSTMAP_TOPICS]
            await listener.wait(Deadline.after(settings.listen_s))
            yield _ros_finding(node, listener.hears_anything)
            clock = await clock_finding(node, settings)
            yield clock
            for wanted, heard in [*(one for camera in cameras for one in camera), *costmaps]:
                # Where time itself is wrong, ages say nothing.
                aged = wanted if clock.state is State.OK else replace(wanted, oldest_s=None)
                yield topic_finding(node, aged, heard)
        finally:
            listener.close()
        for camera in cameras:
            yield await _transforms_finding(transforms, settings, camera[0][1])
        yield await _look_finding(node, transforms, settings)
        for finding in await nav2.findings():
            yield finding


@contextmanager
def _spun_node(settings: RobotSettings) -> Iterator[Node]:
    """Give a node with the topics of the navigator, spun in a thread until the end."""
    remapped = [('/tf', 'tf'), ('/tf_static', 'tf_static'), *settings.topics.items()]
    arguments = [word for name, topic in remapped for word in ('-r', f'{name}:={topic}')]
    with ExitStack() as ending:
        context = Context()
        # What stands on the command line is not for ROS.
        rclpy.init(args=[], context=context)
        ending.callback(context.try_shutdown)
        node = Node(
            _NAME,
            context=context,
            namespace=settings.namespace or None,
            cli_args=['--ros-args', *arguments],
            use_global_arguments=False,
            parameter_overrides=[Parameter('use_sim_time', value=settings.use_sim_time)],
        )
        ending.callback(node.destroy_node)
        ending.enter_context(SpinThread(node))
        yield node


def _cameras(settings: RobotSettings) -> tuple[CameraSettings, ...]:
    return (settings.eyes.first, *settings.eyes.further)


def _camera(
    node: Node, listener: Listener, settings: RobotSettings, camera: CameraSettings
) -> list[tuple[Wanted, Heard]]:
    """Return a camera's topics, its colour pictures first."""
    image = Image if camera.image_transport == 'raw' else CompressedImage
    depth = Image if camera.depth_transport == 'raw' else CompressedImage
    kinds: list[tuple[str, str, str, type]] = [
        ('image', camera.image, camera.image_transport, image),
        ('camera_info', camera.camera_info, 'raw', CameraInfo),
    ]
    if camera.with_depth:
        kinds.append(('depth', camera.depth, camera.depth_transport, depth))
    first = camera is settings.eyes.first
    found = []
    for kind, topic, transport, message_type in kinds:
        full = node.resolve_topic_name(topic) + ('' if transport == 'raw' else f'/{transport}')
        wanted = Wanted(
            subject=f'{camera.name}: {kind}',
            argument=kind if first else f'{camera.name}.{kind}',
            topic=full,
            message_type=message_type,
            qos=SENSOR,
            words=_picture_words,
            oldest_s=settings.eyes.synchroniser.maximum_age_s,
        )
        found.append((wanted, listener.listen(full, message_type, SENSOR)))
    return found


def _picture_words(message: Image | CompressedImage | CameraInfo) -> str:
    size = f'{message.width} x {message.height}' if hasattr(message, 'width') else ''
    coded = getattr(message, 'encoding', '') or getattr(message, 'format', '')
    return ' '.join(filter(None, (size, coded, f'in {message.header.frame_id!r}')))


def _costmap(
    node: Node, listener: Listener, settings: RobotSettings, name: str
) -> tuple[Wanted, Heard]:
    sight = settings.eyes.sight
    wanted = Wanted(
        subject=name.replace('_', ' '),
        argument=name,
        topic=node.resolve_topic_name(name),
        message_type=OccupancyGrid,
        qos=LATCHED,
        words=_costmap_words,
        required=sight.require_costmap,
        oldest_s=sight.costmap_maximum_age_s or None,
    )
    return wanted, listener.listen(wanted.topic, OccupancyGrid, LATCHED, enough=1)


def _costmap_words(message: OccupancyGrid) -> str:
    info = message.info
    unknown = np.count_nonzero(np.asarray(message.data) < 0) / max(1, len(message.data))
    return (
        f'{info.width} x {info.height} cells of {info.resolution:.3f} m in '
        f'{message.header.frame_id!r}, {unknown:.0%} unknown'
    )


def _ros_finding(node: Node, hears_anything: bool) -> Finding:
    others = [name for name in node.get_node_names() if name != _NAME]
    domain = os.environ.get('ROS_DOMAIN_ID', '0')
    reach = os.environ.get('ROS_AUTOMATIC_DISCOVERY_RANGE', 'as the distribution has it')
    told = (
        f'{os.environ.get("ROS_DISTRO", "a distribution")}, '
        f'{rclpy.get_rmw_implementation_identifier()}, domain {domain}, discovery {reach}; '
        f'{len(others)} other nodes known'
    )
    # Nodes of the same robot may be known later than what they publish.
    if others or hears_anything:
        return ok('ROS 2', told)
    remedy = (
        'the robot and this computer want the same ROS_DOMAIN_ID and RMW_IMPLEMENTATION; '
        'ROS_AUTOMATIC_DISCOVERY_RANGE=SUBNET reaches other computers'
    )
    return not_ok('ROS 2', told, remedy)


async def clock_finding(node: Node, settings: RobotSettings) -> Finding:
    """Find whether /clock and use_sim_time go together, and whether a simulated time goes by."""
    simulated = node.count_publishers(_CLOCK) > 0
    if simulated and not settings.use_sim_time:
        return not_ok('clock', 'somebody publishes /clock', 'use_sim_time:=true')
    if settings.use_sim_time and not simulated:
        remedy = 'start the simulator, or leave use_sim_time out'
        return not_ok('clock', 'use_sim_time is set and nobody publishes /clock', remedy)
    if simulated and not await _time_goes_by(node):
        return not_ok('clock', 'somebody publishes /clock, and it stands still', 'let it run')
    return ok('clock', 'time comes from /clock' if simulated else "the computer's own time")


async def _time_goes_by(node: Node) -> bool:
    """Return whether the node's time advances within a while; 0 is no time yet."""
    began_ns, deadline = 0, Deadline.after(_CLOCK_PATIENCE_S)
    while not deadline.expired():
        now_ns = node.get_clock().now().nanoseconds
        if 0 < began_ns < now_ns:
            return True
        began_ns = began_ns or now_ns
        await asyncio.sleep(_LOOK_AGAIN_S)
    return False


async def _transforms_finding(
    transforms: TransformSource, settings: RobotSettings, colour: Heard
) -> Finding:
    """Find whether the camera and the base can be placed when its last picture was taken."""
    sight = settings.eyes.sight
    if colour.message is None:
        newest = transforms.newest(sight.map_frame, sight.base_frame)
        told = 'is known' if newest else 'is not known'
        return not_checked(
            'transforms', f'no picture came; {sight.base_frame} in {sight.map_frame} {told}'
        )
    header = colour.message.header
    stamp_ns = stamp_ns_of(header.stamp)
    deadline = Deadline.after(settings.eyes.transform_timeout_s)
    links = ((sight.base_frame, header.frame_id), (sight.map_frame, sight.base_frame))
    try:
        for to_frame, from_frame in links:
            await transforms.lookup(to_frame, from_frame, stamp_ns, deadline)
    except Refusal as refusal:
        remedy = _LOOK_REMEDIES[ObservationReason.NO_TRANSFORM]
        return not_ok('transforms', refusal.detail, remedy)
    chain = f'{sight.map_frame} <- {sight.base_frame} <- {header.frame_id}'
    return ok('transforms', f"{chain} at the picture's stamp")


async def _look_finding(
    node: Node, transforms: TransformSource, settings: RobotSettings
) -> Finding:
    """Find whether a look succeeds, by the navigator's own eyes."""
    eyes = RosEyes(node, transforms, settings.eyes)
    eyes.open()
    try:
        sight = await eyes.look(Deadline.after(settings.look_timeout_s))
    except Refusal as refusal:
        remedy = 'see docs/reasons.md'
        if isinstance(refusal.reason, ObservationReason):
            remedy = _LOOK_REMEDIES.get(refusal.reason, remedy)
        return not_ok('a look', f'{refusal.reason.value}: {refusal.detail}', remedy)
    finally:
        eyes.close()
        await asyncio.sleep(0)
    height, width = sight.frame.rgb.shape[:2]
    depth = 'without depth' if sight.frame.depth_m is None else 'with depth'
    cameras = 1 + len(sight.further)
    return ok('a look', f'{cameras} camera(s), the first {width} x {height} {depth}')

"""One RGB-D camera and the costmaps as the mission's eyes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from nav_msgs.msg import OccupancyGrid
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.reasons import DrivingReason, ObservationReason, Refusal
from vlm_nav.geometry.poses import FloatArray
from vlm_nav.messages.costmaps import costmap_from_message
from vlm_nav.messages.sights import SightSettings, costmap_views, frame_from
from vlm_nav.messages.stamps import stamp_ns_of
from vlm_nav.messages.synchroniser import Kind, Synchroniser, SynchroniserSettings
from vlm_nav.navigation.sight import Sight
from vlm_nav.ros.qos import LATCHED, SENSOR
from vlm_nav.ros.spinning import call_in_loop
from vlm_nav.ros.transforms import TransformSource

COSTMAP_TOPICS = ('global_costmap', 'local_costmap')


@dataclass(frozen=True)
class EyesSettings:
    """What to look through, and how what comes is read."""

    synchroniser: SynchroniserSettings = SynchroniserSettings()
    sight: SightSettings = SightSettings()
    image_transport: str = 'raw'
    depth_transport: str = 'raw'
    transform_timeout_s: float = 0.5


class RosEyes:
    """Implements navigation.ports.Eyes: what comes in by topics, looked at on demand.

    Made and used in the event loop; subscriptions live from `open` to `close`. A message is
    only kept when it arrives: what it holds is read when the robot looks.
    """

    def __init__(self, node: Node, transforms: TransformSource, settings: EyesSettings) -> None:
        """Look through the topics of `node`, placed by `transforms`."""
        self._node = node
        self._transforms = transforms
        self._settings = settings
        self._loop = asyncio.get_running_loop()
        self._topics = self._topic_names()
        self._synchroniser = Synchroniser(settings.synchroniser, self.now_ns, self._topics)
        self._depth_info: CameraInfo | None = None
        self._depth_info_came = asyncio.Event()
        self._costmaps: dict[str, OccupancyGrid] = {}
        self._subscriptions: list[Any] = []

    def now_ns(self) -> int:
        """Return ROS time."""
        return int(self._node.get_clock().now().nanoseconds)

    def open(self) -> None:
        """Subscribe to pictures, calibrations and costmaps."""
        image = Image if self._settings.image_transport == 'raw' else CompressedImage
        self._subscribe(Kind.COLOUR, image)
        self._subscribe(Kind.COLOUR_INFO, CameraInfo)
        if self._settings.synchroniser.with_depth:
            depth = Image if self._settings.depth_transport == 'raw' else CompressedImage
            self._subscribe(Kind.DEPTH, depth)
            self._listen(CameraInfo, self._topics[Kind.DEPTH_INFO], self._keep_depth_info, SENSOR)
        for topic in COSTMAP_TOPICS:
            self._listen(OccupancyGrid, topic, self._keeper_of(topic), LATCHED)

    def close(self) -> None:
        """End the subscriptions."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)
        self._subscriptions.clear()

    def describe(self) -> str:
        """Return in words what arrives and what does not."""
        return self._synchroniser.describe()

    async def look(self, deadline: Deadline) -> Sight:
        """Return the next complete look, placed at its stamp, and the costmaps with it.

        Raises Refusal with the reason where the deadline ends first or what came is unusable.
        """
        found = await self._synchroniser.wait_newer(0, deadline)
        transform = partial(self._transform_by, deadline)
        depth_info = partial(self._depth_info_by, deadline)
        settings = self._settings.sight
        frame = await frame_from(found, settings, transform, depth_info)
        if settings.require_costmap and not self._costmaps:
            topics = ', '.join(map(self._node.resolve_topic_name, COSTMAP_TOPICS))
            raise Refusal(
                DrivingReason.NO_VALID_COSTMAP, f'a costmap is required, none came on {topics}'
            )
        views = await costmap_views(self._costmaps, found.stamp_ns, settings, transform)
        return Sight(frame, views)

    def inside_map(self, frame_id: str, x_m: float, y_m: float) -> bool:
        """Return whether a place lies on the global costmap, true where none is known.

        A costmap that cannot be read has no inside.
        """
        message = self._costmaps.get('global_costmap')
        if message is None or message.header.frame_id != frame_id:
            return True
        try:
            costmap = costmap_from_message(message)
        except InvalidValueError:
            return False
        return bool(costmap.contains(np.array((x_m, y_m))))

    async def _transform_by(
        self, deadline: Deadline, to_frame: str, from_frame: str, stamp_ns: int
    ) -> FloatArray:
        sooner = deadline.sooner(self._settings.transform_timeout_s)
        return await self._transforms.lookup(to_frame, from_frame, stamp_ns, sooner)

    async def _depth_info_by(self, deadline: Deadline, frame_id: str) -> CameraInfo:
        """Return the newest calibration of the depth in a frame."""
        while self._depth_info is None or self._depth_info.header.frame_id != frame_id:
            self._depth_info_came.clear()
            try:
                await asyncio.wait_for(self._depth_info_came.wait(), deadline.remaining_s())
            except asyncio.TimeoutError:
                raise Refusal(
                    ObservationReason.BAD_CALIBRATION,
                    f'depth lies in {frame_id!r}: wanted its camera_info on '
                    f'{self._topics[Kind.DEPTH_INFO]}, none came',
                ) from None
        return self._depth_info

    def _topic_names(self) -> dict[Kind, str]:
        """Return the topics as remapped, transports added as image_transport names them."""
        resolve = self._node.resolve_topic_name
        image, depth = self._settings.image_transport, self._settings.depth_transport
        return {
            Kind.COLOUR: resolve('image') + ('' if image == 'raw' else f'/{image}'),
            Kind.DEPTH: resolve('depth') + ('' if depth in ('raw', 'none') else f'/{depth}'),
            Kind.COLOUR_INFO: resolve('camera_info'),
            Kind.DEPTH_INFO: resolve('depth_camera_info'),
        }

    def _subscribe(self, kind: Kind, message_type: type) -> None:
        def take(message: Any) -> None:
            stamp_ns = stamp_ns_of(message.header.stamp)
            call_in_loop(self._loop, self._synchroniser.add, kind, stamp_ns, message)

        self._listen(message_type, self._topics[kind], take, SENSOR)

    def _listen(
        self, message_type: type, topic: str, take: Callable[[Any], None], qos: Any
    ) -> None:
        subscription = self._node.create_subscription(message_type, topic, take, qos)
        self._subscriptions.append(subscription)

    def _keep_depth_info(self, message: CameraInfo) -> None:
        def keep() -> None:
            self._depth_info = message
            self._depth_info_came.set()

        call_in_loop(self._loop, keep)

    def _keeper_of(self, topic: str) -> Callable[[OccupancyGrid], None]:
        return lambda message: call_in_loop(self._loop, self._costmaps.__setitem__, topic, message)

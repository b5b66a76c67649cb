"""One camera on its topics: what belongs together, and the frame that it amounts to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import ObservationReason, Refusal
from vlm_nav.core.waiting import DeadlinePassedError, done_by
from vlm_nav.messages.matched_set import Kind, MatchedSet, SynchroniserSettings
from vlm_nav.messages.sights import SightSettings, TransformLookup, frame_from
from vlm_nav.messages.stamps import NS_IN_S, stamp_ns_of
from vlm_nav.messages.synchroniser import Synchroniser
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.ros.qos import SENSOR
from vlm_nav.ros.spinning import call_in_loop, let_go


@dataclass(frozen=True)
class CameraSettings:
    """A camera's name, its topics before remapping, and how what comes on them is coded."""

    name: str = 'front'
    image: str = 'image'
    camera_info: str = 'camera_info'
    depth: str = 'depth'
    depth_camera_info: str = 'depth_camera_info'
    image_transport: str = 'raw'
    depth_transport: str = 'raw'

    @property
    def with_depth(self) -> bool:
        """Return whether the camera measures depth."""
        return self.depth_transport != 'none'


class CameraEye:
    """The subscriptions of one camera, from `open` to `close`, and what came on them.

    Made and used in the event loop. A message is only kept when it arrives: what it holds is
    read when the robot looks.
    """

    def __init__(self, node: Node, camera: CameraSettings, settings: SynchroniserSettings) -> None:
        """Look through the camera's topics on `node`."""
        self.name = camera.name
        self._node = node
        self._camera = camera
        self._loop = asyncio.get_running_loop()
        self._topics = self._topic_names()
        self._depth_info_topic = node.resolve_topic_name(camera.depth_camera_info)
        self._maximum_age_s = settings.maximum_age_s
        with_depth = settings.with_depth and camera.with_depth
        self._synchroniser = Synchroniser(
            replace(settings, with_depth=with_depth), self._now_ns, self._topics
        )
        self._depth_info: CameraInfo | None = None
        self._depth_info_came = asyncio.Event()
        self._subscriptions: list[Any] = []

    def open(self) -> None:
        """Subscribe to pictures and calibrations."""
        image = Image if self._camera.image_transport == 'raw' else CompressedImage
        self._subscribe(Kind.COLOUR, image)
        self._subscribe(Kind.COLOUR_INFO, CameraInfo)
        if self._synchroniser.settings.with_depth:
            depth = Image if self._camera.depth_transport == 'raw' else CompressedImage
            self._subscribe(Kind.DEPTH, depth)
            self._listen(CameraInfo, self._depth_info_topic, self._keep_depth_info)

    def close(self) -> None:
        """End the subscriptions."""
        let_go(self._node, *self._subscriptions)
        self._subscriptions.clear()

    def describe(self) -> str:
        """Return in words what arrives and what does not."""
        return self._synchroniser.describe()

    async def wait(self, deadline: Deadline) -> MatchedSet:
        """Return the next complete set of messages; raise Refusal where the deadline ends."""
        return await self._synchroniser.wait_newer(0, deadline)

    async def wait_at(self, stamp_ns: int, deadline: Deadline) -> MatchedSet:
        """Return the set whose picture has this stamp; raise Refusal where it is not kept."""
        return await self._synchroniser.wait_at(stamp_ns, deadline)

    def is_young(self, found: MatchedSet) -> bool:
        """Return whether a set that was found a while ago may still be decided from."""
        return (self._now_ns() - found.stamp_ns) / NS_IN_S <= self._maximum_age_s

    async def frame(
        self,
        found: MatchedSet,
        settings: SightSettings,
        transform: TransformLookup,
        deadline: Deadline,
    ) -> RgbdFrame:
        """Return the frame that a set shows; raise Refusal where it shows none."""
        depth_info = partial(self._depth_info_by, deadline)
        return await frame_from(found, settings, transform, depth_info, self.name)

    def _now_ns(self) -> int:
        return int(self._node.get_clock().now().nanoseconds)

    async def _depth_info_by(self, deadline: Deadline, frame_id: str) -> CameraInfo:
        """Return the newest calibration of the depth in a frame."""
        while self._depth_info is None or self._depth_info.header.frame_id != frame_id:
            self._depth_info_came.clear()
            try:
                await done_by(deadline, self._depth_info_came.wait())
            except DeadlinePassedError:
                raise Refusal(
                    ObservationReason.BAD_CALIBRATION,
                    f'depth lies in {frame_id!r}: wanted its camera_info on '
                    f'{self._depth_info_topic}, none came',
                ) from None
        return self._depth_info

    def _topic_names(self) -> dict[Kind, str]:
        """Return the topics that are matched, as remapped, each with its transport added."""
        resolve, camera = self._node.resolve_topic_name, self._camera
        image, depth = camera.image_transport, camera.depth_transport
        return {
            Kind.COLOUR: resolve(camera.image) + ('' if image == 'raw' else f'/{image}'),
            Kind.DEPTH: resolve(camera.depth) + ('' if depth in ('raw', 'none') else f'/{depth}'),
            Kind.COLOUR_INFO: resolve(camera.camera_info),
        }

    def _subscribe(self, kind: Kind, message_type: type) -> None:
        def take(message: Any) -> None:
            stamp_ns = stamp_ns_of(message.header.stamp)
            call_in_loop(self._loop, self._synchroniser.add, kind, stamp_ns, message)

        self._listen(message_type, self._topics[kind], take)

    def _listen(self, message_type: type, topic: str, take: Callable[[Any], None]) -> None:
        subscription = self._node.create_subscription(message_type, topic, take, SENSOR)
        self._subscriptions.append(subscription)

    def _keep_depth_info(self, message: CameraInfo) -> None:
        def keep() -> None:
            self._depth_info = message
            self._depth_info_came.set()

        call_in_loop(self._loop, keep)

"""One RGB-D camera and the costmaps as the mission's eyes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from nav_msgs.msg import OccupancyGrid
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.reasons import DrivingReason, ObservationReason, Refusal
from vlm_nav.geometry.camera import PinholeCamera
from vlm_nav.geometry.errors import CalibrationError
from vlm_nav.geometry.poses import FloatArray
from vlm_nav.geometry.registration import DepthArray, register_depth
from vlm_nav.navigation.sight import Sight
from vlm_nav.observation.costmap import Costmap, CostmapView
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.ros.camera_info import camera_from_info, require_picture_size
from vlm_nav.ros.costmaps import costmap_from_message
from vlm_nav.ros.errors import ImageError
from vlm_nav.ros.images import depth_from_message, rgb_from_message
from vlm_nav.ros.qos import LATCHED, SENSOR
from vlm_nav.ros.spinning import call_in_loop
from vlm_nav.ros.stamps import stamp_ns_of
from vlm_nav.ros.synchroniser import Kind, MatchedSet, Synchroniser, SynchroniserSettings
from vlm_nav.ros.transforms import TransformSource

COSTMAP_TOPICS = ('global_costmap', 'local_costmap')


@dataclass(frozen=True)
class EyesSettings:
    """Frames, transports and ages; a `costmap_maximum_age_s` of 0 takes costmaps of any age."""

    synchroniser: SynchroniserSettings = SynchroniserSettings()
    map_frame: str = 'map'
    base_frame: str = 'base_link'
    image_transport: str = 'raw'
    depth_transport: str = 'raw'
    image_is_rectified: bool = False
    transform_timeout_s: float = 0.5
    require_costmap: bool = False
    costmap_maximum_age_s: float = 10.0

    def __post_init__(self) -> None:
        """Raise InvalidValueError for frame names that tf2 does not know."""
        for frame in (self.map_frame, self.base_frame):
            if not frame or frame.startswith('/'):
                raise InvalidValueError(f'a frame has a name without leading /, got {frame!r}')


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
        try:
            return await self._sight(found, deadline)
        except ImageError as error:
            raise Refusal(error.reason, str(error)) from error
        except CalibrationError as error:
            raise Refusal(ObservationReason.BAD_CALIBRATION, str(error)) from error

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

    async def _sight(self, found: MatchedSet, deadline: Deadline) -> Sight:
        # Decoding and registering a large picture takes long: the loop goes on meanwhile.
        rgb = await asyncio.to_thread(rgb_from_message, found.colour)
        camera = self._camera(found.colour_info)
        require_picture_size(camera, rgb.shape[1], rgb.shape[0])
        depth_m = None
        if found.depth is not None:
            depth_m = await self._depth(found, camera, deadline)
        frame_id = found.colour.header.frame_id
        frame = RgbdFrame(
            rgb=rgb,
            depth_m=depth_m,
            camera=camera,
            base_from_camera=await self._at(self._settings.base_frame, frame_id, found, deadline),
            map_from_base=await self._at(
                self._settings.map_frame, self._settings.base_frame, found, deadline
            ),
            map_frame=self._settings.map_frame,
            stamp_ns=found.stamp_ns,
            identifier=str(found.stamp_ns),
            camera_frame=frame_id,
        )
        return Sight(frame, await self._costmap_views(found, deadline))

    async def _depth(
        self, found: MatchedSet, camera: PinholeCamera, deadline: Deadline
    ) -> DepthArray:
        """Return the depth registered to the colour picture."""
        depth_m = await asyncio.to_thread(depth_from_message, found.depth)
        colour_frame = found.colour.header.frame_id
        depth_frame = found.depth.header.frame_id
        if depth_frame == colour_frame and depth_m.shape == (camera.height_px, camera.width_px):
            return depth_m
        info = await self._depth_info_in(depth_frame, deadline)
        if info is None:
            raise Refusal(
                ObservationReason.BAD_CALIBRATION,
                f'depth lies in {depth_frame!r} and the picture in {colour_frame!r}: wanted the '
                f'camera_info of the depth on {self._topics[Kind.DEPTH_INFO]}, none came',
            )
        depth_camera = self._camera(info)
        require_picture_size(depth_camera, depth_m.shape[1], depth_m.shape[0])
        color_from_depth = await self._at(colour_frame, depth_frame, found, deadline)
        return await asyncio.to_thread(
            register_depth, depth_m, depth_camera, camera, color_from_depth
        )

    async def _costmap_views(
        self, found: MatchedSet, deadline: Deadline
    ) -> tuple[CostmapView, ...]:
        views = []
        for topic, message in self._costmaps.items():
            costmap = self._valid_costmap(topic, message, found.stamp_ns)
            costmap_from_base = await self._at(
                costmap.frame_id, self._settings.base_frame, found, deadline
            )
            views.append(CostmapView(costmap, costmap_from_base))
        if self._settings.require_costmap and not views:
            topics = ', '.join(map(self._node.resolve_topic_name, COSTMAP_TOPICS))
            raise Refusal(
                DrivingReason.NO_VALID_COSTMAP, f'a costmap is required, none came on {topics}'
            )
        return tuple(views)

    def _valid_costmap(self, topic: str, message: OccupancyGrid, stamp_ns: int) -> Costmap:
        try:
            costmap = costmap_from_message(message)
        except InvalidValueError as error:
            raise Refusal(DrivingReason.NO_VALID_COSTMAP, f'{topic}: {error}') from error
        age_s = (stamp_ns - costmap.stamp_ns) / 1e9
        most_s = self._settings.costmap_maximum_age_s
        if most_s and abs(age_s) > most_s:
            raise Refusal(
                DrivingReason.NO_VALID_COSTMAP,
                f'{topic} is {age_s:.1f} s older than the picture, allowed are {most_s:g} s',
            )
        return costmap

    async def _at(
        self, to_frame: str, from_frame: str, found: MatchedSet, deadline: Deadline
    ) -> FloatArray:
        sooner = deadline.sooner(self._settings.transform_timeout_s)
        return await self._transforms.lookup(to_frame, from_frame, found.stamp_ns, sooner)

    def _camera(self, info: CameraInfo) -> PinholeCamera:
        return camera_from_info(info, rectified=self._settings.image_is_rectified)

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

    async def _depth_info_in(self, frame_id: str, deadline: Deadline) -> CameraInfo | None:
        """Return the newest calibration of the depth in a frame, None where none comes."""
        while self._depth_info is None or self._depth_info.header.frame_id != frame_id:
            self._depth_info_came.clear()
            try:
                await asyncio.wait_for(self._depth_info_came.wait(), deadline.remaining_s())
            except asyncio.TimeoutError:
                return None
        return self._depth_info

    def _keep_depth_info(self, message: CameraInfo) -> None:
        def keep() -> None:
            self._depth_info = message
            self._depth_info_came.set()

        call_in_loop(self._loop, keep)

    def _keeper_of(self, topic: str) -> Callable[[OccupancyGrid], None]:
        return lambda message: call_in_loop(self._loop, self._costmaps.__setitem__, topic, message)

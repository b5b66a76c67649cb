"""The robot's cameras and the costmaps as the mission's eyes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from nav_msgs.msg import OccupancyGrid
from rclpy.node import Node

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.reasons import Refusal
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.messages.costmaps import costmap_from_message
from vlm_nav.messages.matched_set import MatchedSet, SynchroniserSettings
from vlm_nav.messages.sights import SightSettings, TransformLookup, costmap_views
from vlm_nav.navigation.in_words import printable
from vlm_nav.navigation.sight import Sight
from vlm_nav.observation.placing import seen_from
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.ros.camera_eye import CameraEye, CameraSettings
from vlm_nav.ros.qos import LATCHED
from vlm_nav.ros.spinning import call_in_loop, let_go
from vlm_nav.ros.transforms import TransformSource

COSTMAP_TOPICS = ('global_costmap', 'local_costmap')


@dataclass(frozen=True)
class EyesSettings:
    """What to look through, and how what comes is read.

    `first` is the camera whose stamp a look has; without it there is none. Of the `further` ones
    all must deliver too, unless `require_all_cameras` says that a look may go on without them.
    """

    synchroniser: SynchroniserSettings = SynchroniserSettings()
    sight: SightSettings = SightSettings()
    first: CameraSettings = CameraSettings()
    further: tuple[CameraSettings, ...] = ()
    require_all_cameras: bool = True
    transform_timeout_s: float = 0.5
    costmap_topics: tuple[str, ...] = COSTMAP_TOPICS


class RosEyes:
    """Implements navigation.ports.Eyes: what comes in by topics, looked at on demand.

    Made and used in the event loop; subscriptions live from `open` to `close`.
    """

    def __init__(self, node: Node, transforms: TransformSource, settings: EyesSettings) -> None:
        """Look through the topics of `node`, placed by `transforms`."""
        self._node = node
        self._transforms = transforms
        self._settings = settings
        self._loop = asyncio.get_running_loop()
        self._first, *self._further = (
            CameraEye(node, camera, settings.synchroniser)
            for camera in (settings.first, *settings.further)
        )
        self._costmaps: dict[str, OccupancyGrid] = {}
        self._subscriptions: list[Any] = []

    def now_ns(self) -> int:
        """Return ROS time."""
        return int(self._node.get_clock().now().nanoseconds)

    def open(self) -> None:
        """Subscribe to pictures, calibrations and costmaps."""
        for camera in (self._first, *self._further):
            camera.open()
        for topic in self._settings.costmap_topics:
            subscription = self._node.create_subscription(
                OccupancyGrid, topic, self._keeper_of(topic), LATCHED
            )
            self._subscriptions.append(subscription)

    def close(self) -> None:
        """End the subscriptions."""
        for camera in (self._first, *self._further):
            camera.close()
        let_go(self._node, *self._subscriptions)
        self._subscriptions.clear()

    def describe(self) -> dict[str, str]:
        """Return in words what arrives and what does not, by the names of the cameras."""
        return {camera.name: camera.describe() for camera in (self._first, *self._further)}

    async def look(self, deadline: Deadline) -> Sight:
        """Return the next complete look of all cameras, and the costmaps with it.

        Every picture is placed at its own stamp. Raises Refusal with the reason where the
        deadline ends first or what came is unusable.
        """
        found = await self._found_together(deadline)
        transform = partial(self._transform_by, deadline)
        first, *further = await self._frames(found, transform, deadline)
        topics = tuple(map(self._node.resolve_topic_name, self._settings.costmap_topics))
        views = await costmap_views(
            self._costmaps, topics, first.stamp_ns, self._settings.sight, transform
        )
        return Sight(first, views, tuple(seen_from(frame, first) for frame in further))

    async def frame_at(self, stamp_ns: int, deadline: Deadline) -> RgbdFrame:
        """Return what the first camera saw at this very stamp, if it is still kept.

        Raises Refusal as `look` does, with STALE_IMAGE where it is not.
        """
        found = await self._first.wait_at(stamp_ns, deadline)
        transform = partial(self._transform_by, deadline)
        return await self._first.frame(found, self._settings.sight, transform, deadline)

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

    async def _found_together(self, deadline: Deadline) -> dict[CameraEye, MatchedSet]:
        """Return a set of each camera, all of them young when the last of them has come."""
        found = {self._first: await self._wait(self._first, deadline)}
        # Who may be missing is waited for as long as the first picture stays young.
        maximum_age_s = self._settings.synchroniser.maximum_age_s
        patience = (
            deadline if self._settings.require_all_cameras else deadline.sooner(maximum_age_s)
        )
        for camera in self._further:
            await self._add(found, camera, patience)
        while self._further and (old := [one for one in found if not one.is_young(found[one])]):
            for camera in old:
                del found[camera]
                await self._add(found, camera, deadline)
        return found

    async def _add(
        self, found: dict[CameraEye, MatchedSet], camera: CameraEye, deadline: Deadline
    ) -> None:
        try:
            found[camera] = await self._wait(camera, deadline)
        except Refusal as refusal:
            self._without(camera, refusal)

    async def _wait(self, camera: CameraEye, deadline: Deadline) -> MatchedSet:
        try:
            return await camera.wait(deadline)
        except Refusal as refusal:
            raise self._named(camera, refusal) from refusal

    async def _frames(
        self,
        found: Mapping[CameraEye, MatchedSet],
        transform: TransformLookup,
        deadline: Deadline,
    ) -> list[RgbdFrame]:
        """Return the frames in the order of the cameras; what shows none is as if missing."""
        cameras = [camera for camera in (self._first, *self._further) if camera in found]
        settings = self._settings.sight
        made = await asyncio.gather(
            *(camera.frame(found[camera], settings, transform, deadline) for camera in cameras),
            return_exceptions=True,
        )
        frames = []
        for camera, frame in zip(cameras, made, strict=True):
            if isinstance(frame, Refusal):
                self._without(camera, self._named(camera, frame))
            elif isinstance(frame, BaseException):
                raise frame
            else:
                frames.append(frame)
        return frames

    def _without(self, camera: CameraEye, refusal: Refusal) -> None:
        """Go on without a camera that is not required, and say so; raise for any other."""
        if camera is self._first or self._settings.require_all_cameras:
            raise refusal
        self._node.get_logger().warning(printable(f'looking without it: {refusal}'))

    def _named(self, camera: CameraEye, refusal: Refusal) -> Refusal:
        """Return a refusal that names the camera where there are several."""
        if not self._further:
            return refusal
        return Refusal(refusal.reason, f'camera {camera.name}: {refusal.detail}')

    async def _transform_by(
        self, deadline: Deadline, to_frame: str, from_frame: str, stamp_ns: int
    ) -> FloatArray:
        sooner = deadline.sooner(self._settings.transform_timeout_s)
        return await self._transforms.lookup(to_frame, from_frame, stamp_ns, sooner)

    def _keeper_of(self, topic: str) -> Callable[[OccupancyGrid], None]:
        return lambda message: call_in_loop(self._loop, self._costmaps.__setitem__, topic, message)

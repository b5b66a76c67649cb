"""Several cameras on topics as the mission's eyes."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

pytest.importorskip('rclpy')

from std_msgs.msg import Header

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import ObservationReason, Refusal
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.camera import PinholeCamera
from vlm_nav.geometry.poses import FloorPose, floor_pose_of, inverse, transform_from_floor_pose
from vlm_nav.messages.matched_set import SynchroniserSettings
from vlm_nav.navigation.sight import Sight
from vlm_nav.ros.camera_eye import CameraSettings
from vlm_nav.ros.camera_messages import camera_info, depth_image
from vlm_nav.ros.eyes import EyesSettings, RosEyes
from vlm_nav.ros.images import image_from_rgb
from vlm_nav.ros.qos import OUTPUT
from vlm_nav.ros.stamps import time_at
from vlm_nav.sim.drawn.drawn_room import base_from_mounted_camera

pytestmark = pytest.mark.ros

CAMERA = PinholeCamera(160, 120, 115.0, 115.0, 79.5, 59.5)
PATIENCE_S = 8.0
BRIEF_S = 0.3
MAXIMUM_AGE_S = 1.0
TURN_RAD_S = 0.8
START_NS = time.time_ns()
MOUNTED_RAD = {'front': 0.0, 'left': math.pi / 2.0, 'back': math.pi}
TOPICS = ('image', 'camera_info', 'depth', 'depth_camera_info')
LEFT, BACK = (
    CameraSettings(name, **{topic: f'{name}/{topic}' for topic in TOPICS})
    for name in ('left', 'back')
)


@dataclass
class TurningTransforms:
    """The transforms of a robot that turns on the spot, at any stamp; of `unknown` at none."""

    unknown: set[str] = field(default_factory=set)

    async def lookup(
        self, to_frame: str, from_frame: str, stamp_ns: int, deadline: Deadline
    ) -> FloatArray:
        """Return the mounting of a camera, or where the robot has turned to at the stamp."""
        if from_frame in self.unknown:
            raise Refusal(ObservationReason.NO_TRANSFORM, f'{to_frame} from {from_frame}')
        if to_frame == 'map':
            return map_from_base(stamp_ns)
        name = from_frame.removesuffix('_optical')
        return base_from_mounted_camera(left_rad=MOUNTED_RAD[name])


def map_from_base(stamp_ns: int) -> FloatArray:
    turned_rad = TURN_RAD_S * (stamp_ns - START_NS) / 1e9
    return transform_from_floor_pose(FloorPose(1.0, 2.0, turned_rad))


@dataclass
class Robot:
    """Publishes what cameras over an empty floor see; those in `silent` say nothing."""

    node: Any
    silent: set[str] = field(default_factory=set)
    late_s: dict[str, float] = field(default_factory=dict)
    names: tuple[str, ...] = ('front', 'left')
    publishers: dict[str, Any] = field(default_factory=dict)

    def show(self) -> None:
        """Publish a picture of each camera that is not silent, taken now or a while ago."""
        now_ns = self.node.get_clock().now().nanoseconds
        for name in self.names:
            if name not in self.silent:
                prefix = '' if name == 'front' else f'{name}/'
                self._show_one(name, prefix, now_ns - int(self.late_s.get(name, 0.0) * 1e9))

    def _show_one(self, name: str, prefix: str, stamp_ns: int) -> None:
        header = Header(frame_id=f'{name}_optical')
        depth_m = np.full((120, 160), 2.0, dtype=np.float32)
        rgb = np.full((120, 160, 3), 100 + len(name), dtype=np.uint8)
        for topic, message in (
            ('camera_info', camera_info(CAMERA, header)),
            ('depth', depth_image(depth_m, '32FC1', header)),
            ('image', image_from_rgb(rgb, header)),
        ):
            if prefix + topic not in self.publishers:
                publisher = self.node.create_publisher(type(message), prefix + topic, OUTPUT)
                self.publishers[prefix + topic] = publisher
            message.header.stamp = time_at(stamp_ns)
            self.publishers[prefix + topic].publish(message)


@dataclass
class View:
    """Eyes and the robot that they look from."""

    eyes: RosEyes
    robot: Robot

    async def look(self, ready: Callable[[Sight], bool] = lambda sight: True) -> Sight:
        """Show pictures until one look is as it should be, and return it."""
        deadline = Deadline.after(PATIENCE_S)
        while True:
            looking = asyncio.ensure_future(self.eyes.look(Deadline.after(PATIENCE_S)))
            while not looking.done():
                self.robot.show()
                await asyncio.wait({looking}, timeout=BRIEF_S)
                assert not deadline.expired(), f'no such look came; {self.eyes.describe()}'
            if ready(looking.result()):
                return looking.result()

    async def refusal(self, within_s: float = 1.0) -> Refusal:
        """Show pictures while the eyes look, and return why a look was refused at last.

        What came before a camera fell silent may still be looked at.
        """
        deadline = Deadline.after(PATIENCE_S + within_s)
        while True:
            looking = asyncio.ensure_future(self.eyes.look(Deadline.after(within_s)))
            while not looking.done():
                self.robot.show()
                await asyncio.wait({looking}, timeout=BRIEF_S)
            error = looking.exception()
            if isinstance(error, Refusal):
                return error
            assert not deadline.expired(), 'no look was refused'


@pytest.fixture
def view(spun: Callable[..., Any]) -> Callable[..., Any]:
    """Give a maker of views in namespaces of their own."""

    @asynccontextmanager
    async def make(
        namespace: str, *further: CameraSettings, unknown: str = '', **settings: Any
    ) -> AsyncIterator[View]:
        node = spun('navigator', namespace=f'/{namespace}')
        transforms: Any = TurningTransforms({unknown})
        synchroniser = SynchroniserSettings(maximum_age_s=MAXIMUM_AGE_S)
        chosen = EyesSettings(synchroniser, further=further, **settings)
        eyes = RosEyes(node, transforms, chosen)
        eyes.open()
        yield View(eyes, Robot(spun('robot', namespace=f'/{namespace}')))
        eyes.close()

    return make


def heading_deg(transform: FloatArray) -> float:
    """Return where an optical axis points on the floor, positive to the left."""
    return math.degrees(math.atan2(transform[1, 2], transform[0, 2]))


async def test_a_look_has_a_frame_of_each_camera_in_order(view: Callable[..., Any]) -> None:
    async with view('surround', LEFT, BACK) as one:
        one.robot.names = ('front', 'left', 'back')
        sight = await one.look()
        assert [frame.camera_name for frame in sight.frames] == ['front', 'left', 'back']
        assert [frame.camera_frame for frame in sight.frames] == [
            'front_optical',
            'left_optical',
            'back_optical',
        ]
        assert [int(frame.rgb[0, 0, 0]) for frame in sight.frames] == [105, 104, 104]
        assert len({frame.identifier for frame in sight.frames}) == 3
        assert list(one.eyes.describe()) == ['front', 'left', 'back']
        assert all('/surround/left/' in words for words in [one.eyes.describe()['left']])


async def test_pictures_of_different_stamps_are_placed_as_the_robot_turned_between_them(
    view: Callable[..., Any],
) -> None:
    async with view('turning', LEFT) as one:
        one.robot.late_s = {'left': 0.4}
        sight = await one.look()
        front, left = sight.frames
        between_s = (front.stamp_ns - left.stamp_ns) / 1e9
        assert between_s == pytest.approx(0.4, abs=0.35)
        turned_deg = math.degrees(TURN_RAD_S * between_s)
        assert heading_deg(left.base_from_camera) == pytest.approx(90.0 - turned_deg, abs=1e-3)
        np.testing.assert_array_equal(left.map_from_base, front.map_from_base)
        np.testing.assert_allclose(front.map_from_base, map_from_base(front.stamp_ns))
        then = inverse(map_from_base(left.stamp_ns)) @ left.map_from_base @ left.base_from_camera
        assert floor_pose_of(then).x_m == pytest.approx(0.0, abs=1e-6)


async def test_a_look_is_refused_by_the_name_of_the_camera_that_is_silent(
    view: Callable[..., Any],
) -> None:
    async with view('silent', LEFT) as one:
        await one.look()
        one.robot.silent = {'left'}
        refusal = await one.refusal()
        assert refusal.reason in (ObservationReason.STALE_IMAGE, ObservationReason.NO_IMAGE)
        assert refusal.detail.startswith('camera left: ')
        one.robot.silent = {'front'}
        assert (await one.refusal()).detail.startswith('camera front: ')


async def test_a_look_goes_on_without_a_camera_that_may_be_missing_but_never_without_the_first(
    view: Callable[..., Any],
) -> None:
    async with view('missing', LEFT, require_all_cameras=False) as one:
        await one.look(lambda sight: len(sight.frames) == 2)
        one.robot.silent = {'left'}
        alone = await one.look(lambda sight: len(sight.frames) == 1)
        age_s = (one.eyes.now_ns() - alone.frame.stamp_ns) / 1e9
        assert age_s < 2.0 * MAXIMUM_AGE_S
        one.robot.silent = set()
        await one.look(lambda sight: len(sight.frames) == 2)
        one.robot.silent = {'front'}
        assert (await one.refusal()).detail.startswith('camera front: ')


async def test_a_camera_without_a_transform_is_as_if_it_were_missing(
    view: Callable[..., Any],
) -> None:
    async with view('untransformed', LEFT, unknown='left_optical') as one:
        refusal = await one.refusal(PATIENCE_S)
        assert refusal.reason is ObservationReason.NO_TRANSFORM
        assert refusal.detail.startswith('camera left: ')
    async with view(
        'untransformed_too', LEFT, unknown='left_optical', require_all_cameras=False
    ) as one:
        await one.look(lambda sight: len(sight.frames) == 1)


async def test_a_picture_that_grows_old_while_another_camera_is_awaited_is_taken_anew(
    view: Callable[..., Any],
) -> None:
    async with view('slow', LEFT) as one:
        await one.look()
        one.robot.silent = {'left'}
        looking = asyncio.ensure_future(one.eyes.look(Deadline.after(PATIENCE_S)))
        began_ns = one.eyes.now_ns()
        while one.eyes.now_ns() < began_ns + 1.5e9 * MAXIMUM_AGE_S:
            one.robot.show()
            await asyncio.sleep(0.05)
        assert not looking.done()
        one.robot.silent = set()
        while not looking.done():
            one.robot.show()
            await asyncio.wait({looking}, timeout=BRIEF_S)
        for frame in looking.result().frames:
            assert frame.stamp_ns > began_ns + 0.4e9 * MAXIMUM_AGE_S


async def test_each_camera_has_topics_and_transports_of_its_own(view: Callable[..., Any]) -> None:
    left = CameraSettings(
        'left', '/other/rgb', 'left/info', 'left/depth', 'left/depth_info', 'compressed', 'none'
    )
    async with view('named', left) as one:
        topics = {item.topic_name: item.msg_type for item in one.eyes._node.subscriptions}
        assert topics['/other/rgb/compressed'].__name__ == 'CompressedImage'
        assert topics['/named/image'].__name__ == 'Image'
        assert {'/named/left/info', '/named/camera_info', '/named/depth'} <= topics.keys()
        assert not [topic for topic in topics if topic.startswith('/named/left/depth')]

"""Cameras and costmaps on topics as the mission's eyes."""

from __future__ import annotations

import array
import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

pytest.importorskip('rclpy')

from geometry_msgs.msg import Point, Pose
from nav_msgs.msg import MapMetaData, OccupancyGrid
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.reasons import (
    CandidateReason,
    DrivingReason,
    ObservationReason,
    ReasonCode,
    Refusal,
)
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.camera import PinholeCamera
from vlm_nav.messages.matched_set import SynchroniserSettings
from vlm_nav.messages.sights import SightSettings
from vlm_nav.navigation.guard import guard_for
from vlm_nav.navigation.sight import Sight
from vlm_nav.observation.free_space import FreeSpaceSettings
from vlm_nav.ros.camera_eye import CameraSettings
from vlm_nav.ros.camera_messages import camera_info, depth_image
from vlm_nav.ros.eyes import EyesSettings, RosEyes
from vlm_nav.ros.images import image_from_rgb
from vlm_nav.ros.qos import LATCHED, OUTPUT
from vlm_nav.ros.stamps import time_at
from vlm_nav.sim.drawn.drawn_room import base_from_mounted_camera

pytestmark = pytest.mark.ros

IN_SIGHT = SightSettings.__dataclass_fields__.keys()
OF_A_CAMERA = CameraSettings.__dataclass_fields__.keys()
CAMERA = PinholeCamera(160, 120, 115.0, 115.0, 79.5, 59.5)
COLOUR_FRAME, DEPTH_FRAME = 'color_optical', 'depth_optical'
PATIENCE_S = 5.0
BRIEF_S = 0.3
AHEAD = np.array([(1.5, 0.0), (3.0, 0.0), (1.5, 0.4)])


@dataclass
class Transforms:
    """Transforms that are known at every stamp; those of `unknown` frames at none."""

    unknown: set[str] = field(default_factory=set)

    async def lookup(
        self, to_frame: str, from_frame: str, stamp_ns: int, deadline: Deadline
    ) -> FloatArray:
        """Return the mounting of the camera, and identity between the frames of the robot."""
        if {to_frame, from_frame} & self.unknown:
            raise Refusal(ObservationReason.NO_TRANSFORM, f'{to_frame} from {from_frame}')
        if to_frame == 'base_link' and from_frame == COLOUR_FRAME:
            return base_from_mounted_camera()
        return np.eye(4)


class Robot:
    """Publishes what an RGB-D camera over an empty floor sees, and costmaps."""

    def __init__(self, node: Any) -> None:
        self.node = node
        rays = CAMERA.pixel_rays() @ base_from_mounted_camera()[:3, :3].T
        with np.errstate(divide='ignore'):
            depth_m = (-0.9 / rays[..., 2]).astype(np.float32)
        self.depth_m = np.where((rays[..., 2] < 0.0) & (depth_m < 6.0), depth_m, np.nan)
        self._publishers: dict[str, Any] = {}

    def publish(self, topic: str, message: Any, stamp_ns: int, qos: Any = OUTPUT) -> None:
        """Publish a message with a stamp."""
        if topic not in self._publishers:
            self._publishers[topic] = self.node.create_publisher(type(message), topic, qos)
        message.header.stamp = time_at(stamp_ns)
        self._publishers[topic].publish(message)

    def show(self, depth_frame: str = COLOUR_FRAME) -> None:
        """Publish one picture with depth and calibrations, all of now."""
        stamp_ns = self.node.get_clock().now().nanoseconds
        rgb = np.full((120, 160, 3), 120, dtype=np.uint8)
        colour, deep = Header(frame_id=COLOUR_FRAME), Header(frame_id=depth_frame)
        self.publish('camera_info', camera_info(CAMERA, colour), stamp_ns)
        if depth_frame != COLOUR_FRAME:
            self.publish('depth_camera_info', camera_info(CAMERA, deep), stamp_ns)
        self.publish('depth', depth_image(self.depth_m, '32FC1', deep), stamp_ns)
        self.publish('image', image_from_rgb(rgb, colour), stamp_ns)

    def map(self, value: int, *, topic: str = 'global_costmap', **options: Any) -> None:
        """Publish a latched costmap of one value, 10 m around the robot unless told otherwise."""
        half_m = options.pop('half_m', 5.0)
        age_s = options.pop('age_s', 0.0)
        cells = round(2.0 * half_m / 0.1)
        grid = OccupancyGrid(
            header=Header(frame_id=options.pop('frame_id', 'map')),
            info=MapMetaData(
                resolution=0.1,
                width=options.pop('width', cells),
                height=cells,
                origin=Pose(position=Point(x=-half_m, y=-half_m)),
            ),
            data=array.array('b', [value]) * (cells * cells),
        )
        now_ns = self.node.get_clock().now().nanoseconds
        self.publish(topic, grid, now_ns - int(age_s * 1e9), LATCHED)


@dataclass
class View:
    """Eyes and the robot that they look from."""

    eyes: RosEyes
    robot: Robot

    async def look(self, ready: Callable[[Sight], bool] = lambda sight: True) -> Sight:
        """Show pictures until one look is as it should be, and return it."""
        deadline = Deadline.after(PATIENCE_S)
        while True:
            sight = await self._one_look()
            if sight is not None and ready(sight):
                return sight
            assert not deadline.expired(), f'no such look came; {self.eyes.describe()}'

    async def refusal(self, reason: ReasonCode) -> str:
        """Show pictures until a look is refused for a reason, and return its detail."""
        deadline = Deadline.after(PATIENCE_S)
        while True:
            try:
                await self._one_look()
            except Refusal as refusal:
                if refusal.reason is reason:
                    return refusal.detail
            assert not deadline.expired(), f'no look was refused for {reason}'

    async def _one_look(self) -> Sight | None:
        looking = asyncio.ensure_future(self.eyes.look(Deadline.after(PATIENCE_S)))
        self.robot.show(self.depth_frame)
        done, _ = await asyncio.wait({looking}, timeout=BRIEF_S)
        if done:
            return looking.result()
        # What is published before everybody has found each other is lost.
        looking.cancel()
        await asyncio.wait({looking})
        return None

    depth_frame: str = COLOUR_FRAME


@pytest.fixture
def view(spun: Callable[..., Any]) -> Callable[..., Any]:
    """Give a maker of views in namespaces of their own."""

    @asynccontextmanager
    async def make(
        namespace: str, *, with_depth: bool = True, unknown: str = '', **settings: Any
    ) -> AsyncIterator[View]:
        synchroniser = SynchroniserSettings(with_depth=with_depth, maximum_age_s=1.0)
        settings.setdefault('depth_transport', 'raw' if with_depth else 'none')
        node = spun('navigator', namespace=f'/{namespace}')
        transforms: Any = Transforms({unknown})
        sight = {name: settings.pop(name) for name in IN_SIGHT & settings.keys()}
        first = {name: settings.pop(name) for name in OF_A_CAMERA & settings.keys()}
        eyes = RosEyes(
            node,
            transforms,
            EyesSettings(
                synchroniser=synchroniser,
                sight=SightSettings(**sight),
                first=CameraSettings(**first),
                **settings,
            ),
        )
        eyes.open()
        yield View(eyes, Robot(spun('robot', namespace=f'/{namespace}')))
        eyes.close()

    return make


def refused(sight: Sight) -> list[Any]:
    """Return why places ahead may not be driven to."""
    return list(guard_for(sight, FreeSpaceSettings())(AHEAD).refused)


async def test_a_look_has_picture_depth_and_poses_of_one_stamp(view: Callable[..., Any]) -> None:
    async with view('look') as one:
        sight = await one.look()
        frame = sight.frame
        assert frame.rgb.shape == (120, 160, 3)
        assert frame.depth_m is not None
        np.testing.assert_allclose(frame.depth_m, one.robot.depth_m)
        assert (frame.camera_frame, frame.map_frame) == (COLOUR_FRAME, 'map')
        np.testing.assert_allclose(frame.base_from_camera, base_from_mounted_camera())
        assert 0 <= one.eyes.now_ns() - frame.stamp_ns < 5_000_000_000
        assert sight.costmaps == ()
        assert refused(sight) == [None] * 3


async def test_depth_in_another_frame_is_registered_by_its_own_calibration(
    view: Callable[..., Any],
) -> None:
    async with view('registered') as one:
        one.depth_frame = DEPTH_FRAME
        frame = (await one.look()).frame
        assert frame.depth_m is not None
        assert np.isfinite(frame.depth_m).sum() > 0.9 * np.isfinite(one.robot.depth_m).sum()


async def test_a_look_without_its_transform_is_refused(view: Callable[..., Any]) -> None:
    async with view('untransformed', unknown='map') as one:
        assert 'map' in await one.refusal(ObservationReason.NO_TRANSFORM)


async def test_an_obstacle_in_the_costmap_refuses_candidates_that_the_depth_sees_free(
    view: Callable[..., Any],
) -> None:
    async with view('obstacle') as one:
        one.robot.map(100)
        sight = await one.look(lambda sight: len(sight.costmaps) == 1)
        assert refused(sight) == [CandidateReason.COSTMAP_OCCUPIED] * 3
        one.robot.map(0)
        await one.look(lambda sight: refused(sight) == [None] * 3)


async def test_both_costmaps_count(view: Callable[..., Any]) -> None:
    async with view('both') as one:
        one.robot.map(0)
        one.robot.map(99, topic='local_costmap', half_m=2.0, frame_id='odom')
        sight = await one.look(lambda sight: len(sight.costmaps) == 2)
        occupied = CandidateReason.COSTMAP_OCCUPIED
        assert refused(sight) == [occupied, None, occupied]


async def test_without_depth_the_costmap_alone_says_where_it_is_free(
    view: Callable[..., Any],
) -> None:
    async with view('no_depth', with_depth=False) as one:
        sight = await one.look()
        assert (sight.frame.depth_m, sight.costmaps) == (None, ())
        one.robot.map(0, half_m=2.0)
        sight = await one.look(lambda sight: len(sight.costmaps) == 1)
        assert refused(sight) == [None, CandidateReason.COSTMAP_UNKNOWN, None]


async def test_a_costmap_that_is_required_and_never_came_is_named(
    view: Callable[..., Any],
) -> None:
    async with view('required', require_costmap=True) as one:
        detail = await one.refusal(DrivingReason.NO_VALID_COSTMAP)
        assert '/required/global_costmap, /required/local_costmap' in detail
        one.robot.map(0)
        sights: list[Sight] = []
        while not sights:
            with contextlib.suppress(Refusal):
                sights.append(await one.look())
        assert sights[0].costmaps


@pytest.mark.parametrize(
    ('wrong', 'words'),
    [
        ({'age_s': 60.0}, 's older than the picture, allowed are 10 s'),
        ({'width': 7}, '7 x 100 cells were wanted, got 10000 values'),
    ],
)
async def test_a_costmap_that_is_old_or_unreadable_is_refused(
    view: Callable[..., Any], wrong: dict[str, Any], words: str
) -> None:
    async with view(f'refused_{next(iter(wrong))}') as one:
        one.robot.map(0, **wrong)
        assert words in await one.refusal(DrivingReason.NO_VALID_COSTMAP)


async def test_a_costmap_may_have_any_age_where_0_says_so(view: Callable[..., Any]) -> None:
    async with view('any_age', costmap_maximum_age_s=0.0) as one:
        one.robot.map(100, age_s=3600.0)
        sight = await one.look(lambda sight: len(sight.costmaps) == 1)
        assert refused(sight) == [CandidateReason.COSTMAP_OCCUPIED] * 3


async def test_eyes_that_open_late_still_get_the_last_costmap(view: Callable[..., Any]) -> None:
    async with view('late') as one:
        one.robot.map(100)
        await one.look(lambda sight: len(sight.costmaps) == 1)
        late = RosEyes(one.eyes._node, one.eyes._transforms, one.eyes._settings)
        late.open()
        await View(late, one.robot).look(lambda sight: len(sight.costmaps) == 1)
        late.close()


async def test_a_place_is_inside_the_map_as_far_as_one_is_known(view: Callable[..., Any]) -> None:
    async with view('inside') as one:
        assert one.eyes.inside_map('map', 100.0, 100.0)
        one.robot.map(0, half_m=2.0)
        await one.look(lambda sight: len(sight.costmaps) == 1)
        assert one.eyes.inside_map('map', 1.9, -1.9)
        assert not one.eyes.inside_map('map', 2.1, 0.0)
        assert one.eyes.inside_map('odom', 2.1, 0.0)


async def test_nothing_is_inside_a_map_that_cannot_be_read(view: Callable[..., Any]) -> None:
    async with view('unreadable') as one:
        one.robot.map(0, width=7)
        await one.refusal(DrivingReason.NO_VALID_COSTMAP)
        assert not one.eyes.inside_map('map', 0.0, 0.0)


async def test_closed_eyes_hear_nothing_and_open_ones_hear_again(view: Callable[..., Any]) -> None:
    async with view('closed') as one:
        await one.look()
        one.eyes.close()
        node, deadline = one.eyes._node, Deadline.after(10.0)
        while [item for item in node.subscriptions if 'image' in item.topic_name]:
            assert not deadline.expired()
            await asyncio.sleep(0.01)
        one.eyes.open()
        await one.look()


async def test_a_transport_adds_its_name_to_the_topic_and_its_message(
    view: Callable[..., Any],
) -> None:
    options = {'image_transport': 'compressed', 'depth_transport': 'compressedDepth'}
    async with view('compressed', **options) as one:
        topics = {item.topic_name: item.msg_type for item in one.eyes._node.subscriptions}
        for topic in ('image/compressed', 'depth/compressedDepth'):
            assert topics[f'/compressed/{topic}'].__name__ == 'CompressedImage'
        assert topics['/compressed/camera_info'] is CameraInfo
        assert Image not in topics.values()


@pytest.mark.parametrize('frame', ['', '/map'])
def test_frames_that_tf2_does_not_know_are_refused(frame: str) -> None:
    with pytest.raises(InvalidValueError, match='without leading /'):
        SightSettings(map_frame=frame)
    with pytest.raises(InvalidValueError, match='without leading /'):
        SightSettings(base_frame=frame)

"""The camera of the drawn room as a process of its own, seen over DDS as the navigator sees it."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

import numpy as np
import pytest

from vlm_nav.core.deadline import Deadline
from vlm_nav.geometry.poses import transform_from_floor_pose
from vlm_nav.sim.drawn_room import CAMERA, ROBOT_POSE, base_from_mounted_camera, furnished_room

pytest.importorskip('rclpy')
pytest.importorskip('tf2_msgs')

from vlm_nav.navigation.sight import Sight
from vlm_nav.ros.eyes import EyesSettings, RosEyes
from vlm_nav.ros.transforms import transform_source

pytestmark = pytest.mark.ros
PATIENCE_S = 15.0
MODULE = 'vlm_nav.ros.doubles.drawn_room_camera'
TOPICS = {
    'image': 'camera/color/image_raw',
    'camera_info': 'camera/color/camera_info',
    'depth': 'camera/depth/image_raw',
    'depth_camera_info': 'camera/depth/camera_info',
}


@pytest.fixture
async def look(spun: Callable[..., Any]) -> AsyncIterator[Callable[[str], Any]]:
    """Give a way to look through the topics of a namespace."""
    opened: list[RosEyes] = []

    async def once(namespace: str) -> Sight:
        remapped = [f'{name}:=/{namespace}/{topic}' for name, topic in TOPICS.items()]
        remapped += [f'{topic}:=/{namespace}{topic}' for topic in ('/tf', '/tf_static')]
        words = [word for rule in remapped for word in ('-r', rule)]
        node = spun('looking', cli_args=['--ros-args', *words])
        eyes = RosEyes(node, transform_source(node), EyesSettings())
        opened.append(eyes)
        eyes.open()
        return await eyes.look(Deadline.after(PATIENCE_S))

    yield once
    for eyes in opened:
        eyes.close()


@pytest.fixture
def start_camera() -> Any:
    """Give a starter of cameras; they are told to end with the test, and must."""
    running: list[subprocess.Popen[bytes]] = []

    def start(namespace: str, *parameters: str) -> None:
        rules = [f'__ns:=/{namespace}', '/tf:=tf', '/tf_static:=tf_static']
        words = [word for rule in rules for word in ('-r', rule)]
        words += [word for parameter in parameters for word in ('-p', parameter)]
        command = [sys.executable, '-m', MODULE, '--ros-args', *words]
        running.append(subprocess.Popen(command))

    yield start
    for process in running:
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0


@pytest.mark.parametrize('encoding', ['16UC1', '32FC1'])
async def test_what_arrives_is_the_room_as_it_was_drawn(
    start_camera: Callable[..., None], look: Callable[[str], Any], encoding: str
) -> None:
    namespace = f'room_{encoding.lower()}'
    start_camera(namespace, f'depth_encoding:={encoding}')
    frame = (await look(namespace)).frame
    map_from_camera = transform_from_floor_pose(ROBOT_POSE) @ base_from_mounted_camera()
    rgb, depth_m = await asyncio.to_thread(furnished_room().render, CAMERA, map_from_camera)
    assert (frame.rgb == rgb).all()
    assert frame.depth_m is not None
    assert np.abs(frame.depth_m - depth_m).max() < 1e-3
    assert frame.camera.fx_px == CAMERA.fx_px
    assert np.allclose(frame.map_from_base, transform_from_floor_pose(ROBOT_POSE), atol=1e-6)
    assert np.allclose(frame.base_from_camera, base_from_mounted_camera(), atol=1e-6)


def test_an_unknown_encoding_ends_it_with_the_known_ones() -> None:
    ended = subprocess.run(
        [sys.executable, '-m', MODULE, '--ros-args', '-p', 'depth_encoding:=8UC1'],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert ended.returncode == 2
    assert "depth_encoding is one of 16UC1, 32FC1, got '8UC1'" in ended.stderr

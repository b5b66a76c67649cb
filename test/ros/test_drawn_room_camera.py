"""The camera of the drawn room as a process of its own, seen over DDS as the navigator sees it."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from vlm_nav.core.deadline import Deadline
from vlm_nav.geometry.poses import transform_from_floor_pose
from vlm_nav.sim.drawn.drawn_room import (
    CAMERA,
    ROBOT_POSE,
    base_from_mounted_camera,
    furnished_room,
)

pytest.importorskip('rclpy')
pytest.importorskip('tf2_msgs')

from looking import in_namespace, open_eyes

pytestmark = pytest.mark.ros
PATIENCE_S = 15.0
MODULE = 'vlm_nav.ros.doubles.drawn_room_camera'


@pytest.fixture
def start_camera() -> Any:
    """Give a starter of cameras; they are told to end with the test, and must."""
    running: list[subprocess.Popen[bytes]] = []

    def start(namespace: str, *parameters: str) -> None:
        words = [word for parameter in parameters for word in ('-p', parameter)]
        command = [sys.executable, '-m', MODULE, *in_namespace(namespace), *words]
        running.append(subprocess.Popen(command))

    yield start
    for process in running:
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0


@pytest.mark.parametrize('encoding', ['16UC1', '32FC1'])
async def test_what_arrives_is_the_room_as_it_was_drawn(
    start_camera: Callable[..., None], spun: Callable[..., Any], encoding: str
) -> None:
    namespace = f'room_{encoding.lower()}'
    start_camera(namespace, f'depth_encoding:={encoding}')
    eyes = open_eyes(spun, namespace)
    frame = (await eyes.look(Deadline.after(PATIENCE_S))).frame
    eyes.close()
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

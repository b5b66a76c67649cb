"""The simulator as a process of its own, seen over DDS as a robot is."""

from __future__ import annotations

import asyncio
import json
import math
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from vlm_nav.core.deadline import Deadline
from vlm_nav.geometry.poses import floor_pose_of, transform_points, wrap_angle

pytest.importorskip('rclpy')
pytest.importorskip('tf2_msgs')

from looking import first_look, in_namespace, open_eyes

from vlm_nav.sim.house.house_planning import plan_house, templates

pytestmark = pytest.mark.ros
PATIENCE_S = 30.0
MODULE = 'vlm_nav.ros.simulator'
SMALL = ('width_px:=320', 'height_px:=240')


@dataclass
class Simulating:
    """A running simulator: its process and the line that told that it is ready."""

    process: subprocess.Popen[str]
    told: dict[str, Any]

    def stop(self) -> int:
        """Send SIGINT and return the exit status."""
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(PATIENCE_S)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status


@contextmanager
def simulators() -> Iterator[Callable[..., Simulating]]:
    """Give a starter of simulators in a namespace; they are told to end, and must."""
    running: list[Simulating] = []

    def start(namespace: str, *parameters: str) -> Simulating:
        words = [word for parameter in parameters for word in ('-p', parameter)]
        process = subprocess.Popen(
            [sys.executable, '-m', MODULE, *in_namespace(namespace), *words],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        running.append(Simulating(process, json.loads(line or '{}')))
        return running[-1]

    yield start
    for one in running:
        assert one.stop() == 0


@pytest.fixture
def simulate() -> Iterator[Callable[..., Simulating]]:
    """Give a starter of simulators that end with the test."""
    with simulators() as start:
        yield start


@pytest.fixture(scope='module')
def lasting() -> Iterator[Simulating]:
    """Give a simulator for all tests of the module, in the namespace /lasting_house."""
    with simulators() as start:
        yield start('lasting_house', *SMALL, 'drift:=true')


class Heard:
    """The last message of a topic, and waiting for one that fits."""

    def __init__(self, node: Any, kind: type, topic: str, qos: Any) -> None:
        self.messages: list[Any] = []
        node.create_subscription(kind, topic, self.messages.append, qos)

    async def next(self, fits: Callable[[Any], bool] = lambda message: True) -> Any:
        """Return the first message from now on that fits."""
        deadline = Deadline.after(PATIENCE_S)
        seen = len(self.messages)
        while True:
            for message in self.messages[seen:]:
                seen += 1
                if fits(message):
                    return message
            assert not deadline.expired(), 'nothing fits'
            await asyncio.sleep(0.01)


async def test_a_look_shows_the_house_where_the_robot_stands(
    simulate: Callable[..., Simulating], spun: Callable[..., Any]
) -> None:
    told = simulate('house', *SMALL, 'noise:=false', 'clock:=false', 'depth_encoding:=32FC1').told
    assert (told['template'], told['seed']) == (templates()[0], 0)
    eyes = open_eyes(spun, 'house')
    frame = await first_look(eyes, PATIENCE_S)
    eyes.close()
    pose = floor_pose_of(frame.map_from_base)
    x_m, y_m, yaw_deg = map(float, told['start'].split())
    assert (pose.x_m, pose.y_m) == pytest.approx((x_m, y_m), abs=2e-3)
    assert math.degrees(pose.yaw_rad) == pytest.approx(yaw_deg, abs=0.1)
    assert frame.rgb.shape == (240, 320, 3)
    assert frame.rgb.std() > 10.0
    assert frame.depth_m is not None
    # Most of the lowest rows is floor before the robot: it lies at the height 0 of the map.
    rays = frame.camera.pixel_rays()[-20:, 100:220]
    points = rays * frame.depth_m[-20:, 100:220, None]
    heights_m = transform_points(frame.map_from_base @ frame.base_from_camera, points)[..., 2]
    assert np.median(np.abs(heights_m)) < 2e-3


async def test_what_a_real_nav2_needs_is_there_and_it_obeys_its_velocities(
    simulate: Callable[..., Simulating], spun: Callable[..., Any]
) -> None:
    from geometry_msgs.msg import Twist
    from nav_msgs.msg import Odometry
    from rosgraph_msgs.msg import Clock
    from sensor_msgs.msg import JointState, LaserScan

    from vlm_nav.ros.qos import COMMAND, SENSOR

    simulate('driven', *SMALL, 'use_nav2:=true')
    node = spun('nav2', cli_args=in_namespace('driven'))
    clock = Heard(node, Clock, '/clock', SENSOR)
    scans = Heard(node, LaserScan, 'scan', SENSOR)
    odometry = Heard(node, Odometry, 'odom', SENSOR)
    joints = Heard(node, JointState, 'joint_states', SENSOR)
    first = await clock.next()
    await clock.next(lambda later: later.clock.nanosec != first.clock.nanosec)
    scan = await scans.next()
    assert scan.header.frame_id == 'lidar'
    ranges = np.array(scan.ranges)
    assert np.isfinite(ranges).mean() > 0.9
    held = await joints.next()
    # The camera looks down, so that the floor before the robot is seen.
    assert dict(zip(held.name, held.position, strict=True))['head_tilt'] > 0.3
    commands = node.create_publisher(Twist, 'cmd_vel', COMMAND)
    command = Twist()
    command.angular.z = 0.8
    before_rad = yaw_of(await odometry.next())
    deadline = Deadline.after(PATIENCE_S)
    while wrap_angle(yaw_of(odometry.messages[-1]) - before_rad) < 0.5:
        assert not deadline.expired()
        commands.publish(command)
        await asyncio.sleep(0.05)
    # Where nobody commands any more, it stands before long.
    assert odometry.messages[-1].twist.twist.angular.z == pytest.approx(0.8, abs=0.2)
    await odometry.next(lambda message: abs(message.twist.twist.angular.z) < 0.01)


def yaw_of(message: Any) -> float:
    orientation = message.pose.pose.orientation
    return 2.0 * math.atan2(orientation.z, orientation.w)


async def test_the_truth_is_told_on_topics_of_its_own(
    lasting: Simulating, spun: Callable[..., Any]
) -> None:
    from geometry_msgs.msg import PoseStamped
    from sensor_msgs.msg import Image
    from std_msgs.msg import String

    from vlm_nav.ros.qos import LATCHED, SENSOR

    node = spun('measuring', cli_args=in_namespace('lasting_house'))
    poses = Heard(node, PoseStamped, 'ground_truth/pose', SENSOR)
    things = Heard(node, Image, 'ground_truth/things', SENSOR)
    plans = Heard(node, String, 'ground_truth/plan', LATCHED)
    pose = (await poses.next()).pose.position
    start = tuple(map(float, lasting.told['start'].split()[:2]))
    assert (pose.x, pose.y) == pytest.approx(start, abs=2e-3)
    plan = json.loads((plans.messages or [await plans.next()])[0].data)
    expected = plan_house(templates()[0], 0)
    assert [thing['identifier'] for thing in plan['things']] == [
        thing.identifier for thing in expected.things
    ]
    picture = await things.next()
    shown = np.frombuffer(bytes(picture.data), np.uint16)
    assert (picture.encoding, shown.size) == ('16UC1', 320 * 240)
    assert 0 < shown.max() <= len(expected.things)


def test_who_asks_the_doubles_is_answered_on_the_loopback(lasting: Simulating) -> None:
    url = lasting.told['answers']
    assert url.startswith('http://127.0.0.1:')
    request = urllib.request.Request(f'{url}/seer', data=b'{}')
    with pytest.raises(urllib.error.HTTPError, match='400'):
        urllib.request.urlopen(request, timeout=PATIENCE_S)


@pytest.mark.parametrize(
    ('parameter', 'words'),
    [
        ('start:=here', 'start is by_seed'),
        ('seed:=-1', 'seed'),
        ('seed:=first', 'seed'),
    ],
)
def test_what_makes_no_sense_ends_it_in_one_line(parameter: str, words: str) -> None:
    ended = subprocess.run(
        [sys.executable, '-m', MODULE, *in_namespace('refused'), '-p', parameter],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert ended.returncode == 2
    assert words in ended.stderr
    assert 'Traceback' not in ended.stderr


def test_a_port_of_answers_that_is_taken_ends_it_in_one_line() -> None:
    with socket.create_server(('127.0.0.1', 0)) as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run(
            [sys.executable, '-m', MODULE, *in_namespace('taken'), '-p', f'answers_port:={port}'],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    assert ended.returncode == 2, ended.stderr
    assert 'in use' in ended.stderr
    assert 'Traceback' not in ended.stderr


def test_a_machine_that_can_draw_no_pictures_is_told_so_in_a_line() -> None:
    ended = subprocess.run(
        [sys.executable, '-m', MODULE, *in_namespace('blind')],
        env={**os.environ, 'MUJOCO_GL': 'disabled'},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert ended.returncode == 2, ended.stderr
    assert 'Traceback' not in ended.stderr
    assert 'MUJOCO_GL' in ended.stderr

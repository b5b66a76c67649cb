"""What tests over DDS share: a context of their own, nodes, and the Nav2 double as a process."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from one_domain import claimed_domain

# Before anything of ROS is imported: nobody else's nodes, and nobody else's network.
os.environ['ROS_DOMAIN_ID'] = claimed_domain()
os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'

PATIENCE_S = 15.0


@pytest.fixture(scope='session')
def ros_context() -> Iterator[Any]:
    """Give a context that only these tests use."""
    rclpy = pytest.importorskip('rclpy')
    # The wheels' type support imports lark 0.12, which imports a module that Python gave up.
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', DeprecationWarning)
        importlib.import_module('rosidl_generator_py')
    context = rclpy.Context()
    rclpy.init(context=context)
    yield context
    rclpy.shutdown(context=context)


@pytest.fixture
def spun(ros_context: Any) -> Iterator[Callable[..., Any]]:
    """Give a maker of nodes, each spun in a thread until the test ends."""
    from rclpy.node import Node

    from vlm_nav.ros.spinning import SpinThread

    with ExitStack() as ending:

        def make(name: str = 'tested', **options: Any) -> Any:
            node = Node(name, context=ros_context, **options)
            ending.callback(node.destroy_node)
            ending.enter_context(SpinThread(node))
            return node

        yield make


class Process:
    """The double as a process of its own; its lines are read by a thread."""

    def __init__(self, namespace: str, parameters: dict[str, Any]) -> None:
        settings = [f'{name}:={value}' for name, value in parameters.items()]
        module = 'vlm_nav.ros.doubles.navigate_to_pose_server'
        self.process = subprocess.Popen(
            [sys.executable, '-m', module, '--ros-args', '-r', f'__ns:=/{namespace}']
            + [word for setting in settings for word in ('-p', setting)],
            stdout=subprocess.PIPE,
            text=True,
        )
        self.events: list[dict[str, Any]] = []
        self._arrived = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def wait_for(self, event: str, goal_id: str | None = None) -> dict[str, Any]:
        """Return the first line of an event (of a goal), waiting for it."""
        until = time.monotonic() + PATIENCE_S
        with self._arrived:
            while True:
                for line in self.events:
                    if line['event'] == event and goal_id in (None, line['goal_id']):
                        return line
                left_s = until - time.monotonic()
                assert left_s > 0.0, f'no {event} within {PATIENCE_S} s, came: {self.events}'
                self._arrived.wait(left_s)

    async def event(self, event: str, goal_id: str | None = None) -> dict[str, Any]:
        """Wait for an event without holding up the loop."""
        return await asyncio.to_thread(self.wait_for, event, goal_id)

    def stop(self, number: int = signal.SIGINT) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE_S)
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._arrived:
                self.events.append(json.loads(line))
                self._arrived.notify_all()


@pytest.fixture
def start_double() -> Iterator[Callable[..., Process]]:
    """Give a starter of doubles in namespaces; they end with the test."""
    running: list[Process] = []

    def start(namespace: str, **parameters: Any) -> Process:
        running.append(Process(namespace, parameters))
        return running[-1]

    yield start
    for process in running:
        if process.process.returncode is None:
            assert process.stop() == 0


@pytest.fixture(scope='module')
def lasting_double() -> Iterator[Process]:
    """Give one double for all tests of a module, with an active Nav2, in namespace /lasting."""
    process = Process('lasting', {'lifecycle': 'active', 'speed_m_s': 20.0, 'map_reach_m': 500.0})
    yield process
    assert process.stop() == 0


class HallRobot:
    """The stand-in for Nav2 drives a robot in the hall of nav2_world.py, five times as fast."""

    def __init__(self, context: Any, namespace: str) -> None:
        from kinematic_robot import KinematicRobot
        from nav2_world import PERIOD_S, Nav2World
        from rclpy.node import Node

        from vlm_nav.geometry.poses import FloorPose
        from vlm_nav.ros.nav2_stand_in import Nav2StandIn

        self.node = Node('hall', context=context, namespace=namespace)
        self.robot = KinematicRobot(FloorPose(0.0, 0.0, 0.0))
        self._stand_in = Nav2StandIn(self.node, self.robot, Nav2World().nav2)
        self._period_s = PERIOD_S
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._drive)

    def start(self) -> None:
        """Let time go by."""
        self._thread.start()

    def stop(self) -> None:
        """Stop it."""
        self._stopping.set()
        self._thread.join()

    def _drive(self) -> None:
        while not self._stopping.wait(self._period_s / 5.0):
            self._stand_in.step()
            self.robot.advance(self._period_s)


@pytest.fixture(scope='module')
def hall(ros_context: Any) -> Iterator[HallRobot]:
    """Give the stand-in for Nav2 with a robot in a hall, in namespace /hall."""
    pytest.importorskip('nav2_msgs')
    pytest.importorskip('skimage')
    from vlm_nav.ros.spinning import SpinThread

    hall = HallRobot(ros_context, '/hall')
    with SpinThread(hall.node):
        hall.start()
        yield hall
        hall.stop()
    hall.node.destroy_node()

"""Plays one held picture of a rosbag2 again and again, with present stamps.

`python -m vlm_nav.ros.doubles.bag_player BAG --frame 36 --wait-for navigator`. All messages of
the picture's moment go out together, after the transforms at the very same stamp. Lines of JSON
on standard input change what is played: {"frame": 72}, {"fault": "zero_k"}, {"fault": null}. One
line on standard output tells that a change is in effect and its first messages have gone out.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import remove_ros_args

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.errors import InvalidValueError, VlmNavError
from vlm_nav.ros.doubles.bag_faults import Fault
from vlm_nav.ros.doubles.bag_publishing import BagPublishing, PlayedState
from vlm_nav.ros.doubles.bag_recording import RecordingError, read_recording
from vlm_nav.ros.doubles.lifecycle_watch import LifecycleWatch

_STEP_S = 0.01
_TF_PERIOD_S = 0.05


class Orders:
    """Lines of JSON from standard input, read without ever waiting longer than a step."""

    def __init__(self, descriptor: int) -> None:
        """Read from an open file descriptor."""
        self._descriptor = descriptor
        self._rest = b''
        self.ended = False

    def read(self, timeout_s: float) -> list[bytes]:
        """Return the lines that came within the time."""
        if self.ended:
            time.sleep(timeout_s)
            return []
        ready, _, _ = select.select([self._descriptor], [], [], timeout_s)
        if not ready:
            return []
        data = os.read(self._descriptor, 65536)
        self.ended = not data
        *lines, self._rest = (self._rest + data).split(b'\n')
        return [line for line in lines if line.strip()]


class BagPlayer:
    """Holds one state and publishes it; `step` is called over and over."""

    def __init__(self, publishing: BagPublishing, state: PlayedState, rate_hz: float) -> None:
        """Begin with a state at the next step.

        Raises InvalidValueError for a rate that is not positive or a picture that is not there.
        """
        if not rate_hz > 0.0:
            raise InvalidValueError(f'a rate above 0 was wanted, got {rate_hz}')
        self._publishing = publishing
        self._period_s = 1.0 / rate_hz
        self._state = publishing.checked(state)
        self._told: PlayedState | None = None
        self._next_pictures_s = self._next_tf_s = time.monotonic()

    def change(self, order: dict[str, Any]) -> None:
        """Play another picture or fault from the next step on; raises VlmNavError."""
        self._state = self._publishing.checked(self._state.changed(order))
        self._next_pictures_s = time.monotonic()

    def step(self) -> None:
        """Publish what is due."""
        now_s = time.monotonic()
        if now_s >= self._next_pictures_s:
            stamp_ns = self._publishing.publish(self._state)
            self._next_pictures_s = max(self._next_pictures_s + self._period_s, now_s)
            self._next_tf_s = now_s + _TF_PERIOD_S
            if self._told != self._state:
                self._told = self._state
                _tell({'state': self._state.as_json(), 'stamp_ns': stamp_ns})
        elif now_s >= self._next_tf_s:
            self._publishing.publish_transforms(self._state)
            self._next_tf_s = now_s + _TF_PERIOD_S


def main(arguments: Sequence[str] | None = None) -> int:
    """Play until SIGINT or SIGTERM; return 0, 1 for a node that is not active in time, else 2."""
    given = list(sys.argv if arguments is None else arguments)
    options = _parser().parse_args(remove_ros_args(given)[1:])
    stopping: list[int] = []
    rclpy.init(args=given, signal_handler_options=SignalHandlerOptions.NO)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda signum, _: stopping.append(signum))
    node = Node('bag_player')
    try:
        return _play(node, options, stopping)
    except VlmNavError as error:
        sys.stderr.write(f'bag_player: {error}\n')
        return 2
    finally:
        node.destroy_node()
        rclpy.shutdown()


def _play(node: Node, options: argparse.Namespace, stopping: list[int]) -> int:
    recording = read_recording(options.bag)
    if options.without_map:
        recording = recording.without_frame('map')
    publishing = BagPublishing(node, recording, with_clock=options.clock)
    player = BagPlayer(publishing, PlayedState(options.frame, options.fault), options.rate)
    watch = LifecycleWatch(node, options.wait_for) if options.wait_for else None
    deadline = Deadline.after(options.wait_timeout)
    orders = Orders(sys.stdin.fileno())
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    playing = watch is None
    while not stopping and not (orders.ended and options.end_with_stdin):
        publishing.publish_clock()
        executor.spin_once(timeout_sec=0.0)
        _obey(orders, player)
        playing = playing or (watch is not None and watch.is_active())
        if playing:
            player.step()
        elif deadline.expired():
            sys.stderr.write(f'bag_player: {options.wait_for} is not active: {watch}\n')
            return 1
    executor.shutdown()
    return 0


def _obey(orders: Orders, player: BagPlayer) -> None:
    for line in orders.read(_STEP_S):
        try:
            player.change(_order(line))
        except VlmNavError as error:
            _tell({'error': str(error)})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='bag_player', description='Plays one held picture of a rosbag2 with present stamps.'
    )
    parser.add_argument('bag', type=Path, help='folder of the rosbag2')
    parser.add_argument('--frame', type=int, default=0, help='which picture, counted at 30 Hz')
    known = ', '.join(fault.value for fault in Fault)
    parser.add_argument('--fault', type=Fault, default=None, help=f'one of {known}')
    parser.add_argument('--rate', type=float, default=5.0, help='pictures a second')
    parser.add_argument('--clock', action='store_true', help="publish /clock from the bag's start")
    parser.add_argument(
        '--without-map', action='store_true', help='leave the frame map out of what tf tells'
    )
    parser.add_argument('--wait-for', metavar='NODE', help='begin when this node is active')
    parser.add_argument('--wait-timeout', type=float, default=30.0, metavar='S')
    parser.add_argument(
        '--end-with-stdin', action='store_true', help='end when standard input does'
    )
    return parser


def _order(line: bytes) -> dict[str, Any]:
    try:
        order = json.loads(line)
    except ValueError as error:
        raise RecordingError(f'a line of JSON was wanted, got {line!r}: {error}') from None
    if not isinstance(order, dict):
        raise RecordingError(f'an object like {{"frame": 36}} was wanted, got {order!r}')
    return order


def _tell(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + '\n')
    sys.stdout.flush()


if __name__ == '__main__':
    sys.exit(main())

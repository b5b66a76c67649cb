"""How a double lives as a process: from its making to SIGINT or SIGTERM."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable
from typing import TypeVar

import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from vlm_nav.core.errors import VlmNavError
from vlm_nav.navigation.in_words import printable

NodeT = TypeVar('NodeT', bound=Node)

_SPIN_S = 0.05


def serve(
    make: Callable[[], NodeT],
    name: str,
    after_turn: Callable[[NodeT, threading.Event], object] = lambda node, stopping: None,
) -> int:
    """Spin the node that `make` returns until a signal; return the exit status.

    0, or 2 with the error's words under `name` where the node cannot be made: for a parameter
    out of its range, or a port that is taken, among others.
    `after_turn` is called after each turn of the executor; the event is set by the signal.
    """
    stopping = threading.Event()
    try:
        rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    except RuntimeError as error:
        # What rcl says of arguments and parameter files that it cannot read.
        return _refused(name, error)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    try:
        node = make()
    except (VlmNavError, ParameterException, OSError) as error:
        rclpy.shutdown()
        return _refused(name, error)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    while not stopping.is_set():
        executor.spin_once(timeout_sec=_SPIN_S)
        after_turn(node, stopping)
    executor.shutdown()
    node.destroy_node()
    rclpy.shutdown()
    return 0


def _refused(name: str, error: Exception) -> int:
    sys.stderr.write(printable(f'{name}: {error}') + '\n')
    return 2

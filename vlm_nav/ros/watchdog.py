"""The watchdog: cancels the navigator's goal when the navigator dies, for Nav2 drives on.

`ros2 run vlm_nav watchdog`. It hears `navigator/heartbeat` and the status of
`navigate_to_pose`, and cancels single goals that the navigator claimed; never any other, and
never all of them.
"""

from __future__ import annotations

import contextlib
import functools
import signal
import sys
from collections.abc import Sequence
from typing import Any

import rclpy
from action_msgs.msg import GoalInfo, GoalStatus, GoalStatusArray
from action_msgs.srv import CancelGoal
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from unique_identifier_msgs.msg import UUID

from vlm_nav.navigation.parameters import Parameter, seconds
from vlm_nav.ros.nav2_names import ACTION
from vlm_nav.ros.parameters import declare, read
from vlm_nav.ros.qos import ACTION_STATUS, COMMAND
from vlm_nav.ros.watchdog_rules import Watch, WatchdogSettings

_RUNNING = (GoalStatus.STATUS_ACCEPTED, GoalStatus.STATUS_EXECUTING)
_STEP_S = 0.05
_DEFAULT = WatchdogSettings()

WATCHDOG_PARAMETERS: tuple[Parameter, ...] = (
    seconds('timeout_s', _DEFAULT.timeout_s, 'silence after which the goal is cancelled'),
)


class Watchdog(Node):
    """The node; `step` is called over and over."""

    def __init__(self, **options: Any) -> None:
        """Listen; raises rclpy's ParameterException for values out of range."""
        super().__init__('watchdog', **options)
        declare(self, WATCHDOG_PARAMETERS)
        settings = WatchdogSettings(**read(self, WATCHDOG_PARAMETERS))
        self._watch = Watch(settings)
        self._told: set[bytes] = set()
        self._has_server = self._hears = False
        self._client = self.create_client(CancelGoal, f'{ACTION}/_action/cancel_goal')
        self.create_subscription(UUID, 'navigator/heartbeat', self._take_beat, COMMAND)
        self.create_subscription(
            GoalStatusArray, f'{ACTION}/_action/status', self._take_status, ACTION_STATUS
        )

    def step(self) -> None:
        """Ask for the end of every goal that is due."""
        self._tell_of_server()
        self._tell_of_navigator()
        for goal_id, why in self._watch.due().items():
            if goal_id not in self._told:
                self._told.add(goal_id)
                self.get_logger().error(f'cancelling goal {goal_id.hex()}: {why}')
            if self._has_server:
                self._cancel(goal_id)
            else:
                self._watch.could_not_ask(goal_id)

    def _tell_of_server(self) -> None:
        has_server = self._client.service_is_ready()
        if has_server is not self._has_server:
            self._has_server = has_server
            can = 'can' if has_server else 'cannot'
            self.get_logger().info(f'goals {can} be cancelled: {self._client.srv_name}')

    def _tell_of_navigator(self) -> None:
        hears = self._watch.hears
        if hears is not self._hears:
            self._hears = hears
            self.get_logger().info(f'{"hears" if hears else "does not hear"} a navigator')

    def _cancel(self, goal_id: bytes) -> None:
        # With a goal's id and no stamp it is this goal's end alone that is asked for.
        info = GoalInfo(goal_id=UUID(uuid=list(goal_id)))
        answer = self._client.call_async(CancelGoal.Request(goal_info=info))
        answer.add_done_callback(functools.partial(self._take_answer, goal_id))

    def _take_answer(self, goal_id: bytes, answer: Any) -> None:
        code = answer.result().return_code
        if self._watch.answer(goal_id, code):
            self._told.discard(goal_id)
            self.get_logger().warning(f'goal {goal_id.hex()} is cancelled or over (code {code})')

    def _take_beat(self, message: Any) -> None:
        self._watch.beat(bytes(message.uuid))

    def _take_status(self, message: Any) -> None:
        running = (item for item in message.status_list if item.status in _RUNNING)
        self._watch.see(frozenset(bytes(item.goal_info.goal_id.uuid) for item in running))


def main(arguments: Sequence[str] | None = None) -> int:
    """Watch until SIGINT or SIGTERM; return 0, or 2 for parameters that make no sense."""
    stopping: list[int] = []
    given = list(sys.argv if arguments is None else arguments)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda signum, _: stopping.append(signum))
    try:
        rclpy.init(args=given, signal_handler_options=SignalHandlerOptions.NO)
    except RuntimeError as error:
        return _refused(f'{type(error).__name__}: {error}')
    try:
        node = Watchdog()
    except ParameterException as error:
        rclpy.shutdown()
        return _refused(str(error))
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    with contextlib.suppress(ExternalShutdownException):
        while not stopping:
            executor.spin_once(timeout_sec=_STEP_S)
            node.step()
    executor.shutdown()
    node.destroy_node()
    rclpy.shutdown()
    return 0


def _refused(why: str) -> int:
    sys.stderr.write(f'watchdog: {why}'.encode('unicode_escape').decode() + '\n')
    return 2


if __name__ == '__main__':
    sys.exit(main())

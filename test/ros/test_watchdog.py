"""The watchdog as a process over DDS, beside action servers and navigators by script."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest.importorskip('rclpy')
pytest.importorskip('nav2_msgs')

from action_msgs.srv import CancelGoal
from end_to_end.processes import JsonProcess, Told
from nav2_msgs.action import NavigateToPose
from rclpy.action import ActionClient
from unique_identifier_msgs.msg import UUID

from vlm_nav.ros.qos import COMMAND
from vlm_nav.ros.spinning import SpinThread

pytestmark = pytest.mark.ros
PATIENCE_S = 15.0
CANCEL = 'navigate_to_pose/_action/cancel_goal'
GOAL, STRANGERS = [1] * 16, [9] * 16


class Nav2:
    """The cancel service of Nav2, which answers by script and remembers what was asked."""

    def __init__(self, node: Any, *codes: int) -> None:
        self.codes = list(codes)
        self.asked = Told('cancel requests')
        self.node = node
        node.create_service(CancelGoal, CANCEL, self._answer)

    def wait_for_a_client(self) -> None:
        """Wait until a watchdog is known that could ask."""
        until_s = time.monotonic() + PATIENCE_S
        while not self.node.count_clients(self.node.resolve_service_name(CANCEL)):
            assert time.monotonic() < until_s, 'no watchdog could ask'
            time.sleep(0.01)

    def _answer(self, request: Any, response: Any) -> Any:
        info = request.goal_info
        stamp = (info.stamp.sec, info.stamp.nanosec)
        self.asked.add({'goal': list(info.goal_id.uuid), 'stamp': stamp})
        response.return_code = self.codes.pop(0) if len(self.codes) > 1 else self.codes[0]
        return response


class Navigator:
    """Beats as a navigator does, until it is silent."""

    def __init__(self, node: Any) -> None:
        self._publisher = node.create_publisher(UUID, 'navigator/heartbeat', COMMAND)
        self._beating = threading.Event()
        self.goal: list[int] = [0] * 16
        self._thread = threading.Thread(target=self._beat)
        until_s = time.monotonic() + PATIENCE_S
        while not self._publisher.get_subscription_count():
            assert time.monotonic() < until_s, 'no watchdog listens'
            time.sleep(0.01)
        self._thread.start()

    def _beat(self) -> None:
        while not self._beating.wait(0.1):
            self._publisher.publish(UUID(uuid=self.goal))

    def claim(self, goal: list[int]) -> None:
        """Claim a goal from now on."""
        self.goal = goal
        self._publisher.publish(UUID(uuid=goal))

    def fall_silent(self, goal: list[int]) -> None:
        """Claim a goal a last time."""
        self._beating.set()
        self._thread.join()
        self._publisher.publish(UUID(uuid=goal))


@pytest.fixture
def start_watchdog() -> Iterator[Callable[..., JsonProcess]]:
    """Give a starter of watchdogs in namespaces; they end with 0 with the test."""
    running: list[JsonProcess] = []

    def start(namespace: str, *arguments: str) -> JsonProcess:
        moved = ['--ros-args', '-r', f'__ns:=/{namespace}', *arguments]
        running.append(JsonProcess('vlm_nav.ros.watchdog', moved))
        return running[-1]

    yield start
    assert [process.stop(signal.SIGTERM) for process in running] == [0] * len(running)


def test_silence_cancels_the_claimed_goal_alone(
    spun: Callable[..., Any], start_watchdog: Callable[..., JsonProcess]
) -> None:
    node = spun('robot', namespace='/silent')
    watchdog = start_watchdog('silent')
    nav2, navigator = Nav2(node, 0), Navigator(node)
    nav2.wait_for_a_client()
    assert watchdog.wait_log('goals can be cancelled')
    navigator.fall_silent(GOAL)
    silent_s = time.monotonic()
    assert nav2.asked.wait(lambda line: True) == {'goal': GOAL, 'stamp': (0, 0)}
    assert time.monotonic() - silent_s < 1.0
    assert watchdog.wait_log('cancelling goal 0101', 'no heartbeat')
    assert watchdog.wait_log('is cancelled or over')
    assert len(nav2.asked.lines) == 1


def test_it_asks_again_until_a_nav2_that_was_away_or_slow_acknowledges(
    spun: Callable[..., Any], start_watchdog: Callable[..., JsonProcess]
) -> None:
    from rclpy.node import Node

    node = spun('robot', namespace='/away')
    watchdog = start_watchdog('away')
    gone = Node('nav2', context=node.context, namespace='/away')
    with SpinThread(gone):
        Nav2(gone, 0)
        navigator = Navigator(node)
    gone.destroy_node()
    navigator.fall_silent(GOAL)
    assert watchdog.wait_log('cancelling goal')
    # Nav2 comes back, does not know the goal yet, and then ends it.
    nav2 = Nav2(spun('nav2', namespace='/away'), 2, 2, 0)
    assert watchdog.wait_log('is cancelled or over (code 0)')
    assert [line['goal'] for line in nav2.asked.lines] == [GOAL] * 3


async def test_a_goal_that_its_navigator_let_go_of_is_cancelled_and_a_strangers_is_not(
    spun: Callable[..., Any],
    start_watchdog: Callable[..., JsonProcess],
    start_double: Callable[..., Any],
) -> None:
    from vlm_nav.ros.spinning import answer_of

    nav2 = start_double('let_go', speed_m_s=0.0)
    node = spun('robot', namespace='/let_go')
    start_watchdog('let_go')
    navigator = Navigator(node)
    client = ActionClient(node, NavigateToPose, 'navigate_to_pose')
    assert client.wait_for_server(PATIENCE_S)

    async def send(goal_id: list[int]) -> None:
        goal = NavigateToPose.Goal()
        goal.pose.header.frame_id = 'map'
        # The first answer may be lost in discovery: the double says itself that it has accepted.
        answer_of(node, lambda: client.send_goal_async(goal, goal_uuid=UUID(uuid=goal_id)))
        await nav2.event('accepted', bytes(goal_id).hex())

    navigator.claim(GOAL)
    await send(GOAL)
    navigator.claim([0] * 16)
    await nav2.event('canceled', bytes(GOAL).hex())
    await send(STRANGERS)
    navigator.fall_silent([0] * 16)
    # Longer than both times after which a goal of the navigator would have been cancelled.
    time.sleep(2.0)
    ends = [line for line in nav2.events if line['goal_id'] == bytes(STRANGERS).hex()]
    assert [line['event'] for line in ends] == ['accepted']
    client.destroy()


def test_parameters_that_make_no_sense_end_it_with_2() -> None:
    for wrong in ('timeout_s:=0.0', 'timeout_s:=soon'):
        process = JsonProcess('vlm_nav.ros.watchdog', ['--ros-args', '-p', wrong])
        assert process.process.wait(PATIENCE_S) == 2
        assert process.wait_log('watchdog: ', 'timeout_s')
        process.stop()

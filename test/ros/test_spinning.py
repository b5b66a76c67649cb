"""The thread that spins, and the way from its callbacks into the loop."""

import asyncio
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any

import pytest

pytest.importorskip('rclpy')

from rclpy.node import Node
from rclpy.task import Future

from vlm_nav.ros import spinning
from vlm_nav.ros.spinning import (
    SpinThread,
    answer_of,
    call_in_loop,
    let_go,
    wait_in_loop,
)

pytestmark = pytest.mark.ros


async def test_a_future_set_in_another_thread_ends_the_one_in_the_loop(
    spun: Callable[..., Any],
) -> None:
    future = Future()
    bridged = answer_of(spun(), lambda: future)
    threading.Thread(target=future.set_result, args=(7,)).start()
    assert await asyncio.wait_for(bridged, 2.0) == 7


async def test_a_future_that_is_already_done_is_done_here_too(spun: Callable[..., Any]) -> None:
    future = Future()
    future.set_result(7)
    assert await asyncio.wait_for(answer_of(spun(), lambda: future), 2.0) == 7


async def test_errors_and_cancellation_are_handed_over(spun: Callable[..., Any]) -> None:
    node, failed, cancelled = spun(), Future(), Future()
    bridged = [answer_of(node, lambda: failed), answer_of(node, lambda: cancelled)]
    failed.set_exception(ValueError('why'))
    cancelled.cancel()
    with pytest.raises(ValueError, match='why'):
        await asyncio.wait_for(bridged[0], 2.0)
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(bridged[1], 2.0)


async def test_cancelling_here_leaves_the_future_there_and_its_end_harmless(
    spun: Callable[..., Any],
) -> None:
    future = Future()
    bridged = answer_of(spun(), lambda: future)
    bridged.cancel()
    future.set_result(7)
    await asyncio.sleep(0)
    assert future.done()
    assert bridged.cancelled()


def test_calling_into_a_closed_loop_has_no_effect() -> None:
    loop = asyncio.new_event_loop()
    loop.close()
    call_in_loop(loop, pytest.fail, 'called')


async def test_messages_get_from_the_executors_thread_into_the_loop(
    spun: Callable[..., Any],
) -> None:
    from std_msgs.msg import String

    node = spun('talker', namespace='/spinning')
    loop = asyncio.get_running_loop()
    heard: asyncio.Future[str] = loop.create_future()

    def hear(message: Any) -> None:
        assert threading.current_thread() is not threading.main_thread()
        call_in_loop(loop, lambda: heard.done() or heard.set_result(message.data))

    node.create_subscription(String, 'words', hear, 1)
    publisher = node.create_publisher(String, 'words', 1)
    while not heard.done():
        publisher.publish(String(data='hello'))
        await asyncio.wait({heard}, timeout=0.05)
    assert heard.result() == 'hello'


async def test_requests_are_started_in_the_executors_thread(spun: Callable[..., Any]) -> None:
    def start() -> Future:
        future = Future()
        future.set_result(threading.current_thread().name)
        return future

    name = await asyncio.wait_for(answer_of(spun(), start), 2.0)
    assert name.startswith('rclpy')


async def test_nothing_is_started_on_a_node_that_nobody_spins(ros_context: Any) -> None:
    node = Node('alone', context=ros_context)
    with pytest.raises(RuntimeError, match='nothing spins it'):
        answer_of(node, Future)
    node.destroy_node()


async def test_what_a_callback_raises_ends_the_thread_and_is_told(ros_context: Any) -> None:
    node = Node('broken', context=ros_context)

    def fail() -> None:
        raise ValueError('a broken callback')

    spinning = SpinThread(node)
    spinning.start()
    node.create_timer(0.01, fail)
    with pytest.raises(ValueError, match='a broken callback'):
        await asyncio.wait_for(spinning.ended(), 5.0)
    with pytest.raises(ValueError, match='a broken callback'):
        spinning.stop()
    node.destroy_node()


async def test_the_thread_ends_quietly_when_its_context_is_shut_down() -> None:
    import rclpy

    context = rclpy.Context()
    rclpy.init(context=context)
    node = Node('short_lived', context=context)
    with SpinThread(node) as spinning:
        context.try_shutdown()
        await asyncio.wait_for(spinning.ended(), 5.0)
    node.destroy_node()


def test_starting_and_stopping_leaves_no_thread(ros_context: Any) -> None:
    before = threading.active_count()
    for _ in range(3):
        node = Node('again', context=ros_context)
        with SpinThread(node):
            pass
        node.destroy_node()
    assert threading.active_count() == before


async def test_what_is_called_in_the_loop_is_waited_for_with_what_it_raises() -> None:
    called: list[int] = []
    loop = asyncio.get_running_loop()
    await asyncio.to_thread(wait_in_loop, loop, called.append, 3)
    assert called == [3]
    with pytest.raises(ValueError, match='not in list'):
        await asyncio.to_thread(wait_in_loop, loop, called.remove, 4)


async def test_a_loop_that_hangs_is_not_waited_for_and_does_not_call_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(spinning, '_LOOP_TIMEOUT_S', 0.05)
    called: list[int] = []
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(wait_in_loop, loop, called.append, 3)
        # The loop hangs here until the thread has given up.
        assert isinstance(waiting.exception(10.0), FutureTimeoutError)
    await asyncio.sleep(0.05)
    assert called == []


async def test_what_the_loop_has_begun_is_waited_for_however_long_it_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(spinning, '_LOOP_TIMEOUT_S', 0.05)
    called: list[int] = []

    def begin() -> None:
        time.sleep(0.2)
        called.append(3)

    await asyncio.to_thread(wait_in_loop, asyncio.get_running_loop(), begin)
    assert called == [3]


def test_subscriptions_that_are_let_go_do_not_end_the_thread_that_spins(
    spun: Callable[..., Any],
) -> None:
    from std_msgs.msg import String

    node = spun('forgetful', namespace='/spinning')
    publisher = node.create_publisher(String, 'words', 1)
    usual_s = sys.getswitchinterval()
    # The threads take turns all the time, as they do on a machine that has other things to do.
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(150):
            held = [node.create_subscription(String, 'words', id, 1) for _ in range(4)]
            publisher.publish(String(data='hello'))
            let_go(node, *held)
    finally:
        sys.setswitchinterval(usual_s)
    ended = threading.Event()
    node.executor.create_task(ended.set)
    assert ended.wait(20.0)


def test_subscriptions_of_a_node_that_nobody_spins_are_let_go_at_once(ros_context: Any) -> None:
    from std_msgs.msg import String

    node = Node('left_alone', context=ros_context)
    with SpinThread(node):
        held = node.create_subscription(String, 'words', id, 1)
    let_go(node, held)
    assert held not in node.subscriptions
    node.destroy_node()

"""The one thread that spins rclpy, and the way from its callbacks into the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from types import TracebackType
from typing import Any

from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.subscription import Subscription

_LOOP_TIMEOUT_S = 30.0


class SpinThread:
    """Spins an executor with the nodes that it is given, in one thread, from `with` to end."""

    def __init__(self, *nodes: Node) -> None:
        """Prepare to spin `nodes`, which share one context."""
        self.executor = SingleThreadedExecutor(context=nodes[0].context)
        for node in nodes:
            self.executor.add_node(node)
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix='rclpy')
        self._spinning: Future[None] | None = None

    def start(self) -> None:
        """Begin to spin."""
        self._spinning = self._pool.submit(self._spin)

    def stop(self) -> None:
        """End the thread; raises what a callback raised, if that had ended it before."""
        # A task, since waking alone does not make `spin_once` return.
        self.executor.create_task(self._stopping.set)
        self._pool.shutdown(wait=True)
        for node in self.executor.get_nodes():
            # Nothing spins it any more, and it says so.
            node.executor = None
        self.executor.shutdown()
        if self._spinning is not None:
            self._spinning.result()

    async def ended(self) -> None:
        """Wait until the thread ends; raises what a callback raised."""
        if self._spinning is not None:
            await asyncio.shield(asyncio.wrap_future(self._spinning))

    def __enter__(self) -> SpinThread:
        """Start."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    def _spin(self) -> None:
        # The context may be shut down by somebody else; then there is nothing left to spin.
        with contextlib.suppress(ExternalShutdownException):
            while not self._stopping.is_set() and self.executor.context.ok():
                self.executor.spin_once()


def call_in_loop(
    loop: asyncio.AbstractEventLoop, callback: Callable[..., object], *arguments: object
) -> None:
    """Have the loop call `callback`; from any thread, and without effect once it is closed."""
    # Closed between the question and the call: what came too late has nobody to go to.
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(callback, *arguments)


def wait_in_loop(
    loop: asyncio.AbstractEventLoop, callback: Callable[..., None], *arguments: object
) -> None:
    """Have the loop call `callback` and wait for it; from any thread but the loop's.

    Raises what it raises, and concurrent.futures.TimeoutError where the loop does not come to it;
    then it is not called any more. What the loop has begun is waited for as long as it takes.
    """
    begun: Future[None] = Future()

    async def call() -> None:
        # Who waited may have gone on without it: what is late is not done any more.
        if begun.set_running_or_notify_cancel():
            callback(*arguments)

    done = asyncio.run_coroutine_threadsafe(call(), loop)
    try:
        done.result(_LOOP_TIMEOUT_S)
    except FutureTimeoutError:
        if begun.cancel():
            raise
        done.result()


def let_go(node: Node, *subscriptions: Subscription) -> None:
    """Destroy subscriptions of `node`, in the thread that spins it; from any thread.

    An executor that gathers what it waits for stumbles over one that is destroyed meanwhile, and
    what is raised then ends its thread.
    """

    def destroy() -> None:
        for subscription in subscriptions:
            node.destroy_subscription(subscription)

    if node.executor is None:
        destroy()
    else:
        node.executor.create_task(destroy)


def answer_of(node: Node, start: Callable[[], Any]) -> asyncio.Future[Any]:
    """Call `start` in the thread that spins `node`; return the end of the future it returns.

    rclpy's action client registers a request after sending it, without a lock: sent from another
    thread, its answer can come first and is then thrown away. Raises RuntimeError where no
    executor has the node.
    """
    if node.executor is None:
        raise RuntimeError(f'node {node.get_name()!r} is not in an executor: nothing spins it')
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Any] = loop.create_future()
    node.executor.create_task(lambda: _hand_over(start(), loop, answer))
    return answer


def settle(node: Node, future: Any, result: object) -> None:
    """Set the result of an rclpy future that a coroutine in the node's executor waits for.

    From any thread. Setting it alone does not wake an executor that has nothing else to do, and a
    task that sets it comes too late in Kilted: tasks run in turn there, newest first in Jazzy.
    """
    future.set_result(result)
    if node.executor is not None:
        node.executor.wake()


def _hand_over(future: Any, loop: asyncio.AbstractEventLoop, bridged: asyncio.Future[Any]) -> None:
    future.add_done_callback(lambda done: call_in_loop(loop, _settle, bridged, done))


def _settle(bridged: asyncio.Future[Any], done: Any) -> None:
    if bridged.done():
        return
    if done.cancelled():
        bridged.cancel()
    elif (error := done.exception()) is not None:
        bridged.set_exception(error)
    else:
        bridged.set_result(done.result())

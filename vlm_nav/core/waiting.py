"""Waiting that ends: by the result, by the deadline, or by cancellation."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Collection
from typing import Any, TypeVar

from vlm_nav.core.deadline import Deadline

ResultT = TypeVar('ResultT')

GRACE_S = 0.1


class DeadlinePassedError(Exception):
    """The work was not done by its deadline and has been cancelled."""


async def done_by(deadline: Deadline, work: Awaitable[ResultT]) -> ResultT:
    """Return what `work` returns, or raise what it raises, if that happens by `deadline`.

    Else it is cancelled and `DeadlinePassedError` raised; work that resists cancellation is
    left behind after a tenth of a second. Cancelling the caller cancels the work. Unlike
    `asyncio.wait_for` this never swallows a cancellation that comes together with the result.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=deadline.remaining_s())
        if task.done():
            return task.result()
    finally:
        await ended([task])
    raise DeadlinePassedError


async def ended(tasks: Collection[asyncio.Future[Any]]) -> None:
    """Cancel what is not done yet, and wait a tenth of a second for its end at most."""
    running = {task for task in tasks if not task.done()}
    for task in running:
        task.cancel()
    for task in tasks:
        task.add_done_callback(_forget)
    if running:
        await asyncio.wait(running, timeout=GRACE_S)


async def to_its_end(work: Awaitable[ResultT]) -> ResultT:
    """Return what `work` returns, or raise what it raises, however often the caller is cancelled.

    For work that ends by itself and soon, before which no cancellation may go on: a robot that is
    being stopped. A cancellation that came meanwhile is raised when the work has ended.
    """
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        _forget(task)
        raise cancelled
    return task.result()


class Turns:
    """Lets so many go on at once and the others wait, in whichever event loop runs."""

    def __init__(self, most: int) -> None:
        """Keep how many may go on at once."""
        self._most = most
        self._loop: asyncio.AbstractEventLoop | None = None
        self._semaphore = asyncio.Semaphore(most)

    async def __aenter__(self) -> None:
        """Wait for a turn."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            # Who waited in an earlier loop has ended with it.
            self._loop, self._semaphore = loop, asyncio.Semaphore(self._most)
        await self._semaphore.acquire()

    async def __aexit__(self, *_: object) -> None:
        """End the turn."""
        self._semaphore.release()


def _forget(task: asyncio.Future[Any]) -> None:
    """Look at the outcome, so that nobody complains that it was never looked at."""
    if not task.cancelled():
        task.exception()

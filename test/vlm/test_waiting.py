"""Waiting ends by the result, the deadline or cancellation, whatever the work does."""

import asyncio
import time

import pytest

from vlm_nav.core.deadline import Deadline
from vlm_nav.vlm.waiting import DeadlinePassedError, done_by

pytestmark = pytest.mark.usefixtures('no_task_left_behind')


async def test_the_result_or_the_error_of_the_work_comes_through() -> None:
    async def fails() -> None:
        raise KeyError('x')

    assert await done_by(Deadline.after(5.0), asyncio.sleep(0, 'done')) == 'done'
    with pytest.raises(KeyError):
        await done_by(Deadline.after(5.0), fails())


async def test_work_that_takes_too_long_is_cancelled() -> None:
    ended = []

    async def works() -> None:
        try:
            await asyncio.sleep(60.0)
        finally:
            ended.append(True)

    with pytest.raises(DeadlinePassedError):
        await done_by(Deadline.after(0.05), works())
    assert ended == [True]


async def test_work_that_resists_cancellation_is_left_behind() -> None:
    release = asyncio.Event()

    async def resists() -> None:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    started_s = time.monotonic()
    with pytest.raises(DeadlinePassedError):
        await done_by(Deadline.after(0.05), resists())
    assert time.monotonic() - started_s < 0.05 + 0.2
    release.set()
    await asyncio.sleep(0.01)


async def test_cancelling_the_waiter_cancels_the_work_even_as_it_ends() -> None:
    work_done = asyncio.Event()

    async def works() -> str:
        work_done.set()
        return 'done'

    task = asyncio.ensure_future(done_by(Deadline.after(5.0), works()))
    await work_done.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

"""Waiting ends by the result, the deadline or cancellation, whatever the work does."""

import asyncio
import time

import pytest

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.waiting import DeadlinePassedError, Turns, done_by, to_its_end

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


async def test_no_more_than_so_many_go_on_at_once_and_all_have_their_turn() -> None:
    turns, under_way, most = Turns(3), 0, 0

    async def work() -> None:
        nonlocal under_way, most
        async with turns:
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0)
            under_way -= 1

    await asyncio.gather(*(work() for _ in range(20)))
    assert (most, under_way) == (3, 0)


async def test_who_is_cancelled_while_waiting_takes_no_turn_and_who_fails_gives_it_back() -> None:
    turns = Turns(1)

    async def fails() -> None:
        async with turns:
            raise KeyError('x')

    async def waits() -> None:
        async with turns:
            raise AssertionError

    with pytest.raises(KeyError):
        await fails()
    async with turns:
        task = asyncio.ensure_future(waits())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    async with turns:
        assert task.cancelled()


def test_turns_serve_one_event_loop_after_another() -> None:
    turns = Turns(1)

    async def hold_and_wait() -> None:
        async def hold() -> None:
            async with turns:
                await asyncio.sleep(60.0)

        tasks = [asyncio.ensure_future(hold()) for _ in range(2)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()

    asyncio.run(hold_and_wait())
    asyncio.run(hold_and_wait())


async def test_what_must_end_first_ends_however_often_its_waiter_is_cancelled() -> None:
    may_end, ended = asyncio.Event(), []

    async def stops() -> None:
        await may_end.wait()
        ended.append(True)

    waiter = asyncio.ensure_future(to_its_end(stops()))
    for _ in range(3):
        await asyncio.sleep(0)
        waiter.cancel()
    await asyncio.sleep(0)
    assert not waiter.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await waiter
    assert ended == [True]
    assert await to_its_end(asyncio.sleep(0, 'done')) == 'done'

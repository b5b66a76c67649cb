"""Numbers and pictures have threads of their own."""

from __future__ import annotations

import asyncio
import contextvars
import threading

import pytest
from held_threads import held_threads

from vlm_nav.core.own_threads import in_own_thread

NAME = contextvars.ContextVar('NAME', default='nobody')


async def test_work_is_done_in_a_thread_while_all_those_of_the_loop_are_held() -> None:
    with held_threads():
        thread = await asyncio.wait_for(in_own_thread(threading.current_thread), 10.0)
    assert thread is not threading.current_thread()


async def test_arguments_context_and_errors_go_through() -> None:
    NAME.set('somebody')
    assert await in_own_thread(NAME.get) == 'somebody'
    assert await in_own_thread(sorted, [1, 2], reverse=True) == [2, 1]
    with pytest.raises(ZeroDivisionError):
        await in_own_thread(divmod, 1, 0)

"""Threads for numbers and pictures, which no hanging name lookup can take away."""

from __future__ import annotations

import asyncio
import contextvars
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar

_Arguments = ParamSpec('_Arguments')
_Result = TypeVar('_Result')

_MOST: Final = 8
_THREADS: Final = ThreadPoolExecutor(_MOST, thread_name_prefix='vlm_nav')


async def in_own_thread(
    work: Callable[_Arguments, _Result],
    *arguments: _Arguments.args,
    **named: _Arguments.kwargs,
) -> _Result:
    """Return what `work` returns in a thread, or raise what it raises, as asyncio.to_thread.

    That one's few threads are also those in which the event loop looks up names of servers: one
    name service that hangs holds them all, for as long as it likes. Only what ends by itself
    may be done here.
    """
    run = functools.partial(contextvars.copy_context().run, work, *arguments, **named)
    return await asyncio.get_running_loop().run_in_executor(_THREADS, run)

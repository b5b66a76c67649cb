"""An event loop whose time does not pass by itself: it skips to what happens next."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from types import SimpleNamespace
from typing import Any, TypeVar
from unittest import mock

Result = TypeVar('Result')


class _SkippingSelector(selectors.DefaultSelector):
    """Waits for nobody; tells how long it was meant to."""

    def __init__(self, skip: Callable[[float | None], None]) -> None:
        super().__init__()
        self._skip = skip

    def select(self, timeout: float | None = None) -> list[Any]:
        """Skip the time and return what is ready at once."""
        if timeout is None or timeout > 0.0:
            self._skip(timeout)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """Skips every wait; `when_idle` is called before each skip, when nothing is left to do now.

    Raises AssertionError where something is awaited that nothing will ever bring. Whatever the
    loop would only have logged is kept in `complaints`.
    """

    def __init__(self) -> None:
        """Begin at 1000 s."""
        self.now_s = 1000.0
        self.when_idle: Callable[[], None] = lambda: None
        self.complaints: list[dict[str, Any]] = []
        super().__init__(_SkippingSelector(self._skip))
        self.set_exception_handler(lambda _, context: self.complaints.append(context))

    def time(self) -> float:
        """Return the virtual time in seconds."""
        return self.now_s

    def _skip(self, timeout_s: float | None) -> None:
        self.when_idle()
        assert timeout_s is not None, 'something is awaited that nothing will ever bring'
        self.now_s += timeout_s


@contextmanager
def virtual_time() -> Iterator[VirtualLoop]:
    """Give a loop whose time deadlines follow too, and close it."""
    loop = VirtualLoop()
    try:
        with mock.patch('vlm_nav.core.deadline.time', SimpleNamespace(monotonic=loop.time)):
            yield loop
    finally:
        _cancel_what_is_left(loop)
        loop.close()


def _cancel_what_is_left(loop: VirtualLoop) -> None:
    """End the tasks that a failure left, so that only the failure is told."""
    loop.when_idle = lambda: None
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        with suppress(AssertionError):
            loop.run_until_complete(asyncio.wait(tasks, timeout=100.0))


def run_virtually(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end in virtual time; nothing it began is left running."""
    with virtual_time() as loop:
        result = loop.run_until_complete(work)
        assert not asyncio.all_tasks(loop)
        assert loop.complaints == []
        return result

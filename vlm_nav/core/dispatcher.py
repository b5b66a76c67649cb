"""One instruction at a time: a new one replaces the old, a cancel ends it, a pause refuses all.

Who takes the robot over by hand ends it too, and is not disturbed until they are done.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import CommonReason

TaskT = TypeVar('TaskT')
EndT = TypeVar('EndT')
_TakenT_contra = TypeVar('_TakenT_contra', contravariant=True)
_GivenT_co = TypeVar('_GivenT_co', covariant=True)


class Carrier(Protocol[_TakenT_contra, _GivenT_co]):
    """Who carries tasks out, one call for each."""

    async def carry_out(
        self, task: _TakenT_contra, why_cancelled: Callable[[], CommonReason], /
    ) -> _GivenT_co:
        """Do it and return how it ended; cancelling the awaiting task ends it."""
        ...

    def refuse(self, task: _TakenT_contra, reason: CommonReason, detail: str, /) -> _GivenT_co:
        """Return how a task ended that was not begun, and tell of it."""
        ...

    def stopped(self, task: _TakenT_contra, reason: CommonReason, detail: str, /) -> _GivenT_co:
        """Return how a task ended that was begun and brought no result."""
        ...


@dataclass(eq=False)
class _Errand(Generic[TaskT, EndT]):
    """A task that was given, and the word to stop it."""

    given: TaskT
    on_end: Callable[[EndT], None]
    begun: bool = False
    stop_reason: CommonReason | None = None
    task: asyncio.Task[EndT] | None = None

    def stop(self, reason: CommonReason) -> None:
        if self.stop_reason is None:
            self.stop_reason = reason
        if self.task is not None:
            self.task.cancel()


@dataclass(eq=False)
class Dispatcher(Generic[TaskT, EndT]):
    """Hands instructions to a carrier, in the event loop, and owns what carries them out.

    Every instruction ends with one call of its `on_end`, whatever happens to it; `on_error` gets
    the errors of the program that ended one.
    """

    carrier: Carrier[TaskT, EndT]
    on_error: Callable[[BaseException], None] = field(default=lambda error: None)
    quiet_s: float = 2.0
    """How long after the last override instructions are refused."""
    _errands: list[_Errand[TaskT, EndT]] = field(default_factory=list, init=False)
    _paused: bool = field(default=False, init=False)
    _closed: bool = field(default=False, init=False)
    _quiet: Deadline | None = field(default=None, init=False)

    @property
    def paused(self) -> bool:
        """Whether instructions are refused until the pause ends."""
        return self._paused

    @property
    def overridden(self) -> bool:
        """Whether a person has taken the robot over."""
        return self._quiet is not None and not self._quiet.expired()

    @property
    def busy(self) -> bool:
        """Whether an instruction is being carried out."""
        return bool(self._errands)

    def instruct(self, given: TaskT, on_end: Callable[[EndT], None] = lambda end: None) -> None:
        """Carry out an instruction; the one under way ends with `replaced` first."""
        refusal = self._why_not()
        if refusal is not None:
            on_end(self.carrier.refuse(given, refusal, 'no instruction is taken now'))
            return
        self._stop_all(CommonReason.REPLACED)
        errand = _Errand(given, on_end)
        before = [other.task for other in self._errands if other.task is not None]
        self._errands.append(errand)
        errand.task = asyncio.get_running_loop().create_task(self._run(errand, before))
        # A task that is cancelled before its first step runs none of its own code.
        errand.task.add_done_callback(functools.partial(self._ended, errand))

    def cancel(self) -> bool:
        """End the instruction under way with `cancelled`; return whether there was one."""
        under_way = self.busy
        self._stop_all(CommonReason.CANCELLED)
        return under_way

    def pause(self, paused: bool) -> None:
        """End the instruction under way with `paused` and refuse others, or take them again."""
        self._paused = paused
        if paused:
            self._stop_all(CommonReason.PAUSED)

    def override(self) -> None:
        """End the instruction under way with `overridden`, and refuse others for a while."""
        self._quiet = Deadline.after(self.quiet_s)
        self._stop_all(CommonReason.OVERRIDDEN)

    async def close(self) -> None:
        """End the instruction under way with `shutting_down`; return when all has ended."""
        self._closed = True
        self._stop_all(CommonReason.SHUTTING_DOWN)
        tasks = [errand.task for errand in self._errands if errand.task is not None]
        await asyncio.gather(*tasks, return_exceptions=True)

    def _why_not(self) -> CommonReason | None:
        if self._closed:
            return CommonReason.SHUTTING_DOWN
        if self._paused:
            return CommonReason.PAUSED
        return CommonReason.OVERRIDDEN if self.overridden else None

    def _stop_all(self, reason: CommonReason) -> None:
        for errand in self._errands:
            errand.stop(reason)

    async def _run(self, errand: _Errand[TaskT, EndT], before: list[asyncio.Task[EndT]]) -> EndT:
        if before:
            await asyncio.wait(before)
        errand.begun = True
        return await self.carrier.carry_out(
            errand.given, lambda: errand.stop_reason or CommonReason.CANCELLED
        )

    def _ended(self, errand: _Errand[TaskT, EndT], task: asyncio.Task[EndT]) -> None:
        self._errands.remove(errand)
        if task.cancelled():
            reason = errand.stop_reason or CommonReason.CANCELLED
            errand.on_end(self._stopped(errand, reason))
            return
        error = task.exception()
        if error is None:
            errand.on_end(task.result())
            return
        self.on_error(error)
        name = type(error).__name__
        errand.on_end(self.carrier.stopped(errand.given, CommonReason.INTERNAL_ERROR, name))

    def _stopped(self, errand: _Errand[TaskT, EndT], reason: CommonReason) -> EndT:
        if errand.begun:
            return self.carrier.stopped(errand.given, reason, 'stopped before its end')
        # Nobody has heard of it yet.
        return self.carrier.refuse(errand.given, reason, 'stopped before its beginning')

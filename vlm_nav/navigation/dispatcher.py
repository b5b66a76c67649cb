"""One instruction at a time: a new one replaces the old, a cancel ends it, a pause refuses all.

Who takes the robot over by hand ends it too, and is not disturbed until they are done.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from dataclasses import dataclass, field

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Decision, DecisionOutcome
from vlm_nav.core.reasons import CommonReason
from vlm_nav.navigation.mission import Mission, MissionEnd
from vlm_nav.navigation.ports import DriveOutcome

EndListener = Callable[[MissionEnd], None]


@dataclass(eq=False)
class _Errand:
    """An instruction that was given, and the word to stop it."""

    instruction: str
    on_end: EndListener
    begun: bool = False
    stop_reason: CommonReason | None = None
    task: asyncio.Task[MissionEnd] | None = None

    def stop(self, reason: CommonReason) -> None:
        if self.stop_reason is None:
            self.stop_reason = reason
        if self.task is not None:
            self.task.cancel()


@dataclass(eq=False)
class Dispatcher:
    """Hands instructions to a mission, in the event loop, and owns the tasks that carry them out.

    Every instruction ends with one call of its `on_end`, whatever happens to it; `on_error` gets
    the errors of the program that ended one.
    """

    mission: Mission
    on_error: Callable[[BaseException], None] = field(default=lambda error: None)
    quiet_s: float = 2.0
    """How long after the last override instructions are refused."""
    _errands: list[_Errand] = field(default_factory=list, init=False)
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

    def instruct(self, instruction: str, on_end: EndListener = lambda end: None) -> None:
        """Carry out an instruction; the one under way ends with `replaced` first."""
        refusal = self._why_not()
        if refusal is not None:
            on_end(self.mission.refuse(instruction, refusal, 'no instruction is taken now'))
            return
        self._stop_all(CommonReason.REPLACED)
        errand = _Errand(instruction, on_end)
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

    async def _run(self, errand: _Errand, before: list[asyncio.Task[MissionEnd]]) -> MissionEnd:
        if before:
            await asyncio.wait(before)
        errand.begun = True
        return await self.mission.carry_out(
            errand.instruction, lambda: errand.stop_reason or CommonReason.CANCELLED
        )

    def _ended(self, errand: _Errand, task: asyncio.Task[MissionEnd]) -> None:
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
        errand.on_end(_without_result(errand, CommonReason.INTERNAL_ERROR, type(error).__name__))

    def _stopped(self, errand: _Errand, reason: CommonReason) -> MissionEnd:
        if errand.begun:
            return _without_result(errand, reason, 'stopped before its end')
        # Nobody has heard of it yet.
        return self.mission.refuse(errand.instruction, reason, 'stopped before its beginning')


def _without_result(errand: _Errand, reason: CommonReason, detail: str) -> MissionEnd:
    decision = Decision(DecisionOutcome.HOLD, errand.instruction, reason=reason)
    return MissionEnd(decision, DriveOutcome(False, reason, detail))

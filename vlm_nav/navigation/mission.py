"""An instruction from its acceptance to its end: look, decide, drive, and on until arrived.

Every step ends by a deadline, every end has a name, and listeners are told of each.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from vlm_nav.core.decision import Decision, DecisionOutcome
from vlm_nav.core.events import Listener, tell
from vlm_nav.core.reasons import AskingReason, CommonReason, ReasonCode, Refusal
from vlm_nav.navigation.carrying_on import CarryingOn
from vlm_nav.navigation.course import Course
from vlm_nav.navigation.events import Decided, Ended, Started
from vlm_nav.navigation.ports import Base, DriveOutcome, Eyes
from vlm_nav.navigation.selectors import Selector
from vlm_nav.navigation.steps import MissionLimits, Steps, hold

__all__ = ['BROKEN', 'Mission', 'MissionEnd', 'MissionLimits', 'new_identifier', 'unnamed']


@dataclass(frozen=True)
class MissionEnd:
    """How an instruction ended; `drive` is None where nothing was driven."""

    decision: Decision
    drive: DriveOutcome | None = None

    @property
    def reason(self) -> ReasonCode | None:
        """Return why the instruction was not carried out, None where it was."""
        return self.drive.reason if self.drive is not None else self.decision.reason


BROKEN = DriveOutcome(False, CommonReason.INTERNAL_ERROR, 'an error of the program ended it')
"""How an instruction ends when something happened that nobody foresaw."""


def new_identifier() -> str:
    """Return a name that no other record bears."""
    return uuid.uuid4().hex


def unnamed() -> str:
    """Return no name: what is not recorded needs none, for it would lead to nothing."""
    return ''


@dataclass(frozen=True, eq=False)
class Mission:
    """Carries out instructions: until the robot has arrived, or with one decision for each.

    `carrying_on` says how it is found out that the robot has arrived, how it looks around, and
    what an instruction may cost; without it one decision is made and one goal is driven to.
    """

    eyes: Eyes
    selector: Selector
    base: Base
    limits: MissionLimits = MissionLimits()
    listeners: Sequence[Listener] = ()
    name_record: Callable[[], str] = new_identifier
    carrying_on: CarryingOn | None = None

    async def carry_out(
        self,
        instruction: str,
        why_cancelled: Callable[[], CommonReason] = lambda: CommonReason.CANCELLED,
    ) -> MissionEnd:
        """Look, decide, and drive; return how it ended.

        Where it is carried on, ARRIVED is success; else a goal that was reached is. Cancelling
        the awaiting task stops the base, tells the listeners that the instruction ended for the
        reason that `why_cancelled` gives, and goes on as cancellation.
        """
        identifier = self.name_record()
        tell(self.listeners, Started(identifier, instruction))
        steps = Steps(self.eyes, self.base, self.limits, self.listeners, instruction, identifier)
        drive: DriveOutcome | None = BROKEN
        try:
            drive = await self._carry_out(steps)
        except asyncio.CancelledError:
            drive = DriveOutcome(False, why_cancelled(), 'stopped before its end')
            raise
        finally:
            # Whatever happened, listeners learn that it is over.
            end = self._end(steps.decision, drive)
        return end

    def refuse(self, instruction: str, reason: ReasonCode, detail: str) -> MissionEnd:
        """Return and tell that an instruction was not begun, with its reason."""
        identifier = self.name_record()
        tell(self.listeners, Started(identifier, instruction))
        decision = replace(hold(instruction, reason, detail), record=identifier)
        tell(self.listeners, Decided(decision))
        return self._end(decision, None)

    def stopped(self, instruction: str, reason: CommonReason, detail: str) -> MissionEnd:
        """Return how an instruction ended that was begun and brought no result."""
        decision = Decision(DecisionOutcome.HOLD, instruction, reason=reason)
        return MissionEnd(decision, DriveOutcome(False, reason, detail))

    async def _carry_out(self, steps: Steps) -> DriveOutcome | None:
        """Return how the drive ended with which it ended, None where it ended without one."""
        try:
            self._check(steps.instruction)
        except Refusal as refusal:
            steps.decided(hold(steps.instruction, refusal.reason, refusal.detail))
            return None
        if self.carrying_on is not None:
            return await Course(steps, self.selector, self.carrying_on).run()
        steps.decided(await self._decide(steps))
        return None if steps.decision.waypoint is None else await steps.drive()

    async def _decide(self, steps: Steps) -> Decision:
        try:
            sight = await steps.look()
            return await self.selector.select(
                sight, steps.instruction, steps.until(self.limits.decision_timeout_s)
            )
        except Refusal as refusal:
            return hold(steps.instruction, refusal.reason, refusal.detail)

    def _check(self, instruction: str) -> None:
        if not instruction.strip():
            raise Refusal(AskingReason.INSTRUCTION_EMPTY, 'an instruction has words, got none')
        most = self.limits.instruction_characters
        if len(instruction) > most:
            raise Refusal(
                AskingReason.INSTRUCTION_TOO_LONG,
                f'an instruction has at most {most} characters, got {len(instruction)}',
            )

    def _end(self, decision: Decision, drive: DriveOutcome | None) -> MissionEnd:
        tell(self.listeners, Ended(decision, drive))
        return MissionEnd(decision, drive)

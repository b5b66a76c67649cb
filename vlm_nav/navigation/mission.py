"""An instruction from its acceptance to its end: look, decide, drive.

Every step ends by a deadline, every end has a name, and listeners are told of each.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Decision, DecisionOutcome
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.events import Listener, tell
from vlm_nav.core.reasons import AskingReason, CommonReason, ReasonCode, Refusal
from vlm_nav.navigation.events import Decided, Drove, Ended, Looked, Started
from vlm_nav.navigation.ports import Base, DriveOutcome, Eyes
from vlm_nav.navigation.selectors import Selector


@dataclass(frozen=True)
class MissionLimits:
    """How long each step may take, in seconds, and how long an instruction may be."""

    look_timeout_s: float = 5.0
    decision_timeout_s: float = 60.0
    drive_timeout_s: float = 300.0
    instruction_characters: int = 2000

    def __post_init__(self) -> None:
        """Raise InvalidValueError unless every limit leaves room."""
        timeouts = (self.look_timeout_s, self.decision_timeout_s, self.drive_timeout_s)
        if not all(timeout > 0.0 for timeout in timeouts):
            raise InvalidValueError(f'time-outs are positive, got {self}')
        if self.instruction_characters < 1:
            raise InvalidValueError(f'an instruction has characters, got {self}')


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
    """Carries out instructions, one decision and one goal for each."""

    eyes: Eyes
    selector: Selector
    base: Base
    limits: MissionLimits = MissionLimits()
    listeners: Sequence[Listener] = ()
    name_record: Callable[[], str] = new_identifier

    async def carry_out(
        self,
        instruction: str,
        why_cancelled: Callable[[], CommonReason] = lambda: CommonReason.CANCELLED,
    ) -> MissionEnd:
        """Look, decide, and drive; return how it ended.

        Cancelling the awaiting task stops the base, tells the listeners that the instruction
        ended for the reason that `why_cancelled` gives, and goes on as cancellation.
        """
        identifier = self.name_record()
        tell(self.listeners, Started(identifier, instruction))
        decision = Decision(DecisionOutcome.HOLD, instruction, record=identifier)
        drive: DriveOutcome | None = BROKEN
        try:
            decision = replace(await self._decide(instruction), record=identifier)
            tell(self.listeners, Decided(decision))
            drive = await self._drive(decision)
        except asyncio.CancelledError:
            drive = DriveOutcome(False, why_cancelled(), 'stopped before its end')
            raise
        finally:
            # Whatever happened, listeners learn that it is over.
            end = self._end(decision, drive)
        return end

    def refuse(self, instruction: str, reason: ReasonCode, detail: str) -> MissionEnd:
        """Return and tell that an instruction was not begun, with its reason."""
        identifier = self.name_record()
        tell(self.listeners, Started(identifier, instruction))
        decision = _hold(instruction, reason, detail)
        decision = replace(decision, record=identifier)
        tell(self.listeners, Decided(decision))
        return self._end(decision, None)

    async def _decide(self, instruction: str) -> Decision:
        try:
            self._check(instruction)
            sight = await self.eyes.look(Deadline.after(self.limits.look_timeout_s))
            tell(self.listeners, Looked(sight))
            deadline = Deadline.after(self.limits.decision_timeout_s)
            return await self.selector.select(sight, instruction, deadline)
        except Refusal as refusal:
            return _hold(instruction, refusal.reason, refusal.detail)

    def _check(self, instruction: str) -> None:
        if not instruction.strip():
            raise Refusal(AskingReason.INSTRUCTION_EMPTY, 'an instruction has words, got none')
        most = self.limits.instruction_characters
        if len(instruction) > most:
            raise Refusal(
                AskingReason.INSTRUCTION_TOO_LONG,
                f'an instruction has at most {most} characters, got {len(instruction)}',
            )

    async def _drive(self, decision: Decision) -> DriveOutcome | None:
        if decision.waypoint is None:
            return None
        deadline = Deadline.after(self.limits.drive_timeout_s)
        outcome = await self.base.drive(decision.waypoint, deadline)
        tell(self.listeners, Drove(outcome))
        return outcome

    def _end(self, decision: Decision, drive: DriveOutcome | None) -> MissionEnd:
        tell(self.listeners, Ended(decision, drive))
        return MissionEnd(decision, drive)


def _hold(instruction: str, reason: ReasonCode, detail: str) -> Decision:
    return Decision(DecisionOutcome.HOLD, instruction, reason=reason, detail=detail)

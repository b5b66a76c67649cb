"""The steps of an instruction: looking, deciding and driving, each within its time and told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Decision, DecisionOutcome
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.events import Listener, tell
from vlm_nav.core.reasons import ReasonCode
from vlm_nav.navigation.events import Decided, Drove, Looked
from vlm_nav.navigation.on_way import LookOnWay, drive_looking
from vlm_nav.navigation.ports import Base, DriveOutcome, Eyes
from vlm_nav.navigation.sight import Sight


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


@dataclass(eq=False)
class Steps:
    """One instruction under way; `decision` is the last that was made, a hold before any.

    No step takes longer than its own limit, and none ends after `deadline`, where there is one.
    """

    eyes: Eyes
    base: Base
    limits: MissionLimits
    listeners: Sequence[Listener]
    instruction: str
    identifier: str
    deadline: Deadline | None = None
    decision: Decision = field(init=False)

    def __post_init__(self) -> None:
        """Hold as long as nothing was decided."""
        self.forget()

    def until(self, duration_s: float) -> Deadline:
        """Return when a step that may take so long has to end."""
        if self.deadline is None:
            return Deadline.after(duration_s)
        return self.deadline.sooner(duration_s)

    async def look(self) -> Sight:
        """Return what is seen, and tell it; raises Refusal as the eyes do."""
        sight = await self.eyes.look(self.until(self.limits.look_timeout_s))
        self.looked(sight)
        return sight

    def looked(self, sight: Sight) -> None:
        """Tell what the next decision is made from."""
        tell(self.listeners, Looked(sight))

    def decided(self, decision: Decision) -> None:
        """Keep and tell a decision, under the record's name."""
        self.decision = replace(decision, record=self.identifier)
        tell(self.listeners, Decided(self.decision))

    async def drive(self, on_way: LookOnWay | None = None) -> DriveOutcome:
        """Drive to the waypoint of the last decision, and tell how that ended.

        With `on_way` it is looked for the thing meanwhile.
        """
        assert self.decision.waypoint is not None
        until = self.until(self.limits.drive_timeout_s)
        goal = self.decision.waypoint
        if on_way is None:
            outcome = await self.base.drive(goal, until)
        else:
            outcome = await drive_looking(self.base, goal, until, on_way)
        tell(self.listeners, Drove(outcome))
        return outcome

    def forget(self) -> None:
        """Hold again: what was decided is done with, and nothing new decided yet."""
        self.decision = Decision(DecisionOutcome.HOLD, self.instruction, record=self.identifier)


def hold(instruction: str, reason: ReasonCode, detail: str) -> Decision:
    """Return the decision to stay, for a reason."""
    return Decision(DecisionOutcome.HOLD, instruction, reason=reason, detail=detail)

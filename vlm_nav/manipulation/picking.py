"""Picking and putting down from task to end: look, point, lift, plan, and let the arm move.

Every step ends by a deadline, every refusal has a reason, and listeners are told of each step.
The arm is asked to move when there is a pose that nothing refuses, and never otherwise.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.events import Listener, tell
from vlm_nav.core.own_threads import in_own_thread
from vlm_nav.core.reasons import (
    AskingReason,
    CommonReason,
    ObservationReason,
    Refusal,
)
from vlm_nav.manipulation.arm_port import Arm, ArmOutcome
from vlm_nav.manipulation.events import (
    ArmMoved,
    PickDecided,
    PickDecision,
    PickEnd,
    PickEnded,
    PickLooked,
    PickStarted,
    PickTask,
)
from vlm_nav.manipulation.lifted import Refused
from vlm_nav.manipulation.pick_ports import HandEyes, Lifting, Planning, Points, Putting
from vlm_nav.manipulation.pick_poses import measured_near, with_grasp, with_place
from vlm_nav.manipulation.pick_tries import after_loss, may_look_again, next_best
from vlm_nav.observation.rgbd_frame import RgbdFrame


@dataclass(frozen=True)
class PickLimits:
    """How long each step may take, in seconds, and how long an instruction may be.

    All motions of a task share `motion_timeout_s`. What words mean and the hand lost is looked
    for and picked anew, at most `retries` times.
    """

    look_timeout_s: float = 5.0
    decision_timeout_s: float = 60.0
    motion_timeout_s: float = 60.0
    instruction_characters: int = 2000
    retries: int = 1

    def __post_init__(self) -> None:
        """Raise InvalidValueError unless every limit leaves room."""
        timeouts = (self.look_timeout_s, self.decision_timeout_s, self.motion_timeout_s)
        if not all(timeout > 0.0 for timeout in timeouts) or self.instruction_characters < 1:
            raise InvalidValueError(f'limits are positive, got {self}')
        if self.retries < 0:
            raise InvalidValueError(f'0 retries or more were wanted, got {self.retries}')


_BROKEN = ArmOutcome(False, CommonReason.INTERNAL_ERROR, 'an error of the program ended it')


@dataclass(eq=False)
class _Course:
    """What a task has come to so far."""

    decision: PickDecision
    outcome: ArmOutcome | None = _BROKEN


@dataclass(frozen=True, eq=False)
class Picking:
    """Carries out tasks, one call for each.

    `free` tells why the hand can pick nothing now, None where it can.
    """

    eyes: HandEyes
    points: Points
    lift: Lifting
    plan: Planning
    arm: Arm
    limits: PickLimits = PickLimits()
    listeners: Sequence[Listener] = ()
    name_record: Callable[[], str] = str
    put: Putting | None = None
    free: Callable[[], Refused | None] = lambda: None

    async def carry_out(
        self,
        task: PickTask,
        why_cancelled: Callable[[], CommonReason] = lambda: CommonReason.CANCELLED,
    ) -> PickEnd:
        """Look, decide, and let the arm move; return how it ended.

        Cancelling the awaiting task stops the arm, tells the listeners that the task ended for
        the reason that `why_cancelled` gives, and goes on as cancellation.
        """
        identifier = self.name_record()
        tell(self.listeners, PickStarted(identifier, task))
        course = _Course(PickDecision(task, record=identifier))
        try:
            await self._make_up_mind(course)
            deadline = Deadline.after(self.limits.motion_timeout_s)
            await self._move(course, deadline)
            for _ in range(self.limits.retries):
                lost = course.outcome
                if lost is None or not may_look_again(task, lost, deadline):
                    break
                left_s = deadline.remaining_s()
                await self._make_up_mind(course)
                # What looking and asking take is not taken from the motions.
                deadline = Deadline.after(left_s)
                await self._move(course, deadline)
                course.outcome = after_loss(lost, course.decision, course.outcome)
        except asyncio.CancelledError:
            course.outcome = ArmOutcome(False, why_cancelled(), 'stopped before its end')
            raise
        finally:
            # Whatever happened, listeners learn that it is over.
            end = PickEnd(course.decision, course.outcome)
            tell(self.listeners, PickEnded(end))
        return end

    def refuse(self, task: PickTask, reason: CommonReason, detail: str) -> PickEnd:
        """Return and tell that a task was not begun, with its reason."""
        identifier = self.name_record()
        tell(self.listeners, PickStarted(identifier, task))
        decision = PickDecision(task, reason=reason, detail=detail, record=identifier)
        tell(self.listeners, PickDecided(decision))
        end = PickEnd(decision)
        tell(self.listeners, PickEnded(end))
        return end

    def stopped(self, task: PickTask, reason: CommonReason, detail: str) -> PickEnd:
        """Return how a task ended that was begun and brought no result."""
        return PickEnd(PickDecision(task, reason=reason), ArmOutcome(False, reason, detail))

    async def _make_up_mind(self, course: _Course) -> None:
        before, found = course.decision, await self._decide(course.decision.task)
        calls = before.calls + found.calls
        course.decision = replace(found, record=before.record, calls=calls)
        tell(self.listeners, PickDecided(course.decision))

    async def _move(self, course: _Course, deadline: Deadline) -> None:
        """Let the arm do what was decided, or what is next best where it finds no way to that."""
        course.outcome = await self._outcome_of(course.decision, deadline)
        while (other := next_best(course.decision, course.outcome)) is not None:
            course.decision = other
            tell(self.listeners, PickDecided(other))
            course.outcome = await self._outcome_of(other, deadline)
        if course.outcome is not None:
            tell(self.listeners, ArmMoved(course.outcome))

    async def _outcome_of(self, decision: PickDecision, deadline: Deadline) -> ArmOutcome | None:
        if decision.reason is not None:
            return None
        if decision.place is not None:
            return await self.arm.place(decision.place, deadline)
        return None if decision.grasp is None else await self.arm.pick(decision.grasp, deadline)

    async def _decide(self, task: PickTask) -> PickDecision:
        decision = PickDecision(task)
        try:
            self._check(task)
            frame = await self._look(task, Deadline.after(self.limits.look_timeout_s))
            tell(self.listeners, PickLooked(frame))
            decision = await self._choose(task, frame)
            if decision.pixel is None:
                return decision
            if task.place:
                return await in_own_thread(with_place, decision, decision.pixel, frame, self.put)
            plan = partial(with_grasp, lift=self.lift, plan=self.plan)
            return await in_own_thread(plan, decision, decision.pixel, frame)
        except Refusal as refusal:
            return replace(decision, reason=refusal.reason, detail=refusal.detail)

    async def _look(self, task: PickTask, deadline: Deadline) -> RgbdFrame:
        if task.stamp_ns:
            return await self.eyes.look_at(task.stamp_ns, deadline)
        return await self.eyes.look(deadline)

    async def _choose(self, task: PickTask, frame: RgbdFrame) -> PickDecision:
        if task.pixel is not None:
            if frame.camera.contains((task.pixel.u_px, task.pixel.v_px)):
                return PickDecision(task, task.pixel)
            size = f'{frame.camera.width_px} x {frame.camera.height_px}'
            raise Refusal(
                ObservationReason.PIXEL_OUTSIDE_IMAGE,
                f'a pixel of the picture ({size}) was wanted, got '
                f'({task.pixel.u_px:g}, {task.pixel.v_px:g})',
            )
        deadline = Deadline.after(self.limits.decision_timeout_s)
        pointed = await self.points.point(
            frame.identifier,
            frame.rgb,
            task.instruction,
            deadline,
            measured_near(frame),
            frame.depth_m,
        )
        return PickDecision(
            task,
            pointed.pixel,
            reason=pointed.reason,
            detail=pointed.detail,
            confidence=pointed.confidence,
            labels=pointed.labels,
            calls=pointed.calls,
        )

    def _check(self, task: PickTask) -> None:
        if task.pixel is None and not task.instruction.strip():
            raise Refusal(AskingReason.INSTRUCTION_EMPTY, 'an instruction has words, got none')
        most = self.limits.instruction_characters
        if len(task.instruction) > most:
            raise Refusal(
                AskingReason.INSTRUCTION_TOO_LONG,
                f'an instruction has at most {most} characters, got {len(task.instruction)}',
            )
        refused = self._hand_refuses(task)
        if refused is not None:
            raise Refusal(refused.reason, refused.detail)

    def _hand_refuses(self, task: PickTask) -> Refused | None:
        if task.place:
            return None if self.put is None else self.put.ready()
        return self.free()

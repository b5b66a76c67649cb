"""An instruction that is carried on: observe, decide, drive, arrived? And again."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Decision, DecisionOutcome, Waypoint
from vlm_nav.core.events import tell
from vlm_nav.core.own_threads import in_own_thread
from vlm_nav.core.reasons import ChoosingReason, DrivingReason, MissionReason, Refusal
from vlm_nav.memory.earlier_frames import EarlierFrames
from vlm_nav.memory.fresh_views import FreshViews
from vlm_nav.memory.keyframes import Keyframes
from vlm_nav.memory.visited import VisitedPlaces
from vlm_nav.navigation.approach import Approach
from vlm_nav.navigation.arrival import Verdict
from vlm_nav.navigation.carrying_on import CarryingOn, Standing
from vlm_nav.navigation.events import ArrivalChecked
from vlm_nav.navigation.healing import ENDING_DRIVES, HEALING
from vlm_nav.navigation.judging import Judging
from vlm_nav.navigation.on_way import LookOnWay
from vlm_nav.navigation.ports import DriveOutcome
from vlm_nav.navigation.selectors import Selector
from vlm_nav.navigation.sight import Sight
from vlm_nav.navigation.so_far import SoFar
from vlm_nav.navigation.steps import Steps, hold
from vlm_nav.navigation.until_arrived import LookAround
from vlm_nav.navigation.whereabouts import Whereabouts


class Course:
    """One instruction on its way, from its first look to its end."""

    def __init__(self, steps: Steps, selector: Selector, carrying_on: CarryingOn) -> None:
        """Let the time of the instruction begin."""
        self._steps = steps
        self._selector = selector
        self._arrival = carrying_on.arrival
        self._settings = settings = carrying_on.settings
        never = settings.look_around is LookAround.NEVER
        self._looking_around = None if never else carrying_on.looking_around
        self._deadline = steps.deadline = Deadline.after(settings.mission_timeout_s)
        self._fresh = FreshViews(settings.fresh_view_s, settings.fresh_view_m)
        keyframes = carrying_on.keyframes
        self._keyframes = None if keyframes is None else Keyframes(keyframes)
        self._earlier = EarlierFrames(carrying_on.earlier_frames)
        visited = VisitedPlaces(settings.visited_radius_m)
        self._whereabouts = Whereabouts(visited, carrying_on.allowed, carrying_on.free_space)
        self._standing = Standing()
        self._decisions = self._failures = self._retries = self._unnamed_calls = 0
        self._judging = Judging(steps.instruction, self._whereabouts, settings)
        self._points_first, self._look_every_m = carrying_on.points_first, carrying_on.look_every_m
        self._approach = Approach(steps, carrying_on.arrival, self._whereabouts)
        self._last_drive: DriveOutcome | None = None

    async def run(self) -> DriveOutcome | None:
        """Carry on to the end, which is the last decision; return the drive that ended it.

        None where no drive did: where the robot has arrived, holds, or gives up.
        """
        while True:
            decision = await self._next_decision()
            self._steps.decided(decision)
            if decision.waypoint is not None:
                outcome = await self._drive(decision.waypoint)
                if outcome.reason in ENDING_DRIVES:
                    return outcome
            elif decision.outcome is DecisionOutcome.TURN:
                await self._look_around()
            elif not await self._tries_again(decision):
                return None
            self._steps.forget()

    async def _next_decision(self) -> Decision:
        if self._deadline.expired():
            detail = f'it had {self._settings.mission_timeout_s:g} s'
            return self._judging.given_up(MissionReason.MISSION_LATE, detail)
        try:
            sight = await self._look()
            verdict = await self._verdict_of(sight)
            if verdict.arrived:
                calls = verdict.calls + self._approach.taken_calls()
                return self._judging.decided(DecisionOutcome.ARRIVED, verdict.detail, calls)
            decision = await self._decide(sight)
            calls = decision.calls + self._approach.taken_calls()
            # What was asked first and decided nothing belongs to what was decided then.
            self._unnamed_calls, unnamed = 0, self._unnamed_calls
            return replace(decision, calls=calls + unnamed)
        except Refusal as refusal:
            return hold(self._steps.instruction, refusal.reason, refusal.detail)

    async def _look(self) -> Sight:
        if self._standing.sight is None:
            self._standing.sight = await self._steps.look()
            self._fresh = self._fresh.with_frames(self._standing.sight.frames)
            self._approach.forget_view()
            self._whereabouts.stands(self._standing.sight)
        return self._standing.sight

    async def _verdict_of(self, sight: Sight) -> Verdict:
        """Return whether the robot has arrived; it is asked once for what it sees."""
        if self._standing.verdict is None:
            until = self._steps.until(self._steps.limits.decision_timeout_s)
            verdict = await self._arrival.check(sight, self._steps.instruction, until)
            told = ArrivalChecked(
                verdict.arrived, verdict.said, verdict.distance_m, verdict.detail
            )
            tell(self._steps.listeners, told)
            self._standing.verdict = verdict
            self._unnamed_calls += 0 if verdict.arrived else verdict.calls
        return self._standing.verdict

    async def _decide(self, sight: Sight) -> Decision:
        settings = self._settings
        if self._decisions >= settings.decision_limit:
            detail = f'not arrived after {self._decisions} decisions'
            return self._judging.given_up(MissionReason.DECISIONS_SPENT, detail)
        if self._failures >= settings.failure_limit:
            return self._given_up_driving()
        first = await self._looks_around_first(sight)
        if first is not None:
            return first
        self._decisions += 1
        beside = await self._goes_beside(sight)
        if beside is not None:
            return beside
        so_far = await self._so_far(sight)
        decision = await self._select(sight, so_far)
        if decision.outcome is DecisionOutcome.ARRIVED:
            # It was asked whether it has arrived, and that counts.
            again = await self._select(sight, replace(so_far, may_answer_arrived=False))
            decision = replace(again, calls=again.calls + decision.calls)
        self._whereabouts.was_offered(decision)
        may_look_around = self._may_look_around()
        judged = self._judging.of(
            decision, self._standing, tries=self._retries, may_look_around=may_look_around
        )
        if not self._settings.face_thing:
            return judged
        return await self._approach.facing(judged, sight)

    async def _looks_around_first(self, sight: Sight) -> Decision | None:
        """Return the decision to look to all sides before any other, None where none is due."""
        if not self._may_look_around():
            return None
        when = self._settings.look_around
        if when is LookAround.ALWAYS and self._decisions == 0:
            return self._judging.decided(DecisionOutcome.TURN, 'looks to all sides first')
        if when is LookAround.WHEN_UNSEEN and await self._approach.point(sight) is None:
            detail = 'looks for the thing to all sides'
            return self._judging.decided(DecisionOutcome.TURN, detail)
        return None

    async def _goes_beside(self, sight: Sight) -> Decision | None:
        """Return the decision to go beside the thing, None where that is no way or was tried."""
        if not self._settings.approach_thing:
            return None
        goal = await self._approach.beside(sight)
        if goal is None or not self._judging.may_go_to(goal):
            return None
        self._approach.goes_beside()
        going = self._judging.decided(DecisionOutcome.GOAL, 'goes beside what is pointed at')
        return replace(going, waypoint=goal)

    async def _so_far(self, sight: Sight) -> SoFar:
        if sight.costmaps and self._standing.to_search is None:
            # A large costmap takes a moment, in which the loop must not stand.
            to_search = await in_own_thread(self._whereabouts.to_search, sight)
            self._standing.to_search = to_search
        if self._points_first:
            await self._approach.point(sight)
        if self._keyframes is not None:
            self._keyframes = self._keyframes.with_frames(sight.frames)
        earlier, self._earlier = self._earlier, self._earlier.with_frames(sight.frames)
        visited, to_search = self._whereabouts.visited, self._standing.to_search
        return SoFar(
            visited,
            tries=self._retries,
            to_search=to_search,
            may_look_around=self._may_look_around(),
            points_at_it=self._approach.points_at_it,
            thing=self._approach.thing,
            thing_seen_from=self._approach.thing_seen_from,
            keyframes=self._keyframes or Keyframes(),
            earlier=earlier,
        )

    async def _select(self, sight: Sight, so_far: SoFar) -> Decision:
        until = self._steps.until(self._steps.limits.decision_timeout_s)
        return await self._selector.select(sight, self._steps.instruction, until, so_far)

    def _may_look_around(self) -> bool:
        return self._looking_around is not None and not self._standing.looked_around

    async def _look_around(self) -> None:
        standing = self._standing
        assert self._looking_around is not None
        assert standing.sight is not None
        known = self._fresh.around(standing.sight.frame)
        around = await self._looking_around.look(standing.sight, self._deadline, known)
        # Where it could not turn it looks once more: somebody may have stepped aside.
        self._standing, self._retries = Standing(looked_around=True), 0
        if around.turns or around.skipped:
            self._standing.sight = around.sight
            self._fresh = self._fresh.with_frames(around.sight.frames)
            self._approach.forget_view()
            self._steps.looked(around.sight)

    async def _drive(self, goal: Waypoint) -> DriveOutcome:
        sight = self._standing.sight
        assert sight is not None
        outcome = await self._steps.drive(self._look_on_way(goal))
        in_sight = outcome.reason is DrivingReason.THING_IN_SIGHT
        self._whereabouts.leaves(sight, goal, None if in_sight else outcome.reason)
        if not (outcome.reached or in_sight):
            # Something is not as it was seen.
            self._fresh = self._fresh.forgotten()
        self._failures = 0 if outcome.reached or in_sight else self._failures + 1
        self._last_drive = outcome
        self._standing, self._retries = Standing(), 0
        return outcome

    def _look_on_way(self, goal: Waypoint) -> LookOnWay | None:
        """Return what looks for the thing on the way, None while the robot goes to it."""
        goes_to_it = self._approach.points_at_it or self._approach.is_near(goal)
        if not self._look_every_m or goes_to_it:
            return None
        return LookOnWay(
            self._look_every_m,
            self._steps.eyes,
            self._steps.limits.look_timeout_s,
            self._approach.comes_in_sight,
        )

    async def _tries_again(self, decision: Decision) -> bool:
        """Wait for what time may heal; return False where it is the end."""
        healing = decision.outcome is DecisionOutcome.HOLD and decision.reason in HEALING
        if not healing or self._retries >= self._settings.retry_limit:
            return False
        self._retries += 1
        if decision.reason is ChoosingReason.NO_AGREEMENT:
            # Other samples of the same pictures may do, and they are not to be lost.
            return True
        await asyncio.sleep(min(self._settings.retry_pause_s, self._deadline.remaining_s()))
        # What was said of the place still holds; what is seen there is looked at again, to all
        # sides where it must be, and where nobody said whether it has arrived, it is asked again.
        self._fresh = self._fresh.forgotten()
        verdict = self._standing.verdict
        said = None if verdict is None or verdict.said is None else verdict
        self._standing = Standing(verdict=said)
        return True

    def _given_up_driving(self) -> Decision:
        outcome = self._last_drive
        assert outcome is not None
        assert outcome.reason is not None
        detail = f'{self._failures} drives in a row failed, the last one: {outcome.detail}'
        return self._judging.given_up(outcome.reason, detail)

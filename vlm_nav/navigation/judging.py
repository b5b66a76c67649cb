"""What becomes of a decision on the way of an instruction: itself, another look, or the end."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vlm_nav.core.decision import Decision, DecisionOutcome, Waypoint
from vlm_nav.core.reasons import ChoosingReason, MissionReason, ReasonCode
from vlm_nav.navigation.carrying_on import Standing
from vlm_nav.navigation.healing import LOST
from vlm_nav.navigation.until_arrived import UntilArrivedSettings
from vlm_nav.navigation.whereabouts import Whereabouts


@dataclass(frozen=True, eq=False)
class Judging:
    """Holds decisions about an instruction against where it has led the robot so far."""

    instruction: str
    whereabouts: Whereabouts
    settings: UntilArrivedSettings

    def of(
        self, decision: Decision, standing: Standing, *, tries: int, may_look_around: bool
    ) -> Decision:
        """Return what becomes of a decision: itself, a look around first, a way on, or the end.

        `tries` counts the choices that were made in vain before it where the robot stands.
        """
        lost_for = self._lost_for(decision, tries)
        if lost_for is not None:
            return self._lost(decision, lost_for, standing, may_look_around=may_look_around)
        goal = decision.waypoint
        if goal is None:
            return decision
        path_m = self.whereabouts.path_to(goal)
        if path_m > self.settings.path_limit_m:
            detail = f'with the next goal it would have come {path_m:.1f} m'
            return self.given_up(MissionReason.PATH_SPENT, detail, decision.calls)
        if self.whereabouts.repeats(goal):
            reason = MissionReason.OSCILLATING
            detail = f'it was at ({goal.x_m:.2f}, {goal.y_m:.2f}) before'
            again = replace(decision, reason=reason, detail=detail)
            return self._lost(again, reason, standing, may_look_around=may_look_around)
        return decision

    def may_go_to(self, goal: Waypoint) -> bool:
        """Return whether a drive to a goal repeats none, and the path may be so long."""
        repeats = self.whereabouts.repeats(goal)
        return not repeats and self.whereabouts.path_to(goal) <= self.settings.path_limit_m

    def given_up(self, reason: ReasonCode, detail: str, calls: int = 0) -> Decision:
        """Return the decision to give up, for a reason."""
        return replace(self.decided(DecisionOutcome.GAVE_UP, detail, calls), reason=reason)

    def decided(self, outcome: DecisionOutcome, detail: str, calls: int = 0) -> Decision:
        """Return a decision about the instruction that no selector makes."""
        return Decision(outcome, self.instruction, detail=detail, calls=calls)

    def _lost_for(self, decision: Decision, tries: int) -> ReasonCode | None:
        """Return why a decision leads nowhere, None where it leads on or time may heal it."""
        if decision.reason is ChoosingReason.ALL_CANDIDATES_BLOCKED:
            return ChoosingReason.ALL_CANDIDATES_BLOCKED
        if decision.reason in LOST:
            return MissionReason.NOT_FOUND
        tried_enough = tries >= self.settings.retry_limit
        if decision.reason is ChoosingReason.NO_AGREEMENT and tried_enough:
            return ChoosingReason.NO_AGREEMENT
        return None

    def _lost(
        self, decision: Decision, reason: ReasonCode, standing: Standing, *, may_look_around: bool
    ) -> Decision:
        """Return a look around where there was none here, else a way on, else the end."""
        if may_look_around:
            return replace(decision, outcome=DecisionOutcome.TURN, waypoint=None)
        goal = self._way_on(standing)
        if goal is not None:
            detail = f'goes to where it has not been: {decision.detail}'
            going_on = self.decided(DecisionOutcome.GOAL, detail, decision.calls)
            return replace(going_on, waypoint=goal)
        sides = 'to all sides' if standing.looked_around else 'without turning'
        return self.given_up(reason, f'{sides}: {decision.detail}', decision.calls)

    def _way_on(self, standing: Standing) -> Waypoint | None:
        if standing.sight is None:
            return None
        goal = self.whereabouts.way_on(standing.sight, standing.to_search)
        return goal if goal is not None and self.may_go_to(goal) else None

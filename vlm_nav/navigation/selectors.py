"""Ways of choosing where to go, behind one interface."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from vlm_nav.core.candidate import GroundAction
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Decision, DecisionOutcome
from vlm_nav.core.events import Listener
from vlm_nav.core.own_threads import in_own_thread
from vlm_nav.core.reasons import Refusal
from vlm_nav.evidence.visited_marks import VisitedMarks
from vlm_nav.navigation.fence import Fence, fenced
from vlm_nav.navigation.guard import guard_for, refuse_blind
from vlm_nav.navigation.sight import Sight
from vlm_nav.navigation.so_far import SoFar
from vlm_nav.navigation.waypoint import Arrival, waypoint_for
from vlm_nav.observation.floor_grid import FreeSpaceSettings
from vlm_nav.pivot.ground_space import GroundSpace
from vlm_nav.pivot.inquiry import EvidenceProvider, Inquiry
from vlm_nav.pivot.loop import pivot
from vlm_nav.pivot.settings import PivotResult, PivotSettings
from vlm_nav.vlm.model import Model


class Selector(Protocol):
    """Chooses what to do about an instruction from one sight."""

    async def select(
        self, sight: Sight, instruction: str, deadline: Deadline, so_far: SoFar = SoFar()
    ) -> Decision:
        """Return the decision by `deadline`; raise Refusal where there is none to make."""
        ...


@dataclass(frozen=True)
class GroundReach:
    """Between which ranges, in metres from the base, places are offered."""

    nearest_m: float = 0.5
    farthest_m: float = 4.0


@dataclass(frozen=True, eq=False)
class PivotSelector:
    """Chooses a place on the floor by PIVOT."""

    model: Model
    settings: PivotSettings = PivotSettings()
    free_space: FreeSpaceSettings = FreeSpaceSettings()
    reach: GroundReach = GroundReach()
    fence: Fence = Fence()
    arrival: Arrival = Arrival()
    evidence: Sequence[EvidenceProvider] = ()
    listeners: Sequence[Listener] = ()
    seed: int = 0

    async def select(
        self, sight: Sight, instruction: str, deadline: Deadline, so_far: SoFar = SoFar()
    ) -> Decision:
        """Return a goal in the map, arrived, or a hold with its reason.

        Raises Refusal with `no_valid_costmap` where neither depth nor a costmap tells free
        floor from the rest.
        """
        refuse_blind(sight)
        map_from_base = sight.frame.map_from_base
        # Numbers of a whole picture: a second for a large one, in which the loop must not stand.
        by_sight = await in_own_thread(guard_for, sight, self.free_space)
        guard = fenced(by_sight, self.fence, map_from_base, self.free_space.robot_radius_m)
        visited = VisitedMarks(so_far.visited, map_from_base, so_far.to_search)
        inquiry = Inquiry(
            space=GroundSpace(sight.frames, guard, self.reach.nearest_m, self.reach.farthest_m),
            model=self.model,
            instruction=instruction,
            settings=self.settings,
            deadline=deadline,
            evidence=(*self.evidence, visited.lines),
            visited=visited.labels,
            may_answer_arrived=so_far.may_answer_arrived,
            listeners=self.listeners,
        )
        try:
            result = await pivot(inquiry, self.seed + so_far.tries)
        except Refusal as refusal:
            # The questions before it were asked all the same.
            result = PivotResult(reason=refusal.reason, detail=refusal.detail, calls=inquiry.calls)
        decision = _decision(result, sight, instruction, self.arrival)
        offered = (waypoint_for(one.action, sight.frame, self.arrival) for one in inquiry.offered)
        return replace(decision, offered=tuple(offered))


def _decision(
    result: PivotResult[GroundAction], sight: Sight, instruction: str, arrival: Arrival
) -> Decision:
    outcome, waypoint = DecisionOutcome.HOLD, None
    if result.action is not None:
        waypoint = waypoint_for(result.action, sight.frame, arrival)
        outcome = DecisionOutcome.GOAL
    elif result.arrived:
        outcome = DecisionOutcome.ARRIVED
    return Decision(
        outcome=outcome,
        instruction=instruction,
        waypoint=waypoint,
        reason=result.reason,
        detail=result.detail,
        confidence=result.confidence,
        labels=result.labels,
        calls=result.calls,
    )

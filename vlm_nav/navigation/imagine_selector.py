"""Chooses where to go by pictures of what would be seen from there (ImagineNav)."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vlm_nav.core.candidate import Candidate
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Decision, DecisionOutcome
from vlm_nav.core.events import Listener
from vlm_nav.core.own_threads import in_own_thread
from vlm_nav.core.reasons import ImaginingReason, Refusal
from vlm_nav.drawing.marks import MarkedPicture, PictureKind
from vlm_nav.evidence.remembered_views import remembered_views
from vlm_nav.evidence.visited_marks import VisitedMarks
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import floor_pose_of, transform_places
from vlm_nav.imagination.choose_view import (
    View,
    ViewCandidates,
    ViewInquiry,
    ViewResult,
    ViewSettings,
)
from vlm_nav.imagination.proposing import Proposed, Surroundings, ViewProposer, propose
from vlm_nav.imagination.uniform import UniformProposer
from vlm_nav.imagination.view_facts import view_facts
from vlm_nav.imagination.view_synthesis import NoSynthesis, ReasonedAbsence, ViewSynthesis
from vlm_nav.imagination.viewpoint import Viewpoint
from vlm_nav.memory.costmap_ways import CostmapWays
from vlm_nav.memory.floor_to_search import LEAST_M2
from vlm_nav.navigation.fence import Fence, fenced
from vlm_nav.navigation.guard import guard_for, refuse_blind
from vlm_nav.navigation.seen_in_map import ways_in_map
from vlm_nav.navigation.sight import Sight
from vlm_nav.navigation.so_far import SoFar
from vlm_nav.navigation.waypoint import waypoint_at
from vlm_nav.observation.floor_grid import FreeSpaceSettings
from vlm_nav.observation.free_space import FreeSpace
from vlm_nav.observation.headings import frames_showing, heading_rad
from vlm_nav.observation.imagined_view import ImaginedView
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.pivot.ground_space import ground_action
from vlm_nav.vlm.model import Model

# Views to all sides: one heading each 60 degrees, as the paper has it.
_HEADINGS = 6


@dataclass(frozen=True, eq=False)
class ImagineSelector:
    """Proposes viewpoints, imagines what shows there, and lets the model choose among the views.

    What nobody can imagine is shown as it is seen from here. From where less new floor than
    `least_m2` shows nothing leads on.
    """

    model: Model
    proposer: ViewProposer
    synthesis: ViewSynthesis = NoSynthesis()
    settings: ViewSettings = ViewSettings()
    free_space: FreeSpaceSettings = FreeSpaceSettings()
    fence: Fence = Fence()
    tells_facts: bool = True
    least_m2: float = LEAST_M2
    listeners: Sequence[Listener] = ()
    seed: int = 0

    async def select(
        self, sight: Sight, instruction: str, deadline: Deadline, so_far: SoFar = SoFar()
    ) -> Decision:
        """Return a goal in the map, a turn to look to all sides, or a hold with its reason.

        Raises Refusal with `no_valid_costmap` where neither depth nor a costmap tells free
        floor from the rest.
        """
        return (await self.choose(sight, instruction, deadline, so_far))[0]

    async def choose(
        self, sight: Sight, instruction: str, deadline: Deadline, so_far: SoFar = SoFar()
    ) -> tuple[Decision, bool]:
        """Return the decision, and whether the thing shows in what a camera sees now."""
        refuse_blind(sight)
        if so_far.may_look_around and not looks_to_all_sides(sight):
            detail = 'looks to all sides before it chooses a view'
            return Decision(DecisionOutcome.TURN, instruction, detail=detail), False
        so_far = await in_own_thread(self._searching, so_far)
        proposed = await in_own_thread(self._proposed, sight, so_far)
        views, problems = await self._views(sight, so_far, proposed.viewpoints, deadline)
        inquiry = self._inquiry(sight, instruction, deadline, so_far, views)
        try:
            result = await inquiry.choose(self.seed + so_far.tries)
        except Refusal as refusal:
            # The questions before it were asked all the same.
            result = ViewResult(reason=refusal.reason, detail=refusal.detail)
        details = [text for text in (result.detail, proposed.detail, *problems) if text]
        decision = replace(_decision(result, inquiry, sight), detail='; '.join(details))
        chosen = result.view
        seen_now = chosen is not None and chosen.picture.kind is PictureKind.SEEN
        return decision, result.seen and seen_now

    def _inquiry(
        self,
        sight: Sight,
        instruction: str,
        deadline: Deadline,
        so_far: SoFar,
        views: Sequence[View],
    ) -> ViewInquiry:
        return ViewInquiry(
            views=views,
            model=self.model,
            instruction=instruction,
            settings=self.settings,
            deadline=deadline,
            evidence=functools.partial(self._evidence, sight, so_far),
            visited=functools.partial(_visited, sight, so_far),
            remembered=_remembered(sight, so_far, self.settings.remembered),
            listeners=self.listeners,
        )

    def _proposed(self, sight: Sight, so_far: SoFar) -> Proposed:
        """Return the viewpoints; takes some 0.1 s, in which no loop must stand."""
        surroundings = self._surroundings(sight, so_far)
        found = propose(surroundings, self.settings.count, self.proposer, UniformProposer())
        straight_on = None if so_far.to_search is None else so_far.to_search.straight_on
        if straight_on is None:
            return found
        kept = [one for one in found.viewpoints if straight_on(_place_in_map(one, sight))]
        return replace(found, viewpoints=tuple(kept))

    def _surroundings(self, sight: Sight, so_far: SoFar) -> Surroundings:
        map_from_base = sight.frame.map_from_base
        guard = guard_for(sight, self.free_space)
        checked = fenced(guard, self.fence, map_from_base, self.free_space.robot_radius_m)
        free_space: FreeSpace | None = guard.free_space
        to_search = so_far.to_search
        return Surroundings(
            frames=sight.frames,
            map_from_base=map_from_base,
            ways=self._ways(sight) if to_search is None else to_search.ways,
            to_search=to_search,
            refused=lambda places: checked(places).refused,
            free_range_m=None if free_space is None else free_space.free_range_m,
        )

    def _ways(self, sight: Sight) -> CostmapWays | None:
        here = floor_pose_of(sight.frame.map_from_base)
        allowed = functools.partial(self.fence.allows, radius_m=self.free_space.robot_radius_m)
        return ways_in_map(sight, (here.x_m, here.y_m), self.free_space, allowed)

    async def _views(
        self,
        sight: Sight,
        so_far: SoFar,
        viewpoints: Sequence[Viewpoint],
        deadline: Deadline,
    ) -> tuple[list[View], list[str]]:
        """Return a picture for each viewpoint, and why some are not imagined."""
        if not viewpoints:
            return [], []
        until = self._before_asking(deadline)
        # Viewpoints count the frames of now, which come first.
        frames = (*sight.frames, *so_far.earlier.around(sight.frame))
        imagined = await self.synthesis.imagine(frames, viewpoints, until)
        views, problems = [], []
        for viewpoint, came in zip(viewpoints, imagined, strict=True):
            problem = self._problem(came)
            if problem is None and isinstance(came, ImaginedView):
                views.append(View(viewpoint, _picture(came, sight.frames)))
            else:
                problems.append(problem or '')
                frame = sight.frames[viewpoint.view]
                views.append(View(viewpoint, MarkedPicture(frame.identifier, frame.rgb)))
        return views, [f'as seen from here: {problem}' for problem in dict.fromkeys(problems)]

    def _before_asking(self, deadline: Deadline) -> Deadline:
        """Return when all pictures must be made, for the question to have its time as well."""
        left_s = deadline.remaining_s()
        return deadline.sooner(max(left_s - self.settings.question_timeout_s, left_s / 2.0))

    def _problem(self, came: ImaginedView | ReasonedAbsence) -> str | None:
        if isinstance(came, ReasonedAbsence):
            return f'{came.reason.value}: {came.detail}'
        if float(came.known.mean()) < self.settings.least_known:
            return f'{ImaginingReason.VIEW_EMPTY.value}: hardly anything of it is seen from here'
        return None

    def _evidence(
        self, sight: Sight, so_far: SoFar, candidates: ViewCandidates
    ) -> tuple[str, ...]:
        facts = view_facts(candidates) if self.tells_facts else ()
        return (*facts, *_visited_marks(sight, so_far).lines(_on_floor(candidates)))

    def _searching(self, so_far: SoFar) -> SoFar:
        """Return the same with what leads on by `least_m2`; may take 50 ms for a house."""
        to_search = so_far.to_search
        if to_search is None or to_search.least_m2 == self.least_m2:
            return so_far
        finer = replace(to_search, least_m2=self.least_m2)
        # What takes long is done here, once, and not for each run that asks for it.
        _ = finer.best
        return replace(so_far, to_search=finer)


def looks_to_all_sides(sight: Sight) -> bool:
    """Return whether the cameras of a sight look along all six headings between them."""
    first_rad = heading_rad(sight.frame)
    headings = [first_rad + 2.0 * math.pi * step / _HEADINGS for step in range(_HEADINGS)]
    return all(frames_showing(heading, 0.0, sight.frames) for heading in headings)


def _decision(result: ViewResult, inquiry: ViewInquiry, sight: Sight) -> Decision:
    offered = (waypoint_at(view.viewpoint.pose, sight.frame) for view in inquiry.views)
    chosen = result.view
    return Decision(
        outcome=DecisionOutcome.HOLD if chosen is None else DecisionOutcome.GOAL,
        instruction=inquiry.instruction,
        waypoint=None if chosen is None else waypoint_at(chosen.viewpoint.pose, sight.frame),
        reason=result.reason,
        confidence=result.confidence,
        labels=result.labels,
        calls=inquiry.calls,
        offered=tuple(offered),
    )


def _picture(view: ImaginedView, frames: Sequence[RgbdFrame]) -> MarkedPicture:
    is_seen = any(view.identifier == frame.identifier for frame in frames)
    kind = PictureKind.SEEN if is_seen else PictureKind.IMAGINED
    return MarkedPicture(view.identifier, view.rgb, kind=kind, imagined=view.provenance)


def _place_in_map(viewpoint: Viewpoint, sight: Sight) -> FloatArray:
    place = np.array((viewpoint.pose.x_m, viewpoint.pose.y_m))
    return transform_places(sight.frame.map_from_base, place)


def _remembered(sight: Sight, so_far: SoFar, most: int) -> tuple[MarkedPicture, ...]:
    here = floor_pose_of(sight.frame.map_from_base)
    in_sight = {frame.identifier for frame in sight.frames}
    shown = so_far.keyframes.to_show((here.x_m, here.y_m), most, in_sight)
    return remembered_views(shown, sight.frame.map_from_base)


def _visited(sight: Sight, so_far: SoFar, candidates: ViewCandidates) -> tuple[int, ...]:
    return _visited_marks(sight, so_far).labels(_on_floor(candidates))


def _visited_marks(sight: Sight, so_far: SoFar) -> VisitedMarks:
    # Of views the model is told how much new floor each shows: it can weigh that itself.
    map_from_base = sight.frame.map_from_base
    return VisitedMarks(so_far.visited, map_from_base, so_far.to_search, only_best=False)


def _on_floor(candidates: ViewCandidates) -> list[Candidate[object]]:
    """Return the candidates as places on the floor."""
    return [
        Candidate(one.label, ground_action(one.action.pose.x_m, one.action.pose.y_m), one.anchor)
        for one in candidates
    ]

"""What a robot may lack that chooses among views: a decision with the reason, or a safe stop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from imagination.view_servers import answers, serving
from synthetic import frame_of

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Decision, DecisionOutcome
from vlm_nav.core.events import Event
from vlm_nav.core.reasons import ChoosingReason, ImaginingReason, ObservationReason
from vlm_nav.drawing.marks import PictureKind
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.imagination.choose_view import ViewSettings
from vlm_nav.imagination.free_space import FreeSpaceProposer
from vlm_nav.imagination.proposing import Surroundings
from vlm_nav.imagination.view_service import ServiceSettings, ServiceViews
from vlm_nav.imagination.view_synthesis import ReasonedAbsence, ViewSynthesis
from vlm_nav.imagination.viewpoint import Viewpoint
from vlm_nav.imagination.warped_views import WarpedViews
from vlm_nav.navigation.imagine_selector import ImagineSelector
from vlm_nav.navigation.sight import Sight
from vlm_nav.observation.costmap import Costmap, CostmapView
from vlm_nav.observation.imagined_view import ImaginedView
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.vlm.doubles import AlwaysFirst
from vlm_nav.vlm.events import Asked


class Behind:
    """A proposer whose viewpoints look to where nobody looked."""

    name = 'behind'

    def cannot(self, surroundings: Surroundings) -> str | None:
        return None

    def propose(self, surroundings: Surroundings, count: int) -> list[Viewpoint]:
        return [Viewpoint(FloorPose(1.0, side_m, 3.1), 0) for side_m in (-0.3, 0.3)]


class Late:
    """A synthesis that takes all the time that it is given, and makes nothing."""

    async def imagine(
        self, frames: Sequence[RgbdFrame], viewpoints: Sequence[Viewpoint], deadline: Deadline
    ) -> list[ImaginedView | ReasonedAbsence]:
        await asyncio.sleep(deadline.remaining_s())
        return [ReasonedAbsence(ImaginingReason.VIEW_LATE, 'too late')] * len(viewpoints)


def costmap_of(value: int) -> CostmapView:
    """Return a costmap of 12 m by 12 m around the robot, all of one value."""
    values = np.full((120, 120), value, dtype=np.int8)
    return CostmapView(Costmap(values, 0.1, FloorPose(-6.0, -6.0, 0.0), 'map', 7), np.eye(4))


# Who likes the first picture agrees with nobody: it is asked once.
ONCE = ViewSettings(runs=1)


def blind() -> RgbdFrame:
    return replace(frame_of(), depth_m=None)


async def decided(
    sight: Sight, synthesis: ViewSynthesis, proposer: object = FreeSpaceProposer()
) -> tuple[Decision, list[PictureKind]]:
    """Return the decision, and which kinds of pictures were asked about."""
    told: list[Event] = []
    selector = ImagineSelector(
        AlwaysFirst(),
        proposer,  # type: ignore[arg-type]
        synthesis,
        ONCE,
        listeners=[told.append],
    )
    decision = await selector.select(sight, 'go to the chair', Deadline.after(20.0))
    asked = [event.question for event in told if isinstance(event, Asked)]
    return decision, [picture.kind for question in asked for picture in question.pictures]


async def test_without_depth_it_chooses_among_what_is_seen_now_and_says_so() -> None:
    decision, kinds = await decided(Sight(blind(), (costmap_of(0),)), WarpedViews())
    assert decision.outcome is DecisionOutcome.GOAL
    assert set(kinds) == {PictureKind.SEEN}
    assert ObservationReason.NO_DEPTH.value in decision.detail
    assert 'uniform ones' in decision.detail


async def test_one_camera_is_enough() -> None:
    decision, kinds = await decided(Sight(frame_of()), WarpedViews())
    assert decision.outcome is DecisionOutcome.GOAL
    assert kinds


@pytest.mark.parametrize('value', [100, -1])
async def test_where_the_map_leaves_no_pose_free_it_stays_and_asks_nothing(value: int) -> None:
    decision, kinds = await decided(Sight(blind(), (costmap_of(value),)), WarpedViews())
    assert decision.outcome is DecisionOutcome.HOLD
    assert decision.reason is ChoosingReason.ALL_CANDIDATES_BLOCKED
    assert (decision.waypoint, decision.calls, kinds) == (None, 0, [])


async def test_where_all_warps_are_empty_it_chooses_among_what_is_seen_now_and_says_so() -> None:
    decision, kinds = await decided(Sight(frame_of()), WarpedViews(), Behind())
    assert decision.outcome is DecisionOutcome.GOAL
    assert set(kinds) == {PictureKind.SEEN}
    assert ImaginingReason.VIEW_EMPTY.value in decision.detail


async def test_while_the_image_service_is_down_it_chooses_among_what_is_seen_now() -> None:
    with serving(answers(b'')) as server:
        gone = server.url
    decision, kinds = await decided(Sight(frame_of()), ServiceViews(ServiceSettings(gone)))
    assert decision.outcome is DecisionOutcome.GOAL
    assert set(kinds) == {PictureKind.SEEN}
    assert ImaginingReason.SERVICE_UNREACHABLE.value in decision.detail


async def test_pictures_that_take_all_their_time_leave_some_for_the_question() -> None:
    for timeout_s, question_s in ((3.0, 2.5), (2.0, 5.0)):
        settings = replace(ONCE, question_timeout_s=question_s)
        selector = ImagineSelector(AlwaysFirst(), FreeSpaceProposer(), Late(), settings)
        deadline = Deadline.after(timeout_s)
        decision = await selector.select(Sight(frame_of()), 'go to the chair', deadline)
        assert decision.outcome is DecisionOutcome.GOAL
        assert ImaginingReason.VIEW_LATE.value in decision.detail


async def test_an_image_service_out_of_order_is_told_with_what_it_answered() -> None:
    with serving(answers(b'no memory', 503)) as server:
        decision, kinds = await decided(
            Sight(frame_of()), ServiceViews(ServiceSettings(server.url))
        )
    assert decision.outcome is DecisionOutcome.GOAL
    assert set(kinds) == {PictureKind.SEEN}
    assert f'{ImaginingReason.SERVICE_UNUSABLE.value}: {server.url}' in decision.detail
    assert '503' in decision.detail

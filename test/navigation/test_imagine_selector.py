"""From a sight to a decision by views."""

from __future__ import annotations

import asyncio
import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from roaming import Judge, Roamer, goal, held, roaming
from surround import room_sight
from synthetic import frame_of

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Decision, DecisionOutcome
from vlm_nav.core.events import Event
from vlm_nav.core.reasons import (
    AskingReason,
    ChoosingReason,
    DrivingReason,
    ImaginingReason,
    Refusal,
)
from vlm_nav.drawing.marks import PictureKind
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.imagination.choose_view import ViewSettings
from vlm_nav.imagination.proposing import Surroundings
from vlm_nav.imagination.uniform import UniformProposer
from vlm_nav.imagination.view_synthesis import ReasonedAbsence
from vlm_nav.imagination.viewpoint import Viewpoint
from vlm_nav.memory.earlier_frames import EarlierFrames
from vlm_nav.memory.keyframes import Keyframes, KeyframeSettings
from vlm_nav.navigation.events import Looked
from vlm_nav.navigation.imagine_selector import ImagineSelector, looks_to_all_sides
from vlm_nav.navigation.sight import Sight
from vlm_nav.navigation.so_far import SoFar
from vlm_nav.observation.imagined_view import ImaginedView
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.vlm.doubles import AlwaysFirst, Refuser, SaysNone
from vlm_nav.vlm.events import Asked
from vlm_nav.vlm.model import Model
from vlm_nav.vlm.question import Purpose

ALL = ('front', 'left', 'back', 'right')


class Given:
    """A proposer that is told what to propose."""

    name = 'given'

    def __init__(self, *poses: FloorPose) -> None:
        self._poses = poses

    def cannot(self, surroundings: Surroundings) -> str | None:
        return None

    def propose(self, surroundings: Surroundings, count: int) -> list[Viewpoint]:
        return [Viewpoint(pose, 0) for pose in self._poses]


class Known:
    """A synthesis whose pictures are known in given shares, None for one that fails."""

    def __init__(self, *shares: float | None) -> None:
        self._shares = shares

    async def imagine(
        self, frames: Sequence[RgbdFrame], viewpoints: Sequence[Viewpoint], deadline: Deadline
    ) -> list[ImaginedView | ReasonedAbsence]:
        return [
            self._one(frames[0], viewpoint, share)
            for viewpoint, share in zip(viewpoints, self._shares, strict=True)
        ]

    def _one(
        self, frame: RgbdFrame, viewpoint: Viewpoint, share: float | None
    ) -> ImaginedView | ReasonedAbsence:
        if share is None:
            return ReasonedAbsence(AskingReason.VLM_UNREACHABLE, 'nobody makes pictures')
        known = np.linspace(0.0, 1.0, frame.rgb[..., 0].size).reshape(frame.rgb.shape[:2]) <= share
        identifier = f'imagined {viewpoint.pose.x_m:g}'
        return ImaginedView(identifier, frame.rgb, known, None, viewpoint.pose)


def selector(model: Model, told: list[Event] | None = None, **parts: Any) -> ImagineSelector:
    listeners = () if told is None else (told.append,)
    made = ImagineSelector(model, UniformProposer(), listeners=listeners)
    return dataclasses.replace(made, **parts)


async def select(of: ImagineSelector, sight: Sight, so_far: SoFar = SoFar()) -> Decision:
    return await of.select(sight, 'go to the chair', Deadline.after(20.0), so_far)


TWO = Given(FloorPose(1.0, 0.5, 0.3), FloorPose(2.0, -0.5, 0.0))


async def test_the_goal_is_the_pose_of_the_chosen_viewpoint_in_the_map() -> None:
    turned = np.eye(4)
    turned[:2, :2], turned[:2, 3] = [[0.0, -1.0], [1.0, 0.0]], (10.0, -3.0)
    sight = Sight(frame_of(map_from_base=turned))
    one = selector(AlwaysFirst(), proposer=Given(FloorPose(2.0, 0.5, 0.25)))
    decision = await select(one, sight)
    assert decision.outcome is DecisionOutcome.GOAL
    assert decision.waypoint is not None
    assert decision.waypoint.x_m == pytest.approx(9.5)
    assert decision.waypoint.y_m == pytest.approx(-1.0)
    assert decision.waypoint.yaw_rad == pytest.approx(math.pi / 2.0 + 0.25)
    assert decision.offered == (decision.waypoint,)
    assert decision.calls == 3


async def test_it_looks_to_all_sides_first_where_it_may_and_does_not_see_them() -> None:
    told: list[Event] = []
    decision = await select(
        selector(AlwaysFirst(), told), room_sight('front'), SoFar(may_look_around=True)
    )
    assert decision.outcome is DecisionOutcome.TURN
    assert told == []
    once = ViewSettings(runs=1)
    turned_already = await select(selector(AlwaysFirst(), settings=once), room_sight('front'))
    assert turned_already.outcome is DecisionOutcome.GOAL


@pytest.mark.parametrize(('names', 'all_sides'), [(ALL, True), (ALL[:3], False), (ALL[:1], False)])
def test_six_headings_are_covered_by_four_cameras_and_not_by_fewer(
    names: tuple[str, ...], all_sides: bool
) -> None:
    assert looks_to_all_sides(room_sight(*names)) is all_sides


async def test_what_can_hardly_be_imagined_is_shown_as_it_is_seen_from_here() -> None:
    told: list[Event] = []
    sight = Sight(frame_of())
    one = selector(AlwaysFirst(), told, proposer=TWO, synthesis=Known(0.9, 0.1))
    decision = await select(one, sight)
    (pictures,) = {
        frozenset((picture.identifier, picture.kind) for picture in event.question.pictures)
        for event in told
        if isinstance(event, Asked)
    }
    seen = (sight.frame.identifier, PictureKind.SEEN)
    assert pictures == {('imagined 1', PictureKind.IMAGINED), seen}
    assert ImaginingReason.VIEW_EMPTY.value in decision.detail


async def test_where_nobody_makes_pictures_what_is_seen_now_is_chosen_from_with_the_reason() -> (
    None
):
    one = selector(AlwaysFirst(), proposer=TWO, synthesis=Known(None, None))
    decision = await select(one, Sight(frame_of()))
    assert decision.outcome is DecisionOutcome.GOAL
    assert AskingReason.VLM_UNREACHABLE.value in decision.detail


async def test_without_any_free_place_all_are_blocked_and_nothing_is_asked() -> None:
    decision = await select(selector(AlwaysFirst(), proposer=Given()), Sight(frame_of()))
    assert decision.outcome is DecisionOutcome.HOLD
    assert decision.reason is ChoosingReason.ALL_CANDIDATES_BLOCKED
    assert decision.calls == 0


@pytest.mark.parametrize(
    ('model', 'reason'),
    [(SaysNone(), ChoosingReason.NONE_FITS), (Refuser(), AskingReason.VLM_REFUSED)],
)
async def test_a_choice_that_is_none_holds_with_its_reason(model: Model, reason: object) -> None:
    decision = await select(selector(model, proposer=TWO), Sight(frame_of()))
    assert decision.outcome is DecisionOutcome.HOLD
    assert decision.reason is reason


async def test_without_depth_and_costmap_nothing_tells_free_floor() -> None:
    blind = Sight(dataclasses.replace(frame_of(), depth_m=None))
    with pytest.raises(Refusal) as refused:
        await select(selector(AlwaysFirst()), blind)
    assert refused.value.reason is DrivingReason.NO_VALID_COSTMAP


def test_nothing_imagined_is_looked_at_asked_about_arrival_or_remembered() -> None:
    told: list[Event] = []
    robot, judge = (
        Roamer(drive_s=0.0, turn_s=0.0),
        Judge(False, False, True, at=Pixel(80.0, 112.0)),
    )
    imagining = selector(
        AlwaysFirst(), told, proposer=Given(FloorPose(2.0, 0.0, 0.0)), synthesis=Known(1.0)
    )
    mission = dataclasses.replace(roaming(robot, judge, (told.append,)), selector=imagining)
    end = asyncio.run(mission.carry_out('go to the chair'))
    assert end.decision.outcome is DecisionOutcome.ARRIVED
    asked = [event.question for event in told if isinstance(event, Asked)]
    views = [one for one in asked if one.purpose is Purpose.VIEW]
    assert views
    for question in asked:
        imagined = any(one.kind is PictureKind.IMAGINED for one in question.pictures)
        assert imagined == (question.purpose is Purpose.VIEW)
    looked = [frame for event in told if isinstance(event, Looked) for frame in event.sight.frames]
    assert all('imagined' not in frame.identifier for frame in looked)
    assert len({frame.identifier for frame in looked}) >= 3


async def test_what_it_saw_earlier_is_shown_beside_the_views_without_a_number() -> None:
    told: list[Event] = []
    elsewhere = np.eye(4)
    elsewhere[0, 3] = -3.0
    earlier = dataclasses.replace(frame_of(map_from_base=elsewhere), identifier='earlier')
    now = frame_of()
    so_far = SoFar(keyframes=Keyframes().with_frames([earlier, now]))
    shows = ViewSettings(remembered=4)
    await select(selector(AlwaysFirst(), told, proposer=TWO, settings=shows), Sight(now), so_far)
    questions = [event.question for event in told if isinstance(event, Asked)]
    assert questions
    for question in questions:
        *views, sheet = question.pictures
        assert (sheet.kind, sheet.marks) == (PictureKind.REMEMBERED, ())
        # What is in sight is not remembered besides: one picture is left, as it is.
        assert np.array_equal(sheet.rgb, earlier.rgb)
        assert PictureKind.REMEMBERED not in {view.kind for view in views}
    told.clear()
    await select(selector(AlwaysFirst(), told, proposer=TWO), Sight(now), so_far)
    asked = [event.question for event in told if isinstance(event, Asked)]
    assert {len(question.pictures) for question in asked} == {2}


async def test_views_are_made_of_what_it_saw_earlier_too() -> None:
    made_of: list[list[str]] = []

    class Watched(Known):
        async def imagine(
            self, frames: Sequence[RgbdFrame], viewpoints: Sequence[Viewpoint], deadline: Deadline
        ) -> list[ImaginedView | ReasonedAbsence]:
            made_of.append([frame.identifier for frame in frames])
            return await super().imagine(frames, viewpoints, deadline)

    elsewhere = np.eye(4)
    elsewhere[0, 3] = -3.0
    earlier = dataclasses.replace(frame_of(map_from_base=elsewhere), identifier='earlier')
    now = dataclasses.replace(frame_of(), identifier='now')
    so_far = SoFar(earlier=EarlierFrames().with_frames([earlier]))
    choosing = selector(AlwaysFirst(), [], proposer=TWO, synthesis=Watched(1.0, 1.0))
    await select(choosing, Sight(now), so_far)
    assert made_of == [['now', 'earlier']]


@pytest.mark.parametrize('settings', [None, KeyframeSettings(), KeyframeSettings(most=2)])
async def test_on_its_way_the_robot_keeps_what_it_saw_and_nothing_else(
    settings: KeyframeSettings | None,
) -> None:
    robot = Roamer(
        [goal(2.0, 0.0), goal(4.0, 0.0), held(ChoosingReason.NONE_FITS)], drive_s=0.0, turn_s=0.0
    )
    mission = roaming(robot, Judge())
    assert mission.carrying_on is not None
    keeping = dataclasses.replace(mission.carrying_on, keyframes=settings)
    await dataclasses.replace(mission, carrying_on=keeping).carry_out('go')
    kept = [one.identifier for one in robot.so_far[-1].keyframes.kept]
    seen = {frame.identifier for sight in robot.sights for frame in sight.frames}
    assert set(kept) <= seen
    if settings is None or settings.most == 2:
        assert len(kept) == (2 if settings else 0)
    else:
        assert len(kept) >= 3

"""Pointing at things in a picture: PIVOT over its points, and a closer second look."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.events import Event
from vlm_nav.core.reasons import AskingReason, ChoosingReason
from vlm_nav.pivot.pointing import FirstMarks, Pointed, Pointer, PointingSettings
from vlm_nav.pivot.settings import PivotSettings
from vlm_nav.vlm.doubles import Malformed, NearestToTarget, SaysNone, ScriptedModel
from vlm_nav.vlm.events import Asked
from vlm_nav.vlm.model import Model
from vlm_nav.vlm.question import Question

WIDTH_PX, HEIGHT_PX = 640, 480
RGB = np.zeros((HEIGHT_PX, WIDTH_PX, 3), dtype=np.uint8)
CUP = Pixel(231.0, 344.0)
QUICK = PivotSettings(rounds=2, runs=3)


async def pointed_by(
    model: Model,
    settings: PointingSettings = PointingSettings(),
    heard: Callable[[Event], None] = lambda event: None,
    allowed: np.ndarray | None = None,
) -> Pointed:
    pointer = Pointer(model, QUICK, settings, (heard,), seed=3)
    return await pointer.point('front/1', RGB, 'the cup', Deadline.after(60.0), allowed)


def away_px(pointed: Pointed) -> float:
    assert pointed.pixel is not None
    return float(np.hypot(pointed.pixel.u_px - CUP.u_px, pointed.pixel.v_px - CUP.v_px))


class OnceThen(ScriptedModel):
    """A double that knows the target in the whole picture, and answers closer looks otherwise."""

    def __init__(self, then: ScriptedModel) -> None:
        self._first, self._then = NearestToTarget(CUP), then

    def reply(self, question: Question) -> str:
        """Let the one or the other answer."""
        closer = question.pictures[0].cut is not None
        return (self._then if closer else self._first).reply(question)


async def test_a_closer_look_brings_the_point_nearer_to_what_is_meant() -> None:
    first = await pointed_by(NearestToTarget(CUP), PointingSettings(closer_looks=0))
    closer = await pointed_by(NearestToTarget(CUP))
    closest = await pointed_by(NearestToTarget(CUP), PointingSettings(closer_looks=2))
    assert away_px(closer) < away_px(first)
    assert away_px(closer) < 8.0
    assert away_px(closest) < 8.0
    assert [len(one.cuts) for one in (first, closer, closest)] == [0, 1, 2]
    assert first.calls < closer.calls < closest.calls


async def test_the_second_look_shows_a_part_larger_around_what_was_picked() -> None:
    heard: list[Event] = []
    pointed = await pointed_by(NearestToTarget(CUP), heard=heard.append)
    (cut,) = pointed.cuts
    shown = [event.question.pictures[0] for event in heard if isinstance(event, Asked)]
    closer = [picture for picture in shown if picture.cut is not None]
    assert {picture.cut for picture in closer} == {cut}
    assert {picture.identifier for picture in shown} == {'front/1'}
    assert closer[0].rgb.shape == (cut.shown_height_px, cut.shown_width_px, 3)
    assert cut.shown_width_px == pytest.approx(2 * cut.width_px, abs=1)
    assert cut.left_px <= CUP.u_px <= cut.left_px + cut.width_px
    assert cut.top_px <= CUP.v_px <= cut.top_px + cut.height_px


async def test_pixels_that_may_not_be_chosen_are_offered_in_neither_look() -> None:
    allowed = np.zeros((HEIGHT_PX, WIDTH_PX), dtype=np.bool_)
    allowed[300:400, 240:400] = True
    heard: list[Event] = []
    pointed = await pointed_by(NearestToTarget(CUP), heard=heard.append, allowed=allowed)
    assert pointed.pixel is not None
    places = [
        one.anchor if picture.cut is None else picture.cut.in_picture(one.anchor)
        for event in heard
        if isinstance(event, Asked)
        for picture in event.question.pictures
        for one in picture.marks
    ]
    assert len(places) > 20
    assert all(allowed[round(one.v_px), round(one.u_px)] for one in (*places, pointed.pixel))


@pytest.mark.parametrize('then', [SaysNone(), Malformed()])
async def test_a_closer_look_that_leads_to_nothing_leaves_the_first_point(
    then: ScriptedModel,
) -> None:
    first = await pointed_by(NearestToTarget(CUP), PointingSettings(closer_looks=0))
    pointed = await pointed_by(OnceThen(then))
    assert pointed.pixel == first.pixel
    assert pointed.reason is None
    assert 'closer look' in pointed.detail


async def test_without_a_choice_there_is_a_reason_and_no_closer_look() -> None:
    none = await pointed_by(SaysNone())
    assert (none.pixel, none.reason, none.cuts) == (None, ChoosingReason.NONE_FITS, ())
    unread = await pointed_by(Malformed())
    assert (unread.pixel, unread.reason) == (None, AskingReason.VLM_UNUSABLE)


async def test_the_same_answers_lead_to_the_same_point() -> None:
    assert await pointed_by(NearestToTarget(CUP)) == await pointed_by(NearestToTarget(CUP))


@pytest.mark.parametrize(
    'wrong', [{'agreement_share': 0.0}, {'smallest_share': 1.1}, {'closer_rounds': 0}]
)
def test_settings_that_leave_nothing_to_choose_from_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidValueError):
        PointingSettings(**wrong)  # type: ignore[arg-type]


async def test_one_mark_in_each_segment_leads_to_the_thing_at_once() -> None:
    rgb = np.full((HEIGHT_PX, WIDTH_PX, 3), 120, dtype=np.uint8)
    rgb[300:380, 180:260] = (220, 60, 40)
    rgb[60:120, 400:500] = (40, 60, 220)
    heard: list[Event] = []
    settings = PointingSettings(closer_looks=0, marks=FirstMarks.SEGMENTS)
    pointer = Pointer(NearestToTarget(CUP), QUICK, settings, (heard.append,))
    pointed = await pointer.point('front/1', rgb, 'the cup', Deadline.after(60.0))
    asked = [event.question for event in heard if isinstance(event, Asked)]
    assert [len(question.labels) for question in asked] == [2, 2, 2]
    assert pointed.pixel is not None
    assert 180 < pointed.pixel.u_px < 260
    assert 300 < pointed.pixel.v_px < 380
    empty = np.zeros((HEIGHT_PX, WIDTH_PX, 3), dtype=np.uint8)
    none = await pointer.point('front/2', empty, 'the cup', Deadline.after(60.0))
    assert none.reason is ChoosingReason.ALL_CANDIDATES_BLOCKED

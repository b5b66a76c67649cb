"""Choosing among views: every run another order, one vote for each view."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest

from vlm_nav.checks.known import CHECKS, checks_named
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.events import Event
from vlm_nav.core.reasons import AskingReason, ChoosingReason
from vlm_nav.drawing.marks import MarkedPicture
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.imagination.choose_view import (
    View,
    ViewInquiry,
    ViewResult,
    ViewSettings,
)
from vlm_nav.imagination.view_facts import told_of_views, view_facts
from vlm_nav.imagination.viewpoint import Viewpoint
from vlm_nav.vlm.doubles import AlwaysFirst, Malformed, SaysNone, ScriptedModel, chosen
from vlm_nav.vlm.events import Asked
from vlm_nav.vlm.model import Model
from vlm_nav.vlm.question import Purpose, Question


class LooksFor(ScriptedModel):
    """A double that chooses the picture of a name, whatever number it bears."""

    def __init__(self, name: str, *, seen: bool) -> None:
        self._name, self._seen = name, seen

    def reply(self, question: Question) -> str:
        (label,) = (
            picture.marks[0].label
            for picture in question.pictures
            if picture.identifier == self._name
        )
        return chosen((label,), 'it is there', seen=self._seen)


def views(worths: dict[str, float]) -> list[View]:
    picture = np.zeros((60, 80, 3), dtype=np.uint8)
    return [
        View(
            Viewpoint(FloorPose(1.0 + index, 0.5, 0.0), 0, 2.0, 1.5 + index, worth),
            MarkedPicture(name, picture),
        )
        for index, (name, worth) in enumerate(worths.items())
    ]


FOUR = views({'a': 0.1, 'b': 0.4, 'c': 0.2, 'd': 0.3})


def choose(
    model: Model,
    seed: int = 0,
    told: list[Event] | None = None,
    checks: Sequence[str] = (),
    **settings: float,
) -> ViewResult:
    inquiry = ViewInquiry(
        FOUR,
        model,
        'go to the cup',
        ViewSettings(checks=checks_named(checks), **settings),  # type: ignore[arg-type]
        Deadline.after(20.0),
        evidence=view_facts,
        listeners=() if told is None else (told.append,),
    )
    return asyncio.run(inquiry.choose(seed))


def asked(told: list[Event]) -> list[Question]:
    return [event.question for event in told if isinstance(event, Asked)]


def test_the_same_view_is_chosen_whatever_number_it_bears() -> None:
    told: list[Event] = []
    result = choose(LooksFor('c', seen=True), told=told)
    assert result.view is FOUR[2]
    assert result.seen
    assert result.confidence == 1.0
    orders = {tuple(picture.identifier for picture in one.pictures) for one in asked(told)}
    assert len(orders) == 3


def test_every_picture_bears_one_number_in_its_upper_left_corner() -> None:
    told: list[Event] = []
    choose(AlwaysFirst(), told=told)
    for question in asked(told):
        assert question.purpose is Purpose.VIEW
        assert [picture.marks[0].label for picture in question.pictures] == [1, 2, 3, 4]
        for picture in question.pictures:
            (mark,) = picture.marks
            assert mark.anchor.u_px < 40.0
            assert mark.anchor.v_px < 30.0


def test_who_likes_the_first_picture_does_not_agree_with_himself() -> None:
    results = [choose(AlwaysFirst(), seed=seed) for seed in range(20)]
    assert {one.reason for one in results} == {ChoosingReason.NO_AGREEMENT}


def test_of_views_with_as_many_votes_the_one_most_worth_a_drive_wins() -> None:
    for seed in range(20):
        told: list[Event] = []
        result = choose(AlwaysFirst(), seed=seed, told=told, minimum_agreement=0.0)
        first = [one.pictures[0].identifier for one in asked(told)]
        if len(set(first)) == 3:
            best = max(first, key=lambda name: {'a': 0.1, 'b': 0.4, 'c': 0.2, 'd': 0.3}[name])
            assert result.view is not None
            assert result.view.picture.identifier == best


def test_the_same_seed_asks_the_same_questions() -> None:
    told: list[list[Event]] = [[], []]
    for one in told:
        choose(AlwaysFirst(), seed=7, told=one)
    first, second = (
        [[picture.identifier for picture in one.pictures] for one in asked(each)] for each in told
    )
    assert first == second


def test_none_and_answers_that_cannot_be_read_have_their_reasons() -> None:
    assert choose(SaysNone()).reason is ChoosingReason.NONE_FITS
    assert choose(Malformed()).reason is AskingReason.VLM_UNUSABLE


def test_without_views_nothing_is_asked() -> None:
    inquiry = ViewInquiry([], AlwaysFirst(), 'go', ViewSettings(), Deadline.after(5.0))
    result = asyncio.run(inquiry.choose())
    assert result.reason is ChoosingReason.ALL_CANDIDATES_BLOCKED
    assert inquiry.calls == 0


def test_facts_of_views_tell_ways_and_new_floor_by_number() -> None:
    told: list[Event] = []
    choose(AlwaysFirst(), told=told)
    lines = asked(told)[0].evidence
    told_of = told_of_views(lines)
    assert {one.new_floor_m2 for one in told_of.values()} == {2.0}
    assert sorted(one.way_m for one in told_of.values()) == [1.5, 2.5, 3.5, 4.5]
    assert told_of_views(['5: was there before', 'no number: 2.0 m²']) == {}


@pytest.mark.parametrize('wrong', [{'count': 0}, {'runs': 0}, {'least_known': 2.0}])
def test_settings_that_make_no_choice_possible_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidValueError):
        ViewSettings(**wrong)  # type: ignore[arg-type]


class ChangesWhenShuffled(LooksFor):
    """A double that keeps to a number once the numbers are other ones."""

    def reply(self, question: Question) -> str:
        labels = [picture.marks[0].label for picture in question.pictures]
        return super().reply(question) if labels == sorted(labels) else chosen((labels[0],), '')


def test_a_view_that_survives_every_check_is_chosen_for_sure() -> None:
    told: list[Event] = []
    result = choose(LooksFor('c', seen=True), told=told, checks=tuple(CHECKS))
    assert result.view is FOUR[2]
    assert result.confidence == 1.0
    names = [event.check for event in told if isinstance(event, Asked)]
    assert names == ['', '', '', *CHECKS]
    first, mirrored = asked(told)[0], asked(told)[3]
    assert [one.identifier for one in mirrored.pictures] == [
        one.identifier for one in first.pictures
    ]
    assert mirrored.pictures[0].marks[0].anchor != first.pictures[0].marks[0].anchor


def test_a_view_that_changes_with_its_number_is_none_to_drive_to() -> None:
    double = ChangesWhenShuffled('c', seen=True)
    surer = choose(double, seed=1, checks=('shuffled',), minimum_agreement=0.4)
    assert surer.view is FOUR[2]
    assert surer.confidence == 0.5
    assert 'shuffled was answered view' in surer.detail
    result = choose(double, seed=1, checks=('shuffled',), minimum_agreement=0.6)
    assert result.view is None
    assert result.reason is ChoosingReason.INCONSISTENT
    assert result.confidence == 0.5

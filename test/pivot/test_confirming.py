"""A choice is held against the same question asked otherwise."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from vlm_nav.checks.known import checks_named
from vlm_nav.core.candidate import Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import ChoosingReason
from vlm_nav.drawing.marks import as_taken
from vlm_nav.pivot.inquiry import Inquiry
from vlm_nav.pivot.loop import pivot
from vlm_nav.pivot.settings import PivotResult, PivotSettings
from vlm_nav.pivot.spaces import ImagePointSpace
from vlm_nav.vlm.doubles import (
    AlwaysFirst,
    NearestToTarget,
    RandomChoice,
    Refuser,
    SaysNone,
    ScriptedModel,
    chosen,
)
from vlm_nav.vlm.events import Answered, Asked
from vlm_nav.vlm.model import Model
from vlm_nav.vlm.question import Answer, Question

ALL = ('mirrored', 'paraphrased', 'shuffled')
SPACE = ImagePointSpace('picture', np.full((240, 320, 3), 90, dtype=np.uint8))
RADIUS_PX = 20.0


class LeftmostAsShown(ScriptedModel):
    """A double that picks what is shown on the left, whatever it is."""

    def reply(self, question: Question) -> str:
        marks = [mark for picture in question.pictures for mark in picture.marks]
        marks.sort(key=lambda mark: mark.anchor.u_px)
        return chosen([mark.label for mark in marks[: question.pick]], 'on the left')


class LikesTheNumberOne(ScriptedModel):
    """A double that picks the least numbers."""

    def reply(self, question: Question) -> str:
        return chosen(sorted(question.labels)[: question.pick], 'number one')


class SwayedByWords:
    """A double that picks by the pixels where it is asked as usual, and by lot in other words."""

    def __init__(self, target: Pixel) -> None:
        self.usual, self.other = NearestToTarget(target), LeftmostAsShown()

    async def ask(self, question: Question, deadline: Deadline) -> Answer:
        model = self.other if question.phrasing else self.usual
        return await model.ask(question, deadline)


class AnswersTheseOtherwise(NearestToTarget):
    """A double that picks by the pixels, but in the questions of these numbers what is left."""

    def __init__(self, target: Pixel, numbers: tuple[int, ...]) -> None:
        super().__init__(target)
        self.numbers, self.count = numbers, 0

    def reply(self, question: Question) -> str:
        self.count += 1
        straying = self.count in self.numbers
        # On the left as taken, so that a mirror makes no difference.
        picture = as_taken(question.pictures[0])
        shown = replace(question, pictures=(picture,))
        return (LeftmostAsShown() if straying else super()).reply(shown)


class FallsSilent:
    """A double that answers the question itself, and its checks as another model does."""

    def __init__(self, checked: Model) -> None:
        self.first, self.checked = NearestToTarget(Pixel(200.0, 100.0)), checked

    async def ask(self, question: Question, deadline: Deadline) -> Answer:
        altered = question.phrasing or question.pictures[0].mirrored
        return await (self.checked if altered else self.first).ask(question, deadline)


async def decide(
    model: Model, checks: tuple[str, ...], told: list[Any] | None = None, **settings: Any
) -> PivotResult[Pixel]:
    given = {'rounds': 2, 'samples': 8, 'picks': 2, 'runs': 1, 'agreement_radius': RADIUS_PX}
    inquiry = Inquiry(
        SPACE,
        model,
        'the cup',
        PivotSettings(**{**given, **settings}, checks=checks_named(checks)),
        Deadline.after(30.0),
        listeners=[] if told is None else [told.append],
    )
    return await pivot(inquiry, 4)


@pytest.mark.parametrize('check', ALL)
@pytest.mark.parametrize('runs', [1, 3])
async def test_who_looks_at_the_picture_passes_every_check(check: str, runs: int) -> None:
    model = NearestToTarget(Pixel(200.0, 100.0))
    plain = await decide(model, (), runs=runs, agreement_radius=60.0)
    checked = await decide(model, (check,), runs=runs, agreement_radius=60.0)
    assert checked.action == plain.action is not None
    assert (checked.confidence, checked.detail) == (1.0, '')
    assert checked.calls == plain.calls + 1


@pytest.mark.parametrize(
    ('model', 'check'),
    [
        (LeftmostAsShown(), 'mirrored'),
        (LikesTheNumberOne(), 'shuffled'),
        (AlwaysFirst(), 'shuffled'),
        (SwayedByWords(Pixel(280.0, 100.0)), 'paraphrased'),
    ],
)
async def test_who_goes_by_something_else_is_found_out_by_the_check_for_it(
    model: Model, check: str
) -> None:
    plain = await decide(model, (), rounds=1)
    assert plain.action is not None
    found_out = await decide(model, (check,), rounds=1, minimum_agreement=0.6)
    assert found_out.action is None
    assert found_out.reason is ChoosingReason.INCONSISTENT
    assert found_out.confidence == 0.5
    assert found_out.detail.startswith(f'{check} was answered mark ')
    # Below what is demanded it only makes less sure.
    tolerated = await decide(model, (check,), rounds=1, minimum_agreement=0.5)
    assert (tolerated.action, tolerated.confidence) == (plain.action, 0.5)
    assert tolerated.detail == found_out.detail
    for other in set(ALL) - {check}:
        assert (await decide(model, (other,), rounds=1)).confidence == 1.0


@pytest.mark.parametrize(
    ('model', 'words'),
    [(Refuser(), 'got no answer (vlm_refused)'), (SaysNone(), 'was answered none')],
)
async def test_a_check_without_a_choice_speaks_against_it(model: Model, words: str) -> None:
    result = await decide(FallsSilent(model), ('mirrored', 'paraphrased'), minimum_agreement=0.0)
    assert result.confidence == pytest.approx(1.0 / 3.0)
    assert result.detail == f'mirrored {words}; paraphrased {words}'


async def test_the_confidence_is_that_of_the_runs_times_that_of_the_voices() -> None:
    settings = {'runs': 3, 'rounds': 1, 'agreement_radius': 60.0, 'minimum_agreement': 0.0}

    def strays(*numbers: int) -> AnswersTheseOtherwise:
        return AnswersTheseOtherwise(Pixel(280.0, 100.0), numbers)

    two = ('mirrored', 'shuffled')
    for stray, expected in [((), 1.0), ((3,), 2.0 / 3.0), ((4,), 2.0 / 3.0), ((3, 4), 4.0 / 9.0)]:
        result = await decide(strays(*stray), two, **settings)
        assert result.confidence == pytest.approx(expected)
        assert result.calls == 5


async def test_no_action_is_not_checked() -> None:
    for model in (SaysNone(), Refuser()):
        plain, checked = await decide(model, ()), await decide(model, ALL)
        assert checked == plain


async def test_checks_ask_all_at_once_about_the_first_question_of_the_run_that_won() -> None:
    told: list[Any] = []
    await decide(NearestToTarget(Pixel(200.0, 100.0)), ALL, told, runs=2)
    asked = [event for event in told if isinstance(event, Asked)]
    checks = [event for event in asked if event.check]
    assert [event.check for event in checks] == list(ALL)
    first = next(
        event for event in asked if (event.run, event.round) == (checks[0].run, checks[0].round)
    )
    assert first.round == 1
    for event in checks:
        assert sorted(event.question.labels) == sorted(first.question.labels)
        by_label = {one.label: one.action for one in event.candidates}
        for mark in as_taken(event.question.pictures[0]).marks:
            assert mark.anchor == by_label[mark.label]
    answers = [event for event in told if isinstance(event, Answered)]
    assert told.index(checks[-1]) < told.index(answers[-3])


async def test_the_same_seed_decides_and_checks_the_same() -> None:
    def asked(told: list[Any]) -> list[NDArray[Any]]:
        events = [event for event in told if isinstance(event, Asked)]
        return [np.array(event.question.labels) for event in events]

    tellings: list[list[Any]] = [[], []]
    results = [
        await decide(RandomChoice(random.Random(1)), ALL, told, minimum_agreement=0.0)
        for told in tellings
    ]
    assert results[0] == results[1]
    assert len(asked(tellings[0])) > 3
    for one, other in zip(asked(tellings[0]), asked(tellings[1]), strict=True):
        assert np.array_equal(one, other)

"""What several runs amount to, by each way of aggregating, and what a critique makes of one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vlm_nav.checks.known import checks_named
from vlm_nav.core.candidate import Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import ChoosingReason
from vlm_nav.pivot.inquiry import Inquiry
from vlm_nav.pivot.loop import pivot
from vlm_nav.pivot.settings import Aggregation, PivotResult, PivotSettings
from vlm_nav.pivot.spaces import ImagePointSpace
from vlm_nav.vlm.doubles import Malformed, NearestToTarget, SaysNone, ScriptedModel, chosen
from vlm_nav.vlm.events import Asked
from vlm_nav.vlm.question import Question
from vlm_nav.vlm.wording import wording

SPACE = ImagePointSpace('picture', np.full((240, 320, 3), 90, dtype=np.uint8))
HERE, THERE, FAR = Pixel(60.0, 60.0), Pixel(60.0, 190.0), Pixel(290.0, 120.0)


class Script(ScriptedModel):
    """A double that answers one question after the other as its script says, then as its end."""

    def __init__(self, *answers: ScriptedModel) -> None:
        self.answers = list(answers)
        self.questions: list[Question] = []

    def reply(self, question: Question) -> str:
        self.questions.append(question)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return answer.reply(question)


class Scattered(ScriptedModel):
    """A double whose best pick is nearest to its target and whose others lie anywhere else."""

    def __init__(self, target: Pixel) -> None:
        self.target = target

    def reply(self, question: Question) -> str:
        marks = {mark.label: mark.anchor for mark in question.pictures[0].marks}
        (best, *_), far = ranked(question, self.target), sorted(marks)
        far.sort(key=lambda label: -abs(marks[label].u_px - marks[best].u_px))
        return chosen([best, *far[: question.pick - 1]], 'guessed')


def ranked(question: Question, target: Pixel) -> list[int]:
    """Return the labels of a question about one picture, the nearest to the target first."""
    (picture,) = question.pictures
    away = {
        mark.label: np.hypot(mark.anchor.u_px - target.u_px, mark.anchor.v_px - target.v_px)
        for mark in picture.marks
    }
    return sorted(away, key=lambda label: float(away[label]))


def at(target: Pixel) -> ScriptedModel:
    return NearestToTarget(target)


async def decide(
    model: ScriptedModel, way: Aggregation, told: list[Any] | None = None, **settings: Any
) -> PivotResult[Pixel]:
    usual = {'rounds': 1, 'samples': 16, 'picks': 3, 'runs': 3, 'minimum_agreement': 0.0}
    given = {**usual, 'agreement_radius': 60.0, **settings}
    inquiry = Inquiry(
        SPACE,
        model,
        'the cup',
        PivotSettings(aggregation=way, **given),
        Deadline.after(30.0),
        listeners=[] if told is None else [told.append],
    )
    return await pivot(inquiry, 2)


def away_px(result: PivotResult[Pixel], target: Pixel) -> float:
    assert result.action is not None
    return float(np.hypot(result.action.u_px - target.u_px, result.action.v_px - target.v_px))


async def test_the_majority_is_a_winner_of_the_group_that_agrees() -> None:
    result = await decide(Script(at(HERE), at(FAR), at(HERE)), Aggregation.MAJORITY)
    assert away_px(result, HERE) < 60.0
    assert result.confidence == pytest.approx(2.0 / 3.0)
    told: list[Any] = []
    again = await decide(Script(at(HERE), at(FAR), at(HERE)), Aggregation.MAJORITY, told)
    offered = {
        one.action for event in told if isinstance(event, Asked) for one in event.candidates
    }
    assert again.action in offered


async def test_the_mean_is_drawn_aside_by_who_strays_and_says_that_nobody_wants_it() -> None:
    result = await decide(Script(at(HERE), at(FAR), at(HERE)), Aggregation.MEAN)
    assert 80.0 < away_px(result, HERE) < away_px(result, FAR)
    assert result.confidence == 0.0
    held = await decide(
        Script(at(HERE), at(FAR), at(HERE)), Aggregation.MEAN, minimum_agreement=0.5
    )
    assert held.reason is ChoosingReason.NO_AGREEMENT
    together = await decide(Script(at(HERE)), Aggregation.MEAN)
    assert (away_px(together, HERE) < 40.0, together.confidence) == (True, 1.0)


async def test_the_best_of_n_is_whose_picks_lie_together_even_against_the_majority() -> None:
    script = (Scattered(FAR), at(HERE), Scattered(FAR))
    result = await decide(Script(*script), Aggregation.BEST_OF_N)
    assert away_px(result, HERE) < 60.0
    assert result.confidence == pytest.approx(1.0 / 3.0)
    assert away_px(await decide(Script(*script), Aggregation.MAJORITY), FAR) < 60.0
    held = await decide(Script(*script), Aggregation.BEST_OF_N, minimum_agreement=0.6)
    assert held.reason is ChoosingReason.NO_AGREEMENT


@pytest.mark.parametrize(
    ('answers', 'wanted', 'confidence', 'questions'),
    [
        ((at(HERE), at(HERE)), HERE, 1.0, 2),
        ((at(FAR), at(HERE), at(HERE)), HERE, 2.0 / 3.0, 3),
        ((at(HERE), at(FAR), at(HERE), at(HERE)), HERE, 3.0 / 4.0, 4),
        ((at(HERE), at(THERE), at(FAR)), FAR, 2.0 / 4.0, 4),
        ((at(HERE), at(THERE), at(FAR), at(HERE), at(THERE)), THERE, 2.0 / 5.0, 5),
        ((at(HERE), Malformed(), Malformed(), at(HERE)), HERE, 2.0 / 3.0, 4),
        ((at(HERE), SaysNone(), at(HERE)), HERE, 2.0 / 3.0, 3),
    ],
)
async def test_a_critique_goes_on_until_the_choice_is_kept_or_the_looks_are_spent(
    answers: tuple[ScriptedModel, ...], wanted: Pixel, confidence: float, questions: int
) -> None:
    script = Script(*answers)
    result = await decide(script, Aggregation.CRITIQUE, runs=5)
    assert away_px(result, wanted) < 60.0
    assert result.confidence == pytest.approx(confidence)
    assert result.calls == len(script.questions) == questions


async def test_each_look_is_told_what_the_last_one_chose() -> None:
    script = Script(at(HERE), at(FAR), at(THERE), at(THERE))
    told: list[Any] = []
    await decide(script, Aggregation.CRITIQUE, told, runs=5)
    first, *looks = script.questions
    assert first.chosen_before is None
    assert [event.check for event in told if isinstance(event, Asked)] == ['', *['critique'] * 3]
    for look, target in zip(looks, (HERE, FAR, THERE), strict=True):
        nearest = ranked(first, target)[0]
        assert (look.chosen_before, look.pick) == (nearest, 1)
        assert f'An earlier look chose disc {nearest}.' in wording(look).text
        assert look.pictures is first.pictures
    assert 'earlier look' not in wording(first).text


async def test_a_kept_choice_stays_as_fine_as_the_rounds_have_made_it() -> None:
    once = await decide(at(HERE), Aggregation.REFIT, runs=1, rounds=3)
    kept = await decide(at(HERE), Aggregation.CRITIQUE, runs=3, rounds=3)
    assert kept.action == once.action
    assert (once.confidence, kept.confidence) == (None, 1.0)


async def test_looks_that_never_agree_are_no_choice() -> None:
    script = Script(at(HERE), at(FAR), at(THERE))
    result = await decide(script, Aggregation.CRITIQUE, minimum_agreement=0.5)
    assert (result.action, result.reason) == (None, ChoosingReason.NO_AGREEMENT)
    assert result.detail == '1 of 3 looks want the same'
    assert result.confidence == pytest.approx(1.0 / 3.0)


async def test_one_look_is_no_critique_and_none_is_criticised_where_there_is_no_choice() -> None:
    alone = await decide(at(HERE), Aggregation.CRITIQUE, runs=1)
    assert (alone.confidence, alone.calls) == (None, 1)
    nothing = await decide(SaysNone(), Aggregation.CRITIQUE, runs=5)
    assert (nothing.reason, nothing.calls) == (ChoosingReason.NONE_FITS, 1)


async def test_checks_are_held_against_what_the_critique_has_come_to() -> None:
    script = Script(at(HERE), at(FAR), at(FAR), at(FAR))
    checks = checks_named(['shuffled'])
    result = await decide(script, Aggregation.CRITIQUE, runs=5, checks=checks)
    assert away_px(result, FAR) < 60.0
    assert (result.confidence, result.detail) == (pytest.approx(2.0 / 3.0), '')

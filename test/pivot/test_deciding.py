"""What PIVOT makes of answers: good ones, none, contradicting ones, and no answers at all."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from sensor_data import kitchen_frame

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.reasons import AskingReason, CandidateReason, ChoosingReason
from vlm_nav.drawing.mark_drawing import draw_marks
from vlm_nav.drawing.palette import label_radius_px, smallest_label_radius_px
from vlm_nav.navigation.guard import FloorGuard
from vlm_nav.observation.common_free_space import free_space_of
from vlm_nav.observation.floor_grid import FreeSpaceSettings
from vlm_nav.pivot.ground_space import GroundSpace
from vlm_nav.pivot.settings import Aggregation, PivotSettings
from vlm_nav.pivot.spaces import ImagePointSpace, Proposals
from vlm_nav.vlm.doubles import (
    AlwaysFirst,
    Malformed,
    NamesUndrawn,
    NearestToTarget,
    Refuser,
    SaysArrived,
    SaysNone,
    Slow,
)
from vlm_nav.vlm.errors import ModelLate, ModelRefused, ModelUnreachable, UnusableAnswer
from vlm_nav.vlm.model import Model
from vlm_nav.vlm.question import Answer, Question

SPACE = ImagePointSpace('picture', np.full((480, 640, 3), 90, dtype=np.uint8))
MIDDLE = Pixel(320.0, 240.0)

Reply = Answer | Exception


class PerRun:
    """Asks another model for each run: questions come in the order of the runs."""

    def __init__(self, models: Sequence[Model], *, delays: Sequence[int] = ()) -> None:
        self.models, self.delays = models, delays
        self.calls = 0

    async def ask(self, question: Question, deadline: Deadline) -> Answer:
        index = self.calls % len(self.models)
        self.calls += 1
        for _ in range(self.delays[index] if self.delays else 0):
            await asyncio.sleep(0)
        return await self.models[index].ask(question, deadline)


class Scripted:
    """Answers by a function of the question and of how often it was asked."""

    def __init__(self, reply: Callable[[Question, int], Reply]) -> None:
        self.reply = reply
        self.questions: list[Question] = []

    async def ask(self, question: Question, deadline: Deadline) -> Answer:
        await asyncio.sleep(0)
        self.questions.append(question)
        reply = self.reply(question, len(self.questions))
        if isinstance(reply, Exception):
            raise reply
        return reply


def nearest(u_px: float, v_px: float = 240.0) -> NearestToTarget:
    return NearestToTarget(Pixel(u_px, v_px))


def always(reply: Reply) -> Scripted:
    return Scripted(lambda question, count: reply)


async def test_every_label_means_one_action_and_was_drawn_where_it_leads(decide: Any) -> None:
    _, trace = await decide(SPACE, nearest(200.0), agreement_radius=60.0)
    for asked in trace.asked:
        labels = [candidate.label for candidate in asked.candidates]
        assert labels == list(range(1, len(labels) + 1))
        assert asked.question.labels == tuple(labels)
        assert len({candidate.action for candidate in asked.candidates}) == len(labels)
        (picture,) = asked.question.pictures
        for candidate, mark in zip(asked.candidates, picture.marks, strict=True):
            assert mark.anchor == candidate.anchor == candidate.action
            assert candidate.refused is None


async def test_no_two_discs_overlap_and_every_disc_is_inside(decide: Any) -> None:
    smallest, largest = smallest_label_radius_px(640, 480), label_radius_px(640, 480)
    for seed in range(5):
        _, trace = await decide(SPACE, nearest(60.0, 60.0), seed, early_stop=False)
        for asked in trace.asked:
            (picture,) = asked.question.pictures
            assert smallest <= picture.radius_px <= largest
            anchors = np.array([(mark.anchor.u_px, mark.anchor.v_px) for mark in picture.marks])
            assert (anchors >= picture.radius_px).all()
            assert (anchors <= np.array((639.0, 479.0)) - picture.radius_px).all()
            away = np.hypot(*(anchors[:, None] - anchors[None]).T)
            assert (away[~np.eye(len(anchors), dtype=np.bool_)] > 2.0 * picture.radius_px).all()


async def test_the_same_seed_draws_the_same_bytes_and_another_seed_others(decide: Any) -> None:
    async def pictures(seed: int) -> list[bytes]:
        _, trace = await decide(SPACE, nearest(500.0), seed)
        return [draw_marks(asked.question.pictures[0]).tobytes() for asked in trace.asked]

    first = await pictures(7)
    assert first == await pictures(7)
    assert first[0] != (await pictures(8))[0]


async def test_runs_draw_different_candidates(decide: Any) -> None:
    _, trace = await decide(SPACE, nearest(500.0), rounds=1)
    actions = [tuple(one.action for one in asked.candidates) for asked in trace.asked]
    assert len(set(actions)) == 3


async def test_listeners_and_the_order_of_answers_change_nothing(decide: Any) -> None:
    models = [nearest(300.0), nearest(320.0), nearest(340.0)]
    results = [
        (await decide(SPACE, PerRun(models, delays=delays), agreement_radius=60.0))[0]
        for delays in ((0, 0, 0), (9, 5, 1), (1, 5, 9), (3, 9, 0))
    ]
    assert all(result == results[0] for result in results)
    assert results[0].action is not None


async def test_what_cannot_be_read_is_asked_once_more(decide: Any) -> None:
    def reply(question: Question, count: int) -> Reply:
        return UnusableAnswer('half an object') if count == 1 else Answer((1,))

    result, trace = await decide(SPACE, Scripted(reply), runs=1, rounds=1)
    assert result.action is not None
    assert result.calls == 2
    assert [asked.attempt for asked in trace.asked] == [1, 2]
    assert trace.asked[0].question == trace.asked[1].question


@pytest.mark.parametrize('model', [Malformed(), NamesUndrawn(), always(Answer((99,)))])
async def test_what_can_never_be_read_fails_after_the_second_time(
    decide: Any, model: Model
) -> None:
    result, trace = await decide(SPACE, model)
    assert result.action is None
    assert result.reason is AskingReason.VLM_UNUSABLE
    assert result.detail.startswith('3 of 3 runs: ')
    assert result.confidence is None
    assert result.calls == len(trace.asked) == 6


@pytest.mark.parametrize('labels', [(99,), (0,), (1, 99), (1, 1)])
async def test_labels_that_were_not_drawn_do_not_reach_the_loop(
    decide: Any, labels: tuple[int, ...]
) -> None:
    def reply(question: Question, count: int) -> Reply:
        return Answer(labels) if count == 1 else Answer((2, 1))

    result, trace = await decide(SPACE, Scripted(reply), runs=1, rounds=1)
    assert result.calls == 2
    assert result.labels == (2, 1)
    assert result.action == trace.asked[0].candidates[1].action


@pytest.mark.parametrize(
    ('error', 'reason'),
    [
        (ModelLate('late'), AskingReason.VLM_LATE),
        (ModelRefused('refused'), AskingReason.VLM_REFUSED),
        (ModelUnreachable('down'), AskingReason.VLM_UNREACHABLE),
    ],
)
async def test_other_errors_end_a_run_at_once(
    decide: Any, error: Exception, reason: AskingReason
) -> None:
    result, _ = await decide(SPACE, always(error))
    assert result.reason is reason
    assert result.calls == 3
    assert str(error) in result.detail


async def test_a_model_that_hangs_ends_by_the_deadline(decide: Any) -> None:
    result, _ = await decide(SPACE, Slow(AlwaysFirst(), 60.0), deadline_s=0.05)
    assert result.reason is AskingReason.VLM_LATE
    result, _ = await decide(SPACE, Slow(AlwaysFirst(), 60.0), question_timeout_s=0.05)
    assert result.reason is AskingReason.VLM_LATE


async def test_the_most_common_reason_is_told(decide: Any) -> None:
    models = [Refuser(), always(ModelLate('late')), always(ModelLate('late too'))]
    result, _ = await decide(SPACE, PerRun(models))
    assert result.reason is AskingReason.VLM_LATE
    assert result.detail == '2 of 3 runs: late'


async def test_a_failed_run_does_not_spoil_two_good_ones(decide: Any) -> None:
    models = [nearest(300.0), Refuser(), nearest(310.0)]
    result, _ = await decide(SPACE, PerRun(models), rounds=1, agreement_radius=300.0)
    assert result.action is not None
    assert result.confidence == pytest.approx(2.0 / 3.0)


async def test_silence_is_no_agreement(decide: Any) -> None:
    result, _ = await decide(
        SPACE, PerRun([nearest(300.0), Refuser(), Refuser()]), rounds=1, agreement_radius=90.0
    )
    assert result.action is None
    assert result.reason is ChoosingReason.NO_AGREEMENT
    assert result.confidence == pytest.approx(1.0 / 3.0)
    assert 'failed 2' in result.detail


async def test_runs_that_want_different_places_do_not_agree(decide: Any) -> None:
    models = [nearest(60.0), nearest(320.0), nearest(580.0)]
    result, _ = await decide(SPACE, PerRun(models), agreement_radius=60.0)
    assert result.reason is ChoosingReason.NO_AGREEMENT
    assert result.detail.startswith('1 of 3 runs want the same')


async def test_a_single_run_tells_no_confidence(decide: Any) -> None:
    result, _ = await decide(SPACE, nearest(300.0), runs=1)
    assert result.action is not None
    assert result.confidence is None
    arrived, _ = await decide(SPACE, SaysArrived(), runs=1, arrived=True)
    assert arrived.confidence is None


async def test_most_say_none(decide: Any) -> None:
    result, _ = await decide(SPACE, PerRun([SaysNone(), nearest(300.0), SaysNone()]), rounds=1)
    assert (result.action, result.arrived) == (None, False)
    assert result.reason is ChoosingReason.NONE_FITS
    assert result.detail == '2 of 3 runs say that no candidate fits'
    assert result.confidence == pytest.approx(2.0 / 3.0)


async def test_most_say_arrived(decide: Any) -> None:
    model = PerRun([SaysArrived(), nearest(300.0), SaysArrived()])
    result, _ = await decide(SPACE, model, rounds=1, arrived=True)
    assert (result.action, result.arrived, result.reason) == (None, True, None)
    assert result.confidence == pytest.approx(2.0 / 3.0)


@pytest.mark.parametrize('other', [SaysNone(), SaysArrived()])
async def test_a_tie_stays_put(decide: Any, other: Model) -> None:
    model = PerRun([nearest(300.0), other])
    result, _ = await decide(SPACE, model, runs=2, rounds=1, arrived=True)
    assert result.action is None
    assert result.arrived or result.reason is ChoosingReason.NONE_FITS


async def test_none_in_a_later_round_keeps_the_winner_of_the_round_before(decide: Any) -> None:
    def reply(question: Question, count: int) -> Reply:
        return Answer((3, 1)) if count == 1 else Answer((), none=True)

    result, trace = await decide(SPACE, Scripted(reply), runs=1, early_stop=False)
    assert result.action == trace.asked[0].candidates[2].action
    assert result.calls == 2


async def test_agreeing_runs_are_refitted_to_their_mean(decide: Any, vector: Any) -> None:
    models = [nearest(300.0), nearest(330.0), nearest(600.0, 60.0)]
    result, trace = await decide(SPACE, PerRun(models), early_stop=False, agreement_radius=110.0)
    winners = np.array([trace.chosen(3, run)[0] for run in (1, 2)])
    np.testing.assert_allclose(vector(result.action), winners.mean(axis=0))
    assert result.confidence == pytest.approx(2.0 / 3.0)
    assert result.calls == 9


async def test_a_mean_that_is_refused_gives_way_to_the_nearest_winner(
    decide: Any, vector: Any
) -> None:
    # Only two islands are allowed, and the mean of the winners lies in the water between them.
    allowed = np.zeros((480, 640), dtype=np.bool_)
    allowed[100:380, 100:270] = allowed[100:380, 330:540] = True
    space = dataclasses.replace(SPACE, allowed=allowed)
    models = [nearest(240.0), nearest(360.0)]
    result, trace = await decide(
        space, PerRun(models), runs=2, early_stop=False, agreement_radius=250.0
    )
    winners = np.array([trace.chosen(3, run)[0] for run in (1, 2)])
    mean_u, mean_v = np.round(winners.mean(axis=0)).astype(int)
    assert not allowed[mean_v, mean_u]
    assert any(np.allclose(vector(result.action), winner) for winner in winners)
    assert result.confidence == 1.0


async def test_asking_again_draws_the_winners_together_once(decide: Any, vector: Any) -> None:
    def reply(question: Question, count: int) -> Reply:
        return (
            Answer((question.labels[-1],)) if question.pick == 1 else Answer(question.labels[:2])
        )

    model = Scripted(reply)
    result, trace = await decide(
        SPACE,
        model,
        rounds=2,
        picks=2,
        early_stop=False,
        agreement_radius=1000.0,
        aggregation=Aggregation.ASK_AGAIN,
    )
    assert result.calls == len(model.questions) == 2 * 3 + 1
    last = trace.asked[-1]
    winners = [tuple(trace.chosen(2, run)[0]) for run in (1, 2, 3)]
    offered = [tuple(vector(candidate.action)) for candidate in last.candidates]
    assert set(offered) <= set(winners)
    assert last.question.pick == 1
    assert tuple(vector(result.action)) == offered[-1]
    assert result.confidence == 1.0


async def test_asking_again_with_one_winner_asks_nobody(decide: Any) -> None:
    result, _ = await decide(
        SPACE, nearest(300.0), runs=1, rounds=1, aggregation=Aggregation.ASK_AGAIN
    )
    assert result.action is not None
    assert result.calls == 1


@pytest.mark.parametrize(
    ('last', 'reason'),
    [
        (Answer((), none=True), ChoosingReason.NONE_FITS),
        (ModelLate('late'), AskingReason.VLM_LATE),
    ],
)
async def test_asking_again_may_end_without_a_choice(
    decide: Any, last: Reply, reason: AskingReason | ChoosingReason
) -> None:
    def reply(question: Question, count: int) -> Reply:
        return Answer((1,)) if count <= 3 else last

    result, _ = await decide(
        SPACE,
        Scripted(reply),
        rounds=1,
        agreement_radius=2000.0,
        aggregation=Aggregation.ASK_AGAIN,
    )
    assert result.action is None
    assert result.reason is reason
    assert result.calls == 4


async def test_one_answer_to_asking_again_does_not_say_that_the_robot_has_arrived(
    decide: Any,
) -> None:
    def reply(question: Question, count: int) -> Reply:
        return Answer((1,)) if count <= 3 else Answer((), arrived=True)

    result, trace = await decide(
        SPACE,
        Scripted(reply),
        rounds=1,
        agreement_radius=2000.0,
        aggregation=Aggregation.ASK_AGAIN,
        arrived=True,
    )
    asked = [each.question.may_answer_arrived for each in trace.asked]
    assert asked == [True, True, True, False]
    assert not result.arrived
    assert result.action is None


async def test_stopping_early_saves_calls(decide: Any) -> None:
    calls = {}
    for early_stop in (True, False):
        results = [
            (await decide(SPACE, nearest(320.0), seed, rounds=6, early_stop=early_stop))[0]
            for seed in range(6)
        ]
        calls[early_stop] = sum(result.calls for result in results)
    assert calls[False] == 6 * 6 * 3
    assert calls[True] < 0.9 * calls[False]


async def test_the_first_round_alone_is_no_reason_to_stop(decide: Any) -> None:
    # A place for one disc only: all runs offer nearly the same.
    allowed = np.zeros((480, 640), dtype=np.bool_)
    allowed[230:250, 310:330] = True
    space = dataclasses.replace(SPACE, allowed=allowed)
    result, trace = await decide(space, AlwaysFirst(), agreement_radius=30.0)
    assert result.confidence == 1.0
    assert all(len(asked.candidates) == 1 for asked in trace.asked)


async def test_no_place_at_all_is_told_without_a_question(decide: Any) -> None:
    space = dataclasses.replace(SPACE, allowed=np.zeros((480, 640), dtype=np.bool_))
    result, trace = await decide(space, AlwaysFirst())
    assert result.reason is ChoosingReason.ALL_CANDIDATES_BLOCKED
    assert trace.asked == []
    assert result.calls == 0
    assert CandidateReason.OUTSIDE_IMAGE.value in result.detail


@pytest.mark.data
@pytest.mark.parametrize('seed', range(3))
async def test_a_kitchen_without_reachable_floor_blocks_all_candidates(
    decide: Any, seed: int
) -> None:
    frame = kitchen_frame(288)
    guard = FloorGuard(free_space_of(frame, FreeSpaceSettings()))
    result, trace = await decide(GroundSpace((frame,), guard), AlwaysFirst(), seed)
    assert result.action is None
    assert result.reason is ChoosingReason.ALL_CANDIDATES_BLOCKED
    assert result.detail.startswith('3 of 3 runs: no candidate is left of the samples (')
    assert CandidateReason.OBSTACLE.value in result.detail
    assert trace.asked == []


async def test_an_answer_of_arrived_counts_only_where_it_may_be_given(decide: Any) -> None:
    result, _ = await decide(SPACE, SaysArrived(), arrived=False)
    assert not result.arrived
    assert result.reason is AskingReason.VLM_UNUSABLE


async def test_fewer_candidates_than_picks_ask_for_fewer(decide: Any) -> None:
    allowed = np.zeros((480, 640), dtype=np.bool_)
    allowed[200:220, 100:120] = allowed[200:220, 400:420] = True
    space = dataclasses.replace(SPACE, allowed=allowed)
    _, trace = await decide(space, AlwaysFirst(), rounds=1)
    assert {asked.question.pick for asked in trace.asked} == {2}


async def test_a_cancelled_decision_cancels_its_questions(decide: Any) -> None:
    started, cancelled = asyncio.Event(), itertools.count()

    class Waits:
        async def ask(self, question: Question, deadline: Deadline) -> Answer:
            started.set()
            try:
                await asyncio.sleep(60.0)
            except asyncio.CancelledError:
                next(cancelled)
                raise
            raise AssertionError

    task = asyncio.ensure_future(decide(SPACE, Waits()))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert next(cancelled) == 3


@pytest.mark.parametrize(
    'wrong',
    [
        {'rounds': 0},
        {'samples': 0},
        {'runs': 0},
        {'picks': 0},
        {'picks': 11},
        {'agreement_radius': 0.0},
        {'agreement_radius': float('nan')},
        {'minimum_agreement': 1.1},
        {'minimum_agreement': float('nan')},
        {'question_timeout_s': 0.0},
    ],
)
def test_settings_that_allow_no_decision_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidValueError):
        PivotSettings(**wrong)


def test_points_of_a_mask_are_offered_and_others_refused() -> None:
    allowed = np.zeros((480, 640), dtype=np.bool_)
    allowed[100, 200] = True
    space = dataclasses.replace(SPACE, allowed=allowed)
    vectors = np.array([(200.4, 99.6), (200.6, 100.0), (-1.0, 5.0), (640.0, 5.0), (5.0, 479.5)])
    proposals: Proposals = space.propose(vectors)
    outside = CandidateReason.OUTSIDE_IMAGE
    assert proposals.refused.tolist() == [None, outside, outside, outside, outside]

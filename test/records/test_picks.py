"""What a record, its line and its page say of picks."""

from __future__ import annotations

import asyncio
import functools
import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hands import EyesDouble, pose_at
from missions import writer
from synthetic import Box, camera_pose, frame_of

from vlm_nav.cli.explain import explain
from vlm_nav.core.candidate import Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.events import tell
from vlm_nav.core.reasons import CommonReason, HandReason
from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.camera import PinholeCamera
from vlm_nav.geometry.poses import inverse, transform_points
from vlm_nav.manipulation.arm_port import ArmOutcome
from vlm_nav.manipulation.careful_arms import PublishedOnlyArm
from vlm_nav.manipulation.events import (
    ArmReleased,
    PickDecided,
    PickDecision,
    PickEnd,
    PickEnded,
    PickStarted,
    PickTask,
)
from vlm_nav.manipulation.grasp_plan import Grasp, Place
from vlm_nav.manipulation.grasp_settings import GraspSettings
from vlm_nav.manipulation.gripper import GripperSizes
from vlm_nav.manipulation.lift_points import LiftSettings
from vlm_nav.manipulation.picking import Picking
from vlm_nav.manipulation.steps import LiftStep, PlanStep
from vlm_nav.observation.rgbd_frame import RgbdFrame, points_base
from vlm_nav.pivot.pointing import FirstMarks, Pointer, PointingSettings
from vlm_nav.pivot.settings import PivotSettings
from vlm_nav.records.in_words import record_words
from vlm_nav.records.read import frame_of as recorded_frame
from vlm_nav.records.read import read_record
from vlm_nav.records.report import write_report
from vlm_nav.records.schema import Record
from vlm_nav.records.summary import summary_line
from vlm_nav.vlm.doubles import NearestToTarget

HEIGHT_M = 0.1
CAMERA = PinholeCamera(320, 240, 260.0, 260.0, 159.5, 119.5)


@functools.lru_cache(maxsize=1)
def table() -> RgbdFrame:
    """Return the view of a red box on the floor."""
    box = Box((0.42, 0.48), (-0.03, 0.03), (0.0, HEIGHT_M))
    frame = frame_of((box,), camera_pose(0.7, 50.0), camera=CAMERA, reach_m=4.0)
    rgb = np.full_like(frame.rgb, 150)
    rgb[points_base(frame)[..., 2] > 0.005] = (200, 40, 40)
    return replace(frame, rgb=rgb)


def box_pixel() -> Pixel:
    camera_from_base = inverse(table().base_from_camera)
    top = transform_points(camera_from_base, np.array([[0.45, 0.0, HEIGHT_M]]))
    ((u_px, v_px),) = CAMERA.project(top).tolist()
    return Pixel(u_px, v_px)


class Arm(PublishedOnlyArm):
    """A double of an arm that ends as it is told to."""

    def __init__(self, outcome: ArmOutcome | None, on_pick: Callable[[], None]) -> None:
        object.__setattr__(self, 'outcome', outcome)
        object.__setattr__(self, 'on_pick', on_pick)

    async def pick(self, grasp: Grasp, deadline: Deadline) -> ArmOutcome:
        self.on_pick()  # type: ignore[attr-defined]
        if self.outcome is None:  # type: ignore[attr-defined]
            await asyncio.Event().wait()
        return self.outcome  # type: ignore[attr-defined,no-any-return]


DONE = ArmOutcome(True, None, 'the arm followed all motions')
LOST = ArmOutcome(False, HandReason.GRASP_LOST, 'the fingers closed and met nothing')


def picking(records: Path, outcome: ArmOutcome | None = DONE, **options: Any) -> Picking:
    """Return what picks the box, and writes records with these options of the writer."""
    record, asked = writer(records, **options), itertools.count()

    def reachable(_: FloatArray, around: FloatArray | None = None) -> HandReason | None:
        return HandReason.UNREACHABLE if next(asked) < 2 else None

    model = NearestToTarget(box_pixel())
    settings = PivotSettings(rounds=1, samples=12, picks=1, runs=1)
    pointing = PointingSettings(closer_rounds=1, marks=FirstMarks.SEGMENTS)
    return Picking(
        EyesDouble(table()),
        Pointer(model, settings, pointing, (record,)),
        LiftStep(LiftSettings(), lambda: 0),
        PlanStep(GripperSizes(), GraspSettings(), reachable),
        Arm(outcome, lambda: tell((record,), ArmReleased())),
        listeners=(record,),
        name_record=lambda: 'a_pick',
    )


def picked(
    records: Path, task: PickTask = PickTask('the box'), outcome: ArmOutcome = DONE, **more: Any
) -> tuple[PickEnd, Record]:
    """Carry a task out; return how it ended, and its record."""
    end = asyncio.run(picking(records, outcome, **more).carry_out(task))
    return end, read_record(records / 'a_pick')


def test_a_pick_is_recorded_with_its_questions_its_point_its_grasps_and_its_end(
    records: Path,
) -> None:
    end, record = picked(records)
    assert record.instruction == 'the box'
    assert [question.purpose for question in record.questions] == ['image_point'] * 2
    assert all(question.reply and question.reply.answer for question in record.questions)
    decision = record.decision
    assert decision is not None
    assert decision.hand is not None
    lifted, plan = decision.hand.lifted, end.decision.plan
    assert lifted is not None
    assert plan is not None
    assert (decision.outcome, decision.look, decision.questions) == ('pick', 0, (0, 1))
    assert decision.hand.asked_for is None
    assert (lifted.source, lifted.stamp_ns) == ('measured', table().stamp_ns)
    assert np.allclose(lifted.point_m, (0.45, 0.0, HEIGHT_M), atol=0.03)
    best = decision.hand.ranked[0]
    assert np.array_equal(best.base_from_grasp, plan.ranked[0].base_from_grasp)
    assert best.approach == plan.ranked[0].approach.value
    assert len(decision.hand.ranked) == len(plan.ranked)
    assert [one.reason for one in decision.hand.refused] == [r.value for _, r in plan.refused]
    assert 'unreachable' in {one.reason for one in decision.hand.refused}
    assert decision.released_s is not None
    assert decision.arm is not None
    assert (decision.arm.done, decision.arm.detail) == (True, DONE.detail)
    assert record.ended is not None
    assert (record.ended.outcome, record.ended.reason) == ('pick', None)


def test_what_was_seen_comes_back_from_the_record_bit_for_bit(records: Path) -> None:
    picked(records)
    frame = recorded_frame(records / 'a_pick')
    assert table().depth_m is not None
    assert frame.depth_m is not None
    assert np.array_equal(frame.depth_m, table().depth_m, equal_nan=True)
    assert np.array_equal(frame.base_from_camera, table().base_from_camera)


def test_a_record_of_a_killed_process_adds_up_to_the_same(records: Path) -> None:
    _, whole = picked(records)
    (records / 'a_pick' / 'decision.json').unlink()
    assert read_record(records / 'a_pick') == whole


def test_a_closer_look_is_recorded_as_the_part_that_was_shown(records: Path) -> None:
    _, record = picked(records)
    first, second = (question.shown[0] for question in record.questions)
    assert first.cut is None
    assert second.cut is not None
    assert 0 < second.cut.width_px < CAMERA.width_px
    assert all(mark.anchor.u_px < second.cut.shown_width_px for mark in second.marks)  # type: ignore[operator]


def test_a_refused_pixel_is_recorded_with_its_reason_and_without_grasps(records: Path) -> None:
    _, record = picked(records, PickTask('', Pixel(-3.0, 5.0)))
    decision = record.decision
    assert record.instruction == 'pixel (-3, 5)'
    assert decision is not None
    assert decision.hand is not None
    assert (decision.outcome, decision.reason) == ('hold', 'pixel_outside_image')
    assert decision.hand.asked_for is not None
    assert (decision.hand.pixel, decision.hand.lifted, decision.arm) == (None, None, None)
    assert record.ended is not None
    assert record.ended.reason == 'pixel_outside_image'


def test_a_pick_that_is_cancelled_while_the_arm_moves_says_so(records: Path) -> None:
    async def run() -> None:
        task = asyncio.ensure_future(
            picking(records, None).carry_out(PickTask('the box'), lambda: CommonReason.PAUSED)
        )
        events, deadline = records / 'a_pick' / 'events.jsonl', Deadline.after(30.0)
        while not (events.exists() and 'released' in events.read_text('utf-8')):
            assert not deadline.expired()
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(run())
    record = read_record(records / 'a_pick')
    assert record.ended is not None
    assert (record.ended.outcome, record.ended.reason) == ('pick', 'paused')
    assert record.decision is not None
    assert record.decision.arm is not None
    assert not record.decision.arm.done


def test_the_line_of_a_pick_has_its_point_and_its_end(records: Path) -> None:
    _, record = picked(records, PickTask('', box_pixel()), LOST)
    line = summary_line(record)
    assert 'pick (0.4' in line
    assert 'm, measured' in line
    assert '| not done: grasp_lost |' in line


@pytest.mark.parametrize(
    ('outcome', 'told', 'pictures'),
    [(DONE, 'Done', 4), (LOST, 'grasp lost: the fingers closed', 7)],
)
def test_the_page_of_a_pick_shows_the_point_the_grasps_and_what_the_arm_did(
    records: Path, outcome: ArmOutcome, told: str, pictures: int
) -> None:
    picked(records, outcome=outcome)
    page = write_report(records / 'a_pick').read_text('utf-8')
    assert told in page
    for words in ('Pick it up', 'The cross is the pixel', 'top down', 'unreachable', 'Released'):
        assert words in page, words
    # Two questions, the first of them large again, and the picture with the pixel; what is lost
    # is looked for once more.
    assert page.count('data:image/jpeg') == pictures
    assert 'Map of the run' not in page


def test_grasps_to_which_the_arm_found_no_way_are_told_among_the_refused(records: Path) -> None:
    no_way = ArmOutcome.without_way(HandReason.UNREACHABLE, 'no angles lead there')
    end, record = picked(records, PickTask('', box_pixel()), no_way)
    assert end.reason is HandReason.UNREACHABLE
    hands = [one.hand for one in record.decisions if one.hand is not None]
    left = [len(hand.ranked) for hand in hands]
    assert left == list(range(left[0], 0, -1))
    assert left[0] > 1
    assert [len(hand.refused) - len(hands[0].refused) for hand in hands] == list(range(left[0]))
    # All of them are of one look, and the arm has not moved between them.
    assert {one.look for one in record.decisions} == {0}
    assert [one.arm is None for one in record.decisions] == [True] * (left[0] - 1) + [False]
    page = write_report(records / 'a_pick').read_text('utf-8')
    assert 'no angles lead there' in page


def test_the_page_of_a_hostile_record_cuts_nothing_out_that_is_not_there(records: Path) -> None:
    picked(records)
    file = records / 'a_pick' / 'decision.json'
    content = json.loads(file.read_text('utf-8'))
    cut = content['questions'][1]['shown'][0]['cut']
    for hostile in ({'left_px': 10**9}, {'shown_width_px': 10**9}, {'width_px': 0}):
        content['questions'][1]['shown'][0]['cut'] = {**cut, **hostile}
        file.write_text(json.dumps(content), 'utf-8')
        page = write_report(records / 'a_pick').read_text('utf-8')
        # The picture as it was sent is shown in its place.
        assert page.count('data:image/jpeg') == 4


def test_explain_tells_a_pick_in_words(records: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picked(records, outcome=LOST)
    explain(records / 'a_pick')
    told = capsys.readouterr().out
    for words in ("'the box'", 'image_point', 'measured', 'unreachable', 'grasp_lost'):
        assert words in told, words


def test_putting_something_down_is_recorded_with_its_place(records: Path) -> None:
    hand = pose_at(0.4, 0.1, 0.2)
    place = Place(hand, hand, np.array((0.4, 0.1, 0.1)), 0.05, 0.8)
    write = writer(records)
    task = PickTask('on the table', box_pixel(), place=True)
    decision = PickDecision(task, box_pixel(), place=place, record='a_pick')
    tell((write,), PickStarted('a_pick', task))
    tell((write,), PickDecided(decision))
    tell((write,), PickEnded(PickEnd(decision, DONE)))
    record = read_record(records / 'a_pick')
    assert record.decision is not None
    assert record.decision.hand is not None
    assert record.decision.hand.place is not None
    assert record.decision.outcome == 'place'
    assert record.decision.hand.place.point_m == (0.4, 0.1, 0.1)
    page = write_report(records / 'a_pick').read_text('utf-8')
    assert 'Put it down' in page
    assert '(0.400, 0.100, 0.100) m, clear by 0.050 m' in page
    assert 'put down at (0.400, 0.100, 0.100) m' in '\n'.join(record_words(record))

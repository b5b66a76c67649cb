"""An instruction that is carried on leaves one record of all its decisions, checks and drives."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from missions import writer
from roaming import FRAME, REACHED, Judge, Roamer, failed, goal, held, roaming
from virtual_time import run_virtually

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Waypoint
from vlm_nav.core.reasons import (
    ChoosingReason,
    CommonReason,
    DrivingReason,
    ObservationReason,
    Refusal,
)
from vlm_nav.drawing.marks import Mark, MarkedPicture
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.navigation.ports import DriveOutcome
from vlm_nav.records.errors import RecordError
from vlm_nav.records.folder import holds_nothing_else
from vlm_nav.records.from_question import question_part
from vlm_nav.records.read import read_record, sight_of
from vlm_nav.records.schema import Record, record_schema
from vlm_nav.records.summary import summary_line
from vlm_nav.vlm.events import Asked
from vlm_nav.vlm.question import Purpose, Question

NEAR = Pixel(80.0, 112.0)


def roamed(records: Path, robot: Roamer, *says: bool, **settings: Any) -> Record:
    """Return the record of an instruction, after a look at what holds for all."""
    write = writer(records)
    mission = roaming(robot, Judge(*says, at=NEAR), (write,), **settings)
    run_virtually(mission.carry_out('go to the chair'))
    return checked(records)


def checked(records: Path) -> Record:
    folder = records / 'a_record'
    jsonschema.validate(json.loads((folder / 'decision.json').read_bytes()), record_schema())
    record = read_record(folder)
    (folder / 'decision.json').rename(folder / 'aside')
    assert read_record(folder) == record
    (folder / 'aside').rename(folder / 'decision.json')
    assert holds_nothing_else(folder)
    return record


def test_every_decision_has_its_look_its_questions_and_its_drive(records: Path) -> None:
    aborted = failed(DrivingReason.NAV_ABORTED, 'no way')
    robot = Roamer([goal(2.0, 0.0), goal(0.0, 2.0)], drives=[aborted])
    record = roamed(records, robot, False, False, True)
    assert [one.outcome for one in record.decisions] == ['goal', 'goal', 'arrived']
    assert [one.look for one in record.decisions] == [0, 1, 2]
    drives = [one.drive for one in record.decisions]
    assert [drive and (drive.reached, drive.reason) for drive in drives] == [
        (False, 'nav_aborted'), (True, None), None,
    ]  # fmt: skip
    assert record.ended is not None
    assert (record.ended.outcome, record.ended.reason) == ('arrived', None)
    assert 'confirmed' in record.ended.detail


class Walker(Roamer):
    """A roamer that is at each place between here and its goal, a quarter of a metre a second."""

    async def drive(self, waypoint: Waypoint, deadline: Deadline) -> DriveOutcome:
        """Drive along x."""
        while self.pose.x_m < waypoint.x_m:
            await asyncio.sleep(1.0)
            self.pose = FloorPose(self.pose.x_m + 0.25, 0.0, 0.0)
        return REACHED


def test_what_was_asked_on_the_way_belongs_to_the_drive_and_to_no_look(records: Path) -> None:
    robot = Walker([goal(4.0, 0.0)])
    judge = Judge(False, True, at=NEAR)
    mission = roaming(robot, judge, (writer(records),), approach_thing=False, face_thing=False)
    assert mission.carrying_on is not None
    carrying_on = dataclasses.replace(mission.carrying_on, look_every_m=1.0)
    mission = dataclasses.replace(mission, carrying_on=carrying_on)
    end = run_virtually(mission.carry_out('go to the chair'))
    record = checked(records)
    driven, arrived = record.decisions
    assert driven.drive is not None
    assert (driven.look, driven.drive.reason) == (0, 'thing_in_sight')
    on_way = [record.questions[i] for i in driven.questions]
    assert {one.purpose for one in on_way} == {'image_point'}
    assert {one.look for one in on_way} == {None}
    assert (arrived.outcome, arrived.look) == ('arrived', 1)
    of_check = [record.questions[i] for i in record.arrivals[-1].questions]
    assert {one.look for one in of_check} == {1}
    # Nobody counts them but the decision that is made after them.
    assert end.decision.calls == len(on_way) + len(of_check)


def test_every_check_of_the_arrival_has_its_questions_and_what_was_measured(
    records: Path,
) -> None:
    record = roamed(records, Roamer([goal(2.0, 0.0)]), False, True)
    first, last = record.arrivals
    assert (first.arrived, first.said, first.distance_m) == (False, False, None)
    assert (last.arrived, last.said) == (True, True)
    assert last.distance_m == pytest.approx(0.6, abs=0.2)
    assert (first.look, last.look) == (0, 1)
    purposes = [[record.questions[i].purpose for i in one.questions] for one in record.arrivals]
    assert purposes[0] == ['arrival']
    assert purposes[1][0] == 'arrival'
    assert set(purposes[1][1:]) == {'image_point'}
    assert all(record.questions[i].look == last.look for i in last.questions)


def test_the_pictures_of_a_question_are_named_by_look_and_purpose(records: Path) -> None:
    robot = Roamer([goal(2.0, 0.0)])
    record = roamed(records, robot, False, True, face_thing=False)
    files = [q.reply.pictures[0].file for q in record.questions if q.reply]
    # The floor looks the same everywhere: what was sent twice is there once.
    assert files[:2] == ['arrival_round1_run1.jpg'] * 2
    assert files[2] == 'look2_point_round1_run1.jpg'


def test_turns_and_what_was_seen_to_all_sides_are_kept(records: Path) -> None:
    none = held(ChoosingReason.NONE_FITS)
    stuck = failed(DrivingReason.NAV_ABORTED, 'a wall')
    robot = Roamer([none, goal(0.0, 2.0)], turns=[REACHED, REACHED, stuck])
    record = roamed(records, robot, False, False, True)
    lost = record.decisions[0]
    assert (lost.outcome, lost.reason) == ('turn', 'none_fits')
    assert [turn.turned for turn in lost.turns] == [True, True, False]
    assert lost.turns[0].angle_rad == pytest.approx(1.05)
    assert [len(look.views) for look in record.looks] == [1, 3, 1]
    assert record.decisions[1].look == 1
    names = [view.camera_name for view in record.looks[1].views]
    assert names == ['ahead', '60° right', '120° right']
    again = sight_of(records / 'a_record', 1)
    for frame, before in zip(again.frames, robot.sights[1].frames, strict=True):
        assert np.array_equal(frame.base_from_camera, before.base_from_camera)
        assert np.array_equal(frame.rgb, before.rgb)


def test_a_decision_without_a_look_of_its_own_has_none(records: Path) -> None:
    blind = Refusal(ObservationReason.NO_IMAGE, 'nothing came')
    robot = Roamer([goal(2.0, 0.0)], looks=[None, *[blind] * 9])
    record = roamed(records, robot, False, retry_limit=0)
    assert [one.look for one in record.decisions] == [0, None]
    assert record.decisions[1].reason == 'no_image'


def test_a_record_broken_off_after_some_decisions_holds_them(records: Path) -> None:
    robot = Roamer([goal(2.0, 0.0), goal(4.0, 0.0), goal(6.0, 0.0)])
    roamed(records, robot, False, False, False, True)
    folder = records / 'a_record'
    (folder / 'decision.json').unlink()
    lines = (folder / 'events.jsonl').read_text(encoding='utf-8').splitlines()
    for count in range(1, len(lines) + 1):
        (folder / 'events.jsonl').write_text('\n'.join([*lines[:count], '']), encoding='utf-8')
        record = read_record(folder)
        drives = sum(one.drive is not None for one in record.decisions)
        parts = len(record.looks) + len(record.arrivals) + len(record.decisions) + drives
        replies = sum(question.reply is not None for question in record.questions)
        ended = record.ended is not None
        assert 1 + parts + len(record.questions) + replies + ended == count


def test_an_instruction_cancelled_on_its_second_drive_keeps_both(records: Path) -> None:
    write = writer(records)
    robot = Roamer([goal(2.0, 0.0), goal(4.0, 0.0)])

    async def cancelled() -> None:
        work = roaming(robot, Judge(), (write,)).carry_out('go', lambda: CommonReason.OVERRIDDEN)
        task = asyncio.ensure_future(work)
        await asyncio.sleep(1.5)
        task.cancel()
        await asyncio.wait([task])

    run_virtually(cancelled())
    record = checked(records)
    drives = [one.drive and one.drive.reason for one in record.decisions]
    assert drives == [None, 'overridden']
    assert record.ended is not None
    assert record.ended.reason == 'overridden'


def test_the_places_that_were_told_as_visited_are_kept() -> None:
    picture = MarkedPicture('front/1', FRAME.rgb, (Mark(4, NEAR),))
    question = Question(Purpose.GROUND_WAYPOINT, 'go', (picture,), visited=(4,))
    assert question_part(Asked(question, (), 1, 1), 0, 1.0).visited == (4,)


def test_a_summary_counts_decisions_and_drives(records: Path) -> None:
    robot = Roamer([goal(2.0, 0.0), goal(4.0, 0.0)])
    line = summary_line(roamed(records, robot, False, False, True))
    assert ': 3 decisions, 2 drives | arrived ' in line
    assert line.endswith(' s in all')


@pytest.mark.parametrize('event', ['drove', 'turned'])
def test_a_move_without_a_decision_is_no_record(records: Path, event: str) -> None:
    roamed(records, Roamer([goal(2.0, 0.0)]), False, True)
    folder = records / 'a_record'
    (folder / 'decision.json').unlink()
    lines = (folder / 'events.jsonl').read_text(encoding='utf-8').splitlines()
    part = {'at_s': 1.0, 'reason': None, 'detail': ''}
    move = {
        'drove': {'drive': {**part, 'reached': True}},
        'turned': {'turn': {**part, 'turned': True, 'angle_rad': 1.0}},
    }[event]
    text = '\n'.join([lines[0], json.dumps({'event': event, **move}), ''])
    (folder / 'events.jsonl').write_text(text, encoding='utf-8')
    with pytest.raises(RecordError, match='belongs to a decision'):
        read_record(folder)

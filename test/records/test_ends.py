"""However an instruction ends, its record is whole and keeps the published schema."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from missions import (
    ABORTED,
    INSTRUCTION,
    NeverAnswers,
    cancelled_when,
    carried_out,
    mission,
    writer,
)

from vlm_nav.core.reasons import CommonReason
from vlm_nav.navigation.events import Decided
from vlm_nav.records.read import read_record
from vlm_nav.records.schema import Record, record_schema
from vlm_nav.vlm.doubles import Malformed, NamesUndrawn, Refuser, SaysArrived, SaysNone
from vlm_nav.vlm.events import Asked

KINDS = {
    'reached': ({}, 'goal', None),
    'drive aborted': ({'outcome': ABORTED}, 'goal', None),
    'no picture': ({'sight': None}, 'hold', 'stale_image'),
    'no words': ({'instruction': '  '}, 'hold', 'instruction_empty'),
    'arrived': ({'model': SaysArrived()}, 'arrived', None),
    'none fits': ({'model': SaysNone()}, 'hold', 'none_fits'),
    'refused': ({'model': Refuser()}, 'hold', 'vlm_refused'),
    'unreadable': ({'model': Malformed()}, 'hold', 'vlm_unusable'),
    'not drawn': ({'model': NamesUndrawn()}, 'hold', 'vlm_unusable'),
}


def checked(records: Path) -> Record:
    """Return the record after a look at everything that must hold for all of them."""
    folder = records / 'a_record'
    content: dict[str, Any] = json.loads((folder / 'decision.json').read_bytes())
    jsonschema.validate(content, record_schema())
    record = read_record(folder)
    named = {picture.file for q in record.questions if q.reply for picture in q.reply.pictures}
    for look in record.looks:
        named |= {costmap.file for costmap in look.costmaps}
        named |= {view.picture for view in look.views}
        named |= {view.depth for view in look.views if view.depth}
    there = {entry.name for entry in folder.iterdir()}
    assert there == named | {'decision.json', 'events.jsonl'}
    (folder / 'decision.json').unlink()
    assert read_record(folder) == record
    return record


@pytest.mark.parametrize('kind', sorted(KINDS))
def test_the_record_of_each_end_keeps_the_schema_and_agrees_with_its_events(
    records: Path, kind: str
) -> None:
    options, outcome, reason = KINDS[kind]
    end = carried_out(records, **options)
    record = checked(records)
    assert record.decision is not None
    assert (record.decision.outcome, record.decision.reason) == (outcome, reason)
    assert record.decision.detail == end.decision.detail
    assert record.decision.calls == end.decision.calls == len(record.questions)
    assert (record.drive is None) == (end.drive is None)
    assert record.ended_s is not None
    assert bool(record.looks) == (kind not in {'no picture', 'no words'})


def test_a_refused_instruction_has_a_record(records: Path) -> None:
    mission(writer(records)).refuse(INSTRUCTION, CommonReason.PAUSED, 'the robot is paused')
    record = checked(records)
    assert record.decision is not None
    assert (record.decision.reason, record.decision.detail) == ('paused', 'the robot is paused')


def test_an_instruction_cancelled_while_the_model_thinks_keeps_its_questions(
    records: Path,
) -> None:
    asyncio.run(cancelled_when(Asked, records, model=NeverAnswers()))
    record = checked(records)
    assert [question.reply for question in record.questions] == [None, None]
    assert record.drive is not None
    assert record.drive.reason == 'cancelled'
    assert record.decision is not None
    assert record.decision.outcome == 'hold'


def test_an_instruction_cancelled_on_its_way_keeps_the_goal(records: Path) -> None:
    asyncio.run(cancelled_when(Decided, records, outcome=None))
    record = checked(records)
    assert record.drive is not None
    assert record.drive.reason == 'cancelled'
    assert record.decision is not None
    assert record.decision.waypoint is not None
    assert record.ended_s is not None
    assert record.decision.at_s <= record.drive.at_s == record.ended_s


def test_an_error_is_kept_with_its_class_its_reason_and_what_came(records: Path) -> None:
    carried_out(records, model=Malformed())
    record = checked(records)
    assert [question.attempt for question in record.questions] == [1, 1, 2, 2]
    for question in record.questions:
        assert question.reply is not None
        assert question.reply.answer is None
        assert question.reply.error is not None
        assert question.reply.error.kind == 'UnusableAnswer'
        assert question.reply.error.reason == 'vlm_unusable'
        assert question.reply.error.raw_text == Malformed().reply(None)  # type: ignore[arg-type]
        # A second attempt shows the same picture, which is there once.
        assert question.reply.pictures[0].file == f'round1_run{question.run}.jpg'

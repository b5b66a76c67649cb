"""Decisions and ends in words, whatever texts they carry."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_nav.core.decision import Decision, DecisionOutcome, Waypoint
from vlm_nav.core.reasons import AskingReason, ChoosingReason, CommonReason, DrivingReason
from vlm_nav.navigation.events import ArrivalChecked
from vlm_nav.navigation.in_words import (
    arrival_line,
    decision_json,
    decision_line,
    end_json,
    end_line,
    printable,
)
from vlm_nav.navigation.mission import MissionEnd
from vlm_nav.navigation.ports import DriveOutcome

DECISION_KEYS = {
    'outcome', 'reason', 'detail', 'instruction', 'stamp_ns', 'frame_id', 'x_m', 'y_m',
    'yaw_rad', 'confidence', 'labels', 'calls', 'record',
}  # fmt: skip
END_KEYS = {'outcome', 'reached', 'reason', 'detail', 'instruction', 'record'}
WAYPOINT = Waypoint('map', 1_700_000_000_000_000_123, 1.25, -0.5, 0.75)
HOSTILE = 'go\n[FATAL] [1] [navigator]: forged\r\x00\x1b[2J"\'\\ \u2028 \ud83d \u202e'


def goal(**fields: Any) -> Decision:
    """Return a decision to drive somewhere."""
    known = {'waypoint': WAYPOINT, 'confidence': 2 / 3, 'labels': (3, 1), 'calls': 9}
    return Decision(DecisionOutcome.GOAL, 'go there', **{**known, 'record': 'ab12', **fields})


def parsed(text: str) -> dict[str, Any]:
    """Return the object of one line of strict JSON."""

    def refuse(constant: str) -> None:
        raise AssertionError(f'{constant} is no JSON')

    assert len(text.splitlines()) == 1
    value: dict[str, Any] = json.loads(text, parse_constant=refuse)
    return value


@pytest.mark.parametrize('outcome', list(DecisionOutcome))
def test_a_decision_has_the_same_keys_whatever_its_outcome(outcome: DecisionOutcome) -> None:
    fields = parsed(decision_json(Decision(outcome, 'go', reason=ChoosingReason.NONE_FITS)))
    assert fields.keys() == DECISION_KEYS
    assert (fields['outcome'], fields['reason']) == (outcome.value, 'none_fits')
    assert fields['x_m'] is None
    ended = parsed(end_json(MissionEnd(Decision(outcome, 'go'))))
    assert ended.keys() == END_KEYS
    assert (ended['outcome'], ended['reason']) == (outcome.value, None)


def test_a_goal_is_told_with_its_stamp_frame_and_numbers() -> None:
    fields = parsed(decision_json(goal()))
    assert (fields['stamp_ns'], fields['frame_id']) == (1_700_000_000_000_000_123, 'map')
    assert (fields['x_m'], fields['y_m'], fields['yaw_rad']) == (1.25, -0.5, 0.75)
    assert (fields['labels'], fields['calls'], fields['record']) == ([3, 1], 9, 'ab12')
    assert fields['confidence'] == pytest.approx(2 / 3)
    line = decision_line(goal())
    for words in ('ab12', 'goal', '1.25 -0.50 m', '0.75 rad', 'map', '0.67', '9 questions'):
        assert words in line


def test_a_number_that_is_not_finite_is_null_in_json() -> None:
    nowhere = Waypoint('map', 1, math.nan, math.inf, -math.inf)
    fields = parsed(decision_json(goal(waypoint=nowhere, confidence=math.nan)))
    assert [fields[name] for name in ('x_m', 'y_m', 'yaw_rad', 'confidence')] == [None] * 4
    assert fields['frame_id'] == 'map'


@pytest.mark.parametrize(
    ('drive', 'reason', 'words'),
    [
        (None, None, 'no drive'),
        (DriveOutcome(True, None, ''), None, 'reached'),
        (DriveOutcome(False, DrivingReason.NAV_ABORTED, 'no path'), 'nav_aborted', 'no path'),
        (DriveOutcome(False, CommonReason.CANCELLED, 'stopped'), 'cancelled', 'stopped'),
    ],
)
def test_an_end_says_whether_the_place_was_reached(
    drive: DriveOutcome | None, reason: str | None, words: str
) -> None:
    end = MissionEnd(goal(), drive)
    fields = parsed(end_json(end))
    assert fields['reached'] is (None if drive is None else drive.reached)
    assert fields['reason'] == reason
    assert words in end_line(end)
    assert ('[' in end_line(end)) is (reason is not None)


@pytest.mark.parametrize(
    ('outcome', 'reached', 'words'),
    [
        (DecisionOutcome.ARRIVED, True, 'arrived: 0.8 m away'),
        (DecisionOutcome.GAVE_UP, False, 'gave_up: 0.8 m away'),
        (DecisionOutcome.HOLD, None, 'no drive'),
    ],
)
def test_the_end_of_what_was_carried_on_says_whether_the_robot_arrived(
    outcome: DecisionOutcome, reached: bool | None, words: str
) -> None:
    end = MissionEnd(Decision(outcome, 'go', detail='0.8 m away'))
    assert parsed(end_json(end))['reached'] is reached
    assert words in end_line(end)


@pytest.mark.parametrize(
    ('checked', 'line'),
    [
        (ArrivalChecked(True, True, 0.8, 'near'), 'arrived? yes: arrived, near'),
        (ArrivalChecked(False, True, 3.0, 'far'), 'arrived? no: arrived, far'),
        (ArrivalChecked(False, None, None, 'late\n'), 'arrived? no: no answer, late\\n'),
    ],
)
def test_a_check_of_the_arrival_is_one_line(checked: ArrivalChecked, line: str) -> None:
    assert arrival_line(checked) == line


def test_the_detail_of_an_end_is_that_of_the_drive_where_there_was_one() -> None:
    held = Decision(DecisionOutcome.HOLD, 'go', reason=AskingReason.VLM_LATE, detail='late')
    assert parsed(end_json(MissionEnd(held)))['detail'] == 'late'
    driven = MissionEnd(goal(detail='fine'), DriveOutcome(False, None, 'stuck'))
    assert parsed(end_json(driven))['detail'] == 'stuck'


def test_hostile_texts_stay_in_one_line_of_json_and_in_one_line_of_the_log() -> None:
    reason = AskingReason.VLM_UNUSABLE
    decision = Decision(DecisionOutcome.HOLD, HOSTILE, reason=reason, detail=HOSTILE)
    end = MissionEnd(decision, DriveOutcome(False, DrivingReason.NAV_ABORTED, HOSTILE))
    assert parsed(decision_json(decision))['instruction'] == HOSTILE
    assert parsed(end_json(end))['detail'] == HOSTILE
    for line in (decision_line(decision), end_line(end)):
        assert len(line.splitlines()) == 1
        assert line.isprintable()
        assert r'go\n[FATAL] [1] [navigator]: forged' in line
        line.encode()


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_becomes_printable_and_what_was_printable_stays(text: str) -> None:
    assert printable(text).isprintable()
    if text.isprintable():
        assert printable(text) == text

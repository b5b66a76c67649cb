"""A record in one line."""

from __future__ import annotations

import asyncio
from pathlib import Path

from missions import ABORTED, NeverAnswers, cancelled_when, carried_out, writer

from vlm_nav.navigation.events import Started
from vlm_nav.records.read import read_record
from vlm_nav.records.summary import summary_line
from vlm_nav.vlm.events import Asked


def line_of(records: Path) -> str:
    return summary_line(read_record(records / 'a_record'))


def test_a_goal_is_told_with_its_place_and_its_end(records: Path) -> None:
    carried_out(records)
    line = line_of(records)
    assert line.startswith("a_record 'go to the yellow chair': goal (")
    assert " deg in 'map' at confidence " in line
    assert ' after 4 calls in ' in line
    assert '| reached |' in line


def test_a_drive_that_failed_is_told_with_its_reason(records: Path) -> None:
    carried_out(records, outcome=ABORTED)
    assert '| not reached: nav_aborted |' in line_of(records)


def test_a_hold_is_told_with_its_reason(records: Path) -> None:
    carried_out(records, sight=None)
    assert ": hold because stale_image 'the picture is 4 s old' after 0 calls" in line_of(records)


def test_an_instruction_that_was_cancelled_says_so(records: Path) -> None:
    asyncio.run(cancelled_when(Asked, records, model=NeverAnswers()))
    assert '| not reached: cancelled |' in line_of(records)


def test_a_record_without_an_end_says_so(records: Path) -> None:
    writer(records)(Started('a_record', 'go'))
    assert line_of(records) == "a_record 'go': no decision | never ended"


def test_hostile_text_stays_in_its_line(records: Path) -> None:
    carried_out(records, 'a\nb\x1b[31m\u2028\u202e' + 'x' * 500, sight=None)
    line = line_of(records)
    assert line.isprintable()
    assert len(line) < 400

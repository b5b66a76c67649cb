"""What was instructed in any language stands in the record, its page and the messages about it."""

from __future__ import annotations

import html
import json
from pathlib import Path

import pytest
from languages import INSTRUCTIONS
from missions import carried_out

from vlm_nav.navigation.in_words import decision_json, end_json
from vlm_nav.records.read import read_record
from vlm_nav.records.report import write_report

# They hold what turns the direction of writing, or has no shape: a page shows that by its code.
SHOWN_BY_CODE = {'both directions', 'picture letters', 'lines and blanks'}
TURNING = '\u200e\u200f\u2066\u2067\u2068\u2069\u202a\u202b\u202c\u202d\u202e'


@pytest.mark.parametrize('language', INSTRUCTIONS)
def test_a_record_and_what_is_told_keep_every_letter(records: Path, language: str) -> None:
    instruction = INSTRUCTIONS[language]
    end = carried_out(records, instruction, runs=1)
    assert json.loads(decision_json(end.decision))['instruction'] == instruction
    assert json.loads(end_json(end))['instruction'] == instruction
    record = read_record(records / 'a_record')
    assert record.instruction == instruction
    assert {question.instruction for question in record.questions} == {instruction}
    page = write_report(records / 'a_record').read_bytes().decode('utf-8')
    if language in SHOWN_BY_CODE:
        assert instruction not in html.unescape(page)
    else:
        assert instruction in html.unescape(page)
    assert not set(TURNING) & set(page)

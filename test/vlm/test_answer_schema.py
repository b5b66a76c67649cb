"""The schema that endpoints are given has the strict form."""

import json

import pytest
from pydantic import ValidationError

from vlm_nav.vlm.answer_parser import parse_answer
from vlm_nav.vlm.answer_schema import ChosenMarks, strict_schema


def test_everything_is_required_and_nothing_else_allowed() -> None:
    schema = strict_schema()
    assert schema['required'] == list(schema['properties'])
    assert schema['additionalProperties'] is False


def test_the_reason_comes_before_the_choice() -> None:
    assert list(strict_schema()['properties']) == ['reason', 'points', 'none', 'arrived']


def test_nothing_has_a_default_or_a_title() -> None:
    assert not {'"default"', '"title"'} & set(json.dumps(strict_schema()).split())
    with pytest.raises(ValidationError):
        ChosenMarks.model_validate({'points': [1]})


def test_an_answer_in_this_form_is_read_by_the_parser() -> None:
    answer = ChosenMarks(reason='the door', points=[3, 1], none=False, arrived=False)
    parsed = parse_answer(answer.model_dump_json(), labels=[1, 2, 3], pick=2)
    assert (parsed.labels, parsed.reason) == ((3, 1), 'the door')

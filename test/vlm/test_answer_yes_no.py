"""Whether the robot has arrived is read out of answers that keep to no form, and never guessed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vlm_nav.vlm.errors import UnusableAnswer
from vlm_nav.vlm.question import Purpose, Question
from vlm_nav.vlm.reading import read_answer

YES = [
    '{"reason": "it is here", "points": [], "none": false, "arrived": true}',
    '{"arrived": true}',
    'The chair is near. "arrived": true',
    '**arrived**: yes',
    'Yes, the red chair stands right before the robot.',
    '<think>is it? arrived: false?</think> {"arrived": true}',
    '{"points": [3], "arrived": true}',
]
NO = [
    '{"reason": "too far", "points": [], "none": false, "arrived": false}',
    '{"reason": "too far", "points": [], "none": true, "arrived": false}',
    '{"arrived": false, "reason": "far away"}',
    'No. It is at the other end of the room.',
    'arrived = false',
]
NOTHING = [
    '',
    'I see a chair and a table.',
    '<think>arrived: true',
    'Nobody knows. It may have arrived.',
    '{"points": [3]}',
]


def arrival(question: Question) -> Question:
    bare = replace(question.pictures[0], marks=())
    return replace(question, purpose=Purpose.ARRIVAL, pictures=(bare,), may_answer_arrived=True)


@pytest.mark.parametrize('text', YES)
def test_a_yes_is_read(text: str, question: Question) -> None:
    answer = read_answer(arrival(question), text)
    assert (answer.arrived, answer.none, answer.labels) == (True, False, ())


@pytest.mark.parametrize('text', NO)
def test_a_no_is_read(text: str, question: Question) -> None:
    answer = read_answer(arrival(question), text)
    assert (answer.arrived, answer.none, answer.labels) == (False, True, ())


@pytest.mark.parametrize('text', NOTHING)
def test_what_says_neither_is_unusable(text: str, question: Question) -> None:
    with pytest.raises(UnusableAnswer) as caught:
        read_answer(arrival(question), text)
    assert caught.value.raw_text == text


def test_a_choice_of_places_is_never_read_from_a_yes(question: Question) -> None:
    with pytest.raises(UnusableAnswer):
        read_answer(replace(question, may_answer_arrived=True), 'Yes, the chair.')

"""The question in other words."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from vlm_nav.checks.paraphrased import paraphrased
from vlm_nav.vlm.phrasings import PHRASINGS
from vlm_nav.vlm.question import Answer, Purpose, Question
from vlm_nav.vlm.wording import wording

RNG = random.Random(0)
OF_MARKS = [Purpose.GROUND_WAYPOINT, Purpose.IMAGE_POINT, Purpose.HAND_MOVE]


@pytest.mark.parametrize('purpose', OF_MARKS)
def test_our_words_change_and_the_instruction_does_not(
    purpose: Purpose, question: Question
) -> None:
    asked = replace(question, purpose=purpose)
    before, after = wording(asked), wording(paraphrased(asked, RNG).question)
    assert before.system != after.system
    assert before.text != after.text
    for words in (before, after):
        assert f'<instruction>\n{question.instruction}\n</instruction>' in words.text
        assert '- 1: 1.4 m ahead, 0.5 m left\n' in words.text
        assert '2 discs, best first' in words.text
        assert '"points" (a list of disc numbers' in words.system


@pytest.mark.parametrize('purpose', list(Purpose))
@pytest.mark.parametrize('number', range(len(PHRASINGS)))
def test_every_wording_is_whole(purpose: Purpose, number: int, question: Question) -> None:
    words = wording(replace(question, purpose=purpose, phrasing=number, pick=1))
    assert '{' not in words.system
    assert '{' not in words.text
    of_places = purpose in (Purpose.GROUND_WAYPOINT, Purpose.ARRIVAL)
    assert 'several cameras' in words.system or not of_places


@pytest.mark.parametrize('purpose', OF_MARKS)
def test_one_disc_is_asked_for_in_the_singular(purpose: Purpose, question: Question) -> None:
    for number in range(len(PHRASINGS)):
        text = wording(replace(question, purpose=purpose, phrasing=number, pick=1)).text
        assert 'one disc that brings' in text or 'one disc that overlaps' in text


def test_pictures_and_marks_stay(question: Question) -> None:
    otherwise = paraphrased(question, RNG)
    assert otherwise.question.pictures is question.pictures
    assert otherwise.understood(Answer((2,))).labels == (2,)


def test_asked_again_and_again_it_comes_back_to_the_usual_words(question: Question) -> None:
    asked = question
    for _ in PHRASINGS:
        asked = paraphrased(asked, RNG).question
    assert wording(asked) == wording(question)

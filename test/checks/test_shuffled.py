"""The question with its numbers dealt out anew."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from vlm_nav.checks.shuffled import shuffled
from vlm_nav.core.candidate import Pixel
from vlm_nav.vlm.question import Answer, Question


def places(question: Question) -> dict[int, tuple[str, Pixel]]:
    return {
        mark.label: (picture.identifier, mark.anchor)
        for picture in question.pictures
        for mark in picture.marks
    }


@pytest.mark.parametrize('seed', range(20))
def test_every_mark_gets_the_number_of_another_and_the_answer_finds_back(
    question: Question, seed: int
) -> None:
    otherwise = shuffled(question, random.Random(seed))
    before, after = places(question), places(otherwise.question)
    assert sorted(after) == sorted(before)
    assert all(after[label] != before[label] for label in before)
    for label, place in after.items():
        (meant,) = otherwise.understood(Answer((label,))).labels
        assert before[meant] == place
        assert otherwise.label_now(meant) == label


def test_facts_and_visited_places_go_with_their_marks(question: Question) -> None:
    otherwise = shuffled(question, random.Random(3))
    new = otherwise.new_labels
    assert otherwise.question.evidence == (
        f'{new[1]}: 1.4 m ahead, 0.5 m left',
        f'{new[3]}: 2.0 m ahead',
        'it is 3: 15 by the clock',
    )
    assert otherwise.question.visited == (new[2], new[4])
    thought_over = shuffled(replace(question, chosen_before=3), random.Random(3)).question
    assert thought_over.chosen_before == new[3]


def test_marks_are_drawn_in_the_order_of_their_new_numbers(question: Question) -> None:
    for picture in shuffled(question, random.Random(5)).question.pictures:
        labels = [mark.label for mark in picture.marks]
        assert labels == sorted(labels)


def test_the_same_seed_shuffles_the_same_and_another_otherwise(question: Question) -> None:
    dealt = [shuffled(question, random.Random(seed)).new_labels for seed in (1, 1, 2, 3, 4)]
    assert dealt[0] == dealt[1]
    assert any(one != dealt[0] for one in dealt[2:])


def test_a_single_mark_keeps_its_number(question: Question) -> None:
    alone = replace(question, pictures=question.pictures[1:], visited=(4,))
    otherwise = shuffled(alone, random.Random(0))
    assert otherwise.question.labels == (4,)
    assert otherwise.understood(Answer((4,))).labels == (4,)

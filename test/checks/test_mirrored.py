"""The mirrored question: pictures and marks change sides, everything in words stays."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np

from vlm_nav.checks.mirrored import mirrored
from vlm_nav.core.candidate import Pixel
from vlm_nav.drawing.mark_drawing import draw_marks
from vlm_nav.drawing.mark_reader import read_marks
from vlm_nav.drawing.marks import Mark, as_taken, mirrored_picture
from vlm_nav.vlm.question import Answer, Question
from vlm_nav.vlm.question_data import question_as_data
from vlm_nav.vlm.wording import captions, wording

RNG = random.Random(0)


def test_what_was_left_is_right_and_a_mark_stays_on_what_it_stood_on(question: Question) -> None:
    asked = mirrored(question, RNG).question
    for before, after in zip(question.pictures, asked.pictures, strict=True):
        assert after.mirrored
        assert np.array_equal(after.rgb, np.fliplr(before.rgb))
        for old, new in zip(before.marks, after.marks, strict=True):
            assert new.label == old.label
            at, was = (
                picture.rgb[round(mark.anchor.v_px), round(mark.anchor.u_px)]
                for picture, mark in ((after, new), (before, old))
            )
            assert np.array_equal(at, was)
    assert asked.pictures[0].marks[0] == Mark(1, Pixel(64.0, 50.0), Pixel(39.5, 59.0))


def test_twice_mirrored_is_as_taken(question: Question) -> None:
    picture = question.pictures[0]
    again = mirrored_picture(mirrored_picture(picture))
    assert np.array_equal(again.rgb, picture.rgb)
    assert (again.marks, again.mirrored) == (picture.marks, False)
    assert as_taken(picture) is picture
    assert as_taken(mirrored_picture(picture)).marks == picture.marks


def test_numbers_are_drawn_to_be_read_and_not_mirrored(question: Question) -> None:
    grey = np.full((480, 640, 3), 90, dtype=np.uint8)
    marks = tuple(Mark(label, Pixel(80.0 * label, 200.0)) for label in (2, 3, 5, 7))
    picture = replace(question.pictures[0], rgb=grey, marks=marks, radius_px=18.0)
    seen = read_marks(draw_marks(mirrored_picture(picture)))
    assert [mark.label for mark in seen] == [2, 3, 5, 7]
    assert [round(mark.centre.u_px) for mark in seen] == [479, 399, 239, 79]


def test_the_model_is_told_that_it_is_a_mirror_and_the_words_stay(question: Question) -> None:
    asked = mirrored(question, RNG).question
    assert asked.instruction == question.instruction
    assert (asked.evidence, asked.visited) == (question.evidence, question.visited)
    assert captions(asked) == captions(question)
    assert wording(asked).text == wording(question).text
    assert 'mirrored' in wording(asked).system
    assert 'mirrored' not in wording(question).system


def test_the_answer_means_the_same_marks(question: Question) -> None:
    assert mirrored(question, RNG).understood(Answer((3, 1))).labels == (3, 1)


def test_a_double_elsewhere_gets_the_marks_as_the_camera_took_them(question: Question) -> None:
    assert question_as_data(mirrored(question, RNG).question) == question_as_data(question)

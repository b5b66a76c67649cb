"""Questions about whole pictures: their words, their form, their answers, and as data."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.drawing.marks import Mark, MarkedPicture, PictureKind
from vlm_nav.observation.imagined_view import Provenance
from vlm_nav.vlm.answer_schema import strict_schema
from vlm_nav.vlm.openai_model import OpenAiModel, OpenAiSettings
from vlm_nav.vlm.phrasings import PHRASINGS
from vlm_nav.vlm.question import Purpose, Question
from vlm_nav.vlm.question_data import question_as_data, question_from_data
from vlm_nav.vlm.reading import read_answer
from vlm_nav.vlm.view_sheet import sheet_of
from vlm_nav.vlm.wording import captions, wording

RNG = np.random.default_rng(0)


def provenance() -> Provenance:
    source = RNG.integers(-1, 2, size=(48, 64)).astype(np.int16)
    pixel = np.where(source >= 0, RNG.integers(0, 48 * 64, size=(48, 64)), -1).astype(np.int32)
    return Provenance(('front/1', 'front/2'), source, pixel, (64, 64))


def picture(label: int, kind: PictureKind = PictureKind.SEEN) -> MarkedPicture:
    rgb = np.full((48, 64, 3), 40 * label, dtype=np.uint8)
    imagined = provenance() if kind is PictureKind.IMAGINED else None
    mark = Mark(label, Pixel(12.0, 12.0))
    return MarkedPicture(
        f'picture {label}', rgb, (mark,), radius_px=9.0, kind=kind, imagined=imagined
    )


REMEMBERED = replace(picture(6), marks=(), kind=PictureKind.REMEMBERED)
QUESTION = Question(
    Purpose.VIEW,
    'go to the cup',
    (picture(1), picture(2, PictureKind.IMAGINED), picture(3), REMEMBERED),
)


@pytest.mark.parametrize('number', range(len(PHRASINGS)))
def test_the_words_tell_of_numbered_imagined_and_remembered_pictures(number: int) -> None:
    words = wording(replace(QUESTION, phrasing=number))
    assert 'imagined' in words.system
    assert 'without a number' in words.system
    assert '"seen"' in words.system
    assert '3 pictures bear a number each: 1, 2, 3' in words.text
    assert 'disc' not in words.system + words.text


def test_words_and_form_of_questions_about_marks_know_nothing_of_seen() -> None:
    marks = wording(replace(QUESTION, purpose=Purpose.GROUND_WAYPOINT))
    assert '"seen"' not in marks.system
    assert 'seen' not in strict_schema()['properties']
    assert strict_schema(True)['required'] == ['reason', 'points', 'none', 'arrived', 'seen']


def test_captions_say_the_number_and_which_picture_is_imagined() -> None:
    assert captions(QUESTION) == ('Picture 1', 'Picture 2, imagined', 'Picture 3', 'Seen before')


@pytest.mark.parametrize(
    ('key', 'value', 'seen'),
    [
        ('seen', True, True),
        ('seen', 'no', False),
        ('target_visible', 'Yes', True),
        ('visible', False, False),
        ('seen', 'perhaps', None),
        ('other', True, None),
    ],
)
def test_an_answer_says_whether_the_thing_is_seen(key: str, value: object, seen: object) -> None:
    text = json.dumps({'reason': 'there', 'points': [2], key: value})
    assert read_answer(QUESTION, text).seen is seen


def test_seen_counts_only_of_a_picture_that_was_chosen_and_asked_about() -> None:
    none = '{"points": [], "none": true, "seen": true}'
    assert read_answer(QUESTION, none).seen is None
    marks = replace(QUESTION, purpose=Purpose.GROUND_WAYPOINT)
    assert read_answer(marks, '{"points": [1], "seen": true}').seen is None


def test_a_question_comes_back_from_data_with_what_its_pictures_are_made_of() -> None:
    again = question_from_data(json.loads(json.dumps(question_as_data(QUESTION))))
    assert again.purpose is Purpose.VIEW
    assert [one.kind for one in again.pictures] == [one.kind for one in QUESTION.pictures]
    was, came = QUESTION.pictures[1].imagined, again.pictures[1].imagined
    assert was is not None
    assert came is not None
    assert came.identifiers == was.identifiers
    assert came.widths_px == was.widths_px
    np.testing.assert_array_equal(came.source, was.source)
    np.testing.assert_array_equal(came.pixel, was.pixel)


@pytest.mark.parametrize(
    'change',
    [
        {'identifiers': ['only one']},
        {'identifiers': 'text'},
        {'height_px': 100_000},
        {'height_px': 24},
        {'width_px': True},
        {'widths_px': [64, 0]},
        {'source': '!'},
        {'source': 5},
        {'pixel': 'AAAA'},
    ],
)
def test_what_does_not_fit_together_is_refused(change: dict[str, object]) -> None:
    data = json.loads(json.dumps(question_as_data(QUESTION)))
    data['pictures'][1]['imagined'] |= change
    with pytest.raises(InvalidValueError):
        question_from_data(data)


def test_a_source_that_is_not_named_is_refused() -> None:
    data = json.loads(json.dumps(question_as_data(QUESTION)))
    data['pictures'][1]['imagined'] |= {'identifiers': ['front/1'], 'widths_px': [64]}
    with pytest.raises(InvalidValueError, match='sources'):
        question_from_data(data)


def test_on_a_sheet_every_number_lies_on_its_own_picture() -> None:
    sheet = sheet_of([picture(label) for label in range(1, 6)], 300)
    assert max(sheet.rgb.shape) <= 300
    for mark in sheet.marks:
        at = sheet.rgb[round(mark.anchor.v_px), round(mark.anchor.u_px)]
        assert at.tolist() == [40 * mark.label] * 3


@pytest.mark.parametrize(
    ('imagined', 'caption'),
    [
        ((), 'Picture 1, 2, 3'),
        ((1,), 'Picture 1, 2, 3; imagined: 1'),
        ((2, 3), 'Picture 1, 2, 3; imagined: 2, 3'),
        ((1, 2, 3), 'Picture 1, 2, 3, imagined'),
    ],
)
def test_a_sheet_says_which_of_its_pictures_are_imagined(
    imagined: tuple[int, ...], caption: str
) -> None:
    views = [
        picture(label, PictureKind.IMAGINED if label in imagined else PictureKind.SEEN)
        for label in (1, 2, 3)
    ]
    question = replace(QUESTION, pictures=(REMEMBERED, *views))
    assert captions(question, on_sheet=True) == (caption, 'Seen before')
    kind = PictureKind.IMAGINED if imagined else PictureKind.SEEN
    assert sheet_of(views).kind is kind


def test_a_profile_shows_views_on_one_sheet_and_what_is_remembered_beside_it() -> None:
    separate = OpenAiModel(OpenAiSettings(model='m'))
    on_sheet = OpenAiModel(OpenAiSettings(model='m', views='sheet'))
    few = OpenAiModel(OpenAiSettings(model='m', max_pictures=2))
    assert len(separate._sent(QUESTION).pictures) == 4
    for model in (on_sheet, few):
        sent = model._sent(QUESTION)
        caption = 'Picture 1, 2, 3; imagined: 2'
        assert [one.caption for one in sent.pictures] == [caption, 'Seen before']
        assert 'sheet' in sent.text
        assert sent.asks_seen

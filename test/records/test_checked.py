"""Records of decisions whose choice was asked for again otherwise."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from missions import INSTRUCTION, mission, writer

from vlm_nav.checks.known import checks_named
from vlm_nav.core.candidate import Pixel
from vlm_nav.drawing.mark_reader import read_marks
from vlm_nav.navigation.selectors import PivotSelector
from vlm_nav.records.read import frame_of, read_record
from vlm_nav.records.report import write_report
from vlm_nav.records.schema import Record
from vlm_nav.vlm.doubles import NearestToTarget


@pytest.fixture
def record(records: Path) -> Record:
    """Give the record of a decision of one run that three checks have confirmed."""
    model = NearestToTarget(Pixel(120.0, 90.0))
    plain = mission(writer(records), model=model, runs=1)
    assert isinstance(plain.selector, PivotSelector)
    settings = replace(
        plain.selector.settings, checks=checks_named(['mirrored', 'shuffled', 'paraphrased'])
    )
    selector = replace(plain.selector, settings=settings)
    asyncio.run(replace(plain, selector=selector).carry_out(INSTRUCTION))
    return read_record(records / 'a_record')


def test_a_question_of_a_check_says_so_and_has_a_picture_of_its_own(
    record: Record, records: Path
) -> None:
    assert [(one.round, one.check) for one in record.questions] == [
        (1, ''), (2, ''), (1, 'mirrored'), (1, 'shuffled'), (1, 'paraphrased'),
    ]  # fmt: skip
    for question in record.questions[2:]:
        assert question.reply is not None
        (picture,) = question.reply.pictures
        # The same picture in other words is there once.
        name = '' if question.check == 'paraphrased' else f'_{question.check}'
        assert picture.file == f'round1_run1{name}.jpg'
        drawn = cv2.imread(str(records / 'a_record' / picture.file))[..., ::-1]
        clean = frame_of(records / 'a_record').rgb
        if question.check == 'mirrored':
            clean = clean[:, ::-1]
        # Red tells left from right in this picture; JPEG spoils its other colours.
        assert np.median(np.abs(drawn[..., 0].astype(int) - clean[..., 0])) < 16.0
    assert [one.shown[0].mirrored for one in record.questions] == [
        False, False, True, False, False,
    ]  # fmt: skip
    assert [one.phrasing for one in record.questions] == [0, 0, 0, 0, 1]
    assert record.decision.confidence == 1.0


def test_the_numbers_of_a_shuffled_question_lead_where_they_were_drawn(record: Record) -> None:
    first, *_, shuffled, _ = record.questions
    actions = {one.label: one.action for one in first.candidates}
    for candidate, mark in zip(
        sorted(shuffled.candidates, key=lambda one: one.label),
        shuffled.shown[0].marks,
        strict=True,
    ):
        assert (candidate.label, candidate.anchor) == (mark.label, mark.anchor)
        assert candidate.action != actions[candidate.label]
        assert candidate.action in actions.values()


def test_the_report_names_the_check_and_shows_what_it_asked(
    record: Record, records: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[np.ndarray] = []

    def keep(rgb: np.ndarray) -> str:
        shown.append(rgb)
        return ''

    monkeypatch.setattr('vlm_nav.records.report_pictures.jpeg_uri', keep)
    page = write_report(records / 'a_record').read_text(encoding='utf-8')
    assert 'run 1, round 1, mirrored' in page
    assert 'run 1, round 1, shuffled' in page
    usual, mirrored = shown[-5], shown[-3]
    places = [
        [round(mark.centre.u_px) for mark in read_marks(rgb, range(1, 6))]
        for rgb in (usual, mirrored)
    ]
    assert len(places[0]) >= 2
    assert places[1] == pytest.approx([usual.shape[1] - 1 - at for at in places[0]], abs=2)

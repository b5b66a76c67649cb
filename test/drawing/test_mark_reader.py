"""Numbers that were drawn are read back from real pictures after JPEG."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from sensor_data import kitchen_color, robot_floor_frame

from vlm_nav.core.candidate import Pixel
from vlm_nav.drawing.mark_drawing import draw_marks
from vlm_nav.drawing.mark_reader import SeenMark, read_marks
from vlm_nav.drawing.marks import Mark, MarkedPicture
from vlm_nav.drawing.palette import label_radius_px, smallest_label_radius_px
from vlm_nav.drawing.spacing import APART_RADII, BORDER_RADII, pick_spaced
from vlm_nav.geometry.arrays import RgbArray

LARGEST, SMALLEST = label_radius_px(640, 480), smallest_label_radius_px(640, 480)
TAIL = Pixel(319.5, 479.0)


def after_jpeg(rgb: RgbArray, quality: int = 85) -> RgbArray:
    bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    _, stored = cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(stored, cv2.IMREAD_COLOR)
    assert decoded is not None
    return cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB)


def marks_on(rng: np.random.Generator, radius_px: float, most: int, arrows: bool) -> list[Mark]:
    border = BORDER_RADII * radius_px
    anchors = rng.uniform((border, border), (639.0 - border, 479.0 - border), size=(200, 2))
    picked = pick_spaced(anchors, APART_RADII * radius_px, most)
    return [
        Mark(label, Pixel(*map(float, anchors[index])), TAIL if arrows else None)
        for label, index in enumerate(picked, 1)
    ]


def scenes() -> list[RgbArray]:
    return [robot_floor_frame().rgb, *(kitchen_color(number) for number in (0, 36, 72, 288))]


def compare(seen: list[SeenMark], drawn: list[Mark], radius_px: float) -> None:
    assert [mark.label for mark in seen] == [mark.label for mark in drawn]
    for found, mark in zip(seen, drawn, strict=True):
        assert abs(found.centre.u_px - mark.anchor.u_px) <= 1.5
        assert abs(found.centre.v_px - mark.anchor.v_px) <= 1.5
        assert found.radius_px == pytest.approx(radius_px, abs=1.5)
        assert 0.6 <= found.likeness <= 1.0


@pytest.mark.data
@pytest.mark.parametrize('arrows', [True, False])
@pytest.mark.parametrize('radius_px', np.linspace(SMALLEST, LARGEST, 4).tolist())
def test_every_label_is_read_back(radius_px: float, arrows: bool) -> None:
    rng = np.random.default_rng(round(radius_px * 10))
    for rgb in scenes():
        marks = marks_on(rng, radius_px, 10, arrows)
        drawn = draw_marks(MarkedPicture('p', rgb, tuple(marks), radius_px))
        compare(read_marks(after_jpeg(drawn)), marks, radius_px)


@pytest.mark.data
def test_labels_of_two_digits_are_told_apart() -> None:
    rng = np.random.default_rng(5)
    for rgb in scenes()[:3]:
        marks = marks_on(rng, LARGEST, 25, False)
        assert len(marks) == 25
        drawn = draw_marks(MarkedPicture('p', rgb, tuple(marks), LARGEST))
        compare(read_marks(after_jpeg(drawn)), marks, LARGEST)


@pytest.mark.data
def test_a_picture_without_marks_shows_none() -> None:
    for rgb in scenes():
        assert read_marks(rgb) == []
        assert read_marks(after_jpeg(rgb)) == []


def test_an_empty_picture_shows_none() -> None:
    assert read_marks(np.zeros((48, 64, 3), dtype=np.uint8)) == []
    assert read_marks(np.full((48, 64, 3), 255, dtype=np.uint8)) == []


def test_a_disc_at_the_border_is_read() -> None:
    rgb = np.full((480, 640, 3), 90, dtype=np.uint8)
    border = BORDER_RADII * LARGEST
    marks = [Mark(1, Pixel(border, border)), Mark(2, Pixel(639.0 - border, 479.0 - border))]
    drawn = draw_marks(MarkedPicture('p', rgb, tuple(marks), LARGEST))
    compare(read_marks(after_jpeg(drawn)), marks, LARGEST)


def test_only_labels_that_are_asked_for_are_read() -> None:
    rgb = np.full((480, 640, 3), 90, dtype=np.uint8)
    marks = [Mark(label, Pixel(60.0 * label, 200.0)) for label in (3, 7)]
    drawn = draw_marks(MarkedPicture('p', rgb, tuple(marks), LARGEST))
    assert [mark.label for mark in read_marks(drawn, (3, 7))] == [3, 7]
    assert [mark.label for mark in read_marks(drawn, range(1, 10))] == [3, 7]

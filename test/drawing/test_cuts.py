"""Parts of pictures, shown larger, and the way back into the whole picture."""

from __future__ import annotations

import numpy as np
import pytest

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.drawing.cuts import Cut, cut_around, cut_out, zoom_of
from vlm_nav.drawing.marks import Mark, MarkedPicture, as_taken, mirrored_picture
from vlm_nav.vlm.question import Purpose, Question
from vlm_nav.vlm.question_data import question_as_data

CUT = Cut(100, 60, 128, 96, 256, 192)


@pytest.mark.parametrize(
    ('share', 'zoom'),
    [(0.01, 2.0), (0.125, 2.0), (0.3125, 1.5), (0.5, 1.0), (1.0, 1.0)],
)
def test_a_small_region_is_doubled_and_a_large_one_left_as_it_is(
    share: float, zoom: float
) -> None:
    assert zoom_of(share) == pytest.approx(zoom)


def test_a_place_in_a_part_leads_back_exactly_to_where_it_was_photographed() -> None:
    # The corner of the first pixel of the part is the corner of pixel (100, 60).
    assert CUT.in_picture(Pixel(-0.5, -0.5)) == Pixel(99.5, 59.5)
    assert CUT.in_picture(Pixel(255.5, 191.5)) == Pixel(227.5, 155.5)
    for pixel in (Pixel(103.25, 61.0), Pixel(227.0, 155.0)):
        assert CUT.in_picture(CUT.as_shown(pixel)) == pixel


def test_what_is_seen_in_the_part_lies_where_its_pixel_says() -> None:
    rgb = np.zeros((240, 320, 3), dtype=np.uint8)
    rgb[90:93, 150:153] = 255
    cut = cut_around(Pixel(160.0, 100.0), np.array((32.0, 24.0)), 320, 240)
    shown = cut_out(rgb, cut)
    assert shown.shape == (cut.shown_height_px, cut.shown_width_px, 3) == (96, 128, 3)
    rows, columns = np.nonzero(shown[..., 0] > 128)
    back = cut.in_picture(Pixel(float(columns.mean()), float(rows.mean())))
    assert (back.u_px, back.v_px) == pytest.approx((151.0, 91.0), abs=1e-6)


@pytest.mark.parametrize('centre', [Pixel(0.0, 0.0), Pixel(319.0, 239.0), Pixel(160.0, 0.0)])
def test_a_part_at_the_border_is_moved_inside_and_keeps_its_size(centre: Pixel) -> None:
    cut = cut_around(centre, np.array((40.0, 30.0)), 320, 240)
    assert (cut.width_px, cut.height_px) == (80, 60)
    assert cut.left_px + cut.width_px <= 320
    assert cut.top_px + cut.height_px <= 240
    half = Pixel(cut.shown_width_px / 2.0, cut.shown_height_px / 2.0)
    assert abs(cut.in_picture(half).u_px - centre.u_px) <= 41.0


def test_a_part_that_would_be_larger_than_the_picture_is_the_picture() -> None:
    cut = cut_around(Pixel(3.0, 3.0), np.array((900.0, 900.0)), 320, 240)
    assert cut == Cut(0, 0, 320, 240, 320, 240)


def test_a_part_without_pixels_is_refused() -> None:
    with pytest.raises(InvalidValueError):
        Cut(0, 0, 0, 10, 10, 10)


@pytest.mark.parametrize('mirrored', [False, True])
def test_who_looks_up_a_part_by_its_identifier_learns_of_marks_in_the_whole_picture(
    mirrored: bool,
) -> None:
    anchor = Pixel(99.5, 49.5)
    rgb = np.zeros((CUT.shown_height_px, CUT.shown_width_px, 3), dtype=np.uint8)
    picture = MarkedPicture('front/1', rgb, (Mark(4, anchor),), cut=CUT)
    if mirrored:
        picture = mirrored_picture(picture)
        assert picture.marks[0].anchor != anchor
    taken = as_taken(picture)
    assert (taken.identifier, taken.cut) == ('front/1', None)
    assert taken.marks[0].anchor == CUT.in_picture(anchor) == Pixel(149.5, 84.5)
    data = question_as_data(Question(Purpose.IMAGE_POINT, 'the cup', (picture,)))
    assert data['pictures'][0]['marks'] == [{'label': 4, 'u_px': 149.5, 'v_px': 84.5}]

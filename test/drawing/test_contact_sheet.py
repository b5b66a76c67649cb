"""Pictures of several cameras side by side."""

from __future__ import annotations

import numpy as np
import pytest

from vlm_nav.drawing.contact_sheet import contact_sheet
from vlm_nav.drawing.palette import GREY
from vlm_nav.geometry.arrays import RgbArray


def plain(width: int, height: int, value: int) -> RgbArray:
    return np.full((height, width, 3), value, dtype=np.uint8)


def test_one_picture_stays_as_it_is() -> None:
    picture = plain(64, 48, 90)
    assert contact_sheet([('front', picture)]) is picture


def test_pictures_stand_side_by_side_in_order_between_thin_lines() -> None:
    sheet = contact_sheet([('a', plain(160, 120, 50)), ('b', plain(160, 120, 150))])
    assert sheet.shape == (120, 324, 3)
    assert (sheet[60:, :160] == 50).all()
    assert (sheet[60:, 164:] == 150).all()
    assert (sheet[:, 160:164] == GREY).all()


@pytest.mark.parametrize('size', [(320, 240), (80, 60), (120, 640), (3, 2000)])
def test_every_picture_gets_the_height_of_the_first(size: tuple[int, int]) -> None:
    sheet = contact_sheet([('first', plain(160, 120, 50)), ('second', plain(*size, 150))])
    assert sheet.shape[0] == 120
    assert sheet.shape[1] == 164 + max(1, round(size[0] * 120 / size[1]))


def test_every_picture_bears_its_name_and_the_clean_ones_stay_clean() -> None:
    first, second = plain(320, 240, 128), plain(320, 240, 128)
    sheet = contact_sheet([('front', first), ('left', second)])
    for left, other in ((0, 324), (324, 0)):
        corner = sheet[:20, left : left + 60]
        assert corner.min() == 0
        assert corner.max() > 200
        assert (sheet[40:, left : left + 320] == 128).all()
        assert (corner != sheet[:20, other : other + 60]).any()
    assert (first == 128).all()
    assert (second == 128).all()


def test_more_than_four_pictures_stand_in_rows_of_three() -> None:
    pictures = [(str(number), plain(160, 120, 20 * number + 20)) for number in range(5)]
    sheet = contact_sheet(pictures)
    assert sheet.shape == (244, 488, 3)
    assert (sheet[60:120, 328:] == 60).all()
    assert (sheet[120:124] == GREY).all()
    assert (sheet[190:, 164:324] == 100).all()
    assert (sheet[124:, 328:] == GREY).all()


def test_degrees_in_a_name_are_written_in_letters() -> None:
    pictures = [plain(320, 240, 128) for _ in range(2)]
    with_sign = contact_sheet([('60° left', pictures[0]), ('b', pictures[1])])
    in_letters = contact_sheet([('60 deg left', pictures[0]), ('b', pictures[1])])
    assert (with_sign == in_letters).all()

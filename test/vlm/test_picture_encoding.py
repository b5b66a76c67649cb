"""Pictures leave fitted in size, with their marks drawn where they belong."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.drawing.marks import MarkedPicture, draw_marks
from vlm_nav.vlm.picture_encoding import data_url, encode_picture, fitted


def decoded(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]


def test_what_is_sent_shows_the_drawn_picture_and_leaves_the_clean_one_clean(
    picture: MarkedPicture,
) -> None:
    clean = picture.rgb.copy()
    seen = decoded(encode_picture(picture).data)
    assert np.abs(seen.astype(int) - draw_marks(picture).astype(int)).mean() < 3.0
    assert np.array_equal(picture.rgb, clean)


def test_the_same_picture_gives_the_same_bytes(picture: MarkedPicture) -> None:
    assert encode_picture(picture) == encode_picture(picture)


def test_a_picture_that_fits_is_not_touched(picture: MarkedPicture) -> None:
    assert fitted(picture, 640) is picture
    assert fitted(picture, 4096) is picture


def test_marks_and_discs_shrink_with_the_picture_and_stay_on_their_places(
    picture: MarkedPicture,
) -> None:
    small = fitted(picture, 320)
    assert small.rgb.shape == (240, 320, 3)
    assert small.radius_px == pytest.approx(9.0)
    for before, after in zip(picture.marks, small.marks, strict=True):
        assert after.anchor.u_px + 0.5 == pytest.approx((before.anchor.u_px + 0.5) / 2)
        assert after.anchor.v_px + 0.5 == pytest.approx((before.anchor.v_px + 0.5) / 2)
        assert after.tail is not None


def test_marks_are_drawn_after_resizing(picture: MarkedPicture) -> None:
    seen = decoded(encode_picture(picture, max_side_px=320).data)
    drawn = draw_marks(fitted(picture, 320))
    assert np.abs(seen.astype(int) - drawn.astype(int)).mean() < 4.0


def test_a_very_narrow_picture_keeps_a_pixel() -> None:
    thin = MarkedPicture('thin', np.zeros((2000, 1, 3), np.uint8))
    assert fitted(thin, 64).rgb.shape == (64, 1, 3)


@pytest.mark.parametrize('shape', [(0, 4, 3), (4, 4), (4, 4, 4)])
def test_what_is_no_colour_picture_is_refused(
    shape: tuple[int, ...], picture: MarkedPicture
) -> None:
    with pytest.raises(InvalidValueError, match='4'):
        encode_picture(replace(picture, rgb=np.zeros(shape, np.uint8), marks=()))


def test_a_data_url_holds_the_picture(picture: MarkedPicture) -> None:
    assert data_url(encode_picture(picture)).startswith('data:image/jpeg;base64,/9j/')

"""Pictures leave fitted in size, with their marks drawn where they belong."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from sensor_data import folder, read_color

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.drawing.mark_drawing import draw_marks
from vlm_nav.drawing.mark_reader import read_marks
from vlm_nav.drawing.marks import Mark, MarkedPicture
from vlm_nav.vlm.picture_encoding import data_url, encode_picture, fitted, jpeg_of, readable


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


def noisy(shape: tuple[int, int] = (480, 640), amount: float = 40.0) -> np.ndarray:
    """Return a picture that does not compress well."""
    noise = np.random.default_rng(0).normal(128.0, amount, size=(*shape, 3))
    return np.clip(noise, 0, 255).astype(np.uint8)


def test_a_picture_that_is_too_large_is_compressed_more_before_it_is_made_smaller(
    picture: MarkedPicture,
) -> None:
    grainy = replace(picture, rgb=cv2.GaussianBlur(noisy(amount=70.0), (5, 5), 0))
    free = encode_picture(grainy, max_kb=0)
    kb = len(free.data) / 1000.0
    coarser = encode_picture(grainy, max_kb=int(kb - 1))
    assert (coarser.width_px, coarser.height_px) == (640, 480)
    assert len(coarser.data) < 1000 * int(kb - 1) < len(free.data)
    smaller = encode_picture(grainy, max_kb=int(0.6 * kb))
    assert len(smaller.data) <= 1000 * int(0.6 * kb)
    assert 320 < smaller.width_px < 640


def test_no_picture_is_compressed_below_quality_80(
    picture: MarkedPicture, monkeypatch: pytest.MonkeyPatch
) -> None:
    qualities: list[int] = []

    def kept(rgb: np.ndarray, quality: int) -> bytes:
        qualities.append(quality)
        return jpeg_of(rgb, quality)

    monkeypatch.setattr('vlm_nav.vlm.picture_encoding.jpeg_of', kept)
    sent = encode_picture(replace(picture, rgb=noisy()))
    assert len(sent.data) <= 60_000
    assert sorted(set(qualities)) == [80, 85]


@pytest.mark.parametrize(('width', 'height'), [(640, 480), (1024, 768), (320, 240), (160, 120)])
def test_what_a_picture_may_weigh_goes_with_its_size(
    picture: MarkedPicture, width: int, height: int
) -> None:
    sent = encode_picture(replace(picture, rgb=noisy((height, width)), marks=()))
    assert len(sent.data) <= max(12_000, 60_000 * width * height / (640 * 480))
    seen = decoded(sent.data)
    assert seen.shape == (sent.height_px, sent.width_px, 3)


@pytest.mark.parametrize('max_side_px', [640, 400, 300])
def test_numbers_are_readable_at_the_size_that_is_sent(max_side_px: int) -> None:
    places = {1: (300, 300), 5: (700, 320), 8: (1000, 640), 10: (150, 650), 13: (620, 560)}
    marks = tuple(Mark(label, Pixel(*map(float, at))) for label, at in places.items())
    grey = np.full((720, 1280, 3), 100, dtype=np.uint8)
    sent = encode_picture(MarkedPicture('p', grey, marks, 27.0), max_side_px=max_side_px)
    assert sent.width_px == max_side_px
    assert [mark.label for mark in read_marks(decoded(sent.data))] == sorted(places)


def test_discs_grow_only_as_far_as_their_neighbours_leave_room(picture: MarkedPicture) -> None:
    near = (Mark(1, Pixel(100.0, 100.0)), Mark(2, Pixel(116.1, 100.0)))
    for marks, radius_px in ((picture.marks, 9.0), (near, 7.0), (near[:1], 9.0)):
        small = replace(picture, marks=marks, radius_px=5.0)
        assert readable(small).radius_px == pytest.approx(radius_px)
    assert readable(replace(picture, radius_px=12.0)).radius_px == 12.0


@pytest.mark.data
def test_recorded_pictures_of_640_by_480_have_less_than_60_kb() -> None:
    data = folder('kitchen_7scenes')
    sizes = []
    for path in sorted(data.glob('*.color.jpg'))[::4]:
        marks = tuple(Mark(label, Pixel(60.0 * label, 400.0)) for label in range(1, 11))
        sent = encode_picture(MarkedPicture(path.name, read_color(path), marks))
        sizes.append(len(sent.data))
        assert sent.width_px > 600
    assert len(sizes) == 10
    assert max(sizes) < 60_000

"""Marks on pictures: the same every time, inside, apart, and never on the clean picture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_nav.core.candidate import Pixel
from vlm_nav.drawing.mark_drawing import draw_marks
from vlm_nav.drawing.mark_reader import read_marks
from vlm_nav.drawing.marks import Mark, MarkedPicture
from vlm_nav.drawing.palette import (
    RED,
    YELLOW_GREEN,
    MarkStyle,
    label_radius_px,
    smallest_label_radius_px,
)
from vlm_nav.drawing.spacing import pick_spaced


def picture(marks: tuple[Mark, ...], seed: int = 0, radius_px: float = 18.0) -> MarkedPicture:
    rgb = np.random.default_rng(seed).integers(0, 256, (240, 320, 3)).astype(np.uint8)
    return MarkedPicture('p', rgb, marks, radius_px)


MARKS = (
    Mark(1, Pixel(60.3, 50.7), Pixel(160.0, 239.0)),
    Mark(2, Pixel(160.0, 120.0)),
    Mark(17, Pixel(250.5, 200.25), Pixel(160.0, 239.0)),
)


def test_the_same_marks_give_the_same_bytes() -> None:
    drawn = [draw_marks(picture(MARKS)).tobytes() for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert drawn[0] != draw_marks(picture(MARKS[:2])).tobytes()


def test_the_clean_picture_stays_clean() -> None:
    clean = picture(MARKS)
    before = clean.rgb.copy()
    clean.rgb.setflags(write=False)
    drawn = draw_marks(clean, chosen=(1,))
    np.testing.assert_array_equal(clean.rgb, before)
    assert drawn.shape == before.shape
    assert drawn.dtype == np.uint8


def test_a_disc_covers_its_place_and_nothing_far_from_it() -> None:
    marked = picture((Mark(2, Pixel(160.0, 120.0)),))
    changed = (draw_marks(marked) != marked.rgb).any(axis=-1)
    v, u = np.nonzero(changed)
    away_px = np.hypot(u - 160.0, v - 120.0)
    assert away_px.max() < 18.0 + 5.0
    assert (u.mean(), v.mean()) == pytest.approx((160.0, 120.0), abs=0.5)


def test_the_chosen_bear_another_ring() -> None:
    def has(rgb: np.ndarray, color: tuple[int, int, int]) -> bool:
        return bool((np.abs(rgb.astype(int) - color).max(axis=-1) < 10).sum() > 20)

    grey = MarkedPicture('p', np.full((240, 320, 3), 90, dtype=np.uint8), MARKS[1:2])
    plain, chosen = draw_marks(grey), draw_marks(grey, chosen=(2,))
    assert has(plain, YELLOW_GREEN)
    assert not has(plain, RED)
    assert has(chosen, RED)
    assert not has(chosen, YELLOW_GREEN)


def test_no_arrow_crosses_a_disc() -> None:
    style = MarkStyle(disc_opacity=1.0)
    behind = (Mark(1, Pixel(160.0, 40.0), Pixel(160.0, 239.0)), Mark(2, Pixel(160.0, 120.0)))
    alone = (Mark(1, Pixel(160.0, 40.0)), Mark(2, Pixel(160.0, 120.0)))
    with_arrow = draw_marks(picture(behind), style=style)
    without = draw_marks(picture(alone), style=style)
    inside = np.s_[108:133, 148:173]
    np.testing.assert_array_equal(with_arrow[inside], without[inside])
    assert (with_arrow != without).any()


@given(
    st.floats(-80.0, 400.0),
    st.floats(-80.0, 320.0),
    st.integers(0, 1000),
    st.floats(3.0, 60.0),
    st.booleans(),
)
def test_a_mark_anywhere_is_drawn_without_complaint(
    u_px: float, v_px: float, label: int, radius_px: float, arrow: bool
) -> None:
    tail = Pixel(160.0, 239.0) if arrow else None
    marked = picture((Mark(label, Pixel(u_px, v_px), tail),), radius_px=radius_px)
    drawn = draw_marks(marked)
    assert drawn.shape == (240, 320, 3)
    if -40.0 < u_px < 360.0 and -40.0 < v_px < 280.0:
        return
    if not arrow and (u_px < -70.0 or v_px < -70.0 or u_px > 390.0 or v_px > 310.0):
        np.testing.assert_array_equal(drawn, marked.rgb)


def test_a_mark_at_its_own_tail_has_no_arrow() -> None:
    here = Pixel(100.0, 100.0)
    np.testing.assert_array_equal(
        draw_marks(picture((Mark(1, here, here),))), draw_marks(picture((Mark(1, here),)))
    )


@given(st.integers(0, 10_000), st.integers(0, 300), st.floats(5.0, 120.0), st.integers(0, 40))
def test_places_that_are_picked_keep_their_distance_and_no_more_fit(
    seed: int, count: int, apart_px: float, most: int
) -> None:
    anchors = np.random.default_rng(seed).uniform(0.0, 300.0, size=(count, 2))
    picked = pick_spaced(anchors, apart_px, most)
    assert len(picked) <= most
    assert sorted(picked) == list(picked)
    away = np.hypot(*(anchors[picked][:, None] - anchors[picked][None]).T)
    assert (away[~np.eye(len(picked), dtype=np.bool_)] >= apart_px).all()
    if len(picked) < most:
        for index in set(range(count)) - set(picked.tolist()):
            assert np.hypot(*(anchors[picked] - anchors[index]).T).min() < apart_px
    if count and most:
        assert picked[0] == 0


def test_labels_grow_with_the_picture_and_have_a_least_size() -> None:
    assert label_radius_px(640, 480) == pytest.approx(18.0)
    assert smallest_label_radius_px(640, 480) == pytest.approx(13.2)
    assert label_radius_px(1920, 1080) == pytest.approx(40.5)
    for size in ((64, 48), (160, 120), (640, 480), (1080, 1920)):
        assert 9.0 <= smallest_label_radius_px(*size) < label_radius_px(*size)


def test_what_is_farther_away_is_red_and_small_and_what_is_nearer_blue_and_large() -> None:
    rgb = np.full((480, 640, 3), 90, dtype=np.uint8)
    marks = (
        Mark(1, Pixel(120.0, 240.0), Pixel(320.0, 440.0), farther=-1.0),
        Mark(2, Pixel(320.0, 120.0), Pixel(320.0, 440.0), farther=0.0),
        Mark(3, Pixel(520.0, 240.0), Pixel(320.0, 440.0), farther=1.0),
    )
    drawn = draw_marks(MarkedPicture('', rgb, marks, 24.0)).astype(np.int16)
    red_over_blue = [
        float((patch[..., 0] - patch[..., 2]).mean())
        for patch in (drawn[300:380, 200:310], drawn[160:400, 318:323], drawn[300:380, 330:440])
    ]
    assert red_over_blue[0] < -1.0 < red_over_blue[1] < red_over_blue[2]
    changed = (drawn != 90).any(axis=2)
    sizes = [
        int(changed[row, column - 60 : column + 60].sum())
        for row, column in ((240, 120), (120, 320), (240, 520))
    ]
    assert sizes[0] > sizes[1] > sizes[2]
    seen = read_marks(drawn.astype(np.uint8), range(1, 4))
    assert [mark.label for mark in seen] == [1, 2, 3]

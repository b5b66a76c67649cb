"""Points in models' answers become pixels of the original picture, each family by its own rule."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_nav.core.candidate import Pixel
from vlm_nav.vlm.coordinates import Convention, PointsRead, asked_form, read_points

SENT, PICTURE = (640, 480), (1280, 960)
# A third from the left and a quarter from the top, as each family writes it.
ANSWERS = {
    Convention.QWEN2_5_VL: '```json\n[{"point_2d": [214.17, 118.5], "label": "chair"}]\n```',
    Convention.QWEN3_VL: '[{"point_2d": [333.33, 250], "label": "chair"}]',
    Convention.MOLMO: ' <point x="33.333" y="25.0" alt="chair">chair</point>',
    Convention.MOLMO_2: '<points coords="1 1 333.33 250">chair</points>',
    Convention.GEMINI: '[{"point": [250, 333.33], "label": "chair"}]',
    Convention.UNIT: '[(0.33333, 0.25)]',
    Convention.PIXEL_SENT: '{"point": [212.83, 119.5]}',
}


def read(text: str, convention: Convention) -> PointsRead:
    return read_points(text, convention, sent=SENT, picture=PICTURE)


@pytest.mark.parametrize('convention', Convention)
def test_every_family_points_at_the_same_pixel_in_its_own_way(convention: Convention) -> None:
    (pixel,) = read(ANSWERS[convention], convention).pixels
    assert pixel.u_px == pytest.approx(1280 / 3 - 0.5, abs=0.1)
    assert pixel.v_px == pytest.approx(960 / 4 - 0.5, abs=0.1)


@pytest.mark.parametrize(
    ('convention', 'text'),
    [
        (Convention.QWEN2_5_VL, '[{"bbox_2d": [200, 100, 228.33, 137], "label": "chair"}]'),
        (Convention.QWEN3_VL, '{"objects": [{"bbox_2d": [300, 200, 366.66, 300]}]}'),
        (Convention.GEMINI, '[{"box_2d": [200, 300, 300, 366.66], "label": "chair"}]'),
    ],
)
def test_of_a_box_the_centre_counts(convention: Convention, text: str) -> None:
    (pixel,) = read(text, convention).pixels
    assert (pixel.u_px, pixel.v_px) == pytest.approx((1280 / 3 - 0.5, 960 / 4 - 0.5), abs=0.1)


def test_qwen_names_its_axes_in_tags_and_gemini_would_not_be_turned_there() -> None:
    tag = '<points x1="100" y1="200" x2="900" y2="800" alt="two">two</points>'
    for convention in (Convention.QWEN3_VL, Convention.GEMINI):
        first, second = read(tag, convention).pixels
        assert (first.u_px, first.v_px) == pytest.approx((127.5, 191.5))
        assert (second.u_px, second.v_px) == pytest.approx((1151.5, 767.5))


@pytest.mark.parametrize(
    'text',
    [
        '{"x": 500, "y": 250}',
        '[{"label": "chair", "y": 250, "x": 500}]',
        '{"at": {"x": 500, "y": 250}}',
    ],
)
def test_an_object_that_names_its_axes_is_a_point_whichever_side_a_family_writes_first(
    text: str,
) -> None:
    for convention in (Convention.QWEN3_VL, Convention.GEMINI):
        assert read(text, convention).pixels == (Pixel(639.5, 239.5),)


def test_a_pair_in_prose_is_no_point_where_an_object_names_one() -> None:
    point = '{"point_2d": [500, 500]}'
    for text in (f'Of [1, 2] I choose {point}', f'{point}, as in [1, 2]'):
        assert read(text, Convention.QWEN3_VL).pixels == (Pixel(639.5, 479.5),)
    assert read('Here: [500, 500]', Convention.QWEN3_VL).pixels == (Pixel(639.5, 479.5),)


def test_molmos_points_in_further_pictures_are_not_taken_for_this_one() -> None:
    text = '<points coords="1 1 500 500 2 250 250;2 3 100 100"/>'
    pixels = read(text, Convention.MOLMO_2).pixels
    assert [round(pixel.u_px) for pixel in pixels] == [640, 320]


def test_the_magnitude_of_a_number_changes_nothing() -> None:
    tiny = read('{"point": [0.5, 0.5]}', Convention.PIXEL_SENT).pixels
    assert tiny == (Pixel(1.5, 1.5),)
    assert read('{"point": [0.5, 0.5]}', Convention.QWEN3_VL).pixels == (Pixel(0.14, 0.0),)


def test_a_point_just_outside_is_on_the_border_and_one_far_outside_is_refused() -> None:
    text = '[{"point_2d": [1008, -3]}, {"point_2d": [500, 1500]}, {"point_2d": [500, 500]}]'
    found = read(text, Convention.QWEN3_VL)
    assert found.pixels == (Pixel(1279.0, 0.0), Pixel(639.5, 479.5))
    assert found.refused == 1


@pytest.mark.parametrize(
    'text',
    ['', 'I see 2 chairs and 3 tables.', '{"point": "left"}', '<point>', '{"point": [1, 2',
     '{"point": [1e999, 2]}', '<point x="1.2.3" y="4">', '{"score": [1, 2]}'],
)  # fmt: skip
def test_where_nothing_is_pointed_at_there_is_no_point(text: str) -> None:
    assert read(text, Convention.UNIT) == PointsRead(())


@given(st.text(alphabet='<point s="xy12.,;:{}[]()\'\n-', max_size=200))
def test_whatever_the_text_points_lie_in_the_picture(text: str) -> None:
    for convention in Convention:
        for pixel in read(text, convention).pixels:
            assert 0.0 <= pixel.u_px <= 1279.0
            assert 0.0 <= pixel.v_px <= 959.0


def test_a_hundred_kilobytes_of_points_are_read_in_bounds() -> None:
    rng = random.Random(5)
    text = ''.join(f'<point x="{rng.randint(0, 99)}" y="3"> {{"point": [' for _ in range(4000))
    assert len(read(text, Convention.MOLMO).pixels) == 200


def test_the_form_that_is_asked_for_is_the_form_that_is_read() -> None:
    for convention in Convention:
        assert 'point' in asked_form(convention, SENT) or '(x, y)' in asked_form(convention, SENT)
    assert '640 pixels wide and 480 high' in asked_form(Convention.QWEN2_5_VL, SENT)
    assert 'pixels wide' not in asked_form(Convention.GEMINI, SENT)

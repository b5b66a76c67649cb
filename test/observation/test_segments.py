"""Parts of a picture that differ from what is around them."""

from __future__ import annotations

import numpy as np
import pytest
from sensor_data import tote

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.observation.segments import Segments, SegmentSettings, segments

GREY = np.full((120, 160, 3), 120, dtype=np.uint8)
FLAT = np.full((120, 160), 0.8, dtype=np.float32)


def at(found: Segments, row: int, column: int) -> int:
    return int(found.labels[row, column])


def test_a_thing_of_another_colour_is_a_segment_and_its_point_lies_inside() -> None:
    rgb = GREY.copy()
    rgb[30:60, 40:90] = (200, 40, 40)
    rgb[80:100, 20:40] = (40, 40, 200)
    found = segments(rgb)
    assert (at(found, 45, 60), at(found, 90, 30)) == (1, 2)
    assert at(found, 10, 10) == 0, 'what they lie on is larger than a thing'
    assert len(found.anchors) == len(found.areas_px) == 2
    assert found.areas_px[0] > found.areas_px[1]
    assert 40 < found.anchors[0].u_px < 90
    assert found.anchors[0].v_px == pytest.approx(44.5, abs=2.0)
    for number, anchor in enumerate(found.anchors, 1):
        assert at(found, round(anchor.v_px), round(anchor.u_px)) == number


def test_a_thing_of_the_same_colour_is_told_apart_by_its_depth() -> None:
    depth_m = FLAT.copy()
    depth_m[30:60, 40:90] = 0.7
    assert segments(GREY).anchors == ()
    found = segments(GREY, depth_m)
    assert at(found, 45, 60) == 1
    assert len(found.anchors) == 1


def test_a_slope_and_holes_in_the_depth_are_no_things() -> None:
    slope_m = np.linspace(0.6, 1.2, 160, dtype=np.float32) * np.ones((120, 1), dtype=np.float32)
    slope_m[50:70, 50:70] = np.nan
    slope_m[90:100, 10:20] = 0.0
    assert segments(GREY, slope_m).anchors == ()


def test_a_ring_has_its_point_on_it_and_not_in_the_hole() -> None:
    rows, columns = np.mgrid[:120, :160]
    away = np.hypot(rows - 60, columns - 80)
    rgb = GREY.copy()
    rgb[(away > 20) & (away < 35)] = (30, 160, 60)
    found = segments(rgb)
    for anchor in found.anchors:
        assert found.labels[round(anchor.v_px), round(anchor.u_px)] > 0
    ring = at(found, 60, 80 + 27)
    assert ring > 0
    on_it = found.anchors[ring - 1]
    assert 20 < np.hypot(on_it.v_px - 60, on_it.u_px - 80) < 35


@pytest.mark.data
def test_each_of_eight_things_in_a_tote_has_a_point_of_its_own() -> None:
    recorded = tote()
    found = segments(recorded.rgb, recorded.depth_m)
    for mask, name in zip(recorded.masks, recorded.names, strict=True):
        assert any(mask[round(one.v_px), round(one.u_px)] for one in found.anchors), name
    assert len(found.anchors) <= 40


@pytest.mark.parametrize('wrong', [{'depth_share': 0.0}, {'smallest_share': 0.5}])
def test_settings_that_tell_nothing_apart_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidValueError):
        SegmentSettings(**wrong)

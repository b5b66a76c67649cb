"""What lifting takes is measured on a thing that can be lifted."""

from __future__ import annotations

import pytest
from table_scene import TableBox, on_top, table_frame

from vlm_nav.bench.lift import lift_times
from vlm_nav.core.candidate import Pixel
from vlm_nav.core.errors import VlmNavError


def test_both_times_are_told_and_a_refused_pixel_is_not_timed() -> None:
    carton = TableBox(0.7, 0.0, (0.06, 0.06, 0.18))
    frame = table_frame(carton)
    times = lift_times(frame, on_top(frame, carton), calls=2)
    assert times.lift_grasp_ms > 0.0
    assert times.lift_1000_ms > 0.0
    with pytest.raises(VlmNavError, match='pixel_outside_image'):
        lift_times(frame, Pixel(-5.0, 0.0), calls=2)

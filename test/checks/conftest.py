"""What the tests of checks share: a question with facts about three marks."""

from __future__ import annotations

import numpy as np
import pytest

from vlm_nav.core.candidate import Pixel
from vlm_nav.drawing.marks import Mark, MarkedPicture
from vlm_nav.vlm.question import Purpose, Question


@pytest.fixture
def question() -> Question:
    """Give a question about two pictures with three marks and one."""
    rows, columns = np.mgrid[0:60, 0:80]
    rgb = np.stack([3 * columns, 4 * rows, rows + columns], axis=-1).astype(np.uint8)
    tail = Pixel(39.5, 59.0)
    front = MarkedPicture(
        'front/1',
        rgb,
        tuple(Mark(label, Pixel(15.0 * label, 50.0), tail) for label in (1, 2, 3)),
        radius_px=9.0,
        camera='front',
    )
    left = MarkedPicture('left/1', rgb, (Mark(4, Pixel(10.0, 30.0)),), 9.0, 'left', 1.57)
    return Question(
        Purpose.GROUND_WAYPOINT,
        'geh links am roten Stuhl vorbei',
        (front, left),
        pick=2,
        evidence=('1: 1.4 m ahead, 0.5 m left', '3: 2.0 m ahead', 'it is 3: 15 by the clock'),
        visited=(2, 4),
    )

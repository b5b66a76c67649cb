"""Necks cut what touches; slits, as under the roof of a carton, do not."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vlm_nav.manipulation.lobes import has_slits_only, own_lobe


def two_discs() -> NDArray[np.bool_]:
    drawn = np.zeros((40, 70), dtype=np.uint8)
    for column in (20, 48):
        cv2.circle(drawn, (column, 20), 14, 1, cv2.FILLED)
    return drawn > 0


def slit_board() -> NDArray[np.bool_]:
    board = np.zeros((60, 40), dtype=np.bool_)
    board[5:55, 10:30] = True
    board[25:27, 10:17] = board[25:27, 20:30] = False
    return board


def test_a_slit_cuts_as_a_neck_does_and_is_told_from_it() -> None:
    for whole, seed, slits_only in (
        (two_discs(), (20, 15), False),
        (slit_board(), (45, 20), True),
    ):
        lobe = own_lobe(whole, seed)
        assert lobe is not None
        assert lobe.sum() < 0.7 * whole.sum()
        assert has_slits_only(whole) is slits_only

"""A picture of accuracy against tokens, one panel for each error rate."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import cv2
import numpy as np

from vlm_nav.bench.choose import Errors, Figure
from vlm_nav.drawing.palette import BLACK, GREY, Color
from vlm_nav.geometry.arrays import RgbArray
from vlm_nav.pivot.settings import Aggregation

COLORS: dict[Aggregation, Color] = {
    Aggregation.REFIT: (31, 119, 180),
    Aggregation.ASK_AGAIN: (148, 103, 189),
    Aggregation.MAJORITY: (44, 160, 44),
    Aggregation.MEAN: (140, 86, 75),
    Aggregation.BEST_OF_N: (214, 39, 40),
    Aggregation.CRITIQUE: (255, 127, 14),
}
"""Colours that are told apart."""

_WIDTH, _HEIGHT = 340, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 12, 34, 62
_LEGEND = 26
_LOWEST = 0.4
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_DOT_PX = 4
_TICKS = 4


def plot_of(figures: Sequence[Figure], error_rates: Sequence[float]) -> RgbArray:
    """Return a picture (H, W, 3) with a panel for each error rate, errors drawn for each answer.

    A line joins the figures of one aggregation, from one run to the most; what is below 40 % lies
    on the axis.
    """
    drawn = [one for one in figures if one.errors is Errors.ANSWER and not one.way.checks]
    most = max((one.tokens for one in drawn), default=1.0)
    panels = [
        _panel([one for one in drawn if one.error_rate == rate], rate, most)
        for rate in error_rates
    ]
    row = np.concatenate(panels, axis=1)
    return np.concatenate([row, _legend(row.shape[1])])


def _panel(figures: Sequence[Figure], rate: float, most: float) -> RgbArray:
    panel = np.full((_HEIGHT, _WIDTH, 3), 255, dtype=np.uint8)
    _axes(panel, rate, most)
    alone = [one for one in figures if one.way.runs == 1]
    for aggregation, color in COLORS.items():
        several = [one for one in figures if one.way.aggregation is aggregation]
        line = alone + [one for one in several if one.way.runs > 1]
        at = [_place(one, most) for one in sorted(line, key=lambda one: one.way.runs)]
        for start, end in itertools.pairwise(at):
            cv2.line(panel, start, end, color, 1, cv2.LINE_AA)
        for place in at:
            cv2.circle(panel, place, _DOT_PX, color, cv2.FILLED, cv2.LINE_AA)
    for one in alone:
        cv2.circle(panel, _place(one, most), _DOT_PX, BLACK, cv2.FILLED, cv2.LINE_AA)
    return panel


def _axes(panel: RgbArray, rate: float, most: float) -> None:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    _write(panel, f'{100 * rate:.0f} % of the answers are wrong', (_LEFT, 20), 0.42)
    for tick in range(_TICKS + 1):
        share = _LOWEST + (1.0 - _LOWEST) * tick / _TICKS
        row = _row(share)
        cv2.line(panel, (_LEFT, row), (right, row), (225, 225, 225), 1)
        _write(panel, f'{100 * share:.0f} %', (6, row + 4), 0.36)
        tokens = most * tick / _TICKS
        column = _column(tokens, most)
        cv2.line(panel, (column, bottom), (column, bottom + 4), GREY, 1)
        _write(panel, f'{tokens / 1000.0:.0f}k', (column - 9, bottom + 18), 0.36)
    cv2.line(panel, (_LEFT, bottom), (right, bottom), GREY, 1)
    _write(panel, 'tokens of a decision, estimated', (_LEFT + 50, bottom + 38), 0.38)


def _legend(width: int) -> RgbArray:
    legend = np.full((_LEGEND, width, 3), 255, dtype=np.uint8)
    names = [('one run', BLACK), *((one.value, color) for one, color in COLORS.items())]
    for place, (name, color) in enumerate(names):
        left = _LEFT + place * (width - _LEFT) // len(names)
        cv2.circle(legend, (left, 10), _DOT_PX, color, cv2.FILLED, cv2.LINE_AA)
        _write(legend, name, (left + 10, 14), 0.42)
    return legend


def _write(rgb: RgbArray, text: str, at: tuple[int, int], scale: float) -> None:
    cv2.putText(rgb, text, at, _FONT, scale, BLACK, 1, cv2.LINE_AA)


def _place(figure: Figure, most: float) -> tuple[int, int]:
    return _column(figure.tokens, most), _row(max(_LOWEST, figure.right))


def _column(tokens: float, most: float) -> int:
    return round(_LEFT + (_WIDTH - _LEFT - _RIGHT) * tokens / most)


def _row(share: float) -> int:
    high = _HEIGHT - _TOP - _BOTTOM
    return round(_HEIGHT - _BOTTOM - high * (share - _LOWEST) / (1.0 - _LOWEST))

"""Colours as (red, green, blue), and the sizes that go with a picture's size.

Yellow and green thin arrows with small heads were read best (PIVOT, appendix G).
"""

from __future__ import annotations

from dataclasses import dataclass

Color = tuple[int, int, int]

YELLOW_GREEN: Color = (190, 255, 0)
RED: Color = (255, 40, 40)
BLACK: Color = (0, 0, 0)
WHITE: Color = (255, 255, 255)
GREY: Color = (120, 120, 120)

LABEL_SHARE = 0.0375
SMALLEST_LABEL_SHARE = 0.0275


@dataclass(frozen=True)
class MarkStyle:
    """How marks look; `disc_opacity` is 1 where the picture must not shine through."""

    arrow: Color = YELLOW_GREEN
    ring: Color = YELLOW_GREEN
    chosen_ring: Color = RED
    number: Color = BLACK
    disc: Color = WHITE
    disc_opacity: float = 0.8
    head_share: float = 0.06


def label_radius_px(width_px: int, height_px: int) -> float:
    """Return the radius of a label in a picture of this size."""
    return max(10.0, LABEL_SHARE * min(width_px, height_px))


def smallest_label_radius_px(width_px: int, height_px: int) -> float:
    """Return the radius below which a number in a picture of this size is hard to read."""
    return max(9.0, SMALLEST_LABEL_SHARE * min(width_px, height_px))

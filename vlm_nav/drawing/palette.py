"""Colours as (red, green, blue), and the sizes that go with a picture's size.

Yellow and green thin arrows with small heads were read best (PIVOT, appendix G).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

Color = tuple[int, int, int]

YELLOW_GREEN: Color = (190, 255, 0)
RED: Color = (255, 40, 40)
BLACK: Color = (0, 0, 0)
WHITE: Color = (255, 255, 255)
GREY: Color = (120, 120, 120)
BLUE: Color = (40, 90, 255)

LABEL_SHARE = 0.0375
# How much smaller the farthest discs are than the nearest, and how white the tinted ones.
_SHRINKS_BY, _DISC_WHITENESS = 0.4, 0.6
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


def style_at_depth(farther: float, style: MarkStyle) -> MarkStyle:
    """Return the style of a mark that is farther away (1, red) or nearer (-1, blue) than others.

    The ring stays: by it numbers are told from what is photographed.
    """
    share = (min(1.0, max(-1.0, farther)) + 1.0) / 2.0
    arrow = _between(BLUE, RED, share)
    return replace(style, arrow=arrow, disc=_between(arrow, style.disc, _DISC_WHITENESS))


def radius_at_depth(farther: float, radius_px: float, smallest_px: float) -> float:
    """Return the radius of a mark that is farther away (1) or nearer (-1): the nearer the larger.

    It is never larger than `radius_px`, and smaller than `smallest_px` only where that is too.
    """
    share = (min(1.0, max(-1.0, farther)) + 1.0) / 2.0
    return max(min(smallest_px, radius_px), radius_px * (1.0 - _SHRINKS_BY * share))


def label_radius_px(width_px: int, height_px: int) -> float:
    """Return the radius of a label in a picture of this size."""
    return max(10.0, LABEL_SHARE * min(width_px, height_px))


def smallest_label_radius_px(width_px: int, height_px: int) -> float:
    """Return the radius below which a number in a picture of this size is hard to read."""
    return max(9.0, SMALLEST_LABEL_SHARE * min(width_px, height_px))


def _between(first: Color, second: Color, share: float) -> Color:
    red, green, blue = (round(a + share * (b - a)) for a, b in zip(first, second, strict=True))
    return red, green, blue

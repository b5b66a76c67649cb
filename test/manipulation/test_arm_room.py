"""An arm's links are as thick lines: what stands in them is touched, a single point is noise."""

import numpy as np
import pytest

from vlm_nav.manipulation.arm_room import arm_touches

ELBOW = np.array([(0.0, 0.0, 1.0), (0.5, 0.0, 1.0), (0.5, 0.5, 1.0)])


def few_at(*place: float) -> np.ndarray:
    return np.array(place) + np.linspace(0.0, 0.001, 5)[:, None]


@pytest.mark.parametrize(
    ('place', 'touches'),
    [
        ((0.25, 0.03, 1.0), True),
        ((0.5, 0.25, 1.03), True),
        ((0.25, 0.25, 1.0), False),
        ((0.25, 0.0, 0.94), False),
        ((-0.06, 0.0, 1.0), False),
    ],
)
def test_what_is_nearer_to_a_link_than_its_radius_is_touched(
    place: tuple[float, float, float], touches: bool
) -> None:
    assert arm_touches(ELBOW, 0.05, few_at(*place)) is touches


def test_a_single_point_is_noise_and_no_points_are_nothing() -> None:
    assert not arm_touches(ELBOW, 0.05, few_at(0.25, 0.0, 1.0)[:1])
    assert not arm_touches(ELBOW, 0.05, np.empty((0, 3)))

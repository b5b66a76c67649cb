"""Pictures of one place look alike, those of different places do not."""

from __future__ import annotations

import functools
import itertools

import numpy as np
import pytest
from sensor_data import kitchen_cameras, kitchen_color, kitchen_depth, kitchen_index

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import inverse, transform_points
from vlm_nav.memory.looks import looks_of

# So many pictures lie between two that count as a return to a place.
RETURN = 12


@functools.lru_cache(maxsize=1)
def returns() -> tuple[FloatArray, FloatArray]:
    """Return how alike pictures (n,) are, and which share of the view they have in common."""
    numbers = sorted(kitchen_index())
    pairs = [
        (one, other)
        for one, other in itertools.combinations(numbers, 2)
        if numbers.index(other) - numbers.index(one) >= RETURN
    ]
    looks = {number: looks_of(kitchen_color(number)) for number in numbers}
    alike = np.array([looks[one] @ looks[other] for one, other in pairs])
    shares = [min(seen_in(one, other), seen_in(other, one)) for one, other in pairs]
    return alike, np.array(shares)


@functools.cache
def points_of(number: int) -> FloatArray:
    """Return points (n, 3) of the world that a picture shows."""
    rays = kitchen_cameras().depth.pixel_rays()[::16, ::16]
    points = (rays * kitchen_depth(number)[::16, ::16, None]).reshape(-1, 3)
    return transform_points(kitchen_index()[number], points[np.isfinite(points).all(axis=1)])


def seen_in(one: int, other: int) -> float:
    """Return which share of what a picture shows another one shows too, by depth and pose."""
    camera = kitchen_cameras().depth
    points = transform_points(inverse(kitchen_index()[other]), points_of(one))
    pixels = camera.project(points)
    inside = (pixels >= 0.0).all(axis=1) & (pixels < (639.0, 479.0)).all(axis=1)
    column, row = pixels[inside].astype(int).T
    unhidden = np.abs(kitchen_depth(other)[row, column] - points[inside, 2]) < 0.1
    return float(unhidden.sum() / len(points))


@pytest.mark.data
def test_every_return_to_a_place_of_the_kitchen_looks_more_alike_than_two_places_of_it() -> None:
    alike, shares = returns()
    same, different = shares > 0.5, shares < 0.05
    assert (same.sum(), different.sum()) >= (40, 80)
    assert alike[same].min() > alike[different].max()


def test_a_picture_is_as_alike_to_itself_as_can_be_even_a_black_one() -> None:
    noise = np.random.default_rng(3).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    for rgb in (noise, np.zeros_like(noise)):
        assert looks_of(rgb) @ looks_of(rgb.copy()) == pytest.approx(1.0)
    assert looks_of(noise) @ looks_of(np.zeros_like(noise)) < 0.7


@pytest.mark.data
def test_a_place_in_dim_light_is_still_that_place() -> None:
    rgb = kitchen_color(216)
    dim = (rgb * 0.7).astype(np.uint8)
    assert looks_of(dim) @ looks_of(rgb) > 0.8

"""The Gaussian over actions: fitted in three ways, never narrower than its floor."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.pivot.distribution import Gaussian, fit

ACTIONS = [(1.0, 10.0), (3.0, 14.0), (5.0, 12.0)]


@pytest.mark.parametrize('isotropic', [True, False])
def test_one_action_gives_itself_and_the_floor(isotropic: bool) -> None:
    fitted = fit([(2.0, -1.0)], (0.1, 0.2), isotropic=isotropic)
    assert fitted == Gaussian((2.0, -1.0), (0.1, 0.2))


def test_several_actions_give_mean_and_spread_of_each_axis() -> None:
    fitted = fit(ACTIONS, (0.1, 0.1), isotropic=False)
    assert fitted.mean == pytest.approx((3.0, 12.0))
    assert fitted.std == pytest.approx((math.sqrt(8.0 / 3.0), math.sqrt(8.0 / 3.0)))
    flat = fit([(1.0, 5.0), (3.0, 5.0)], (0.1, 0.1), isotropic=False)
    assert flat.std == pytest.approx((1.0, 0.1))


def test_an_isotropic_fit_has_the_root_of_the_mean_variance_on_all_axes() -> None:
    fitted = fit([(1.0, 5.0), (3.0, 5.0)], (0.1, 0.1), isotropic=True)
    assert fitted.std == pytest.approx((math.sqrt(0.5), math.sqrt(0.5)))


@given(
    st.lists(st.tuples(st.floats(-5, 5), st.floats(-5, 5)), min_size=1, max_size=8),
    st.floats(0.01, 2.0),
    st.booleans(),
)
def test_the_spread_never_falls_below_the_floor_and_the_mean_lies_among_the_chosen(
    actions: list[tuple[float, float]], floor: float, isotropic: bool
) -> None:
    fitted = fit(actions, (floor, floor), isotropic=isotropic)
    assert min(fitted.std) >= floor
    low, high = np.min(actions, axis=0) - 1e-9, np.max(actions, axis=0) + 1e-9
    assert (low <= fitted.mean).all()
    assert (fitted.mean <= high).all()


def test_nothing_chosen_cannot_be_fitted() -> None:
    for nothing in (np.zeros((0, 2)), np.zeros(3)):
        with pytest.raises(InvalidValueError, match=r'\(n, d\)'):
            fit(nothing, (0.1, 0.1), isotropic=True)


@pytest.mark.parametrize(
    ('mean', 'std'),
    [((0.0,), (1.0, 1.0)), ((math.nan,), (1.0,)), ((0.0,), (0.0,)), ((0.0,), (-1.0,)), ((), ())],
)
def test_what_is_no_distribution_is_refused(
    mean: tuple[float, ...], std: tuple[float, ...]
) -> None:
    with pytest.raises(InvalidValueError):
        Gaussian(mean, std)


def test_samples_follow_mean_and_spread_and_the_seed() -> None:
    gaussian = Gaussian((1.0, -2.0), (0.5, 3.0))
    samples = gaussian.sample(4000, np.random.default_rng(1))
    assert samples.mean(axis=0) == pytest.approx((1.0, -2.0), abs=0.2)
    assert samples.std(axis=0) == pytest.approx((0.5, 3.0), rel=0.1)
    np.testing.assert_array_equal(samples, gaussian.sample(4000, np.random.default_rng(1)))

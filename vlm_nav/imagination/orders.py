"""In which order each run shows the views, so that a liking for a number is no agreement."""

from __future__ import annotations

import numpy as np


def orders(count: int, runs: int, seed: int) -> list[list[int]]:
    """Return for each run in which order it shows the views 0 to `count` - 1.

    With as many views as runs or more, no view bears the same number in two of them: with orders
    drawn one by one, two of three runs show the same one of six views first in four choices of
    nine, and who likes the first picture would agree with himself.
    """
    order = np.random.default_rng(seed).permutation(count)
    step = max(1, count // runs)
    return [np.roll(order, run * step).tolist() for run in range(runs)]

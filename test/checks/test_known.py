"""Checks by name."""

from __future__ import annotations

import pytest

from vlm_nav.checks.known import CHECKS, checks_named
from vlm_nav.core.errors import InvalidValueError


def test_checks_come_by_their_names_in_order_and_empty_names_are_none() -> None:
    assert checks_named(['']) == ()
    assert checks_named(['shuffled', ' mirrored ', '']) == (CHECKS['shuffled'], CHECKS['mirrored'])


@pytest.mark.parametrize('names', [['mirored'], ['mirrored', 'mirrored'], ['mirrored,shuffled']])
def test_a_name_that_is_unknown_or_given_twice_is_refused(names: list[str]) -> None:
    with pytest.raises(InvalidValueError, match='mirrored, paraphrased, shuffled'):
        checks_named(names)

"""Deadlines and events, the smallest words that every room shares."""

from __future__ import annotations

import math
import time

import pytest

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.errors import InvalidValueError, VlmNavError
from vlm_nav.core.events import Event, tell


def test_a_deadline_lies_ahead_and_passes() -> None:
    deadline = Deadline.after(100.0)
    assert 99.0 < deadline.remaining_s() <= 100.0
    assert not deadline.expired()
    passed = Deadline(time.monotonic() - 1.0)
    assert passed.remaining_s() == 0.0
    assert passed.expired()
    assert Deadline.after(0.0).expired()


def test_the_sooner_of_two_deadlines_counts() -> None:
    deadline = Deadline.after(100.0)
    assert deadline.sooner(500.0) == deadline
    assert deadline.sooner(1.0).remaining_s() <= 1.0
    assert Deadline.after(math.inf).sooner(1.0).remaining_s() <= 1.0


@pytest.mark.parametrize('wrong', [-0.1, math.nan, -math.inf])
def test_a_deadline_in_the_past_is_refused(wrong: float) -> None:
    with pytest.raises(InvalidValueError, match='deadline'):
        Deadline.after(wrong)


def test_wrong_values_are_errors_of_the_package_and_value_errors() -> None:
    assert issubclass(InvalidValueError, VlmNavError)
    assert issubclass(InvalidValueError, ValueError)


def test_listeners_are_told_in_order() -> None:
    told: list[tuple[str, Event]] = []
    event = Event()
    tell([lambda one: told.append(('a', one)), lambda one: told.append(('b', one))], event)
    assert told == [('a', event), ('b', event)]
    tell([], event)

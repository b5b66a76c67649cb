"""How an endpoint has fared, and whether it is worth a question now."""

from __future__ import annotations

import time
from collections.abc import Callable

FAILURES_TO_REST = 2
FIRST_REST_S = 10.0
LONGEST_REST_S = 300.0


class Health:
    """A circuit breaker: after two failures in a row an endpoint rests, longer each time.

    When a rest is over one question tries whether it works again, and only one at a time.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin well; `clock` gives seconds that only rise."""
        self._clock = clock
        self._failures = 0
        self._rest_s = FIRST_REST_S
        self._rests_until_s: float | None = None
        self._on_trial = False

    def takes_a_question(self) -> bool:
        """Return whether a question may go there now; after a rest the first one is a trial."""
        if self._rests_until_s is None:
            return True
        if self._on_trial or self._clock() < self._rests_until_s:
            return False
        self._on_trial = True
        return True

    def worked(self) -> None:
        """Note that an answer came."""
        self._failures = 0
        self._rest_s = FIRST_REST_S
        self._rests_until_s = None
        self._on_trial = False

    def failed(self) -> None:
        """Note that none came; the second time in a row, or on trial, a rest begins."""
        self._failures += 1
        if self._failures >= FAILURES_TO_REST or self._on_trial:
            if self._on_trial:
                self._rest_s = min(2.0 * self._rest_s, LONGEST_REST_S)
            self._rests_until_s = self._clock() + self._rest_s
        self._on_trial = False

    def given_up(self) -> None:
        """Note that nobody waited for the answer, so that another question may be the trial."""
        self._on_trial = False

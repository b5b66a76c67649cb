"""The DDS domain of a run of tests: one for the whole process, and no other run's."""

from __future__ import annotations

import atexit
import functools
from contextlib import ExitStack

from vlm_nav.ros.own_domain import own_domain


@functools.cache
def claimed_domain() -> str:
    """Return the number of a domain that is this process's own until it ends."""
    claim = ExitStack()
    atexit.register(claim.close)
    return str(claim.enter_context(own_domain()))

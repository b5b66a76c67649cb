"""Stamps of messages as nanoseconds."""

from __future__ import annotations

from typing import Any

NS_IN_S = 1_000_000_000


def stamp_ns_of(stamp: Any) -> int:
    """Return a builtin_interfaces/Time in nanoseconds."""
    return int(stamp.sec) * NS_IN_S + int(stamp.nanosec)


def seconds(stamp_ns: int) -> str:
    """Return a stamp for people, in seconds."""
    return f'{stamp_ns / NS_IN_S:.3f} s'

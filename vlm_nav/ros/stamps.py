"""Stamps of messages as nanoseconds, and back."""

from __future__ import annotations

from typing import Any

_NS_IN_S = 1_000_000_000


def stamp_ns_of(stamp: Any) -> int:
    """Return a builtin_interfaces/Time in nanoseconds."""
    return int(stamp.sec) * _NS_IN_S + int(stamp.nanosec)


def time_at(stamp_ns: int) -> Any:
    """Return nanoseconds as builtin_interfaces/Time."""
    from builtin_interfaces.msg import Time

    seconds, nanoseconds = divmod(stamp_ns, _NS_IN_S)
    return Time(sec=seconds, nanosec=nanoseconds)

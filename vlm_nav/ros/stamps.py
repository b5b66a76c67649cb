"""Nanoseconds as stamps of messages."""

from __future__ import annotations

from builtin_interfaces.msg import Time

from vlm_nav.messages.stamps import NS_IN_S


def time_at(stamp_ns: int) -> Time:
    """Return nanoseconds as builtin_interfaces/Time."""
    seconds, nanoseconds = divmod(stamp_ns, NS_IN_S)
    return Time(sec=seconds, nanosec=nanoseconds)

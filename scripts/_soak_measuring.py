"""What the long run measures of a process, from /proc, and what figures are made of it."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_PROC = Path('/proc')
_KIB_PER_MB = 1e6 / 1024.0
_TICKS_PER_S = os.sysconf('SC_CLK_TCK')
# Memory at one moment is the median of this many samples: one alone may fall into a decision.
_SAMPLES_OF_A_MOMENT = 6


@dataclass(frozen=True)
class MemorySample:
    """Resident memory of a process at an instant of the monotonic clock."""

    at_s: float
    rss_mb: float
    anonymous_mb: float


def memory_of(pid: int) -> MemorySample:
    """Return the memory of a process now; OSError where it has ended."""
    lines = (_PROC / str(pid) / 'status').read_text().splitlines()
    kib = {name: float(rest.split()[0]) for name, _, rest in (x.partition(':') for x in lines)
           if name in {'VmRSS', 'RssAnon'}}  # fmt: skip
    return MemorySample(time.monotonic(), kib['VmRSS'] / _KIB_PER_MB, kib['RssAnon'] / _KIB_PER_MB)


def cpu_s(pid: int) -> float:
    """Return the seconds that all threads of a process have computed so far."""
    fields = _fields_after_name(pid)
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def child_of(pid: int) -> int | None:
    """Return the first child of a process, None where it has none yet."""
    for entry in _PROC.glob('[0-9]*'):
        try:
            parent = int(_fields_after_name(int(entry.name))[1])
        except OSError:
            continue
        if parent == pid:
            return int(entry.name)
    return None


def cpu_shares(pids: Sequence[int], duration_s: float) -> list[float]:
    """Return each process's share of one core over a time, all measured at once."""
    began_s, before = time.monotonic(), [cpu_s(pid) for pid in pids]
    time.sleep(duration_s)
    elapsed_s = time.monotonic() - began_s
    return [(cpu_s(pid) - had) / elapsed_s for pid, had in zip(pids, before, strict=True)]


def growth_mb(samples: Sequence[MemorySample]) -> float:
    """Return how much more memory the last samples show than the first ones."""
    first, last = samples[:_SAMPLES_OF_A_MOMENT], samples[-_SAMPLES_OF_A_MOMENT:]
    return statistics.median(x.rss_mb for x in last) - statistics.median(x.rss_mb for x in first)


def slope_mb_h(samples: Sequence[MemorySample]) -> float:
    """Return the slope of the straight line through the samples, in MB per hour."""
    found = statistics.linear_regression([x.at_s for x in samples], [x.rss_mb for x in samples])
    return found.slope * 3600.0


def _fields_after_name(pid: int) -> list[str]:
    # The name is in brackets and may hold spaces and brackets itself.
    return (_PROC / str(pid) / 'stat').read_text().rpartition(')')[2].split()

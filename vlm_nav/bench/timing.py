"""How long a function takes on one core."""

from __future__ import annotations

import contextlib
import math
import os
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2


@dataclass(frozen=True)
class Timing:
    """Milliseconds of one call, over many calls.

    `processor_ms` is the median of what it took of the processor, however long others had it.
    """

    median_ms: float
    fastest_ms: float
    slowest_ms: float
    processor_ms: float = math.nan

    def ratio_to(self, other: Timing) -> float:
        """Return how many times as long as `other` this takes, by the medians."""
        return self.median_ms / other.median_ms


def time_of(work: Callable[[], object], *, calls: int, warm_up: int = 3) -> Timing:
    """Return the times of `calls` calls, after `warm_up` calls that do not count."""
    for _ in range(warm_up):
        work()
    times_ms, processor_ms = zip(*(_one(work) for _ in range(calls)), strict=True)
    return Timing(
        statistics.median(times_ms), min(times_ms), max(times_ms), statistics.median(processor_ms)
    )


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """Keep this process on one core, as far as the system allows, and OpenCV to one thread."""
    threads = cv2.getNumThreads()
    cores = os.sched_getaffinity(0) if hasattr(os, 'sched_getaffinity') else None
    cv2.setNumThreads(1)
    if cores:
        os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        cv2.setNumThreads(threads)
        if cores:
            os.sched_setaffinity(0, cores)


def _one(work: Callable[[], object]) -> tuple[float, float]:
    began_s, began_processor_s = time.perf_counter(), time.process_time()
    work()
    ended_processor_s, ended_s = time.process_time(), time.perf_counter()
    return (ended_s - began_s) * 1e3, (ended_processor_s - began_processor_s) * 1e3

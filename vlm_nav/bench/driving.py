"""Drives many episodes, in several processes where that is wanted."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection

import cv2

from vlm_nav.bench.drive import DriveOptions, drive_episode
from vlm_nav.bench.episodes import episode_of
from vlm_nav.bench.results import EpisodeResult
from vlm_nav.core.errors import InvalidValueError

_MESA_THREADS = 'LP_NUM_THREADS'


def drive_seeds(
    seeds: Sequence[int], options: DriveOptions, workers: int = 1
) -> Iterator[EpisodeResult]:
    """Give the result of the episode of each seed, as they are done.

    With one worker they are driven in this process. Leaving off early ends the workers at once,
    and so does the end of this process, however it comes.
    """
    if workers < 1:
        raise InvalidValueError(f'one worker or more drives, got {workers}')
    drive = partial(_drive, options)
    if workers == 1 or len(seeds) == 1:
        yield from map(drive, seeds)
        return
    # Not forked: no process inherits what another draws with.
    context = get_context('spawn')
    lifeline, held = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(
        min(workers, len(seeds)), context, initializer=_begin_work, initargs=(lifeline,)
    )
    try:
        for done in as_completed([pool.submit(drive, seed) for seed in seeds]):
            yield done.result()
    finally:
        held.close()
        pool.shutdown(cancel_futures=True)
        lifeline.close()


def in_order(results: Iterable[EpisodeResult]) -> list[EpisodeResult]:
    """Return results by their seeds, whichever was done first."""
    return sorted(results, key=lambda result: result.seed)


def _drive(options: DriveOptions, seed: int) -> EpisodeResult:
    return drive_episode(episode_of(seed), options)


def _begin_work(lifeline: Connection) -> None:
    """Leave the other cores to the other workers, and end with who wants the work."""
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()
    cv2.setNumThreads(1)
    os.environ.setdefault(_MESA_THREADS, '1')


def _end_with(lifeline: Connection) -> None:
    """End this process when the other end of the pipe is closed, or nobody holds it any more."""
    with contextlib.suppress(EOFError):
        lifeline.recv_bytes()
    os._exit(1)

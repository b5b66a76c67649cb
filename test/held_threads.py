"""An event loop whose own threads are all held, as by a name service that hangs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

PATIENCE_S = 20.0


@contextmanager
def held_threads() -> Iterator[None]:
    """Hold the running loop's threads for a while; name lookups wait that long."""
    released = threading.Event()
    threads = ThreadPoolExecutor(1)
    loop = asyncio.get_running_loop()
    loop.set_default_executor(threads)
    loop.run_in_executor(None, released.wait, PATIENCE_S)
    try:
        yield
    finally:
        released.set()

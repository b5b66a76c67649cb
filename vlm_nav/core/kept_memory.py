"""Keeps memory that was given back: to get it anew costs more than to fill it."""

from __future__ import annotations

import ctypes
import sys
from typing import Final

# As glibc's malloc.h has them.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_KEPT_BYTES: Final = 64 << 20
# The most that glibc takes for it.
_LARGEST_BYTES: Final = 32 << 20


def keep_freed_memory() -> None:
    """Let this process keep up to 64 MB of what it gives back, where its memory is glibc's.

    A thread that has an arena of its own may keep as much there. Arrays of a picture's size
    otherwise go back to the system after each use and come again page by page: a third of the
    time that a view of three frames takes.
    """
    if not sys.platform.startswith('linux'):
        return
    library = ctypes.CDLL(None)
    if hasattr(library, 'gnu_get_libc_version'):
        library.mallopt(_MMAP_THRESHOLD, _LARGEST_BYTES)
        library.mallopt(_TRIM_THRESHOLD, _KEPT_BYTES)

"""Errors of recordings."""

from __future__ import annotations

import importlib
import struct

from vlm_nav.core.errors import VlmNavError


class BagError(VlmNavError):
    """A recording cannot be read, or lacks what was asked of it."""


class BagMessageError(BagError):
    """One message of a recording cannot be read; those after it may be."""


def unreadable() -> tuple[type[Exception], ...]:
    """Return what rosbags and the libraries under it raise on bytes that are no bag."""
    # These two are loaded by rosbags; zstd is the standard library's or its backport.
    apsw = importlib.import_module('apsw')
    zstd = importlib.import_module('rosbags.rosbag2.storage_mcap').zstd
    reader_error = importlib.import_module('rosbags.rosbag2').ReaderError
    return (
        reader_error,
        apsw.Error,
        zstd.ZstdError,
        ArithmeticError,
        AssertionError,
        AttributeError,
        EOFError,
        LookupError,
        MemoryError,
        OSError,
        RuntimeError,
        TypeError,
        ValueError,
        struct.error,
    )

"""The bytes of a file that somebody named, or why there are none."""

from __future__ import annotations

from pathlib import Path

from vlm_nav.core.errors import VlmNavError

_LARGEST_BYTES = 300_000_000


class FileError(VlmNavError):
    """A file is not there, or does not hold what was wanted of it."""


def bytes_of(path: Path, wanted: str, largest: int = _LARGEST_BYTES) -> bytes:
    """Return what is in a file; raise FileError that names what was `wanted` in it."""
    if path.is_dir():
        raise FileError(f'{wanted} was wanted, {path} is a folder')
    try:
        size = path.stat().st_size
        if size > largest:
            raise FileError(f'{wanted} was wanted, {path} is too large ({size} bytes)')
        data = path.read_bytes()
    except OSError as error:
        raise FileError(f'{wanted} was wanted, {path}: {error.strerror or error}') from error
    if not data:
        raise FileError(f'{wanted} was wanted, {path} is empty')
    return data

"""Files of a folder that anybody may have made: no link is followed, and no pipe waited for."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

# Nobody else of this machine's users may look at somebody's rooms.
_PRIVATE_FOLDER, _PRIVATE_FILE = 0o700, 0o600


def read_file(path: Path, most_bytes: int) -> bytes:
    """Return what a file holds; raises OSError for what is none, and for one that is too large."""
    with _opened(path, os.O_RDONLY) as file:
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise OSError(f'{path} has more than {most_bytes} bytes')
    return content


def write_file(path: Path, content: bytes) -> None:
    """Write a file that is there as a whole or not at all; raises OSError."""
    unfinished = path.with_suffix('.tmp')
    with suppress(FileNotFoundError):
        unfinished.unlink()
    with _opened(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL) as file:
        file.write(content)
    os.replace(unfinished, path)


def append_to(path: Path, content: bytes) -> None:
    """Add to the end of a file that is there; raises OSError."""
    with _opened(path, os.O_WRONLY | os.O_APPEND) as file:
        file.write(content)


def make_folder(path: Path) -> None:
    """Make a folder for its owner alone where none is; raises OSError."""
    path.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)


def no_link(folder: Path) -> Path:
    """Return a folder; raises OSError where it is none, or is elsewhere and only linked."""
    if not stat.S_ISDIR(folder.lstat().st_mode):
        raise NotADirectoryError(f'a folder was wanted, {folder} is another thing')
    return folder


def _opened(path: Path, flags: int) -> BinaryIO:
    # Not blocking: to open a pipe would wait for who writes into it.
    flags |= os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    file = os.fdopen(os.open(path, flags, _PRIVATE_FILE), 'rb' if _reads(flags) else 'wb')
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return file
    file.close()
    raise OSError(f'a file was wanted, {path} is another thing')


def _reads(flags: int) -> bool:
    return flags & os.O_ACCMODE == os.O_RDONLY

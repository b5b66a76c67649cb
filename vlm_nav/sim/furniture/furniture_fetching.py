"""Fetches the catalogue of furniture with Debian's own tools, without being root.

Needs the standard library alone: a set-up calls it before anything is installed. The package
sweethome3d-furniture is in Debian and Ubuntu; apt checks that what comes is what was signed.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vlm_nav.sim.furniture.furniture_cache import CATALOGUE

PACKAGE = 'sweethome3d-furniture'
DEADLINE_S = 120.0
"""How long the download of 120 MB may take."""

INSTALLED = Path('/usr/share/sweethome3d/furniture') / CATALOGUE
"""Where the package puts the catalogue when it is installed."""

_ENDING_S = 2.0
_UNFINISHED = '.unfinished-'


class FetchError(Exception):
    """The catalogue could not be fetched; the message says why."""


def fetch_catalogue(
    file: Path, deadline_s: float = DEADLINE_S, installed: Path = INSTALLED
) -> None:
    """Put the catalogue into a file, whole or not at all; raises FetchError.

    Nothing is done where it is already there; what is no archive takes its place.
    """
    if zipfile.is_zipfile(file):
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with _alone(file.parent, deadline_s):
            # Somebody else may have fetched it while this one waited.
            if not zipfile.is_zipfile(file):
                _fetch(file, deadline_s, installed)
    except OSError as error:
        raise FetchError(str(error)) from error


def _fetch(file: Path, deadline_s: float, installed: Path) -> None:
    for killed in file.parent.glob(f'{_UNFINISHED}*'):
        shutil.rmtree(killed, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=_UNFINISHED, dir=file.parent) as folder:
        fetched = Path(folder) / CATALOGUE
        if installed.is_file():
            shutil.copyfile(installed, fetched)
        else:
            _extract(_download(Path(folder), deadline_s), fetched)
        fetched.replace(file)


@contextmanager
def _alone(folder: Path, deadline_s: float) -> Iterator[None]:
    """Wait until nobody else fetches into a folder; raises FetchError at the deadline."""
    until = time.monotonic() + deadline_s
    with (folder / '.fetching').open('w') as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise FetchError(f'another process still fetches into {folder}') from None
                time.sleep(0.1)
        yield


def _download(folder: Path, deadline_s: float) -> Path:
    """Return the downloaded package."""
    for tool in ('apt-get', 'dpkg-deb'):
        if shutil.which(tool) is None:
            raise FetchError(f'there is no {tool}')
    # Not as root's sandbox user, which may not write here: apt would only warn about it.
    command = ['apt-get', '-o', 'APT::Sandbox::User=root', 'download', PACKAGE]
    said = _run(command, folder, deadline_s)
    found = sorted(folder.glob('*.deb'))
    if not found:
        raise FetchError(f'apt-get brought no package: {said[-300:]}')
    return found[0]


def _run(command: list[str], folder: Path, deadline_s: float) -> str:
    """Run a command in a session of its own, so that all it started ends at the deadline."""
    log = folder / 'log.txt'
    with log.open('wb') as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = process.wait(deadline_s)
        except subprocess.TimeoutExpired:
            raise FetchError(f'{command[0]} took longer than {deadline_s:.0f} s') from None
        finally:
            _end(process)
    said = log.read_text(errors='replace').strip()
    if code:
        raise FetchError(f'{command[0]} ended with {code}: {said[-300:]}')
    return said


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and what it started."""
    for signal in (15, 9):
        if process.poll() is not None:
            return
        os.killpg(process.pid, signal)
        until = time.monotonic() + _ENDING_S
        while process.poll() is None and time.monotonic() < until:
            time.sleep(0.02)


def _extract(package: Path, to: Path) -> None:
    """Take the catalogue out of a package."""
    command = ['dpkg-deb', '--fsys-tarfile', str(package)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            with tarfile.open(fileobj=process.stdout, mode='r|') as archive:
                for member in archive:
                    source = archive.extractfile(member) if member.isfile() else None
                    if source is not None and Path(member.name).name == CATALOGUE:
                        with to.open('wb') as target:
                            shutil.copyfileobj(source, target)
                        return
        except tarfile.TarError as error:
            raise FetchError(f'{package.name} cannot be read: {error}') from error
        finally:
            process.kill()
    raise FetchError(f'{package.name} holds no {CATALOGUE}')

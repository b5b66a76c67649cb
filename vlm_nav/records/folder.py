"""The folders of records: what lies in one, and which are there."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from pathlib import Path

EVENTS = 'events.jsonl'
DECISION = 'decision.json'
UNFINISHED = f'{DECISION}.tmp'
REPORT = 'report.html'

_OURS = re.compile(
    r'events\.jsonl|decision\.json(\.tmp)?|report\.html'
    r'|(look|depth)\d*(_view\d+)?\.(png|npy)|costmap\d*_\d+\.png'
    r'|(look\d+_)?(arrival_|point_)?round\d+_run\d+(_attempt\d+)?(_picture\d+)?(_again\d+)?\.[a-z0-9]+'
)
_LONGEST_NAME = 100


def folder_name(identifier: str) -> str:
    """Return the folder's name for an identifier: itself wherever that is a plain name."""
    plain = re.sub(r'[^A-Za-z0-9._-]', '_', identifier)[:_LONGEST_NAME]
    return plain if plain.strip('.') else f'_{plain}'


def append(folder: Path, line: str) -> None:
    """Add a line to the record's events; it outlives the process as soon as this returns."""
    with (folder / EVENTS).open('ab') as file:
        file.write(line.encode('utf-8') + b'\n')


def store(folder: Path, name: str, data: bytes) -> None:
    """Write a file of the record."""
    (folder / name).write_bytes(data)


def finish(folder: Path, text: str) -> None:
    """Write the record as a whole: the file is there entirely or not at all."""
    unfinished = folder / UNFINISHED
    unfinished.write_bytes(text.encode('utf-8'))
    os.replace(unfinished, folder / DECISION)


def holds_record(folder: Path) -> bool:
    """Return whether a folder is that of a record, be it whole or not."""
    return (folder / DECISION).is_file() or (folder / EVENTS).is_file()


def records_in(folder: Path) -> list[Path]:
    """Return the folders with the events of a record, the one written to last at the end."""
    with os.scandir(folder) as entries:
        written = [(_written_ns(entry), entry.path) for entry in entries]
    return [Path(path) for written_ns, path in sorted(written) if written_ns >= 0]


def holds_nothing_else(record: Path) -> bool:
    """Return whether everything in a record's folder was put there by the record."""
    return all(
        _OURS.fullmatch(entry.name) and entry.is_file() and not entry.is_symlink()
        for entry in record.iterdir()
    )


def remove_oldest(folder: Path, keep: int, spare: Collection[Path]) -> None:
    """Remove all records in `folder` but the newest `keep`.

    Those in `spare` stay, and those to whose folder somebody added something.
    """
    records = records_in(folder)
    removable = [record for record in records if record not in spare]
    for record in removable[: max(0, len(records) - keep)]:
        if holds_nothing_else(record):
            for entry in record.iterdir():
                entry.unlink()
            record.rmdir()


def _written_ns(entry: os.DirEntry[str]) -> int:
    """Return when a record's events were last written to, -1 for what is no record."""
    if not entry.is_dir(follow_symlinks=False):
        return -1
    try:
        return os.stat(f'{entry.path}/{EVENTS}').st_mtime_ns
    except FileNotFoundError:
        return -1

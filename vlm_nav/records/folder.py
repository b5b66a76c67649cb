"""The folder of one record: what lies in it, and which folders are records at all."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from pathlib import Path

EVENTS = 'events.jsonl'
DECISION = 'decision.json'
UNFINISHED = f'{DECISION}.tmp'

_OURS = re.compile(
    r'events\.jsonl|decision\.json(\.tmp)?|look\d*\.png|depth\d*\.(png|npy)|costmap\d*_\d+\.png'
    r'|round\d+_run\d+(_attempt\d+)?(_picture\d+)?(_again\d+)?\.[a-z0-9]+'
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


def is_record(folder: Path) -> bool:
    """Return whether a folder holds a record and nothing else."""
    if folder.is_symlink() or not (folder / EVENTS).is_file():
        return False
    return all(
        _OURS.fullmatch(entry.name) and entry.is_file() and not entry.is_symlink()
        for entry in folder.iterdir()
    )


def records_in(folder: Path) -> list[Path]:
    """Return the folders of the records in `folder`, the one written to last at the end."""
    found = [entry for entry in folder.iterdir() if entry.is_dir() and is_record(entry)]
    return sorted(found, key=lambda record: ((record / EVENTS).stat().st_mtime_ns, record.name))


def remove_oldest(folder: Path, keep: int, spare: Collection[Path]) -> None:
    """Remove the oldest records in `folder` until `keep` are left, but none of `spare`.

    A folder that holds anything besides a record is no record, and stays.
    """
    records = records_in(folder)
    surplus = len(records) - keep
    for record in [record for record in records if record not in spare][: max(0, surplus)]:
        for entry in record.iterdir():
            entry.unlink()
        record.rmdir()

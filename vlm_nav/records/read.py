"""Reading records back, also those whose process was killed, and seeing again what was seen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from vlm_nav.core.errors import VlmNavError
from vlm_nav.navigation.sight import Sight
from vlm_nav.observation.rgbd_frame import RgbdFrame
from vlm_nav.records.adding_up import record_from
from vlm_nav.records.errors import RecordError, RecordVersionError
from vlm_nav.records.folder import DECISION, EVENTS
from vlm_nav.records.from_sight import sight_from
from vlm_nav.records.lines import LINE, Line
from vlm_nav.records.look_parts import LookPart
from vlm_nav.records.schema import FORMAT_VERSION, Record
from vlm_nav.records.versions import installed_versions


def read_record(folder: Path) -> Record:
    """Return the record in a folder; one without its end is put together from its events.

    Raises RecordVersionError for a record of a later format, RecordError for a folder that
    holds none or a damaged one.
    """
    if (folder / DECISION).is_file():
        return _whole(folder / DECISION)
    if (folder / EVENTS).is_file():
        return _from_events(folder / EVENTS)
    there = sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else 'no folder'
    raise RecordError(f'{DECISION} or {EVENTS} was wanted in {folder}, there is: {there}')


def frame_of(folder: Path, look: int = -1) -> RgbdFrame:
    """Return the first camera's frame as the decision had it, bit for bit; by default the last.

    Raises RecordError where the record has no such look or its files are damaged.
    """
    return sight_of(folder, look).frame


def sight_of(folder: Path, look: int = -1) -> Sight:
    """Return frames and costmaps of a look, for a selector to decide from again.

    Raises RecordError as `frame_of` does.
    """
    part = _look_of(folder, look)
    try:
        return sight_from(part, folder)
    except RecordError:
        raise
    except VlmNavError as error:
        raise RecordError(f'the look in {folder} makes no sight: {error}') from error


def _look_of(folder: Path, look: int) -> LookPart:
    looks = read_record(folder).looks
    if not -len(looks) <= look < len(looks):
        raise RecordError(f'look {look} was wanted in {folder}, there are {len(looks)} looks')
    return looks[look]


def _whole(path: Path) -> Record:
    content = _json(path, path.read_bytes())
    _check_version(path, content)
    try:
        return Record.model_validate(content)
    except ValidationError as error:
        raise RecordError(f'{path} is no record: {error}') from error


def _from_events(path: Path) -> Record:
    texts = path.read_bytes().split(b'\n')
    # What follows the last end of a line was being written when the process ended.
    contents = [_json(path, text) for text in texts[:-1]]
    if contents:
        _check_version(path, contents[0])
    try:
        lines: list[Line] = [LINE.validate_python(content) for content in contents]
        return record_from(lines)
    except (ValidationError, RecordError) as error:
        raise RecordError(f'{path} is no record: {error}') from error


def _json(path: Path, text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RecordError(f'{path} is damaged: {error}') from error


def _check_version(path: Path, content: Any) -> None:
    version = content.get('format_version') if isinstance(content, dict) else None
    if isinstance(version, int) and version > FORMAT_VERSION:
        here = installed_versions()['vlm_nav']
        raise RecordVersionError(
            f'{path} has format {version}; vlm_nav {here} reads formats up to {FORMAT_VERSION}. '
            'A later vlm_nav reads it.'
        )

"""A folder of questions and what came back: `cassette.jsonl`, and the pictures beside it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from vlm_nav.core.errors import VlmNavError
from vlm_nav.vlm.cassette_files import append_to, make_folder, no_link, read_file, write_file
from vlm_nav.vlm.cassette_keys import LARGEST_DIFFERENCE, Look, difference
from vlm_nav.vlm.cassette_lines import FORMAT, ExchangeLine, HeaderLine, PicturePart
from vlm_nav.vlm.question import SentPicture

LINES = 'cassette.jsonl'
PICTURES = 'pictures'
# Far more than a long recording makes, and than a picture has.
_MOST_BYTES, _MOST_PICTURE_BYTES = 1_000_000_000, 50_000_000
_ENDINGS = {'image/jpeg': 'jpg', 'image/png': 'png', 'image/webp': 'webp'}


class CassetteError(VlmNavError):
    """There is no cassette where one was wanted, or it is damaged."""


@dataclass(eq=False)
class _Takes:
    """What came back for one and the same question, as often as it was asked."""

    lines: list[ExchangeLine] = field(default_factory=list)
    played: int = 0

    def next(self) -> ExchangeLine:
        line = self.lines[self.played % len(self.lines)]
        self.played += 1
        return line


class Tape:
    """The questions of a cassette, to be found again and added to."""

    def __init__(self, folder: Path) -> None:
        """Keep the folder, which may not be there yet."""
        self.folder = folder
        self._takes: dict[str, dict[tuple[Look, ...], _Takes]] = {}
        self._count = 0

    def __len__(self) -> int:
        """Return how many questions were asked for this cassette."""
        return self._count

    def load(self) -> None:
        """Read what is there; raises CassetteError where there is nothing, or it is damaged."""
        path = self.folder / LINES
        try:
            texts = read_file(path, _MOST_BYTES).split(b'\n')
        except OSError as error:
            raise CassetteError(f'a cassette was wanted in {self.folder}: {error}') from error
        # What follows the last end of a line was being written when a process ended.
        header, *rest = texts[:-1] or [b'']
        try:
            found = HeaderLine.model_validate_json(header).cassette
            lines = [ExchangeLine.model_validate_json(text) for text in rest]
        except ValidationError as error:
            raise CassetteError(f'{path} is damaged: {error}') from error
        if found > FORMAT:
            raise CassetteError(f'{path} has format {found}, this vlm_nav reads up to {FORMAT}')
        for line in sorted(lines, key=lambda one: one.number):
            takes = self._takes.setdefault(line.key, {}).setdefault(line.looks, _Takes())
            takes.lines.append(line)
            self._count = max(self._count, line.number + 1)

    def begin(self) -> None:
        """Make the folder, or go on with the cassette that is there.

        Raises OSError where that cannot be, CassetteError where another thing is there.
        """
        path = self.folder / LINES
        for folder in (self.folder, self.folder / PICTURES):
            make_folder(folder)
        no_link(self.folder / PICTURES)
        if not os.path.lexists(path):
            write_file(path, HeaderLine().model_dump_json().encode('utf-8') + b'\n')
            return
        self.load()
        found = read_file(path, _MOST_BYTES)
        whole = found.rpartition(b'\n')[0] + b'\n'
        if len(whole) != len(found):
            write_file(path, whole)

    def next_number(self) -> int:
        """Return the number of a question that is asked now."""
        self._count += 1
        return self._count - 1

    def find(self, key: str, looks: tuple[Look, ...]) -> ExchangeLine | None:
        """Return what came back for a question, None where it was never asked.

        What was asked several times is played in the order in which it was asked, and then from
        the first time again. Of several that look nearly the same the nearest one counts.
        """
        known = self._takes.get(key, {})
        ranked = []
        for others, takes in known.items():
            levels = difference(others, looks)
            if levels is not None and levels <= LARGEST_DIFFERENCE:
                ranked.append((levels, takes))
        return min(ranked, key=lambda one: one[0])[1].next() if ranked else None

    def why_not(self, key: str, looks: tuple[Look, ...]) -> str:
        """Return in words how far the cassette is from having a question."""
        same_words = self._takes.get(key, {})
        if not same_words:
            return f'none of its {self._count} questions has these words, this model and form'
        levels = [difference(others, looks) for others in same_words]
        known = [level for level in levels if level is not None]
        words = f'{len(same_words)} of its {self._count} questions have these words'
        if not known:
            return f'{words}, with marks at other places'
        return f'{words} and marks, with pictures that differ by {min(known)} levels or more'

    def add(self, line: ExchangeLine, data: Sequence[bytes]) -> None:
        """Write a line and the bytes of its pictures; raises OSError where that cannot be."""
        for picture, content in zip(line.pictures, data, strict=True):
            path = no_link(self.folder / PICTURES) / picture.file
            if not os.path.lexists(path):
                write_file(path, content)
        append_to(self.folder / LINES, line.model_dump_json().encode('utf-8') + b'\n')

    def pictures_of(self, line: ExchangeLine) -> tuple[SentPicture, ...]:
        """Return the pictures of a line as they were sent.

        None where a file was removed, or is not what its name says.
        """
        found = []
        for picture in line.pictures:
            try:
                path = no_link(self.folder / PICTURES) / picture.file
                data = read_file(path, _MOST_PICTURE_BYTES)
            except OSError:
                return ()
            if picture.media_type not in _ENDINGS or picture.file != _name_of(
                picture.media_type, data
            ):
                return ()
            found.append(SentPicture(picture.media_type, data, picture.caption))
        return tuple(found)


def picture_part(look: Look, picture: SentPicture) -> PicturePart:
    """Return what a line says of a picture; its file is named after what it holds."""
    return PicturePart(
        thumb=look.thumb,
        marks=look.marks,
        media_type=picture.media_type,
        caption=picture.caption,
        file=_name_of(picture.media_type, picture.data),
    )


def _name_of(media_type: str, data: bytes) -> str:
    return f'{hashlib.sha256(data).hexdigest()[:16]}.{_ENDINGS.get(media_type, "bin")}'

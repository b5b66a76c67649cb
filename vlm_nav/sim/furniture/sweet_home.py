"""Opens a catalogue of furniture for Sweet Home 3D (.sh3f): a zip of models and their facts."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.sim.furniture.wavefront import WavefrontModel, read_model

_PROPERTIES = 'PluginFurnitureCatalog.properties'
_PROPERTY = re.compile(r'(\w+)#(\d+)\s*=\s*(.*)')


class CatalogueError(InvalidValueError):
    """A catalogue, or something in it, is not what it should be."""


@dataclass(frozen=True)
class CatalogueEntry:
    """What the catalogue says about a model.

    `size_cm` is its width, height and depth; `rotation` is a 3 x 3 matrix row by row that stands
    the model upright, or empty.
    """

    creator: str
    model: str
    size_cm: tuple[float, float, float]
    rotation: tuple[float, ...]


class SweetHomeCatalogue:
    """An open catalogue. Raises CatalogueError for what is not there or not readable."""

    def __init__(self, file: Path) -> None:
        """Open the archive and read the list of its models."""
        try:
            self._archive = zipfile.ZipFile(file)
            text = self._archive.read(_PROPERTIES).decode('latin-1')
        except (OSError, KeyError, zipfile.BadZipFile) as error:
            raise CatalogueError(f'a furniture catalogue was wanted, {file}: {error}') from error
        self._files = frozenset(self._archive.namelist())
        self._entries = {entry.model: entry for entry in _entries(text)}

    def close(self) -> None:
        """Close the archive."""
        self._archive.close()

    def entry(self, model: str) -> CatalogueEntry:
        """Return what the catalogue says about the model with this path."""
        if model not in self._entries:
            raise CatalogueError(f'{model} was wanted; it is none of {len(self._entries)} models')
        return self._entries[model]

    def read_model(self, entry: CatalogueEntry) -> WavefrontModel:
        """Return the model of an entry."""
        return read_model(entry.model, lambda path: self.read(path).decode('latin-1'))

    def has(self, path: str) -> bool:
        """Return whether the archive has a file of this path."""
        return path in self._files

    def read(self, path: str) -> bytes:
        """Return the bytes of a file in the archive."""
        try:
            return self._archive.read(path)
        except (KeyError, OSError, zipfile.BadZipFile) as error:
            raise CatalogueError(f'{path} is not in the catalogue: {error}') from error


def _entries(text: str) -> list[CatalogueEntry]:
    facts: dict[str, dict[str, str]] = {}
    for line in text.splitlines():
        if match := _PROPERTY.match(line.strip()):
            key, number, value = match.groups()
            facts.setdefault(number, {})[key] = value
    return [_entry(one) for one in facts.values() if 'model' in one]


def _entry(facts: dict[str, str]) -> CatalogueEntry:
    try:
        return CatalogueEntry(
            creator=facts.get('creator', ''),
            model=facts['model'].lstrip('/'),
            size_cm=(float(facts['width']), float(facts['height']), float(facts['depth'])),
            rotation=tuple(float(number) for number in facts.get('modelRotation', '').split()),
        )
    except (KeyError, ValueError) as error:
        raise CatalogueError(f'a model without a size: {facts}: {error}') from error

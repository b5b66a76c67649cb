"""Furniture to be looked at: models from a folder where there are any, drawings for the rest."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vlm_nav.sim.furniture.drawings import VARIANTS, differs, drawing
from vlm_nav.sim.furniture.furniture_kinds import Kind, kinds
from vlm_nav.sim.furniture.furniture_meshes import MeshedThing, MeshPart, read_thing


class Furniture:
    """What things look like; keeps what it has read."""

    def __init__(self, folder: Path | None = None) -> None:
        """Take the folder of models, None for drawings only."""
        self._folder = folder
        self._kept: dict[tuple[str, int], MeshedThing] = {}

    @property
    def has_models(self) -> bool:
        """Return whether any model is there."""
        return self._folder is not None and any(self._folder.glob('*.npz'))

    def look(self, kind: str, variant: int = 0) -> MeshedThing:
        """Return the meshes of a kind in its size, in one of the variants that it has.

        Raises FurnitureError where its file is not readable.
        """
        key = (kind, self.variant(kind, variant))
        if key not in self._kept:
            self._kept[key] = self._made(*key)
        return self._kept[key]

    def variant(self, kind: str, number: int) -> int:
        """Return which of the different looks of a kind a number stands for."""
        has_variants = differs(kinds()[kind].drawing) and self._model(kind) is None
        return number % VARIANTS if has_variants else 0

    def _model(self, kind: str) -> Path | None:
        if self._folder is None or not kinds()[kind].model:
            return None
        file = self._folder / f'{kind}.npz'
        return file if file.is_file() else None

    def _made(self, kind: str, variant: int) -> MeshedThing:
        known, file = kinds()[kind], self._model(kind)
        if file is None:
            return drawing(known.drawing, known.size_m, variant)
        return _in_size(read_thing(file), known)


def _in_size(thing: MeshedThing, kind: Kind) -> MeshedThing:
    """Return a thing stretched to the size of its kind."""
    scale = (np.array(kind.size_m) / np.array(thing.size_m)).astype(np.float32)
    parts = tuple(
        MeshPart(part.vertices * scale, part.faces, part.places, part.picture, part.painted)
        for part in thing.parts
    )
    return MeshedThing(parts, kind.size_m, thing.creator)

"""Furniture to be looked at: models from a folder where there are any, drawings for the rest."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vlm_nav.sim.furniture.drawings import VARIANTS, differs, drawing
from vlm_nav.sim.furniture.furniture_kinds import Kind, kinds
from vlm_nav.sim.furniture.furniture_meshes import (
    FurnitureError,
    MeshedThing,
    MeshPart,
    read_thing,
)


class Furniture:
    """What things look like; keeps what it has read. A model that cannot be read is drawn."""

    def __init__(self, folder: Path | None = None) -> None:
        """Take the folder of models, None for drawings only."""
        self._folder = folder
        self._models: dict[str, MeshedThing | FurnitureError | None] = {}
        self._drawn: dict[tuple[str, int], MeshedThing] = {}

    @property
    def has_models(self) -> bool:
        """Return whether any model is there."""
        return self._folder is not None and any(self._folder.glob('*.npz'))

    def spoilt(self) -> tuple[str, ...]:
        """Return what is wrong with each model that cannot be read; this reads them all."""
        return tuple(
            str(found)
            for kind in kinds()
            if isinstance(found := self._model(kind), FurnitureError)
        )

    def look(self, kind: str, variant: int = 0) -> MeshedThing:
        """Return the meshes of a kind in its size, in one of the variants that it has."""
        model = self._model(kind)
        if isinstance(model, MeshedThing):
            return model
        key = (kind, self.variant(kind, variant))
        if key not in self._drawn:
            known = kinds()[kind]
            self._drawn[key] = drawing(known.drawing, known.size_m, key[1])
        return self._drawn[key]

    def variant(self, kind: str, number: int) -> int:
        """Return which of the different looks of a kind a number stands for."""
        is_drawn = not isinstance(self._model(kind), MeshedThing)
        return number % VARIANTS if is_drawn and differs(kinds()[kind].drawing) else 0

    def _model(self, kind: str) -> MeshedThing | FurnitureError | None:
        if kind not in self._models:
            self._models[kind] = self._read(kind)
        return self._models[kind]

    def _read(self, kind: str) -> MeshedThing | FurnitureError | None:
        """Return the model in the size of its kind, what is wrong with it, or None for none."""
        if self._folder is None or not kinds()[kind].model:
            return None
        file = self._folder / f'{kind}.npz'
        if not file.is_file():
            return None
        try:
            return _in_size(read_thing(file), kinds()[kind])
        except FurnitureError as error:
            return error


def _in_size(thing: MeshedThing, kind: Kind) -> MeshedThing:
    """Return a thing stretched to the size of its kind."""
    scale = (np.array(kind.size_m) / np.array(thing.size_m)).astype(np.float32)
    parts = tuple(
        MeshPart(part.vertices * scale, part.faces, part.places, part.picture, part.painted)
        for part in thing.parts
    )
    return MeshedThing(parts, kind.size_m, thing.creator)

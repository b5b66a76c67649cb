"""Makes the models of furniture from a catalogue, once for a machine.

`python -m vlm_nav.sim.furniture.furniture_import` fetches the catalogue and makes them.
"""

from __future__ import annotations

import logging
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from vlm_nav.sim.furniture.furniture_cache import catalogue_file, furniture_folder
from vlm_nav.sim.furniture.furniture_conversion import Cut, convert
from vlm_nav.sim.furniture.furniture_fetching import FetchError, fetch_catalogue
from vlm_nav.sim.furniture.furniture_kinds import Kind, kinds
from vlm_nav.sim.furniture.furniture_meshes import write_thing
from vlm_nav.sim.furniture.sweet_home import CatalogueError, SweetHomeCatalogue
from vlm_nav.sim.furniture.wavefront import ModelError

_MODELS = 'blendswap-cc-0'

_LOG = logging.getLogger(__name__)


def import_furniture(
    catalogue: Path, folder: Path, table: Mapping[str, Kind] | None = None
) -> tuple[str, ...]:
    """Make the models of all kinds into a folder, whole or not at all, and return their kinds.

    A kind whose model the catalogue lacks is left out. Nothing is done where the folder is
    already there. Raises CatalogueError where there is no catalogue.
    """
    if folder.is_dir() and any(folder.iterdir()):
        return ()
    folder.parent.mkdir(parents=True, exist_ok=True)
    # When it is renamed, the temporary folder is missed when it is to be removed.
    with tempfile.TemporaryDirectory(
        prefix='.unfinished-', dir=folder.parent, ignore_cleanup_errors=True
    ) as unfinished:
        made = _make(catalogue, Path(unfinished), kinds() if table is None else table)
        if not made:
            raise CatalogueError(f'{catalogue} has none of the models that are wanted')
        Path(unfinished).chmod(0o755)
        _put(Path(unfinished), folder)
    return made


def _put(unfinished: Path, folder: Path) -> None:
    """Give a finished folder its name, unless somebody else was first."""
    try:
        unfinished.rename(folder)
    except OSError:
        if not (folder.is_dir() and any(folder.iterdir())):
            raise


def _make(catalogue: Path, folder: Path, table: Mapping[str, Kind]) -> tuple[str, ...]:
    opened = SweetHomeCatalogue(catalogue)
    made = []
    try:
        for name, kind in table.items():
            if not kind.model:
                continue
            try:
                entry = opened.entry(f'{_MODELS}/{kind.model}')
                cut = Cut(kind.faces, kind.painted, kind.painted_all)
                write_thing(folder / f'{name}.npz', convert(opened, entry, cut))
            except (CatalogueError, ModelError) as error:
                _LOG.warning('no model of %s: %s', name, error)
                continue
            made.append(name)
    finally:
        opened.close()
    return tuple(made)


def main() -> int:
    """Fetch the catalogue, make the models and return the exit status."""
    logging.basicConfig(level=logging.INFO, format='%(message)s')
    try:
        fetch_catalogue(catalogue_file())
        made = import_furniture(catalogue_file(), furniture_folder())
    except (FetchError, CatalogueError, OSError) as error:
        _LOG.warning('no models of furniture, it is drawn from simple solids: %s', error)
        return 1
    if made:
        _LOG.info('%d models of furniture in %s', len(made), furniture_folder())
    return 0


if __name__ == '__main__':
    sys.exit(main())

"""Where models of furniture are kept on a machine; needs the standard library alone.

They are made from a catalogue that is fetched once. A folder of models is named after what they
were made with: other ways of making them find another folder, and never one that is half made.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

FOLDER_VARIABLE = 'VLM_NAV_FURNITURE'
"""The environment variable that names another folder for the models of furniture."""

CATALOGUE = 'BlendSwap-CC-0.sh3f'
"""The file name of the catalogue: models that are in the public domain."""

_MADE_WITH = ('furniture.yaml', 'furniture_conversion.py', 'furniture_meshes.py', 'wavefront.py')


def cache_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder for what can be fetched again."""
    if named := environment.get('XDG_CACHE_HOME'):
        return Path(named) / 'vlm_nav'
    try:
        home = Path.home()
    except RuntimeError:
        # Who has no home has no place that can be written either, and is told so then.
        home = Path('/')
    return home / '.cache' / 'vlm_nav'


def catalogue_file(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where the catalogue is, or would be."""
    return cache_folder(environment) / CATALOGUE


def furniture_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where the models of furniture are, or would be."""
    if named := environment.get(FOLDER_VARIABLE):
        return Path(named)
    digest = hashlib.sha256()
    for name in _MADE_WITH:
        digest.update(Path(__file__).with_name(name).read_bytes())
    return cache_folder(environment) / f'furniture-{digest.hexdigest()[:12]}'

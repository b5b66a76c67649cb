"""Which versions of what made a decision."""

from __future__ import annotations

import platform
from importlib import metadata

import cv2
import numpy as np
import pydantic


def installed_versions() -> dict[str, str]:
    """Return the versions of the package, of Python, and of what a decision depends on."""
    return {
        'vlm_nav': _version_of('vlm_nav'),
        'python': platform.python_version(),
        'numpy': np.__version__,
        # Distributions ship OpenCV under several names; the module knows its version always.
        'opencv': cv2.__version__,
        'openai': _version_of('openai'),
        'pydantic': pydantic.VERSION,
    }


def _version_of(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return 'not installed'

"""Keeps numpy from taking all cores for products that one core does as fast."""

from __future__ import annotations

import os
from typing import Final

# As the libraries read them that numpy multiplies matrices with, once, when it is imported.
_THREADS: Final = ('OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS', 'BLIS_NUM_THREADS')


def multiply_on_one_core() -> None:
    """Let matrices be multiplied on one core, in this process and those that it starts.

    To be called before numpy is imported; what the user's environment says is respected. A
    rotation of all points of a picture is split among all cores otherwise, which then wait for
    each other for longer than the product takes: a quarter of the processor time of an errand.
    """
    for name in _THREADS:
        os.environ.setdefault(name, '1')

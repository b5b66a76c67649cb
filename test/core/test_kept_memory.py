"""Memory that was given back stays with the process: to get it anew costs more than to fill it."""

from __future__ import annotations

import subprocess
import sys

import pytest

FAULTS = """
import resource, sys
import vlm_nav.cli
import numpy as np

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

def use():
    return [np.ones(3 << 20, dtype=np.uint8) for _ in range(8)][0][0]

for _ in range(3):
    use()
began = faults()
for _ in range(10):
    use()
print(faults() - began)
"""


@pytest.mark.skipif(not sys.platform.startswith('linux'), reason='memory of glibc')
def test_arrays_as_large_as_pictures_come_without_new_pages() -> None:
    told = subprocess.run(
        [sys.executable, '-c', FAULTS], capture_output=True, text=True, check=True
    )
    # Ten times eight arrays of 3 MB have 61 440 pages.
    assert int(told.stdout) < 6_000

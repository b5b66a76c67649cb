"""What all tests share."""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import settings

# Tests are imported without their folder on the path; helpers beside them are found by this.
sys.path.insert(0, str(Path(__file__).resolve().parent))

# The same examples in every run, and no limit on time: the machine may be busy with other work.
settings.register_profile('vlm_nav', deadline=None, derandomize=True, max_examples=50)
settings.load_profile('vlm_nav')

"""What goes wrong with a simulator itself."""

from __future__ import annotations

from vlm_nav.core.errors import VlmNavError


class SimulatorError(VlmNavError):
    """It was asked from another thread than its own or after its end, or cannot be built."""

"""What may go wrong while a record is read; writing one raises nothing."""

from __future__ import annotations

from vlm_nav.core.errors import VlmNavError


class RecordError(VlmNavError):
    """A folder holds no record, or one that cannot be read."""


class RecordVersionError(RecordError):
    """The record has a format that this version of the package does not know."""

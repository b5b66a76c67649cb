"""Errors of recordings."""

from vlm_nav.core.errors import VlmNavError


class BagError(VlmNavError):
    """A recording cannot be read, or lacks what was asked of it."""


class BagMessageError(BagError):
    """One message of a recording cannot be read; those after it may be."""

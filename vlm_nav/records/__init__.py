"""Decisions written down as they happen, with a published schema."""

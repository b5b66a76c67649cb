"""Finds out what of a robot reaches the navigator."""

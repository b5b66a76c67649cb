"""Worlds that the package draws itself, and doubles that stand in for what is not there."""

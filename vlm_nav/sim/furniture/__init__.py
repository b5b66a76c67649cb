"""Furniture: drawn from solids, or from the models of a free catalogue."""

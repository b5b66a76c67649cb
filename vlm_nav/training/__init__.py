"""Trains the small networks that come with the package."""

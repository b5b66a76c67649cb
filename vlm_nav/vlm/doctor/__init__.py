"""Finds out what an endpoint and its model can do, one thing after another."""

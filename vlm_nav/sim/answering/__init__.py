"""Doubles that answer in the place of a model, in this process or over HTTP."""

"""The root of every exception that the package raises on purpose."""


class VlmNavError(Exception):
    """Base of all errors of the package; each layer derives its own tree from it.

    A message names what was wanted, what came, and what is available.
    """


class InvalidValueError(VlmNavError, ValueError):
    """A value that a caller passed lies outside what the callee documents."""

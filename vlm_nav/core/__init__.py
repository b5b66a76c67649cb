"""The words that every room of the package shares; imports nothing but the standard library."""

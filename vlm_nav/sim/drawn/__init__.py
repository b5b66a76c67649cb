"""A room that the package draws itself, where nothing else draws."""

"""`vlm-nav`, the command line: one module for each command."""

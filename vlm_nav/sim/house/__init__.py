"""Houses: planned from templates and a seed, and built for MuJoCo."""

"""Pictures, depth, calibrations and poses from files, for work without a robot."""

"""From an instruction to a waypoint on the floor."""
